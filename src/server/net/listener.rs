//! The listening sockets: opening them and accepting connections.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{self, IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustix::net::listen;
#[cfg(not(target_vendor = "apple"))]
use rustix::net::sockopt::socket_acceptconn;
#[cfg(target_os = "linux")]
use rustix::{net::sockopt::socket_peercred, process::geteuid};
use tracing::warn;

use crate::server::error::ServerError;

/// The most connections that wait to be accepted by one listener; the system may allow fewer. A
/// client that finds the queue full tries again a second later.
const BACKLOG_MAX: i32 = 4096;
/// The most connections that one listener accepts in one iteration.
const ACCEPTS_PER_ITERATION: usize = 64;
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// The layers between the lines and the sockets of a listener's connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::server) struct ListenerKind {
    pub(in crate::server) has_tls: bool,
    pub(in crate::server) has_websocket: bool,
}

impl fmt::Display for ListenerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.has_tls, self.has_websocket) {
            (false, false) => "",
            (true, false) => " with TLS",
            (false, true) => " for WebSocket",
            (true, true) => " for WebSocket with TLS",
        })
    }
}

/// The origin of a listener.
#[derive(Debug)]
pub(in crate::server) enum ListenSource {
    /// Listen on this address.
    Address(SocketAddr, ListenerKind),
    /// Listen on this path, for programs of this machine.
    Path(PathBuf),
    /// Take this socket.
    Inherited(net::TcpListener, ListenerKind),
    /// Take this socket of this machine.
    InheritedUnix(unix::net::UnixListener),
}

impl ListenSource {
    /// Addresses, each with whether it is for TLS and for WebSocket, and paths.
    pub(in crate::server) fn at(
        addresses: impl IntoIterator<Item = (SocketAddr, bool, bool)>,
        paths: &[PathBuf],
    ) -> Vec<Self> {
        let source = |(address, has_tls, has_websocket)| {
            let kind = ListenerKind {
                has_tls,
                has_websocket,
            };
            Self::Address(address, kind)
        };
        let paths = paths.iter().cloned().map(Self::Path);
        addresses.into_iter().map(source).chain(paths).collect()
    }

    /// A socket of another process, whose name says what it is for: `tls`, `websocket`,
    /// `websocket-tls`, or anything else for plain connections.
    pub(in crate::server) fn inherited(socket: net::TcpListener, name: &str) -> Self {
        let kind = ListenerKind {
            has_tls: matches!(name, "tls" | "websocket-tls"),
            has_websocket: matches!(name, "websocket" | "websocket-tls"),
        };
        Self::Inherited(socket, kind)
    }
}

/// The socket of a listener.
enum ListeningSocket {
    Tcp {
        socket: TcpListener,
        kind: ListenerKind,
    },
    /// For programs of this machine. The file ends with the listener, unless it is inherited.
    Unix {
        socket: UnixListener,
        _file: Option<SocketFile>,
    },
    /// For the requests of the administrator.
    Administration(UnixListener),
}

/// The file of a socket, which is removed at the end.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // It is gone already, or the next start removes it.
        let _ = fs::remove_file(&self.0);
    }
}

struct Listener {
    socket: ListeningSocket,
    /// The port of an address.
    port: Option<u16>,
    token: Token,
    /// A connection may be waiting.
    has_pending: bool,
}

/// A connection that was accepted.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) address: IpAddr,
    pub(super) kind: ListenerKind,
    /// The port of the listener; `None` for programs of this machine.
    pub(super) port: Option<u16>,
    /// Whether it is the administrator's.
    pub(super) is_administrator: bool,
}

/// All listeners, and whether accepting works.
pub(super) struct Listeners {
    listeners: Vec<Listener>,
    /// The token of the next listener.
    next_token: usize,
    /// Set while accepting fails: when it is tried again.
    retry_at: Option<Duration>,
}

impl Listeners {
    /// Listens on these sockets. Events have the tokens from `first_token` downwards.
    pub(super) fn open(
        sources: Vec<ListenSource>,
        first_token: usize,
        registry: &Registry,
    ) -> Result<Self, ServerError> {
        let mut listeners = Vec::new();
        for (source, index) in sources.into_iter().zip(0..) {
            let mut socket = match source {
                ListenSource::Address(address, kind) => ListeningSocket::Tcp {
                    socket: bind(address)?,
                    kind,
                },
                ListenSource::Inherited(socket, kind) => ListeningSocket::Tcp {
                    socket: adopt(socket)?,
                    kind,
                },
                ListenSource::Path(path) => ListeningSocket::Unix {
                    socket: bind_path(&path)?,
                    _file: Some(SocketFile(path)),
                },
                ListenSource::InheritedUnix(socket) => {
                    socket.set_nonblocking(true)?;
                    ListeningSocket::Unix {
                        socket: UnixListener::from_std(socket),
                        _file: None,
                    }
                }
            };
            let token = Token(first_token - index);
            let mut port = None;
            match &mut socket {
                ListeningSocket::Tcp { socket, .. } => {
                    port = socket.local_addr().ok().map(|address| address.port());
                    registry.register(socket, token, Interest::READABLE)?;
                }
                ListeningSocket::Unix { socket, .. } | ListeningSocket::Administration(socket) => {
                    registry.register(socket, token, Interest::READABLE)?;
                }
            }
            listeners.push(Listener {
                socket,
                port,
                token,
                has_pending: false,
            });
        }
        Ok(Self {
            next_token: first_token - listeners.len(),
            listeners,
            retry_at: None,
        })
    }

