//! An event as safe, coloured text: whole lines, ready to be printed above the prompt.

mod formatting;
mod people;
mod wrap;

use std::cell::RefCell;

use colored::{Color, Colorize as _};
use jiff::{Timestamp, tz::TimeZone};

use super::event::{Event, Fate, Manner, is_room};
use super::safe::{safe, safe_name};
use super::session::{Judgement, Part, Unread};
use super::settings::Taste;
use super::words;
pub use wrap::{TEXT_BEGINS, laid_out, without_styles};

/// How much this person wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volume {
    /// Only what people say, and refusals.
    Quiet,
    /// Also who comes and goes.
    Script,
    /// Also what the server and this program have to say.
    Normal,
    /// Also each line of the server that is of use to few.
    Everything,
}

/// A prompt as plain text, and with colours of the same width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Without colours.
    pub raw: String,
    /// With colours.
    pub styled: String,
    /// The room in which what is typed behind it is said, where it names one.
    pub room: Option<String>,
}

/// How events are shown.
#[derive(Debug, Clone)]
pub struct Look {
    color: bool,
    volume: Volume,
    zone: TimeZone,
    /// The last time that was written, and how: many lines come in one second.
    last_time: RefCell<(i64, String)>,
    /// Whether lines tell where their text begins, for who lays them out.
    hangs: bool,
    /// Whether all of it was seen at another time than now.
    is_later: bool,
    /// What can be changed while the program runs.
    pub taste: Taste,
}

impl Look {
    /// A look with or without colours, with times in `zone`.
    pub fn new(color: bool, volume: Volume, zone: TimeZone, taste: Taste) -> Self {
        if color {
            // The library would look at the terminal and the environment once more; what they
            // say has been weighed by the time a look is made.
            colored::control::set_override(true);
        }
        Self {
            color,
            volume,
            zone,
            last_time: RefCell::default(),
            hangs: false,
            is_later: false,
            taste,
        }
    }

    /// The same without colours and times, and with nothing left out.
    pub fn bare(&self) -> Self {
        let mut bare = self.clone();
        bare.color = false;
        bare.volume = Volume::Everything;
        bare.taste.time.clear();
        bare.taste.nick_width = 0;
        bare.taste_changed();
        bare
    }

    /// From now on lines tell of what was seen at another time.
    pub fn look_back(&mut self) {
        self.is_later = true;
    }

    /// From now on lines are for [`laid_out`], as far as this person wants that.
    pub fn hang(&mut self) {
        self.hangs = true;
    }

