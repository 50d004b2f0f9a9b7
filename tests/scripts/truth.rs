//! The reported state of each line is true: accepted, refused, unknown, not sent.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};

use super::fake::{Fake, LABELS, Recorder, answers};
use super::foreign::Foreign;
use super::support::{Finished, Program, chatroom, messages_from, run};
use crate::common::{PATIENCE, Server, accept};

/// Lines of which each `every`th has a target that does not exist; the numbers of these; the texts
/// of the others.
fn with_refused(count: usize, every: usize) -> (String, Vec<usize>, Vec<String>) {
    let is_refused = |number: &usize| number % every == every / 2;
    let line = |number: usize| match is_refused(&number) {
        true => format!("@nobody{number} x\n"),
        false => format!("line {number}\n"),
    };
    let numbers = 1..=count;
    (
        numbers.clone().map(line).collect(),
        numbers.clone().filter(is_refused).collect(),
        numbers
            .filter(|number| !is_refused(number))
            .map(|number| format!("line {number}"))
            .collect(),
    )
}

fn assert_refused(finished: &Finished, numbers: &[usize]) {
    assert_eq!(finished.status, Some(65), "{finished:?}");
    let expected: String = numbers
        .iter()
        .map(|number| {
            format!(
                "chatroom: line {number}: There is no user nobody{number}. /names lists who is here.\n"
            )
        })
        .collect();
    let report: Vec<&str> = finished.err.lines().collect();
    assert_eq!(report.len(), numbers.len(), "{}", finished.err);
    for (line, number) in report.iter().zip(numbers) {
        let start = format!("chatroom: line {number}: There is no user nobody{number}");
        assert!(line.starts_with(&start), "{line}; expected {expected}");
    }
}

fn script(address: SocketAddr, options: &[&str], input: &str) -> Finished {
    let mut command = chatroom(&["--nick", "ci", &address.to_string()]);
    command.args(options);
    run(command, input)
}

#[test]
fn ten_of_a_thousand_lines_are_refused_by_number_and_the_others_arrive_in_order() {
    let (input, refused, texts) = with_refused(1_000, 100);
    assert_eq!((refused.len(), texts.len()), (10, 990));
    let server = Server::start(&["--no-limits"]);
    let mut bob = server.enter("bob");
    assert_refused(&script(server.address, &[], &input), &refused);
    assert_eq!(messages_from(&mut bob, "ci"), texts);

    for capabilities in ["", LABELS, "batch labeled-response"] {
        let fake = Fake::usual(capabilities);
        assert_refused(&script(fake.address, &[], &input), &refused);
        let said = fake.said();
        let arrived: Vec<_> = said.iter().filter(|text| *text != "x").collect();
        assert!(arrived.iter().copied().eq(&texts), "{capabilities}");
    }
}

#[test]
fn a_server_with_flood_control_is_not_flooded() {
    let (input, refused, texts) = with_refused(40, 20);
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    assert_refused(&script(server.address, &[], &input), &refused);
    assert_eq!(messages_from(&mut bob, "ci"), texts);
}

/// Runs this script in a room with a listener, and returns the messages that the listener received.
fn run_with_listener(server: &Foreign, input: &str) -> (Finished, Vec<String>) {
    let address = server.address.to_string();
    let listener = ["--nick", "bob", "--join", "#t", "--follow", "-q"];
    let mut listening = chatroom(&listener);
    listening.args(["--format", "raw", &address]);
    let listening = Program::start(listening);
    listening.out.wait_for(" 366 bob #t ");
    let options = ["--nick", "ci", "--join", "#t", &address];
    let mut program = Program::start(chatroom(&options));
    program.give(input);
    program.end_input();
    listening.out.wait_long(10, |out| out.contains(" QUIT "));
    let finished = program.finish();
    listening.signal(nix::sys::signal::Signal::SIGTERM);
    let received = listening.finish().out;
    let said = received.lines().filter_map(super::fake::said).collect();
    (finished, said)
}

#[test]
fn ngircd_gets_every_line_and_refused_lines_are_reported_by_number() {
    let Some(server) = Foreign::ngircd() else {
        return;
    };
    let (input, refused, texts) = with_refused(20, 10);
    let (finished, received) = run_with_listener(&server, &input);
    assert_refused(&finished, &refused);
    assert_eq!(received, texts);
}

