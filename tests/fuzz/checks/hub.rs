//! Several connections send any lines in any order: every index of the hub is consistent after each
//! step, its output is valid, no user receives a line that is not theirs, and no line comes twice.
//!
//! The bytes are read as steps, one per line, so that stored inputs are readable: `0JOIN #x` is a
//! line of the first connection, `~0c` loses it, `+60` lets a minute pass, `=3` changes the
//! settings, `!1` completes the oldest task, a password check as right, and `!0` as wrong or failed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use chatting_room::server::hub::account::{Account, StoredAccounts};
use chatting_room::server::hub::task::{Answer, Task};
use chatting_room::server::hub::{
    CertificateFingerprint, ConnectionId, Credential, DisconnectReason, Gateway, Hub, HubSettings,
    HubTime, IpNetwork, Operator, OperatorRights, Outbox, Registration,
};
use chatting_room::wire::sasl::scram_server::StoredPassword;
use chatting_room::wire::{FoldedName, Line, Message, Nick, RoomName};

const PLACES: u8 = 7;
/// The place whose connections come from a proxy.
const PROXIED: u8 = 4;
const LINE_BYTES_MAX: usize = 4606;
const STEPS_MAX: usize = 300;
/// Commands whose lines reach a client at most once in a step.
const NEWS: [&str; 9] = [
    "JOIN", "PART", "QUIT", "KICK", "NICK", "TOPIC", "AWAY", "SETNAME", "ACCOUNT",
];

/// The state that one connection has learned, which decides what it may receive.
#[derive(Debug, Clone, Default)]
struct Known {
    nick: Option<FoldedName>,
    rooms: BTreeSet<FoldedName>,
    capabilities: BTreeSet<String>,
    /// Whether it has ever asked for notifications about other nicks.
    watches: bool,
}

struct Table {
    hub: Hub,
    outbox: Outbox,
    now: HubTime,
    seats: [Option<ConnectionId>; PLACES as usize],
    generation: u32,
    known: BTreeMap<ConnectionId, Known>,
    tasks: VecDeque<Task>,
}

/// Any bytes, as steps.
pub(crate) fn check(bytes: &[u8]) {
    let mut table = Table::new();
    for (place, nick) in [(0, "alice"), (1, "bob")] {
        table.say(place, format!("NICK {nick}").as_bytes());
        table.say(place, b"USER u 0 * :r");
    }
    for step in bytes.split(|byte| *byte == b'\n').take(STEPS_MAX) {
        table.step(step);
    }
    table.empty();
}

fn settings(kind: u8) -> HubSettings {
    let mut settings = HubSettings {
        lobby: RoomName::parse("#lobby")
            .ok()
            .filter(|_| kind.is_multiple_of(2)),
        motd: vec!["be kind".to_owned(); usize::from(kind % 3)],
        password: (kind % 5 == 4).then(|| "sesame".to_owned()),
        ..HubSettings::default()
    };
    settings.operators.push(Operator {
        name: "root".to_owned(),
        credential: Credential::Plain("sesame".to_owned()),
        may: OperatorRights::ALL,
    });
    settings.operators.push(Operator {
        name: "hashed".to_owned(),
        credential: Credential::Hash("the hash".to_owned()),
        may: OperatorRights::ALL,
    });
    settings.gateways.push(Gateway {
        name: "web".to_owned(),
        from: IpNetwork::parse("::1").into_iter().collect(),
        password_hash: "the hash".to_owned(),
    });
    settings.registration = match kind % 7 {
        3 => Registration::Closed,
        5 => Registration::Code,
        6 => Registration::Command(vec!["true".to_owned()]),
        _ => Registration::Open,
    };
    settings.register_before_connect = kind.is_multiple_of(2);
    settings.limits.enabled = kind % 4 != 1;
    settings.limits.rooms_per_person = 4;
    settings.limits.connections = u32::from(PLACES) - 1;
    settings.limits.connections_per_address = 4;
    settings.limits.targets = 3;
    settings
}

impl Table {
    fn new() -> Self {
        let now = HubTime {
            running: Duration::ZERO,
            unix: Duration::from_secs(1_700_000_000),
        };
        let mut hub = Hub::new(settings(0), now);
        let name = |name| Nick::parse(name).unwrap();
        hub.accounts_in(StoredAccounts {
            accounts: vec![Account {
                name: name("dora"),
                password: StoredPassword::derive("sesame", b"salt", 1),
                created: 1_600_000_000,
                certificates: vec![CertificateFingerprint([0; 32])],
                nicks: Vec::new(),
            }],
            invitations: vec![(name("al"), "code".to_owned())],
            ..StoredAccounts::default()
        });
        Self {
            hub,
            outbox: Outbox::default(),
            now,
            seats: [None; PLACES as usize],
            generation: 0,
            known: BTreeMap::new(),
            tasks: VecDeque::new(),
        }
    }

