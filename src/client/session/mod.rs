//! The deterministic core of the client, for one network: it decides what to send, what to show and
//! when to give up.
//!
//! A session must not know sockets, the clock, the terminal or randomness. It gets what happens
//! (`connected`, `received`, `disconnected`, `typed`, `tick`) with the time as an argument, and
//! fills a [`SessionOutput`] with what should be done.
//!
//! - `connection` registers, negotiates capabilities, and disconnects with an `outcome`.
//! - `incoming` dispatches what the server sends: messages, numerics, errors and listings.
//! - `outgoing` carries out the commands of the user and sends messages.
//! - `delivery` knows which lines are in flight, what became of them, and how many there may be.
//! - `state` is what the session knows: rooms, members, the ignore list.
//! - `networks` is all sessions of a run: which one is active, and which one a line is for.
//! - `config` is decided before the session begins, `output` is what a step wants done, and `view`
//!   is what others can see of the session.
//!
//! It imports `event`, `command`, `common` and `wire`. `net`, which drives it, `ui` and `app`
//! import it.

mod close_reason;
mod config;
mod connection;
mod delivery;
mod incoming;
mod login_failure;
mod networks;
mod nick_refusal;
mod outcome;
mod outgoing;
mod output;
mod state;
mod time;
mod tls_failure;
mod upstream_state;
mod view;

use std::time::Duration;

use crate::client::command::JoinTarget;
use crate::client::event::{Event, InputError, account_of};
use crate::wire::encoding::decode;
pub(in crate::client) use crate::wire::isupport::Isupport;
use crate::wire::outgoing::encode;
use crate::wire::{FoldedName, Message, Request};
pub use close_reason::{BindFailure, CloseReason, ProtocolViolation};
pub use config::{AccountLogin, SessionConfig, Transport};
use connection::link::Link;
use connection::pending_pings::PingPurpose;
use delivery::in_flight::DeliveryTracker;
pub use delivery::script_line::ScriptLine;
use incoming::playback::Playback;
use incoming::queries::PendingQueries;
use incoming::upstreams::Upstreams;
pub use login_failure::LoginFailure;
pub(in crate::client) use networks::{Network, NetworkEnd, Networks, PromptPlace};
pub use nick_refusal::{NickRefusal, RefusedNick};
pub use outcome::{Incomplete, Outcome};
use outgoing::backlog::Backlog;
pub use output::{SessionAction, SessionOutput};
use state::attention::Attention;
use state::identity::Identity;
use state::rooms::JoinedRooms;
pub use time::SessionTime;
pub use tls_failure::{CertificateFacts, TlsFailure};
pub use upstream_state::{UpstreamState, UpstreamStatus};
use view::MembersError;

/// Silence after which the server is pinged.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Silence after which the connection is closed.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// A server that has not completed registration within this time is reported as slow.
const GREETING_LATE: Duration = Duration::from_secs(2);
/// The timeout of the registration.
const REGISTRATION_MAX: Duration = Duration::from_secs(60);
/// How many typed messages may wait for the connection.
const WAITING_LINES_MAX: usize = 1_000;

/// The phase of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is no connection.
    Offline,
    /// Connected and not yet registered.
    Registering { deadline: Duration },
    /// The nick is refused, and the user is asked for another one.
    Asking,
    /// Registered; the rooms are being joined.
    Welcomed { deadline: Duration },
    /// Ready: everything the server does after registration is done.
    Ready { since: Duration },
    /// `QUIT` is sent.
    Leaving { deadline: Duration },
    /// The session has ended.
    Ended,
}

