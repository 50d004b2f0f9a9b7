//! A conversation in a terminal: the editor in the main thread, the network and the printer in
//! theirs.

mod assistant;
mod frontend;
mod input_loop;

use std::io::{self, IsTerminal as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGTERM};

use super::questions::Question;
use crate::client::config::file::Keys;
use crate::client::config::options::Format;
use crate::client::control::server::Door;
use crate::client::editor::{Editor, EditorHandle, EditorRead};
use crate::client::event::json::MessageTags;
use crate::client::net::{self, Command, Commands};
use crate::client::session::{Outcome, Session};
use crate::client::storage::drafts::DraftStore;
use crate::client::terminal::mode::{self, RawModeGuard};
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::signals::{self, Signals, quit_reason};
use crate::client::terminal::stderr::DeferredPanicReport;
use crate::client::terminal::title::Title;
use crate::client::view::scrollback::{Scrollback, ScrollbackWriter};
use crate::client::view::{Renderer, wrap_block};
use crate::client::{Ending, Place};
use crate::common::io_error::os_error_text;
use assistant::NetworkAssistant;
use frontend::TerminalFront;
use input_loop::{Desk, answer};

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
pub(in crate::client) struct Furniture {
    /// How standard output gets what arrives when it is not the terminal.
    pub(in crate::client) format: Format,
    pub(in crate::client) history_file: Option<PathBuf>,
    pub(in crate::client) draft_file: Option<PathBuf>,
    /// Where other programs find this session, if they may.
    pub(in crate::client) control: Option<PathBuf>,
    /// What is said before all else.
    pub(in crate::client) greeting: String,
}

/// The terminal, from the first question to the end of the last conversation. It is left as it was
/// found.
pub(in crate::client) struct Terminal {
    editor: Editor,
    remote: EditorHandle,
    printer: Printer,
    /// The printer's thread, when it prints to something that is not the terminal.
    plain: Option<JoinHandle<io::Result<()>>>,
    signals: Signals,
    /// Where the commands of the conversation at hand go.
    talk: Talk,
}

/// The conversation at hand or the last one, for those who outlive it.
type Talk = Arc<Mutex<Option<(Commands, Option<DraftStore>)>>>;

impl Terminal {
    /// Takes the terminal. From now on signals end the program in good order.
    pub(in crate::client) fn open(keys: Keys) -> io::Result<Self> {
        let printer = Printer::default();
        let mut editor = Editor::new(printer.clone(), keys)?;
        let remote = editor.handle();
        let talk = Talk::default();
        let signals = end_on_signals(Arc::clone(&talk), remote.clone())?;
        let plain = start_printer(&printer, &mut editor, Arc::clone(&talk))?;
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
        Ok(match answer(&mut self.editor, question, &mode::suspend)? {
            EditorRead::Line(answer) => Some(answer),
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
            signals::block_editor_signals();
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

    /// Waits until all is printed where that goes elsewhere than to the terminal.
    pub(super) fn close(mut self) -> io::Result<()> {
        match self.plain.take() {
            Some(thread) => self.printer.drain(thread),
            None => Ok(()),
        }
    }

    /// Runs a conversation to its end.
    pub(super) fn converse(
        &mut self,
        place: Place,
        session: Session,
        look: Renderer,
        furniture: Furniture,
    ) -> io::Result<Ending> {
        let report = DeferredPanicReport::begin();
        let quiet = RawModeGuard::new()?;
        let (news_sender, news) = mpsc::channel();
        let (commands, inbox) = net::commands();
        // Without a place for it there is no draft to keep.
        let drafts = furniture.draft_file.as_deref().map(DraftStore::start);
        let drafts = drafts.transpose()?.flatten();
        *lock(&self.talk) = Some((commands.clone(), drafts.clone()));
        if self.signal().is_some() {
            // It came in the moment before there was a conversation to end.
            let _ = commands.send(Command::Quit(None));
        }
        let assistant = NetworkAssistant {
            commands: commands.clone(),
            look: look.clone(),
        };
        self.editor
            .begin(furniture.history_file, drafts.clone(), assistant)?;
        self.printer.push(furniture.greeting);
        let title = Title::default();
        let front = TerminalFront {
            page: ScrollbackWriter::new(
                Scrollback::new(look, io::stdout().is_terminal()),
                self.printer.clone(),
            ),
            format: match io::stdout().is_terminal() {
                true => Format::Plain,
                false => furniture.format,
            },
            stamp: MessageTags::default(),
            printer: self.printer.clone(),
            remote: self.remote.clone(),
            title: title.clone(),
            drafts: drafts.clone(),
            unsent_count: 0,
            news: news_sender,
            ready: false,
            ended: false,
        };
        net::start(place, session, front, inbox, None)?;
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
                outcome if mode::is_hangup(&error) => Ok(outcome),
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
        if let Some(drafts) = drafts {
            if drafts.has_unsent() {
                let words = "what was never sent is offered again when you come back\n";
                self.printer.push(words.to_owned());
            }
            drafts.finish();
        }
        self.remote.reset();
        if let Ok(Some(Outcome::SwitchServer { .. })) = outcome {
            *lock(&self.talk) = None;
        }
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
        printer.push(format!("{words}: {}\n", os_error_text(error)));
    };
    Door::open(at, commands.clone()).inspect_err(tell).ok()
}

/// Ends the conversation at hand, or the question that is asked, when a signal comes.
fn end_on_signals(talk: Talk, remote: EditorHandle) -> io::Result<Signals> {
    Signals::watch(&[SIGTERM, SIGHUP], move |signal| {
        if let Some((commands, drafts)) = &*lock(&talk) {
            // Whoever sends it may not wait for more.
            drafts.iter().for_each(DraftStore::write_now);
            let reason = quit_reason(signal).to_owned();
            // Without a conversation there is nothing to leave.
            let _ = commands.send(Command::Quit(Some(reason)));
        } else if remote.is_reading() {
            remote.end();
        } else {
            // The terminal is as it was found, and nobody knows of this person yet.
            signals::end_by(signal);
        }
    })
}

fn lock(talk: &Talk) -> MutexGuard<'_, Option<(Commands, Option<DraftStore>)>> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Messages go above the prompt, or, when standard output is not the terminal, plainly there.
fn start_printer(
    printer: &Printer,
    editor: &mut Editor,
    talk: Talk,
) -> io::Result<Option<JoinHandle<io::Result<()>>>> {
    if io::stdout().is_terminal() {
        let mut print = editor.external_printer()?;
        printer.start_gated(move |block| print(rows_of(&block)), mode::is_raw)?;
        return Ok(None);
    }
    let remote = editor.handle();
    // Without somebody who reads what comes there is nothing to stay for.
    let thread = printer.start_plain(print_to_stdout, move |_| match &*lock(&talk) {
        Some((commands, _)) => {
            let _ = commands.send(Command::Quit(None));
        }
        None => remote.end(),
    })?;
    Ok(Some(thread))
}

/// The lines of a block as rows of the terminal, as wide as that is now.
fn rows_of(block: &str) -> String {
    wrap_block(block, mode::columns()).into_owned()
}
