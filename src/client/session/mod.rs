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

use std::collections::VecDeque;
use std::time::Duration;

use crate::client::event::Event;
use crate::wire::encoding::text_of;
pub(in crate::client) use crate::wire::isupport::Naming;
use crate::wire::outgoing::encode;
use crate::wire::{Key, Message, Request};
pub use config::Settings;
use connection::capabilities::Capabilities;
use connection::registration::Introduction;
use delivery::in_flight::Script;
pub use delivery::in_flight::ScriptLine;
pub use delivery::report::{Ranges, Report};
use incoming::queries::Asked;
pub use outcome::{Outcome, Shortfall};
pub use outgoing::analyze::{Judgement, Part};
use outgoing::send::Talk;
use outgoing::sent_commands::Commands;
pub use output::{Order, Outbox};
use state::ignore_list::Ignored;
use state::rooms::Rooms;
pub use state::rooms::Unread;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
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
    settings: Settings,
    phase: Phase,
    /// The server does not know this person's names yet.
    introduction: Option<Introduction>,
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
    rooms: Rooms,
    asked: Asked,
    /// Set once the first registration has succeeded.
    was_in: bool,
    attempts: u32,
    spellings: usize,
    /// When the wanted nick is asked for again.
    regain_at: Option<Duration>,
    regain_after: Duration,
    /// Rooms that are entered as soon as a service knows who this is.
    rooms_later: Vec<String>,
    /// The server gave this person another nick, which it will not have changed.
    renamed_by_server: bool,
    /// When the end of the greeting is not waited for any more.
    greeting_until: Option<Duration>,
    heard_at: Duration,
    pinged: bool,
    /// What the server said before it closed.
    farewell: Option<String>,
    /// What was said while there was no connection.
    waiting: VecDeque<Talk>,
    /// It was told that it waits.
    waiting_told: bool,
    /// What still waited when all was over.
    never_sent: Vec<Talk>,
    script: Script,
    capabilities: Capabilities,
    /// The server does what no server may do.
    broken: bool,
    /// The room of the prompt behind which the line at hand was typed.
    typed_in: Option<String>,
    /// Whose words are not shown.
    ignored: Ignored,
    /// The commands of the person that are not answered yet.
    commands: Commands,
    /// Who whispered last.
    last_whisper: Option<String>,
    /// Who did, and has left.
    whisperer_gone: Option<String>,
    /// How often this person was named in the active room, or whispered to, since they said
    /// something.
    calls: u32,
    /// Where to go when this server is left.
    elsewhere: Option<String>,
}

impl Session {
    /// A session that is not connected yet.
    pub fn new(mut settings: Settings) -> Self {
        let mut rooms = Rooms::default();
        for room in &mut settings.rooms {
            if let Some((name, key)) = room.split_once(' ') {
                rooms.keep_key(name, key);
                *room = name.to_owned();
            }
            rooms.hear_of(room);
        }
        let mut ignored = Ignored::default();
        for mask in &settings.ignore {
            ignored.add(mask);
        }
        Self {
            nick: settings.nick.clone(),
            configured: settings.nick.clone(),
            settings,
            phase: Phase::Offline,
            introduction: None,
            address: None,
            server: None,
            alternatives: 0,
            away: None,
            rooms,
            asked: Asked::default(),
            was_in: false,
            attempts: 0,
            spellings: 0,
            regain_at: None,
            regain_after: REGAIN_FIRST,
            rooms_later: Vec::new(),
            renamed_by_server: false,
            greeting_until: None,
            heard_at: Duration::ZERO,
            pinged: false,
            farewell: None,
            waiting: VecDeque::new(),
            waiting_told: false,
            never_sent: Vec::new(),
            script: Script::default(),
            capabilities: Capabilities::default(),
            broken: false,
            typed_in: None,
            ignored,
            commands: Commands::default(),
            last_whisper: None,
            whisperer_gone: None,
            calls: 0,
            elsewhere: None,
        }
    }

    /// One line came from the server, without its ending.
    pub fn received(&mut self, line: &[u8], now: Moment, outbox: &mut Outbox) {
        self.heard_at = now.elapsed;
        self.pinged = false;
        let before = outbox.events.len();
        // Not every network is UTF-8 only.
        let text = text_of(line);
        match Message::parse(&text) {
            Ok(message) => self.heard_as_answer(&message, now, outbox),
            // A line may not have these bytes, and with them taken out it is still worth reading.
            Err(_) => {
                let text = text.replace(['\r', '\0'], "\u{fffd}");
                if let Ok(message) = Message::parse(&text) {
                    self.heard_as_answer(&message, now, outbox);
                }
            }
        }
        self.look_for_awaited(before, now, outbox);
    }

