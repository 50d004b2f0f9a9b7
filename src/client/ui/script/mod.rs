//! A conversation in a pipeline: standard input or the command line give the lines, standard
//! output gets what arrives.
//!
//! `plan` is what the options ask for, `reader` reads the lines and `tee` picks some of them,
//! `batch` carries them to the network's thread.

mod plan;
mod reader;
mod tee;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc;

pub(in crate::client) use crate::client::net::script_lines::Batch;
pub(in crate::client) use plan::{Plan, line};

use crate::client::config::options::Format;
use crate::client::control::server::Door;
use crate::client::event::json::{MessageTags, Record};
use crate::client::event::{Event, explain};
use crate::client::net::{self, Command, Commands, Front};
use crate::client::session::{Outcome, Session};
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::signals::{Signals, quit_reason};
use crate::client::terminal::stderr::{format_report, write_report};
use crate::client::view::{Renderer, raw_line};
use crate::client::{Ending, Place};
use plan::Source;

/// How many batches of lines are read ahead.
const BATCHES_AHEAD: usize = 2;

/// How many lines that are passed on wait for the server at most.
const TEE_LINES_AHEAD_MAX: usize = 10_000;

/// Runs the conversation to its end: the end of input, or what the plan has in its place.
pub(in crate::client) fn run(
    place: Place,
    session: Session,
    look: Renderer,
    plan: Plan,
    control: Option<&Path>,
) -> io::Result<Ending> {
    let [printer, complaints] = [Printer::default(), Printer::default()];
    let (ended_sender, ended) = blocking::channel();
    let front = ScriptFront {
        look,
        format: plan.format,
        on_terminal: io::stdout().is_terminal(),
        printer: printer.clone(),
        complaints: complaints.clone(),
        stamp: MessageTags::default(),
        // Where something is waited for, or input passed on, standard output is for that alone.
        silent: plan.wait.is_some() || matches!(plan.source, Source::Tee(_)),
        ended: ended_sender,
    };
    let ahead = match &plan.source {
        // Each line is a batch, and none waits.
        Source::Tee(limits) => limits.lines_max.clamp(BATCHES_AHEAD, TEE_LINES_AHEAD_MAX),
        _ => BATCHES_AHEAD,
    };
    let (lines, receiver) = mpsc::channel(ahead);
    let (commands, inbox) = net::commands();
    net::start(place, session, front, inbox, Some(receiver))?;
    let signals = quit_on_signals(commands.clone())?;
    // What ends by itself soon is no session for others.
    let control = control.filter(|_| plan.follow);
    let door = control.map(|at| Door::open(at, commands.clone()));
    let door = door.transpose()?;
    let reader_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&reader_gone);
    // What a script is there for is to say its lines, whether or not somebody reads what comes.
    let only_says = !plan.follow && plan.wait.is_none() && !matches!(plan.source, Source::Tee(_));
    let print = move |block| match print_to_stdout(block) {
        Err(error) if only_says && is_seen_enough(&error) => Ok(()),
        printed => printed,
    };
    let printing = printer.start_plain(print, move |error| {
        // A reader that has seen enough, as `head` does, is the usual end of a pipeline.
        gone.store(is_seen_enough(error), Ordering::Relaxed);
        let _ = commands.send(Command::Quit(None));
    })?;
    let tell = |lines: String| {
        write_report(&lines);
        Ok(())
    };
    let telling = complaints.start_plain(tell, |_| ())?;
    let passing = Arc::new(Mutex::new(Ok(())));
    let passed = Arc::clone(&passing);
    // Nobody joins this thread: it may wait for input for as long as the program lives.
    thread::spawn(move || {
        let result = reader::read(&plan, &lines);
        if let (Ok(mut passed), Err(error)) = (passed.lock(), result) {
            *passed = Err(error);
        }
    });
    let outcome = ended.recv().ok();
    drop(door);
    let printed = printer.drain(printing);
    complaints.drain(telling)?;
    if !reader_gone.load(Ordering::Relaxed) {
        printed?;
    }
    if let Ok(mut passed) = passing.lock()
        && let Err(error) = std::mem::replace(&mut *passed, Ok(()))
        && !is_seen_enough(&error)
    {
        return Err(error);
    }
    Ok(Ending {
        outcome,
        signal: signals.received(),
    })
}

/// Leaves in good order when a signal comes.
fn quit_on_signals(commands: Commands) -> io::Result<Signals> {
    Signals::watch(&[SIGINT, SIGTERM, SIGHUP], move |signal| {
        // Without a conversation there is nothing to leave.
        let _ = commands.send(Command::Quit(Some(quit_reason(signal).to_owned())));
    })
}

fn is_seen_enough(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Shows a session in a pipeline: what is said on standard output, what is wrong on standard
/// error.
struct ScriptFront {
    look: Renderer,
    format: Format,
    on_terminal: bool,
    printer: Printer,
    /// Nor does anybody wait for who reads what is wrong.
    complaints: Printer,
    /// What the server said beside what is shown now.
    stamp: MessageTags,
    /// Nothing is printed but what was waited for.
    silent: bool,
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
            } => self.complain(*line, &explain::error(*number, parameters)),
            Event::InputRejected { words, line } => self.complain(*line, words),
            Event::LogStatus { words } => self.complain(None, words),
            // What became of them is told by their numbers.
            Event::Sent { .. } => {}
            _ if self.silent => {}
            _ => self.print(event, unix_seconds),
        }
    }

    fn stamp(&mut self, stamp: MessageTags) {
        self.stamp = stamp;
    }

    fn found(&mut self, event: &Event, unix_seconds: i64) {
        match event {
            Event::Said { text, .. } | Event::Whispered { text, .. }
                if self.format != Format::Json =>
            {
                self.printer
                    .push(format!("{}\n", crate::common::sanitize::sanitize(text)));
            }
            _ => self.print(event, unix_seconds),
        }
    }

    fn received(&mut self, line: &[u8]) {
        if self.format == Format::Raw && !self.silent {
            self.printer.push(raw_line(line, self.on_terminal));
        }
    }

    fn changed(&mut self, _: &Session, _: Duration) {}

    fn typed_done(&mut self, _: &Session) {}

    fn local(&mut self, _: &str) {
        debug_assert!(false, "a script has no screen");
    }

    fn ask_nick(&mut self, _: String, _: String) {
        debug_assert!(false, "a script is not asked");
    }

    fn is_full(&self) -> bool {
        self.printer.is_backlogged() || self.complaints.is_backlogged()
    }

    fn ended(&mut self, outcome: Outcome) {
        // The main thread waits for nothing else.
        let _ = self.ended.send(outcome);
    }
}

impl ScriptFront {
    fn complain(&self, line: Option<u64>, words: &str) {
        self.complaints.push(format_report(line, words));
    }

    fn print(&mut self, event: &Event, unix_seconds: i64) {
        match self.format {
            Format::Plain => {
                let lines = self.look.lines(event, unix_seconds, None);
                self.printer.push(lines);
            }
            Format::Json => {
                if let Some(record) = Record::of(event, unix_seconds, &self.stamp) {
                    self.printer.push(record.line());
                }
            }
            // Each line is printed as it comes.
            Format::Raw => {}
        }
    }
}
