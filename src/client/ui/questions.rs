//! What a person is asked before a conversation can begin: each question in one place, for the
//! editor and for plain lines alike.

use crate::client::command::is_valid_nick;
use crate::client::config::address::Address;
use crate::common::sanitize::{sanitize, sanitize_name};

/// A question, with what an empty answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Question {
    pub(super) words: String,
    pub(in crate::client) default: String,
    /// The answer is to be a nick.
    is_nick: bool,
}

/// Where to go.
pub(in crate::client) fn server() -> Question {
    Question {
        words: "Server".to_owned(),
        default: Address::local().to_string(),
        is_nick: false,
    }
}

/// As whom.
pub(in crate::client) fn nick(default: String) -> Question {
    Question {
        words: "Nick".to_owned(),
        default,
        is_nick: true,
    }
}

/// As whom else, when the server refuses a nick with these words of its own.
pub(super) fn another_nick(refused: &str, why: &str) -> Question {
    Question {
        words: format!(
            "{} cannot be had: {}. Another nick",
            sanitize_name(refused),
            sanitize(why).trim_end_matches('.')
        ),
        default: format!("{}_", sanitize_name(refused)),
        is_nick: true,
    }
}

/// Why a text is not sent to a server as a nick.
pub(in crate::client) fn not_a_nick(text: &str) -> String {
    format!("{text:?} cannot be a nick; use letters, digits, - and _, a letter first")
}

impl Question {
    /// The answer, or the question to ask in place of this one when it cannot be taken.
    pub(super) fn judge(&self, answer: &str) -> Result<String, Self> {
        let answer = match answer.trim() {
            "" => self.default.as_str(),
            answer => answer,
        };
        if self.is_nick && !is_valid_nick(answer) {
            return Err(Self {
                words: format!("{}. Another nick", not_a_nick(answer)),
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
    fn what_a_server_says_about_a_nick_is_never_obeyed() {
        let question = another_nick("a\x1b[2Jb", "no \x1b]0;owned\x07way\u{9b}2J.");
        assert_eq!(
            question.words,
            "a^[[2Jb cannot be had: no ^[]0;owned^Gway<U+009B>2J. Another nick"
        );
        assert_eq!(question.default, "a^[[2Jb_");
    }

    #[test]
    fn an_answer_that_is_no_nick_is_asked_for_again() {
        let question = nick("dora".to_owned());
        assert_eq!(question.judge("  "), Ok("dora".to_owned()));
        assert_eq!(question.judge(" ann "), Ok("ann".to_owned()));
        let again = question.judge("a b c").unwrap_err();
        assert_eq!(
            again.words,
            "\"a b c\" cannot be a nick; use letters, digits, - and _, a letter first. Another nick"
        );
        assert_eq!(again.judge(""), Ok("dora".to_owned()));
        assert_eq!(server().judge("a b"), Ok("a b".to_owned()));
    }
}
