//! The client and encrypted connections: which certificates it trusts, and what it says of others.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;
mod support;

use std::fs;
use std::io::Read as _;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use chatting_room::server::{CertificateFiles, EmbeddedServer, Settings, TlsSettings};
use common::{Client, accept};
use nix::sys::signal::Signal;
use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection};
use support::home::Home;
use support::tls_peer::TlsPeer;
use support::{Finished, Program, chatroom, run};

/// A certificate and its key.
struct Own {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Own {
    /// For this name, valid from `from` to `to`, in days from now.
    fn new(name: &str, [from, to]: [i64; 2]) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let at = |days: i64| {
            let time = Duration::from_secs(24 * 3_600 * days.unsigned_abs());
            match days < 0 {
                true => SystemTime::now() - time,
                false => SystemTime::now() + time,
            }
        };
        parameters.not_before = at(from).into();
        parameters.not_after = at(to).into();
        let certificate = parameters.self_signed(&key).unwrap();
        Self { certificate, key }
    }

    fn fingerprint(&self) -> String {
        let digest = digest(&SHA256, self.certificate.der());
        let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        format!("sha256:{}", digits.collect::<String>())
    }

    fn write(&self, folder: &Path) -> CertificateFiles {
        let files = CertificateFiles {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        };
        fs::write(&files.certificate, self.certificate.pem()).unwrap();
        fs::write(&files.key, self.key.serialize_pem()).unwrap();
        files
    }
}

/// A server with a certificate for this name.
struct Host {
    server: EmbeddedServer,
    own: Own,
    folder: tempfile::TempDir,
}

impl Host {
    fn named(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Own::new(name, [-1, 30]);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut settings = Settings::listening_on(any);
        settings.hub.limits.enabled = false;
        settings.tls = Some(TlsSettings {
            listen: vec![any],
            certificates: vec![own.write(folder.path())],
            self_signed: None,
        });
        let server = EmbeddedServer::start(&settings).unwrap();
        Self {
            server,
            own,
            folder,
        }
    }

    fn url(&self) -> String {
        format!("ircs://{}", self.server.tls_address().unwrap())
    }

    fn enter(&self, nick: &str) -> Client {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        let mut client = Client::new(stream);
        client.register(nick);
        client
    }

    /// A configuration of the client with these lines in the table of the server `home`.
    fn configuration(&self, address: &str, lines: &str) -> PathBuf {
        let path = self.folder.path().join("chatroom.toml");
        let table = format!("[servers.home]\naddress = \"{address}\"\n{lines}\n");
        fs::write(&path, table).unwrap();
        path
    }
}

fn send(arguments: &[&str]) -> Finished {
    let mut command = chatroom(&["--nick", "ci", "-c", "hello", "-q"]);
    command.args(arguments);
    run(command, "")
}

#[test]
fn a_script_over_tls_is_delivered_in_order() {
    let host = Host::named("localhost");
    let fingerprint = host.own.fingerprint();
    let mut bob = host.enter("bob");
    let url = host.url();
    let arguments = ["--nick", "ci", "--fingerprint", &fingerprint, &url];
    let lines: String = (0..5_000).map(|n| format!("line {n}\n")).collect();
    let finished = run(chatroom(&arguments), &lines);
    assert_eq!((finished.status, finished.err.as_str()), (Some(0), ""));
    for number in 0..5_000 {
        bob.expect(&format!("PRIVMSG #lobby :line {number}"));
    }
}

#[test]
fn a_certificate_is_trusted_by_its_fingerprint_and_no_other_is() {
    let host = Host::named("localhost");
    let url = host.url();
    let other = format!("sha256:{}", "0".repeat(64));
    let right = host.own.fingerprint();
    let refused = send(&["--fingerprint", &other, &url]);
    let sentence = format!(
        "chatroom: No secure connection to the server: its certificate has the fingerprint \
         {right}, and {other} is expected.\n"
    );
    assert_eq!((refused.status, refused.err), (Some(76), sentence));
    let both = send(&["--fingerprint", &other, "--fingerprint", &right, &url]);
    assert_eq!(both.status, Some(0), "{both:?}");
    // Of the configuration, in the form that openssl prints.
    let digits = right.trim_start_matches("sha256:").to_uppercase();
    let pairs: Vec<&str> = (0..32).map(|n| &digits[2 * n..2 * n + 2]).collect();
    let line = format!(
        "fingerprint = [\"{other}\", \"SHA256:{}\"]",
        pairs.join(":")
    );
    let file = host.configuration(&url, &line);
    let found = send(&["--config", file.to_str().unwrap(), "home"]);
    assert_eq!(found.status, Some(0), "{found:?}");
    let file = host.configuration(&url, "fingerprint = \"sha256:12\"");
    let wrong = send(&["--config", file.to_str().unwrap(), "home"]);
    assert_eq!(wrong.status, Some(78), "{wrong:?}");
    assert!(
        wrong
            .err
            .contains(":3:15: \"sha256:12\" is not a fingerprint"),
        "{wrong:?}"
    );
}

