//! What goes wrong, told on standard error.

use std::io::{self, Write as _};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use crate::common::sanitize::sanitize;

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
    let message = sanitize(message);
    match line {
        Some(line) => format!("chatroom: line {line}: {message}\n"),
        None => format!("chatroom: {message}\n"),
    }
}

/// Tells lines, whether or not somebody reads them.
pub(in crate::client) fn write_report(lines: &str) {
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}

/// Keeps the report of a panic back, as long as it lives: while the editor has the terminal, the
/// report would be written across its rows.
#[derive(Debug)]
pub(in crate::client) struct DeferredPanicReport {
    text: Arc<Mutex<String>>,
}

impl DeferredPanicReport {
    /// From now on reports are kept.
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
