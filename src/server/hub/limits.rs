//! Flood control and other rate limits, timeouts, and the number of connections per address.
//!
//! A message costs no more than an addition: while a connection is active its deadline stays in
//! place, and is moved only when it is due.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use super::state::people::{ConnectionStage, HostName};
use super::{CommandResult, ConnectionId, Hub, Person, Rejection, Work};
use crate::wire::name::{NICK_BYTES_MAX, ROOM_NAME_BYTES_MAX};

/// A row is the documentation of a limit, its field, its key in the configuration, its default, its
/// range, and its line in the help. Names end in the unit; a limit without one is a count.
macro_rules! limits {
    ($(
        $(#[$doc:meta])*
        $name:ident $key:literal = $usual:expr, $least:literal to $most:expr, $words:literal;
    )*) => {
        /// Every size, count and time that is bounded.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            /// `false` switches off flood control and the limits on connections in total, per
            /// address and per minute.
            pub enabled: bool,
            $($(#[$doc])* pub $name: u32,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self {
                    enabled: true,
                    $($name: $usual,)*
                }
            }
        }

        impl Limit {
            /// All limits that are numbers.
            pub const ALL: &[Self] = &[$(Self {
                key: $key,
                min: $least,
                max: $most,
                description: $words,
                field: |limits| &mut limits.$name,
            },)*];
        }
    };
}

