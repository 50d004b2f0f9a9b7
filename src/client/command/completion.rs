//! The completions that Tab offers for a line.

use std::collections::BTreeMap;

use super::settings::{SETTINGS, Setting};
use super::{ArgumentKind, CommandSpec, OTHER_NAMES, commands, has_room_prefix};

/// The names that can be completed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompletionNames {
    /// Nicks, the likeliest first.
    pub nicks: Vec<String>,
    /// The user's rooms, in the order of their numbers.
    pub rooms: Vec<String>,
    /// Known rooms that the user is not in.
    pub other_rooms: Vec<String>,
    /// Aliases of the configuration without their slash, and what they stand for.
    pub aliases: BTreeMap<String, String>,
    /// Ignored nicks and masks.
    pub ignored: Vec<String>,
    /// Names of servers in the configuration.
    pub servers: Vec<String>,
    /// Names of the networks that the user is on.
    pub networks: Vec<String>,
    /// The nicks of other networks than the active one, each with its network: `libera/bob`.
    pub distant: Vec<String>,
    /// The topic of the active room.
    pub topic: Option<String>,
}

/// The byte where the word at `position` begins, and its completions, best first.
///
/// ```
/// use chatting_room::client::command::completion::{CompletionNames, completions};
///
/// let names = CompletionNames {
///     nicks: vec!["bob".into(), "bert".into()],
///     rooms: vec!["#lobby".into()],
///     ..CompletionNames::default()
/// };
/// assert_eq!(completions("b", 1, &names), (0, vec!["bob: ".into(), "bert: ".into()]));
/// assert_eq!(completions("hi @be", 6, &names), (3, vec!["@bert ".into()]));
/// assert_eq!(completions("/to", 3, &names), (0, vec!["/topic ".into()]));
/// ```
pub fn completions(line: &str, position: usize, names: &CompletionNames) -> (usize, Vec<String>) {
    let (typed, after) = line.split_at_checked(position).unwrap_or((line, ""));
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
    if after.starts_with(' ') {
        // The space after the word is already there.
        for offer in &mut offers {
            offer.truncate(offer.trim_end_matches(' ').len());
        }
    }
    (start, offers)
}

fn first_word(word: &str, names: &CompletionNames) -> Vec<String> {
    if let Some(prefix) = word.strip_prefix('/') {
        let matching = command_names(prefix, names);
        return matching.map(|name| format!("/{name} ")).collect();
    }
    if word.starts_with('@') || has_room_prefix(word) {
        return in_text(word, names);
    }
    if word.is_empty() {
        return Vec::new();
    }
    matching_nicks(names, word)
        .map(|nick| format!("{nick}: "))
        .collect()
}

/// The commands and aliases with this prefix. Names of other clients are offered if there are no
/// others.
fn command_names<'n>(prefix: &str, names: &'n CompletionNames) -> impl Iterator<Item = &'n str> {
    let aliases = names.aliases.keys().map(String::as_str);
    let own = commands().map(|slash| slash.name);
    let own = own.filter(|name| !names.aliases.contains_key(*name));
    let mut matching: Vec<&str> = own.chain(aliases).collect();
    matching.retain(|name| has_prefix(name, prefix));
    if matching.is_empty() {
        let others = OTHER_NAMES.iter().map(|(other, _)| *other);
        matching.extend(others.filter(|name| has_prefix(name, prefix)));
    }
    matching.into_iter()
}

fn in_text(word: &str, names: &CompletionNames) -> Vec<String> {
    if let Some(prefix) = word.strip_prefix('@') {
        return matching_nicks(names, prefix)
            .chain(matching_distant(names, prefix))
            .map(|nick| format!("@{nick} "))
            .collect();
    }
    if word.is_empty() {
        return Vec::new();
    }
    person_or_room(word, names)
}

