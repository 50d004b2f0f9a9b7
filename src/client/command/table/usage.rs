//! The arguments in the usage of a command. Tab and the hints after a line read it, so that
//! they always agree with help.

use super::CommandSpec;
use crate::client::command::has_room_prefix;

/// The kind of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A nick, or a mask that begins with one.
    Nick,
    /// A room that the user is not in yet.
    NewRoom,
    /// A room.
    Room,
    /// One of the user's rooms, or its number.
    OwnRoom,
    /// A person or a room.
    Target,
    /// A mode change: letters and their arguments.
    Change,
    /// The name of a slash command.
    Command,
    /// The name of a setting.
    Setting,
    /// The value of a setting.
    Value,
    /// The name of a server.
    Server,
    /// The name of one of the user's networks.
    Network,
    /// Free text, in which nicks and rooms are completed.
    Text,
    /// Something that cannot be completed.
    Other,
}

/// The arguments that can follow at a position of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedArguments {
    /// The usage from that position on.
    pub usage: &'static str,
    /// Whether a part of the first of these arguments is already there.
    pub begun: bool,
}

/// The word of a line that can name a room or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) struct TargetWord {
    /// The byte at which it begins.
    pub(in crate::client) start: usize,
    /// Whether it names one only if it begins as a room does: the argument may be left out.
    pub(in crate::client) optional_room: bool,
}

impl TargetWord {
    /// The first argument that can be a room or a user, in the line of a command or of a whisper.
    pub(in crate::client) fn find(line: &str) -> Option<Self> {
        let mut words = words_with_starts(line);
        let (start, first) = words.next()?;
        if let Some(nick) = first.strip_prefix('@') {
            return (!nick.starts_with('@')).then_some(Self {
                start: start + 1,
                optional_room: false,
            });
        }
        let spec = CommandSpec::find(first.strip_prefix('/')?)?;
        let mut arguments = spec.usage.split(' ').peekable();
        arguments.next_if_eq(&ALL);
        let argument = arguments.next()?;
        if !argument.contains("NICK") && !argument.contains("#ROOM") {
            return None;
        }
        let (start, _) = words.find(|(_, word)| !word.starts_with('-'))?;
        Some(Self {
            start,
            optional_room: argument == ROOM,
        })
    }
}

/// The words of a line, each with the byte at which it begins.
fn words_with_starts(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let begin = line.as_ptr() as usize;
    line.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - begin, word))
}

impl CommandSpec {
    /// Whether it switches between the rooms of all networks, as `/room` does.
    pub(in crate::client) fn switches_rooms(&self) -> bool {
        argument(self.usage) == ArgumentKind::OwnRoom
    }

    /// The arguments that can follow these words. An optional room may be left out.
    pub fn expected_after<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
    ) -> ExpectedArguments {
        let mut usage = self.usage;
        let mut begun = false;
        for word in words {
            while let Some((first, rest)) = usage.split_once(' ')
                && !can_be(first, word)
            {
                usage = rest;
            }
            let (first, rest) = usage.split_once(' ').unwrap_or((usage, ""));
            begun = has_several_words(first);
            if !begun {
                usage = rest;
            }
        }
        ExpectedArguments { usage, begun }
    }
}

impl ExpectedArguments {
    /// The arguments that can begin with `word`, the likeliest first.
    pub fn arguments(self, word: &str) -> Vec<ArgumentKind> {
        let (first, rest) = self.usage.split_once(' ').unwrap_or((self.usage, ""));
        let mut arguments = Vec::new();
        if !self.begun && !rest.is_empty() {
            let (next, _) = rest.split_once(' ').unwrap_or((rest, ""));
            // An optional room is left out more often than not.
            let is_left_out = first == ROOM && word.is_empty() || !can_be(first, word);
            arguments.extend(is_left_out.then(|| argument(next)));
        }
        if self.begun || can_be(first, word) {
            arguments.push(argument(first));
        }
        arguments
    }

    /// The hint to show after a line that ends there: none once the last argument is begun.
    pub fn hint(self) -> Option<&'static str> {
        let is_text = matches!(
            argument(self.usage),
            ArgumentKind::Text | ArgumentKind::Change
        );
        let is_typed = self.usage.is_empty() || self.begun && is_text;
        (!is_typed).then_some(self.usage)
    }
}

/// An optional room.
const ROOM: &str = "[#ROOM]";
/// The option for what all users have done.
const ALL: &str = "[-all]";
/// The option of `/quit`.
const KEEP: &str = "[--keep]";

/// Whether a word can be this argument.
fn can_be(argument: &str, word: &str) -> bool {
    match argument {
        ROOM => word.is_empty() || has_room_prefix(word),
        "[#ROOM|NICK]" => !word.starts_with(['+', '-']),
        ALL => word.starts_with('-'),
        KEEP => word.is_empty() || word.starts_with("--"),
        _ => true,
    }
}

/// Whether an argument can have several words.
fn has_several_words(written: &str) -> bool {
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
        "NETWORK" => ArgumentKind::Network,
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
    fn each_argument_of_the_usages_is_known() {
        let unknown = [
            "NAME", "KEY", "REQUEST", "COUNT", "FILTER", "PASSWORD", "EMAIL", "ACCOUNT", "CODE",
            "--keep", "-all",
        ];
        for slash in commands() {
            for written in slash.usage.split(' ').filter(|written| !written.is_empty()) {
                let plain = written.trim_matches(['[', ']', '…']);
                let known = argument(written) != ArgumentKind::Other;
                assert!(known != unknown.contains(&plain), "{slash}");
            }
        }
    }

    #[test]
    fn the_word_that_can_name_a_room_or_a_user_is_found() {
        let word = |line: &str| TargetWord::find(line).map(|word| (word.start, word.optional_room));
        for (line, expected) in [
            ("/msg bob hi", Some((5, false))),
            (" /join  #dev", Some((8, false))),
            ("/part #dev so long", Some((6, true))),
            ("/topic news", Some((7, true))),
            ("@bob hi", Some((1, false))),
            ("  @bob", Some((3, false))),
            ("@@bob", None),
            ("//msg bob", None),
            ("/quit bob", None),
            ("/msg", None),
            ("hello bob", None),
            ("", None),
        ] {
            assert_eq!(word(line), expected, "{line:?}");
        }
    }

    #[test]
    fn the_hint_is_what_is_left_to_type() {
        for (line, hint) in [
            ("msg", Some("NICK|#ROOM TEXT")),
            ("msg bob", Some("TEXT")),
            ("msg bob hi", None),
            ("quit", Some("[--keep] [REASON]")),
            ("quit --keep", Some("[REASON]")),
            ("quit see", None),
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
    fn the_argument_after_an_optional_room_can_take_its_place() {
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
