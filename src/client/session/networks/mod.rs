//! All networks of a run: one session each, and which of them is active.
//!
//! It is as deterministic as a session, and knows as little of sockets and clocks. `route` decides
//! which network a typed line or a line of a script is for, and `overview` is what others see of all
//! networks together: the prompt, unread counts, the names to complete and the numbers of rooms.
//!
//! With one network everything is as its session says; a room is named with its network only where
//! there are several. It must not know sockets or the clock. `session`, `net` and `ui` import it.

mod overview;
mod route;
#[cfg(test)]
mod tests;

use super::{Session, SessionOutput, SessionTime};
use crate::client::event::{Event, InputError, NetworkId, NetworkName};

/// One network: its session, and what the last step of it wants done.
#[derive(Debug)]
pub(in crate::client) struct Network {
    /// Its number in this run.
    pub id: NetworkId,
    /// Its name.
    pub name: NetworkName,
    /// The address of its server, to be shown.
    pub address: String,
    /// Its session.
    pub session: Session,
    /// The output of the session. The driver empties it after each step.
    pub output: SessionOutput,
}

/// All networks of a run, in the order in which they were added.
#[derive(Debug, Default)]
pub(in crate::client) struct Networks {
    list: Vec<Network>,
    active: Option<NetworkId>,
    /// The active network that has ended by itself: what is typed is not meant for another one.
    gone: Option<(NetworkName, NetworkEnd)>,
    /// How many networks were added so far.
    added: u32,
    /// How many networks were added and were there, and how many rooms had come and gone, when the
    /// numbers of rooms were shared.
    numbers_shared: (u32, usize, u64),
}

/// How a network has ended while others go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum NetworkEnd {
    /// The user has left it.
    Left,
    /// It has ended by itself, and `/connect` connects to it again.
    Failed,
    /// Its bouncer does not have it any more, so `/connect` does not know its name.
    Removed,
}

/// The prompt at which a line was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::client) struct PromptPlace {
    /// The network in it; the active one if there is none.
    pub network: Option<NetworkId>,
    /// The room in it; the active one if there is none.
    pub room: Option<String>,
}

impl Networks {
    /// Adds a network. The first one is active; another one is in the background.
    pub(in crate::client) fn add(
        &mut self,
        name: NetworkName,
        address: String,
        mut session: Session,
    ) -> NetworkId {
        self.added += 1;
        let id = NetworkId(self.added);
        let is_first = self.list.is_empty();
        session.set_background(!is_first);
        if is_first {
            self.active = Some(id);
        }
        self.list.push(Network {
            id,
            name,
            address,
            session,
            output: SessionOutput::default(),
        });
        self.share_room_numbers();
        if let Some(network) = self.get_mut(id) {
            network.session.reserve_room_numbers();
        }
        self.share_room_numbers();
        id
    }

    /// Removes a network. If it was the active one and the user has left it, the one before it becomes
    /// active; otherwise none does, since the line that is being typed is not meant for another one.
    pub(in crate::client) fn remove(&mut self, id: NetworkId, end: NetworkEnd) {
        let Some(at) = self.list.iter().position(|network| network.id == id) else {
            return;
        };
        let network = self.list.remove(at);
        if self.active != Some(id) {
            return;
        }
        self.active = None;
        let next = self.list.get(at.saturating_sub(1)).map(|next| next.id);
        match next.filter(|_| end == NetworkEnd::Left) {
            Some(next) => self.show(next),
            None => self.gone = Some((network.name, end)),
        }
    }

    /// Makes a network the active one.
    pub(in crate::client) fn show(&mut self, id: NetworkId) {
        if self.active == Some(id) || self.get(id).is_none() {
            return;
        }
        self.gone = None;
        self.active = Some(id);
        for network in &mut self.list {
            network.session.set_background(network.id != id);
        }
    }

    /// The user leaves these networks: if the active one is among them, the one before it becomes
    /// active at once.
    pub(in crate::client) fn show_another(&mut self, left: &[NetworkId]) {
        let at = self
            .list
            .iter()
            .position(|network| Some(network.id) == self.active && left.contains(&network.id));
        let Some(at) = at else {
            return;
        };
        let (before, after) = self.list.split_at(at);
        let mut others = before.iter().rev().chain(after);
        let other = others.find(|network| !left.contains(&network.id));
        if let Some(other) = other.map(|other| other.id) {
            self.show(other);
        }
    }