/// One session, over as many connections as it takes.
///
/// ```
/// use chatting_room::client::event::Event;
/// use chatting_room::client::session::{Session, SessionConfig, SessionOutput, SessionTime};
///
/// let mut session = Session::new(SessionConfig::new("alice"));
/// let (now, mut output) = (SessionTime::default(), SessionOutput::default());
/// session.connected(now, &mut output);
/// assert!(output.lines.contains("NICK alice\r\n"));
///
/// for line in [
///     ":server 001 alice :Welcome",
///     ":server 376 alice :End of the message of the day",
///     ":alice!a@host JOIN #lobby",
///     ":server 366 alice #lobby :End of the names",
///     ":server PONG server chatroom-settled",
/// ] {
///     session.received(line.as_bytes(), now, &mut output);
/// }
/// assert!(session.is_ready());
///
/// session.typed("hello", now, &mut output);
/// assert!(output.lines.contains("PRIVMSG #lobby :hello\r\n"));
///
/// output.events.clear();
/// session.received(b":bob!b@host PRIVMSG #lobby :hi", now, &mut output);
/// assert!(matches!(&output.events[..], [Event::Said { text, .. }] if text == "hi"));
/// ```
#[derive(Debug)]
pub struct Session {
    settings: SessionConfig,
    phase: Phase,
    identity: Identity,
    link: Link,
    rooms: JoinedRooms,
    queries: PendingQueries,
    backlog: Backlog,
    delivery: DeliveryTracker,
    attention: Attention,
    /// The networks of a bouncer.
    upstreams: Upstreams,
    /// For a network of a bouncer: what the bouncer says of it.
    upstream_state: Option<UpstreamState>,
    playback: Playback,
}

impl Session {
    /// A session without a connection.
    pub fn new(mut settings: SessionConfig) -> Self {
        let awaited = settings.wait.as_ref().and_then(|wait| wait.room.clone());
        let is_joined = |room: &String| settings.rooms.iter().any(|one| one.room == *room);
        if let Some(room) = awaited.filter(|room| !is_joined(room)) {
            // Only members get the messages of a room.
            settings.rooms.push(JoinTarget { room, key: None });
        }
        let mut rooms = JoinedRooms::default();
        for target in &settings.rooms {
            if let Some(key) = &target.key {
                rooms.keep_key(&target.room, key);
            }
            rooms.add_known_room(&target.room);
        }
        Self {
            phase: Phase::Offline,
            identity: Identity::new(&settings.nick),
            link: Link::default(),
            rooms,
            queries: PendingQueries::default(),
            backlog: Backlog::default(),
            delivery: DeliveryTracker::default(),
            attention: Attention::new(&settings.ignore),
            upstreams: Upstreams::default(),
            upstream_state: None,
            playback: Playback::new(settings.last_seen),
            settings,
        }
    }

    /// The server has sent a line; `line` is without its ending.
    pub fn received(&mut self, line: &[u8], now: SessionTime, output: &mut SessionOutput) {
        self.link.on_received(now.elapsed);
        let before = output.events.len();
        // Not every network uses only UTF-8.
        let text = decode(line);
        let mut account = None;
        let upper;
        match Message::parse(&text) {
            Ok(mut message) => {
                // Commands have one meaning in any letter case. RFC 2812, 2.3.1.
                if message
                    .command
                    .bytes()
                    .any(|byte| byte.is_ascii_lowercase())
                {
                    upper = message.command.to_ascii_uppercase();
                    message.command = &upper;
                }
                if self.settings.wait.is_some() {
                    account = account_of(message.tags);
                }
                self.match_response(&message, now, output);
            }
            // These bytes are not allowed in a line; without them it is still readable.
            Err(_) => {
                let text = text.replace(['\r', '\0'], "\u{fffd}");
                if let Ok(message) = Message::parse(&text) {
                    self.match_response(&message, now, output);
                }
            }
        }
        if !self.is_replay() {
            self.check_wait(before, account.as_deref(), now, output);
        }
    }

