//! Renders events as safe, colored text: whole lines, ready to be printed above the prompt.
//!
//! It must not know the session or any file, nor print anything itself, except that the scrollback
//! pushes its lines to the printer. It imports `event`, `command`, `terminal` and `common`; `storage`,
//! `editor`, `ui` and `app` import it.
//!
//! `messages`, `membership` and `listings` render one kind of event each, `network` puts the name of
//! the network in front, `irc_formatting` bold text and colors from others, and `style` our own
//! colors and times. `prompt` is the line below them all, and `scrollback` is everything above it.

mod irc_formatting;
mod listings;
mod membership;
mod messages;
mod network;
mod prompt;
pub mod scrollback;
mod style;

use std::cell::RefCell;

use jiff::tz::TimeZone;

use crate::client::command::message_carries_password;
use crate::client::command::settings::DisplaySettings;
use crate::client::event::{Event, explain};
pub use crate::client::terminal::wrap::{
    INDENT_MARK, cells, strip_styles, with_indents, wrap_block,
};
use crate::common::sanitize::{sanitize, sanitize_name};
use crate::common::sentence::end_sentence;
use network::NamedNetwork;
pub use prompt::{Prompt, hide_secret};

/// The level of detail of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only messages and errors.
    Quiet,
    /// Also joins, parts, quits and the like.
    Script,
    /// Also notes from the server and from this program.
    Normal,
    /// Also each line from the server that few users need.
    Verbose,
}

/// Renders events as text.
#[derive(Debug, Clone)]
pub struct Renderer {
    color: bool,
    verbosity: Verbosity,
    zone: TimeZone,
    /// A cache of the last rendered time: many lines share one second.
    last_time: RefCell<(i64, String)>,
    /// Whether lines carry [`INDENT_MARK`], because [`wrap_block`] breaks them into rows later.
    indents: bool,
    /// The network of the next lines, where there are several.
    network: Option<NamedNetwork>,
    /// Whether the events are replayed from the log, and so happened earlier.
    is_replay: bool,
    /// The display settings that `/set` changes.
    pub settings: DisplaySettings,
}

impl Renderer {
    /// A renderer with or without colors, with times in `zone`.
    pub fn new(
        color: bool,
        verbosity: Verbosity,
        zone: TimeZone,
        settings: DisplaySettings,
    ) -> Self {
        if color {
            // The library would inspect the terminal and the environment again; the caller has
            // decided already.
            colored::control::set_override(true);
        }
        Self {
            color,
            verbosity,
            zone,
            last_time: RefCell::default(),
            indents: false,
            network: None,
            is_replay: false,
            settings,
        }
    }

    /// A copy without colors and times that shows everything.
    pub fn unstyled(&self) -> Self {
        let mut unstyled = self.clone();
        unstyled.color = false;
        unstyled.verbosity = Verbosity::Verbose;
        unstyled.settings.time.clear();
        unstyled.settings.nick_width = 0;
        unstyled.settings_changed();
        unstyled
    }

    /// From now on events are replayed from the log: warnings carry their time, too.
    pub fn for_replay(&mut self) {
        self.is_replay = true;
    }

    /// From now on lines are meant for [`wrap_block`], unless the setting `wrap` is off.
    pub fn hanging_indent(&mut self) {
        self.indents = true;
    }

