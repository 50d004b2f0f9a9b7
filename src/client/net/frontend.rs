//! The frontend: what the driver requires of the part that shows the networks.

use std::time::Duration;

use super::setup::NetworkFiles;
use crate::client::command::LocalCommand;
use crate::client::event::{NetworkId, NetworkName, Occurrence};
use crate::client::session::{CertificateFacts, Networks, Outcome, RefusedNick};

/// Shows what happens. The methods must not block, except [`Frontend::ended`], which may finish what
/// is left to do.
pub(crate) trait Frontend: Send {
    /// Something happened on a network.
    fn event(&mut self, occurrence: &Occurrence, network: NetworkId, networks: &Networks);
    /// The event that the script waited for has happened.
    fn found(&mut self, _: &Occurrence) {}
    /// A server sent this line, given here without its ending.
    fn line_received(&mut self, line: &[u8]);
    /// A step is done, and everything about the networks can have changed. `elapsed` is the session
    /// time.
    fn networks_changed(&mut self, networks: &Networks, elapsed: Duration);
    /// The session time at which the frontend has something more to show.
    fn next_deadline(&self) -> Option<Duration> {
        None
    }
    /// A typed line has been processed.
    fn line_done(&mut self, networks: &Networks);
    /// A command was typed on a network that concerns only the front end.
    fn run_local(&mut self, command: &LocalCommand, network: NetworkId);
    /// The server of a network refuses a nick, and the user must choose another.
    fn ask_nick(&mut self, refused: RefusedNick, network: NetworkId);
    /// The user must answer this. It is called while a typed line is processed, so that no other line
    /// is being typed.
    fn ask(&mut self, subject: QuestionSubject, question: NetworkQuestion);
    /// Whether so much output waits that the driver should stop reading.
    fn is_backlogged(&self) -> bool;
    /// A network was added, on which the user has this nick.
    fn network_added(&mut self, _: &AddedNetwork<'_>) {}
    /// A network has ended while others go on.
    fn network_removed(&mut self, _: NetworkId) {}
    /// All sessions have ended: this is the last call.
    fn ended(&mut self, outcome: Outcome);
}

/// A network that was added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddedNetwork<'n> {
    /// Its number.
    pub(crate) id: NetworkId,
    /// Its name.
    pub(crate) name: &'n NetworkName,
    /// The nick of the user on it.
    pub(crate) nick: &'n str,
    /// The files of the user for it.
    pub(crate) files: &'n NetworkFiles,
}

/// A question that the user must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NetworkQuestion {
    /// The password of the server, which has refused the one before or the lack of one.
    Password,
    /// The password of an account.
    AccountPassword {
        /// The account.
        account: String,
        /// Whether the server has refused the one before.
        is_refused: bool,
    },
    /// Whether to trust this certificate from now on.
    Certificate(Box<CertificateFacts>),
}

/// The subject of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QuestionSubject {
    /// A network.
    Network(NetworkId),
    /// A server to which there is no connection yet, as it was typed on this network.
    Server(NetworkId, String),
}

/// The answer that means that a certificate is trusted.
pub(crate) const TRUSTED: &str = "yes";
