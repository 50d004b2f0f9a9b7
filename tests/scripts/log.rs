//! The log: its content, and its display.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;

use super::fake::{Fake, answers};
use super::support::{Finished, Program, chatroom, run, say};
use crate::common::Server;

/// A user's home, with a configuration that keeps a log.
struct Home {
    folder: tempfile::TempDir,
    server: SocketAddr,
}

impl Home {
    fn of(server: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Self { folder, server };
        home.configure("nick = \"alice\"\nlog = true\n");
        home
    }

    fn configure(&self, text: &str) {
        let folder = self.folder.path().join(".config");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("chatroom.toml"), text).unwrap();
    }

    /// `chatroom` of this user.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = chatroom(arguments);
        command.env("HOME", self.folder.path());
        command.env("CHATROOM_SERVER", self.server.to_string());
        command
    }

    /// The output of `chatroom log` with these options. Some of these logs have a damaged line.
    fn log(&self, options: &[&str]) -> String {
        let finished = self.ask(options, "");
        assert_eq!(finished.status, Some(0), "{finished:?}");
        let is_other = |line: &&str| !line.ends_with(".ndjson: one line is damaged and left out.");
        let others: Vec<&str> = finished.err.lines().filter(is_other).collect();
        assert_eq!(others, [""; 0]);
        finished.out
    }

    fn ask(&self, options: &[&str], input: &str) -> Finished {
        let mut command = self.command(&["log"]);
        command.args(options);
        run(command, input)
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join(".local/state/chatroom/log")
    }

    /// The folder of the server's log, whether it exists or not.
    fn server_log(&self) -> PathBuf {
        let (host, port) = (self.server.ip(), self.server.port());
        self.logs().join(format!("at-{host}-{port}"))
    }

    /// Appends records to the log of this day.
    fn put(&self, day: &str, lines: &str) {
        fs::create_dir_all(self.server_log()).unwrap();
        fs::write(self.server_log().join(format!("{day}.ndjson")), lines).unwrap();
    }
}

/// The text after its first line, which has the date.
fn after_day(shown: &str) -> &str {
    let (day, rest) = shown.split_once('\n').unwrap();
    assert!(day.starts_with("— ") && day.ends_with(" —"), "{day}");
    rest
}

#[test]
fn the_log_shows_the_conversation_unchanged_and_only_its_owner_can_read_it() {
    let server = Server::start(&[]);
    let home = Home::of(server.address);
    let mut bob = server.enter("bob");
    let mut live = Program::start(home.command(&["--plain", "--color", "never"]));
    bob.expect(":alice!");
    say(&mut bob, "alice: \u{2}hi\u{2} \u{1b}[2J\u{202e}");
    bob.send("PRIVMSG alice :\u{1}ACTION waves\u{1}");
    bob.send("NOTICE #lobby :beep");
    bob.send("TOPIC #lobby :tea");
    bob.send("JOIN #other\r\nINVITE alice #other");
    bob.send("NICK rob");
    bob.send("PART #lobby :bye");
    live.out.wait_for("(bye)");
    live.give("/whois rob\n/names\n/away lunch\n/kick bob\n");
    live.out.wait_for("Only an operator");
    live.give("/quit\n");
    let live = live.finish();
    assert_eq!(live.status, Some(0), "{live:?}");
    let seen = live.out.replace(" /help lists the commands.", "");
    // Every room in the log must be named, and the reply to a refused line has its time.
    let shown = home.log(&[]).replace("#lobby ", "");
    let refused = shown.find("Only an operator").unwrap();
    let (before, refused) = shown.split_at(refused);
    let (before, time) = before.split_at(before.len() - "12:24 ".len());
    assert!(time.contains(':'), "{time:?}");
    let shown = format!("{before}{refused}");
    assert_eq!(after_day(&shown), seen.replace("#lobby ", ""));
    let days: Vec<_> = fs::read_dir(home.server_log()).unwrap().collect();
    assert_eq!(days.len(), 1);
    for place in [home.server_log(), days[0].as_ref().unwrap().path()] {
        let mode = fs::metadata(&place).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{place:?}");
    }
}

