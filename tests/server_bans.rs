//! Bans on the real server: of addresses, accounts and masks, after a restart, and with the subcommand
//! beside the server and without it.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use chatting_room::wire::sasl::plain_message;
use common::accounts::{add, log_in, send_message};
use common::{Client, Server};
use nix::sys::signal::Signal;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

fn start(folder: &Path) -> Server {
    let config = folder.join("chatroomd.toml");
    fs::write(
        &config,
        "[[operator]]\nname = \"root\"\npassword = \"sesame\"\n",
    )
    .unwrap();
    let store = folder.join("store");
    Server::start(&[
        "--no-limits",
        "--config",
        config.to_str().unwrap(),
        "--store",
        store.to_str().unwrap(),
    ])
}

/// Status, output and error of `chatroomd ban`, without the name of the folder.
fn ban(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let (verb, rest) = arguments.split_first().unwrap();
    let store = folder.join("store");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    let output = command.args(["ban", verb]).arg(&store).args(rest).output();
    let output = output.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let error = text(&output.stderr).replace(store.to_str().unwrap(), "FOLDER");
    (output.status.code(), text(&output.stdout), error)
}

/// A client from another address of this machine.
fn connect_from(address: Ipv4Addr, server: &Server) -> Client {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from((address, 0))).unwrap();
    connect(&socket, &server.address).unwrap();
    Client::new(TcpStream::from(socket))
}

#[test]
fn bans_are_there_after_a_restart_and_keep_addresses_accounts_and_masks_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = start(folder);
    add(&folder.join("store"), "mallory", "sesame");
    let mut root = server.enter("root");
    root.send("OPER root sesame");
    root.expect(" 381 ");
    let mut near = connect_from(Ipv4Addr::new(127, 9, 8, 7), &server);
    near.register("near");
    let mut unregistered = connect_from(Ipv4Addr::new(127, 9, 0, 1), &server);
    unregistered.fence();
    let mut mallory = server.connect();
    log_in(&mut mallory, "innocent", "mallory", "sesame");
    root.send("DLINE 127.9.0.0/16 :open proxies\r\nKLINE a:mallory\r\nKLINE 1h spam* :spam");
    root.expect("root has banned 127.9.0.0/16 for ever: open proxies");
    root.expect("root has banned a:mallory ");
    root.expect("root has banned spam*!*@* until ");
    near.expect("ERROR :Closing Link: near (Banned: open proxies)");
    unregistered.expect("ERROR :Closing Link: * (Banned: open proxies)");
    mallory.expect("ERROR :Closing Link: innocent (Banned: No reason given)");
    server.signal(Signal::SIGKILL);
    drop(server);
    let server = start(folder);
    let mut near = connect_from(Ipv4Addr::new(127, 9, 255, 255), &server);
    assert_eq!(
        near.rest(),
        ["ERROR :You are banned from this server: open proxies"]
    );
    connect_from(Ipv4Addr::new(127, 10, 0, 0), &server).register("far");
    let mut spam = server.connect();
    spam.send("NICK SPAMMER\r\nUSER s 0 * :s");
    spam.expect(" 465 SPAMMER :You are banned from this server: spam");
    // A login makes a user someone else.
    let mut innocent = server.enter("innocent");
    innocent.send("AUTHENTICATE PLAIN");
    innocent.expect("AUTHENTICATE +");
    send_message(&mut innocent, &plain_message("mallory", "sesame"));
    innocent.expect("ERROR :Closing Link: innocent (Banned: No reason given)");
}

