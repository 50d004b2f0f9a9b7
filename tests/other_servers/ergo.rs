//! Accounts and history on ergo, by its own means.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::is_at_home_on;
use super::server::{OtherServer, installed};
use crate::support::home::Home;
use crate::support::{Finished, Program, run};

const PASSWORD: &str = "s3same,sesame";

/// No limits on attempts, and history for those who ask for it.
const ERGO: &str = r#"
network:
  name: Ergo
server:
  name: ergo.example
  listeners:
    "127.0.0.1:TLS":
      tls: { cert: FOLDER/certificate.pem, key: FOLDER/key.pem }
  enforce-utf8: true
  casemapping: ascii
  max-sendq: 96k
  ip-limits: { count: false, throttle: false }
accounts:
  authentication-enabled: true
  registration: { enabled: true, allow-before-connect: true, bcrypt-cost: 4 }
  login-via-pass-command: true
  advertise-scram: true
channels:
  default-modes: +nt
limits:
  nicklen: 32
  identlen: 20
  channellen: 64
  awaylen: 390
  kicklen: 390
  topiclen: 390
  registration-messages: 1024
history:
  enabled: true
  channel-length: 2048
  client-length: 256
  chathistory-maxmessages: 1000
  znc-maxmessages: 1000
datastore:
  path: FOLDER/ircd.db
lock-file: FOLDER/ircd.lock
logging:
  - { method: stderr, type: "*", level: error }
"#;

/// A server with its empty database. Debian has another program of the same name.
fn start() -> Option<OtherServer> {
    let program = installed("ergo");
    let is_server = program.is_some_and(|program| {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| output.stdout.starts_with(b"ergo-"))
    });
    if !is_server {
        println!("skipped: the IRC server ergo is not installed");
        return None;
    }
    let mut server = OtherServer::prepare("ergo", &["run", "--conf", "FILE"], ERGO)?;
    let mut made = Command::new(installed("ergo")?);
    made.args(["initdb", "--quiet", "--conf"])
        .arg(server.file());
    assert!(made.status().unwrap().success());
    server.launch();
    Some(server)
}