#[test]
#[ignore = "ngircd takes three lines a second, so this takes six minutes"]
fn ngircd_gets_a_thousand_lines() {
    let Some(server) = Foreign::ngircd() else {
        return;
    };
    let (input, refused, texts) = with_refused(1_000, 100);
    let (finished, received) = run_with_listener(&server, &input);
    assert_refused(&finished, &refused);
    assert_eq!(received, texts);
}

/// The three lists of lines in the report of a lost connection.
pub(super) struct DeliveryReport {
    pub(super) delivered: Vec<(usize, usize)>,
    unknown: Vec<(usize, usize)>,
    pub(super) unsent: Vec<(usize, usize)>,
}

impl DeliveryReport {
    pub(super) fn read(err: &str) -> Self {
        let (_, report) = err.split_once("lines delivered: ").unwrap();
        let (delivered, report) = report.split_once("; unknown: ").unwrap();
        let (unknown, unsent) = report
            .trim_end_matches(['\n', '.'])
            .split_once("; not sent: ")
            .unwrap();
        Self {
            delivered: ranges(delivered),
            unknown: ranges(unknown),
            unsent: ranges(unsent),
        }
    }
}

/// `1-3, 5, and from 7 on`.
fn ranges(text: &str) -> Vec<(usize, usize)> {
    let number = |text: &str| text.parse().unwrap();
    let range = |text: &str| {
        let text = text.trim_start_matches("and ");
        if let Some(from) = text.strip_prefix("from ") {
            return (number(from.trim_end_matches(" on")), usize::MAX);
        }
        match text.split_once('-') {
            Some((first, last)) => (number(first), number(last)),
            None => (number(text), number(text)),
        }
    };
    match text {
        "none" => Vec::new(),
        some => some.split(", ").map(range).collect(),
    }
}

pub(super) fn has(ranges: &[(usize, usize)], number: usize) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&number))
}

#[test]
fn the_report_after_a_killed_server_is_never_wrong() {
    const LINES: usize = 3_000;
    const RUNS: usize = 200;
    let input: String = (1..=LINES)
        .map(|number| match number % 7 {
            3 => format!("@nobody{number} {number}\n"),
            5 => format!("/me {number}\n"),
            _ => format!("{number}\n"),
        })
        .collect();
    let mut in_the_middle = 0;
    let mut seed: usize = 12_345;
    for round in 0..RUNS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let after = (seed >> 33) % 1_500;
        let capabilities = if round % 2 == 0 { "" } else { LABELS };
        let recorder = Recorder::start(capabilities);
        let address = recorder.address.to_string();
        let mut program = Program::start(chatroom(&["--nick", "ci", &address]));
        // The client may have ended before it has read everything.
        let _ = program.try_give(&input);
        program.end_input();
        let taken: Vec<usize> = recorder
            .kill_after(after)
            .iter()
            .map(|text| {
                text.trim_matches(|c: char| !c.is_ascii_digit())
                    .parse()
                    .unwrap()
            })
            .collect();
        let finished = program.finish();
        if finished.status == Some(65) {
            assert_eq!(taken.len(), LINES, "all was done before the end");
            continue;
        }
        assert_eq!(finished.status, Some(69), "{finished:?}");
        if !finished.err.contains("lines delivered") {
            assert_eq!(taken.len(), 0, "{finished:?}");
            continue;
        }
        in_the_middle += 1;
        let report = DeliveryReport::read(&finished.err);
        let mut was_taken = vec![false; LINES + 1];
        taken.iter().for_each(|number| was_taken[*number] = true);
        for (number, was_taken) in was_taken.iter().enumerate().skip(1) {
            let refused = format!("chatroom: line {number}: ");
            let is_refused = number % 7 == 3 && finished.err.contains(&refused);
            let known = [
                is_refused,
                has(&report.delivered, number),
                has(&report.unknown, number),
                has(&report.unsent, number),
            ];
            let count = known.iter().filter(|known| **known).count();
            assert_eq!(count, 1, "line {number}: {known:?} in {}", finished.err);
            if is_refused || known[1] {
                assert!(was_taken, "line {number} was not taken: {}", finished.err);
            }
            if known[3] {
                assert!(!was_taken, "line {number} was taken: {}", finished.err);
            }
        }
    }
    assert!(in_the_middle > RUNS / 2, "only {in_the_middle}");
}

