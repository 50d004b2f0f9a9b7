//! The ids that clients give to their messages, as the store keeps them. See [`crate::wire::once`].

use super::message_id::MessageId;
use crate::wire::FoldedName;

/// The id of a message, and a hash of its content that finds another message with the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceKey {
    /// The hash of command, target and text.
    pub content: u64,
    /// The id.
    pub id: Box<str>,
}

/// The id of a message that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOnce {
    /// The id that the server has given the message.
    pub message: MessageId,
    /// The id that its client has given it.
    pub key: OnceKey,
    /// `nick!user@host` of the sender.
    pub source: Box<str>,
    /// The name of the sender's account; empty without one.
    pub account: Box<str>,
}

/// The ids of a store at the start, in the order of their messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredOnces {
    /// The ids.
    pub entries: Vec<StoredOnce>,
    /// Ids of messages up to this time may be missing, in Unix milliseconds.
    pub complete_since: u64,
}

impl OnceKey {
    /// The key of a message.
    pub fn new(id: &str, command: &str, target: &str, text: &str) -> Self {
        let target = FoldedName::folded(target);
        let content = hash([command, " ", &target, " ", text]);
        let id = id.into();
        Self { content, id }
    }

    /// The form in the store: eight bytes of the hash, then the id.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.content.to_be_bytes()[..], self.id.as_bytes()].concat()
    }

    /// Reads that form; `None` if it is not valid.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, id) = bytes.split_first_chunk()?;
        let id = str::from_utf8(id).ok()?;
        Some(Self {
            content: u64::from_be_bytes(*content),
            id: id.into(),
        })
    }
}

/// FNV-1a of these texts together, 64 bits. It is on disk, so it must never change, and it guards
/// against mistakes of a client with its own ids, not against an attacker.
pub(super) fn hash<const COUNT: usize>(texts: [&str; COUNT]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = texts.into_iter().flat_map(str::bytes);
    bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_specification() {
        // The test vectors of FNV-1a.
        assert_eq!(hash([""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(["a"]), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash(["foo", "bar"]), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_form_in_the_store_can_be_read_again() {
        let key = OnceKey::new("abcdefghijklmnop", "PRIVMSG", "#Dev", "hello");
        assert_eq!(OnceKey::from_bytes(&key.to_bytes()), Some(key.clone()));
        assert_eq!(
            key,
            OnceKey::new("abcdefghijklmnop", "PRIVMSG", "#dev", "hello")
        );
        assert_ne!(
            key,
            OnceKey::new("abcdefghijklmnop", "NOTICE", "#dev", "hello")
        );
        assert_eq!(OnceKey::from_bytes(b"1234567"), None);
    }
}
