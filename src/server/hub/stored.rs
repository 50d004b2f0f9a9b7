//! The port to the store: the lines to keep, and their outcome.
//!
//! A step of the hub puts each [`StoredLine`] into the outbox. A [`Gate`](super::Gate) holds the
//! output of the step until the store has reported the outcome.

use std::fmt;

use super::ConnectionId;
use super::account::{AccountChange, StoredAccounts};
use super::ban::{BanChange, ServerBan};
use super::buffers::{Buffer, StoredRoom};
pub use super::message_id::{MessageId, StoreTag};
pub use super::once::{OnceKey, StoredOnce, StoredOnces};
use super::registered_room::{RegisteredRoom, RoomChange, RoomSnapshot};
use crate::common::shared_error::SharedError;
use crate::wire::FoldedName;

/// The facts about a store that the hub needs.
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

/// The command of a stored line: of a message, or of an event in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// `PRIVMSG`
    Privmsg,
    /// `NOTICE`
    Notice,
    /// `JOIN`; there is no text.
    Join,
    /// `PART`; the text is a colon and the reason, if there is one.
    Part,
    /// `QUIT`; the same.
    Quit,
    /// `KICK`; the text is the nick and the reason.
    Kick,
    /// `NICK`; the text is the new nick.
    Nick,
    /// `MODE`; the text is the letters and their parameters.
    Mode,
    /// `TOPIC`; the text is a colon and the topic.
    Topic,
    /// `TAGMSG`, which has tags alone.
    Tagmsg,
}

impl StoredKind {
    /// All kinds with their commands, in the order of their numbers in the store, which begin with 1.
    const ALL: [(Self, &str); 10] = [
        (Self::Privmsg, "PRIVMSG"),
        (Self::Notice, "NOTICE"),
        (Self::Join, "JOIN"),
        (Self::Part, "PART"),
        (Self::Quit, "QUIT"),
        (Self::Kick, "KICK"),
        (Self::Nick, "NICK"),
        (Self::Mode, "MODE"),
        (Self::Topic, "TOPIC"),
        (Self::Tagmsg, "TAGMSG"),
    ];
    /// The number of the last kind that is a message.
    #[cfg(any(feature = "store", test))]
    pub const LAST_MESSAGE: i64 = 2;

    /// Whether it is a message, and no event.
    pub fn is_message(self) -> bool {
        matches!(self, Self::Privmsg | Self::Notice)
    }

    /// The command.
    pub fn command(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|(kind, _)| *kind == self);
        found.map_or("", |(_, command)| command)
    }

    /// Its number in the store.
    #[cfg(any(feature = "store", test))]
    pub fn number(self) -> i64 {
        let place = Self::ALL.iter().position(|(kind, _)| *kind == self);
        place.map_or(0, |place| place as i64 + 1)
    }

    /// The kind with this number.
    #[cfg(any(feature = "store", test))]
    pub fn from_number(number: i64) -> Option<Self> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        Self::ALL.get(place).map(|(kind, _)| *kind)
    }
}

/// A line to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// Its id.
    pub id: MessageId,
    /// The room or conversation it belongs to.
    pub buffer: Buffer,
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
    /// The id that the client has given it, if it has.
    pub once: Option<OnceKey>,
}

/// A record that a step stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredRecord {
    /// A message.
    Line(StoredLine),
    /// The new state of a registered room.
    Room(Box<RoomSnapshot>),
    /// A message is deleted.
    Redaction(Redaction),
    /// A read marker is moved.
    Marker(StoredMarker),
    /// The id of a message that is not stored itself.
    Once(StoredOnce),
}

/// How far the user of an account has read a room or conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMarker {
    /// The account.
    pub account: FoldedName,
    /// The name of the room or of the other user.
    pub target: FoldedName,
    /// Unix milliseconds; `None` if the marker is removed.
    pub time: Option<u64>,
}

/// The end of a stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// Where the message belongs.
    pub buffer: Buffer,
    /// The id of the message.
    pub id: MessageId,
    /// `nick!user@host` of the user who has deleted it.
    pub source: Box<str>,
    /// The name of that user's account; empty without one.
    pub account: Box<str>,
    /// The time of the deletion, in Unix milliseconds.
    pub time: u64,
    /// The reason; empty without one.
    pub reason: Box<str>,
}

