//! Encrypted connections to the real server: handshakes, records cut anywhere, certificates, reload.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::{Client, PATIENCE};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

/// A server with TLS, in a folder of its own. It is killed when a test drops it.
struct TlsServer {
    folder: tempfile::TempDir,
    child: Child,
    plain: SocketAddr,
    tls: SocketAddr,
    /// The last line of the start, if there is one after the addresses.
    fingerprint: Option<String>,
}

impl TlsServer {
    /// With certificates for these names, each in `NAME.pem` and `NAME.key`, and these further lines
    /// of the table.
    fn with_names(names: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        names
            .iter()
            .for_each(|name| make_certificate(folder.path(), name, 30));
        let list = |end| {
            let files = names.iter().map(|name| format!("\"{name}.{end}\""));
            files.collect::<Vec<_>>().join(", ")
        };
        let (certificates, keys) = (list("pem"), list("key"));
        let config = format!(
            "listen = [\"127.0.0.1:0\"]\n[tls]\nlisten = [\"127.0.0.1:0\"]\n\
             certificate = [{certificates}]\nkey = [{keys}]\n{more}"
        );
        Self::start(folder, &config)
    }

    fn start(folder: tempfile::TempDir, config: &str) -> Self {
        let path = folder.path().join("chatroomd.toml");
        fs::write(&path, config).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args(["--verbose", "--no-limits", "--config"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        let address = |line: &str| {
            let address = line.strip_prefix("listening on ").unwrap();
            let address = address.split(' ').next().unwrap();
            address.parse().unwrap()
        };
        let plain = address(&line());
        let with_tls = line();
        assert!(with_tls.ends_with(" with TLS"), "{with_tls}");
        let fingerprint = config.contains("self-signed").then(|| {
            let line = line();
            line.strip_prefix("certificate ").unwrap().to_owned()
        });
        Self {
            tls: address(&with_tls),
            folder,
            child,
            plain,
            fingerprint,
        }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn enter(&self, nick: &str) -> TlsClient {
        let mut client = TlsClient::connect(self.tls, "localhost");
        client.register(nick);
        client
    }

    fn enter_plain(&self, nick: &str) -> Client {
        let mut client = Client::new(TcpStream::connect(self.plain).unwrap());
        client.register(nick);
        client
    }

    fn reload(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, Signal::SIGHUP).unwrap();
    }

    fn waits_for_log(&self, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.file("log").contains(part) {
            assert!(Instant::now() < deadline, "{part}: {}", self.file("log"));
            thread::yield_now();
        }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes `NAME.pem` and `NAME.key` for a certificate that is valid for `days` days from now on.
fn make_certificate(folder: &Path, name: &str, days: i64) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let day = |days: i64| {
        let day = Duration::from_secs(24 * 3_600 * days.unsigned_abs() + 60);
        let now = std::time::SystemTime::now();
        match days < 0 {
            true => now - day,
            false => now + day,
        }
    };
    parameters.not_before = day(-300).into();
    parameters.not_after = day(days).into();
    let certificate = parameters.self_signed(&key).unwrap();
    fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Accepts every certificate and keeps the last one.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Vec<u8>>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap() = own.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// A client over TLS, line by line.
struct TlsClient {
    reader: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    verifier: Arc<AnyCertificate>,
}

impl TlsClient {
    fn connect(address: SocketAddr, name: &str) -> Self {
        Self::connect_with(address, name, rustls::ALL_VERSIONS)
    }

    fn connect_with(
        address: SocketAddr,
        name: &str,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Self {
        Self::connect_as(None, address, name, versions)
    }

    /// With a certificate, if there is one.
    fn connect_as(
        own: Option<&OwnCertificate>,
        address: SocketAddr,
        name: &str,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Self {
        let (connection, verifier) = client_connection(own, name, versions);
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let reader = BufReader::new(StreamOwned::new(connection, stream));
        Self { reader, verifier }
    }

    /// A user of a proxy, which sends this header before the handshake.
    fn connect_after(header: &[u8], own: Option<&OwnCertificate>, address: SocketAddr) -> Self {
        let (connection, verifier) = client_connection(own, "localhost", rustls::ALL_VERSIONS);
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(header).unwrap();
        let reader = BufReader::new(StreamOwned::new(connection, stream));
        Self { reader, verifier }
    }

    fn send(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.reader.get_mut().write_all(line.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        self.try_line().unwrap()
    }

    fn try_line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn expect(&mut self, part: &str) -> String {
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the end before {part}");
            if line.contains(part) {
                return line;
            }
        }
    }

    fn register(&mut self, nick: &str) {
        self.send(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"));
        self.expect(" 366 ");
    }

    /// The certificate that the server has shown.
    fn certificate(&self) -> Vec<u8> {
        self.verifier.seen.lock().unwrap().clone()
    }
}

/// The certificate of a client, with this key.
#[derive(Debug)]
struct OwnCertificate(Arc<CertifiedKey>);

impl OwnCertificate {
    /// A certificate that expires in `days` days.
    fn for_days(days: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        make_certificate(folder.path(), "client", days);
        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        let certificate = CertificateDer::from_pem_slice(read("client.pem").as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(read("client.key").as_bytes()).unwrap();
        Self::with_key(certificate, key)
    }

    fn with_key(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Self {
        let key = ring::default_provider().key_provider.load_private_key(key);
        Self(Arc::new(CertifiedKey::new(vec![certificate], key.unwrap())))
    }

    fn fingerprint(&self) -> String {
        let digest = ::ring::digest::digest(&::ring::digest::SHA256, &self.0.cert[0]);
        digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Shows it to every server.
#[derive(Debug)]
struct ShowAlways(Arc<CertifiedKey>);

impl ResolvesClientCert for ShowAlways {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn client_connection(
    own: Option<&OwnCertificate>,
    name: &str,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (ClientConnection, Arc<AnyCertificate>) {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(AnyCertificate {
        provider: Arc::clone(&provider),
        seen: Mutex::default(),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
    let mut config = match own {
        None => config.with_no_client_auth(),
        Some(own) => config.with_client_cert_resolver(Arc::new(ShowAlways(Arc::clone(&own.0)))),
    };
    config.alpn_protocols = vec![b"irc".to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    (connection, verifier)
}

/// The first bytes of a client.
fn client_hello() -> Vec<u8> {
    let (mut connection, _) = client_connection(None, "localhost", rustls::ALL_VERSIONS);
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    hello
}

/// Reads until the end of a stream, or until the connection is reset.
fn rest_of(stream: &mut TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 1_024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return bytes,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return bytes,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn encrypted_and_plain_clients_are_in_one_room() {
    let server = TlsServer::with_names(&["localhost"], "");
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    for version in versions {
        let mut alice = TlsClient::connect_with(server.tls, "localhost", &[version]);
        alice.register("alice");
        let mut bob = server.enter_plain("bob");
        bob.send("PRIVMSG #lobby :hello ✓");
        assert!(alice.expect("PRIVMSG").ends_with("#lobby :hello ✓"));
        alice.send("PRIVMSG #lobby :hello bob");
        bob.expect("PRIVMSG #lobby :hello bob");
        bob.send("WHOIS alice");
        bob.expect(" 671 bob alice :is using a secure connection");
        alice.send("WHOIS bob");
        loop {
            let line = alice.line();
            assert!(!line.contains(" 671 "), "{line}");
            if line.contains(" 318 ") {
                break;
            }
        }
        alice.send("QUIT :bye");
        alice.expect("ERROR :Closing Link: alice (Quit: bye)");
        bob.expect(":alice!~alice@127.0.0.1 QUIT");
        // The end is announced, so that it cannot be mistaken for a cut.
        assert_eq!(alice.line(), "");
        bob.send("QUIT");
        bob.rest();
    }
}

/// The lines of `WHOIS nick`.
fn whois(client: &mut TlsClient, nick: &str) -> String {
    client.send(&format!("WHOIS {nick}"));
    let mut lines = String::new();
    loop {
        let line = client.line();
        lines += &format!("{line}\n");
        if line.contains(" 318 ") {
            return lines;
        }
    }
}

#[test]
fn the_fingerprint_of_a_client_certificate_is_for_its_owner_and_operators() {
    let operator = "[[operator]]\nname = \"root\"\npassword = \"sesame\"";
    let server = TlsServer::with_names(&["localhost"], operator);
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        // Only the key counts, so one that has expired is as good as another. A56.
        for days in [30, -2] {
            let own = OwnCertificate::for_days(days);
            let connect = |own, nick: &str| {
                let mut client = TlsClient::connect_as(own, server.tls, "localhost", &[version]);
                client.register(nick);
                client
            };
            let mut alice = connect(Some(&own), "alice");
            let mut bob = connect(None, "bob");
            let shown = format!(
                " 276 alice alice :has client certificate fingerprint {}\n",
                own.fingerprint()
            );
            assert!(whois(&mut alice, "alice").contains(&shown));
            assert!(!whois(&mut alice, "bob").contains(" 276 "));
            assert!(!whois(&mut bob, "alice").contains(" 276 "));
            bob.send("OPER root sesame");
            bob.expect(" 381 ");
            let shown = shown.replace(" 276 alice ", " 276 bob ");
            assert!(whois(&mut bob, "alice").contains(&shown));
            for client in [&mut alice, &mut bob] {
                client.send("QUIT");
                client.expect("ERROR");
            }
        }
    }
}

#[test]
fn a_client_without_the_key_of_its_certificate_is_refused() {
    let server = TlsServer::with_names(&["localhost"], "");
    let [own, other] = [30, 30].map(OwnCertificate::for_days);
    let key = KeyPair::generate().unwrap().serialize_der();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key));
    let stolen = OwnCertificate::with_key(own.0.cert[0].clone(), key);
    let mut chain = vec![other.0.cert[0].clone()];
    chain.extend((0..30).map(|_| own.0.cert[0].clone()));
    let long = OwnCertificate(Arc::new(CertifiedKey::new(chain, Arc::clone(&other.0.key))));
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        for own in [&stolen, &long] {
            let mut client = TlsClient::connect_as(Some(own), server.tls, "localhost", &[version]);
            let hello = client
                .reader
                .get_mut()
                .write_all(b"NICK a\r\nUSER a 0 * :a\r\n");
            let answer = hello.and_then(|()| client.try_line());
            assert!(answer.is_err(), "{answer:?}");
        }
    }
    server.enter("alice").send("QUIT");
}

#[test]
fn everything_arrives_in_order_when_the_reader_is_slower_than_the_talk() {
    let server = TlsServer::with_names(&["localhost"], "");
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    let lines = 20_000;
    let talk = thread::spawn(move || {
        let text = "x".repeat(300);
        for number in 0..lines {
            bob.send(&format!("PRIVMSG #lobby :{number} {text}"));
        }
        bob
    });
    // The reader begins late, so that the server keeps lines for it: no sign of that reaches a client.
    thread::sleep(Duration::from_millis(300));
    for number in 0..lines {
        let line = alice.expect("PRIVMSG");
        assert!(line.contains(&format!("#lobby :{number} xxx")), "{line}");
    }
    talk.join().unwrap();
}

#[test]
fn records_may_be_cut_anywhere_and_may_be_joined() {
    let server = TlsServer::with_names(&["localhost"], "");
    let (mut connection, _) = client_connection(None, "localhost", rustls::ALL_VERSIONS);
    let mut stream = TcpStream::connect(server.tls).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut plain = Vec::new();
    let mut said = false;
    while !String::from_utf8_lossy(&plain).contains("PONG") {
        let mut bytes = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut bytes).unwrap();
        }
        for byte in bytes {
            stream.write_all(&[byte]).unwrap();
        }
        if !connection.is_handshaking() && !said {
            said = true;
            // Many small records in one write.
            for line in ["NICK a\r\n", "USER a 0 * :a\r\n", "PING :done\r\n"] {
                for byte in line.as_bytes() {
                    connection.writer().write_all(&[*byte]).unwrap();
                }
            }
            continue;
        }
        connection.read_tls(&mut stream).unwrap();
        let state = connection.process_new_packets().unwrap();
        let mut fresh = vec![0; state.plaintext_bytes_to_read()];
        connection.reader().read_exact(&mut fresh).unwrap();
        plain.extend(fresh);
    }
}

// A55.
#[test]
fn half_a_handshake_delays_no_other_and_ends_in_time() {
    let server = TlsServer::with_names(&["localhost"], "");
    let hello = client_hello();
    let half = &hello[..hello.len() / 2];
    let begun = Instant::now();
    let mut held: Vec<TcpStream> = (0..250)
        .map(|_| {
            let mut stream = TcpStream::connect(server.tls).unwrap();
            stream.write_all(half).unwrap();
            stream
        })
        .collect();
    let mut alice = server.enter("alice");
    for number in 0..100 {
        alice.send(&format!("PING :{number}"));
        alice.expect(&format!("PONG chatroomd.local :{number}"));
    }
    for stream in &mut held {
        assert_eq!(rest_of(stream), b"");
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(9), "{took:?}");
    alice.send("PING :still here");
    alice.expect("PONG");
}

// A56.
#[test]
fn what_is_no_tls_or_too_old_gets_an_alert_and_the_end() {
    const FATAL: u8 = 2;
    let server = TlsServer::with_names(&["localhost"], "");
    // A client hello of TLS 1.1 with one cipher suite. RFC 4346, section 7.4.1.2.
    let mut old = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    old.extend([7; 32]);
    old.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    for bytes in [&b"NICK alice\r\n"[..], &old[..]] {
        let mut stream = TcpStream::connect(server.tls).unwrap();
        stream.write_all(bytes).unwrap();
        let answer = rest_of(&mut stream);
        assert_eq!((answer[0], answer[5]), (0x15, FATAL), "{answer:?}");
    }
    server.waits_for_log("TLS failed");
    // A handshake without an end.
    let mut stream = TcpStream::connect(server.tls).unwrap();
    let record = [
        &[22, 3, 1, 0x40, 0][..],
        &[1, 0xff, 0xff, 0xff],
        &[0; 16_380],
    ]
    .concat();
    for _ in 0..5 {
        stream.write_all(&record).unwrap();
    }
    rest_of(&mut stream);
    server.waits_for_log("HandshakePayloadTooLarge");
    server.enter("alice").send("QUIT");
}

#[test]
fn a_reload_takes_new_certificates_and_disconnects_no_one() {
    let server = TlsServer::with_names(&["localhost"], "");
    let folder = server.folder.path();
    let mut alice = server.enter("alice");
    let first = alice.certificate();
    make_certificate(folder, "localhost", 30);
    server.reload();
    server.waits_for_log("the configuration was reloaded");
    let mut bob = server.enter("bob");
    let second = bob.certificate();
    assert_ne!(first, second);
    bob.send("PRIVMSG #lobby :hello");
    alice.expect("PRIVMSG #lobby :hello");
    // A broken or expired one changes nothing.
    fs::write(folder.join("localhost.key"), "no key").unwrap();
    server.reload();
    server.waits_for_log("localhost.key: there is no private key in PEM format in it");
    make_certificate(folder, "localhost", -2);
    server.reload();
    server.waits_for_log("localhost.pem: the certificate has expired");
    let carol = server.enter("carol");
    assert_eq!(carol.certificate(), second);
    alice.send("PING :x");
    alice.expect("PONG");
}

#[test]
fn the_certificate_is_chosen_by_the_name_that_is_asked_for() {
    let server = TlsServer::with_names(&["one.example", "two.example"], "");
    let shown = |name| {
        let mut client = TlsClient::connect(server.tls, name);
        client.send("PING :x");
        client.expect("PONG");
        client.certificate()
    };
    let (one, two) = (shown("one.example"), shown("two.example"));
    assert_ne!(one, two);
    assert_eq!(shown("three.example"), one);
    assert_eq!(shown("TWO.example"), two);
}

#[test]
fn a_server_that_signs_its_certificate_itself_keeps_it() {
    let config = "listen = [\"127.0.0.1:0\"]\nname = \"chat.example\"\n\
                  [tls]\nlisten = [\"127.0.0.1:0\"]\nself-signed = true\n";
    let mut server = TlsServer::start(tempfile::tempdir().unwrap(), config);
    let folder = server.folder.path().to_owned();
    let first = server.fingerprint.clone().unwrap();
    assert_eq!(first.len(), "sha256:".len() + 64);
    let mut alice = TlsClient::connect(server.tls, "chat.example");
    alice.register("alice");
    let mode = |name| {
        fs::metadata(folder.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("tls/key.pem"), 0o600);
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let kept = std::mem::replace(&mut server.folder, tempfile::tempdir().unwrap());
    let again = TlsServer::start(kept, config);
    assert_eq!(again.fingerprint.clone().unwrap(), first);
}

#[test]
fn the_policy_for_tls_is_announced_with_the_port_and_with_its_time() {
    let server = TlsServer::with_names(&["localhost"], "sts = 2592000\n");
    let mut plain = Client::new(TcpStream::connect(server.plain).unwrap());
    plain.send("CAP LS 302");
    let list = plain.expect(" LS ");
    assert!(list.contains(" sts=port="), "{list}");
    assert!(!list.contains("duration"), "{list}");
    let mut alice = TlsClient::connect(server.tls, "localhost");
    alice.send("CAP LS 302");
    let list = alice.expect(" LS ");
    assert!(list.contains(" sts=duration=2592000"), "{list}");
    // Without values there is no way to say it.
    let mut old = Client::new(TcpStream::connect(server.plain).unwrap());
    old.send("CAP LS");
    assert!(!old.expect(" LS ").contains("sts"));
}

/// The standard error and the status of a server that is only to check this configuration.
fn check(folder: &Path, config: &str) -> (String, Option<i32>) {
    let path = folder.join("chatroomd.toml");
    fs::write(&path, config).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--check-config", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    let folder = format!("{}/", folder.display());
    (words.replace(&folder, ""), output.status.code())
}

#[test]
fn each_mistake_about_certificates_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make_certificate(folder, "good", 60);
    make_certificate(folder, "other", 60);
    make_certificate(folder, "old", -1);
    make_certificate(folder, "late", 3);
    fs::write(folder.join("text.pem"), "hello").unwrap();
    let table = "[tls]\nlisten = [\"127.0.0.1:0\"]\n";
    for (lines, sentence, status) in [
        (
            "",
            "[tls] needs certificate and key, or self-signed = true (--tls-self-signed)",
            78,
        ),
        (
            "certificate = \"good.pem\"",
            "chatroomd.toml:3:15: certificate: wrong value, expected one certificate and one key, \
             or as many of both",
            78,
        ),
        (
            "certificate = \"good.pem\"\nkey = \"none.key\"",
            "none.key: no such file or directory",
            78,
        ),
        (
            "certificate = \"text.pem\"\nkey = \"good.key\"",
            "text.pem: there is no certificate in PEM format in it",
            78,
        ),
        (
            "certificate = \"good.pem\"\nkey = \"good.pem\"",
            "good.pem: there is no private key in PEM format in it",
            78,
        ),
        (
            "certificate = \"good.pem\"\nkey = \"other.key\"",
            "other.key: the key cannot be used: keys may not be consistent: KeyMismatch",
            78,
        ),
        (
            "certificate = \"old.pem\"\nkey = \"old.key\"",
            "old.pem: the certificate has expired; renew it",
            78,
        ),
        (
            "certificate = \"late.pem\"\nkey = \"late.key\"",
            "warning: the certificate in late.pem expires in 3 days; renew it",
            0,
        ),
    ] {
        let (words, shown) = check(folder, &format!("{table}{lines}"));
        assert_eq!(
            words.trim_end(),
            match status {
                0 => format!("chatroomd: {sentence}"),
                _ => format!("chatroomd: {sentence}."),
            }
        );
        assert_eq!(shown, Some(status), "{lines}");
    }
}

// A103.
#[test]
fn the_header_of_a_proxy_comes_before_the_handshake() {
    let server = TlsServer::with_names(&["localhost"], "[proxy]\nfrom = [\"127.0.0.1\"]\n");
    let header = b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 6697\r\n";
    let mut alice = TlsClient::connect_after(header, None, server.tls);
    alice.register("alice");
    alice.send("WHOIS alice");
    alice.expect(" 671 alice alice :is using a secure connection");
    alice.expect(" 378 alice alice :is connecting from *@192.0.2.7 192.0.2.7");
    // The header and the handshake are both cut anywhere.
    let mut hello = TcpStream::connect(server.tls).unwrap();
    hello.write_all(b"\x16\x03\x01").unwrap();
    let mut answer = String::new();
    hello.read_to_string(&mut answer).unwrap();
    let words = "ERROR :Closing Link: * (Connections from this address must begin with a valid header \
                 of the PROXY protocol)\r\n";
    assert_eq!(answer, words);
}

// A103.
#[test]
fn a_header_of_a_proxy_is_refused_in_clear_on_a_port_for_tls() {
    let server = TlsServer::with_names(&["localhost"], "");
    for header in [
        &b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 6697\r\n"[..],
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
    ] {
        let mut stream = TcpStream::connect(server.tls).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(header).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.contains("so it may not send a PROXY header"),
            "{answer:?}"
        );
    }
}

// A104.
#[test]
fn the_certificate_of_a_gateway_is_not_that_of_its_users() {
    let hash = "$argon2id$v=19$m=8192,t=2,p=1$SUshN7Elj9XNw/CKSMLuMA$BkPJS5reuWmKqYIhZR1Fnw77K5SQVVEGxgRs/Ve1s40";
    let more =
        format!("[[gateway]]\nname = \"web\"\nfrom = [\"127.0.0.1\"]\npassword-hash = {hash:?}\n");
    let server = TlsServer::with_names(&["localhost"], &more);
    let own = OwnCertificate::for_days(30);
    for (options, is_secure) in [
        ("", false),
        (" :secure", true),
        (" :remote-port=5000 secure", true),
    ] {
        let mut visitor =
            TlsClient::connect_as(Some(&own), server.tls, "localhost", rustls::ALL_VERSIONS);
        visitor.send(&format!(
            "WEBIRC sesame web visitor.example 192.0.2.7{options}"
        ));
        visitor.register("visitor");
        visitor.send("WHOIS visitor\r\nPING :end");
        let mut shown = Vec::new();
        while shown
            .last()
            .is_none_or(|line: &String| !line.contains(" PONG "))
        {
            shown.push(visitor.line());
        }
        let has = |numeric: &str| shown.iter().any(|line| line.contains(numeric));
        assert!(
            has(" 378 visitor visitor :is connecting from *@192.0.2.7 "),
            "{shown:?}"
        );
        assert_eq!(
            (has(" 671 "), has(" 276 ")),
            (is_secure, false),
            "{shown:?}"
        );
    }
}
