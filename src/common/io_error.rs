//! Errors of the operating system as text for a message.

use std::io;

/// The text of an I/O error without its number, beginning with a small letter:
/// `connection refused`.
pub fn os_error_text(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_has_no_number_and_begins_with_a_small_letter() {
        let refused = io::Error::from_raw_os_error(rustix::io::Errno::CONNREFUSED.raw_os_error());
        assert_eq!(os_error_text(&refused), "connection refused");
        assert_eq!(os_error_text(&io::Error::other("No")), "no");
        assert_eq!(os_error_text(&io::Error::other("")), "");
    }
}
