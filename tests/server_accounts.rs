//! Accounts on the real server: the subcommand beside it and without it, logins with a password or a
//! certificate, with our own client, WeeChat, irssi and openssl.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(all(feature = "store", feature = "tls"))]

mod common;
mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use chatting_room::wire::sasl::plain_message;
use common::accounts::{account, add, log_in, send_message};
use common::{Client, Server};
use portable_pty::CommandBuilder;
use support::home::Home;
use support::terminal::Terminal;
use support::{Program, is_installed, run};

fn start(folder: &Path) -> Server {
    Server::start(&["--no-limits", "--store", folder.to_str().unwrap()])
}

/// Status, output and error, without the name of the folder.
fn outcome(folder: &Path, output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let error = text(&output.stderr).replace(folder.to_str().unwrap(), "FOLDER");
    (output.status.code(), text(&output.stdout), error)
}

#[test]
fn accounts_are_made_and_changed_beside_the_server_and_without_it() {
    const ONE: &str = "0101010101010101010101010101010101010101010101010101010101010101";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |verbs: &[&str], arguments: &[&str], input: &str| {
        outcome(folder, &account(folder, verbs, arguments, input))
    };
    let fails = |status, reason: &str| {
        let words = format!("chatroomd: Store FOLDER: {reason}.\n");
        (Some(status), String::new(), words)
    };
    let works = || (Some(0), String::new(), String::new());
    // There is no store yet, and none is made.
    let missing = run(&["add"], &["alice"], "sesame\n");
    assert_eq!(missing.0, Some(73), "{missing:?}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    for is_running in [true, false, true] {
        let server = is_running.then(|| start(folder));
        if !is_running {
            // The first round has made the store.
            assert!(!folder.join("admin.sock").exists());
        }
        assert_eq!(run(&["list"], &[], ""), works());
        assert_eq!(run(&["add"], &["Alice"], "sesame\n"), works());
        let exists = fails(65, "there is an account of this name");
        assert_eq!(run(&["add"], &["alice"], "other\n"), exists);
        let unknown = fails(65, "there is no such account");
        assert_eq!(run(&["password"], &["bob"], "x\n"), unknown);
        assert_eq!(run(&["remove"], &["bob"], ""), unknown);
        assert_eq!(run(&["password"], &["alice"], "sesame 2\n"), works());
        assert_eq!(run(&["password"], &["alice"], "\n").0, Some(66));
        let upper = format!("SHA256:{}", ONE.to_uppercase());
        assert_eq!(
            run(&["certificate", "add"], &["alice", &upper], ""),
            works()
        );
        add(folder, "bob", "x");
        let taken = fails(65, "the certificate belongs to an account");
        assert_eq!(run(&["certificate", "add"], &["bob", ONE], ""), taken);
        let listed = run(&["certificate", "list"], &["ALICE"], "").1;
        assert_eq!(listed, format!("{ONE}\n"));
        let listed = run(&["list"], &[], "").1;
        let lines: Vec<&str> = listed.lines().collect();
        assert!(
            lines[0].starts_with("Alice 20") && lines[0].ends_with("Z 1"),
            "{listed}"
        );
        assert!(
            lines[1].starts_with("bob 20") && lines[1].ends_with("Z 0"),
            "{listed}"
        );
        assert_eq!(
            run(&["certificate", "remove"], &["alice", ONE], ""),
            works()
        );
        let none = fails(65, "the account does not have this certificate");
        assert_eq!(run(&["certificate", "remove"], &["alice", ONE], ""), none);
        if let Some(server) = server {
            let socket = fs::metadata(folder.join("admin.sock")).unwrap();
            assert!(socket.file_type().is_socket());
            assert_eq!(socket.permissions().mode() & 0o777, 0o600);
            log_in(&mut server.connect(), "alice", "alice", "sesame 2");
            let mut alice = server.connect();
            log_in(&mut alice, "alice2", "alice", "sesame 2");
            assert_eq!(run(&["remove"], &["alice"], ""), works());
            alice.expect(" 901 alice2 alice2!~alice2@127.0.0.1 :You are now logged out");
            stop(server);
        } else {
            assert_eq!(run(&["remove"], &["alice"], ""), works());
        }
        assert_eq!(run(&["remove"], &["bob"], ""), works());
    }
    for (arguments, words) in [
        (&["9lives"][..], "it cannot begin with a digit"),
        (&["alice", "xyz"], "unexpected argument"),
    ] {
        let refused = run(&["add"], arguments, "x\n");
        assert_eq!(refused.0, Some(64));
        assert!(refused.2.contains(words), "{refused:?}");
    }
    let refused = run(&["certificate", "add"], &["alice", "xyz"], "");
    assert!(refused.2.contains("64 hexadecimal digits"), "{refused:?}");
}

