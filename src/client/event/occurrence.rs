//! One event with its time and its tags: the form in which the driver hands it to the frontend, the
//! log and `ctl tail`.

use super::{Event, MessageTags};

/// Something that happened, and when. It has no network: a run has one at a time, and the log is
/// opened for its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The time, in Unix seconds: the server's if it gave one, else that of the local clock.
    pub at: i64,
    /// The tags of the line that caused it.
    pub tags: MessageTags,
    /// What happened.
    pub event: Event,
}

impl Occurrence {
    /// An event that no line of the server caused.
    pub fn local(event: Event, at: i64) -> Self {
        Self {
            at,
            tags: MessageTags::default(),
            event,
        }
    }
}
