//! The client program in scripts, over loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::fs;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::signal::Signal;

use common::{PATIENCE, Server};
use support::recorder::Recorder;
use support::{Finished, Program, chatroom, messages_from, run, say};

/// Runs `chatroom --nick ci ADDRESS` with this input.
fn script(address: SocketAddr, input: impl AsRef<[u8]>) -> Finished {
    run(chatroom(&["--nick", "ci", &address.to_string()]), input)
}

/// An address without a listener.
fn unused_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn assert_one_sentence(finished: &Finished, status: i32, parts: &[&str]) {
    assert_eq!(finished.status, Some(status), "{finished:?}");
    assert_eq!(finished.err.matches('\n').count(), 1, "{finished:?}");
    assert!(finished.err.starts_with("chatroom: "), "{finished:?}");
    for part in parts {
        assert!(finished.err.contains(part), "{part:?} in {finished:?}");
    }
}

fn assert_all_done(finished: &Finished) {
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.err, "", "{finished:?}");
}

#[test]
fn a_script_talks_and_whispers_in_order() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut carol = server.enter("carol");
    let finished = script(server.address, "hello\n@bob hi\n");
    assert_all_done(&finished);
    bob.expect(":ci!~ci@127.0.0.1 JOIN #lobby");
    let first = bob.expect(" PRIVMSG ");
    assert_eq!(first, ":ci!~ci@127.0.0.1 PRIVMSG #lobby :hello");
    assert_eq!(bob.line(), ":ci!~ci@127.0.0.1 PRIVMSG bob :hi");
    assert!(bob.line().starts_with(":ci!~ci@127.0.0.1 QUIT "));
    assert_eq!(messages_from(&mut carol, "ci"), ["hello"]);
}

#[test]
fn a_refused_connection_is_one_sentence_and_69() {
    let address = unused_address();
    let finished = script(address, "hello\n");
    assert_one_sentence(&finished, 69, &[&address.to_string(), "chatroomd"]);
    assert_eq!(finished.out, "");
}

#[test]
fn a_taken_nick_is_77_in_any_spelling() {
    let server = Server::start(&[]);
    let mut holder = server.enter("CI");
    let finished = script(server.address, "hello\n");
    assert_one_sentence(&finished, 77, &["ci", "in use", "--nick"]);
    assert_eq!(holder.fence(), [""; 0]);
}

#[test]
fn an_unknown_host_is_68() {
    let finished = run(chatroom(&["--nick", "ci", "nosuchhost.invalid"]), "hello\n");
    assert_one_sentence(&finished, 68, &["nosuchhost.invalid"]);
}

#[test]
fn wrong_options_are_64_and_help_is_a_success() {
    for arguments in [
        ["--bogus"].as_slice(),
        &["--color", "pink"],
        &["--nick", "a b"],
        &["--nick", "ci\rQUIT"],
        &["--nick", "ci", "--join", "#a\r\nQUIT"],
        &["--nick", "ci", "http://127.0.0.1"],
        &["--quiet", "--verbose"],
    ] {
        let finished = run(chatroom(arguments), "");
        assert_eq!(finished.status, Some(64), "{arguments:?}: {finished:?}");
        assert_eq!(finished.out, "", "{arguments:?}");
        assert_ne!(finished.err, "", "{arguments:?}");
    }
    for (argument, part) in [
        ("--help", "--password-file"),
        ("-h", "--password-file"),
        ("--version", concat!("chatroom ", env!("CARGO_PKG_VERSION"))),
    ] {
        let finished = run(chatroom(&[argument]), "");
        assert_all_done(&finished);
        assert!(finished.out.contains(part), "{finished:?}");
    }
}

