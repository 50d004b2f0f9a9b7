//! What Tab offers for a line, as far as it is typed.

use super::input::{Argument, Slash, commands, is_room};
use super::settings::SETTINGS;

/// The names that there are to complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Nicks, the likeliest first.
    pub nicks: Vec<String>,
    /// Rooms.
    pub rooms: Vec<String>,
}

/// Where the word at `position` (in bytes) begins, and what it can become, best first.
///
/// ```
/// use chatting_room::client::completion::{Names, completions};
///
/// let names = Names {
///     nicks: vec!["bob".into(), "bert".into()],
///     rooms: vec!["#lobby".into()],
/// };
/// assert_eq!(completions("b", 1, &names), (0, vec!["bob: ".into(), "bert: ".into()]));
/// assert_eq!(completions("hi @be", 6, &names), (3, vec!["@bert ".into()]));
/// assert_eq!(completions("/to", 3, &names), (0, vec!["/topic ".into()]));
/// ```
pub fn completions(line: &str, position: usize, names: &Names) -> (usize, Vec<String>) {
    let typed = line.get(..position).unwrap_or(line);
    let start = typed.rfind(' ').map_or(0, |space| space + 1);
    let (before, word) = typed.split_at(start);
    let mut before_words = before.split_whitespace();
    let offers = match before_words.next() {
        None => first_word(word, names),
        Some(first) => match first.strip_prefix('/').and_then(Slash::find) {
            Some(slash) => argument(slash, before_words.count(), word, names),
            None => in_text(word, names),
        },
    };
    (start, offers)
}

fn first_word(word: &str, names: &Names) -> Vec<String> {
    if let Some(begun) = word.strip_prefix('/') {
        let matching = commands()
            .filter(|slash| begins(slash.name, begun))
            .map(|slash| format!("/{} ", slash.name));
        return matching.collect();
    }
    if word.starts_with('@') || is_room(word) {
        return in_text(word, names);
    }
    if word.is_empty() {
        return Vec::new();
    }
    matching(&names.nicks, word)
        .map(|nick| format!("{nick}: "))
        .collect()
}

fn in_text(word: &str, names: &Names) -> Vec<String> {
    if let Some(begun) = word.strip_prefix('@') {
        return matching(&names.nicks, begun)
            .map(|nick| format!("@{nick} "))
            .collect();
    }
    if word.is_empty() {
        return Vec::new();
    }
    let pool = if is_room(word) {
        &names.rooms
    } else {
        &names.nicks
    };
    matching(pool, word)
        .map(|name| format!("{name} "))
        .collect()
}

fn argument(slash: &Slash, index: usize, word: &str, names: &Names) -> Vec<String> {
    let last = slash.arguments.last();
    let Some(kind) = slash.arguments.get(index).or(last) else {
        return Vec::new();
    };
    let with_space = |name: &String| format!("{name} ");
    match kind {
        Argument::Text => in_text(word, names),
        Argument::Nick => matching(&names.nicks, word).map(with_space).collect(),
        Argument::Room => matching(&names.rooms, word).map(with_space).collect(),
        Argument::Target => {
            let pool = if is_room(word) {
                &names.rooms
            } else {
                &names.nicks
            };
            matching(pool, word).map(with_space).collect()
        }
        Argument::Setting => SETTINGS
            .iter()
            .filter(|setting| begins(setting.name, word))
            .map(|setting| format!("{} ", setting.name))
            .collect(),
        Argument::Command => commands()
            .filter(|slash| begins(slash.name, word.trim_start_matches('/')))
            .map(|slash| slash.name.to_owned())
            .collect(),
    }
}

fn matching<'a>(names: &'a [String], begun: &'a str) -> impl Iterator<Item = &'a String> {
    names.iter().filter(move |name| begins(name, begun))
}

fn begins(name: &str, begun: &str) -> bool {
    name.get(..begun.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(line: &str) -> Vec<String> {
        let names = Names {
            nicks: vec!["bob".into(), "Bert".into(), "carol".into()],
            rooms: vec!["#dev".into(), "#lobby".into()],
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
        assert_eq!(offers("/N"), ["/nick ", "/notice ", "/names "]);
        assert_eq!(offers("/help wh"), ["who", "whois"]);
        assert_eq!(offers("/part #l"), ["#lobby "]);
        assert_eq!(offers("/part #lobby bo"), ["bob "]);
        assert_eq!(offers("/msg #d"), ["#dev "]);
        assert_eq!(offers("/nick b"), [""; 0]);
    }

    #[test]
    fn rooms_are_completed_in_text() {
        assert_eq!(offers("see #d"), ["#dev "]);
        assert_eq!(offers("#"), ["#dev ", "#lobby "]);
    }

    #[test]
    fn nothing_is_offered_where_nothing_fits() {
        for line in ["", "hello ", "zzz", "/zzz", "@zzz", "/frob x"] {
            assert_eq!(offers(line), [""; 0], "{line:?}");
        }
    }

    #[test]
    fn the_word_before_the_cursor_counts_and_wide_text_is_no_trouble() {
        let names = Names {
            nicks: vec!["bob".into()],
            rooms: vec![],
        };
        assert_eq!(
            completions("日本 bo rest", 9, &names),
            (7, vec!["bob ".into()])
        );
        assert_eq!(completions("é", 1, &names).1, [""; 0]);
    }
}