#[test]
fn nicks_of_an_account_are_changed_beside_the_server_and_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = start(folder);
    add(folder, "alice", "sesame-sesame");
    add(folder, "bob", "sesame-sesame");
    let nick = |verb: &str, arguments: &[&str]| {
        outcome(folder, &account(folder, &["nick", verb], arguments, ""))
    };
    let works = || (Some(0), String::new(), String::new());
    let mut carol = server.enter("carol");
    assert_eq!(nick("add", &["alice", "Carol"]), works());
    carol.expect("NOTICE carol :Carol belongs to an account now. Log in to it within 30 s");
    for (arguments, words) in [
        (["bob", "CAROL"], "the nick belongs to an account"),
        (["bob", "alice"], "the nick belongs to an account"),
        (["dora", "dora"], "there is no such account"),
    ] {
        let (status, _, error) = nick("add", &arguments);
        assert_ne!(status, Some(0));
        assert!(error.contains(words), "{error}");
    }
    server.signal(nix::sys::signal::Signal::SIGKILL);
    drop(server);
    assert_eq!(
        nick("list", &["ALICE"]),
        (Some(0), "Carol\n".to_owned(), String::new())
    );
    let (status, _, error) = nick("add", &["bob", "carol"]);
    assert!(
        status != Some(0) && error.contains("the nick belongs to an account"),
        "{error}"
    );
    let server = start(folder);
    let mut carol = server.connect();
    carol.send("NICK carol\r\nUSER carol 0 * :carol");
    carol.expect(" 433 * carol :This nick belongs to an account");
    assert_eq!(nick("remove", &["alice", "carol"]), works());
    carol.register("carol");
    // The nicks of an account end with it.
    assert_eq!(nick("add", &["alice", "dora"]), works());
    let removed = account(folder, &["remove"], &["alice"], "");
    assert_eq!(outcome(folder, &removed), works());
    assert_eq!(nick("add", &["bob", "dora"]), works());
    assert_eq!(nick("list", &["bob"]).1, "dora\n");
}

#[test]
fn an_invitation_lets_a_user_register_its_name_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chatroomd.toml");
    fs::write(&config, "[accounts]\nregistration = \"code\"\n").unwrap();
    let store = folder.path().join("store");
    let options = [
        "--config",
        config.to_str().unwrap(),
        "--store",
        store.to_str().unwrap(),
    ];
    let server = Server::start(&options);
    let invited = account(&store, &["invite"], &["alice"], "");
    let code = String::from_utf8(invited.stdout).unwrap();
    assert_eq!(code.trim_end().len(), 16, "{code:?}");
    // It is on disk.
    server.signal(nix::sys::signal::Signal::SIGKILL);
    drop(server);
    let server = Server::start(&options);
    let home = Home::new();
    let mut alice = server.enter("alice");
    alice.send("REGISTER * * :sesame-sesame");
    alice.expect("REGISTER VERIFICATION_REQUIRED alice ");
    alice.send(&format!("VERIFY alice {}", code.trim_end()));
    alice.expect("VERIFY SUCCESS alice ");
    alice.expect(" 900 ");
    let exists = account(&store, &["invite"], &["alice"], "");
    assert_eq!(exists.status.code(), Some(65), "{exists:?}");
    drop(alice);
    home.write("password", "sesame-sesame\n");
    let file = home.path("password");
    let lines = format!("account = \"alice\"\naccount-password-file = {file:?}");
    home.configure(&format!("irc://{}", server.address), &lines);
    let said = run(home.chatroom(&["--nick", "alice"]), "hello\n");
    assert_eq!(said.status, Some(0), "{said:?}");
}

