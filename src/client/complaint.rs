//! What goes wrong, told on standard error.

use std::io::{self, Write as _};

use super::safe::safe;

/// Tells something in a line of its own, with nothing in it that a terminal would obey.
///
/// When standard error is closed or full there is nobody to tell, and that is no reason to fail.
pub fn tell(words: &str) {
    let line = format!("chatroom: {}\n", safe(words));
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// The same for a line of a script, by its number.
pub(super) fn tell_of_line(line: Option<u64>, words: &str) {
    match line {
        Some(line) => tell(&format!("line {line}: {words}")),
        None => tell(words),
    }
}
