//! Errors of the operating system as text for a message.

use std::io;

use super::sentence::as_cause;

/// The text of an I/O error without its number, beginning with a small letter:
/// `connection refused`.
pub(crate) fn os_error_text(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    as_cause(text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_has_no_number_and_begins_with_a_small_letter() {
        // ENOENT has this number on every system.
        let missing = io::Error::from_raw_os_error(2);
        assert_eq!(os_error_text(&missing), "no such file or directory");
        assert_eq!(os_error_text(&io::Error::other("No")), "no");
        assert_eq!(os_error_text(&io::Error::other("")), "");
    }
}