#[test]
fn a_program_sends_the_code_of_a_registration() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let script = "#!/bin/sh\ncat > \"$1\"\nmv \"$1\" \"$1.done\"\n[ ! -e \"$1.fails\" ]\n";
    fs::write(at("send"), script).unwrap();
    fs::set_permissions(at("send"), fs::Permissions::from_mode(0o700)).unwrap();
    let text = format!(
        "[accounts]\nregistration = \"command\"\nverify-command = [{:?}, {:?}]\n",
        at("send"),
        at("mail")
    );
    fs::write(at("chatroomd.toml"), text).unwrap();
    let [config, store] = ["chatroomd.toml", "store"].map(at);
    let options = [
        "--config",
        config.to_str().unwrap(),
        "--store",
        store.to_str().unwrap(),
    ];
    let server = Server::start(&options);
    let mut alice = server.connect();
    alice.send("CAP LS 302\r\nNICK alice");
    let offered = alice.expect("CAP * LS ");
    assert!(
        offered.contains("custom-account-name,email-required"),
        "{offered}"
    );
    alice.send("REGISTER * * :sesame-sesame");
    alice.expect("FAIL REGISTER INVALID_EMAIL * ");
    fs::write(at("mail.fails"), "").unwrap();
    alice.send("REGISTER * alice@example :sesame-sesame");
    alice.expect("FAIL REGISTER TEMPORARILY_UNAVAILABLE alice ");
    fs::remove_file(at("mail.fails")).unwrap();
    alice.send("REGISTER * alice@example :sesame-sesame");
    alice.expect("REGISTER VERIFICATION_REQUIRED alice ");
    let mail = fs::read_to_string(at("mail.done")).unwrap();
    let lines: Vec<&str> = mail.lines().collect();
    assert_eq!(lines[..2], ["alice", "alice@example"], "{mail}");
    // The mail can be read elsewhere.
    let mut elsewhere = server.connect();
    elsewhere.send("VERIFY alice 0123456789");
    elsewhere.expect("FAIL VERIFY INVALID_CODE alice ");
    alice.send(&format!("VERIFY alice {}", lines[2]));
    alice.expect("VERIFY SUCCESS alice ");
    let listed = account(&store, &["list"], &[], "");
    assert!(listed.stdout.starts_with(b"alice 20"), "{listed:?}");
}

// A34.
#[test]
fn messages_without_end_take_no_memory_and_delay_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut alice = server.enter("alice");
    let mut bob = server.enter("bob");
    let mut hostile: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    let before = server.resident_bytes();
    let part = "A".repeat(400);
    for client in &mut hostile {
        client.send("AUTHENTICATE PLAIN");
        let parts: String = (0..300)
            .map(|_| format!("AUTHENTICATE {part}\r\n"))
            .collect();
        client.send_bytes(parts.as_bytes());
        alice.send("PRIVMSG bob :hello");
        bob.expect("PRIVMSG bob :hello");
    }
    for client in &mut hostile {
        client.expect(" 904 ");
        client.fence();
    }
    let more = server.resident_bytes().saturating_sub(before);
    assert!(more < 8 * 1024 * 1024, "{more} bytes");
}

#[test]
fn accounts_without_a_store_are_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chatroomd.toml");
    fs::write(&config, "[accounts]\n").unwrap();
    let check = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
        command.arg("--check-config").arg("--config").arg(&config);
        let output = command.args(more).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), error)
    };
    let (status, error) = check(&[]);
    assert_eq!(status, Some(78), "{error}");
    assert!(error.contains("Accounts need a store"), "{error}");
    assert_eq!(check(&["--store", "store"]).0, Some(0));
}

fn stop(mut server: Server) {
    server.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(server.wait().success());
}

