//! The core of the server, a deterministic state machine: no I/O, no clock and no randomness. The
//! same lines in the same order at the same times produce the same bytes.
//!
//! Events come in through [`Hub::connected`], [`Hub::received`], [`Hub::disconnected`],
//! [`Hub::answered`] and [`Hub::tick`], which is due at [`Hub::next_deadline`].
//! [`Hub::reconfigured`] takes new settings, and [`Hub::stop`] ends the server. Each step fills an
//! [`Outbox`], which the caller empties before the next one.
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
//! - `state/`: the tables of people, rooms, masks, modes and operators
//! - `commands/`: a handler for each request
//! - `replies` and `fanout`: deliver lines; `fanout` writes each variant once
//! - `error`: maps rejections to numerics and `FAIL`
//! - `labels`: attaches a response to the label of its line
//! - `limits`: rate limits, timeouts and bounds
//! - `admission`: new connections, admitted or refused
//! - `outbox`: the result of a step
//! - `message_id`: the ids of stored messages
//! - `once`: the ids that clients give to their messages
//! - `buffers`: where a stored message belongs
//! - `stored` and `gate`: the port to the store, and the steps that wait for it
//! - `account`: the port to the accounts
//! - `registered_room`: the port to the registered rooms
//! - `ban`: the port to the bans of the server
//! - `task`: the port for work that takes long, such as checking a password
//! - `settings` and `time`: the configuration of the hub, and its two clocks as text
//! - `connection_id`: the number of a connection
//! - `counts`: numbers for the metrics and the status of the server
//! - `cloak`: the hosts that other users see
//! - `multiline`: messages of several lines, as a batch or as lines
//! - `fingerprint`: the fingerprint of a client certificate
//! - `charges`: the cost of a line, charged to its sender
//! - `ip_network`: a network of addresses
//! - `capabilities`: the table of IRCv3 capabilities
//! - `invariants`: consistency checks, for tests only
//!
//! The hub uses `common` and `wire` alone and must not know sockets or files. `admin`, `auth`,
//! `config`, `error`, `net` and `store` import it. Events are logged as they happen.

#[cfg(not(feature = "for-tests"))]
pub(in crate::server) mod account;
#[cfg(feature = "for-tests")]
pub mod account;
mod admission;
pub(in crate::server) mod ban;
#[cfg(not(feature = "for-tests"))]
pub(in crate::server) mod buffers;
#[cfg(feature = "for-tests")]
pub mod buffers;
mod capabilities;
mod charges;
mod cloak;
mod commands;
mod connection_id;
mod counts;
mod error;
mod fanout;
mod fingerprint;
mod gate;
pub mod invariants;
mod ip_network;
mod labels;
mod limits;
mod message_id;
mod multiline;
mod once;
mod outbox;
#[cfg(not(feature = "for-tests"))]
pub(in crate::server) mod registered_room;
#[cfg(feature = "for-tests")]
pub mod registered_room;
mod replies;
mod settings;
mod state;
#[cfg(not(feature = "for-tests"))]
pub(in crate::server) mod stored;
#[cfg(feature = "for-tests")]
pub mod stored;
#[cfg(not(feature = "for-tests"))]
pub(in crate::server) mod task;
#[cfg(feature = "for-tests")]
pub mod task;
mod time;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::time::Duration;

use tracing::{debug, info};

use crate::common::sanitize::escape;
use crate::wire::{Line, Reply};
use account::{SecretKey, StoredAccounts};
use capabilities::{Capabilities, MemberCapabilities};
use charges::{Meter, Work};
use cloak::CloakKey;
use error::{CommandResult, Rejection, Truncated};
use fanout::Fanout;
use limits::Timers;
use replies::Visited;
use state::accounts::{AccountOutcome, Accounts};
use state::bans::Bans;
use state::client_batch::ClientBatch;
use state::markers::Markers;
use state::modes::Modes;
use state::monitors::Monitors;
use state::once::OnceTable;
use state::operators::Operators;
use state::pending_history::PendingHistory;
use state::people::{Invitation, Membership, People, Person, Registered};
use state::rooms::{Room, RoomMember, Rooms};
use state::whowas::WhowasEntry;
use stored::{StoreInfo, StoreState, StoreTag, StoredKind, StoredMarker};
use task::Answer;

