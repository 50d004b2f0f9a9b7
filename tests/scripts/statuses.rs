//! Each exit status, produced once.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use nix::sys::signal::Signal;

use super::fake::Fake;
use super::support::home::Home;
use super::support::{Finished, Program, chatroom, run};
use crate::common::{Server, accept};

fn status(arguments: &[&str], input: &str) -> Finished {
    run(chatroom(arguments), input)
}

#[track_caller]
fn assert_status(finished: &Finished, status: i32, part: &str) {
    assert_eq!(finished.status, Some(status), "{finished:?}");
    assert!(finished.err.contains(part), "{part:?} in {finished:?}");
    assert!(!finished.err.contains("panicked"), "{finished:?}");
}

/// A server that answers the registration with this line and closes.
fn answering(answer: &'static str) -> SocketAddr {
    let fake = Fake::start(move |line| {
        let is_user = line.starts_with("USER ");
        Some(if is_user { answer } else { "" }.to_owned())
    });
    fake.address
}

/// An option that does nothing would be believed to do something.
#[test]
fn an_option_that_does_nothing_with_a_command_is_refused() {
    const FINGERPRINT: &str =
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    for (arguments, part) in [
        (&["log", "-", "--insecure"][..], "--insecure"),
        (&["--insecure", "log", "-"], "--insecure does nothing"),
        (&["--nick", "a", "log", "-"], "--nick does nothing"),
        (&["--timeout", "3s", "log", "-"], "--timeout does nothing"),
        (&["-c", "x", "msg", "bob", "hi"], "--command does nothing"),
        (&["--join", "#a", "ctl", "rooms"], "--join does nothing"),
        (&["a.example", "certificate", "x"], "a server does nothing"),
        (
            &[
                "--insecure",
                "msg",
                "bob",
                "hi",
                "--fingerprint",
                FINGERPRINT,
            ],
            "--insecure cannot be used with --fingerprint",
        ),
    ] {
        assert_status(&status(arguments, ""), 64, part);
    }
    assert_status(&status(&["--format", "json", "log", "-"], ""), 0, "");
    for (command, has_certificates) in [("log", false), ("ctl", false), ("msg", true)] {
        let help = status(&[command, "--help"], "");
        let lists = help.out.contains("--insecure") && help.out.contains("--fingerprint");
        assert_eq!(lists, has_certificates, "{help:?}");
    }
}

#[test]
fn each_exit_status_has_its_reason() {
    let server = Server::start(&[]);
    let here = server.address.to_string();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let nowhere = nowhere.unwrap().to_string();
    let to = |options: &[&str], input: &str| {
        status(&[&["--nick", "ci", &here], options].concat(), input)
    };

    assert_status(&to(&[], "hello\n"), 0, "");
    assert_status(&to(&["--bogus"], ""), 64, "--bogus");
    assert_status(&to(&["--wait-for", "a("], ""), 64, "--wait-for");
    for person in ["@bob", "home/@bob"] {
        let arguments = ["--wait-for", "x", "--room", person];
        assert_status(&to(&arguments, ""), 64, "--from NICK");
    }
    assert_status(&to(&["--timeout", "soon"], ""), 64, "30s");
    assert_status(&to(&["--from", "ann"], ""), 64, "--wait-for");
    assert_status(&to(&[], "/quti\n"), 65, "line 1: There is no command /quti");
    assert_status(
        &to(&[], "x\n/clear\n"),
        65,
        "line 2: A script has no screen",
    );
    assert_status(&to(&["--config", "/nonexistent"], ""), 66, "/nonexistent");
    let far = status(&["--nick", "ci", "nosuchhost.invalid"], "");
    assert_status(&far, 68, "nosuchhost.invalid");
    assert_status(&status(&["--nick", "ci", &nowhere], ""), 69, &nowhere);
    assert_status(&to(&["--timeout", "100ms", "--follow"], ""), 75, "Gave up");
    assert_status(
        &to(&["--join", "#a b c"], ""),
        64,
        "is not a valid room name",
    );

    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = chatroom(&["--nick", "ci", "--format", "raw", &here]);
    command.stdout(full);
    let program = Program::start_with_output(command);
    assert_status(&program.finish(), 74, "no space left");

    let mut holder = server.enter("ci2");
    let taken = status(&["--nick", "CI2", &here], "hello\n");
    assert_status(&taken, 77, "in use");
    holder.send("QUIT");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chatroom.toml");
    fs::write(&file, "control = \"yes\"\n").unwrap();
    let wrong = to(&["--config", file.to_str().unwrap()], "");
    assert_status(&wrong, 78, "chatroom.toml:1:11: ");

    let program = Program::start(chatroom(&["--nick", "ci", &here]));
    // A shell that runs the tests in the background makes their programs ignore an early SIGINT.
    let (signal, expected) = match ignores_sigint() {
        true => (Signal::SIGTERM, 143),
        false => (Signal::SIGINT, 130),
    };
    program.signal(signal);
    // A signal ends the program also before it is watched for.
    let finished = program.finish();
    let status = finished.status;
    assert!(
        status.is_none_or(|status| status == expected),
        "{finished:?}"
    );
}

fn ignores_sigint() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    ignored & 1 << (Signal::SIGINT as i32 - 1) != 0
}

