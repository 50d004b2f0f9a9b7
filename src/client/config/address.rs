//! Where a server is.

use std::fmt;
use std::str::FromStr;

/// The port of IRC without encryption. RFC 7194 names the other one.
pub const PORT: u16 = 6667;

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

    /// The name of the server as that of a file or a folder, which cannot lead out of the one it
    /// is in.
    pub fn file_name(&self) -> String {
        let plain = |c: char| match c {
            c if c.is_ascii_alphanumeric() || "-_.".contains(c) => c,
            _ => '_',
        };
        let host = self.host.to_ascii_lowercase();
        let host: String = host.chars().take(FILE_NAME_HOST_MAX).map(plain).collect();
        format!("at-{host}-{}", self.port)
    }

    /// The address that has this name as a file, as far as the name tells.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (host, port) = name.strip_prefix("at-")?.rsplit_once('-')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
        })
    }
}

/// More of a host does not fit into the name of a file, which has room for 255 bytes. No name of a
/// host that can be looked up is longer. RFC 1035, 2.3.4
const FILE_NAME_HOST_MAX: usize = 240;

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
    /// There is no host in it.
    NoHost,
    /// This is not a port.
    Port(String),
    /// A host has no such character.
    Character(char),
    /// A scheme that is not `irc`.
    Scheme(String),
    /// Encryption is asked for, which this program cannot do.
    Encrypted,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("it names no host"),
            Self::Port(text) => write!(f, "{text:?} is not a port from 1 to 65535"),
            Self::Character(c) => write!(f, "a host cannot have {c:?} in it"),
            Self::Scheme(scheme) => write!(f, "{scheme}:// is not spoken here, irc:// is"),
            Self::Encrypted => {
                f.write_str("encrypted connections are not there yet; irc:// is without encryption")
            }
        }
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    /// Understands `host`, `host:port`, `[::1]:port`, `::1`, and these behind `irc://`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let place = match text.split_once("://") {
            None => text,
            Some((scheme, place)) if scheme.eq_ignore_ascii_case("irc") => {
                place.strip_suffix('/').unwrap_or(place)
            }
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("ircs") => {
                return Err(AddressError::Encrypted);
            }
            Some((scheme, _)) => return Err(AddressError::Scheme(scheme.to_owned())),
        };
        let (host, port) = if let Some(inner) = place.strip_prefix('[') {
            let (host, behind) = inner.split_once(']').ok_or(AddressError::Character('['))?;
            (host, behind.strip_prefix(':'))
        } else if place.matches(':').count() > 1 {
            (place, None)
        } else {
            match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
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
    fn hosts_and_ports_are_understood_in_every_usual_form() {
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
    fn what_is_no_address_says_why() {
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