pub(in crate::server) use commands::is_free_line;
pub use connection_id::ConnectionId;
pub use fingerprint::CertificateFingerprint;
#[cfg(not(feature = "for-tests"))]
pub(in crate::server) use gate::Gate;
#[cfg(feature = "for-tests")]
pub use gate::Gate;
pub use ip_network::IpNetwork;
pub use limits::{Limit, Limits};
pub(in crate::server) use outbox::LineSpan;
pub use outbox::Outbox;
pub use settings::{
    Credential, DisconnectReason, Gateway, HubSettings, Operator, OperatorRight, OperatorRights,
    ProxySettings, Registration, StoredRooms, StsPolicy,
};
pub(in crate::server) use state::people::HostName;
pub use time::HubTime;

/// The state of the server: all people, rooms and timers.
#[derive(Debug, Default)]
pub struct Hub {
    settings: HubSettings,
    started: HubTime,
    /// The time of the current step.
    now: HubTime,
    people: People,
    rooms: Rooms,
    timers: Timers,
    operators: Operators,
    bans: Bans,
    /// The key of the cloaked hosts; without one they are not cloaked.
    cloak_key: Option<CloakKey>,
    monitors: Monitors,
    /// The users who left or changed their nick last, the latest first.
    whowas: VecDeque<WhowasEntry>,
    /// The work that the current line has caused.
    meter: Meter,
    /// Number of messages so far; with the start of the server it makes each message id. With a
    /// store it is the last id.
    messages: u64,
    /// The store, if there is one.
    store: Option<KnownStore>,
    /// The ids that clients have given to their messages, with a store.
    once: OnceTable,
    /// The accounts, if there are any in a store.
    accounts: Option<Box<Accounts>>,
    /// The connections that wait for stored messages, and what each waits for, in order.
    history: BTreeMap<ConnectionId, VecDeque<PendingHistory>>,
    /// The messages of several lines that clients are sending. It is never iterated.
    batches: BTreeMap<ConnectionId, ClientBatch>,
    /// How far users have read, if there is a store.
    markers: Option<Box<Markers>>,
    /// The outbox of the current step, in a cell because lines are written while people and rooms
    /// are borrowed.
    outbox: RefCell<Outbox>,
    /// How often each error was sent, by its numeric, in a cell because errors are sent while people
    /// and rooms are borrowed. `FAIL` is 0.
    rejections: RefCell<BTreeMap<u16, u64>>,
    /// The recipients of the current event, in a cell for the same reason.
    visited: RefCell<Visited>,
}

/// The store, as the hub knows it.
#[derive(Debug, Clone, Copy)]
struct KnownStore {
    tag: StoreTag,
    keep_days: Option<u32>,
    state: StoreState,
}

impl Hub {
    /// A server that starts now, without connections.
    pub fn new(settings: HubSettings, now: HubTime) -> Self {
        Self {
            settings,
            started: now,
            now,
            ..Self::default()
        }
    }

