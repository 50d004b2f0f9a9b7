//! The table of connections, in dense numbered slots, and the index of nicks.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::server::hub::buffers::Participant;
use crate::server::hub::{
    Capabilities, CertificateFingerprint, CommandResult, ConnectionId, Modes, Rejection,
};
use crate::wire::{FoldedName, Nick};

/// The longest user name, in bytes, with the `~` in front; announced as `USERLEN`.
pub(in crate::server::hub) const USER_BYTES_MAX: usize = 20;
/// The longest host, in bytes; announced as `HOSTLEN`. An IPv6 address has at most eight groups of
/// four digits.
pub(in crate::server::hub) const HOST_BYTES_MAX: usize = 39;

/// A connection.
#[derive(Debug)]
pub(in crate::server::hub) struct Person {
    pub(in crate::server::hub) id: ConnectionId,
    pub(in crate::server::hub) host: HostName,
    pub(in crate::server::hub) capabilities: Capabilities,
    /// When its last line arrived. All times here are on the monotonic clock unless they say Unix
    /// time.
    pub(in crate::server::hub) last_heard: Duration,
    /// When its next timeout or ping is due.
    pub(in crate::server::hub) deadline: Duration,
    pub(in crate::server::hub) pinged: bool,
    /// Whether it is encrypted.
    pub(in crate::server::hub) is_secure: bool,
    /// Its certificate, if it has sent one.
    pub(in crate::server::hub) certificate: Option<Box<CertificateFingerprint>>,
    /// Whether it is the administrator of the server, at its socket in the file system.
    pub(in crate::server::hub) is_administrator: bool,
    /// Whether it negotiates version 302 of `CAP`, which includes `cap-notify`.
    pub(in crate::server::hub) has_cap_302: bool,
    /// The state of its rate limit, see `count_line`.
    pub(in crate::server::hub) allowance_used: Duration,
    pub(in crate::server::hub) stage: ConnectionStage,
}

/// The stage of a connection.
#[derive(Debug)]
pub(in crate::server::hub) enum ConnectionStage {
    /// Not registered: invisible to all users. Its nick is reserved, once the password is correct.
    Unregistered(Box<Unregistered>),
    /// Registered as a user.
    Registered(Registered),
}

/// The state of a connection before registration is complete.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Unregistered {
    pub(crate) nick: Option<Nick>,
    /// User name and real name.
    pub(in crate::server::hub) user: Option<(Box<str>, Box<str>)>,
    pub(in crate::server::hub) password_ok: bool,
    /// The name of the account that it has logged in to.
    pub(in crate::server::hub) account: Option<Box<Nick>>,
    /// Whether no other connection can take the nick.
    pub(in crate::server::hub) has_reserved_nick: bool,
    /// Whether the last nick that it asked for is that of another client.
    pub(in crate::server::hub) was_nick_refused: bool,
    /// `CAP LS` or `CAP REQ` was received, and `CAP END` not yet.
    pub(in crate::server::hub) negotiating: bool,
    /// Whether the limits of its address were not applied, because it is that of a gateway or a proxy,
    /// which has not said yet where the user connects from.
    pub(in crate::server::hub) is_uncounted: bool,
}

/// A registered user.
#[derive(Debug)]
pub(in crate::server::hub) struct Registered {
    pub(in crate::server::hub) nick: Nick,
    pub(in crate::server::hub) username: Box<str>,
    pub(in crate::server::hub) real_name: Box<str>,
    /// The name of the user's account.
    pub(in crate::server::hub) account: Option<Box<Nick>>,
    /// `nick!user@host`, the source of the user's lines.
    pub(in crate::server::hub) source: Box<str>,
    pub(in crate::server::hub) rooms: Vec<Membership>,
    /// Invitations, the latest last.
    pub(in crate::server::hub) invitations: Vec<Invitation>,
    /// The nicks on the user's `MONITOR` list.
    pub(in crate::server::hub) monitoring: BTreeSet<FoldedName>,
    pub(in crate::server::hub) modes: Modes,
    pub(in crate::server::hub) away: Option<Box<str>>,
    /// When the user registered, as Unix time.
    pub(in crate::server::hub) signed_on: Duration,
    /// When the user last sent a message.
    pub(in crate::server::hub) last_spoke: Duration,
    /// The second in which the current minute of nick changes began, and how many there were since.
    pub(in crate::server::hub) nick_changes: (u32, u32),
}