    /// Takes this socket for the requests of the administrator.
    pub(super) fn add_administration(
        &mut self,
        socket: unix::net::UnixListener,
        registry: &Registry,
    ) -> io::Result<()> {
        let mut socket = UnixListener::from_std(socket);
        let token = Token(self.next_token);
        registry.register(&mut socket, token, Interest::READABLE)?;
        self.next_token -= 1;
        self.listeners.push(Listener {
            socket: ListeningSocket::Administration(socket),
            port: None,
            token,
            has_pending: false,
        });
        Ok(())
    }

    /// The TCP addresses, with their kinds.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (SocketAddr, ListenerKind)> {
        self.listeners
            .iter()
            .flat_map(|listener| match &listener.socket {
                ListeningSocket::Tcp { socket, kind } => Some((socket.local_addr().ok()?, *kind)),
                ListeningSocket::Unix { .. } | ListeningSocket::Administration(_) => None,
            })
    }

    /// Notes an event of a listener.
    pub(super) fn mark_pending(&mut self, token: Token) {
        if let Some(listener) = self.listeners.iter_mut().find(|one| one.token == token) {
            listener.has_pending = true;
        }
    }

    /// Whether a connection may be waiting, so that the loop must not wait for an event.
    pub(super) fn has_pending(&self) -> bool {
        self.retry_at.is_none() && self.listeners.iter().any(|one| one.has_pending)
    }

    /// When accepting is tried again, while it fails.
    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.retry_at
    }

    /// Accepts waiting connections, up to the budget of this iteration.
    pub(super) fn accept(&mut self, now: Duration) -> Vec<Accepted> {
        let mut accepted = Vec::new();
        if self.retry_at.is_some_and(|at| at > now) {
            return accepted;
        }
        let was_failing = self.retry_at.take().is_some();
        for listener in &mut self.listeners {
            if let Err(error) = listener.accept(&mut accepted) {
                // Usually no file descriptors are left; a connection that closes frees one.
                self.retry_at = Some(now + ACCEPT_PAUSE);
                if !was_failing {
                    warn!(%error, "cannot accept connections; trying again");
                }
                break;
            }
        }
        accepted
    }

    /// Stops accepting.
    pub(super) fn close(&mut self) {
        self.listeners.clear();
        self.retry_at = None;
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let listening = TcpListener::bind(address).and_then(|socket| {
        // The library listens with a queue of 128; a second call enlarges it.
        listen(&socket, BACKLOG_MAX)?;
        Ok(socket)
    });
    listening.map_err(|error| ServerError::CannotListen { address, error })
}

/// Listens on a path. The socket of a server that was killed is replaced.
fn bind_path(path: &Path) -> Result<UnixListener, ServerError> {
    let bind = || UnixListener::bind(path);
    let listening = bind().or_else(|error| {
        let is_socket = fs::metadata(path).is_ok_and(|file| file.file_type().is_socket());
        let is_refused = || {
            let connected = unix::net::UnixStream::connect(path);
            connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        };
        match error.kind() == ErrorKind::AddrInUse && is_socket && is_refused() {
            true => fs::remove_file(path).and_then(|()| bind()),
            false => Err(error),
        }
    });
    let path = || path.to_owned();
    listening.map_err(|error| ServerError::CannotListenAt {
        path: path(),
        error,
    })
}

fn adopt(socket: net::TcpListener) -> Result<TcpListener, ServerError> {
    #[cfg(not(target_vendor = "apple"))] // There it cannot be asked.
    if !socket_acceptconn(&socket).map_err(io::Error::from)? {
        let address = socket.local_addr()?;
        let error = io::Error::other("the inherited socket does not listen");
        return Err(ServerError::CannotListen { address, error });
    }
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket))
}

/// A connection of the administrator: the user that the server runs as, or root. From here on it is
/// like any other; what it does with a socket is the same for both kinds.
fn from_administrator(stream: UnixStream) -> io::Result<Accepted> {
    #[cfg(target_os = "linux")]
    {
        let (peer, own) = (socket_peercred(&stream)?.uid, geteuid());
        if peer != own && !peer.is_root() {
            return Err(ErrorKind::PermissionDenied.into());
        }
    }
    Ok(Accepted {
        is_administrator: true,
        ..local(stream)
    })
}

/// A connection of a program of this machine. The server handles sockets of both families in
/// the same way.
fn local(stream: UnixStream) -> Accepted {
    Accepted {
        stream: TcpStream::from(OwnedFd::from(stream)),
        address: Ipv4Addr::LOCALHOST.into(),
        kind: ListenerKind::default(),
        port: None,
        is_administrator: false,
    }
}

impl Listener {
    fn accept(&mut self, accepted: &mut Vec<Accepted>) -> io::Result<()> {
        for _ in 0..ACCEPTS_PER_ITERATION {
            if !self.has_pending {
                break;
            }
            let accept = match &self.socket {
                ListeningSocket::Tcp { socket, kind } => {
                    socket.accept().map(|(stream, peer)| Accepted {
                        stream,
                        address: peer.ip(),
                        kind: *kind,
                        port: self.port,
                        is_administrator: false,
                    })
                }
                ListeningSocket::Unix { socket, .. } => {
                    socket.accept().map(|(stream, _)| local(stream))
                }
                ListeningSocket::Administration(socket) => {
                    let accepted = socket.accept();
                    accepted.and_then(|(stream, _)| from_administrator(stream))
                }
            };
            match accept {
                Ok(one) => accepted.push(one),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.has_pending = false,
                    // This one closed before it was accepted, or may not connect; the next may be
                    // waiting.
                    ErrorKind::ConnectionAborted
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ConnectionReset
                    | ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }
}