#[test]
fn a_strict_script_ends_at_the_first_refused_line() {
    let fake = Fake::usual("");
    let input = "one\n@nobody2 x\nthree\n";
    let finished = script(fake.address, &["--strict"], input);
    assert_eq!(finished.status, Some(65), "{finished:?}");
    assert_eq!(finished.err.lines().count(), 2, "{finished:?}");
    assert!(
        finished
            .err
            .contains("line 2: The lines after this one are not sent")
    );
    assert_eq!(fake.said(), ["one", "x"]);
}

#[test]
fn lines_from_before_registration_are_not_lost() {
    // The whole script is sent before the server looks at the connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut program = Program::start(chatroom(&["--nick", "ci", &address]));
    program.give("one\ntwo");
    program.end_input();
    let stream = accept(&listener);
    let mut said = Vec::new();
    super::fake::serve(stream, answers(""), |line| {
        said.extend(super::fake::said(line));
    });
    assert_eq!(said, ["one", "two"]);
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
}

/// A66, A67.
#[test]
fn a_server_that_never_ends_its_line_or_its_list_is_disconnected() {
    for (start, endless) in [
        ("", "x".repeat(4096)),
        ("", ":s CAP * LS * :a b\r\n".repeat(64)),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let flooding = std::thread::spawn(move || {
            let mut stream = accept(&listener);
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(start.as_bytes()).unwrap();
            let mut sent = 0;
            while stream.write_all(endless.as_bytes()).is_ok() {
                sent += endless.len();
                assert!(sent < 64 * 1024 * 1024, "it reads on and on");
            }
        });
        let finished = script(address, &[], "hello\n");
        assert_eq!(finished.status, Some(76), "{finished:?}");
        assert_eq!(finished.err.lines().count(), 1, "{finished:?}");
        flooding.join().unwrap();
    }
}

#[test]
fn a_hundred_thousand_lines_take_no_more_memory_than_a_few() {
    const LINES: usize = 100_000;
    let server = Server::start(&["--no-limits"]);
    let address = server.address.to_string();
    let mut program = Program::start(chatroom(&["--nick", "ci", &address]));
    let input: String = (0..LINES).map(|number| format!("{number}\n")).collect();
    program.give(input);
    let memory = program.most_memory_bytes();
    program.end_input();
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert!(memory < 32 * 1024 * 1024, "{memory} bytes");
}

#[test]
fn an_interrupted_script_reports_the_state_of_its_lines() {
    let mut usual = answers("");
    let fake = Fake::start(move |line| match line {
        // Only the first line is answered.
        "PING :chatroom-line-0" => usual(line),
        line if line.starts_with("PING :chatroom-line-") => Some(String::new()),
        line => usual(line),
    });
    let address = fake.address.to_string();
    let mut program = Program::start(chatroom(&["--nick", "ci", &address]));
    program.give("one\ntwo\nthree\n");
    while fake.line() != "PRIVMSG #lobby :three" {}
    program.signal(nix::sys::signal::Signal::SIGINT);
    let finished = program.finish();
    assert_eq!(finished.status, Some(130), "{finished:?}");
    let words = "chatroom: Interrupted; lines delivered: 1; unknown: 2-3; not sent: from 4 on.\n";
    assert_eq!(finished.err, words);
}

/// A99: the room is joined only when the server says so.
#[test]
fn text_after_a_join_that_fails_goes_to_no_other_room() {
    for refusal in [
        ":s 520 ci :Cannot join channel #x (IRCops only)\r\n",
        ":s FAIL JOIN CODE #x :not now\r\n",
        ":s NOTICE ci :*** You cannot join #x\r\n",
        "",
    ] {
        for capabilities in ["", LABELS] {
            let mut answer = answers(capabilities);
            let fake = Fake::start(move |line| {
                let answer = answer(line)?;
                Some(match line.split_once("JOIN #x") {
                    Some((label, _)) if !label.is_empty() => {
                        format!("{refusal}{} :s ACK\r\n", label.trim_end())
                    }
                    Some(_) => refusal.to_owned(),
                    None => answer,
                })
            });
            let address = fake.address.to_string();
            let lines = ["-c", "/join #x", "-c", "for x only"];
            let arguments = [&["--nick", "ci", "--join", "#c", &address], &lines[..]].concat();
            let finished = run(chatroom(&arguments), "");
            assert_eq!(finished.status, Some(65), "{refusal} {finished:?}");
            assert!(finished.err.contains("chatroom: line 2: "), "{finished:?}");
            assert_eq!(fake.said(), [""; 0], "{refusal}");
        }
    }
}
