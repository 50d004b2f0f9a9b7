//! Who is here and what they may do: everything the server decides, with no socket, no clock and
//! no chance in it. The same lines in the same order at the same times give the same bytes.
//!
//! There are four ways in ([`Hub::connected`], [`Hub::received`], [`Hub::disconnected`],
//! [`Hub::tick`]), one question ([`Hub::next_deadline`]), new settings ([`Hub::reconfigured`]), and
//! an end ([`Hub::stop`]). Each step fills an [`Outbox`], which its caller empties before the next
//! one.
//!
//! `people` and `room` are the state. What can be asked for stands in one file a family:
//! `registration`, `rooms`, `moderation`, `modes` and `room_modes`, `talk`, `who`, `whowas`,
//! `queries`, `list`, `help`, `monitor`, `operators`. `limits` is what the clock and strangers are
//! kept to, `refusal` how a no is said, `answers` and `told` how a line reaches whom it is for, and
//! `labels` which answer belongs to which line. What happens is told to the log as it happens.
//! `tests` is for those who test it, and in no program.

mod capabilities;
mod charges;
mod commands;
mod error;
mod fanout;
pub mod invariants;
mod labels;
mod limits;
mod outbox;
mod replies;
mod settings;
mod state;
mod time;

use commands::registration;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use tracing::{debug, info};

// The families of commands take from here what they have in common.
use crate::common::sanitize::escape;
use crate::wire::message::Tags;
use crate::wire::request::Command;
use crate::wire::{Line, Message, MessageError, Reply, Request};
use capabilities::Capabilities;
use charges::{Meter, Work};
use commands::messages::Chat;
use commands::monitor::Monitors;
use commands::user_modes::Modes;
use commands::whowas::WhowasEntry;
use error::{CommandResult, Rejection, Truncated};
use fanout::Fanout;
use limits::Timers;
use replies::Visited;
use state::people::{
    HostName, Invitation, Membership, People, Person, Registered, Stage, Unregistered,
};
use state::rooms::{Room, RoomMember, Rooms};

pub use limits::{Limit, Limits};
pub use outbox::{LineSpan, Outbox};
pub use settings::{Credential, DisconnectReason, HubSettings, HubTime, Operator};
pub use state::people::ConnectionId;

/// The one owner of all people and rooms.
#[derive(Debug, Default)]
pub struct Hub {
    settings: HubSettings,
    started: HubTime,
    /// When the step at hand is.
    now: HubTime,
    people: People,
    rooms: Rooms,
    timers: Timers,
    monitors: Monitors,
    /// The last ones who left or changed their nick, the latest first.
    whowas: VecDeque<WhowasEntry>,
    /// How much was done for the line at hand.
    meter: Meter,
    /// How many things were said so far: with the start of the server, the id of each.
    messages: u64,
    /// The outbox of the step at hand. It stands in a cell because lines are written from people
    /// and rooms while these are being read.
    outbox: RefCell<Outbox>,
    /// Whom the news at hand has reached, in a cell for the same reason.
    visited: RefCell<Visited>,
}

impl Hub {
    /// A server that starts now, with nobody in it.
    pub fn new(settings: HubSettings, now: HubTime) -> Self {
        Self {
            settings,
            started: now,
            now,
            ..Self::default()
        }
    }