/// The completions of an argument of a command or alias; `before` is the line before the word.
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
    // To be edited; its first word may look like that of a room.
    let offers_topic = slash.name == "topic" && word.is_empty() && words.clone().next().is_none();
    let topic = names
        .topic
        .iter()
        .filter(|topic| offers_topic && !has_room_prefix(topic));
    let last = words.clone().last().unwrap_or_default();
    let expected = slash.expected_after(words);
    let arguments = expected.arguments(word).into_iter();
    let offers = arguments.flat_map(|kind| match kind {
        // After the letters of the change come their arguments.
        ArgumentKind::Change if expected.begun && !word.starts_with(['+', '-']) => {
            person_or_room(word, names)
        }
        kind => of_kind(kind, last, word, names),
    });
    topic.cloned().chain(offers).collect()
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
        ArgumentKind::Network => with_spaces(names.networks.iter().map(String::as_str), word),
        ArgumentKind::Command => command_names(word.trim_start_matches('/'), names)
            .map(str::to_owned)
            .collect(),
        ArgumentKind::Other => Vec::new(),
    }
}

/// Mode changes that most servers know, the most common first.
const MODES: &[&str] = &[
    "+o", "+v", "+b", "+m", "+i", "+k", "+l", "+t", "+n", "+s", "-o", "-v", "-b", "-m", "-i", "-k",
    "-l", "-t", "-n", "-s",
];

/// The names with this prefix, each followed by a space.
fn with_spaces<'n>(pool: impl Iterator<Item = &'n str>, word: &str) -> Vec<String> {
    let matching = pool.filter(|name| has_prefix(name, word) || is_room_with_prefix(name, word));
    matching.map(|name| format!("{name} ")).collect()
}

fn nicks(word: &str, names: &CompletionNames) -> Vec<String> {
    matching_nicks(names, word)
        .chain(matching_distant(names, word))
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
        room if has_room_prefix(room) => rooms(),
        name => {
            let rooms = names.rooms.iter().chain(&names.other_rooms);
            let on_network = rooms.filter(|room| !has_room_prefix(room) && has_prefix(room, name));
            let on_network = on_network.map(|room| format!("{room} "));
            nicks(name, names).into_iter().chain(on_network).collect()
        }
    }
}

/// The nicks with this prefix, then those that have it without their leading punctuation, so that
/// `z` finds `[zed]`.
fn matching_nicks<'n>(
    names: &'n CompletionNames,
    prefix: &str,
) -> impl Iterator<Item = &'n String> {
    let plain = prefix.trim_start_matches(PUNCTUATION);
    let is_like = move |nick: &str| {
        let name = nick.trim_start_matches(PUNCTUATION);
        name.len() < nick.len()
            && !plain.is_empty()
            && !has_prefix(nick, prefix)
            && has_prefix(name, plain)
    };
    let alike = names.nicks.iter().filter(move |nick| is_like(nick));
    let exact = names
        .nicks
        .iter()
        .filter(move |nick| has_prefix(nick, prefix));
    exact.chain(alike)
}

/// The people of other networks: they are offered once their network is begun.
fn matching_distant<'n>(
    names: &'n CompletionNames,
    prefix: &str,
) -> impl Iterator<Item = &'n String> {
    let distant = names.distant.iter();
    distant.filter(move |name| !prefix.is_empty() && has_prefix(name, prefix))
}

/// Punctuation that nicks can begin with.
const PUNCTUATION: &[char] = &['[', ']', '\\', '`', '_', '^', '{', '|', '}', '-'];

/// Whether the name of a room has this prefix, not counting its network and its `#`.
fn is_room_with_prefix(room: &str, prefix: &str) -> bool {
    let on_network = room.split_once("/#").map(|(_, name)| name);
    let name = room.strip_prefix('#').or(on_network);
    let prefix = match on_network {
        Some(_) => prefix.strip_prefix('#').unwrap_or(prefix),
        None => prefix,
    };
    name.is_some_and(|name| !prefix.is_empty() && has_prefix(name, prefix))
}

