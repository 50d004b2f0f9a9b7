//! Errors of requests that are rejected, with the numeric or `FAIL` that reports each.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::account::AccountProblem;
use super::ban::BanProblem;
use super::registered_room::RoomProblem;
use crate::wire::name::NameError;
use crate::wire::{Reply, RequestError};

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

/// Why a message of several lines is rejected. IRCv3 client-batch, draft/multiline, "Errors".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchFault<'a> {
    InvalidReference(&'a str),
    /// The reference, and the type.
    UnknownType(&'a str, &'a str),
    Timeout,
    MaxBytes(u32),
    MaxLines(u32),
    /// The target of a batch, and the one of a line in it.
    InvalidTarget(&'a str, &'a str),
    /// Anything else, as a sentence.
    Invalid(&'static str),
}

impl fmt::Display for BatchFault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::InvalidReference(reference) => {
                let reference = Truncated(reference);
                write!(
                    f,
                    "INVALID_REFTAG {reference} :No such batch, or not a valid reference"
                )
            }
            Self::UnknownType(reference, kind) => {
                let (reference, kind) = (Truncated(reference), Truncated(kind));
                write!(
                    f,
                    "UNKNOWN_TYPE {reference} {kind} :Enable draft/multiline for its batches"
                )
            }
            Self::Timeout => f.write_str("TIMEOUT * :The batch was open for too long"),
            Self::MaxBytes(most) => {
                write!(
                    f,
                    "MULTILINE_MAX_BYTES {most} :The message has too many bytes"
                )
            }
            Self::MaxLines(most) => {
                write!(
                    f,
                    "MULTILINE_MAX_LINES {most} :The message has too many lines"
                )
            }
            Self::InvalidTarget(target, other) => {
                let (target, other) = (Truncated(target), Truncated(other));
                write!(f, "MULTILINE_INVALID_TARGET {target} {other} :")?;
                f.write_str("Each line must have the target of its batch")
            }
            Self::Invalid(words) => write!(f, "MULTILINE_INVALID :{words}"),
        }
    }
}

/// Why a read marker is neither sent nor moved, with the parameter. IRCv3 draft/read-marker, "Errors
/// and Warnings".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkerFault<'a> {
    MissingParameter,
    InvalidParameter(&'a str),
    /// The store cannot be written.
    Unavailable(&'a str),
}

impl fmt::Display for MarkerFault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MissingParameter => f.write_str("NEED_MORE_PARAMS :Missing parameters"),
            Self::InvalidParameter(text) => {
                write!(f, "INVALID_PARAMS {} :Invalid parameter", Truncated(text))
            }
            Self::Unavailable(target) => write!(
                f,
                "INTERNAL_ERROR {} :The server cannot store it now. Try again later",
                Truncated(target)
            ),
        }
    }
}

/// Why a message with an id of its client is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnceFault {
    /// The id has not the form of one.
    Invalid,
    /// One id would be that of several messages.
    SeveralTargets,
    /// The id is that of another message.
    Reused,
    /// It is sent again, and it is no longer known whether it was sent before.
    Expired,
}

/// The code in the alternate form, else the text.
impl fmt::Display for OnceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, words) = match self {
            Self::Invalid => (
                "ONCE_INVALID",
                "Message not sent: its id must be 16 to 64 of A-Z a-z 0-9 . _ ~ -",
            ),
            Self::SeveralTargets => (
                "ONCE_INVALID",
                "Message not sent: one with an id can have only one recipient",
            ),
            Self::Reused => (
                "ONCE_REUSED",
                "Message not sent: another message has its id",
            ),
            Self::Expired => (
                "ONCE_EXPIRED",
                "Message not sent: it may have been sent before; look for it in the history",
            ),
        };
        f.write_str(if f.alternate() { code } else { words })
    }
}