/// A user's membership of a room, with the position in its member list, so that leaving needs no
/// search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) struct Membership {
    pub(in crate::server::hub) room: u32,
    pub(in crate::server::hub) position: u32,
}

/// An invitation to a room. The serial distinguishes the room from a later one with the same
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) struct Invitation {
    pub(in crate::server::hub) room: u32,
    pub(super) serial: u64,
}

impl Person {
    /// The nick, registered or reserved; `*` if there is none yet. Modern IRC, "Numeric Replies".
    pub(in crate::server::hub) fn nick_or_star(&self) -> &str {
        self.nick().map_or("*", Nick::as_str)
    }

    pub(in crate::server::hub) fn nick(&self) -> Option<&Nick> {
        match &self.stage {
            ConnectionStage::Unregistered(pending) => pending.nick.as_ref(),
            ConnectionStage::Registered(user) => Some(&user.nick),
        }
    }

    /// The name of the account that it has logged in to.
    pub(in crate::server::hub) fn account(&self) -> Option<&Nick> {
        match &self.stage {
            ConnectionStage::Unregistered(pending) => pending.account.as_deref(),
            ConnectionStage::Registered(user) => user.account.as_deref(),
        }
    }

    pub(in crate::server::hub) fn registered(&self) -> Option<&Registered> {
        match &self.stage {
            ConnectionStage::Unregistered(_) => None,
            ConnectionStage::Registered(user) => Some(user),
        }
    }
}

impl Registered {
    /// The account as others see it: `*` without one.
    pub(in crate::server::hub) fn account_or_star(&self) -> &str {
        self.account.as_deref().map_or("*", Nick::as_str)
    }

    /// The user as one of the two in a conversation.
    pub(in crate::server::hub) fn participant(&self) -> Participant {
        match self.account.as_deref() {
            Some(account) => Participant::Account(account.clone()),
            None => Participant::Guest(self.nick.clone()),
        }
    }

    /// The host of the user, as other users see it.
    pub(in crate::server::hub) fn host(&self) -> &str {
        self.source.rsplit('@').next().unwrap_or_default()
    }

    pub(in crate::server::hub) fn membership(&self, room: u32) -> Option<Membership> {
        self.rooms.iter().copied().find(|one| one.room == room)
    }
}

/// The host of a user: the text after the `@`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct HostName(IpAddr);

impl HostName {
    pub(in crate::server) fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address.
    pub(in crate::server) fn address(self) -> IpAddr {
        self.0
    }

    /// Whether its packets never leave this machine.
    pub(in crate::server) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    /// The unit of a limit per address: an IPv6 subscriber has a whole /64 network.
    pub(in crate::server) fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::from((address.to_bits() >> 64 << 64).to_be_bytes()),
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A parameter must not begin with a colon.
        if matches!(self.0, IpAddr::V6(address) if address.segments().first() == Some(&0)) {
            f.write_str("0")?;
        }
        self.0.fmt(f)
    }
}

/// All connections by id, and their nicks.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct People {
    pub(in crate::server::hub) slots: Vec<Option<Person>>,
    /// Never iterated, so its order cannot affect the output.
    pub(in crate::server::hub) nicks: HashMap<FoldedName, ConnectionId>,
    pub(in crate::server::hub) connected: usize,
    pub(in crate::server::hub) registered: usize,
    pub(in crate::server::hub) registered_max: usize,
    /// Number of users with mode `i`.
    pub(in crate::server::hub) invisible: usize,
    /// Number of users with mode `o`.
    pub(in crate::server::hub) operators: usize,
}

impl People {
    pub(in crate::server::hub) fn insert(&mut self, person: Person) {
        let index = person.id.index();
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        if let Some(slot) = self.slots.get_mut(index) {
            debug_assert!(slot.is_none(), "two connections in one slot");
            *slot = Some(person);
            self.connected += 1;
        }
    }

    /// Removes a connection and frees its nick. The user must have left all rooms before.
    pub(in crate::server::hub) fn remove(&mut self, id: ConnectionId) -> Option<Person> {
        let slot = self.slots.get_mut(id.index())?;
        let person = slot.take_if(|person| person.id == id)?;
        self.connected -= 1;
        if let Some(user) = person.registered() {
            self.registered -= 1;
            let counted = ['i', 'o'].into_iter();
            let set = counted.filter(|mode| user.modes.has(*mode));
            set.for_each(|mode| self.count_mode(mode, false));
        }
        if let Some(nick) = person.nick()
            && self.owner_of(nick.as_str()) == Some(id)
        {
            self.nicks.remove(&*FoldedName::folded(nick.as_str()));
        }
        Some(person)
    }

