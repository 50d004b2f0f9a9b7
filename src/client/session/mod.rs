//! The conversation with a server: what to send, what to show, when to give up.
//!
//! A session has no sockets, no clock, no terminal and no randomness. It is told what happened
//! (`connected`, `received`, `disconnected`, `typed`, `tick`), with the time as an argument, and
//! fills an [`Outbox`] with what should be done.
//!
//! - `entering` brings this person in, with `capabilities` that ask what the server can do, and
//!   `leaving` ends it with an `outcome`, by `settings` that were made before.
//! - `heard` and `numbered` understand the server, `naming` knows what names are like there, `lists`
//!   who is in a room, `asked` collects answers that come in many lines, and `refusals` says what
//!   becomes of what the server refuses. `rooms` and `people` remember who is where.
//! - `typed` turns a person's intents into requests, `meant` finds the room they are about, `help`
//!   explains, `judged` tells what there is to say of a line before it is entered, `talk` says it and
//!   knows what became of it, `commands` which of the others a refusal is about, `unsent` what never
//!   left, and `ignored` whose words are not shown.
//! - `fences` counts the lines of a script on their way, `answers` tells what became of each, `pace`
//!   says how many there may be, `awaited` when else a script ends, and `report` what is known when
//!   it ends too early.
//! - `seen` is what others can see of it all.

mod config;
mod connection;
mod delivery;
mod incoming;
mod outcome;
mod outgoing;
mod output;
mod state;
mod view;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::client::command::{self, ParseError, UserCommand};
use crate::client::event::{Event, InputError};
use crate::wire::encoding::decode;
pub(in crate::client) use crate::wire::isupport::Isupport;
use crate::wire::outgoing::encode;
use crate::wire::{FoldedName, Message, Request};
pub use config::SessionConfig;
use connection::capabilities::ServerCapabilities;
use connection::registration::DeferredUser;
use delivery::in_flight::DeliveryTracker;
pub use delivery::in_flight::ScriptLine;
pub use delivery::report::{DeliveryReport, Ranges};
use incoming::queries::PendingQueries;
pub use outcome::{Incomplete, Outcome};
use outgoing::message::OutgoingMessage;
use outgoing::sent_commands::SentCommands;
pub use output::{SessionAction, SessionOutput};
use state::ignore_list::IgnoreList;
use state::rooms::JoinedRooms;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionTime {
    /// Since some moment in the past; never goes back.
    pub elapsed: Duration,
    /// What the clock on the wall says, in seconds since 1970.
    pub unix_seconds: i64,
}

/// Silence after which the server is asked whether it is there.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Silence after which the server is taken for dead.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// How long a server may take to answer the registration.
const REGISTRATION_MAX: Duration = Duration::from_secs(60);
/// How often the wanted nick is asked for while somebody else has it.
const REGAIN_FIRST: Duration = Duration::from_secs(15);
const REGAIN_LAST: Duration = Duration::from_secs(240);
/// How many other spellings of the nick are tried when it is taken on connecting again.
const SPELLINGS_MAX: usize = 5;
/// How many typed lines may wait for the connection to come back.
const WAITING_LINES_MAX: usize = 1_000;

/// Tokens of this program's own pings. What stands behind the last one is a number.
const SETTLED: &str = "chatroom-settled";
const ALIVE: &str = "chatroom-alive";
const REGAINED: &str = "chatroom-nick";
const FENCE: &str = "chatroom-line-";

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is no connection.
    Offline,
    /// Connected, and not yet let in.
    Registering { deadline: Duration },
    /// The nick is refused and the person is asked for another.
    Asking,
    /// Let in; the rooms are being entered.
    Welcomed { deadline: Duration },
    /// In, and all that the server does by itself at the beginning is done.
    Ready { since: Duration },
    /// `QUIT` is sent.
    Leaving { deadline: Duration },
    /// Nothing more will happen.
    Ended,
}

