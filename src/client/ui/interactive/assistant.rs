//! Help with what is typed.

use std::sync::mpsc;

use super::ANSWER_MAX;
use crate::client::command::completion::CompletionNames;
use crate::client::editor::InputAssist;
use crate::client::net::{Command, Commands};
use crate::client::session::LineAnalysis;
use crate::client::view::Renderer;

/// Helps with what is typed by asking the network's thread, which has the session.
pub(super) struct NetworkAssistant {
    pub(super) commands: Commands,
    pub(super) look: Renderer,
}

impl NetworkAssistant {
    /// The answer to a question, if it comes in time.
    fn ask<T>(&self, question: impl FnOnce(mpsc::Sender<T>) -> Command) -> Option<T> {
        let (answer, answered) = mpsc::channel();
        let _ = self.commands.send(question(answer));
        answered.recv_timeout(ANSWER_MAX).ok()
    }
}

impl InputAssist for NetworkAssistant {
    fn names(&self) -> CompletionNames {
        self.ask(Command::Names).unwrap_or_default()
    }

    fn analyze(&self, line: &str) -> Option<LineAnalysis> {
        self.ask(|answer| Command::Judge(line.to_owned(), answer))
    }

    fn highlight(&self, line: &str, judgement: &LineAnalysis) -> String {
        self.look.highlight(line, judgement)
    }
}
