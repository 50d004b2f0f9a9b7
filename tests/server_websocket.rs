//! WebSocket connections to the real server, with the client of another implementation's library.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "websocket")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{Client, PATIENCE};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;
use tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::{Bytes, Error, HandshakeError, Message, WebSocket};

const TEXT: &str = "text.ircv3.net";
const BINARY: &str = "binary.ircv3.net";
const PAGE: &str = "https://chat.example";

/// A server for the pages of one origin. It is killed when a test drops it.
struct WebServer {
    folder: tempfile::TempDir,
    child: Child,
    /// The addresses it listens on, in order.
    addresses: Vec<SocketAddr>,
}

impl WebServer {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::configured(
            folder,
            &format!("[websocket]\nlisten = [\"127.0.0.1:0\"]\norigins = [\"{PAGE}\"]\n"),
            2,
        )
    }

    fn configured(folder: tempfile::TempDir, more: &str, listeners: usize) -> Self {
        let path = folder.path().join("chatroomd.toml");
        fs::write(&path, format!("listen = [\"127.0.0.1:0\"]\n{more}")).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args(["--verbose", "--config"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = |line: String| {
            let address = line.strip_prefix("listening on ").unwrap();
            address.split(' ').next().unwrap().parse().unwrap()
        };
        let lines = lines.map(Result::unwrap).take(listeners);
        let addresses = lines.map(address).collect();
        Self {
            folder,
            child,
            addresses,
        }
    }

    fn plain(&self) -> Client {
        Client::new(TcpStream::connect(self.addresses[0]).unwrap())
    }

    fn socket(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addresses[1]).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn connect(&self, protocols: &str, origin: &str) -> Result<Page<TcpStream>, (u16, String)> {
        Page::connect(self.socket(), self.addresses[1], protocols, origin)
    }

    fn waits_for_log(&self, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
        while !log().contains(part) {
            assert!(Instant::now() < deadline, "{part}: {}", log());
            thread::yield_now();
        }
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page that is connected.
struct Page<S> {
    socket: WebSocket<S>,
    protocol: Option<String>,
}

impl<S: Read + Write> Page<S> {
    /// Connects with these offered subprotocols and this origin, if they are not empty. An error is
    /// the status of the response and its text.
    fn connect(
        stream: S,
        address: SocketAddr,
        protocols: &str,
        origin: &str,
    ) -> Result<Self, (u16, String)> {
        let mut request = format!("ws://{address}/").into_client_request().unwrap();
        for (name, value) in [(SEC_WEBSOCKET_PROTOCOL, protocols), (ORIGIN, origin)] {
            if !value.is_empty() {
                let value = HeaderValue::from_str(value).unwrap();
                request.headers_mut().insert(name, value);
            }
        }
        match tungstenite::client(request, stream) {
            Ok((socket, response)) => {
                let protocol = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
                let protocol = protocol.map(|name| name.to_str().unwrap().to_owned());
                Ok(Self { socket, protocol })
            }
            Err(HandshakeError::Failure(Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                let body = String::from_utf8(body).unwrap();
                Err((response.status().as_u16(), body))
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn sends(&mut self, line: &str) {
        self.socket.send(Message::text(line)).unwrap();
    }

    /// Reads up to the first message that contains `part`, and returns it.
    fn reads_to(&mut self, part: &str) -> Message {
        loop {
            let message = self.socket.read().unwrap();
            if matches!(&message, Message::Text(_) | Message::Binary(_))
                && message.to_text().unwrap().contains(part)
            {
                return message;
            }
        }
    }

    fn enters(&mut self, nick: &str) {
        self.sends(&format!("NICK {nick}"));
        self.sends(&format!("USER {nick} 0 * :{nick}"));
        self.reads_to(" 366 ");
    }

    /// The code with which the server ends the connection.
    fn reads_end(&mut self) -> Option<CloseCode> {
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_page_and_a_plain_client_talk_and_each_message_is_one_line() {
    let server = WebServer::start();
    let mut bob = server.plain();
    bob.register("bob");
    for (offer, protocol, is_text) in [
        (TEXT, Some(TEXT), true),
        (BINARY, Some(BINARY), false),
        (
            "chat, binary.ircv3.net, text.ircv3.net",
            Some(BINARY),
            false,
        ),
        ("", None, true),
    ] {
        let mut alice = server.connect(offer, PAGE).unwrap();
        assert_eq!(alice.protocol.as_deref(), protocol);
        alice.enters("alice");
        alice.sends("PRIVMSG #lobby :hello from a page ☂");
        bob.expect("PRIVMSG #lobby :hello from a page ☂");
        bob.send("PRIVMSG #lobby :hi\r\nPRIVMSG #lobby :and more");
        let first = alice.reads_to(":hi");
        assert_eq!(first.to_text().unwrap().lines().count(), 1);
        assert!(!first.to_text().unwrap().ends_with('\n'));
        assert_eq!(matches!(first, Message::Text(_)), is_text, "{offer}");
        alice.reads_to(":and more");
        alice.sends("QUIT :gone");
        bob.expect("QUIT");
    }
}

#[test]
fn lines_in_pieces_with_endings_and_between_pings_arrive_whole() {
    let server = WebServer::start();
    let mut alice = server.connect(TEXT, "").unwrap();
    alice.enters("alice");
    let piece = |text: &str, code, is_last| {
        Message::Frame(Frame::message(Bytes::from(text.to_owned()), code, is_last))
    };
    let (begin, more) = (OpCode::Data(Data::Text), OpCode::Data(Data::Continue));
    alice
        .socket
        .send(piece("PING :in pi", begin, false))
        .unwrap();
    alice
        .socket
        .send(Message::Ping(Bytes::from("between")))
        .unwrap();
    assert_eq!(
        alice.socket.read().unwrap(),
        Message::Pong(Bytes::from("between"))
    );
    alice.socket.send(piece("eces", more, true)).unwrap();
    alice.reads_to("in pieces");
    alice.sends("PING :with an ending\r\n");
    let pong = alice.reads_to("with an ending");
    assert!(pong.to_text().unwrap().ends_with("with an ending"));
    alice
        .socket
        .send(Message::binary("PING :as binary"))
        .unwrap();
    assert!(matches!(alice.reads_to("as binary"), Message::Text(_)));
    // A line that is too long is refused like that of any client.
    alice.sends(&format!("PRIVMSG #lobby :{}", "x".repeat(20_000)));
    alice.reads_to(" 417 ");
}

#[test]
fn pages_of_other_origins_are_refused_with_the_reason() {
    let server = WebServer::start();
    for origin in ["https://evil.example", "http://chat.example", "null"] {
        let (status, words) = server.connect(TEXT, origin).err().unwrap();
        assert_eq!(status, 403, "{origin}");
        assert!(
            words.contains(origin) && words.contains("[websocket]"),
            "{words}"
        );
    }
    // Programs that are no browsers send none.
    assert!(server.connect(TEXT, "").is_ok());
    let path = server.folder.path().join("chatroomd.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config.replace(PAGE, "*")).unwrap();
    kill(
        Pid::from_raw(server.child.id().try_into().unwrap()),
        Signal::SIGHUP,
    )
    .unwrap();
    server.waits_for_log("reloaded");
    assert!(server.connect(TEXT, "https://evil.example").is_ok());
}

#[test]
fn bytes_that_are_no_handshake_get_an_answer_and_the_end() {
    let server = WebServer::start();
    for bytes in [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "NICK alice\r\nUSER alice 0 * :Alice\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ] {
        let mut stream = server.socket();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 426 "), "{bytes:?}: {answer:?}");
        assert!(answer.contains("This port is for WebSocket"), "{answer:?}");
    }
    server.waits_for_log("WebSocket failed");
}

#[test]
fn a_client_that_breaks_the_rules_is_closed_with_the_code_for_that() {
    let server = WebServer::start();
    let text = OpCode::Data(Data::Text);
    let invalid = Frame::message(Bytes::from_static(b"PING :\xff"), text, true);
    let endless = Frame::message(Bytes::from(vec![b'x'; 70_000]), text, true);
    for (frame, code) in [(invalid, CloseCode::Invalid), (endless, CloseCode::Size)] {
        let mut alice = server.connect(TEXT, PAGE).unwrap();
        alice.enters("alice");
        alice.socket.send(Message::Frame(frame)).unwrap();
        assert_eq!(alice.reads_end(), Some(code));
    }
    // A frame without a mask.
    let mut alice = server.connect(TEXT, PAGE).unwrap();
    alice.enters("alice");
    alice.socket.get_mut().write_all(b"\x81\x04PING").unwrap();
    assert_eq!(alice.reads_end(), Some(CloseCode::Protocol));
    // The nick is free again each time.
    server.connect(TEXT, PAGE).unwrap().enters("alice");
}

#[test]
fn an_end_by_the_page_and_one_by_the_server_are_regular_ends() {
    let server = WebServer::start();
    let mut bob = server.plain();
    bob.register("bob");
    let mut alice = server.connect(TEXT, PAGE).unwrap();
    alice.enters("alice");
    alice.socket.close(None).unwrap();
    bob.expect("QUIT");
    while alice.socket.read().is_ok() {}
    let mut alice = server.connect(TEXT, PAGE).unwrap();
    alice.enters("alice");
    alice.sends("QUIT :bye");
    alice.reads_to("ERROR ");
    assert_eq!(alice.reads_end(), Some(CloseCode::Normal));
}

#[test]
fn a_handshake_byte_by_byte_and_many_lines_at_once_are_no_problem() {
    let server = WebServer::start();
    let mut stream = server.socket();
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {BINARY}\r\n\r\n",
        server.addresses[1]
    );
    stream.set_nodelay(true).unwrap();
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
        // Otherwise many of them are read at once.
        thread::sleep(Duration::from_millis(1));
    }
    let mut socket = WebSocket::from_raw_socket(stream, tungstenite::protocol::Role::Client, None);
    // The response ends with an empty line.
    let mut response = Vec::new();
    while !response.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.get_mut().read_exact(&mut byte).unwrap();
        response.push(byte[0]);
    }
    // RFC 6455, section 1.3.
    let accepted = String::from_utf8(response).unwrap();
    assert!(
        accepted.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "{accepted}"
    );
    let mut alice = Page {
        socket,
        protocol: None,
    };
    alice.enters("alice");
    alice.sends("JOIN #big");
    alice.reads_to(" 366 ");
    let mut bob = server.plain();
    bob.register("bob");
    bob.send("JOIN #big");
    bob.expect(" 366 ");
    let text = "y".repeat(400);
    for number in 0..10 {
        bob.send(&format!("PRIVMSG #big :{number} {text}"));
    }
    for number in 0..10 {
        alice.reads_to(&format!(":{number} {text}"));
    }
}

#[test]
fn a_page_that_does_not_complete_its_handshake_is_disconnected() {
    let server = WebServer::start();
    let mut stream = server.socket();
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let begin = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(begin.elapsed() > Duration::from_secs(5), "too early");
    server.waits_for_log("the handshake took too long");
}

#[cfg(feature = "tls")]
#[test]
fn a_page_connects_with_tls_and_whois_says_that_it_is_secure() {
    use std::sync::Arc;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.path().join("one.pem"), made.cert.pem()).unwrap();
    fs::write(
        folder.path().join("one.key"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let config = format!(
        "[tls]\ncertificate = \"one.pem\"\nkey = \"one.key\"\n\
         [websocket]\ntls-listen = [\"127.0.0.1:0\"]\norigins = [\"{PAGE}\"]\n"
    );
    let server = WebServer::configured(folder, &config, 2);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = StreamOwned::new(connection, server.socket());
    let mut alice = Page::connect(stream, server.addresses[1], TEXT, PAGE).unwrap();
    alice.enters("alice");
    alice.sends("WHOIS alice");
    alice.reads_to(" 671 ");
    let mut bob = server.plain();
    bob.register("bob");
    bob.send("PRIVMSG alice :over both layers");
    alice.reads_to("over both layers");
    alice.sends("QUIT");
    alice.reads_to("ERROR ");
    assert_eq!(alice.reads_end(), Some(CloseCode::Normal));
}

// A103.
#[test]
fn the_header_of_a_proxy_comes_before_the_request_of_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[proxy]\nfrom = [\"127.0.0.1\"]\n\
         [websocket]\nlisten = [\"127.0.0.1:0\"]\norigins = [\"{PAGE}\"]\n"
    );
    let server = WebServer::configured(folder, &config, 2);
    let mut socket = server.socket();
    socket
        .write_all(b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 80\r\n")
        .unwrap();
    let mut page = Page::connect(socket, server.addresses[1], TEXT, PAGE).unwrap();
    page.sends("NICK page");
    page.sends("USER page 0 * :page");
    page.reads_to(" 001 ");
    page.sends("WHOIS page");
    page.reads_to(" 378 page page :is connecting from *@192.0.2.7 192.0.2.7");
    let server = WebServer::start();
    let mut socket = server.socket();
    socket.write_all(b"PROXY UNKNOWN\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(
        answer.contains("so it may not send a PROXY header"),
        "{answer:?}"
    );
}
