//! A hub in memory with users, and with attackers that keep it busy.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chatting_room::server::hub::{ConnectionId, Hub, HubSettings, HubTime, Limits, Outbox};
use chatting_room::wire::{Line, RoomName};

use super::costly::{Costly, nick, prepared_rooms};

/// The time that one unit of a charge stands for, once [`LoadedHub::charge`] has set the limits.
pub(crate) const NANOSECONDS_PER_UNIT: usize = 512 * 2;
/// The time the server needs for each recipient of a line outside the hub.
pub(crate) const NANOSECONDS_PER_DELIVERY: usize = 25;

/// A hub, and a count of its outgoing lines.
pub(crate) struct LoadedHub {
    hub: Hub,
    outbox: Outbox,
    settings: HubSettings,
    /// Two numbers that only grow: the time, and the users so far.
    milliseconds: u64,
    people: u32,
}

impl LoadedHub {
    /// An empty hub without limits.
    pub(crate) fn new(lobby: Option<&str>) -> Self {
        let mut settings = HubSettings {
            lobby: lobby.map(|name| RoomName::parse(name).unwrap()),
            ..HubSettings::default()
        };
        settings.limits.enabled = false;
        Self {
            hub: Hub::new(settings.clone(), HubTime::default()),
            outbox: Outbox::default(),
            settings,
            milliseconds: 0,
            people: 0,
        }
    }

    /// A hub with `people` users in its lobby, the prepared rooms, and the attackers.
    pub(crate) fn under_attack(
        people: usize,
        attackers: usize,
        row: &Costly,
    ) -> (Self, Vec<ConnectionId>) {
        let mut loaded = Self::new(Some("#lobby"));
        for at in 0..people {
            let address = Ipv4Addr::from(0x7f00_0100 + at as u32);
            loaded.register(
                address.into(),
                &format!("p{at:05}"),
                "idle",
                "an idle person",
            );
        }
        for (at, lines) in prepared_rooms().iter().enumerate() {
            let host = loaded.register([127, 0, 4, 1].into(), &format!("r{at:05}"), "r", "r");
            for line in lines {
                loaded.say(host, line);
            }
        }
        let attackers: Vec<ConnectionId> = (0..attackers)
            .map(|at| {
                let (user, name) = ("a".repeat(19), "a".repeat(120));
                loaded.register([127, 0, 2, 1].into(), &nick(at, 0), &user, &name)
            })
            .collect();
        for (at, id) in attackers.iter().enumerate() {
            for line in (row.prepare)(at) {
                loaded.say(*id, &line);
            }
        }
        (loaded, attackers)
    }

    pub(crate) fn register(
        &mut self,
        from: IpAddr,
        nick: &str,
        user: &str,
        name: &str,
    ) -> ConnectionId {
        let (id, now) = (ConnectionId::new(self.people, 0), self.now());
        self.people += 1;
        self.hub.connected(id, from, now, &mut self.outbox);
        self.say(id, &format!("NICK {nick}"));
        self.say(id, &format!("USER {user} 0 * :{name}"));
        id
    }

    /// Connects a user, and joins a room if one is named.
    pub(crate) fn enter(&mut self, room: Option<&str>) -> ConnectionId {
        let nick = format!("p{}", self.people);
        let id = self.register(Ipv4Addr::LOCALHOST.into(), &nick, "p", "p");
        if let Some(room) = room {
            self.say(id, &format!("JOIN {room}"));
        }
        id
    }

    fn now(&self) -> HubTime {
        let time = Duration::from_millis(self.milliseconds);
        HubTime {
            running: time,
            unix: time,
        }
    }

    /// Handles one line and all its results; returns the number of recipients.
    pub(crate) fn say(&mut self, from: ConnectionId, line: &str) -> usize {
        let now = self.now();
        self.outbox.clear();
        let line = Line::Whole(line.as_bytes());
        self.hub.received(from, line, now, &mut self.outbox);
        self.outbox.sends().map(black_box).count()
    }

    /// From now on the limits hold: no burst, a line each microsecond, and 512 bytes of a response
    /// count like one more line.
    pub(crate) fn charge(&mut self) {
        self.settings.limits = Limits {
            lines_burst: 1,
            lines_per_second: 1_000_000,
            answer_bytes_per_line: 512,
            ..Limits::default()
        };
        let now = self.now();
        let settings = Ok(self.settings.clone());
        self.hub.reconfigured(settings, now, &mut self.outbox);
    }

    /// How many lines one line counts for, and how many recipients it has.
    pub(crate) fn charged(&mut self, from: ConnectionId, line: &str) -> (usize, usize) {
        // All allowances are full again.
        self.milliseconds += 3_600_000;
        let recipients = self.say(from, line);
        let now = self.now().running;
        let until = self.outbox.pauses.first().map_or(now, |(_, until)| *until);
        ((until - now).as_micros() as usize, recipients)
    }
}
