//! The values of options: how each is written, and what is wrong with one that is refused.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::SignedDuration;

use super::command_names;
use crate::client::command::{has_room_prefix, parse_room};
use crate::common::generate::Generated;

/// How to read the lines of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Input {
    /// As if typed: text, @NICK TEXT, /COMMAND.
    Typed,
    /// As text for the room, whatever they begin with.
    Text,
    /// As JSON objects with the keys to and text, or command; see --generate schema.
    Json,
}

/// Something to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A JSON Schema of `--format json` and `--input json`.
    Schema,
    /// A configuration file with every key explained.
    Config,
    /// A document that both programs can print.
    Generated(Generated),
}

const DOCUMENTS: &[Document] = &[
    Document::Generated(Generated::Man),
    Document::Generated(Generated::CompleteBash),
    Document::Generated(Generated::CompleteZsh),
    Document::Generated(Generated::CompleteFish),
    Document::Generated(Generated::CompleteElvish),
    Document::Generated(Generated::CompletePowershell),
    Document::Schema,
    Document::Config,
];

impl ValueEnum for Document {
    fn value_variants<'a>() -> &'a [Self] {
        DOCUMENTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Generated(generated) => generated.to_possible_value(),
            Self::Config => Some(
                PossibleValue::new("config").help("A configuration file with every key explained"),
            ),
            Self::Schema => Some(
                PossibleValue::new("schema").help("A JSON Schema of the JSON input and output"),
            ),
        }
    }
}

/// Parses `30s`, `5m` or `1h30m`; a number alone is in seconds.
pub(super) fn time(text: &str) -> Result<Duration, InvalidTime> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let parsed: Result<SignedDuration, _> = text.parse();
    parsed
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| !time.is_zero())
        .ok_or(InvalidTime)
}

/// Checks that a server after the first one is not a command, which the parser takes for a server
/// there.
pub(super) fn other_server(text: &str) -> Result<String, MisplacedCommand> {
    match command_names().iter().any(|name| name == text) {
        true => Err(MisplacedCommand),
        false => Ok(text.to_owned()),
    }
}

/// A command comes after several servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MisplacedCommand;

impl fmt::Display for MisplacedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only one server can come before a command")
    }
}

impl std::error::Error for MisplacedCommand {}

/// Checks the name of a room, in which the `#` can be left out, and before which its network can stand.
pub(super) fn room_name(text: &str) -> Result<String, InvalidRoomName> {
    let room = match text.split_once('/') {
        Some((network, room)) if !has_room_prefix(network) => room,
        _ => text,
    };
    let is_room = parse_room(room).is_some();
    is_room.then(|| text.to_owned()).ok_or(InvalidRoomName)
}

/// Reads the room of a log, in which the `#` can be left out, or a nick after an `@`.
pub(super) fn room_or_person(text: &str) -> Result<String, Infallible> {
    Ok(match text.starts_with('@') || has_room_prefix(text) {
        true => text.to_owned(),
        false => format!("#{text}"),
    })
}

/// The text of an option is not the name of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidRoomName;

impl fmt::Display for InvalidRoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a room such as #room; for the messages of one person use --from NICK")
    }
}

impl std::error::Error for InvalidRoomName {}

/// Checks that the name of a certificate can be the name of a file.
pub(super) fn certificate_name(text: &str) -> Result<String, InvalidCertificateName> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = text.len() <= 64 && !text.starts_with(['.', '-']) && text.chars().all(fits);
    match is_name && !text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err(InvalidCertificateName),
    }
}

/// The text cannot be the name of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidCertificateName;

impl fmt::Display for InvalidCertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use at most 64 letters, digits, hyphens, underscores and dots")
    }
}

impl std::error::Error for InvalidCertificateName {}

/// The text of an option is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a time such as 30s, 5m or 1h30m")
    }
}

impl std::error::Error for InvalidTime {}

/// The form of the output when it is not a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people: the time, the nick and the message.
    Plain,
    /// One JSON object a line, for programs.
    Json,
    /// The lines of the server, unchanged.
    Raw,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// In a terminal, unless the environment says otherwise.
    Auto,
    /// Always, also in a pipe.
    Always,
    /// Never.
    Never,
}
