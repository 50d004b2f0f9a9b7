//! Whole rooms in memory: sessions of the client connected to the hub of the server, with no port,
//! no thread and no clock. Each side reads what the other side writes.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chatting_room::client::event::{DeliveryStatus, Event, MessageKind};
use chatting_room::client::session::{
    self, CloseReason, Incomplete, NickRefusal, Outcome, RefusedNick, ScriptLine, Session,
    SessionAction,
};
use chatting_room::common::shared_error::SharedError;
use chatting_room::server::hub::{self, ConnectionId, DisconnectReason, Hub};
use chatting_room::wire::{Line, Lines};

/// A server and its users.
struct Room {
    hub: Hub,
    hub_outbox: hub::Outbox,
    people: Vec<Person>,
    now: Duration,
    connections: u32,
}

/// A user's session, with its actions and events since the last check.
struct Person {
    session: Session,
    outbox: session::SessionOutput,
    events: Vec<Event>,
    orders: Vec<SessionAction>,
    connection: Option<ConnectionId>,
}

impl Room {
    fn new() -> Self {
        let settings = hub::HubSettings {
            limits: hub::Limits {
                enabled: false,
                ..hub::Limits::default()
            },
            ..hub::HubSettings::default()
        };
        Self {
            hub: Hub::new(settings, hub::HubTime::default()),
            hub_outbox: hub::Outbox::default(),
            people: Vec::new(),
            now: Duration::ZERO,
            connections: 0,
        }
    }

    /// Connects a user and returns the user's number.
    fn enter(&mut self, nick: &str) -> usize {
        self.enter_as(nick, false)
    }

    fn enter_as(&mut self, nick: &str, script: bool) -> usize {
        let session = Session::new(session::SessionConfig {
            nick: nick.to_owned(),
            alternatives: Vec::new(),
            user: None,
            real_name: None,
            password: None,
            on_connect: Vec::new(),
            rooms: Vec::new(),
            script,
            strict: false,
            wait: None,
            time_limit: None,
            log: false,
            ignore: Vec::new(),
            highlight: Vec::new(),
            aliases: [("j".to_owned(), "/join".to_owned())].into(),
            ..session::SessionConfig::default()
        });
        self.people.push(Person {
            session,
            outbox: session::SessionOutput::default(),
            events: Vec::new(),
            orders: Vec::new(),
            connection: None,
        });
        let who = self.people.len() - 1;
        self.connect(who);
        who
    }

    fn connect(&mut self, who: usize) {
        let id = ConnectionId::new(who as u32, self.connections);
        self.connections += 1;
        let now = self.hub_now();
        self.hub.connected(
            id,
            IpAddr::from(Ipv4Addr::LOCALHOST),
            now,
            &mut self.hub_outbox,
        );
        let session_now = self.session_now();
        let person = &mut self.people[who];
        person.connection = Some(id);
        person.session.connected(session_now, &mut person.outbox);
        self.settle();
    }

    /// The connection is lost without a QUIT.
    fn cut(&mut self, who: usize) {
        let id = self.people[who].connection.take().unwrap();
        let now = self.session_now();
        let person = &mut self.people[who];
        person.session.disconnected(
            CloseReason::Io(SharedError::new("connection reset")),
            now,
            &mut person.outbox,
        );
        let now = self.hub_now();
        self.hub
            .disconnected(id, DisconnectReason::Lost, now, &mut self.hub_outbox);
        self.settle();
    }

    fn types(&mut self, who: usize, text: &str) {
        let now = self.session_now();
        let person = &mut self.people[who];
        person.session.typed(text, now, &mut person.outbox);
        self.settle();
    }

    /// Carries lines in both directions until neither side has more.
    fn settle(&mut self) {
        loop {
            let mut moved = self.carry_to_people();
            for who in 0..self.people.len() {
                moved |= self.carry_to_hub(who);
            }
            if !moved {
                return;
            }
        }
    }

    fn carry_to_hub(&mut self, who: usize) -> bool {
        let now = self.hub_now();
        let person = &mut self.people[who];
        let sent = std::mem::take(&mut person.outbox.lines);
        person.events.append(&mut person.outbox.events);
        person.orders.append(&mut person.outbox.actions);
        let Some(id) = person.connection.filter(|_| !sent.is_empty()) else {
            return false;
        };
        let mut lines = Lines::new(8_192);
        let mut fresh = sent.as_bytes();
        while let Some(Line::Whole(line)) = lines.next_line(&mut fresh) {
            let line = Line::Whole(line);
            self.hub.received(id, line, now, &mut self.hub_outbox);
        }
        true
    }

