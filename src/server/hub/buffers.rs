//! The buffers of stored messages: those of a room, and the whispers of two users.

use crate::wire::{Nick, RoomName};

use super::message_id::MessageId;

/// Separates the two keys of a conversation, and its two names. No nick has it.
const SEPARATOR: char = '\0';
/// Begins the key of a participant without an account. No nick has it.
const GUEST_SIGN: char = '*';

/// A sequence of stored messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Buffer {
    /// The messages to a room.
    Room(StoredRoom),
    /// The whispers of two users.
    Conversation(Conversation),
}

/// A room as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its name.
    pub name: RoomName,
    /// The id at which the room was created, so that a later room of the same name does not inherit
    /// the messages. 0 for the lobby, which stays.
    pub since: MessageId,
}

/// Two users, of whom one has an account at least: without one, it would be unknown later whether a
/// reader is who has written or received the whispers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// In the order of their keys. They are equal in whispers between sessions of one account.
    participants: [Participant; 2],
}

/// A user in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Participant {
    /// With this account.
    Account(Nick),
    /// With this nick and without an account.
    Guest(Nick),
}

impl Participant {
    /// The account or nick.
    pub fn name(&self) -> &Nick {
        match self {
            Self::Account(name) | Self::Guest(name) => name,
        }
    }

    /// Its form in a key of the store.
    pub fn key(&self) -> String {
        let key = self.name().key();
        match self {
            Self::Account(_) => key.as_str().to_owned(),
            Self::Guest(_) => format!("{GUEST_SIGN}{}", key.as_str()),
        }
    }

    fn is_guest(&self) -> bool {
        matches!(self, Self::Guest(_))
    }
}

impl Conversation {
    /// The conversation of these two; `None` if neither has an account.
    pub fn between(one: Participant, other: Participant) -> Option<Self> {
        let has_account = !(one.is_guest() && other.is_guest());
        let mut participants = [one, other];
        participants.sort_by_key(Participant::key);
        has_account.then_some(Self { participants })
    }

    /// The keys of the accounts in it.
    pub fn accounts(&self) -> impl Iterator<Item = String> {
        let [first, second] = &self.participants;
        let second = Some(second).filter(|second| second.key() != first.key());
        let both = std::iter::once(first).chain(second);
        both.filter(|one| !one.is_guest()).map(Participant::key)
    }
}

impl Buffer {
    /// Its key in the store, together with [`Self::since`].
    pub fn key(&self) -> String {
        match self {
            Self::Room(room) => room.name.key().as_str().to_owned(),
            Self::Conversation(Conversation { participants }) => {
                let [first, second] = participants;
                format!("{}{SEPARATOR}{}", first.key(), second.key())
            }
        }
    }

    /// See [`StoredRoom::since`]; 0 for a conversation.
    pub fn since(&self) -> MessageId {
        match self {
            Self::Room(room) => room.since,
            Self::Conversation(_) => MessageId::default(),
        }
    }

    /// The name of the room, or the two names of a conversation in the order of its key.
    pub fn shown(&self) -> String {
        match self {
            Self::Room(room) => room.name.to_string(),
            Self::Conversation(Conversation { participants }) => {
                let [first, second] = participants;
                format!("{}{SEPARATOR}{}", first.name(), second.name())
            }
        }
    }
}

/// The names in a conversation that is stored with this key and these shown names: first that of the
/// participant with the key `own`, then that of the other. `None` if it is no such conversation.
#[cfg(any(feature = "store", test))]
pub fn own_and_other<'s>(key: &str, shown: &'s str, own: &str) -> Option<(&'s str, &'s str)> {
    let (first, second) = shown.split_once(SEPARATOR)?;
    match key.split_once(SEPARATOR)? {
        (one, _) if one == own => Some((first, second)),
        (_, one) if one == own => Some((second, first)),
        _ => None,
    }
}

/// The two participants of a stored conversation, each with its key and its shown name; `None` for a
/// room.
#[cfg(any(feature = "store", test))]
pub fn both_of<'s>(key: &'s str, shown: &'s str) -> Option<[(&'s str, &'s str); 2]> {
    let (first, second) = key.split_once(SEPARATOR)?;
    let (first_name, second_name) = shown.split_once(SEPARATOR)?;
    Some([(first, first_name), (second, second_name)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> Participant {
        Participant::Account(Nick::parse(name).unwrap())
    }

    fn guest(name: &str) -> Participant {
        Participant::Guest(Nick::parse(name).unwrap())
    }

    #[test]
    fn a_conversation_is_the_same_from_both_sides_and_a_guest_is_no_account() {
        let key = |one, other| {
            Conversation::between(one, other).map(|two| Buffer::Conversation(two).key())
        };
        assert_eq!(
            key(account("Bob"), account("alice")).as_deref(),
            Some("alice\0bob")
        );
        assert_eq!(
            key(account("alice"), account("bob")).as_deref(),
            Some("alice\0bob")
        );
        assert_eq!(
            key(account("alice"), guest("Bob")).as_deref(),
            Some("*bob\0alice")
        );
        assert_eq!(
            key(account("alice"), account("Alice")).as_deref(),
            Some("alice\0alice")
        );
        assert_eq!(key(guest("alice"), guest("bob")), None);
    }

    #[test]
    fn the_names_are_told_apart_by_their_keys() {
        let two = Conversation::between(account("Alice"), guest("Bob")).unwrap();
        assert_eq!(two.accounts().collect::<Vec<_>>(), ["alice"]);
        let buffer = Buffer::Conversation(two);
        let (key, shown) = (buffer.key(), buffer.shown());
        assert_eq!(own_and_other(&key, &shown, "alice"), Some(("Alice", "Bob")));
        assert_eq!(own_and_other(&key, &shown, "*bob"), Some(("Bob", "Alice")));
        assert_eq!(own_and_other(&key, &shown, "bob"), None);
        assert_eq!(own_and_other("#room", "#room", "alice"), None);
        let both = both_of(&key, &shown).unwrap();
        assert_eq!(both, [("*bob", "Bob"), ("alice", "Alice")]);
        let own = Conversation::between(account("a"), account("A")).unwrap();
        assert_eq!(own.accounts().count(), 1);
    }
}
