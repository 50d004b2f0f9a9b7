//! Helpers for the tests of accounts: the subcommand, and logging in.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chatting_room::wire::sasl::{parts, plain_message};

use super::Client;

/// Runs `chatroomd account` with these arguments after the folder of the store, and this input.
pub(crate) fn account(folder: &Path, verbs: &[&str], arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    let command = command
        .arg("account")
        .args(verbs)
        .arg(folder)
        .args(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Makes an account.
pub(crate) fn add(folder: &Path, name: &str, password: &str) {
    let added = account(folder, &["add"], &[name], &format!("{password}\n"));
    assert!(added.status.success(), "{added:?}");
}

/// Lets a user register an account with this code, as `chatroomd account invite` does with one of its
/// choice.
pub(crate) fn invite(folder: &Path, name: &str, code: &str) {
    let mut stream = UnixStream::connect(folder.join("admin.sock")).unwrap();
    let request = format!("account invite {name} {code}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert_eq!(answer, "ok\r\n");
}

/// Sends a message of SASL in as many lines as it needs.
pub(crate) fn send_message(client: &mut Client, message: &[u8]) {
    for part in parts(message) {
        client.send(&format!("AUTHENTICATE {part}"));
    }
}

/// Registers with a login by PLAIN.
pub(crate) fn log_in(client: &mut Client, nick: &str, account: &str, password: &str) {
    client.send("CAP LS 302\r\nCAP REQ sasl\r\nAUTHENTICATE PLAIN");
    client.expect("AUTHENTICATE +");
    send_message(client, &plain_message(account, password));
    client.expect(" 903 ");
    client.send(&format!(
        "NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END"
    ));
    client.fence();
}
