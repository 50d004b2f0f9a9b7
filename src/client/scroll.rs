//! What scrolls by above the prompt: the lines that events become, and what is remembered of
//! them.
//!
//! People who come or leave in one moment share a line here, another day is told, what calls for
//! attention rings the bell, and `/history` and `/search` find what was shown.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Event, Manner};
use super::input::{self, Intent, Local};
use super::netsplit::{Moment, Netsplits};
use super::safe::{safe, safe_name};
use super::screen::{Look, TEXT_BEGINS, without_styles};
use super::session::Unread;
use super::settings::{Calls, NotifyBy, SETTINGS, Setting};

/// How many lines are remembered.
const REMEMBERED_LINES_MAX: usize = 10_000;
/// However long they are, they take no more memory than this.
const REMEMBERED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many lines `/search` shows at most, the newest ones.
const FOUND_LINES_MAX: usize = 100;
const BELL: char = '\x07';

/// The lines above the prompt.
#[derive(Debug)]
pub struct Scroll {
    look: Look,
    /// Whether the lines go to a terminal, which has a bell and a title.
    on_terminal: bool,
    remembered: VecDeque<String>,
    remembered_bytes: usize,
    /// The day of the last line, as it was told, and when that was.
    day: Option<String>,
    day_at: i64,
    /// Who came or left in the moment at hand, and has not been told yet.
    gathered: Vec<Event>,
    gathered_at: i64,
    netsplits: Netsplits,
    rung_at: Option<i64>,
}

impl Scroll {
    /// Nothing has been shown yet.
    pub fn new(mut look: Look, on_terminal: bool) -> Self {
        if on_terminal {
            look.hang();
        }
        Self {
            look,
            on_terminal,
            remembered: VecDeque::new(),
            remembered_bytes: 0,
            day: None,
            day_at: 0,
            gathered: Vec::new(),
            gathered_at: 0,
            netsplits: Netsplits::default(),
            rung_at: None,
        }
    }

    /// How things are shown.
    pub fn look(&self) -> &Look {
        &self.look
    }

    /// What to print for an event; `active` is the room that needs not be named. Who comes and
    /// goes may be held back until [`Scroll::flush`].
    pub fn show(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        if is_coming_or_going(event) {
            if !self.look.taste.joins || !self.look.shows(event) {
                return String::new();
            }
            if self.look.taste.gather && self.netsplits.take(event, unix_seconds) {
                return String::new();
            }
            if self.look.taste.gather {
                let before = self.flush_unlike(event, active);
                self.gathered.push(event.clone());
                self.gathered_at = unix_seconds;
                return before;
            }
        }
        let mut text = match event {
            // Nobody will come back before that is over.
            Event::ServerLost { .. } => self.flush(active),
            _ => self.flush_gathered(active),
        };
        let lines = self.look.lines(event, unix_seconds, active);
        if lines.is_empty() {
            return text;
        }
        text.push_str(&self.attention(event, unix_seconds));
        text.push_str(&self.scrolled(lines, unix_seconds));
        text
    }

    /// Remembers what this person said: it stands on the screen already, as it was typed.
    pub fn remember(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) {
        if !event.is_secret() {
            let lines = self.look.lines(event, unix_seconds, active);
            self.keep(&lines);
        }
    }

    /// What to print of those who came or left: the moment is over.
    pub fn flush(&mut self, active: Option<&str>) -> String {
        let mut text = self.flush_gathered(active);
        for moment in self.netsplits.end() {
            text.push_str(&self.netsplit(&moment, active));
        }
        text
    }

    /// The same when all that came together is shown. What takes a moment goes on until that is
    /// over, at [`Scroll::held_until`].
    pub fn pause(&mut self, active: Option<&str>, elapsed: Duration) -> String {
        let mut text = self.flush_gathered(active);
        for moment in self.netsplits.end_in_time(elapsed) {
            text.push_str(&self.netsplit(&moment, active));
        }
        text
    }

    /// When there is something more to show.
    pub fn held_until(&self) -> Option<Duration> {
        self.netsplits.until()
    }

