//! Hostile input, arguments and configuration.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::fake::{Fake, LABELS, answers};
use super::support::{Finished, Program, chatroom, run};
use crate::common::{PATIENCE, Server, accept};

/// All lines from the client, except those for registration and QUIT.
fn sent(fake: &Fake) -> Vec<String> {
    let lines = fake.all_lines();
    let own = ["CAP ", "NICK ", "USER ", "PING ", "QUIT"];
    lines
        .into_iter()
        .filter(|line| !own.iter().any(|own| line.starts_with(own)))
        .collect()
}

fn assert_refused_before_connecting(finished: &Finished, status: i32) {
    assert_eq!(finished.status, Some(status), "{finished:?}");
    assert_eq!(finished.out, "");
    assert!(!finished.err.contains("panicked"), "{finished:?}");
    assert!(!finished.err.contains(['\r', '\0', '\x1b']), "{finished:?}");
}

/// A79: a carriage return, a NUL or a line feed in the input never ends a line.
#[test]
fn a_line_of_input_is_one_line_on_the_wire() {
    for capabilities in ["", LABELS] {
        let fake = Fake::usual(capabilities);
        let input = "hello\rQUIT :injected\na\0QUIT :b\n@bob\rQUIT\n/raw PING\rQUIT\nlast\r\n";
        let address = fake.address.to_string();
        let finished = run(chatroom(&["--nick", "ci", &address]), input);
        assert_eq!(finished.status, Some(65), "{finished:?}");
        let sent = sent(&fake);
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].ends_with("PRIVMSG #lobby :last"), "{sent:?}");
    }
}

/// A80: a long line is broken between characters, and nothing is lost.
#[test]
fn a_long_line_fits_as_relayed_and_is_in_order() {
    for capabilities in ["", LABELS] {
        let fake = Fake::usual(capabilities);
        let text: String = "ä漢😀z".chars().cycle().take(4_000).collect();
        assert!(text.len() >= 10_000);
        let address = fake.address.to_string();
        let finished = run(chatroom(&["--nick", "ci", &address]), &text);
        assert_eq!(finished.status, Some(0), "{finished:?}");
        let lines = sent(&fake);
        for line in &lines {
            let body = line.find("PRIVMSG").map_or("", |at| &line[at..]);
            assert!(body.len() + ":ci!u@h \r\n".len() <= 512, "{}", line.len());
        }
        let said: Vec<String> = lines
            .iter()
            .filter_map(|line| super::fake::said(line))
            .collect();
        assert_eq!(said.concat(), text);
    }
}

/// A81: many lines at once, and the end of the input.
#[test]
fn ten_thousand_lines_at_once_are_all_acknowledged_or_reported() {
    let server = Server::start(&["--no-limits"]);
    let input: String = (0..10_000).map(|number| format!("{number}\n")).collect();
    let address = server.address.to_string();
    let mut bob = server.enter("bob");
    let finished = run(chatroom(&["--nick", "ci", &address]), &input);
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let received = super::support::messages_from(&mut bob, "ci");
    assert!(received.iter().map(String::as_str).eq(input.lines()));
}

/// A82: bytes that are not text.
#[test]
fn random_bytes_are_refused_by_number_and_nothing_crashes() {
    let fake = Fake::usual("");
    let mut bytes = b"one\n\xff\xfe\nthree\n".to_vec();
    let mut seed: u32 = 7;
    for _ in 0..1024 * 1024 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((seed >> 24) as u8);
    }
    bytes.extend_from_slice(b"\nlast\n");
    let address = fake.address.to_string();
    let finished = run(chatroom(&["--nick", "ci", &address]), &bytes);
    assert_eq!(finished.status, Some(65), "{}", finished.err);
    assert!(
        finished
            .err
            .contains("chatroom: line 2: Not sent: the line is not UTF-8.")
    );
    assert!(!finished.err.contains("panicked"));
    let said = fake.said();
    assert_eq!(said[..2], ["one", "three"]);
    assert_eq!(said.last().unwrap(), "last");
}

