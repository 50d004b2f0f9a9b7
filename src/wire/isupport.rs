//! The name rules that a server announces in `RPL_ISUPPORT` (005): letter case, room prefixes and
//! rank prefixes. Values that make no sense are ignored.
//! <https://modern.ircdocs.horse/#rplisupport-005>

use std::borrow::Cow;

use crate::wire::{FoldedName, Message};

/// `CASEMAPPING`: which characters are the same letter in another case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Casemapping {
    /// The ASCII letters.
    Ascii,
    /// Also `{}|` and `[]\`.
    Strict,
    /// Also `^` and `~`. The default when a server announces nothing.
    #[default]
    Rfc1459,
}

/// The rules for names on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isupport {
    casemapping: Casemapping,
    /// `CHANTYPES`: the characters that a room name can begin with.
    chantypes: String,
    /// `PREFIX`: the characters before a nick that show its rank in a room, the highest first.
    prefix: String,
    /// `PREFIX`: the mode letters of these ranks.
    prefix_modes: String,
    /// `CHANMODES`: the letters of lists, of modes that always have an argument, and of those that
    /// have one when they are set.
    chanmodes: [String; 3],
    /// `NETWORK`: the name of the network, if announced.
    pub network: Option<String>,
    /// `BOUNCER_NETID`: the network of a bouncer that this connection is about, if it is about one.
    /// soju.im/bouncer-networks.
    pub bouncer_netid: Option<String>,
    /// `STATUSMSG`: the ranks that can be addressed alone, by their character before a room; all
    /// of them if not announced.
    statusmsg: Option<String>,
    /// `WHOX`: whether `WHO` takes a list of fields.
    pub has_whox: bool,
    /// `TOPICLEN`: the longest topic, in bytes, if announced.
    pub topic_max: Option<usize>,
    /// `AWAYLEN`: the longest away message, in bytes, if announced.
    pub away_max: Option<usize>,
    /// `KICKLEN`: the longest kick reason, in bytes, if announced.
    pub kick_max: Option<usize>,
}

/// The room prefixes of a server that announces none.
const DEFAULT_CHANTYPES: &str = "#&";
/// The rank prefixes in use on any known server.
const DEFAULT_PREFIXES: &str = "~&@%+!";
/// Their mode letters.
const DEFAULT_PREFIX_MODES: &str = "qaohv";
/// The modes with arguments of a server that announces none. RFC 2811, section 4.
const DEFAULT_CHANMODES: [&str; 3] = ["beIq", "k", "l"];
/// A name of a network with more bytes than this is ignored.
const NETWORK_BYTES_MAX: usize = 64;
/// There are no more letters than these.
const MODES_MAX: usize = 2 * 26;
/// A value with more characters than this is ignored.
const PREFIXES_MAX: usize = 16;

impl Default for Isupport {
    fn default() -> Self {
        Self {
            casemapping: Casemapping::default(),
            chantypes: DEFAULT_CHANTYPES.to_owned(),
            prefix: DEFAULT_PREFIXES.to_owned(),
            prefix_modes: DEFAULT_PREFIX_MODES.to_owned(),
            chanmodes: DEFAULT_CHANMODES.map(str::to_owned),
            network: None,
            bouncer_netid: None,
            statusmsg: None,
            has_whox: false,
            topic_max: None,
            away_max: None,
            kick_max: None,
        }
    }
}

impl Isupport {
    /// The form that all spellings of one name have in common.
    pub fn key(&self, name: &str) -> FoldedName {
        FoldedName::of(&self.casefold(name))
    }

