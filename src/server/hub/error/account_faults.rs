//! Reasons for which a request about an account or a registered room is rejected.

use std::fmt;

use crate::server::hub::account::AccountProblem;
use crate::server::hub::registered_room::RoomProblem;

/// Why a request about an account is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) enum AccountFault {
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
    pub(super) fn code(self) -> &'static str {
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
pub(in crate::server::hub) enum RoomFault {
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
