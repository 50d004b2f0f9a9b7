//! The WebSocket layer of one connection: takes lines out of messages, and puts each line into a
//! message of its own. RFC 6455; IRCv3 `websocket`.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use memchr::memmem;
use tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response, ServerHandshake};
use tungstenite::handshake::{HandshakeError, MidHandshake};
use tungstenite::http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL,
};
use tungstenite::http::{HeaderMap, StatusCode};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

/// Whether a build has WebSocket listeners.
pub(in crate::server) const IS_SUPPORTED: bool = true;

/// The longest message of a client, in bytes: a line, or what is so long that it is no line.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// The memory for received bytes that a connection has at any time.
const READ_BUFFER_BYTES: usize = 1024;
/// The longest head of a handshake that is waited for, in bytes. The library refuses a longer
/// one.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// How many bytes of lines are put into messages at a time.
const FRAME_BYTES: usize = 16 * 1024;

/// Why a WebSocket connection ends. The answer waits to be sent.
#[derive(Debug)]
pub(super) struct WebSocketError(Error);

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The subprotocols of IRCv3, in which each message is a line without its ending.
const TEXT: &str = "text.ircv3.net";
const BINARY: &str = "binary.ircv3.net";

/// The pages that may connect, by their origins; `*` is every page. A program that is no browser sends
/// no origin, and may always connect. RFC 6454.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Origins(Arc<[String]>);

impl Origins {
    pub(in crate::server) fn new(origins: &[String]) -> Self {
        Self(origins.into())
    }

    fn allow(&self, origin: &str) -> bool {
        let allows = |allowed: &String| allowed == "*" || allowed.eq_ignore_ascii_case(origin);
        self.0.iter().any(allows)
    }
}

/// A WebSocket connection without its socket.
pub(super) struct WebSocketSession {
    state: WebSocketState,
    buffers: Arc<Mutex<Buffers>>,
    kind: Arc<OnceLock<FrameKind>>,
    /// How many bytes at the start of the unsent ones are sent already.
    sent_bytes: usize,
    is_peer_closed: bool,
}

type Handshake = ServerHandshake<Pipe, OriginCheck>;

enum WebSocketState {
    /// The HTTP request is incomplete.
    Handshake(MidHandshake<Handshake>),
    /// Messages are received and sent.
    Open(WebSocket<Pipe>),
    /// Nothing more is received.
    Closed,
}

/// The kind of the messages for the client, RFC 6455, section 5.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Text,
    Binary,
}

/// The bytes between the library and the socket.
#[derive(Debug, Default)]
struct Buffers {
    received: Vec<u8>,
    unsent: Vec<u8>,
}

/// The in-memory socket of the library. The session keeps the other end, because the library
/// drops a socket whose handshake fails.
#[derive(Debug)]
struct Pipe(Arc<Mutex<Buffers>>);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffers = lock(&self.0);
        if buffers.received.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = buffer.len().min(buffers.received.len());
        for (to, from) in buffer.iter_mut().zip(buffers.received.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).unsent.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock(buffers: &Mutex<Buffers>) -> MutexGuard<'_, Buffers> {
    buffers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Decides about the request of a client.
#[derive(Debug)]
struct OriginCheck {
    origins: Origins,
    kind: Arc<OnceLock<FrameKind>>,
}

impl Callback for OriginCheck {
    fn on_request(
        self,
        request: &Request,
        mut response: Response,
    ) -> Result<Response, ErrorResponse> {
        if let Some(origin) = request.headers().get(ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            if !self.origins.allow(origin) {
                return Err(forbidden(&format!(
                    "Pages of {origin:?} may not connect to this server. Its operator can allow \
                     them with origins in the table [websocket] of the configuration.\n"
                )));
            }
        }
        let (kind, name) = chosen_kind(request.headers());
        // It is empty until now.
        let _ = self.kind.set(kind);
        if let Some(name) = name {
            let name = HeaderValue::from_static(name);
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, name);
        }
        Ok(response)
    }
}

