//! The client and servers that ask for encryption: STS, <https://ircv3.net/specs/extensions/sts>.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use common::{PATIENCE, accept};
use support::Program;
use support::home::Home;
use support::tls_peer::TlsPeer;

/// An address of this machine that is not one of loopback: the system connects to 127.0.0.1.
const OTHER: &str = "0.0.0.0";

/// A plain server that answers the first line of a client with this one, and returns all that the
/// client has sent at the end.
fn plain_server(answer: &str) -> (String, JoinHandle<String>) {
    plain_server_for(1, answer)
}

/// The same for a number of clients one after another; all that they have sent is returned.
fn plain_server_for(clients: usize, answer: &str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("irc://{OTHER}:{}", listener.local_addr().unwrap().port());
    let answer = format!("{answer}\r\n");
    let received = thread::spawn(move || {
        let mut all = String::new();
        for _ in 0..clients {
            let mut stream = accept(&listener);
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut received = vec![0; "CAP LS 302\r\n".len()];
            stream.read_exact(&mut received).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            stream.read_to_end(&mut received).unwrap();
            all += &String::from_utf8(received).unwrap();
        }
        all
    });
    (url, received)
}

/// Starts a script that sends one message to bob.
fn script(home: &Home) -> Program {
    Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]))
}

/// Lets the client in, hears its message, and says goodbye.
fn serve(peer: &TlsPeer, capabilities: &str) {
    let mut lines = peer.accept();
    lines.receives("CAP LS 302");
    lines.sends(&format!(":s CAP * LS :{capabilities}"));
    lines.receives("USER ci");
    lines.sends(":s 001 ci :Welcome\r\n:s 422 ci :No message\r\n:s PONG s chatroom-settled");
    lines.receives("PRIVMSG bob :hi");
    let fence = lines.receives("PING ");
    lines.sends(&fence.replace("PING ", ":s PONG s "));
    lines.receives("QUIT");
}

#[test]
fn a_plain_connection_becomes_an_encrypted_one_before_anything_is_said() {
    let peer = TlsPeer::listen();
    let port = peer.address().port();
    let (url, received) = plain_server(&format!(":s CAP * LS :sts=port={port},duration=500"));
    let home = Home::new();
    home.write("password", "sesame\n");
    let password = home.path("password");
    home.configure(
        &url,
        &peer.trusted(&format!("password-file = {password:?}")),
    );
    let program = script(&home);
    serve(&peer, "multi-prefix sts=duration=3600");
    assert_eq!(received.join().unwrap(), "CAP LS 302\r\n");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");

    // The policy is kept, and obeyed although the address is plain: nothing listens there any more.
    let policy = home.read(".local/state/chatroom/sts");
    assert!(policy.starts_with(&format!("{OTHER} {port} ")), "{policy}");
    let program = script(&home);
    serve(&peer, "sts=duration=0");
    assert_eq!(program.finish().status, Some(0));
    // Until the server takes it back.
    assert_eq!(home.read(".local/state/chatroom/sts"), "");
    let finished = script(&home).finish();
    assert_eq!(finished.status, Some(69), "{finished:?}");
    assert!(finished.err.contains(OTHER) && finished.err.contains("connection refused"));
}

#[test]
fn a_host_with_a_policy_is_never_reached_without_encryption() {
    let (url, _heard) = plain_server(":s CAP * LS :");
    let home = Home::new();
    home.configure(&url, "");
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    home.write(
        ".local/state/chatroom/sts",
        &format!("{OTHER} {closed} 99999999999\n"),
    );
    let finished = script(&home).finish();
    let words = format!(
        "chatroom: No server answers on ircs://{OTHER}:{closed}: connection refused. This host has asked for encrypted connections only.\n"
    );
    assert_eq!((finished.status, finished.err), (Some(69), words));
}

#[test]
fn an_encrypted_port_that_does_not_answer_is_no_reason_to_go_on_without_encryption() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (url, received) = plain_server(&format!(":s CAP * LS :sts=port={closed}"));
    let home = Home::new();
    home.configure(&url, "");
    let finished = script(&home).finish();
    assert_eq!(finished.status, Some(69), "{finished:?}");
    let words =
        format!("no server answers on ircs://{OTHER}:{closed}: connection refused. This host");
    assert!(finished.err.contains(&words), "{finished:?}");
    assert_eq!(received.join().unwrap(), "CAP LS 302\r\n");
}

