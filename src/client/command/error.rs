//! Why a typed line cannot be understood, in words that say what to type instead.

use std::fmt;

/// What is wrong with what stands behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Missing(&'static str),
    TooMuch(String),
    Nick(String),
    Room(String),
    NoText(String),
    Number(String),
}

/// Why a typed line cannot be understood. Its words say what to type instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub(super) ProblemKind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProblemKind {
    NoCommandName,
    NoSuchCommand {
        typed: String,
        nearest: Option<&'static str>,
    },
    NobodyNamed,
    Forbidden(char),
    InCommand {
        usage: String,
        fault: Fault,
    },
}

impl Problem {
    /// The command that nobody knows, when that is the trouble, and the one that is close to it.
    pub fn unknown_command(&self) -> Option<(&str, Option<&'static str>)> {
        match &self.0 {
            ProblemKind::NoSuchCommand { typed, nearest } => Some((typed, *nearest)),
            _ => None,
        }
    }

    /// The words that cannot be taken, where the trouble is with some of them.
    pub fn word(&self) -> Option<&str> {
        match &self.0 {
            ProblemKind::InCommand {
                fault:
                    Fault::TooMuch(text) | Fault::Nick(text) | Fault::Room(text) | Fault::Number(text),
                ..
            } => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ProblemKind::NoCommandName => f.write_str(
                "a command's name is missing behind /; /help lists them, // begins text with a /",
            ),
            ProblemKind::NoSuchCommand {
                typed,
                nearest: Some(nearest),
            } => write!(f, "no command /{typed}; did you mean /{nearest}?"),
            ProblemKind::NoSuchCommand {
                typed,
                nearest: None,
            } => write!(f, "no command /{typed}; /help lists them"),
            ProblemKind::NobodyNamed => f.write_str(
                "a nick is missing behind @: @NICK TEXT whispers, @@ begins text with an @",
            ),
            ProblemKind::Forbidden(c) => write!(
                f,
                "U+{:04X} cannot be sent in a line; take it out",
                u32::from(*c)
            ),
            ProblemKind::InCommand { usage, fault } => match fault {
                Fault::Missing(what) => write!(f, "{what} is missing: {usage}"),
                Fault::TooMuch(text) => write!(f, "{text:?} is too much: {usage}"),
                Fault::Nick(nick) => write!(f, "{nick:?} cannot be a nick: {usage}"),
                Fault::Room(room) => write!(f, "{room:?} cannot be a room: {usage}"),
                Fault::Number(text) => write!(f, "{text:?} is not a number: {usage}"),
                Fault::NoText(target) => write!(f, "there is no text for {target}: {usage}"),
            },
        }
    }
}
