//! Events of a session, as values: the session emits them, the frontends show them.
//!
//! `explain` turns errors and replies of the server into sentences, `matcher` finds what a script
//! waits for, and `json` converts events to records. Text in events is as it came from the network:
//! only the view sanitizes it. It must not know the session or a terminal. `session`, `view`,
//! `config`, `control`, `storage`, `net`, `editor`, `ui` and `app` import it.

mod delivery_report;
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) mod explain;
#[cfg(feature = "for-tests")]
pub mod explain;
mod input_error;
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) mod json;
#[cfg(feature = "for-tests")]
pub mod json;
mod log_status;
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) mod matcher;
#[cfg(feature = "for-tests")]
pub mod matcher;
mod network;
mod occurrence;
mod tags;
mod target;
mod unread;
mod unsent_text;

use crate::client::command::message_carries_password;
pub use delivery_report::{DeliveryReport, Ranges};
pub use input_error::InputError;
pub use log_status::LogStatus;
pub use matcher::EventMatcher;
pub use network::{NetworkId, NetworkName};
pub use occurrence::Occurrence;
pub use tags::MessageTags;
pub(in crate::client) use tags::{account_of, unix_milliseconds, utc_text};
pub use target::Target;
pub use unread::Unread;
pub use unsent_text::UnsentText;

/// In place of a message that can carry a password.
const HIDDEN_TEXT: &str = "(not shown: it can hold a password)";

