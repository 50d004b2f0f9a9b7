//! The frontend with the editor: the editor runs in the main thread, the driver and the printer in
//! threads of their own.
//!
//! It must not know the protocol of IRC or a socket to a server. Only `ui` imports it.

mod assistant;
mod event;
mod frontend;
mod input_loop;
mod notifier;
mod offers;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGTERM};

use super::questions::Question;
use super::setup::{SessionEnd, UiContext, continues, try_control_server};
use crate::client::config::file::EditMode;
use crate::client::config::options::Format;
use crate::client::editor::{Editor, EditorHandle, EditorRead};
use crate::client::net::{self, DriverInput, DriverSetup, InputSender, NetworkSetup};
use crate::client::session::Outcome;
use crate::client::storage::network_drafts::NetworkDrafts;
use crate::client::terminal::job_control::{JobControl, TerminalUser};
use crate::client::terminal::mode;
use crate::client::terminal::passthrough::Passthrough;
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::signals::{self, Signals, quit_reason};
use crate::client::terminal::stderr::DeferredPanicReport;
use crate::client::terminal::title::Title;
use crate::client::view::scrollback::{Scrollback, ScrollbackWriter};
use crate::client::view::{Renderer, wrap_block};
use assistant::SessionAssist;
use frontend::{InteractiveFrontend, ShownUnread, UNSENT_IS_SAVED};
use input_loop::{InputLoop, ask_until_valid};
use notifier::Notifier;
use offers::OfferAnnouncer;

/// How often Ctrl-C is checked for while no line is read.
const INTERRUPT_CHECK: Duration = Duration::from_millis(100);

/// The terminal, from the first question to the end of the last session. Its mode is restored
/// afterwards.
pub(in crate::client) struct InteractiveUi {
    editor: Editor,
    editor_handle: EditorHandle,
    printer: Printer,
    /// The thread that prints to standard output when that is not the terminal.
    output_thread: Option<JoinHandle<io::Result<()>>>,
    signals: Signals,
    job: JobControl,
    title: Title,
    active: ActiveSession,
}

/// The input and the drafts of the current sessions, or of the last ones, for the threads that
/// outlive them.
type ActiveSession = Arc<Mutex<Option<(InputSender, NetworkDrafts)>>>;

impl InteractiveUi {
    /// Takes the terminal. From now on a signal ends the program cleanly.
    pub(in crate::client) fn open(mode: EditMode) -> io::Result<Self> {
        let job = JobControl::begin()?;
        let printer = Printer::default();
        let mut editor = Editor::new(printer.clone(), mode)?;
        let editor_handle = editor.handle();
        let active = ActiveSession::default();
        let signals = quit_on_signals(Arc::clone(&active), editor_handle.clone(), job.clone())?;
        let output_thread = start_printer(&printer, &mut editor, Arc::clone(&active))?;
        let title = Title::default();
        job.start(EditorTerminal {
            editor: editor_handle.clone(),
            title: title.clone(),
        })?;
        Ok(Self {
            editor,
            editor_handle,
            printer,
            output_thread,
            signals,
            job,
            title,
            active,
        })
    }

    /// Asks a question. `None` when the user leaves, or a signal ends the program.
    pub(super) fn ask(&mut self, question: Question) -> io::Result<Option<String>> {
        let answer = ask_until_valid(&mut self.editor, question, &self.job)?;
        Ok(match answer {
            EditorRead::Line(answer) => Some(answer),
            _ => None,
        })
    }

    /// The signal that ends the program, if one came.
    pub(super) fn signal(&self) -> Option<i32> {
        self.signals.received()
    }

