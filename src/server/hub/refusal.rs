//! Why something asked for cannot be, and the one place that says how that is answered.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::outbox::{Outbox, Written};
use crate::wire::name::NameError;
use crate::wire::{MessageError, Reply, RequestError};

/// Why a request cannot be done. It borrows from the line that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal<'a> {
    LineTooLong,
    InvalidUtf8,
    ForbiddenByte,
    /// Not IRC at all: what is spoken instead.
    OtherProtocol {
        spoken: &'static str,
    },
    BadRequest(RequestError<'a>),
    InvalidCapCommand {
        subcommand: &'a str,
    },
    NotRegistered,
    AlreadyRegistered,
    WrongPassword,
    /// The same for `OPER`, where it does not end the connection.
    WrongOperator,
    InvalidUserName,
    BadNick {
        wanted: &'a str,
        why: NameError,
    },
    NickInUse {
        wanted: &'a str,
    },
    NoSuchNick {
        nick: &'a str,
    },
    NoSuchRoom {
        room: &'a str,
    },
    BadRoomName {
        room: &'a str,
        why: NameError,
    },
    NotInRoom {
        room: &'a str,
    },
    CannotSendToRoom {
        room: &'a str,
    },
    NoSuchServer {
        server: &'a str,
    },
    NobodyWas {
        nick: &'a str,
    },
    NoHelp {
        subject: &'a str,
    },
    NotRoomOperator {
        room: &'a str,
    },
    NotOperator,
    OtherNotInRoom {
        nick: &'a str,
        room: &'a str,
    },
    OtherInRoom {
        nick: &'a str,
        room: &'a str,
    },
    Banned {
        room: &'a str,
    },
    InviteOnly {
        room: &'a str,
    },
    WrongKey {
        room: &'a str,
    },
    RoomFull {
        room: &'a str,
    },
    UnknownRoomMode {
        letter: char,
    },
    BadModeParameter {
        room: &'a str,
        letter: char,
        parameter: &'a str,
        why: &'static str,
    },
    InvalidKey {
        room: &'a str,
    },
    MasksFull {
        room: &'a str,
        letter: char,
    },
    OtherPersonsModes,
    UnknownUserMode,
    RealNameTooLong,
    TooManyRooms {
        room: &'a str,
    },
    TooManyTargets {
        target: &'a str,
    },
    /// With the sender's name in front it would not fit in a line for others.
    TooLongToRelay,
}

/// How a request ended: it was done and answered, or cannot be.
pub(super) type Done<'a> = Result<(), Refusal<'a>>;

/// What an answer is about, between the nick and the words.
enum About<'a> {
    Nothing,
    This(&'a str),
    Both(&'a str, &'a str),
    Letter(char),
    ListOf(&'a str, char),
    Mode(&'a str, char, &'a str),
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Nothing => Ok(()),
            Self::This(one) => write!(f, "{} ", Echo(one)),
            Self::Both(one, other) => write!(f, "{} {} ", Echo(one), Echo(other)),
            Self::Letter(letter) => write!(f, "{} ", Echo(letter.encode_utf8(&mut [0; 4]))),
            Self::ListOf(room, letter) => write!(f, "{} {letter} ", Echo(room)),
            Self::Mode(room, letter, parameter) => {
                write!(f, "{} {letter} {} ", Echo(room), Echo(parameter))
            }
        }
    }
}

