//! The callbacks of the library while a line is typed: completion, hint and colors. Through these
//! calls the helper also learns what is on the screen.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustyline::Context;
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};

use super::InputAssist;
use super::handle::EditorHandle;
use crate::client::command::analysis::{LineAnalysis, TokenKind};
use crate::client::command::completion::{CompletionNames, completions};
use crate::client::storage::network_drafts::NetworkDrafts;
use crate::client::view::{cells, hide_secret};
use crate::common::sanitize::sanitize;
use crate::common::test_hooks::panic_if_requested;

/// The helper of the library.
pub(super) struct Helper {
    handle: EditorHandle,
    /// `None` before a session starts.
    assistant: Option<Box<dyn InputAssist>>,
    cycle: Mutex<Option<TabCycle>>,
    /// The last line, and its analysis.
    analyzed: Mutex<(String, LineAnalysis)>,
    drafts: Option<NetworkDrafts>,
    expected: Expected,
}

/// The purpose of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A line, which is saved as a draft.
    Line,
    /// The answer to a question.
    Answer,
    /// An answer that is drawn as dots.
    Secret,
}

/// The completion of the last Tab, from which the next Tab continues.
#[derive(Debug)]
struct TabCycle {
    /// The line after the completion.
    line: String,
    position: usize,
    start: usize,
    /// The candidates for the text from `start` on; the last one is what was typed.
    candidates: Vec<String>,
    index: usize,
}

impl rustyline::Helper for Helper {}

impl Completer for Helper {
    type Candidate = String;

    /// Inserts one candidate at a time: each Tab the next one, and Shift-Tab the previous one. A
    /// menu of candidates would block messages for as long as it is open.
    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let mut cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let (goes_back, repeats) = self.handle.take_tab();
        let last = cycle
            .take()
            .filter(|last| repeats && last.line == line && last.position == position);
        let mut next = if let Some(mut last) = last {
            let count = last.candidates.len();
            last.index = (last.index + if goes_back { count - 1 } else { 1 }) % count;
            last
        } else {
            let (start, mut candidates) = completions(line, position, &self.names());
            // A single candidate is final: the next Tab completes what follows it.
            if candidates.len() < 2 {
                return Ok((start, candidates));
            }
            let index = if goes_back { candidates.len() - 1 } else { 0 };
            candidates.push(line.get(start..position).unwrap_or_default().to_owned());
            TabCycle {
                line: String::new(),
                position: 0,
                start,
                candidates,
                index,
            }
        };
        let candidate = next.candidates.get(next.index).cloned().unwrap_or_default();
        let (before, after) = (line.get(..next.start), line.get(position..));
        next.line = [before, Some(&candidate), after]
            .map(Option::unwrap_or_default)
            .concat();
        next.position = next.start + candidate.len();
        let start = next.start;
        *cycle = Some(next);
        Ok((start, vec![candidate]))
    }
}

/// A hint after the line, which is not part of it. It is sanitized, because it can contain names
/// from others.
pub(super) struct HintText(String);

impl HintText {
    fn new(text: &str) -> Self {
        Self(sanitize(text))
    }
}

impl Hint for HintText {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Helper {
    type Hint = HintText;

    /// The other candidates of Tab, a note about the line, or the parameters of its command.
    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<HintText> {
        let (index, count) = (context.history_index(), context.history().len());
        let pending = self.handle.pending_hint(index, count);
        let mut analysis = match &self.assistant {
            Some(assistant) if self.expects_line() => assistant
                .analyze(line)
                .unwrap_or_else(|| self.analysis_without_session(line)),
            _ => self.analysis_without_session(line),
        };
        // The effect of Enter on a held paste is shown wherever the cursor is in it.
        let hint = (position == line.len() || line.contains('\n')).then(|| {
            let note = || analysis.hint.as_ref().map(|note| format!("  ({note})"));
            let usage = || analysis.usage.clone();
            self.other_candidates(line).or_else(note).or_else(usage)
        });
        if pending.is_some() {
            // Enter does not do yet what the colors say.
            let is_secret = |kind: &TokenKind| *kind == TokenKind::Secret;
            analysis.tokens.retain(|(_, kind)| is_secret(kind));
        }
        *self.lock_analyzed() = (line.to_owned(), analysis);
        pending.or(hint.flatten()).map(|hint| HintText::new(&hint))
    }
}

impl Helper {
    /// A helper without a session.
    pub(super) fn new(handle: EditorHandle) -> Self {
        Self {
            handle,
            assistant: None,
            cycle: Mutex::default(),
            analyzed: Mutex::default(),
            drafts: None,
            expected: Expected::Line,
        }
    }

    /// Starts a session, whose drafts are saved in `drafts`.
    pub(super) fn start_session(
        &mut self,
        assistant: Box<dyn InputAssist>,
        drafts: Option<NetworkDrafts>,
    ) {
        self.assistant = Some(assistant);
        self.drafts = drafts;
    }

    /// The assistant of the session; `None` before it starts.
    pub(super) fn assistant(&self) -> Option<&dyn InputAssist> {
        self.assistant.as_deref()
    }

    /// Whether a line contains a password; `None` when that is unknown. A plain message does not.
    pub(super) fn is_secret(&self, line: &str) -> Option<bool> {
        let mut lines = line.split('\n').map(str::trim_start);
        if !lines.any(|line| line.starts_with(['/', '@'])) {
            return Some(false);
        }
        Some(self.assistant.as_ref()?.analyze(line)?.secret)
    }