    fn step(&mut self, step: &[u8]) {
        match step {
            [place @ b'0'..=b'9', line @ ..] => self.say((place - b'0') % PLACES, line),
            [b'~', place @ b'0'..=b'9', rest @ ..] => {
                let loss = match rest.first() {
                    Some(b'q') => DisconnectReason::SendQueueFull,
                    Some(b'e') => DisconnectReason::LineTooLong,
                    Some(b'b') => DisconnectReason::Lost,
                    _ => DisconnectReason::Closed,
                };
                self.lose((place - b'0') % PLACES, loss);
            }
            [b'+', digits @ ..] => {
                let seconds = str::from_utf8(digits)
                    .ok()
                    .and_then(|text| text.parse().ok());
                let time = Duration::from_secs(seconds.unwrap_or(1_u64).min(1_000));
                self.now.running += time;
                self.now.unix += time;
                self.hub.tick(self.now, &mut self.outbox);
                self.settle();
                let next = self.hub.next_deadline();
                assert!(
                    next.is_none_or(|at| at > self.now.running),
                    "the clock never rests"
                );
            }
            [b'!', digit, ..] => self.answer(*digit == b'1'),
            [b'=', kind, ..] => {
                let read = match kind {
                    b'!' => Err(&"there is a mistake" as &dyn std::fmt::Display),
                    kind => Ok(settings(*kind)),
                };
                self.hub.reconfigured(read, self.now, &mut self.outbox);
                self.settle();
            }
            _ => {}
        }
    }

    /// A connection sends a line; a place without one connects first.
    fn say(&mut self, place: u8, line: &[u8]) {
        let Some(id) = self.seat(place) else {
            return;
        };
        // No line is read from a connection whose task is not done.
        if self.tasks.iter().any(|task| task.connection() == id) {
            return;
        }
        let line = match line.len() > LINE_BYTES_MAX {
            true => Line::TooLong,
            false => Line::Whole(line.strip_suffix(b"\r").unwrap_or(line)),
        };
        self.hub.received(id, line, self.now, &mut self.outbox);
        self.settle();
    }

    fn answer(&mut self, is_correct: bool) {
        if let Some(task) = self.tasks.pop_front() {
            let connection = task.connection();
            let answer = match task {
                Task::CheckLogin { .. } => Answer::LoginChecked {
                    connection,
                    is_correct,
                },
                Task::DerivePassword { password, salt, .. } => Answer::PasswordDerived {
                    connection,
                    password: StoredPassword::derive(&password.0, salt.as_bytes(), 1),
                },
                Task::SendCode { .. } => Answer::CodeSent {
                    connection,
                    is_sent: is_correct,
                },
                Task::ChangeStore { .. } => Answer::StoreChanged {
                    connection,
                    is_stored: is_correct,
                },
                Task::CheckPassword { .. } | Task::ReadHistory(_) | Task::ReportStatus { .. } => {
                    Answer::PasswordChecked {
                        connection,
                        is_correct,
                    }
                }
            };
            self.hub.answered(answer, self.now, &mut self.outbox);
            self.settle();
        }
    }

