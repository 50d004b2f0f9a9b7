//! A typed line becomes a [`UserCommand`]; the table of slash commands.
//!
//! The grammar is small: text, `@nick text`, `/command …`, and `//` or `@@` for text that begins
//! with those characters. A line outside the grammar becomes a [`ParseError`] that says what to
//! type instead; it is never sent as a message. The table of `commands` drives parsing, `/help`,
//! Tab and hints. It must not know a server or the session. `event`, `session`, `view`, `config`,
//! `storage`, `net`, `editor` and `ui` import it.

pub(in crate::client) mod alias;
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) mod analysis;
#[cfg(feature = "for-tests")]
pub mod analysis;
mod arguments;
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) mod completion;
#[cfg(feature = "for-tests")]
pub mod completion;
mod error;
mod sensitive;
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) mod settings;
#[cfg(feature = "for-tests")]
pub mod settings;
pub(super) mod table;
mod user_command;
mod validate;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till};
use nom::character::complete::{char, multispace0};
use nom::combinator::{opt, peek, recognize, rest};
use nom::sequence::preceded;
use nom::{IResult, Parser};

pub use arguments::parse_room;
pub use error::ParseError;
use error::{ArgumentError, ParseErrorKind};
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) use sensitive::carries_password;
#[cfg(feature = "for-tests")]
pub use sensitive::carries_password;
pub(in crate::client) use sensitive::{
    command_carries_password, is_service, message_carries_password, secret_part,
};
pub(in crate::client) use table::TargetWord;
#[cfg(feature = "for-tests")]
pub use table::{
    ArgumentKind, CommandSpec, ExpectedArguments, OTHER_NAMES, commands, nearest_command,
};
#[cfg(not(feature = "for-tests"))]
pub(in crate::client) use table::{
    ArgumentKind, CommandSpec, OTHER_NAMES, commands, nearest_command,
};
pub use user_command::{LocalCommand, UserCommand};
pub use validate::{InvalidNick, JoinTarget};
pub(in crate::client) use validate::{check_nick, has_room_prefix, is_valid_nick};

/// Parses one typed line.
///
/// ```
/// use chatting_room::client::command::{UserCommand, parse};
///
/// assert_eq!(
///     parse("@bob see you"),
///     Ok(UserCommand::Message { target: "bob".into(), text: "see you".into() })
/// );
/// assert_eq!(
///     parse("/quti").unwrap_err().to_string(),
///     "There is no command /quti. Did you mean /quit?"
/// );
/// ```
///
/// # Errors
///
/// There is no such command, or its arguments are wrong; the text says what to type.
pub fn parse(line: &str) -> Result<UserCommand, ParseError> {
    check_characters(line)?;
    // The grammar accepts every text; the fallback only keeps the line from being lost.
    let (_, shape) = shape(line).unwrap_or(("", Shape::Text(line)));
    match shape {
        Shape::Text(text) if text.trim().is_empty() => Ok(UserCommand::Nothing),
        Shape::Text(text) => Ok(UserCommand::Say {
            text: text.to_owned(),
        }),
        Shape::Whisper("", _) => Err(ParseError(ParseErrorKind::MissingNick)),
        Shape::Whisper(nick, text) => message(nick.trim_end_matches([':', ',']), text),
        Shape::Command("", _) => Err(ParseError(ParseErrorKind::MissingCommandName)),
        Shape::Command(name, arguments) => {
            let Some(command) = CommandSpec::find(name) else {
                return Err(ParseError(ParseErrorKind::UnknownCommand {
                    typed: name.to_owned(),
                    nearest: nearest_command(name),
                }));
            };
            (command.parse)(arguments).map_err(|error| in_command(command.to_string(), error))
        }
    }
}

/// The command that sends a message, checked as if it had been typed.
///
/// ```
/// use chatting_room::client::command::{message, parse};
///
/// assert_eq!(message("bob", "see you"), parse("@bob see you"));
/// ```
///
/// # Errors
///
/// The target is no room or nick, or the text cannot be sent.
pub fn message(target: &str, text: &str) -> Result<UserCommand, ParseError> {
    check_characters(target)?;
    check_characters(text)?;
    let (target, text) = arguments::checked_message(target, text)
        .map_err(|error| in_command("@NICK TEXT".to_owned(), error))?;
    Ok(UserCommand::Message { target, text })
}

/// The command that sends a text to the active room, whatever the text begins with.
///
/// # Errors
///
/// The text has a character that cannot be sent.
pub fn text(text: &str) -> Result<UserCommand, ParseError> {
    check_characters(text)?;
    let text = text.to_owned();
    Ok(UserCommand::Say { text })
}

/// The line that sends a message when it is typed: the inverse of [`parse`].
pub fn message_line(target: &str, text: &str) -> String {
    // After `@@` the line would be text, and `@` cuts a colon from the end of the name.
    let is_ambiguous = target.starts_with('@') || target.ends_with([':', ',']);
    // `/msg` removes spaces before the text.
    match is_ambiguous || has_room_prefix(target) && !text.starts_with(char::is_whitespace) {
        true => format!("/msg {target} {text}"),
        false => format!("@{target} {text}"),
    }
}

/// Refuses the characters that would end a line of the protocol.
fn check_characters(line: &str) -> Result<(), ParseError> {
    match line.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        Some(bad) => Err(ParseError(ParseErrorKind::ForbiddenCharacter(bad))),
        None => Ok(()),
    }
}

fn in_command(usage: String, error: ArgumentError) -> ParseError {
    ParseError(ParseErrorKind::InCommand { usage, error })
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

/// `//text` and `@@text`: everything after the first character.
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

#[cfg(test)]
mod tests;
