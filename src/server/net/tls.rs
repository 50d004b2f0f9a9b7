//! The TLS layer of one connection: decrypts what the socket receives, and encrypts what it sends.
//!
//! It uses the unbuffered interface of rustls, so that an idle connection holds no buffers: only an
//! unfinished record and bytes that the socket has not accepted stay with it.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};

use crate::common::fingerprint::fingerprint_bytes;

/// The certificates and settings for new connections.
pub(in crate::server) type TlsConfig = Arc<ServerConfig>;

/// The most bytes of a client before the handshake is complete.
const HANDSHAKE_BYTES_MAX: usize = 64 * 1024;
/// How much is encrypted at a time, in bytes: four records of the largest size.
const SEAL_BYTES: usize = 4 * RECORD_BYTES;
const RECORD_BYTES: usize = 16 * 1024;
/// How much longer a record can be than its content. RFC 8446, section 5.2.
const RECORD_OVERHEAD: usize = 256 + 5;
/// The shared buffer for encrypted bytes: what is sealed at a time, and a few messages of the
/// protocol, such as session tickets.
const SEALED_BYTES_MAX: usize = SEAL_BYTES + 4 * RECORD_OVERHEAD + RECORD_BYTES;

/// A TLS connection without its socket.
pub(super) struct TlsSession {
    connection: UnbufferedServerConnection,
    /// Received bytes of a record, or of a handshake message, that is not complete.
    partial: Vec<u8>,
    /// Encrypted bytes that the socket has not accepted.
    sealed: Vec<u8>,
    /// How many bytes at the start of `sealed` are sent already.
    sent_bytes: usize,
    /// Received bytes before the handshake was complete.
    handshake_bytes: usize,
    is_established: bool,
    /// The client has ended its direction with `close_notify`.
    is_peer_closed: bool,
    /// The connection has failed: nothing more is decrypted or encrypted.
    has_failed: bool,
}

impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession")
            .field("is_established", &self.is_established)
            .finish_non_exhaustive()
    }
}

/// Why a TLS connection ends.
#[derive(Debug)]
pub(super) enum TlsError {
    /// The client broke the protocol, or has no protocol version or cipher in common.
    Protocol(rustls::Error),
    /// The handshake has too many bytes.
    EndlessHandshake,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(f),
            Self::EndlessHandshake => f.write_str("the handshake does not end"),
        }
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Protocol(error)
    }
}

impl TlsSession {
    /// A session whose client has not sent anything. `None` if the settings are inconsistent.
    pub(super) fn new(config: &TlsConfig) -> Option<Self> {
        Some(Self {
            connection: UnbufferedServerConnection::new(Arc::clone(config)).ok()?,
            partial: Vec::new(),
            sealed: Vec::new(),
            sent_bytes: 0,
            handshake_bytes: 0,
            is_established: false,
            is_peer_closed: false,
            has_failed: false,
        })
    }

    /// Whether the handshake is complete.
    pub(super) fn is_established(&self) -> bool {
        self.is_established
    }

    /// The SHA-256 of the certificate whose key the client has, once the handshake is complete.
    pub(super) fn client_fingerprint(&self) -> Option<[u8; 32]> {
        let chain = self.connection.peer_certificates();
        let own = chain.filter(|_| self.is_established)?.first()?;
        Some(fingerprint_bytes(own))
    }

    /// Whether the client sends nothing more.
    pub(super) fn is_peer_closed(&self) -> bool {
        self.is_peer_closed
    }

    /// Whether plain bytes can be encrypted.
    pub(super) fn can_send(&self) -> bool {
        self.is_established && !self.has_failed
    }

    /// The encrypted bytes that the socket has not accepted.
    pub(super) fn unsent_bytes(&self) -> usize {
        self.sealed.len() - self.sent_bytes
    }

