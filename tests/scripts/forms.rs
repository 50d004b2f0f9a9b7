//! The formats of input and output.

use std::net::SocketAddr;
use std::process::Stdio;

use super::fake::Fake;
use super::support::{Finished, Program, chatroom, messages_from, run, say};
use crate::common::Server;

fn script(address: SocketAddr, options: &[&str], input: &str) -> Finished {
    let mut command = chatroom(&["--nick", "ci", &address.to_string()]);
    command.args(options);
    run(command, input)
}

#[test]
fn events_are_printed_as_json_without_control_characters() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let options = ["--nick", "ci", "--format", "json", "--follow"];
    let mut command = chatroom(&options);
    command.arg(server.address.to_string());
    let mut program = Program::start(command);
    program.end_input();
    bob.expect(":ci!");
    say(&mut bob, "a \"b\" \u{1b}[31m\u{202e}");
    bob.send("PRIVMSG ci :\u{1}ACTION waves\u{1}");
    bob.send("PART #lobby :bye");
    let out = program.out.wait_for("\"part\"");
    drop(program);
    let network = format!(",\"network\":\"{}\"", server.address);
    let mut records = out.lines().map(|line| {
        let line = line.strip_prefix("{\"kind\":").unwrap();
        let (kind, rest) = line.split_once(",\"time\":\"").unwrap();
        let (time, rest) = rest.split_once("Z\"").unwrap();
        assert!(time.starts_with("20") && time.contains('T'), "{time}");
        let rest = rest.strip_prefix(&network).unwrap();
        format!("{kind}{rest}")
    });
    for expected in [
        r##""join","room":"#lobby","nick":"ci","people":["bob"],"own":true}"##,
        "\"message\",\"room\":\"#lobby\",\"nick\":\"bob\",\
         \"text\":\"a \\\"b\\\" \\u001b[31m\\u202e\"",
        r#""whisper","nick":"bob","text":"waves","manner":"action""#,
        r##""part","room":"#lobby","nick":"bob","text":"bye"}"##,
    ] {
        let record = records.next().unwrap();
        assert!(
            record.starts_with(expected),
            "{record}; expected {expected}"
        );
    }
}

/// A request, and a part of its answer.
const QUESTIONS: [(&str, &str); 9] = [
    (
        "/help who",
        "/who [-all] [#ROOM]: list the people in a room",
    ),
    ("/topic", "topic of #lobby: tea"),
    ("/mode", "the modes of #lobby are +"),
    ("/rooms", "*1 #lobby  2 here"),
    ("/list", "  #lobby  2 here  tea"),
    ("/names", "#lobby: "),
    ("/who", "#lobby has 2 people:"),
    ("/whois bob", "bob is bob (~bob@"),
    ("/raw VERSION", "chatroomd"),
];

#[test]
fn requests_are_answered_also_at_the_lowest_verbosity() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    bob.send("TOPIC #lobby :tea");
    bob.fence();
    let asked = QUESTIONS.map(|(question, _)| question).join("\n");
    for options in [[].as_slice(), &["-q"]] {
        let done = script(server.address, options, &asked);
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
        for (question, answer) in QUESTIONS {
            assert!(done.out.contains(answer), "{question}: {}", done.out);
        }
    }
    // The topic of the lobby was not requested.
    let silent = script(server.address, &[], "hello");
    assert_eq!((silent.status, silent.out.as_str()), (Some(0), ""));
}

#[test]
fn answers_are_objects_too() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    bob.send("TOPIC #lobby :tea");
    bob.fence();
    let asked = QUESTIONS.map(|(question, _)| question).join("\n");
    let done = script(server.address, &["--format", "json"], &asked);
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    for expected in [
        r#""kind":"note""#,
        r##","room":"#lobby","text":"tea"}"##,
        r##"{"kind":"mode","##,
        r##""rooms":[{"room":"#lobby","number":1,"count":2,"active":true}],"own":true}"##,
        r##""rooms":[{"room":"#lobby","count":2,"topic":"tea"}]}"##,
        r##"{"kind":"names","##,
        r##""nick":"bob","details":{"address":"~bob@127.0.0.1","real_name":"bob","rooms":["#lobby"]"##,
        r#"{"kind":"server","#,
    ] {
        assert!(done.out.contains(expected), "{expected}: {}", done.out);
    }
    // A replayed line looks like the original one.
    let mut again = chatroom(&["log", "-"]);
    again.env("TZ", "UTC");
    let shown = run(again, &done.out);
    for answer in [
        "the modes of #lobby are +",
        "*1 #lobby  2 here",
        "bob is bob (~bob@",
    ] {
        assert!(shown.out.contains(answer), "{answer}: {shown:?}");
    }
}