/// The membership of the user in the room that a refusal names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomStanding {
    /// The user is in it.
    Member,
    /// The user is not in it.
    NotMember,
    /// The user is not in it, and asked to leave it.
    Leaving,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message in a room.
    Said {
        /// The room, with the prefix of a rank where only members of that rank get the message.
        room: String,
        /// Its author.
        nick: String,
        /// The message.
        text: String,
        /// Its kind.
        kind: MessageKind,
        /// Whether the user sent it, from this client or another one.
        own: bool,
        /// Whether it mentions the user.
        mention: bool,
    },
    /// A message to the user alone, or from the user to one person.
    Whispered {
        /// The other person.
        nick: String,
        /// The message.
        text: String,
        /// Its kind.
        kind: MessageKind,
        /// Whether the user sent it.
        own: bool,
    },
    /// The delivery status of a message that the user sent. The message itself is on the screen as
    /// it was typed, so a status that was expected is only logged.
    Sent {
        /// The number of the message.
        number: u64,
        /// The recipient.
        target: Target,
        /// The user's nick.
        nick: String,
        /// The message.
        text: String,
        /// Its kind.
        kind: MessageKind,
        /// Its delivery status.
        status: DeliveryStatus,
        /// The tags of the server's echo.
        tags: MessageTags,
    },
    /// Text from the server itself.
    ServerSaid {
        /// The text.
        text: String,
        /// Whether it may answer a request of the user.
        asked: bool,
    },
    /// A person has sent a command for which there is no other event, such as `WALLOPS` or `KNOCK`.
    PersonSent {
        /// The person.
        nick: String,
        /// The command, as a sentence.
        text: String,
    },
    /// A line from the server that few users want to see; shown with `-v`.
    ServerNotice {
        /// The text of the line.
        text: String,
    },
    /// The user has joined a room, and its members are known.
    Entered {
        /// The room.
        room: String,
        /// The user's nick.
        nick: String,
        /// The other members; `None` if the server has not said who they are.
        others: Option<Vec<String>>,
        /// Whether this is the first room after connecting.
        first: bool,
    },
    /// The user has left a room.
    Departed {
        /// The room.
        room: String,
    },
    /// Another person has joined a room.
    Joined {
        /// The room.
        room: String,
        /// The person.
        nick: String,
        /// The account of the person, if there is one and the server reports it.
        account: Option<String>,
    },
    /// Another person has left a room.
    Left {
        /// The room.
        room: String,
        /// The person.
        nick: String,
        /// The reason, if one was given.
        reason: Option<String>,
    },
    /// A member was kicked from a room.
    Kicked {
        /// The room.
        room: String,
        /// The member.
        nick: String,
        /// The operator who kicked.
        by: String,
        /// The reason, if one was given.
        reason: Option<String>,
        /// Whether the user was kicked.
        own: bool,
    },
    /// Another person has left the server.
    Quit {
        /// The person.
        nick: String,
        /// The reason, if one was given.
        reason: Option<String>,
    },
    /// A nick has changed.
    Renamed {
        /// The old nick.
        from: String,
        /// The new nick.
        to: String,
        /// Whether it is the user's nick.
        own: bool,
    },
    /// The topic of a room, on joining or as requested.
    Topic {
        /// The room.
        room: String,
        /// The topic, if there is one.
        topic: Option<String>,
        /// Whether the user requested it.
        asked: bool,
    },
    /// A topic was changed.
    TopicChanged {
        /// The room.
        room: String,
        /// The author of the change.
        nick: String,
        /// The new topic; empty when it was deleted.
        topic: String,
    },
    /// The modes of a room or a person were changed.
    ModeChanged {
        /// The room or the person.
        target: Target,
        /// The author of the change.
        by: String,
        /// The change as on the wire.
        change: String,
    },
    /// The current modes of a room or of the user.
    Modes {
        /// The room, or the user's nick.
        target: String,
        /// The letters and their arguments.
        modes: String,
        /// Whether they are the user's.
        own: bool,
        /// Whether the user may have requested them.
        asked: bool,
    },
    /// The user, or another person, is invited to a room.
    Invited {
        /// The room.
        room: String,
        /// The person who invites.
        by: String,
        /// The person who is invited; `None` for the user.
        other: Option<String>,
    },
    /// Something about a person has changed that is not the nick.
    PersonChanged {
        /// The person.
        nick: String,
        /// The change.
        change: PersonChange,
    },
    /// The members of a room, with details.
    Who {
        /// The room.
        room: String,
        /// The members, sorted by nick.
        people: Vec<WhoEntry>,
        /// Whether all are to be shown, however many they are.
        all: bool,
    },
    /// The nicks in a room.
    Names {
        /// The room.
        room: String,
        /// The nicks, each with the prefix of its rank.
        nicks: Vec<String>,
    },
    /// The rooms that the user is in.
    Rooms {
        /// In the order of their numbers.
        rooms: Vec<RoomSummary>,
    },
    /// The rooms of the server.
    RoomList {
        /// In the order of the server.
        rooms: Vec<RoomSummary>,
        /// Whether all are to be shown, however many they are.
        all: bool,
    },
    /// The details of a person, from `WHOIS`.
    Whois {
        /// The answer of the server.
        details: Box<WhoisInfo>,
    },
    /// A person whom the user whispered to is away.
    Away {
        /// The person.
        nick: String,
        /// The away message.
        message: String,
    },
    /// The user is marked as away, or no longer.
    OwnAway {
        /// Whether the user is away now.
        away: bool,
    },
    /// The server refused a request.
    Refused {
        /// The numeric.
        number: u16,
        /// The parameters of the numeric after the user's nick.
        parameters: Vec<String>,
        /// The membership of the user in the first parameter, if that is a room.
        room: Option<RoomStanding>,
        /// The line of input it is about, where lines are numbered.
        line: Option<u64>,
        /// The message that was not delivered, if it is about one.
        text: Option<String>,
        /// The command that was typed, if it is known.
        command: Option<String>,
    },
    /// A nick looks like that of someone else.
    ConfusableNick {
        /// The nick that is new in the room.
        nick: String,
        /// The nick that was there before.
        other: String,
    },
    /// A message looks as if someone else had written it.
    SpoofedQuote {
        /// The author.
        nick: String,
        /// The person who seems to be the author.
        other: String,
    },
    /// An input was not carried out, and nothing was sent for it.
    InputRejected {
        /// The error.
        error: InputError,
        /// The line of input it is about, where lines are numbered.
        line: Option<u64>,
    },
    /// The connection is lost, or a new one could not be made.
    ServerLost {
        /// The cause.
        why: String,
        /// When the client tries again; unknown when it is reported later.
        retry_seconds: Option<u64>,
        /// Whether the loss was reported before.
        still: bool,
    },
    /// The connection is restored; the rooms are joined next.
    ServerBack,
    /// A notice of the client.
    Note {
        /// The text.
        words: String,
    },
    /// The client's answer to a command.
    Answer {
        /// The text.
        words: String,
    },
    /// The log cannot be written, or can be again.
    LogStatus(LogStatus),
}

