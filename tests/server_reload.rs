//! Reloading the configuration while users are connected, and the passwords of operators.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{Client, Server};
use nix::sys::signal::Signal;
use rustix::fs::{CWD, FileType, Mode, mknodat};

/// The output of `chatroomd hash-password` for this input.
fn hash_password(input: &str) -> Output {
    hash_password_to(Stdio::piped(), input)
}

fn hash_password_to(output: Stdio, input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.arg("hash-password").stdin(Stdio::piped());
    let mut child = command
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// A server with this configuration and this output for its log.
fn server_with(folder: &Path, config: &str) -> Server {
    fs::write(folder.join("chatroomd.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.stderr(File::create(folder.join("log")).unwrap());
    let path = folder.join("chatroomd.toml");
    Server::start_with(command, &["--config", path.to_str().unwrap()])
}

fn message_of_the_day(person: &mut Client) -> String {
    person.send("MOTD");
    person.expect(" 372 ")
}

#[test]
fn only_the_hashed_password_makes_an_operator() {
    let hashed = hash_password("sesame\n");
    assert!(hashed.status.success(), "{hashed:?}");
    let hash = String::from_utf8(hashed.stdout).unwrap();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    assert_ne!(hash.as_bytes(), hash_password("sesame\n").stdout);

    let folder = tempfile::tempdir().unwrap();
    let hash = hash.trim_end();
    let config = format!(
        "[[operator]]\nname = \"root\"\npassword-hash = \"{hash}\"\n[limits]\nenabled = false"
    );
    let server = server_with(folder.path(), &config);
    let mut bob = server.enter("bob");
    bob.send("OPER root Sesame");
    bob.expect(" 464 ");
    bob.send("OPER root sesame");
    bob.expect(" 381 ");
}

#[test]
fn others_are_served_while_passwords_are_checked() {
    let hash = String::from_utf8(hash_password("sesame\n").stdout).unwrap();
    let hash = hash.trim_end();
    let config = format!(
        "[[operator]]\nname = \"root\"\npassword-hash = \"{hash}\"\n[limits]\nenabled = false"
    );
    let folder = tempfile::tempdir().unwrap();
    let server = server_with(folder.path(), &config);
    let mut bob = server.enter("bob");
    let mut guessers: Vec<Client> = (0..5)
        .map(|number| server.enter(&format!("guesser{number}")))
        .collect();
    for guesser in &mut guessers {
        guesser.send("OPER root Sesame");
    }
    // Each check takes at least about 10 ms, and they run one after the other.
    bob.fence();
    let last = guessers.last_mut().unwrap();
    last.stream().set_nonblocking(true).unwrap();
    let early = last.read_line().unwrap_err();
    assert_eq!(early.kind(), io::ErrorKind::WouldBlock);
    last.stream().set_nonblocking(false).unwrap();
    last.expect(" 464 ");
}

#[test]
fn an_empty_password_is_not_hashed() {
    let output = hash_password("\n");
    assert_eq!(output.status.code(), Some(66));
    assert_eq!(output.stdout, b"");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("chatroomd: Cannot read or hash a password: "),
        "{error}"
    );
}

#[test]
fn a_hash_that_cannot_be_written_differs_from_an_empty_password() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = io::pipe().unwrap();
    drop(reader);
    for output in [Stdio::from(full), Stdio::from(closed)] {
        let output = hash_password_to(output, "sesame\n");
        assert_eq!(output.status.code(), Some(74), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        let sentence = "chatroomd: Cannot write to standard output: ";
        assert!(error.starts_with(sentence), "{error}");
    }
}

// A57.
#[test]
fn the_configuration_is_reloaded_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let operator = "[[operator]]\nname = \"root\"\npassword = \"sesame\"\n";
    let server = server_with(folder.path(), &format!("motd = \"one\"\n{operator}"));
    let config = folder.path().join("chatroomd.toml");
    let mut bob = server.enter("bob");
    let mut carol = server.enter("carol");
    bob.send("OPER root sesame");
    bob.expect(" MODE #lobby +o bob");

    fs::write(&config, format!("motd = \"two\"\nnmae = \"x\"\n{operator}")).unwrap();
    let read_again: [fn(&Server, &mut Client); 2] = [
        |server, _| server.signal(Signal::SIGHUP),
        |_, bob| bob.send("REHASH"),
    ];
    for read_again in read_again {
        read_again(&server, &mut bob);
        let notice = bob.expect(" NOTICE bob :The configuration is unchanged: ");
        let mistake = "chatroomd.toml:2:1: unknown key `nmae`; did you mean `name`?";
        assert!(notice.ends_with(mistake), "{notice}");
        assert!(message_of_the_day(&mut bob).ends_with(" :one"));
    }
    server.until("the mistake is logged", |_| {
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        log.contains("chatroomd.toml:2:1: unknown key")
    });

    fs::write(&config, format!("motd = \"two\"\n{operator}")).unwrap();
    bob.send("REHASH");
    bob.expect(" 382 bob ");
    bob.expect(" NOTICE bob :The configuration was reloaded");
    assert!(message_of_the_day(&mut bob).ends_with(" :two"));

    // A user who is no longer listed as an operator loses the status, in the lobby too.
    fs::write(&config, "motd = \"three\"\n").unwrap();
    server.signal(Signal::SIGHUP);
    bob.expect(" NOTICE bob :The configuration was reloaded");
    assert!(bob.line().ends_with(" MODE bob -o"));
    assert!(bob.line().ends_with(" MODE #lobby -o bob"));
    assert!(message_of_the_day(&mut bob).ends_with(" :three"));
    bob.send("REHASH");
    bob.expect(" 481 bob ");
    // Connected users stay connected, and users without operator status receive nothing.
    let received = carol.fence();
    assert!(
        !received.iter().any(|line| line.contains("NOTICE")),
        "{received:?}"
    );
    carol.send("OPER root sesame");
    carol.expect(" 464 ");
}

// A57, A85.
#[test]
fn a_pipe_in_place_of_a_file_delays_no_client_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let operator = "[[operator]]\nname = \"root\"\npassword = \"sesame\"\n";
    let server = server_with(folder.path(), &format!("motd = \"one\"\n{operator}"));
    let config = folder.path().join("chatroomd.toml");
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let mut bob = server.enter("bob");
    bob.send("OPER root sesame");
    bob.expect(" MODE #lobby +o bob");
    let empty = "pipe: it is an empty pipe; expected a regular file";
    let silent = "pipe: reading it would block; expected a regular file";
    for has_writer in [false, true] {
        // As long as this is open, the pipe has a possible writer.
        let open = || File::options().read(true).write(true).open(&pipe);
        let _writer = has_writer.then(|| open().unwrap());
        let expected = if has_writer { silent } else { empty };
        for text in ["motd-file = \"pipe\"", "password-file = \"pipe\"", ""] {
            fs::remove_file(&config).unwrap();
            match text {
                "" => symlink(&pipe, &config).unwrap(),
                _ => fs::write(&config, format!("{text}\n{operator}")).unwrap(),
            }
            server.signal(Signal::SIGHUP);
            let notice = bob.expect(" NOTICE bob :The configuration is unchanged: cannot read");
            let file = if text.is_empty() {
                "chatroomd.toml"
            } else {
                "pipe"
            };
            let expected = expected.replace("pipe:", &format!("{file}:"));
            assert!(notice.ends_with(&format!("{expected}.")), "{notice}");
            assert!(message_of_the_day(&mut bob).ends_with(" :one"));
        }
    }
}

