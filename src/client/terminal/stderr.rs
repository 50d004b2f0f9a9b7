//! Reports of errors on standard error.

use std::io::{self, Write as _};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use crate::common::sanitize::sanitize;

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
        Some(line) => format!("chatroom: line {line}: {message}\n"),
        None => format!("chatroom: {message}\n"),
    }
}

/// Writes lines from [`format_report`]. Errors are ignored.
pub(in crate::client) fn write_report(lines: &str) {
    let _ = io::stderr().lock().write_all(lines.as_bytes());
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
