//! A conversation in a terminal: the editor in the main thread, the network and the printer in
//! theirs.

use std::io::{self, IsTerminal as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGTERM};

use super::completion::Names;
use super::config::Keys;
use super::control::door::Door;
use super::draft::DraftKeeper;
use super::editor::{Assistant, Editor, Entered, Remote};
use super::event::Event;
use super::input::{self, Intent, Local};
use super::json::{Record, Stamp};
use super::network::{self, Command, Commands, Front};
use super::options::Format;
use super::printer::{Printer, print_to_stdout};
use super::questions::{self, Question};
use super::screen::{Look, laid_out, raw_line};
use super::scroll::Scroll;
use super::session::{Judgement, Outcome, Session};
use super::terminal::{self, HeldReport, QuietTerminal, Signals};
use super::title::Title;
use super::{Ending, Place};

/// How long the editor waits for an answer about what is typed.
const ANSWER_MAX: Duration = Duration::from_millis(200);
/// How often Ctrl-C is looked for while no line is read.
const INTERRUPT_CHECK: Duration = Duration::from_millis(100);

/// What the network's thread tells the main thread.
enum News {
    Ready,
    TypedDone {
        leaving: bool,
    },
    /// The editor is to take everything off the screen.
    Clear,
    AskNick {
        nick: String,
        why: String,
    },
    Ended(Outcome),
}

/// What a conversation in a terminal needs besides the conversation.
pub(super) struct Furniture {
    /// How standard output gets what arrives when it is not the terminal.
    pub(super) format: Format,
    pub(super) history_file: Option<PathBuf>,
    pub(super) draft_file: Option<PathBuf>,
    /// Where other programs find this session, if they may.
    pub(super) control: Option<PathBuf>,
    /// What is said before all else.
    pub(super) greeting: String,
}

/// The terminal, from the first question to the end of the last conversation. It is left as it was
/// found.
pub(super) struct Terminal {
    editor: Editor,
    remote: Remote,
    printer: Printer,
    /// The printer's thread, when it prints to something that is not the terminal.
    plain: Option<JoinHandle<io::Result<()>>>,
    signals: Signals,
    /// Where the commands of the conversation at hand go.
    talk: Talk,
}

/// The conversation at hand or the last one, for those who outlive it.
type Talk = Arc<Mutex<Option<(Commands, Option<DraftKeeper>)>>>;

impl Terminal {
    /// Takes the terminal. From now on signals end the program in good order.
    pub(super) fn open(keys: Keys) -> io::Result<Self> {
        let printer = Printer::default();
        let mut editor = Editor::new(printer.clone(), keys)?;
        let remote = editor.remote();
        let talk = Talk::default();
        let signals = end_on_signals(Arc::clone(&talk), remote.clone())?;
        let plain = start_printer(&printer, &mut editor)?;
        Ok(Self {
            editor,
            remote,
            printer,
            plain,
            signals,
            talk,
        })
    }

    /// Asks a question. `None` when the person wants to leave, or a signal ends the program.
    pub(super) fn ask(&mut self, question: Question) -> io::Result<Option<String>> {
        Ok(match answer(&mut self.editor, question)? {
            Entered::Line(answer) => Some(answer),
            _ => None,
        })
    }

    /// The signal that ends the program, if one came.
    pub(super) fn signal(&self) -> Option<i32> {
        self.signals.received()
    }

