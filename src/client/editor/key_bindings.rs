//! The keys that differ from those of the library. All keys are handled here first.
//!
//! Where the library would block for the next key of a command, the first key is handled here and
//! remembered until the next one arrives: messages are printed in between.

use std::time::Instant;

use rustyline::{
    CharSearch, Cmd, ConditionalEventHandler, EditMode, Event, EventContext, InputMode,
    KeyCode as K, KeyEvent, Modifiers as M, Movement, RepeatCount,
};

use super::handle::EditorHandle;
use super::history::SharedHistory;
use super::line::Draft;
use super::paste::{Paste, character};
use super::pending_keys::{PendingKeys, Prefix};
use super::reports::{BURST, ReportByte};
use super::search::{Direction, HistoryEntry, Search};
use super::state::ResumeAction;
use super::unknown_sequence;

/// Handles each key.
pub(super) struct KeyBindings {
    pub(super) handle: EditorHandle,
    pub(super) shared_history: SharedHistory,
}

impl ConditionalEventHandler for KeyBindings {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        forward: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let Event::KeySeq(keys) = event else {
            return None;
        };
        let key = *keys.first()?;
        if let Some(command) = self.report_key(key, context) {
            return Some(command);
        }
        if let Some(room_key) = self.handle.take_room_key() {
            let draft = Draft {
                text: context.line().to_owned(),
                position: context.pos(),
            };
            let typed = character(key).filter(|c| !c.is_control());
            let action = ResumeAction::ShowRoom(room_key.number);
            self.handle
                .restart_read(room_key.typed_into(draft, typed), action);
            return Some(Cmd::AcceptLine);
        }
        let begins_command = matches!(key, KeyEvent(K::Esc, _) | KeyEvent(K::Char(_), M::ALT));
        let is_tab = matches!(
            key,
            KeyEvent(K::Tab | K::BackTab, _) | KeyEvent(K::Char('I'), M::CTRL)
        );
        let vi_command = context.mode() == EditMode::Vi
            && (begins_command || context.input_mode() == InputMode::Command);
        self.handle.key_pressed(vi_command, is_tab);
        self.handle.with_pending_keys(|pending, index| {
            if pending.paste.is_some() {
                return Some(self.paste_key(pending, key));
            }
            if pending.paste_follows {
                return Some(key_after_paste(key));
            }
            if let Some(prefix) = pending.prefix.take() {
                if let (Prefix::Command, KeyEvent(K::Char('U'), M::CTRL)) = (prefix, key) {
                    return Some(self.undo(count, index, false));
                }
                return prefixed_key(prefix, key, count.max(1), forward);
            }
            let command = self.search_key(pending, key, context, index);
            command.or_else(|| {
                let draft = Draft {
                    text: context.line().to_owned(),
                    position: context.pos(),
                };
                self.default_binding(pending, key, count, context, HistoryEntry { draft, index })
            })
        })
    }
}

impl KeyBindings {
    /// A key that belongs to a report of the terminal. `None` if the user pressed it.
    fn report_key(&self, key: KeyEvent, context: &EventContext<'_>) -> Option<Cmd> {
        let unknown = unknown_sequence::take();
        let idle = self.handle.key_arrived();
        let is_text = context.mode() != EditMode::Vi || context.input_mode() != InputMode::Command;
        let byte = self.handle.with_pending_keys(|pending, _| {
            pending.paste_follows &= idle <= BURST;
            let is_text = is_text && pending.search.is_none() && pending.prefix.is_none();
            let byte = pending.reports.read(key, unknown, idle, is_text);
            match (&mut pending.paste, &byte) {
                (Some(paste), ReportByte::Retract(text)) => paste.remove_end(text),
                (Some(paste), ReportByte::Typed(text)) => paste.push_text(text),
                _ => return byte,
            }
            ReportByte::Part
        });
        match byte {
            ReportByte::Key => None,
            ReportByte::Part => Some(Cmd::Noop),
            ReportByte::Retract(text) => Some(self.retract(&text, context)),
            ReportByte::End(introducer, text) => {
                self.handle.terminal_answered(introducer, &text);
                Some(Cmd::Noop)
            }
            ReportByte::Typed(text) => Some(Cmd::Insert(1, text)),
        }
    }

