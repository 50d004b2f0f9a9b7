//! The connection to the server of one network: dialed, secured, and then read and written.
//!
//! A link only does what the driver has begun; what has happened is a [`LinkEvent`].

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::dial::ConnectError;
use super::setup::NetworkFiles;
use super::tls::{SecureStream, TlsClient};
use crate::client::config::address::Address;
use crate::client::config::proxy::ProxyAddress;
use crate::client::config::trust::{IdentityFiles, Trust};
use crate::client::control::pending::Pending;
use crate::client::event::NetworkId;
use crate::client::session::{Outcome, TlsFailure};
use crate::client::storage::log::LogWriter;
use crate::wire::Lines;

/// The longest line accepted from a server, in bytes: its tags and more than any server sends after
/// them.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;
/// How many bytes may wait for the server before nothing more is read from it.
const UNSENT_BYTES_MAX: usize = 1024 * 1024;

/// The connection to one network, and what is needed to make it again.
pub(super) struct NetworkLink {
    pub(super) id: NetworkId,
    pub(super) address: Address,
    /// The other addresses of the server, in the order in which they are tried.
    pub(super) others: VecDeque<Address>,
    /// How many of them are left for this attempt to connect.
    pub(super) untried: usize,
    /// Connections go through it, and never around it.
    pub(super) proxy: Option<ProxyAddress>,
    pub(super) trust: Trust,
    /// The certificate to show to the server.
    pub(super) identity: Option<IdentityFiles>,
    pub(super) files: NetworkFiles,
    /// Whether the user may accept a certificate that no authority has signed.
    pub(super) may_accept: bool,
    /// The server as it was typed after `/connect`.
    pub(super) typed: Option<String>,
    /// The address is that of an encrypted connection that the server has asked for.
    pub(super) upgraded: bool,
    /// For how long the server asks for encryption, counted from the end of the connection.
    pub(super) sts_seconds: Option<u64>,
    /// An authority or a configured fingerprint has verified the certificate of this connection. One
    /// that the user has accepted is not verified.
    pub(super) is_verified: bool,
    /// Made for the first encrypted connection.
    pub(super) tls: Option<TlsClient>,
    pub(super) phase: LinkPhase,
    /// The lines of the server.
    pub(super) lines: Lines,
    /// Bytes for the server that the socket has not accepted yet.
    pub(super) unsent: Vec<u8>,
    /// The session asked to close the connection.
    pub(super) close_requested: bool,
    /// Written bytes may wait to be encrypted or sent by the TLS layer.
    pub(super) must_flush: bool,
    /// The server has sent something.
    pub(super) has_received: bool,
    /// A write failed. Bytes that the server sent before that are still read.
    pub(super) write_failed: bool,
    /// Whether the next poll writes before it reads, so that neither waits for long.
    pub(super) writes_first: bool,
    /// The callers of `ctl send` that wait for the delivery of their lines.
    pub(super) pending: Pending,
    pub(super) log: Option<LogWriter>,
    /// The session time of the next connection attempt.
    pub(super) reconnect_at: Option<Duration>,
    /// It becomes the active network when it is ready, if this one still is.
    pub(super) shown_instead_of: Option<NetworkId>,
    /// When the last line was seen, as it was saved, and the session time of that.
    pub(super) seen_saved: Option<i64>,
    pub(super) seen_saved_at: Duration,
    /// It is a network of a bouncer.
    pub(super) is_upstream: bool,
    /// Its bouncer does not have it any more: what is being typed is not meant for another one.
    pub(super) is_removed: bool,
    /// How the session has ended.
    pub(super) outcome: Option<Outcome>,
    /// The user knows how it has ended.
    pub(super) is_reported: bool,
}

/// The state of the connection of a network.
pub(super) enum LinkPhase {
    /// There is none.
    Waiting,
    /// It is being made.
    Dialing(LinkFuture<Result<TcpStream, ConnectError>>),
    /// The handshake is being done.
    Securing(LinkFuture<Result<SecureStream, TlsFailure>>),
    /// It is open, without encryption.
    Plain(TcpStream),
    /// It is open and encrypted.
    Secure(Box<SecureStream>),
}

/// The step that a link waits for.
pub(super) type LinkFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An event on a link.
pub(super) enum LinkEvent {
    Dialed(Result<TcpStream, ConnectError>),
    Secured(Result<Box<SecureStream>, TlsFailure>),
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Flushed(io::Result<()>),
}

