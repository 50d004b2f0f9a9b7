//! Events that the driver's thread sends to the main thread.

use crate::client::event::NetworkId;
use crate::client::net::{NetworkQuestion, QuestionSubject};
use crate::client::session::{Outcome, RefusedNick};

/// Something that the input loop must act on.
pub(super) enum InteractiveEvent {
    /// The session is registered and its rooms are joined: lines can be read.
    Ready,
    /// This line is to be printed while no line is read yet, when nothing else prints.
    Early(String),
    /// The session has processed the last line.
    LineDone {
        /// Whether the session is about to end.
        leaving: bool,
    },
    /// `/clear` was typed.
    ClearScreen,
    /// The server of a network refuses the nick.
    AskNick(NetworkId, RefusedNick),
    /// The user must answer this about a network.
    Ask(QuestionSubject, NetworkQuestion),
    /// The session has ended.
    Ended(Outcome),
}