    /// The folded text, for a look-up; most names are not copied.
    pub fn lookup_key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match self.casefold(name) {
            Cow::Borrowed(name) => FoldedName::folded(name),
            Cow::Owned(name) => Cow::Owned(name.to_ascii_lowercase()),
        }
    }

    /// Whether two spellings are one name.
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        // Most names differ in their length or in the first byte.
        one.len() == other.len() && {
            let mut pairs = one.bytes().zip(other.bytes());
            pairs.all(|(one, other)| self.folded_byte(one) == self.folded_byte(other))
        }
    }

    fn folded_byte(&self, byte: u8) -> u8 {
        match (self.casemapping, byte) {
            (Casemapping::Ascii, byte) => byte.to_ascii_lowercase(),
            (_, b'[') => b'{',
            (_, b']') => b'}',
            (_, b'\\') => b'|',
            (Casemapping::Rfc1459, b'~') => b'^',
            (_, byte) => byte.to_ascii_lowercase(),
        }
    }

    /// A name or mask in which only the case of ASCII letters is left open.
    pub fn casefold<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let is_folded = |byte: &u8| matches!(byte, b'[' | b']' | b'\\' | b'~');
        let is_plain = !name.as_bytes().iter().any(is_folded);
        if is_plain || self.casemapping == Casemapping::Ascii {
            return Cow::Borrowed(name);
        }
        let folded = name.chars().map(|c| match c {
            '[' | ']' | '\\' | '~' => char::from(self.folded_byte(c as u8)),
            c => c,
        });
        Cow::Owned(folded.collect())
    }

    /// Whether this is the name of a room.
    pub fn is_room(&self, name: &str) -> bool {
        name.starts_with(|c| self.chantypes.contains(c))
    }

    /// The room that a user means, who may leave out its prefix.
    pub fn room_from_input<'n>(&self, typed: &'n str) -> Cow<'n, str> {
        match self.is_room(typed) {
            true => Cow::Borrowed(typed),
            false => Cow::Owned(format!("#{typed}")),
        }
    }

    /// The room of a target, without the rank prefixes of `STATUSMSG`.
    pub fn room_of_target<'n>(&self, target: &'n str) -> Option<&'n str> {
        let prefixes = self.statusmsg.as_deref().unwrap_or(&self.prefix);
        // A character can be both: `&#room` addresses a rank of `#room`, `&room` is a room.
        let ranks = target.chars().take_while(|c| prefixes.contains(*c));
        let without_ranks = ranks.scan(target, |rest, rank| {
            *rest = rest.strip_prefix(rank)?;
            Some(*rest)
        });
        let mut rooms = without_ranks.chain([target]);
        rooms.find(|room| self.is_room(room))
    }

    /// A nick without its rank prefixes.
    pub fn without_prefix<'n>(&self, nick: &'n str) -> &'n str {
        nick.trim_start_matches(|c| self.is_prefix(c))
    }

    /// Whether this is a rank prefix.
    pub fn is_prefix(&self, sign: char) -> bool {
        self.prefix.contains(sign)
    }

    /// The prefix of the rank that this mode letter gives.
    pub fn prefix_of_mode(&self, letter: char) -> Option<char> {
        let at = self.prefix_modes.chars().position(|mode| mode == letter)?;
        self.prefix.chars().nth(at)
    }

    /// These prefixes, the highest first, each once.
    pub fn ranked(&self, prefixes: &str) -> String {
        let ranks = self.prefix.chars();
        ranks.filter(|rank| prefixes.contains(*rank)).collect()
    }

    /// The changes of a `MODE` line: each with whether it sets the mode, its letter and its argument.
    pub fn mode_changes<'m>(&self, change: &[&'m str]) -> Vec<(bool, char, Option<&'m str>)> {
        let Some((letters, arguments)) = change.split_first() else {
            return Vec::new();
        };
        let mut arguments = arguments.iter().copied();
        let [lists, always, when_set] = &self.chanmodes;
        let mut sets = true;
        let mut changes = Vec::new();
        for letter in letters.chars() {
            match letter {
                '+' | '-' => sets = letter == '+',
                _ => {
                    let takes = [lists, always, &self.prefix_modes]
                        .iter()
                        .any(|modes| modes.contains(letter))
                        || sets && when_set.contains(letter);
                    let argument = takes.then(|| arguments.next()).flatten();
                    changes.push((sets, letter, argument));
                }
            }
        }
        changes
    }

    /// Applies one `005` line. Returns whether the case mapping changed, so that folded names have to
    /// be made again.
    pub fn apply(&mut self, message: &Message<'_>) -> bool {
        let before = self.casemapping;
        // The last parameter is text for a person.
        let tokens = message.parameters.split_last().map(|(_, tokens)| tokens);
        for token in tokens
            .and_then(|tokens| tokens.get(1..))
            .unwrap_or_default()
        {
            let (name, value) = token.split_once('=').unwrap_or((token, ""));
            self.apply_token(name, value);
        }
        self.casemapping != before
    }

    fn apply_token(&mut self, name: &str, value: &str) {
        let usual = Self::default();
        match name {
            "CASEMAPPING" => {
                self.casemapping = match value {
                    "rfc1459" => Casemapping::Rfc1459,
                    "strict-rfc1459" | "rfc1459-strict" => Casemapping::Strict,
                    // An unknown mapping folds at least the ASCII letters.
                    _ => Casemapping::Ascii,
                };
            }
            "-CASEMAPPING" => self.casemapping = usual.casemapping,
            "CHANTYPES" => self.chantypes = signs(value, "").unwrap_or(usual.chantypes),
            "-CHANTYPES" => self.chantypes = usual.chantypes,
            "PREFIX" => {
                let (letters, ranks) = value.split_once(')').unwrap_or_default();
                self.prefix = signs(ranks, "#").unwrap_or(usual.prefix);
                let letters = mode_letters(letters.trim_start_matches('('));
                let letters = letters.filter(|letters| !letters.is_empty());
                self.prefix_modes = letters.unwrap_or(usual.prefix_modes);
            }
            "-PREFIX" => {
                self.prefix = usual.prefix;
                self.prefix_modes = usual.prefix_modes;
            }
            "CHANMODES" => {
                let mut lists = value.split(',').map(mode_letters);
                for letters in &mut self.chanmodes {
                    *letters = lists.next().flatten().unwrap_or_default();
                }
            }
            "-CHANMODES" => self.chanmodes = usual.chanmodes,
            "NETWORK" => {
                let is_name = !value.is_empty() && value.len() <= NETWORK_BYTES_MAX;
                self.network = is_name.then(|| value.to_owned());
            }
            "-NETWORK" => self.network = None,
            "BOUNCER_NETID" => {
                let is_id = !value.is_empty() && value.len() <= NETWORK_BYTES_MAX;
                self.bouncer_netid = is_id.then(|| value.to_owned());
            }
            "-BOUNCER_NETID" => self.bouncer_netid = None,
            "STATUSMSG" => self.statusmsg = signs(value, "#"),
            "-STATUSMSG" => self.statusmsg = None,
            "WHOX" => self.has_whox = true,
            "-WHOX" => self.has_whox = false,
            "TOPICLEN" => self.topic_max = length(value),
            "AWAYLEN" => self.away_max = length(value),
            "KICKLEN" => self.kick_max = length(value),
            _ => {}
        }
    }
}

