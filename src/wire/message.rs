//! One line of IRC as tags, source, command and parameters, all borrowed from the line.
//!
//! The grammar is that of the Modern IRC document ("Message format") with IRCv3 message tags, and
//! forgiving where servers are: several spaces are one, the letter case of commands is free.

use std::borrow::Cow;
use std::ops::Deref;

use nom::bytes::complete::{take_till1, take_while};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// The longest line without its tags, in bytes, line ending included. RFC 2812, 2.3.
pub const BODY_BYTES_MAX: usize = 512;
/// The longest tag section a server may send, in bytes, `@` and the space included. IRCv3
/// message-tags, "Size limit".
pub const TAGS_BYTES_MAX: usize = 8191;
/// The longest tag section a client may send, in bytes, `@` and the space included. IRCv3
/// message-tags, "Size limit".
pub const CLIENT_TAGS_BYTES_MAX: usize = 4096;
/// The most parameters a message can have; the last one takes the rest of the line. RFC 2812, 2.3.
pub const PARAMETERS_MAX: usize = 15;

/// One line, taken apart. Nothing is copied.
///
/// ```
/// use chatting_room::wire::Message;
///
/// let message = Message::parse("@time=12:01 :bob!b@host PRIVMSG #lobby :hello there").unwrap();
/// assert_eq!(message.tags.get("time"), Some("12:01"));
/// assert_eq!(message.source.unwrap().nick(), "bob");
/// assert_eq!(message.command, "PRIVMSG");
/// assert_eq!(*message.parameters, ["#lobby", "hello there"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The text between `@` and the first space; empty without tags.
    pub tags: Tags<'a>,
    /// The sender, if the line names one.
    pub source: Option<Source<'a>>,
    /// The command or the three digits of a reply, as written.
    pub command: &'a str,
    /// The parameters after the command.
    pub parameters: Parameters<'a>,
}

/// At most [`PARAMETERS_MAX`] parameters, read as a slice.
///
/// Unused places hold empty text. If they were uninitialised, as in a vector without heap, the
/// optimizer would read them before it checks the length, and valgrind would report that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters<'a> {
    places: [&'a str; PARAMETERS_MAX],
    taken: usize,
}

impl<'a> Deref for Parameters<'a> {
    type Target = [&'a str];

    fn deref(&self) -> &Self::Target {
        self.places.get(..self.taken).unwrap_or_default()
    }
}

impl<'a> Parameters<'a> {
    /// Adds one, unless there are [`PARAMETERS_MAX`] already.
    fn push(&mut self, parameter: &'a str) {
        if let Some(place) = self.places.get_mut(self.taken) {
            *place = parameter;
            self.taken += 1;
        }
    }
}

/// Why a line is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageError {
    /// Nothing but spaces, tags or a source: there is nothing to answer.
    NoCommand,
    /// A byte that no line may have in it: NUL or a carriage return.
    ForbiddenByte,
    /// Not UTF-8, which `UTF8ONLY` asks for.
    InvalidUtf8,
    /// The tags or the rest are longer than allowed.
    TooLong,
}

impl<'a> Message<'a> {
    /// Parses a line from a client: its bytes, its lengths and its grammar are checked.
    ///
    /// # Errors
    ///
    /// It is no message, not UTF-8, longer than allowed, or has a byte that no line can have.
    pub fn from_client(line: &'a [u8]) -> Result<Self, MessageError> {
        let text = str::from_utf8(line).map_err(|_| MessageError::InvalidUtf8)?;
        let tags_bytes = match line.first() {
            Some(b'@') => memchr::memchr(b' ', line).map_or(line.len(), |at| at + 1),
            _ => 0,
        };
        let body_bytes = line.len() - tags_bytes + "\r\n".len();
        if tags_bytes > CLIENT_TAGS_BYTES_MAX || body_bytes > BODY_BYTES_MAX {
            return Err(MessageError::TooLong);
        }
        Self::parse(text)
    }

    /// Parses a line of any length, without its ending.
    ///
    /// # Errors
    ///
    /// It has no command, or a byte that no line can have.
    pub fn parse(line: &'a str) -> Result<Self, MessageError> {
        if memchr::memchr2(b'\r', b'\0', line.as_bytes()).is_some() {
            return Err(MessageError::ForbiddenByte);
        }
        let (_, message) = message(line).map_err(|_| MessageError::NoCommand)?;
        Ok(message)
    }

    /// The parameter at `index`, if there is one.
    pub fn parameter(&self, index: usize) -> Option<&'a str> {
        self.parameters.get(index).copied()
    }

    /// The number of a reply, for lines such as `:server 433 …`.
    pub fn number(&self) -> Option<u16> {
        let digits = self.command.len() == 3 && self.command.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| self.command.parse().ok()).flatten()
    }
}