    fn netsplit(&mut self, moment: &Moment, active: Option<&str>) -> String {
        let at = moment.unix_seconds;
        let lines = match moment.nicks.len() {
            1 => self.look.lines(&moment.first, at, active),
            _ => {
                let (servers, nicks) = (&moment.servers, &moment.nicks);
                self.look.netsplit(servers, nicks, moment.is_over, at)
            }
        };
        match lines.is_empty() {
            true => lines,
            false => self.scrolled(lines, at),
        }
    }

    fn flush_gathered(&mut self, active: Option<&str>) -> String {
        let events = std::mem::take(&mut self.gathered);
        let at = self.gathered_at;
        let lines = match &events[..] {
            [] => return String::new(),
            [only] => self.look.lines(only, at, active),
            [first, ..] => {
                let nicks: Vec<String> = events.iter().filter_map(who).collect();
                let came = matches!(first, Event::Joined { .. });
                let room = room_of(first)
                    .filter(|room| !active.is_some_and(|active| active.eq_ignore_ascii_case(room)));
                self.look.gathered(&nicks, came, room, at)
            }
        };
        if lines.is_empty() {
            return lines;
        }
        self.scrolled(lines, at)
    }

    /// The same if this event cannot share a line with them.
    fn flush_unlike(&mut self, event: &Event, active: Option<&str>) -> String {
        let alike = self.gathered.first().is_none_or(|first| {
            std::mem::discriminant(first) == std::mem::discriminant(event)
                && room_of(first) == room_of(event)
        });
        if alike {
            String::new()
        } else {
            self.flush_gathered(active)
        }
    }

    /// Lines on their way to the screen: they are remembered, and another day is told first.
    fn scrolled(&mut self, lines: String, unix_seconds: i64) -> String {
        let lines = self.day_before(self.look.table(lines), unix_seconds);
        self.keep(&lines);
        lines
    }

    /// Keeps lines for `/history` and `/search`.
    fn keep(&mut self, lines: &str) {
        for line in lines.split_inclusive('\n') {
            self.remembered_bytes += line.len();
            self.remembered.push_back(line.to_owned());
            while (self.remembered.len() > REMEMBERED_LINES_MAX
                || self.remembered_bytes > REMEMBERED_BYTES_MAX)
                && let Some(oldest) = self.remembered.pop_front()
            {
                self.remembered_bytes -= oldest.len();
            }
        }
    }

    /// The lines, with another day in front of them when it is one.
    fn day_before(&mut self, lines: String, unix_seconds: i64) -> String {
        if self.day.is_some() && self.day_at == unix_seconds {
            return lines;
        }
        self.day_at = unix_seconds;
        let day = self.look.day(unix_seconds);
        match self.day.replace(day.clone()) {
            Some(before) if before != day => day + &lines,
            _ => lines,
        }
    }

    /// What makes the terminal call for attention, if the event is worth it: at most once a
    /// second, whoever sends how much.
    fn attention(&mut self, event: &Event, unix_seconds: i64) -> String {
        let call = match event {
            Event::Whispered { own: false, .. } => Calls::Whispers,
            Event::Said {
                own: false,
                mention: true,
                ..
            }
            | Event::Invited { .. } => Calls::Mentions,
            Event::Said {
                own: false, manner, ..
            } if *manner != Manner::Notice => Calls::All,
            _ => return String::new(),
        };
        if !self.on_terminal || self.rung_at == Some(unix_seconds) {
            return String::new();
        }
        let mut sequences = String::new();
        if self.look.taste.bell >= call {
            sequences.push(BELL);
        }
        if self.look.taste.notify >= call
            && let Event::Said { nick, text, .. } | Event::Whispered { nick, text, .. } = event
        {
            let (nick, text) = (safe_name(nick), safe(text));
            sequences.push_str(&match self.look.taste.notify_by {
                NotifyBy::Osc9 => format!("\x1b]9;{nick}: {text}{BELL}"),
                // The first semicolon ends the title.
                NotifyBy::Osc777 => {
                    let title = nick.replace(';', "_");
                    format!("\x1b]777;notify;{title};{text}{BELL}")
                }
            });
        }
        if !sequences.is_empty() {
            self.rung_at = Some(unix_seconds);
        }
        sequences
    }