limits! {
    /// Maximum number of connections, unregistered ones included.
    connections "connections" = 10_000, 1 to 1_000_000, "connections in total";
    /// Maximum number of connections from one IPv4 address or IPv6 /64 network.
    connections_per_address "connections-per-address" = 256, 1 to 1_000_000,
        "connections from one IPv4 address or IPv6 network of 64 bits";
    /// Maximum number of new connections from one address or network in a minute.
    connections_per_minute "connections-per-minute" = 600, 1 to 1_000_000,
        "new connections in a minute from one address or network";
    /// Time to register, in seconds.
    registration_seconds "registration-seconds" = 30, 1 to 3_600,
        "seconds after connecting to send NICK and USER";
    /// Seconds of silence after which a user is pinged.
    ping_interval_seconds "ping-interval-seconds" = 90, 1 to 86_400,
        "seconds of silence before a PING is sent";
    /// Seconds to answer a ping.
    ping_timeout_seconds "ping-timeout-seconds" = 60, 1 to 86_400, "seconds to answer a PING";
    /// Lines per second that are handled from one connection on average.
    lines_per_second "lines-per-second" = 10, 1 to 1_000_000,
        "lines handled from one connection, on average";
    /// Lines that are handled at once before that rate applies.
    lines_burst "lines-burst" = 40, 1 to 1_000_000,
        "lines handled at once before lines-per-second applies";
    /// Bytes of a response that count like one more line.
    answer_bytes_per_line "answer-bytes-per-line" = 8_192, 512 to 1 << 30,
        "bytes of a response that count like one more line";
    /// Maximum number of people or rooms in one response to `WHO` or `LIST`.
    matches "matches" = 1_000, 1 to 100_000, "people or rooms in one response to WHO or LIST";
    /// Nick changes of one user in a minute.
    nick_changes_per_minute "nick-changes-per-minute" = 20, 1 to 1_000_000,
        "nick changes of one user in a minute";
    /// Bytes of a line without an end after which its sender is disconnected.
    receive_queue_bytes "receive-queue-bytes" = 16 * 1024, 8_192 to 1 << 20,
        "bytes without a line ending before a client is disconnected";
    /// Seconds that the lines of a user may be paused without a `PONG` before the user is
    /// disconnected.
    flood_seconds "flood-seconds" = 600, 10 to 86_400,
        "seconds of throttling without a PONG until a client is disconnected";
    /// Bytes that may be queued for one connection.
    send_queue_bytes "send-queue-bytes" = 1024 * 1024, 4_096 to 1 << 30,
        "bytes queued for one client before it is disconnected";
    /// Bytes that may be queued for all connections together.
    queues_bytes "queues-bytes" = 128 * 1024 * 1024, 65_536 to u32::MAX,
        "bytes queued for all clients; above it the slowest are disconnected";
    /// Bytes of output that may wait for the store. Above that, only requests that do not wait for
    /// it are read.
    held_bytes "held-bytes" = 32 * 1024 * 1024, 65_536 to u32::MAX,
        "bytes of output waiting for the store before reading pauses";
    /// Lines of one connection that may wait for the store.
    held_lines "held-lines" = 64, 1 to 100_000,
        "lines of one client waiting for the store before reading it pauses";
    /// Seconds without an answer from the disk after which messages are refused.
    stall_seconds "stall-seconds" = 10, 1 to 3_600,
        "seconds without an answer from the disk until messages are refused";
    /// Maximum number of messages in one response to `CHATHISTORY`.
    history_lines "history-lines" = 100, 1 to 1_000, "messages in one response to CHATHISTORY";
    /// The longest message of several lines, in bytes.
    multiline_bytes "multiline-bytes" = 4_096, 512 to 65_536, "of one message of several lines";
    /// Maximum number of lines of such a message.
    multiline_lines "multiline-lines" = 24, 2 to 1_000, "of one message of several lines";
    /// Seconds after which users can no longer delete their messages.
    redact_seconds "redact-seconds" = 86_400, 0 to u32::MAX,
        "seconds in which users can delete their own messages with REDACT";
    /// Maximum number of read markers of one user.
    read_markers "read-markers" = 1_000, 1 to 100_000,
        "read markers of one account; the oldest is removed for a new one";
    /// Seconds in which a message that a client sends again under its id is recognized.
    once_seconds "once-seconds" = 3_600, 60 to 86_400,
        "seconds in which a message sent again under its id is recognized";
    /// Maximum number of these ids.
    once_ids "once-ids" = 200_000, 1_000 to 1_000_000, "ids of messages that are recognized";
    /// Maximum number of these ids of one account, or of one host without an account.
    once_ids_per_user "once-ids-per-user" = 20_000, 1_000 to 1_000_000,
        "of these ids of one account or host";
    /// Accounts that are registered from one address or network in an hour.
    registrations_per_hour "registrations-per-hour" = 10, 0 to 1_000_000,
        "accounts registered in an hour from one address or network";
    /// Maximum number of rooms that belong to one account.
    rooms_per_account "rooms-per-account" = 20, 0 to 1_000, "rooms that one account can register";
    /// The longest password of an account, in bytes.
    password_bytes "password-bytes" = 300, 8 to 300, "bytes in the password of an account";
    /// The longest message of a login with SASL, in bytes of Base64.
    sasl_bytes "sasl-bytes" = 4_096, 400 to 65_536, "bytes in one message of a login with SASL";
    /// Maximum number of rooms that a user is in.
    rooms_per_person "rooms-per-person" = 50, 1 to 1_000, "rooms that one user can be in";
    /// Maximum number of people in a room; the room's own modes can only lower it.
    people_per_room "people-per-room" = 10_000, 1 to 1_000_000, "people in one room";
    /// Maximum number of masks of a room, all its lists together.
    masks_per_room "masks-per-room" = 100, 1 to 1_000,
        "bans, exceptions and invite exceptions of one room together";
    /// Maximum number of `*` and `?` in one of these masks, and in a mask of `WHO` or `LIST`.
    mask_wildcards "mask-wildcards" = 16, 4 to 120,
        "wildcards (* and ?) in a mask of a room, and of WHO or LIST";
    /// Maximum number of bans of the server.
    bans "bans" = 1_000, 1 to 10_000, "server bans";
    /// Maximum number of nicks that a user monitors.
    monitored_nicks "monitored-nicks" = 100, 1 to 1_000, "nicks that one user can monitor";
    /// Maximum number of rooms or people in one request.
    targets "targets" = 10, 1 to 100, "rooms or people in one request";
    /// The longest nick, in bytes.
    nick_bytes "nick-bytes" = NICK_BYTES_MAX as u32, 1 to NICK_BYTES_MAX as u32, "bytes in a nick";
    /// The longest room name, in bytes.
    room_name_bytes "room-name-bytes" = ROOM_NAME_BYTES_MAX as u32, 2 to ROOM_NAME_BYTES_MAX as u32,
        "bytes in the name of a room";
    /// The longest key of a room, in bytes.
    key_bytes "key-bytes" = 32, 1 to 32, "bytes in the key of a room";
    /// The longest topic, in bytes; a longer one is cut. The maximum is what fits in a line with
    /// its source and room; the same holds for the limits below.
    topic_bytes "topic-bytes" = 300, 1 to 300, "bytes in a topic; a longer one is cut";
    /// The longest away message, in bytes; a longer one is cut.
    away_bytes "away-bytes" = 200, 1 to 200, "bytes in an away message; a longer one is cut";
    /// The longest reason of `PART`, `QUIT`, `KICK` and `KILL`, in bytes; a longer one is cut.
    reason_bytes "reason-bytes" = 300, 1 to 300,
        "bytes in a reason for leaving, kicking or KILL; a longer one is cut";
    /// The longest real name, in bytes. A longer one is cut in `USER` and rejected in `SETNAME`.
    real_name_bytes "real-name-bytes" = 120, 1 to 120,
        "bytes in a real name; a longer one is cut by USER";
}

