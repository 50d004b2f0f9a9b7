//! Input of the user or a script, parsed once: the text goes with the command that it is.

use std::collections::BTreeMap;

use super::{only_line, written_lines};
use crate::client::command::alias::parse_with_aliases;
use crate::client::command::{ParseError, UserCommand};

/// A line, and the command that it is.
#[derive(Debug, Clone)]
pub(in crate::client::session) struct ParsedLine<'l> {
    pub(in crate::client::session) text: &'l str,
    pub(in crate::client::session) command: Result<UserCommand, ParseError>,
}

impl<'l> ParsedLine<'l> {
    pub(in crate::client::session) fn parse(
        text: &'l str,
        aliases: &BTreeMap<String, String>,
    ) -> Self {
        Self {
            text,
            command: parse_with_aliases(text, aliases),
        }
    }
}

/// Input at a prompt: a line, or a pasted text of several lines.
#[derive(Debug, Clone)]
pub(in crate::client::session) struct ParsedInput<'t> {
    pub(in crate::client::session) first: ParsedLine<'t>,
    /// The text after the first line of a paste. It is not parsed: its lines are text.
    pub(in crate::client::session) others: Option<&'t str>,
}

impl<'t> ParsedInput<'t> {
    pub(in crate::client::session) fn parse(
        text: &'t str,
        aliases: &BTreeMap<String, String>,
    ) -> Self {
        let (first, others) = match only_line(text) {
            Some(line) => (line, None),
            None => {
                let first = written_lines(text).next().unwrap_or_default();
                let others = text.split_once(first).map(|(_, others)| others);
                (first, others)
            }
        };
        Self {
            first: ParsedLine::parse(first, aliases),
            others,
        }
    }

    /// The command, unless several lines were pasted.
    pub(in crate::client::session) fn command(&self) -> Option<&UserCommand> {
        let command = self.first.command.as_ref().ok();
        command.filter(|_| self.others.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_written_line_of_a_paste_is_parsed_and_the_rest_is_text() {
        let none = BTreeMap::new();
        for (text, first, others) in [
            ("", "", None),
            ("one", "one", None),
            (" one ", " one ", None),
            ("one\n", "one", None),
            ("\n \none\n \n", "one", None),
            ("one\ntwo", "one", Some("\ntwo")),
            ("\none\n\n/two\n", "one", Some("\n\n/two\n")),
            ("\n \n", "", None),
        ] {
            let input = ParsedInput::parse(text, &none);
            assert_eq!(
                (input.first.text, input.others),
                (first, others),
                "{text:?}"
            );
        }
    }
}