    fn seat(&mut self, place: u8) -> Option<ConnectionId> {
        let seat = usize::from(place);
        if let Some(id) = self.seats.get(seat).copied().flatten() {
            return Some(id);
        }
        self.generation += 1;
        let id = ConnectionId::new(place.into(), self.generation);
        let address = match place {
            0..5 => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        *self.seats.get_mut(seat)? = Some(id);
        self.known.insert(id, Known::default());
        match place {
            PROXIED => {
                self.hub
                    .connected_by_proxy(id, address, self.now, &mut self.outbox);
                self.settle();
                let user = (!self.generation.is_multiple_of(4)).then(|| [192, 0, 2, 7].into());
                let is_secure = self.generation.is_multiple_of(2);
                let outbox = &mut self.outbox;
                self.hub.forwarded(id, user, is_secure, self.now, outbox);
            }
            _ => self.hub.connected(id, address, self.now, &mut self.outbox),
        }
        self.settle();
        if place == PLACES - 1 {
            // That of the account.
            self.hub.secured(id, Some(CertificateFingerprint([0; 32])));
        }
        self.seats.get(seat).copied().flatten()
    }

    fn lose(&mut self, place: u8, loss: DisconnectReason) {
        let seat = self.seats.get_mut(usize::from(place));
        if let Some(id) = seat.and_then(Option::take) {
            self.hub.disconnected(id, loss, self.now, &mut self.outbox);
            self.settle();
            self.known.remove(&id);
        }
    }

    /// All connections end, and the hub is empty.
    fn empty(&mut self) {
        // Some answers are for connections that have ended.
        let open = self.tasks.len();
        for place in 0..PLACES {
            self.lose(place, DisconnectReason::Closed);
        }
        for at in 0..open {
            self.answer(at.is_multiple_of(2));
        }
        assert_eq!(self.hub.registered_count(), 0, "a user is left");
        assert_eq!(self.hub.next_deadline(), None, "a deadline is left");
    }

    /// Checks all actions of the step.
    fn settle(&mut self) {
        if let Err(wrong) = self.hub.check() {
            panic!("{wrong}");
        }
        let before = self.known.clone();
        let mut sent = Vec::new();
        for (to, bytes) in self.outbox.sends() {
            let line = sound(bytes);
            assert!(
                before.contains_key(&to),
                "{to:?} is gone and receives {line:?}"
            );
            sent.push((to, line));
        }
        for (to, line) in &sent {
            self.follow(*to, line);
        }
        for (at, (to, line)) in sent.iter().enumerate() {
            check_one(&before, &self.known, *to, line);
            let twice = || sent.iter().take(at).any(|one| one == &(*to, line.clone()));
            let (_, command, _) = parts(line);
            assert!(
                !NEWS.contains(&command) || !twice(),
                "{to:?} receives twice: {line}"
            );
        }
        check_all_members(&before, &sent);
        for (id, until) in self.outbox.pauses.drain(..) {
            assert!(self.known.contains_key(&id));
            assert!(until > self.now.running, "a pause that is over");
            assert!(
                until < self.now.running + Duration::from_secs(60),
                "a pause without end"
            );
        }
        for id in self.outbox.closes.drain(..) {
            self.known.remove(&id);
            for seat in &mut self.seats {
                *seat = seat.filter(|one| *one != id);
            }
        }
        self.tasks.extend(self.outbox.tasks.drain(..));
        let wants_rehash = self.outbox.wants_rehash;
        self.outbox.clear();
        if wants_rehash {
            self.step(b"=0");
        }
    }

    /// Applies a line to the state that its recipient has learned.
    fn follow(&mut self, to: ConnectionId, line: &str) {
        let Some(known) = self.known.get_mut(&to) else {
            return;
        };
        let (source, command, words) = parts(line);
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let is_own = known.nick.as_ref() == Some(&source);
        match command {
            "001" => known.nick = Some(FoldedName::of(word(0))),
            "NICK" if is_own => known.nick = Some(FoldedName::of(word(0))),
            "JOIN" if is_own => {
                assert!(
                    known.rooms.insert(FoldedName::of(word(0))),
                    "twice in {}",
                    word(0)
                );
            }
            "PART" if is_own => {
                assert!(
                    known.rooms.remove(&FoldedName::of(word(0))),
                    "out of {} twice",
                    word(0)
                );
            }
            "KICK" if known.nick == Some(FoldedName::of(word(1))) => {
                assert!(known.rooms.remove(&FoldedName::of(word(0))), "kicked twice");
            }
            "CAP" if word(1) == "ACK" => {
                for name in word(2).split_ascii_whitespace() {
                    match name.strip_prefix('-') {
                        Some(name) => drop(known.capabilities.remove(name)),
                        None => drop(known.capabilities.insert(name.to_owned())),
                    }
                }
            }
            // A client that monitors the nick learns of it by one of these.
            "730" | "731" => known.watches = true,
            _ => {}
        }
    }
}

/// One valid outgoing line, without its ending.
fn sound(bytes: &[u8]) -> String {
    let text = bytes.strip_suffix(b"\r\n").expect("a line has its ending");
    assert!(
        !text.iter().any(|byte| b"\r\n\0".contains(byte)),
        "two lines in one"
    );
    let text = str::from_utf8(text).expect("a line is UTF-8");
    let body = match text.starts_with('@') {
        true => text.split_once(' ').expect("a line is more than tags").1,
        false => text,
    };
    assert!(body.len() <= 510, "{text:?} is too long");
    assert!(
        text.len() - body.len() <= 8191,
        "the tags of {text:?} are too long"
    );
    assert!(Message::parse(text).is_ok(), "{text:?} is no message");
    text.to_owned()
}

/// The source of a line, its command, and its parameters.
fn parts(line: &str) -> (FoldedName, &str, Vec<&str>) {
    let body = line
        .strip_prefix('@')
        .and_then(|tagged| tagged.split_once(' '));
    let body = body.map_or(line, |(_, body)| body);
    let (body, text) = match body.get(1..).and_then(|rest| rest.split_once(" :")) {
        Some((head, text)) => (body.get(..=head.len()).unwrap_or_default(), Some(text)),
        None => (body, None),
    };
    let (source, rest) = match body.strip_prefix(':') {
        Some(sourced) => sourced.split_once(' ').unwrap_or((sourced, "")),
        None => ("", body),
    };
    let nick = source.split(['!', '@']).next().unwrap_or_default();
    let mut words = rest.split(' ');
    let command = words.next().unwrap_or_default();
    (FoldedName::of(nick), command, words.chain(text).collect())
}

/// Checks that the recipient may receive this line.
fn check_one(
    before: &BTreeMap<ConnectionId, Known>,
    after: &BTreeMap<ConnectionId, Known>,
    to: ConnectionId,
    line: &str,
) {
    let (Some(was), Some(is)) = (before.get(&to), after.get(&to)) else {
        panic!("no connection receives {line:?}");
    };
    check_tags(was, is, line);
    let (source, command, words) = parts(line);
    let is_own = was.nick.as_ref() == Some(&source) || is.nick.as_ref() == Some(&source);
    if is_own || !line.contains('!') {
        return;
    }
    let target = words.first().copied().unwrap_or_default();
    let is_in = |room: &str| {
        let room = FoldedName::of(room);
        was.rooms.contains(&room) || is.rooms.contains(&room)
    };
    let shares_a_room = || {
        before.iter().chain(after).any(|(_, other)| {
            let is_source = other.nick.as_ref() == Some(&source);
            is_source && other.rooms.iter().any(|room| is_in(room.as_str()))
        })
    };
    let may_hear = match command {
        "PRIVMSG" | "NOTICE" | "TAGMSG" => {
            let room = target.trim_start_matches(['@', '+']);
            match room.starts_with('#') {
                true => is_in(room),
                false => was.nick == Some(FoldedName::of(target)),
            }
        }
        "JOIN" | "PART" | "KICK" | "TOPIC" => is_in(target),
        "MODE" => is_in(target),
        "INVITE" => was.nick == Some(FoldedName::of(target)) || is_in(words.get(1).unwrap_or(&"")),
        "ACCOUNT" | "AWAY" | "SETNAME" => was.watches || shares_a_room(),
        "NICK" | "QUIT" => shares_a_room(),
        _ => true,
    };
    assert!(may_hear, "{to:?}, who is {was:?}, should not hear {line:?}");
}

/// Checks that the recipient has negotiated the tags of this line.
fn check_tags(was: &Known, is: &Known, line: &str) {
    let Some((tags, _)) = line
        .strip_prefix('@')
        .and_then(|tagged| tagged.split_once(' '))
    else {
        return;
    };
    for tag in tags.split(';') {
        let name = tag.split('=').next().unwrap_or_default();
        let wanted = match name {
            "time" => "server-time",
            "account" => "account-tag",
            "label" => "labeled-response",
            "batch" => "batch",
            "msgid" | "bot" => "message-tags",
            name if name.starts_with('+') => "message-tags",
            name => panic!("there is no tag {name:?}, but in {line:?}"),
        };
        let has = was.capabilities.contains(wanted) || is.capabilities.contains(wanted);
        assert!(has, "{wanted} was not asked for: {line:?}");
    }
}

/// Checks that a line that reached one member of a room reached every member but its sender.
fn check_all_members(before: &BTreeMap<ConnectionId, Known>, sent: &[(ConnectionId, String)]) {
    let mut received: BTreeMap<(FoldedName, &str, Vec<&str>), Vec<ConnectionId>> = BTreeMap::new();
    for (to, line) in sent {
        let (source, command, words) = parts(line);
        let is_to_room = words.first().is_some_and(|target| target.starts_with('#'));
        if is_to_room && matches!(command, "PRIVMSG" | "NOTICE" | "PART" | "KICK" | "TOPIC") {
            received
                .entry((source, command, words))
                .or_default()
                .push(*to);
        }
    }
    for ((source, command, words), hearers) in received {
        let room = words.first().map(|room| FoldedName::of(room));
        for (id, known) in before {
            let is_there = room.as_ref().is_some_and(|room| known.rooms.contains(room));
            let is_speaker = known.nick.as_ref() == Some(&source);
            let times = hearers.iter().filter(|one| *one == id).count();
            if is_there && !is_speaker {
                assert_eq!(times, 1, "{id:?} should hear {command} {words:?} once");
            }
        }
    }
}