// A77.
#[test]
fn each_certificate_that_is_not_trusted_has_its_own_sentence() {
    let host = Host::named("localhost");
    let port = host.server.tls_address().unwrap().port();
    let unknown = send(&[&host.url()]);
    assert_eq!(unknown.status, Some(76), "{unknown:?}");
    let words = "no known authority has signed its certificate; if sha256:";
    assert!(
        unknown.err.contains(words) && unknown.err.contains("--fingerprint"),
        "{unknown:?}"
    );

    let ca = host.own.write(host.folder.path()).certificate;
    let with_ca = |address: &str| {
        let file = host.configuration(address, &format!("ca-file = {ca:?}"));
        send(&["--config", file.to_str().unwrap(), "home"])
    };
    assert_eq!(with_ca(&format!("ircs://localhost:{port}")).status, Some(0));
    let wrong_name = with_ca(&format!("ircs://127.0.0.1:{port}"));
    assert_eq!(wrong_name.status, Some(76), "{wrong_name:?}");
    let words = "its certificate is not for the name 127.0.0.1";
    assert!(wrong_name.err.contains(words), "{wrong_name:?}");
    fs::write(&ca, "nothing").unwrap();
    let no_ca = with_ca(&format!("ircs://localhost:{port}"));
    assert!(
        no_ca.err.contains("has no certificate in PEM format"),
        "{no_ca:?}"
    );

    for (days, words) in [
        ([-30, -1], "its certificate has expired"),
        ([1, 30], "its certificate is not valid yet"),
    ] {
        let own = Own::new("localhost", days);
        fs::write(&ca, own.certificate.pem()).unwrap();
        let address = handshakes_of(&own);
        let refused = with_ca(&format!("ircs://localhost:{}", address.port()));
        assert_eq!(refused.status, Some(76), "{refused:?}");
        assert!(refused.err.contains(words), "{refused:?}");
    }

    let any = send(&["--insecure", &host.url()]);
    assert_eq!(any.status, Some(0), "{any:?}");
    assert!(
        any.err.contains("Any certificate is accepted (--insecure)"),
        "{any:?}"
    );
}

#[test]
fn the_end_of_an_accepted_certificate_is_reported_and_no_other() {
    let day = Duration::from_secs(24 * 3_600);
    let now = SystemTime::now();
    for (end, is_expired) in [(now - day, true), (now + day, false)] {
        let peer = TlsPeer::valid_until(end);
        let home = Home::new();
        let record = format!("{} {}\n", peer.url(), peer.fingerprint());
        home.write(".local/state/chatroom/certificates", &record);
        let mut command = home.chatroom(&["--plain", "--nick", "alice", &peer.url()]);
        command.env("USER", "alice");
        let program = Program::start(command);
        let mut lines = peer.accept();
        lines.receives("CAP LS 302");
        lines.sends(":s 001 alice :Welcome\r\n:s 422 alice :No message");
        lines.sends(":alice!a@h JOIN #lobby\r\n:s 366 alice #lobby :End");
        program.out.wait_for("You are alice in #lobby");
        program.signal(Signal::SIGTERM);
        let finished = program.finish();
        let words = format!(
            "The certificate of {} that you have accepted has expired on 20",
            peer.url()
        );
        assert_eq!(finished.out.contains(&words), is_expired, "{finished:?}");
    }
}

