//! The hub in memory: the cost of a delivery in rooms of all sizes, and the influence of other
//! users on the cost of each operation.
//!
//! `cargo bench --bench hub`

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Duration;

use chatting_room::server::hub::{ConnectionId, Hub, HubSettings, HubTime, Outbox};
use chatting_room::wire::Line;

use support::Arguments;
use support::load::Load;
use support::report::print;
use support::timing::nanoseconds;

/// Members of each room in the large test.
const IN_A_ROOM: u32 = 10;

/// A hub, and a count of its outgoing lines.
struct House {
    hub: Hub,
    outbox: Outbox,
    /// Two numbers that only grow: the time, and the users so far.
    milliseconds: u64,
    people: u32,
}

impl House {
    fn new() -> Self {
        let mut settings = HubSettings {
            lobby: None,
            ..HubSettings::default()
        };
        settings.limits.enabled = false;
        Self {
            hub: Hub::new(settings, HubTime::default()),
            outbox: Outbox::default(),
            milliseconds: 0,
            people: 0,
        }
    }

    fn now(&self) -> HubTime {
        let time = Duration::from_millis(self.milliseconds);
        HubTime {
            running: time,
            unix: time,
        }
    }

    /// Connects a user, and joins a room if one is named.
    fn enter(&mut self, room: Option<&str>) -> ConnectionId {
        let (id, nick) = (ConnectionId::new(self.people, 0), self.people);
        self.people += 1;
        let now = self.now();
        self.hub
            .connected(id, Ipv4Addr::LOCALHOST.into(), now, &mut self.outbox);
        self.say(id, &format!("NICK p{nick}"));
        self.say(id, "USER p 0 * :p");
        if let Some(room) = room {
            self.say(id, &format!("JOIN {room}"));
        }
        id
    }

    /// Handles one line and all its results; returns the number of recipients.
    fn say(&mut self, from: ConnectionId, line: &str) -> usize {
        let now = self.now();
        self.outbox.clear();
        let line = Line::Whole(line.as_bytes());
        self.hub.received(from, line, now, &mut self.outbox);
        self.outbox.sends().map(black_box).count()
    }
}

fn main() {
    let arguments = Arguments::read();
    let rounds = arguments.count(20);
    println!("the hub in memory, on one core, medians\n");
    for members in [10, 100, 1_000, 10_000] {
        if arguments.wants("deliveries") {
            deliveries(members, rounds);
        }
    }
    for people in [10_000, 100_000] {
        if arguments.wants("people") {
            large_house(people, rounds);
        }
    }
}

fn deliveries(members: u32, rounds: usize) {
    let mut house = House::new();
    let speaker = house.enter(Some("#room"));
    for _ in 1..members {
        house.enter(Some("#room"));
    }
    let line = "PRIVMSG #room :what people say is about as long as this line, give or take.";
    let recipients = members as usize - 1;
    let time = nanoseconds(rounds, || assert_eq!(house.say(speaker, line), recipients));
    let each = time / recipients as f64;
    let measures = vec![
        ("ns per message".to_owned(), time),
        ("ns per delivery".to_owned(), each),
        ("deliveries a second".to_owned(), 1e9 / each),
    ];
    print(&format!("a room of {members}"), &measures);
}

/// Ten users in each room. The same few act, however many others there are, so only costs that grow
/// with the others make a difference.
fn large_house(people: u32, rounds: usize) {
    let load = Load::of(std::process::id());
    let before = load.resident_bytes();
    let mut house = House::new();
    for at in 0..people {
        house.enter(Some(&format!("#room{}", at / IN_A_ROOM)));
    }
    let bytes = (load.resident_bytes() - before) / f64::from(people);
    let visitor = house.enter(None);
    let mut turn = 0;
    let mut next = || {
        turn = (turn + 1) % 100;
        turn
    };
    let join = nanoseconds(rounds, || {
        let room = next();
        house.say(visitor, &format!("JOIN #room{room}"))
            + house.say(visitor, &format!("PART #room{room}"))
    });
    let nick = nanoseconds(rounds, || {
        let at = next() * IN_A_ROOM;
        let id = ConnectionId::new(at, 0);
        house.say(id, &format!("NICK other{at}")) + house.say(id, &format!("NICK p{at}"))
    });
    let talk = nanoseconds(rounds, || {
        let at = next();
        let id = ConnectionId::new(at * IN_A_ROOM, 0);
        house.say(id, &format!("PRIVMSG #room{at} :hello"))
    });
    let measures = vec![
        ("join and part: ns".to_owned(), join),
        ("nick there and back: ns".to_owned(), nick),
        ("message to 9 others: ns".to_owned(), talk),
        ("bytes per person".to_owned(), bytes),
    ];
    print(
        &format!("{people} people in rooms of {IN_A_ROOM}"),
        &measures,
    );
}
