//! What the usage of a command says about its arguments. Tab and the hints behind a line read it,
//! so that they cannot say anything else than help does.

use super::CommandSpec;
use crate::client::command::is_room;

/// What an argument of a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Somebody's nick, or a mask that begins like one.
    Nick,
    /// A room that one is not in yet.
    NewRoom,
    /// A room.
    Room,
    /// One of this person's rooms, or its number.
    OwnRoom,
    /// A person or a room.
    Target,
    /// A change of modes: letters, and the nicks they are about.
    Change,
    /// The name of a slash command.
    Command,
    /// The name of a setting.
    Setting,
    /// What a setting can be.
    Value,
    /// The name of a server.
    Server,
    /// Free text, in which nicks and rooms are completed.
    Text,
    /// Something that only this person knows.
    Other,
}

/// The arguments that can stand at a place, and how help writes these and those behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedArguments {
    /// The usage from there on.
    pub usage: &'static str,
    /// A part of the first of these arguments stands there already.
    pub begun: bool,
}

impl CommandSpec {
    /// What can stand behind these words. A room may be left out: then they are what follows it.
    pub fn expected_after<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
    ) -> ExpectedArguments {
        let mut usage = self.usage;
        let mut begun = false;
        for word in words {
            while let Some((first, behind)) = usage.split_once(' ')
                && !can_be(first, word)
            {
                usage = behind;
            }
            let (first, behind) = usage.split_once(' ').unwrap_or((usage, ""));
            begun = goes_on(first);
            if !begun {
                usage = behind;
            }
        }
        ExpectedArguments { usage, begun }
    }
}

impl ExpectedArguments {
    /// The arguments that `word` can be the beginning of, the likeliest first.
    pub fn arguments(self, word: &str) -> Vec<ArgumentKind> {
        let (first, behind) = self.usage.split_once(' ').unwrap_or((self.usage, ""));
        let mut arguments = Vec::new();
        if !self.begun && !behind.is_empty() {
            let (next, _) = behind.split_once(' ').unwrap_or((behind, ""));
            // Where a room can be left out, what follows it is more often meant.
            let is_left_out = first == ROOM && word.is_empty() || !can_be(first, word);
            arguments.extend(is_left_out.then(|| argument(next)));
        }
        if self.begun || can_be(first, word) {
            arguments.push(argument(first));
        }
        arguments
    }

    /// The words to show behind a line that ends there: nothing once the last argument is begun.
    pub fn hint(self) -> Option<&'static str> {
        let is_text = matches!(
            argument(self.usage),
            ArgumentKind::Text | ArgumentKind::Change
        );
        let is_typed = self.usage.is_empty() || self.begun && is_text;
        (!is_typed).then_some(self.usage)
    }
}

/// The room of a command that can do without.
const ROOM: &str = "[#ROOM]";

/// Whether a word can be the argument that help writes so.
fn can_be(argument: &str, word: &str) -> bool {
    match argument {
        ROOM => word.is_empty() || is_room(word),
        "[#ROOM|NICK]" => !word.starts_with(['+', '-']),
        _ => true,
    }
}

/// Whether an argument is of several words.
fn goes_on(written: &str) -> bool {
    let is_text = matches!(argument(written), ArgumentKind::Text | ArgumentKind::Change);
    is_text || written.ends_with('…')
}

fn argument(written: &str) -> ArgumentKind {
    match written.trim_matches(['[', ']', '…']) {
        "NICK" | "NICK|MASK" => ArgumentKind::Nick,
        "#ROOM" if written.starts_with('[') => ArgumentKind::Room,
        "#ROOM" => ArgumentKind::NewRoom,
        "#ROOM|NUMBER" => ArgumentKind::OwnRoom,
        "NICK|#ROOM" | "#ROOM|NICK" => ArgumentKind::Target,
        "CHANGE" => ArgumentKind::Change,
        "COMMAND" => ArgumentKind::Command,
        "SETTING" => ArgumentKind::Setting,
        "VALUE" => ArgumentKind::Value,
        "SERVER" => ArgumentKind::Server,
        "TEXT" | "TEXT|-delete" | "REASON" | "MESSAGE" | "LINE" => ArgumentKind::Text,
        _ => ArgumentKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::command::commands;

    fn expected(line: &str) -> ExpectedArguments {
        let mut words = line.split_whitespace();
        let slash = CommandSpec::find(words.next().unwrap()).unwrap();
        slash.expected_after(words)
    }

    #[test]
    fn help_writes_each_argument_in_a_way_that_is_known() {
        let unknown = ["NAME", "KEY", "COUNT", "FILTER", "PASSWORD"];
        for slash in commands() {
            for written in slash.usage.split(' ').filter(|written| !written.is_empty()) {
                let plain = written.trim_matches(['[', ']', '…']);
                let known = argument(written) != ArgumentKind::Other;
                assert!(known != unknown.contains(&plain), "{slash}");
            }
        }
    }

    #[test]
    fn what_is_left_to_type_follows_from_what_stands_there() {
        for (line, hint) in [
            ("msg", Some("NICK|#ROOM TEXT")),
            ("msg bob", Some("TEXT")),
            ("msg bob hi", None),
            ("kick", Some("[#ROOM] NICK [REASON]")),
            ("kick bob", Some("[REASON]")),
            ("kick #dev", Some("NICK [REASON]")),
            ("kick #dev bob", Some("[REASON]")),
            ("op bob", Some("NICK…")),
            ("part so", None),
            ("part #dev", Some("[REASON]")),
            ("mode +o", None),
            ("mode #dev", Some("[CHANGE]")),
            ("join #dev", Some("[KEY]")),
            ("join #dev key", None),
            ("set bell", Some("[VALUE]")),
            ("rooms", None),
        ] {
            assert_eq!(expected(line).hint(), hint, "{line}");
        }
    }

    #[test]
    fn where_a_room_may_be_left_out_what_follows_it_can_stand_in_its_place() {
        use ArgumentKind::{Change, Nick, Room, Target, Text};
        for (line, word, arguments) in [
            ("kick", "", &[Nick, Room][..]),
            ("kick", "b", &[Nick]),
            ("kick", "#d", &[Room]),
            ("kick #dev", "", &[Nick]),
            ("op bob", "", &[Nick]),
            ("part", "", &[Text, Room]),
            ("part", "so", &[Text]),
            ("part so", "#d", &[Text]),
            ("mode", "", &[Target]),
            ("mode", "+o", &[Change]),
            ("mode +o", "b", &[Change]),
            ("rooms", "x", &[ArgumentKind::Other]),
        ] {
            assert_eq!(expected(line).arguments(word), arguments, "{line} {word:?}");
        }
    }
}
