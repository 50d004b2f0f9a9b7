//! What a script has to say, as objects.

use serde::Deserialize;

use crate::client::command::{is_room, is_valid_nick};

/// What a script has to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputObject {
    to: Option<String>,
    text: Option<String>,
    command: Option<String>,
}

/// A line of input, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum ScriptInput {
    /// The same as this typed line.
    Typed(String),
    /// Say this in the active room.
    Said(String),
}

/// Understands a line of input: `{"to":"#room","text":"…"}`, `{"text":"…"}` for the active room,
/// or `{"command":"/join #room"}`. The error is in words.
pub fn parse_input(line: &str) -> Result<ScriptInput, String> {
    if !line.trim_start().starts_with('{') {
        return Err(format!("this is no object; write {FORMS}"));
    }
    let wish: InputObject = serde_json::from_str(line).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line").next().unwrap_or_default();
        format!("{words}; write {FORMS}")
    })?;
    match wish {
        InputObject {
            to: Some(to),
            text: Some(text),
            command: None,
        } => {
            let of_rank = to.trim_start_matches(['@', '+', '%', '~']);
            if of_rank.len() < to.len() && is_room(of_rank) && !to.contains(char::is_whitespace) {
                return Ok(ScriptInput::Typed(format!("/msg {to} {text}")));
            }
            let is_name = is_valid_nick(&to) && !to.ends_with(':');
            let is_place = is_room(&to) && !to.contains(char::is_whitespace);
            match is_name || is_place {
                true => Ok(ScriptInput::Typed(format!("@{to} {text}"))),
                false => Err(format!("{to:?} can be neither a nick nor a room")),
            }
        }
        InputObject {
            to: None,
            text: Some(text),
            command: None,
        } => Ok(ScriptInput::Said(text)),
        InputObject {
            to: None,
            text: None,
            command: Some(command),
        } if command.starts_with('/') && !command.starts_with("//") => {
            Ok(ScriptInput::Typed(command))
        }
        InputObject {
            command: Some(command),
            to: None,
            text: None,
        } => Err(format!("{command:?} is no command; they begin with /")),
        _ => Err(format!("this is neither text nor a command; write {FORMS}")),
    }
}

const FORMS: &str = r##"{"to":"#room or nick","text":"..."} or {"command":"/join #room"}"##;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_text_or_commands_and_nothing_else() {
        let typed = |text: &str| Ok(ScriptInput::Typed(text.to_owned()));
        assert_eq!(
            parse_input(r##"{"to":"#dev","text":" /x"}"##),
            typed("@#dev  /x")
        );
        assert_eq!(parse_input(r#"{"to":"bob","text":"hi"}"#), typed("@bob hi"));
        assert_eq!(
            parse_input(r##"{"to":"@#dev","text":"hi"}"##),
            typed("/msg @#dev hi")
        );
        assert_eq!(
            parse_input(r#"{"text":"/etc"}"#),
            Ok(ScriptInput::Said("/etc".to_owned()))
        );
        assert_eq!(
            parse_input(r#"{"command":"/me waves"}"#),
            typed("/me waves")
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
            r#"{"command":"hi"}"#,
            r#"{"command":"//hi"}"#,
            r#"{"command":"/who","text":"x"}"#,
        ] {
            let words = parse_input(wrong).unwrap_err();
            assert!(!words.contains('\n'), "{words}");
        }
    }
}