// A57.
#[test]
fn a_configuration_from_a_pipe_stays_valid_as_long_as_the_server_runs() {
    let (reader, mut writer) = io::pipe().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args([
            "--quiet",
            "--listen",
            "127.0.0.1:0",
            "--config",
            "/dev/stdin",
        ])
        .stdin(reader)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let operator = "[[operator]]\nname = \"root\"\npassword = \"sesame\"\n";
    write!(writer, "motd = \"one\"\n{operator}").unwrap();
    drop(writer);
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap();
    let mut bob = Client::new(TcpStream::connect(address).unwrap());
    bob.register("bob");
    bob.send("OPER root sesame");
    bob.expect(" MODE #lobby +o bob");
    bob.send("REHASH");
    let notice = bob.expect(" NOTICE bob :The configuration is unchanged: ");
    assert!(
        notice.contains("cannot read the configuration /dev/stdin: it is an empty pipe"),
        "{notice}"
    );
    assert!(message_of_the_day(&mut bob).ends_with(" :one"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_room_that_becomes_the_lobby_has_only_server_operators_as_its_operators() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with(folder.path(), "");
    let mut bob = server.enter("bob");
    bob.send("JOIN #hall");
    bob.expect(" 353 bob = #hall :@bob");
    let lobby = "lobby = \"#hall\"\n[limits]\nroom-name-bytes = 2";
    fs::write(folder.path().join("chatroomd.toml"), lobby).unwrap();
    server.signal(Signal::SIGHUP);
    bob.expect(" MODE #hall -o bob");
    // It is the room that users enter, whatever the maximal length of room names.
    let mut carol = server.enter("carol");
    carol.send("NAMES #hall");
    carol.expect(" 353 carol = #hall :bob carol");
}
