//! The main thread of a conversation: lines are read, and questions asked.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};

use super::{INTERRUPT_CHECK, News};
use crate::client::editor::{Editor, EditorHandle, EditorRead};
use crate::client::net::{Command, Commands};
use crate::client::session::Outcome;
use crate::client::terminal::mode::RawModeGuard;
use crate::client::terminal::printer::{Printer, print_to_stdout};
use crate::client::terminal::title::Title;
use crate::client::ui::questions::{self, Question};
use crate::common::test_hooks::panic_if_requested;

/// Asks until there is an answer that can be taken. `suspend` is how the program is suspended
/// meanwhile.
pub(super) fn answer(
    editor: &mut Editor,
    mut question: Question,
    suspend: &dyn Fn(),
) -> io::Result<EditorRead> {
    loop {
        match editor.ask(&question.words, &question.default, suspend)? {
            EditorRead::Line(answer) => match question.judge(&answer) {
                Ok(answer) => return Ok(EditorRead::Line(answer)),
                Err(again) => question = again,
            },
            other => return Ok(other),
        }
    }
}

/// What the main thread has at hand.
pub(super) struct Desk<'t> {
    pub(super) editor: &'t mut Editor,
    pub(super) remote: &'t EditorHandle,
    pub(super) printer: &'t Printer,
    pub(super) news: mpsc::Receiver<News>,
    pub(super) commands: Commands,
    pub(super) quiet: &'t RawModeGuard,
    pub(super) title: Title,
    /// The editor has begun: from then on it alone is asked about Ctrl-C.
    pub(super) reading: bool,
}

impl Desk<'_> {
    pub(super) fn run(&mut self) -> io::Result<Option<Outcome>> {
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
    pub(super) fn leave_in_a_hurry(&mut self, reason: &str) -> Option<Outcome> {
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
                EditorRead::Line(text) => {
                    panic_if_requested("editor", &text);
                    // It is said where the prompt said, whatever has happened meanwhile.
                    let room = self.remote.room();
                    self.send(Command::Typed { text, room });
                }
                EditorRead::Cancelled { was_empty } => {
                    if was_empty {
                        self.printer.push("Ctrl-D or /quit leaves\n".to_owned());
                    }
                    continue;
                }
                EditorRead::Suspend => {
                    print_to_stdout(self.title.suspend().to_owned())?;
                    self.quiet.suspend();
                    print_to_stdout(self.title.resume())?;
                    continue;
                }
                EditorRead::Eof => self.send(Command::Quit(None)),
                EditorRead::Ended => {}
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
                    let quiet = self.quiet;
                    let question = questions::another_nick(&nick, &why);
                    match answer(self.editor, question, &|| quiet.suspend())? {
                        EditorRead::Line(nick) => self.send(Command::AnswerNick(nick)),
                        EditorRead::Cancelled { .. } | EditorRead::Eof => {
                            self.send(Command::Quit(None));
                        }
                        EditorRead::Suspend | EditorRead::Ended => {}
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