    fn carry_to_people(&mut self) -> bool {
        let sends: VecDeque<(ConnectionId, Vec<u8>)> = self
            .hub_outbox
            .sends()
            .map(|(to, bytes)| (to, bytes.to_vec()))
            .collect();
        let closes = std::mem::take(&mut self.hub_outbox.closes);
        self.hub_outbox.clear();
        let moved = !sends.is_empty() || !closes.is_empty();
        let now = self.session_now();
        for (to, bytes) in sends {
            for person in &mut self.people {
                if person.connection == Some(to) {
                    let line = bytes.strip_suffix(b"\r\n").unwrap();
                    person.session.received(line, now, &mut person.outbox);
                }
            }
        }
        for person in &mut self.people {
            if person.connection.is_some_and(|id| closes.contains(&id)) {
                person.connection = None;
                person
                    .session
                    .disconnected(CloseReason::ClosedByServer, now, &mut person.outbox);
            }
        }
        moved
    }

    fn hub_now(&self) -> hub::HubTime {
        hub::HubTime {
            running: self.now,
            unix: self.now,
        }
    }

    fn session_now(&self) -> session::SessionTime {
        session::SessionTime {
            elapsed: self.now,
            unix_seconds: self.now.as_secs() as i64,
        }
    }

    /// The events that a user has seen since the last call, without server notices.
    fn seen(&mut self, who: usize) -> Vec<Event> {
        let mut events = std::mem::take(&mut self.people[who].events);
        events.retain(|event| {
            // The delivery of a line is shown at the line itself.
            let delivered =
                matches!(event, Event::Sent { status: fate, .. } if *fate == DeliveryStatus::Delivered);
            !delivered && !matches!(event, Event::ServerNotice { .. })
        });
        events
    }

    fn orders(&mut self, who: usize) -> Vec<SessionAction> {
        std::mem::take(&mut self.people[who].orders)
    }
}

fn said(nick: &str, text: &str) -> Event {
    Event::Said {
        room: "#lobby".into(),
        nick: nick.into(),
        text: text.into(),
        kind: MessageKind::Text,
        own: false,
        mention: false,
    }
}

#[test]
fn users_in_the_lobby_see_joins_messages_and_quits() {
    let mut room = Room::new();
    let alice = room.enter("alice");
    let bob = room.enter("bob");
    assert_eq!(
        room.seen(bob),
        [Event::Entered {
            room: "#lobby".into(),
            nick: "bob".into(),
            others: Some(vec!["alice".into()]),
            first: true
        }]
    );
    room.seen(alice);
    room.types(bob, "hello all");
    room.types(alice, "hi all");
    room.types(bob, "/nick robert");
    room.types(bob, "/quit see you");
    let renamed = |own| Event::Renamed {
        from: "bob".into(),
        to: "robert".into(),
        own,
    };
    assert_eq!(room.seen(bob), [said("alice", "hi all"), renamed(true)]);
    let Some(Event::Quit { nick, reason }) = room.people[alice].events.pop() else {
        panic!("{:?}", room.people[alice].events);
    };
    assert_eq!(nick, "robert");
    assert!(reason.unwrap().contains("see you"));
    assert_eq!(room.seen(alice), [said("bob", "hello all"), renamed(false)]);
    assert_eq!(room.orders(bob), [SessionAction::End(Outcome::Done)]);
}

#[test]
fn a_whisper_reaches_its_target_and_no_other_user() {
    let mut room = Room::new();
    let people = ["alice", "bob", "carol"].map(|nick| room.enter(nick));
    for who in people {
        room.seen(who);
    }
    room.types(people[0], "@BOB psst");
    assert_eq!(room.seen(people[2]), []);
    assert_eq!(room.seen(people[0]), []);
    assert_eq!(
        room.seen(people[1]),
        [Event::Whispered {
            nick: "alice".into(),
            text: "psst".into(),
            kind: MessageKind::Text,
            own: false
        }]
    );
}

