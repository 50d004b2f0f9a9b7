//! The listening sockets: opening them and accepting connections.

use std::io::{self, ErrorKind};
use std::net::{self, IpAddr, SocketAddr};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use rustix::net::listen;
#[cfg(not(target_vendor = "apple"))]
use rustix::net::sockopt::socket_acceptconn;
use tracing::warn;

use crate::server::error::ServerError;

/// The most connections that wait to be accepted by one listener; the system may allow fewer. A
/// client that finds the queue full tries again a second later.
const BACKLOG_MAX: i32 = 4096;
/// The most connections that one listener accepts in one iteration.
const ACCEPTS_PER_ITERATION: usize = 64;
/// The pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Where a listener comes from.
#[derive(Debug)]
pub(in crate::server) enum ListenSource {
    /// Listen on this address.
    Address(SocketAddr),
    /// Listen on this address for encrypted connections.
    TlsAddress(SocketAddr),
    /// Take this socket, and encrypt its connections or not.
    Inherited(net::TcpListener, bool),
}

impl ListenSource {
    /// These addresses, and these for encrypted connections.
    pub(in crate::server) fn at(plain: &[SocketAddr], tls: &[SocketAddr]) -> Vec<Self> {
        let plain = plain.iter().copied().map(Self::Address);
        plain
            .chain(tls.iter().copied().map(Self::TlsAddress))
            .collect()
    }
}

struct Listener {
    socket: TcpListener,
    token: Token,
    /// Whether its connections are encrypted.
    has_tls: bool,
    /// A connection may be waiting.
    has_pending: bool,
}

/// A connection that was accepted.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) address: IpAddr,
    /// Whether it is encrypted.
    pub(super) has_tls: bool,
}

/// All listeners, and whether accepting works.
pub(super) struct Listeners {
    listeners: Vec<Listener>,
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
            let (socket, has_tls) = match source {
                ListenSource::Address(address) => (bind(address), false),
                ListenSource::TlsAddress(address) => (bind(address), true),
                ListenSource::Inherited(socket, has_tls) => (adopt(socket), has_tls),
            };
            let mut socket = socket?;
            let token = Token(first_token - index);
            registry.register(&mut socket, token, Interest::READABLE)?;
            listeners.push(Listener {
                socket,
                token,
                has_tls,
                has_pending: false,
            });
        }
        Ok(Self {
            listeners,
            retry_at: None,
        })
    }

    /// Where it listens, and whether connections there are encrypted.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (SocketAddr, bool)> {
        self.listeners.iter().flat_map(|listener| {
            let address = listener.socket.local_addr().ok()?;
            Some((address, listener.has_tls))
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

impl Listener {
    fn accept(&mut self, accepted: &mut Vec<Accepted>) -> io::Result<()> {
        for _ in 0..ACCEPTS_PER_ITERATION {
            if !self.has_pending {
                break;
            }
            match self.socket.accept() {
                Ok((stream, peer)) => accepted.push(Accepted {
                    stream,
                    address: peer.ip(),
                    has_tls: self.has_tls,
                }),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.has_pending = false,
                    // This one closed before it was accepted; the next may be waiting.
                    ErrorKind::ConnectionAborted
                    | ErrorKind::ConnectionReset
                    | ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }
}