    /// [`INDENT_MARK`] when lines are wrapped later, otherwise nothing.
    fn indent_mark(&self) -> &'static str {
        if self.indents && self.settings.wrap {
            "\x1e"
        } else {
            ""
        }
    }

    /// Marks lines without an [`INDENT_MARK`] as rows of a table, which [`wrap_block`] indents under
    /// their second column.
    pub fn table_rows(&self, lines: String) -> String {
        if self.indent_mark().is_empty() || lines.contains(INDENT_MARK) {
            return lines;
        }
        with_indents(&lines)
    }

    /// A line that separates others.
    pub fn mark(&self, words: &str) -> String {
        format!("{}\n", self.dim(&format!("--- {words} ---")))
    }

    /// Whether an event is shown at this verbosity.
    pub fn shows(&self, event: &Event) -> bool {
        self.verbosity >= min_verbosity(event)
    }

    /// The lines that show `event`, each with its line feed; empty when it is not shown. Messages
    /// in the room `active` are shown without its name.
    pub fn lines(&self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        let lines = self.lines_of_event(event, unix_seconds, active);
        self.with_network(event, lines, unix_seconds)
    }

    fn lines_of_event(&self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        if !self.shows(event) {
            return String::new();
        }
        let time = self.time_prefix(unix_seconds);
        // A warning about what was just typed needs no time.
        let when = if self.is_replay { time.as_str() } else { "" };
        let text = match event {
            Event::Said { .. } | Event::Whispered { .. } | Event::Sent { .. } => {
                self.message(event, active)
            }
            Event::ServerSaid { text, .. }
            | Event::ServerNotice { text }
            | Event::PersonSent { text, .. } => {
                self.dim(&format!("-- {}{}", self.indent_mark(), sanitize(text)))
            }
            Event::Entered {
                room,
                nick,
                others,
                first,
            } => return self.room_entered(room, nick, others.as_deref(), *first),
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
            Event::Who { room, people, all } => return self.who(room, people, *all, unix_seconds),
            Event::Names { room, nicks } => {
                let nicks: Vec<String> = nicks.iter().map(|nick| sanitize_name(nick)).collect();
                return format!("{}: {}\n", sanitize_name(room), nicks.join(" "));
            }
            Event::Rooms { rooms } => return self.own_rooms(rooms),
            Event::RoomList { rooms, all } => return self.room_list(rooms, *all),
            Event::Whois { details } => return self.whois(details, unix_seconds),
            Event::Away { nick, message } => {
                format!("{} is away: {}", self.nick(nick), sanitize(message))
            }
            Event::PersonChanged { nick, change } => self.person_changed(nick, change),
            Event::OwnAway { away: true } => "You are marked as away. /away ends that.".to_owned(),
            Event::OwnAway { away: false } => "You are no longer away.".to_owned(),
            Event::Refused {
                number,
                parameters,
                room,
                text,
                command,
                ..
            } => {
                let command = command.as_deref();
                let why = explain::error_with_command(*number, parameters, *room, command);
                let target = parameters.first().map(String::as_str).unwrap_or_default();
                let is_shown = |text: &&String| !message_carries_password(target, text);
                let why = match text.as_ref().filter(is_shown) {
                    Some(text) => format!("{why} Not delivered: {}", sanitize(text)),
                    None => why,
                };
                return format!("{when}{}", self.warning(&why));
            }
            Event::ConfusableNick { nick, other } => {
                let (nick, other) = (sanitize_name(nick), sanitize_name(other));
                return self.warning(&format!("{nick} is not {other}: the two nicks look alike."));
            }
            Event::SpoofedQuote { nick, other } => {
                let (nick, other) = (sanitize_name(nick), sanitize_name(other));
                return self.warning(&format!("{nick} wrote that line, not {other}."));
            }
            Event::InputRejected { error, .. } => {
                let error = sanitize(&error.to_string());
                return format!("{when}{}", self.warning(&error));
            }
            Event::ServerLost {
                why,
                retry_seconds,
                still,
            } => server_lost(why, *retry_seconds, *still),
            Event::ServerBack => "Connected again.".to_owned(),
            Event::Note { words } | Event::Answer { words } => {
                // Most notes are this program's own text, but they can contain names from others.
                let lines: Vec<String> = words.split('\n').map(sanitize).collect();
                return format!("{}\n", self.dim(&lines.join("\n")));
            }
            Event::LogStatus(status) => return self.warning(&sanitize(&status.to_string())),
        };
        format!("{time}{}{text}\n", self.indent_mark())
    }
}

/// A line from the server as it is, for programs that understand the protocol. Bytes that are not
/// UTF-8 are replaced; on a terminal control characters are shown as escapes.
pub fn raw_line(line: &[u8], on_terminal: bool) -> String {
    let line = String::from_utf8_lossy(line);
    match on_terminal {
        true => sanitize(&line) + "\n",
        false => line.into_owned() + "\n",
    }
}

/// The message about a lost connection, or about a failed attempt to reconnect.
fn server_lost(why: &str, retry_seconds: Option<u64>, still: bool) -> String {
    let what = if still {
        "Still not connected"
    } else {
        "Connection lost"
    };
    let retry = retry_seconds.map(|seconds| format!(" Trying again in {seconds} s."));
    let lost = end_sentence(format!("{what}: {}", sanitize(why)));
    format!("{lost}{}", retry.unwrap_or_default())
}

/// The lowest verbosity at which an event is shown.
fn min_verbosity(event: &Event) -> Verbosity {
    match event {
        Event::ServerNotice { .. } | Event::PersonChanged { .. } => Verbosity::Verbose,
        Event::Joined { .. }
        | Event::Left { .. }
        | Event::Quit { .. }
        | Event::Kicked { own: false, .. }
        | Event::TopicChanged { .. }
        | Event::Renamed { own: false, .. } => Verbosity::Script,
        Event::Entered { .. }
        | Event::ServerSaid { asked: false, .. }
        | Event::PersonSent { .. }
        | Event::Modes { asked: false, .. }
        | Event::Topic { asked: false, .. }
        | Event::Departed { .. }
        | Event::ModeChanged { .. }
        | Event::Invited { other: Some(_), .. }
        | Event::SpoofedQuote { .. }
        | Event::Note { .. } => Verbosity::Normal,
        _ => Verbosity::Quiet,
    }
}

#[cfg(test)]
mod tests;
