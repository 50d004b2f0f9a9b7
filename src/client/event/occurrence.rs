//! One event with its network, its time and its tags: the form in which the driver hands it to the
//! frontend, the log and `ctl tail`.

use super::{Event, MessageTags, NetworkName};

/// Something that happened, where and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The network it happened on.
    pub network: NetworkName,
    /// The time, in Unix seconds: the server's if it gave one, else that of the local clock.
    pub at: i64,
    /// The tags of the line that caused it.
    pub tags: MessageTags,
    /// The event.
    pub event: Event,
}

impl Occurrence {
    /// An event that no line of the server caused.
    pub fn local(network: NetworkName, event: Event, at: i64) -> Self {
        Self {
            network,
            at,
            tags: MessageTags::default(),
            event,
        }
    }
}
