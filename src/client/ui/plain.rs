//! The frontend with whole lines only: no cursor movement, no redrawing, no escape sequences. It is
//! for screen readers, for `script`, for the shell of Emacs and for simple terminals.

mod typed_line;

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use typed_line::{TypedByte, TypedLine};

use super::questions::{self, Question};
use super::setup::{SessionEnd, UiContext, continues, shown_in, try_control_server};
use crate::client::command::LocalCommand;
use crate::client::event::{NetworkId, Occurrence};
use crate::client::net::{
    self, DriverInput, DriverSetup, Frontend, InputSender, NetworkQuestion, NetworkSetup,
    QuestionSubject,
};
use crate::client::session::{Networks, Outcome, PromptPlace, RefusedNick};
use crate::client::terminal::job_control::{JobControl, RawModeGuard, TerminalUser};
use crate::client::terminal::mode;
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::signals::{self, Signals, quit_reason};
use crate::client::view::Renderer;
use crate::client::view::scrollback::{Scrollback, ScrollbackWriter};
use crate::common::sanitize::sanitize_name;

/// An event for the main thread.
enum PlainEvent {
    Line(String),
    InputEnded,
    Ready,
    AskNick(NetworkId, RefusedNick),
    Ask(QuestionSubject, NetworkQuestion),
    Ended(Outcome),
}

/// The input of the current session, or of the last one.
type PlainSession = Arc<Mutex<Option<InputSender>>>;

/// The line in progress, where this program echoes it.
type SharedLine = Arc<Mutex<TypedLine>>;

/// Standard input and output, a line at a time.
pub(in crate::client) struct PlainUi {
    events: mpsc::Receiver<PlainEvent>,
    event_sender: mpsc::Sender<PlainEvent>,
    /// The outcome of a session that ended during a question.
    ended: Option<Outcome>,
    printer: Printer,
    printer_thread: Option<JoinHandle<io::Result<()>>>,
    signals: Signals,
    active: PlainSession,
    line: SharedLine,
    /// Restores the mode of the terminal in which the line is typed.
    _raw_mode: Option<RawModeGuard>,
}

