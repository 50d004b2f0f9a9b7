//! The output of a step of the session: lines, events and actions.

use std::time::Duration;

use super::upstream_state::UpstreamState;
use super::{Outcome, RefusedNick};
use crate::client::command::LocalCommand;
use crate::client::event::Event;

/// The output of the session. The caller owns it and empties it after each step.
#[derive(Debug, Default)]
pub struct SessionOutput {
    /// Lines for the server, each with its ending.
    pub lines: String,
    /// The events, in order.
    pub events: Vec<Event>,
    /// The event that the script waited for, once it has happened.
    pub found: Option<Event>,
    /// Further actions, in order.
    pub actions: Vec<SessionAction>,
    /// How many bytes of lines were taken out of it for this connection.
    pub taken_bytes: u64,
    /// How many of these the connection has taken; the others never left the client.
    pub written_bytes: u64,
}

impl SessionOutput {
    /// Whether something is still to be done.
    pub fn is_waiting(&self) -> bool {
        !self.lines.is_empty() || !self.events.is_empty() || !self.actions.is_empty()
    }

    /// The offset of the next line in all bytes for this connection.
    pub(super) fn offset(&self) -> u64 {
        self.taken_bytes + self.lines.len() as u64
    }

    /// Moves the lines to the bytes that wait for the connection.
    pub fn take_lines(&mut self, unsent: &mut Vec<u8>) {
        self.taken_bytes += self.lines.len() as u64;
        unsent.extend_from_slice(self.lines.as_bytes());
        self.lines.clear();
    }

    /// Starts counting again, for another connection.
    pub fn restart(&mut self) {
        self.lines.clear();
        self.taken_bytes = 0;
        self.written_bytes = 0;
    }
}

/// Something to do that is neither a line to send nor an event to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionAction {
    /// Close the connection, and call `disconnected` as for any other end.
    Close,
    /// Connect again after this time, plus some jitter.
    Reconnect {
        /// How long to wait.
        after: Duration,
    },
    /// The server asks for an encrypted connection to this port instead of this one (STS): close this
    /// one, and connect there at once.
    Upgrade {
        /// A TCP port.
        port: u16,
    },
    /// The server asks that only encrypted connections are made to it for so long (STS), counted from
    /// now and again from the end of this one.
    KeepStsPolicy {
        /// 0 removes the policy.
        duration_seconds: u64,
    },
    /// The nick is refused: ask the user for another one, which goes to
    /// [`Session::answer_nick`](super::Session::answer_nick).
    AskNick(RefusedNick),
    /// The user entered a command that only concerns the screen: the frontend carries it out.
    Local(LocalCommand),
    /// The user wants to connect to one more network.
    Connect {
        /// An address, or a name from the configuration.
        server: String,
    },
    /// The user wants to leave a network.
    Disconnect {
        /// Its name; this one if none is named.
        network: Option<String>,
    },
    /// The user wants to see the networks.
    ListNetworks,
    /// The bouncer has this network: it becomes one of the user's.
    AddUpstream {
        /// Its id at the bouncer.
        netid: String,
        /// Its name there, which can be any text.
        name: String,
    },
    /// The bouncer reports a new state of its connection to one of its networks.
    UpdateUpstream {
        /// The id of the network.
        netid: String,
        /// The new state.
        state: UpstreamState,
    },
    /// The bouncer does not have this network any more.
    RemoveUpstream {
        /// The id of the network.
        netid: String,
    },
    /// The session has ended.
    End(Outcome),
}
