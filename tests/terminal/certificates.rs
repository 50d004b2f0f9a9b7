//! Certificates that no authority has signed: the question about one, and what is remembered.
#![cfg(feature = "tls")]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tempfile::TempDir;

use super::people::{Lines, host_on};
use super::screen::{CTRL_C, CTRL_D, ENTER, Start, Terminal};
use chatting_room::server::{EmbeddedServer, Settings, TlsSettings};

/// A server with a certificate of its own making.
struct SelfSigned {
    server: EmbeddedServer,
    folder: TempDir,
}

impl SelfSigned {
    /// Listens on this port for encrypted connections.
    fn on(port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::listening_on(SocketAddr::from(([127, 0, 0, 1], 0)));
        settings.hub.limits.enabled = false;
        settings.hub.name = "irc.example".to_owned();
        settings.tls = Some(TlsSettings {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], port))],
            certificates: Vec::new(),
            self_signed: Some(folder.path().to_owned()),
        });
        Self {
            server: EmbeddedServer::start(&settings).unwrap(),
            folder,
        }
    }

    fn address(&self) -> SocketAddr {
        self.server.tls_address().unwrap()
    }

    fn url(&self) -> String {
        format!("ircs://{}", self.address())
    }

    /// The fingerprint of its certificate.
    fn fingerprint(&self) -> String {
        let file = self.folder.path().join("certificate.pem");
        let certificate = CertificateDer::from_pem_file(file).unwrap();
        let digest = digest(&SHA256, &certificate);
        let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        format!("sha256:{}", digits.collect::<String>())
    }

    fn alice(&self) -> Start {
        Start::with(&["--nick", "alice", &self.url()]).sized(24, 120)
    }
}

const QUESTION: &str = "Trust this certificate from now on, yes or no? [no]: ";

fn remembered(terminal: &Terminal) -> String {
    fs::read_to_string(terminal.home().join("chatroom/certificates")).unwrap_or_default()
}

#[test]
fn an_unknown_certificate_is_shown_and_remembered_after_yes() {
    let host = SelfSigned::on(0);
    let mut bob = Lines::enter(host.server.address(), "bob");
    let mut alice = host.alice().start();
    alice.shows("No known authority has signed the certificate of ircs://127.0.0.1:");
    alice.shows("It is for irc.example, valid from 20");
    alice.shows(&format!("Its fingerprint is {}.", host.fingerprint()));
    alice.shows(QUESTION);
    alice.types("perhaps\r");
    alice.shows("Answer yes or no [no]: ");
    assert_eq!(remembered(&alice), "");
    alice.types("yes\r");
    alice.shows("You are alice in #lobby, with bob.");
    alice.types("hello\r");
    bob.receives("PRIVMSG #lobby :hello");
    let name = host.url().replace("ircs://", "");
    let record = format!("{} {} {name}\n", host.url(), host.fingerprint());
    assert_eq!(remembered(&alice), record);
    let file = alice.home().join("chatroom/certificates");
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    alice.types(CTRL_D);
    alice.ends_with(0);

    let again = host.alice().at_home_of(&alice).start();
    again.shows("You are alice in #lobby, with bob.");
    again.look(|shown| assert!(!shown.has("Trust this certificate")));
}

#[test]
fn a_certificate_that_the_user_does_not_accept_is_asked_about_again() {
    let host = SelfSigned::on(0);
    let mut alice = host.alice().start();
    for answer in [ENTER, "no\r", CTRL_C, CTRL_D] {
        alice.shows(QUESTION);
        alice.types(answer);
        alice.shows("No secure connection to the server: no known authority");
        alice.ends_with(76);
        assert_eq!(remembered(&alice), "");
        alice = host.alice().at_home_of(&alice).start();
    }
}

