//! The client and accounts: the certificate of the user, and logging in with it or with a password.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chatting_room::wire::sasl::scram_server::{ScramServer, StoredPassword, account_of};
use chatting_room::wire::sasl::{PartialMessage, parts, plain_message};
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
fn files_that_the_configuration_names_are_in_its_folder_wherever_the_client_runs() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    home.write(".config/secret", "sesame\n");
    home.write("account", "open\n");
    for file in [".config/secret", "account"] {
        fs::set_permissions(home.path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    configure(
        &home,
        &peer,
        "password-file = \"secret\"\naccount = \"ann\"\n\
         account-password-file = \"~/account\"\nmechanism = \"plain\"",
    );
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("secret"), "of another\n").unwrap();
    let mut command = home.chatroom(&["--nick", "ci", "-c", "hi"]);
    command.current_dir(elsewhere.path());
    let client = Program::start(command);
    let mut lines = peer.accept();
    lines.receives("PASS :sesame");
    lines.receives("CAP LS 302");
    lines.sends(":s CAP * LS :sasl=PLAIN");
    lines.receives("CAP REQ");
    lines.sends(":s CAP * ACK :sasl");
    lines.receives("AUTHENTICATE PLAIN");
    lines.sends("AUTHENTICATE +");
    let login = parts(&plain_message("ann", "open"));
    lines.receives(&format!("AUTHENTICATE {}", login[0]));
    drop(lines);
    assert_eq!(client.finish().status, Some(69));
    // A file of the command line is where the user is.
    let mut command = home.chatroom(&["--nick", "ci", "--password-file", "secret", "-c", "hi"]);
    command.current_dir(elsewhere.path());
    let client = Program::start(command);
    let mut lines = peer.accept();
    lines.receives("PASS :of another");
    drop(lines);
    client.finish();
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
        "chatroom: {} exists already, and is left as it is. Choose another name.\n",
        file.display()
    );
    assert_eq!((again.status, again.err), (Some(73), words));
    assert_eq!(fs::read(&file).unwrap(), before);

    let peer = TlsPeer::listen();
    configure(&home, &peer, &format!("client-certificate = {file:?}"));
    let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    assert_eq!(lines.fingerprint_of_client(), Some(fingerprint));
    lines.receives("USER ");
    drop(lines);
    drop(program);
    // Without the key of the configuration no certificate is shown.
    configure(&home, &peer, "");
    let _program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    lines.receives("USER ");
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
    lines.receives("USER ");
    welcome(&mut lines, "ci");
    let words = format!(
        "can read the key in {0}. To prevent it: chmod o-r {0}",
        file.display()
    );
    program.err.wait_for(&words);
}

/// Offers this login, and enables it. Returns the name of the mechanism that the client begins.
fn offer(lines: &mut TlsLines, offered: &str) -> String {
    lines.receives("CAP LS 302");
    lines.sends(&format!(":s CAP * LS :{offered}"));
    lines.receives("CAP REQ");
    lines.sends(":s CAP * ACK :sasl");
    let line = lines.receives("AUTHENTICATE ");
    line.strip_prefix("AUTHENTICATE ").unwrap().to_owned()
}

/// The next message of the client.
fn message(lines: &mut TlsLines) -> Vec<u8> {
    let mut partial = PartialMessage::default();
    loop {
        let line = lines.receives("AUTHENTICATE ");
        if let Some(message) = partial.add(&line["AUTHENTICATE ".len()..]).unwrap() {
            return message;
        }
    }
}

fn say(lines: &mut TlsLines, message: &str) {
    for part in parts(message.as_bytes()) {
        lines.sends(&format!("AUTHENTICATE {part}"));
    }
}

/// Lets a script in, hears its message, and sees it go.
fn serve(lines: &mut TlsLines) {
    lines.sends(":s 903 * :SASL authentication successful");
    lines.receives("CAP END");
    welcome(lines, "ci");
    lines.sends(":s PONG s chatroom-settled");
    lines.receives("PRIVMSG bob :hi");
    let fence = lines.receives("PING ");
    lines.sends(&fence.replace("PING ", ":s PONG s "));
    lines.receives("QUIT");
}

const SECRET: &str = "s3same,=ü";