impl Event {
    /// The room that it happened in, if it happened in one.
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Said { room, .. }
            | Self::Entered { room, .. }
            | Self::Departed { room }
            | Self::Joined { room, .. }
            | Self::Left { room, .. }
            | Self::Kicked { room, .. }
            | Self::Topic { room, .. }
            | Self::TopicChanged { room, .. }
            | Self::Invited {
                room,
                other: Some(_),
                ..
            } => Some(room),
            Self::Sent { target, .. } | Self::ModeChanged { target, .. } => target.room(),
            _ => None,
        }
    }

    /// Whether it only answers a question of the user: it is not kept for `/history`.
    pub fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::Who { .. }
                | Self::Names { .. }
                | Self::Rooms { .. }
                | Self::RoomList { .. }
                | Self::Whois { .. }
                | Self::Modes { asked: true, .. }
                | Self::Topic { asked: true, .. }
                | Self::Refused { .. }
                | Self::InputRejected { .. }
                | Self::Answer { .. }
        )
    }

    /// Whether there is nothing to show: the message is on the screen as it was typed.
    pub fn is_as_typed(&self) -> bool {
        matches!(
            self,
            Self::Sent {
                status: DeliveryStatus::Delivered | DeliveryStatus::Refused,
                ..
            }
        )
    }

    /// The text of a message as it may be shown and passed on.
    pub fn visible_text<'t>(&self, text: &'t str) -> &'t str {
        match self.is_secret() {
            true => HIDDEN_TEXT,
            false => text,
        }
    }

    /// Whether it is a message of the user that carries a password and must not be stored.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Sent { target, text, .. } => message_carries_password(target.name(), text),
            Self::Whispered {
                nick,
                text,
                own: true,
                ..
            } => message_carries_password(nick, text),
            _ => false,
        }
    }
}

/// A change in the details of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonChange {
    /// The person is away, with this message, or is back.
    Away(Option<String>),
    /// The person is logged in to this account, or to none any more.
    Account(Option<String>),
    /// The person has this real name.
    RealName(String),
    /// The person has this address, `user@host`.
    Address(String),
}

/// The delivery status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// The server has accepted it.
    Delivered,
    /// The server has refused it.
    Refused,
    /// It was in flight when the connection ended.
    Unknown,
    /// It never left the client.
    Unsent,
}

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A plain message.
    Text,
    /// An action (`/me`).
    Action,
    /// A NOTICE: programs must not answer it.
    Notice,
}

/// One member in the answer to `/who`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoEntry {
    /// The nick.
    pub nick: String,
    /// The prefixes of the rank in the room: `@`, `+` or nothing.
    pub rank: String,
    /// Whether the member is away.
    pub away: bool,
    /// The away message, if it is known.
    pub away_message: Option<String>,
    /// When the member joined, in Unix seconds, if it is known.
    pub since: Option<i64>,
    /// Seconds since the last message, if they are known.
    pub idle_seconds: Option<u64>,
    /// The account the member is logged in to, if there is one and the server reports it.
    pub account: Option<String>,
    /// The real name, if the server reports it.
    pub real_name: Option<String>,
    /// Whether the member is an operator of the server.
    pub operator: bool,
    /// Whether it is the user.
    pub own: bool,
}

/// One room in a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomSummary {
    /// Its name.
    pub name: String,
    /// Its number, if the user is in it; otherwise 0.
    pub number: u32,
    /// How many members it has.
    pub people: usize,
    /// Its topic; empty if it is not known.
    pub topic: String,
    /// The count of its unread messages.
    pub unread: Unread,
    /// Whether typed text goes there.
    pub active: bool,
}

/// The details of one person, from `WHOIS`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhoisInfo {
    /// The nick.
    pub nick: String,
    /// User name and host as `user@host`.
    pub address: String,
    /// The real name.
    pub real_name: String,
    /// The account that the person is logged in to, if the server reports one.
    pub account: Option<String>,
    /// The rooms that the user may see, separated by spaces.
    pub rooms: Option<String>,
    /// The server of the person.
    pub server: Option<String>,
    /// Seconds since the last message.
    pub idle_seconds: Option<u64>,
    /// When the person connected, in Unix seconds.
    pub since: Option<i64>,
    /// The away message.
    pub away: Option<String>,
    /// Everything else, in the server's words.
    pub more: Vec<String>,
}
