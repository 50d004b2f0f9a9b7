//! Parsing and writing lines, in comparison with the `irc-proto` crate in the same run.
//!
//! `cargo bench --bench wire`

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::fmt::Write as _;
use std::hint::black_box;

use chatting_room::wire::outgoing;
use chatting_room::wire::{Line, Lines, Message, Request};
use irc_proto::Message as TheirMessage;

use support::Arguments;
use support::report::print;
use support::timing::nanoseconds;

/// Typical lines for a server and a client.
const SAMPLES: &[(&str, &str)] = &[
    ("short request", "PING 1234567890"),
    (
        "said in a room",
        "PRIVMSG #lobby :what people say is about as long as this line, give or take.",
    ),
    (
        "relayed",
        ":alice!~alice@127.0.0.1 PRIVMSG #lobby :what people say is about as long as this line.",
    ),
    (
        "with tags",
        "@time=2026-11-22T12:24:24.123Z;msgid=18d3f-1a;account=alice \
         :alice!~alice@127.0.0.1 PRIVMSG #lobby :what people say is about as long as this.",
    ),
    (
        "many parameters",
        ":chat.example 352 alice #lobby ~bob 10.0.0.1 chat.example bob H@ :0 Robert Robertson",
    ),
];

fn main() {
    let arguments = Arguments::read();
    let rounds = arguments.count(40);
    let rate = |bytes: usize, time: f64| bytes as f64 * 1e3 / time;
    println!("the wire, on one core, medians; irc-proto 1.1 beside it\n");
    for (name, line) in SAMPLES.iter().filter(|(name, _)| arguments.wants(name)) {
        let ours = nanoseconds(rounds, || {
            Message::parse(black_box(line)).unwrap().command.len()
        });
        let ending = format!("{line}\r\n");
        let theirs = nanoseconds(rounds, || {
            black_box(&ending).parse::<TheirMessage>().unwrap()
        });
        let measures = [
            ("parse: ns per message", ours),
            ("parse: MB a second", rate(line.len(), ours)),
            ("irc-proto, parse: ns per message", theirs),
            ("irc-proto, parse: MB a second", rate(line.len(), theirs)),
        ];
        let measures = measures.map(|(name, value)| (name.to_owned(), value));
        print(&format!("{name}, {} bytes", line.len()), &measures.to_vec());
    }
    if arguments.wants("write") {
        write(rounds);
    }
    if arguments.wants("cut") {
        cut(rounds);
    }
}

/// Writes a request as a line; the same with the other crate.
fn write(rounds: usize) {
    let text = "what people say is about as long as this line, give or take.";
    let ours = nanoseconds(rounds, || {
        let targets = black_box("#lobby");
        outgoing::encode(&Request::Privmsg { targets, text }).unwrap()
    });
    let message = format!("PRIVMSG #lobby :{text}\r\n");
    let message: TheirMessage = message.parse().unwrap();
    let theirs = nanoseconds(rounds, || {
        let mut line = String::new();
        write!(line, "{}", black_box(&message)).unwrap();
        line
    });
    let measures = vec![
        ("write: ns per message".to_owned(), ours),
        ("irc-proto, write: ns per message".to_owned(), theirs),
    ];
    print("a request written", &measures);
}

/// Splits bytes from a socket into lines and reads each as a request: all work on a line before the
/// hub handles it.
fn cut(rounds: usize) {
    let line = format!("{}\r\n", SAMPLES[1].1);
    let chunk = line.repeat(16 * 1024 / line.len());
    let count = chunk.len() / line.len();
    let time = nanoseconds(rounds, || {
        let mut lines = Lines::new(512);
        let mut fresh = black_box(chunk.as_bytes());
        let mut read = 0;
        while let Some(Line::Whole(line)) = lines.next_line(&mut fresh) {
            let message = Message::from_client(line).unwrap();
            read += usize::from(Request::read(&message).is_ok());
        }
        assert_eq!(read, count);
    });
    let measures = vec![
        ("ns per line".to_owned(), time / count as f64),
        ("MB a second".to_owned(), chunk.len() as f64 * 1e3 / time),
    ];
    print("16 KiB cut into lines and read as requests", &measures);
}
