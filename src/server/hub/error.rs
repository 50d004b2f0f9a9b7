//! Why something asked for cannot be, and the one place that says how that is answered.

use std::fmt::{self, Write};

use crate::wire::name::NameError;
use crate::wire::{Reply, RequestError};

/// A row is a refusal and what it is about, the reply that says so, and, where more can be said than
/// the words of that reply, better ones; what stands behind a semicolon is for these only.
macro_rules! rejections {
    ($(
        $(#[$doc:meta])*
        $name:ident $(($($about:ident: $is:ty),* $(; $why:ident: $reason:ty)?))? => $reply:ident
        $($words:literal)?;
    )*) => {
        /// Why a request cannot be done. It borrows from the line that asked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Rejection<'a> {
            $($(#[$doc])* $name $(($($is,)* $($reason)?))?,)*
        }

        impl Rejection<'_> {
            /// Hands on the numbered answer: which it is, and all that stands behind the nick.
            pub(super) fn write_to(self, numbered: &dyn Fn(Reply, fmt::Arguments<'_>)) {
                match self {
                    $(Self::$name $(($($about,)* $($why)?))? => {
                        let about = fmt::from_fn(|_f| {
                            $($(write!(_f, "{} ", Truncated($about))?;)*)?
                            Ok(())
                        });
                        let words = words!(Reply::$reply $(, $words)?);
                        numbered(Reply::$reply, format_args!("{about}:{words}"));
                    })*
                }
            }
        }
    };
}

macro_rules! words {
    ($reply:expr) => {
        format_args!("{}", $reply.words())
    };
    ($reply:expr, $words:literal) => {
        format_args!($words)
    };
}

rejections! {
    LineTooLong => InputTooLong;
    /// With the sender's name in front it would not fit in a line for others.
    TooLongToRelay => InputTooLong
        "With your name in front this is too long for a line, so it was not sent";
    InvalidUtf8(command: &'static str) => UnknownError;
    ForbiddenByte(command: &'static str) => UnknownError
        "A line cannot have NUL or a carriage return in it";
    UnknownCommand(command: &'a str) => UnknownCommand;
    NotEnoughParameters(command: &'static str) => NeedMoreParams;
    NoNickGiven => NoNicknameGiven;
    NoOrigin => NoOrigin;
    NoRecipient(; command: &'static str) => NoRecipient "No recipient given ({command})";
    NoTextToSend => NoTextToSend;
    InvalidCapCommand(subcommand: &'a str) => InvalidCapCommand;
    NotRegistered => NotRegistered;
    AlreadyRegistered => AlreadyRegistered;
    WrongPassword => PasswdMismatch;
    /// The same for `OPER`, where it does not end the connection.
    WrongOperPassword => PasswdMismatch;
    OperTooSoon(; seconds: u64) => PasswdMismatch
        "A wrong password was given just now, so this one was not tried; try again in {seconds} s";
    InvalidUserName => InvalidUsername;
    RealNameTooLong => UnknownError;
    InvalidNick(wanted: &'a str; why: NameError) => ErroneousNickname "This cannot be a nick: {why}";
    NickInUse(wanted: &'a str) => NicknameInUse;
    NickTooFast(wanted: &'a str; seconds: u32) => NickTooFast
        "You took several nicks just now; the next one can be had in {seconds} s";
    NickMuted(wanted: &'a str) => BanOnChan;
    NoSuchNick(nick: &'a str) => NoSuchNick;
    WasNoSuchNick(nick: &'a str) => WasNoSuchNick;
    NoSuchServer(server: &'a str) => NoSuchServer;
    NoHelp(subject: &'a str) => HelpNotFound;
    NoSuchRoom(room: &'a str) => NoSuchChannel;
    InvalidRoomName(room: &'a str; why: NameError) => BadChanMask
        "This cannot be a room name: {why}";
    NotInRoom(room: &'a str) => NotOnChannel;
    CannotSendToRoom(room: &'a str) => CannotSendToChan;
    NotRoomOperator(room: &'a str) => ChanOpPrivsNeeded;
    NotOperator => NoPrivileges;
    TargetNotInRoom(nick: &'a str, room: &'a str) => UserNotInChannel;
    TargetInRoom(nick: &'a str, room: &'a str) => UserOnChannel;
    Banned(room: &'a str) => BannedFromChan;
    InviteOnly(room: &'a str) => InviteOnlyChan;
    WrongKey(room: &'a str) => BadChannelKey;
    RoomFull(room: &'a str) => ChannelIsFull;
    TooManyRooms(room: &'a str) => TooManyChannels;
    BadMask(mask: &'a str; most: u32) => BadMask
        "A mask can have no more than {most} * and ?";
    TooManyTargets(target: &'a str) => TooManyTargets;
    UnknownRoomMode(letter: char) => UnknownMode;
    InvalidModeParameter(room: &'a str, letter: char, parameter: &'a str; why: &'static str) =>
        InvalidModeParam "{why}";
    InvalidKey(room: &'a str) => InvalidKey;
    MasksFull(room: &'a str, letter: char) => BanListFull;
    ModesOfAnotherUser => UsersDontMatch;
    UnknownUserMode => UnknownModeFlag;
}

/// How a request, or a part of it, ended: it was done, or cannot be.
pub(super) type CommandResult<'a, T = ()> = Result<T, Rejection<'a>>;

impl Rejection<'_> {
    /// The few that have no number, but a word of their own: the command it is about, and what
    /// stands behind that. IRCv3 standard-replies.
    pub(super) fn standard_reply(self) -> Option<(&'static str, &'static str)> {
        const INVALID_UTF8: &str =
            "INVALID_UTF8 :This line is not UTF-8, so nothing was done with it";
        const INVALID_REAL_NAME: &str =
            "INVALID_REALNAME :This is too long for a real name, so yours stays as it was";
        match self {
            Self::InvalidUtf8(command) => Some((command, INVALID_UTF8)),
            Self::RealNameTooLong => Some(("SETNAME", INVALID_REAL_NAME)),
            _ => None,
        }
    }
}

impl<'a> From<RequestError<'a>> for Rejection<'a> {
    fn from(error: RequestError<'a>) -> Self {
        match error {
            RequestError::Unknown(command) => Self::UnknownCommand(command),
            RequestError::Missing { command, is_first } => match command {
                "NICK" | "WHOIS" | "WHOWAS" => Self::NoNickGiven,
                "PING" => Self::NoOrigin,
                "PRIVMSG" | "NOTICE" | "TAGMSG" if is_first => Self::NoRecipient(command),
                "PRIVMSG" | "NOTICE" => Self::NoTextToSend,
                _ => Self::NotEnoughParameters(command),
            },
        }
    }
}

/// Something a client sent, given back as one parameter of an answer: whatever it was, the answer
/// is still read as it was meant.
pub(super) struct Truncated<T>(pub(super) T);

/// How much of what a client sent is given back, in bytes.
const ECHO_BYTES_MAX: usize = 200;

impl fmt::Display for Truncated<char> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Truncated(&*self.0.encode_utf8(&mut [0; 4])).fmt(f)
    }
}

impl fmt::Display for Truncated<&str> {
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
            assert_eq!(Truncated(sent).to_string(), given_back);
        }
        assert_eq!(Truncated(&*"x".repeat(300)).to_string().len(), 200);
        assert_eq!(Truncated(&*"€".repeat(300)).to_string().len(), 198);
    }
}
