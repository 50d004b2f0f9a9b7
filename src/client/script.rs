//! A conversation in a pipeline: standard input gives the lines, standard output gets what
//! arrives.
//!
//! The line editor is not for pipes: it obeys control characters and ends at the first byte that
//! is not UTF-8. So lines are cut here, by the same code that cuts them on the wire.

use std::io::{self, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as blocking};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc;

use super::event::Event;
use super::network::{self, Command, Front, Scripted};
use super::options::Format;
use super::printer::{Printer, print_to_stdout};
use super::screen::{Look, raw_line};
use super::session::{Outcome, Session};
use super::words;
use super::{Ending, Place};
use crate::wire::{Line, Lines};

/// The longest line taken from standard input, in bytes. What is longer than a line of the wire
/// is sent in pieces, but a file without line endings is a mistake.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// How many lines are read ahead.
const LINES_AHEAD: usize = 256;

/// Runs the conversation to its end: the end of input, or of the server with `follow`.
pub(super) fn run(
    place: Place,
    session: Session,
    look: Look,
    format: Format,
    follow: bool,
) -> io::Result<Ending> {
    let printer = Printer::default();
    let (ended_sender, ended) = blocking::channel();
    let front = ScriptFront {
        look,
        format,
        printer: printer.clone(),
        ended: ended_sender,
    };
    let (lines, receiver) = mpsc::channel(LINES_AHEAD);
    let (commands, taken) = network::commands();
    network::start(
        place.stream,
        place.address,
        session,
        front,
        taken,
        Some(receiver),
    )?;
    let signals = super::quit_on_signals(&[SIGINT, SIGTERM, SIGHUP], commands.clone())?;
    let reader_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&reader_gone);
    let printing = printer.start_plain(print_to_stdout, move |error| {
        // A reader that has seen enough, as `head` does, is the usual end of a pipeline.
        gone.store(error.kind() == io::ErrorKind::BrokenPipe, Ordering::Relaxed);
        let _ = commands.send(Command::Quit(None));
    })?;
    // Nobody joins this thread: it may wait for input for as long as the program lives.
    thread::spawn(move || read_lines(&lines, follow));
    let outcome = ended.recv().ok();
    let printed = printer.drain(printing);
    if !reader_gone.load(Ordering::Relaxed) {
        printed?;
    }
    Ok(Ending {
        outcome,
        signal: signals.received(),
    })
}

/// Reads standard input to its end.
fn read_lines(script: &mpsc::Sender<Scripted>, follow: bool) {
    let mut lines = Lines::new(LINE_BYTES_MAX);
    let mut buffer = vec![0; 64 * 1024];
    let mut number = 0;
    let mut input = io::stdin().lock();
    loop {
        let count = match input.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        // The last line counts also when it has no ending.
        let fresh: &[u8] = match count {
            0 if lines.held_bytes() > 0 => b"\n",
            0 => break,
            count => buffer.get(..count).unwrap_or_default(),
        };
        let mut fresh = fresh;
        while let Some(line) = lines.next_line(&mut fresh) {
            number += 1;
            if script.blocking_send(scripted(number, line)).is_err() {
                return;
            }
        }
        if count == 0 {
            break;
        }
    }
    if follow {
        // The end is not told, so the conversation goes on. The channel must stay open for that.
        thread::park();
    }
    let _ = script.blocking_send(Scripted::End);
}

fn scripted(number: u64, line: Line<'_>) -> Scripted {
    let Line::Whole(bytes) = line else {
        let why = "this line is longer than 64 KiB; it is not sent";
        return Scripted::Unreadable { number, why };
    };
    match str::from_utf8(bytes) {
        Ok(text) => Scripted::Line {
            number,
            text: text.to_owned(),
        },
        Err(_) => {
            let why = "this line is not UTF-8; it is not sent";
            Scripted::Unreadable { number, why }
        }
    }
}

/// Shows a session in a pipeline: what is said on standard output, what is wrong on standard
/// error.
struct ScriptFront {
    look: Look,
    format: Format,
    printer: Printer,
    ended: blocking::Sender<Outcome>,
}

impl Front for ScriptFront {
    fn show(&mut self, event: &Event, unix_seconds: i64, _: &Session) {
        match event {
            Event::Refused {
                number,
                parameters,
                line,
                ..
            } => complain(*line, &words::refusal(*number, parameters)),
            Event::Unsendable { words, line } => complain(*line, &super::safe::safe(words)),
            _ if self.format == Format::Raw => {}
            _ => self
                .printer
                .push(self.look.lines(event, unix_seconds, None)),
        }
    }

    fn received(&mut self, line: &[u8]) {
        if self.format == Format::Raw {
            self.printer.push(raw_line(line));
        }
    }

    fn changed(&mut self, _: &Session) {}

    fn typed_done(&mut self, _: &Session) {}

    fn local(&mut self, line: &str) {
        debug_assert!(!line.is_empty(), "there is something to do");
        complain(
            None,
            "a script has no screen: /clear, /history, /search and /set do nothing",
        );
    }

    fn ask_nick(&mut self, _: String, _: String) {
        debug_assert!(false, "a script is not asked");
    }

    fn is_full(&self) -> bool {
        self.printer.is_full()
    }

    fn ended(&mut self, outcome: Outcome) {
        // The main thread waits for nothing else.
        let _ = self.ended.send(outcome);
    }
}

fn complain(line: Option<u64>, words: &str) {
    match line {
        Some(line) => eprintln!("chatroom: line {line}: {words}"),
        None => eprintln!("chatroom: {words}"),
    }
}