#[test]
fn help_and_version_need_no_other_option_and_can_be_read_in_part() {
    for program in [
        env!("CARGO_BIN_EXE_chatroom"),
        env!("CARGO_BIN_EXE_chatroomd"),
    ] {
        for what in ["man", "complete-bash", "complete-zsh", "complete-fish"] {
            let mut command = Command::new(program);
            command.env_clear().args(["--generate", what]);
            let finished = run(command, "");
            assert_all_done(&finished);
            assert!(finished.out.contains("chatroom"), "{program} {what}");

            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = Command::new(program);
            command.args(["--generate", what]).stdout(writer);
            assert_all_done(&Program::start_with_output(command).finish());
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_66() {
    let address = unused_address().to_string();
    for option in ["--config", "--password-file"] {
        let command = chatroom(&["--nick", "ci", option, "/nonexistent/x", &address]);
        let finished = run(command, "");
        assert_one_sentence(&finished, 66, &["/nonexistent/x", "no such file"]);
    }
}

#[test]
fn a_mistake_in_the_configuration_is_78_and_reported_with_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chatroom.toml");
    fs::write(&file, "nick = \"ci\"\n\nservers = 7\n").unwrap();
    let file = file.to_str().unwrap();
    let finished = run(chatroom(&["--config", file]), "");
    assert_one_sentence(&finished, 78, &[&format!("{file}:3:11: ")]);
}

#[test]
fn nick_and_server_are_read_from_the_configuration() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let folder = tempfile::tempdir().unwrap();
    let address = server.address;
    let text = format!("server = \"home\"\n[servers.home]\naddress = \"{address}\"\nnick = \"ci\"");
    fs::write(folder.path().join("chatroom.toml"), text).unwrap();
    let mut command = chatroom(&[]);
    command.env("XDG_CONFIG_HOME", folder.path());
    command.env("HOME", folder.path());
    assert_all_done(&run(command, "hello\n"));
    assert_eq!(messages_from(&mut bob, "ci"), ["hello"]);
}

#[test]
fn refused_lines_are_reported_by_number_and_the_others_are_sent() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let finished = script(server.address, "one\n@nobody hi\n/quti\n@bob four\nfive");
    assert_eq!(finished.status, Some(65), "{finished:?}");
    let complaints: Vec<&str> = finished.err.lines().collect();
    let [second, third] = complaints[..] else {
        panic!("{finished:?}");
    };
    // The server's reply comes at an unknown time.
    let (second, third) = match second.starts_with("chatroom: line 2: ") {
        true => (second, third),
        false => (third, second),
    };
    assert!(
        second.starts_with("chatroom: line 2: There is no user nobody"),
        "{second}"
    );
    assert!(
        third.starts_with("chatroom: line 3: There is no command /quti. Did you mean /quit?"),
        "{third}"
    );
    assert_eq!(messages_from(&mut bob, "ci"), ["one", "four", "five"]);
}

#[test]
fn input_that_is_not_utf_8_is_refused_by_line_number() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let finished = script(server.address, b"one\n\xff\xfe\nthree\n");
    assert_one_sentence(&finished, 65, &["line 2: ", "not UTF-8"]);
    assert_eq!(messages_from(&mut bob, "ci"), ["one", "three"]);
}

#[test]
fn a_line_without_an_end_is_refused_and_the_next_line_is_sent() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut input = vec![b'x'; 1024 * 1024];
    input.extend(b"\ntwo\n");
    let finished = script(server.address, input);
    assert_one_sentence(&finished, 65, &["line 1: ", "64 KiB"]);
    assert_eq!(messages_from(&mut bob, "ci"), ["two"]);
}

#[test]
fn a_long_line_arrives_complete_in_pieces() {
    let server = Server::start(&["--no-limits"]);
    let mut bob = server.enter("bob");
    // Characters of two, three and four bytes, and no space to break at.
    let line: String = "é漢😀".chars().cycle().take(3336).collect();
    assert!(line.len() > 10_000);
    let finished = script(server.address, format!("{line}\n@bob {line}"));
    assert_all_done(&finished);
    let pieces = messages_from(&mut bob, "ci");
    assert!(pieces.len() > 40, "{}", pieces.len());
    assert_eq!(pieces.concat(), line.repeat(2));
}

#[test]
fn a_thousand_lines_arrive_in_order() {
    let server = Server::start(&["--no-limits"]);
    let mut bob = server.enter("bob");
    let lines: Vec<String> = (0..1000).map(|number| format!("line {number}")).collect();
    let finished = script(server.address, lines.join("\n"));
    assert_all_done(&finished);
    assert_eq!(messages_from(&mut bob, "ci"), lines);
}

#[test]
fn a_server_that_reads_slowly_gets_every_line() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    // With the PINGs after them, more lines than the server accepts at once.
    let lines: Vec<String> = (0..30).map(|number| format!("line {number}")).collect();
    let finished = script(server.address, lines.join("\n"));
    assert_all_done(&finished);
    assert_eq!(messages_from(&mut bob, "ci"), lines);
}