    /// The title for the window, where it is to have one of ours.
    pub fn title(&self, room: Option<&str>, unread: Unread) -> Option<String> {
        if !self.on_terminal || !self.look.taste.title {
            return None;
        }
        let room = room.map_or("chatroom".to_owned(), safe_name);
        Some(match unread.messages {
            0 => room,
            messages => format!("({messages}) {room}"),
        })
    }

    /// Does what a typed line asks of the screen.
    pub fn local(&mut self, line: &str) -> String {
        let lines = match input::parse(line) {
            Ok(Intent::Local(Local::History { count })) => self.history(count),
            Ok(Intent::Local(Local::Search { text })) => self.search(text),
            Ok(Intent::Local(Local::Set { name, value })) => self.set(name, value),
            // The editor clears the screen itself.
            _ => String::new(),
        };
        self.look.table(lines)
    }

    fn history(&self, count: usize) -> String {
        let skipped = self.remembered.len().saturating_sub(count);
        self.remembered.iter().skip(skipped).cloned().collect()
    }

    fn search(&self, text: &str) -> String {
        let wanted = text.to_lowercase();
        let found: Vec<&String> = self
            .remembered
            .iter()
            .filter(|line| {
                let line = without_styles(line).replace(TEXT_BEGINS, "");
                line.to_lowercase().contains(&wanted)
            })
            .collect();
        if found.is_empty() {
            let words = format!("nothing of what was shown has {:?} in it", safe(text));
            return self.look.warning(&words);
        }
        let skipped = found.len().saturating_sub(FOUND_LINES_MAX);
        found.into_iter().skip(skipped).cloned().collect()
    }

    fn set(&mut self, name: Option<&str>, value: Option<&str>) -> String {
        let row = |setting: &Setting, look: &Look| {
            let value = setting.value(&look.taste);
            format!(
                "{} is {value}: {} ({})\n",
                setting.name, setting.help, setting.values
            )
        };
        let Some(name) = name else {
            return SETTINGS
                .iter()
                .map(|setting| row(setting, &self.look))
                .collect();
        };
        let setting = match Setting::find(name) {
            Ok(setting) => setting,
            Err(error) => return self.look.warning(&safe(&error.to_string())),
        };
        if let Some(value) = value
            && let Err(error) = setting.set(&mut self.look.taste, value)
        {
            return self.look.warning(&safe(&error.to_string()));
        }
        self.look.taste_changed();
        row(setting, &self.look)
    }
}

fn is_coming_or_going(event: &Event) -> bool {
    matches!(
        event,
        Event::Joined { .. } | Event::Left { .. } | Event::Quit { .. }
    )
}

fn who(event: &Event) -> Option<String> {
    match event {
        Event::Joined { nick, .. } | Event::Left { nick, .. } | Event::Quit { nick, .. } => {
            Some(nick.clone())
        }
        _ => None,
    }
}