#[test]
fn no_policy_comes_from_a_certificate_that_was_not_checked() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let url = format!("ircs://{OTHER}:{}", peer.address().port());
    let arguments = ["--nick", "ci", "--insecure", "-c", "/msg bob hi", &url];
    let program = Program::start(home.chatroom(&arguments));
    serve(&peer, "sts=duration=3600");
    assert_eq!(program.finish().status, Some(0));
    assert_eq!(home.read(".local/state/chatroom/sts"), "");
}

#[test]
fn no_policy_comes_from_a_certificate_that_the_user_has_accepted() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let url = format!("ircs://{OTHER}:{}", peer.address().port());
    home.configure(&url, "");
    let record = format!("{url} {}\n", peer.fingerprint());
    home.write(".local/state/chatroom/certificates", &record);
    let program = script(&home);
    serve(&peer, "sts=duration=3600");
    assert_eq!(program.finish().status, Some(0));
    assert_eq!(home.read(".local/state/chatroom/sts"), "");
    // And none of them is an exception from a policy.
    let port = peer.address().port();
    let policy = format!("{OTHER} {port} 99999999999\n");
    home.write(".local/state/chatroom/sts", &policy);
    let program = script(&home);
    assert_eq!(peer.accept().rest(), [""; 0]);
    assert_eq!(program.finish().status, Some(76));
}

#[test]
fn insecure_is_ignored_where_encryption_is_asked_for() {
    let peer = TlsPeer::listen();
    let port = peer.address().port();
    let asking = plain_server(&format!(":s CAP * LS :sts=port={port}")).0;
    let (encrypted, plain) = (format!("ircs://{OTHER}:{port}"), format!("irc://{OTHER}:1"));
    let policy = format!("{OTHER} {port} 99999999999\n");
    for (url, policy) in [
        (&asking, ""),
        (&encrypted, policy.as_str()),
        (&plain, policy.as_str()),
    ] {
        let home = Home::new();
        home.write(".local/state/chatroom/sts", policy);
        let arguments = ["--nick", "ci", "--insecure", "-c", "/msg bob hi", url];
        let program = Program::start(home.chatroom(&arguments));
        assert_eq!(peer.accept().rest(), [""; 0], "{url}");
        let finished = program.finish();
        assert_eq!(finished.status, Some(76), "{finished:?}");
        // A script is shown no notes of the session, and why it ends.
        let words = match policy {
            "" => "no known authority has signed its certificate",
            _ => "--insecure is ignored: 0.0.0.0 has asked for encrypted connections only",
        };
        assert!(finished.err.contains(words), "{finished:?}");
    }
}

#[test]
fn an_unknown_certificate_is_refused_after_an_upgrade_too() {
    let peer = TlsPeer::listen();
    let port = peer.address().port();
    let (url, _heard) = plain_server(&format!(":s CAP * LS :sts=port={port}"));
    let home = Home::new();
    home.configure(&url, "");
    let program = script(&home);
    let mut lines = peer.accept();
    assert_eq!(lines.rest(), [""; 0]);
    let finished = program.finish();
    assert_eq!(finished.status, Some(76), "{finished:?}");
    assert!(finished.err.contains("no known authority"), "{finished:?}");
}

#[test]
fn an_unknown_certificate_is_asked_about_after_an_upgrade() {
    let peer = TlsPeer::listen();
    let port = peer.address().port();
    let (url, received) = plain_server_for(2, &format!(":s CAP * LS :sts=port={port}"));
    let home = Home::new();
    home.configure(&url, "");
    let mut program = Program::start(home.chatroom(&["--plain", "--nick", "ci"]));
    assert_eq!(peer.accept().rest(), [""; 0]);
    program
        .out
        .wait_for("Trust this certificate from now on, yes or no? [no]");
    let server = format!("ircs://{OTHER}:{port}");
    program.err.wait_for(&format!(
        "No known authority has signed the certificate of {server}."
    ));
    program.give("yes\n");
    let mut lines = peer.accept();
    lines.receives("USER ");
    lines.sends(":s 001 ci :Welcome\r\n:s 422 ci :No message\r\n:s PONG s chatroom-settled");
    program.out.wait_for("You are ci on s");
    let record = home.read(".local/state/chatroom/certificates");
    assert_eq!(record, format!("{server} {} home\n", peer.fingerprint()));
    assert_eq!(received.join().unwrap(), "CAP LS 302\r\n".repeat(2));
}