    /// Somebody connected.
    pub fn connected(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| hub.accept(id, HostName::new(address)));
    }

    fn accept(&mut self, id: ConnectionId, host: HostName) {
        if let Some(reason) = self.admission_error(host) {
            let line = self.line(format_args!("ERROR :{reason}"));
            self.outbox().send(id, line);
            self.outbox().closes.push(id);
            debug!(%host, reason, "did not come in");
            return;
        }
        let now = self.now.running;
        let patience = self.settings.limits.registration_seconds;
        let person = Person {
            id,
            host,
            capabilities: Capabilities::NONE,
            last_heard: now,
            deadline: now + Duration::from_secs(patience.into()),
            pinged: false,
            allowance_used: now,
            stage: Stage::Unregistered(Box::<Unregistered>::default()),
        };
        self.track(&person);
        self.people.insert(person);
        debug!(%host, "connected");
    }

    /// A connection sent a line.
    pub fn received(
        &mut self,
        from: ConnectionId,
        line: Line<'_>,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| {
            let Some(person) = hub.people.get(from) else {
                return;
            };
            if !hub.is_flooding(person) {
                hub.mark_alive(from);
            }
            hub.handle_line(from, line);
            hub.count_line(from);
        });
    }

    /// A connection is lost, or has to be given up.
    pub fn disconnected(
        &mut self,
        id: ConnectionId,
        loss: DisconnectReason,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| {
            if loss.is_local() {
                hub.disconnect(id, &loss.to_string());
            } else {
                hub.remove(id, &loss.to_string());
            }
        });
    }

    /// Time has passed; to be called at [`Hub::next_deadline`], and no harm at any other time.
    pub fn tick(&mut self, now: HubTime, outbox: &mut Outbox) {
        self.step(now, outbox, |hub| {
            while hub.next_deadline().is_some_and(|at| at <= now.running)
                && let Some((_, id)) = hub.timers.deadlines.pop_first()
            {
                hub.on_deadline(id);
            }
        });
    }

    /// When [`Hub::tick`] has something to do, if nothing happens before.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.deadlines.first().map(|(at, _)| *at)
    }

    /// The server ends: everybody is told and let go. Nobody hears of the others' leaving.
    pub fn stop(&mut self, outbox: &mut Outbox) {
        self.step(self.now, outbox, |hub| {
            for person in hub.people.all() {
                hub.send_error(person, "Server shutting down");
            }
        });
        let settings = mem::take(&mut self.settings);
        *self = Self::new(settings, self.now);
    }

    /// Gives back the memory of those who have left.
    pub fn shrink(&mut self) {
        self.people.shrink();
        self.rooms.shrink();
        self.timers.per_address.shrink_to_fit();
        self.monitors.watchers.shrink_to_fit();
        self.visited.take();
    }

    /// How many people are here.
    pub fn registered_count(&self) -> usize {
        self.people.registered
    }

    /// How many are connected, people who have not registered yet included.
    pub fn connection_count(&self) -> usize {
        self.people.connected
    }

    /// The bounds that are in force.
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Does what is to be done at this time, and fills the outbox with what comes of it.
    fn step(&mut self, now: HubTime, outbox: &mut Outbox, work: impl FnOnce(&mut Self)) {
        self.now = now;
        self.meter.take();
        mem::swap(self.outbox.get_mut(), outbox);
        work(self);
        mem::swap(self.outbox.get_mut(), outbox);
    }

    /// Does what a line asks for, and says what cannot be done.
    fn handle_line(&mut self, from: ConnectionId, line: Line<'_>) {
        let Line::Whole(line) = line else {
            return self.reject(from, Rejection::LineTooLong);
        };
        let of_newcomer = Some(line).filter(|_| self.people.registered(from).is_err());
        if let Some(spoken) = of_newcomer.and_then(registration::other_protocol) {
            return self.disconnect(from, spoken);
        }
        // What is wrong with a line is an answer to it, too.
        let label = self.label(from, Tags::of(line));
        self.outbox().begin_responses();
        if let Err(rejection) = self.handle_message(from, line) {
            self.reject(from, rejection);
        }
        if let Some(label) = label {
            self.label_responses(label);
        }
    }

    fn handle_message<'a>(&mut self, from: ConnectionId, line: &'a [u8]) -> CommandResult<'a> {
        let message = &match Message::from_client(line) {
            Ok(message) => message,
            Err(MessageError::NoCommand) => return Ok(()),
            Err(MessageError::ForbiddenByte) => return Err(Rejection::ForbiddenByte("*")),
            Err(MessageError::InvalidUtf8) => {
                let command = Command::of_any(line).map_or("*", |command| command.name);
                return Err(Rejection::InvalidUtf8(command));
            }
            Err(MessageError::TooLong) => return Err(Rejection::LineTooLong),
        };
        let needs_name = || Command::named(message.command).is_some_and(|one| !one.is_early);
        let request = match Request::read(message) {
            // Programs answer each other with NOTICE: an error for one could go round for ever.
            // RFC 2812, 3.3.2.
            Err(_) if message.command.eq_ignore_ascii_case("NOTICE") => return Ok(()),
            // What is wrong with the parameters is of no use to somebody without a name.
            _ if self.people.registered(from).is_err() && needs_name() => {
                return Err(Rejection::NotRegistered);
            }
            request => request?,
        };
        self.dispatch(from, request, message.tags)
    }

    /// Hands a request to the one who knows what to do with it.
    #[rustfmt::skip]
    fn dispatch<'a>(&mut self, from: ConnectionId, request: Request<'a>, tags: Tags<'a>) -> CommandResult<'a> {
        let say = |command, text| Chat { from, command, text, tags };
        match request {
            Request::Pass { password } => self.pass(from, password)?,
            Request::Nick { nick } => self.nick(from, nick)?,
            Request::User { user, real_name, .. } => self.user(from, user, real_name)?,
            Request::Cap { subcommand, argument } => self.cap(from, subcommand, argument)?,
            Request::Ping { token } => self.ping(from, token),
            Request::Pong { .. } => self.mark_alive(from),
            Request::Quit { reason } => self.quit(from, reason),
            Request::Join { rooms, keys } => self.join(from, rooms, keys)?,
            Request::Part { rooms, reason } => self.part(from, rooms, reason)?,
            Request::Topic { room, topic: None } => self.topic(from, room)?,
            Request::Topic { room, topic: Some(topic) } => self.set_topic(from, room, topic)?,
            Request::Names { rooms } => self.names(from, rooms)?,
            Request::List { filter } => self.list(from, filter)?,
            Request::Privmsg { targets, text } => self.send_chat(targets, say("PRIVMSG", Some(text)))?,
            Request::Notice { targets, text } => self.send_chat(targets, say("NOTICE", Some(text)))?,
            Request::Tagmsg { targets } => self.send_chat(targets, say("TAGMSG", None))?,
            Request::Who { mask, fields } => self.who(from, mask, fields),
            Request::Whois { nick } => self.whois(from, nick),
            Request::Whowas { nick, count } => self.whowas(from, nick, count),
            Request::Ison { nicks } => self.ison(from, &nicks),
            Request::Userhost { nicks } => self.userhost(from, &nicks),
            Request::Away { message } => self.away(from, message)?,
            Request::Motd => self.motd(from),
            Request::Lusers => self.lusers(from),
            Request::Version => self.version(from),
            Request::Time => self.time(from),
            Request::Info { target } => self.info(from, target)?,
            Request::Help { subject } | Request::Helpop { subject } => self.help(from, subject)?,
            Request::Links => self.links(from),
            Request::Stats { query } => self.stats(from, query),
            Request::Mode { target, letters, parameters } if target.starts_with('#') => {
                self.room_mode(from, target, letters, parameters)?;
            }
            Request::Mode { target, letters, .. } => self.user_mode(from, target, letters)?,
            Request::Invite { nick, room } => self.invite(from, nick, room)?,
            Request::Kick { rooms, nicks, reason } => self.kick(from, rooms, nicks, reason)?,
            Request::Oper { name, password } => self.oper(from, name, password)?,
            Request::Kill { nick, reason } => self.kill(from, nick, reason)?,
            Request::Wallops { text } => self.wallops(from, text)?,
            Request::Rehash => self.rehash(from)?,
            Request::Setname { real_name } => self.setname(from, real_name)?,
            Request::Monitor { change, nicks } => self.monitor(from, change, nicks)?,
        }
        Ok(())
    }

    /// Takes somebody out of everything and tells those who could see them.
    fn remove(&mut self, id: ConnectionId, reason: &str) -> Option<Person> {
        if let Ok(user) = self.people.registered(id) {
            let line = self.line(format_args!(":{} QUIT :{reason}", user.source));
            let nick = user.nick.clone();
            self.broadcast_to_peers(id, Capabilities::NONE, line);
            self.record_whowas(id);
            self.unmonitor_all(id);
            self.notify_offline(&nick);
        }
        while let Ok(Some(&last)) = self.people.registered(id).map(|one| one.rooms.last()) {
            self.rooms.leave(last.room, id, &mut self.people);
        }
        let person = self.people.remove(id)?;
        self.untrack(&person);
        let (reason, here) = (escape(reason), self.people.registered);
        match person.registered() {
            Some(Registered { nick, .. }) => info!(%nick, reason, here, "left"),
            None => debug!(host = %person.host, reason, "did not come in"),
        }
        Some(person)
    }

    /// The same, and ends the connection with the reason.
    fn disconnect(&mut self, id: ConnectionId, reason: &str) {
        if let Some(person) = self.remove(id, reason) {
            self.send_error(&person, reason);
        }
    }

    /// Closes the connection of somebody, who may be nobody any more, and says why.
    fn send_error(&self, person: &Person, reason: &str) {
        let nick = person.nick_or_star();
        let line = self.line(format_args!("ERROR :Closing Link: {nick} ({reason})"));
        let outbox = &mut self.outbox();
        self.fanout(line)
            .send(person.id, person.capabilities, outbox);
        outbox.closes.push(person.id);
    }
}