    /// [`TEXT_BEGINS`], where that is of use.
    fn text_begins(&self) -> &'static str {
        if self.hangs && self.taste.wrap {
            "\x1e"
        } else {
            ""
        }
    }

    /// Lines are laid out like the rows of a table when no text begins in them.
    pub fn table(&self, lines: String) -> String {
        if self.text_begins().is_empty() || lines.contains(TEXT_BEGINS) {
            return lines;
        }
        let rows = lines.split_inclusive('\n');
        rows.map(|row| format!("{TEXT_BEGINS}{row}")).collect()
    }

    /// Whether colours are on.
    pub fn has_color(&self) -> bool {
        self.color
    }

    /// The prompt for talking in `room`, with what is unread elsewhere.
    pub fn prompt(&self, room: Option<&str>, unread: Unread) -> Prompt {
        let elsewhere = match unread {
            Unread { messages: 0, .. } => String::new(),
            Unread {
                messages,
                mentions: 0,
            } => format!(" +{messages}"),
            Unread { messages, mentions } => format!(" +{messages} @{mentions}"),
        };
        // Words may stand behind the name of a room that was left.
        let room = room.map(safe).unwrap_or_default();
        let raw = match (room.as_str(), elsewhere.as_str()) {
            ("", "") => "> ".to_owned(),
            _ => format!("[{room}{elsewhere}] "),
        };
        let styled = if self.color {
            raw.bold().to_string()
        } else {
            raw.clone()
        };
        Prompt {
            raw,
            styled,
            room: None,
        }
    }

    /// A line that is being typed, with colours for what is known of its words. It takes the same
    /// cells as without.
    pub fn typed(&self, line: &str, judgement: &Judgement) -> String {
        let mut painted = String::with_capacity(line.len());
        let mut done = 0;
        for (range, part) in &judgement.parts {
            let (Some(before), Some(text)) = (line.get(done..range.start), line.get(range.clone()))
            else {
                // The line has changed since it was judged.
                break;
            };
            painted.push_str(before);
            painted.push_str(&match part {
                _ if !self.color => text.to_owned(),
                Part::Command => text.color(COMMAND).to_string(),
                Part::Refused => text.color(WARNING).to_string(),
                Part::Nick => {
                    let nick = text.trim_matches(['@', ':', ',']);
                    self.colored_as(text, nick)
                }
            });
            done = range.end;
        }
        painted.push_str(line.get(done..).unwrap_or_default());
        painted
    }

    /// Whether so much is to be seen that an event is.
    pub fn shows(&self, event: &Event) -> bool {
        self.volume >= least_volume(event)
    }

    /// The lines that show `event`, each with its line feed; none when it is not to be shown.
    /// `active` is the room that needs not be named.
    pub fn lines(&self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        if !self.shows(event) {
            return String::new();
        }
        let time = self.time(unix_seconds);
        // What was just typed needs no time for what became of it.
        let when = if self.is_later { time.as_str() } else { "" };
        let room_of = |room: &str| match active {
            Some(active) if active.eq_ignore_ascii_case(room) => String::new(),
            _ => format!("{} ", self.dim(&safe_name(room))),
        };
        let because = |reason: &Option<String>| match reason {
            Some(reason) if !reason.is_empty() => format!(" ({})", self.text(reason)),
            _ => String::new(),
        };
        let text = match event {
            Event::Said {
                room,
                nick,
                text,
                manner,
                own,
                mention,
            } => {
                let said = self.said(nick, text, *manner, *own, *mention);
                format!("{}{said}", room_of(room))
            }
            Event::Whispered {
                nick,
                text,
                manner,
                own,
            } => self.whispered(nick, text, *manner, *own),
            Event::Sent {
                target,
                nick,
                text,
                manner,
                fate,
                ..
            } => {
                let said = match is_room(target) {
                    true => {
                        let said = self.said(nick, text, *manner, true, false);
                        format!("{}{said}", room_of(target))
                    }
                    false => self.whispered(target, text, *manner, true),
                };
                format!("{said}{}", self.fate(*fate))
            }
            Event::ServerSaid { text, .. } | Event::ServerDetail { text } => {
                self.dim(&format!("-- {}{}", self.text_begins(), safe(text)))
            }
            Event::Entered {
                room,
                nick,
                others,
                first,
            } => return self.entered(room, nick, others, *first),
            Event::Departed { room } => self.dim(&format!("you left {}", safe_name(room))),
            Event::Joined { room, nick } => {
                format!(
                    "{}{} {} joined",
                    room_of(room),
                    self.dim("→"),
                    self.nick(nick)
                )
            }
            Event::Left { room, nick, reason } => format!(
                "{}{} {} left{}",
                room_of(room),
                self.dim("←"),
                self.nick(nick),
                self.dim(&because(reason))
            ),
            Event::Kicked {
                room,
                nick,
                by,
                reason,
                own,
            } => {
                let who = if *own {
                    "you were".to_owned()
                } else {
                    format!("{} was", self.nick(nick))
                };
                format!(
                    "{} {who} thrown out of {} by {}{}",
                    self.dim("←"),
                    safe_name(room),
                    self.nick(by),
                    because(reason)
                )
            }
            Event::Quit { nick, reason } => format!(
                "{} {} left{}",
                self.dim("←"),
                self.nick(nick),
                self.dim(&because(reason))
            ),
            Event::Renamed { to, own: true, .. } => format!("you are now {}", self.nick(to)),
            Event::Renamed { from, to, .. } => {
                format!("{} is now {}", self.nick(from), self.nick(to))
            }
            Event::Topic { room, topic, .. } => match topic {
                Some(topic) => format!("{} is about: {}", safe_name(room), self.text(topic)),
                None => format!("{} has no topic", safe_name(room)),
            },
            Event::TopicChanged { room, nick, topic } if topic.is_empty() => {
                format!("{}{} took the topic away", room_of(room), self.nick(nick))
            }
            Event::TopicChanged { room, nick, topic } => format!(
                "{}{} set the topic: {}",
                room_of(room),
                self.nick(nick),
                self.text(topic)
            ),
            Event::ModeChanged { target, by, change } => self.dim(&format!(
                "{} set {} on {}",
                safe_name(by),
                safe(change),
                safe_name(target)
            )),
            Event::Modes {
                target, modes, own, ..
            } => {
                let words = match own {
                    true => format!("your modes are {}", safe(modes)),
                    false => format!("the modes of {} are {}", safe_name(target), safe(modes)),
                };
                self.dim(&format!("-- {}{words}", self.text_begins()))
            }
            Event::Invited { room, by } => format!(
                "{} asks you into {1}; /join {1} enters it",
                self.nick(by),
                safe_name(room)
            ),
            Event::Who { room, people } => return self.who(room, people, unix_seconds),
            Event::Names { room, nicks } => {
                let nicks: Vec<String> = nicks.iter().map(|nick| safe_name(nick)).collect();
                return format!("{}: {}\n", safe_name(room), nicks.join(" "));
            }
            Event::Rooms { rooms } => return self.own_rooms(rooms),
            Event::Listed { rooms } => return self.all_rooms(rooms),
            Event::Whois { details } => return self.whois(details, unix_seconds),
            Event::Away { nick, message } => {
                format!("{} is away: {}", self.nick(nick), safe(message))
            }
            Event::OwnAway { away: true } => "you are marked as away; /away ends it".to_owned(),
            Event::OwnAway { away: false } => "you are no longer away".to_owned(),
            Event::Refused {
                number,
                parameters,
                text,
                ..
            } => {
                let why = words::refusal(*number, parameters);
                let why = match text {
                    Some(text) => format!("{why} Not delivered: {}", safe(text)),
                    None => why,
                };
                return format!("{when}{}", self.warning(&why));
            }
            Event::LooksLike { nick, other } => {
                let (nick, other) = (safe_name(nick), safe_name(other));
                return self.warning(&format!(
                    "{nick} is not {other}, though the nicks look alike"
                ));
            }
            Event::Imitated { nick, other } => {
                let (nick, other) = (safe_name(nick), safe_name(other));
                return self.warning(&format!("it is {nick} who wrote that, not {other}"));
            }
            Event::Unsendable { words, .. } => {
                return format!("{when}{}", self.warning(&safe(words)));
            }
            Event::ServerLost {
                why,
                retry_seconds,
                still,
            } => {
                let what = if *still {
                    "still no server"
                } else {
                    "the server is gone"
                };
                let retry = retry_seconds.map(|seconds| format!("; trying again in {seconds} s"));
                format!("{what} ({}){}", safe(why), retry.unwrap_or_default())
            }
            Event::ServerBack => "the server is back".to_owned(),
            Event::Note { words } | Event::Answer { words } => {
                // Most notes are this program's own words, but a room's name can stand in one.
                let lines: Vec<String> = words.split('\n').map(safe).collect();
                return format!("{}\n", self.dim(&lines.join("\n")));
            }
            Event::LogTold { words } => return self.warning(&safe(words)),
        };
        format!("{time}{}{text}\n", self.text_begins())
    }

    /// One line for all who came in, or left, in one moment.
    pub fn gathered(
        &self,
        nicks: &[String],
        came: bool,
        room: Option<&str>,
        unix_seconds: i64,
    ) -> String {
        let (arrow, verb) = if came {
            ("→", "joined")
        } else {
            ("←", "left")
        };
        let room = room.map(|room| format!("{} ", self.dim(&safe_name(room))));
        format!(
            "{}{}{}{} {} {verb}\n",
            self.time(unix_seconds),
            self.text_begins(),
            room.unwrap_or_default(),
            self.dim(arrow),
            self.company(nicks, NAMED_MAX)
        )
    }

    /// One line for all whom a netsplit between these servers took, or who are back from it.
    pub fn netsplit(
        &self,
        servers: &str,
        nicks: &[String],
        is_over: bool,
        unix_seconds: i64,
    ) -> String {
        let (arrow, verb) = if is_over {
            ("→", " is over for")
        } else {
            ("←", ":")
        };
        format!(
            "{}{}{} netsplit {}{verb} {}\n",
            self.time(unix_seconds),
            self.text_begins(),
            self.dim(arrow),
            safe(servers),
            self.company(nicks, NAMED_MAX)
        )
    }

    /// The day a moment is in, as a line of its own, to be shown when it is another one.
    pub fn day(&self, unix_seconds: i64) -> String {
        let day = self.strftime(unix_seconds, "%A, %-d %B %Y");
        format!("{}\n", self.dim(&format!("— {day} —")))
    }

    fn said(&self, nick: &str, text: &str, manner: Manner, own: bool, mention: bool) -> String {
        let text = self.text(text);
        let plain = safe_name(nick);
        let name = match (own || mention) && self.color {
            true => self.nick(nick).bold().to_string(),
            false => self.nick(nick),
        };
        let (before, behind) = match manner {
            Manner::Text => ("<", ">"),
            Manner::Action => ("* ", ""),
            Manner::Notice => ("-", "-"),
        };
        let cells = wrap::cells(&plain) + before.len() + behind.len();
        let padding = " ".repeat((self.taste.nick_width + 2).saturating_sub(cells));
        let padding = if self.taste.nick_width == 0 {
            ""
        } else {
            &padding
        };
        format!(
            "{padding}{before}{name}{behind} {}{text}",
            self.text_begins()
        )
    }

    /// What somebody wrote, with its formatting as far as it is to be shown.
    fn text(&self, text: &str) -> String {
        if self.color && self.taste.formatting {
            formatting::shown(text)
        } else {
            safe(text)
        }
    }

    fn whispered(&self, nick: &str, text: &str, manner: Manner, own: bool) -> String {
        let name = self.nick(nick);
        let text = format!("{}{}", self.text_begins(), self.text(text));
        let verb = match manner {
            Manner::Text => "whispers:",
            Manner::Action => "whispers: *",
            Manner::Notice => "notes:",
        };
        let line = if own {
            format!("you whisper to {name}: {text}")
        } else {
            format!("*{name}* {verb} {text}")
        };
        if self.color {
            line.bold().to_string()
        } else {
            line
        }
    }

    /// What became of this person's own words, where that is not plain.
    fn fate(&self, fate: Fate) -> String {
        match fate {
            Fate::Delivered => String::new(),
            Fate::Refused => self.dim(" (not delivered)"),
            Fate::Unsent => self.warning(" (never sent)").trim_end().to_owned(),
            Fate::Unknown => {
                let words = self.warning(" (nobody knows whether it arrived)");
                words.trim_end().to_owned()
            }
        }
    }

    /// A warning: it stands out, and has no time, for it is about what was just typed.
    pub fn warning(&self, words: &str) -> String {
        if self.color {
            format!("{}\n", words.color(WARNING).bold())
        } else {
            format!("{words}\n")
        }
    }

    fn nick(&self, nick: &str) -> String {
        self.colored_as(&safe_name(nick), nick)
    }

    /// `text` in the colour of `nick`.
    fn colored_as(&self, text: &str, nick: &str) -> String {
        if self.color {
            text.color(nick_color(nick)).to_string()
        } else {
            text.to_owned()
        }
    }

    fn dim(&self, text: &str) -> String {
        if self.color && !text.is_empty() {
            text.dimmed().to_string()
        } else {
            text.to_owned()
        }
    }

    /// The time in front of a line, in this person's time zone, and a space.
    fn time(&self, unix_seconds: i64) -> String {
        if self.taste.time.is_empty() {
            return String::new();
        }
        let mut last = self.last_time.borrow_mut();
        if last.0 != unix_seconds || last.1.is_empty() {
            let time = self.strftime(unix_seconds, &self.taste.time);
            *last = (unix_seconds, format!("{} ", self.dim(&time)));
        }
        last.1.clone()
    }

    /// Forgets what was remembered of the taste of before.
    pub fn taste_changed(&self) {
        self.last_time.borrow_mut().1.clear();
    }

    /// The time of day, and the day if it is not today's.
    fn long_time(&self, unix_seconds: i64, now: i64) -> String {
        let day = |seconds| self.strftime(seconds, "%Y-%m-%d");
        if day(unix_seconds) == day(now) {
            self.strftime(unix_seconds, "%H:%M")
        } else {
            self.strftime(unix_seconds, "%H:%M on %Y-%m-%d")
        }
    }

    fn strftime(&self, unix_seconds: i64, format: &str) -> String {
        match Timestamp::from_second(unix_seconds) {
            Ok(time) => time
                .to_zoned(self.zone.clone())
                .strftime(format)
                .to_string(),
            // A time outside the calendar can only come from a broken server.
            Err(_) => "??:??".to_owned(),
        }
    }
}

