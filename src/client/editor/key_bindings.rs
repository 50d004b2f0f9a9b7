//! The keys that do more here than in any line editor. All keys come by here first.
//!
//! Wherever the library would wait for another key, and for nothing else, the key is taken here
//! instead, and what was begun is remembered until the next one comes: messages are printed in
//! between.

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
use super::search::{Direction, HistoryEntry, Search};

/// What is done with each key.
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
        if self.handle.take_answer_byte(key) {
            return Some(Cmd::Noop);
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
            if let Some(prefix) = pending.prefix.take() {
                if let (Prefix::Command, KeyEvent(K::Char('U'), M::CTRL)) = (prefix, key) {
                    return Some(self.undo(count, index, false));
                }
                return prefixed_key(prefix, key, count.max(1), forward);
            }
            let searched = self.search_key(pending, key, context, index);
            searched.or_else(|| {
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
    fn default_binding(
        &self,
        pending: &mut PendingKeys,
        key: KeyEvent,
        count: RepeatCount,
        context: &EventContext<'_>,
        at: HistoryEntry,
    ) -> Option<Cmd> {
        // There the library itself takes some keys for numbers before it asks.
        let vi_command =
            context.mode() == EditMode::Vi && context.input_mode() == InputMode::Command;
        let prefix = |pending: &mut PendingKeys, prefix| {
            pending.prefix = Some(prefix);
            Some(Cmd::Noop)
        };
        match key {
            KeyEvent(K::Char('C'), M::CTRL) => {
                self.handle.cancel();
                // It is handed over like a line, so that keys that were read already are kept.
                Some(Cmd::AcceptLine)
            }
            KeyEvent(K::Char('D'), M::CTRL) if context.line().is_empty() => {
                self.handle.leaving_read();
                Some(Cmd::EndOfFile)
            }
            // With the keys of vi it hands the line over without a word to anybody.
            KeyEvent(K::Char('D'), M::CTRL) if context.mode() == EditMode::Vi => {
                Some(Cmd::AcceptLine)
            }
            KeyEvent(K::Char('Z'), M::CTRL) => {
                self.handle.restart_read(at.draft, true);
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
                Some(self.begin_search(pending, at, Direction::Forth, vi_command))
            }
            KeyEvent(K::Char('/'), M::NONE) if vi_command => {
                Some(self.begin_search(pending, at, Direction::Back, true))
            }
            KeyEvent(K::Char('?'), M::NONE) if vi_command => {
                Some(self.begin_search(pending, at, Direction::Forth, true))
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

    /// Takes changes back.
    fn undo(&self, count: RepeatCount, index: usize, vi_command: bool) -> Cmd {
        let draft = self.handle.undo(count.max(1));
        if !self.shared_history.with_lines(|history| history.is_empty()) {
            return self.show(HistoryEntry { draft, index }, index);
        }
        // The editor has no way to show another line. It would leave the mode if it began anew.
        if vi_command {
            return Cmd::Undo(count);
        }
        self.handle.restart_read(draft, false);
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
        search.is_of_vi = vi_command;
        pending.search = Some(search);
        if vi_command {
            // What is looked for is typed as text is, and only a line that begins is in the mode
            // for that.
            self.handle.restart_read(draft, false);
            Cmd::AcceptLine
        } else {
            Cmd::Repaint
        }
    }

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
                    return Cmd::Insert(1, text);
                };
                let line = text.lines().next().unwrap_or_default();
                self.shared_history
                    .with_lines(|history| search.narrow(line, history));
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

    /// A key during a search. None without one, and when the key has ended it and has its usual
    /// meaning besides.
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
                    .with_lines(|history| search.narrow(&text, history));
            }
            KeyEvent(K::Char('R'), M::CTRL) => self
                .shared_history
                .with_lines(|history| search.next_match(Direction::Back, last_query, history)),
            KeyEvent(K::Char('S'), M::CTRL) => self
                .shared_history
                .with_lines(|history| search.next_match(Direction::Forth, last_query, history)),
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
            KeyEvent(K::Enter, _) if search.is_of_vi => {
                self.end_search(pending);
                return Some(Cmd::Repaint);
            }
            key => {
                self.end_search(pending);
                // Where the key changes nothing, the words of the search would stay.
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
                    .with_lines(|history| search.current(history)),
                index,
            ),
            None => Cmd::Repaint,
        }
    }

    /// Puts another line in place of the one that is shown, which has this index in the history.
    fn show(&self, place: HistoryEntry, index: usize) -> Cmd {
        if self.shared_history.with_lines(|history| history.is_empty()) {
            // Nothing can have been found, so the line is still what it was.
            return Cmd::Repaint;
        }
        self.shared_history.inject(place);
        // The editor does not go beyond either end of its history.
        if index == 0 {
            Cmd::HistorySearchForward
        } else {
            Cmd::HistorySearchBackward
        }
    }
}

/// What is done with the key behind a prefix.
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

/// Whether a key that moves or deletes has nothing to do where the cursor is.
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