    /// Removes the beginning of a report from the line.
    fn retract(&self, text: &str, context: &EventContext<'_>) -> Cmd {
        let (before, after) = context.line().split_at(context.pos());
        let Some(kept) = before.strip_suffix(text) else {
            return Cmd::Noop;
        };
        if text.chars().count() == 1 {
            return Cmd::Kill(Movement::BackwardChar(1));
        }
        // The library replaces the count of a movement, so it cannot remove several characters.
        let draft = Draft {
            text: format!("{kept}{after}"),
            position: kept.len(),
        };
        self.handle.restart_read(draft, ResumeAction::Read);
        Cmd::AcceptLine
    }

    /// A key while nothing is pending. `None` leaves it to the library.
    fn default_binding(
        &self,
        pending: &mut PendingKeys,
        key: KeyEvent,
        count: RepeatCount,
        context: &EventContext<'_>,
        at: HistoryEntry,
    ) -> Option<Cmd> {
        // In this mode the library reads some keys as repeat counts before it calls the handler.
        let vi_command =
            context.mode() == EditMode::Vi && context.input_mode() == InputMode::Command;
        let prefix = |pending: &mut PendingKeys, prefix| {
            pending.prefix = Some(prefix);
            Some(Cmd::Noop)
        };
        match key {
            KeyEvent(K::Char('C'), M::CTRL) => {
                self.handle.cancel();
                // The library returns the line as if it was accepted; otherwise it would lose the
                // keys that it has read ahead.
                Some(Cmd::AcceptLine)
            }
            KeyEvent(K::Char('D'), M::CTRL) if context.line().is_empty() => {
                self.handle.leaving_read();
                Some(Cmd::EndOfFile)
            }
            // With the keys of vi the library would return the line without validating it.
            KeyEvent(K::Char('D'), M::CTRL) if context.mode() == EditMode::Vi => {
                Some(Cmd::AcceptLine)
            }
            KeyEvent(K::Char('Z'), M::CTRL) => {
                self.handle.restart_read(at.draft, ResumeAction::Suspend);
                Some(Cmd::AcceptLine)
            }
            KeyEvent(K::Esc, M::NONE) if context.line().contains('\n') => {
                Some(Cmd::Kill(Movement::WholeBuffer))
            }
            KeyEvent(K::BracketedPasteStart, _) if !vi_command => {
                pending.paste = Some(Paste::begin(Instant::now()));
                Some(Cmd::Noop)
            }
            KeyEvent(K::Char('R'), M::CTRL) => {
                Some(self.begin_search(pending, at, Direction::Back, vi_command))
            }
            KeyEvent(K::Char('S'), M::CTRL) => {
                Some(self.begin_search(pending, at, Direction::Forward, vi_command))
            }
            KeyEvent(K::Char('/'), M::NONE) if vi_command => {
                Some(self.begin_search(pending, at, Direction::Back, true))
            }
            KeyEvent(K::Char('?'), M::NONE) if vi_command => {
                Some(self.begin_search(pending, at, Direction::Forward, true))
            }
            key if self.restores(key, context, vi_command) => {
                self.handle.restart_read(at.draft, ResumeAction::Restore);
                Some(Cmd::AcceptLine)
            }
            KeyEvent(K::BackTab, _) if !vi_command => {
                self.handle.tab_back();
                Some(Cmd::Complete)
            }
            KeyEvent(K::Char('_'), M::CTRL) => Some(self.undo(count, at.index, vi_command)),
            KeyEvent(K::Char('u'), M::NONE) if vi_command => Some(self.undo(count, at.index, true)),
            KeyEvent(K::Char('V' | 'Q'), M::CTRL) => prefix(pending, Prefix::Quote),
            KeyEvent(K::Char('X'), M::CTRL) => prefix(pending, Prefix::Command),
            KeyEvent(K::Char(']'), M::CTRL) => prefix(pending, Prefix::Find { back: false }),
            KeyEvent(K::Char(']'), M::CTRL_ALT) => prefix(pending, Prefix::Find { back: true }),
            _ => None,
        }
    }

