//! The keys that do more here than in any line editor.

use rustyline::{Cmd, ConditionalEventHandler, EventContext, Movement, RepeatCount};

use super::remote::Remote;

/// A key that can end the reading of a line: the gate closes before it does.
pub(super) struct LeavingKey {
    pub(super) key: char,
    pub(super) remote: Remote,
}

impl ConditionalEventHandler for LeavingKey {
    fn handle(
        &self,
        _: &rustyline::Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        if self.key == 'C' {
            self.remote.give_up();
            return Some(Cmd::Interrupt);
        }
        if context.line().is_empty() {
            self.remote.returning();
            return Some(Cmd::EndOfFile);
        }
        None
    }
}

/// Esc drops a pasted text of several lines, and is itself otherwise.
pub(super) struct DropPaste;

impl ConditionalEventHandler for DropPaste {
    fn handle(
        &self,
        _: &rustyline::Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        context
            .line()
            .contains('\n')
            .then_some(Cmd::Kill(Movement::WholeBuffer))
    }
}
