//! A conversation in whole lines: no cursor is moved, nothing is drawn twice, and no escape
//! sequence is written. For screen readers, for `script`, for the shell of Emacs, and for
//! terminals that can do no more.

use std::io::{self, BufRead as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::interactive::{Furniture, open_door};
use super::questions::{self, Question};
use crate::client::event::Event;
use crate::client::net::{self, Command, Commands, Front};
use crate::client::session::{Outcome, Session};
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::signals::{self, Signals, quit_reason};
use crate::client::view::Renderer;
use crate::client::view::scrollback::{Scrollback, ScrollbackWriter};
use crate::client::{Ending, Place};
use crate::common::sanitize::sanitize_name;

/// What wakes the main thread.
enum Woken {
    Line(String),
    InputEnded,
    Ready,
    AskNick { nick: String, why: String },
    Ended(Outcome),
}

/// Standard input and output, a line at a time.
pub(in crate::client) struct Plain {
    woken: mpsc::Receiver<Woken>,
    wake: mpsc::Sender<Woken>,
    /// The conversation has ended while a question was asked.
    ended: Option<Outcome>,
    printer: Printer,
    printing: Option<JoinHandle<io::Result<()>>>,
    signals: Signals,
    /// The conversation at hand.
    talk: Arc<Mutex<Option<Commands>>>,
}

impl Plain {
    /// Begins to read lines.
    pub(in crate::client) fn open() -> io::Result<Self> {
        let (wake, woken) = mpsc::channel();
        let reader = wake.clone();
        // Nobody joins this thread: it may wait for input for as long as the program lives.
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || read_lines(&reader))?;
        let printer = Printer::default();
        let wake_up = wake.clone();
        let printing = printer.start_plain(print_to_stdout, move |_| {
            let _ = wake_up.send(Woken::InputEnded);
        })?;
        let talk = Arc::default();
        Ok(Self {
            woken,
            wake,
            ended: None,
            printer,
            printing: Some(printing),
            signals: end_on_signals(Arc::clone(&talk))?,
            talk,
        })
    }

    /// The signal that ends the program, if one came.
    pub(super) fn signal(&self) -> Option<i32> {
        self.signals.received()
    }

    /// Waits until all is printed.
    pub(super) fn close(mut self) -> io::Result<()> {
        match self.printing.take() {
            Some(printing) => self.printer.drain(printing),
            None => Ok(()),
        }
    }

    /// Asks a question, on a line of its own, until there is an answer that can be taken. `None` at
    /// the end of input, or of the conversation.
    pub(super) fn ask(&mut self, mut question: Question) -> Option<String> {
        self.put(&question);
        loop {
            match self.woken.recv() {
                Ok(Woken::Line(answer)) => match question.judge(&answer) {
                    Ok(answer) => return Some(answer),
                    Err(again) => {
                        question = again;
                        self.put(&question);
                    }
                },
                Ok(Woken::AskNick { .. } | Woken::Ready) => {}
                Ok(Woken::Ended(outcome)) => {
                    self.ended = Some(outcome);
                    return None;
                }
                Ok(Woken::InputEnded) | Err(_) => return None,
            }
        }
    }

    fn put(&self, question: &Question) {
        let Question { words, default, .. } = question;
        self.printer.push(format!("{words} [{default}]?\n"));
    }

    /// Runs a conversation to its end.
    pub(super) fn converse(
        &mut self,
        place: Place,
        session: Session,
        look: Renderer,
        furniture: Furniture,
    ) -> io::Result<Ending> {
        let (commands, inbox) = net::commands();
        *lock(&self.talk) = Some(commands.clone());
        self.printer.push(furniture.greeting);
        let front = PlainFront {
            page: ScrollbackWriter::new(Scrollback::new(look, false), self.printer.clone()),
            room: None,
            ready: false,
            printer: self.printer.clone(),
            wake: self.wake.clone(),
        };
        net::start(place, session, front, inbox, None)?;
        let door = furniture
            .control
            .and_then(|at| open_door(&at, &commands, &self.printer));
        // The network's thread ends only behind its last news, which is still to be read.
        let send = |command| {
            let _ = commands.send(command);
        };
        // What is typed before this person is in waits until then.
        let mut ready = false;
        let mut early = Vec::new();
        let outcome = loop {
            if let Some(outcome) = self.ended.take() {
                break Some(outcome);
            }
            match self.woken.recv() {
                Ok(Woken::Line(text)) if ready => send(Command::Typed { text, room: None }),
                Ok(Woken::InputEnded) if ready => send(Command::Quit(None)),
                Ok(Woken::Line(text)) => early.push(Command::Typed { text, room: None }),
                Ok(Woken::InputEnded) => early.push(Command::Quit(None)),
                Ok(Woken::Ready) => {
                    ready = true;
                    early.drain(..).for_each(send);
                }
                Ok(Woken::AskNick { nick, why }) => {
                    match self.ask(questions::another_nick(&nick, &why)) {
                        Some(nick) => send(Command::AnswerNick(nick)),
                        None => send(Command::Quit(None)),
                    }
                }
                Ok(Woken::Ended(outcome)) => break Some(outcome),
                Err(_) => break None,
            }
        };
        drop(door);
        // Behind the last one a signal finds nothing left to do.
        if let Some(Outcome::SwitchServer { .. }) = outcome {
            *lock(&self.talk) = None;
        }
        Ok(Ending {
            outcome,
            signal: self.signal(),
        })
    }
}