#[test]
fn a_nick_in_use_is_asked_for_again_and_other_users_see_nothing() {
    let mut room = Room::new();
    let bob = room.enter("bob");
    room.seen(bob);
    let second = room.enter("BOB");
    let asked = SessionAction::AskNick(RefusedNick {
        nick: "BOB".into(),
        reason: NickRefusal::InUse,
        is_repeated: false,
    });
    assert_eq!(room.orders(second), [asked]);
    room.types(bob, "am I alone?");
    assert_eq!(room.seen(bob), []);
    assert_eq!(room.seen(second), []);
    let now = room.session_now();
    let person = &mut room.people[second];
    person.session.answer_nick("rob", now, &mut person.outbox);
    room.settle();
    assert!(room.people[second].session.is_ready());
    assert_eq!(
        room.seen(bob),
        [Event::Joined {
            room: "#lobby".into(),
            nick: "rob".into(),
            account: None,
        }]
    );
}

#[test]
fn a_reconnect_rejoins_the_rooms_and_sends_the_queued_lines() {
    let mut room = Room::new();
    let [alice, bob] = ["alice", "bob"].map(|nick| room.enter(nick));
    room.types(alice, "/join #dev");
    room.types(bob, "/join #dev");
    room.cut(bob);
    room.types(bob, "said while away");
    room.types(bob, "@alice and whispered");
    room.seen(alice);
    room.connect(bob);
    let received: Vec<Event> = room
        .seen(alice)
        .into_iter()
        .filter(|event| !matches!(event, Event::Joined { .. }))
        .collect();
    assert!(
        matches!(&received[..], [
            Event::Said { room, text, .. },
            Event::Whispered { text: whisper, .. }
        ] if room == "#dev" && text == "said while away" && whisper == "and whispered"),
        "{received:?}"
    );
    assert_eq!(room.people[bob].session.active_room(), Some("#dev"));
}

#[test]
fn who_lists_away_messages_and_sign_on_times() {
    let mut room = Room::new();
    let alice = room.enter("alice");
    room.now = Duration::from_secs(600);
    let bob = room.enter("bob");
    room.types(bob, "/away lunch");
    room.now = Duration::from_secs(900);
    room.seen(alice);
    room.types(alice, "/who");
    let events = room.seen(alice);
    let [Event::Who { people, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    let facts: Vec<_> = people
        .iter()
        .map(|p| (p.nick.as_str(), p.since, p.away, p.away_message.as_deref()))
        .collect();
    assert_eq!(
        facts,
        [
            ("alice", Some(0), false, None),
            ("bob", Some(600), true, Some("lunch"))
        ]
    );
}

#[test]
fn a_script_gets_the_number_of_a_refused_line_and_the_rest_arrives() {
    let mut room = Room::new();
    let alice = room.enter("alice");
    let script = room.enter_as("ci", true);
    room.seen(alice);
    let now = room.session_now();
    let lines = ["one", "@nobody x", "@alice two", "/topic", "three"];
    for (number, line) in (1..).zip(lines) {
        let person = &mut room.people[script];
        person
            .session
            .scripted(number, ScriptLine::Typed(line), now, &mut person.outbox);
    }
    let person = &mut room.people[script];
    person.session.input_ended(now, &mut person.outbox);
    room.settle();
    let refused: Vec<_> = room
        .seen(script)
        .into_iter()
        .filter_map(|event| match event {
            Event::Refused { number, line, .. } => Some((number, line)),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [(401, Some(2))]);
    let texts: Vec<String> = room
        .seen(alice)
        .into_iter()
        .filter_map(|event| match event {
            Event::Said { text, .. } | Event::Whispered { text, .. } => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert_eq!(
        room.orders(script),
        [SessionAction::End(Outcome::Incomplete(
            Incomplete::LinesRefused
        ))]
    );
}

#[test]
fn the_longest_text_arrives_whole_in_lines_that_the_server_accepts() {
    let mut room = Room::new();
    let [alice, bob] = ["alice", "bob"].map(|nick| room.enter(nick));
    room.seen(bob);
    room.seen(alice);
    let words: Vec<String> = (0..500).map(|number| format!("wörd{number}")).collect();
    room.types(alice, &words.join(" "));
    let texts: Vec<String> = room
        .seen(bob)
        .into_iter()
        .map(|event| match event {
            Event::Said { text, .. } => text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(texts.len() > 5);
    assert_eq!(texts.join(" "), words.join(" "));
    let refusals = room.seen(alice);
    assert!(
        !refusals
            .iter()
            .any(|event| matches!(event, Event::Refused { .. }))
    );
}