/// A59, A60, A61, A62: hostile text of others is replaced with marks everywhere, and none of it is
/// lost.
#[test]
fn text_of_others_is_harmless_in_a_pipe_too() {
    const HOSTILE: &str = "\x1b]0;owned\x07\u{9b}2J\u{202e}";
    const SHOWN: &str = "^[]0;owned^G<U+009B>2J<U+202E>";
    let lines = [
        format!(":bob!b@h PRIVMSG #lobby :one\0two{HOSTILE}"),
        format!(":bob!b@h PRIVMSG ci :{HOSTILE}whisper"),
        format!(":b{HOSTILE}!b@h JOIN #lobby"),
        format!(":b{HOSTILE}!b@h PART #lobby :{HOSTILE}part"),
        format!(":bob!b@h KICK #lobby carol :{HOSTILE}kick"),
        format!(":bob!b@h TOPIC #lobby :{HOSTILE}topic"),
        format!(":bob!b@h NICK b{HOSTILE}nick"),
        format!(":s NOTICE ci :{HOSTILE}notice"),
        format!(":s 404 ci #lobby :{HOSTILE}numeric"),
        format!(":carol!c@h QUIT :{HOSTILE}quit"),
        format!("ERROR :{HOSTILE}error"),
    ];
    let hostile = lines.map(|line| line + "\r\n").concat();
    for more in ["--color=never", "--verbose"] {
        let (mut answer, hostile) = (answers(""), hostile.clone());
        let fake = Fake::start(move |line| match line {
            "PRIVMSG #lobby :x" => None,
            line if line.starts_with("PING") => Some(answer(line)? + &hostile),
            line => answer(line),
        });
        let address = fake.address.to_string();
        let finished = run(
            chatroom(&["--nick", "ci", "--follow", more, &address]),
            "x\n",
        );
        assert_eq!(finished.status, Some(69), "{finished:?}");
        for output in [&finished.out, &finished.err] {
            let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!output.contains(obeyed), "{output:?}");
        }
        let both = finished.out.clone() + &finished.err;
        let texts = ["whisper", "part", "kick", "topic", "nick", "quit", "error"];
        for shown in texts.map(|text| format!("{SHOWN}{text}")) {
            assert!(both.contains(&shown), "{shown} in {finished:?}");
        }
        assert!(both.contains(&format!("one\u{fffd}two{SHOWN}")), "{both}");
    }
}

/// A83: the last line has no ending.
#[test]
fn the_last_line_counts_without_an_ending() {
    let fake = Fake::usual("");
    let address = fake.address.to_string();
    let finished = run(chatroom(&["--nick", "ci", &address]), "one\ntwo");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(fake.said(), ["one", "two"]);
}

/// A83: a server that disconnects before any message could be sent.
#[test]
fn input_for_an_unreachable_server_is_an_error_and_none_of_it_is_sent() {
    let fake = Fake::start(|line| (!line.starts_with("USER ")).then(String::new));
    let address = fake.address.to_string();
    let finished = run(chatroom(&["--nick", "ci", &address]), "one\ntwo\n");
    assert_eq!(finished.status, Some(69), "{finished:?}");
    assert_eq!(finished.err.lines().count(), 1, "{finished:?}");
    assert_eq!(fake.said(), [""; 0]);
}

