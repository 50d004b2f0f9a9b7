//! The address of a server: `host`, `host:port`, `irc://host/room`, `ircs://host/room` or `unix:/path`.

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::client::command::{JoinTarget, check_nick, parse_room};
use crate::client::event::NetworkName;

/// The port of IRC without encryption, in use since RFC 1459.
pub const PORT: u16 = 6667;
/// The port of IRC over TLS. RFC 7194.
pub const TLS_PORT: u16 = 6697;

/// The longest host name in a file name, in bytes: a file name has at most 255. No host name that
/// can be resolved is longer (RFC 1035, section 2.3.4: 255 octets with their length bytes).
const FILE_NAME_HOST_MAX: usize = 240;

/// The scheme of the path of a Unix socket.
const UNIX: &str = "unix:";
/// The longest path of a Unix socket, in bytes. unix(7), `sun_path`.
const SOCKET_PATH_MAX: usize = 107;

/// A host and a port, or a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address, or the absolute path of a Unix socket: no host begins with a `/`.
    pub host: String,
    /// A TCP port; 0 for a Unix socket.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

impl Address {
    /// The server on this machine.
    pub fn local() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: PORT,
            tls: false,
        }
    }

    /// The path, if it is a Unix socket.
    pub fn socket_path(&self) -> Option<&Path> {
        self.host.starts_with('/').then(|| Path::new(&self.host))
    }

    /// Whether it names this machine, as an address, as `localhost` or by a Unix socket: what is sent there stays on
    /// this machine, with or without encryption, unless a proxy carries it.
    pub fn is_loopback(&self) -> bool {
        self.socket_path().is_some() || is_loopback(&self.host)
    }

    /// The same host with encryption on this port.
    pub fn encrypted_on(&self, port: u16) -> Self {
        Self {
            host: self.host.clone(),
            port,
            tls: true,
        }
    }

    /// Its URL without encryption on the usual port, for a server without TLS.
    pub fn plain_url(&self) -> String {
        match self.host.contains(':') {
            true => format!("irc://[{}]", self.host),
            false => format!("irc://{}", self.host),
        }
    }

    /// The name of a network that has none in the configuration: the host, with the port unless it
    /// is the usual one, or the path of the socket.
    pub fn network_name(&self) -> NetworkName {
        if self.socket_path().is_some() {
            return NetworkName::from(&*self.to_string());
        }
        let usual = if self.tls { TLS_PORT } else { PORT };
        NetworkName::from(&*match (self.port == usual, self.host.contains(':')) {
            (true, _) => self.host.clone(),
            (false, true) => format!("[{}]:{}", self.host, self.port),
            (false, false) => format!("{}:{}", self.host, self.port),
        })
    }

    /// The name of this server's file or folder. It has no separators, so it stays in its parent
    /// folder.
    pub fn file_name(&self) -> String {
        self.file_name_of_port(self.port)
    }

    /// The path of this server's file or folder in `folder`. An address without a port once meant port
    /// 6667: files with that name are renamed, with those beside them, unless files with the new name
    /// exist. A plain connection to port 6667 leads to another server.
    pub fn file_in(&self, folder: &Path) -> PathBuf {
        let name = self.file_name();
        if let Some(former) = self.former_file_name() {
            move_entries(folder, &former, &name);
        }
        folder.join(name)
    }

    /// The name that [`Address::file_name`] had while an address without a port meant a plain
    /// connection to port 6667; `None` if it is the same.
    fn former_file_name(&self) -> Option<String> {
        (self.tls && self.port == TLS_PORT).then(|| self.file_name_of_port(PORT))
    }

    fn file_name_of_port(&self, port: u16) -> String {
        let keep = |c: char| match c {
            c if c.is_ascii_alphanumeric() || "-_.".contains(c) => c,
            _ => '_',
        };
        let host = self.host.to_ascii_lowercase();
        let host: String = host.chars().take(FILE_NAME_HOST_MAX).map(keep).collect();
        format!("at-{host}-{port}")
    }

    /// The address that [`Address::file_name`] was made from, as far as the name still has it.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (host, port) = name.strip_prefix("at-")?.rsplit_once('-')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
            tls: false,
        })
    }
}

/// Renames the files of a server in a folder, unless there are some of the new name.
pub(super) fn move_entries(folder: &Path, former: &str, name: &str) {
    if !entries_of(folder, name).is_empty() {
        return;
    }
    for (entry, rest) in entries_of(folder, former) {
        // What cannot be renamed stays with the other server.
        let _ = fs::rename(entry, folder.join(format!("{name}{rest}")));
    }
}

