//! Why a typed line cannot be understood, in words that say what to type instead.

use std::fmt;

/// What is wrong with what stands behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArgumentError {
    Missing(&'static str),
    TooMany(String),
    InvalidNick(String),
    InvalidRoom(String),
    MissingText(String),
    InvalidNumber(String),
}

/// Why a typed line cannot be understood. Its words say what to type instead.
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
        fault: ArgumentError,
    },
}

impl ParseError {
    /// The command that nobody knows, when that is the trouble, and the one that is close to it.
    pub fn unknown_command(&self) -> Option<(&str, Option<&'static str>)> {
        match &self.0 {
            ParseErrorKind::UnknownCommand { typed, nearest } => Some((typed, *nearest)),
            _ => None,
        }
    }

    /// The words that cannot be taken, where the trouble is with some of them.
    pub fn word(&self) -> Option<&str> {
        match &self.0 {
            ParseErrorKind::InCommand {
                fault:
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

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ParseErrorKind::MissingCommandName => f.write_str(
                "a command's name is missing behind /; /help lists them, // begins text with a /",
            ),
            ParseErrorKind::UnknownCommand {
                typed,
                nearest: Some(nearest),
            } => write!(f, "no command /{typed}; did you mean /{nearest}?"),
            ParseErrorKind::UnknownCommand {
                typed,
                nearest: None,
            } => write!(f, "no command /{typed}; /help lists them"),
            ParseErrorKind::MissingNick => f.write_str(
                "a nick is missing behind @: @NICK TEXT whispers, @@ begins text with an @",
            ),
            ParseErrorKind::ForbiddenCharacter(c) => write!(
                f,
                "U+{:04X} cannot be sent in a line; take it out",
                u32::from(*c)
            ),
            ParseErrorKind::InCommand { usage, fault } => match fault {
                ArgumentError::Missing(what) => write!(f, "{what} is missing: {usage}"),
                ArgumentError::TooMany(text) => write!(f, "{text:?} is too much: {usage}"),
                ArgumentError::InvalidNick(nick) => write!(f, "{nick:?} cannot be a nick: {usage}"),
                ArgumentError::InvalidRoom(room) => write!(f, "{room:?} cannot be a room: {usage}"),
                ArgumentError::InvalidNumber(text) => {
                    write!(f, "{text:?} is not a number: {usage}")
                }
                ArgumentError::MissingText(target) => {
                    write!(f, "there is no text for {target}: {usage}")
                }
            },
        }
    }
}
