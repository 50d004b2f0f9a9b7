//! Nicks and room names, and the one place that decides when two names are the same.

use std::borrow::{Borrow, Cow};
use std::fmt;

/// The longest nick, in bytes; announced as `NICKLEN`.
pub const NICK_BYTES_MAX: usize = 30;
/// The longest room name with its `#`, in bytes; announced as `CHANNELLEN`.
pub const ROOM_NAME_BYTES_MAX: usize = 50;

/// The form that all spellings of one name have in common: its ASCII letters in lower case
/// (`CASEMAPPING=ascii`). Maps of people and rooms are keyed by it, never by the name as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldedName(Box<str>);

impl FoldedName {
    /// The key of any text, a checked name or not.
    pub fn of(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into_boxed_str())
    }

    /// The text of the key itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two texts are one name.
    pub fn same(one: &str, other: &str) -> bool {
        one.eq_ignore_ascii_case(other)
    }

    /// The text of the key, to look a name up without keeping it: nothing is copied when the name
    /// is in lower case already, as most are.
    pub fn folded(text: &str) -> Cow<'_, str> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    }
}

impl Borrow<str> for FoldedName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FoldedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text cannot be a nick or a room name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// There is no text at all.
    Empty,
    /// It has more than the `bytes_max` bytes that are allowed.
    TooLong {
        /// The limit, in bytes.
        bytes_max: usize,
    },
    /// It begins with a character that such a name cannot begin with.
    Start(char),
    /// This character cannot be in it at all.
    Character(char),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { bytes_max } => write!(f, "it is longer than {bytes_max} bytes"),
            Self::Start(c) if c.is_ascii_digit() => f.write_str("it cannot begin with a digit"),
            Self::Start(c) => write!(f, "it cannot begin with {}", shown(*c)),
            Self::Character(c) => write!(f, "it cannot contain {}", shown(*c)),
        }
    }
}

impl std::error::Error for NameError {}

/// A character as it can be shown in a sentence, whatever it is.
fn shown(c: char) -> impl fmt::Display {
    fmt::from_fn(move |f| match c {
        ' ' => f.write_str("a space"),
        c if c.is_ascii_graphic() => write!(f, "'{c}'"),
        c => write!(f, "U+{:04X}", u32::from(c)),
    })
}

