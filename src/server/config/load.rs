//! Everything that can be set, from wherever it was said: the command line before the environment,
//! that before the file, that before what is usual.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::file;
use super::options::ServerOptions;
use crate::common::config_file::{ConfigError, ConfigSource};
use crate::server::{ServerError, hub};

/// The longest server name, in bytes. RFC 2812, 1.1.
const SERVER_NAME_BYTES_MAX: usize = 63;
/// The longest network name, in bytes.
const NETWORK_NAME_BYTES_MAX: usize = 32;
/// The longest message of the day, in bytes: everybody gets it on coming in.
const MOTD_BYTES_MAX: usize = 16 * 1024;
/// The longest line of it, in bytes: with the longest names in front it still fits in one of IRC.
const MOTD_LINE_BYTES_MAX: usize = 400;
/// The port that IRC has by custom.
const PORT: u16 = 6667;

/// What a server is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens; port 0 picks one.
    pub listen: Vec<SocketAddr>,
    /// All that does not concern sockets.
    pub hub: hub::HubSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self::listening_on(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))
    }
}

impl Settings {
    /// What is usual, on this address.
    pub fn listening_on(address: SocketAddr) -> Self {
        Self {
            listen: vec![address],
            hub: hub::HubSettings::default(),
        }
    }
}

/// What was read, and the warnings that came with it.
pub(in crate::server) type Loaded = Result<(Settings, Vec<String>), ServerError>;

/// Puts the settings together. What is allowed but hardly meant comes back as warnings. While there
/// are people to serve, no file may be waited for.
pub(in crate::server) fn load(options: &ServerOptions, may_wait: bool) -> Loaded {
    let mut settings = Settings::default();
    let mut warnings = Vec::new();
    if let Some(path) = &options.config {
        file::read(path, may_wait, &mut settings, &mut warnings)?;
    }
    let hub = &mut settings.hub;
    hub.name = options.name.clone().unwrap_or(hub.name.clone());
    hub.network = options.network.clone().unwrap_or(hub.network.clone());
    if let Some(path) = &options.motd {
        hub.motd = read_motd(path, may_wait)?;
    }
    hub.lobby = options.lobby.clone().or(hub.lobby.take());
    if options.no_lobby {
        hub.lobby = None;
    }
    hub.limits.enabled &= !options.no_limits;
    if !options.listen.is_empty() {
        settings.listen.clone_from(&options.listen);
    }
    Ok((settings, warnings))
}

/// The message of the day from a file of its own.
pub(super) fn read_motd(path: &Path, may_wait: bool) -> Result<Vec<String>, ConfigError> {
    let source = ConfigSource::read_in_time("message of the day", path, may_wait)?;
    motd_lines(&source.text).map_err(|(line, expected)| ConfigError::Wrong {
        file: path.to_owned(),
        place: Some((line, 1)),
        words: expected.to_owned(),
    })
}

/// A text as lines, or the number of the first line that cannot be told to everybody, and what it
/// should be: a control character would reach their terminals.
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

/// Checks what the server is to call itself. The dot tells it from every nick.
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

/// Checks what the network is to be called: it stands in a list of words.
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
        // 64 lines of 256 bytes are all there can be.
        let line = format!("{}\n", "x".repeat(256));
        assert_eq!(motd_lines(&line.repeat(63)).unwrap().len(), 63);
        assert_eq!(motd_lines(&line.repeat(64)).unwrap().len(), 64);
        let expected = "expected lines of at most 400 bytes, and at most 16 KiB of them";
        let too_long = format!("{}y", line.repeat(64));
        assert_eq!(motd_lines(&too_long), Err((65, expected)));
    }
}
