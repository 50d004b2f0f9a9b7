//! The frontend of a script: lines come from standard input or the command line, output goes to
//! standard output, and errors to standard error.
//!
//! `options` is what the command line says about it, `reader` reads the lines and `tee` samples
//! them. It must not know the terminal or the editor. Only `app` imports it.

mod options;
mod reader;
mod stdin;
mod tee;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc;

use super::setup::{SessionEnd, start_control_server};
use crate::client::command::LocalCommand;
use crate::client::config::options::Format;
use crate::client::event::{Event, NetworkId, Occurrence, explain, json};
use crate::client::net::{
    self, DriverInput, DriverSetup, Frontend, InputSender, NetworkQuestion, NetworkSetup,
    QuestionSubject,
};
use crate::client::session::{Networks, Outcome, RefusedNick};
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::signals::{self, Signals, quit_reason};
use crate::client::terminal::stderr::{format_report, write_report};
use crate::client::view::{Renderer, raw_line};
use crate::common::sanitize::sanitize;
use options::ScriptSource;
pub(in crate::client) use options::{InvalidMessage, ScriptOptions, message_line};

/// How many blocks of lines are read ahead.
const BLOCKS_AHEAD: usize = 2;

/// The most sampled lines that wait for the server.
const SAMPLED_AHEAD_MAX: usize = 10_000;

/// Runs the sessions of these networks to their end: that of the input, or what the options say
/// instead. `control` is the folder for the control socket.
pub(in crate::client) fn run(
    setup: DriverSetup,
    networks: Vec<NetworkSetup>,
    renderer: Renderer,
    options: ScriptOptions,
    control: Option<&Path>,
) -> io::Result<SessionEnd> {
    let [printer, errors] = [Printer::default(), Printer::default()];
    let (outcome_sender, outcome) = blocking::channel();
    let is_tee = matches!(options.source, ScriptSource::Tee(_));
    let is_single = matches!(options.source, ScriptSource::Command(_));
    let frontend = ScriptFrontend {
        renderer,
        format: options.format,
        on_terminal: io::stdout().is_terminal(),
        printer: printer.clone(),
        errors: errors.clone(),
        // Standard output is for what is awaited, or for the copied input.
        silent: options.wait.is_some() || is_tee,
        is_single,
        outcome: outcome_sender,
    };
    let ahead = match &options.source {
        // Each line is a block of its own, and is dropped when the queue is full.
        ScriptSource::Tee(limits) => limits.lines_max.clamp(BLOCKS_AHEAD, SAMPLED_AHEAD_MAX),
        _ => BLOCKS_AHEAD,
    };
    let (script, script_receiver) = mpsc::channel(ahead);
    let (input, receiver) = net::input_channel();
    net::start(setup, networks, frontend, receiver, Some(script_receiver))?;
    let signals = quit_on_signals(input.clone())?;
    // A short script is no session for other programs to use.
    let control = control.filter(|_| options.follow);
    let control_server = control.map(|at| start_control_server(at, &input));
    let control_server = control_server.transpose()?;
    // A script that only sends lines continues without a reader of its output.
    let only_sends = !options.follow && options.wait.is_none() && !is_tee;
    let print = move |block| match print_to_stdout(block) {
        Err(error) if only_sends && is_broken_pipe(&error) => Ok(()),
        printed => printed,
    };
    let pipe_closed = Arc::new(AtomicBool::new(false));
    let closed = Arc::clone(&pipe_closed);
    let printer_thread = printer.start_plain(print, move |error| {
        // A closed pipe, as `head` leaves it, is a usual end of a pipeline.
        closed.store(is_broken_pipe(error), Ordering::Relaxed);
        let _ = input.send(DriverInput::Quit(None));
    })?;
    let report = |lines: String| {
        write_report(&lines);
        Ok(())
    };
    let errors_thread = errors.start_plain(report, |_| ())?;
    let copied = start_reader(options, script);
    let outcome = outcome.recv().ok();
    drop(control_server);
    let printed = printer.drain(printer_thread);
    errors.drain(errors_thread)?;
    if !pipe_closed.load(Ordering::Relaxed) {
        printed?;
    }
    if let Ok(mut copied) = copied.lock()
        && let Err(error) = std::mem::replace(&mut *copied, Ok(()))
        && !is_broken_pipe(&error)
    {
        return Err(error);
    }
    Ok(SessionEnd {
        outcome,
        signal: signals.received(),
    })
}

