//! What a person typed, as an intent; the table of slash commands.
//!
//! The grammar is small: text, `@nick text`, `/command …`, and `//` or `@@` for text that begins
//! with those characters. What does not fit the grammar becomes a [`Problem`] that says what to
//! type instead; it never becomes chat. The table drives parsing, `/help` and Tab alike.

mod commands;
mod secret;

use std::borrow::Cow;
use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1};
use nom::character::complete::{char, multispace0};
use nom::combinator::{opt, peek, recognize, rest};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

pub use self::commands::{Argument, Expected, OTHER_NAMES, Slash, commands, nearest_command};
pub use self::secret::{is_secret, is_secret_talk};
use crate::wire::name::is_invisible;

/// What a typed line asks for, borrowed from the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent<'a> {
    /// An empty line: nothing at all.
    Nothing,
    /// Say this to everybody in the active room.
    Say {
        /// What to say.
        text: &'a str,
    },
    /// Say this to one person, or to a room that is not the active one.
    Tell {
        /// A nick or a room.
        target: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// Say what one does: `* alice waves`.
    Act {
        /// What stands behind the nick.
        text: &'a str,
    },
    /// Take another nick.
    Nick {
        /// The new one.
        nick: &'a str,
    },
    /// List who is in a room.
    Who {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
    },
    /// List only the nicks of those in a room.
    Names {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
    },
    /// Ask all about one person.
    Whois {
        /// That person.
        nick: &'a str,
    },
    /// Enter a room, or make it the active one.
    Join {
        /// The room.
        room: Cow<'a, str>,
        /// Its key, where it has one.
        key: Option<&'a str>,
    },
    /// Leave a room.
    Part {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
        /// Why, for those who stay.
        reason: Option<&'a str>,
    },
    /// See or set what a room is about.
    Topic {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
        /// The new topic.
        topic: Option<&'a str>,
    },
    /// Be away, or back when there is no message.
    Away {
        /// What those who whisper are told.
        message: Option<&'a str>,
    },
    /// Make another room the active one.
    Switch {
        /// Its name, or its number in the list of rooms; where something is unread when none is
        /// named.
        room: Option<&'a str>,
    },
    /// List the rooms this person is in.
    Rooms,
    /// List the rooms there are on the server.
    List {
        /// Which ones, in the server's own words.
        filter: Option<&'a str>,
    },
    /// Whisper to whoever whispered last.
    Reply {
        /// What to say.
        text: &'a str,
    },
    /// Say something that no program should answer.
    Notice {
        /// A nick or a room.
        target: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// Ask somebody into a room.
    Invite {
        /// Whom.
        nick: &'a str,
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
    },
    /// Throw somebody out of a room.
    Kick {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
        /// Whom.
        nick: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// See or change the modes of a room or of this person.
    Mode {
        /// The active room when none is named.
        target: Option<&'a str>,
        /// The change as it stands on the wire; none to see the modes.
        change: String,
    },
    /// Show nothing that these people say any more, or list who is ignored.
    Ignore {
        /// A nick, or a mask.
        mask: Option<&'a str>,
    },
    /// Show again what they say.
    Unignore {
        /// The nick or the mask.
        mask: &'a str,
    },
    /// Send a line to the server as it is.
    Raw {
        /// The line.
        line: &'a str,
    },
    /// Go to another server.
    Connect {
        /// An address, or a name from the configuration.
        server: &'a str,
    },
    /// Something that only concerns what is shown here.
    Local(Local<'a>),
    /// Connect anew to the same server.
    Reconnect,
    /// Explain the commands.
    Help {
        /// One command, all of them when none is named.
        command: Option<&'a str>,
    },
    /// Leave.
    Quit {
        /// Why, for those who stay.
        reason: Option<&'a str>,
    },
}

/// What a person can ask of the screen, without any server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local<'a> {
    /// Take everything off the screen.
    Clear,
    /// Show the last lines once more.
    History {
        /// How many.
        count: usize,
    },
    /// Show the lines seen so far that have this text in them.
    Search {
        /// In any letter case.
        text: &'a str,
    },
    /// See or change how things are shown.
    Set {
        /// What; nothing to see all settings.
        name: Option<&'a str>,
        /// To what.
        value: Option<&'a str>,
    },
}

/// What is wrong with what stands behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Missing(&'static str),
    TooMuch(String),
    Nick(String),
    Room(String),
    NoText(String),
    Number(String),
}

/// Why a typed line cannot be understood. Its words say what to type instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(ProblemKind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum ProblemKind {
    NoCommandName,
    NoSuchCommand {
        typed: String,
        nearest: Option<&'static str>,
    },
    NobodyNamed,
    Forbidden(char),
    InCommand {
        usage: String,
        fault: Fault,
    },
}