/// The first subprotocol of the client that the server knows, with its name; text without a name if
/// there is none.
fn chosen_kind(headers: &HeaderMap) -> (FrameKind, Option<&'static str>) {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let offers = offers.iter().filter_map(|value| value.to_str().ok());
    for offer in offers.flat_map(|value| value.split(',')) {
        match offer.trim() {
            TEXT => return (FrameKind::Text, Some(TEXT)),
            BINARY => return (FrameKind::Binary, Some(BINARY)),
            _ => {}
        }
    }
    (FrameKind::Text, None)
}

fn forbidden(words: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(words.to_owned()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(words.len()));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether these bytes are the beginning of a request that can still become a handshake. Those before
/// `fresh` were so before.
fn is_unfinished_head(received: &[u8], fresh: usize) -> bool {
    const START: &[u8] = b"GET ";
    let start = received.get(..START.len()).unwrap_or(received);
    let tail = received.get(fresh.saturating_sub(3)..).unwrap_or_default();
    let has_end = || {
        memmem::find(tail, b"\n\r\n")
            .or_else(|| memmem::find(tail, b"\n\n"))
            .is_some()
    };
    START.starts_with(start) && received.len() <= HEAD_BYTES_MAX && !has_end()
}

/// The response to bytes that are no WebSocket handshake.
fn no_websocket() -> Vec<u8> {
    let words = "This port is for WebSocket connections of IRC clients.\n";
    let length = words.len();
    format!(
        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\
         Sec-WebSocket-Version: 13\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n\
         {words}"
    )
    .into_bytes()
}

impl fmt::Debug for WebSocketSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketSession")
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}

impl WebSocketSession {
    /// A session whose client has not sent anything. It always exists in this build.
    pub(super) fn new(origins: Origins) -> Option<Self> {
        let buffers = Arc::default();
        let kind = Arc::default();
        let check = OriginCheck {
            origins,
            kind: Arc::clone(&kind),
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let handshake = Handshake::start(Pipe(Arc::clone(&buffers)), check, Some(config));
        Some(Self {
            state: WebSocketState::Handshake(handshake),
            buffers,
            kind,
            sent_bytes: 0,
            is_peer_closed: false,
        })
    }

    /// Whether the handshake is complete and messages can be sent.
    pub(super) fn is_open(&self) -> bool {
        matches!(&self.state, WebSocketState::Open(socket) if socket.can_write())
    }

    /// Whether the handshake is still to be completed.
    pub(super) fn is_in_handshake(&self) -> bool {
        matches!(self.state, WebSocketState::Handshake(_))
    }

    /// Whether the client sends nothing more.
    pub(super) fn is_peer_closed(&self) -> bool {
        self.is_peer_closed
    }

    /// Takes the lines out of received bytes and appends them to `lines`. Responses are among the
    /// unsent bytes.
    pub(super) fn receive(
        &mut self,
        received: &[u8],
        lines: &mut Vec<u8>,
    ) -> Result<(), WebSocketError> {
        let is_in_handshake = self.is_in_handshake();
        let mut buffers = lock(&self.buffers);
        let fresh = buffers.received.len();
        buffers.received.extend_from_slice(received);
        // The library takes a head in many pieces for an attack, so it gets a whole one.
        if is_in_handshake && is_unfinished_head(&buffers.received, fresh) {
            return Ok(());
        }
        drop(buffers);
        let result = self.progress(lines);
        if result.is_err() {
            self.state = WebSocketState::Closed;
            lock(&self.buffers).received = Vec::new();
        }
        result
    }

    fn progress(&mut self, lines: &mut Vec<u8>) -> Result<(), WebSocketError> {
        if let WebSocketState::Handshake(_) = self.state {
            self.shake_hands()?;
        }
        let WebSocketState::Open(socket) = &mut self.state else {
            return Ok(());
        };
        loop {
            match socket.read() {
                Ok(Message::Text(text)) => push_line(text.as_bytes(), lines),
                Ok(Message::Binary(bytes)) => push_line(&bytes, lines),
                // The library answers pings and the end.
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                    self.is_peer_closed = true;
                    return Ok(());
                }
                Err(error) => {
                    let code = match error {
                        Error::Utf8(_) => CloseCode::Invalid,
                        Error::Capacity(_) => CloseCode::Size,
                        _ => CloseCode::Protocol,
                    };
                    close(socket, code, &error.to_string());
                    return Err(WebSocketError(error));
                }
            }
        }
    }