/// A checked name: a type of its own around its text.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $starts:ident, $fits:ident, $bytes_max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks `text`. The value itself is the proof; no later code checks again.
            ///
            /// # Errors
            ///
            /// It is empty, too long, or has a character that such a name cannot have.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                Self::within($bytes_max, text)
            }

            /// The same with a lower limit in bytes.
            ///
            /// # Errors
            ///
            /// As [`Self::parse`].
            pub fn within(bytes_max: usize, text: &str) -> Result<Self, NameError> {
                let first = text.chars().next().ok_or(NameError::Empty)?;
                if !$starts(first) {
                    return Err(NameError::Start(first));
                }
                if let Some(bad) = text.chars().find(|c| !$fits(*c)) {
                    return Err(NameError::Character(bad));
                }
                // The prefix of a room alone names none.
                if text == "#" {
                    return Err(NameError::Empty);
                }
                if text.len() > bytes_max {
                    return Err(NameError::TooLong { bytes_max });
                }
                Ok(Self(text.into()))
            }

            /// The name as it was first written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form that it has in common with its other spellings.
            pub fn key(&self) -> FoldedName {
                FoldedName::of(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A person's name: letters, digits and ``-[]\`^{}|_``, not beginning with a digit or a hyphen.
    /// RFC 2812, 2.3.1.
    Nick, starts_nick, is_nick_character, NICK_BYTES_MAX
}

name! {
    /// A room's name: `#` and at least one more character, none of which is a space, a comma, or
    /// could disturb a terminal. RFC 2812, 1.3.
    RoomName, starts_room, is_room_character, ROOM_NAME_BYTES_MAX
}

fn starts_nick(c: char) -> bool {
    !c.is_ascii_digit() && c != '-'
}

fn starts_room(c: char) -> bool {
    c == '#'
}

fn is_nick_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-[]\\`^{}|_".contains(c)
}

fn is_room_character(c: char) -> bool {
    !(c.is_control() || c.is_whitespace() || c == ',' || is_invisible_in_name(c))
}

/// A braille pattern without dots, which looks like a space.
pub const BLANK_BRAILLE: char = '\u{2800}';

/// Whether a character has no shape that all readers of a name see: an invisible or blank one, one
/// for private use, or a noncharacter. In a text, other than a name, the last three are harmless.
pub fn is_invisible_in_name(c: char) -> bool {
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    is_invisible(c) || c == BLANK_BRAILLE || is_noncharacter || is_private
}

/// Whether a character has no shape of its own or turns the direction of what follows: with such
/// characters one name or text can be made to look like another (Unicode Technical Report 36).
/// These are Unicode's `Default_Ignorable_Code_Point`, the separators of lines and paragraphs, and
/// the marks of interlinear annotations.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_ascii_case_have_one_key() {
        assert_eq!(
            Nick::parse("Alice[]").unwrap().key(),
            Nick::parse("aLICE[]").unwrap().key()
        );
        assert_ne!(FoldedName::of("a[]"), FoldedName::of("a{}"));
        assert_ne!(FoldedName::of("É"), FoldedName::of("é"));
        for text in ["alice", "ALICE", "", "Bob[]", "É"] {
            assert_eq!(
                *FoldedName::folded(text),
                *Borrow::<str>::borrow(&FoldedName::of(text))
            );
        }
    }

    // A98.
    #[test]
    fn what_unicode_ignores_by_default_is_invisible() {
        let ignored = regex::Regex::new(r"^\p{Default_Ignorable_Code_Point}$").unwrap();
        let more = ['\u{2028}', '\u{2029}', '\u{fff9}', '\u{fffa}', '\u{fffb}'];
        let mut count = 0;
        for c in '\0'..=char::MAX {
            let is_ignored = ignored.is_match(c.encode_utf8(&mut [0; 4]));
            let expected = is_ignored || more.contains(&c);
            assert_eq!(is_invisible(c), expected, "U+{:04X}", u32::from(c));
            if is_ignored {
                assert!(RoomName::parse(&format!("#dev{c}")).is_err());
                count += 1;
            }
        }
        assert!(count > 4_000, "{count}");
    }

    #[test]
    fn a_nick_has_1_to_30_bytes() {
        assert_eq!(Nick::parse(""), Err(NameError::Empty));
        assert!(Nick::parse("a").is_ok());
        assert!(Nick::parse(&"a".repeat(30)).is_ok());
        assert_eq!(
            Nick::parse(&"a".repeat(31)),
            Err(NameError::TooLong { bytes_max: 30 })
        );
    }

    #[test]
    fn nicks_that_would_be_read_as_something_else_are_refused() {
        for text in [
            "1up",
            "-x",
            "*",
            "a b",
            "a!b",
            "a@b",
            "a.b",
            "#a",
            ":a",
            "+a",
            "~a",
            "$a",
            "a,b",
            "a\x1b",
            "a\u{a0}",
            "\u{202e}a",
            "é",
        ] {
            assert!(Nick::parse(text).is_err(), "{text:?}");
        }
        for text in ["a1", "_a", "[a]", "a-b", "{|}", "`^\\"] {
            assert!(Nick::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn room_names_begin_with_a_hash_and_have_nothing_invisible() {
        for text in ["#a", "##", "#a:b", "#café", "#1", "#日本", "#⠿", "#🦀"] {
            assert!(RoomName::parse(text).is_ok(), "{text:?}");
        }
        for text in [
            "",
            "#",
            "a",
            "&a",
            "#a b",
            "#a,b",
            "#\x07",
            "#\x1b[2J",
            "#\u{202e}",
            "#a\u{200b}",
            "#a\u{2800}",
            "#a\u{e000}",
            "#a\u{f8ff}",
            "#a\u{f0000}",
            "#a\u{10fffd}",
            "#a\u{fdd0}",
            "#a\u{fffe}",
            "#a\u{1ffff}",
            "0",
        ] {
            assert!(RoomName::parse(text).is_err(), "{text:?}");
        }
        assert!(RoomName::parse(&format!("#{}", "a".repeat(49))).is_ok());
        assert!(RoomName::parse(&format!("#{}", "a".repeat(50))).is_err());
    }
}
