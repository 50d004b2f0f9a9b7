//! The watchers of nicks: who is notified when a nick comes online or goes offline.

use std::collections::{BTreeSet, HashMap};

use crate::server::hub::ConnectionId;
use crate::wire::FoldedName;

/// The watchers of each nick, online or not.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Monitors {
    /// Never iterated, so its order cannot affect the output.
    pub(in crate::server::hub) watchers: HashMap<FoldedName, BTreeSet<ConnectionId>>,
}

impl Monitors {
    pub(in crate::server::hub) fn remove(&mut self, key: &FoldedName, watcher: ConnectionId) {
        if let Some(watchers) = self.watchers.get_mut(key) {
            watchers.remove(&watcher);
            if watchers.is_empty() {
                self.watchers.remove(key);
            }
        }
    }

    pub(in crate::server::hub) fn of(&self, nick: &str) -> impl Iterator<Item = ConnectionId> {
        let watchers = self.watchers.get(&*FoldedName::folded(nick));
        watchers.into_iter().flatten().copied()
    }
}