#[test]
fn a_changed_certificate_is_refused_with_both_fingerprints() {
    let host = SelfSigned::on(0);
    let mut alice = host.alice().start();
    alice.shows(QUESTION);
    alice.types("yes\r");
    alice.shows("You are alice in #lobby");
    let (port, first) = (host.address().port(), host.fingerprint());
    let record = remembered(&alice);
    drop(host);
    // The running session says so too, and waits.
    let other = SelfSigned::on(port);
    alice.shows("No secure connection: its certificate has changed");
    alice.types(CTRL_D);
    alice.ends_with(0);

    let mut again = other.alice().sized(24, 1_000).at_home_of(&alice).start();
    let file = again.home().join("chatroom/certificates");
    again.shows(&format!(
        "chatroom: No secure connection to the server: its certificate has changed: it is {}, and you \
         have accepted {first}. Others may be reading the connection. If the server has a new \
         certificate, remove its line from {} and connect again",
        other.fingerprint(),
        file.display()
    ));
    again.ends_with(76);
    assert_eq!(remembered(&again), record);
    fs::write(file, "").unwrap();
    let after = other.alice().at_home_of(&alice).start();
    after.shows(QUESTION);
}

#[test]
fn a_connection_that_was_encrypted_is_never_plain_after_a_reconnect() {
    let host = SelfSigned::on(0);
    let mut alice = host.alice().start();
    alice.shows(QUESTION);
    alice.types("yes\r");
    alice.shows("You are alice in #lobby");
    let port = host.address().port();
    drop(host);
    let _plain = host_on(port);
    alice.shows("No secure connection: it does not speak TLS on this port");
}

#[test]
fn a_certificate_is_not_asked_about_where_another_is_expected() {
    let host = SelfSigned::on(0);
    let other = format!("sha256:{}", "0".repeat(64));
    let start = Start::with(&["--nick", "a", "--fingerprint", &other, &host.url()]);
    let mut alice = start.sized(24, 400).start();
    alice.shows(&format!("and {other} is expected"));
    alice.ends_with(76);
}

#[test]
fn that_any_certificate_is_accepted_is_said_in_red() {
    let host = SelfSigned::on(0);
    let arguments = ["--nick", "alice", "--insecure", &host.url()];
    let alice = Start::with(&arguments).sized(24, 120).start();
    alice.shows("Any certificate is accepted (--insecure): others can read and change everything.");
    alice.shows("You are alice in #lobby");
    alice.look(|shown| assert!(shown.was_sent(b"\x1b[1;38;5;160mchatroom: Any certificate")));
    let again = Start::with(&arguments).at_home_of(&alice).start();
    again.shows("Any certificate is accepted (--insecure)");
    assert_eq!(remembered(&alice), "");
}

#[test]
fn whether_to_trust_a_network_is_asked_only_when_it_is_named_again() {
    let host = SelfSigned::on(0);
    let plain = host.server.address();
    let mut alice = Start::as_nick("alice", plain).sized(24, 400).start();
    alice.shows("You are alice in #lobby");
    let connect = format!("/connect {}\r", host.url());
    alice.types(&connect);
    alice.shows("No secure connection: no known authority has signed its certificate");
    alice.shows("asks whether to trust it");
    // Text typed meanwhile is no answer.
    alice.types("yes");
    alice.shows("/#lobby] yes");
    alice.types(CTRL_C);
    // A question that was cancelled may stay on the screen.
    let questions = |alice: &Terminal| {
        let lines = alice.lines();
        lines
            .iter()
            .filter(|line| line.starts_with("Trust this certificate"))
            .count()
    };
    let asks_again = |alice: &mut Terminal| {
        let before = questions(alice);
        alice.types(&connect);
        alice.waits_until("one question more", |shown| {
            let lines = shown.lines();
            let asked = lines
                .iter()
                .filter(|line| line.starts_with("Trust this certificate"));
            asked.count() == before + 1
        });
    };
    for answer in ["no\r", CTRL_C] {
        asks_again(&mut alice);
        alice.types(answer);
        alice.waits_until("the prompt of before", |shown| {
            let lines = shown.lines();
            lines.last().is_some_and(|line| line.ends_with("/#lobby]"))
        });
        assert_eq!(remembered(&alice), "");
    }
    asks_again(&mut alice);
    alice.types("yes\r");
    alice.shows("You are alice_ in #lobby, with alice");
    assert!(remembered(&alice).starts_with(&host.url()));
}