impl Problem {
    /// The command that nobody knows, when that is the trouble, and the one that is close to it.
    pub fn unknown_command(&self) -> Option<(&str, Option<&'static str>)> {
        match &self.0 {
            ProblemKind::NoSuchCommand { typed, nearest } => Some((typed, *nearest)),
            _ => None,
        }
    }

    /// The words that cannot be taken, where the trouble is with some of them.
    pub fn word(&self) -> Option<&str> {
        match &self.0 {
            ProblemKind::InCommand {
                fault:
                    Fault::TooMuch(text) | Fault::Nick(text) | Fault::Room(text) | Fault::Number(text),
                ..
            } => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ProblemKind::NoCommandName => f.write_str(
                "a command's name is missing behind /; /help lists them, // begins text with a /",
            ),
            ProblemKind::NoSuchCommand {
                typed,
                nearest: Some(nearest),
            } => write!(f, "no command /{typed}; did you mean /{nearest}?"),
            ProblemKind::NoSuchCommand {
                typed,
                nearest: None,
            } => write!(f, "no command /{typed}; /help lists them"),
            ProblemKind::NobodyNamed => f.write_str(
                "a nick is missing behind @: @NICK TEXT whispers, @@ begins text with an @",
            ),
            ProblemKind::Forbidden(c) => write!(
                f,
                "U+{:04X} cannot be sent in a line; take it out",
                u32::from(*c)
            ),
            ProblemKind::InCommand { usage, fault } => match fault {
                Fault::Missing(what) => write!(f, "{what} is missing: {usage}"),
                Fault::TooMuch(text) => write!(f, "{text:?} is too much: {usage}"),
                Fault::Nick(nick) => write!(f, "{nick:?} cannot be a nick: {usage}"),
                Fault::Room(room) => write!(f, "{room:?} cannot be a room: {usage}"),
                Fault::Number(text) => write!(f, "{text:?} is not a number: {usage}"),
                Fault::NoText(target) => write!(f, "there is no text for {target}: {usage}"),
            },
        }
    }
}

/// Understands one typed line.
///
/// ```
/// use chatting_room::client::input::{Intent, parse};
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

/// Whether a target is a room and not a person. `&` rooms are those of other servers.
pub fn is_room(target: &str) -> bool {
    target.starts_with(['#', '&'])
}

/// Whether this can be done as soon as a server lets this person in: it is for the server or for
/// somebody there, and for no room that this person must be in.
pub fn can_be_first(intent: &Intent<'_>) -> bool {
    matches!(
        intent,
        Intent::Tell { .. }
            | Intent::Notice { .. }
            | Intent::Mode {
                target: Some(_),
                ..
            }
            | Intent::Join { .. }
            | Intent::Nick { .. }
            | Intent::Away { .. }
            | Intent::Raw { .. }
    )
}

/// A nick that can be written into a request. Which nicks there may be is for each server to
/// say, so only what would change the meaning of the line is refused here.
pub fn checked_nick_text(nick: &str) -> bool {
    !nick.is_empty()
        && !nick.starts_with(['#', '&', ':'])
        && !nick
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || is_invisible(c) || ",!@*?".contains(c))
}

/// A room's name that can be written into a request, with or without its `#`, and its key behind
/// a space where it has one.
pub fn checked_room_text(room: &str) -> bool {
    matches!(parse(&format!("/join {room}")), Ok(Intent::Join { .. }))
}

fn checked_nick(nick: &str) -> Result<&str, Fault> {
    checked_nick_text(nick)
        .then_some(nick)
        .ok_or_else(|| Fault::Nick(nick.to_owned()))
}

/// A room's name; the `#` may be left out. Some servers have rooms with other signs, which the
/// session knows.
fn checked_room(room: &str) -> Result<Cow<'_, str>, Fault> {
    let fine = !room
        .chars()
        .any(|c| c.is_control() || is_invisible(c) || c == ',');
    if !fine || room == "#" || room == "&" || room.starts_with(':') {
        return Err(Fault::Room(room.to_owned()));
    }
    Ok(if room.starts_with(['#', '&', '+', '!']) {
        Cow::Borrowed(room)
    } else {
        Cow::Owned(format!("#{room}"))
    })
}

#[cfg(test)]
mod tests;
