//! Lists of users and rooms.

use std::fmt::Write as _;

use super::{Renderer, cells};
use crate::client::event::{RoomSummary, WhoEntry, WhoisInfo};
use crate::common::sanitize::{sanitize, sanitize_name};

/// How many users are named after a join.
const NAMED_ON_ENTRY_MAX: usize = 20;

/// How many rows of a list are shown unless all are asked for.
const ROWS_SHOWN_MAX: usize = 50;

/// The number of rows that are not shown.
fn hidden_rows(rows: usize, all: bool) -> usize {
    match all {
        true => 0,
        false => rows.saturating_sub(ROWS_SHOWN_MAX),
    }
}

impl Renderer {
    pub(super) fn room_entered(
        &self,
        room: &str,
        nick: &str,
        others: Option<&[String]>,
        first: bool,
    ) -> String {
        let with = match others {
            None => String::new(),
            Some([]) => ", alone so far".to_owned(),
            Some(others) => format!(", with {}", self.name_list(others, NAMED_ON_ENTRY_MAX)),
        };
        let names = if others.is_some_and(|others| others.len() > NAMED_ON_ENTRY_MAX) {
            " /names lists them."
        } else {
            ""
        };
        let help = if first {
            " /help lists the commands."
        } else {
            ""
        };
        let (nick, room) = (self.nick(nick), sanitize_name(room));
        format!("You are {nick} in {room}{with}.{names}{help}\n")
    }

    /// Up to `named_max` users by name, and the number of the others.
    pub(super) fn name_list(&self, nicks: &[String], named_max: usize) -> String {
        let names = |nicks: &[String]| {
            let nicks: Vec<String> = nicks.iter().map(|nick| self.nick(nick)).collect();
            nicks.join(", ")
        };
        match nicks {
            [] => "no one".to_owned(),
            [only] => self.nick(only),
            [several @ .., last] if nicks.len() <= named_max => {
                format!("{} and {}", names(several), self.nick(last))
            }
            _ => {
                let named = nicks.get(..named_max).unwrap_or_default();
                let more = match nicks.len() - named.len() {
                    1 => "1 other".to_owned(),
                    more => format!("{more} others"),
                };
                format!("{} and {more}", names(named))
            }
        }
    }

