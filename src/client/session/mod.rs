//! The conversation with a server: what to send, what to show, when to give up.
//!
//! A session has no sockets, no clock, no terminal and no randomness. It is told what happened
//! (`connected`, `received`, `disconnected`, `typed`, `tick`), with the time as an argument, and
//! fills an [`Outbox`] with what should be done. `heard` and `numbered` understand the server,
//! `entering` brings this person in,
//! `typed` turns a person's intents into requests, `judged` tells what there is to say of a line
//! before it is entered, `talk` knows what became of what a person says, `unsent` what never left, `ignored` whose words are
//! not shown, `lists` who is in a room, `refusals` what becomes of what the server refuses, `rooms`
//! remembers who is where, `naming` what names are like there, `asked` collects answers that come
//! in many lines. `capabilities` asks what the server can do; `fences` knows what became of each
//! line of a script, `awaited` when else it ends, `pace` how many may be on their way, and `report`
//! says what is known when it ends too early.

mod asked;
mod awaited;
mod capabilities;
mod entering;
mod fences;
mod heard;
mod ignored;
mod judged;
mod lists;
mod naming;
mod numbered;
mod outbox;
mod pace;
mod refusals;
mod report;
mod rooms;
mod talk;
mod typed;
mod unsent;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::completion::Names;
use super::decoding::text_of;
use super::event::Event;
use super::sendable;
use super::wait::Wait;
use crate::wire::message::BODY_BYTES_MAX;
use crate::wire::{Key, Message, Request};
use asked::Asked;
use capabilities::Capabilities;
use entering::Introduction;
use fences::Script;
pub use fences::ScriptLine;
use ignored::Ignored;
pub use judged::{Judgement, Part};
pub(in crate::client) use naming::Naming;
pub use outbox::{Order, Outbox, Outcome};
pub use report::{Ranges, Report};
use rooms::Rooms;
pub use rooms::Unread;
use talk::Talk;