    /// Whether the lines come from a script.
    pub(in crate::client) fn is_script(&self) -> bool {
        let mut networks = self.list.iter();
        networks.any(|network| network.session.settings.script)
    }

    /// Whether a script ends at the first line that is refused.
    pub(in crate::client) fn is_strict(&self) -> bool {
        let mut networks = self.list.iter();
        networks.any(|network| network.session.settings.strict)
    }

    /// A network.
    pub(in crate::client) fn get(&self, id: NetworkId) -> Option<&Network> {
        self.list.iter().find(|network| network.id == id)
    }

    /// The name of a network; empty if there is no such network.
    pub(in crate::client) fn name_of(&self, id: NetworkId) -> NetworkName {
        let name = self.get(id).map(|network| network.name.clone());
        name.unwrap_or_default()
    }

    /// The same, to be changed.
    pub(in crate::client) fn get_mut(&mut self, id: NetworkId) -> Option<&mut Network> {
        self.list.iter_mut().find(|network| network.id == id)
    }

    /// The network with this name, in any letter case.
    pub(in crate::client) fn find(&self, name: &str) -> Option<&Network> {
        let has_name = |network: &&Network| network.name.as_str().eq_ignore_ascii_case(name);
        self.list.iter().find(has_name)
    }

    /// The active network.
    pub(in crate::client) fn active(&self) -> Option<&Network> {
        self.get(self.active?)
    }

    /// All networks.
    pub(in crate::client) fn iter(&self) -> impl Iterator<Item = &Network> {
        self.list.iter()
    }

    /// All networks, to be changed.
    pub(in crate::client) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Network> {
        self.list.iter_mut()
    }

    /// Whether rooms are named with their network.
    pub(in crate::client) fn is_several(&self) -> bool {
        self.list.len() > 1 || self.gone.is_some()
    }

    /// The network to leave for `/disconnect`: the named one, or else the one it was typed in.
    ///
    /// # Errors
    ///
    /// There is no such network, or no other one to go on with.
    pub(in crate::client) fn to_leave(
        &self,
        name: Option<&str>,
        typed_in: NetworkId,
    ) -> Result<NetworkId, InputError> {
        let id = match name {
            Some(name) => {
                let named = self.find(name);
                let named = named.ok_or_else(|| InputError::NoSuchNetwork(name.to_owned()));
                named?.id
            }
            None => typed_in,
        };
        match self.list.len() {
            1 => Err(InputError::OnlyNetwork),
            _ => Ok(id),
        }
    }

    /// Leaves all networks. A hosted room that others are in keeps all of them until the user insists.
    pub(in crate::client) fn quit_by_user(
        &mut self,
        reason: Option<&str>,
        keep: bool,
        now: SessionTime,
    ) {
        // Only one network can be hosted by this program.
        let (hosted, others): (Vec<_>, Vec<_>) = self
            .list
            .iter_mut()
            .partition(|network| network.session.settings.hosts);
        for network in hosted.into_iter().chain(others) {
            let (session, output) = (&mut network.session, &mut network.output);
            session.quit_by_user(reason, keep, now, output);
            if !session.is_leaving() {
                return;
            }
        }
    }

    /// Leaves all networks.
    pub(in crate::client) fn quit(&mut self, reason: Option<&str>, now: SessionTime) {
        for network in &mut self.list {
            network.session.quit(reason, now, &mut network.output);
        }
    }

    /// The script has no more lines.
    pub(in crate::client) fn input_ended(&mut self, now: SessionTime) {
        for network in &mut self.list {
            network.session.input_ended(now, &mut network.output);
        }
    }

    /// A script has seen on this network what it waits for: the others wait no longer.
    pub(in crate::client) fn stop_waiting(&mut self, matched: NetworkId, now: SessionTime) {
        for network in self.list.iter_mut().filter(|other| other.id != matched) {
            network.session.stop_waiting(now, &mut network.output);
        }
    }

    /// Reports that an input was not carried out, to the network where it was typed.
    pub(in crate::client) fn reject(&mut self, id: NetworkId, error: InputError) {
        self.say(id, Event::InputRejected { error, line: None });
    }

    /// Adds an event to those of a network.
    pub(in crate::client) fn say(&mut self, id: NetworkId, event: Event) {
        if let Some(network) = self.get_mut(id) {
            network.output.events.push(event);
        }
    }
}
