//! The client and accounts: the certificate of the user, and logging in with it or with a password.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::home::Home;
use support::tls_peer::{ClientCertificates, TlsLines, TlsPeer};
use support::{Finished, Program, run};

/// Writes a configuration for this server with these lines in its table.
fn configure(home: &Home, peer: &TlsPeer, lines: &str) {
    home.configure(&peer.url(), &peer.trusted(lines));
}

/// Lets a client in that has sent all of its registration.
fn welcome(lines: &mut TlsLines, nick: &str) {
    lines.sends(&format!(
        ":s 001 {nick} :Welcome\r\n:s 422 {nick} :No message"
    ));
}

fn fingerprint_in(made: &Finished) -> String {
    let line = made
        .out
        .lines()
        .find_map(|line| line.strip_prefix("fingerprint: "));
    line.unwrap().to_owned()
}

fn mode_of(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_certificate_is_made_once_and_shown_to_the_server() {
    let home = Home::new();
    let made = run(home.chatroom(&["certificate", "libera"]), "");
    let file = home.path(".config/chatroom/libera.pem");
    assert_eq!((made.status, made.err.as_str()), (Some(0), ""));
    assert_eq!(mode_of(&file), 0o600);
    assert_eq!(mode_of(file.parent().unwrap()), 0o700);
    let fingerprint = fingerprint_in(&made);
    for part in [
        format!("made {}: ", file.display()),
        format!("client-certificate = {file:?}\n"),
        "/msg NickServ CERT ADD\n".to_owned(),
        format!("CERT ADD {}\n", fingerprint.trim_start_matches("sha256:")),
    ] {
        assert!(made.out.contains(&part), "{part}: {}", made.out);
    }

    let before = fs::read(&file).unwrap();
    let again = run(home.chatroom(&["certificate", "libera"]), "");
    let words = format!(
        "chatroom: {} exists already, and is left as it is; choose another name\n",
        file.display()
    );
    assert_eq!((again.status, again.err), (Some(73), words));
    assert_eq!(fs::read(&file).unwrap(), before);

    let peer = TlsPeer::listen();
    configure(&home, &peer, &format!("client-certificate = {file:?}"));
    let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    assert_eq!(lines.fingerprint_of_client(), Some(fingerprint));
    lines.hears("USER ");
    drop(lines);
    drop(program);
    // Without the key of the configuration no certificate is shown.
    configure(&home, &peer, "");
    let _program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    lines.hears("USER ");
    assert_eq!(lines.fingerprint_of_client(), None);
}

#[test]
fn the_name_of_a_certificate_leads_to_no_other_folder() {
    let home = Home::new();
    for name in ["../x", "a/b", ".hidden", "", "-x", "a b", "caf\u{e9}"] {
        let made = run(home.chatroom(&["certificate", "--", name]), "");
        assert_eq!(made.status, Some(64), "{name}: {made:?}");
    }
    assert_eq!(fs::read_dir(home.folder()).unwrap().count(), 0);
}

#[test]
fn a_certificate_of_the_user_that_cannot_be_used_is_explained() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let [one, other] = ["one", "other"].map(|name| {
        run(home.chatroom(&["certificate", name]), "");
        home.path(&format!(".config/chatroom/{name}.pem"))
    });
    home.write("empty.pem", "");
    let empty = home.path("empty.pem");
    let missing = home.path("missing.pem");
    for (lines, file) in [
        (format!("client-certificate = {missing:?}"), &missing),
        (format!("client-certificate = {empty:?}"), &empty),
        (
            format!("client-certificate = {one:?}\nclient-key = {empty:?}"),
            &empty,
        ),
        (
            format!("client-certificate = {one:?}\nclient-key = {other:?}"),
            &other,
        ),
    ] {
        configure(&home, &peer, &lines);
        let finished = run(home.chatroom(&["--nick", "ci", "-c", "hi"]), "");
        assert_eq!(finished.status, Some(76), "{finished:?}");
        let words = format!("client-certificate cannot be used: {}: ", file.display());
        assert!(finished.err.contains(&words), "{lines}: {finished:?}");
    }
    configure(&home, &peer, &format!("client-key = {one:?}"));
    let finished = run(home.chatroom(&["--nick", "ci", "-c", "hi"]), "");
    assert_eq!(finished.status, Some(78), "{finished:?}");
    let words = "client-key needs client-certificate";
    assert!(finished.err.contains(words), "{finished:?}");
}

#[test]
fn a_server_that_does_not_accept_the_certificate_of_the_user_is_explained() {
    let peer = TlsPeer::accepting(ClientCertificates::None);
    let home = Home::new();
    run(home.chatroom(&["certificate", "mine"]), "");
    let file = home.path(".config/chatroom/mine.pem");
    configure(&home, &peer, &format!("client-certificate = {file:?}"));
    let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "hi"]));
    let lines = peer.accept();
    let finished = program.finish();
    drop(lines);
    assert_eq!(finished.status, Some(76), "{finished:?}");
    let words = "it does not accept the certificate of this client";
    assert!(finished.err.contains(words), "{finished:?}");
}

#[test]
fn a_key_that_others_can_read_is_warned_about() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    run(home.chatroom(&["certificate", "mine"]), "");
    let file = home.path(".config/chatroom/mine.pem");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    configure(&home, &peer, &format!("client-certificate = {file:?}"));
    let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    lines.hears("USER ");
    welcome(&mut lines, "ci");
    let words = format!(
        "can read the key in {0}; to prevent it: chmod o-r {0}",
        file.display()
    );
    program.err.wait_for(&words);
}
