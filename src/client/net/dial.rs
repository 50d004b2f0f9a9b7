//! Opens connections to servers.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt::{
    set_socket_keepalive, set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl,
};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::{sleep, timeout};

use super::happy_eyeballs::connect_first;
use super::socks::connect_through;
use crate::client::config::address::{Address, TLS_PORT, loopback_addresses};
use crate::client::config::options::command_names;
use crate::client::config::proxy::ProxyAddress;
use crate::client::session::CloseReason;
use crate::client::terminal::stderr;
use crate::common::io_error::os_error_text;
use crate::common::shared_error::SharedError;
use crate::common::suggest::nearest;

/// How long a connection through a proxy may take: one of Tor can take most of a minute.
const PROXY_MAX: Duration = Duration::from_secs(90);
/// A connection attempt that takes longer than this is announced.
const ANNOUNCED_AFTER: Duration = Duration::from_millis(800);
/// How long a host is looked up before the program doubts that it is one.
const LOOKUP_MAX: Duration = Duration::from_secs(5);

/// How long a connection is silent before the system asks the other side for a sign of life, how far
/// apart it asks, and how often without an answer. The session pings by itself, but not while the
/// program is suspended.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_COUNT: u32 = 4;

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The host name cannot be resolved.
    UnknownHost {
        /// The host name.
        host: String,
        /// The I/O error.
        error: io::Error,
        /// The server of the configuration with the most similar name.
        nearest: Option<String>,
    },
    /// No server answers at the address.
    Unreachable {
        /// The address.
        address: Address,
        /// The I/O error.
        error: io::Error,
    },
    /// There is no connection through the proxy, and there is none around it.
    Proxy {
        /// The proxy, without a login.
        proxy: String,
        /// The address.
        address: Address,
        /// The I/O error.
        error: io::Error,
    },
    /// No server answers at the address, and its host has asked for encryption, so no plain
    /// connection takes its place.
    OnlyEncrypted {
        /// The address.
        address: Address,
        /// The I/O error.
        error: io::Error,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHost {
                host,
                error,
                nearest,
            } => {
                // The resolver's text begins with the step that failed.
                let text = os_error_text(error);
                let reason = text.rsplit(": ").next().unwrap_or_default();
                write!(f, "Unknown host {host}: {reason}")?;
                match nearest {
                    Some(nearest) => write!(f, ". Did you mean {nearest}?"),
                    None => f.write_str("."),
                }
            }
            Self::Unreachable { address, error } => {
                if address.socket_path().is_some() {
                    return no_socket(f, address, error);
                }
                let error = os_error_text(error);
                write!(f, "No server answers on {address}: {error}. ")?;
                match address.tls && address.port == TLS_PORT {
                    true => write!(
                        f,
                        "To connect without encryption, use {}.",
                        address.plain_url()
                    ),
                    false => f.write_str("Is chatroomd running there?"),
                }
            }
            Self::Proxy {
                proxy,
                address,
                error,
            } => write!(
                f,
                "No connection to {address} through the proxy {proxy}: {}.",
                os_error_text(error)
            ),
            Self::OnlyEncrypted { address, error } => write!(
                f,
                "No server answers on {address}: {}. This host has asked for encrypted connections \
                 only.",
                os_error_text(error)
            ),
        }
    }
}

impl std::error::Error for ConnectError {}

/// Says why there is no connection to a Unix socket.
fn no_socket(f: &mut fmt::Formatter<'_>, address: &Address, error: &io::Error) -> fmt::Result {
    match error.kind() {
        io::ErrorKind::NotFound => {
            write!(f, "There is no socket {address}. Is its server running?")
        }
        io::ErrorKind::ConnectionRefused => {
            write!(
                f,
                "No server listens on {address}: connection refused. Start it again."
            )
        }
        io::ErrorKind::PermissionDenied => write!(
            f,
            "Cannot connect to {address}: permission denied. The owner of the socket decides who may \
             connect."
        ),
        _ => write!(
            f,
            "No server answers on {address}: {}.",
            os_error_text(error)
        ),
    }
}

impl ConnectError {
    /// Why a reconnection failed, for a message that names no server.
    pub(super) fn into_close_reason(self) -> CloseReason {
        match self {
            Self::Unreachable { error, .. } if error.kind() == io::ErrorKind::TimedOut => {
                CloseReason::ConnectTimeout
            }
            Self::Unreachable { error, .. } | Self::UnknownHost { error, .. } => {
                CloseReason::Io(SharedError::new(error))
            }
            Self::Proxy { .. } | Self::OnlyEncrypted { .. } => {
                CloseReason::Io(SharedError::new(self))
            }
        }
    }