fn write_password(home: &Home, text: &str) {
    home.write(".config/password", text);
    let file = home.path(".config/password");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The account `ann`, with its password in a file.
fn registers(server: &OtherServer, home: &Home) {
    server.configure(home, "rooms = [\"#dev\"]");
    let mut ann = Program::start(home.chatroom(&["--plain", "--nick", "ann"]));
    ann.out.wait_for("You are ann in #dev");
    ann.give(format!("/register {PASSWORD}\n"));
    ann.out.wait_for("The account ann is registered.");
    ann.give("/quit\n");
    let finished = ann.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert!(!finished.out.contains("s3same"), "{finished:?}");
    write_password(home, PASSWORD);
}

/// A script that asks who it is, with these lines in the table of the server.
fn asks_who_it_is(server: &OtherServer, home: &Home, lines: &str) -> Finished {
    server.configure(home, lines);
    let arguments = ["--nick", "ci", "--format", "json", "-c", "/whois ci"];
    run(home.chatroom(&arguments), "")
}

const LOGIN: &str = "account = \"ann\"\naccount-password-file = \"password\"\n";
const LOGGED_IN: &str = "\"account\":\"ann\"";

#[test]
fn the_client_is_at_home_on_ergo_with_tls() {
    if let Some(server) = start() {
        is_at_home_on(&server);
    }
}

#[test]
fn an_account_is_registered_on_ergo_and_each_mechanism_logs_in() {
    let Some(server) = start() else { return };
    let home = Home::new();
    registers(&server, &home);
    let made = run(home.chatroom(&["certificate", "mine"]), "");
    assert_eq!(made.status, Some(0), "{made:?}");
    let certificate = format!(
        "client-certificate = {:?}\n",
        home.path(".config/chatroom/mine.pem")
    );
    // The services know the certificate of the connection.
    let plain = "mechanism = \"plain\"\n";
    server.configure(&home, &format!("{LOGIN}{plain}{certificate}"));
    let added = run(
        home.chatroom(&["--nick", "ci", "-c", "/msg NickServ CERT ADD"]),
        "",
    );
    assert_eq!(added.status, Some(0), "{added:?}");
    let external = format!("account = \"ann\"\n{certificate}");
    for lines in [
        LOGIN.to_owned(),
        format!("{LOGIN}mechanism = \"scram-sha-256\"\n"),
        format!("{LOGIN}{plain}"),
        external.clone(),
        format!("{external}mechanism = \"external\"\n"),
        // As bouncers without SASL have it.
        "password-file = \"passwords\"\n".to_owned(),
    ] {
        home.write(".config/passwords", &format!("ann:{PASSWORD}\n"));
        let done = asks_who_it_is(&server, &home, &lines);
        assert_eq!(done.status, Some(0), "{lines}: {done:?}");
        assert!(done.out.contains(LOGGED_IN), "{lines}: {done:?}");
        assert!(!done.err.contains("s3same"), "{lines}: {done:?}");
    }
    // A certificate that the account does not have.
    let made = run(home.chatroom(&["certificate", "other"]), "");
    assert_eq!(made.status, Some(0), "{made:?}");
    let other = external.replace("mine.pem", "other.pem");
    write_password(&home, "wrong");
    for (lines, mechanism) in [
        (LOGIN.to_owned(), "SCRAM-SHA-256"),
        (format!("{LOGIN}{plain}"), "PLAIN"),
        (LOGIN.replace("\"ann\"", "\"missing\""), "SCRAM-SHA-256"),
        (other, "EXTERNAL"),
    ] {
        let refused = asks_who_it_is(&server, &home, &lines);
        assert_eq!(refused.status, Some(77), "{lines}: {refused:?}");
        let words = format!("Not logged in: the server refused {mechanism} for the account ");
        assert!(refused.err.contains(&words), "{lines}: {refused:?}");
        assert_eq!(refused.out, "", "{lines}");
        // Unless it may do without.
        let optional = format!("{lines}account-optional = true\n");
        let done = asks_who_it_is(&server, &home, &optional);
        assert_eq!(done.status, Some(0), "{lines}: {done:?}");
        assert!(!done.out.contains("\"account\""), "{lines}: {done:?}");
    }
}

#[test]
fn a_message_on_ergo_is_that_of_an_account_and_not_of_a_nick() {
    let Some(server) = start() else { return };
    let home = Home::new();
    registers(&server, &home);
    server.configure(&home, "rooms = [\"#dev\"]");
    let bob = Program::start(home.chatroom(&["--plain", "--nick", "bob"]));
    bob.out.wait_for("You are bob in #dev");
    let arguments = ["--nick", "listener", "--format", "json", "--room", "#dev"];
    let mut waiting = home.chatroom(&arguments);
    waiting.args(["--wait-for", "hello", "--from-account", "ann"]);
    let waiting = Program::start(waiting);
    bob.out.wait_for("listener joined");
    for (nick, lines, text) in [
        ("ann_", "", "hello, says ann_"),
        ("ci", LOGIN, "hello, says ann"),
    ] {
        server.configure(&home, &format!("rooms = [\"#dev\"]\n{lines}"));
        let said = run(home.chatroom(&["--nick", nick, "-c", text]), "");
        assert_eq!(said.status, Some(0), "{said:?}");
    }
    let finished = waiting.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert!(!finished.out.contains("says ann_"), "{finished:?}");
    let hello = finished.out.lines().find(|line| line.contains("says ann"));
    assert!(hello.unwrap().contains(LOGGED_IN), "{finished:?}");
}

#[test]
fn what_was_said_before_on_ergo_is_shown_once() {
    let Some(server) = start() else { return };
    let home = Home::new();
    server.configure(&home, "rooms = [\"#dev\"]");
    // The history of a room lasts as long as the room.
    let mut bob = Program::start(home.chatroom(&["--plain", "--nick", "bob"]));
    bob.out.wait_for("You are bob in #dev");
    bob.give("one\ntwo\n");
    let own = Home::new();
    server.configure(&own, "rooms = [\"#dev\"]");
    let done = run(own.chatroom(&["--nick", "ci", "-c", "three"]), "");
    assert_eq!(done.status, Some(0), "{done:?}");
    bob.out.wait_for("<ci> three");
    let mut ann = Program::start(own.chatroom(&["--plain", "--nick", "ann"]));
    ann.out.wait_for("You are ann in #dev");
    ann.out.wait_for("<ci> three");
    ann.give("/reconnect\n");
    ann.out.wait_for("Connected again.");
    bob.give("four\n");
    ann.out.wait_for("<bob> four");
    ann.give("/quit\n");
    let finished = ann.finish();
    for text in ["<bob> one", "<bob> two", "<ci> three", "<bob> four"] {
        let count = finished.out.matches(text).count();
        assert_eq!(count, 1, "{text}: {finished:?}");
    }
}