    /// Whether the key restores a text of an earlier run. Ctrl-Y does so until a text was deleted
    /// that it inserts again.
    fn restores(&self, key: KeyEvent, context: &EventContext<'_>, vi_command: bool) -> bool {
        let is_empty = context.line().is_empty();
        let asks = match key {
            KeyEvent(K::Char('Y'), M::CTRL) => !self.handle.has_killed(),
            KeyEvent(K::Char('r' | 'R'), M::ALT) => context.mode() == EditMode::Emacs,
            KeyEvent(K::Char('U' | 'K' | 'W'), M::CTRL)
            | KeyEvent(K::Char('d') | K::Backspace, M::ALT) => {
                if !is_empty {
                    self.handle.note_kill();
                }
                false
            }
            _ => false,
        };
        asks && is_empty && !vi_command && self.handle.has_offer()
    }

    /// Undoes changes.
    fn undo(&self, count: RepeatCount, index: usize, vi_command: bool) -> Cmd {
        let draft = self.handle.undo(count.max(1));
        if !self.shared_history.with_lines(|history| history.is_empty()) {
            return self.show(HistoryEntry { draft, index }, index);
        }
        // With an empty history the library has no way to show another line, and a restarted read
        // would leave the command mode.
        if vi_command {
            return Cmd::Undo(count);
        }
        self.handle.restart_read(draft, ResumeAction::Read);
        Cmd::AcceptLine
    }

    fn begin_search(
        &self,
        pending: &mut PendingKeys,
        at: HistoryEntry,
        direction: Direction,
        vi_command: bool,
    ) -> Cmd {
        let draft = at.draft.clone();
        let mut search = self
            .shared_history
            .with_lines(|history| Search::begin(at, direction, history));
        search.is_vi = vi_command;
        pending.search = Some(search);
        if vi_command {
            // The query is typed in insert mode, and only a restarted read begins in it.
            self.handle.restart_read(draft, ResumeAction::Read);
            Cmd::AcceptLine
        } else {
            Cmd::Repaint
        }
    }

    /// A key during a paste.
    fn paste_key(&self, pending: &mut PendingKeys, key: KeyEvent) -> Cmd {
        let Some(paste) = &mut pending.paste else {
            return Cmd::Noop;
        };
        match key {
            KeyEvent(K::BracketedPasteEnd, _) => {
                let text = pending
                    .paste
                    .take()
                    .map(Paste::into_text)
                    .unwrap_or_default();
                let Some(search) = &mut pending.search else {
                    pending.paste_follows = true;
                    return Cmd::Insert(1, text);
                };
                let line = text.lines().next().unwrap_or_default();
                self.shared_history
                    .with_lines(|history| search.extend(line, history));
                self.show_match(pending, 1)
            }
            KeyEvent(K::Char('C'), M::CTRL) if paste.has_paused(Instant::now()) => {
                pending.paste = None;
                Cmd::Repaint
            }
            key if paste.push_key(key, Instant::now()) => Cmd::Repaint,
            _ => Cmd::Noop,
        }
    }

    /// A key during a search. `None` without a search, and when the key has ended the search and
    /// then has its usual effect.
    fn search_key(
        &self,
        pending: &mut PendingKeys,
        key: KeyEvent,
        context: &EventContext<'_>,
        index: usize,
    ) -> Option<Cmd> {
        let search = pending.search.as_mut()?;
        let last_query = &pending.last_query;
        match key {
            KeyEvent(K::Char(c), M::NONE) => {
                let text = c.to_string();
                self.shared_history
                    .with_lines(|history| search.extend(&text, history));
            }
            KeyEvent(K::Char('R'), M::CTRL) => self
                .shared_history
                .with_lines(|history| search.next_match(Direction::Back, last_query, history)),
            KeyEvent(K::Char('S'), M::CTRL) => self
                .shared_history
                .with_lines(|history| search.next_match(Direction::Forward, last_query, history)),
            KeyEvent(K::Backspace, M::NONE) => search.step_back(),
            KeyEvent(K::BracketedPasteStart, _) => {
                pending.paste = Some(Paste::begin(Instant::now()));
                return Some(Cmd::Noop);
            }
            KeyEvent(K::Char('G' | 'C'), M::CTRL) => {
                let before = search.before().clone();
                self.end_search(pending);
                return Some(self.show(before, index));
            }
            KeyEvent(K::Esc, M::NONE) => {
                self.end_search(pending);
                return Some(Cmd::Repaint);
            }
            KeyEvent(K::Enter, _) if search.is_vi => {
                self.end_search(pending);
                return Some(Cmd::Repaint);
            }
            key => {
                self.end_search(pending);
                // A key without effect would leave the hint of the search on the screen.
                return has_no_effect(key, context).then_some(Cmd::Repaint);
            }
        }
        Some(self.show_match(pending, index))
    }

