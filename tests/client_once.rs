//! The client and a server with a store that is killed: each line of a script or of a session arrives
//! once, and what becomes of it is known.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;
mod support;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use self::common::Server;
use self::common::store::exported_texts;
use self::support::home::Home;

fn start(folder: &Path) -> Server {
    Server::start(&["--no-limits", "--store", folder.to_str().unwrap()])
}

/// Starts the server again at the same address.
fn start_again(folder: &Path, address: SocketAddr) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.args([
        "--quiet",
        "--no-limits",
        "--store",
        folder.to_str().unwrap(),
    ]);
    command.args(["--listen", &address.to_string()]);
    command.stdout(Stdio::null());
    Server::listening(&mut command, address)
}

#[test]
fn a_script_goes_on_after_the_server_was_killed_and_each_line_is_stored_once() {
    let kills = std::env::var("KILLS").map_or(4, |kills| kills.parse().unwrap());
    let lines_max = std::env::var("LINES").map_or(2_000, |lines| lines.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (kept, home) = (folder.path().join("kept"), Home::new());
    let mut server = start(&kept);
    let address = server.address;
    let mut random = fastrand::Rng::with_seed(5);
    let mut all: Vec<Vec<String>> = Vec::new();
    let (mut repeats, mut said) = (0, 0);
    for round in 0..kills {
        let arguments = [&*address.to_string(), "--nick", "script", "--retry", "60s"];
        let mut script = home.chatroom(&arguments);
        script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut script = script.spawn().unwrap();
        let mut input = script.stdin.take().unwrap();
        let lines: Vec<String> = (0..lines_max)
            .map(|line| format!("{round}-{line}"))
            .collect();
        let text = lines.join("\n") + "\n";
        let writer = std::thread::spawn(move || {
            // The script may end early.
            let _ = input.write_all(text.as_bytes());
        });
        let until = said + random.usize(0..lines_max);
        let seen = || exported_texts(&kept).len();
        server.until("some lines are stored", |_| {
            seen() >= until || seen() >= said + lines_max
        });
        server.signal(Signal::SIGKILL);
        server.wait();
        let before = exported_texts(&kept).len();
        server = start_again(&kept, address);
        let output = script.wait_with_output().unwrap();
        writer.join().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?} {error}", output.status);
        assert_eq!(error, "");
        all.push(lines);
        said += lines_max;
        repeats += usize::from(before < said);
    }
    server.signal(Signal::SIGTERM);
    server.wait();
    let stored = exported_texts(&kept);
    let expected: Vec<String> = all.concat();
    assert_eq!(stored.len(), expected.len());
    assert!(
        stored == expected,
        "lines are missing, doubled or in another order"
    );
    assert!(repeats > 0, "the server was never killed between two lines");
    println!(
        "{} lines, {repeats} of {kills} kills between two lines",
        stored.len()
    );
}

#[test]
fn a_script_ends_when_the_server_does_not_come_back_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, home) = (folder.path().join("kept"), Home::new());
    let mut server = start(&kept);
    let address = server.address.to_string();
    let arguments = [
        &*address, "--nick", "script", "--retry", "1s", "--format", "json",
    ];
    let mut script = home.chatroom(&arguments);
    script
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut script = script.spawn().unwrap();
    let mut input = script.stdin.take().unwrap();
    input.write_all(b"hello\n").unwrap();
    server.until("it is stored", |_| !exported_texts(&kept).is_empty());
    server.signal(Signal::SIGKILL);
    server.wait();
    let output = script.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("The connection is lost"), "{error}");
    drop(input);
}
