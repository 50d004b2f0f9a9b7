//! Reads an address: `host`, `host:port`, `irc://host/room`, `ircs://host/room` or `unix:/path`.

use std::str::FromStr;

use super::error::{AddressError, InvalidAddress};
use super::socket::parse_socket_path;
use super::{Address, PORT, TLS_PORT, UNIX, is_loopback};
use crate::client::command::{JoinTarget, check_nick, parse_room};

/// A server as a user names it: an address, and the room or the person of an `irc://` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerName {
    /// The address.
    pub address: Address,
    /// Where the URL leads on that server.
    pub target: Option<UrlTarget>,
}

/// Where an `irc://` URL leads on its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlTarget {
    /// A room to join.
    Room(JoinTarget),
    /// A person to whisper to.
    Person(String),
}

/// Reads an address; the error names the text that it could not read.
pub fn parse_address(text: &str) -> Result<Address, InvalidAddress> {
    parse_server(text).map(|server| server.address)
}

/// Reads an address or an `irc://` URL; the error names the text that it could not read.
pub fn parse_server(text: &str) -> Result<ServerName, InvalidAddress> {
    text.parse().map_err(|error| InvalidAddress {
        text: text.to_owned(),
        error,
    })
}

impl FromStr for ServerName {
    type Err = AddressError;

    /// Reads `host`, `host:port`, `[::1]:port`, `::1`, and each of these after `irc://`, where a
    /// target can follow; and `unix:/path`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some((scheme, path)) = text.split_at_checked(UNIX.len())
            && scheme.eq_ignore_ascii_case(UNIX)
        {
            let address = parse_socket_path(path)?;
            let target = None;
            return Ok(Self { address, target });
        }
        let (scheme, rest) = match text.split_once("://") {
            None => ("", text),
            Some((scheme, rest)) => (scheme, rest),
        };
        let tls = scheme.eq_ignore_ascii_case("ircs");
        if !(scheme.is_empty() || tls || scheme.eq_ignore_ascii_case("irc")) {
            return Err(AddressError::Scheme(scheme.to_owned()));
        }
        let (authority, target) = match rest.split_once('/') {
            Some((authority, path)) if !scheme.is_empty() => (authority, parse_target(path)?),
            _ => (rest, None),
        };
        let address = parse_authority(authority, tls, scheme.is_empty())?;
        if address.tls && !cfg!(feature = "tls") {
            return Err(AddressError::NoTls);
        }
        Ok(Self { address, target })
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.parse::<ServerName>().map(|server| server.address)
    }
}

/// Reads `host`, `host:port`, `[::1]:port` and `::1`. Without a scheme and a port, another machine is
/// reached with TLS.
fn parse_authority(authority: &str, tls: bool, is_bare: bool) -> Result<Address, AddressError> {
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
    // A port after a `+` means TLS, as in other clients.
    let with_plus = port.and_then(|port| port.strip_prefix('+'));
    let is_other_by_name = is_bare && port.is_none() && !is_loopback(host);
    let tls = tls || with_plus.is_some() || is_other_by_name;
    let usual = if tls { TLS_PORT } else { PORT };
    Ok(Address {
        host: host.to_owned(),
        port: with_plus.or(port).map_or(Ok(usual), parse_port)?,
        tls,
    })
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(AddressError::Port(text.to_owned())),
    }
}

/// Reads what follows the host in an `irc://` URL: `#room`, `room`, `room?key` or `nick,isnick`.
/// draft-butcher-irc-url-04, section 2.
fn parse_target(path: &str) -> Result<Option<UrlTarget>, AddressError> {
    let invalid = || AddressError::Target(path.to_owned());
    let decoded = percent_decoded(path).ok_or_else(invalid)?;
    let (names, key) = match decoded.split_once('?') {
        Some((names, key)) => (names, Some(key)),
        None => (decoded.as_str(), None),
    };
    let mut names = names.split(',');
    let name = names.next().unwrap_or_default();
    let mut is_person = false;
    for flag in names {
        match flag {
            "isnick" | "isuser" => is_person = true,
            "ischannel" | "isserver" | "needkey" | "needpass" => {}
            _ => return Err(invalid()),
        }
    }
    if name.is_empty() {
        return Ok(None);
    }
    if is_person {
        let nick = name.split('!').next().unwrap_or_default();
        check_nick(nick).map_err(|_| invalid())?;
        return Ok(Some(UrlTarget::Person(nick.to_owned())));
    }
    let key = key.filter(|key| !key.is_empty());
    let typed = match key {
        Some(key) => format!("{name} {key}"),
        None => name.to_owned(),
    };
    let room = parse_room(&typed).filter(|room| room.key.as_deref() == key);
    room.map(|room| Some(UrlTarget::Room(room)))
        .ok_or_else(invalid)
}