/// A84: names that contain more than a name.
#[test]
fn arguments_that_contain_commands_are_refused_before_connecting() {
    // Without a check, the status would be 69, as nothing listens there.
    let nobody = "127.0.0.1:1";
    for arguments in [
        ["--nick", "a\r\nOPER x y"].as_slice(),
        &["--nick", "a\u{1b}[2J"],
        &["--nick", "ci", "--join", "#a\r\nJOIN #b"],
        &["--nick", "ci", "--join", "#a,#b"],
        &["--nick", "ci", "--join", "#a key more"],
        &["--nick", "ci", "msg", "@bob\r\nQUIT", "hi"],
        &["--nick", "ci", "msg", "@bob", "hi\r\nQUIT"],
        &["--nick", "ci", "ask", "@bob\nQUIT", "hi"],
        &["--nick", "ci", "--timeout", "-1s"],
        &["--nick", "ci", "--timeout", "99999999999999999999h"],
        &["--nick", "ci", "--tee", "--interval", "0s"],
    ] {
        let mut command = chatroom(arguments);
        command.env("CHATROOM_SERVER", nobody);
        assert_refused_before_connecting(&run(command, ""), 64);
    }
    for address in ["irc://h/%0d%0aQUIT", "irc://h\r\nQUIT", "h\0", "h:70000"] {
        if address.contains('\0') {
            // No program can receive this as an argument.
            continue;
        }
        let finished = run(chatroom(&["--nick", "ci", address]), "");
        assert_refused_before_connecting(&finished, 64);
    }
}

/// A85: invalid configurations.
#[test]
fn an_invalid_configuration_is_one_line_with_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chatroom.toml");
    let path = file.to_str().unwrap();
    for (text, place, part) in [
        (b"nick = \"a\"\nfrob = 1\n".as_slice(), ":2:1: ", "frob"),
        (b"nick = 7\n", ":1:8: ", "expected a text in quotes"),
        (
            b"nick = \"a\"\nnick = \"b\"\n",
            ":2:1: ",
            "duplicate key `nick`",
        ),
        (b"control = 1\n", ":1:11: ", "expected true or false"),
        (b"people = \"bob\"\n", ":1:10: ", "expected a list"),
        (b"# x\nnick = \"\xff\"\n", ":2:9: ", "UTF-8"),
    ] {
        fs::write(&file, text).unwrap();
        let finished = run(chatroom(&["--config", path, "127.0.0.1:1"]), "");
        assert_eq!(finished.status, Some(78), "{finished:?}");
        assert_eq!(finished.err.lines().count(), 1, "{finished:?}");
        assert!(
            finished.err.contains(&format!("{path}{place}")),
            "{finished:?}"
        );
        assert!(finished.err.contains(part), "{part} in {finished:?}");
    }
    // The pipe has no writer.
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let [folder, pipe] = [folder.path(), &pipe].map(|path| path.to_str().unwrap());
    for wrong in [folder, pipe, "/dev/zero", "/nonexistent"] {
        let finished = run(chatroom(&["--config", wrong, "127.0.0.1:1"]), "");
        assert_eq!(finished.status, Some(66), "{finished:?}");
        assert_eq!(finished.err.lines().count(), 1, "{finished:?}");
    }
}

/// A86: names in the configuration that contain more than a name.
#[test]
fn control_characters_in_the_configuration_are_refused_before_connecting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chatroom.toml");
    let path = file.to_str().unwrap();
    let server = "[servers.x]\naddress = \"127.0.0.1:1\"\n";
    for (text, place) in [
        ("nick = \"a\\r\\nQUIT\"".to_owned(), ":1:8: "),
        ("ignore = [\"a\\r\\nQUIT\"]".to_owned(), ":1:11: "),
        (format!("{server}nick = \"b\\nQUIT\""), ":3:8: "),
        (
            format!("{server}alternatives = [\"b\", \"c\\nQUIT\"]"),
            ":3:22: ",
        ),
        (format!("{server}rooms = [\"#a\\r\\nQUIT\"]"), ":3:10: "),
        (
            format!("{server}on-connect = [\"/raw A\\r\\nQUIT\"]"),
            ":3:15: ",
        ),
        (
            "[servers.x]\naddress = \"h\\r\\nQUIT\"".to_owned(),
            ":2:11: ",
        ),
    ] {
        fs::write(&file, &text).unwrap();
        let finished = run(chatroom(&["--config", path, "127.0.0.1:1"]), "");
        assert_eq!(finished.status, Some(78), "{text}: {finished:?}");
        assert_eq!(finished.err.lines().count(), 1, "{finished:?}");
        assert!(
            finished.err.contains(&format!("{path}{place}")),
            "{finished:?}"
        );
    }
}

