//! What a script waits for before it ends.

use std::fmt;
use std::str::FromStr;

use regex_lite::Regex;

use super::Event;
use crate::client::session::Naming;

/// A regular expression.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Whether it fits somewhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Regex::new(text).map(Self).map_err(PatternError)
    }
}

/// Why a text is no regular expression.
#[derive(Debug)]
pub struct PatternError(regex_lite::Error);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The library tells in several lines where the mistake is; this is to be one.
        let words = self.0.to_string().replace('\n', " ");
        write!(f, "{}", words.trim())
    }
}

impl std::error::Error for PatternError {}

/// Something said that ends the waiting.
#[derive(Debug, Clone, Default)]
pub struct Wait {
    /// What its text must match.
    pub pattern: Option<Pattern>,
    /// Who must say it.
    pub from: Option<String>,
    /// In which room it must be said.
    pub room: Option<String>,
    /// It must be said to this person only.
    pub whispered: bool,
    /// It answers a line of the script, and only what is said behind that line counts.
    pub answers: bool,
}

impl Wait {
    /// Whether this is what is waited for.
    pub(in crate::client) fn ends_with(&self, event: &Event, naming: &Naming) -> bool {
        let same = |one: &str, other: &str| naming.is_same(one, other);
        let (place, who, said) = match event {
            Event::Said {
                room,
                nick,
                text,
                own: false,
                ..
            } => (Some(room), nick, text),
            Event::Whispered {
                nick,
                text,
                own: false,
                ..
            } => (None, nick, text),
            _ => return false,
        };
        let in_place = match (&self.room, place) {
            // What is said to the operators of a room is said there.
            (Some(wanted), Some(room)) => same(wanted, naming.room_in(room).unwrap_or(room)),
            (Some(_), None) => false,
            (None, place) => place.is_none() || !self.whispered,
        };
        let from = self.from.as_ref().is_none_or(|nick| same(nick, who));
        let pattern = self.pattern.as_ref();
        in_place && from && pattern.is_none_or(|pattern| pattern.is_match(said))
    }

    /// Goes on waiting for somebody who has another nick now.
    pub(in crate::client) fn follow(&mut self, event: &Event, naming: &Naming) {
        if let Event::Renamed { from, to, .. } = event
            && let Some(nick) = &mut self.from
            && naming.is_same(nick, from)
        {
            to.clone_into(nick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::Manner;

    fn ends(wait: &Wait, event: &Event) -> bool {
        wait.ends_with(event, &Naming::default())
    }

    fn whisper(nick: &str, text: &str, own: bool) -> Event {
        Event::Whispered {
            nick: nick.into(),
            text: text.into(),
            manner: Manner::Text,
            own,
        }
    }

    fn said(room: &str, nick: &str, text: &str) -> Event {
        Event::Said {
            room: room.into(),
            nick: nick.into(),
            text: text.into(),
            manner: Manner::Text,
            own: false,
            mention: false,
        }
    }

    #[test]
    fn the_text_the_person_and_the_place_must_fit() {
        let wait = Wait {
            pattern: Some("^(yes|no)$".parse().unwrap()),
            from: Some("Ann".into()),
            room: Some("#ops".into()),
            whispered: false,
            answers: false,
        };
        assert!(ends(&wait, &said("#OPS", "ann", "yes")));
        assert!(ends(&wait, &said("@#ops", "ann", "yes")));
        assert!(!ends(&wait, &said("#ops", "ann", "yes!")));
        assert!(!ends(&wait, &said("#ops", "bob", "yes")));
        assert!(!ends(&wait, &said("#dev", "ann", "yes")));
        assert!(!ends(&wait, &whisper("ann", "yes", false)));
    }

    #[test]
    fn a_whisper_waited_for_is_not_talk_in_a_room_nor_ones_own() {
        let mut wait = Wait {
            from: Some("ann".into()),
            whispered: true,
            ..Wait::default()
        };
        assert!(!ends(&wait, &said("#ops", "ann", "yes")));
        assert!(!ends(&wait, &whisper("ann", "deploy?", true)));
        assert!(ends(&wait, &whisper("ann", "yes", false)));
        wait.follow(
            &Event::Renamed {
                from: "ANN".into(),
                to: "anna".into(),
                own: false,
            },
            &Naming::default(),
        );
        assert!(ends(&wait, &whisper("anna", "yes", false)));
    }

    #[test]
    fn a_wrong_expression_is_told_in_one_line() {
        let error = "a(".parse::<Pattern>().unwrap_err().to_string();
        assert!(!error.is_empty() && !error.contains('\n'), "{error:?}");
    }
}