    /// Does something that can take long; `None` when the person presses Ctrl-C meanwhile, or a
    /// signal comes.
    pub(super) fn wait_for<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = mpsc::channel();
        thread::spawn(move || {
            terminal::leave_signals_to_main_thread();
            // Nobody waits for it any more when this fails.
            let _ = done.send(work());
        });
        loop {
            match result.recv_timeout(INTERRUPT_CHECK) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout)
                    if !self.remote.take_interrupt() && self.signal().is_none() => {}
                Err(_) => return None,
            }
        }
    }

    /// Runs a conversation to its end.
    pub(super) fn converse(
        &mut self,
        place: Place,
        session: Session,
        look: Look,
        furniture: Furniture,
    ) -> io::Result<Ending> {
        let report = HeldReport::begin();
        let quiet = QuietTerminal::new()?;
        let (news_sender, news) = mpsc::channel();
        let (commands, inbox) = network::commands();
        // Without a place for it there is no draft to keep.
        let keeper = furniture.draft_file.as_deref().map(DraftKeeper::start);
        let keeper = keeper.transpose()?.flatten();
        *lock(&self.talk) = Some((commands.clone(), keeper.clone()));
        if self.signal().is_some() {
            // It came in the moment before there was a conversation to end.
            let _ = commands.send(Command::Quit(None));
        }
        let assistant = NetworkAssistant {
            commands: commands.clone(),
            look: look.clone(),
        };
        self.editor
            .begin(furniture.history_file, keeper.clone(), assistant)?;
        self.printer.push(furniture.greeting);
        let title = Title::default();
        let front = TerminalFront {
            scroll: Scroll::new(look, io::stdout().is_terminal()),
            format: match io::stdout().is_terminal() {
                true => Format::Plain,
                false => furniture.format,
            },
            stamp: Stamp::default(),
            lines: String::new(),
            printer: self.printer.clone(),
            remote: self.remote.clone(),
            title: title.clone(),
            keeper: keeper.clone(),
            unsent_count: 0,
            news: news_sender,
            ready: false,
            ended: false,
        };
        network::start(place, session, front, inbox, None)?;
        let door = furniture
            .control
            .and_then(|at| open_door(&at, &commands, &self.printer));
        let mut desk = Desk {
            editor: &mut self.editor,
            remote: &self.remote,
            printer: &self.printer,
            news,
            commands,
            quiet: &quiet,
            title,
            reading: false,
        };
        // Neither a panic nor a terminal that is gone must keep the others from hearing that this
        // person leaves.
        let outcome = match panic::catch_unwind(AssertUnwindSafe(|| desk.run())) {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(error)) => match desk.leave_in_a_hurry("hung up") {
                outcome if terminal::is_gone(&error) => Ok(outcome),
                _ => Err(error),
            },
            Err(_) => {
                desk.leave_in_a_hurry("this client failed");
                Ok(None)
            }
        };
        // What ends the program from here on finds nothing left to do: it ends by itself, or asks
        // for the signal before it goes on.
        drop(door);
        if let Some(keeper) = keeper {
            if keeper.has_unsent() {
                let words = "what was never sent is offered again at the next start\n";
                self.printer.push(words.to_owned());
            }
            keeper.finish();
        }
        self.remote.rest();
        drop(quiet);
        drop(report);
        Ok(Ending {
            outcome: outcome?,
            signal: self.signal(),
        })
    }
}

impl Drop for Terminal {
    /// What has not been printed yet is printed; when that fails there is nobody to tell.
    fn drop(&mut self) {
        if let Some(thread) = self.plain.take() {
            let _ = self.printer.drain(thread);
        }
        let _ = print_to_stdout(rows_of(&self.printer.finish()));
        let _ = print_to_stdout(self.printer.take_controls());
    }
}

/// Lets other programs use this session; when that cannot be, the person is told.
pub(super) fn open_door(at: &Path, commands: &Commands, printer: &Printer) -> Option<Door> {
    let words = "other programs cannot use this session";
    let tell = |error: &io::Error| {
        printer.push(format!("{words}: {}\n", network::plain_words(error)));
    };
    Door::open(at, commands.clone()).inspect_err(tell).ok()
}

/// Ends the conversation at hand, or the question that is asked, when a signal comes.
fn end_on_signals(talk: Talk, remote: Remote) -> io::Result<Signals> {
    Signals::watch(&[SIGTERM, SIGHUP], move |signal| {
        if let Some((commands, keeper)) = &*lock(&talk) {
            // Whoever sends it may not wait for more.
            keeper.iter().for_each(DraftKeeper::write_now);
            let reason = super::reason_for(signal).to_owned();
            // Without a conversation there is nothing to leave.
            let _ = commands.send(Command::Quit(Some(reason)));
        } else if remote.is_reading() {
            remote.end();
        } else {
            // The terminal is as it was found, and nobody knows of this person yet.
            terminal::end_by(signal);
        }
    })
}

fn lock(talk: &Talk) -> MutexGuard<'_, Option<(Commands, Option<DraftKeeper>)>> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Messages go above the prompt, or, when standard output is not the terminal, plainly there.
fn start_printer(
    printer: &Printer,
    editor: &mut Editor,
) -> io::Result<Option<JoinHandle<io::Result<()>>>> {
    if io::stdout().is_terminal() {
        let mut print = editor.external_printer()?;
        printer.start_gated(move |block| print(rows_of(&block)))?;
        return Ok(None);
    }
    let remote = editor.remote();
    let thread = printer.start_plain(print_to_stdout, move |_| remote.end())?;
    Ok(Some(thread))
}