impl Refusal<'_> {
    /// The one for a parameter that only a closer look finds missing.
    pub(super) fn not_enough_parameters(command: &'static str) -> Self {
        Self::BadRequest(RequestError::NotEnoughParameters { command })
    }

    /// The answer, for the one who asked: `name` is the server's, `nick` is theirs.
    pub(super) fn line(self, name: &str, nick: &str, outbox: &mut Outbox) -> Written {
        if let Some((command, code, words)) = self.standard() {
            return outbox.line(format_args!(":{name} FAIL {command} {code} :{words}"));
        }
        let (reply, about) = self.row();
        let (number, words) = (reply.number(), self.words(reply));
        outbox.line(format_args!(":{name} {number:03} {nick} {about}:{words}"))
    }

    /// The few that have no number, but a word of their own. IRCv3 standard-replies.
    fn standard(&self) -> Option<(&'static str, &'static str, &'static str)> {
        match self {
            Self::InvalidUtf8 => Some((
                "*",
                "INVALID_UTF8",
                "This line is not UTF-8, so nothing was done with it",
            )),
            Self::RealNameTooLong => Some((
                "SETNAME",
                "INVALID_REALNAME",
                "This is too long for a real name, so yours stays as it was",
            )),
            _ => None,
        }
    }

    /// Why the connection ends with it, for the few that make going on useless.
    pub(super) fn ends_connection(self) -> Option<&'static str> {
        match self {
            Self::WrongPassword => Some("Password incorrect"),
            Self::OtherProtocol { spoken } => Some(spoken),
            _ => None,
        }
    }

    /// The row of the table of replies, and what the answer is about.
    fn row(&self) -> (Reply, About<'_>) {
        use About::{Both, Letter, ListOf, Mode, Nothing, This};
        match *self {
            Self::LineTooLong | Self::TooLongToRelay => (Reply::InputTooLong, Nothing),
            Self::ForbiddenByte | Self::InvalidUtf8 | Self::RealNameTooLong => {
                (Reply::UnknownError, This("*"))
            }
            Self::OtherProtocol { .. } | Self::NotRegistered => (Reply::NotRegistered, Nothing),
            Self::BadRequest(error) => match error {
                RequestError::Unknown { command } => (Reply::UnknownCommand, This(command)),
                RequestError::NotEnoughParameters { command } => {
                    (Reply::NeedMoreParams, This(command))
                }
                RequestError::NoNickGiven => (Reply::NoNicknameGiven, Nothing),
                RequestError::NoOrigin => (Reply::NoOrigin, Nothing),
                RequestError::NoRecipient { .. } => (Reply::NoRecipient, Nothing),
                RequestError::NoTextToSend => (Reply::NoTextToSend, Nothing),
            },
            Self::InvalidCapCommand { subcommand } => (Reply::InvalidCapCommand, This(subcommand)),
            Self::AlreadyRegistered => (Reply::AlreadyRegistered, Nothing),
            Self::WrongPassword | Self::WrongOperator => (Reply::PasswdMismatch, Nothing),
            Self::InvalidUserName => (Reply::InvalidUsername, Nothing),
            Self::BadNick { wanted, .. } => (Reply::ErroneousNickname, This(wanted)),
            Self::NickInUse { wanted } => (Reply::NicknameInUse, This(wanted)),
            Self::NoSuchNick { nick } => (Reply::NoSuchNick, This(nick)),
            Self::NobodyWas { nick } => (Reply::WasNoSuchNick, This(nick)),
            Self::NoSuchServer { server } => (Reply::NoSuchServer, This(server)),
            Self::NoHelp { subject } => (Reply::HelpNotFound, This(subject)),
            Self::NoSuchRoom { room } => (Reply::NoSuchChannel, This(room)),
            Self::BadRoomName { room, .. } => (Reply::BadChanMask, This(room)),
            Self::NotInRoom { room } => (Reply::NotOnChannel, This(room)),
            Self::NotRoomOperator { room } => (Reply::ChanOpPrivsNeeded, This(room)),
            Self::NotOperator => (Reply::NoPrivileges, Nothing),
            Self::OtherNotInRoom { nick, room } => (Reply::UserNotInChannel, Both(nick, room)),
            Self::OtherInRoom { nick, room } => (Reply::UserOnChannel, Both(nick, room)),
            Self::CannotSendToRoom { room } => (Reply::CannotSendToChan, This(room)),
            Self::Banned { room } => (Reply::BannedFromChan, This(room)),
            Self::InviteOnly { room } => (Reply::InviteOnlyChan, This(room)),
            Self::WrongKey { room } => (Reply::BadChannelKey, This(room)),
            Self::RoomFull { room } => (Reply::ChannelIsFull, This(room)),
            Self::TooManyRooms { room } => (Reply::TooManyChannels, This(room)),
            Self::TooManyTargets { target } => (Reply::TooManyTargets, This(target)),
            Self::UnknownRoomMode { letter } => (Reply::UnknownMode, Letter(letter)),
            Self::BadModeParameter {
                room,
                letter,
                parameter,
                ..
            } => (Reply::InvalidModeParam, Mode(room, letter, parameter)),
            Self::InvalidKey { room } => (Reply::InvalidKey, This(room)),
            Self::MasksFull { room, letter } => (Reply::BanListFull, ListOf(room, letter)),
            Self::OtherPersonsModes => (Reply::UsersDontMatch, Nothing),
            Self::UnknownUserMode => (Reply::UnknownModeFlag, Nothing),
        }
    }

    /// The words of the row, or better ones where more is known.
    fn words(self, reply: Reply) -> Cow<'static, str> {
        match self {
            Self::BadNick { why, .. } => format!("This cannot be a nick: {why}").into(),
            Self::BadRoomName { why, .. } => format!("This cannot be a room name: {why}").into(),
            Self::BadRequest(RequestError::NoRecipient { command }) => {
                format!("No recipient given ({command})").into()
            }
            Self::BadModeParameter { why, .. } => why.into(),
            Self::ForbiddenByte => "A line cannot have NUL or a carriage return in it".into(),
            Self::TooLongToRelay => {
                "With your name in front this is too long for a line, so it was not sent".into()
            }
            _ => reply.words().into(),
        }
    }
}

impl From<MessageError> for Refusal<'_> {
    fn from(error: MessageError) -> Self {
        match error {
            // A line without a command is not answered, so this is never seen by anybody.
            MessageError::NoCommand => Self::BadRequest(RequestError::Unknown { command: "" }),
            MessageError::ForbiddenByte(_) => Self::ForbiddenByte,
            MessageError::InvalidUtf8 => Self::InvalidUtf8,
            MessageError::TooLong => Self::LineTooLong,
        }
    }
}

impl<'a> From<RequestError<'a>> for Refusal<'a> {
    fn from(error: RequestError<'a>) -> Self {
        Self::BadRequest(error)
    }
}

/// Something a client sent, given back as one parameter of an answer: whatever it was, the answer
/// is still read as it was meant.
pub(super) struct Echo<'a>(pub(super) &'a str);

/// How much of what a client sent is given back, in bytes.
const ECHO_BYTES_MAX: usize = 200;

impl fmt::Display for Echo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.0.split(' ').next().unwrap_or_default();
        let word = word.get(..word.floor_char_boundary(ECHO_BYTES_MAX));
        match word.unwrap_or_default() {
            "" => f.write_char('*'),
            word if word.starts_with(':') => f.write_char('*'),
            word => word
                .chars()
                .try_for_each(|c| f.write_char(if c.is_control() { '?' } else { c })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_always_one_harmless_parameter() {
        for (sent, given_back) in [
            ("", "*"),
            ("a b", "a"),
            (":a", "*"),
            (" a", "*"),
            ("#\x1b[2J", "#?[2J"),
            ("%s%n", "%s%n"),
        ] {
            assert_eq!(Echo(sent).to_string(), given_back);
        }
        assert_eq!(Echo(&"x".repeat(300)).to_string().len(), 200);
        assert_eq!(Echo(&"€".repeat(300)).to_string().len(), 198);
    }
}
