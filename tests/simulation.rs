//! Seeded users do anything in any order, against the hub in memory.
//!
//! After each step every index of the hub must be consistent, and all lines sent must agree with a
//! second, much simpler model of who is where: no user receives a line that is not theirs, misses
//! one, or receives one twice. The same seed gives the same bytes. Deliberate faults test that the
//! simulation finds such errors.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chatting_room::server::hub::invariants::Fault;
use chatting_room::server::hub::task::{Answer, Task};
use chatting_room::server::hub::{
    ConnectionId, Credential, DisconnectReason, Hub, HubSettings, HubTime, Operator,
    OperatorRights, Outbox,
};
use chatting_room::wire::{Line, RoomName};

const NICKS: [&str; 8] = ["a", "A", "bob", "Bob", "carol", "d", "e_", "E_"];
const ROOMS: [&str; 5] = ["#lobby", "#x", "#X", "#y", "#z"];
const MODES: [&str; 12] = [
    "+m", "-m", "+n", "-n", "+i", "-i", "+s", "+l 2", "-l", "+b bob", "-b bob", "+k key",
];
const CAPABILITIES: [&str; 6] = [
    "echo-message",
    "-echo-message",
    "message-tags server-time",
    "-message-tags -server-time",
    "labeled-response batch extended-join",
    "away-notify setname extended-monitor invite-notify multi-prefix",
];
/// The maximum of simultaneous connections.
const PLACES: u32 = 10;

/// The action of one user.
#[derive(Debug, Clone)]
enum Action {
    Connect,
    Lose(DisconnectReason),
    Say(String),
    /// Not an action of a user: time passes.
    Wait(Duration),
    /// The result of a password check: right or wrong.
    Answer(bool),
}

/// The model: who is connected, with which nick and in which rooms.
#[derive(Debug, Default)]
struct Account {
    people: BTreeMap<ConnectionId, Known>,
}

#[derive(Debug, Default, Clone)]
struct Known {
    nick: Option<String>,
    has_user: bool,
    rooms: BTreeSet<String>,
    /// Whether the client receives its own messages.
    echoes: bool,
}

impl Known {
    fn is_present(&self) -> bool {
        self.nick.is_some() && self.has_user
    }
}

struct Simulation {
    hub: Hub,
    outbox: Outbox,
    random: fastrand::Rng,
    now: HubTime,
    generation: u32,
    account: Account,
    /// The passwords that are being checked.
    tasks: VecDeque<Task>,
    /// All lines sent, to compare two runs.
    transcript: Vec<u8>,
    /// A deliberate fault in the deliveries, which the checks must find.
    sabotage: Option<Sabotage>,
}