/// The lines of a block as rows of the terminal, as wide as that is now.
fn rows_of(block: &str) -> String {
    laid_out(block, terminal::columns()).into_owned()
}

/// Helps with what is typed by asking the network's thread, which has the session.
struct NetworkAssistant {
    commands: Commands,
    look: Look,
}

impl NetworkAssistant {
    /// The answer to a question, if it comes in time.
    fn ask<T>(&self, question: impl FnOnce(mpsc::Sender<T>) -> Command) -> Option<T> {
        let (answer, answered) = mpsc::channel();
        let _ = self.commands.send(question(answer));
        answered.recv_timeout(ANSWER_MAX).ok()
    }
}

impl Assistant for NetworkAssistant {
    fn names(&self) -> Names {
        self.ask(Command::Names).unwrap_or_default()
    }

    fn judge(&self, line: &str) -> Judgement {
        let judgement = self.ask(|answer| Command::Judge(line.to_owned(), answer));
        // A line of which nothing is known may be one with a password.
        judgement.unwrap_or_else(|| Judgement {
            secret: true,
            ..Judgement::default()
        })
    }

    fn paint(&self, line: &str, judgement: &Judgement) -> String {
        self.look.typed(line, judgement)
    }
}

/// Asks until there is an answer that can be taken.
fn answer(editor: &mut Editor, mut question: Question) -> io::Result<Entered> {
    loop {
        match editor.ask(&question.words, &question.default)? {
            Entered::Line(answer) => match question.judge(&answer) {
                Ok(answer) => return Ok(Entered::Line(answer)),
                Err(again) => question = again,
            },
            other => return Ok(other),
        }
    }
}

/// What the main thread has at hand.
struct Desk<'t> {
    editor: &'t mut Editor,
    remote: &'t Remote,
    printer: &'t Printer,
    news: mpsc::Receiver<News>,
    commands: Commands,
    quiet: &'t QuietTerminal,
    title: Title,
    /// The editor has begun: from then on it alone is asked about Ctrl-C.
    reading: bool,
}