#[test]
fn the_reply_to_the_registration_decides_the_status() {
    for (answer, expected, part) in [
        (":s 433 * ci :Nickname is already in use\r\n", 77, "in use"),
        (":s 464 * :Password incorrect\r\n", 77, "password"),
        (
            ":s 465 * :You are banned from this server\r\n",
            77,
            "banned",
        ),
        (":s 432 * ci :Erroneous nickname\r\n", 77, "Erroneous"),
        ("HTTP/1.1 400 Bad Request\r\n", 76, "does not speak IRC"),
    ] {
        let address = answering(answer);
        let fake = status(&["--nick", "ci", &address.to_string()], "hello\n");
        assert_status(&fake, expected, part);
    }
}

#[test]
fn a_server_that_closes_the_connection_is_69_with_its_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let program = Program::start(chatroom(&["--nick", "ci", &address]));
    let mut stream = accept(&listener);
    let answer = b"ERROR :Closing Link: too many connections\r\n";
    stream.write_all(answer).unwrap();
    // The input from the client must have been read, or the close would lose the answer.
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("USER ci 0 * :ci\r\n") {
        let mut buffer = [0; 512];
        let count = stream.read(&mut buffer).unwrap();
        seen.extend_from_slice(&buffer[..count]);
    }
    drop(stream);
    assert_status(&program.finish(), 69, "too many connections");
}

#[test]
fn a_failing_standard_error_changes_no_status() {
    let server = Server::start(&[]);
    let here = server.address.to_string();
    for shell in ["exec \"$0\" \"$@\" 2>/dev/full", "exec \"$0\" \"$@\" 2>&-"] {
        let mut command = chatroom(&["--nick", "ci", &here]);
        let program = command.get_program().to_owned();
        let mut through = std::process::Command::new("sh");
        through.env_clear().env("HOME", "/nonexistent");
        through
            .args(["-c", shell])
            .arg(program)
            .args(command.get_args());
        command = through;
        assert_eq!(run(command, "/quti\n").status, Some(65), "{shell}");
    }
}

/// A server for encrypted connections answers plain text with an alert.
#[test]
fn a_port_for_encrypted_connections_is_recognized() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let mut stream = accept(&listener);
        let _ = stream.read(&mut [0; 64]).unwrap();
        stream.write_all(b"\x15\x03\x01\0\x02\x02\x46").unwrap();
    });
    let finished = status(&["--nick", "ci", &address], "hello\n");
    assert_status(&finished, 76, "use ircs://HOST:PORT");
    assert_eq!(finished.err.lines().count(), 1, "{finished:?}");
    server.join().unwrap();
}

#[test]
fn the_room_of_a_url_is_joined() {
    for (path, room) in [("#dev", "#dev"), ("dev?key", "#dev key"), ("%23c", "#c")] {
        let fake = Fake::usual("");
        let url = format!("irc://{}/{path}", fake.address);
        let finished = status(&["--nick", "ci", &url], "hello\n");
        assert_status(&finished, 0, "");
        let lines = fake.all_lines();
        assert!(lines.contains(&format!("JOIN {room}")), "{lines:?}");
        let room = room.split(' ').next().unwrap();
        assert!(
            lines.contains(&format!("PRIVMSG {room} :hello")),
            "{lines:?}"
        );
    }
}

#[test]
fn a_time_limit_covers_a_server_that_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let finished = status(&["--nick", "ci", "--timeout", "100ms", &address], "x\n");
    assert_status(&finished, 75, "Gave up after 0.1 s.");
}

#[test]
fn log_and_ctl_refuse_the_options_of_a_connection() {
    for arguments in [
        ["log", "--nick", "ci"],
        ["log", "--join", "#a"],
        ["log", "--timeout", "5s"],
        ["ctl", "--password-file", "x"],
        ["ctl", "--join", "#a"],
    ] {
        assert_status(&status(&arguments, ""), 64, arguments[1]);
    }
    let server = Server::start(&[]);
    let here = server.address.to_string();
    for arguments in [
        ["--nick", "ci", &here, "msg", "#lobby", "hi"],
        [&here, "msg", "--nick", "ci", "#lobby", "hi"],
    ] {
        assert_status(&status(&arguments, ""), 0, "");
    }
    let finished = status(&["--nick", "ci", "loog"], "");
    assert_status(&finished, 68, "Did you mean chatroom log?");
}

#[test]
fn a_mistyped_command_with_arguments_is_not_taken_for_servers() {
    let home = Home::new();
    let config = "nick = \"ci\"\n[servers.asj]\naddress = \"127.0.0.1:1\"\n";
    home.write(".config/chatroom.toml", config);
    for (arguments, command) in [
        (&["msgg", "bob", "hi"][..], "msg"),
        (&["askk", "@bob", "deploy?"], "ask"),
        (&["lgo", "-"], "log"),
        (&["ctll", "who", "#dev"], "ctl"),
        (&["certificat", "libera"], "certificate"),
        (&["127.0.0.1:1", "msgg", "bob", "hi"], "msg"),
    ] {
        let finished = run(home.chatroom(arguments), "");
        let words =
            format!("is neither a command nor a known host. Did you mean chatroom {command}?");
        assert_status(&finished, 64, &words);
    }
    for (arguments, command) in [
        (&["lgo", "--grep", "x"][..], "log"),
        (&["askk", "@bob", "deploy?", "--account", "bob"], "ask"),
    ] {
        let words = format!("Did you mean chatroom {command}?");
        assert_status(&run(home.chatroom(arguments), ""), 64, &words);
    }
    // Servers that are unreachable, not mistyped.
    for servers in [
        &["asj", "127.0.0.1:1"][..],
        &["irc://msgg:1", "127.0.0.1:1"],
    ] {
        assert_status(&run(home.chatroom(servers), ""), 69, "");
    }
}
