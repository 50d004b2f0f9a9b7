//! An event as safe, coloured text: whole lines, ready to be printed above the prompt.
//!
//! `talk` is what people say, `rooms` who comes and goes and what a room is, `people` the answers
//! that are tables. `formatting` reads what others make bold or coloured, `style` has the colours
//! and times of our own, `wrap` lays lines out, and `prompt` is the line below them all.

mod irc_formatting;
mod listings;
mod membership;
mod messages;
mod prompt;
pub mod scrollback;
mod style;
mod wrap;

use std::cell::RefCell;

use jiff::tz::TimeZone;

use crate::client::command::settings::DisplaySettings;
use crate::client::event::{Event, explain};
use crate::common::sanitize::{sanitize, sanitize_name};
pub use prompt::Prompt;
pub use wrap::{INDENT_MARK, strip_styles, wrap_block};

/// How much this person wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only what people say, and refusals.
    Quiet,
    /// Also who comes and goes.
    Script,
    /// Also what the server and this program have to say.
    Normal,
    /// Also each line of the server that is of use to few.
    Verbose,
}

/// How events are shown.
#[derive(Debug, Clone)]
pub struct Renderer {
    color: bool,
    verbosity: Verbosity,
    zone: TimeZone,
    /// The last time that was written, and how: many lines come in one second.
    last_time: RefCell<(i64, String)>,
    /// Whether lines tell where their text begins, for who lays them out.
    indents: bool,
    /// Whether all of it was seen at another time than now.
    is_replay: bool,
    /// What can be changed while the program runs.
    pub settings: DisplaySettings,
}

impl Renderer {
    /// A look with or without colours, with times in `zone`.
    pub fn new(
        color: bool,
        verbosity: Verbosity,
        zone: TimeZone,
        settings: DisplaySettings,
    ) -> Self {
        if color {
            // The library would look at the terminal and the environment once more; what they
            // say has been weighed by the time a look is made.
            colored::control::set_override(true);
        }
        Self {
            color,
            verbosity,
            zone,
            last_time: RefCell::default(),
            indents: false,
            is_replay: false,
            settings,
        }
    }

    /// The same without colours and times, and with nothing left out.
    pub fn unstyled(&self) -> Self {
        let mut unstyled = self.clone();
        unstyled.color = false;
        unstyled.verbosity = Verbosity::Verbose;
        unstyled.settings.time.clear();
        unstyled.settings.nick_width = 0;
        unstyled.settings_changed();
        unstyled
    }

    /// From now on lines tell of what was seen at another time.
    pub fn for_replay(&mut self) {
        self.is_replay = true;
    }

    /// From now on lines are for [`wrap_block`], as far as this person wants that.
    pub fn hanging_indent(&mut self) {
        self.indents = true;
    }

