//! Reports of errors on standard error.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use super::mode;
use super::wrap::{INDENT_MARK, wrap_block};
use crate::common::sanitize::sanitize;

/// The prefix of each report, as in other programs.
const PROGRAM: &str = "chatroom: ";

/// Reports a message in a line of its own. Control characters in it are shown as escapes.
///
/// A closed or full standard error is ignored: there is no other place for a report.
pub(in crate::client) fn report(message: &str) {
    write_report(&format_report(None, message));
}

/// Reports a message about one line of the input, counted from 1.
pub(in crate::client) fn report_line(line: u64, message: &str) {
    write_report(&format_report(Some(line), message));
}

/// A report as a line of text, with control characters shown as escapes.
pub(in crate::client) fn format_report(line: Option<u64>, message: &str) -> String {
    let message = sanitize(message);
    match line {
        Some(line) => format!("{PROGRAM}line {line}: {message}\n"),
        None => format!("{PROGRAM}{message}\n"),
    }
}

/// Writes lines from [`format_report`], which may be colored; for a terminal they are broken between
/// words. Errors are ignored.
pub(in crate::client) fn write_report(lines: &str) {
    let rows = match mode::columns_of(&io::stderr()) {
        Some(columns) => Cow::Owned(wrap_report(lines, columns)),
        None => Cow::Borrowed(lines),
    };
    let _ = io::stderr().lock().write_all(rows.as_bytes());
}

/// Breaks reports into rows. The further rows of each one are indented under its text.
fn wrap_report(lines: &str, columns: u16) -> String {
    let marked = lines.split_inclusive('\n').map(|line| {
        let start = line.find(PROGRAM).map_or(0, |at| at + PROGRAM.len());
        let (program, text) = line.split_at(start);
        format!("{program}{INDENT_MARK}{text}")
    });
    wrap_block(&marked.collect::<String>(), columns).into_owned()
}

/// Holds back the report of a panic for as long as it lives: while the editor has the terminal, the
/// report would be written across its rows.
#[derive(Debug)]
pub(in crate::client) struct DeferredPanicReport {
    text: Arc<Mutex<String>>,
}

impl DeferredPanicReport {
    /// Starts to hold back reports. Dropping the value writes them.
    pub(in crate::client) fn begin() -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&text);
        panic::set_hook(Box::new(move |info| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_str(&format!("{info}\n"));
        }));
        Self { text }
    }
}

impl Drop for DeferredPanicReport {
    fn drop(&mut self) {
        drop(panic::take_hook());
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.lines().for_each(report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_broken_between_words_and_indented_under_their_text() {
        let report = format_report(None, "No server answers on 127.0.0.1:6667.");
        assert_eq!(
            wrap_report(&report, 30),
            "chatroom: No server answers on\n          127.0.0.1:6667.\n"
        );
        assert_eq!(wrap_report(&report, 80), report);
        // Too narrow for this indent.
        assert_eq!(
            wrap_report(&report, 19),
            "chatroom: No server\n  answers on\n  127.0.0.1:6667.\n"
        );
        let colored = "\x1b[31mchatroom: one two three\x1b[0m\nchatroom: four\n";
        assert_eq!(
            wrap_report(colored, 20),
            "\x1b[31mchatroom: one two\x1b[0m\n          \x1b[31mthree\x1b[0m\nchatroom: four\n"
        );
    }
}
