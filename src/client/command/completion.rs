//! What Tab offers for a line, as far as it is typed.

use std::collections::BTreeMap;

use super::settings::{SETTINGS, Setting};
use super::{ArgumentKind, CommandSpec, OTHER_NAMES, commands, is_room};

/// The names that there are to complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompletionNames {
    /// Nicks, the likeliest first.
    pub nicks: Vec<String>,
    /// This person's rooms, by their numbers.
    pub rooms: Vec<String>,
    /// Rooms that this person has heard of and is not in.
    pub other_rooms: Vec<String>,
    /// Short names of the configuration, without their slash, and what they stand for.
    pub aliases: BTreeMap<String, String>,
    /// Whose words are not shown.
    pub ignored: Vec<String>,
    /// Servers that have a name.
    pub servers: Vec<String>,
}

/// Where the word at `position` (in bytes) begins, and what it can become, best first.
///
/// ```
/// use chatting_room::client::command::completion::{Names, completions};
///
/// let names = Names {
///     nicks: vec!["bob".into(), "bert".into()],
///     rooms: vec!["#lobby".into()],
///     ..Names::default()
/// };
/// assert_eq!(completions("b", 1, &names), (0, vec!["bob: ".into(), "bert: ".into()]));
/// assert_eq!(completions("hi @be", 6, &names), (3, vec!["@bert ".into()]));
/// assert_eq!(completions("/to", 3, &names), (0, vec!["/topic ".into()]));
/// ```
pub fn completions(line: &str, position: usize, names: &CompletionNames) -> (usize, Vec<String>) {
    let (typed, behind) = line.split_at_checked(position).unwrap_or((line, ""));
    let space = typed.char_indices().rfind(|(_, c)| c.is_whitespace());
    let start = space.map_or(0, |(at, c)| at + c.len_utf8());
    let (before, word) = typed.split_at(start);
    let mut offers = match before.split_whitespace().next() {
        None => first_word(word, names),
        Some(first) => match first.strip_prefix('/') {
            Some(name) => argument(name, before, word, names),
            None => in_text(word, names),
        },
    };
    if behind.starts_with(' ') {
        // The space that would follow is there already.
        for offer in &mut offers {
            offer.truncate(offer.trim_end_matches(' ').len());
        }
    }
    (start, offers)
}

fn first_word(word: &str, names: &CompletionNames) -> Vec<String> {
    if let Some(begun) = word.strip_prefix('/') {
        let matching = command_names(begun, names);
        return matching.map(|name| format!("/{name} ")).collect();
    }
    if word.starts_with('@') || is_room(word) {
        return in_text(word, names);
    }
    if word.is_empty() {
        return Vec::new();
    }
    matching_nicks(names, word)
        .map(|nick| format!("{nick}: "))
        .collect()
}

/// The commands and aliases that begin like this. What other programs call a command is offered
/// where nothing else begins so.
fn command_names<'n>(begun: &str, names: &'n CompletionNames) -> impl Iterator<Item = &'n str> {
    let aliases = names.aliases.keys().map(String::as_str);
    let own = commands().map(|slash| slash.name);
    let own = own.filter(|name| !names.aliases.contains_key(*name));
    let mut matching: Vec<&str> = own.chain(aliases).collect();
    matching.retain(|name| begins(name, begun));
    if matching.is_empty() {
        let others = OTHER_NAMES.iter().map(|(other, _)| *other);
        matching.extend(others.filter(|name| begins(name, begun)));
    }
    matching.into_iter()
}

fn in_text(word: &str, names: &CompletionNames) -> Vec<String> {
    if let Some(begun) = word.strip_prefix('@') {
        return matching_nicks(names, begun)
            .map(|nick| format!("@{nick} "))
            .collect();
    }
    if word.is_empty() {
        return Vec::new();
    }
    person_or_room(word, names)
}

