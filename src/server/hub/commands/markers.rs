//! Read markers, for all clients of an account: MARKREAD. IRCv3 draft/read-marker.

use crate::server::hub::error::MarkerFault;
use crate::server::hub::state::markers::MarkerOwner;
use crate::server::hub::stored::{StoreState, StoredMarker, StoredRecord};
use crate::server::hub::time::{milliseconds_as_tag, unix_milliseconds};
use crate::server::hub::{Capabilities, CommandResult, ConnectionId, Hub, Person, Rejection, Work};
use crate::wire::{FoldedName, Nick, RoomName};

impl Hub {
    pub(super) fn markread<'a>(
        &mut self,
        from: ConnectionId,
        target: Option<&'a str>,
        time: Option<&'a str>,
    ) -> CommandResult<'a> {
        let (Some(store), true) = (self.store, self.markers.is_some()) else {
            return Err(Rejection::UnknownCommand("MARKREAD"));
        };
        self.people.registered(from)?;
        let target = target.ok_or(Rejection::Marker(MarkerFault::MissingParameter))?;
        let is_name = RoomName::parse(target).is_ok() || Nick::parse(target).is_ok();
        if !is_name {
            return Err(Rejection::Marker(MarkerFault::InvalidParameter(target)));
        }
        let (owner, key) = (self.marker_owner(from), FoldedName::of(target));
        let Some(time) = time else {
            self.send_marker(from, target);
            return Ok(());
        };
        let read = time.strip_prefix("timestamp=").and_then(unix_milliseconds);
        let read = read.ok_or(Rejection::Marker(MarkerFault::InvalidParameter(time)))?;
        let read = read.min(self.unix_milliseconds());
        let markers = self.markers.as_deref_mut();
        let before = markers.as_ref().and_then(|all| all.time(&owner, &key));
        if before.is_some_and(|before| before >= read) {
            self.send_marker(from, target);
            return Ok(());
        }
        let account = match &owner {
            MarkerOwner::Account(_) if store.state != StoreState::Ready => {
                return Err(Rejection::Marker(MarkerFault::Unavailable(target)));
            }
            MarkerOwner::Account(account) => Some(account.clone()),
            MarkerOwner::Guest(_) => None,
        };
        let most = self.settings.limits.read_markers as usize;
        let removed = markers.and_then(|all| all.set(owner, key.clone(), read, most));
        let first = self.outbox().spans().len();
        self.send_marker(from, target);
        let Some(account) = account else {
            return Ok(());
        };
        for session in self.sessions_of(&account) {
            let has = self.capabilities(session);
            if session != from && has.has(Capabilities::READ_MARKER) {
                self.send_marker(session, target);
            }
        }
        let otherwise = Rejection::Marker(MarkerFault::Unavailable(target));
        let otherwise = self.rejection_line(from, otherwise);
        let record = |target, time| {
            StoredRecord::Marker(StoredMarker {
                account: account.clone(),
                target,
                time,
            })
        };
        self.charge(Work::KeptMask, 1);
        let outbox = &mut self.outbox();
        outbox.store(record(key, Some(read)), first, (from, otherwise));
        if let Some(removed) = removed {
            outbox.keep(record(removed, None));
        }
        Ok(())
    }

    /// Sends the marker of a user for this room or user.
    fn send_marker(&self, to: ConnectionId, target: &str) {
        let Some(markers) = &self.markers else {
            return;
        };
        let time = markers.time(&self.marker_owner(to), &FoldedName::of(target));
        let name = &self.settings.name;
        let line = match time {
            Some(time) => {
                let time = milliseconds_as_tag(time);
                self.line(format_args!(":{name} MARKREAD {target} timestamp={time}"))
            }
            None => self.line(format_args!(":{name} MARKREAD {target} *")),
        };
        self.send(to, line);
    }

    /// Sends the marker of a room that a client has joined.
    pub(super) fn send_marker_on_join(&self, to: ConnectionId, room: &RoomName) {
        if self.capabilities(to).has(Capabilities::READ_MARKER) {
            self.send_marker(to, room.as_str());
        }
    }

    /// The owner of the markers that a connection sees.
    fn marker_owner(&self, id: ConnectionId) -> MarkerOwner {
        let account = self.people.get(id).and_then(Person::account);
        match account {
            Some(account) => MarkerOwner::Account(account.key()),
            None => MarkerOwner::Guest(id),
        }
    }

    /// The registered connections that are logged in to an account.
    fn sessions_of(&self, account: &FoldedName) -> Vec<ConnectionId> {
        let accounts = self.accounts.as_deref();
        let sessions = accounts.into_iter().flat_map(|all| all.sessions(account));
        sessions
            .filter(|id| self.people.registered(*id).is_ok())
            .collect()
    }

    /// Forgets the markers of a connection without an account.
    pub(in crate::server::hub) fn forget_markers(&mut self, id: ConnectionId) {
        if let Some(markers) = &mut self.markers {
            markers.remove(&MarkerOwner::Guest(id));
        }
    }

    /// Has the store keep all markers that it may not have.
    pub(in crate::server::hub) fn keep_changed_markers(&mut self) {
        let changed = self.markers.as_deref_mut();
        let changed = changed.map(|markers| markers.take_changed());
        for marker in changed.into_iter().flatten() {
            self.outbox().keep(StoredRecord::Marker(marker));
        }
    }
}