/// Writes a file with a password that only its owner can read.
fn write_password(home: &Home, text: &str) -> PathBuf {
    home.write("password", text);
    let file = home.path("password");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

#[test]
fn a_script_logs_in_with_a_proof_of_its_password_and_leaves_the_secret_nowhere() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let file = write_password(&home, &format!("{SECRET}\nsecond line\n"));
    for source in [
        format!("account-password-file = {file:?}"),
        format!("account-password-command = \"cat {}\"", file.display()),
    ] {
        configure(&home, &peer, &format!("account = \"ann\"\n{source}"));
        let config = home.read(".config/chatroom.toml");
        home.write(".config/chatroom.toml", &format!("log = true\n{config}"));
        let arguments = [
            "--nick",
            "ci",
            "--format",
            "json",
            "--verbose",
            "-c",
            "/msg bob hi",
        ];
        let mut command = home.chatroom(&arguments);
        command.env("PATH", "/usr/bin:/bin");
        let program = Program::start(command);
        let mut lines = peer.accept();
        let mechanism = offer(&mut lines, "sasl=PLAIN,SCRAM-SHA-256");
        assert_eq!(mechanism, "SCRAM-SHA-256");
        lines.sends("AUTHENTICATE +");
        let first = message(&mut lines);
        assert_eq!(account_of(&first).unwrap(), "ann");
        let stored = StoredPassword::derive(SECRET, b"salt", 4_096);
        let (server, challenge) = ScramServer::begin(&first, "xyz", stored).unwrap();
        say(&mut lines, &challenge);
        let answer = message(&mut lines);
        say(&mut lines, &server.finish(&answer).unwrap());
        lines.receives("AUTHENTICATE +");
        serve(&mut lines);
        let finished = program.finish();
        assert_eq!(finished.status, Some(0), "{finished:?}");
        let written = all_files(home.folder(), &file);
        assert!(written.contains("\"kind\""), "there is a log: {written}");
        for text in [&finished.out, &finished.err, &written] {
            assert!(!text.contains("s3same"), "{text}");
        }
    }
}

#[test]
fn a_bouncer_without_sasl_gets_the_account_in_the_password_of_the_server() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let file = write_password(&home, "ann/libera@laptop:s3same, and more\n");
    configure(&home, &peer, &format!("password-file = {file:?}"));
    let script = || Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let program = script();
    let mut lines = peer.accept();
    assert_eq!(
        lines.line().as_deref(),
        Some("PASS :ann/libera@laptop:s3same, and more")
    );
    lines.receives("USER ");
    // Such a bouncer may know no capabilities either.
    lines.sends(":s 421 * CAP :Unknown command");
    welcome(&mut lines, "ci");
    lines.sends(":s PONG s chatroom-settled");
    lines.receives("PRIVMSG bob :hi");
    let fence = lines.receives("PING ");
    lines.sends(&fence.replace("PING ", ":s PONG s "));
    lines.receives("QUIT");
    assert_eq!(program.finish().status, Some(0));
    // A wrong one is refused, and is in no message.
    let program = script();
    let mut lines = peer.accept();
    lines.receives("USER ");
    lines.sends(":s 464 * :Invalid Password");
    lines.sends("ERROR :Invalid Password");
    let rest = lines.rest();
    assert!(!rest.iter().any(|line| line.contains("bob")), "{rest:?}");
    let finished = program.finish();
    assert_eq!(finished.status, Some(77), "{finished:?}");
    assert!(!finished.err.contains("s3same"), "{finished:?}");
}

/// The contents of all files in a folder but one.
fn all_files(folder: &Path, but: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &all_files(&path, but);
        } else if path != but {
            all += &String::from_utf8_lossy(&fs::read(path).unwrap());
        }
    }
    all
}

#[test]
fn the_certificate_of_the_user_logs_in_without_a_password() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    run(home.chatroom(&["certificate", "mine"]), "");
    let file = home.path(".config/chatroom/mine.pem");
    let lines = format!("account = \"ann\"\nclient-certificate = {file:?}");
    configure(&home, &peer, &lines);
    let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    assert_eq!(offer(&mut lines, "sasl=PLAIN,EXTERNAL"), "EXTERNAL");
    lines.sends("AUTHENTICATE +");
    assert_eq!(message(&mut lines), b"ann");
    serve(&mut lines);
    assert_eq!(program.finish().status, Some(0));
}