/// What can stand behind a command or an alias, `before` being all that stands before the word.
fn argument(name: &str, before: &str, word: &str, names: &CompletionNames) -> Vec<String> {
    let alias = names.aliases.get(name).map_or("", String::as_str);
    let mut words = alias.split_whitespace();
    let name = match words.next() {
        Some(long) => match long.strip_prefix('/') {
            Some(name) => name,
            None => return in_text(word, names),
        },
        None => name,
    };
    let Some(slash) = CommandSpec::find(name) else {
        return in_text(word, names);
    };
    if slash.name == "unignore" {
        return with_spaces(names.ignored.iter().map(String::as_str), word);
    }
    let words = words.chain(before.split_whitespace().skip(1));
    let last = words.clone().last().unwrap_or_default();
    let expected = slash.expected_after(words);
    let arguments = expected.arguments(word).into_iter();
    let offers = arguments.flat_map(|kind| match kind {
        // Only in the middle of a change the letters stand there already.
        ArgumentKind::Change if expected.begun && !word.starts_with(['+', '-']) => {
            person_or_room(word, names)
        }
        kind => of_kind(kind, last, word, names),
    });
    offers.collect()
}

fn of_kind(kind: ArgumentKind, last: &str, word: &str, names: &CompletionNames) -> Vec<String> {
    let rooms = |rooms: &[&Vec<String>]| {
        let rooms = rooms.iter().copied().flatten();
        with_spaces(rooms.map(String::as_str), word)
    };
    match kind {
        ArgumentKind::Text => in_text(word, names),
        ArgumentKind::Nick => nicks(word, names),
        ArgumentKind::Room => rooms(&[&names.rooms, &names.other_rooms]),
        ArgumentKind::NewRoom => rooms(&[&names.other_rooms, &names.rooms]),
        ArgumentKind::OwnRoom => match word.parse::<usize>() {
            Ok(number) => {
                let room = number.checked_sub(1).and_then(|at| names.rooms.get(at));
                room.map(|room| format!("{room} ")).into_iter().collect()
            }
            Err(_) => rooms(&[&names.rooms]),
        },
        ArgumentKind::Target => person_or_room(word, names),
        ArgumentKind::Change => with_spaces(MODES.iter().copied(), word),
        ArgumentKind::Setting => with_spaces(SETTINGS.iter().map(|setting| setting.name), word),
        ArgumentKind::Value => match Setting::find(last) {
            Ok(setting) => with_spaces(setting.choices.iter().copied(), word),
            Err(_) => Vec::new(),
        },
        ArgumentKind::Server => with_spaces(names.servers.iter().map(String::as_str), word),
        ArgumentKind::Command => command_names(word.trim_start_matches('/'), names)
            .map(str::to_owned)
            .collect(),
        ArgumentKind::Other => Vec::new(),
    }
}

/// The changes of modes that most servers know, the commonest first.
const MODES: &[&str] = &[
    "+o", "+v", "+b", "+m", "+i", "+k", "+l", "+t", "+n", "+s", "-o", "-v", "-b", "-m", "-i", "-k",
    "-l", "-t", "-n", "-s",
];

/// Those that begin like the word, each with the space that follows it.
fn with_spaces<'n>(pool: impl Iterator<Item = &'n str>, word: &str) -> Vec<String> {
    let matching = pool.filter(|name| begins(name, word) || is_room_called(name, word));
    matching.map(|name| format!("{name} ")).collect()
}

fn nicks(word: &str, names: &CompletionNames) -> Vec<String> {
    matching_nicks(names, word)
        .map(|nick| format!("{nick} "))
        .collect()
}

fn person_or_room(word: &str, names: &CompletionNames) -> Vec<String> {
    let rooms = || {
        let rooms = names.rooms.iter().chain(&names.other_rooms);
        with_spaces(rooms.map(String::as_str), word)
    };
    match word {
        "" => [nicks(word, names), rooms()].concat(),
        room if is_room(room) => rooms(),
        nick => nicks(nick, names),
    }
}