fn message(line: &str) -> IResult<&str, Message<'_>> {
    let (rest, _) = spaces(line)?;
    let (rest, tags) = opt(terminated(preceded(char('@'), long_word), spaces)).parse(rest)?;
    let (rest, source) = opt(terminated(preceded(char(':'), word), spaces)).parse(rest)?;
    let (rest, command) = take_till1(is_space)(rest)?;
    let (rest, parameters) = parameters(rest)?;
    Ok((
        rest,
        Message {
            tags: Tags(tags.unwrap_or_default()),
            source: source.map(Source),
            command,
            parameters,
        },
    ))
}

fn parameters(mut rest: &str) -> IResult<&str, Parameters<'_>> {
    let mut parameters = Parameters::default();
    loop {
        let (after, _) = spaces(rest)?;
        if after.is_empty() {
            return Ok((after, parameters));
        }
        let (after, trailing) = opt(char(':')).parse(after)?;
        if trailing.is_some() || parameters.len() + 1 == PARAMETERS_MAX {
            parameters.push(after);
            return Ok(("", parameters));
        }
        let middle;
        (rest, middle) = word(after)?;
        parameters.push(middle);
    }
}

/// The text up to the first space. A space is one byte, so no character is decoded.
fn word(text: &str) -> IResult<&str, &str> {
    let end = text.bytes().position(|byte| byte == b' ');
    cut_at(text, end)
}

/// The same for a word that is long in most lines.
fn long_word(text: &str) -> IResult<&str, &str> {
    cut_at(text, memchr::memchr(b' ', text.as_bytes()))
}

fn cut_at(text: &str, end: Option<usize>) -> IResult<&str, &str> {
    let cut = end.and_then(|end| text.split_at_checked(end));
    let (word, rest) = cut.unwrap_or((text, ""));
    Ok((rest, word))
}

fn spaces(text: &str) -> IResult<&str, &str> {
    take_while(is_space)(text)
}

fn is_space(c: char) -> bool {
    c == ' '
}

/// The sender of a message: `nick!user@host`, or the name of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a>(&'a str);

impl<'a> Source<'a> {
    /// The part before `!` and `@`: a nick or a server's name.
    pub fn nick(self) -> &'a str {
        self.0.split(['!', '@']).next().unwrap_or_default()
    }

    /// All of it.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// The tags of a message, as they stand in the line. IRCv3 message-tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tags<'a>(&'a str);

impl<'a> Tags<'a> {
    /// The tags of a line that is not a valid message, as far as they can be read.
    pub fn of(line: &'a [u8]) -> Self {
        let Some(tags) = line.strip_prefix(b"@") else {
            return Self::default();
        };
        let end = memchr::memchr3(b' ', b'\r', b'\0', tags).unwrap_or(tags.len());
        let tags = tags.get(..end).unwrap_or_default();
        Self(str::from_utf8(tags).unwrap_or_default())
    }

    /// A text in the form of tags, such as `name=libera;state=connected`.
    pub fn of_text(text: &'a str) -> Self {
        Self(text)
    }