/// What a session is to do, decided before it begins.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The nick to ask for.
    pub nick: String,
    /// Other nicks, to be tried in turn when that one cannot be had.
    pub alternatives: Vec<String>,
    /// The user name to tell the server; the nick when there is none.
    pub user: Option<String>,
    /// The real name to tell the server; the nick when there is none.
    pub real_name: Option<String>,
    /// What `PASS` says, where the server wants a password.
    pub password: Option<String>,
    /// Lines that are done as if typed on each connection, before rooms are entered.
    pub on_connect: Vec<String>,
    /// The rooms to enter besides those that the server puts everybody in, each with its key
    /// behind a space where it has one.
    pub rooms: Vec<String>,
    /// Whether lines come from a script: then nothing is asked, each line is fenced, and a lost
    /// server is the end.
    pub script: bool,
    /// Whether a script ends at the first line that is refused.
    pub strict: bool,
    /// What a script waits for before it ends.
    pub wait: Option<Wait>,
    /// When to give up, counted from the beginning.
    pub time_limit: Option<Duration>,
    /// Nicks and masks of those whose words are not shown.
    pub ignore: Vec<String>,
    /// Words that call this person as their nick does.
    pub highlight: Vec<String>,
    /// Whether a log is kept, which also has what a script says.
    pub log: bool,
    /// Short names for longer beginnings of a line, without their slash.
    pub aliases: BTreeMap<String, String>,
}

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
/// How long a server may take to close after `QUIT`.
const QUIT_SECONDS_MAX: Duration = Duration::from_secs(1);
/// How long a server may take to answer the registration.
const REGISTRATION_MAX: Duration = Duration::from_secs(60);
/// The waits between attempts to connect again grow from the first to the last.
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
const RECONNECT_LAST: Duration = Duration::from_secs(30);
/// A connection that held for so long was a good one: waits begin small again.
const GOOD_AFTER: Duration = Duration::from_secs(60);
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
    /// Who whispered last.
    last_whisper: Option<String>,
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
            last_whisper: None,
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

    /// The connection has ended, or could not be made; `words` say why.
    pub fn disconnected(&mut self, words: &str, now: Moment, outbox: &mut Outbox) {
        let held = match self.phase {
            Phase::Leaving { .. } => return self.end(outbox),
            Phase::Ended => return,
            Phase::Ready { since } => now.elapsed.saturating_sub(since),
            _ => Duration::ZERO,
        };
        let why = self.farewell.take().unwrap_or_else(|| words.to_owned());
        let asking = self.phase == Phase::Asking;
        let still = !matches!(self.phase, Phase::Welcomed { .. } | Phase::Ready { .. });
        self.phase = Phase::Offline;
        if asking {
            // The question is still on the screen. Its answer connects again.
            return;
        }
        if self.settings.script || !self.was_in {
            self.phase = Phase::Ended;
            let report = self.report(outbox);
            outbox.orders.push(Order::End(match self.broken {
                true => Outcome::ProtocolBroken { words: why, report },
                false => Outcome::ServerGone { words: why, report },
            }));
            return;
        }
        if held >= GOOD_AFTER {
            self.attempts = 0;
        }
        let after = (RECONNECT_FIRST * 2_u32.saturating_pow(self.attempts)).min(RECONNECT_LAST);
        outbox.events.push(Event::ServerLost {
            why,
            retry_seconds: Some(after.as_secs()),
            still,
        });
        self.lose_flights(outbox);
        self.attempts += 1;
        outbox.orders.push(Order::Reconnect { after });
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

    /// Leaves, with a reason for those who stay.
    pub fn quit(&mut self, reason: Option<&str>, now: Moment, outbox: &mut Outbox) {
        if self.is_scripting() {
            // What stands before it in the script comes first.
            self.script.ended = true;
            self.script.farewell = reason.map(str::to_owned);
            return;
        }
        // Whoever ends it without a reason has seen enough, as the reader of the output may have.
        self.script.interrupted = reason.is_some();
        match self.phase {
            Phase::Offline | Phase::Ended => self.end(outbox),
            Phase::Leaving { .. } => {}
            _ => {
                let fitting = reason.map(|text| cut(text, BODY_BYTES_MAX / 2));
                self.send(&Request::Quit { reason: fitting }, outbox);
                self.phase = Phase::Leaving {
                    deadline: now.elapsed + QUIT_SECONDS_MAX,
                };
            }
        }
    }

    /// The script has no more lines: leaves as soon as the server has taken them all.
    pub fn input_ended(&mut self, now: Moment, outbox: &mut Outbox) {
        self.script.ended = true;
        self.leave_when_done(now, outbox);
    }

    /// Whether this person is in, with all that belongs to it.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Whether `QUIT` is sent or everything is over.
    pub fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving { .. } | Phase::Ended)
    }

    /// The room in which typed text is said.
    pub fn active_room(&self) -> Option<&str> {
        self.rooms.active().map(|room| room.name.as_str())
    }

    /// Where typed text goes, for the prompt: the active room, or the one that this person had to
    /// leave, from where nothing is said in another.
    pub fn place(&self) -> Option<Cow<'_, str>> {
        let gone = || Some(Cow::Owned(format!("{} gone", self.rooms.gone()?)));
        self.active_room().map(Cow::Borrowed).or_else(gone)
    }

    /// What is unread in the rooms that are not the active one.
    pub fn unread(&self) -> Unread {
        self.rooms.unread()
    }

    /// The names that Tab completes, as far as they are known here: the nicks of the active room,
    /// those who spoke there last first, then the nicks of the other rooms; and the rooms.
    pub fn names(&self) -> Names {
        Names {
            nicks: self.rooms.nicks_by_last_word(&self.nick),
            rooms: self.rooms.names(),
            other_rooms: self.rooms.heard_of(),
            aliases: self.settings.aliases.clone(),
            servers: Vec::new(),
        }
    }

    /// The nicks in a room, the active one when none is named, or why there are none.
    pub fn people(&self, room: Option<&str>) -> Result<Vec<String>, String> {
        let Some(name) = room.or_else(|| self.active_room()) else {
            return Err("this session is in no room".to_owned());
        };
        let named = [name.to_owned(), format!("#{name}")];
        let room = named.iter().find_map(|name| self.rooms.get(name));
        let room = room.ok_or_else(|| format!("this session is not in {name}"))?;
        Ok(room.people().map(|person| person.nick.clone()).collect())
    }

    /// What whoever begins like this can be called: `@nick` or a room.
    pub fn names_like(&self, start: &str) -> Vec<String> {
        let Names { nicks, rooms, .. } = self.names();
        let start = start.to_lowercase();
        let nicks = nicks.into_iter().map(|nick| format!("@{nick}"));
        let mut names: Vec<String> = nicks.chain(rooms).collect();
        names.retain(|name| name.to_lowercase().starts_with(&start));
        names
    }

    /// The number of what is said next.
    pub fn next_said(&self) -> u64 {
        self.script.next
    }

    /// What two spellings of one name have in common.
    fn key(&self, name: &str) -> Key {
        self.rooms.naming.key(name)
    }

    /// Whether two names are one.
    fn is_same(&self, one: &str, other: &str) -> bool {
        self.rooms.naming.is_same(one, other)
    }

    /// This person's nick, as the server knows it.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    fn end(&mut self, outbox: &mut Outbox) {
        self.phase = Phase::Ended;
        self.greeting_until = None;
        match self.settings.script {
            true => self.tell_what_was_interrupted(outbox),
            false => self.tell_last_fates(outbox),
        }
        self.show_all_lists(outbox);
        let outcome = match self.elsewhere.take() {
            Some(server) => Outcome::Elsewhere { server },
            None if self.settings.script => self.script_outcome(),
            None => Outcome::Done,
        };
        outbox.orders.push(Order::End(outcome));
    }

    /// Leaves when the script is at its end and every line of it is answered.
    fn leave_when_done(&mut self, now: Moment, outbox: &mut Outbox) {
        if self.script.ended && self.is_ready() && self.all_done() {
            let farewell = self.script.farewell.take();
            self.quit(farewell.as_deref(), now, outbox);
        }
    }

    /// Writes a request, or tells why it cannot be written.
    fn send(&mut self, request: &Request<'_>, outbox: &mut Outbox) -> bool {
        match sendable::line(request) {
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
        match sendable::line(&line) {
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