#[derive(Debug, Clone, Copy)]
enum Sabotage {
    Lose,
    Double,
    Misdirect,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut settings = HubSettings {
            lobby: RoomName::parse("#lobby").ok(),
            ..HubSettings::default()
        };
        settings.limits.rooms_per_person = 3;
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
        settings.limits.connections_per_address = PLACES - 1;
        Self {
            hub: Hub::new(settings, HubTime::default()),
            outbox: Outbox::default(),
            random: fastrand::Rng::with_seed(seed),
            now: HubTime::default(),
            generation: 0,
            account: Account::default(),
            tasks: VecDeque::new(),
            transcript: Vec::new(),
            sabotage: None,
        }
    }

    fn run(&mut self, steps: usize) -> Result<(), String> {
        for step in 0..steps {
            self.step()
                .map_err(|wrong| format!("step {step}: {wrong}"))?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        let place = self.random.u32(0..PLACES);
        let here = self
            .account
            .people
            .keys()
            .find(|id| id.index() == place as usize);
        let here = here.copied();
        let action = self.pick(here.is_some());
        let id = here.unwrap_or_else(|| {
            self.generation += 1;
            ConnectionId::new(place, self.generation)
        });
        // No line is read from a connection whose task is not done.
        let is_held = self.tasks.iter().any(|task| task.connection() == id);
        let action = match action {
            Action::Say(_) if is_held => Action::Answer(true),
            action => action,
        };
        let before = self.account.people.clone();
        match &action {
            Action::Connect => {
                self.account.people.insert(id, Known::default());
                let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
                self.hub.connected(id, address, self.now, &mut self.outbox);
            }
            Action::Lose(loss) => {
                self.hub.disconnected(id, *loss, self.now, &mut self.outbox);
                self.account.people.remove(&id);
            }
            Action::Say(line) => {
                let line = Line::Whole(line.as_bytes());
                self.hub.received(id, line, self.now, &mut self.outbox);
            }
            Action::Answer(is_correct) => {
                if let Some(task) = self.tasks.pop_front() {
                    let answer = Answer::PasswordChecked {
                        connection: task.connection(),
                        is_correct: *is_correct,
                    };
                    self.hub.answered(answer, self.now, &mut self.outbox);
                }
            }
            Action::Wait(time) => {
                self.now.running += *time;
                self.now.unix += *time;
                self.hub.tick(self.now, &mut self.outbox);
                let next = self.hub.next_deadline();
                if next.is_some_and(|at| at <= self.now.running) {
                    return Err("the next deadline has already passed".to_owned());
                }
            }
        }
        let sent = self.take_sent();
        self.hub
            .check()
            .map_err(|wrong| format!("{action:?}: {wrong}"))?;
        let account = self.account.follow(&sent);
        account.map_err(|wrong| format!("{action:?} by {id:?}: {wrong}"))?;
        check_recipients(&before, id, &action, &sent)
            .map_err(|wrong| format!("{action:?}: {wrong}"))?;
        self.check_counts()
    }

    fn pick(&mut self, connected: bool) -> Action {
        if self.random.u8(0..40) == 0 {
            return Action::Wait(Duration::from_secs(self.random.u64(0..100)));
        }
        if !self.tasks.is_empty() && self.random.u8(0..8) == 0 {
            return Action::Answer(self.random.bool());
        }
        if !connected {
            return Action::Connect;
        }
        if self.random.u8(0..60) == 0 {
            let losses = [
                DisconnectReason::Closed,
                DisconnectReason::Lost,
                DisconnectReason::SendQueueFull,
                DisconnectReason::LineTooLong,
            ];
            return Action::Lose(losses[self.random.usize(0..losses.len())]);
        }
        let (nick, room) = (self.one_of(&NICKS), self.one_of(&ROOMS));
        Action::Say(match self.random.u8(0..108) {
            60..64 => format!("MODE {room} {}", self.one_of(&MODES)),
            64..66 => format!(
                "MODE {room} {} {nick}",
                self.one_of(&["+o", "-o", "+v", "-v"])
            ),
            66..68 => format!("MODE {nick} {}", self.one_of(&["+i", "-i", "+wB", "-w"])),
            68..71 => format!("KICK {room} {nick} :out"),
            71..74 => format!("INVITE {nick} {room}"),
            74..78 => format!("MONITOR + {nick},{}", self.one_of(&NICKS)),
            78..80 => format!("MONITOR {}", self.one_of(&["C", "L", "S", "- a,bob"])),
            80..86 => format!("CAP REQ :{}", self.one_of(&CAPABILITIES)),
            86 => "QUIT :done".to_owned(),
            87 => format!("TOPIC {room}"),
            88..90 => format!("AWAY{}", self.one_of(&["", " :lunch"])),
            90..92 => "SETNAME :another".to_owned(),
            92 => format!("OPER {} sesame", self.one_of(&["root", "hashed"])),
            93 => format!("KILL {nick} :no more"),
            94 => format!("WHOWAS {nick}"),
            95..97 => format!("@label=l;+x=y PRIVMSG {room} :with tags"),
            97 => format!("@+x=y TAGMSG {room}"),
            98 => format!("WHO {room} %tcnf,1"),
            99 => format!("PRIVMSG @{room} :to operators"),
            100..104 => "CAP END".to_owned(),
            104..108 => format!("PRIVMSG {nick} :to one again"),
            0..8 => format!("NICK {nick}"),
            8..18 => "USER u 0 * :r".to_owned(),
            18..26 => format!("JOIN {room}"),
            26..28 => format!("JOIN {room},{}", self.one_of(&ROOMS)),
            28..33 => format!("PART {room} :bye"),
            33..43 => format!("PRIVMSG {room} :to the room"),
            43..46 => format!("PRIVMSG {nick} :to one"),
            46..49 => format!("NOTICE {room},{nick} :to some"),
            49..51 => format!("TOPIC {room} :about"),
            51..53 => "PONG x".to_owned(),
            53..56 => format!("WHOIS {nick}"),
            56..60 => format!("NAMES {room}"),
            _ => "LUSERS".to_owned(),
        })
    }

    fn one_of(&mut self, list: &[&'static str]) -> &'static str {
        list[self.random.usize(0..list.len())]
    }

    /// Empties the outbox: each line with its recipient, a close as `None`.
    fn take_sent(&mut self) -> Vec<(ConnectionId, Option<String>)> {
        let mut sent = Vec::new();
        for (to, bytes) in self.outbox.sends() {
            self.transcript.extend(to.index().to_le_bytes());
            self.transcript.extend(bytes);
            let line = str::from_utf8(bytes).unwrap().trim_end();
            sent.push((to, Some(line.to_owned())));
        }
        sent.extend(self.outbox.closes.drain(..).map(|id| (id, None)));
        self.tasks.extend(self.outbox.tasks.drain(..));
        self.outbox.clear();
        let said = |(_, line): &(_, Option<String>)| {
            line.as_ref().is_some_and(|line| line.contains(" PRIVMSG "))
        };
        if let (Some(sabotage), Some(at)) = (self.sabotage, sent.iter().position(said)) {
            match sabotage {
                Sabotage::Lose => drop(sent.remove(at)),
                Sabotage::Double => sent.insert(at, sent[at].clone()),
                Sabotage::Misdirect => sent[at].0 = ConnectionId::new(u32::MAX, 0),
            }
        }
        sent
    }

    fn check_counts(&self) -> Result<(), String> {
        let present = self.account.people.values().filter(|one| one.is_present());
        let (written, here) = (present.count(), self.hub.registered_count());
        let text = format!("{here} are here, by the lines there should be {written}");
        (written == here).then_some(()).ok_or(text)
    }
}

impl Account {
    /// Applies the lines to the model, as each recipient would read them, and returns an error
    /// where two lines contradict each other.
    fn follow(&mut self, sent: &[(ConnectionId, Option<String>)]) -> Result<(), String> {
        for (to, line) in sent {
            let Some(line) = line else {
                self.people.remove(to);
                continue;
            };
            let Some(known) = self.people.get_mut(to) else {
                // The last line to a disconnected client.
                let is_last = without_tags(line).starts_with("ERROR ");
                is_last
                    .then_some(())
                    .ok_or(format!("{to:?} is disconnected, and receives {line}"))?;
                continue;
            };
            let words: Vec<&str> = without_tags(line).split(' ').collect();
            let speaker = words[0].trim_start_matches(':').split('!').next().unwrap();
            let is_own = known.nick.as_deref() == Some(speaker);
            match words[1] {
                "001" => {
                    known.nick = Some(words[2].to_owned());
                    known.has_user = true;
                    let taken = |other: &&Known| {
                        other.is_present() && same(other.nick.as_deref(), words[2])
                    };
                    if self.people.values().filter(taken).count() > 1 {
                        return Err(format!("two users have the nick {}", words[2]));
                    }
                }
                "NICK" if is_own => known.nick = Some(words[2].trim_matches(':').to_owned()),
                "JOIN" if is_own && !known.rooms.insert(words[2].to_lowercase()) => {
                    return Err(format!("{speaker} joins {} twice", words[2]));
                }
                "KICK"
                    if same(known.nick.as_deref(), words[3])
                        && !known.rooms.remove(&words[2].to_lowercase()) =>
                {
                    return Err(format!("{} is kicked from {} twice", words[3], words[2]));
                }
                "CAP" if words[3] == "ACK" => {
                    for word in line.split([' ', ':']) {
                        match word {
                            "echo-message" => known.echoes = true,
                            "-echo-message" => known.echoes = false,
                            _ => {}
                        }
                    }
                }
                "PART" if is_own && !known.rooms.remove(&words[2].to_lowercase()) => {
                    return Err(format!("{speaker} leaves {} twice", words[2]));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The part of a line from its source on.
fn without_tags(line: &str) -> &str {
    match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap().1,
        None => line,
    }
}

fn same(one: Option<&str>, other: &str) -> bool {
    one.is_some_and(|one| one.eq_ignore_ascii_case(other))
}

/// Checks that a message reached each recipient once, and no other client. The modes of a room can
/// refuse a message, and then it must have reached no client; the model has no modes, so it accepts
/// the refusal.
fn check_recipients(
    people: &BTreeMap<ConnectionId, Known>,
    from: ConnectionId,
    action: &Action,
    sent: &[(ConnectionId, Option<String>)],
) -> Result<(), String> {
    let mut expected: Vec<ConnectionId> = Vec::new();
    let mut loosely = false;
    let speaker = people.get(&from).filter(|known| known.is_present());
    if let (Action::Say(line), Some(speaker)) = (action, speaker)
        && let Some((command @ ("PRIVMSG" | "NOTICE"), rest)) = without_tags(line).split_once(' ')
    {
        for target in rest.split(' ').next().unwrap().split(',') {
            // The model knows neither operators nor messages from outside.
            let (status, target) = match target.strip_prefix('@') {
                Some(room) => (true, room),
                None => (false, target),
            };
            let room = target.to_lowercase();
            let is_room = target.starts_with('#');
            let is_outside = is_room && !speaker.rooms.contains(&room);
            loosely |= status || is_outside || (command == "NOTICE" && is_room);
            let hears = |(id, known): &(&ConnectionId, &Known)| match is_room {
                true => **id != from && known.rooms.contains(&room),
                false => known.is_present() && same(known.nick.as_deref(), target),
            };
            let hearers = people.iter().filter(hears).map(|(id, _)| *id);
            let refused = format!(" 404 {} {}", speaker.nick.as_deref().unwrap(), target);
            let is_refused = |(to, line): &(ConnectionId, Option<String>)| {
                *to == from && line.as_deref().is_some_and(|line| line.contains(&refused))
            };
            if sent.iter().any(is_refused) {
                continue;
            }
            let before = expected.len();
            expected.extend(hearers);
            let is_somebody = expected.len() > before || speaker.rooms.contains(&room);
            if speaker.echoes && is_somebody {
                expected.push(from);
            }
        }
    }
    let is_said = |line: &str| line.contains(" PRIVMSG ") || line.contains(" NOTICE ");
    let received = sent
        .iter()
        .filter(|(_, line)| line.as_deref().is_some_and(is_said));
    let mut received: Vec<ConnectionId> = received.map(|(id, _)| *id).collect();
    received.sort();
    expected.sort();
    let is_right = match loosely {
        true => received
            .iter()
            .all(|id| expected.contains(id) || *id == from),
        false => received == expected,
    };
    if !is_right {
        return Err(format!(
            "{expected:?} should have received it, {received:?} did"
        ));
    }
    check_change(people, sent)
}

/// Checks that a user's change reached only the members of a shared room, once each.
fn check_change(
    people: &BTreeMap<ConnectionId, Known>,
    sent: &[(ConnectionId, Option<String>)],
) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (to, line) in sent {
        let Some(line) = line
            .as_deref()
            .map(without_tags)
            .filter(|line| line.contains(" QUIT :"))
        else {
            continue;
        };
        if !seen.insert((*to, line)) {
            return Err(format!("{to:?} receives it twice: {line}"));
        }
        let nick = line.trim_start_matches(':').split('!').next().unwrap();
        let is_leaver = |(_, known): &(&ConnectionId, &Known)| {
            known.is_present() && same(known.nick.as_deref(), nick)
        };
        let (Some((id, leaver)), Some(hearer)) = (people.iter().find(is_leaver), people.get(to))
        else {
            return Err(format!(
                "{to:?} gets a line about a user who was not there: {line}"
            ));
        };
        if leaver.rooms.is_disjoint(&hearer.rooms) || to == id {
            return Err(format!("{to:?} should not receive {line}"));
        }
    }
    Ok(())
}

const SEEDS: u64 = 200;
const STEPS: usize = 300;

#[test]
fn hub_and_model_agree_after_each_step() {
    for seed in 0..SEEDS {
        let run = Simulation::new(seed).run(STEPS);
        run.unwrap_or_else(|wrong| panic!("seed {seed}, {wrong}"));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..20 {
        let transcript = || {
            let mut simulation = Simulation::new(seed);
            simulation.run(STEPS).unwrap();
            simulation.transcript
        };
        let (one, other) = (transcript(), transcript());
        assert!(one == other, "seed {seed}");
        assert!(one.len() > 10_000, "seed {seed} sends too little");
    }
}

#[test]
fn a_deliberate_fault_in_the_hub_is_found() {
    for fault in [
        Fault::KeepDeadNick,
        Fault::ForgetNick,
        Fault::KeepMember,
        Fault::ForgetMember,
        Fault::Miscount,
        Fault::ForgetDeadline,
        Fault::ForgetCapabilities,
        Fault::KeepWatcher,
        Fault::MiscountModes,
    ] {
        for seed in 0..20 {
            let mut simulation = Simulation::new(seed);
            simulation.run(STEPS).unwrap();
            if simulation.hub.break_on_purpose(fault) {
                assert!(
                    simulation.hub.check().is_err(),
                    "{fault:?} with seed {seed}"
                );
            }
        }
    }
}

#[test]
fn a_lost_doubled_or_misdirected_line_is_found() {
    for sabotage in [Sabotage::Lose, Sabotage::Double, Sabotage::Misdirect] {
        for seed in 0..20 {
            let mut simulation = Simulation::new(seed);
            simulation.sabotage = Some(sabotage);
            // With some seeds two users talk to each other late.
            let run = simulation.run(4 * STEPS);
            assert!(run.is_err(), "{sabotage:?} with seed {seed}");
        }
    }
}