/// Why a message is not deleted, with its id on the wire. IRCv3 draft/message-redaction, "Errors".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RedactionFault<'a> {
    /// The user is not in this room, or cannot read this conversation.
    InvalidTarget,
    Forbidden(&'a str),
    /// The seconds in which it was possible.
    WindowExpired(&'a str, u32),
    UnknownMessage(&'a str),
    /// The store cannot be read or written.
    Unavailable(&'a str),
}

/// The code in the alternate form, else the parameters and the text.
impl fmt::Display for RedactionFault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, msgid, words) = match *self {
            Self::InvalidTarget => (
                "INVALID_TARGET",
                None,
                "You cannot delete messages of this target",
            ),
            Self::Forbidden(msgid) => (
                "REDACT_FORBIDDEN",
                Some(msgid),
                "You can delete only your own messages, unless you are an operator of the room",
            ),
            Self::WindowExpired(msgid, _) => (
                "REDACT_WINDOW_EXPIRED",
                Some(msgid),
                "This message is too old to be deleted",
            ),
            Self::UnknownMessage(msgid) => (
                "UNKNOWN_MSGID",
                Some(msgid),
                "There is no such message, or it is not stored",
            ),
            Self::Unavailable(msgid) => (
                "INTERNAL_ERROR",
                Some(msgid),
                "Not deleted: the store does not work at the moment. Try again later",
            ),
        };
        if f.alternate() {
            return f.write_str(code);
        }
        if let Some(msgid) = msgid {
            write!(f, " {}", Truncated(msgid))?;
        }
        if let Self::WindowExpired(_, seconds) = self {
            write!(f, " {seconds}")?;
        }
        write!(f, " :{words}")
    }
}

/// Why a request about an account is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountFault {
    Closed,
    NotJoined,
    LoggedIn,
    InClear,
    NoNick,
    BadName,
    NickInUse,
    WeakPassword,
    LongPassword(u32),
    BadEmail,
    TooMany,
    Unavailable,
    BadCode,
    /// Seconds to wait.
    TooSoon(u64),
    WrongPassword,
    NotLoggedIn,
    NotYourNick,
    OwnNick,
    NoUserWithNick,
    NoCertificate,
    BadFingerprint,
    UnknownRequest,
    /// The account cannot be changed in this way.
    Problem(AccountProblem),
}

impl AccountFault {
    /// The code of a `FAIL`. IRCv3 draft/account-registration, "Standard replies".
    fn code(self) -> &'static str {
        match self {
            Self::Closed | Self::InClear => "DISALLOWED",
            Self::NotJoined => "COMPLETE_CONNECTION_REQUIRED",
            Self::LoggedIn => "ALREADY_AUTHENTICATED",
            Self::NoNick => "NEED_NICK",
            Self::BadName => "BAD_ACCOUNT_NAME",
            Self::NickInUse | Self::Problem(_) => "ACCOUNT_EXISTS",
            Self::WeakPassword => "WEAK_PASSWORD",
            Self::LongPassword(_) => "UNACCEPTABLE_PASSWORD",
            Self::BadEmail => "INVALID_EMAIL",
            Self::BadCode => "INVALID_CODE",
            _ => "TEMPORARILY_UNAVAILABLE",
        }
    }
}

impl fmt::Display for AccountFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "Accounts are made by the administrator of this server",
            Self::NotJoined => "Accounts are registered after you have joined",
            Self::LoggedIn => "You are logged in to an account; log out first",
            Self::InClear => {
                "Passwords are accepted on encrypted connections only. Connect with TLS"
            }
            Self::NoNick => "Choose a nick first, or name the account",
            Self::BadName => "This is not a valid name for an account",
            Self::NickInUse => "Another user has this nick",
            Self::WeakPassword => "This password is too short; choose one of 8 bytes or more",
            Self::LongPassword(most) => {
                return write!(
                    f,
                    "This password is too long; at most {most} bytes are possible"
                );
            }
            Self::BadEmail => "Expected a mail address, to which a code is sent",
            Self::TooMany => "Too many registrations from your address. Try again in an hour",
            Self::Unavailable => "This is not possible at the moment. Try again later",
            Self::BadCode => "Invalid code",
            Self::TooSoon(seconds) => {
                return write!(
                    f,
                    "Too many attempts: this was not checked. Try again in {seconds} s"
                );
            }
            Self::WrongPassword => "Wrong account name or password",
            Self::NotLoggedIn => "You are not logged in; see IDENTIFY",
            Self::NotYourNick => "This is not the name of your account",
            Self::OwnNick => "You have this nick yourself",
            Self::NoUserWithNick => "There is no user with this nick",
            Self::NoCertificate => "Your client has sent no certificate; give a fingerprint",
            Self::BadFingerprint => "Expected the 64 hexadecimal digits of a SHA-256",
            Self::UnknownRequest => "Unknown request, or wrong parameters; see HELP",
            Self::Problem(problem) => return write_capitalized(f, &problem.to_string()),
        })
    }
}

