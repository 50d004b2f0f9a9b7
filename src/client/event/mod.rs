//! What happened, as the session tells it and the screen shows it.
//!
//! Texts are as they came from the network: nothing here is safe to print before `screen` has
//! been over it.

pub mod explain;
pub mod json;
pub mod matcher;

use crate::client::command::message_carries_password;
use crate::client::session::Unread;
use json::MessageTags;

/// Something a person should see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody said something in a room.
    Said {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// What.
        text: String,
        /// How.
        kind: MessageKind,
        /// Whether it was this person, from here.
        own: bool,
        /// Whether it names this person.
        mention: bool,
    },
    /// Somebody said something to this person only, or this person to somebody only.
    Whispered {
        /// The other person.
        nick: String,
        /// What.
        text: String,
        /// How.
        kind: MessageKind,
        /// Whether it was this person who said it.
        own: bool,
    },
    /// What became of something this person said. It stands where it was typed, so only the log
    /// shows it.
    Sent {
        /// Which of all that was said it is.
        number: u64,
        /// The room, or the person it was whispered to.
        target: String,
        /// This person's nick.
        nick: String,
        /// What.
        text: String,
        /// How.
        kind: MessageKind,
        /// What became of it.
        status: DeliveryStatus,
        /// What the server said beside it when it took it.
        tags: MessageTags,
    },
    /// Text by the server itself.
    ServerSaid {
        /// What.
        text: String,
        /// Whether it may be the answer to something that was asked.
        asked: bool,
    },
    /// A line of the server that few want to see.
    ServerNotice {
        /// The line's words.
        text: String,
    },
    /// This person has entered a room and knows who is there.
    Entered {
        /// The room.
        room: String,
        /// This person's nick.
        nick: String,
        /// Everybody else there.
        others: Vec<String>,
        /// Whether this is the first room after connecting.
        first: bool,
    },
    /// This person has left a room.
    Departed {
        /// The room.
        room: String,
    },
    /// Somebody else has entered a room.
    Joined {
        /// The room.
        room: String,
        /// Who.
        nick: String,
    },
    /// Somebody else has left a room.
    Left {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// Why, when they said.
        reason: Option<String>,
    },
    /// Somebody was made to leave a room.
    Kicked {
        /// The room.
        room: String,
        /// Who had to leave.
        nick: String,
        /// Who made them.
        by: String,
        /// Why, when they said.
        reason: Option<String>,
        /// Whether it was this person who had to leave.
        own: bool,
    },
    /// Somebody else has left the server.
    Quit {
        /// Who.
        nick: String,
        /// Why, when they said.
        reason: Option<String>,
    },
    /// Somebody has another nick now.
    Renamed {
        /// The nick before.
        from: String,
        /// The nick now.
        to: String,
        /// Whether it is this person.
        own: bool,
    },
    /// What a room is about, as told on entering or asking.
    Topic {
        /// The room.
        room: String,
        /// The topic, if there is one.
        topic: Option<String>,
        /// Whether this person asked for it.
        asked: bool,
    },
    /// Somebody has changed what a room is about.
    TopicChanged {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// The new topic; empty when it was taken away.
        topic: String,
    },
    /// The modes of a room or a person were changed.
    ModeChanged {
        /// The room or the person.
        target: String,
        /// Who changed them.
        by: String,
        /// The change as on the wire.
        change: String,
    },
    /// The modes of a room, or of this person, as told.
    Modes {
        /// The room, or this person's nick.
        target: String,
        /// Their letters, and what belongs to them.
        modes: String,
        /// Whether they are this person's.
        own: bool,
        /// Whether they may have been asked for.
        asked: bool,
    },
    /// Somebody asks this person into a room.
    Invited {
        /// The room.
        room: String,
        /// Who asks.
        by: String,
    },
    /// Who is in a room, with details.
    Who {
        /// The room.
        room: String,
        /// Everybody there, in alphabetical order.
        people: Vec<WhoEntry>,
    },
    /// The nicks of those in a room.
    Names {
        /// The room.
        room: String,
        /// The nicks with their rank in front.
        nicks: Vec<String>,
    },
    /// The rooms this person is in.
    Rooms {
        /// In the order of their numbers.
        rooms: Vec<RoomSummary>,
    },
    /// The rooms there are on the server.
    RoomList {
        /// In the order of the server.
        rooms: Vec<RoomSummary>,
    },
    /// All that is known about one person.
    Whois {
        /// What the server said.
        details: Box<WhoisInfo>,
    },
    /// Somebody this person whispered to is away.
    Away {
        /// Who.
        nick: String,
        /// What they left behind.
        message: String,
    },
    /// This person is marked as away, or no longer.
    OwnAway {
        /// Which of the two.
        away: bool,
    },
    /// A request was refused by the server.
    Refused {
        /// Its number.
        number: u16,
        /// Its parameters behind this person's nick.
        parameters: Vec<String>,
        /// The line of input it is about, where lines are counted.
        line: Option<u64>,
        /// What was said and did not arrive, when it is that.
        text: Option<String>,
        /// The command that was typed, when it is known to be about that.
        command: Option<String>,
    },
    /// Somebody's nick can be taken for that of somebody else.
    ConfusableNick {
        /// Who has come, or has taken that nick.
        nick: String,
        /// Who was there already.
        other: String,
    },
    /// Somebody's words look as if they came from somebody else.
    SpoofedQuote {
        /// Who wrote them.
        nick: String,
        /// Whose words they seem to be.
        other: String,
    },
    /// Something typed cannot be done, and why; nothing was sent.
    InputRejected {
        /// Words of the program, with what to do next.
        words: String,
        /// The line of input it is about, where lines are counted.
        line: Option<u64>,
    },
    /// There is no connection to the server any more, or still none.
    ServerLost {
        /// Why.
        why: String,
        /// When it is tried again; unknown where it is told later.
        retry_seconds: Option<u64>,
        /// Whether it has been said before.
        still: bool,
    },
    /// The server is there again; the rooms are entered next.
    ServerBack,
    /// Words of this program itself.
    Note {
        /// The words.
        words: String,
    },
    /// What this program answers to something that was typed.
    Answer {
        /// The words.
        words: String,
    },
    /// The log cannot be written, or can be again.
    LogStatus {
        /// Which of the two, and why.
        words: String,
    },
}

