//! The table of slash commands: one row each, read by the parser, `/help`, Tab, the hints and the
//! colors of a typed line.
//!
//! The rows are grouped by subject, one file each. `usage` reads what a row says of its arguments.
//! It must not know the grammar of a line. `command`, `config` and `session` import it.

mod messages;
mod operators;
mod people;
mod program;
mod rooms;
mod usage;

use std::fmt;

use super::{ArgumentError, UserCommand};
use crate::common::suggest::distance;
pub use usage::ArgumentKind;
#[cfg(feature = "for-tests")]
pub use usage::ExpectedArguments;
pub(in crate::client) use usage::TargetWord;

/// One row of the table of slash commands.
#[derive(Debug)]
pub struct CommandSpec {
    /// The name without the command.
    pub name: &'static str,
    /// The arguments as help shows them: placeholders in capitals, optional ones in brackets. Tab
    /// and the hints after a line read it too.
    pub usage: &'static str,
    /// One line of help.
    pub help: &'static str,
    pub(super) parse: fn(&str) -> Result<UserCommand, ArgumentError>,
}

/// All slash commands, in the order in which help lists them.
pub fn commands() -> impl Iterator<Item = &'static CommandSpec> + Clone {
    TABLES.iter().copied().flatten()
}

const TABLES: &[&[CommandSpec]] = &[
    messages::MESSAGES,
    rooms::ROOMS,
    people::PEOPLE,
    operators::OPERATORS,
    program::PROGRAM,
];

/// Names that other clients have for some commands, and the name here.
pub const OTHER_NAMES: &[(&str, &str)] = &[
    ("bye", "quit"),
    ("exit", "quit"),
    ("j", "join"),
    ("leave", "part"),
    ("query", "msg"),
    ("quote", "raw"),
    ("r", "reply"),
    ("w", "who"),
    ("wi", "whois"),
];

impl CommandSpec {
    /// The row with this name, or with this name in other clients, in any letter case.
    pub fn find(name: &str) -> Option<&'static Self> {
        let in_other_client = OTHER_NAMES
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        let name = in_other_client.map_or(name, |(_, name)| name);
        commands().find(|command| command.name.eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for CommandSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.name)?;
        if !self.usage.is_empty() {
            write!(f, " {}", self.usage)?;
        }
        Ok(())
    }
}

/// The command whose name is closest to what was typed, if one is close.
pub fn nearest_command(typed: &str) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let begun = commands().find(|command| !typed.is_empty() && command.name.starts_with(&typed));
    let close = || {
        commands()
            .filter_map(|command| Some((distance(&typed, command.name)?, command)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, command)| command)
    };
    begun.or_else(close).map(|command| command.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_name_twice_and_every_row_explains_itself() {
        for (index, command) in commands().enumerate() {
            assert!(!command.help.is_empty());
            let found = commands().position(|other| other.name == command.name);
            assert_eq!(found, Some(index), "/{}", command.name);
        }
        for (other, name) in OTHER_NAMES {
            assert!(commands().all(|command| command.name != *other));
            assert_eq!(CommandSpec::find(other).unwrap().name, *name);
        }
    }
}
