//! Errors of a typed line that is not a command, with the line to type instead.

use std::fmt;

/// An error in the arguments of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArgumentError {
    /// An argument is missing; the text says which one.
    Missing(&'static str),
    /// This is left over after the last argument.
    TooMany(String),
    InvalidNick(String),
    InvalidRoom(String),
    /// The message to this target is missing.
    MissingText(String),
    InvalidNumber(String),
}

/// Why a typed line is not a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(super) ParseErrorKind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ParseErrorKind {
    MissingCommandName,
    UnknownCommand {
        typed: String,
        nearest: Option<&'static str>,
    },
    MissingNick,
    ForbiddenCharacter(char),
    InCommand {
        usage: String,
        error: ArgumentError,
    },
}

impl ParseError {
    /// The unknown command, if that is the error, and the known one that is close to it.
    pub fn unknown_command(&self) -> Option<(&str, Option<&'static str>)> {
        match &self.0 {
            ParseErrorKind::UnknownCommand { typed, nearest } => Some((typed, *nearest)),
            _ => None,
        }
    }

    /// The part of the line that is wrong, if the error is about a part.
    pub fn offending_text(&self) -> Option<&str> {
        match &self.0 {
            ParseErrorKind::InCommand {
                error:
                    ArgumentError::TooMany(text)
                    | ArgumentError::InvalidNick(text)
                    | ArgumentError::InvalidRoom(text)
                    | ArgumentError::InvalidNumber(text),
                ..
            } => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(argument) => write!(f, "Missing {argument}."),
            Self::TooMany(_) => f.write_str("Too many arguments."),
            Self::InvalidNick(nick) => write!(f, "{nick:?} is not a valid nick."),
            Self::InvalidRoom(room) => write!(f, "{room:?} is not a valid room name."),
            Self::MissingText(target) => write!(f, "Missing text for {target}."),
            Self::InvalidNumber(text) => write!(f, "{text:?} is not a number."),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ParseErrorKind::MissingCommandName => f.write_str(
                "Missing command after /. /help lists the commands; // begins a message with /.",
            ),
            ParseErrorKind::UnknownCommand { typed, .. } if typed.contains('/') => {
                write!(
                    f,
                    "There is no command /{typed}. To send it as text, type //{typed}."
                )
            }
            ParseErrorKind::UnknownCommand {
                typed,
                nearest: Some(nearest),
            } => write!(f, "There is no command /{typed}. Did you mean /{nearest}?"),
            ParseErrorKind::UnknownCommand {
                typed,
                nearest: None,
            } => write!(f, "There is no command /{typed}. /help lists the commands."),
            ParseErrorKind::MissingNick => f.write_str(
                "Missing nick after @. @NICK TEXT whispers to NICK; @@ begins a message with @.",
            ),
            ParseErrorKind::ForbiddenCharacter(c) => {
                write!(f, "U+{:04X} cannot be sent. Remove it.", u32::from(*c))
            }
            ParseErrorKind::InCommand { usage, error } => write!(f, "{error} Usage: {usage}"),
        }
    }
}

impl std::error::Error for ParseError {}