    /// Decrypts received bytes and appends the plain ones to `plain`. Responses, an alert after an
    /// error included, wait for [`TlsSession::flush`].
    pub(super) fn receive(
        &mut self,
        received: &mut [u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        if !self.is_established {
            self.handshake_bytes += received.len();
        }
        let mut joined = mem::take(&mut self.partial);
        let result = if joined.is_empty() {
            let (rest, result) = self.process(received, plain);
            self.partial.extend_from_slice(rest);
            result
        } else {
            joined.extend_from_slice(received);
            let (rest, result) = self.process(&mut joined, plain);
            self.partial.extend_from_slice(rest);
            result
        };
        let is_endless = !self.is_established && self.handshake_bytes > HANDSHAKE_BYTES_MAX;
        let result = match result {
            Ok(()) if is_endless => Err(TlsError::EndlessHandshake),
            Ok(()) => return Ok(()),
            Err(error) => {
                self.take_alert();
                Err(error.into())
            }
        };
        self.has_failed = true;
        self.partial = Vec::new();
        result
    }

    /// Takes the alert for the client after an error. The library still refers to the bytes that are
    /// left, and must not process them.
    fn take_alert(&mut self) {
        while self.connection.wants_write() {
            let status = self.connection.process_tls_records(&mut self.partial);
            let Ok(ConnectionState::EncodeTlsData(mut data)) = status.state else {
                break;
            };
            encode_into(&mut self.sealed, |buffer| data.encode(buffer));
        }
    }

    /// Processes all complete records, and returns the bytes of the incomplete one.
    fn process<'b>(
        &mut self,
        received: &'b mut [u8],
        plain: &mut Vec<u8>,
    ) -> (&'b [u8], Result<(), rustls::Error>) {
        let mut start = 0;
        let result = loop {
            let rest = received.get_mut(start..).unwrap_or_default();
            let UnbufferedStatus { mut discard, state } = self.connection.process_tls_records(rest);
            let mut is_done = false;
            let mut failed = None;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        match record {
                            Ok(record) => {
                                discard += record.discard;
                                plain.extend_from_slice(record.payload);
                            }
                            Err(error) => failed = Some(error),
                        }
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode_into(&mut self.sealed, |buffer| data.encode(buffer));
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.is_peer_closed = true,
                Ok(ConnectionState::WriteTraffic(_)) => {
                    self.is_established = true;
                    is_done = true;
                }
                // Early data is not enabled.
                Ok(_) => is_done = true,
                Err(error) => failed = Some(error),
            }
            start += discard;
            match failed {
                Some(error) => break Err(error),
                None if is_done => break Ok(()),
                None => {}
            }
        };
        (received.get(start..).unwrap_or_default(), result)
    }

    /// Encrypts the beginning of `plain` into `buffer`, after the messages of the protocol that come
    /// first. Returns how many plain bytes that were, and how many encrypted ones.
    pub(super) fn seal(
        &mut self,
        plain: &[u8],
        buffer: &mut Vec<u8>,
    ) -> io::Result<(usize, usize)> {
        let mut end = 0;
        if !self.can_send() {
            return Ok((0, end));
        }
        buffer.resize(SEALED_BYTES_MAX, 0);
        loop {
            let UnbufferedStatus { discard, state } =
                self.connection.process_tls_records(&mut self.partial);
            let room = buffer.get_mut(end..).unwrap_or_default();
            let mut sealed = None;
            match state.map_err(io::Error::other)? {
                ConnectionState::EncodeTlsData(mut data) => {
                    end += data.encode(room).map_err(io::Error::other)?;
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::WriteTraffic(mut traffic) => {
                    let mut taken = 0;
                    for piece in plain.chunks(RECORD_BYTES).take(SEAL_BYTES / RECORD_BYTES) {
                        let room = buffer.get_mut(end..).unwrap_or_default();
                        end += traffic.encrypt(piece, room).map_err(io::Error::other)?;
                        taken += piece.len();
                    }
                    sealed = Some(taken);
                }
                _ => return Ok((0, end)),
            }
            drop(self.partial.drain(..discard));
            if let Some(taken) = sealed {
                return Ok((taken, end));
            }
        }
    }

    /// Keeps encrypted bytes that the socket has not accepted.
    pub(super) fn keep(&mut self, sealed: &[u8]) {
        self.sealed.extend_from_slice(sealed);
    }

    /// Encrypts the end of the server's direction.
    pub(super) fn close(&mut self) {
        if !self.can_send() {
            return;
        }
        let status = self.connection.process_tls_records(&mut self.partial);
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = status.state {
            let mut buffer = [0; RECORD_OVERHEAD];
            if let Ok(count) = traffic.queue_close_notify(&mut buffer) {
                self.sealed
                    .extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        }
    }

    /// Writes encrypted bytes that wait. False if the socket accepts no more.
    pub(super) fn flush(&mut self, socket: &mut impl Write) -> io::Result<bool> {
        while let Some(unsent) = self.sealed.get(self.sent_bytes..)
            && !unsent.is_empty()
        {
            match socket.write(unsent) {
                Ok(count) => self.sent_bytes += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.sealed = Vec::new();
        self.sent_bytes = 0;
        Ok(true)
    }
}

/// Appends what `encode` writes; it asks for more room when it needs that.
fn encode_into(
    sealed: &mut Vec<u8>,
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>,
) {
    let start = sealed.len();
    let mut room = RECORD_OVERHEAD;
    loop {
        sealed.resize(start + room, 0);
        match encode(sealed.get_mut(start..).unwrap_or_default()) {
            Ok(count) => return sealed.truncate(start + count),
            Err(EncodeError::InsufficientSize(error)) if error.required_size > room => {
                room = error.required_size;
            }
            Err(_) => return sealed.truncate(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::PrivatePkcs8KeyDer;

    use super::*;

    fn config() -> TlsConfig {
        let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let private = PrivatePkcs8KeyDer::from(key.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private.into())
            .unwrap();
        Arc::new(config)
    }

    /// Gives a session these bytes, cut where `cuts` say, until it fails.
    fn feed(session: &mut TlsSession, bytes: &[u8], cuts: &[usize]) {
        let mut rest = bytes;
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() && !session.has_failed {
            let end = cuts.next().map_or(1, |cut| 1 + cut % 40).min(rest.len());
            let (piece, after) = rest.split_at(end);
            let mut plain = Vec::new();
            // Whether it fails is not the question here.
            let _ = session.receive(&mut piece.to_vec(), &mut plain);
            let _ = session.flush(&mut Vec::new());
            rest = after;
        }
    }

    /// The hello of a client, with a handshake message that is cut over two records.
    fn hello() -> Vec<u8> {
        let mut message = vec![1, 0, 0, 49, 3, 3];
        message.extend([7; 32]);
        // No session, one cipher suite, no compression, one extension: TLS 1.3 is spoken.
        message.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 7, 0, 43, 0, 3, 2, 3, 4]);
        let mut records = Vec::new();
        for piece in message.chunks(20) {
            records.extend([22, 3, 1, 0, u8::try_from(piece.len()).unwrap()]);
            records.extend_from_slice(piece);
        }
        records
    }

    proptest! {
        // The event loop is one thread, so a panic here would end the whole server.
        #[test]
        fn no_bytes_in_no_pieces_make_it_panic(
            noise in prop::collection::vec((0_usize..200, any::<u8>()), 0..12),
            tail in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(0_usize..40, 1..20),
        ) {
            let mut bytes = hello();
            for (at, byte) in noise {
                let length = bytes.len();
                if let Some(place) = bytes.get_mut(at % length) {
                    *place = byte;
                }
            }
            bytes.extend(tail);
            let mut session = TlsSession::new(&config()).unwrap();
            feed(&mut session, &bytes, &cuts);
            session.close();
            let _ = session.seal(b"x", &mut Vec::new());
        }
    }
}
