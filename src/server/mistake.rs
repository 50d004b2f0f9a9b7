//! What can be wrong in a file of settings, as facts; the sentence is made where it is shown.

use std::fmt;

/// What can be wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// It is not TOML.
    Syntax {
        /// In the words of the library.
        message: String,
    },
    /// There is no such key.
    UnknownKey {
        /// As written.
        key: String,
        /// The one that was probably meant.
        meant: Option<&'static str>,
    },
    /// The value is of another kind than it should be.
    Kind {
        /// Whose value.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A number is out of bounds.
    Bounds {
        /// Whose value.
        key: &'static str,
        /// The least it can be.
        least: u32,
        /// The most it can be.
        most: u32,
    },
    /// A character that would reach people's terminals.
    ControlCharacter,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { message } => write!(f, "this is not TOML: {message}"),
            Self::UnknownKey { key, meant } => {
                write!(f, "there is no key {key:?}")?;
                match meant {
                    Some(meant) => write!(f, "; did you mean {meant:?}?"),
                    None => Ok(()),
                }
            }
            Self::Kind { key, expected } => write!(f, "{key}: wrong value, expected {expected}"),
            Self::Bounds { key, least, most } => {
                write!(
                    f,
                    "{key}: wrong value, expected a number from {least} to {most}"
                )
            }
            Self::ControlCharacter => {
                f.write_str("there is a control character in the text, expected plain lines")
            }
        }
    }
}
