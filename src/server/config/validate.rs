//! Checks of values that the command line and the configuration file both have: names and the
//! message of the day. The errors begin with "expected".

use std::path::Path;

use crate::common::config_file::{ConfigError, ConfigSource};

/// The longest server name, in bytes. RFC 2812, 1.1.
const SERVER_NAME_BYTES_MAX: usize = 63;
/// The longest network name, in bytes.
const NETWORK_NAME_BYTES_MAX: usize = 32;
/// The longest message of the day, in bytes: each client receives it on registration.
const MOTD_BYTES_MAX: usize = 16 * 1024;
/// The longest line of it, in bytes: with the longest names in front it fits in a line of IRC.
const MOTD_LINE_BYTES_MAX: usize = 400;
/// Reads the message of the day from its own file.
pub(super) fn read_motd(path: &Path, may_wait: bool) -> Result<Vec<String>, ConfigError> {
    let source = ConfigSource::read_in_time("message of the day", path, may_wait)?;
    motd_lines(&source.text).map_err(|(line, expected)| ConfigError::Wrong {
        file: path.to_owned(),
        place: Some((line, 1)),
        words: expected.to_owned(),
    })
}

/// Splits a text into lines. The error is the number of the first invalid line, and what is
/// expected of it: a control character would reach the terminals of clients.
pub(super) fn motd_lines(text: &str) -> Result<Vec<String>, (usize, &'static str)> {
    let mut bytes = 0;
    let checked = |(line, number): (&str, usize)| {
        bytes += line.len();
        if line.chars().any(char::is_control) {
            Err((number, "expected plain lines, without a control character"))
        } else if line.len() > MOTD_LINE_BYTES_MAX || bytes > MOTD_BYTES_MAX {
            let expected = "expected lines of at most 400 bytes, and at most 16 KiB of them";
            Err((number, expected))
        } else {
            Ok(line.to_owned())
        }
    };
    text.lines().zip(1..).map(checked).collect()
}

/// Checks the name of the server. The dot distinguishes it from every nick.
pub(super) fn server_name(text: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_name = starts_well && text.contains('.') && text.chars().all(fits);
    if is_name && text.len() <= SERVER_NAME_BYTES_MAX {
        Ok(text.to_owned())
    } else {
        Err("expected a host name with a dot in it, such as chat.example")
    }
}

/// Checks the name of the network, which is one word of `005`.
pub(super) fn network_name(text: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.len() <= NETWORK_NAME_BYTES_MAX && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("expected one word of at most 32 letters, digits, '-', '_' and '.'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_name_has_a_dot_and_nothing_strange() {
        for name in ["chat.example", "My.Little.Server", "127.0.0.1"] {
            assert!(server_name(name).is_ok(), "{name}");
        }
        for name in ["", "chat", "a b.c", ".a", ":a.b", "a.b\r", "é.a"] {
            assert!(server_name(name).is_err(), "{name:?}");
        }
        let name = |bytes: usize| format!("{}.a", "x".repeat(bytes - 2));
        assert!(server_name(&name(63)).is_ok());
        assert!(server_name(&name(64)).is_err());
    }

    #[test]
    fn a_network_name_is_one_word() {
        assert!(network_name(&"x".repeat(32)).is_ok());
        assert!(network_name(&"x".repeat(33)).is_err());
        for name in ["", "a b", "a=b", "é"] {
            assert!(network_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_message_of_the_day_is_found_by_its_line() {
        assert_eq!(motd_lines("a\r\nb\n"), Ok(vec!["a".into(), "b".into()]));
        let control = "expected plain lines, without a control character";
        assert_eq!(motd_lines("a\nb\x1b[2J\n"), Err((2, control)));
        for (bytes, fits) in [(399, true), (400, true), (401, false)] {
            let lines = motd_lines(&"x".repeat(bytes));
            assert_eq!(lines.is_ok(), fits, "{bytes}: {lines:?}");
        }
        // 64 lines of 256 bytes are the maximum.
        let line = format!("{}\n", "x".repeat(256));
        assert_eq!(motd_lines(&line.repeat(63)).unwrap().len(), 63);
        assert_eq!(motd_lines(&line.repeat(64)).unwrap().len(), 64);
        let expected = "expected lines of at most 400 bytes, and at most 16 KiB of them";
        let too_long = format!("{}y", line.repeat(64));
        assert_eq!(motd_lines(&too_long), Err((65, expected)));
    }
}
