//! Errors of requests that are rejected, with the numeric or `FAIL` that reports each.

mod account_faults;
mod message_faults;

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::ban::BanProblem;
use crate::wire::name::NameError;
use crate::wire::{Reply, RequestError};
pub(super) use account_faults::{AccountFault, RoomFault};
pub(super) use message_faults::{BatchFault, HistoryFault, MarkerFault, OnceFault, RedactionFault};

/// A row is a rejection with its parameters, its numeric, and optionally a more precise text than
/// that of the numeric. A field after the semicolon is for this text only.
macro_rules! rejections {
    ($(
        $(#[$doc:meta])*
        $name:ident $(($($about:ident: $is:ty),* $(; $why:ident: $reason:ty)?))? => $reply:ident
        $($words:literal)?;
    )*) => {
        /// Why a request is rejected. It borrows from the request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Rejection<'a> {
            $($(#[$doc])* $name $(($($is,)* $($reason)?))?,)*
        }

        impl Rejection<'_> {
            /// Passes on the numeric and everything after the nick.
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
    /// With its source in front it would not fit in a line.
    TooLongToRelay => InputTooLong
        "Message not sent: with your name in front it is too long for one line";
    InvalidUtf8(command: &'static str) => UnknownError;
    ForbiddenByte(command: &'static str) => UnknownError
        "A line must not contain NUL or a carriage return";
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
    /// The password of an account, on a connection that others can read.
    PasswordInClear => PasswdMismatch
        "Passwords of accounts are accepted on encrypted connections only. Connect with TLS";
    /// Wrong password of `OPER`, which does not end the connection.
    WrongOperPassword => PasswdMismatch;
    OperTooSoon(; seconds: u64) => PasswdMismatch
        "Too many attempts: this password was not checked. Try again in {seconds} s";
    InvalidUserName => InvalidUsername;
    RealNameTooLong => UnknownError;
    RealNameEmpty => UnknownError;
    InvalidNick(wanted: &'a str; why: NameError) => ErroneousNickname "{why}";
    NickInUse(wanted: &'a str) => NicknameInUse;
    /// It belongs to an account that the client is not logged in to.
    NickReserved(wanted: &'a str) => NicknameInUse
        "This nick belongs to an account. Log in to it, or choose another";
    SaslFailed => SaslFail;
    LoginTooSoon(; seconds: u64) => SaslFail
        "Too many attempts: this password was not checked. Try again in {seconds} s";
    SaslTooLong => SaslTooLong;
    SaslAborted => SaslAborted;
    NickTooFast(wanted: &'a str; seconds: u32) => NickTooFast
        "Too many nick changes. Try again in {seconds} s";
    NoSuchNick(nick: &'a str) => NoSuchNick;
    /// It would be a service, if there was a store.
    NoServices(service: &'a str) => NoSuchNick
        "This server has no accounts and no registered rooms: it has no store";
    WasNoSuchNick(nick: &'a str) => WasNoSuchNick;
    NoSuchServer(server: &'a str) => NoSuchServer;
    NoHelp(subject: &'a str) => HelpNotFound;
    NoSuchRoom(room: &'a str) => NoSuchChannel;
    InvalidRoomName(room: &'a str; why: NameError) => BadChanMask "{why}";
    NotInRoom(room: &'a str) => NotOnChannel;
    CannotSendToRoom(room: &'a str; why: SendRefusal) => CannotSendToChan
        "Cannot send to channel {why}";
    /// Sent as a `FAIL`.
    NotStored(command: &'static str, target: &'a str) => UnknownError;
    /// Sent as a `FAIL`.
    StoreStalled(command: &'static str, target: &'a str) => UnknownError;
    /// A fault in the id that a client has given to a message to this target. Sent as a `FAIL`.
    Once(command: &'static str, target: &'a str; _fault: OnceFault) => UnknownError;
    /// A fault in a request about an account, which is named. Sent as a `FAIL`.
    Account(command: &'static str, account: &'a str; _fault: AccountFault) => UnknownError;
    /// A fault in a request for history, with its code and the parameter. Sent as a `FAIL`.
    History(subcommand: &'a str; _fault: HistoryFault<'a>) => UnknownError;
    /// A fault in a request to delete a message of this target. Sent as a `FAIL`.
    Redaction(target: &'a str; _fault: RedactionFault<'a>) => UnknownError;
    /// A fault in a request about a read marker. Sent as a `FAIL`.
    Marker(; _fault: MarkerFault<'a>) => UnknownError;
    /// A fault in a message of several lines. Sent as a `FAIL`.
    Batch(; _fault: BatchFault<'a>) => UnknownError;
    NotRoomOperator(room: &'a str) => ChanOpPrivsNeeded;
    /// Only ChanServ sets this mode.
    ModeOfChanServ(room: &'a str) => ChanOpPrivsNeeded
        "Rooms are registered with ChanServ: /msg ChanServ HELP";
    NotOperator => NoPrivileges;
    /// The operator is configured without it.
    MissingRight(; right: &'static str) => NoPrivileges
        "Permission denied: your operator account lacks the right \"{right}\"";
    TargetNotInRoom(nick: &'a str, room: &'a str) => UserNotInChannel;
    TargetInRoom(nick: &'a str, room: &'a str) => UserOnChannel;
    Banned(room: &'a str) => BannedFromChan;
    InviteOnly(room: &'a str) => InviteOnlyChan;
    /// `R`: the user is not logged in.
    NeedsAccount(room: &'a str) => NeedReggedNick;
    /// `j`: too many users have joined just now.
    JoinTooFast(room: &'a str; seconds: u32) => ThrottleExceeded
        "Cannot join channel (+j): too many users have joined just now. Try again in {seconds} s";
    WrongKey(room: &'a str) => BadChannelKey;
    RoomFull(room: &'a str) => ChannelIsFull;
    TooManyRooms(room: &'a str) => TooManyChannels;
    BannedFromServer(; reason: &'a str) => YoureBannedCreep
        "You are banned from this server: {reason}";
    BanOfOneself(mask: &'a str) => BadMask
        "This would ban your own connection; choose a narrower mask";
    NoNetwork(mask: &'a str) => BadMask
        "Expected an address or a network, such as 192.0.2.0/24";
    NoBanMask(mask: &'a str) => BadMask
        "Expected a mask, an address, a network or a:ACCOUNT";
    CannotBan(mask: &'a str; problem: BanProblem) => BadMask "Not done: {problem}";
    BadMask(mask: &'a str; most: u32) => BadMask
        "A mask can have at most {most} wildcards (* and ?)";
    TooManyTargets(target: &'a str) => TooManyTargets;
    UnknownRoomMode(letter: char) => UnknownMode;
    InvalidModeParameter(room: &'a str, letter: char, parameter: &'a str; why: &'static str) =>
        InvalidModeParam "{why}";
    InvalidKey(room: &'a str) => InvalidKey;
    MasksFull(room: &'a str, letter: char) => BanListFull;
    ModesOfAnotherUser => UsersDontMatch;
    UnknownUserMode => UnknownModeFlag;
}

/// Why a room does not accept a message. The texts name the mode, as those of other servers do, so
/// that a client can find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendRefusal {
    /// `n`: the sender is not in the room.
    NotMember,
    /// `m`: the sender has no voice.
    Moderated,
    /// `M`: the sender is neither logged in nor voiced.
    NoAccount,
    /// `W`: the sender has to wait for this many seconds.
    TooSoon(u64),
    /// `C`: the message is a CTCP request.
    Ctcp,
    /// `b`: a ban or a mute matches the sender.
    Banned,
}

impl fmt::Display for SendRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotMember => "(+n): you are not in it",
            Self::Moderated => "(+m): it is moderated and you have no voice",
            Self::NoAccount => "(+M): log in to an account first",
            Self::TooSoon(seconds) => {
                return write!(f, "(+W): wait for {seconds} s before your next message");
            }
            Self::Ctcp => "(+C): it does not allow CTCP",
            Self::Banned => "(+b): you are banned or muted there",
        })
    }
}

/// The result of a request or of a part of it.
pub(super) type CommandResult<'a, T = ()> = Result<T, Rejection<'a>>;

impl Rejection<'_> {
    /// The command and the rest of a `FAIL`, for the rejections that have no numeric. IRCv3
    /// standard-replies.
    pub(super) fn standard_reply(self) -> Option<(&'static str, Cow<'static, str>)> {
        const INVALID_UTF8: &str = "INVALID_UTF8 :This line is not valid UTF-8 and was ignored";
        const INVALID_REAL_NAME: &str =
            "INVALID_REALNAME :This real name is too long; yours is unchanged";
        const EMPTY_REAL_NAME: &str = "INVALID_REALNAME :A real name cannot be empty";
        const NOT_STORED: &str =
            ":Message not sent: the server cannot store it now. Try again later";
        const STORE_SLOW: &str =
            ":Message not sent: the disk of the server does not answer. Try again later";
        match self {
            Self::InvalidUtf8(command) => Some((command, INVALID_UTF8.into())),
            Self::RealNameTooLong => Some(("SETNAME", INVALID_REAL_NAME.into())),
            Self::RealNameEmpty => Some(("SETNAME", EMPTY_REAL_NAME.into())),
            Self::NotStored(command, target) => Some((
                command,
                format!("NOT_STORED {} {NOT_STORED}", Truncated(target)).into(),
            )),
            Self::StoreStalled(command, target) => Some((
                command,
                format!("STORE_SLOW {} {STORE_SLOW}", Truncated(target)).into(),
            )),
            Self::Once(command, target, fault) => Some((
                command,
                format!("{fault:#} {} :{fault}", Truncated(target)).into(),
            )),
            Self::Account(command, account, fault) => {
                let code = fault.code();
                Some((
                    command,
                    format!("{code} {} :{fault}", Truncated(account)).into(),
                ))
            }
            Self::History(subcommand, fault) => Some((
                "CHATHISTORY",
                format!("{fault:#} {}{fault}", Truncated(subcommand)).into(),
            )),
            Self::Redaction(target, fault) => Some((
                "REDACT",
                format!("{fault:#} {}{fault}", Truncated(target)).into(),
            )),
            Self::Batch(fault) => Some(("BATCH", fault.to_string().into())),
            Self::Marker(fault) => Some(("MARKREAD", fault.to_string().into())),
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

/// Client input as one parameter of a response: a word that is never empty, never starts with a
/// colon, and has no control characters.
pub(super) struct Truncated<T>(pub(super) T);

/// Bytes of client input that are echoed.
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
    fn echoed_input_is_always_one_harmless_parameter() {
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