#[test]
fn a_network_that_has_moved_is_known_by_its_certificate_and_no_other_network_is() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let record = format!("ircs://old.example:6697 {} home\n", peer.fingerprint());
    home.write(".local/state/chatroom/certificates", &record);
    home.configure(&peer.url(), "");
    let program = Program::start(home.chatroom(&["home", "--nick", "ci", "-c", "hi"]));
    peer.accept().receives("CAP LS 302");
    drop(program);
    let text = home.read(".config/chatroom.toml").replace("home", "other");
    home.write(".config/chatroom.toml", &text);
    let program = Program::start(home.chatroom(&["other", "--nick", "ci", "-c", "hi"]));
    assert_eq!(peer.accept().rest(), [""; 0]);
    let refused = program.finish();
    assert_eq!(refused.status, Some(76), "{refused:?}");
}

#[test]
fn what_comes_in_clear_before_a_handshake_is_neither_shown_nor_acted_on() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    home.configure(&peer.url(), &peer.trusted(""));
    let config = home.read(".config/chatroom.toml");
    home.write(".config/chatroom.toml", &format!("log = true\n{config}"));
    let in_clear = [
        ":evil!e@h PRIVMSG #lobby :in clear\r\n",
        ":evil 001 ci :in clear\r\n:evil 422 ci :in clear\r\n:ci!c@h JOIN #lobby\r\n",
        "PING :evil\r\n",
        "ERROR :evil\r\n",
        // It looks like the beginning of a record of TLS.
        "\x16evil\r\n",
    ];
    for plain in in_clear {
        for mode in [&["-c", "hi"][..], &["--format", "json"], &["--plain"]] {
            let mut command = home.chatroom(&["home", "--nick", "ci"]);
            command.args(mode);
            let mut program = Program::start(command);
            let mut lines = peer.accept_after(plain.as_bytes());
            assert_eq!(lines.rest(), [""; 0], "{plain:?} {mode:?}");
            program.end_input();
            let refused = program.finish();
            assert_eq!(refused.status, Some(76), "{plain:?} {refused:?}");
            let words = "it does not speak TLS on this port";
            assert!(refused.err.contains(words), "{plain:?} {refused:?}");
            for shown in [&refused.out, &refused.err] {
                assert!(!shown.contains("evil"), "{plain:?} {refused:?}");
                assert!(!shown.contains("in clear"), "{plain:?} {refused:?}");
            }
        }
    }
    assert!(files_with("evil", home.folder()).is_empty());
}

