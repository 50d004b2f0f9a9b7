//! Opens the first connection to a server, by its name in the configuration or its address.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::client::config::address::{Address, InvalidAddress, parse_address};
use crate::common::io_error::os_error_text;
use crate::common::suggest::nearest;

/// How long a connection attempt to one IP address may take.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The text is not an address.
    Address(InvalidAddress),
    /// The host name cannot be resolved.
    UnknownHost {
        /// The host name.
        host: String,
        /// Why.
        error: io::Error,
        /// The server of the configuration with the most similar name.
        nearest: Option<String>,
    },
    /// No server answers at the address.
    Unreachable {
        /// The address.
        address: Address,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::UnknownHost {
                host,
                error,
                nearest,
            } => {
                // The resolver's text begins with the step that failed.
                let text = os_error_text(error);
                let reason = text.rsplit(": ").next().unwrap_or_default();
                write!(f, "unknown host {host} ({reason})")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::Unreachable { address, error } => write!(
                f,
                "no server answers on {address} ({}); is chatroomd running there?",
                os_error_text(error)
            ),
        }
    }
}

impl std::error::Error for ConnectError {}

impl ConnectError {
    /// Whether the host answered that nothing listens on the port.
    pub(in crate::client) fn is_refused(&self) -> bool {
        matches!(self, Self::Unreachable { error, .. }
            if error.kind() == io::ErrorKind::ConnectionRefused)
    }
}

/// Connects to servers by name or address. Clones share the probed connection.
#[derive(Debug, Clone)]
pub(in crate::client) struct Dialer {
    /// The addresses of the servers in the configuration, by name.
    addresses: Arc<BTreeMap<String, String>>,
    /// The connection that the last successful [`Dialer::probe`] has opened.
    probed: Arc<Mutex<Option<(Address, TcpStream)>>>,
}

impl Dialer {
    /// A dialer that knows these servers: each name with its address.
    pub(in crate::client) fn new(addresses: BTreeMap<String, String>) -> Self {
        Self {
            addresses: Arc::new(addresses),
            probed: Arc::default(),
        }
    }

    /// The names of the servers it knows.
    pub(super) fn names(&self) -> Vec<String> {
        self.addresses.keys().cloned().collect()
    }

    /// Connects, trying each IP address of the host in turn.
    pub(in crate::client) fn connect(&self, address: &Address) -> Result<TcpStream, ConnectError> {
        let resolved = (address.host.as_str(), address.port).to_socket_addrs();
        let resolved = resolved.map_err(|error| self.unknown_host(&address.host, error))?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for ip_address in resolved {
            match TcpStream::connect_timeout(&ip_address, CONNECT_MAX) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(ConnectError::Unreachable {
            address: address.clone(),
            error: last,
        })
    }

    /// Connects to a server that `/connect` names, and keeps the connection for
    /// [`Dialer::take_probed`]: the session leaves its server only after this has succeeded.
    pub(super) fn probe(&self, server: &str) -> Result<(), ConnectError> {
        let text = self.addresses.get(server).map_or(server, String::as_str);
        let address = parse_address(text).map_err(ConnectError::Address)?;
        let stream = self.connect(&address)?;
        let mut probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner);
        *probed = Some((address, stream));
        Ok(())
    }

    /// The probed connection, if it is to this address.
    pub(in crate::client) fn take_probed(&self, address: &Address) -> Option<TcpStream> {
        let mut probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, stream) = probed.take()?;
        (of == *address).then_some(stream)
    }

    fn unknown_host(&self, host: &str, error: io::Error) -> ConnectError {
        let names = self.addresses.keys().map(String::as_str);
        ConnectError::UnknownHost {
            host: host.to_owned(),
            error,
            nearest: nearest(host, names).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_host_is_compared_with_the_names_of_the_configuration() {
        let addresses = BTreeMap::from([("home".to_owned(), "h:1".to_owned())]);
        let dialer = Dialer::new(addresses);
        let message = |host: &str| {
            let error = io::Error::other("failed to look up: no such name");
            dialer.unknown_host(host, error).to_string()
        };
        assert_eq!(
            message("hoem"),
            "unknown host hoem (no such name); did you mean home?"
        );
        assert_eq!(message("other"), "unknown host other (no such name)");
    }
}