    /// Keeps lines in this store from now on. Ids begin after the last one in it.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn store_in(&mut self, info: StoreInfo) {
        self.store = Some(KnownStore {
            tag: info.tag,
            keep_days: info.keep_days,
            state: StoreState::Ready,
        });
        self.messages = info.last.0;
        self.markers = Some(Box::default());
    }

    /// Adds the read markers of the store.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn markers_in(&mut self, stored: Vec<StoredMarker>) {
        if let Some(markers) = &mut self.markers {
            markers.extend(stored);
        }
    }

    /// Lets clients log in to these accounts from now on.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn accounts_in(&mut self, stored: StoredAccounts) {
        self.accounts = Some(Box::new(Accounts::new(stored)));
    }

    /// Cloaks the hosts of users with this secret from now on, if that is configured.
    pub fn cloak_with(&mut self, secret: SecretKey) {
        self.cloak_key = Some(CloakKey::new(secret));
    }

    /// The host of a connection as other users see it. That of this machine is no secret.
    fn shown_host(&self, host: HostName) -> String {
        match self.cloak_key.filter(|_| self.settings.cloak) {
            Some(key) if !host.is_loopback() => key.cloak(host.address()),
            _ => host.to_string(),
        }
    }

    /// Reports whether lines can be stored from now on. Operators are notified.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn store_changed(&mut self, state: StoreState, now: HubTime, outbox: &mut Outbox) {
        self.step(now, outbox, |hub| {
            let Some(store) = &mut hub.store else {
                return;
            };
            if mem::replace(&mut store.state, state) != state {
                if state == StoreState::Ready {
                    hub.keep_changed_rooms();
                    hub.keep_changed_markers();
                }
                hub.notify_operators(match state {
                    StoreState::Ready => "Messages can be stored again.",
                    StoreState::Refusing => {
                        "Messages cannot be stored: the disk is full or fails. They are refused."
                    }
                    StoreState::Stalled => {
                        "The disk of the message store does not answer. Messages are refused."
                    }
                });
            }
        });
        // It must not wait for the store that it is about.
        outbox.is_free = true;
    }

    /// A connection was not read for a while, so its silence does not count.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn was_not_read(&mut self, id: ConnectionId, now: HubTime) {
        self.now = now;
        self.mark_alive(id);
        if self.people.registered(id).is_ok() {
            self.reschedule(id, self.next_ping(now.running));
        }
    }

    /// Handles a line from a connection.
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
        outbox.asker = Some(from);
        let person = self.people.get(from);
        outbox.is_free |= person.is_some_and(|person| person.registered().is_none());
    }

    /// Removes a connection that is lost or is given up.
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

    /// Handles the answer to a task of an earlier step.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn answered(&mut self, answer: Answer, now: HubTime, outbox: &mut Outbox) {
        let asker = answer.connection();
        // It has only messages that were sent before.
        let is_history = matches!(answer, Answer::HistoryRead { .. });
        self.step(now, outbox, |hub| match answer {
            Answer::PasswordChecked {
                connection,
                is_correct,
            } => match hub.operators.gateway_checks.remove(&connection) {
                Some(check) => hub.gateway_checked(connection, check, is_correct),
                None => hub.password_checked(connection, is_correct),
            },
            Answer::LoginChecked {
                connection,
                is_correct,
            } => hub.account_answered(connection, AccountOutcome::Done(is_correct)),
            Answer::PasswordDerived {
                connection,
                password,
            } => hub.account_answered(connection, AccountOutcome::Derived(password)),
            Answer::CodeSent {
                connection,
                is_sent,
            } => hub.account_answered(connection, AccountOutcome::Done(is_sent)),
            Answer::StoreChanged {
                connection,
                is_stored,
            } => hub.account_answered(connection, AccountOutcome::Done(is_stored)),
            Answer::HistoryRead { connection, page } => hub.history_read(connection, page),
        });
        outbox.asker = Some(asker);
        let person = self.people.get(asker);
        let is_unregistered = person.is_some_and(|person| person.registered().is_none());
        outbox.is_free |= is_history || is_unregistered;
    }

    /// Applies a reloaded configuration, or keeps the current one if the new one is invalid.
    /// Operators are notified.
    pub fn reconfigured(
        &mut self,
        read: Result<HubSettings, &dyn fmt::Display>,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| hub.reconfigure(read));
    }

    /// Handles the deadlines that have come. To be called at [`Hub::next_deadline`]; of no effect at
    /// any other time.
    pub fn tick(&mut self, now: HubTime, outbox: &mut Outbox) {
        self.tick_except(now, outbox, |_, _| false);
    }

    /// The same, except for connections with unread input. `has_unread` is asked with the deadline,
    /// and is true when the connection has not been read since then.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn tick_except(
        &mut self,
        now: HubTime,
        outbox: &mut Outbox,
        has_unread: impl Fn(ConnectionId, Duration) -> bool,
    ) {
        self.step(now, outbox, |hub| {
            let deadlines = hub.timers.deadlines.iter();
            let due = deadlines.take_while(|(at, _)| *at <= now.running);
            let due: Vec<_> = due
                .filter(|(at, id)| !has_unread(*id, *at))
                .copied()
                .collect();
            for deadline in due {
                // A deadline that was handled before can have removed other connections.
                if hub.timers.deadlines.remove(&deadline) {
                    hub.on_deadline(deadline.1);
                }
            }
        });
        // Pings alone need not wait for anything.
        outbox.is_free = outbox.closes.is_empty();
    }

    /// The next time at which [`Hub::tick`] has work, if no event comes before it.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.deadlines.first().map(|(at, _)| *at)
    }

    /// Ends the server: sends an `ERROR` to each connection and closes it. The users do not get
    /// each other's `QUIT`.
    pub fn stop(&mut self, outbox: &mut Outbox) {
        self.stop_because("Server shutting down", outbox);
    }

    /// The same with another reason.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn stop_because(&mut self, reason: &str, outbox: &mut Outbox) {
        self.step(self.now, outbox, |hub| {
            for person in hub.people.all() {
                hub.send_error(person, reason);
            }
        });
        let settings = mem::take(&mut self.settings);
        *self = Self::new(settings, self.now);
    }

    /// Releases the memory of users who have left.
    pub(in crate::server) fn shrink(&mut self) {
        self.people.shrink();
        self.rooms.shrink();
        self.timers.per_address.shrink_to_fit();
        self.monitors.watchers.shrink_to_fit();
        self.visited.take();
    }

    /// Number of registered users.
    pub fn registered_count(&self) -> usize {
        self.people.registered
    }

    /// Number of connections, unregistered ones included.
    pub(in crate::server) fn connection_count(&self) -> usize {
        self.people.connected
    }

    /// The limits in force.
    pub(in crate::server) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Runs a step at this time, with its lines going to the caller's outbox.
    fn step(&mut self, now: HubTime, outbox: &mut Outbox, work: impl FnOnce(&mut Self)) {
        self.now = now;
        self.meter.reset();
        mem::swap(self.outbox.get_mut(), outbox);
        work(self);
        mem::swap(self.outbox.get_mut(), outbox);
    }

    /// Removes a connection from all tables, and sends its `QUIT` to the users who could see it.
    fn remove(&mut self, id: ConnectionId, reason: &str) -> Option<Person> {
        let is_registered = self.people.registered(id).is_ok();
        let event = is_registered.then(|| self.begin_event()).flatten();
        if let Ok(user) = self.people.registered(id) {
            let line = self.line(format_args!(":{} QUIT :{reason}", user.source));
            let nick = user.nick.clone();
            self.broadcast_to_peers(id, Capabilities::NONE, line, event);
            for (room, _) in self.rooms_of(user) {
                let text = format!(" :{reason}");
                self.keep_event(room, event, StoredKind::Quit, user, &text);
            }
            self.record_whowas(id);
            self.unmonitor_all(id);
            self.notify_offline(&nick);
        }
        while let Ok(Some(&last)) = self.people.registered(id).map(|one| one.rooms.last()) {
            self.rooms.leave(last.room, id, &mut self.people);
        }
        let person = self.people.remove(id)?;
        self.untrack(&person);
        self.operators.remove(id);
        if let Some(accounts) = &mut self.accounts {
            accounts.remove(id);
            accounts.set_session(id, person.account(), None);
        }
        self.history.remove(&id);
        self.batches.remove(&id);
        self.forget_markers(id);
        let (reason, here) = (escape(reason), self.people.registered);
        match person.registered() {
            Some(Registered { nick, .. }) => info!(%nick, reason, here, "left"),
            None => debug!(host = %person.host, reason, "not registered"),
        }
        Some(person)
    }

    /// Removes a connection and closes it with the reason.
    fn disconnect(&mut self, id: ConnectionId, reason: &str) {
        if let Some(person) = self.remove(id, reason) {
            self.send_error(&person, reason);
        }
    }

    /// Closes a connection, which may be removed already, with an `ERROR` that gives the reason.
    fn send_error(&self, person: &Person, reason: &str) {
        let nick = person.nick_or_star();
        let line = self.line(format_args!("ERROR :Closing Link: {nick} ({reason})"));
        let outbox = &mut self.outbox();
        self.fanout(line)
            .send(person.id, person.capabilities, outbox);
        outbox.closes.push(person.id);
    }
}