/// The files of a folder, and of those in it, that contain this text.
fn files_with(text: &str, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(text, &path));
        } else if String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(text) {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_server_without_tls_is_never_spoken_to_in_clear() {
    let host = Host::named("localhost");
    let plain = format!("ircs://{}", host.server.address());
    let refused = send(&["--insecure", &plain]);
    assert_eq!(refused.status, Some(76), "{refused:?}");
    assert!(
        refused.err.contains("it does not speak TLS on this port"),
        "{refused:?}"
    );
    // And the other way round.
    let tls = host.server.tls_address().unwrap().to_string();
    let refused = send(&[&tls]);
    assert_eq!(refused.status, Some(76), "{refused:?}");
    assert!(refused.err.contains("use ircs://HOST:PORT"), "{refused:?}");
    // Nothing of the session is sent before the certificate is accepted.
    let own = Own::new("localhost", [-1, 30]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let received = thread::spawn(move || {
        let mut stream = accept(&listener);
        let mut server = ServerConnection::new(config_of(&own)).unwrap();
        let mut plain = Vec::new();
        while server
            .complete_io(&mut stream)
            .is_ok_and(|(read, _)| read > 0)
        {
            let _ = server.reader().read_to_end(&mut plain);
        }
        plain
    });
    let refused = send(&[&format!("ircs://localhost:{}", address.port())]);
    assert_eq!(refused.status, Some(76), "{refused:?}");
    assert_eq!(received.join().unwrap(), b"");
}

/// A name of this machine that is not one of loopback: the resolver reads it as 127.0.0.1.
const OTHER: &str = "127.1";

#[test]
fn another_machine_is_reached_with_tls_unless_the_address_says_otherwise() {
    if TcpStream::connect("127.0.0.1:6697").is_ok() {
        println!("skipped: there is a server on port 6697");
        return;
    }
    let host = Host::named("localhost");
    let words = format!(
        "chatroom: No server answers on ircs://{OTHER}:6697: connection refused. To connect without encryption, use irc://{OTHER}.\n"
    );
    let bare = send(&[OTHER]);
    assert_eq!((bare.status, bare.err.as_str()), (Some(69), words.as_str()));
    let file = host.configuration(OTHER, "");
    let configured = send(&["--config", file.to_str().unwrap(), "home"]);
    assert_eq!((configured.status, configured.err), (Some(69), words));
    // As `/connect` does, before it leaves the server where the user is.
    let address = host.server.address().to_string();
    let mut command = chatroom(&["--plain", "--nick", "alice", &address]);
    command.env("USER", "alice");
    let mut program = Program::start(command);
    program.out.wait_for("You are alice in #lobby");
    program.give(format!("/connect {OTHER}\n"));
    program.out.wait_for(&format!("use irc://{OTHER}"));
    program.give("/quit\n");
    assert_eq!(program.finish().status, Some(0));
}

#[test]
fn a_plain_connection_to_another_machine_is_said_once() {
    let host = Host::named("localhost");
    let port = host.server.address().port();
    let other = format!("{OTHER}:{port}");
    let words = format!(
        "chatroom: Not encrypted: others on the way can read and change what is sent to {other}. ircs://HOST encrypts it.\n"
    );
    let said = |arguments: &[&str]| {
        let mut command = chatroom(&["--nick", "ci", "-c", "hello"]);
        command.args(arguments);
        let finished = run(command, "");
        assert_eq!(finished.status, Some(0), "{finished:?}");
        finished.err
    };
    assert_eq!(said(&[&other]), words);
    assert_eq!(said(&[&format!("irc://{other}/#dev")]), words);
    assert_eq!(said(&["--quiet", &other]), "");
    assert_eq!(said(&[&format!("localhost:{port}")]), "");
    // Once for each connection that a user has asked for, and not after a reconnection.
    let mut command = chatroom(&["--plain", "--nick", "alice", &format!("127.0.0.1:{port}")]);
    command.env("USER", "alice");
    let mut program = Program::start(command);
    program.out.wait_for("You are alice in #lobby");
    program.give(format!("/connect {other}\n"));
    program
        .out
        .wait_for(&format!("The active room is {other}/#lobby now."));
    program.give("/reconnect\n");
    program.out.wait_for(&format!("{other}: Connected again."));
    program.give("/quit\n");
    let finished = program.finish();
    assert_eq!((finished.status, finished.err.as_str()), (Some(0), ""));
    let words = words.replacen("chatroom", &other, 1);
    assert_eq!(finished.out.matches(&words).count(), 1, "{}", finished.out);
}

#[test]
fn insecure_has_no_place_in_the_configuration() {
    let host = Host::named("localhost");
    let file = host.configuration(&host.url(), "insecure = true");
    let refused = send(&["--config", file.to_str().unwrap(), "home"]);
    assert_eq!(refused.status, Some(78), "{refused:?}");
    let words = "it is only for one run: --insecure";
    assert!(refused.err.contains(words), "{refused:?}");
}

#[test]
fn a_server_that_ends_without_an_announcement_has_closed_the_connection() {
    let own = Own::new("localhost", [-1, 30]);
    let url = format!("ircs://{}", handshakes_of(&own));
    let finished = send(&["--fingerprint", &own.fingerprint(), &url]);
    let words = "chatroom: The connection is lost: the server closed the connection.\n";
    assert_eq!((finished.status, finished.err.as_str()), (Some(69), words));
}

#[test]
fn a_handshake_that_does_not_end_is_given_up_with_the_time_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ircs://{}", listener.local_addr().unwrap());
    let finished = send(&["--insecure", "--timeout", "1", &url]);
    assert_eq!(finished.status, Some(75), "{finished:?}");
}

fn config_of(own: &Own) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivatePkcs8KeyDer::from(own.key.serialize_der());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.certificate.der().clone()], key.into());
    Arc::new(config.unwrap())
}

/// A listener that does the handshake of one client with this certificate, and then ends without an
/// announcement.
fn handshakes_of(own: &Own) -> SocketAddr {
    let config = config_of(own);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut stream = accept(&listener);
        let mut server = ServerConnection::new(config).unwrap();
        while server.is_handshaking() && server.complete_io(&mut stream).is_ok() {}
        // The bytes of the client are read: otherwise the system resets the connection at the end.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address
}
