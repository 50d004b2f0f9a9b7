//! Completion, highlighting and hints for the line that is being typed.

use std::sync::mpsc;
use std::time::Duration;

use crate::client::command::analysis::LineAnalysis;
use crate::client::command::completion::CompletionNames;
use crate::client::editor::InputAssist;
use crate::client::net::{DriverInput, InputSender};
use crate::client::view::Renderer;

/// How long the editor waits for an answer of the session.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(200);

/// Helps the editor by asking the driver's thread, which has the session.
pub(super) struct SessionAssist {
    pub(super) input: InputSender,
    pub(super) renderer: Renderer,
}

impl SessionAssist {
    /// The answer to a request, if it comes in time.
    fn request<T>(&self, request: impl FnOnce(mpsc::Sender<T>) -> DriverInput) -> Option<T> {
        let (sender, answer) = mpsc::channel();
        let _ = self.input.send(request(sender));
        answer.recv_timeout(ANSWER_TIMEOUT).ok()
    }
}

impl InputAssist for SessionAssist {
    fn names(&self) -> CompletionNames {
        self.request(DriverInput::Names).unwrap_or_default()
    }

    fn analyze(&self, line: &str) -> Option<LineAnalysis> {
        self.request(|answer| DriverInput::Analyze(line.to_owned(), answer))
    }

    fn show_room(&self, room: &str) -> bool {
        let shown = self.request(|answer| DriverInput::ShowRoom(room.to_owned(), answer));
        shown.unwrap_or(false)
    }

    fn highlight(&self, line: &str, analysis: &LineAnalysis) -> String {
        self.renderer.highlight(line, analysis)
    }
}