#[test]
fn a_script_that_is_not_logged_in_ends_with_77_and_sends_nothing() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    let file = write_password(&home, SECRET);
    let login = format!("account = \"ann\"\naccount-password-file = {file:?}");
    configure(&home, &peer, &login);
    for (offered, words) in [
        (
            "tls",
            "chatroom: Not logged in: the server has no logins (SASL); to enter without the account, set \
             account-optional = true or remove account.\n",
        ),
        (
            "sasl=OAUTHBEARER",
            "chatroom: Not logged in: the server offers OAUTHBEARER, and none of these can be used.\n",
        ),
        (
            "sasl=PLAIN",
            "chatroom: Not logged in: the server refused PLAIN for the account ann: No such ^[[2J \
             account.\n",
        ),
    ] {
        let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
        let mut lines = peer.accept();
        if offered == "sasl=PLAIN" {
            assert_eq!(offer(&mut lines, offered), "PLAIN");
            lines.sends("AUTHENTICATE +");
            message(&mut lines);
            lines.sends(":s 904 ci :No such \x1b[2J account");
        } else {
            lines.sends(&format!(":s CAP * LS :{offered}"));
        }
        let rest = lines.rest();
        assert!(!rest.iter().any(|line| line.contains("bob")), "{rest:?}");
        let finished = program.finish();
        assert_eq!((finished.status, finished.err.as_str()), (Some(77), words));
    }
    // Unless it may do without.
    configure(&home, &peer, &format!("{login}\naccount-optional = true"));
    let program = Program::start(home.chatroom(&["--nick", "ci", "-c", "/msg bob hi"]));
    let mut lines = peer.accept();
    lines.sends(":s CAP * LS :tls");
    serve(&mut lines);
    assert_eq!(program.finish().status, Some(0));
}

#[test]
fn a_script_without_the_password_of_its_account_ends_with_what_is_missing() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    for lines in [
        "account = \"ann\"",
        "account = \"ann\"\nmechanism = \"plain\"\nclient-certificate = \"/nonexistent\"",
    ] {
        configure(&home, &peer, lines);
        let finished = run(home.chatroom(&["--nick", "ci", "-c", "hi"]), "");
        assert_eq!(finished.status, Some(64), "{finished:?}");
        let words = "There is no password for the account ann. Set account-password-file";
        assert!(finished.err.contains(words), "{finished:?}");
    }
    let missing = home.path("missing");
    let lines = format!("account = \"ann\"\naccount-password-file = {missing:?}");
    configure(&home, &peer, &lines);
    let finished = run(home.chatroom(&["--nick", "ci", "-c", "hi"]), "");
    assert_eq!(finished.status, Some(66), "{finished:?}");
}

#[test]
fn mistakes_in_the_keys_about_accounts_are_explained() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    for (lines, words) in [
        ("account = \"a b\"", "\"a b\" is not a valid account"),
        ("account = \"\"", "\"\" is not a valid account"),
        ("account-optional = true", "account-optional needs account"),
        ("mechanism = \"plain\"", "mechanism needs account"),
        (
            "account = \"a\"\nmechanism = \"external\"",
            "the mechanism external needs client-certificate",
        ),
        ("account = \"a\"\nmechanism = \"scram\"", "scram-sha-256"),
        (
            "account = \"a\"\naccount-password-file = \"x\"\naccount-password-command = \"y\"",
            "not both",
        ),
    ] {
        configure(&home, &peer, lines);
        let finished = run(home.chatroom(&["--nick", "ci", "-c", "hi"]), "");
        assert_eq!(finished.status, Some(78), "{lines}: {finished:?}");
        assert!(finished.err.contains(words), "{lines}: {finished:?}");
    }
}

#[test]
fn an_answer_is_believed_for_the_account_and_not_for_the_nick() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    configure(&home, &peer, "");
    let arguments = [
        "--nick",
        "ci",
        "--format",
        "json",
        "ask",
        "@ann",
        "deploy?",
        "--account",
        "ann",
    ];
    let program = Program::start(home.chatroom(&arguments));
    let mut lines = peer.accept();
    lines.receives("CAP LS 302");
    lines.sends(":s CAP * LS :account-tag");
    lines.receives("CAP REQ account-tag");
    lines.sends(":s CAP * ACK :account-tag");
    lines.receives("CAP END");
    welcome(&mut lines, "ci");
    lines.sends(":s PONG s chatroom-settled");
    lines.receives("PRIVMSG ann :deploy?");
    let fence = lines.receives("PING ");
    lines.sends(&fence.replace("PING ", ":s PONG s "));
    lines.sends(":ann!a@h PRIVMSG ci :yes, I am ann");
    lines.sends("@account=mallory :ann!a@h PRIVMSG ci :yes");
    lines.sends("@account=ann :annie!a@h PRIVMSG ci :no");
    lines.receives("QUIT");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let line: Vec<&str> = finished.out.lines().collect();
    assert_eq!(line.len(), 1, "{finished:?}");
    for part in [
        "\"nick\":\"annie\"",
        "\"account\":\"ann\"",
        "\"text\":\"no\"",
    ] {
        assert!(line[0].contains(part), "{part}: {line:?}");
    }
}
