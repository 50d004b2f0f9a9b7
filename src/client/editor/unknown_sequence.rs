//! Finds where the library has stopped in an escape sequence that it does not know.
//!
//! Such a sequence arrives as one key without its bytes, and often the library stops in the middle:
//! the rest then arrives as typed characters. Only a message in the library's log says where it
//! stopped, so this is a logger that reads those messages. The test `reports` in `tests/terminal`
//! fails if a release of the library changes them.

use std::cell::Cell;
use std::fmt::{self, Write as _};

use log_facade::{LevelFilter, Log, Metadata, Record};

/// The input after a sequence that the library does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownSequence {
    /// Nothing: the sequence is complete.
    Complete,
    /// The rest of the sequence.
    Open,
    /// The three characters of a mouse report in the form of X10.
    Mouse,
}

thread_local! {
    static LAST: Cell<Option<UnknownSequence>> = const { Cell::new(None) };
}

/// Starts to read the log of the library. If the program that embeds this one has its own logger,
/// that one stays.
pub(super) fn watch() {
    if log_facade::set_logger(&SequenceLogger).is_ok() {
        log_facade::set_max_level(LevelFilter::Debug);
    }
}

/// The log's report of the unknown sequence that the library has just read in this thread.
pub(super) fn take() -> Option<UnknownSequence> {
    LAST.take()
}

struct SequenceLogger;

impl Log for SequenceLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "rustyline"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let mut message = SequenceMessage::default();
            // An error means that it is another message.
            if write!(message, "{}", record.args()).is_ok() {
                LAST.set(message.sequence());
            }
        }
    }

    fn flush(&self) {}
}

/// The bytes that a message names. Any other message is refused at its first part, before the rest
/// is formatted.
#[derive(Default)]
struct SequenceMessage {
    text: String,
}

impl SequenceMessage {
    const PREFIX: &str = "unsupported esc sequence: \\E";

    /// The last character is in quotes where the library did not expect it.
    fn sequence(&self) -> Option<UnknownSequence> {
        let sequence = self.text.strip_prefix(Self::PREFIX)?;
        if sequence == "['M'" {
            return Some(UnknownSequence::Mouse);
        }
        let last = sequence.trim_end_matches('\'').chars().next_back()?;
        Some(match last {
            '\x20'..='\x3f' => UnknownSequence::Open,
            _ => UnknownSequence::Complete,
        })
    }
}

impl fmt::Write for SequenceMessage {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.is_empty() && !part.starts_with(Self::PREFIX) {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_whether_the_rest_of_the_sequence_follows() {
        let read = |text: &str| {
            let mut message = SequenceMessage::default();
            message.write_str(text).ok().and(message.sequence())
        };
        for (sequence, expected) in [
            ("['<'", UnknownSequence::Open),
            ("['9'", UnknownSequence::Open),
            ("[5;1'0'", UnknownSequence::Open),
            ("[1'I'", UnknownSequence::Complete),
            ("[12;3R", UnknownSequence::Complete),
            ("O'5'", UnknownSequence::Open),
            ("['M'", UnknownSequence::Mouse),
        ] {
            let message = format!("unsupported esc sequence: \\E{sequence}");
            assert_eq!(read(&message), Some(expected), "{sequence}");
        }
        assert_eq!(read("c: 'x' => key: KeyEvent"), None);
    }
}
