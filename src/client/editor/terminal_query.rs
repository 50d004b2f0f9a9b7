//! Which terminal this is, asked of the terminal itself where the environment does not tell, as
//! behind ssh. Its answers come among the keys: `ESC P > |`, a name with a version, `ESC \`, and
//! `ESC P ! |`, a number of its own, `ESC \`. XTVERSION and DA3, as xterm's control sequences have
//! them; older VTE knows only the second.

use std::mem;
use std::time::{Duration, Instant};

use rustyline::{KeyCode as K, KeyEvent, Modifiers as M};

/// What asks both. Terminals that do not know them do nothing.
const QUESTION: &str = "\x1b[>0q\x1b[=0c";
/// An answer begins no later; then these are keys that somebody presses.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// What stands before the name, and before the number.
const ANSWER_PREFIXES: [&str; 2] = [">|", "!|"];
/// No terminal has a longer name; what would go on is no answer.
const ANSWER_BYTES_MAX: usize = 100;

/// How far it is known which terminal this is.
#[derive(Debug, Default)]
pub(super) enum TerminalQuery {
    /// There is nothing to ask, or nothing to wait for any more.
    #[default]
    Closed,
    /// It is to be asked.
    Wanted,
    Asked(Instant),
    /// Asked then, and an answer has begun, which is this so far.
    Answering(Instant, String),
}

/// What a key is to an inquiry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum QueryByte {
    /// Nothing: somebody pressed it.
    Key,
    /// A part of the answer.
    Part,
    /// The end of the answer, with the name and the version, or the number.
    Name(String),
}

impl TerminalQuery {
    /// What the terminal is to be sent, once.
    pub(super) fn question(&mut self, now: Instant) -> Option<&'static str> {
        matches!(self, Self::Wanted).then(|| {
            *self = Self::Asked(now);
            QUESTION
        })
    }

    /// Takes a key that may be a part of the answer.
    pub(super) fn feed(&mut self, key: KeyEvent, now: Instant) -> QueryByte {
        let is_early = |asked: Instant| now.duration_since(asked) <= ANSWER_TIMEOUT;
        let (next, heard) = match (mem::take(self), key) {
            (Self::Asked(at), KeyEvent(K::Char('P'), M::ALT)) if is_early(at) => {
                (Self::Answering(at, String::new()), QueryByte::Part)
            }
            (Self::Answering(at, answer), KeyEvent(K::Char('\\'), M::ALT)) => {
                let (_, name) = answer.split_once('|').unwrap_or_default();
                (Self::Asked(at), QueryByte::Name(name.to_owned()))
            }
            (Self::Answering(at, mut answer), KeyEvent(K::Char(c), M::NONE)) => {
                answer.push(c);
                match can_be_answer(&answer) {
                    true => (Self::Answering(at, answer), QueryByte::Part),
                    false => (Self::Closed, QueryByte::Key),
                }
            }
            (Self::Answering(..), _) => (Self::Closed, QueryByte::Key),
            (before, _) => (before, QueryByte::Key),
        };
        *self = next;
        heard
    }
}

/// Whether an answer can be this so far.
fn can_be_answer(text: &str) -> bool {
    let mut beginnings = ANSWER_PREFIXES.iter();
    text.len() <= ANSWER_BYTES_MAX
        && beginnings.any(|one| text.starts_with(one) || one.starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(query: &mut TerminalQuery, keys: &str) -> Vec<QueryByte> {
        let mut is_alt = false;
        let mut heard = Vec::new();
        for c in keys.chars() {
            if c == '\x1b' {
                is_alt = true;
                continue;
            }
            let with = if is_alt { M::ALT } else { M::NONE };
            heard.push(query.feed(KeyEvent(K::Char(c), with), Instant::now()));
            is_alt = false;
        }
        heard
    }

    fn asked() -> TerminalQuery {
        let mut query = TerminalQuery::Wanted;
        assert_eq!(query.question(Instant::now()), Some(QUESTION));
        assert_eq!(query.question(Instant::now()), None, "once is enough");
        query
    }

    #[test]
    fn an_answer_is_heard_among_the_keys_and_what_is_pressed_around_it_is_not() {
        let mut query = asked();
        for (answer, name) in [(">|VTE(7600)", "VTE(7600)"), ("!|7E565445", "7E565445")] {
            let mut heard = feed(&mut query, &format!("a\x1bP{answer}\x1b\\b"));
            assert_eq!(heard.remove(0), QueryByte::Key);
            assert_eq!(heard.pop(), Some(QueryByte::Key));
            assert_eq!(heard.pop(), Some(QueryByte::Name(name.to_owned())));
            assert!(
                heard.iter().all(|part| *part == QueryByte::Part),
                "{heard:?}"
            );
        }
    }

    #[test]
    fn what_nobody_asked_for_or_is_no_answer_are_keys() {
        let answer = "\x1bP>|tmux 3.4\x1b\\";
        let heard = feed(&mut TerminalQuery::Closed, answer);
        assert!(heard.iter().all(|key| *key == QueryByte::Key));
        let heard = feed(&mut asked(), "\x1bPit is\x1b\\");
        assert!(heard.into_iter().skip(1).all(|key| key == QueryByte::Key));
        let mut query = asked();
        let endless = feed(&mut query, &format!("\x1bP>|{}", "x".repeat(200)));
        assert_eq!(endless.last(), Some(&QueryByte::Key));
        let TerminalQuery::Asked(at) = &mut asked() else {
            panic!("it was asked");
        };
        let late = *at + ANSWER_TIMEOUT + Duration::from_millis(1);
        let key = KeyEvent(K::Char('P'), M::ALT);
        assert_eq!(TerminalQuery::Asked(*at).feed(key, late), QueryByte::Key);
    }
}