fn room_of(event: &Event) -> Option<&str> {
    match event {
        Event::Joined { room, .. } | Event::Left { room, .. } => Some(room),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::client::event::Fate;
    use crate::client::json::Stamp;
    use crate::client::screen::Volume;
    use crate::client::settings::Taste;

    const NOON: i64 = 12 * 3_600 + 60;

    fn scroll() -> Scroll {
        let taste = Taste {
            wrap: false,
            ..Taste::default()
        };
        let look = Look::new(false, Volume::Normal, TimeZone::UTC, taste);
        Scroll::new(look, true)
    }

    fn joined(nick: &str) -> Event {
        Event::Joined {
            room: "#a".into(),
            nick: nick.into(),
        }
    }

    fn said(text: &str, mention: bool) -> Event {
        Event::Said {
            room: "#a".into(),
            nick: "bob".into(),
            text: text.into(),
            manner: Manner::Text,
            own: false,
            mention,
        }
    }

    #[test]
    fn those_who_come_in_one_moment_share_a_line_and_order_is_kept() {
        let mut scroll = scroll();
        for nick in ["bob", "carol"] {
            assert_eq!(scroll.show(&joined(nick), NOON, Some("#a")), "");
        }
        assert_eq!(
            scroll.show(&said("hi", false), NOON, Some("#a")),
            "12:01 → bob and carol joined\n12:01 <bob> hi\n"
        );
        for number in 0..14 {
            scroll.show(&joined(&format!("p{number}")), NOON, Some("#b"));
        }
        assert_eq!(
            scroll.flush(Some("#b")),
            "12:01 #a → p0, p1, p2 and 11 others joined\n"
        );
        assert_eq!(scroll.flush(Some("#b")), "");
        scroll.show(&joined("dan"), NOON, Some("#a"));
        assert_eq!(scroll.flush(Some("#a")), "12:01 → dan joined\n");
    }

    #[test]
    fn quiet_leaves_out_many_who_come_as_it_leaves_out_one() {
        let look = Look::new(false, Volume::Quiet, TimeZone::UTC, Taste::default());
        let mut scroll = Scroll::new(look, false);
        for nick in ["bob", "carol"] {
            assert_eq!(scroll.show(&joined(nick), NOON, Some("#a")), "");
        }
        assert_eq!(scroll.flush(Some("#a")), "");
    }

    #[test]
    fn a_netsplit_is_one_line_a_second_after_it_began_and_so_is_its_end() {
        let mut scroll = scroll();
        let quit = |nick: &str| Event::Quit {
            nick: nick.into(),
            reason: Some("a.b c.d".into()),
        };
        let ms = Duration::from_millis;
        let room = Some("#a");
        for nick in ["bob", "carol", "dan"] {
            assert_eq!(scroll.show(&quit(nick), NOON, room), "");
        }
        assert_eq!(scroll.pause(room, ms(5)), "");
        assert_eq!(scroll.held_until(), Some(ms(1_005)));
        // What is said meanwhile is not held back for it.
        let hi = scroll.show(&said("hi", false), NOON, room);
        assert_eq!(hi, "12:01 <bob> hi\n");
        assert_eq!(scroll.show(&quit("erin"), NOON, room), "");
        assert_eq!(
            scroll.pause(room, ms(1_005)),
            "12:01 ← netsplit a.b c.d: bob, carol, dan and 1 other\n"
        );
        assert_eq!(scroll.held_until(), None);
        for nick in ["bob", "carol"] {
            assert_eq!(scroll.show(&joined(nick), NOON, room), "");
        }
        assert_eq!(scroll.pause(room, ms(3_000)), "");
        assert_eq!(
            scroll.pause(room, ms(4_000)),
            "12:01 → netsplit a.b c.d is over for bob and carol\n"
        );
        // One alone is told as always.
        assert_eq!(scroll.show(&joined("dan"), NOON, room), "");
        assert_eq!(scroll.flush(room), "12:01 → dan joined\n");
    }

    #[test]
    fn joins_can_be_left_out_or_told_one_by_one() {
        let mut scroll = scroll();
        scroll.local("/set joins off");
        assert_eq!(scroll.show(&joined("bob"), NOON, None), "");
        assert_eq!(scroll.flush(None), "");
        scroll.local("/set joins on");
        scroll.local("/set gather off");
        assert_eq!(
            scroll.show(&joined("bob"), NOON, Some("#a")),
            "12:01 → bob joined\n"
        );
    }

    #[test]
    fn another_day_is_told_once() {
        let mut scroll = scroll();
        scroll.show(&said("one", false), NOON, Some("#a"));
        let next = scroll.show(&said("two", false), NOON + 86_400, Some("#a"));
        assert_eq!(next, "— Friday, 2 January 1970 —\n12:01 <bob> two\n");
        let same = scroll.show(&said("three", false), NOON + 86_401, Some("#a"));
        assert_eq!(same, "12:01 <bob> three\n");
    }

    #[test]
    fn the_bell_rings_for_what_was_asked_and_once_a_second() {
        let mut scroll = scroll();
        let mut rings = |text: &str, mention, at| {
            let event = said(text, mention);
            scroll.show(&event, at, Some("#a")).contains(BELL)
        };
        assert!(!rings("hi", false, NOON));
        assert!(rings("alice: hi", true, NOON));
        assert!(!rings("alice: hi", true, NOON));
        assert!(rings("alice: hi", true, NOON + 1));
        scroll.local("/set bell off");
        let quiet = scroll.show(&said("alice", true), NOON + 2, Some("#a"));
        assert!(!quiet.contains(BELL));
    }

    #[test]
    fn a_notification_cannot_be_broken_out_of() {
        let mut scroll = scroll();
        scroll.local("/set notify mentions");
        scroll.local("/set bell off");
        let shown = scroll.show(&said("x\x07\x1b]0;evil\x07", true), NOON, Some("#a"));
        assert_eq!(
            shown,
            "\x1b]9;bob: x^G^[]0;evil^G\x0712:01 <bob> x^G^[]0;evil^G\n"
        );
        scroll.local("/set notify-by osc777");
        let shown = scroll.show(&said("x;\x1b\\y", true), NOON + 1, Some("#a"));
        assert!(
            shown.starts_with("\x1b]777;notify;bob;x;^[\\y\x07"),
            "{shown:?}"
        );
    }

    #[test]
    fn what_was_shown_is_found_again() {
        let mut scroll = scroll();
        for text in ["one apple", "two pears", "three Apples"] {
            scroll.show(&said(text, false), NOON, Some("#a"));
        }
        assert_eq!(
            scroll.local("/search apple"),
            "12:01 <bob> one apple\n12:01 <bob> three Apples\n"
        );
        assert_eq!(scroll.local("/history 1"), "12:01 <bob> three Apples\n");
        assert!(scroll.local("/search plum").starts_with("nothing of what"));
    }

    #[test]
    fn lines_that_are_to_be_wrapped_are_found_as_they_read() {
        let mut scroll = scroll();
        scroll.local("/set wrap on");
        let shown = scroll.show(&said("one apple", false), NOON, Some("#a"));
        assert_eq!(shown, "12:01 \u{1e}<bob> \u{1e}one apple\n");
        assert_eq!(scroll.local("/search bob> one"), shown);
        assert!(
            scroll
                .local("/search bob> two")
                .starts_with("\u{1e}nothing of what")
        );
    }

    #[test]
    fn ones_own_words_are_found_again_and_passwords_are_not() {
        let mut scroll = scroll();
        let sent = |target: &str, text: &str| Event::Sent {
            number: 0,
            target: target.into(),
            nick: "alice".into(),
            text: text.into(),
            manner: Manner::Text,
            fate: Fate::Delivered,
            stamp: Stamp::default(),
        };
        scroll.remember(&sent("#a", "an apple"), NOON, Some("#a"));
        scroll.remember(&sent("NickServ", "identify apple"), NOON, Some("#a"));
        scroll.show(&said("which apple?", false), NOON, Some("#a"));
        assert_eq!(
            scroll.local("/search apple"),
            "12:01 <alice> an apple\n12:01 <bob> which apple?\n"
        );
    }

    #[test]
    fn what_is_remembered_has_a_bound_in_bytes_and_the_newest_stays() {
        let mut scroll = scroll();
        let long = "x".repeat(64 * 1024);
        for number in 0..100 {
            scroll.show(&said(&format!("{number} {long}"), false), NOON, Some("#a"));
        }
        assert!(scroll.remembered_bytes <= REMEMBERED_BYTES_MAX);
        let bytes: usize = scroll.remembered.iter().map(String::len).sum();
        assert_eq!(bytes, scroll.remembered_bytes);
        assert!(scroll.local("/history 1").contains("<bob> 99 x"));
    }

    #[test]
    fn a_wrong_setting_explains_itself() {
        let mut scroll = scroll();
        assert_eq!(
            scroll.local("/set bel off"),
            "no setting bel; did you mean bell?\n"
        );
        assert!(scroll.local("/set").lines().count() == SETTINGS.len());
        assert!(scroll.local("/set bell all").starts_with("bell is all:"));
    }

    #[test]
    fn the_title_tells_what_is_unread_where_it_is_wanted() {
        let mut scroll = scroll();
        let unread = |messages| Unread {
            messages,
            mentions: 0,
        };
        let title = |scroll: &Scroll, count| scroll.title(Some("#a"), unread(count));
        assert_eq!(title(&scroll, 0), None);
        scroll.local("/set title on");
        assert_eq!(title(&scroll, 2).as_deref(), Some("(2) #a"));
        assert_eq!(title(&scroll, 0).as_deref(), Some("#a"));
        assert_eq!(scroll.title(None, unread(0)).as_deref(), Some("chatroom"));
    }
}