impl PlainUi {
    /// Starts to read lines.
    pub(in crate::client) fn open() -> io::Result<Self> {
        let line = SharedLine::default();
        let job = match is_line_terminal() {
            true => Some(JobControl::begin()?),
            false => None,
        };
        let raw_mode = job.as_ref().map(JobControl::raw_mode).transpose()?;
        let (event_sender, events) = mpsc::channel();
        let (reader, typed) = (event_sender.clone(), Arc::clone(&line));
        let echoes = job.is_some();
        // Not joined: it may wait for input as long as the program runs.
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || match echoes {
                true => read_typed_lines(&reader, &typed),
                false => read_lines(&reader),
            })?;
        if let Some(job) = &job {
            job.start(LineTerminal(Arc::clone(&line)))?;
        }
        let printer = Printer::default();
        let (on_closed, typed) = (event_sender.clone(), Arc::clone(&line));
        let print = move |block: String| {
            let line = lock(&typed);
            print_to_stdout(line.around(block))
        };
        let printer_thread = printer.start_plain(print, move |_| {
            let _ = on_closed.send(PlainEvent::InputEnded);
        })?;
        let active = PlainSession::default();
        Ok(Self {
            events,
            event_sender,
            ended: None,
            printer,
            printer_thread: Some(printer_thread),
            signals: quit_on_signals(Arc::clone(&active), job)?,
            active,
            line,
            _raw_mode: raw_mode,
        })
    }

    /// The signal that ends the program, if one came.
    pub(super) fn signal(&self) -> Option<i32> {
        self.signals.received()
    }

    /// Waits until everything is printed.
    pub(super) fn close(mut self) -> io::Result<()> {
        let drained = match self.printer_thread.take() {
            Some(thread) => self.printer.drain(thread),
            None => Ok(()),
        };
        // The prompt of the shell must not follow a line that is not complete.
        let end = lock(&self.line).end();
        drained.and_then(|()| print_to_stdout(end))
    }

    /// Asks a question in a line of its own until the answer is valid. `None` at the end of the
    /// input or of the session.
    pub(super) fn ask(&mut self, question: Question) -> Option<String> {
        lock(&self.line).is_hidden = question.is_hidden();
        let answer = self.ask_until_valid(question);
        lock(&self.line).is_hidden = false;
        answer
    }

    fn ask_until_valid(&mut self, mut question: Question) -> Option<String> {
        self.print_question(&question);
        loop {
            match self.events.recv() {
                Ok(PlainEvent::Line(answer)) => match question.validate(&answer) {
                    Ok(answer) => return Some(answer),
                    Err(again) => {
                        question = again;
                        self.print_question(&question);
                    }
                },
                Ok(PlainEvent::AskNick(..) | PlainEvent::Ask(..) | PlainEvent::Ready) => {}
                Ok(PlainEvent::Ended(outcome)) => {
                    self.ended = Some(outcome);
                    return None;
                }
                Ok(PlainEvent::InputEnded) | Err(_) => return None,
            }
        }
    }

    fn print_question(&self, question: &Question) {
        let Question { text, default, .. } = question;
        self.printer.push(match default.as_str() {
            "" => format!("{text}?\n"),
            default => format!("{text} [{default}]?\n"),
        });
    }

    /// Runs the sessions of these networks to their end.
    pub(super) fn run_sessions(
        &mut self,
        setup: DriverSetup,
        networks: Vec<NetworkSetup>,
        renderer: Renderer,
        context: UiContext,
    ) -> io::Result<SessionEnd> {
        let (input, receiver) = net::input_channel();
        *lock(&self.active) = Some(input.clone());
        self.printer.push(context.greeting);
        let frontend = PlainFrontend {
            writer: ScrollbackWriter::new(
                Scrollback::new(renderer.clone(), false),
                self.printer.clone(),
            ),
            room: None,
            ready: false,
            printer: self.printer.clone(),
            events: self.event_sender.clone(),
        };
        net::start(setup, networks, frontend, receiver, None)?;
        let control_server = context
            .control
            .and_then(|at| try_control_server(&at, &input, &self.printer));
        let outcome = self.run_input_loop(&input, &renderer);
        drop(control_server);
        // Otherwise the program ends, and a signal has nothing left to end.
        if continues(outcome.as_ref()) {
            *lock(&self.active) = None;
        }
        Ok(SessionEnd {
            outcome,
            signal: self.signal(),
        })
    }

    /// Gives the session what is typed, until its end. `None` when its thread has panicked.
    fn run_input_loop(&mut self, input: &InputSender, renderer: &Renderer) -> Option<Outcome> {
        // The driver's thread sends `Ended` last, so a failed send is followed by that.
        let send = |message| {
            let _ = input.send(message);
        };
        // Lines typed during registration wait for its end.
        let mut ready = false;
        let mut early = Vec::new();
        loop {
            if let Some(outcome) = self.ended.take() {
                return Some(outcome);
            }
            match self.events.recv() {
                Ok(PlainEvent::Line(text)) if ready => {
                    send(typed(text));
                }
                Ok(PlainEvent::InputEnded) if ready => send(DriverInput::Quit(None)),
                Ok(PlainEvent::Line(text)) => early.push(typed(text)),
                Ok(PlainEvent::InputEnded) => early.push(DriverInput::Quit(None)),
                Ok(PlainEvent::Ready) => {
                    ready = true;
                    early.drain(..).for_each(send);
                }
                Ok(PlainEvent::AskNick(network, refused)) => {
                    match self.ask(questions::retry_nick(&refused)) {
                        Some(nick) => send(DriverInput::AnswerNick(network, nick)),
                        None => send(DriverInput::Quit(None)),
                    }
                }
                Ok(PlainEvent::Ask(subject, question)) => {
                    self.printer.push(questions::about(&question, renderer));
                    if let Some(answer) = self.ask(questions::of_network(&question)) {
                        send(DriverInput::Answered(subject, answer));
                    }
                }
                Ok(PlainEvent::Ended(outcome)) => return Some(outcome),
                Err(_) => return None,
            }
        }
    }
}

impl Drop for PlainUi {
    fn drop(&mut self) {
        if let Some(thread) = self.printer_thread.take() {
            // A failed output has no other place for a report.
            let _ = self.printer.drain(thread);
        }
    }
}

/// A line for the active room.
fn typed(text: String) -> DriverInput {
    let place = PromptPlace::default();
    DriverInput::Typed { text, place }
}

/// Leaves the session cleanly when a signal comes. Without a session the signal ends the program
/// at once.
fn quit_on_signals(active: PlainSession, job: Option<JobControl>) -> io::Result<Signals> {
    let at_once = job.clone();
    let end = move |signal| {
        at_once.iter().for_each(JobControl::restore_mode);
        signals::end_by(signal);
    };
    let received = move |signal: i32| {
        let Some(input) = &*lock(&active) else {
            job.iter().for_each(JobControl::restore_mode);
            return signals::end_by(signal);
        };
        // The session may be about to end anyway.
        let _ = input.send(DriverInput::Quit(Some(quit_reason(signal).to_owned())));
    };
    Signals::watch(&[SIGINT, SIGTERM, SIGHUP], received, end)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether lines are typed at a terminal that echoes them. Where it does not, as in the shell of
/// Emacs, another program edits and shows them.
fn is_line_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && mode::echoes()
}

