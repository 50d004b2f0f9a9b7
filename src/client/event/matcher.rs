//! Matches the event that a script waits for before it ends.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::Event;
use crate::client::session::Isupport;
use crate::common::sanitize::visible_text;

/// A regular expression. Letter case and classes are those of Unicode.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Whether it fits somewhere in the text as a reader sees it, without formatting codes.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(&visible_text(text))
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
pub struct PatternError(regex::Error);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The library draws in several lines where the mistake is; the last one says what it is.
        let words = self.0.to_string();
        let last = words.lines().last().unwrap_or_default().trim();
        f.write_str(last.strip_prefix("error: ").unwrap_or(last))
    }
}

impl std::error::Error for PatternError {}

/// Something said that ends the waiting.
#[derive(Debug, Clone, Default)]
pub struct EventMatcher {
    /// The pattern of its text.
    pub pattern: Option<Pattern>,
    /// The nick of the speaker.
    pub from: Option<String>,
    /// The account that the speaker must be logged in to, whatever the nick.
    pub account: Option<String>,
    /// In which room it must be said.
    pub room: Option<String>,
    /// It must be said to the user only.
    pub whispered: bool,
    /// It answers a line of the script, and only what is said after that line counts.
    pub answers: bool,
}

impl EventMatcher {
    /// Whether this is what is waited for. `account` is that of the speaker, if the server says so.
    pub(in crate::client) fn matches(
        &self,
        event: &Event,
        account: Option<&str>,
        isupport: &Isupport,
    ) -> bool {
        let same = |one: &str, other: &str| isupport.is_same(one, other);
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
            // A message to the operators of a room counts as one to the room.
            (Some(wanted), Some(room)) => {
                same(wanted, isupport.room_of_target(room).unwrap_or(room))
            }
            (Some(_), None) => false,
            (None, place) => place.is_none() || !self.whispered,
        };
        let from = self.from.as_ref().is_none_or(|nick| same(nick, who));
        let wanted = self.account.as_ref();
        let is_account = |wanted: &String| account.is_some_and(|account| same(wanted, account));
        let from = from && wanted.is_none_or(is_account);
        let pattern = self.pattern.as_ref();
        in_place && from && pattern.is_none_or(|pattern| pattern.is_match(said))
    }

    /// Goes on waiting for someone who has another nick now.
    pub(in crate::client) fn track_rename(&mut self, event: &Event, isupport: &Isupport) {
        if let Event::Renamed { from, to, .. } = event
            && let Some(nick) = &mut self.from
            && isupport.is_same(nick, from)
        {
            to.clone_into(nick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::MessageKind;

    fn ends(wait: &EventMatcher, event: &Event) -> bool {
        wait.matches(event, None, &Isupport::default())
    }

    fn whisper(nick: &str, text: &str, own: bool) -> Event {
        Event::Whispered {
            nick: nick.into(),
            text: text.into(),
            kind: MessageKind::Text,
            own,
        }
    }

    fn said(room: &str, nick: &str, text: &str) -> Event {
        Event::Said {
            room: room.into(),
            nick: nick.into(),
            text: text.into(),
            kind: MessageKind::Text,
            own: false,
            mention: false,
        }
    }

    #[test]
    fn the_text_the_person_and_the_place_must_fit() {
        let wait = EventMatcher {
            pattern: Some("^(yes|no)$".parse().unwrap()),
            from: Some("Ann".into()),
            account: None,
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
        let mut wait = EventMatcher {
            from: Some("ann".into()),
            whispered: true,
            ..EventMatcher::default()
        };
        assert!(!ends(&wait, &said("#ops", "ann", "yes")));
        assert!(!ends(&wait, &whisper("ann", "deploy?", true)));
        assert!(ends(&wait, &whisper("ann", "yes", false)));
        wait.track_rename(
            &Event::Renamed {
                from: "ANN".into(),
                to: "anna".into(),
                own: false,
            },
            &Isupport::default(),
        );
        assert!(ends(&wait, &whisper("anna", "yes", false)));
    }

    #[test]
    fn an_account_is_believed_and_a_nick_is_not() {
        let wait = EventMatcher {
            account: Some("Ann".into()),
            whispered: true,
            ..EventMatcher::default()
        };
        let ends = |nick: &str, account: Option<&str>| {
            let event = whisper(nick, "yes", false);
            wait.matches(&event, account, &Isupport::default())
        };
        assert!(ends("anything", Some("ann")));
        assert!(!ends("ann", None));
        assert!(!ends("ann", Some("mallory")));
    }

    #[test]
    fn a_wrong_expression_is_told_in_one_line() {
        let error = |text: &str| text.parse::<Pattern>().unwrap_err().to_string();
        assert_eq!(error("a("), "unclosed group");
        let error = error(r"\w{1000}{1000}");
        assert!(error.contains("size limit"), "{error}");
        assert!(!error.contains('\n'), "{error:?}");
    }

    #[test]
    fn letters_of_every_script_have_their_case_and_classes() {
        for (pattern, text) in [
            ("(?i)ärger", "ÄRGER"),
            ("(?i)привет", "ПРИВЕТ"),
            (r"^na\w+$", "naïve"),
            (r"^\p{Lu}\p{Ll}+$", "Ärger"),
            (r"^\p{Greek}+$", "λόγος"),
            (r"^\d$", "٣"),
            (r"\bdoné\b", "c'est doné."),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert!(pattern.is_match(text), "{pattern:?} {text}");
        }
    }

    #[test]
    fn patterns_match_what_is_seen_and_not_the_codes_between() {
        let fits = |pattern: &str, text: &str| pattern.parse::<Pattern>().unwrap().is_match(text);
        assert!(fits("deploy done", "\x02deploy\x02 done"));
        assert!(fits("^red$", "\x0304,12r\x1ded\x0f"));
        assert!(fits("deploy done", "deploy\u{a0}done"));
        assert!(!fits("12", "\x0312blue"));
        assert!(fits("12", "\x030312"));
        assert!(!fits("ff", "\x04ff0000red"));
    }
}
