//! The server's decisions, as a deterministic state machine: who is connected, which rooms there
//! are, and what each line does. It has no I/O, no clock and no randomness: the same lines in the
//! same order at the same times give the same bytes.
//!
//! A caller reports what happens ([`Hub::connected`], [`Hub::received`], [`Hub::disconnected`],
//! [`Hub::answered`], [`Hub::tick`], [`Hub::reconfigured`], [`Hub::stop`]), and asks when to call
//! again ([`Hub::next_deadline`]). Each step fills an [`Outbox`] with what is to be done; the caller
//! does that before the next step.
//!
//! ```
//! use std::net::Ipv4Addr;
//!
//! use chatting_room::server::hub::{ConnectionId, Hub, HubSettings, HubTime, Outbox};
//! use chatting_room::wire::Line;
//!
//! let now = HubTime::default();
//! let mut hub = Hub::new(HubSettings::default(), now);
//! let mut outbox = Outbox::default();
//!
//! let alice = ConnectionId::new(0, 0);
//! hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
//! outbox.clear();
//! hub.received(alice, Line::Whole(b"PING :hello"), now, &mut outbox);
//! let (to, line) = outbox.sends().next().unwrap();
//! assert_eq!(to, alice);
//! assert_eq!(line, b":chatroomd.local PONG chatroomd.local :hello\r\n");
//! ```
//!
//! `state` has the tables, `commands` one file for each family of commands, `limits` what the hub
//! holds clients to. `error` maps errors to numerics; `replies` and `fanout` deliver lines, in the
//! variant that each recipient asked for; `labels` marks responses. `task` is the port for work that
//! takes long. `invariants` is for tests only.
//!
//! It knows `wire` and `common`, and no other part of the server. `net`, `config`, `auth` and
//! `daemon` import it.

mod capabilities;
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
pub mod task;
mod time;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use tracing::{debug, info};

// The families of commands take from here what they have in common.
use crate::common::sanitize::escape;
use crate::wire::{Line, Reply};
use capabilities::Capabilities;
use commands::monitor::Monitors;
use commands::whowas::WhowasEntry;
use error::{CommandResult, Rejection, Truncated};
use fanout::Fanout;
use limits::Timers;
use replies::Visited;
use state::modes::Modes;
use state::people::{
    HostName, Invitation, Membership, People, Person, Registered, Stage, Unregistered,
};
use state::rooms::{Room, RoomMember, Rooms};
use task::Answer;

pub use limits::{Limit, Limits};
pub(in crate::server) use outbox::LineSpan;
pub use outbox::Outbox;
pub use settings::{Credential, DisconnectReason, HubSettings, Operator};
pub use state::people::ConnectionId;
pub use time::HubTime;

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

    /// A task of an earlier step is done.
    pub fn answered(&mut self, answer: Answer, now: HubTime, outbox: &mut Outbox) {
        self.step(now, outbox, |hub| match answer {
            Answer::PasswordChecked {
                connection,
                is_correct,
            } => hub.password_checked(connection, is_correct),
        });
    }

    /// The configuration was read again: what it says holds from now on, or, when it is broken,
    /// what held before. Operators are notified.
    pub fn reconfigured(
        &mut self,
        read: Result<HubSettings, String>,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| hub.reconfigure(read));
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
    pub(in crate::server) fn shrink(&mut self) {
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
    pub(in crate::server) fn connection_count(&self) -> usize {
        self.people.connected
    }

    /// The bounds that are in force.
    pub(in crate::server) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Does what is to be done at this time, and fills the outbox with what comes of it.
    fn step(&mut self, now: HubTime, outbox: &mut Outbox, work: impl FnOnce(&mut Self)) {
        self.now = now;
        mem::swap(self.outbox.get_mut(), outbox);
        work(self);
        mem::swap(self.outbox.get_mut(), outbox);
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
