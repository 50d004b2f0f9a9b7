//! The state of a bouncer's connection to one of its networks.

use std::fmt;

/// The status of a bouncer's connection to a network. soju.im/bouncer-networks, `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamStatus {
    /// It is connected.
    Connected,
    /// It is connecting.
    Connecting,
    /// It is not connected.
    Disconnected,
}

/// The state of a bouncer's connection to a network, as the bouncer reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamState {
    /// The status of the connection.
    pub status: UpstreamStatus,
    /// The cause of a failure, in the words of the bouncer. It may hold control characters.
    pub error: Option<String>,
}

impl Default for UpstreamState {
    /// A bouncer that says nothing is connected.
    fn default() -> Self {
        Self {
            status: UpstreamStatus::Connected,
            error: None,
        }
    }
}

impl UpstreamState {
    /// The note for the user about this state, if it is news after `before`.
    pub(super) fn news_after(&self, before: Option<&Self>) -> Option<String> {
        use UpstreamStatus::{Connected, Connecting, Disconnected};
        let was = before.map(|before| before.status);
        let has_new_error = before.is_none_or(|before| before.error != self.error);
        let error = self.error.as_ref();
        let what = match (was, self.status) {
            (None | Some(Connected), Connected) => return None,
            (Some(_), Connected) => {
                return Some("The bouncer is connected to this network.".to_owned());
            }
            (Some(Connected), Disconnected) => "The bouncer lost its connection to this network",
            (None, Disconnected) => "The bouncer is not connected to this network",
            (_, Connecting | Disconnected) if has_new_error && error.is_some() => {
                "The bouncer cannot connect to this network"
            }
            (_, Connecting | Disconnected) => return None,
        };
        Some(match error {
            Some(error) => format!("{what}: {error}"),
            None => what.to_owned(),
        })
    }
}

/// The part of a status line about it; empty if the bouncer is connected.
impl fmt::Display for UpstreamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, &self.error) {
            (UpstreamStatus::Connected, _) => Ok(()),
            (UpstreamStatus::Connecting, None) => f.write_str("the bouncer is connecting"),
            (_, Some(error)) => write!(f, "the bouncer is not connected: {error}"),
            (UpstreamStatus::Disconnected, None) => f.write_str("the bouncer is not connected"),
        }
    }
}