/// A limit as the configuration and the help need it.
#[derive(Debug)]
pub struct Limit {
    /// Its key in the configuration.
    pub key: &'static str,
    /// The minimum.
    pub min: u32,
    /// The maximum.
    pub max: u32,
    /// Its line in the help, without the key and the default.
    pub description: &'static str,
    /// Its field.
    pub field: fn(&mut Limits) -> &mut u32,
}

impl Limits {
    /// The average time between two lines.
    fn line_time(&self) -> Duration {
        Duration::from_secs(1) / self.lines_per_second.max(1)
    }

    /// The time from which the next line of this connection is handled.
    fn next_line(&self, person: &Person) -> Duration {
        let burst = self.line_time() * self.lines_burst;
        (person.allowance_used + self.line_time()).saturating_sub(burst)
    }
}

const MINUTE_SECONDS: u32 = 60;
/// Interval of pings to a paused connection. The system of a peer that is gone answers them with a
/// reset, which arrives before the lines that are still queued.
const FLOOD_PING: Duration = Duration::from_secs(2);

/// State of the limits and timeouts.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Deadlines, the earliest first: one entry per connection.
    pub(super) deadlines: BTreeSet<(Duration, ConnectionId)>,
    /// Number of connections from each address. It is never iterated.
    pub(super) per_address: HashMap<IpAddr, u32>,
    /// Number of new connections from each address in the current minute.
    recent_connections: HashMap<IpAddr, u32>,
    minute: u64,
}

/// Why a connection is refused, with the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AdmissionError {
    Total(u32),
    OfAddress(u32),
    InAMinute(u32),
}

impl fmt::Display for AdmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Total(most) => write!(f, "Too many connections ({most})"),
            Self::OfAddress(most) => write!(f, "Too many connections from your IP ({most})"),
            Self::InAMinute(most) => {
                write!(f, "Too many connections from your IP in a minute ({most})")
            }
        }
    }
}

impl Hub {
    /// Counts a new connection from this host, or refuses it. The limits of its address apply if they
    /// are to be counted.
    pub(super) fn admit(
        &mut self,
        host: HostName,
        counts_address: bool,
    ) -> Result<(), AdmissionError> {
        let limits = &self.settings.limits;
        if !limits.enabled {
            return Ok(());
        }
        if self.people.connected >= limits.connections as usize {
            return Err(AdmissionError::Total(limits.connections));
        }
        match counts_address {
            true => self.admit_address(host),
            false => Ok(()),
        }
    }

