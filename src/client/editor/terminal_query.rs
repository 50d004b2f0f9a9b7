//! Asks the terminal for its name where the environment does not have it, for example over ssh.
//!
//! The answers arrive among the keys: `ESC P > |`, a name with a version, `ESC \` for XTVERSION, and
//! `ESC P ! |`, a unit ID, `ESC \` for DA3 (xterm's control sequences). Older VTE knows only DA3.

use std::mem;
use std::time::{Duration, Instant};

use rustyline::{KeyCode as K, KeyEvent, Modifiers as M};

/// Asks for both. Terminals that do not know a query ignore it.
const QUESTION: &str = "\x1b[>0q\x1b[=0c";
/// An answer begins within this time; later the same keys are pressed by the user.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The prefixes of the name and of the unit ID.
const ANSWER_PREFIXES: [&str; 2] = [">|", "!|"];
/// No terminal has a longer name; longer input is no answer.
const ANSWER_BYTES_MAX: usize = 100;

/// The state of the query.
#[derive(Debug, Default)]
pub(super) enum TerminalQuery {
    /// There is nothing to ask, or no further answer is expected.
    #[default]
    Closed,
    /// The terminal will be asked.
    Wanted,
    /// The terminal was asked at this time.
    Asked(Instant),
    /// The terminal was asked at this time, and this part of an answer has arrived.
    Answering(Instant, String),
}

/// What a key means to the query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum QueryByte {
    /// Nothing: the user pressed it.
    Key,
    /// It is a part of an answer.
    Part,
    /// It ends an answer: the name with the version, or the unit ID.
    Name(String),
}

impl TerminalQuery {
    /// The query to send to the terminal; it is returned once.
    pub(super) fn question(&mut self, now: Instant) -> Option<&'static str> {
        matches!(self, Self::Wanted).then(|| {
            *self = Self::Asked(now);
            QUESTION
        })
    }

    /// Reads a key that may be a part of an answer.
    pub(super) fn feed(&mut self, key: KeyEvent, now: Instant) -> QueryByte {
        let is_early = |asked: Instant| now.duration_since(asked) <= ANSWER_TIMEOUT;
        let (next, byte) = match (mem::take(self), key) {
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
        byte
    }
}

/// Whether this can be the beginning of an answer.
fn can_be_answer(text: &str) -> bool {
    let mut prefixes = ANSWER_PREFIXES.iter();
    text.len() <= ANSWER_BYTES_MAX
        && prefixes.any(|one| text.starts_with(one) || one.starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(query: &mut TerminalQuery, keys: &str) -> Vec<QueryByte> {
        let mut is_alt = false;
        let mut bytes = Vec::new();
        for c in keys.chars() {
            if c == '\x1b' {
                is_alt = true;
                continue;
            }
            let with = if is_alt { M::ALT } else { M::NONE };
            bytes.push(query.feed(KeyEvent(K::Char(c), with), Instant::now()));
            is_alt = false;
        }
        bytes
    }

    fn asked() -> TerminalQuery {
        let mut query = TerminalQuery::Wanted;
        assert_eq!(query.question(Instant::now()), Some(QUESTION));
        assert_eq!(query.question(Instant::now()), None, "once is enough");
        query
    }

    #[test]
    fn an_answer_is_found_among_the_keys_that_are_pressed_around_it() {
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
    fn input_without_a_query_or_unlike_an_answer_is_keys() {
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
