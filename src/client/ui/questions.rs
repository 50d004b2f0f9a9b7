//! The questions to the user: which server, which nick. Both frontends ask them with these words.

use crate::client::command::check_nick;
use crate::client::config::address::InvalidAddress;
use crate::client::config::credentials::check_password;
use crate::client::editor::EditorQuestion;
use crate::client::net::{NetworkQuestion, TRUSTED};
use crate::client::session::{CertificateFacts, NickRefusal, RefusedNick};
use crate::client::view::Renderer;
use crate::common::sanitize::{sanitize, sanitize_name};
use crate::common::sentence::begin_sentence;

/// A question, and the answer that an empty line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Question {
    pub(super) text: String,
    /// Empty where an empty line is no answer.
    pub(super) default: String,
    kind: AnswerKind,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerKind {
    Text,
    Nick,
    /// Not shown while it is typed.
    Password,
    /// `yes` or `no`.
    YesOrNo,
}

/// The answer to a question that can be answered with yes.
pub(in crate::client) const YES: &str = TRUSTED;
const NO: &str = "no";

/// Asks for the server to connect to, again if the last answer was not valid.
pub(in crate::client) fn server(default: String, invalid: Option<&InvalidAddress>) -> Question {
    Question {
        text: match invalid {
            Some(error) => format!("{}. Server", sanitize(&error.to_string())),
            None => "Server".to_owned(),
        },
        default,
        kind: AnswerKind::Text,
    }
}

/// Asks for the nick.
pub(in crate::client) fn nick(default: String) -> Question {
    Question {
        text: "Nick".to_owned(),
        default,
        kind: AnswerKind::Nick,
    }
}

/// Asks for the password of the server, which has refused the connection. `is_known` is whether it
/// was given one.
pub(in crate::client) fn password(is_known: bool) -> Question {
    let text = match is_known {
        true => "The server refused the password. Password",
        false => "The server requires a password. Password",
    };
    Question {
        text: text.to_owned(),
        default: String::new(),
        kind: AnswerKind::Password,
    }
}

/// Asks for the password of an account. `is_refused` is whether the server has refused the one
/// before.
pub(in crate::client) fn account_password(account: &str, is_refused: bool) -> Question {
    let account = sanitize_name(account);
    Question {
        text: match is_refused {
            true => format!("The server refused the login to {account}. Password of the account"),
            false => format!("Password of the account {account}"),
        },
        default: String::new(),
        kind: AnswerKind::Password,
    }
}

/// Asks whether to trust a certificate that no authority has signed.
pub(in crate::client) fn certificate() -> Question {
    Question {
        text: "Trust this certificate from now on, yes or no?".to_owned(),
        default: NO.to_owned(),
        kind: AnswerKind::YesOrNo,
    }
}

/// Asks what a network waits for.
pub(super) fn of_network(question: &NetworkQuestion) -> Question {
    match question {
        NetworkQuestion::Password => password(true),
        NetworkQuestion::AccountPassword {
            account,
            is_refused,
        } => account_password(account, *is_refused),
        NetworkQuestion::Certificate(_) => certificate(),
    }
}

/// Information for the user before the answer, as whole lines.
pub(super) fn about(question: &NetworkQuestion, renderer: &Renderer) -> String {
    match question {
        NetworkQuestion::Certificate(facts) => {
            let lines = certificate_lines(facts, |seconds| renderer.date(seconds));
            lines.map(|line| format!("{line}\n")).concat()
        }
        _ => String::new(),
    }
}

/// The facts in the certificate of a server. `date` writes a day in Unix seconds.
pub(in crate::client) fn certificate_lines(
    facts: &CertificateFacts,
    date: impl Fn(i64) -> String,
) -> [String; 3] {
    let names = match facts.names.as_slice() {
        [] => "no host name".to_owned(),
        names => names.join(", "),
    };
    let validity = facts
        .validity
        .map(|[from, to]| format!(", valid from {} to {}", date(from), date(to)));
    let lines = [
        format!(
            "No known authority has signed the certificate of {}.",
            facts.server
        ),
        format!("It is for {names}{}.", validity.unwrap_or_default()),
        format!("Its fingerprint is {}.", facts.fingerprint),
    ];
    lines.map(|line| sanitize(&line))
}

/// Asks for another nick, after the server refused `refused`.
pub(super) fn retry_nick(refused: &RefusedNick) -> Question {
    let cause = refused.reason.about(&sanitize_name(&refused.nick));
    Question {
        text: format!("{}. Choose another", sanitize(&begin_sentence(&cause))),
        default: match refused.is_repeated {
            true => String::new(),
            false => suggest_nick(&refused.nick, &refused.reason).unwrap_or_default(),
        },
        kind: AnswerKind::Nick,
    }
}