/// One conversation, over as many connections as it takes.
#[derive(Debug)]
pub struct Session {
    settings: SessionConfig,
    /// The commands to run on connect.
    on_connect: Vec<Result<UserCommand, ParseError>>,
    phase: Phase,
    /// The server does not know this person's names yet.
    deferred_user: Option<DeferredUser>,
    /// The nick the server knows this person by; before that, the one asked for.
    nick: String,
    /// `user@host` as others see it, once it is known.
    address: Option<String>,
    /// What the server calls itself.
    server: Option<String>,
    /// The nick to fall back on.
    configured: String,
    /// How many of the alternatives were tried.
    alternatives: usize,
    /// This person is away with these words.
    away: Option<String>,
    rooms: JoinedRooms,
    queries: PendingQueries,
    /// Set once the first registration has succeeded.
    was_registered: bool,
    reconnect_attempts: u32,
    spellings: usize,
    /// When the wanted nick is asked for again.
    regain_at: Option<Duration>,
    regain_after: Duration,
    /// Rooms that are entered as soon as a service knows who this is.
    rooms_after_login: Vec<String>,
    /// The server gave this person another nick, which it will not have changed.
    renamed_by_server: bool,
    /// When the end of the greeting is not waited for any more.
    motd_deadline: Option<Duration>,
    last_received: Duration,
    ping_sent: bool,
    /// What the server said before it closed.
    close_reason: Option<String>,
    /// What was said while there was no connection.
    backlog: VecDeque<OutgoingMessage>,
    /// It was told that it waits.
    backlog_announced: bool,
    /// What still waited when all was over.
    never_sent: Vec<OutgoingMessage>,
    delivery: DeliveryTracker,
    capabilities: ServerCapabilities,
    /// The server does what no server may do.
    broken: bool,
    /// The room of the prompt behind which the line at hand was typed.
    typed_in: Option<String>,
    /// Whose words are not shown.
    ignore_list: IgnoreList,
    /// The commands of the person that are not answered yet.
    sent_commands: SentCommands,
    /// Who whispered last.
    last_whisperer: Option<String>,
    /// Who did, and has left.
    departed_whisperer: Option<String>,
    /// How often this person was named in the active room, or whispered to, since they said
    /// something.
    highlight_count: u32,
    /// Where to go when this server is left.
    switch_to: Option<String>,
}

impl Session {
    /// A session that is not connected yet.
    pub fn new(settings: SessionConfig) -> Self {
        let mut rooms = JoinedRooms::default();
        for target in &settings.rooms {
            if let Some(key) = &target.key {
                rooms.keep_key(&target.room, key);
            }
            rooms.add_known_room(&target.room);
        }
        let mut ignored = IgnoreList::default();
        for mask in &settings.ignore {
            ignored.add(mask);
        }
        let on_connect = settings.on_connect.iter();
        let on_connect = on_connect.map(|line| parse_line(line, &settings.aliases));
        Self {
            nick: settings.nick.clone(),
            configured: settings.nick.clone(),
            on_connect: on_connect.collect(),
            settings,
            phase: Phase::Offline,
            deferred_user: None,
            address: None,
            server: None,
            alternatives: 0,
            away: None,
            rooms,
            queries: PendingQueries::default(),
            was_registered: false,
            reconnect_attempts: 0,
            spellings: 0,
            regain_at: None,
            regain_after: REGAIN_FIRST,
            rooms_after_login: Vec::new(),
            renamed_by_server: false,
            motd_deadline: None,
            last_received: Duration::ZERO,
            ping_sent: false,
            close_reason: None,
            backlog: VecDeque::new(),
            backlog_announced: false,
            never_sent: Vec::new(),
            delivery: DeliveryTracker::default(),
            capabilities: ServerCapabilities::default(),
            broken: false,
            typed_in: None,
            ignore_list: ignored,
            sent_commands: SentCommands::default(),
            last_whisperer: None,
            departed_whisperer: None,
            highlight_count: 0,
            switch_to: None,
        }
    }

    /// One line came from the server, without its ending.
    pub fn received(&mut self, line: &[u8], now: SessionTime, output: &mut SessionOutput) {
        self.last_received = now.elapsed;
        self.ping_sent = false;
        let before = output.events.len();
        // Not every network is UTF-8 only.
        let text = decode(line);
        match Message::parse(&text) {
            Ok(message) => self.match_response(&message, now, output),
            // A line may not have these bytes, and with them taken out it is still worth reading.
            Err(_) => {
                let text = text.replace(['\r', '\0'], "\u{fffd}");
                if let Ok(message) = Message::parse(&text) {
                    self.match_response(&message, now, output);
                }
            }
        }
        self.check_wait(before, now, output);
    }

