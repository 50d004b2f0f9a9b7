//! What the line editor asks while a line is typed: what Tab offers, what stands behind the line,
//! and how it is coloured. By being asked, the helper also learns what is on the screen.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use rustyline::Context;
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};

use super::InputAssist;
use super::handle::EditorHandle;
use crate::client::command::completion::{CompletionNames, completions};
use crate::client::session::LineAnalysis;
use crate::client::storage::drafts::DraftStore;
use crate::common::sanitize::sanitize;
use crate::common::test_hooks::panic_if_requested;

/// What the editor asks while a line is typed.
pub(super) struct Helper {
    handle: EditorHandle,
    /// Nobody before a conversation begins.
    assistant: Option<Box<dyn InputAssist>>,
    cycle: Mutex<Option<TabCycle>>,
    /// What is known of the line as it was drawn last.
    analysis: Mutex<LineAnalysis>,
    drafts: Option<DraftStore>,
    /// What is typed now is a line, kept as a draft, and not the answer to a question.
    is_line: bool,
}

/// What Tab offered last, to go on from when it is pressed again.
#[derive(Debug)]
struct TabCycle {
    /// The line as Tab left it.
    line: String,
    position: usize,
    start: usize,
    /// What can stand from `start` on; the last one is what was typed.
    offers: Vec<String>,
    index: usize,
}

impl rustyline::Helper for Helper {}

impl Completer for Helper {
    type Candidate = String;

    /// One candidate at a time: each Tab puts the next one in, and Shift-Tab the one before. A list
    /// to choose from would keep messages from being printed for as long as it is open.
    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let mut cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let (goes_back, goes_on) = self.handle.take_tab();
        let again = cycle
            .take()
            .filter(|last| goes_on && last.line == line && last.position == position);
        let mut next = if let Some(mut last) = again {
            let count = last.offers.len();
            last.index = (last.index + if goes_back { count - 1 } else { 1 }) % count;
            last
        } else {
            let (start, mut offers) = completions(line, position, &self.names());
            // What can be one thing only is done with it: the next Tab is about what follows.
            if offers.len() < 2 {
                return Ok((start, offers));
            }
            let index = if goes_back { offers.len() - 1 } else { 0 };
            offers.push(line.get(start..position).unwrap_or_default().to_owned());
            TabCycle {
                line: String::new(),
                position: 0,
                start,
                offers,
                index,
            }
        };
        let offer = next.offers.get(next.index).cloned().unwrap_or_default();
        let (before, behind) = (line.get(..next.start), line.get(position..));
        next.line = [before, Some(&offer), behind]
            .map(Option::unwrap_or_default)
            .concat();
        next.position = next.start + offer.len();
        let start = next.start;
        *cycle = Some(next);
        Ok((start, vec![offer]))
    }
}

/// Words behind the line that are not part of it, with nothing in them that a terminal obeys: names
/// of others are among them.
pub(super) struct HintText(String);

impl HintText {
    fn new(words: &str) -> Self {
        Self(sanitize(words))
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

    /// What else Tab offers, or what a command takes.
    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<HintText> {
        let (index, count) = (context.history_index(), context.history().len());
        if let Some(words) = self.handle.pending_hint(index, count) {
            *self.analysis.lock().unwrap_or_else(PoisonError::into_inner) = LineAnalysis::default();
            return Some(HintText::new(&words));
        }
        let judgement = match &self.assistant {
            Some(assistant) if self.is_line => assistant.analyze(line).unwrap_or_default(),
            // The answer to a question is nothing to say.
            _ => LineAnalysis::default(),
        };
        let aside = (position == line.len()).then(|| {
            let note = || judgement.hint.as_ref().map(|note| format!("  ({note})"));
            let usage = || judgement.usage.clone();
            self.other_candidates(line).or_else(note).or_else(usage)
        });
        *self.analysis.lock().unwrap_or_else(PoisonError::into_inner) = judgement;
        aside.flatten().map(|words| HintText::new(&words))
    }
}

impl Helper {
    /// A helper that knows nobody yet.
    pub(super) fn new(handle: EditorHandle) -> Self {
        Self {
            handle,
            assistant: None,
            cycle: Mutex::default(),
            analysis: Mutex::default(),
            drafts: None,
            is_line: true,
        }
    }

    /// From now on there is somebody to help, and a place for the draft.
    pub(super) fn begin(&mut self, assistant: Box<dyn InputAssist>, drafts: Option<DraftStore>) {
        self.assistant = Some(assistant);
        self.drafts = drafts;
    }