#[test]
fn json_output_and_the_log_have_the_same_format_and_display() {
    let server = Server::start(&[]);
    let home = Home::of(server.address);
    let mut bob = server.enter("bob");
    let follow = |format, nick| {
        let options = ["--follow", "--format", format, "--nick", nick];
        let mut program = Program::start(home.command(&options));
        program.end_input();
        program
    };
    let json = follow("json", "alice");
    bob.expect(":alice!");
    let plain = follow("plain", "carol");
    bob.expect(":carol!");
    say(&mut bob, "one");
    bob.send("PRIVMSG #lobby :\u{1}ACTION waves\u{1}");
    say(&mut bob, "alice: last");
    let stream = json.out.wait_for("last");
    let live = plain.out.wait_for("last");
    for program in [json, plain] {
        program.signal(Signal::SIGTERM);
        program.finish();
    }
    // Two clients have written this log at once, so bob's messages are in it twice.
    let log = home.log(&["--format", "json"]);
    for line in stream.lines() {
        assert!(log.lines().any(|other| other == line), "{line}: {log}");
    }
    let shown = home.ask(&["-"], &stream);
    assert_eq!(
        (shown.status, shown.err.as_str()),
        (Some(0), ""),
        "{shown:?}"
    );
    for line in live.lines() {
        assert!(
            shown.out.lines().any(|other| other == line),
            "{line}: {}",
            shown.out
        );
    }
    assert!(home.log(&[]).contains("#lobby * bob waves\n"));
}