/// Why a request about a registered room is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomFault {
    UnknownRequest,
    NotLoggedIn,
    NoSuchRoom,
    IsLobby,
    NotOperator,
    TooMany(u32),
    NotFounder,
    NoRank,
    NotMember,
    FounderHasAll,
    NoSuchRank,
    BadCode,
    Unavailable,
    /// The room cannot be changed in this way.
    Problem(RoomProblem),
}

impl fmt::Display for RoomFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownRequest => "Unknown request, or wrong parameters; see HELP",
            Self::NotLoggedIn => "You are not logged in; see /msg NickServ HELP",
            Self::NoSuchRoom => "There is no such room",
            Self::IsLobby => "The lobby belongs to the operators of this server",
            Self::NotOperator => "You are not an operator of this room; join it first",
            Self::TooMany(most) => {
                return write!(f, "Your account has {most} rooms; drop one first");
            }
            Self::NotFounder => "Only the founder of the room can do this",
            Self::NoRank => "Your account does not have the rank for this in the room",
            Self::NotMember => "There is no such user in the room",
            Self::FounderHasAll => "The founder is an operator of the room in any case",
            Self::NoSuchRank => "Expected op or voice as the rank",
            Self::BadCode => "Invalid code",
            Self::Unavailable => "This is not possible at the moment. Try again later",
            Self::Problem(problem) => return write_capitalized(f, &problem.to_string()),
        })
    }
}

/// Writes a text with a capital at its start.
fn write_capitalized(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
    write!(f, "{}{rest}", first.to_uppercase())
}

/// Why a request for history is rejected, with the parameter. IRCv3 draft/chathistory, "Errors and
/// Warnings".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HistoryFault<'a> {
    UnknownSubcommand,
    MissingParameter,
    InvalidParameter(&'a str),
    InvalidReference(&'a str),
    /// The user is not in this room, or it does not exist.
    InvalidTarget(&'a str),
    /// The history of this room could not be read.
    Unreadable(&'a str),
}

/// The code in the alternate form, else the parameter and the text.
impl fmt::Display for HistoryFault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, parameter, words) = match *self {
            Self::UnknownSubcommand => ("INVALID_PARAMS", None, "Unknown subcommand"),
            Self::MissingParameter => ("INVALID_PARAMS", None, "Missing parameter"),
            Self::InvalidParameter(text) => ("INVALID_PARAMS", Some(text), "Invalid parameter"),
            Self::InvalidReference(text) => (
                "INVALID_MSGREFTYPE",
                Some(text),
                "Expected timestamp=TIME or, except for TARGETS, msgid=ID",
            ),
            Self::InvalidTarget(room) => ("INVALID_TARGET", Some(room), "You are not in this room"),
            Self::Unreadable(room) => (
                "MESSAGE_ERROR",
                Some(room),
                "The history cannot be read at the moment. Try again later",
            ),
        };
        match (f.alternate(), parameter) {
            (true, _) => f.write_str(code),
            (false, Some(parameter)) => write!(f, " {} :{words}", Truncated(parameter)),
            (false, None) => write!(f, " :{words}"),
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