    fn analysis_without_session(&self, line: &str) -> LineAnalysis {
        let mut analysis = LineAnalysis::default();
        match self.expected {
            Expected::Line => analysis = LineAnalysis::without_session(line),
            Expected::Answer => {}
            Expected::Secret => analysis.hide(0..line.len()),
        }
        analysis
    }

    fn lock_analyzed(&self) -> MutexGuard<'_, (String, LineAnalysis)> {
        self.analyzed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what the next read is for.
    pub(super) fn expect(&mut self, expected: Expected) {
        self.expected = expected;
    }

    /// Whether a line is typed.
    pub(super) fn expects_line(&self) -> bool {
        self.expected == Expected::Line
    }

    /// Where the typed line is saved; `None` for the answer to a question.
    fn drafts(&self) -> Option<&NetworkDrafts> {
        self.drafts.as_ref().filter(|_| self.expects_line())
    }

    fn names(&self) -> CompletionNames {
        match &self.assistant {
            Some(assistant) => assistant.names(),
            None => CompletionNames::default(),
        }
    }

    fn other_candidates(&self, line: &str) -> Option<String> {
        /// How many other candidates are named; the rest are counted.
        const NAMED_MAX: usize = 5;
        let cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let is_shown = |last: &&TabCycle| last.line == line && self.handle.tab_repeats();
        let last = cycle.as_ref().filter(is_shown)?;
        let count = last.candidates.len() - 1;
        let others: Vec<&str> = (1..=count)
            .map(|step| (last.index + step) % last.candidates.len())
            .filter(|index| *index < count)
            .filter_map(|index| {
                last.candidates
                    .get(index)
                    .map(|candidate| candidate.trim_end())
            })
            .collect();
        let space = if line.ends_with(' ') { "" } else { " " };
        // As many as fit in the row, so that the list does not wrap.
        let cells_max = self.handle.cells_after(line);
        let list = |named: usize| {
            let names = others.get(..named).unwrap_or(&others).join(" ");
            match (named, others.len() - named) {
                (_, 0) => format!("{space} Tab: {names}"),
                (0, more) => format!("{space} Tab: {more} more"),
                (_, more) => format!("{space} Tab: {names} and {more} more"),
            }
        };
        let most = others.len().min(NAMED_MAX);
        let fits = |list: &String| cells(&sanitize(list)) < cells_max;
        let mut lists = (0..=most).rev().map(&list);
        match others.is_empty() {
            true => None,
            false => lists.find(fits).or_else(|| Some(list(0))),
        }
    }
}

/// A visible character for a control character, in the one cell that the library counts for it.
fn control_picture(c: char) -> char {
    match u32::from(c) {
        number @ ..0x20 => char::from_u32(0x2400 + number).unwrap_or('?'),
        0x7f => '␡',
        _ => '?',
    }
}

impl Highlighter for Helper {
    /// Control characters from a paste are not sent to the terminal, but a picture of each.
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
        let mut analyzed = self.lock_analyzed();
        if analyzed.0 != line {
            *analyzed = (line.to_owned(), self.analysis_without_session(line));
        }
        let analysis = &analyzed.1;
        let highlighted = match &self.assistant {
            Some(assistant) if !line.contains(is_control) => {
                Cow::Owned(assistant.highlight(line, analysis))
            }
            _ => match hide_secret(line, analysis) {
                shown if shown.contains(is_control) => {
                    let picture = |c| if is_control(c) { control_picture(c) } else { c };
                    Cow::Owned(shown.chars().map(picture).collect())
                }
                shown => shown,
            },
        };
        self.handle.line_drawn(line, position, highlighted)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        usual: bool,
    ) -> Cow<'b, str> {
        self.handle.prompt_drawn(prompt, usual)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let rows = self.handle.hint_drawn(hint);
        Cow::Owned(format!("\x1b[2m{rows}\x1b[0m"))
    }

    /// Always true, so that the library draws the whole line after each change and cursor movement.
    /// That is how the helper knows what is on the screen.
    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.handle
            .line_changed(line, position, kind == CmdKind::ForcedRefresh);
        // Between two questions the terminal echoes keys, and would echo its own answer.
        if self.expects_line() && !line.is_empty() {
            self.handle.ask_terminal();
        }
        if let Some(drafts) = self.drafts() {
            let saved = self.handle.saved_draft();
            let draft = saved.as_deref().unwrap_or(line);
            match self.is_secret(draft) {
                Some(true) => drafts.set("", None, None),
                Some(false) => {
                    let place = self.handle.prompt();
                    drafts.set(draft, place.network, place.room.as_deref());
                }
                // Keep the older draft.
                None => {}
            }
        }
        panic_if_requested("editor with a draft", line);
        true
    }
}

impl Validator for Helper {
    /// Accepts every line. This is the last callback before the library returns the line.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.handle.leaving_read();
        if !self.handle.is_restarting() {
            self.handle.line_done();
            self.drafts()
                .into_iter()
                .for_each(|drafts| drafts.set("", None, None));
        }
        Ok(ValidationResult::Valid(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::editor::layout::CELLS;

    #[test]
    fn a_control_character_has_a_picture_with_the_cells_that_are_counted() {
        for (c, picture) in [('\0', '␀'), ('\x1b', '␛'), ('\x7f', '␡'), ('\u{9b}', '?')] {
            assert_eq!(control_picture(c), picture);
            assert_eq!(
                CELLS.width(&c.to_string()),
                CELLS.width(&picture.to_string())
            );
        }
    }
}