    /// Releases the memory of free slots and nicks.
    pub(in crate::server::hub) fn shrink(&mut self) {
        let last = self.slots.iter().rposition(Option::is_some);
        self.slots.truncate(last.map_or(0, |last| last + 1));
        self.slots.shrink_to_fit();
        self.nicks.shrink_to_fit();
    }

    /// Adjusts the number of users with a mode by one.
    pub(in crate::server::hub) fn count_mode(&mut self, letter: char, on: bool) {
        let count = match letter {
            'i' => &mut self.invisible,
            'o' => &mut self.operators,
            _ => return,
        };
        *count = if on { *count + 1 } else { *count - 1 };
    }

    pub(in crate::server::hub) fn get(&self, id: ConnectionId) -> Option<&Person> {
        let person = self.slots.get(id.index())?.as_ref()?;
        (person.id == id).then_some(person)
    }

    pub(in crate::server::hub) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Person> {
        let person = self.slots.get_mut(id.index())?.as_mut()?;
        (person.id == id).then_some(person)
    }

    /// The registered user with this id, with the connection; an unregistered connection is an
    /// error.
    pub(in crate::server::hub) fn person(
        &self,
        id: ConnectionId,
    ) -> CommandResult<'static, (&Person, &Registered)> {
        let person = self.get(id).ok_or(Rejection::NotRegistered)?;
        let user = person.registered().ok_or(Rejection::NotRegistered)?;
        Ok((person, user))
    }

    /// The registered user with this id.
    pub(in crate::server::hub) fn registered(
        &self,
        id: ConnectionId,
    ) -> CommandResult<'static, &Registered> {
        Ok(self.person(id)?.1)
    }

    /// The registered user with this id, mutably.
    pub(in crate::server::hub) fn registered_mut(
        &mut self,
        id: ConnectionId,
    ) -> CommandResult<'static, &mut Registered> {
        match self.get_mut(id).map(|person| &mut person.stage) {
            Some(ConnectionStage::Registered(user)) => Ok(user),
            _ => Err(Rejection::NotRegistered),
        }
    }

    /// The unregistered connection with this id; a registered user is an error.
    pub(in crate::server::hub) fn unregistered(
        &mut self,
        id: ConnectionId,
    ) -> CommandResult<'static, &mut Unregistered> {
        match self.get_mut(id).map(|person| &mut person.stage) {
            Some(ConnectionStage::Unregistered(pending)) => Ok(pending),
            _ => Err(Rejection::AlreadyRegistered),
        }
    }

    /// The connection that has this nick, registered or reserved.
    pub(in crate::server::hub) fn owner_of(&self, nick: &str) -> Option<ConnectionId> {
        self.nicks.get(&*FoldedName::folded(nick)).copied()
    }

    /// The registered user with this nick.
    pub(in crate::server::hub) fn find<'a>(
        &self,
        nick: &'a str,
    ) -> CommandResult<'a, (&Person, &Registered)> {
        let person = self.owner_of(nick).and_then(|id| self.person(id).ok());
        person.ok_or(Rejection::NoSuchNick(nick))
    }

    /// All registered users, in the order of their slots.
    pub(in crate::server::hub) fn all_registered(
        &self,
    ) -> impl Iterator<Item = (&Person, &Registered)> {
        self.all().filter_map(|one| Some((one, one.registered()?)))
    }

    /// The registered users with this mode.
    pub(in crate::server::hub) fn with_mode(
        &self,
        letter: char,
    ) -> impl Iterator<Item = (&Person, &Registered)> {
        self.all_registered()
            .filter(move |(_, one)| one.modes.has(letter))
    }

    /// All connections, in the order of their slots.
    pub(in crate::server::hub) fn all(&self) -> impl Iterator<Item = &Person> {
        self.slots.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_never_begins_with_a_colon_and_never_outgrows_its_bound() {
        for (address, text) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "0::1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("0:1::2", "00:1::2"),
        ] {
            let host = HostName::new(address.parse().unwrap()).to_string();
            assert_eq!(host, text);
        }
        let longest = "1111:1111:1111:1111:1111:1111:1111:1111";
        let host = HostName::new(longest.parse().unwrap()).to_string();
        assert_eq!(host.len(), HOST_BYTES_MAX);
    }

    #[test]
    fn ipv6_addresses_of_one_network_of_64_bits_count_as_one() {
        let network = |address: &str| HostName::new(address.parse().unwrap()).network();
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }
}
