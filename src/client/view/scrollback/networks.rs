//! The networks whose events are shown: their names, and the netsplits that are held back for each.

use super::Scrollback;
use super::netsplit::Netsplits;
use crate::client::event::{NetworkId, NetworkName};

/// Which network and which room lines need not name.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::client) struct ActivePlace<'p> {
    /// Whether there are several networks, so that lines name theirs.
    pub(in crate::client) is_several: bool,
    /// The active network.
    pub(in crate::client) network: Option<NetworkId>,
    /// The active room.
    pub(in crate::client) room: Option<&'p str>,
}

/// The state of the scrollback for one network.
#[derive(Debug, Default)]
pub(super) struct NetworkLines {
    pub(super) id: NetworkId,
    name: NetworkName,
    pub(super) netsplits: Netsplits,
}

impl Scrollback {
    /// The next event is one of this network. Returns the text to print before: what was held back of
    /// another one.
    pub(in crate::client) fn enter_network(
        &mut self,
        id: NetworkId,
        name: &NetworkName,
        active: &ActivePlace<'_>,
    ) -> String {
        let is_same = self.network() == id;
        if is_same && !active.is_several && !self.is_several {
            return String::new();
        }
        let before = match is_same {
            true => String::new(),
            false if self.groups.is_empty() => String::new(),
            // Also the netsplit that they follow.
            false => self.flush(active.room),
        };
        self.set_active(active);
        if is_same && self.named == Some((id, self.is_several, self.active_network)) {
            return before;
        }
        let known = self.networks.iter().position(|one| one.id == id);
        self.current = known.unwrap_or_else(|| {
            // The first one is that of an only network.
            match self.networks.first_mut() {
                Some(first) if first.id == NetworkId::default() => {
                    first.id = id;
                    first.name = name.clone();
                    0
                }
                _ => {
                    self.networks.push(NetworkLines {
                        id,
                        name: name.clone(),
                        netsplits: Netsplits::default(),
                    });
                    self.networks.len() - 1
                }
            }
        });
        self.name_network(self.current);
        self.named = Some((id, self.is_several, self.active_network));
        before
    }

    /// Another network or room is the active one.
    pub(in crate::client) fn set_active(&mut self, active: &ActivePlace<'_>) {
        self.is_several = active.is_several;
        if self.active_network != active.network {
            // Lines without a name were about a room of another network.
            if self.active_network.is_some() {
                self.room_names.note_other_network();
            }
            self.active_network = active.network;
        }
    }

    /// Lines are about this network from now on.
    pub(super) fn name_network(&mut self, at: usize) {
        let network = self.networks.get(at);
        let named = network.filter(|_| self.is_several);
        let is_active = network.is_some_and(|network| Some(network.id) == self.active_network);
        self.renderer
            .set_network(named.map(|network| &network.name), is_active);
    }

    /// The network of the current event.
    pub(super) fn network(&self) -> NetworkId {
        let network = self.networks.get(self.current);
        network.map(|network| network.id).unwrap_or_default()
    }

    /// The active room, if the current event is one of the active network.
    pub(super) fn in_front<'a>(&self, active: Option<&'a str>) -> Option<&'a str> {
        active.filter(|_| self.is_in_front())
    }

    /// Whether the current event is one of the active network.
    pub(super) fn is_in_front(&self) -> bool {
        !self.is_several || Some(self.network()) == self.active_network
    }
}
