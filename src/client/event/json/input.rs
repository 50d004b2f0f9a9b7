//! Parses the lines of `--input json`: messages and commands as objects.

use std::fmt;

use serde::Deserialize;

use crate::client::command::{self, ParseError, UserCommand, has_room_prefix, is_valid_nick};
use crate::common::shared_error::SharedError;

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputObject {
    to: Option<String>,
    text: Option<String>,
    command: Option<String>,
}

/// A parsed line of input.
#[derive(Debug, PartialEq, Eq)]
pub enum ScriptInput {
    /// To carry out a command.
    Command(UserCommand),
    /// To process this line as if typed.
    Typed(String),
    /// To send this text to the active room.
    Text(String),
}

/// Why a line of input is not an object that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptInputError {
    /// It is not an object.
    NotAnObject,
    /// It is not valid JSON, or a field has a wrong name or type.
    Json(SharedError),
    /// The recipient is neither a nick nor a room.
    Recipient(String),
    /// The message cannot be sent.
    Message(ParseError),
    /// The command does not begin with a slash.
    NotACommand(String),
    /// The fields are neither those of a message nor those of a command.
    Fields,
}

impl fmt::Display for ScriptInputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => write!(f, "This is not an object. Write {FORMS}."),
            Self::Json(error) => {
                // The position is left out: the line is known, and it is one line.
                let error = error.to_string();
                let error = error.split(" at line").next().unwrap_or_default();
                write!(f, "{error}. Write {FORMS}.")
            }
            Self::Recipient(to) => write!(f, "{to:?} is neither a nick nor a room."),
            Self::Message(error) => error.fmt(f),
            Self::NotACommand(command) => {
                write!(f, "{command:?} is not a command. Commands begin with /.")
            }
            Self::Fields => write!(f, "This is neither a message nor a command. Write {FORMS}."),
        }
    }
}

impl std::error::Error for ScriptInputError {}

const FORMS: &str = r##"{"to":"#room or nick","text":"..."} or {"command":"/join #room"}"##;

/// Parses one line of input: `{"to":"#room","text":"…"}`, `{"text":"…"}` for the active room, or
/// `{"command":"/join #room"}`.
pub fn parse_input(line: &str) -> Result<ScriptInput, ScriptInputError> {
    if !line.trim_start().starts_with('{') {
        return Err(ScriptInputError::NotAnObject);
    }
    let object: InputObject = serde_json::from_str(line)
        .map_err(|error| ScriptInputError::Json(SharedError::new(error)))?;
    match (object.to, object.text, object.command) {
        (Some(to), Some(text), None) => message(to, &text),
        (None, Some(text), None) => Ok(ScriptInput::Text(text)),
        (None, None, Some(command)) => match command.starts_with('/') {
            true if !command.starts_with("//") => Ok(ScriptInput::Typed(command)),
            _ => Err(ScriptInputError::NotACommand(command)),
        },
        _ => Err(ScriptInputError::Fields),
    }
}

fn message(to: String, text: &str) -> Result<ScriptInput, ScriptInputError> {
    // `@#room` sends to the operators of a room only.
    let room = to.trim_start_matches(['@', '+', '%', '~']);
    let is_room = has_room_prefix(room) && !to.contains(char::is_whitespace);
    if !is_room && (!is_valid_nick(&to) || to.ends_with(':')) {
        return Err(ScriptInputError::Recipient(to));
    }
    let message = command::message(&to, text).map_err(ScriptInputError::Message)?;
    Ok(ScriptInput::Command(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_a_message_or_a_command_and_nothing_else() {
        let message = |to: &str, text: &str| {
            let (target, text) = (to.to_owned(), text.to_owned());
            Ok(ScriptInput::Command(UserCommand::Message { target, text }))
        };
        assert_eq!(
            parse_input(r##"{"to":"#dev","text":" /x"}"##),
            message("#dev", " /x")
        );
        assert_eq!(
            parse_input(r#"{"to":"bob","text":"hi"}"#),
            message("bob", "hi")
        );
        assert_eq!(
            parse_input(r##"{"to":"@#dev","text":"hi"}"##),
            message("@#dev", "hi")
        );
        assert_eq!(
            parse_input(r#"{"text":"/etc"}"#),
            Ok(ScriptInput::Text("/etc".to_owned()))
        );
        assert_eq!(
            parse_input(r#"{"command":"/me waves"}"#),
            Ok(ScriptInput::Typed("/me waves".to_owned()))
        );
        for wrong in [
            "hello",
            "[]",
            "{}",
            r#"{"to":"bob"}"#,
            r#"{"text":1}"#,
            r#"{"txt":"hi"}"#,
            r#"{"to":"bob x","text":"hi"}"#,
            r#"{"to":"bob:","text":"hi"}"#,
            r##"{"to":"#a b","text":"hi"}"##,
            r#"{"to":"bob","text":"a\nb"}"#,
            r#"{"to":"bob","text":" "}"#,
            r#"{"command":"hi"}"#,
            r#"{"command":"//hi"}"#,
            r#"{"command":"/who","text":"x"}"#,
        ] {
            let words = parse_input(wrong).unwrap_err().to_string();
            assert!(!words.contains('\n'), "{words}");
        }
    }
}