    /// Counts a connection for the limits of its address, which does not include it yet.
    fn admit_address(&mut self, host: HostName) -> Result<(), AdmissionError> {
        let limits = &self.settings.limits;
        if !limits.enabled {
            return Ok(());
        }
        let from_there = self.timers.per_address.get(&host.network()).copied();
        let most = limits.connections_per_address;
        if from_there.unwrap_or(0) >= most {
            return Err(AdmissionError::OfAddress(most));
        }
        let minute = self.now.running.as_secs() / u64::from(MINUTE_SECONDS);
        if mem::replace(&mut self.timers.minute, minute) != minute {
            self.timers.recent_connections.clear();
        }
        let recent = &mut self.timers.recent_connections;
        let count = recent.entry(host.network()).or_default();
        *count = count.saturating_add(1);
        match limits.connections_per_minute {
            most if *count > most => Err(AdmissionError::InAMinute(most)),
            _ => Ok(()),
        }
    }

    /// Moves a connection to the host that its user connects from, or refuses that because of the
    /// limits of its address, if they apply. The host is another one in both cases.
    pub(super) fn admit_at(
        &mut self,
        id: ConnectionId,
        host: HostName,
        counts_address: bool,
    ) -> Result<(), AdmissionError> {
        let before = self.people.get(id).map(|person| person.host.network());
        if let Some(network) = before {
            self.untrack_address(network);
        }
        let admitted = match counts_address {
            true => self.admit_address(host),
            false => Ok(()),
        };
        if let Some(person) = self.people.get_mut(id) {
            person.host = host;
            *self.timers.per_address.entry(host.network()).or_default() += 1;
        }
        admitted
    }

    /// Starts to track an accepted connection.
    pub(super) fn track(&mut self, person: &Person) {
        let address = person.host.network();
        *self.timers.per_address.entry(address).or_default() += 1;
        self.timers.deadlines.insert((person.deadline, person.id));
    }

    /// Ends that.
    pub(super) fn untrack(&mut self, person: &Person) {
        self.timers.deadlines.remove(&(person.deadline, person.id));
        self.untrack_address(person.host.network());
    }

