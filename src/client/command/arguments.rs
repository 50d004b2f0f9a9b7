//! The arguments of commands: words, names and the text after them.

use nom::bytes::complete::take_till1;
use nom::character::complete::multispace0;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::error::ArgumentError;
use super::user_command::UserCommand;
use super::validate::{JoinTarget, checked_nick, checked_room, has_room_prefix, is_valid_nick};

/// Parses `room` or `room key`; the `#` may be left out. `None` if it is not valid.
pub fn parse_room(text: &str) -> Option<JoinTarget> {
    let is_forbidden = |c| matches!(c, '\r' | '\n' | '\0');
    let target = join(text).ok();
    target.filter(|_| !text.contains(is_forbidden))
}

/// The first word, and the text after it.
pub(super) fn word(text: &str) -> Option<(&str, &str)> {
    let parsed: IResult<&str, &str> = terminated(
        preceded(multispace0, take_till1(char::is_whitespace)),
        multispace0,
    )
    .parse(text);
    parsed.ok().map(|(rest, word)| (word, rest))
}

/// The first word, or the error that `what` is missing.
pub(super) fn required_word<'t>(
    text: &'t str,
    what: &'static str,
) -> Result<(&'t str, &'t str), ArgumentError> {
    word(text).ok_or(ArgumentError::Missing(what))
}

/// The text without the whitespace around it, or the error that `what` is missing.
pub(super) fn required_text(text: &str, what: &'static str) -> Result<String, ArgumentError> {
    non_empty(text).ok_or(ArgumentError::Missing(what))
}

/// The text without the whitespace around it, if anything is left.
pub(super) fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Checks that no argument is left.
pub(super) fn expect_end(text: &str) -> Result<(), ArgumentError> {
    non_empty(text).map_or(Ok(()), |text| Err(ArgumentError::TooMany(text)))
}

/// The only word of a text.
pub(super) fn single_word<'t>(text: &'t str, what: &'static str) -> Result<&'t str, ArgumentError> {
    let (word, rest) = required_word(text, what)?;
    expect_end(rest)?;
    Ok(word)
}

/// A message to the first word of the arguments.
pub(super) fn message(arguments: &str) -> Result<(String, String), ArgumentError> {
    let (target, text) = required_word(arguments, "recipient")?;
    checked_message(target, text)
}

/// Checks a message and who gets it.
pub(super) fn checked_message(target: &str, text: &str) -> Result<(String, String), ArgumentError> {
    // `@#room` sends to the operators of a room only.
    let room = target.trim_start_matches(['@', '+', '%', '~']);
    if has_room_prefix(room) {
        checked_room(room)?;
    } else {
        // The name of a service can include its server: X@channels.undernet.org.
        let (nick, server) = target.split_once('@').unwrap_or((target, "anywhere"));
        if !is_valid_nick(nick) || !is_valid_nick(server) {
            return Err(ArgumentError::InvalidNick(target.to_owned()));
        }
    }
    if text.trim().is_empty() {
        return Err(ArgumentError::MissingText(target.to_owned()));
    }
    Ok((target.to_owned(), text.to_owned()))
}

/// The arguments of a join: a room, and its key if it has one.
pub(super) fn join(arguments: &str) -> Result<JoinTarget, ArgumentError> {
    let (room, rest) = required_word(arguments, "room")?;
    let room = checked_room(room)?;
    let key = word(rest).map(|(key, rest)| expect_end(rest).map(|()| key.to_owned()));
    let key = key.transpose()?;
    Ok(JoinTarget { room, key })
}

/// Whether the first word is the option `-all`, and the text after it.
pub(super) fn option_all(arguments: &str) -> (bool, &str) {
    match word(arguments) {
        Some(("-all", rest)) => (true, rest),
        _ => (false, arguments),
    }
}

/// The name of a room, if there is an argument at all.
pub(super) fn single_room(arguments: &str) -> Result<Option<String>, ArgumentError> {
    let Some((room, rest)) = word(arguments) else {
        return Ok(None);
    };
    expect_end(rest)?;
    checked_room(room).map(Some)
}

/// The name of a room if the first word is one, and the text after it.
pub(super) fn leading_room(arguments: &str) -> Result<(Option<String>, &str), ArgumentError> {
    match word(arguments) {
        Some((room, rest)) if has_room_prefix(room) => Ok((Some(checked_room(room)?), rest)),
        _ => Ok((None, arguments)),
    }
}

/// The nick that is the only argument.
pub(super) fn single_nick(arguments: &str, what: &'static str) -> Result<String, ArgumentError> {
    checked_nick(single_word(arguments, what)?)
}

/// A change of the modes of a room.
pub(super) fn mode_change(room: Option<String>, change: String) -> UserCommand {
    UserCommand::Mode {
        target: room,
        change,
    }
}
