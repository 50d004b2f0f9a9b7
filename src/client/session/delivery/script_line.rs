//! A line of a script, as it comes to the session.

use crate::client::command::UserCommand;
use crate::client::event::InputError;

/// A line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptLine<'a> {
    /// Processed as if typed.
    Typed(&'a str),
    /// Sent to the active room, whatever it begins with.
    Text(&'a str),
    /// Carried out as it is.
    Command(UserCommand),
    /// Reported as refused, since it could not be read.
    Unreadable(InputError),
}
