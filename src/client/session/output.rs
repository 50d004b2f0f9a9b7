//! What a step of the session wants done.

use std::time::Duration;

use super::Outcome;
use crate::client::command::LocalCommand;
use crate::client::event::Event;

/// What the session wants done. The caller owns it, and empties it after each step.
#[derive(Debug, Default)]
pub struct SessionOutput {
    /// Lines for the server, each with its ending.
    pub lines: String,
    /// What a person should see, in order.
    pub events: Vec<Event>,
    /// What the script waited for, when it has come.
    pub found: Option<Event>,
    /// What else is to be done, in order.
    pub actions: Vec<SessionAction>,
    /// How many bytes of lines were taken out of it over this connection.
    pub taken_bytes: u64,
    /// How many of these the connection has taken; the others never left this program.
    pub written_bytes: u64,
}

impl SessionOutput {
    /// How many bytes stand before the next line, over this connection.
    pub(super) fn offset(&self) -> u64 {
        self.taken_bytes + self.lines.len() as u64
    }

    /// Moves the lines to where they wait for the connection.
    pub fn take_lines(&mut self, unsent: &mut Vec<u8>) {
        self.taken_bytes += self.lines.len() as u64;
        unsent.extend_from_slice(self.lines.as_bytes());
        self.lines.clear();
    }

    /// Begins to count anew, for another connection.
    pub fn restart(&mut self) {
        self.lines.clear();
        self.taken_bytes = 0;
        self.written_bytes = 0;
    }
}

/// Something to be done that is neither a line to send nor an event to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionAction {
    /// Close the connection; `disconnected` is to be called as for any other end.
    Close,
    /// Connect again after this time (and some jitter).
    Reconnect {
        /// How long to wait.
        after: Duration,
    },
    /// The nick is taken and the person can be asked for another; [`Session::answer_nick`](super::Session::answer_nick) goes
    /// on.
    AskNick {
        /// The nick that cannot be had.
        nick: String,
        /// Why, in words.
        why: String,
    },
    /// The user entered a command that only concerns the screen: the front end carries it out.
    Local(LocalCommand),
    /// Find out whether this server can be reached; the result goes to
    /// [`Session::server_probed`](super::Session::server_probed).
    Probe {
        /// An address, or a name from the configuration.
        server: String,
    },
    /// Everything is over.
    End(Outcome),
}