/// A83: the reader of the output closes it.
#[test]
fn a_closed_output_ends_the_program_quietly() {
    let fake = Fake::usual("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let address = fake.address.to_string();
    let mut command = chatroom(&["--nick", "ci", "--format", "raw", "--follow", &address]);
    command.stdout(writer);
    let finished = Program::start_with_output(command).finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.err, "");
}

#[test]
fn lines_are_sent_also_with_a_closed_output() {
    let fake = Fake::usual("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let address = fake.address.to_string();
    let mut command = chatroom(&["--nick", "ci", "--format", "raw", &address]);
    command.stdout(writer);
    let mut program = Program::start_with_output(command);
    // By now the output of the join has been written, or rather dropped.
    while !fake.line().starts_with("PING :chatroom-settled") {}
    program.give("one\n");
    while !fake.line().ends_with(":one") {}
    program.give("two\n");
    program.end_input();
    while !fake.line().ends_with(":two") {}
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.err, "");
}

/// A72: an unfinished line is not shown as if it were complete.
#[test]
fn an_unfinished_line_is_not_a_message() {
    let mut answer = answers("");
    let fake = Fake::start(move |line| match line {
        "PRIVMSG #lobby :x" => None,
        line if line.starts_with("PING") => {
            Some(format!("{}:bob!b@h PRIVMSG #lobby :par", answer(line)?))
        }
        line => answer(line),
    });
    let address = fake.address.to_string();
    let finished = run(chatroom(&["--nick", "ci", "--follow", &address]), "x\n");
    assert_eq!(finished.status, Some(69), "{finished:?}");
    assert!(!finished.out.contains("par"), "{finished:?}");
}

#[test]
fn a_server_that_sends_pings_and_reads_no_answer_costs_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let program = Program::start(chatroom(&["--nick", "ci", &address]));
    let mut stream = accept(&listener);
    stream
        .set_write_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let question = format!("PING :{}\r\n", "x".repeat(400)).repeat(1_000);
    let mut asked = 0;
    while asked < 60 * 1024 * 1024 && stream.write_all(question.as_bytes()).is_ok() {
        asked += question.len();
    }
    assert!(program.most_memory_bytes() < 24 * 1024 * 1024);
    drop(stream);
    let finished = program.finish();
    assert_eq!(finished.status, Some(69), "{finished:?}");
}

#[test]
fn an_output_that_is_not_read_does_not_cost_the_connection() {
    const LINES: usize = 60_000;
    let text = "x".repeat(100);
    let (asked, answered) = mpsc::channel();
    let fake = Fake::start({
        let mut answer = answers("");
        move |line| {
            let mut lines = answer(line)?;
            if line.starts_with("PING :begin") || line.starts_with("PRIVMSG") {
                for number in 0..LINES {
                    lines.push_str(&format!(":bob!b@h PRIVMSG #lobby :{number} {text}\r\n"));
                }
                lines.push_str("PING :are-you-there\r\n");
            }
            if line.starts_with("PONG") {
                asked.send(()).unwrap();
            }
            Some(lines)
        }
    });
    let address = fake.address.to_string();
    // The output is never read.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = chatroom(&["--nick", "ci", "-f", "-c", "hello", &address]);
    command.stdout(writer);
    let program = Program::start_with_output(command);
    answered
        .recv_timeout(PATIENCE)
        .expect("the answer to a ping");
    assert!(program.most_memory_bytes() < 64 * 1024 * 1024);
    drop(reader);
}
