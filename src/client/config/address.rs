//! The address of a server. `parse` reads it, `files` has the names of the files of a server, and
//! `socket` the paths of Unix sockets.

mod error;
mod files;
mod parse;
mod socket;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::client::event::NetworkName;
pub use error::{AddressError, InvalidAddress};
pub(super) use files::move_entries;
pub(super) use parse::percent_decoded;
pub use parse::{ServerName, UrlTarget, parse_address, parse_server};

/// The port of IRC without encryption, in use since RFC 1459.
pub const PORT: u16 = 6667;
/// The port of IRC over TLS. RFC 7194.
pub const TLS_PORT: u16 = 6697;

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