    /// The time of [`Session::next_deadline`] has come. It may be called at any other time.
    pub fn tick(&mut self, now: SessionTime, output: &mut SessionOutput) {
        if self.is_time_up(now) {
            return self.time_out(now, output);
        }
        match self.phase {
            Phase::Leaving { deadline } if now.elapsed >= deadline => return self.end(output),
            Phase::Registering { deadline } | Phase::Welcomed { deadline }
                if now.elapsed >= deadline =>
            {
                let reason = match self.withholds_password() {
                    true => CloseReason::PasswordWithheld,
                    false => CloseReason::RegistrationTimeout,
                };
                self.link.close_reason.get_or_insert(reason);
                output.actions.push(SessionAction::Close);
                return;
            }
            Phase::Offline | Phase::Ended => return,
            _ => {}
        }
        if self.answer_deadline().is_some_and(|at| now.elapsed >= at) && self.is_ready() {
            match self.settings.script {
                true => return self.protocol_error(ProtocolViolation::UnansweredLine, output),
                false => self.drop_unanswered(now, output),
            }
        }
        if self
            .confirmation_deadline()
            .is_some_and(|at| now.elapsed >= at)
        {
            self.complete_confirmed(now, output);
        }
        if self.check_wake(now, output) {
            return;
        }
        let silence = now.elapsed.saturating_sub(self.link.last_received);
        if silence >= DEAD_AFTER {
            self.link.close_reason = Some(CloseReason::PingTimeout(silence));
            output.actions.push(SessionAction::Close);
        } else if silence >= SILENCE_MAX && !self.link.ping_sent {
            self.link.ping_sent = true;
            self.send_ping(PingPurpose::Alive, output);
        }
        if self.link.motd_deadline.is_some_and(|at| now.elapsed >= at) {
            self.motd_done(output);
        }
        let is_late = self.link.greeting_late_at.take_if(|at| now.elapsed >= *at);
        if is_late.is_some() && matches!(self.phase, Phase::Registering { .. }) {
            let words = match self.withholds_password() {
                true => "Connected; the password waits for an answer to CAP LS.",
                false => "Connected; waiting for the server's greeting.",
            };
            let words = words.to_owned();
            output.events.push(Event::Note { words });
        }
        self.request_members(output);
        self.introduce_when_due(now, output);
        self.send_deferred_user(now, output);
        self.show_overdue_lists(now, output);
        if self.identity.regain_at.is_some_and(|at| now.elapsed >= at) && self.is_ready() {
            self.regain(now, output);
        }
    }

    /// The next connection is made in this way.
    pub fn set_transport(&mut self, transport: Transport) {
        self.settings.transport = transport;
    }

    /// Nothing was read from the server until now, so its silence counts from now on.
    pub fn pause_timeout(&mut self, now: SessionTime) {
        self.link.on_received(now.elapsed);
    }

    /// When to call `tick`, if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Duration> {
        let limit = self.settings.time_limit.filter(|_| !self.is_leaving());
        let Some(next) = self.next_deadline_of_phase() else {
            // The connection is being made.
            return limit;
        };
        let others = [
            limit,
            self.answer_deadline(),
            self.confirmation_deadline(),
            self.link.motd_deadline,
            self.link.greeting_late_at,
            self.user_deadline(),
            self.link.introduction_at,
            self.link.wake.deadline(),
            self.queries.deadline(),
            // At once: another room has become the active one.
            self.rooms.has_unlisted_room().then_some(Duration::ZERO),
        ];
        Some(others.into_iter().flatten().fold(next, Duration::min))
    }

    fn next_deadline_of_phase(&self) -> Option<Duration> {
        let silence = self.link.last_received
            + if self.link.ping_sent {
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
            Phase::Ready { .. } => Some(
                self.identity
                    .regain_at
                    .map_or(silence, |at| at.min(silence)),
            ),
        }
    }

    /// The key of a name: the same for all its spellings.
    fn key(&self, name: &str) -> FoldedName {
        self.rooms.isupport.key(name)
    }

    /// Whether two names are the same.
    fn is_same(&self, one: &str, other: &str) -> bool {
        self.rooms.isupport.is_same(one, other)
    }

    /// Writes a request, or reports why it cannot be written.
    fn send(&mut self, request: &Request<'_>, output: &mut SessionOutput) -> bool {
        match encode(request) {
            Ok(line) => {
                self.write(line, output);
                true
            }
            Err(error) => {
                // An error in what the client sends by itself is not the user's.
                if self.is_scripting() || self.delivery.queue_after {
                    self.reject_input(error.into(), output);
                }
                false
            }
        }
    }

    /// Sends a line for which there is no [`Request`].
    fn send_line(&mut self, line: String, output: &mut SessionOutput) {
        match encode(&line) {
            Ok(line) => self.write(line, output),
            Err(error) => self.reject_input(error.into(), output),
        }
    }

    fn write(&mut self, line: String, output: &mut SessionOutput) {
        if let Some(line) = self.queue_in_turn(line) {
            self.write_labeled(&line, output);
        }
    }

    /// Reports that an input was not carried out. Nothing is sent for it.
    fn reject_input(&mut self, error: InputError, output: &mut SessionOutput) {
        self.record_error(Event::InputRejected { error, line: None }, output);
    }
}

/// The beginning of `text` in at most `bytes_max` bytes, in whole characters.
fn truncate(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