#[test]
fn no_byte_of_the_input_becomes_a_command() {
    let recorder = Recorder::start();
    let input = b"one\r\nQUIT :crlf\r\n\
        two\rQUIT :cr\n\
        three\0QUIT :nul\n\
        @bob four\rQUIT :whisper\n\
        @bob\rQUIT :target\n\
        /me five\rQUIT :action\n\
        /topic six\rQUIT :topic\n\
        /nick seven\rQUIT\n\
        /join #eight\rQUIT\n\
        /room #lobby\n\
        /away nine\rQUIT :away\n\
        /msg bob\rQUIT :x ten\n\
        :evil!e@e PRIVMSG #lobby :eleven\n\
        QUIT :twelve\n\
        \x01VERSION\x01\n\
        last";
    let finished = script(recorder.address, input);
    assert_eq!(finished.status, Some(65), "{finished:?}");
    let recorded = recorder.recorded();
    // A server may take each of these three for the end of a line.
    let lines: Vec<&str> = recorded
        .split(['\r', '\n', '\0'])
        .filter(|line| !line.is_empty())
        .collect();
    let (last, before) = lines.split_last().unwrap();
    assert!(last.starts_with("QUIT"), "{lines:?}");
    for line in before {
        let command = line.split(' ').next().unwrap();
        assert!(
            ["CAP", "NICK", "USER", "PING", "PRIVMSG"].contains(&command),
            "{line:?} in {lines:?}"
        );
    }
    let said: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("PRIVMSG #lobby :"))
        .collect();
    assert_eq!(said.first(), Some(&"one"));
    assert_eq!(said.get(1), Some(&"QUIT :crlf"));
    assert!(said.contains(&":evil!e@e PRIVMSG #lobby :eleven"));
    assert!(said.contains(&"QUIT :twelve"));
    assert_eq!(said.last(), Some(&"last"));
    assert!(!recorded.contains("NICK seven"), "{recorded}");
    assert!(!recorded.contains('\0'), "{recorded:?}");
}

#[test]
fn a_password_is_sent_first_and_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let command = |address: SocketAddr| {
        let file = file.to_str().unwrap();
        let address = address.to_string();
        chatroom(&["--nick", "ci", "--password-file", file, &address])
    };

    fs::write(&file, "open sesame\r\nQUIT\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let recorder = Recorder::start();
    let warned = run(command(recorder.address), "hello\n");
    let warning = format!(
        "chatroom: Every user of this machine can read the password in {0}. To prevent it: chmod o-r {0}\n",
        file.display()
    );
    assert_eq!((warned.status, warned.err), (Some(0), warning));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let recorder = Recorder::start();
    assert_all_done(&run(command(recorder.address), "hello\n"));
    let recorded = recorder.recorded();
    let first: Vec<&str> = recorded.split("\r\n").take(2).collect();
    assert_eq!(first[0], "PASS :open sesame");
    assert_ne!(first[1], "QUIT");

    fs::write(&file, "open\rQUIT :now\n").unwrap();
    let server = Server::start(&[]);
    let finished = run(command(server.address), "hello\n");
    assert_one_sentence(&finished, 64, &["password", "a control character"]);
}

#[test]
fn a_wrong_password_is_77() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chatroomd.toml");
    fs::write(&config, "password = \"sesame\"\n").unwrap();
    // Without this, the server warns that other users can read the file.
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    let finished = script(server.address, "hello\n");
    assert_one_sentence(&finished, 77, &["password"]);
}

#[test]
fn a_closed_output_ends_the_program_quietly() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = chatroom(&["--nick", "ci", "--follow", &server.address.to_string()]);
    command.stdout(writer);
    let program = Program::start_with_output(command);
    bob.expect("ci!~ci@127.0.0.1 JOIN");
    say(&mut bob, "first");
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains("first\n") {
        assert_eq!(reader.read(&mut byte).unwrap(), 1, "{seen:?}");
        seen.extend(byte);
    }
    drop(reader);
    // Another test that starts a program at this moment can hold the pipe open a little longer.
    let deadline = Instant::now() + PATIENCE;
    while !bob.fence().iter().any(|line| line.contains(" QUIT ")) {
        assert!(Instant::now() < deadline, "the program is still running");
        say(&mut bob, "more");
    }
    assert_all_done(&program.finish());
}

