//! The port to the store: the lines to keep, and their outcome.
//!
//! A step of the hub puts each [`StoredLine`] into the outbox. A [`Gate`](super::Gate) holds the
//! output of the step until the store has reported the outcome.

use std::fmt;

use super::ConnectionId;
use super::account::AccountChange;
use crate::common::shared_error::SharedError;
use crate::wire::RoomName;

/// The bits of a message id below the time.
const COUNT_BITS: u32 = 20;
/// The characters of an id on the wire: base32hex keeps the order of the numbers. RFC 4648, 7.
const BASE_32_HEX: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// The length of an id on the wire: 13 characters of 5 bits hold 64 bits.
const ID_CHARACTERS: u32 = 13;

/// The id of a message: Unix milliseconds, and below them a count of 20 bits. Ids only grow, so
/// they are the order of the messages as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct MessageId(pub u64);

impl MessageId {
    /// The id after this one at a time in Unix milliseconds. A clock that was set back makes the
    /// time of the ids stand still.
    pub fn next_at(self, unix_milliseconds: u64) -> Self {
        Self((self.0 + 1).max(unix_milliseconds << COUNT_BITS))
    }

    /// The first and the last possible id at a time in Unix milliseconds.
    pub fn range_at(unix_milliseconds: u64) -> (Self, Self) {
        let first = unix_milliseconds.min(u64::MAX >> (COUNT_BITS + 1)) << COUNT_BITS;
        (Self(first), Self(first | ((1 << COUNT_BITS) - 1)))
    }

    /// The time in it, in Unix milliseconds.
    pub fn unix_milliseconds(self) -> u64 {
        self.0 >> COUNT_BITS
    }
}

/// The id in base32hex.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..ID_CHARACTERS).rev() {
            let digit = (self.0 >> (5 * place)) & 31;
            let digit = BASE_32_HEX.get(digit as usize).copied().unwrap_or(b'0');
            fmt::Write::write_char(f, digit.into())?;
        }
        Ok(())
    }
}

/// Four random characters that distinguish the ids of one store from those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreTag([u8; 4]);

impl StoreTag {
    /// The tag made of these random bytes.
    pub fn from_random(bytes: [u8; 4]) -> Self {
        let character = |byte: u8| BASE_32_HEX.get(usize::from(byte % 32)).copied();
        Self(bytes.map(|byte| character(byte).unwrap_or(b'0')))
    }

    /// Reads a tag; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 4] = text.as_bytes().try_into().ok()?;
        let is_valid = bytes.iter().all(|byte| BASE_32_HEX.contains(byte));
        is_valid.then_some(Self(bytes))
    }
}

impl StoreTag {
    /// Reads a message id of this store as it is on the wire.
    pub fn read_id(self, text: &str) -> Option<MessageId> {
        let (tag, digits) = text.split_once('-')?;
        let digit = |byte: u8| BASE_32_HEX.iter().position(|known| *known == byte);
        let values: Option<Vec<usize>> = digits.bytes().map(digit).collect();
        let values = values.filter(|values| values.len() == ID_CHARACTERS as usize)?;
        let is_own = Self::parse(tag) == Some(self) && values.first().is_some_and(|top| *top < 8);
        let id = values.iter().fold(0, |id, value| id << 5 | *value as u64);
        is_own.then_some(MessageId(id))
    }
}

impl fmt::Display for StoreTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}

/// What the hub has to know of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreInfo {
    /// Its tag.
    pub tag: StoreTag,
    /// The id of its newest line.
    pub last: MessageId,
    /// For how many days lines are kept; `None` for ever.
    pub keep_days: Option<u32>,
}

/// The first id of the lines that are kept at a time in Unix milliseconds.
pub fn first_kept(keep_days: Option<u32>, unix_milliseconds: u64) -> MessageId {
    const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
    let Some(days) = keep_days else {
        return MessageId::default();
    };
    let kept = DAY_MILLISECONDS * u64::from(days);
    MessageId::range_at(unix_milliseconds.saturating_sub(kept)).0
}

/// The command of a stored line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// `PRIVMSG`
    Privmsg,
    /// `NOTICE`
    Notice,
}

/// A line to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// Its id.
    pub id: MessageId,
    /// The room.
    pub room: RoomName,
    /// The id at which the room was created, so that a later room of the same name does not inherit
    /// the lines. 0 for the lobby, which stays.
    pub since: MessageId,
    /// The command.
    pub kind: StoredKind,
    /// `nick!user@host` of the sender.
    pub source: Box<str>,
    /// The name of the sender's account; empty without one.
    pub account: Box<str>,
    /// The tags besides time and id as they are on the wire, without a semicolon in front.
    pub tags: Box<str>,
    /// The text.
    pub text: Box<str>,
}

/// What became of the lines of some turns. A turn is a batch of lines that was given to the store;
/// turns count from 1, and outcomes come in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOutcome {
    /// All lines up to this turn are on disk.
    Stored(u64),
    /// The lines after the previous outcome up to this turn are not on disk and will not be.
    NotStored {
        /// The last of these turns.
        turn: u64,
        /// Why, for the log.
        error: SharedError,
    },
    /// After lines were not stored: there is room again.
    Available,
    /// The store has failed, and it is not known whether the lines without an outcome are on disk.
    Failed(StoreFailure),
}

