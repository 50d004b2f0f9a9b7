//! What goes wrong, told on standard error.

use std::io::{self, Write as _};

use crate::common::sanitize::safe;

/// Tells something in a line of its own.
///
/// When standard error is closed or full there is nobody to tell, and that is no reason to fail.
pub fn report(message: &str) {
    write_report(&format_report(None, message));
}

/// The same for a line of a script, by its number.
pub(in crate::client) fn report_line(line: u64, message: &str) {
    write_report(&format_report(Some(line), message));
}

/// What is told, as a line, with nothing in it that a terminal would obey.
pub(in crate::client) fn format_report(line: Option<u64>, message: &str) -> String {
    let message = safe(message);
    match line {
        Some(line) => format!("chatroom: line {line}: {message}\n"),
        None => format!("chatroom: {message}\n"),
    }
}

/// Tells lines, whether or not somebody reads them.
pub(in crate::client) fn write_report(lines: &str) {
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}
