//! A line of a script, as it comes to the session, and parsed.

use std::collections::BTreeMap;

use crate::client::command::UserCommand;
use crate::client::event::InputError;
use crate::client::session::outgoing::parsed_line::ParsedLine;

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

/// A line of a script, parsed if it is to be.
#[derive(Debug, Clone)]
pub(in crate::client::session) enum ScriptStep<'l> {
    /// Carried out as if typed.
    Line(ParsedLine<'l>),
    /// Sent to the active room, whatever it begins with.
    Text(&'l str),
    /// Carried out as it is.
    Command(UserCommand),
    /// Reported as refused.
    Refused(InputError),
}

impl<'l> ScriptStep<'l> {
    pub(in crate::client::session) fn parse(
        line: ScriptLine<'l>,
        aliases: &BTreeMap<String, String>,
    ) -> Self {
        match line {
            ScriptLine::Typed(text) => Self::Line(ParsedLine::parse(text, aliases)),
            ScriptLine::Text(text) => Self::Text(text),
            ScriptLine::Command(command) => Self::Command(command),
            ScriptLine::Unreadable(error) => Self::Refused(error),
        }
    }
}
