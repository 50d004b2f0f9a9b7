//! What goes wrong, told on standard error.

use std::io::{self, Write as _};

use crate::common::sanitize::safe;

/// Tells something in a line of its own.
///
/// When standard error is closed or full there is nobody to tell, and that is no reason to fail.
pub fn tell(words: &str) {
    tell_all(&complaint(None, words));
}

/// The same for a line of a script, by its number.
pub(in crate::client) fn tell_of_line(line: u64, words: &str) {
    tell_all(&complaint(Some(line), words));
}

/// What is told, as a line, with nothing in it that a terminal would obey.
pub(in crate::client) fn complaint(line: Option<u64>, words: &str) -> String {
    let words = safe(words);
    match line {
        Some(line) => format!("chatroom: line {line}: {words}\n"),
        None => format!("chatroom: {words}\n"),
    }
}

/// Tells lines, whether or not somebody reads them.
pub(in crate::client) fn tell_all(lines: &str) {
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}