#[test]
fn json_objects_are_sent_and_invalid_ones_refused_by_number() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let input = "{\"to\":\"#lobby\",\"text\":\"/etc one\"}\n\
        {\"to\":\"bob\",\"text\":\"two\"}\n\
        \n\
        {\"command\":\"/me waves\"}\n\
        hello\n\
        {\"text\":\"@x five\"}\n\
        {\"text\":\"a\\nQUIT :b\"}\n\
        {\"to\":\"bob\",\"txt\":\"x\"}\n";
    let finished = script(server.address, &["--input", "json"], input);
    assert_eq!(finished.status, Some(65), "{finished:?}");
    let report: Vec<&str> = finished.err.lines().collect();
    assert_eq!(report.len(), 3, "{report:?}");
    assert!(report[0].starts_with("chatroom: line 5: This is not an object"));
    assert!(report[1].starts_with("chatroom: line 7: U+000A cannot be sent"));
    assert!(report[2].starts_with("chatroom: line 8: unknown field `txt`"));
    let received = messages_from(&mut bob, "ci");
    assert_eq!(
        received,
        ["/etc one", "two", "\u{1}ACTION waves\u{1}", "@x five"]
    );
}

#[test]
fn text_is_sent_whatever_it_begins_with() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let input = "/quit\n  @bob x\n\n//a\n";
    let finished = script(server.address, &["--input", "text"], input);
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(messages_from(&mut bob, "ci"), ["/quit", "  @bob x", "//a"]);
}

#[test]
fn the_schema_is_json_and_names_every_event() {
    let finished = run(chatroom(&["--generate", "schema"]), "");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    for part in ["\"$schema\"", "\"msgid\"", "\"whisper\"", "\"command\""] {
        assert!(finished.out.contains(part), "{part}");
    }
}

#[test]
fn messages_of_the_command_line_replace_the_input() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let options = ["-c", "one", "-c", "@nobody x", "-c", "@bob three"];
    let finished = script(server.address, &options, "not read\n");
    assert_eq!(finished.status, Some(65), "{finished:?}");
    assert!(
        finished
            .err
            .starts_with("chatroom: line 2: There is no user")
    );
    assert_eq!(messages_from(&mut bob, "ci"), ["one", "three"]);
}

#[test]
fn a_single_message_is_sent_to_a_user_or_a_room() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    for to in ["@bob", "bob", "#lobby"] {
        let finished = script(server.address, &["msg", to, "/hi", "there"], "");
        assert_eq!(finished.status, Some(0), "{finished:?}");
        assert_eq!(messages_from(&mut bob, "ci"), ["/hi there"], "{to}");
    }
}

#[test]
fn a_server_can_be_given_as_a_url() {
    let server = Server::start(&[]);
    let address = format!("irc://{}", server.address);
    let finished = run(chatroom(&["--nick", "ci", &address]), "hello\n");
    assert_eq!(finished.status, Some(0), "{finished:?}");
}

#[test]
fn tee_copies_the_input_unchanged_and_sends_a_part_of_it() {
    let fake = Fake::usual("");
    let lines: String = (1..=1_000).map(|number| format!("/{number}\n")).collect();
    let input = format!("{lines}\u{1b}[1mno end");
    let options = ["--tee", "--max-lines", "3", "--interval", "1h"];
    let finished = script(fake.address, &options, &input);
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.out, input);
    assert_eq!(fake.said(), ["/1", "/2", "998 more lines", "no end"]);
}

#[test]
fn tee_ends_when_its_output_is_closed() {
    let fake = Fake::usual("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = chatroom(&["--nick", "ci", "--tee", &fake.address.to_string()]);
    command.stdout(writer);
    let mut program = Program::start_with_output(command);
    program.give("one\n");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.err, "");
}

#[test]
fn tee_to_a_full_disk_is_74() {
    let fake = Fake::usual("");
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut command = chatroom(&["--nick", "ci", "--tee", &fake.address.to_string()]);
    command.stdout(Stdio::from(full.unwrap()));
    let mut program = Program::start_with_output(command);
    program.give("one\n");
    assert_eq!(program.finish().status, Some(74));
}
