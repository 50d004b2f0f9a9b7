//! Checks of values that the command line and the configuration file both have: addresses, names,
//! passwords and the message of the day.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::common::config_file::{ConfigError, ConfigSource};
use crate::server::error::invalid_value::{FileMistake, InvalidValue};
use crate::server::hub::CertificateFingerprint;
use crate::server::hub::ban::{BAN_REASON_BYTES_MAX, BanTarget, parse_time};
use crate::wire::message::BODY_BYTES_MAX;

/// The longest server name, in bytes. RFC 2812, 1.1.
const SERVER_NAME_BYTES_MAX: usize = 63;
/// The longest network name, in bytes.
const NETWORK_NAME_BYTES_MAX: usize = 32;
/// The longest message of the day, in bytes: each client receives it on registration.
const MOTD_BYTES_MAX: usize = 16 * 1024;
/// The longest line of it, in bytes: with the longest names in front it fits in a line of IRC.
const MOTD_LINE_BYTES_MAX: usize = 400;
/// Some editors write it at the start of a file; it is not part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads an address to listen on.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, InvalidValue> {
    text.parse().map_err(|_| match text.parse() {
        Ok(address) => InvalidValue::MissingPort(address),
        Err(_) => InvalidValue::NotAnAddress,
    })
}

/// Reads who is banned.
pub(super) fn ban_target(text: &str) -> Result<BanTarget, InvalidValue> {
    BanTarget::parse(text).ok_or(InvalidValue::NotABanTarget)
}

/// Reads how long a ban lasts.
pub(super) fn ban_time(text: &str) -> Result<Duration, InvalidValue> {
    parse_time(text).flatten().ok_or(InvalidValue::NotABanTime)
}

/// Checks the reason of a ban, which is a part of a line.
pub(super) fn ban_reason(text: &str) -> Result<String, InvalidValue> {
    let fits = !text.is_empty() && text.len() <= BAN_REASON_BYTES_MAX;
    match fits && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(InvalidValue::NotABanReason),
    }
}

pub(super) fn fingerprint(text: &str) -> Result<CertificateFingerprint, InvalidValue> {
    CertificateFingerprint::parse(text).ok_or(InvalidValue::NotAFingerprint)
}

/// Reads the origin of a page: a scheme, a host and perhaps a port. RFC 6454, section 6.2.
pub(super) fn origin(text: &str) -> Result<String, InvalidValue> {
    let host = text.split_once("://").map(|(_, host)| host);
    let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    match text == "*" || host.is_some_and(is_host) {
        true => Ok(text.to_owned()),
        false => Err(InvalidValue::NotAnOrigin),
    }
}

/// Two addresses that no system can listen on together: they have one port, and they are equal or one
/// includes the other. Port 0 is a different port each time.
pub(super) fn overlapping_addresses(addresses: &[SocketAddr]) -> Option<[SocketAddr; 2]> {
    let fixed = |address: &&SocketAddr| address.port() != 0;
    addresses
        .iter()
        .filter(fixed)
        .enumerate()
        .find_map(|(at, one)| {
            let mut before = addresses.iter().filter(fixed).take(at);
            let other = before.find(|other| {
                let is_any = one.ip().is_unspecified() || other.ip().is_unspecified();
                let is_one_family = one.is_ipv4() == other.is_ipv4();
                one.port() == other.port() && (one.ip() == other.ip() || is_any && is_one_family)
            })?;
            Some([*other, *one])
        })
}

/// Checks a password that clients send in one line, after `around` bytes of a command.
pub(super) fn password(text: &str, around: usize) -> Result<String, InvalidValue> {
    let bytes_max = BODY_BYTES_MAX - "\r\n".len() - around;
    if text.is_empty() {
        Err(InvalidValue::EmptyPassword)
    } else if text.contains(['\r', '\n', '\0']) {
        Err(InvalidValue::UnsendablePassword)
    } else if text.starts_with(BYTE_ORDER_MARK) {
        Err(InvalidValue::ByteOrderMark)
    } else if text.len() > bytes_max {
        Err(InvalidValue::PasswordTooLong { bytes_max })
    } else {
        Ok(text.to_owned())
    }
}

/// Reads the message of the day from its own file.
pub(super) fn read_motd(
    path: &Path,
    may_wait: bool,
) -> Result<Vec<String>, ConfigError<FileMistake>> {
    let source = ConfigSource::read_in_time("message of the day", path, may_wait)?;
    motd_lines(&source.text).map_err(|(line, expected)| ConfigError::Wrong {
        file: path.to_owned(),
        place: Some((line, 1)),
        mistake: Box::new(FileMistake::Motd(expected)),
    })
}

