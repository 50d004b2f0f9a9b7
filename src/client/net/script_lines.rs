//! Lines of a script on their way from standard input to the session, as many at once as were read
//! at once.

use crate::client::command::UserCommand;
use crate::client::event::InputError;
use crate::client::session::ScriptLine;

/// Consecutive lines of a script.
#[derive(Debug, Default)]
pub(in crate::client) struct ScriptLines {
    /// The number of the first line.
    first: u64,
    text: String,
    /// Where each line ends in `text`, and its kind.
    lines: Vec<(usize, LineKind)>,
    /// How many lines have been taken out, and where the next one begins.
    taken: usize,
    begins_at: usize,
    /// No lines follow these.
    pub(in crate::client) is_last: bool,
}

#[derive(Debug, Clone)]
enum LineKind {
    Typed,
    Text,
    Command(UserCommand),
    Unreadable(InputError),
}

impl ScriptLines {
    /// No lines yet; the first one will have this number.
    pub(in crate::client) fn starting_at(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// The number after that of the last line.
    pub(in crate::client) fn next_number(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Whether no line was added.
    pub(in crate::client) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds a line to be processed as if typed.
    pub(in crate::client) fn push_typed(&mut self, text: &str) {
        self.push(text, LineKind::Typed);
    }

    /// Adds a line to be sent as text, whatever it begins with.
    pub(in crate::client) fn push_text(&mut self, text: &str) {
        self.push(text, LineKind::Text);
    }

    /// Adds a command to be carried out.
    pub(in crate::client) fn push_command(&mut self, command: UserCommand) {
        self.push("", LineKind::Command(command));
    }

    /// Adds a line that cannot be read, with the reason.
    pub(in crate::client) fn push_unreadable(&mut self, reason: InputError) {
        self.push("", LineKind::Unreadable(reason));
    }

    fn push(&mut self, text: &str, kind: LineKind) {
        self.text.push_str(text);
        self.lines.push((self.text.len(), kind));
    }

    /// The next line, with its number.
    pub(in crate::client) fn first_line(&self) -> Option<(u64, ScriptLine<'_>)> {
        let (end, kind) = self.lines.get(self.taken)?;
        let number = self.first + self.taken as u64;
        let text = self.text.get(self.begins_at..*end).unwrap_or_default();
        let line = match kind {
            LineKind::Typed => ScriptLine::Typed(text),
            LineKind::Text => ScriptLine::Text(text),
            LineKind::Command(command) => ScriptLine::Command(command.clone()),
            LineKind::Unreadable(reason) => ScriptLine::Unreadable(reason.clone()),
        };
        Some((number, line))
    }

    /// Takes out the next line.
    pub(in crate::client) fn take_line(&mut self) {
        if let Some((end, _)) = self.lines.get(self.taken) {
            self.taken += 1;
            self.begins_at = *end;
        }
    }

    /// Whether all lines have been taken out.
    pub(in crate::client) fn is_exhausted(&self) -> bool {
        self.taken == self.lines.len()
    }

    /// Whether all lines have been taken out and none follow.
    pub(in crate::client) fn is_over(&self) -> bool {
        self.is_last && self.is_exhausted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_order_with_their_kinds_and_numbers() {
        let mut lines = ScriptLines::starting_at(7);
        lines.push_typed("one");
        lines.push_unreadable(InputError::NotUtf8);
        lines.push_text("");
        lines.push_text("/three");
        assert_eq!(lines.next_number(), 11);
        for (number, line) in [
            (7, ScriptLine::Typed("one")),
            (8, ScriptLine::Unreadable(InputError::NotUtf8)),
            (9, ScriptLine::Text("")),
            (10, ScriptLine::Text("/three")),
        ] {
            lines.is_last = number == 10;
            assert!(!lines.is_over() && !lines.is_exhausted());
            // A line that no network takes now stays.
            assert_eq!(lines.first_line(), Some((number, line.clone())));
            assert_eq!(lines.first_line(), Some((number, line)));
            lines.take_line();
        }
        assert_eq!(lines.first_line(), None);
        assert!(lines.is_over());
    }
}
