//! The rate limit of the answers to programs that ask this one something.

use std::collections::VecDeque;
use std::time::Duration;

/// Maximum number of requests that are answered within [`ANSWERS_PERIOD`], from all users together:
/// the answers of a flood would otherwise get this client disconnected.
const ANSWERS_MAX: usize = 3;
const ANSWERS_PERIOD: Duration = Duration::from_secs(10);

/// The last answers: when and to whom.
#[derive(Debug, Default)]
pub(in crate::client::session) struct CtcpAnswers(VecDeque<(Duration, String)>);

impl CtcpAnswers {
    /// Whether one more answer may be sent now, to this person.
    pub(in crate::client::session) fn take(&mut self, nick: &str, now: Duration) -> bool {
        self.0.retain(|(at, _)| now < *at + ANSWERS_PERIOD);
        let may = self.0.len() < ANSWERS_MAX;
        if may {
            self.0.push_back((now, nick.to_owned()));
        }
        may
    }

    /// The nicks that got the last answers.
    pub(in crate::client::session) fn people(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, nick)| nick.as_str())
    }
}
