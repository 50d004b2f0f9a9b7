//! Lines of a script on their way from standard input to the session, many at once: what was read
//! in one go is handed over in one go.

use std::borrow::Cow;

use crate::client::session::ScriptLine;

/// Some lines of a script in order.
#[derive(Debug, Default)]
pub(in crate::client) struct Batch {
    /// The number of its first line.
    first: u64,
    text: String,
    /// Where each line ends in `text`, and what it is.
    lines: Vec<(usize, Kind)>,
    /// How many lines have been taken out, and where the next one begins.
    taken: usize,
    begins_at: usize,
    /// No more lines come behind these.
    pub(in crate::client) is_last: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Typed,
    Said,
    Unreadable(Cow<'static, str>),
}

impl Batch {
    /// An empty one, that begins with this number.
    pub(in crate::client) fn beginning_with(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// The number behind its last line.
    pub(in crate::client) fn next_number(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Whether no line was put into it.
    pub(in crate::client) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line to be understood like a typed one.
    pub(in crate::client) fn push_typed(&mut self, text: &str) {
        self.push(text, Kind::Typed);
    }

    /// A line to be said, whatever it begins with.
    pub(in crate::client) fn push_said(&mut self, text: &str) {
        self.push(text, Kind::Said);
    }

    /// A line that cannot be read.
    pub(in crate::client) fn push_unreadable(&mut self, why: Cow<'static, str>) {
        self.push("", Kind::Unreadable(why));
    }

    fn push(&mut self, text: &str, kind: Kind) {
        self.text.push_str(text);
        self.lines.push((self.text.len(), kind));
    }

    /// Takes out the next line and its number.
    pub(in crate::client) fn next_line(&mut self) -> Option<(u64, ScriptLine<'_>)> {
        let (end, kind) = self.lines.get(self.taken)?;
        let number = self.first + self.taken as u64;
        let text = self.text.get(self.begins_at..*end).unwrap_or_default();
        self.taken += 1;
        self.begins_at = *end;
        let line = match kind {
            Kind::Typed => ScriptLine::Typed(text),
            Kind::Said => ScriptLine::Said(text),
            Kind::Unreadable(why) => ScriptLine::Unreadable(why),
        };
        Some((number, line))
    }

    /// Whether all lines have been taken out, and no more come.
    pub(in crate::client) fn is_over(&self) -> bool {
        self.is_last && self.taken == self.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_as_they_were_put_in_with_their_numbers() {
        let mut batch = Batch::beginning_with(7);
        batch.push_typed("one");
        batch.push_unreadable("no".into());
        batch.push_said("");
        batch.push_said("/three");
        assert_eq!(batch.next_number(), 11);
        assert_eq!(batch.next_line(), Some((7, ScriptLine::Typed("one"))));
        assert_eq!(batch.next_line(), Some((8, ScriptLine::Unreadable("no"))));
        assert_eq!(batch.next_line(), Some((9, ScriptLine::Said(""))));
        batch.is_last = true;
        assert!(!batch.is_over());
        assert_eq!(batch.next_line(), Some((10, ScriptLine::Said("/three"))));
        assert_eq!(batch.next_line(), None);
        assert!(batch.is_over());
    }
}