/// Starts to read the lines. The returned error is one of the output that `--tee` copies to.
fn start_reader(
    options: ScriptOptions,
    script: mpsc::Sender<net::script_lines::ScriptLines>,
) -> Arc<Mutex<io::Result<()>>> {
    let copied = Arc::new(Mutex::new(Ok(())));
    let result = Arc::clone(&copied);
    // Not joined: it may wait for input as long as the program runs.
    thread::spawn(move || {
        let copied = reader::read(&options, &script);
        if let (Ok(mut result), Err(error)) = (result.lock(), copied) {
            *result = Err(error);
        }
    });
    copied
}

/// Leaves the session cleanly when a signal comes.
fn quit_on_signals(input: InputSender) -> io::Result<Signals> {
    let received = move |signal| {
        // The session may have ended already.
        let _ = input.send(DriverInput::Quit(Some(quit_reason(signal).to_owned())));
    };
    Signals::watch(&[SIGINT, SIGTERM, SIGHUP], received, signals::end_by)
}

fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Shows the sessions in a pipeline.
struct ScriptFrontend {
    renderer: Renderer,
    format: Format,
    on_terminal: bool,
    printer: Printer,
    /// Prints to standard error in a thread of its own, so that the driver never waits for it.
    errors: Printer,
    /// Prints only what the script waits for.
    silent: bool,
    /// The script is one message of the command line, so its line needs no number.
    is_single: bool,
    outcome: blocking::Sender<Outcome>,
}

impl Frontend for ScriptFrontend {
    fn event(&mut self, occurrence: &Occurrence, _: NetworkId, networks: &Networks) {
        match &occurrence.event {
            Event::Refused {
                number,
                parameters,
                room,
                line,
                ..
            } => self.report(*line, &explain::error(*number, parameters, *room)),
            Event::InputRejected { error, line } => self.report(*line, &error.to_string()),
            Event::LogStatus(status) => self.report(None, &status.to_string()),
            // The delivery report at the end names the lines by their numbers.
            Event::Sent { .. } => {}
            _ if self.silent => {}
            // In a busy room they would be most of the output.
            event @ Event::PersonChanged { .. } if !self.renderer.shows(event) => {}
            _ => {
                if networks.is_several() {
                    self.renderer.name_network(&occurrence.network);
                }
                self.print(occurrence);
            }
        }
    }

    fn found(&mut self, occurrence: &Occurrence) {
        match &occurrence.event {
            Event::Said { text, .. } | Event::Whispered { text, .. }
                if self.format != Format::Json =>
            {
                self.printer.push(format!("{}\n", sanitize(text)));
            }
            _ => self.print(occurrence),
        }
    }

    fn line_received(&mut self, line: &[u8]) {
        if self.format == Format::Raw && !self.silent {
            self.printer.push(raw_line(line, self.on_terminal));
        }
    }

    fn networks_changed(&mut self, _: &Networks, _: Duration) {}

    fn line_done(&mut self, _: &Networks) {}

    fn run_local(&mut self, _: &LocalCommand, _: NetworkId) {
        debug_assert!(false, "a script has no screen");
    }

    fn ask_nick(&mut self, _: RefusedNick, _: NetworkId) {
        debug_assert!(false, "a script cannot answer");
    }

    fn ask(&mut self, _: QuestionSubject, _: NetworkQuestion) {
        debug_assert!(false, "a script connects to no other network");
    }

    fn is_backlogged(&self) -> bool {
        self.printer.is_backlogged() || self.errors.is_backlogged()
    }

    fn ended(&mut self, outcome: Outcome) {
        // The main thread waits for this.
        let _ = self.outcome.send(outcome);
    }
}

impl ScriptFrontend {
    /// Reports an error, with the number of the line of the script that it is about.
    fn report(&self, line: Option<u64>, message: &str) {
        let line = line.filter(|_| !self.is_single);
        self.errors.push(format_report(line, message));
    }

    fn print(&mut self, occurrence: &Occurrence) {
        match self.format {
            Format::Plain => {
                let Occurrence { event, at, .. } = occurrence;
                self.printer.push(self.renderer.lines(event, *at, None));
            }
            Format::Json => {
                if let Some(record) = json::encode(occurrence) {
                    self.printer.push(record.line());
                }
            }
            // `line_received` prints the lines.
            Format::Raw => {}
        }
    }
}