/// Whether a name has this prefix, in any letter case.
fn has_prefix(name: &str, prefix: &str) -> bool {
    let mut of_name = name.chars().flat_map(char::to_lowercase);
    let mut of_prefix = prefix.chars().flat_map(char::to_lowercase);
    of_prefix.all(|c| of_name.next() == Some(c))
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
            topic: None,
            servers: vec!["home".into(), "work".into()],
            networks: vec!["home".into()],
            distant: vec!["libera/bill".into()],
        };
        completions(line, line.len(), &names).1
    }

    #[test]
    fn the_topic_of_the_active_room_is_offered_for_editing() {
        let names = CompletionNames {
            rooms: vec!["#a".into()],
            topic: Some("the old topic".into()),
            ..CompletionNames::default()
        };
        let offers = |line: &str| completions(line, line.len(), &names);
        let both = vec!["the old topic".to_owned(), "#a ".to_owned()];
        assert_eq!(offers("/topic "), (7, both));
        assert_eq!(offers("/topic #"), (7, vec!["#a ".to_owned()]));
        // The command would take the first word for the room.
        let like_a_room = CompletionNames {
            topic: Some("&c is a room".into()),
            ..names.clone()
        };
        let rooms = completions("/topic ", 7, &like_a_room).1;
        assert_eq!(rooms, ["#a "]);
        assert!(
            offers("/part ")
                .1
                .iter()
                .all(|offer| offer != "the old topic")
        );
    }

    #[test]
    fn nicks_are_completed_as_their_position_needs() {
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
        assert_eq!(
            offers("/N"),
            ["/notice ", "/names ", "/nick ", "/networks "]
        );
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
    fn rooms_are_completed_by_name_and_by_number() {
        assert_eq!(offers("/join "), ["#ops ", "#dev ", "#lobby "]);
        assert_eq!(offers("/join op"), ["#ops "]);
        assert_eq!(offers("/part "), ["#dev ", "#lobby ", "#ops "]);
        assert_eq!(offers("/room "), ["#dev ", "#lobby "]);
        assert_eq!(offers("/room 2"), ["#lobby "]);
        assert_eq!(offers("/room 0"), [""; 0]);
        assert_eq!(offers("/room lo"), ["#lobby "]);
    }

    #[test]
    fn rooms_and_people_of_other_networks_are_completed_with_their_network() {
        let names = CompletionNames {
            nicks: vec!["lisa".into()],
            rooms: vec!["#dev".into(), "libera/#rust".into()],
            networks: vec!["home".into(), "libera".into()],
            distant: vec!["libera/bill".into()],
            ..CompletionNames::default()
        };
        let offers = |line: &str| completions(line, line.len(), &names).1;
        assert_eq!(offers("/room lib"), ["libera/#rust "]);
        assert_eq!(offers("/room ru"), ["libera/#rust "]);
        assert_eq!(offers("/room #ru"), ["libera/#rust "]);
        assert_eq!(offers("/room 2"), ["libera/#rust "]);
        assert_eq!(offers("@lib"), ["@libera/bill "]);
        assert_eq!(
            offers("/msg li"),
            ["lisa ", "libera/bill ", "libera/#rust "]
        );
        // Their nicks mean nothing in the active room.
        assert_eq!(offers("li"), ["lisa: "]);
        assert_eq!(offers("b"), [""; 0]);
        assert_eq!(offers("/disconnect "), ["home ", "libera "]);
    }

    #[test]
    fn settings_and_their_values_are_completed() {
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
    fn mode_changes_and_their_arguments_are_completed() {
        assert_eq!(offers("/mode +o"), ["+o "]);
        assert_eq!(offers("/mode #dev -m"), ["-m "]);
        assert_eq!(offers("/mode #dev ").first().unwrap(), "+o ");
        assert_eq!(offers("/mode +o b"), ["bob ", "Bert "]);
        assert_eq!(offers("/mode #dev +oo bob c"), ["carol "]);
        assert_eq!(offers("/mode ca"), ["carol "]);
    }

    #[test]
    fn aliases_and_servers_of_the_configuration_are_completed() {
        assert_eq!(offers("/h"), ["/history ", "/help ", "/hi "]);
        assert_eq!(offers("/help g"), ["go"]);
        assert_eq!(offers("/go lo"), ["#lobby "]);
        assert_eq!(offers("/hi ca"), ["carol "]);
        assert_eq!(offers("/ahoy ca"), ["carol "]);
        assert_eq!(offers("/connect "), ["home ", "work "]);
        assert_eq!(offers("/connect w"), ["work "]);
    }

    #[test]
    fn the_leading_punctuation_of_a_nick_need_not_be_typed() {
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
    fn a_space_that_is_already_there_is_not_inserted_again() {
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
    fn nothing_is_offered_where_nothing_matches() {
        for line in ["", "hello ", "zzz", "/zzz", "@zzz", "/frob x", "/rooms x"] {
            assert_eq!(offers(line), [""; 0], "{line:?}");
        }
    }

    #[test]
    fn the_word_before_the_cursor_counts_and_wide_text_works() {
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
