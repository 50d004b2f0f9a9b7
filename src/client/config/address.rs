//! The address of a server: `host`, `host:port` or `irc://host`.

use std::fmt;
use std::str::FromStr;

/// The port of IRC without encryption, in use since RFC 1459. RFC 7194 names the encrypted one.
pub const PORT: u16 = 6667;

/// The longest host name in a file name, in bytes: a file name has at most 255. No host name that
/// can be resolved is longer (RFC 1035, section 2.3.4: 255 octets with their length bytes).
const FILE_NAME_HOST_MAX: usize = 240;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
}

impl Address {
    /// The server on this machine.
    pub fn local() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: PORT,
        }
    }

    /// The name of this server's file or folder. It has no separators, so it stays in its parent
    /// folder.
    pub fn file_name(&self) -> String {
        let keep = |c: char| match c {
            c if c.is_ascii_alphanumeric() || "-_.".contains(c) => c,
            _ => '_',
        };
        let host = self.host.to_ascii_lowercase();
        let host: String = host.chars().take(FILE_NAME_HOST_MAX).map(keep).collect();
        format!("at-{host}-{}", self.port)
    }

    /// The address that [`Address::file_name`] was made from, as far as the name still has it.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (host, port) = name.strip_prefix("at-")?.rsplit_once('-')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// The host is missing.
    NoHost,
    /// This text is not a port.
    Port(String),
    /// A host cannot contain this character.
    Character(char),
    /// A scheme other than `irc`.
    Scheme(String),
    /// `ircs://`: encryption is not supported.
    Encrypted,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the host name is missing"),
            Self::Port(text) => write!(f, "{text:?} is not a port number from 1 to 65535"),
            Self::Character(' ') => f.write_str("host names cannot contain spaces"),
            Self::Character(c) => write!(f, "host names cannot contain {c:?}"),
            Self::Scheme(scheme) => write!(f, "{scheme}:// is not supported; use irc://"),
            Self::Encrypted => f.write_str(
                "encrypted connections are not supported yet; use irc:// to connect without \
                 encryption",
            ),
        }
    }
}

impl std::error::Error for AddressError {}

/// A text given as the address of a server that is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAddress {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub error: AddressError,
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, error } = self;
        write!(f, "{text:?} is not a valid server address: {error}")
    }
}

impl std::error::Error for InvalidAddress {}

/// Reads an address; the error names the text that it could not read.
pub fn parse_address(text: &str) -> Result<Address, InvalidAddress> {
    text.parse().map_err(|error| InvalidAddress {
        text: text.to_owned(),
        error,
    })
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads `host`, `host:port`, `[::1]:port`, `::1`, and each of these after `irc://`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let authority = match text.split_once("://") {
            None => text,
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("irc") => {
                rest.strip_suffix('/').unwrap_or(rest)
            }
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("ircs") => {
                return Err(AddressError::Encrypted);
            }
            Some((scheme, _)) => return Err(AddressError::Scheme(scheme.to_owned())),
        };
        let (host, port) = if let Some(inner) = authority.strip_prefix('[') {
            let (host, rest) = inner.split_once(']').ok_or(AddressError::Character('['))?;
            (host, rest.strip_prefix(':'))
        } else if authority.matches(':').count() > 1 {
            (authority, None)
        } else {
            match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            }
        };
        if host.is_empty() {
            return Err(AddressError::NoHost);
        }
        let fits = |c: char| c.is_alphanumeric() || "-._:%".contains(c);
        if let Some(bad) = host.chars().find(|c| !fits(*c)) {
            return Err(AddressError::Character(bad));
        }
        let port = match port {
            None => PORT,
            Some(text) => match text.parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(AddressError::Port(text.to_owned())),
            },
        };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, u16), AddressError> {
        text.parse::<Address>()
            .map(|address| (address.host, address.port))
    }

    #[test]
    fn each_usual_form_of_host_and_port_is_read() {
        for (text, host, port) in [
            ("chat.example", "chat.example", 6667),
            ("chat.example:7000", "chat.example", 7000),
            ("127.0.0.1", "127.0.0.1", 6667),
            ("::1", "::1", 6667),
            ("[::1]", "::1", 6667),
            ("[::1]:7000", "::1", 7000),
            ("irc://chat.example", "chat.example", 6667),
            ("IRC://chat.example:7000/", "chat.example", 7000),
        ] {
            assert_eq!(parsed(text), Ok((host.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_address_gets_the_reason() {
        assert_eq!(parsed(""), Err(AddressError::NoHost));
        assert_eq!(parsed(":6667"), Err(AddressError::NoHost));
        assert_eq!(parsed("a:0"), Err(AddressError::Port("0".into())));
        assert_eq!(parsed("a:70000"), Err(AddressError::Port("70000".into())));
        assert_eq!(parsed("a:"), Err(AddressError::Port(String::new())));
        assert_eq!(parsed("a b"), Err(AddressError::Character(' ')));
        assert_eq!(parsed("a\r\nQUIT"), Err(AddressError::Character('\r')));
        assert_eq!(
            parsed("irc://h/%0d%0aQUIT"),
            Err(AddressError::Character('/'))
        );
        assert_eq!(parsed("ircs://h"), Err(AddressError::Encrypted));
        assert_eq!(parsed("http://h"), Err(AddressError::Scheme("http".into())));
    }
}