/// The line in a terminal, when the program stops and continues.
struct LineTerminal(SharedLine);

impl TerminalUser for LineTerminal {
    fn release(&self) {}

    fn resume(&self) {
        // A closed terminal is noticed at the next read.
        let _ = print_to_stdout(lock(&self.0).shown());
    }

    fn redraw(&self, is_foreign: bool) {
        if is_foreign {
            self.resume();
        }
    }
}

/// Reads what is typed, and echoes it.
fn read_typed_lines(events: &mpsc::Sender<PlainEvent>, line: &SharedLine) {
    let mut input = io::stdin().lock();
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = input.read(&mut bytes) {
        for byte in bytes.iter().take(count) {
            // The lock is held until the echo is written, so that no message comes in between.
            let mut line = lock(line);
            let (echo, event) = match line.read(*byte) {
                TypedByte::Echo(echo) => (echo, None),
                TypedByte::Line(text, echo) => (echo, Some(PlainEvent::Line(text))),
                TypedByte::End => (String::new(), Some(PlainEvent::InputEnded)),
            };
            let _ = print_to_stdout(echo);
            drop(line);
            if let Some(event) = event
                && events.send(event).is_err()
            {
                return;
            }
        }
    }
    let _ = events.send(PlainEvent::InputEnded);
}

fn read_lines(events: &mpsc::Sender<PlainEvent>) {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        if events.send(PlainEvent::Line(text)).is_err() {
            return;
        }
    }
    let _ = events.send(PlainEvent::InputEnded);
}

/// An active room, and its network.
struct ActiveRoom {
    network: Option<NetworkId>,
    room: Option<String>,
}

/// Shows the sessions line by line.
struct PlainFrontend {
    writer: ScrollbackWriter,
    /// The active room of the last step.
    room: Option<ActiveRoom>,
    ready: bool,
    printer: Printer,
    events: mpsc::Sender<PlainEvent>,
}

impl PlainFrontend {
    fn send(&self, event: PlainEvent) {
        // The main thread outlives this one.
        let _ = self.events.send(event);
    }
}

impl Frontend for PlainFrontend {
    fn event(&mut self, occurrence: &Occurrence, network: NetworkId, networks: &Networks) {
        self.writer.show(occurrence, network, &shown_in(networks));
    }

    fn line_received(&mut self, _: &[u8]) {}

    /// There is no prompt to show the active room, so a line says when it changes.
    fn networks_changed(&mut self, networks: &Networks, elapsed: Duration) {
        self.writer.end_step(&shown_in(networks), elapsed);
        let room = networks.active_label();
        // A room that gets the name of its network in front is still the same one.
        let place = networks.active().map(|network| network.id);
        let name = networks.active().and_then(|one| one.session.active_room());
        let is_same = |last: &ActiveRoom| last.network == place && last.room.as_deref() == name;
        if self
            .room
            .as_ref()
            .is_some_and(|last| last.room.is_some() && !is_same(last))
        {
            self.writer.flush(name);
            self.writer.add(&match &room {
                Some(room) => format!("The active room is {} now.\n", sanitize_name(room)),
                None => "You are in no room now.\n".to_owned(),
            });
        }
        if !self.room.as_ref().is_some_and(is_same) {
            self.room = Some(ActiveRoom {
                network: place,
                room: name.map(str::to_owned),
            });
        }
        if !self.ready && networks.can_type() {
            self.ready = true;
            self.send(PlainEvent::Ready);
        }
        self.writer.print();
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.writer.scrollback.next_deadline()
    }

    fn line_done(&mut self, _: &Networks) {}

    fn run_local(&mut self, command: &LocalCommand, network: NetworkId) {
        self.writer.run_local(command, network);
    }

    fn ask_nick(&mut self, refused: RefusedNick, network: NetworkId) {
        self.send(PlainEvent::AskNick(network, refused));
    }

    fn ask(&mut self, subject: QuestionSubject, question: NetworkQuestion) {
        self.send(PlainEvent::Ask(subject, question));
    }

    fn is_backlogged(&self) -> bool {
        self.printer.is_backlogged()
    }

    fn ended(&mut self, outcome: Outcome) {
        let active = self.room.as_ref().and_then(|active| active.room.as_deref());
        self.writer.flush(active);
        self.writer.print();
        self.send(PlainEvent::Ended(outcome));
    }
}
