//! Where a person sits: at a terminal with an editor, or with whole lines and no more.

pub(super) mod interactive;
pub(super) mod plain;
pub(super) mod questions;
pub(super) mod script;

use std::io;

use crate::client::session::Session;
use crate::client::view::Renderer;
use crate::client::{Ending, Place};
use interactive::{Furniture, Terminal};
use plain::Plain;
use questions::Question;

/// Somebody who can be asked, and whose lines are typed.
pub(super) enum Seat {
    /// With a prompt above which messages appear.
    Editor(Box<Terminal>),
    /// With lines that scroll by.
    Plain(Plain),
}

impl Seat {
    /// Asks a question. `None` when the person wants to leave, or a signal ends the program.
    pub(super) fn ask(&mut self, question: Question) -> io::Result<Option<String>> {
        match self {
            Self::Editor(terminal) => terminal.ask(question),
            Self::Plain(plain) => Ok(plain.ask(question)),
        }
    }

    /// The signal that ends the program, if one came.
    pub(super) fn signal(&self) -> Option<i32> {
        match self {
            Self::Editor(terminal) => terminal.signal(),
            Self::Plain(plain) => plain.signal(),
        }
    }

    /// Does something that can take long; `None` when the person presses Ctrl-C meanwhile.
    pub(super) fn wait_for<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        match self {
            Self::Editor(terminal) => terminal.wait_for(work),
            Self::Plain(_) => Some(work()),
        }
    }

    /// Waits until all is printed. An error says that it could not be.
    pub(super) fn close(self) -> io::Result<()> {
        match self {
            Self::Editor(terminal) => terminal.close(),
            Self::Plain(plain) => plain.close(),
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
        match self {
            Self::Editor(terminal) => terminal.converse(place, session, look, furniture),
            Self::Plain(plain) => plain.converse(place, session, look, furniture),
        }
    }
}