#[test]
fn an_output_that_cannot_be_written_is_74() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = chatroom(&["--nick", "ci", "--follow", &server.address.to_string()]);
    command.stdout(full);
    let program = Program::start_with_output(command);
    bob.expect("ci!~ci@127.0.0.1 JOIN");
    say(&mut bob, "hello");
    assert_one_sentence(&program.finish(), 74, &["no space left"]);
}

#[test]
fn a_follower_prints_until_a_signal_and_then_quits() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    for (signal, status, reason) in [
        (Signal::SIGINT, 130, "interrupted"),
        (Signal::SIGTERM, 143, "terminated"),
        (Signal::SIGHUP, 129, "hung up"),
    ] {
        let command = chatroom(&["--nick", "log", "--follow", &server.address.to_string()]);
        let mut program = Program::start(command);
        program.end_input();
        bob.expect(":log!");
        for text in ["one", "two"] {
            say(&mut bob, text);
            program.out.wait_for(&format!("#lobby <bob> {text}\n"));
        }
        bob.send("PRIVMSG log :three");
        program.out.wait_for("*bob* whispers: three\n");
        program.signal(signal);
        let finished = program.finish();
        assert_eq!(finished.status, Some(status), "{finished:?}");
        assert_eq!(finished.err, "");
        let quit = bob.expect(" QUIT ");
        assert!(quit.contains(reason), "{quit}");
    }
}

#[test]
fn plain_mode_writes_no_escape_sequence() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let address = server.address.to_string();
    let mut program = Program::start(chatroom(&["--plain", "--color", "always", &address]));
    program.out.wait_for("Nick [");
    program.give("bob\n");
    program
        .out
        .wait_for("The nick bob is in use. Choose another [bob_]?\n");
    program.give("carol\n");
    program.out.wait_for("You are carol in #lobby, with bob.");
    say(&mut bob, "\x02bold\x02 and \x1b[2J");
    program.out.wait_for("<bob> bold and ^[[2J\n");
    program.give("hello\n/who\n/quti\n/join #dev\n");
    bob.expect(" PRIVMSG #lobby :hello");
    program.out.wait_for("#lobby has 2 people:\n");
    program
        .out
        .wait_for("There is no command /quti. Did you mean /quit?\n");
    program.out.wait_for("The active room is #dev now.\n");
    program.give("/quit bye\n");
    let quit = bob.expect(" QUIT ");
    assert!(quit.contains("bye"), "{quit}");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let obeyed = |c: char| c.is_control() && c != '\n';
    assert!(!finished.out.contains(obeyed), "{:?}", finished.out);
}

#[test]
fn a_new_server_receives_no_line_meant_for_the_first_one() {
    let first = Server::start(&[]);
    let second = Server::start(&[]);
    let mut bob = second.enter("bob");
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("password");
    fs::write(&file, "secret\n").unwrap();
    let here = first.address.to_string();
    let arguments = [
        "--plain",
        "--nick",
        "carol",
        "--join",
        "#dev",
        "--password-file",
    ];
    let mut program = Program::start(chatroom(
        &[&arguments[..], &[file.to_str().unwrap(), &here]].concat(),
    ));
    program.out.wait_for("You are carol in #dev");
    let nowhere = unused_address();
    program.give(format!("/connect {nowhere}\n"));
    program
        .out
        .wait_for(&format!("No server answers on {nowhere}"));
    program.give("@carol still here\n");
    program.out.wait_for("still here");
    program.give(format!("/connect {}\n", second.address));
    bob.expect(":carol!");
    let out = program.out.wait_for("You are carol in #lobby, with bob");
    bob.send("LIST");
    let received = bob.fence();
    let rooms: Vec<_> = received
        .iter()
        .filter(|line| line.contains(" 322 "))
        .collect();
    // The room of the first network is none of the second.
    let [lobby] = rooms[..] else {
        panic!("{rooms:?}");
    };
    assert!(lobby.contains(" #lobby 2 "), "{lobby}");
    program.give("/quit\n");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{out} {finished:?}");
}

#[test]
fn a_signal_ends_plain_mode_also_at_the_question_for_a_nick() {
    let server = Server::start(&[]);
    let _other = server.enter("carol");
    let command = chatroom(&["--plain", "--nick", "carol", &server.address.to_string()]);
    let program = Program::start(command);
    program.out.wait_for("Choose another [carol_]?");
    program.signal(Signal::SIGTERM);
    assert_eq!(program.finish().status, Some(143));
}

