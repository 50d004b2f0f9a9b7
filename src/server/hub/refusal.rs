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
    TooManyRooms {
        room: &'a str,
    },
    TooManyTargets {
        target: &'a str,
    },
    /// With the sender's name in front it would not fit in a line for others.
    TooLongToRelay,
}

impl Refusal<'_> {
    /// The answer, for the one who asked: `name` is the server's, `nick` is theirs.
    pub(super) fn line(self, name: &str, nick: &str, outbox: &mut Outbox) -> Written {
        let Some((reply, about)) = self.row() else {
            return outbox.line(format_args!(
                ":{name} FAIL * INVALID_UTF8 :This line is not UTF-8, so nothing was done with it"
            ));
        };
        let (number, words) = (reply.number(), self.words(reply));
        match about {
            None => outbox.line(format_args!(":{name} {number:03} {nick} :{words}")),
            Some(about) => {
                let about = Echo(about);
                outbox.line(format_args!(":{name} {number:03} {nick} {about} :{words}"))
            }
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

    /// The row of the table of replies, and what the answer is about. Only a line that is not
    /// UTF-8 has no number of its own: IRCv3 utf8only asks for `FAIL` there.
    fn row(&self) -> Option<(Reply, Option<&str>)> {
        let plain = |reply| Some((reply, None));
        match *self {
            Self::InvalidUtf8 => None,
            Self::LineTooLong | Self::TooLongToRelay => plain(Reply::InputTooLong),
            Self::ForbiddenByte => Some((Reply::UnknownError, Some("*"))),
            Self::OtherProtocol { .. } => plain(Reply::NotRegistered),
            Self::BadRequest(error) => match error {
                RequestError::Unknown { command } => Some((Reply::UnknownCommand, Some(command))),
                RequestError::NotEnoughParameters { command } => {
                    Some((Reply::NeedMoreParams, Some(command)))
                }
                RequestError::NoNickGiven => plain(Reply::NoNicknameGiven),
                RequestError::NoOrigin => plain(Reply::NoOrigin),
                RequestError::NoRecipient { .. } => plain(Reply::NoRecipient),
                RequestError::NoTextToSend => plain(Reply::NoTextToSend),
            },
            Self::InvalidCapCommand { subcommand } => {
                Some((Reply::InvalidCapCommand, Some(subcommand)))
            }
            Self::NotRegistered => plain(Reply::NotRegistered),
            Self::AlreadyRegistered => plain(Reply::AlreadyRegistered),
            Self::WrongPassword => plain(Reply::PasswdMismatch),
            Self::InvalidUserName => plain(Reply::InvalidUsername),
            Self::BadNick { wanted, .. } => Some((Reply::ErroneousNickname, Some(wanted))),
            Self::NickInUse { wanted } => Some((Reply::NicknameInUse, Some(wanted))),
            Self::NoSuchNick { nick } => Some((Reply::NoSuchNick, Some(nick))),
            Self::NoSuchRoom { room } => Some((Reply::NoSuchChannel, Some(room))),
            Self::BadRoomName { room, .. } => Some((Reply::BadChanMask, Some(room))),
            Self::NotInRoom { room } => Some((Reply::NotOnChannel, Some(room))),
            Self::CannotSendToRoom { room } => Some((Reply::CannotSendToChan, Some(room))),
            Self::TooManyRooms { room } => Some((Reply::TooManyChannels, Some(room))),
            Self::TooManyTargets { target } => Some((Reply::TooManyTargets, Some(target))),
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
