//! Floods, silence, who has waited too long, and how many may come from one address.
//!
//! Nothing here costs anything per message but an addition: a deadline stays where it is while
//! somebody talks, and is moved only when it comes up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use super::state::people::{HostName, Stage};
use super::{CommandResult, ConnectionId, Hub, Person, Rejection, Work};
use crate::wire::name::{NICK_BYTES_MAX, ROOM_NAME_BYTES_MAX};

/// A row is what a limit is, its name, its key in the configuration, what is usual, what it can be,
/// and what people are told of it. Units stand in the names; what has none is a count.
macro_rules! limits {
    ($(
        $(#[$doc:meta])*
        $name:ident $key:literal = $usual:expr, $least:literal to $most:expr, $words:literal;
    )*) => {
        /// Every size, count and time that is kept within bounds.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            /// False switches off those that only strangers run into: flood control, and how many
            /// connect, in all, from one address, and how often.
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
    /// How many may be connected, people who have not registered yet included.
    connections "connections" = 10_000, 1 to 1_000_000, "in all";
    /// How many may be connected from one address; with IPv6, from one network of 64 bits.
    connections_per_address "connections-per-address" = 256, 1 to 1_000_000,
        "from one IPv4 address or IPv6 network of 64 bits";
    /// How many may come from one address in a minute.
    connections_per_minute "connections-per-minute" = 600, 1 to 1_000_000, "new ones from there";
    /// How long registering may take, in seconds.
    registration_seconds "registration-seconds" = 30, 1 to 3_600, "to give a nick and a user name";
    /// After how many seconds of silence a person is asked whether they are still there.
    ping_interval_seconds "ping-interval-seconds" = 90, 1 to 86_400,
        "of silence before somebody is asked for a sign of life";
    /// How many seconds they have to answer.
    ping_timeout_seconds "ping-timeout-seconds" = 60, 1 to 86_400, "to give one";
    /// How many lines a second are taken from a connection in the long run.
    lines_per_second "lines-per-second" = 10, 1 to 1_000_000,
        "taken from a connection in the long run";
    /// How many lines may come at once before that.
    lines_burst "lines-burst" = 40, 1 to 1_000_000, "taken at once before that";
    /// How many bytes of answers count like one more line.
    answer_bytes_per_line "answer-bytes-per-line" = 4_096, 512 to 1 << 30,
        "of an answer, that count like one more line";
    /// How many people or rooms one `WHO` or `LIST` tells of.
    matches "matches" = 1_000, 1 to 100_000, "people or rooms that one WHO or LIST tells of";
    /// How often a person can take another nick in a minute.
    nick_changes_per_minute "nick-changes-per-minute" = 20, 1 to 1_000_000, "of one person";
    /// After how many bytes a line that does not end is given up.
    receive_queue_bytes "receive-queue-bytes" = 16 * 1024, 8_192 to 1 << 20,
        "without the end of a line before the sender is given up";
    /// For how many seconds somebody's lines may wait to be taken, without a sign of life.
    flood_seconds "flood-seconds" = 600, 10 to 86_400,
        "that lines wait to be taken before their sender is given up";
    /// How many bytes may wait to be sent to a connection.
    send_queue_bytes "send-queue-bytes" = 1024 * 1024, 4_096 to 1 << 30,
        "waiting for a reader before the reader is given up";
    /// How many bytes may wait to be sent to all connections together.
    queues_bytes "queues-bytes" = 128 * 1024 * 1024, 65_536 to u32::MAX,
        "waiting for all; above it those furthest behind are given up";
    /// How many rooms a person can be in.
    rooms_per_person "rooms-per-person" = 50, 1 to 1_000, "";
    /// How many people can be in a room, whatever its own modes say.
    people_per_room "people-per-room" = 10_000, 1 to 1_000_000, "";
    /// How many masks a room can keep, all its lists together.
    masks_per_room "masks-per-room" = 100, 1 to 1_000, "of those banned, excepted and invited";
    /// How many `*` and `?` a mask can have that a room keeps.
    mask_wildcards "mask-wildcards" = 16, 4 to 120, "in one of these masks";
    /// How many nicks a person can watch.
    monitored_nicks "monitored-nicks" = 100, 1 to 1_000, "that one person watches";
    /// How many rooms or people one request can name.
    targets "targets" = 10, 1 to 100, "rooms or people in one request";
    /// The longest nick, in bytes.
    nick_bytes "nick-bytes" = NICK_BYTES_MAX as u32, 1 to NICK_BYTES_MAX as u32, "";
    /// The longest room name, in bytes.
    room_name_bytes "room-name-bytes" = ROOM_NAME_BYTES_MAX as u32,
        2 to ROOM_NAME_BYTES_MAX as u32, "";
    /// The longest key of a room.
    key_bytes "key-bytes" = 32, 1 to 32, "of a room";
    /// The longest topic, in bytes; what is longer is cut. More would not fit in the line that tells
    /// of it, and the same holds for those that follow.
    topic_bytes "topic-bytes" = 300, 1 to 300, "";
    /// The longest away message, in bytes; what is longer is cut.
    away_bytes "away-bytes" = 200, 1 to 200, "";
    /// The longest reason for leaving or kicking, in bytes; what is longer is cut.
    reason_bytes "reason-bytes" = 300, 1 to 300, "for leaving or kicking";
    /// The longest real name, in bytes; a longer one is cut, or refused when it is to replace
    /// another.
    real_name_bytes "real-name-bytes" = 120, 1 to 120, "";
}

/// What is known of a limit besides its value.
#[derive(Debug)]
pub struct Limit {
    /// Its name in the configuration.
    pub key: &'static str,
    /// The least it can be.
    pub min: u32,
    /// The most it can be.
    pub max: u32,
    /// What people are told of it.
    pub description: &'static str,
    /// Where its value is kept.
    pub field: fn(&mut Limits) -> &mut u32,
}

impl Limits {
    /// How long a line has to wait for the one before it, in the long run.
    fn line_time(&self) -> Duration {
        Duration::from_secs(1) / self.lines_per_second.max(1)
    }

    /// From when on one more line of somebody can be taken.
    fn next_line(&self, person: &Person) -> Duration {
        let burst = self.line_time() * self.lines_burst;
        (person.allowance_used + self.line_time()).saturating_sub(burst)
    }
}

const MINUTE_SECONDS: u32 = 60;
/// How often somebody whose lines have to wait is asked for a sign of life. The system of one who has
/// gone answers that with a reset, which comes before all that waits.
const FLOOD_PING: Duration = Duration::from_secs(2);

/// What the hub remembers in order to keep the limits.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Who is to be looked at by the clock, the earliest first: one entry a connection.
    pub(super) deadlines: BTreeSet<(Duration, ConnectionId)>,
    /// How many are connected from each address. Only ever asked for one of them.
    pub(super) per_address: HashMap<IpAddr, u32>,
    /// How many came from each address in the minute at hand.
    recent_connections: HashMap<IpAddr, u32>,
    minute: u64,
    /// By what name those who said it right became operators.
    pub(super) operators: BTreeMap<ConnectionId, String>,
    /// When a wrong password was last tried on a hash.
    pub(super) last_hash: Option<Duration>,
    /// How often somebody tried to become an operator from each address. Only ever asked for one.
    pub(super) oper_attempts: HashMap<IpAddr, u32>,
}

impl Hub {
    /// Why a connection from this host cannot be let in, if it cannot.
    pub(super) fn admission_error(&mut self, host: HostName) -> Option<String> {
        let limits = &self.settings.limits;
        if !limits.enabled {
            return None;
        }
        if self.people.connected >= limits.connections as usize {
            return Some(format!("Too many connections ({})", limits.connections));
        }
        let from_there = self.timers.per_address.get(&host.network()).copied();
        let most = limits.connections_per_address;
        if from_there.unwrap_or(0) >= most {
            return Some(format!("Too many connections from your IP ({most})"));
        }
        let minute = self.now.running.as_secs() / u64::from(MINUTE_SECONDS);
        if mem::replace(&mut self.timers.minute, minute) != minute {
            self.timers.recent_connections.clear();
        }
        let came = self
            .timers
            .recent_connections
            .entry(host.network())
            .or_default();
        *came = came.saturating_add(1);
        let most = limits.connections_per_minute;
        (*came > most).then(|| format!("Too many connections from your IP in a minute ({most})"))
    }

    /// Begins to watch a connection that was let in.
    pub(super) fn track(&mut self, person: &Person) {
        let address = person.host.network();
        *self.timers.per_address.entry(address).or_default() += 1;
        self.timers.deadlines.insert((person.deadline, person.id));
    }

    /// Watches it no longer.
    pub(super) fn untrack(&mut self, person: &Person) {
        self.timers.deadlines.remove(&(person.deadline, person.id));
        self.timers.operators.remove(&person.id);
        let address = person.host.network();
        if let Some(count) = self.timers.per_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.timers.per_address.remove(&address);
            }
        }
    }

    /// Counts a line against what its sender is allowed, and lets the sender wait once that is
    /// used up. A line is never refused for it: those behind it stay where they are.
    ///
    /// This is the token bucket turned into one point in time: each line moves it on by what a
    /// line costs, and it may be ahead of now by what a burst costs. A line that had much written
    /// or looked at costs more.
    pub(super) fn count_line(&mut self, from: ConnectionId) {
        let now = self.now.running;
        let limits = &self.settings.limits;
        if !limits.enabled {
            return;
        }
        let others = self.outbox().spans().len().saturating_sub(1);
        self.charge(Work::Delivery, others);
        self.charge(Work::Byte, self.outbox().written_bytes());
        let of_one_line = limits.answer_bytes_per_line.max(1) as usize * Work::Byte.price();
        let more = self.meter.take() / of_one_line;
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

    /// Whether a line that comes now from somebody has had to wait: nobody knows how long.
    pub(super) fn is_flooding(&self, person: &Person) -> bool {
        let limits = &self.settings.limits;
        limits.enabled && self.now.running <= limits.next_line(person) + limits.line_time()
    }

    /// Takes down a sign of life.
    pub(super) fn mark_alive(&mut self, from: ConnectionId) {
        if let Some(person) = self.people.get_mut(from) {
            person.last_heard = self.now.running;
            person.pinged = false;
        }
    }

    /// Counts a change of nick, or refuses one that comes too soon.
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

    /// Moves the time at which the clock looks at somebody again.
    pub(super) fn reschedule(&mut self, id: ConnectionId, at: Duration) {
        if let Some(person) = self.people.get_mut(id) {
            self.timers.deadlines.remove(&(person.deadline, id));
            person.deadline = at;
            self.timers.deadlines.insert((at, id));
        }
    }

    /// When silence of somebody who was heard just now is worth a question.
    pub(super) fn next_ping(&self, heard: Duration) -> Duration {
        heard + Duration::from_secs(self.settings.limits.ping_interval_seconds.into())
    }

    /// Does what is due for one connection whose deadline has come.
    pub(super) fn on_deadline(&mut self, id: ConnectionId) {
        let now = self.now.running;
        let Some(person) = self.people.get(id) else {
            return;
        };
        let limits = &self.settings.limits;
        let timeout = Duration::from_secs(limits.ping_timeout_seconds.into());
        let given_up_at = person.last_heard + Duration::from_secs(limits.flood_seconds.into());
        let next_ping = self.next_ping(person.last_heard);
        match person.stage {
            Stage::Unregistered(_) => {
                let seconds = limits.registration_seconds;
                let reason = format!("Registration took longer than {seconds} seconds");
                self.disconnect(id, &reason);
            }
            Stage::Registered(_) if self.is_flooding(person) => match given_up_at <= now {
                true => self.disconnect(id, "Excess Flood"),
                false => self.send_ping(id, given_up_at.min(now + FLOOD_PING)),
            },
            Stage::Registered(_) if next_ping > now => self.reschedule(id, next_ping),
            Stage::Registered(_) if person.pinged => {
                let silence = now.saturating_sub(person.last_heard).as_secs();
                self.disconnect(id, &format!("Ping timeout: {silence} seconds"));
            }
            Stage::Registered(_) => {
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