/// The files of a server in a folder, and those beside them such as `NAME.lock`. Each is a path and
/// what follows the name.
fn entries_of(folder: &Path, name: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of_server = entries.filter_map(|entry| {
        let rest = entry.file_name().to_str()?.strip_prefix(name)?.to_owned();
        // Others are of another port, or of a name that begins with this one.
        let is_own = rest.is_empty() || rest.starts_with(['~']);
        (is_own || rest.starts_with(".lock") || rest.starts_with(".damaged"))
            .then(|| (entry.path(), rest))
    });
    of_server.collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.socket_path().is_some() {
            return write!(f, "{UNIX}{}", self.host);
        }
        let scheme = if self.tls { "ircs://" } else { "" };
        match self.host.contains(':') {
            true => write!(f, "{scheme}[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}{}:{}", self.host, self.port),
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
    /// A scheme other than `irc` and `ircs`.
    Scheme(String),
    /// The address asks for an encrypted connection, and this build has no TLS.
    NoTls,
    /// This text in an `irc://` URL is neither a room nor a person.
    Target(String),
    /// The path of a Unix socket does not begin with a `/`.
    RelativePath,
    /// The path of a Unix socket has this control character.
    PathCharacter(char),
    /// The path of a Unix socket is too long, with so many bytes.
    PathTooLong(usize),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the host name is missing"),
            Self::Port(text) => write!(f, "{text:?} is not a port number from 1 to 65535"),
            Self::Character(' ') => f.write_str("host names cannot contain spaces"),
            Self::Character(c) => write!(f, "host names cannot contain {c:?}"),
            Self::Scheme(scheme) => {
                write!(f, "{scheme}:// is not supported; use irc:// or ircs://")
            }
            Self::Target(text) => write!(
                f,
                "{text:?} is not a room; use irc://HOST/#ROOM or irc://HOST/NICK,isnick"
            ),
            Self::RelativePath => f.write_str("use unix:/PATH, with the whole path of the socket"),
            Self::PathCharacter(c) => write!(f, "the path of a socket cannot contain {c:?}"),
            Self::PathTooLong(bytes) => write!(
                f,
                "the path has {bytes} bytes; that of a socket has at most {SOCKET_PATH_MAX}"
            ),
            Self::NoTls => f.write_str(
                "this build has no TLS; irc://HOST connects without encryption, to port 6667",
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

/// Reads `/path`, or `///path` as in a URL.
fn parse_socket_path(text: &str) -> Result<Address, AddressError> {
    let path = text.strip_prefix("//").unwrap_or(text);
    if !path.starts_with('/') {
        return Err(AddressError::RelativePath);
    }
    if let Some(bad) = path.chars().find(|c| c.is_control()) {
        return Err(AddressError::PathCharacter(bad));
    }
    if path.len() > SOCKET_PATH_MAX {
        return Err(AddressError::PathTooLong(path.len()));
    }
    Ok(Address {
        host: path.to_owned(),
        port: 0,
        tls: false,
    })
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    !loopback_addresses(host).is_empty()
}

/// The IP addresses of a host that is this machine, which need no DNS: 127.0.0.0/8, `::1`,
/// `localhost` and names below it (RFC 6761, section 6.3). None if it is another machine.
pub(in crate::client) fn loopback_addresses(host: &str) -> Vec<IpAddr> {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    match name.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) if address.is_loopback() => vec![address],
        Err(_) if name == "localhost" || name.ends_with(".localhost") => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        _ => Vec::new(),
    }
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
pub(super) fn percent_decoded(text: &str) -> Option<String> {
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
    fn a_unix_socket_is_an_address_of_this_machine() {
        for (text, path) in [
            ("unix:/run/ircd.sock", "/run/ircd.sock"),
            ("UNIX:/a b:6667", "/a b:6667"),
            ("unix:///run/x", "/run/x"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.socket_path(), Some(Path::new(path)), "{text}");
            assert!(address.is_loopback() && !address.tls, "{text}");
            assert_eq!(address.to_string(), format!("unix:{path}"));
            assert_eq!(address.to_string().parse(), Ok(address));
        }
        let address: Address = "unix:/run/ircd.sock".parse().unwrap();
        assert_eq!(address.file_name(), "at-_run_ircd.sock-0");
        assert!("h".parse::<Address>().unwrap().socket_path().is_none());
        let long = format!("/{}", "x".repeat(107));
        for (text, error) in [
            ("unix:run/x", AddressError::RelativePath),
            ("unix://run/x", AddressError::RelativePath),
            ("unix:", AddressError::RelativePath),
            ("unix:/a\nb", AddressError::PathCharacter('\n')),
            ("unix:/a\0", AddressError::PathCharacter('\0')),
            (&format!("unix:{long}"), AddressError::PathTooLong(108)),
            // Only the scheme makes it one.
            ("/run/x", AddressError::Character('/')),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
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
    fn the_files_of_port_6667_are_renamed_once_and_never_shared() {
        let address = |port, tls| Address {
            host: "Chat.example".into(),
            port,
            tls,
        };
        let folder = tempfile::tempdir().unwrap();
        let file = |port, tls| address(port, tls).file_in(folder.path());
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        let [former, other] = ["at-chat.example-6667", "at-chat.example-6697"];
        assert!(file(6697, true).ends_with(other));
        for rest in ["", ".lock", "~2", "0"] {
            fs::write(folder.path().join(format!("{former}{rest}")), "").unwrap();
        }
        assert!(file(6697, false).ends_with(other));
        assert!(file(7000, true).ends_with("at-chat.example-7000"));
        assert_eq!(names().len(), 4);
        assert!(file(6697, true).ends_with(other));
        let [lock, second] = [format!("{other}.lock"), format!("{other}~2")];
        let renamed = [
            "at-chat.example-66670",
            other,
            lock.as_str(),
            second.as_str(),
        ];
        assert_eq!(names(), renamed);
        // The drafts are sent, and new ones wait for the other server.
        fs::remove_file(folder.path().join(other)).unwrap();
        fs::write(folder.path().join(former), "").unwrap();
        assert!(file(6697, true).ends_with(other));
        assert!(folder.path().join(former).exists());
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