/// A similar nick that a server can accept. A nick that is in use gets a `_` at the end; any other
/// refusal is about the characters of the nick, and those that all servers accept are kept.
fn suggest_nick(refused: &str, reason: &NickRefusal) -> Option<String> {
    let is_in_use = reason.is_about_others();
    let is_common = |c: char| c.is_ascii_alphanumeric() || "-_[]\\`^{}|".contains(c);
    let kept = refused.chars().filter(|c| is_in_use || is_common(*c));
    let common: String = kept.collect();
    let rest = common.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    let similar = match (rest, is_in_use) {
        ("", _) => format!("_{common}"),
        (rest, true) if rest == refused => format!("{rest}_"),
        (rest, _) => rest.to_owned(),
    };
    (similar != refused && check_nick(&similar).is_ok()).then_some(similar)
}

impl Question {
    /// The question as the editor asks it.
    pub(super) fn as_prompt(&self) -> EditorQuestion<'_> {
        EditorQuestion {
            text: &self.text,
            default: &self.default,
            is_hidden: self.is_hidden(),
        }
    }

    /// Whether the answer is not shown while it is typed.
    pub(super) fn is_hidden(&self) -> bool {
        self.kind == AnswerKind::Password
    }

    /// The answer, or the question to ask next when the answer is not valid.
    pub(super) fn validate(&self, answer: &str) -> Result<String, Self> {
        if self.kind == AnswerKind::Password {
            return check_password(answer).map_err(|error| Self {
                text: format!("{error}. Password"),
                ..self.clone()
            });
        }
        let answer = match answer.trim() {
            "" => self.default.as_str(),
            answer => answer,
        };
        if self.kind == AnswerKind::YesOrNo {
            return match answer.to_ascii_lowercase().as_str() {
                "yes" | "y" => Ok(YES.to_owned()),
                "no" | "n" => Ok(NO.to_owned()),
                _ => Err(Self {
                    text: "Answer yes or no".to_owned(),
                    ..self.clone()
                }),
            };
        }
        if self.kind == AnswerKind::Nick
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
        let question = retry_nick(&RefusedNick {
            nick: "a\x1b[2Jb".into(),
            reason: NickRefusal::ServerError("no \x1b]0;owned\x07way\u{9b}2J.".into()),
            is_repeated: false,
        });
        assert_eq!(
            question.text,
            "The server refused the nick a^[[2Jb: no ^[]0;owned^Gway<U+009B>2J. Choose another"
        );
        assert_eq!(question.default, "a[2Jb");
        let question = retry_nick(&RefusedNick {
            nick: "9lives".into(),
            reason: NickRefusal::Invalid("it cannot begin with a digit".into()),
            is_repeated: false,
        });
        assert_eq!(
            question.text,
            "\"9lives\" is not a valid nick: it cannot begin with a digit. Choose another"
        );
    }

    #[test]
    fn a_password_is_taken_as_it_is_typed() {
        let question = password(false);
        assert!(question.is_hidden());
        assert_eq!(question.validate(" a b "), Ok(" a b ".to_owned()));
        let again = question.validate("").unwrap_err();
        assert_eq!(again.text, "The password is empty. Password");
        assert!(again.is_hidden());
        let again = question.validate("a\u{1}").unwrap_err();
        assert!(again.text.contains("control character"), "{}", again.text);
    }

    #[test]
    fn only_yes_means_yes() {
        let question = certificate();
        for (answer, expected) in [("yes", YES), (" Y ", YES), ("no", NO), ("N", NO), ("", NO)] {
            assert_eq!(
                question.validate(answer),
                Ok(expected.to_owned()),
                "{answer:?}"
            );
        }
        for answer in ["ye", "yes please", "sure", "1"] {
            let again = question.validate(answer).unwrap_err();
            assert_eq!(again.text, "Answer yes or no", "{answer:?}");
            assert_eq!(again.validate(""), Ok(NO.to_owned()));
        }
    }

    #[test]
    fn a_similar_nick_is_suggested_that_a_server_can_accept() {
        let invalid = NickRefusal::Invalid("Erroneous nickname".into());
        for (refused, reason, suggested) in [
            ("bob", &NickRefusal::InUse, "bob_"),
            ("9lives", &NickRefusal::InUse, "lives"),
            ("bob", &NickRefusal::Unavailable("reserved".into()), "bob_"),
            ("9lives", &invalid, "lives"),
            ("-x", &invalid, "x"),
            ("42", &invalid, "_42"),
            ("zo\u{eb}", &invalid, "zo"),
            ("zo\u{eb}", &NickRefusal::InUse, "zo\u{eb}_"),
            ("bob", &invalid, ""),
            ("\u{eb}", &invalid, "_"),
        ] {
            let question = |is_repeated| {
                retry_nick(&RefusedNick {
                    nick: refused.to_owned(),
                    reason: reason.clone(),
                    is_repeated,
                })
            };
            assert_eq!(question(false).default, suggested, "{refused} {reason:?}");
            assert_eq!(question(true).default, "", "{refused} {reason:?}");
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
            "\"a b c\" is not a valid nick: it cannot contain a space. Choose another"
        );
        assert_eq!(again.validate(""), Ok("dora".to_owned()));
        let server = server("h:1".to_owned(), None);
        assert_eq!(server.validate("a b"), Ok("a b".to_owned()));
    }
}
