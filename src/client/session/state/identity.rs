//! The user's own nick, address and away message, and how a nick that is in use is regained.

use std::mem::Discriminant;
use std::time::Duration;

use crate::client::session::NickRefusal;

/// How often the client asks for its nick while someone else has it: the first wait and the last.
pub(in crate::client::session) const REGAIN_FIRST: Duration = Duration::from_secs(15);
pub(in crate::client::session) const REGAIN_LAST: Duration = Duration::from_secs(240);
/// How many spellings of the nick are tried if it is in use on reconnect.
pub(in crate::client::session) const SPELLINGS_MAX: usize = 5;

/// The identity of the user on this server.
#[derive(Debug)]
pub(in crate::client::session) struct Identity {
    /// The nick that the server knows; before registration, the requested one.
    pub(in crate::client::session) nick: String,
    /// The nick from the command line, the configuration or the last answer to the question.
    pub(in crate::client::session) configured: String,
    /// `user@host` as others see it, if it is known.
    pub(in crate::client::session) address: Option<String>,
    /// The away message, if the user is away.
    pub(in crate::client::session) away: Option<String>,
    /// The account that is registered as soon as a code is sent back.
    pub(in crate::client::session) unverified_account: Option<String>,
    /// The cause for which the user was asked for another nick last.
    pub(in crate::client::session) refused_for: Option<Discriminant<NickRefusal>>,
    /// How many of the alternative nicks were tried.
    pub(in crate::client::session) alternatives_tried: usize,
    /// How many spellings of the nick were tried on this connection.
    spellings_tried: usize,
    /// When the client asks for its nick again.
    pub(in crate::client::session) regain_at: Option<Duration>,
    /// The wait before the attempt after that one.
    pub(in crate::client::session) regain_after: Duration,
    /// The server has changed the nick, so the client does not change it back.
    pub(in crate::client::session) renamed_by_server: bool,
}

impl Identity {
    /// The identity before the first connection.
    pub(in crate::client::session) fn new(nick: &str) -> Self {
        Self {
            nick: nick.to_owned(),
            configured: nick.to_owned(),
            address: None,
            away: None,
            unverified_account: None,
            refused_for: None,
            alternatives_tried: 0,
            spellings_tried: 0,
            regain_at: None,
            regain_after: REGAIN_FIRST,
            renamed_by_server: false,
        }
    }

    /// A new connection begins with this nick.
    pub(in crate::client::session) fn reset(&mut self, nick: &str) {
        nick.clone_into(&mut self.nick);
        self.spellings_tried = 0;
        self.regain_at = None;
        self.regain_after = REGAIN_FIRST;
        self.renamed_by_server = false;
    }

    /// Another spelling of a nick that is in use, unless enough were tried.
    pub(in crate::client::session) fn next_spelling(&mut self) -> Option<String> {
        self.spellings_tried += 1;
        (self.spellings_tried <= SPELLINGS_MAX).then(|| format!("{}_", self.nick))
    }
}
