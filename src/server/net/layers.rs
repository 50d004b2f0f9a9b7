//! The layers between the lines and the socket of a connection: TLS, WebSocket messages, or both.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::mem;

use super::listener::ListenerKind;
use super::proxy_header::{ForwardedUser, ProxyHeader, ProxyHeaderError, is_proxy_header};
use super::tls::{TlsError, TlsSession};
use super::websocket::{WebSocketError, WebSocketSession};

/// The layers of a connection, at least one.
#[derive(Debug)]
pub(super) struct Layers {
    /// The header that a proxy is to send before everything else.
    proxy_header: Option<ProxyHeader>,
    /// The content of that header, until the hub knows it.
    forwarded: Option<ForwardedUser>,
    /// Whether nothing was received yet.
    awaits_first_bytes: bool,
    tls: Option<TlsSession>,
    websocket: Option<WebSocketSession>,
    has_failed: bool,
}

/// Why a layer ends the connection.
#[derive(Debug)]
pub(super) enum LayerError {
    /// A proxy has sent no valid header, or another address has sent one.
    ProxyHeader(ProxyHeaderError),
    /// The client has broken the rules of TLS. The alert for it waits to be sent.
    Tls(TlsError),
    /// The client has broken the rules of WebSocket, or may not connect. The answer waits to be
    /// sent.
    WebSocket(WebSocketError),
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProxyHeader(error) => error.fmt(f),
            Self::Tls(error) => write!(f, "TLS failed: {error}"),
            Self::WebSocket(error) => write!(f, "WebSocket failed: {error}"),
        }
    }
}

impl From<ProxyHeaderError> for LayerError {
    fn from(error: ProxyHeaderError) -> Self {
        Self::ProxyHeader(error)
    }
}

impl From<TlsError> for LayerError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<WebSocketError> for LayerError {
    fn from(error: WebSocketError) -> Self {
        Self::WebSocket(error)
    }
}

impl Layers {
    /// These layers; `None` if there is none.
    pub(super) fn new(
        proxy_header: Option<ProxyHeader>,
        tls: Option<TlsSession>,
        websocket: Option<WebSocketSession>,
    ) -> Option<Box<Self>> {
        (proxy_header.is_some() || tls.is_some() || websocket.is_some()).then(|| {
            Box::new(Self {
                awaits_first_bytes: proxy_header.is_none(),
                proxy_header,
                forwarded: None,
                tls,
                websocket,
                has_failed: false,
            })
        })
    }

    /// Which layers there are.
    pub(super) fn kind(&self) -> ListenerKind {
        ListenerKind {
            has_tls: self.tls.is_some(),
            has_websocket: self.websocket.is_some(),
        }
    }

    /// Whether a proxy is still to send its header.
    pub(super) fn awaits_proxy_header(&self) -> bool {
        self.proxy_header.is_some()
    }

    /// The content of the header of a proxy, once.
    pub(super) fn take_forwarded(&mut self) -> Option<ForwardedUser> {
        self.forwarded.take()
    }

    /// Whether nothing is left to do: the header of the proxy was the only layer.
    pub(super) fn are_done(&self) -> bool {
        self.proxy_header.is_none() && self.tls.is_none() && self.websocket.is_none()
    }

    /// Whether the connection is encrypted, and the handshake for that is complete.
    pub(super) fn is_secure(&self) -> bool {
        self.tls.as_ref().is_some_and(TlsSession::is_established)
    }

    /// The SHA-256 of the certificate of the client, if that has sent one.
    pub(super) fn client_fingerprint(&self) -> Option<[u8; 32]> {
        self.tls.as_ref()?.client_fingerprint()
    }

    /// Whether a handshake is still to be completed.
    pub(super) fn is_in_handshake(&self) -> bool {
        self.awaits_proxy_header()
            || self.tls.as_ref().is_some_and(|tls| !tls.is_established())
            || self
                .websocket
                .as_ref()
                .is_some_and(WebSocketSession::is_in_handshake)
    }

    /// Whether the client sends nothing more.
    pub(super) fn is_peer_closed(&self) -> bool {
        self.tls.as_ref().is_some_and(TlsSession::is_peer_closed)
            || self
                .websocket
                .as_ref()
                .is_some_and(WebSocketSession::is_peer_closed)
    }

    /// Whether lines can be sent.
    pub(super) fn can_send(&self) -> bool {
        self.tls.as_ref().is_none_or(TlsSession::can_send)
            && self
                .websocket
                .as_ref()
                .is_none_or(WebSocketSession::is_open)
    }

    /// The bytes in the layers that the socket has not accepted.
    #[inline(never)] // Most connections have no layers, and their callers stay short.
    pub(super) fn unsent_bytes(&self) -> usize {
        let sealed = self.tls.as_ref().map_or(0, TlsSession::unsent_bytes);
        let framed = self.websocket.as_ref();
        sealed + framed.map_or(0, WebSocketSession::unsent_bytes)
    }