#[test]
fn accounts_and_the_account_of_each_message_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    add(folder.path(), "alice", "sesame");
    let mut alice = server.connect();
    log_in(&mut alice, "alice", "alice", "sesame");
    alice.send("PRIVMSG #lobby :mine");
    alice.fence();
    let mut guest = server.enter("guest");
    guest.send("PRIVMSG #lobby :not mine");
    guest.fence();
    server.signal(nix::sys::signal::Signal::SIGKILL);
    drop(server);
    let server = start(folder.path());
    let mut bob = server.enter("bob");
    bob.send("CAP REQ :account-tag batch draft/chathistory");
    bob.fence();
    bob.send("CHATHISTORY LATEST #lobby * 10");
    let mine = bob.expect(" :mine");
    assert!(mine.contains("account=alice :alice!"), "{mine}");
    let other = bob.expect(" :not mine");
    assert!(!other.contains("account="), "{other}");
    // The nick of an account gives the account.
    bob.send("NICK alice");
    bob.expect(" 433 bob alice ");
    let mut wrong = server.connect();
    wrong.send("AUTHENTICATE PLAIN");
    wrong.expect("AUTHENTICATE +");
    send_message(&mut wrong, &plain_message("alice", "Sesame"));
    wrong.expect(" 904 ");
    log_in(&mut server.connect(), "alice", "alice", "sesame");
}

#[test]
fn our_own_client_logs_in_with_scram() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    add(folder.path(), "alice", "sesame ✓");
    let home = Home::new();
    home.write("password", "sesame ✓\n");
    let file = home.path("password");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut bob = server.enter("bob");
    bob.send("CAP REQ account-tag");
    bob.fence();
    for (mechanism, word) in [("scram-sha-256", "one"), ("plain", "two")] {
        let lines = format!(
            "account = \"alice\"\naccount-password-file = {file:?}\nmechanism = \"{mechanism}\""
        );
        home.configure(&format!("irc://{}", server.address), &lines);
        let said = run(home.chatroom(&["--nick", "alice"]), format!("{word}\n"));
        assert_eq!(said.status, Some(0), "{said:?}");
        let line = bob.expect(&format!("PRIVMSG #lobby :{word}"));
        assert!(line.starts_with("@account=alice :alice!"), "{line}");
    }
    home.write("password", "another\n");
    let refused = run(home.chatroom(&["--nick", "alice"]), "three\n");
    assert_eq!(refused.status, Some(77), "{refused:?}");
}

/// A server with TLS and a certificate of its own, which is killed when a test drops it.
struct TlsServer {
    child: Child,
    plain: SocketAddr,
    tls: SocketAddr,
    fingerprint: String,
}