    fn shake_hands(&mut self) -> Result<(), WebSocketError> {
        let state = mem::replace(&mut self.state, WebSocketState::Closed);
        let WebSocketState::Handshake(handshake) = state else {
            return Ok(());
        };
        match handshake.handshake() {
            Ok(socket) => self.state = WebSocketState::Open(socket),
            Err(HandshakeError::Interrupted(handshake)) => {
                self.state = WebSocketState::Handshake(handshake);
            }
            Err(HandshakeError::Failure(error)) => {
                let mut buffers = lock(&self.buffers);
                // A refusal is written already.
                if buffers.unsent.is_empty() {
                    buffers.unsent = no_websocket();
                }
                return Err(WebSocketError(error));
            }
        }
        Ok(())
    }

    /// Puts whole lines from the beginning of `plain` into messages. Returns how many bytes they
    /// have.
    pub(super) fn frame(&mut self, plain: &[u8]) -> usize {
        let kind = self.kind.get().copied().unwrap_or(FrameKind::Text);
        let WebSocketState::Open(socket) = &mut self.state else {
            return 0;
        };
        let mut taken = 0;
        for line in plain.split_inclusive(|byte| *byte == b'\n') {
            if taken > 0 && taken + line.len() > FRAME_BYTES {
                break;
            }
            taken += line.len();
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let message = match kind {
                FrameKind::Binary => Message::binary(line.to_vec()),
                FrameKind::Text => Message::text(String::from_utf8_lossy(line).into_owned()),
            };
            // It is written to memory, and fails only after the end.
            if socket.write(message).is_err() {
                break;
            }
        }
        taken
    }

