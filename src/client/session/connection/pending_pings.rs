//! The client's own pings that wait for an answer, and the tokens by which an answer is recognized.

use std::collections::VecDeque;

/// Pings in flight that are remembered: more than a window of lines.
const PINGS_MAX: usize = 8_192;

const SETTLED: &str = "chatroom-settled";
const ALIVE: &str = "chatroom-alive";
const REGAINED: &str = "chatroom-nick";

/// The beginning of the labels and fences of requests. The number of the request follows.
pub(in crate::client::session) const FENCE: &str = "chatroom-line-";

/// The purpose of a ping of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client::session) enum PingPurpose {
    /// Its answer says that everything after the registration is done.
    Settled,
    /// Its answer says that the connection works.
    Alive,
    /// Its answer says that a request for the nick is answered.
    Regained,
    /// Its answer says that this request is answered, and without labels all before it.
    Fence(u64),
    /// The user has sent it.
    Typed,
}

impl PingPurpose {
    pub(super) fn token(self) -> String {
        match self {
            Self::Settled => SETTLED.to_owned(),
            Self::Alive => ALIVE.to_owned(),
            Self::Regained => REGAINED.to_owned(),
            Self::Fence(number) => format!("{FENCE}{number}"),
            Self::Typed => String::new(),
        }
    }

    pub(super) fn of_token(token: &str) -> Option<Self> {
        let token = token.trim_start_matches(':').to_ascii_lowercase();
        Some(match token.as_str() {
            SETTLED => Self::Settled,
            ALIVE => Self::Alive,
            REGAINED => Self::Regained,
            _ => Self::Fence(token.strip_prefix(FENCE)?.parse().ok()?),
        })
    }
}

/// The pings that are not answered, oldest first.
#[derive(Debug, Default)]
pub(in crate::client::session) struct PendingPings(VecDeque<PingPurpose>);

impl PendingPings {
    pub(super) fn push(&mut self, purpose: PingPurpose) {
        if self.0.len() >= PINGS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(purpose);
    }

    /// Takes the pings up to this one; only this one, if it is not among them.
    pub(super) fn take_through(&mut self, purpose: PingPurpose) -> Vec<PingPurpose> {
        match self.0.iter().position(|pending| *pending == purpose) {
            Some(at) => self.0.drain(..=at).collect(),
            None => vec![purpose],
        }
    }

    /// Takes the oldest ping.
    pub(super) fn take_oldest(&mut self) -> Option<PingPurpose> {
        self.0.pop_front()
    }

    /// Takes the oldest ping if the user has sent it.
    pub(super) fn take_oldest_typed(&mut self) {
        self.0.pop_front_if(|oldest| *oldest == PingPurpose::Typed);
    }
}