impl TlsServer {
    fn start(folder: &Path, more: &str) -> Self {
        let config = folder.join("chatroomd.toml");
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n{more}\n[tls]\nlisten = [\"127.0.0.1:0\"]\n\
             self-signed = true\n[store]\nfolder = \"store\"\n"
        );
        fs::write(&config, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args(["--quiet", "--no-limits", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut last_word = |prefix: &str| {
            let line = lines.next().unwrap().unwrap();
            let rest = line.strip_prefix(prefix);
            rest.unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let plain = last_word("listening on ").parse().unwrap();
        let tls = last_word("listening on ");
        Self {
            plain,
            tls: tls.trim_end_matches(" with TLS").parse().unwrap(),
            fingerprint: last_word("certificate "),
            child,
        }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate made by openssl, in `NAME.pem` together with its key, and its fingerprint.
fn openssl_certificate(home: &Home, name: &str) -> Option<String> {
    let file = home.path(&format!("{name}.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "1", "-subj", "/CN=alice", "-keyout"])
        .arg(&file)
        .arg("-out")
        .arg(home.path("certificate"))
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return None;
    }
    let both = home.read(&format!("{name}.pem")) + &home.read("certificate");
    fs::write(&file, both).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let shown = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(&file)
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    Some(shown.trim().split('=').next_back().unwrap().to_owned())
}

/// The output that `openssl s_client` receives from the server after these lines, up to the end.
fn s_client(server: &TlsServer, certificate: Option<&Path>, lines: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-quiet", "-connect", &server.tls.to_string()]);
    if let Some(file) = certificate {
        command.arg("-cert").arg(file).arg("-key").arg(file);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = lines.replace('\n', "\r\n");
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(input);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_certificate_logs_in_to_its_account_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = TlsServer::start(folder.path(), "");
    let store = folder.path().join("store");
    add(&store, "alice", "sesame");
    let home = Home::new();
    let names = ["own", "other"];
    let [Some(own), Some(_)] = names.map(|name| openssl_certificate(&home, name)) else {
        println!("skipped: openssl is missing");
        return;
    };
    let added = account(&store, &["certificate", "add"], &["alice", &own], "");
    assert!(added.status.success(), "{added:?}");
    let [own, other] = names.map(|name| home.path(&format!("{name}.pem")));

    const LOGIN: &str = "CAP LS 302\nAUTHENTICATE EXTERNAL\nAUTHENTICATE +\nQUIT\n";
    let said = s_client(&server, Some(&own), LOGIN);
    assert!(
        said.contains(" sasl=EXTERNAL,SCRAM-SHA-256,PLAIN "),
        "{said}"
    );
    assert!(said.contains(" 900 * *!*@127.0.0.1 alice :"), "{said}");
    assert!(said.contains(" 903 * :"), "{said}");
    // Another name than that of the account. `Ym9i` is bob, and `QWxpY2U=` Alice.
    let bob = LOGIN.replace("AUTHENTICATE +", "AUTHENTICATE Ym9i");
    let said = s_client(&server, Some(&own), &bob);
    assert!(said.contains(" 904 ") && !said.contains(" 903 "), "{said}");
    let same = LOGIN.replace("AUTHENTICATE +", "AUTHENTICATE QWxpY2U=");
    assert!(s_client(&server, Some(&own), &same).contains(" 903 "));
    for certificate in [Some(&*other), None] {
        let said = s_client(&server, certificate, LOGIN);
        assert!(said.contains(" 904 ") && !said.contains(" 903 "), "{said}");
        let offered = said.contains("EXTERNAL,");
        assert_eq!(offered, certificate.is_some(), "{said}");
    }

    // Our own client.
    let mut bob = Client::new(std::net::TcpStream::connect(server.plain).unwrap());
    bob.register("bob");
    bob.send("CAP REQ account-tag");
    bob.fence();
    let lines = format!(
        "fingerprint = \"{}\"\naccount = \"alice\"\nclient-certificate = {own:?}",
        server.fingerprint
    );
    home.configure(&format!("ircs://{}", server.tls), &lines);
    let said = run(home.chatroom(&["--nick", "alice"]), "hello\n");
    assert_eq!(said.status, Some(0), "{said:?}");
    let line = bob.expect("PRIVMSG #lobby :hello");
    assert!(line.starts_with("@account=alice :alice!"), "{line}");
    let lines = lines.replace("own.pem", "other.pem");
    home.configure(&format!("ircs://{}", server.tls), &lines);
    let refused = run(home.chatroom(&["--nick", "alice"]), "hello\n");
    assert_eq!(refused.status, Some(77), "{refused:?}");
}

#[test]
fn weechat_logs_in_with_scram() {
    if !is_installed("weechat-headless") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    add(folder.path(), "guest", "sesame-sesame");
    let mut bob = server.enter("bob");
    bob.send("CAP REQ :account-tag extended-join");
    bob.fence();
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("weechat-headless");
    command
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path());
    command.env("LANG", "C.UTF-8").arg("-d").arg(home.path());
    let port = server.address.port();
    for order in [
        &format!("/server add room 127.0.0.1/{port}"),
        // The name of this option depends on the version.
        "/set irc.server.room.ssl off",
        "/set irc.server.room.tls off",
        "/set irc.server.room.nicks guest",
        "/set irc.server.room.sasl_mechanism scram-sha-256",
        "/set irc.server.room.sasl_username guest",
        "/set irc.server.room.sasl_password sesame-sesame",
        "/connect room",
    ] {
        command.args(["-r", order]);
    }
    let _weechat = Program::start(command);
    let joined = bob.expect(" JOIN #lobby guest ");
    assert!(joined.starts_with("@account=guest :guest!"), "{joined}");
}

#[test]
fn irssi_logs_in_with_a_certificate() {
    let home = Home::new();
    let certificate = openssl_certificate(&home, "own").filter(|_| is_installed("irssi"));
    let Some(fingerprint) = certificate else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = TlsServer::start(folder.path(), "");
    let store = folder.path().join("store");
    add(&store, "guest", "sesame-sesame");
    let added = account(
        &store,
        &["certificate", "add"],
        &["guest", &fingerprint],
        "",
    );
    assert!(added.status.success(), "{added:?}");
    let mut bob = Client::new(std::net::TcpStream::connect(server.plain).unwrap());
    bob.register("bob");
    bob.send("CAP REQ :account-tag extended-join");
    bob.fence();
    let (file, port) = (home.path("own.pem"), server.tls.port());
    let config = format!(
        "servers = ( {{ address = \"127.0.0.1\"; chatnet = \"t\"; port = \"{port}\"; \
         use_tls = \"yes\"; tls_verify = \"no\"; tls_cert = {file:?}; autoconnect = \"yes\"; }} );\n\
         chatnets = {{ t = {{ type = \"IRC\"; sasl_mechanism = \"EXTERNAL\"; \
         sasl_username = \"guest\"; sasl_password = \"\"; nick = \"guest\"; }}; }};\n"
    );
    home.write("irssi/config", &config);
    let mut command = CommandBuilder::new("irssi");
    command.env_clear();
    command.env("HOME", home.folder());
    command.arg(format!("--home={}", home.path("irssi").display()));
    let _irssi = Terminal::start(command);
    let joined = bob.expect(" JOIN #lobby guest ");
    assert!(joined.starts_with("@account=guest :guest!"), "{joined}");
}

#[test]
fn clients_learn_when_accounts_can_be_registered() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chatroomd.toml");
    let configure = |registration: &str| {
        let text = format!("[accounts]\nregistration = {registration:?}\n");
        fs::write(&config, text).unwrap();
    };
    configure("closed");
    let store = folder.path().join("store");
    let server = Server::start(&[
        "--config",
        config.to_str().unwrap(),
        "--store",
        store.to_str().unwrap(),
    ]);
    let mut new = server.connect();
    new.send("CAP LS 302\r\nNICK new\r\nUSER n 0 * :n\r\nCAP END");
    new.fence();
    let mut old = server.enter("old");
    let mut asking = server.enter("asking");
    asking.send("CAP REQ cap-notify");
    asking.fence();
    configure("open");
    server.signal(nix::sys::signal::Signal::SIGHUP);
    let values = "before-connect,custom-account-name";
    let line = new.expect("CAP new NEW ");
    assert!(
        line.ends_with(&format!(":draft/account-registration={values}")),
        "{line}"
    );
    let line = asking.expect("CAP asking NEW ");
    assert!(line.ends_with(":draft/account-registration"), "{line}");
    new.send("CAP REQ draft/account-registration");
    new.expect(" ACK ");
    // Nothing has changed.
    server.signal(nix::sys::signal::Signal::SIGHUP);
    configure("closed");
    server.signal(nix::sys::signal::Signal::SIGHUP);
    let line = new.line();
    assert!(
        line.ends_with("CAP new DEL :draft/account-registration"),
        "{line}"
    );
    new.send("CAP LIST");
    let list = new.expect(" LIST ");
    assert!(!list.contains("registration"), "{list}");
    assert!(!old.fence().iter().any(|line| line.contains("CAP")));
}

#[test]
fn a_list_of_capabilities_that_is_too_long_for_a_line_takes_several() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let name = format!("{}.test", "a".repeat(58));
    let text = format!(
        "name = \"{name}\"\n[store]\nfolder = \"kept\"\n[accounts]\nregistration = \"command\"\n\
         verify-command = [\"true\"]\n"
    );
    fs::write(&config, text).unwrap();
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    let mut client = server.connect();
    client.send("CAP LS 302");
    let first = client.line();
    let last = client.line();
    let lines = [&first, &last];
    assert!(lines.iter().all(|line| line.len() <= 510), "{lines:?}");
    let first = first.split_once(" CAP * LS * :").unwrap().1;
    let last = last.split_once(" CAP * LS :").unwrap().1;
    let all: Vec<_> = first.split(' ').chain(last.split(' ')).collect();
    assert!(all.contains(&"account-notify") && all.contains(&"userhost-in-names"));
    assert!(all.contains(&"draft/multiline=max-bytes=4096,max-lines=24"));
    // A client that does not know several lines gets the names alone, in one.
    let mut old = server.connect();
    old.send("CAP LS");
    let line = old.expect(" CAP * LS :account-notify ");
    assert!(line.contains(" draft/multiline "), "{line}");
}