/// Events of two days.
const SEEN: [&str; 2] = [
    r##"{"kind":"join","time":"2026-03-01T22:00:00Z","room":"#a","nick":"alice","people":["bob"],"own":true}
{"kind":"message","time":"2026-03-01T22:01:00Z","room":"#a","nick":"bob","text":"one apple"}
{"kind":"message","time":"2026-03-01T22:02:00Z","room":"#b","nick":"carol","text":"two pears"}
{"kind":"whisper","time":"2026-03-01T22:03:00Z","nick":"Bob","text":"psst"}
{"kind":"quit","time":"2026-03-01T22:04:00Z","nick":"carol"}
"##,
    r##"{"kind":"whisper","time":"2026-03-02T10:00:00Z","nick":"bob","text":"yes","own":true,"fate":"refused"}
{"kind":"rename","time":"2026-03-02T10:00:01Z","nick":"bob","other":"rob"}

{"kind":"message","time":"2026-03-02T10:01:00Z","room":"#A","nick":"rob","text":"\u001b[2Jlate apple"}
{"kind":"quit","time":"2026-03-02T10:02:00Z","nick":"rob","text":"bye"}
{"kind":"refused","time":"2026-03-02T10:03:00Z","text":"There is no user rob."}
{"kind":"message","time":"2026-03-02T10:0"##,
];

#[test]
fn the_log_is_filtered_by_room_user_time_and_text() {
    let home = Home::of("127.0.0.1:9".parse().unwrap());
    home.put("2026-03-01", SEEN[0]);
    home.put("2026-03-02", SEEN[1]);
    let all = home.log(&[]);
    assert_eq!(
        all,
        "— Sunday, 1 March 2026 —\n\
         You are alice in #a, with bob.\n\
         22:01 #a <bob> one apple\n\
         22:02 #b <carol> two pears\n\
         22:03 *Bob* whispers: psst\n\
         22:04 ← carol left\n\
         — Monday, 2 March 2026 —\n\
         10:00 you whisper to bob: yes (not delivered)\n\
         10:00 bob is now rob\n\
         10:01 #A <rob> ^[[2Jlate apple\n\
         10:02 ← rob left (bye)\n\
         10:03 There is no user rob.\n"
    );
    let shown = |options: &[&str]| -> Vec<String> {
        let lines = home.log(options);
        let lines = lines.lines().filter(|line| !line.starts_with('—'));
        lines.map(str::to_owned).collect()
    };
    let in_room = shown(&["--room", "#A"]);
    assert_eq!(in_room, shown(&["--room", "a"]));
    assert_eq!(
        in_room,
        [
            "You are alice in #a, with bob.",
            "22:01 <bob> one apple",
            "10:00 bob is now rob",
            "10:01 <rob> ^[[2Jlate apple",
            "10:02 ← rob left (bye)",
        ]
    );
    assert_eq!(
        shown(&["--room", "@bob"]),
        [
            "22:03 *Bob* whispers: psst",
            "10:00 you whisper to bob: yes (not delivered)",
            "10:00 bob is now rob",
        ]
    );
    assert_eq!(shown(&["--grep", "app|pear"]).len(), 3);
    assert_eq!(shown(&["--grep", "^#b <carol>"]).len(), 1);
    assert_eq!(shown(&["--since", "2026-03-02 10:01"]).len(), 3);
    assert_eq!(shown(&["--since", "2026-03-02T10:02:00Z"]).len(), 2);
    assert_eq!(shown(&["--since", "2h"]).len(), 0);
    let objects = home.log(&["--format", "json", "--grep", "pear"]);
    // Earlier versions wrote no network.
    let line = SEEN[0].lines().nth(2).unwrap();
    let line = line.replace("\"room\"", "\"network\":\"127.0.0.1:9\",\"room\"");
    assert_eq!(objects, format!("{line}\n"));
}

#[test]
fn invalid_queries_are_reported_and_nothing_is_shown() {
    let home = Home::of("127.0.0.1:9".parse().unwrap());
    for (options, status, words) in [
        (["--since", "soon"], 64, "expected a time such as 30m, 2h"),
        (["--grep", "("], 64, "unclosed group"),
        (
            ["--format", "raw"],
            64,
            "The log has no lines of the protocol",
        ),
        (["--room", "#a"], 66, "There is no log of 127.0.0.1:9"),
    ] {
        let finished = home.ask(&options, "");
        assert_eq!(finished.status, Some(status), "{finished:?}");
        assert!(finished.err.contains(words), "{finished:?}");
        assert_eq!(finished.out, "");
    }
    home.put("2026-03-01", SEEN[0]);
    home.configure("");
    let finished = home.ask(&["chat.example"], "");
    assert_eq!(
        finished.err,
        format!(
            "chatroom: There is no log of ircs://chat.example:6697. There are logs of 127.0.0.1:9. Set log = \
             true in {}/.config/chatroom.toml to keep one.\n",
            home.folder.path().display()
        )
    );
}

#[test]
fn invalid_lines_of_the_log_are_left_out_and_reported() {
    let home = Home::of("127.0.0.1:9".parse().unwrap());
    let input = format!("hello\n{}\u{1b}[2J\n{}", SEEN[0], "x".repeat(2_000_000));
    let finished = home.ask(&["-", "--grep", "pear"], &input);
    assert_eq!(finished.status, Some(65), "{finished:?}");
    assert_eq!(after_day(&finished.out), "22:02 #b <carol> two pears\n");
    let report: Vec<&str> = finished.err.lines().collect();
    assert_eq!(report.len(), 3, "{report:?}");
    for (line, number) in report.iter().zip([1, 7, 8]) {
        let expected = format!("chatroom: line {number}: Skipped: not a valid record.");
        assert_eq!(*line, expected);
    }
}

#[test]
fn messages_logged_by_two_sessions_are_shown_once_and_damaged_lines_are_reported() {
    let home = Home::of("127.0.0.1:9".parse().unwrap());
    let record = |kind: &str, rest: &str| {
        format!(
            r##"{{"kind":"{kind}","time":"2026-03-01T10:00:00Z","room":"#a","nick":"ann",{rest}}}"##
        )
    };
    let lines = [
        record("message", r#""text":"one","msgid":"x1""#),
        record("message", r#""text":"one","msgid":"x1","own":true"#),
        record("topic", r#""text":"one line, another kind","msgid":"x1""#),
        record("message", r#""text":"no id""#),
        record("message", r#""text":"no id""#),
        record("message", r#""text":"two","msgid":"x2""#),
        record("topic", r#""text":"to the second""#),
        record("topic", r#""text":"to the second""#),
        record("topic", r#""text":"to the millisecond""#).replace(":00Z", ":00.123Z"),
        record("topic", r#""text":"to the millisecond""#).replace(":00Z", ":00.123Z"),
        "{\"kind\":\"mess".to_owned(),
    ];
    home.put("2026-03-01", &lines.join("\n"));
    let finished = home.ask(&["--format", "json"], "");
    let shown: Vec<&str> = finished.out.lines().collect();
    let expected = [0, 2, 3, 4, 5, 6, 7, 8].map(|number| lines[number].as_str());
    assert_eq!(shown.len(), expected.len(), "{finished:?}");
    for (shown, expected) in shown.iter().zip(expected) {
        let text = |line: &str| line.split("\"text\":").nth(1).unwrap().to_owned();
        assert_eq!(text(shown), text(expected));
    }
    let file = home.server_log().join("2026-03-01.ndjson");
    let words = format!(
        "chatroom: {}: one line is damaged and left out.\n",
        file.display()
    );
    assert_eq!(finished.err, words);
    assert_eq!(finished.status, Some(0));
}

#[test]
fn times_are_shown_in_the_named_zone_and_an_unknown_zone_is_reported_once() {
    let line =
        r##"{"kind":"message","time":"2026-07-01T12:00:00Z","room":"#c","nick":"a","text":"x"}"##;
    let shown = |zone: &str, options: &[&str]| {
        let mut command = chatroom(&["log", "-"]);
        command.args(options).env("TZ", zone);
        run(command, format!("{line}\n"))
    };
    for (zone, time) in [
        ("Europe/Berlin", "14:00"),
        (":America/New_York", "08:00"),
        ("UTC", "12:00"),
        ("CET-1", "13:00"),
        ("", "12:00"),
    ] {
        let finished = shown(zone, &[]);
        let expected = format!("{time} #c <a> x\n");
        assert_eq!(after_day(&finished.out), expected, "{zone}: {finished:?}");
        assert_eq!(finished.err, "", "{zone}");
    }
    // The day begins in that zone too.
    let late = shown("Pacific/Kiritimati", &["--since", "2026-07-02"]);
    assert_eq!(late.out, "— Thursday, 2 July 2026 —\n02:00 #c <a> x\n");
    let unknown = shown("Europe/Berln", &["--since", "2026-07-01"]);
    assert_eq!(after_day(&unknown.out), "12:00 #c <a> x\n");
    let words = "is not a known time zone. Times are shown in UTC.";
    assert_eq!(unknown.err, format!("chatroom: TZ=Europe/Berln {words}\n"));
}

#[test]
fn a_closed_output_of_the_log_ends_it_quietly() {
    let home = Home::of("127.0.0.1:9".parse().unwrap());
    home.put("2026-03-01", &SEEN[0].repeat(2_000));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command(&["log"]);
    command.stdout(writer);
    let finished = Program::start_with_output(command).finish();
    assert_eq!((finished.status, finished.err.as_str()), (Some(0), ""));
}

/// A74: names of rooms, users and networks occur in the lines, and in no path.
#[test]
fn no_name_leads_out_of_the_log_folder() {
    let mut answer = answers("");
    let extra = ":s 005 ci NETWORK=../../x :are supported\r\n\
         :../../e!u@h PRIVMSG #lobby :one\r\n\
         :con!u@h PRIVMSG #../../../etc/x :two\r\n\
         :..!u@h PRIVMSG ci :three\r\n";
    let fake = Fake::start(move |line| {
        let mut answered = answer(line)?;
        if line.starts_with("USER") {
            answered.push_str(extra);
        }
        Some(answered)
    });
    let home = Home::of(fake.address);
    let finished = run(home.command(&["--nick", "ci"]), "hello\n");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let log = home.log(&[]);
    for text in ["one", "two", "three"] {
        assert!(log.contains(text), "{log}");
    }
    let mut folders = vec![home.logs()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files += 1,
            }
        }
    }
    assert_eq!(files, 1);
    let state = home.logs();
    let state = state.parent().unwrap();
    assert_eq!(fs::read_dir(state).unwrap().count(), 1, "{state:?}");
}

#[test]
fn a_limit_on_file_sizes_is_reported_and_does_no_other_harm() {
    let server = Server::start(&["--no-limits"]);
    let home = Home::of(server.address);
    let mut bob = server.enter("bob");
    // At most 512 or 1024 bytes, depending on the shell.
    let limited = "ulimit -f 1; exec \"$0\" --follow --nick alice";
    let mut command = Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_chatroom")]);
    command.env_clear().env("HOME", home.folder.path());
    command.env("CHATROOM_SERVER", server.address.to_string());
    let mut alice = Program::start(command);
    bob.expect(":alice!");
    for number in 0..50 {
        say(&mut bob, &format!("number {number}"));
    }
    alice.out.wait_for("number 49");
    let report = alice.err.wait_until(|text| text.ends_with('\n'));
    assert!(report.contains("Cannot write the log in "), "{report}");
    assert_eq!(report.lines().count(), 1, "{report}");
    alice.give("still here\n");
    bob.expect("still here");
    alice.signal(Signal::SIGTERM);
    let finished = alice.finish();
    assert_eq!(finished.err, report);
    let log = home.log(&[]);
    assert!(
        log.contains("<bob> number 0\n") && !log.contains("number 49"),
        "{log}"
    );
}

#[test]
fn own_messages_are_logged_with_their_delivery_and_passwords_are_not() {
    let server = Server::start(&[]);
    let home = Home::of(server.address);
    let mut bob = server.enter("bob");
    let _services = server.enter("NickServ");
    let long = "long ".repeat(120);
    let lines = format!(
        "hello\n@bob psst\n/me waves\n@nobody lost words\n@NickServ identify hunter2\n\
         /msg nickserv register hunter2 a@b\n/raw OPER root hunter2\n{long}\n"
    );
    let mut live = Program::start(home.command(&["--plain"]));
    bob.expect(":alice!");
    live.give(&lines);
    // Its last lines.
    bob.expect("PRIVMSG #lobby :long");
    bob.expect("PRIVMSG #lobby :long");
    live.give("/quit\n");
    let live = live.finish();
    assert!(!live.out.contains("<alice>"), "{live:?}");
    assert!(live.out.contains("Not delivered: lost words\n"), "{live:?}");
    let finished = run(home.command(&["--nick", "ci"]), &lines);
    assert_eq!(finished.status, Some(65), "{finished:?}");
    let log = home.log(&[]);
    for nick in ["alice", "ci"] {
        assert!(log.contains(&format!("#lobby <{nick}> hello\n")), "{log}");
        assert!(log.contains(&format!("#lobby * {nick} waves\n")), "{log}");
        let long = log.matches(&format!("#lobby <{nick}> long ")).count();
        assert_eq!(long, 2, "{log}");
    }
    for line in [
        "you whisper to bob: psst\n",
        "you whisper to nobody: lost words (not delivered)\n",
    ] {
        assert_eq!(log.matches(line).count(), 2, "{line}: {log}");
    }
    let objects = home.log(&["--format", "json"]);
    assert!(!objects.contains("hunter2"), "{objects}");
    // The label connects the message ID of the server to the line.
    let own = "\"text\":\"hello\",\"own\":true,\"fate\":\"delivered\",\"msgid\":\"";
    assert_eq!(objects.matches(own).count(), 2, "{objects}");
}