    /// The time that [`Session::next_deadline`] named has come, or some other time.
    pub fn tick(&mut self, now: Moment, outbox: &mut Outbox) {
        if self.is_time_up(now) {
            return self.give_up(now, outbox);
        }
        match self.phase {
            Phase::Leaving { deadline } if now.elapsed >= deadline => return self.end(outbox),
            Phase::Registering { deadline } | Phase::Welcomed { deadline }
                if now.elapsed >= deadline =>
            {
                let words = "the server did not answer the registration";
                self.farewell.get_or_insert_with(|| words.to_owned());
                outbox.orders.push(Order::Close);
                return;
            }
            Phase::Offline | Phase::Ended => return,
            _ => {}
        }
        if self.answer_deadline().is_some_and(|at| now.elapsed >= at) && self.is_ready() {
            match self.settings.script {
                true => return self.protocol_broken("it does not answer a line", outbox),
                false => self.forget_unanswered(now, outbox),
            }
        }
        let silence = now.elapsed.saturating_sub(self.heard_at);
        if silence >= DEAD_AFTER {
            self.farewell = Some(format!("no sign of life for {} s", silence.as_secs()));
            outbox.orders.push(Order::Close);
        } else if silence >= SILENCE_MAX && !self.pinged {
            self.pinged = true;
            self.send(&Request::Ping { token: ALIVE }, outbox);
        }
        if self.greeting_until.is_some_and(|at| now.elapsed >= at) {
            self.greeting_ended(outbox);
        }
        self.introduce_in_time(now, outbox);
        self.show_late_lists(now, outbox);
        if self.regain_at.is_some_and(|at| now.elapsed >= at) && self.is_ready() {
            self.regain(now, outbox);
        }
    }

    /// Nothing is read from the server now, so its silence counts only from here.
    pub fn not_listening(&mut self, now: Moment) {
        self.heard_at = now.elapsed;
        self.pinged = false;
    }

    /// When `tick` is to be called, if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Duration> {
        let next = self.next_deadline_of_phase()?;
        let limit = self.settings.time_limit.filter(|_| !self.is_leaving());
        let others = [
            limit,
            self.answer_deadline(),
            self.greeting_until,
            self.introduction_at(),
            self.asked.deadline(),
        ];
        Some(others.into_iter().flatten().fold(next, Duration::min))
    }

    fn next_deadline_of_phase(&self) -> Option<Duration> {
        let silence = self.heard_at + if self.pinged { DEAD_AFTER } else { SILENCE_MAX };
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
    fn key(&self, name: &str) -> Key {
        self.rooms.naming.key(name)
    }

    /// Whether two names are one.
    fn is_same(&self, one: &str, other: &str) -> bool {
        self.rooms.naming.is_same(one, other)
    }

    /// Writes a request, or tells why it cannot be written.
    fn send(&mut self, request: &Request<'_>, outbox: &mut Outbox) -> bool {
        match encode(request) {
            Ok(line) => {
                self.write(line, outbox);
                true
            }
            Err(error) => {
                // What this program sends of its own accord is nobody's mistake.
                if self.is_scripting() || self.script.in_turn {
                    self.refuse_input(&error.to_string(), outbox);
                }
                false
            }
        }
    }

    /// Sends a line that has no [`Request`] of its own.
    fn send_line(&mut self, line: String, outbox: &mut Outbox) {
        match encode(&line) {
            Ok(line) => self.write(line, outbox),
            Err(error) => self.refuse_input(&error.to_string(), outbox),
        }
    }

    fn write(&mut self, line: String, outbox: &mut Outbox) {
        if let Some(line) = self.keep_for_its_turn(line) {
            self.put_label(outbox);
            outbox.lines.push_str(&line);
        }
    }

    /// What was typed cannot be done; nothing is sent.
    fn refuse_input(&mut self, words: &str, outbox: &mut Outbox) {
        let words = words.to_owned();
        self.tell_refusal(Event::Unsendable { words, line: None }, outbox);
    }
}

/// The beginning of `text` in at most `bytes_max` bytes, cut at a character.
fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