/// Why a store has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFailure {
    /// The database or its disk has failed.
    Database(SharedError),
    /// The thread of the store has ended.
    ThreadEnded,
}

impl fmt::Display for StoreFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::ThreadEnded => f.write_str("the thread of the store has ended"),
        }
    }
}

/// A request for stored messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The connection that asks.
    pub connection: ConnectionId,
    /// The messages with an id above this one.
    pub after: MessageId,
    /// And below this one.
    pub before: MessageId,
    /// How many at most.
    pub count: u32,
    /// What it asks for.
    pub wanted: HistoryWanted,
}

/// What a request for stored messages asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryWanted {
    /// The first messages of a room.
    First(StoredRoom),
    /// The last messages of a room.
    Last(StoredRoom),
    /// The messages of a room around an id: half of them from before it.
    Around(StoredRoom, MessageId),
    /// Nothing: messages of the room are not stored.
    Nothing,
    /// The rooms with a message, and the id of the last one in each.
    Rooms(Vec<StoredRoom>),
}

/// A room as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its name.
    pub name: RoomName,
    /// See [`StoredLine::since`].
    pub since: MessageId,
}

/// The response to a [`HistoryQuery`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryPage {
    /// Messages in their order, and whether there are no more of them in that direction.
    Lines(Vec<HistoryLine>, bool),
    /// Rooms, each with the id of its last message in the range.
    Rooms(Vec<(RoomName, MessageId)>),
    /// The store could not be read in time.
    Failed,
}

/// A message that is read from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// Its id.
    pub id: MessageId,
    /// The command.
    pub kind: StoredKind,
    /// `nick!user@host` of the sender.
    pub source: String,
    /// The name of the sender's account; empty without one.
    pub account: String,
    /// The tags besides time and id, without a semicolon in front.
    pub tags: String,
    /// The text.
    pub text: String,
}

/// Whether lines can be stored at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreState {
    /// They can.
    #[default]
    Ready,
    /// The last lines could not be stored, for example because the disk is full.
    Refusing,
    /// The disk has not answered for a long time.
    Stalled,
}

/// Keeps lines while the event loop goes on.
pub(in crate::server) trait LineStore: Send {
    /// Accepts the lines of the next turn.
    fn submit(&mut self, turn: u64, lines: Vec<StoredLine>);

    /// The next outcome, if there is one.
    fn next_outcome(&mut self) -> Option<StoreOutcome>;

    /// Accepts a change of an account for a connection, which needs no turn.
    fn change(&mut self, connection: ConnectionId, change: AccountChange);

    /// The next of these connections whose change is on disk, or could not be written.
    fn next_changed(&mut self) -> Option<(ConnectionId, bool)>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_when_the_clock_stands_still_or_goes_back() {
        let mut last = MessageId::default();
        for (clock, time) in [(5, 5), (5, 5), (9, 9), (2, 9), (10, 10)] {
            let next = last.next_at(clock);
            assert!(next > last);
            assert_eq!(next.unix_milliseconds(), time);
            last = next;
        }
    }

    #[test]
    fn the_order_of_ids_is_the_order_of_their_text() {
        let numbers = [0, 1, 31, 32, 1 << 20, (1 << 63) - 1, u64::MAX];
        let texts = numbers.map(|number| MessageId(number).to_string());
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(texts.iter().all(|text| text.len() == 13), "{texts:?}");
        assert_eq!(texts[2], "000000000000v");
        assert_eq!(texts[6], "fvvvvvvvvvvvv");
        let tag = StoreTag::from_random([1, 2, 3, 4]);
        for number in numbers.into_iter().take(6) {
            let id = MessageId(number);
            assert_eq!(tag.read_id(&format!("{tag}-{id}")), Some(id));
        }
        for text in [
            "",
            "1234-",
            "1234-0000000000000 ",
            "1235-0000000000000",
            "1234-000000000000",
            "1234-8000000000000",
            "1234-00000000é000",
            "1234-00000000000w0",
        ] {
            assert_eq!(tag.read_id(text), None, "{text}");
        }
    }

    #[test]
    fn lines_are_kept_for_so_many_days() {
        let now = 10 * 86_400_000 + 5;
        assert_eq!(first_kept(None, now), MessageId(0));
        assert_eq!(first_kept(Some(11), now), MessageId(0));
        let first = first_kept(Some(3), now);
        assert_eq!(first.unix_milliseconds(), 7 * 86_400_000 + 5);
        assert_eq!(first, MessageId::range_at(7 * 86_400_000 + 5).0);
    }

    #[test]
    fn the_ids_of_a_time_are_a_range() {
        let (first, last) = MessageId::range_at(7);
        assert_eq!(MessageId::default().next_at(7), first);
        assert_eq!(
            (first.unix_milliseconds(), last.unix_milliseconds()),
            (7, 7)
        );
        assert_eq!(MessageId(last.0 + 1).unix_milliseconds(), 8);
    }

    #[test]
    fn a_tag_is_four_characters_of_base_32() {
        let tag = StoreTag::from_random([0, 31, 32, 255]);
        assert_eq!(tag.to_string(), "0v0v");
        assert_eq!(StoreTag::parse("0v0v"), Some(tag));
        for text in ["", "0v0", "0v0v0", "0v0w", "0v0-"] {
            assert_eq!(StoreTag::parse(text), None, "{text}");
        }
    }
}