    fn end_search(&self, pending: &mut PendingKeys) {
        if let Some(search) = pending.search.take()
            && !search.query().is_empty()
        {
            search.query().clone_into(&mut pending.last_query);
        }
    }

    fn show_match(&self, pending: &PendingKeys, index: usize) -> Cmd {
        match &pending.search {
            Some(search) => self.show(
                self.shared_history
                    .with_lines(|history| search.shown(history)),
                index,
            ),
            None => Cmd::Repaint,
        }
    }

    /// Replaces the shown line, which has this index in the history, by another one.
    fn show(&self, entry: HistoryEntry, index: usize) -> Cmd {
        if self.shared_history.with_lines(|history| history.is_empty()) {
            // Nothing can have been found, so the line is unchanged.
            return Cmd::Repaint;
        }
        self.shared_history.inject(entry);
        // The library does not search beyond either end of its history.
        if index == 0 {
            Cmd::HistorySearchForward
        } else {
            Cmd::HistorySearchBackward
        }
    }
}

/// A key that arrives together with a paste. The text that is pasted can contain the sequence that
/// ends a paste, and what follows that is a part of it: nothing of it runs as a command.
fn key_after_paste(key: KeyEvent) -> Cmd {
    match character(key) {
        Some('\r') => Cmd::Insert(1, "\n".to_owned()),
        Some(c) => Cmd::Insert(1, c.to_string()),
        None => Cmd::Noop,
    }
}

/// The second key of a command.
fn prefixed_key(prefix: Prefix, key: KeyEvent, count: RepeatCount, forward: bool) -> Option<Cmd> {
    match (prefix, key) {
        (Prefix::Quote, key) => character(key).map(|c| Cmd::Insert(1, c.to_string())),
        (Prefix::Command, KeyEvent(K::Backspace, M::NONE)) => {
            Some(Cmd::Kill(Movement::BeginningOfLine))
        }
        (Prefix::Command, KeyEvent(K::Esc, M::NONE) | KeyEvent(K::Char('G'), M::CTRL)) => {
            Some(Cmd::Abort)
        }
        (Prefix::Find { back }, KeyEvent(K::Char(c), M::NONE)) => {
            let to = if back == forward {
                CharSearch::Backward(c)
            } else {
                CharSearch::ForwardBefore(c)
            };
            Some(Cmd::Move(Movement::ViCharSearch(count, to)))
        }
        _ => None,
    }
}

/// Whether a key that moves or deletes has no effect at the cursor.
fn has_no_effect(key: KeyEvent, context: &EventContext<'_>) -> bool {
    let at_start = context.pos() == 0;
    let at_end = context.pos() == context.line().len();
    match key {
        KeyEvent(K::Left | K::Home, _) | KeyEvent(K::Char('A' | 'B' | 'U' | 'W'), M::CTRL) => {
            at_start
        }
        KeyEvent(K::Char('b'), M::ALT) => at_start,
        KeyEvent(K::Right | K::End | K::Delete, _)
        | KeyEvent(K::Char('E' | 'F' | 'K'), M::CTRL) => at_end,
        KeyEvent(K::Char('f' | 'd'), M::ALT) => at_end,
        KeyEvent(K::Tab, _) => true,
        _ => false,
    }
}