    /// Whether a line carries a password; none when nobody knows. What is only said in a room does
    /// not.
    pub(super) fn is_secret(&self, line: &str) -> Option<bool> {
        let mut lines = line.split('\n').map(str::trim_start);
        if !lines.any(|line| line.starts_with(['/', '@'])) {
            return Some(false);
        }
        Some(self.assistant.as_ref()?.analyze(line)?.secret)
    }

    /// From now on what is typed is a line, or the answer to a question.
    pub(super) fn expect_line(&mut self, is_line: bool) {
        self.is_line = is_line;
    }

    /// Where what is typed now is kept.
    fn drafts(&self) -> Option<&DraftStore> {
        self.drafts.as_ref().filter(|_| self.is_line)
    }

    fn names(&self) -> CompletionNames {
        match &self.assistant {
            Some(assistant) => assistant.names(),
            None => CompletionNames::default(),
        }
    }

    fn other_candidates(&self, line: &str) -> Option<String> {
        /// So many other offers are named, and the rest counted.
        const NAMED_MAX: usize = 5;
        let cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let is_shown = |last: &&TabCycle| last.line == line && self.handle.tab_repeats();
        let last = cycle.as_ref().filter(is_shown)?;
        let candidates = last.offers.len() - 1;
        let others: Vec<&str> = (1..=candidates)
            .map(|step| (last.index + step) % last.offers.len())
            .filter(|index| *index < candidates)
            .filter_map(|index| last.offers.get(index).map(|offer| offer.trim_end()))
            .collect();
        let named = others.get(..NAMED_MAX).unwrap_or(&others).join(" ");
        let space = if line.ends_with(' ') { "" } else { " " };
        match others.len() {
            0 => None,
            count if count > NAMED_MAX => Some(format!(
                "{space} Tab: {named} and {} more",
                count - NAMED_MAX
            )),
            _ => Some(format!("{space} Tab: {named}")),
        }
    }
}

/// The text with emoji that are made of several shown as these. How many cells the joined ones
/// take no two terminals agree on, and the cursor would be beside its place.
fn split_emoji(text: Cow<'_, str>) -> Cow<'_, str> {
    const JOINER: char = '\u{200d}';
    const AS_EMOJI: char = '\u{fe0f}';
    let is_tone = |c: char| matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
    if text.is_ascii() || !text.contains(|c| c == JOINER || c == AS_EMOJI || is_tone(c)) {
        return text;
    }
    let text = text.replace([JOINER, AS_EMOJI], "");
    Cow::Owned(text.replace(is_tone, "  "))
}

impl Highlighter for Helper {
    /// What a paste brought along is not obeyed by the terminal.
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
        let analysis = self.analysis.lock().unwrap_or_else(PoisonError::into_inner);
        let painted = match &self.assistant {
            _ if line.contains(obeyed) => Cow::Borrowed(line),
            Some(assistant) => Cow::Owned(assistant.highlight(line, &analysis)),
            None => Cow::Borrowed(line),
        };
        let rows = self.handle.line_drawn(line, position, painted);
        match line.contains(obeyed) {
            true => split_emoji(Cow::Owned(rows.replace(obeyed, ""))),
            false => split_emoji(rows),
        }
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

    /// Always true, so that whatever changes the line or moves the cursor draws the whole line:
    /// this is how the helper knows what is on the screen.
    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.handle
            .line_changed(line, position, kind == CmdKind::ForcedRefresh);
        // Between two questions keys are echoed, and so would the answer be.
        if self.is_line && !line.is_empty() {
            self.handle.ask_terminal();
        }
        if let Some(drafts) = self.drafts() {
            let aside = self.handle.saved_draft();
            let draft = aside.as_deref().unwrap_or(line);
            match self.is_secret(draft) {
                Some(true) => drafts.set(""),
                Some(false) => drafts.set(draft),
                // What is kept already is older, and better than nothing.
                None => {}
            }
        }
        panic_if_requested("editor with a draft", line);
        true
    }
}

impl Validator for Helper {
    /// Every line is fine; but this is the last that is heard of it before it is handed over.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.handle.leaving_read();
        if !self.handle.is_restarting() {
            self.handle.line_done();
            self.drafts().into_iter().for_each(|drafts| drafts.set(""));
        }
        Ok(ValidationResult::Valid(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::editor::layout::CELLS;

    #[test]
    fn emoji_that_are_joined_are_shown_apart_in_as_many_cells_as_they_are_counted() {
        let line = "a👩\u{200d}🚀b❤\u{fe0f} 👋\u{1f3ff}!";
        let shown = split_emoji(Cow::Borrowed(line));
        assert_eq!(shown, "a👩🚀b❤ 👋  !");
        assert_eq!(CELLS.width(line), CELLS.width(&shown));
        assert_eq!(split_emoji(Cow::Borrowed("naïve 日本")), "naïve 日本");
    }
}