    /// The same for a host that has asked for encryption.
    pub(in crate::client) fn only_encrypted(self) -> Self {
        match self {
            Self::Unreachable { address, error } => Self::OnlyEncrypted { address, error },
            other => other,
        }
    }

    /// The error without an advice, and the address that is tried next.
    pub(in crate::client) fn followed_by(&self, next: &Address) -> String {
        let why = match self {
            Self::Unreachable { address, error } => {
                let error = os_error_text(error);
                format!("No server answers on {address}: {error}.")
            }
            other => other.to_string(),
        };
        format!("{why} Trying {next}.")
    }

    /// Whether the host answered that nothing listens on the port.
    pub(in crate::client) fn is_refused(&self) -> bool {
        matches!(self, Self::Unreachable { error, .. }
            if error.kind() == io::ErrorKind::ConnectionRefused)
    }
}

/// Connects to servers. Clones share what it knows.
#[derive(Debug, Clone)]
pub(in crate::client) struct Dialer {
    /// The names of the servers of the configuration.
    names: Arc<BTreeSet<String>>,
}

impl Dialer {
    /// A dialer that knows these names of servers.
    pub(in crate::client) fn new(names: BTreeSet<String>) -> Self {
        Self {
            names: Arc::new(names),
        }
    }

    /// The names of the servers it knows.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.iter().cloned().collect()
    }

    /// Connects to whichever IP address of the host answers first, or through the proxy, which
    /// resolves the name.
    pub(super) async fn dial(
        &self,
        address: &Address,
        proxy: Option<&ProxyAddress>,
    ) -> Result<TcpStream, ConnectError> {
        if let Some(proxy) = proxy {
            let connected = timeout(PROXY_MAX, connect_by_proxy(address, proxy)).await;
            let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            return connected.map_err(|error| ConnectError::Proxy {
                proxy: proxy.to_string(),
                address: address.clone(),
                error,
            });
        }
        let unreachable = |error| ConnectError::Unreachable {
            address: address.clone(),
            error,
        };
        if let Some(path) = address.socket_path() {
            return connect_to_socket(path).await.map_err(unreachable);
        }
        let resolved = addresses_of(&address.host, address.port).await;
        let resolved = resolved.map_err(|error| self.unknown_host(&address.host, error))?;
        let stream = connect_first(resolved).await.map_err(unreachable)?;
        keep_alive(&stream);
        Ok(stream)
    }

    /// The same for a thread that can wait. With `announces` a long wait is reported.
    pub(in crate::client) fn connect(
        &self,
        address: &Address,
        proxy: Option<&ProxyAddress>,
        announces: bool,
    ) -> Result<net::TcpStream, ConnectError> {
        let unreachable = |error| ConnectError::Unreachable {
            address: address.clone(),
            error,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(unreachable)?;
        let stream = runtime.block_on(async {
            let connecting = self.dial(address, proxy);
            tokio::pin!(connecting);
            tokio::select! {
                connected = &mut connecting => return connected,
                () = sleep(ANNOUNCED_AFTER), if announces => {
                    stderr::report(&format!("Connecting to {address} … Ctrl-C ends it."));
                }
            }
            connecting.await
        });
        let stream = stream.and_then(|stream| stream.into_std().map_err(unreachable));
        // The program does not wait for a name that is still being looked up.
        runtime.shutdown_background();
        stream
    }

    fn unknown_host(&self, host: &str, error: io::Error) -> ConnectError {
        let names = self.names.iter().map(String::as_str);
        let of_config = nearest(host, names).map(str::to_owned);
        // A misspelled command of the command line is taken as a host.
        let commands = command_names();
        let of_commands = nearest(host, commands.iter().map(String::as_str));
        let nearest = of_config.or(of_commands.map(|command| format!("chatroom {command}")));
        ConnectError::UnknownHost {
            host: host.to_owned(),
            error,
            nearest,
        }
    }
}

/// The addresses of a host. The names of this machine are not looked up: a resolver could answer
/// with another machine, and what is sent to this one needs no encryption. RFC 6761, section 6.3.
async fn addresses_of(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let own = loopback_addresses(host);
    if own.is_empty() {
        return Ok(lookup_host((host, port)).await?.collect());
    }
    let own = own.into_iter().map(|address| (address, port).into());
    Ok(own.collect())
}

/// Whether the system knows an address of this host. A resolver that does not answer knows none.
pub(in crate::client) fn is_host(host: &str) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        // The connection fails for the same cause, and reports it.
        return true;
    };
    let lookup = async { timeout(LOOKUP_MAX, lookup_host((host, 0))).await };
    let addresses = runtime.block_on(lookup);
    // The program does not wait for a name that is still being looked up.
    runtime.shutdown_background();
    addresses.is_ok_and(|found| found.is_ok_and(|mut found| found.next().is_some()))
}