    /// The time that [`Session::next_deadline`] named has come, or some other time.
    pub fn tick(&mut self, now: SessionTime, output: &mut SessionOutput) {
        if self.is_time_up(now) {
            return self.time_out(now, output);
        }
        match self.phase {
            Phase::Leaving { deadline } if now.elapsed >= deadline => return self.end(output),
            Phase::Registering { deadline } | Phase::Welcomed { deadline }
                if now.elapsed >= deadline =>
            {
                let words = "the server did not answer the registration";
                self.close_reason.get_or_insert_with(|| words.to_owned());
                output.actions.push(SessionAction::Close);
                return;
            }
            Phase::Offline | Phase::Ended => return,
            _ => {}
        }
        if self.answer_deadline().is_some_and(|at| now.elapsed >= at) && self.is_ready() {
            match self.settings.script {
                true => return self.protocol_error("it does not answer a line", output),
                false => self.drop_unanswered(now, output),
            }
        }
        let silence = now.elapsed.saturating_sub(self.last_received);
        if silence >= DEAD_AFTER {
            self.close_reason = Some(format!("no sign of life for {} s", silence.as_secs()));
            output.actions.push(SessionAction::Close);
        } else if silence >= SILENCE_MAX && !self.ping_sent {
            self.ping_sent = true;
            self.send(&Request::Ping { token: ALIVE }, output);
        }
        if self.motd_deadline.is_some_and(|at| now.elapsed >= at) {
            self.motd_done(output);
        }
        self.send_deferred_user(now, output);
        self.show_overdue_lists(now, output);
        if self.regain_at.is_some_and(|at| now.elapsed >= at) && self.is_ready() {
            self.regain(now, output);
        }
    }

    /// Nothing is read from the server now, so its silence counts only from here.
    pub fn pause_timeout(&mut self, now: SessionTime) {
        self.last_received = now.elapsed;
        self.ping_sent = false;
    }

    /// When `tick` is to be called, if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Duration> {
        let next = self.next_deadline_of_phase()?;
        let limit = self.settings.time_limit.filter(|_| !self.is_leaving());
        let others = [
            limit,
            self.answer_deadline(),
            self.motd_deadline,
            self.user_deadline(),
            self.queries.deadline(),
        ];
        Some(others.into_iter().flatten().fold(next, Duration::min))
    }

    fn next_deadline_of_phase(&self) -> Option<Duration> {
        let silence = self.last_received
            + if self.ping_sent {
                DEAD_AFTER
            } else {
                SILENCE_MAX
            };
        match self.phase {
            Phase::Offline | Phase::Ended => None,
            Phase::Registering { deadline }
            | Phase::Welcomed { deadline }
            | Phase::Leaving { deadline } => Some(deadline.min(silence)),
            Phase::Asking => Some(silence),
            Phase::Ready { .. } => Some(self.regain_at.map_or(silence, |at| at.min(silence))),
        }
    }

    /// What two spellings of one name have in common.
    fn key(&self, name: &str) -> FoldedName {
        self.rooms.naming.key(name)
    }

    /// Whether two names are one.
    fn is_same(&self, one: &str, other: &str) -> bool {
        self.rooms.naming.is_same(one, other)
    }

    /// Writes a request, or tells why it cannot be written.
    fn send(&mut self, request: &Request<'_>, output: &mut SessionOutput) -> bool {
        match encode(request) {
            Ok(line) => {
                self.write(line, output);
                true
            }
            Err(error) => {
                // What this program sends of its own accord is nobody's mistake.
                if self.is_scripting() || self.delivery.queue_behind {
                    self.reject_input(error.into(), output);
                }
                false
            }
        }
    }

    /// Sends a line that has no [`Request`] of its own.
    fn send_line(&mut self, line: String, output: &mut SessionOutput) {
        match encode(&line) {
            Ok(line) => self.write(line, output),
            Err(error) => self.reject_input(error.into(), output),
        }
    }

    fn write(&mut self, line: String, output: &mut SessionOutput) {
        if let Some(line) = self.queue_in_turn(line) {
            self.write_label(output);
            output.lines.push_str(&line);
        }
    }

    /// Reports that an input was not carried out. Nothing is sent for it.
    fn reject_input(&mut self, error: InputError, output: &mut SessionOutput) {
        self.record_error(Event::InputRejected { error, line: None }, output);
    }
}

/// Parses a line that can begin with an alias.
fn parse_line(line: &str, aliases: &BTreeMap<String, String>) -> Result<UserCommand, ParseError> {
    let expanded = expand_alias(line, aliases);
    command::parse(expanded.as_deref().unwrap_or(line))
}

/// The line with its alias replaced by what it stands for, if it begins with one.
fn expand_alias(line: &str, aliases: &BTreeMap<String, String>) -> Option<String> {
    let (name, rest) = match line.strip_prefix('/')?.split_once(' ') {
        Some((name, rest)) => (name, Some(rest)),
        None => (line.strip_prefix('/')?, None),
    };
    let expansion = aliases.get(name)?;
    Some(match rest {
        Some(rest) => format!("{expansion} {rest}"),
        None => expansion.clone(),
    })
}

/// The beginning of `text` in at most `bytes_max` bytes, cut at a character.
fn truncate(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