/// The text with each `%` and two hexadecimal digits as the byte that they stand for. RFC 3986,
/// section 2.1. `None` when that is not UTF-8.
pub(in crate::client::config) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, u16), AddressError> {
        text.parse::<ServerName>()
            .map(|server| (server.address.host, server.address.port))
    }

    #[test]
    fn each_usual_form_of_host_and_port_is_read() {
        for (text, host, port) in [
            ("localhost", "localhost", 6667),
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
            Err(AddressError::Target("%0d%0aQUIT".into()))
        );
        for path in [
            "%",
            "%f",
            "%ff",
            "a,b",
            "#a b",
            "#a?b c",
            "a b,isnick",
            "#,isnick",
        ] {
            let url = format!("irc://h/{path}");
            assert_eq!(
                parsed(&url),
                Err(AddressError::Target(path.into())),
                "{url}"
            );
        }
        assert_eq!(parsed("h/#room"), Err(AddressError::Character('/')));
        assert_eq!(parsed("h:+x"), Err(AddressError::Port("x".into())));
        assert_eq!(parsed("http://h"), Err(AddressError::Scheme("http".into())));
    }

    #[test]
    fn encrypted_connections_have_a_scheme_or_a_plus_before_the_port() {
        for (text, port, shown) in [
            ("ircs://h", 6697, "ircs://h:6697"),
            ("IRCS://h:7000/#a", 7000, "ircs://h:7000"),
            ("h:+6697", 6697, "ircs://h:6697"),
            ("[::1]:+7000", 7000, "ircs://[::1]:7000"),
            ("irc://h:+6697/#a", 6697, "ircs://h:6697"),
        ] {
            match text.parse::<Address>() {
                Ok(address) => {
                    assert!(address.tls, "{text}");
                    assert_eq!(address.port, port, "{text}");
                    assert_eq!(address.to_string(), shown);
                    assert_eq!(shown.parse(), Ok(address));
                }
                Err(error) => {
                    let of_this_build = (error, cfg!(feature = "tls"));
                    assert_eq!(of_this_build, (AddressError::NoTls, false));
                }
            }
        }
        assert!(!"h:6697".parse::<Address>().unwrap().tls);
    }

    #[test]
    fn another_machine_without_scheme_and_port_is_reached_with_tls() {
        for (text, tls) in [
            ("chat.example", true),
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("[2001:db8::1]", true),
            ("localhost.example", true),
            ("notlocalhost", true),
            ("chat.example:6667", false),
            ("chat.example:6697", false),
            ("irc://chat.example", false),
            ("irc://chat.example/#a", false),
            ("localhost", false),
            ("LocalHost.", false),
            ("irc.localhost", false),
            ("127.0.0.1", false),
            ("127.255.0.9", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
        ] {
            let address = text.parse::<Address>();
            match (tls, cfg!(feature = "tls")) {
                (true, false) => assert_eq!(address, Err(AddressError::NoTls), "{text}"),
                _ => {
                    let address = address.unwrap();
                    let port = if tls { 6697 } else { address.port };
                    assert_eq!((address.tls, address.port), (tls, port), "{text}");
                    assert_eq!(address.to_string().parse(), Ok(address), "{text}");
                }
            }
        }
        let address = Address {
            host: "2001:db8::1".into(),
            port: 6697,
            tls: true,
        };
        assert_eq!(address.plain_url(), "irc://[2001:db8::1]");
    }

    #[test]
    fn a_url_leads_to_a_room_or_a_person() {
        let target = |text: &str| text.parse::<ServerName>().unwrap().target;
        let room = |room: &str, key: Option<&str>| {
            let (room, key) = (room.to_owned(), key.map(str::to_owned));
            Some(UrlTarget::Room(JoinTarget { room, key }))
        };
        for (url, expected) in [
            ("irc://h", None),
            ("irc://h:7000/", None),
            ("irc://h/#dev", room("#dev", None)),
            ("irc://h:7000/dev", room("#dev", None)),
            ("irc://h/%23dev", room("#dev", None)),
            ("irc://[::1]:7000/##c", room("##c", None)),
            ("irc://h/dev,needkey?secret", room("#dev", Some("secret"))),
            ("irc://h/bob,isnick", Some(UrlTarget::Person("bob".into()))),
            (
                "irc://h/bob!b@h,isuser",
                Some(UrlTarget::Person("bob".into())),
            ),
        ] {
            assert_eq!(target(url), expected, "{url}");
        }
    }
}