/// Splits a text into lines. The error has the number of the first invalid line: a control character
/// would reach the terminals of clients.
pub(super) fn motd_lines(text: &str) -> Result<Vec<String>, (usize, InvalidValue)> {
    let mut bytes = 0;
    let checked = |(line, number): (&str, usize)| {
        bytes += line.len();
        if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            Err((number, InvalidValue::ByteOrderMark))
        } else if line.chars().any(char::is_control) {
            Err((number, InvalidValue::ControlCharacter))
        } else if line.len() > MOTD_LINE_BYTES_MAX || bytes > MOTD_BYTES_MAX {
            Err((number, InvalidValue::MotdTooLong))
        } else {
            Ok(line.to_owned())
        }
    };
    text.lines().zip(1..).map(checked).collect()
}

/// Checks the name of the server. The dot distinguishes it from every nick.
pub(super) fn server_name(text: &str) -> Result<String, InvalidValue> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_name = starts_well && text.contains('.') && text.chars().all(fits);
    if is_name && text.len() <= SERVER_NAME_BYTES_MAX {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::NotAServerName)
    }
}

/// Checks the name of the network, which is one word of `005`.
pub(super) fn network_name(text: &str) -> Result<String, InvalidValue> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.len() <= NETWORK_NAME_BYTES_MAX && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::NotANetworkName)
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
    fn an_address_without_a_port_is_shown_with_one() {
        assert!(listen_address("[::1]:0").is_ok());
        for (text, words) in [
            ("127.0.0.1", "add a port, as in 127.0.0.1:6667"),
            ("::1", "add a port, as in [::1]:6667"),
            (
                "localhost:6667",
                "expected an IP address with a port, such as 127.0.0.1:6667",
            ),
            (
                "6667",
                "expected an IP address with a port, such as 127.0.0.1:6667",
            ),
        ] {
            assert_eq!(listen_address(text).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn addresses_overlap_that_are_equal_or_include_one_another() {
        for (list, overlap) in [
            (&["127.0.0.1:1", "127.0.0.2:1", "127.0.0.1:2"][..], None),
            (&["127.0.0.1:0", "127.0.0.1:0"], None),
            (&["0.0.0.0:1", "[::1]:1"], None),
            (&["[::1]:1", "127.0.0.1:1", "[::1]:1"], Some(["[::1]:1"; 2])),
            (
                &["127.0.0.1:1", "0.0.0.0:1"],
                Some(["127.0.0.1:1", "0.0.0.0:1"]),
            ),
            (&["[::]:1", "[::1]:1"], Some(["[::]:1", "[::1]:1"])),
        ] {
            let list: Vec<SocketAddr> = list.iter().map(|one| one.parse().unwrap()).collect();
            let overlap = overlap.map(|both| both.map(|one| one.parse().unwrap()));
            assert_eq!(overlapping_addresses(&list), overlap);
        }
    }

    #[test]
    fn a_password_fits_in_the_line_that_it_is_sent_in() {
        for (bytes, fits) in [(0, false), (1, true), (504, true), (505, false)] {
            let checked = password(&"x".repeat(bytes), "PASS :".len());
            assert_eq!(checked.is_ok(), fits, "{bytes}");
        }
        for text in ["a\nb", "a\r", "a\0b", "\u{feff}a"] {
            assert!(password(text, 6).is_err(), "{text:?}");
        }
        assert!(password("é ✓", 6).is_ok());
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
        let mark = InvalidValue::ByteOrderMark;
        assert_eq!(motd_lines("\u{feff}a\nb"), Err((1, mark)));
        let control = InvalidValue::ControlCharacter;
        assert_eq!(motd_lines("a\nb\x1b[2J\n"), Err((2, control)));
        for (bytes, fits) in [(399, true), (400, true), (401, false)] {
            let lines = motd_lines(&"x".repeat(bytes));
            assert_eq!(lines.is_ok(), fits, "{bytes}: {lines:?}");
        }
        // 64 lines of 256 bytes are the maximum.
        let line = format!("{}\n", "x".repeat(256));
        assert_eq!(motd_lines(&line.repeat(63)).unwrap().len(), 63);
        assert_eq!(motd_lines(&line.repeat(64)).unwrap().len(), 64);
        let expected = InvalidValue::MotdTooLong;
        let too_long = format!("{}y", line.repeat(64));
        assert_eq!(motd_lines(&too_long), Err((65, expected)));
    }
}