/// A line of the server as it is, for programs that understand the wire. What is not UTF-8 is
/// shown as such, so that the line stays a line of text; on a terminal nothing of it is obeyed.
pub fn raw_line(line: &[u8], on_terminal: bool) -> String {
    let line = String::from_utf8_lossy(line);
    match on_terminal {
        true => safe(&line) + "\n",
        false => line.into_owned() + "\n",
    }
}

const COMMAND: Color = Color::AnsiColor(28);
const WARNING: Color = Color::AnsiColor(160);

/// Colours of the 256-colour table that are told apart well and are readable on black and on
/// white: their contrast is at least 3.8 to 1 with both, by the measure of WCAG 2.
const NICK_COLORS: [u8; 14] = [166, 130, 100, 64, 28, 29, 30, 31, 32, 63, 98, 134, 164, 162];

/// The colour of a person: the same in every spelling of the nick, every room and every run.
fn nick_color(nick: &str) -> Color {
    // FNV-1a: short, and it does not change with a release of the standard library.
    let hash = nick.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    let index = (hash >> 32) as usize % NICK_COLORS.len();
    Color::AnsiColor(NICK_COLORS.get(index).copied().unwrap_or_default())
}

/// So many of those who come or leave in one moment are named.
const NAMED_MAX: usize = 3;

/// The least volume at which an event is shown.
fn least_volume(event: &Event) -> Volume {
    match event {
        Event::ServerDetail { .. } => Volume::Everything,
        Event::Joined { .. }
        | Event::Left { .. }
        | Event::Quit { .. }
        | Event::Kicked { own: false, .. }
        | Event::TopicChanged { .. }
        | Event::Renamed { own: false, .. } => Volume::Script,
        Event::Entered { .. }
        | Event::ServerSaid { asked: false, .. }
        | Event::Modes { asked: false, .. }
        | Event::Topic { asked: false, .. }
        | Event::Departed { .. }
        | Event::ModeChanged { .. }
        | Event::Imitated { .. }
        | Event::Note { .. } => Volume::Normal,
        _ => Volume::Quiet,
    }
}

#[cfg(test)]
mod tests;
