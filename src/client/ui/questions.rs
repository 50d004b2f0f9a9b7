//! The questions to the user: which server, which nick. Both frontends ask them with these words.

use crate::client::command::check_nick;
use crate::client::session::NickRefusal;
use crate::common::sanitize::{sanitize, sanitize_name};

/// A question, and the answer that an empty line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Question {
    pub(super) text: String,
    pub(super) default: String,
    /// The answer must be a nick.
    is_nick: bool,
}

/// Asks for the server to connect to.
pub(in crate::client) fn server(default: String) -> Question {
    Question {
        text: "Server".to_owned(),
        default,
        is_nick: false,
    }
}

/// Asks for the nick.
pub(in crate::client) fn nick(default: String) -> Question {
    Question {
        text: "Nick".to_owned(),
        default,
        is_nick: true,
    }
}

/// Asks for another nick, after the server refused `refused`.
pub(super) fn retry_nick(refused: &str, reason: &NickRefusal) -> Question {
    let nick = sanitize_name(refused);
    let statement = match reason {
        NickRefusal::InUse => format!("The nick {nick} is in use"),
        NickRefusal::ServerError(text) => {
            let text = sanitize(text);
            format!(
                "The server refused the nick {nick}: {}",
                text.trim_end_matches('.')
            )
        }
    };
    Question {
        text: format!("{statement}. Choose another"),
        default: suggest_nick(&nick),
        is_nick: true,
    }
}

/// A similar nick: without the digits and dashes that no server accepts at the beginning, or else
/// with a `_` at the end.
fn suggest_nick(refused: &str) -> String {
    match refused.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-') {
        "" => format!("_{refused}"),
        rest if rest.len() < refused.len() => rest.to_owned(),
        nick => format!("{nick}_"),
    }
}

impl Question {
    /// The answer, or the question to ask next when the answer is not valid.
    pub(super) fn validate(&self, answer: &str) -> Result<String, Self> {
        let answer = match answer.trim() {
            "" => self.default.as_str(),
            answer => answer,
        };
        if self.is_nick
            && let Err(error) = check_nick(answer)
        {
            return Err(Self {
                text: format!("{error}. Choose another"),
                ..self.clone()
            });
        }
        Ok(answer.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_server_about_a_nick_are_sanitized() {
        let question = retry_nick(
            "a\x1b[2Jb",
            &NickRefusal::ServerError("no \x1b]0;owned\x07way\u{9b}2J.".into()),
        );
        assert_eq!(
            question.text,
            "The server refused the nick a^[[2Jb: no ^[]0;owned^Gway<U+009B>2J. Choose another"
        );
        assert_eq!(question.default, "a^[[2Jb_");
    }

    #[test]
    fn a_similar_nick_is_suggested() {
        for (refused, suggested) in [
            ("bob", "bob_"),
            ("9lives", "lives"),
            ("-x", "x"),
            ("42", "_42"),
        ] {
            assert_eq!(
                retry_nick(refused, &NickRefusal::InUse).default,
                suggested,
                "{refused}"
            );
        }
    }

    #[test]
    fn an_answer_that_is_not_a_nick_is_asked_for_again() {
        let question = nick("dora".to_owned());
        assert_eq!(question.validate("  "), Ok("dora".to_owned()));
        assert_eq!(question.validate(" ann "), Ok("ann".to_owned()));
        let again = question.validate("a b c").unwrap_err();
        assert_eq!(
            again.text,
            "\"a b c\" is not a valid nick: it cannot have a space in it. Choose another"
        );
        assert_eq!(again.validate(""), Ok("dora".to_owned()));
        let server = server("h:1".to_owned());
        assert_eq!(server.validate("a b"), Ok("a b".to_owned()));
    }
}
