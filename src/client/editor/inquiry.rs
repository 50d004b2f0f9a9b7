//! Which terminal this is, asked of the terminal itself where the environment does not tell, as
//! behind ssh. The answer comes among the keys: `ESC P > |`, a name with a version, `ESC \`.
//! XTVERSION, as xterm's control sequences have it.

use std::mem;
use std::time::{Duration, Instant};

use rustyline::{KeyCode as K, KeyEvent, Modifiers as M};

/// What asks. Terminals that do not know it do nothing.
const QUESTION: &str = "\x1b[>0q";
/// An answer begins no later; then these are keys that somebody presses.
const ANSWER_BEGINS: Duration = Duration::from_secs(10);
/// What stands before the name.
const BEGINNING: [char; 2] = ['>', '|'];
/// No terminal has a longer name; what would go on is no answer.
const ANSWER_BYTES_MAX: usize = 100;

/// How far it is known which terminal this is.
#[derive(Debug, Default)]
pub(super) enum Inquiry {
    /// There is nothing to ask, or nothing to wait for any more.
    #[default]
    Closed,
    /// It is to be asked.
    Wanted,
    Asked(Instant),
    /// The answer has begun, and is this so far.
    Answering(String),
}

/// What a key is to an inquiry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing: somebody pressed it.
    Key,
    /// A part of the answer.
    Part,
    /// The end of the answer, with the name and the version.
    Name(String),
}

impl Inquiry {
    /// What the terminal is to be sent, once.
    pub(super) fn question(&mut self, now: Instant) -> Option<&'static str> {
        matches!(self, Self::Wanted).then(|| {
            *self = Self::Asked(now);
            QUESTION
        })
    }

    /// Takes a key that may be a part of the answer.
    pub(super) fn hear(&mut self, key: KeyEvent, now: Instant) -> Heard {
        let is_early = |asked: Instant| now.duration_since(asked) <= ANSWER_BEGINS;
        let (next, heard) = match (mem::take(self), key) {
            (Self::Asked(at), KeyEvent(K::Char('P'), M::ALT)) if is_early(at) => {
                (Self::Answering(String::new()), Heard::Part)
            }
            (Self::Answering(answer), KeyEvent(K::Char('\\'), M::ALT)) => {
                let name = answer.trim_start_matches(BEGINNING);
                (Self::Closed, Heard::Name(name.to_owned()))
            }
            (Self::Answering(mut answer), KeyEvent(K::Char(c), M::NONE)) if goes_on(&answer, c) => {
                answer.push(c);
                (Self::Answering(answer), Heard::Part)
            }
            (Self::Answering(_), _) => (Self::Closed, Heard::Key),
            (before, _) => (before, Heard::Key),
        };
        *self = next;
        heard
    }
}

/// Whether an answer can go on with this.
fn goes_on(answer: &str, c: char) -> bool {
    match BEGINNING.get(answer.len()) {
        Some(due) => *due == c,
        None => answer.len() < ANSWER_BYTES_MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(inquiry: &mut Inquiry, keys: &str) -> Vec<Heard> {
        let mut is_alt = false;
        let mut heard = Vec::new();
        for c in keys.chars() {
            if c == '\x1b' {
                is_alt = true;
                continue;
            }
            let with = if is_alt { M::ALT } else { M::NONE };
            heard.push(inquiry.hear(KeyEvent(K::Char(c), with), Instant::now()));
            is_alt = false;
        }
        heard
    }

    fn asked() -> Inquiry {
        let mut inquiry = Inquiry::Wanted;
        assert_eq!(inquiry.question(Instant::now()), Some(QUESTION));
        assert_eq!(inquiry.question(Instant::now()), None, "once is enough");
        inquiry
    }

    #[test]
    fn an_answer_is_heard_among_the_keys_and_what_is_pressed_around_it_is_not() {
        let mut inquiry = asked();
        let mut heard = hear(&mut inquiry, "a\x1bP>|VTE(7600)\x1b\\b\x1bP>|x\x1b\\");
        assert_eq!(heard.remove(0), Heard::Key);
        let answer = heard.drain(..12).collect::<Vec<_>>();
        assert!(answer.iter().all(|part| *part == Heard::Part), "{answer:?}");
        assert_eq!(heard.remove(0), Heard::Name("VTE(7600)".to_owned()));
        assert!(heard.iter().all(|key| *key == Heard::Key), "{heard:?}");
    }

    #[test]
    fn what_nobody_asked_for_or_is_no_answer_are_keys() {
        let answer = "\x1bP>|tmux 3.4\x1b\\";
        let heard = hear(&mut Inquiry::Closed, answer);
        assert!(heard.iter().all(|key| *key == Heard::Key));
        let heard = hear(&mut asked(), "\x1bPit is\x1b\\");
        assert!(heard.into_iter().skip(1).all(|key| key == Heard::Key));
        let mut inquiry = asked();
        let endless = hear(&mut inquiry, &format!("\x1bP>|{}", "x".repeat(200)));
        assert_eq!(endless.last(), Some(&Heard::Key));
        let Inquiry::Asked(at) = &mut asked() else {
            panic!("it was asked");
        };
        let late = *at + ANSWER_BEGINS + Duration::from_millis(1);
        let key = KeyEvent(K::Char('P'), M::ALT);
        assert_eq!(Inquiry::Asked(*at).hear(key, late), Heard::Key);
    }
}