impl NetworkLink {
    /// A link without a connection.
    pub(super) fn new(id: NetworkId, address: Address, trust: Trust, files: NetworkFiles) -> Self {
        Self {
            id,
            address,
            others: VecDeque::new(),
            untried: 0,
            proxy: None,
            trust,
            identity: None,
            files,
            may_accept: false,
            typed: None,
            upgraded: false,
            sts_seconds: None,
            is_verified: false,
            tls: None,
            phase: LinkPhase::Waiting,
            lines: Lines::new(LINE_BYTES_MAX),
            unsent: Vec::new(),
            close_requested: false,
            must_flush: false,
            has_received: false,
            write_failed: false,
            writes_first: false,
            pending: Pending::default(),
            log: None,
            reconnect_at: None,
            shown_instead_of: None,
            seen_saved: None,
            seen_saved_at: Duration::ZERO,
            is_upstream: false,
            is_removed: false,
            outcome: None,
            is_reported: false,
        }
    }

    /// A connection is open: it begins without anything of the one before.
    pub(super) fn open(&mut self, phase: LinkPhase) {
        self.phase = phase;
        self.lines = Lines::new(LINE_BYTES_MAX);
        self.unsent.clear();
        self.close_requested = false;
        self.must_flush = false;
        self.has_received = false;
        self.write_failed = false;
    }

    /// Whether there is a connection to read and write.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, LinkPhase::Plain(_) | LinkPhase::Secure(_))
    }

    /// Waits for what the link does: a step of the connection, or with `may_read` bytes, which are
    /// put into the buffer.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        may_read: bool,
        buffer: &mut [u8],
    ) -> Poll<LinkEvent> {
        // Stop reading while the server does not accept our replies; the ping timeout ends it.
        let can_reply = self.write_failed || self.unsent.len() < UNSENT_BYTES_MAX;
        let mut transfer = Transfer {
            unsent: match self.write_failed {
                true => &[],
                false => &self.unsent,
            },
            must_flush: self.must_flush && !self.write_failed,
            buffer: (may_read && can_reply).then_some(buffer),
            writes_first: self.writes_first,
        };
        self.writes_first = !self.writes_first;
        match &mut self.phase {
            LinkPhase::Waiting => Poll::Pending,
            LinkPhase::Dialing(dialing) => dialing.as_mut().poll(context).map(LinkEvent::Dialed),
            LinkPhase::Securing(handshake) => {
                let secured = ready!(handshake.as_mut().poll(context));
                Poll::Ready(LinkEvent::Secured(secured.map(Box::new)))
            }
            LinkPhase::Plain(stream) => transfer.poll(stream, context),
            LinkPhase::Secure(stream) => transfer.poll(&mut **stream, context),
        }
    }
}

/// The bytes to write, and the buffer to read into.
struct Transfer<'b> {
    unsent: &'b [u8],
    must_flush: bool,
    /// `None` while nothing may be read.
    buffer: Option<&'b mut [u8]>,
    writes_first: bool,
}

impl Transfer<'_> {
    fn poll(
        &mut self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<LinkEvent> {
        if self.writes_first {
            let written = self.poll_write(stream, context);
            return match written.is_ready() {
                true => written,
                false => self.poll_read(stream, context),
            };
        }
        match self.poll_read(stream, context) {
            Poll::Pending => self.poll_write(stream, context),
            read => read,
        }
    }

    fn poll_read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<LinkEvent> {
        let Some(buffer) = &mut self.buffer else {
            return Poll::Pending;
        };
        let mut buffer = ReadBuf::new(buffer);
        let read = ready!(Pin::new(stream).poll_read(context, &mut buffer));
        Poll::Ready(LinkEvent::Read(read.map(|()| buffer.filled().len())))
    }

    /// Writes some of the bytes or, if there are none, makes the TLS layer send what it has.
    fn poll_write(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<LinkEvent> {
        let stream = Pin::new(stream);
        match (self.unsent, self.must_flush) {
            ([], false) => Poll::Pending,
            ([], true) => stream.poll_flush(context).map(LinkEvent::Flushed),
            (unsent, _) => stream.poll_write(context, unsent).map(LinkEvent::Written),
        }
    }
}