    /// Waits for the result of work that takes long. `None` when the user presses Ctrl-C meanwhile, or
    /// a signal comes.
    pub(super) fn wait_for<T>(&self, result: &mpsc::Receiver<T>) -> Option<T> {
        loop {
            match result.recv_timeout(INTERRUPT_CHECK) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout)
                    if !self.editor_handle.take_interrupt() && self.signal().is_none() => {}
                Err(_) => return None,
            }
        }
    }

    /// Waits until everything is printed where the output is not the terminal.
    pub(super) fn close(mut self) -> io::Result<()> {
        match self.output_thread.take() {
            Some(thread) => self.printer.drain(thread),
            None => Ok(()),
        }
    }

    /// Runs the sessions of these networks to their end.
    pub(super) fn run_sessions(
        &mut self,
        setup: DriverSetup,
        networks: Vec<NetworkSetup>,
        renderer: Renderer,
        context: UiContext,
    ) -> io::Result<SessionEnd> {
        let report = DeferredPanicReport::begin();
        let raw_mode = self.job.raw_mode()?;
        let (event_sender, events) = mpsc::channel();
        let (input, receiver) = net::input_channel();
        let drafts = NetworkDrafts::default();
        *lock(&self.active) = Some((input.clone(), drafts.clone()));
        if self.signal().is_some() {
            // It came just before there was a session to end.
            let _ = input.send(DriverInput::Quit(None));
        }
        let assist = SessionAssist {
            input: input.clone(),
            renderer: renderer.clone(),
        };
        self.editor.start_session(drafts.clone(), assist)?;
        self.editor_handle.print_note(&context.greeting);
        let offers =
            OfferAnnouncer::new(drafts.clone(), self.editor_handle.clone(), renderer.clone());
        let frontend = self.frontend(
            renderer.clone(),
            context.format,
            context.notify_command,
            (drafts.clone(), offers.clone()),
            event_sender,
        );
        net::start(setup, networks, frontend, receiver, None)?;
        let control_server = context
            .control
            .and_then(|at| try_control_server(&at, &input, &self.printer));
        let mut input_loop = InputLoop {
            editor: &mut self.editor,
            editor_handle: &self.editor_handle,
            events,
            input,
            job: &self.job,
            offers,
            renderer,
            reading: false,
        };
        let outcome = run_to_end(&mut input_loop);
        drop(control_server);
        if drafts.has_unsent() {
            self.editor_handle.print_note(UNSENT_IS_SAVED);
        }
        drafts.finish();
        self.editor_handle.reset();
        // Otherwise the program ends, and a signal has nothing left to end.
        if outcome
            .as_ref()
            .is_ok_and(|outcome| continues(outcome.as_ref()))
        {
            *lock(&self.active) = None;
        }
        drop(raw_mode);
        drop(report);
        Ok(SessionEnd {
            outcome: outcome?,
            signal: self.signal(),
        })
    }

    fn frontend(
        &self,
        renderer: Renderer,
        format: Format,
        notify_command: Vec<String>,
        (drafts, offers): (NetworkDrafts, OfferAnnouncer),
        events: mpsc::Sender<event::InteractiveEvent>,
    ) -> InteractiveFrontend {
        let on_terminal = io::stdout().is_terminal();
        let notifier = Notifier::new(notify_command, self.editor_handle.clone());
        let mut scrollback = Scrollback::new(renderer, on_terminal);
        scrollback.notify_through(Passthrough::from_environment(), notifier.is_some());
        InteractiveFrontend {
            notifier,
            writer: ScrollbackWriter::new(scrollback, self.printer.clone()),
            format: match on_terminal {
                true => Format::Plain,
                false => format,
            },
            printer: self.printer.clone(),
            editor_handle: self.editor_handle.clone(),
            title: self.title.clone(),
            drafts,
            offers,
            unsent: BTreeMap::new(),
            shown_unread: ShownUnread::default(),
            events,
            ready: false,
            ended: false,
        }
    }
}

impl Drop for InteractiveUi {
    /// Prints what is left to print. A failed output has no other place for a report.
    fn drop(&mut self) {
        if let Some(thread) = self.output_thread.take() {
            let _ = self.printer.drain(thread);
        }
        let _ = print_to_stdout(wrap_for_terminal(&self.printer.finish()));
        let _ = print_to_stdout(self.printer.take_controls());
    }
}

/// Runs the input loop. Also after a panic, and when the terminal is gone, it leaves the session, so
/// that the other users see the quit. `None` when a thread has panicked.
fn run_to_end(input_loop: &mut InputLoop<'_>) -> io::Result<Option<Outcome>> {
    match panic::catch_unwind(AssertUnwindSafe(|| input_loop.run())) {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => match input_loop.quit_without_editor("hung up") {
            outcome if mode::is_hangup(&error) => Ok(outcome),
            _ => Err(error),
        },
        Err(_) => {
            input_loop.quit_without_editor("this client failed");
            Ok(None)
        }
    }
}

/// Gives the terminal to the shell when the program stops.
struct EditorTerminal {
    editor: EditorHandle,
    title: Title,
}

impl TerminalUser for EditorTerminal {
    fn release(&self) {
        self.editor.suspend();
        // A closed terminal is noticed at the next read.
        let _ = print_to_stdout(self.title.suspend().to_owned());
    }

    fn resume(&self) {
        let _ = print_to_stdout(self.title.resume());
        self.editor.resume();
    }

    fn redraw(&self, is_foreign: bool) {
        self.editor.redraw(is_foreign);
    }
}

/// Leaves the session cleanly when a signal comes, or ends the question that is being asked.
fn quit_on_signals(
    active: ActiveSession,
    editor: EditorHandle,
    job: JobControl,
) -> io::Result<Signals> {
    let received = move |signal| {
        if let Some((input, drafts)) = &*lock(&active) {
            // At once: the sender of the signal may soon kill the program.
            drafts.write_now();
            let reason = quit_reason(signal).to_owned();
            // The session may have ended already.
            let _ = input.send(DriverInput::Quit(Some(reason)));
        } else if editor.is_reading() {
            editor.end();
        } else {
            // The terminal is in its original mode, and there is no connection.
            signals::end_by(signal);
        }
    };
    Signals::watch(&[SIGTERM, SIGHUP], received, move |signal| {
        job.restore_mode();
        signals::end_by(signal);
    })
}

fn lock(active: &ActiveSession) -> MutexGuard<'_, Option<(InputSender, NetworkDrafts)>> {
    active.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to print: above the prompt, or to standard output when that is not the terminal.
fn start_printer(
    printer: &Printer,
    editor: &mut Editor,
    active: ActiveSession,
) -> io::Result<Option<JoinHandle<io::Result<()>>>> {
    if io::stdout().is_terminal() {
        let mut print = editor.external_printer()?;
        let print = move |block: String| print(wrap_for_terminal(&block));
        printer.start_gated(print, mode::is_editing)?;
        return Ok(None);
    }
    let editor = editor.handle();
    // When the reader of the output is gone, so is the purpose of the session.
    let thread = printer.start_plain(print_to_stdout, move |_| match &*lock(&active) {
        Some((input, _)) => {
            let _ = input.send(DriverInput::Quit(None));
        }
        None => editor.end(),
    })?;
    Ok(Some(thread))
}

/// The lines of a block as rows of the terminal at its current width.
fn wrap_for_terminal(block: &str) -> String {
    wrap_block(block, mode::columns()).into_owned()
}