/// Leaves in good order when a signal comes; before and behind a conversation there is nothing to
/// leave.
fn end_on_signals(talk: Arc<Mutex<Option<Commands>>>) -> io::Result<Signals> {
    Signals::watch(&[SIGINT, SIGTERM, SIGHUP], move |signal| {
        let Some(commands) = &*lock(&talk) else {
            return signals::end_by(signal);
        };
        // The network's thread may be about to end anyway.
        let _ = commands.send(Command::Quit(Some(quit_reason(signal).to_owned())));
    })
}

fn lock(talk: &Mutex<Option<Commands>>) -> MutexGuard<'_, Option<Commands>> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Plain {
    fn drop(&mut self) {
        if let Some(printing) = self.printing.take() {
            // When printing has failed there is nobody to tell.
            let _ = self.printer.drain(printing);
        }
    }
}

fn read_lines(wake: &mpsc::Sender<Woken>) {
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
        if wake.send(Woken::Line(text)).is_err() {
            return;
        }
    }
    let _ = wake.send(Woken::InputEnded);
}

/// Shows a session line by line.
struct PlainFront {
    page: ScrollbackWriter,
    /// The room that typed text goes to, as it was told last.
    room: Option<String>,
    ready: bool,
    printer: Printer,
    wake: mpsc::Sender<Woken>,
}

impl PlainFront {
    fn tell(&self, woken: Woken) {
        // The main thread outlives this one.
        let _ = self.wake.send(woken);
    }
}

impl Front for PlainFront {
    fn show(&mut self, event: &Event, unix_seconds: i64, session: &Session) {
        self.page.show(event, unix_seconds, session.active_room());
    }

    fn received(&mut self, _: &[u8]) {}

    /// There is no prompt to name the room, so a line does.
    fn changed(&mut self, session: &Session, elapsed: Duration) {
        let room = session.active_room();
        self.page.end_step(room, elapsed);
        if self.room.is_some() && self.room.as_deref() != room {
            self.page.add(&match room {
                Some(room) => format!("you talk in {} now\n", sanitize_name(room)),
                None => "you are in no room now\n".to_owned(),
            });
        }
        self.room = room.map(str::to_owned);
        if !self.ready && session.is_ready() {
            self.ready = true;
            self.tell(Woken::Ready);
        }
        self.page.print();
    }

    fn held_until(&self) -> Option<Duration> {
        self.page.scrollback.next_deadline()
    }

    fn typed_done(&mut self, _: &Session) {}

    fn local(&mut self, line: &str) {
        self.page.run_local(line);
    }

    fn ask_nick(&mut self, nick: String, why: String) {
        self.tell(Woken::AskNick { nick, why });
    }

    fn is_full(&self) -> bool {
        self.printer.is_backlogged()
    }

    fn ended(&mut self, outcome: Outcome) {
        self.tell(Woken::Ended(outcome));
    }
}