    fn untrack_address(&mut self, address: IpAddr) {
        if let Some(count) = self.timers.per_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.timers.per_address.remove(&address);
            }
        }
    }

    /// Counts a line against its sender's rate limit, and pauses the sender once the allowance is
    /// used up. A line is never rejected for it; the lines after it wait unread.
    ///
    /// This is a token bucket kept as one point in time: each line moves it forward by the cost of
    /// a line, and it may be ahead of now by the cost of a burst. A line with a long response, or
    /// with a long scan, costs more.
    pub(super) fn count_line(&mut self, from: ConnectionId) {
        let others = self.outbox().spans().len().saturating_sub(1);
        self.charge(Work::Delivery, others);
        self.charge(Work::Byte, self.outbox().written_bytes());
        let now = self.now.running;
        let limits = &self.settings.limits;
        if !limits.enabled {
            return;
        }
        let of_one_line = limits.answer_bytes_per_line.max(1) as usize * Work::Byte.price();
        let more = self.meter.sum() / of_one_line;
        let cost = limits.line_time() * u32::try_from(more + 1).unwrap_or(u32::MAX);
        if let Some(person) = self.people.get_mut(from) {
            person.allowance_used = person.allowance_used.max(now) + cost;
            let next_line = limits.next_line(person);
            if next_line > now {
                if person.registered().is_some() && person.deadline > now + FLOOD_PING {
                    self.reschedule(from, now + FLOOD_PING);
                }
                self.outbox().pause(from, next_line);
            }
        }
    }

    /// Whether a line that arrives now has been paused; if so, it may have been sent any time ago.
    pub(super) fn is_flooding(&self, person: &Person) -> bool {
        let limits = &self.settings.limits;
        limits.enabled && self.now.running <= limits.next_line(person) + limits.line_time()
    }

    /// Records that the connection is alive.
    pub(super) fn mark_alive(&mut self, from: ConnectionId) {
        if let Some(person) = self.people.get_mut(from) {
            person.last_heard = self.now.running;
            person.pinged = false;
        }
    }

    /// Counts a nick change, or rejects one above the rate limit.
    pub(super) fn count_nick<'a>(
        &mut self,
        id: ConnectionId,
        wanted: &'a str,
    ) -> CommandResult<'a> {
        let now = u32::try_from(self.now.running.as_secs()).unwrap_or(u32::MAX);
        let limits = &self.settings.limits;
        let (enabled, most) = (limits.enabled, limits.nick_changes_per_minute);
        let Ok(user) = self.people.registered_mut(id) else {
            return Ok(());
        };
        let (since, count) = &mut user.nick_changes;
        if *count == 0 || now >= *since + MINUTE_SECONDS {
            (*since, *count) = (now, 0);
        } else if enabled && *count >= most {
            let seconds = *since + MINUTE_SECONDS - now;
            return Err(Rejection::NickTooFast(wanted, seconds));
        }
        *count += 1;
        Ok(())
    }

    /// Moves the deadline of a connection.
    pub(super) fn reschedule(&mut self, id: ConnectionId, at: Duration) {
        if let Some(person) = self.people.get_mut(id) {
            self.timers.deadlines.remove(&(person.deadline, id));
            person.deadline = at;
            self.timers.deadlines.insert((at, id));
        }
    }

    /// When to ping a user who was last received from at this time.
    pub(super) fn next_ping(&self, last_received: Duration) -> Duration {
        last_received + Duration::from_secs(self.settings.limits.ping_interval_seconds.into())
    }

    /// Handles a deadline: a timeout, a ping, or a later deadline.
    pub(super) fn on_deadline(&mut self, id: ConnectionId) {
        if self.accounts.is_some() {
            self.free_reserved_nick(id);
        }
        self.on_own_deadline(id);
        if let Some(at) = self.reserved_nick_deadline(id)
            && self
                .people
                .get(id)
                .is_some_and(|person| person.deadline > at)
        {
            self.reschedule(id, at);
        }
    }

    fn on_own_deadline(&mut self, id: ConnectionId) {
        let now = self.now.running;
        let Some(person) = self.people.get(id) else {
            return;
        };
        let limits = &self.settings.limits;
        let timeout = Duration::from_secs(limits.ping_timeout_seconds.into());
        let given_up_at = person.last_heard + Duration::from_secs(limits.flood_seconds.into());
        let next_ping = self.next_ping(person.last_heard);
        match person.stage {
            ConnectionStage::Unregistered(_) => {
                let seconds = limits.registration_seconds;
                let reason = format!("Registration timeout: {seconds} seconds");
                self.disconnect(id, &reason);
            }
            ConnectionStage::Registered(_) if self.is_flooding(person) => {
                match given_up_at <= now {
                    true => self.disconnect(id, "Excess Flood"),
                    false => self.send_ping(id, given_up_at.min(now + FLOOD_PING)),
                }
            }
            ConnectionStage::Registered(_) if next_ping > now => self.reschedule(id, next_ping),
            ConnectionStage::Registered(_) if person.pinged => {
                let silence = now.saturating_sub(person.last_heard).as_secs();
                self.disconnect(id, &format!("Ping timeout: {silence} seconds"));
            }
            ConnectionStage::Registered(_) => {
                if let Some(person) = self.people.get_mut(id) {
                    person.pinged = true;
                }
                self.send_ping(id, now + timeout);
            }
        }
    }

    fn send_ping(&mut self, id: ConnectionId, until: Duration) {
        self.reschedule(id, until);
        let name = &self.settings.name;
        self.send(id, self.line(format_args!(":{name} PING :{name}")));
    }
}

/// The beginning of `text` that has at most `bytes_max` bytes, cut at a character.
pub(super) fn truncate(text: &str, bytes_max: u32) -> &str {
    let end = text.floor_char_boundary(bytes_max as usize);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