    /// Appends the lines in received bytes to `lines`. Responses of the layers wait for
    /// [`Layers::flush`]. After an error everything is discarded.
    pub(super) fn receive(
        &mut self,
        received: &mut [u8],
        lines: &mut Vec<u8>,
    ) -> Result<(), LayerError> {
        if self.has_failed {
            return Ok(());
        }
        let result = self.receive_header(received);
        let received = match &result {
            Ok(taken) => received.get_mut(*taken..).unwrap_or_default(),
            Err(_) => &mut [],
        };
        let result = match (&mut self.tls, &mut self.websocket) {
            _ if result.is_err() => result.map(drop).map_err(LayerError::from),
            _ if self.proxy_header.is_some() => Ok(()),
            (None, None) => {
                lines.extend_from_slice(received);
                Ok(())
            }
            (Some(tls), None) => tls.receive(received, lines).map_err(LayerError::from),
            (None, Some(websocket)) => websocket.receive(received, lines).map_err(LayerError::from),
            (Some(tls), Some(websocket)) => {
                let mut plain = Vec::new();
                let result = tls.receive(received, &mut plain);
                let taken = websocket.receive(&plain, lines);
                result
                    .map_err(LayerError::from)
                    .and(taken.map_err(LayerError::from))
            }
        };
        self.has_failed = result.is_err();
        result
    }

    /// Takes the header of a proxy from the first bytes, and returns how many of them belong to it.
    fn receive_header(&mut self, received: &[u8]) -> Result<usize, ProxyHeaderError> {
        if mem::take(&mut self.awaits_first_bytes) && is_proxy_header(received) {
            return Err(ProxyHeaderError::Refused);
        }
        let Some(header) = &mut self.proxy_header else {
            return Ok(0);
        };
        let Some((user, taken)) = header.receive(received)? else {
            return Ok(received.len());
        };
        self.proxy_header = None;
        self.forwarded = Some(user);
        Ok(taken)
    }

    /// Sends what waits in the layers. False if the socket accepts no more.
    pub(super) fn flush(
        &mut self,
        socket: &mut impl Write,
        sealed: &mut Vec<u8>,
    ) -> io::Result<bool> {
        loop {
            if let Some(tls) = &mut self.tls
                && !tls.flush(socket)?
            {
                return Ok(false);
            }
            let Some(websocket) = &mut self.websocket else {
                return Ok(true);
            };
            if websocket.unsent_bytes() == 0 {
                return Ok(true);
            }
            let mut sent = 0;
            let mut is_full = false;
            websocket.take_unsent(|unsent| {
                (sent, is_full) = match &mut self.tls {
                    Some(tls) => seal_and_write(tls, unsent, socket, sealed)?,
                    None => write(socket, unsent)?,
                };
                Ok(sent)
            })?;
            if is_full || sent == 0 {
                return Ok(!is_full);
            }
        }
    }

    /// Sends the beginning of `plain`, which is whole lines. Returns how many of its bytes are sent or
    /// wait in the layers now, and whether the socket accepts more.
    pub(super) fn send(
        &mut self,
        plain: &[u8],
        socket: &mut impl Write,
        sealed: &mut Vec<u8>,
    ) -> io::Result<(usize, bool)> {
        if let Some(websocket) = &mut self.websocket {
            let taken = websocket.frame(plain);
            return Ok((taken, self.flush(socket, sealed)?));
        }
        let Some(tls) = &mut self.tls else {
            return Ok((0, true));
        };
        let (taken, is_full) = seal_and_write(tls, plain, socket, sealed)?;
        Ok((taken, !is_full))
    }

    /// Ends the server's direction, as far as the socket accepts that.
    pub(super) fn close(&mut self, socket: &mut impl Write) {
        if let Some(websocket) = &mut self.websocket {
            websocket.close();
        }
        // A client that does not read it finds the end of the stream.
        let _ = self.flush(socket, &mut Vec::new());
        if let Some(tls) = &mut self.tls {
            tls.close();
            let _ = tls.flush(socket);
        }
    }
}

/// Encrypts the beginning of `plain`, and writes it. Returns how many plain bytes that were, and
/// whether the socket is full. Unsent bytes wait in the layer.
fn seal_and_write(
    tls: &mut TlsSession,
    plain: &[u8],
    socket: &mut impl Write,
    sealed: &mut Vec<u8>,
) -> io::Result<(usize, bool)> {
    let (taken, count) = tls.seal(plain, sealed)?;
    let unsent = sealed.get(..count).unwrap_or_default();
    let (sent, is_full) = write(socket, unsent)?;
    tls.keep(unsent.get(sent..).unwrap_or_default());
    Ok((taken, is_full))
}

/// Writes once. Returns how many bytes were written, and whether the socket is full.
fn write(socket: &mut impl Write, bytes: &[u8]) -> io::Result<(usize, bool)> {
    match socket.write(bytes) {
        Ok(count) => Ok((count, count < bytes.len())),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok((0, true)),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok((0, false)),
        Err(error) => Err(error),
    }
}