impl Event {
    /// Whether there is nothing to show of it, since it stands where it was typed.
    pub fn is_as_typed(&self) -> bool {
        matches!(
            self,
            Self::Sent {
                status: DeliveryStatus::Delivered | DeliveryStatus::Refused,
                ..
            }
        )
    }

    /// Whether it is something this person said that carries a password, and must not be kept.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Sent { target, text, .. }
            | Self::Whispered {
                nick: target,
                text,
                own: true,
                ..
            } => message_carries_password(target, text),
            _ => false,
        }
    }
}

/// Whether this is a room, or those of a rank in one, and no person: no nick begins so anywhere.
pub fn is_room(target: &str) -> bool {
    let room = target.trim_start_matches(['@', '%', '~']);
    room.starts_with(['#', '&', '+', '!'])
}

/// What became of something this person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// The server has taken it.
    Delivered,
    /// The server has refused it.
    Refused,
    /// It was on its way when the connection ended.
    Unknown,
    /// It never left this program.
    Unsent,
}

/// How something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// Plainly.
    Text,
    /// As what one does (`/me`).
    Action,
    /// By a program, or for one: never to be answered by itself.
    Notice,
}

/// One person in the list of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoEntry {
    /// The nick.
    pub nick: String,
    /// `@`, `+` or nothing: what they may do in the room.
    pub rank: String,
    /// Whether they are away.
    pub away: bool,
    /// What they left behind when they went away, when it is known.
    pub away_message: Option<String>,
    /// When they came, in Unix seconds, when it is known.
    pub since: Option<i64>,
    /// For how many seconds they have said nothing, when it is known.
    pub idle_seconds: Option<u64>,
    /// The account they are logged in to, when there is one and it is told.
    pub account: Option<String>,
    /// Whether they are an operator of the server.
    pub operator: bool,
    /// Whether it is this person.
    pub own: bool,
}

/// One room in a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomSummary {
    /// The room.
    pub name: String,
    /// How many are there.
    pub people: usize,
    /// What it is about; empty when that is not told.
    pub topic: String,
    /// What was said there unseen.
    pub unread: Unread,
    /// Whether text that is typed goes there.
    pub active: bool,
}

/// What a server knows about one person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhoisInfo {
    /// The nick.
    pub nick: String,
    /// User name and host as `user@host`.
    pub address: String,
    /// The real name.
    pub real_name: String,
    /// The rooms they are in, as far as one may see them, between spaces.
    pub rooms: Option<String>,
    /// The server they are on.
    pub server: Option<String>,
    /// For how many seconds they have said nothing.
    pub idle_seconds: Option<u64>,
    /// When they came, in Unix seconds.
    pub since: Option<i64>,
    /// What they left behind when they went away.
    pub away: Option<String>,
    /// Everything else, in the server's words.
    pub more: Vec<String>,
}