#[test]
fn bans_are_changed_beside_the_server_and_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let works = || (Some(0), String::new(), String::new());
    let missing = ban(folder, &["add", "spam*"]);
    assert_eq!(missing.0, Some(73), "{missing:?}");
    let server = start(folder);
    let mut spam = server.enter("spam1");
    let added = ["add", "spam*", "--for", "10d", "--reason", "spam, again"];
    assert_eq!(ban(folder, &added), works());
    spam.expect("ERROR :Closing Link: spam1 (Banned: spam, again)");
    assert_eq!(ban(folder, &["add", "127.9.0.0/16"]), works());
    drop(server);
    assert_eq!(ban(folder, &["add", "a:mallory"]), works());
    assert_eq!(ban(folder, &["remove", "127.9.1.1/16"]), works());
    let listed = ban(folder, &["list"]).1;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    let spam = lines
        .iter()
        .find(|line| line.starts_with("spam*!*@* "))
        .unwrap();
    assert!(spam.starts_with("spam*!*@* administrator 20"), "{spam}");
    assert!(spam.ends_with("Z spam, again"), "{spam}");
    let account = lines
        .iter()
        .find(|line| line.starts_with("a:mallory "))
        .unwrap();
    assert!(account.ends_with("Z - No reason given"), "{account}");
    let words = "chatroomd: Store FOLDER: there is no such ban.\n".to_owned();
    let none = || (Some(65), String::new(), words.clone());
    assert_eq!(ban(folder, &["remove", "bob"]), none());
    let server = start(folder);
    assert_eq!(ban(folder, &["remove", "bob"]), none());
    connect_from(Ipv4Addr::new(127, 9, 8, 7), &server).register("near");
    assert_eq!(ban(folder, &["remove", "SPAM*"]), works());
    server.enter("spam2");
    for (arguments, part) in [
        (
            &["add", "a b"][..],
            "expected a mask, a:ACCOUNT, an address or a network",
        ),
        (&["add", "x", "--for", "soon"], "expected a time"),
        (&["add", "x", "--reason", "a\nb"], "expected a reason"),
    ] {
        let refused = ban(folder, arguments);
        assert_eq!(refused.0, Some(64));
        assert!(refused.2.contains(part), "{refused:?}");
    }
}

#[test]
fn the_deeds_of_operators_are_recorded_in_a_file_that_only_the_server_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = folder.join("chatroomd.toml");
    let text =
        "audit-log = \"audit.ndjson\"\n[[operator]]\nname = \"root\"\npassword = \"sesame\"\n";
    fs::write(&config, text).unwrap();
    let log = folder.join("audit.ndjson");
    let checked = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--check-config", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    assert!(checked.status.success() && !log.exists(), "{checked:?}");
    let store = folder.join("store");
    let mut server = Server::start(&[
        "--config",
        config.to_str().unwrap(),
        "--store",
        store.to_str().unwrap(),
    ]);
    let mut bob = server.enter("bob");
    let mut root = server.enter("alice");
    root.send("OPER root wrong\r\nOPER root sesame");
    root.expect(" 381 ");
    root.send("KILL bob :bye \u{1b}[2J");
    bob.expect("ERROR ");
    root.send("KLINE spam* :spam\r\nUNKLINE spam*\r\nREHASH");
    root.expect("The configuration was reloaded.");
    assert_eq!(ban(folder, &["add", "10.0.0.0/8"]).0, Some(0));
    server.signal(Signal::SIGTERM);
    assert!(server.wait().success());
    let mode = fs::metadata(&log).unwrap().permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );
    let text = fs::read_to_string(&log).unwrap();
    let actions: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let action = |action: &serde_json::Value| {
        let word = |key: &str| action[key].as_str().unwrap_or_default().to_owned();
        ["operator", "nick", "action", "object", "reason"]
            .map(word)
            .join("|")
    };
    assert_eq!(
        actions.iter().map(action).collect::<Vec<_>>(),
        [
            "root|alice|oper||",
            "root|alice|kill|bob|bye \\u{1b}[2J",
            "root|alice|ban|spam*!*@*|spam",
            "root|alice|unban|spam*!*@*|",
            "root|alice|rehash||",
            "administrator||ban|10.0.0.0/8|",
        ]
    );
    assert!(
        actions.iter().all(|action| action["timestamp"].is_string()),
        "{text}"
    );
    assert!(!text.contains("wrong"), "{text}");
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let failed = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--listen", "127.0.0.1:0", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(73), "{failed:?}");
}