    /// The value of `key`, still escaped: empty when the tag stands without a value, `None` when it
    /// is not there. The last one counts when there are several.
    pub fn get(self, key: &str) -> Option<&'a str> {
        // Each line is asked for several tags.
        let mut rest = self.0;
        loop {
            let before = memchr::memrchr(b';', rest.as_bytes());
            let tag = rest.get(before.map_or(0, |at| at + 1)..)?;
            match tag.strip_prefix(key) {
                Some("") if !tag.is_empty() => return Some(""),
                Some(after) if after.starts_with('=') => return after.get(1..),
                _ => rest = rest.get(..before?)?,
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Each tag and its value, still escaped.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (&'a str, &'a str)> {
        self.0
            .split(';')
            .filter(|tag| !tag.is_empty())
            .map(|tag| tag.split_once('=').unwrap_or((tag, "")))
    }
}

/// The value of a tag with its escapes undone. IRCv3 message-tags, "Escaping values".
pub fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(':') => plain.push(';'),
                Some('s') => plain.push(' '),
                Some('r') => plain.push('\r'),
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (Option<&str>, &str, Vec<&str>) {
        let message = Message::parse(line).unwrap();
        (
            message.source.map(Source::as_str),
            message.command,
            message.parameters.to_vec(),
        )
    }

    #[test]
    fn a_line_comes_apart_as_the_modern_irc_document_says() {
        assert_eq!(parts("CAP REQ :sasl"), (None, "CAP", vec!["REQ", "sasl"]));
        assert_eq!(
            parts(":a!b@c PRIVMSG #d  :e f "),
            (Some("a!b@c"), "PRIVMSG", vec!["#d", "e f "])
        );
        assert_eq!(
            parts("  USER  a 0   * :"),
            (None, "USER", vec!["a", "0", "*", ""])
        );
        assert_eq!(
            parts("MODE #a +k ::x"),
            (None, "MODE", vec!["#a", "+k", ":x"])
        );
        assert_eq!(parts("AWAY "), (None, "AWAY", vec![]));
        assert_eq!(parts("JOIN a:b"), (None, "JOIN", vec!["a:b"]));
    }

    #[test]
    fn the_fifteenth_parameter_takes_the_rest() {
        let line = format!("CMD {}", "p ".repeat(20));
        let message = Message::parse(&line).unwrap();
        assert_eq!(message.parameters.len(), PARAMETERS_MAX);
        assert_eq!(message.parameter(14), Some("p p p p p p "));
        assert_eq!(message.parameter(15), None);
    }

    #[test]
    fn a_line_without_a_command_is_told_apart() {
        for line in [
            "", " ", ":", ": ", ":x", ":x ", "@", "@ ", "@a", "@a=b ", " :x",
        ] {
            assert_eq!(
                Message::parse(line),
                Err(MessageError::NoCommand),
                "{line:?}"
            );
        }
    }

    #[test]
    fn carriage_returns_and_nul_are_refused_wherever_they_stand() {
        for line in [
            "PRIVMSG #c :hi\r:evil!e@e PRIVMSG #c :spoof",
            "PRIVMSG #c :nul\0byte",
            "@a=\r b",
        ] {
            assert_eq!(Message::parse(line), Err(MessageError::ForbiddenByte));
        }
    }

    #[test]
    fn a_client_may_send_510_bytes_and_a_line_ending() {
        let line = |bytes: usize| format!("PRIVMSG #c :{}", "x".repeat(bytes - 12)).into_bytes();
        assert!(Message::from_client(&line(510)).is_ok());
        assert_eq!(Message::from_client(&line(511)), Err(MessageError::TooLong));
        let tagged = |bytes: usize| format!("@{} PING x", "t".repeat(bytes - 2)).into_bytes();
        assert!(Message::from_client(&tagged(CLIENT_TAGS_BYTES_MAX)).is_ok());
        assert_eq!(
            Message::from_client(&tagged(CLIENT_TAGS_BYTES_MAX + 1)),
            Err(MessageError::TooLong)
        );
    }

    #[test]
    fn what_is_not_utf8_is_told_apart() {
        for text in [
            b"PRIVMSG #c :\xff\xfe".as_slice(),
            b"PRIVMSG #c :\xc0\x80",
            b"PRIVMSG #c :\xed\xa0\x80",
            b"PRIVMSG #c :\xe2\x82",
        ] {
            assert_eq!(Message::from_client(text), Err(MessageError::InvalidUtf8));
        }
    }

    #[test]
    fn the_last_tag_of_a_name_counts() {
        let message = Message::parse(r"@a=1;+b/c=x\:y;d;a=2;;e= PING x").unwrap();
        assert_eq!(message.tags.get("a"), Some("2"));
        assert_eq!(message.tags.get("+b/c"), Some(r"x\:y"));
        assert_eq!(message.tags.get("d"), Some(""));
        assert_eq!(message.tags.get("e"), Some(""));
        assert_eq!(message.tags.get("f"), None);
        for key in ["", "c", "b/c", "+b", "1", "=", "+b/c="] {
            assert_eq!(message.tags.get(key), None, "{key}");
        }
        for (text, key, value) in [
            ("=x", "", Some("x")),
            (";;", "", None),
            ("a;a=;", "a", Some("")),
            ("aa=1;a=2=3;b", "a", Some("2=3")),
            ("ä=ö;b=1", "ä", Some("ö")),
            ("xa=1", "a", None),
        ] {
            assert_eq!(Tags(text).get(key), value, "{text}");
        }
        assert_eq!(message.command, "PING");
    }

    #[test]
    fn only_three_digits_are_a_number() {
        for (line, number) in [
            (":s 433 * a :x", Some(433)),
            ("001 a", Some(1)),
            ("01 a", None),
            ("+12 a", None),
            ("PING a", None),
        ] {
            assert_eq!(Message::parse(line).unwrap().number(), number, "{line}");
        }
    }

    #[test]
    fn a_tag_says_what_no_tag_can_have_in_it() {
        assert_eq!(unescaped(r"x\:y\s\\\r\n\z\"), "x;y \\\r\nz");
        assert_eq!(unescaped("plain"), "plain");
    }
}
