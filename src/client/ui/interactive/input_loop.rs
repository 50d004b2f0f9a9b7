//! The main thread of a session in a terminal: reads lines and asks questions.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};

use super::INTERRUPT_CHECK;
use super::event::InteractiveEvent;
use super::offers::OfferAnnouncer;
use crate::client::editor::{Editor, EditorHandle, EditorRead};
use crate::client::net::{DriverInput, InputSender};
use crate::client::session::{Outcome, PromptPlace};
use crate::client::terminal::job_control::JobControl;
use crate::client::terminal::printer::print_to_stdout;
use crate::client::ui::questions::{self, Question};
use crate::client::view::{Prompt, Renderer};
use crate::common::test_hooks::panic_if_requested;

/// Asks until the answer is valid. The program can be suspended meanwhile.
pub(super) fn ask_until_valid(
    editor: &mut Editor,
    mut question: Question,
    job: &JobControl,
) -> io::Result<EditorRead> {
    loop {
        let suspend = |by_key| job.suspend(by_key);
        match editor.ask(&question.as_prompt(), &suspend)? {
            EditorRead::Line(answer) => match question.validate(&answer) {
                Ok(answer) => return Ok(EditorRead::Line(answer)),
                Err(again) => question = again,
            },
            other => return Ok(other),
        }
    }
}

/// The state of the main thread.
pub(super) struct InputLoop<'t> {
    pub(super) editor: &'t mut Editor,
    pub(super) editor_handle: &'t EditorHandle,
    pub(super) events: mpsc::Receiver<InteractiveEvent>,
    pub(super) input: InputSender,
    pub(super) job: &'t JobControl,
    pub(super) offers: OfferAnnouncer,
    pub(super) renderer: Renderer,
    /// The editor reads lines; only it reacts to Ctrl-C from then on.
    pub(super) reading: bool,
}

impl InputLoop<'_> {
    /// Runs until the session ends. `None` when the driver's thread has panicked.
    pub(super) fn run(&mut self) -> io::Result<Option<Outcome>> {
        loop {
            match self.next_event()? {
                Some(InteractiveEvent::Ready) => return self.read_lines(),
                Some(InteractiveEvent::Ended(outcome)) => return Ok(Some(outcome)),
                Some(
                    InteractiveEvent::LineDone { .. }
                    | InteractiveEvent::ClearScreen
                    | InteractiveEvent::Early(_)
                    | InteractiveEvent::AskNick(..)
                    | InteractiveEvent::Ask(..),
                ) => {}
                None => return Ok(None),
            }
        }
    }

    /// Leaves the session when the editor can no longer be used.
    pub(super) fn quit_without_editor(&mut self, reason: &str) -> Option<Outcome> {
        self.editor.stop();
        self.send(DriverInput::Quit(Some(reason.to_owned())));
        loop {
            match self.events.recv() {
                Ok(InteractiveEvent::Ended(outcome)) => return Some(outcome),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    fn read_lines(&mut self) -> io::Result<Option<Outcome>> {
        self.reading = true;
        self.job.take_signals_as_keys();
        loop {
            self.offers.begin_line();
            let read = self.editor.read();
            self.offers.end_line();
            match read? {
                EditorRead::Line(text) => {
                    panic_if_requested("editor", &text);
                    // The room of the prompt gets the line, even if the active room has changed.
                    let Prompt { network, room, .. } = self.editor_handle.prompt();
                    let place = PromptPlace { network, room };
                    self.send(DriverInput::Typed { text, place });
                }
                EditorRead::Cancelled { was_empty } => {
                    if was_empty {
                        let hint = "To leave, press Ctrl-D or type /quit.\n";
                        self.editor_handle.print_note(hint);
                    }
                    continue;
                }
                EditorRead::Suspend { by_key } => {
                    self.job.suspend(by_key);
                    continue;
                }
                EditorRead::Eof => self.send(DriverInput::InputEnded),
                EditorRead::Ended => {}
            }
            loop {
                match self.next_event()? {
                    Some(InteractiveEvent::LineDone { leaving: false }) => break,
                    Some(InteractiveEvent::ClearScreen) => self.editor.clear_screen()?,
                    Some(InteractiveEvent::Ended(outcome)) => return Ok(Some(outcome)),
                    Some(_) => {}
                    None => return Ok(None),
                }
            }
        }
    }

    /// The next event while no line is read. Ctrl-C leaves, and a refused nick asks for another.
    /// `None` when the driver's thread is gone.
    fn next_event(&mut self) -> io::Result<Option<InteractiveEvent>> {
        loop {
            match self.events.recv_timeout(INTERRUPT_CHECK) {
                Ok(InteractiveEvent::AskNick(network, refused)) => {
                    let question = questions::retry_nick(&refused);
                    match ask_until_valid(self.editor, question, self.job)? {
                        EditorRead::Line(nick) => {
                            self.send(DriverInput::AnswerNick(network, nick));
                        }
                        EditorRead::Cancelled { .. } | EditorRead::Eof => {
                            self.send(DriverInput::Quit(None));
                        }
                        EditorRead::Suspend { .. } | EditorRead::Ended => {}
                    }
                }
                Ok(InteractiveEvent::Ask(subject, question)) => {
                    let notice = questions::about(&question, &self.renderer);
                    self.editor_handle.print_note(&notice);
                    let question = questions::of_network(&question);
                    // Any other end means that the network waits on.
                    if let EditorRead::Line(answer) =
                        ask_until_valid(self.editor, question, self.job)?
                    {
                        self.send(DriverInput::Answered(subject, answer));
                    }
                }
                Ok(InteractiveEvent::Early(line)) => print_to_stdout(line)?,
                Ok(event) => return Ok(Some(event)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {
                    if !self.reading && self.editor_handle.take_interrupt() {
                        self.send(DriverInput::Quit(None));
                    }
                }
            }
        }
    }

    fn send(&self, input: DriverInput) {
        // The driver's thread ends after its last event, which is still to be read.
        let _ = self.input.send(input);
    }
}