/// Connects to a Unix socket. The stream is read and written like any other, whatever its type is
/// called.
async fn connect_to_socket(path: &Path) -> io::Result<TcpStream> {
    let stream = UnixStream::connect(path).await?.into_std()?;
    TcpStream::from_std(OwnedFd::from(stream).into())
}

/// Makes the system find out when the other side is gone. It works without that, too.
fn keep_alive(stream: &impl AsFd) {
    let set = || {
        set_tcp_keepidle(stream, KEEPALIVE_AFTER)?;
        set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
        set_tcp_keepcnt(stream, KEEPALIVE_COUNT)?;
        set_socket_keepalive(stream, true)
    };
    let _ = set();
}

/// Connects to the proxy, and through it to the server.
async fn connect_by_proxy(server: &Address, proxy: &ProxyAddress) -> io::Result<TcpStream> {
    let resolved = addresses_of(&proxy.host, proxy.port).await?;
    let mut stream = connect_first(resolved).await?;
    keep_alive(&stream);
    connect_through(&mut stream, proxy, server).await?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_tls_is_named_when_nothing_answers_on_its_port() {
        let message = |port, tls| {
            ConnectError::Unreachable {
                address: Address {
                    host: "chat.example".into(),
                    port,
                    tls,
                },
                error: io::ErrorKind::ConnectionRefused.into(),
            }
            .to_string()
        };
        assert_eq!(
            message(6697, true),
            "No server answers on ircs://chat.example:6697: connection refused. To connect without encryption, use irc://chat.example."
        );
        for other in [message(7000, true), message(6697, false)] {
            assert!(other.ends_with("Is chatroomd running there?"), "{other}");
        }
    }

    #[test]
    fn each_way_in_which_a_socket_cannot_be_used_has_its_own_sentence() {
        let message = |kind: io::ErrorKind| {
            let address = "unix:/run/x".parse().unwrap();
            let error = kind.into();
            ConnectError::Unreachable { address, error }.to_string()
        };
        for (kind, words) in [
            (
                io::ErrorKind::NotFound,
                "There is no socket unix:/run/x. Is its server running?",
            ),
            (
                io::ErrorKind::ConnectionRefused,
                "No server listens on unix:/run/x: connection refused. Start it again.",
            ),
            (
                io::ErrorKind::PermissionDenied,
                "Cannot connect to unix:/run/x: permission denied. The owner of the socket decides \
                 who may connect.",
            ),
            (
                io::ErrorKind::WouldBlock,
                "No server answers on unix:/run/x: operation would block.",
            ),
        ] {
            assert_eq!(message(kind), words);
        }
    }

    #[test]
    fn the_system_asks_a_silent_server_for_a_sign_of_life() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address: Address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let dialer = Dialer::new(BTreeSet::new());
        let stream = runtime.block_on(dialer.dial(&address, None)).unwrap();
        assert!(rustix::net::sockopt::socket_keepalive(&stream).unwrap());
        let idle = rustix::net::sockopt::tcp_keepidle(&stream).unwrap();
        assert_eq!(idle, KEEPALIVE_AFTER);
    }

    #[test]
    fn names_of_this_machine_are_not_looked_up() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let addresses = |host| {
            let found = runtime.block_on(addresses_of(host, 1)).unwrap();
            let found = found.iter().map(ToString::to_string);
            found.collect::<Vec<_>>().join(" ")
        };
        for host in ["localhost", "LocalHost.", "irc.localhost"] {
            assert_eq!(addresses(host), "127.0.0.1:1 [::1]:1", "{host}");
        }
        assert_eq!(addresses("127.0.0.9."), "127.0.0.9:1");
        assert_eq!(addresses("::ffff:127.0.0.1"), "127.0.0.1:1");
        assert_eq!(addresses("192.0.2.1"), "192.0.2.1:1");
    }

    #[test]
    fn an_unknown_host_is_compared_with_the_names_of_the_configuration() {
        let dialer = Dialer::new(["home".to_owned()].into());
        let message = |host: &str| {
            let error = io::Error::other("failed to look up: no such name");
            dialer.unknown_host(host, error).to_string()
        };
        assert_eq!(
            message("hoem"),
            "Unknown host hoem: no such name. Did you mean home?"
        );
        assert_eq!(
            message("loog"),
            "Unknown host loog: no such name. Did you mean chatroom log?"
        );
        assert_eq!(
            message("certifcate"),
            "Unknown host certifcate: no such name. Did you mean chatroom certificate?"
        );
        assert_eq!(message("other"), "Unknown host other: no such name.");
    }
}