    /// Calls `send` with the unsent bytes; it returns how many it has taken.
    pub(super) fn take_unsent(
        &mut self,
        send: impl FnOnce(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let mut buffers = lock(&self.buffers);
        let unsent = buffers.unsent.get(self.sent_bytes..).unwrap_or_default();
        self.sent_bytes += send(unsent)?;
        if self.sent_bytes == buffers.unsent.len() {
            buffers.unsent = Vec::new();
            self.sent_bytes = 0;
        }
        Ok(())
    }

    /// The bytes of messages that are not sent yet.
    pub(super) fn unsent_bytes(&self) -> usize {
        lock(&self.buffers).unsent.len() - self.sent_bytes
    }

    /// Ends the server's direction.
    pub(super) fn close(&mut self) {
        if let WebSocketState::Open(socket) = &mut self.state
            && socket.can_write()
        {
            close(socket, CloseCode::Normal, "");
        }
    }
}

/// Sends the end of the connection with this reason. It is written to memory.
fn close(socket: &mut WebSocket<Pipe>, code: CloseCode, reason: &str) {
    /// A control frame has at most 125 bytes, the code included. RFC 6455, section 5.5.
    const REASON_BYTES_MAX: usize = 123;
    let end = reason.floor_char_boundary(REASON_BYTES_MAX);
    let reason = reason.get(..end).unwrap_or_default().to_owned().into();
    let _ = socket.close(Some(CloseFrame { code, reason }));
}

/// Appends the line that a message is. A client that ends it with a line ending means the same.
fn push_line(message: &[u8], lines: &mut Vec<u8>) {
    let line = message.strip_suffix(b"\n").unwrap_or(message);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    lines.extend_from_slice(line);
    lines.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    /// A frame of a client with a mask of zeros.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![
            first,
            0x80 | u8::try_from(payload.len()).unwrap(),
            0,
            0,
            0,
            0,
        ];
        frame.extend_from_slice(payload);
        frame
    }

    /// Gives a session these bytes, cut where `cuts` say, until it fails. Returns the lines.
    fn feed(bytes: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut session = WebSocketSession::new(Origins::default()).unwrap();
        let (mut rest, mut lines) = (bytes, Vec::new());
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let end = cuts.next().map_or(1, |cut| 1 + cut % 40).min(rest.len());
            let (piece, after) = rest.split_at(end);
            if session.receive(piece, &mut lines).is_err() {
                break;
            }
            session.frame(b"PING :x\r\n");
            rest = after;
        }
        session.close();
        lines
    }

    proptest! {
        #[test]
        fn messages_cut_anywhere_are_the_same_lines(
            cuts in prop::collection::vec(0_usize..40, 1..20),
        ) {
            let mut bytes = REQUEST.to_vec();
            // Text; binary in two pieces with a ping between them; text with an ending.
            bytes.extend(frame(0x81, b"NICK a"));
            bytes.extend(frame(0x02, b"USER a "));
            bytes.extend(frame(0x89, b"ping"));
            bytes.extend(frame(0x80, b"0 * :a"));
            bytes.extend(frame(0x81, b"QUIT\r\n"));
            // The request ends before the messages begin: a client waits for the response.
            let mut session = WebSocketSession::new(Origins::default()).unwrap();
            let (request, messages) = bytes.split_at(REQUEST.len());
            let mut lines = Vec::new();
            session.receive(request, &mut lines).unwrap();
            let mut rest = messages;
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((1 + cut).min(rest.len()));
                session.receive(piece, &mut lines).unwrap();
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(lines, b"NICK a\r\nUSER a 0 * :a\r\nQUIT\r\n");
        }

        // The event loop is one thread, so a panic here would end the whole server.
        #[test]
        fn no_bytes_in_no_pieces_make_it_panic(
            noise in prop::collection::vec((0_usize..200, any::<u8>()), 0..4),
            tail in prop::collection::vec(any::<u8>(), 0..300),
            cuts in prop::collection::vec(0_usize..40, 1..20),
        ) {
            let mut bytes = REQUEST.to_vec();
            for (at, byte) in noise {
                let length = bytes.len();
                if let Some(place) = bytes.get_mut(at % length) {
                    *place = byte;
                }
            }
            bytes.extend(tail);
            feed(&bytes, &cuts);
        }
    }

    #[test]
    fn only_pages_of_the_origins_in_the_list_may_connect() {
        let origins = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(|one| (*one).to_owned()).collect();
            Origins::new(&list)
        };
        let page = "https://chat.example";
        assert!(origins(&["https://CHAT.example"]).allow(page));
        assert!(origins(&["https://other.example", "*"]).allow(page));
        for list in [&[][..], &["chat.example"], &["http://chat.example"]] {
            assert!(!origins(list).allow(page), "{list:?}");
        }
    }

    #[test]
    fn a_head_is_given_to_the_library_when_it_is_whole_or_can_be_none() {
        for (received, fresh, is_unfinished) in [
            (&b""[..], 0, true),
            (b"GE", 1, true),
            (b"NICK alice\r\n", 0, false),
            (b"GET / HTTP/1.1\r\nHost: x\r\n", 5, true),
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, false),
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 26, false),
            (b"GET / HTTP/1.1\n\n", 16, false),
        ] {
            assert_eq!(
                is_unfinished_head(received, fresh),
                is_unfinished,
                "{received:?}"
            );
        }
        let mut long = b"GET /".to_vec();
        long.resize(HEAD_BYTES_MAX + 1, b'x');
        assert!(!is_unfinished_head(&long, 0));
    }
}