    pub(super) fn who(&self, room: &str, people: &[WhoEntry], all: bool, now: i64) -> String {
        let count = match people.len() {
            0 => {
                let room = sanitize_name(room);
                return format!("There is no room {room}, or you cannot see who is in it.\n");
            }
            1 => "1 person".to_owned(),
            many => format!("{many} people"),
        };
        let mut lines = format!("{} has {count}:\n", sanitize_name(room));
        let hidden = hidden_rows(people.len(), all);
        let mut people: Vec<&WhoEntry> = people.iter().collect();
        if hidden > 0 {
            // Those who can help come first.
            people.sort_by_key(|person| (!person.operator, person.rank.is_empty()));
            people.truncate(ROWS_SHOWN_MAX);
        }
        let labels: Vec<String> = people
            .iter()
            .map(|person| {
                let you = if person.own { " (you)" } else { "" };
                format!("{}{}{you}", person.rank, sanitize_name(&person.nick))
            })
            .collect();
        let wide = labels.iter().map(|label| cells(label)).max();
        let wide = wide.unwrap_or_default();
        for (person, label) in people.iter().zip(&labels) {
            let padding = " ".repeat(wide - cells(label));
            let label = self.in_nick_color(label, &person.nick);
            let since = match person.since {
                Some(since) => format!("here since {}", self.time_and_day(since, now)),
                None => "here since before you joined".to_owned(),
            };
            let idle = match person.idle_seconds {
                Some(seconds) if seconds >= 60 => format!(", idle for {}", duration(seconds)),
                _ => String::new(),
            };
            let away = match (&person.away_message, person.away) {
                (Some(message), _) => format!(", away: {}", sanitize(message)),
                (None, true) => ", away".to_owned(),
                (None, false) => String::new(),
            };
            let account = match &person.account {
                Some(account) => format!(", account {}", sanitize_name(account)),
                None => String::new(),
            };
            let operator = match person.operator {
                true => ", server operator",
                false => "",
            };
            // Many programs send the nick where none is set.
            let real_name = person.real_name.as_ref();
            let real_name = real_name.filter(|name| !name.eq_ignore_ascii_case(&person.nick));
            let real_name = match real_name.map(|name| sanitize(name.trim())) {
                Some(name) if !name.is_empty() => format!(", {name}"),
                _ => String::new(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                lines,
                "  {label}{padding}  {since}{idle}{away}{account}{operator}{real_name}"
            );
        }
        if hidden > 0 {
            let room = sanitize_name(room);
            // Writing to a string cannot fail.
            let _ = writeln!(
                lines,
                "  … and {hidden} more; /who -all {room} lists all, /names {room} only the nicks"
            );
        }
        lines
    }

    pub(super) fn whois(&self, details: &WhoisInfo, now: i64) -> String {
        let nick = self.nick(&details.nick);
        let mut lines = format!(
            "{nick} is {} ({})\n",
            sanitize(&details.real_name),
            sanitize(&details.address)
        );
        let mut row = |words: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "  {words}");
        };
        if let Some(account) = &details.account {
            row(format!("logged in as {}", sanitize_name(account)));
        }
        if let Some(rooms) = &details.rooms {
            row(format!("in {}", sanitize(rooms.trim())));
        }
        if let Some(server) = &details.server {
            row(format!("on {}", sanitize_name(server)));
        }
        if let Some(since) = details.since {
            row(format!("here since {}", self.time_and_day(since, now)));
        }
        if let Some(seconds) = details.idle_seconds {
            row(format!("idle for {}", duration(seconds)));
        }
        if let Some(message) = &details.away {
            row(format!("away: {}", sanitize(message)));
        }
        for words in &details.more {
            row(sanitize(words));
        }
        lines
    }

    /// The rooms that the user is in, numbered for `/room`.
    pub(super) fn own_rooms(&self, rooms: &[RoomSummary]) -> String {
        if rooms.is_empty() {
            return "You are in no room. /join #ROOM joins one.\n".to_owned();
        }
        let mut lines = String::new();
        for room in rooms {
            let number = room.number;
            let mark = if room.active { '*' } else { ' ' };
            let unread = match (room.unread.messages, room.unread.mentions) {
                (0, _) => String::new(),
                (messages, 0) => format!(", {messages} unread"),
                (messages, mentions) => format!(", {messages} unread, {mentions} for you"),
            };
            let name = sanitize_name(&room.name);
            // The user is one of them, so none means that the server has not listed them.
            let people = match room.people {
                0 => "joined".to_owned(),
                people => format!("{people} here"),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{mark}{number} {name}  {people}{unread}");
        }
        lines
    }

    pub(super) fn room_list(&self, rooms: &[RoomSummary], all: bool) -> String {
        let hidden = hidden_rows(rooms.len(), all);
        let mut lines = match rooms.len() {
            0 => "No rooms match.\n".to_owned(),
            1 => "1 room:\n".to_owned(),
            many => format!("{many} rooms:\n"),
        };
        let mut shown: Vec<&RoomSummary> = rooms.iter().collect();
        if hidden > 0 {
            shown.sort_by_key(|room| std::cmp::Reverse(room.people));
            shown.truncate(ROWS_SHOWN_MAX);
            lines = format!(
                "{} rooms, the largest {ROWS_SHOWN_MAX} of them:\n",
                rooms.len()
            );
        }
        for room in shown {
            let (name, people) = (sanitize_name(&room.name), room.people);
            let topic = match room.topic.trim() {
                "" => String::new(),
                topic => format!("  {}", self.text(topic)),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "  {name}  {people} here{topic}");
        }
        if hidden > 0 {
            // Writing to a string cannot fail.
            let _ = writeln!(
                lines,
                "  … and {hidden} more; /list -all lists all, /list *WORD* or /list >PEOPLE some"
            );
        }
        lines
    }
}

/// A number of seconds in the units that suit it.
fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}
