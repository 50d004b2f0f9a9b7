//! What a person typed, as an intent; the table of slash commands.
//!
//! The grammar is small: text, `@nick text`, `/command …`, and `//` or `@@` for text that begins
//! with those characters. What does not fit the grammar becomes a [`ParseError`] that says what to
//! type instead; it never becomes chat. The table of `commands` drives parsing, `/help` and Tab
//! alike; `names` are what can be written into a request, `secret` what must not be kept.

pub mod completion;
mod error;
mod sensitive;
pub mod settings;
pub(super) mod table;
mod user_command;
mod validate;

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1};
use nom::character::complete::{char, multispace0};
use nom::combinator::{opt, peek, recognize, rest};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

pub use error::ParseError;
use error::{ArgumentError, ParseErrorKind};
pub use sensitive::{carries_password, message_carries_password};
pub use table::{
    ArgumentKind, CommandSpec, ExpectedArguments, OTHER_NAMES, commands, nearest_command,
};
pub use user_command::{LocalCommand, UserCommand, allowed_on_connect};
use validate::{checked_nick, checked_room};
pub use validate::{is_room, is_valid_nick, is_valid_room};

/// Understands one typed line.
///
/// ```
/// use chatting_room::client::command::{UserCommand, parse};
///
/// assert_eq!(
///     parse("@bob see you"),
///     Ok(UserCommand::Tell { target: "bob", text: "see you" })
/// );
/// assert_eq!(
///     parse("/quti").unwrap_err().to_string(),
///     "no command /quti; did you mean /quit?"
/// );
/// ```
pub fn parse(line: &str) -> Result<UserCommand<'_>, ParseError> {
    if let Some(bad) = line.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        return Err(ParseError(ParseErrorKind::ForbiddenCharacter(bad)));
    }
    // The grammar takes every text, so there is no other case to lose a line in.
    let (_, shape) = shape(line).unwrap_or(("", Shape::Text(line)));
    match shape {
        Shape::Text(text) if text.trim().is_empty() => Ok(UserCommand::Nothing),
        Shape::Text(text) => Ok(UserCommand::Say { text }),
        Shape::Whisper("", _) => Err(ParseError(ParseErrorKind::MissingNick)),
        Shape::Whisper(nick, text) => {
            message_to(nick.trim_end_matches([':', ',']), text).map_err(|fault| {
                ParseError(ParseErrorKind::InCommand {
                    usage: "@NICK TEXT".to_owned(),
                    fault,
                })
            })
        }
        Shape::Command("", _) => Err(ParseError(ParseErrorKind::MissingCommandName)),
        Shape::Command(name, arguments) => {
            let Some(slash) = CommandSpec::find(name) else {
                return Err(ParseError(ParseErrorKind::UnknownCommand {
                    typed: name.to_owned(),
                    nearest: nearest_command(name),
                }));
            };
            (slash.make)(arguments).map_err(|fault| {
                ParseError(ParseErrorKind::InCommand {
                    usage: slash.to_string(),
                    fault,
                })
            })
        }
    }
}

/// A line by its first characters.
enum Shape<'a> {
    Text(&'a str),
    Whisper(&'a str, &'a str),
    Command(&'a str, &'a str),
}

fn shape(line: &str) -> IResult<&str, Shape<'_>> {
    alt((
        escaped_text.map(Shape::Text),
        preceded((multispace0, char('/')), name_and_rest)
            .map(|(name, arguments)| Shape::Command(name, arguments)),
        preceded((multispace0, char('@')), name_and_rest)
            .map(|(nick, text)| Shape::Whisper(nick, text)),
        rest.map(Shape::Text),
    ))
    .parse(line)
}

/// `//text` and `@@text`: all but the first character.
fn escaped_text(line: &str) -> IResult<&str, &str> {
    preceded(
        multispace0,
        alt((
            preceded(char('/'), recognize((peek(char('/')), rest))),
            preceded(char('@'), recognize((peek(tag("@")), rest))),
        )),
    )
    .parse(line)
}

fn name_and_rest(text: &str) -> IResult<&str, (&str, &str)> {
    (
        take_till(char::is_whitespace),
        preceded(opt(char(' ')), rest),
    )
        .parse(text)
}

/// The first word, and what stands behind it.
fn word(text: &str) -> Option<(&str, &str)> {
    let parsed: IResult<&str, &str> = terminated(
        preceded(multispace0, take_till1(char::is_whitespace)),
        multispace0,
    )
    .parse(text);
    parsed.ok().map(|(behind, word)| (word, behind))
}

/// Free text, when there is any.
fn non_empty(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

fn message_to<'a>(target: &'a str, text: &'a str) -> Result<UserCommand<'a>, ArgumentError> {
    // Those of a rank in a room can be talked to alone: @#room.
    let room = target.trim_start_matches(['@', '+', '%', '~']);
    if is_room(room) {
        checked_room(room)?;
    } else {
        // A service can be named with the one server it must be on: X@channels.undernet.org.
        let (nick, server) = target.split_once('@').unwrap_or((target, "anywhere"));
        if !is_valid_nick(nick) || !is_valid_nick(server) {
            return Err(ArgumentError::InvalidNick(target.to_owned()));
        }
    }
    if text.trim().is_empty() {
        return Err(ArgumentError::MissingText(target.to_owned()));
    }
    Ok(UserCommand::Tell { target, text })
}

fn expect_end(text: &str) -> Result<(), ArgumentError> {
    match non_empty(text) {
        Some(text) => Err(ArgumentError::TooMany(text.to_owned())),
        None => Ok(()),
    }
}

/// A room's name where one may stand, and nothing behind it.
fn single_room(arguments: &str) -> Result<Option<Cow<'_, str>>, ArgumentError> {
    let Some((room, more)) = word(arguments) else {
        return Ok(None);
    };
    expect_end(more)?;
    Ok(Some(checked_room(room)?))
}

/// A room's name when the first word is one, and what stands behind it.
fn leading_room(arguments: &str) -> Result<(Option<Cow<'_, str>>, &str), ArgumentError> {
    match word(arguments) {
        Some((room, more)) if is_room(room) => Ok((Some(checked_room(room)?), more)),
        _ => Ok((None, arguments)),
    }
}

#[cfg(test)]
mod tests;
