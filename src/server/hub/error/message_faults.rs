//! Reasons for which a request about messages is rejected: one of several lines, one with an id of its
//! client, a read marker, a deletion, or a part of the history.

use std::fmt;

use super::Truncated;

/// Why a message of several lines is rejected. IRCv3 client-batch, draft/multiline, "Errors".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) enum BatchFault<'a> {
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
pub(in crate::server::hub) enum MarkerFault<'a> {
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
pub(in crate::server::hub) enum OnceFault {
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
pub(in crate::server::hub) enum RedactionFault<'a> {
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

/// Why a request for history is rejected, with the parameter. IRCv3 draft/chathistory, "Errors and
/// Warnings".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) enum HistoryFault<'a> {
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
