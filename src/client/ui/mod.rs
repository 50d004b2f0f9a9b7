//! Frontends: the editor in a terminal, plain lines, and scripts.
//!
//! Each one shows what the sessions do and gives them lines; it must not know the protocol of IRC or a
//! socket to a server. Only `app` imports it.

pub(super) mod interactive;
pub(super) mod plain;
pub(super) mod questions;
pub(super) mod script;
pub(super) mod setup;

use std::io;
use std::sync::mpsc::Receiver;

use crate::client::config::file::EditMode;
use crate::client::net::{DriverSetup, NetworkSetup};
use crate::client::view::Renderer;
use interactive::InteractiveUi;
use plain::PlainUi;
use questions::Question;
use setup::{SessionEnd, UiContext};

/// The frontend of a user, who types lines and answers questions.
pub(super) enum Ui {
    /// A prompt with messages above it.
    Interactive(Box<InteractiveUi>),
    /// Whole lines only.
    Plain(Box<PlainUi>),
}

impl Ui {
    /// Takes the terminal: with the editor, or with whole lines only.
    pub(super) fn open(edits: bool, mode: EditMode) -> io::Result<Self> {
        Ok(match edits {
            true => Self::Interactive(Box::new(InteractiveUi::open(mode)?)),
            false => Self::Plain(Box::new(PlainUi::open()?)),
        })
    }

    /// Asks a question. `None` when the user leaves, or a signal ends the program.
    pub(super) fn ask(&mut self, question: Question) -> io::Result<Option<String>> {
        match self {
            Self::Interactive(ui) => ui.ask(question),
            Self::Plain(ui) => Ok(ui.ask(question)),
        }
    }

    /// The signal that ends the program, if one came.
    pub(super) fn signal(&self) -> Option<i32> {
        match self {
            Self::Interactive(ui) => ui.signal(),
            Self::Plain(ui) => ui.signal(),
        }
    }

    /// Waits for the result of work that takes long. `None` when the user presses Ctrl-C meanwhile.
    pub(super) fn wait_for<T>(&self, result: &Receiver<T>) -> Option<T> {
        match self {
            Self::Interactive(ui) => ui.wait_for(result),
            Self::Plain(_) => result.recv().ok(),
        }
    }

    /// Waits until everything is printed. An error says that it could not be.
    pub(super) fn close(self) -> io::Result<()> {
        match self {
            Self::Interactive(ui) => ui.close(),
            Self::Plain(ui) => ui.close(),
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
        match self {
            Self::Interactive(ui) => ui.run_sessions(setup, networks, renderer, context),
            Self::Plain(ui) => ui.run_sessions(setup, networks, renderer, context),
        }
    }
}