impl Desk<'_> {
    fn run(&mut self) -> io::Result<Option<Outcome>> {
        loop {
            match self.next_news()? {
                Some(News::Ready) => return self.read_lines(),
                Some(News::Ended(outcome)) => return Ok(Some(outcome)),
                Some(News::TypedDone { .. } | News::Clear | News::AskNick { .. }) => {}
                None => return Ok(None),
            }
        }
    }

    /// Leaves without the editor.
    fn leave_in_a_hurry(&mut self, reason: &str) -> Option<Outcome> {
        self.editor.abandon();
        self.send(Command::Quit(Some(reason.to_owned())));
        loop {
            match self.news.recv() {
                Ok(News::Ended(outcome)) => return Some(outcome),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    fn read_lines(&mut self) -> io::Result<Option<Outcome>> {
        self.reading = true;
        loop {
            match self.editor.read()? {
                Entered::Line(text) => {
                    super::panic_if_asked("editor", &text);
                    // It is said where the prompt said, whatever has happened meanwhile.
                    let room = self.remote.room();
                    self.send(Command::Typed { text, room });
                }
                Entered::Cleared { was_empty } => {
                    if was_empty {
                        self.printer.push("Ctrl-D or /quit leaves\n".to_owned());
                    }
                    continue;
                }
                Entered::Suspend => {
                    print_to_stdout(self.title.aside().to_owned())?;
                    self.quiet.suspend();
                    print_to_stdout(self.title.again())?;
                    continue;
                }
                Entered::Leave => self.send(Command::Quit(None)),
                Entered::Ended => {}
            }
            loop {
                match self.next_news()? {
                    Some(News::TypedDone { leaving: false }) => break,
                    Some(News::Clear) => self.editor.clear_screen()?,
                    Some(News::Ended(outcome)) => return Ok(Some(outcome)),
                    Some(_) => {}
                    None => return Ok(None),
                }
            }
        }
    }

    /// Waits for news while no line is read. Ctrl-C leaves; a nick that cannot be had asks for
    /// another. `None` when the network's thread is gone.
    fn next_news(&mut self) -> io::Result<Option<News>> {
        loop {
            match self.news.recv_timeout(INTERRUPT_CHECK) {
                Ok(News::AskNick { nick, why }) => {
                    match answer(self.editor, questions::another_nick(&nick, &why))? {
                        Entered::Line(nick) => self.send(Command::AnswerNick(nick)),
                        Entered::Cleared { .. } | Entered::Leave => {
                            self.send(Command::Quit(None));
                        }
                        Entered::Suspend | Entered::Ended => {}
                    }
                }
                Ok(news) => return Ok(Some(news)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {
                    if !self.reading && self.remote.take_interrupt() {
                        self.send(Command::Quit(None));
                    }
                }
            }
        }
    }

    fn send(&self, command: Command) {
        // The network's thread ends only behind its last news, which is still to be read.
        let _ = self.commands.send(command);
    }
}

/// Shows a session in a terminal.
struct TerminalFront {
    scroll: Scroll,
    /// What standard output gets: what a person reads, unless it goes elsewhere.
    format: Format,
    stamp: Stamp,
    /// What is to be printed when the step is done.
    lines: String,
    printer: Printer,
    remote: Remote,
    title: Title,
    /// Where what cannot be sent yet is kept, and how many lines it was.
    keeper: Option<DraftKeeper>,
    unsent_count: usize,
    news: mpsc::Sender<News>,
    ready: bool,
    ended: bool,
}

impl TerminalFront {
    fn tell(&self, news: News) {
        // The main thread outlives this one.
        let _ = self.news.send(news);
    }

    /// What could not be sent is offered at the next start, however this one ends.
    fn keep_unsent(&mut self, session: &Session) {
        let count = session.unsent_count();
        if std::mem::replace(&mut self.unsent_count, count) != count
            && let Some(keeper) = &self.keeper
        {
            keeper.keep_unsent(session.unsent());
        }
    }
}

impl Front for TerminalFront {
    fn show(&mut self, event: &Event, unix_seconds: i64, session: &Session) {
        if matches!(event, Event::Sent { .. }) {
            self.keep_unsent(session);
        }
        let active = session.active_room();
        if event.is_as_typed() {
            return self.scroll.remember(event, unix_seconds, active);
        }
        match self.format {
            Format::Plain => {
                let lines = self.scroll.show(event, unix_seconds, active);
                self.lines.push_str(&lines);
            }
            Format::Json => {
                let record = Record::of(event, unix_seconds, &self.stamp);
                self.lines.extend(record.map(|record| record.line()));
            }
            Format::Raw => {}
        }
    }

    fn stamp(&mut self, stamp: Stamp) {
        self.stamp = stamp;
    }

    fn received(&mut self, line: &[u8]) {
        if self.format == Format::Raw {
            self.lines.push_str(&raw_line(line, false));
        }
    }

    fn changed(&mut self, session: &Session, elapsed: Duration) {
        self.keep_unsent(session);
        let (room, unread) = (session.active_room(), session.unread());
        self.lines.push_str(&self.scroll.pause(room, elapsed));
        // All that came together goes to the printer together.
        self.printer.push(std::mem::take(&mut self.lines));
        if !self.ended {
            let title = self.scroll.title(room, unread);
            self.printer.control(&self.title.change(title));
        }
        // Before that the prompt is the question for another nick.
        if self.ready || session.is_ready() {
            let place = session.place();
            let mut prompt = self.scroll.look().prompt(place.as_deref(), unread);
            prompt.room = session.active_room().map(str::to_owned);
            self.remote.set_prompt(prompt);
        }
        if !self.ready && session.is_ready() {
            self.ready = true;
            self.tell(News::Ready);
        }
    }

    fn held_until(&self) -> Option<Duration> {
        self.scroll.held_until()
    }

    fn typed_done(&mut self, session: &Session) {
        self.tell(News::TypedDone {
            leaving: session.is_leaving(),
        });
    }

    fn local(&mut self, line: &str) {
        if input::parse(line) == Ok(Intent::Local(Local::Clear)) {
            return self.tell(News::Clear);
        }
        let lines = self.scroll.local(line);
        self.lines.push_str(&lines);
    }

    fn ask_nick(&mut self, nick: String, why: String) {
        self.tell(News::AskNick { nick, why });
    }

    fn is_full(&self) -> bool {
        // Above a prompt older lines give way; the server is never made to wait for a terminal.
        false
    }

    fn ended(&mut self, outcome: Outcome) {
        self.ended = true;
        self.printer.control(&self.title.change(None));
        // Before the news, behind which the editor may be used for another conversation.
        self.remote.end();
        self.tell(News::Ended(outcome));
    }
}

impl Drop for TerminalFront {
    /// Also when this thread fails, the main thread must not wait for it.
    fn drop(&mut self) {
        if !self.ended {
            self.printer.control(&self.title.change(None));
            self.remote.end();
        }
    }
}