/// The nicks that begin like this; behind them those that do so when the odd characters around
/// nicks are left off, so that `z` finds `[zed]`.
fn matching_nicks<'n>(names: &'n CompletionNames, begun: &str) -> impl Iterator<Item = &'n String> {
    let plain = begun.trim_start_matches(ODD);
    let is_like = move |nick: &str| {
        let name = nick.trim_start_matches(ODD);
        name.len() < nick.len() && !plain.is_empty() && !begins(nick, begun) && begins(name, plain)
    };
    let alike = names.nicks.iter().filter(move |nick| is_like(nick));
    let exact = names.nicks.iter().filter(move |nick| begins(nick, begun));
    exact.chain(alike)
}

/// What stands around the letters of nicks.
const ODD: &[char] = &['[', ']', '\\', '`', '_', '^', '{', '|', '}', '-'];

/// Whether a room has this name, its sign left out.
fn is_room_called(room: &str, begun: &str) -> bool {
    let name = room.strip_prefix('#');
    name.is_some_and(|name| !begun.is_empty() && begins(name, begun))
}

/// Whether a name begins like this, in any letter case.
fn begins(name: &str, begun: &str) -> bool {
    let mut of_name = name.chars().flat_map(char::to_lowercase);
    let mut of_begun = begun.chars().flat_map(char::to_lowercase);
    of_begun.all(|c| of_name.next() == Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(line: &str) -> Vec<String> {
        let names = CompletionNames {
            nicks: vec!["bob".into(), "Bert".into(), "carol".into()],
            rooms: vec!["#dev".into(), "#lobby".into()],
            other_rooms: vec!["#ops".into()],
            aliases: BTreeMap::from(
                [("hi", "/msg bob"), ("go", "/room"), ("ahoy", "//ahoy")]
                    .map(|(name, long)| (name.to_owned(), long.to_owned())),
            ),
            ignored: vec!["*!*@spam".into()],
            servers: vec!["home".into(), "work".into()],
        };
        completions(line, line.len(), &names).1
    }

    #[test]
    fn nicks_are_completed_for_what_they_are_used_for() {
        assert_eq!(offers("B"), ["bob: ", "Bert: "]);
        assert_eq!(offers("@b"), ["@bob ", "@Bert "]);
        assert_eq!(offers("ask car"), ["carol "]);
        assert_eq!(offers("/whois be"), ["Bert "]);
        assert_eq!(offers("/msg b"), ["bob ", "Bert "]);
        assert_eq!(offers("@"), ["@bob ", "@Bert ", "@carol "]);
    }

    #[test]
    fn commands_and_their_arguments_are_completed() {
        assert_eq!(offers("/q"), ["/quit "]);
        assert_eq!(offers("/N"), ["/notice ", "/names ", "/nick "]);
        assert_eq!(offers("/help wh"), ["who", "whois"]);
        assert_eq!(offers("/part #l"), ["#lobby "]);
        assert_eq!(offers("/part #lobby bo"), ["bob "]);
        assert_eq!(offers("/part bo"), ["bob "]);
        assert_eq!(offers("/msg #d"), ["#dev "]);
        assert_eq!(
            offers("/msg "),
            ["bob ", "Bert ", "carol ", "#dev ", "#lobby ", "#ops "]
        );
        assert_eq!(offers("/nick b"), [""; 0]);
        assert_eq!(offers("/kick #d"), ["#dev "]);
        assert_eq!(offers("/kick b"), ["bob ", "Bert "]);
        assert_eq!(offers("/kick #dev b"), ["bob ", "Bert "]);
        assert_eq!(offers("/invite bob #"), ["#dev ", "#lobby ", "#ops "]);
        assert_eq!(offers("/op bob c"), ["carol "]);
        assert_eq!(offers("/quo"), ["/quote "]);
    }

    #[test]
    fn rooms_are_offered_where_they_are_of_use_and_by_their_numbers() {
        assert_eq!(offers("/join "), ["#ops ", "#dev ", "#lobby "]);
        assert_eq!(offers("/join op"), ["#ops "]);
        assert_eq!(offers("/part "), ["#dev ", "#lobby ", "#ops "]);
        assert_eq!(offers("/room "), ["#dev ", "#lobby "]);
        assert_eq!(offers("/room 2"), ["#lobby "]);
        assert_eq!(offers("/room 0"), [""; 0]);
        assert_eq!(offers("/room lo"), ["#lobby "]);
    }

    #[test]
    fn settings_and_what_they_can_be_are_completed() {
        assert_eq!(offers("/set no"), ["notify ", "notify-by "]);
        assert_eq!(
            offers("/set bell "),
            ["off ", "whispers ", "mentions ", "all "]
        );
        assert_eq!(offers("/set bell m"), ["mentions "]);
        assert_eq!(offers("/set wrap o"), ["on ", "off "]);
        assert_eq!(offers("/set bell off "), [""; 0]);
        assert_eq!(offers("/set frob "), [""; 0]);
    }

    #[test]
    fn changes_of_modes_are_completed_and_whom_they_are_about() {
        assert_eq!(offers("/mode +o"), ["+o "]);
        assert_eq!(offers("/mode #dev -m"), ["-m "]);
        assert_eq!(offers("/mode #dev ").first().unwrap(), "+o ");
        assert_eq!(offers("/mode +o b"), ["bob ", "Bert "]);
        assert_eq!(offers("/mode #dev +oo bob c"), ["carol "]);
        assert_eq!(offers("/mode ca"), ["carol "]);
    }

    #[test]
    fn short_names_and_servers_of_the_configuration_are_completed() {
        assert_eq!(offers("/h"), ["/history ", "/help ", "/hi "]);
        assert_eq!(offers("/help g"), ["go"]);
        assert_eq!(offers("/go lo"), ["#lobby "]);
        assert_eq!(offers("/hi ca"), ["carol "]);
        assert_eq!(offers("/ahoy ca"), ["carol "]);
        assert_eq!(offers("/connect "), ["home ", "work "]);
        assert_eq!(offers("/connect w"), ["work "]);
    }

    #[test]
    fn odd_characters_around_a_nick_need_not_be_typed() {
        let names = CompletionNames {
            nicks: ["[Zed]", "^x", "|y", "zoe", "Émile"]
                .map(str::to_owned)
                .into(),
            ..CompletionNames::default()
        };
        let offers = |line: &str| completions(line, line.len(), &names).1;
        assert_eq!(offers("z"), ["zoe: ", "[Zed]: "]);
        assert_eq!(offers("[z"), ["[Zed]: "]);
        assert_eq!(offers("@X"), ["@^x "]);
        assert_eq!(offers("ask |"), ["|y "]);
        assert_eq!(offers("é"), ["Émile: "]);
        assert_eq!(offers("[]"), [""; 0]);
    }

    #[test]
    fn a_space_that_is_there_is_not_put_in_again() {
        let names = CompletionNames {
            nicks: vec!["bob".into()],
            ..CompletionNames::default()
        };
        assert_eq!(completions("bo hi", 2, &names), (0, vec!["bob:".into()]));
        assert_eq!(
            completions("/who bo", 4, &names),
            (0, vec!["/who".into(), "/whois".into()])
        );
    }

    #[test]
    fn rooms_are_completed_in_text() {
        assert_eq!(offers("see #d"), ["#dev "]);
        assert_eq!(offers("#"), ["#dev ", "#lobby ", "#ops "]);
    }

    #[test]
    fn nothing_is_offered_where_nothing_fits() {
        for line in ["", "hello ", "zzz", "/zzz", "@zzz", "/frob x", "/rooms x"] {
            assert_eq!(offers(line), [""; 0], "{line:?}");
        }
    }

    #[test]
    fn the_word_before_the_cursor_counts_and_wide_text_is_no_trouble() {
        let names = CompletionNames {
            nicks: vec!["bob".into()],
            ..CompletionNames::default()
        };
        assert_eq!(
            completions("日本 bo rest", 9, &names),
            (7, vec!["bob".into()])
        );
        assert_eq!(completions("é", 1, &names).1, [""; 0]);
    }
}