#[test]
fn lines_typed_in_plain_mode_before_registration_are_sent_after_it() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let command = chatroom(&["--plain", "--nick", "carol", &server.address.to_string()]);
    let finished = run(command, "one\ntwo\n");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    bob.expect(" PRIVMSG #lobby :one");
    bob.expect(" PRIVMSG #lobby :two");
    bob.expect(" QUIT ");
}

#[test]
fn a_follower_whose_server_disconnects_is_69() {
    let mut server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let command = chatroom(&["--nick", "log", "--follow", &server.address.to_string()]);
    let mut program = Program::start(command);
    program.end_input();
    bob.expect(":log!");
    say(&mut bob, "hello");
    program.out.wait_for("#lobby <bob> hello\n");
    server.signal(Signal::SIGTERM);
    server.wait();
    assert_one_sentence(&program.finish(), 69, &["The connection is lost"]);
}

#[test]
fn messages_are_printed_without_colors_while_the_input_is_open() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut program = Program::start(chatroom(&["--nick", "ci", &server.address.to_string()]));
    program.give("hello\n");
    bob.expect(" PRIVMSG #lobby :hello");
    say(&mut bob, "\x1b[31mred\x1b[0m \u{202e}backwards\x07");
    let out = program.out.wait_for("backwards");
    program.end_input();
    assert_all_done(&program.finish());
    let line = out.lines().find(|line| line.contains("<bob>")).unwrap();
    assert!(line.contains(" #lobby <bob> "), "{line}");
    let harmless = |c: char| !c.is_control() && c != '\u{202e}';
    assert!(line.chars().all(harmless), "{line:?}");
}

#[test]
fn raw_lines_are_those_of_the_server() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let address = server.address.to_string();
    let mut program = Program::start(chatroom(&["--nick", "ci", "--format", "raw", &address]));
    program.give("hello\n");
    bob.expect(" PRIVMSG #lobby :hello");
    say(&mut bob, "hi");
    let out = program.out.wait_for("hi\n");
    assert!(out.contains(":bob!~bob@127.0.0.1 PRIVMSG #lobby :hi\n"));
    assert!(out.contains(" 001 ci :"), "{out}");
    program.end_input();
    assert_all_done(&program.finish());
}

#[test]
fn a_server_that_dies_in_the_middle_is_69() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut program = Program::start(chatroom(&["--nick", "ci", &server.address.to_string()]));
    program.give("hello\n");
    bob.expect(" PRIVMSG #lobby :hello");
    drop(server);
    assert_one_sentence(&program.finish(), 69, &["The connection is lost"]);
}

#[test]
fn colors_are_used_on_request() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let always = ["--color", "always"].as_slice();
    let never = ["--color", "never"].as_slice();
    let no_color = ("NO_COLOR", "1");
    let force = ("CLICOLOR_FORCE", "1");
    for (options, variables, expected) in [
        ([].as_slice(), [].as_slice(), false),
        (&[], &[force], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[no_color, force], false),
        (&[], &[("NO_COLOR", ""), force], true),
        (always, &[no_color], true),
        (never, &[force], false),
    ] {
        let mut command = chatroom(&["--nick", "ci", &server.address.to_string()]);
        command.args(options).envs(variables.iter().copied());
        let mut program = Program::start(command);
        bob.expect(":ci!~ci@127.0.0.1 JOIN");
        say(&mut bob, "hello");
        program.out.wait_for("hello");
        program.end_input();
        let finished = program.finish();
        assert_all_done(&finished);
        let is_colored = finished.out.contains('\x1b');
        assert_eq!(is_colored, expected, "{options:?} {variables:?}");
        bob.expect(" QUIT ");
    }
}

#[test]
fn a_script_never_hosts_a_room() {
    // Without a named server it tries the default address; if a server runs there, it must not be
    // one that this program hosts.
    let address = unused_address();
    let mut command = chatroom(&["--nick", "ci"]);
    command.env("CHATROOM_SERVER", address.to_string());
    assert_one_sentence(&run(command, "hello\n"), 69, &[&address.to_string()]);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_closed_output_from_the_start_does_no_harm() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut command = chatroom(&["--nick", "ci", &server.address.to_string()]);
    command.stdout(Stdio::null());
    let mut program = Program::start_with_output(command);
    program.give("hello\n");
    bob.expect(" PRIVMSG #lobby :hello");
    say(&mut bob, "hi");
    program.end_input();
    assert_all_done(&program.finish());
}
