//! The configuration file of `chatroom`: who one is, and the servers one goes to, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What the file can say. Every part of it may be left out.
///
/// ```toml
/// nick = "alice"
/// server = "home"            # where `chatroom` goes when no server is named: a name or an address
///
/// [servers.home]
/// address = "chat.example:6667"
/// nick = "ali"               # instead of the one above
/// rooms = ["#dev"]
/// password-file = "/home/alice/.chat-password"
/// ```
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The nick to ask for.
    pub nick: Option<String>,
    /// The server to go to: one of `servers`, or an address.
    pub server: Option<String>,
    /// Servers by name.
    #[serde(default)]
    pub servers: BTreeMap<String, Server>,
}

/// One server.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Server {
    /// Where it is: as on the command line.
    pub address: String,
    /// The nick to ask for there.
    pub nick: Option<String>,
    /// The rooms to enter there.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// A file with the password of the server on its first line.
    pub password_file: Option<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file says something that cannot be.
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Where, from 1 on: line and column.
        place: Option<(usize, usize)>,
        /// What was found, and what was expected.
        words: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, error } => write!(
                f,
                "cannot read the configuration {}: {}",
                file.display(),
                super::network::plain_words(error)
            ),
            Self::Wrong { file, place, words } => {
                write!(f, "{}", file.display())?;
                if let Some((line, column)) = place {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": {words}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads `named`, or the usual file if there is one.
    pub fn load(named: Option<&Path>, usual: Option<&Path>) -> Result<Self, ConfigError> {
        let (file, must_exist) = match (named, usual) {
            (Some(file), _) => (file, true),
            (None, Some(file)) => (file, false),
            (None, None) => return Ok(Self::default()),
        };
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(file, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => {
                Ok(Self::default())
            }
            Err(error) => Err(ConfigError::Unreadable {
                file: file.to_owned(),
                error,
            }),
        }
    }

    fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Wrong {
            file: file.to_owned(),
            place: error.span().map(|span| place_of(text, span.start)),
            words: error.message().replace('\n', " "),
        })
    }
}

/// Line and column of a byte, both from 1 on.
fn place_of(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("c.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn servers_have_names() {
        let config = parse(
            "nick = \"alice\"\nserver = \"home\"\n[servers.home]\naddress = \"h:1\"\nrooms = [\"#a\"]",
        )
        .unwrap();
        assert_eq!(config.nick.as_deref(), Some("alice"));
        assert_eq!(config.servers["home"].address, "h:1");
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let words = parse("nick = \"a\"\nserwer = 1").unwrap_err();
        assert!(
            words.starts_with("c.toml:2:1: unknown field `serwer`"),
            "{words}"
        );
        let words = parse("nick = 7").unwrap_err();
        assert!(words.starts_with("c.toml:1:8: invalid type"), "{words}");
        let words = parse("[servers.x]\nnick = \"a\"").unwrap_err();
        assert!(words.contains("missing field `address`"), "{words}");
    }

    #[test]
    fn only_a_named_file_must_exist() {
        let missing = Path::new("/nonexistent/chatroom.toml");
        assert_eq!(
            Config::load(None, Some(missing)).unwrap(),
            Config::default()
        );
        let words = Config::load(Some(missing), None).unwrap_err().to_string();
        assert_eq!(
            words,
            "cannot read the configuration /nonexistent/chatroom.toml: no such file or directory"
        );
    }
}