/// A change that takes effect when it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChange {
    /// Of an account.
    Account(AccountChange),
    /// Of a registered room.
    Room(RoomChange),
    /// Of the bans of the server.
    Ban(BanChange),
}

impl StoreChange {
    /// Reads a request of the administrator in its text form.
    pub fn parse(text: &str) -> Option<Self> {
        let account = AccountChange::parse(text).map(Self::Account);
        account
            .or_else(|| RoomChange::parse(text).map(Self::Room))
            .or_else(|| BanChange::parse(text).map(Self::Ban))
    }
}

/// The text form of a request of the administrator.
impl fmt::Display for StoreChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(change) => change.fmt(f),
            Self::Room(change) => change.fmt(f),
            Self::Ban(change) => change.fmt(f),
        }
    }
}

/// The contents of a store at the start.
#[derive(Debug, Clone)]
pub struct StoredState {
    /// The facts about the store that the hub needs.
    pub info: StoreInfo,
    /// The accounts.
    pub accounts: StoredAccounts,
    /// The registered rooms.
    pub rooms: Vec<RegisteredRoom>,
    /// The bans.
    pub bans: Vec<ServerBan>,
    /// The read markers.
    pub markers: Vec<StoredMarker>,
    /// The ids that clients have given to their messages.
    pub once: StoredOnces,
}

/// The outcome for the lines of some turns. A turn is a batch of lines that was given to the store;
/// turns count from 1, and outcomes come in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
// Without a store there are none.
#[cfg_attr(not(feature = "store"), allow(dead_code))]
pub enum StoreOutcome {
    /// All lines up to this turn are on disk.
    Stored(u64),
    /// The lines after the previous outcome up to this turn are not on disk and will not be.
    NotStored {
        /// The last of these turns.
        turn: u64,
        /// The cause, for the log.
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
    /// The largest number of results.
    pub count: u32,
    /// Whether events count as well as messages.
    pub with_events: bool,
    /// The subject of the request.
    pub wanted: HistoryWanted,
}

/// The subject of a request for stored messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryWanted {
    /// The first messages.
    First(Buffer),
    /// The last messages.
    Last(Buffer),
    /// The messages around an id: half of them from before it.
    Around(Buffer, MessageId),
    /// Nothing: messages of the room are not stored.
    Nothing,
    /// The targets among these rooms and the conversations of an account whose last message is in
    /// the range, with its id. Messages from `end` on do not count.
    Targets {
        /// The rooms.
        rooms: Vec<StoredRoom>,
        /// The key of the account, if the user has one.
        account: Option<String>,
        /// The id after the last message.
        end: MessageId,
    },
}

/// The response to a [`HistoryQuery`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryPage {
    /// Messages in their order, and whether there are no more of them in that direction.
    Lines(Vec<HistoryLine>, bool),
    /// Rooms and the other users of conversations, each with the id of its last message.
    Targets(Vec<(String, MessageId)>),
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
    /// The id that its client has given it.
    pub once: Option<String>,
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
    /// Accepts the records of the next turn.
    fn submit(&mut self, turn: u64, records: Vec<StoredRecord>);

    /// The next outcome, if there is one.
    fn next_outcome(&mut self) -> Option<StoreOutcome>;

    /// Accepts a change for a connection, which needs no turn.
    fn change(&mut self, connection: ConnectionId, change: StoreChange);

    /// The next of these connections whose change is on disk, or could not be written.
    fn next_changed(&mut self) -> Option<(ConnectionId, bool)>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_for_so_many_days() {
        let now = 10 * 86_400_000 + 5;
        assert_eq!(first_kept(None, now), MessageId(0));
        assert_eq!(first_kept(Some(11), now), MessageId(0));
        let first = first_kept(Some(3), now);
        assert_eq!(first.unix_milliseconds(), 7 * 86_400_000 + 5);
        assert_eq!(first, MessageId::range_at(7 * 86_400_000 + 5).0);
    }
}