/// A length in a value. 0 is ignored.
fn length(value: &str) -> Option<usize> {
    value.parse().ok().filter(|length| *length > 0)
}

/// The mode letters in a value; none if something else is in it.
fn mode_letters(value: &str) -> Option<String> {
    let is_fine = value.len() <= MODES_MAX && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_fine.then(|| value.to_owned())
}

/// The prefixes in a value; none if one of them can begin a name or has another meaning in a line.
fn signs(value: &str, forbidden: &str) -> Option<String> {
    const OF_NICKS: &str = "-[]\\`^{}|_";
    const OF_LINES: &str = ":,;\"'";
    let is_sign = |c: char| {
        c.is_ascii_punctuation()
            && ![OF_NICKS, OF_LINES, forbidden]
                .iter()
                .any(|no| no.contains(c))
    };
    let is_fine = (1..=PREFIXES_MAX).contains(&value.len()) && value.chars().all(is_sign);
    is_fine.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(tokens: &str) -> Isupport {
        let mut naming = Isupport::default();
        let line = format!(":s 005 alice {tokens} :are supported by this server");
        naming.apply(&Message::parse(&line).unwrap());
        naming
    }

    #[test]
    fn names_are_the_same_as_the_server_says() {
        for (mapping, same, other) in [
            (
                "ascii",
                [("Bob[", "bOB["), ("#A", "#a")],
                [("a[", "a{"), ("a~", "a^")],
            ),
            (
                "strict-rfc1459",
                [("A[]\\", "a{}|"), ("#A[", "#a{")],
                [("a~", "a^"), ("É", "é")],
            ),
            (
                "rfc1459",
                [("A[]\\~", "a{}|^"), ("#A~", "#a^")],
                [("a[", "a]"), ("É", "é")],
            ),
            (
                "rfc7613",
                [("Bob", "bob"), ("#A", "#a")],
                [("a[", "a{"), ("a~", "a^")],
            ),
        ] {
            let naming = said(&format!("CASEMAPPING={mapping}"));
            for (one, two) in same {
                assert!(naming.is_same(one, two), "{mapping}: {one} {two}");
                assert_eq!(naming.key(one), naming.key(two), "{mapping}");
                assert_eq!(naming.lookup_key(one), naming.key(two).as_str());
            }
            for (one, two) in other {
                assert!(!naming.is_same(one, two), "{mapping}: {one} {two}");
                assert_ne!(naming.key(one), naming.key(two), "{mapping}");
            }
        }
        assert!(said("NETWORK=x").is_same("a[", "A{"));
        assert!(said("CASEMAPPING=ascii -CASEMAPPING").is_same("a[", "A{"));
    }

    #[test]
    fn rooms_and_ranks_have_the_signs_of_the_server() {
        let naming = said("CHANTYPES=#+! PREFIX=(Yov)*@+ STATUSMSG=@+");
        assert!(["#a", "+a", "!a"].iter().all(|room| naming.is_room(room)));
        assert!(!naming.is_room("&a") && !naming.is_room("bob") && !naming.is_room(""));
        assert_eq!(naming.without_prefix("*@bob"), "bob");
        assert_eq!(naming.without_prefix("~bob"), "~bob");
        assert_eq!(naming.room_of_target("@#a"), Some("#a"));
        assert_eq!(naming.room_of_target("@+a"), Some("+a"));
        assert_eq!(naming.room_of_target("*#a"), None);
        assert_eq!(naming.room_of_target("@bob"), None);
        assert_eq!(naming.room_from_input("+a"), "+a");
        assert_eq!(naming.room_from_input("&a"), "#&a");
        let silent = Isupport::default();
        assert_eq!(silent.room_of_target("&#a"), Some("#a"));
        assert_eq!(silent.room_of_target("&a"), Some("&a"));
        assert_eq!(silent.room_of_target("~@#a"), Some("#a"));
        assert_eq!(silent.room_of_target("&"), Some("&"));
        assert_eq!(silent.without_prefix("~&@%+!bob"), "bob");
    }

    #[test]
    fn lies_change_nothing() {
        let long = "#".repeat(17);
        for value in ["", "abc", "#a", ":", "[", "#,", "é", "\u{1b}", &long, "#=#"] {
            let naming = said(&format!(
                "CHANTYPES={value} PREFIX=(o){value} STATUSMSG={value}"
            ));
            assert!(naming.is_room("#a") && !naming.is_room("a"), "{value:?}");
            assert_eq!(naming.without_prefix("@bob"), "bob", "{value:?}");
            assert_eq!(naming.without_prefix("[b]"), "[b]", "{value:?}");
        }
        for tokens in [
            "PREFIX",
            "PREFIX=ov@+",
            "PREFIX=)",
            "CHANTYPES",
            "=",
            "-",
            "",
        ] {
            assert_eq!(said(tokens), Isupport::default(), "{tokens:?}");
        }
    }
    #[test]
    fn mode_changes_find_their_arguments() {
        let mut isupport = Isupport::default();
        let line = ":s 005 a PREFIX=(ov)@+ CHANMODES=b,k,l,imnst NETWORK=Test :are supported";
        isupport.apply(&Message::parse(line).unwrap());
        assert_eq!(isupport.network.as_deref(), Some("Test"));
        assert_eq!(
            isupport.mode_changes(&["+ok-l+lb", "bob", "secret", "5", "*!*@h"]),
            [
                (true, 'o', Some("bob")),
                (true, 'k', Some("secret")),
                (false, 'l', None),
                (true, 'l', Some("5")),
                (true, 'b', Some("*!*@h")),
            ]
        );
        assert_eq!(isupport.mode_changes(&["-k"]), [(false, 'k', None)]);
        assert_eq!(isupport.mode_changes(&[]), []);
    }
}
