//! What a script has to say, as objects.

use serde::Deserialize;

use crate::client::command::{checked_nick_text, is_room};

/// What a script has to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    to: Option<String>,
    text: Option<String>,
    command: Option<String>,
}

/// A line of input, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// The same as this typed line.
    Typed(String),
    /// Say this in the active room.
    Said(String),
}

/// Understands a line of input: `{"to":"#room","text":"…"}`, `{"text":"…"}` for the active room,
/// or `{"command":"/join #room"}`. The error is in words.
pub fn read_wish(line: &str) -> Result<Asked, String> {
    if !line.trim_start().starts_with('{') {
        return Err(format!("this is no object; write {FORMS}"));
    }
    let wish: Wish = serde_json::from_str(line).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line").next().unwrap_or_default();
        format!("{words}; write {FORMS}")
    })?;
    match wish {
        Wish {
            to: Some(to),
            text: Some(text),
            command: None,
        } => {
            let of_rank = to.trim_start_matches(['@', '+', '%', '~']);
            if of_rank.len() < to.len() && is_room(of_rank) && !to.contains(char::is_whitespace) {
                return Ok(Asked::Typed(format!("/msg {to} {text}")));
            }
            let is_name = checked_nick_text(&to) && !to.ends_with(':');
            let is_place = is_room(&to) && !to.contains(char::is_whitespace);
            match is_name || is_place {
                true => Ok(Asked::Typed(format!("@{to} {text}"))),
                false => Err(format!("{to:?} can be neither a nick nor a room")),
            }
        }
        Wish {
            to: None,
            text: Some(text),
            command: None,
        } => Ok(Asked::Said(text)),
        Wish {
            to: None,
            text: None,
            command: Some(command),
        } if command.starts_with('/') && !command.starts_with("//") => Ok(Asked::Typed(command)),
        Wish {
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
        let typed = |text: &str| Ok(Asked::Typed(text.to_owned()));
        assert_eq!(
            read_wish(r##"{"to":"#dev","text":" /x"}"##),
            typed("@#dev  /x")
        );
        assert_eq!(read_wish(r#"{"to":"bob","text":"hi"}"#), typed("@bob hi"));
        assert_eq!(
            read_wish(r##"{"to":"@#dev","text":"hi"}"##),
            typed("/msg @#dev hi")
        );
        assert_eq!(
            read_wish(r#"{"text":"/etc"}"#),
            Ok(Asked::Said("/etc".to_owned()))
        );
        assert_eq!(read_wish(r#"{"command":"/me waves"}"#), typed("/me waves"));
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
            let words = read_wish(wrong).unwrap_err();
            assert!(!words.contains('\n'), "{words}");
        }
    }
}