    /// [`INDENT_MARK`], where that is of use.
    fn indent_mark(&self) -> &'static str {
        if self.indents && self.settings.wrap {
            "\x1e"
        } else {
            ""
        }
    }

    /// Lines are laid out like the rows of a table when no text begins in them.
    pub fn table_rows(&self, lines: String) -> String {
        if self.indent_mark().is_empty() || lines.contains(INDENT_MARK) {
            return lines;
        }
        let rows = lines.split_inclusive('\n');
        rows.map(|row| format!("{INDENT_MARK}{row}")).collect()
    }

    /// Whether colours are on.
    pub fn has_color(&self) -> bool {
        self.color
    }

    /// Whether so much is to be seen that an event is.
    pub fn shows(&self, event: &Event) -> bool {
        self.verbosity >= min_verbosity(event)
    }

    /// The lines that show `event`, each with its line feed; none when it is not to be shown.
    /// `active` is the room that needs not be named.
    pub fn lines(&self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        if !self.shows(event) {
            return String::new();
        }
        let time = self.time_prefix(unix_seconds);
        // What was just typed needs no time for what became of it.
        let when = if self.is_replay { time.as_str() } else { "" };
        let text = match event {
            Event::Said { .. } | Event::Whispered { .. } | Event::Sent { .. } => {
                self.message(event, active)
            }
            Event::ServerSaid { text, .. } | Event::ServerNotice { text } => {
                self.dim(&format!("-- {}{}", self.indent_mark(), sanitize(text)))
            }
            Event::Entered {
                room,
                nick,
                others,
                first,
            } => return self.room_entered(room, nick, others, *first),
            Event::Departed { room } => self.dim(&format!("you left {}", sanitize_name(room))),
            Event::Joined { .. }
            | Event::Left { .. }
            | Event::Kicked { .. }
            | Event::Quit { .. } => self.membership(event, active),
            Event::Renamed { to, own: true, .. } => format!("you are now {}", self.nick(to)),
            Event::Renamed { from, to, .. } => {
                format!("{} is now {}", self.nick(from), self.nick(to))
            }
            Event::Topic { .. }
            | Event::TopicChanged { .. }
            | Event::ModeChanged { .. }
            | Event::Modes { .. }
            | Event::Invited { .. } => self.room_state(event, active),
            Event::Who { room, people } => return self.who(room, people, unix_seconds),
            Event::Names { room, nicks } => {
                let nicks: Vec<String> = nicks.iter().map(|nick| sanitize_name(nick)).collect();
                return format!("{}: {}\n", sanitize_name(room), nicks.join(" "));
            }
            Event::Rooms { rooms } => return self.own_rooms(rooms),
            Event::RoomList { rooms } => return self.room_list(rooms),
            Event::Whois { details } => return self.whois(details, unix_seconds),
            Event::Away { nick, message } => {
                format!("{} is away: {}", self.nick(nick), sanitize(message))
            }
            Event::OwnAway { away: true } => "you are marked as away; /away ends it".to_owned(),
            Event::OwnAway { away: false } => "you are no longer away".to_owned(),
            Event::Refused {
                number,
                parameters,
                text,
                command,
                ..
            } => {
                let why = explain::error_with_command(*number, parameters, command.as_deref());
                let why = match text {
                    Some(text) => format!("{why} Not delivered: {}", sanitize(text)),
                    None => why,
                };
                return format!("{when}{}", self.warning(&why));
            }
            Event::ConfusableNick { nick, other } => {
                let (nick, other) = (sanitize_name(nick), sanitize_name(other));
                return self.warning(&format!(
                    "{nick} is not {other}, though the nicks look alike"
                ));
            }
            Event::SpoofedQuote { nick, other } => {
                let (nick, other) = (sanitize_name(nick), sanitize_name(other));
                return self.warning(&format!("it is {nick} who wrote that, not {other}"));
            }
            Event::InputRejected { words, .. } => {
                return format!("{when}{}", self.warning(&sanitize(words)));
            }
            Event::ServerLost {
                why,
                retry_seconds,
                still,
            } => server_lost(why, *retry_seconds, *still),
            Event::ServerBack => "the server is back".to_owned(),
            Event::Note { words } | Event::Answer { words } => {
                // Most notes are this program's own words, but a room's name can stand in one.
                let lines: Vec<String> = words.split('\n').map(sanitize).collect();
                return format!("{}\n", self.dim(&lines.join("\n")));
            }
            Event::LogStatus { words } => return self.warning(&sanitize(words)),
        };
        format!("{time}{}{text}\n", self.indent_mark())
    }
}

/// A line of the server as it is, for programs that understand the wire. What is not UTF-8 is
/// shown as such, so that the line stays a line of text; on a terminal nothing of it is obeyed.
pub fn raw_line(line: &[u8], on_terminal: bool) -> String {
    let line = String::from_utf8_lossy(line);
    match on_terminal {
        true => sanitize(&line) + "\n",
        false => line.into_owned() + "\n",
    }
}

/// The words for a server that is gone.
fn server_lost(why: &str, retry_seconds: Option<u64>, still: bool) -> String {
    let what = if still {
        "still no server"
    } else {
        "the server is gone"
    };
    let retry = retry_seconds.map(|seconds| format!("; trying again in {seconds} s"));
    format!("{what} ({}){}", sanitize(why), retry.unwrap_or_default())
}

/// The least volume at which an event is shown.
fn min_verbosity(event: &Event) -> Verbosity {
    match event {
        Event::ServerNotice { .. } => Verbosity::Verbose,
        Event::Joined { .. }
        | Event::Left { .. }
        | Event::Quit { .. }
        | Event::Kicked { own: false, .. }
        | Event::TopicChanged { .. }
        | Event::Renamed { own: false, .. } => Verbosity::Script,
        Event::Entered { .. }
        | Event::ServerSaid { asked: false, .. }
        | Event::Modes { asked: false, .. }
        | Event::Topic { asked: false, .. }
        | Event::Departed { .. }
        | Event::ModeChanged { .. }
        | Event::SpoofedQuote { .. }
        | Event::Note { .. } => Verbosity::Normal,
        _ => Verbosity::Quiet,
    }
}

#[cfg(test)]
mod tests;
