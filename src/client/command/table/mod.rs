//! The table of slash commands: one row each, which parsing, `/help`, Tab and the colours of a
//! typed line all read. The rows stand by what they are about, in a file each.

mod messages;
mod operators;
mod people;
mod program;
mod rooms;
mod usage;

use std::fmt;

use super::{ArgumentError, UserCommand};
pub use usage::{ArgumentKind, ExpectedArguments};

/// One row of the table of slash commands.
#[derive(Debug)]
pub struct CommandSpec {
    /// Its name without the slash.
    pub name: &'static str,
    /// Its arguments as help writes them: capitals for what to fill in, brackets for what may be
    /// left out. Tab and the hints behind a line read it as well.
    pub usage: &'static str,
    /// One line of help.
    pub help: &'static str,
    pub(super) make: for<'a> fn(&'a str) -> Result<UserCommand<'a>, ArgumentError>,
}

/// All slash commands, in the order in which help lists them.
pub fn commands() -> impl Iterator<Item = &'static CommandSpec> + Clone {
    TABLES.iter().copied().flatten()
}

const TABLES: &[&[CommandSpec]] = &[
    messages::TALK,
    rooms::ROOMS,
    people::PEOPLE,
    operators::OPERATORS,
    program::PROGRAM,
];

/// What other programs call some of them, and what that is here.
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
    /// The row with this name, or that other programs call so, in any letter case.
    pub fn find(name: &str) -> Option<&'static Self> {
        let elsewhere = OTHER_NAMES
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        let name = elsewhere.map_or(name, |(_, name)| name);
        commands().find(|slash| slash.name.eq_ignore_ascii_case(name))
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

/// The command whose name is closest to what was typed, when one is close.
pub fn nearest_command(typed: &str) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let begun = commands().find(|slash| !typed.is_empty() && slash.name.starts_with(&typed));
    let close = || {
        commands()
            .map(|slash| (strsim::osa_distance(slash.name, &typed), slash))
            .filter(|(distance, slash)| *distance <= 2 && *distance < slash.name.len())
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, slash)| slash)
    };
    begun.or_else(close).map(|slash| slash.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_name_twice_and_every_row_explains_itself() {
        for (index, slash) in commands().enumerate() {
            assert!(!slash.help.is_empty());
            let found = commands().position(|other| other.name == slash.name);
            assert_eq!(found, Some(index), "/{}", slash.name);
        }
        for (other, name) in OTHER_NAMES {
            assert!(commands().all(|slash| slash.name != *other));
            assert_eq!(CommandSpec::find(other).unwrap().name, *name);
        }
    }
}
