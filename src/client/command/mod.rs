//! What a person typed, as an intent; the table of slash commands.
//!
//! The grammar is small: text, `@nick text`, `/command …`, and `//` or `@@` for text that begins
//! with those characters. What does not fit the grammar becomes a [`Problem`] that says what to
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

pub use error::Problem;
use error::{Fault, ProblemKind};
pub use sensitive::{is_secret, is_secret_talk};
pub use table::{Argument, Expected, OTHER_NAMES, Slash, commands, nearest_command};
pub use user_command::{Intent, Local, can_be_first};
use validate::{checked_nick, checked_room};
pub use validate::{checked_nick_text, checked_room_text, is_room};

/// Understands one typed line.
///
/// ```
/// use chatting_room::client::command::{Intent, parse};
///
/// assert_eq!(
///     parse("@bob see you"),
///     Ok(Intent::Tell { target: "bob", text: "see you" })
/// );
/// assert_eq!(
///     parse("/quti").unwrap_err().to_string(),
///     "no command /quti; did you mean /quit?"
/// );
/// ```
pub fn parse(line: &str) -> Result<Intent<'_>, Problem> {
    if let Some(bad) = line.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        return Err(Problem(ProblemKind::Forbidden(bad)));
    }
    // The grammar takes every text, so there is no other case to lose a line in.
    let (_, shape) = shape(line).unwrap_or(("", Shape::Text(line)));
    match shape {
        Shape::Text(text) if text.trim().is_empty() => Ok(Intent::Nothing),
        Shape::Text(text) => Ok(Intent::Say { text }),
        Shape::Whisper("", _) => Err(Problem(ProblemKind::NobodyNamed)),
        Shape::Whisper(nick, text) => {
            tell(nick.trim_end_matches([':', ',']), text).map_err(|fault| {
                Problem(ProblemKind::InCommand {
                    usage: "@NICK TEXT".to_owned(),
                    fault,
                })
            })
        }
        Shape::Command("", _) => Err(Problem(ProblemKind::NoCommandName)),
        Shape::Command(name, arguments) => {
            let Some(slash) = Slash::find(name) else {
                return Err(Problem(ProblemKind::NoSuchCommand {
                    typed: name.to_owned(),
                    nearest: nearest_command(name),
                }));
            };
            (slash.make)(arguments).map_err(|fault| {
                Problem(ProblemKind::InCommand {
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
fn some(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

fn tell<'a>(target: &'a str, text: &'a str) -> Result<Intent<'a>, Fault> {
    // Those of a rank in a room can be talked to alone: @#room.
    let room = target.trim_start_matches(['@', '+', '%', '~']);
    if is_room(room) {
        checked_room(room)?;
    } else {
        // A service can be named with the one server it must be on: X@channels.undernet.org.
        let (nick, server) = target.split_once('@').unwrap_or((target, "anywhere"));
        if !checked_nick_text(nick) || !checked_nick_text(server) {
            return Err(Fault::Nick(target.to_owned()));
        }
    }
    if text.trim().is_empty() {
        return Err(Fault::NoText(target.to_owned()));
    }
    Ok(Intent::Tell { target, text })
}

fn nothing_behind(text: &str) -> Result<(), Fault> {
    match some(text) {
        Some(text) => Err(Fault::TooMuch(text.to_owned())),
        None => Ok(()),
    }
}

/// A room's name where one may stand, and nothing behind it.
fn only_room(arguments: &str) -> Result<Option<Cow<'_, str>>, Fault> {
    let Some((room, more)) = word(arguments) else {
        return Ok(None);
    };
    nothing_behind(more)?;
    Ok(Some(checked_room(room)?))
}

/// A room's name when the first word is one, and what stands behind it.
fn leading_room(arguments: &str) -> Result<(Option<Cow<'_, str>>, &str), Fault> {
    match word(arguments) {
        Some((room, more)) if is_room(room) => Ok((Some(checked_room(room)?), more)),
        _ => Ok((None, arguments)),
    }
}

#[cfg(test)]
mod tests;
