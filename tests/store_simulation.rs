//! Seeded users talk on a server whose store is slow, fails and crashes, in memory.
//!
//! A model store takes the lines with random delays, refuses them, and loses those that it has not
//! committed in a crash. The checks are the promises of the server: an acknowledged line is stored
//! exactly once, a seen line is stored, every reader sees a room in the order of the store, each
//! line gets an answer, and one that is sent again under its id is stored and relayed once.
//! Deliberate faults test that the checks find such errors.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use chatting_room::common::shared_error::SharedError;
use chatting_room::server::hub::account::{Account, StoredAccounts};
use chatting_room::server::hub::stored::{
    HistoryLine, HistoryPage, HistoryQuery, HistoryWanted, MessageId, StoreInfo, StoreOutcome,
    StoreState, StoreTag, StoredLine, StoredMarker, StoredOnce, StoredOnces, StoredRecord,
};
use chatting_room::server::hub::task::{Answer, Task};
use chatting_room::server::hub::{
    CertificateFingerprint, ConnectionId, DisconnectReason, Gate, Hub, HubSettings, HubTime, Outbox,
};
use chatting_room::wire::sasl::scram_server::StoredPassword;
use chatting_room::wire::{FoldedName, Line, Message, Nick};

/// How many users there are at most.
const PLACES: u32 = 5;
/// The accounts; each has a certificate whose bytes are all the same.
const ACCOUNTS: [&str; 2] = ["ann", "ben"];
/// A time in the format of a tag, in milliseconds, with this many of them after it.
const MARKER_PREFIX: &str = "2026-11-28T00:00:00.";

/// A deliberate fault, which the checks must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sabotage {
    /// Lines are sent before the store has them.
    ReleaseBeforeCommit,
    /// A step that waits is forgotten.
    DropHeldStep,
    /// History is read before the lines that wait are stored.
    ReadHistoryAtOnce,
    /// After a restart, ids begin before the last one that is stored.
    ReuseId,
    /// The store keeps a message that is deleted.
    KeepRedacted,
    /// A read marker is forgotten in a restart.
    ForgetMarkers,
    /// After a restart, the ids of clients are not known.
    ForgetOnces,
    /// The id of a message that was not stored stays known.
    KeepLostOnces,
}

/// A message with an id of its client.
#[derive(Debug, Clone)]
struct OnceMessage {
    number: u64,
    target: String,
    /// The time of the server when it was sent first, in Unix milliseconds.
    first_sent: u64,
}

/// One user, as the client sees it.
#[derive(Debug, Default)]
struct Client {
    /// Its labeled lines without an answer, in order.
    unanswered: BTreeSet<u64>,
    /// The ids of the lines of the lobby that it has seen, in order.
    seen: Vec<MessageId>,
    /// The ids of those lines that it knows to be deleted.
    redacted: BTreeSet<MessageId>,
    /// The account, as a place in [`ACCOUNTS`].
    account: Option<usize>,
    is_welcome: bool,
    has_quit: bool,
    /// Whether it has asked for history. No line is read from it until the answer.
    waits: bool,
}

/// The disk and the lines on their way to it.
#[derive(Debug, Default)]
struct ModelStore {
    /// All lines on disk, with their ids.
    disk: BTreeMap<MessageId, StoredLine>,
    /// The lines that were deleted from it.
    redacted: BTreeMap<MessageId, StoredLine>,
    /// The ids of messages that are not stored themselves.
    once_only: BTreeMap<MessageId, StoredOnce>,
    /// The same ids by their form on the wire.
    by_text: BTreeMap<String, MessageId>,
    /// The ids of events that could not be stored; they are reported all the same.
    dropped: BTreeSet<String>,
    /// The read markers of accounts.
    markers: BTreeMap<(FoldedName, FoldedName), u64>,
    turns: VecDeque<(u64, Vec<StoredRecord>)>,
    is_refusing: bool,
}

struct Simulation {
    hub: Hub,
    gate: Gate,
    outbox: Outbox,
    random: fastrand::Rng,
    now: HubTime,
    generation: u32,
    clients: BTreeMap<ConnectionId, Client>,
    store: ModelStore,
    /// The number of lines said so far; it is the label and the text of each.
    said: u64,
    acknowledged: BTreeSet<u64>,
    refused: BTreeSet<u64>,
    /// The messages with an id of their client.
    onces: Vec<OnceMessage>,
    /// The labels of those that were sent again, each with the number of the message.
    resent: BTreeMap<u64, u64>,
    /// The labels of those among them that the server knew.
    repeated: BTreeSet<u64>,
    /// How often each whisper with an id was delivered.
    whispered: BTreeMap<u64, usize>,
    expired: usize,
    crashes: usize,
    redactions: usize,
    /// For each account the latest marker of the lobby that was acknowledged.
    marked: [u64; ACCOUNTS.len()],
    marks: usize,
    /// Whether joins, topics and the like are stored, too.
    with_events: bool,
    sabotage: Option<Sabotage>,
}

fn tag() -> StoreTag {
    StoreTag::parse("test").unwrap()
}

impl Simulation {
    fn new(seed: u64, sabotage: Option<Sabotage>) -> Self {
        let now = HubTime {
            running: Duration::ZERO,
            unix: Duration::from_secs(1_800_000_000),
        };
        let mut simulation = Self {
            hub: Hub::default(),
            gate: Gate::default(),
            outbox: Outbox::default(),
            random: fastrand::Rng::with_seed(seed),
            now,
            generation: 0,
            clients: BTreeMap::new(),
            store: ModelStore::default(),
            said: 0,
            acknowledged: BTreeSet::new(),
            refused: BTreeSet::new(),
            onces: Vec::new(),
            resent: BTreeMap::new(),
            repeated: BTreeSet::new(),
            whispered: BTreeMap::new(),
            expired: 0,
            crashes: 0,
            redactions: 0,
            marked: [0; ACCOUNTS.len()],
            marks: 0,
            with_events: seed % 2 == 1,
            sabotage,
        };
        simulation.start();
        simulation
    }

    /// Starts the server on what is on disk.
    fn start(&mut self) {
        let mut settings = HubSettings::default();
        settings.limits.enabled = false;
        // Whispers are not what is counted here.
        settings.stores_whispers = false;
        settings.stores_events = self.with_events;
        // So few that some are displaced.
        settings.limits.once_ids = 10;
        settings.limits.once_ids_per_user = 5;
        let last = self.store.disk.keys().chain(self.store.redacted.keys());
        let last = last.chain(self.store.once_only.keys());
        let last = last.max().copied();
        let last = match self.sabotage {
            Some(Sabotage::ReuseId) => MessageId::default(),
            _ => last.unwrap_or_default(),
        };
        self.hub = Hub::new(settings, self.now);
        self.hub.store_in(StoreInfo {
            tag: tag(),
            last,
            keep_days: None,
        });
        let accounts = ACCOUNTS.iter().zip(0..).map(|(name, number)| Account {
            name: Nick::parse(name).unwrap(),
            password: StoredPassword::derive("", b"salt", 1),
            created: 0,
            certificates: vec![CertificateFingerprint([number; 32])],
            nicks: Vec::new(),
        });
        self.hub.accounts_in(StoredAccounts {
            accounts: accounts.collect(),
            ..StoredAccounts::default()
        });
        let markers = self.store.markers.iter();
        let markers = markers.map(|((account, target), time)| StoredMarker {
            account: account.clone(),
            target: target.clone(),
            time: Some(*time),
        });
        if self.sabotage != Some(Sabotage::ForgetMarkers) {
            self.hub.markers_in(markers.collect());
        }
        if self.sabotage != Some(Sabotage::ForgetOnces) {
            self.hub.once_in(&self.stored_onces());
        }
        self.gate = Gate::default();
    }

    /// The ids of clients on the disk.
    fn stored_onces(&self) -> StoredOnces {
        let lines = self.store.disk.values().chain(self.store.redacted.values());
        let of_lines = lines.filter_map(|line| {
            Some(StoredOnce {
                message: line.id,
                key: line.once.clone()?,
                source: line.source.clone(),
                account: line.account.clone(),
            })
        });
        let all = of_lines.chain(self.store.once_only.values().cloned());
        let mut entries: Vec<_> = all.collect();
        entries.sort_by_key(|one| one.message);
        StoredOnces {
            entries,
            complete_since: 0,
        }
    }

    fn run(&mut self, steps: usize) -> Result<(), String> {
        for step in 0..steps {
            self.step()
                .map_err(|wrong| format!("step {step}: {wrong}"))?;
        }
        self.finish()
    }

    fn step(&mut self) -> Result<(), String> {
        match self.random.u8(0..100) {
            0..2 => self.set_clock(),
            2..3 => self.crash(),
            3..5 => self.refuse()?,
            5..9 => self.recover()?,
            9..35 => self.commit()?,
            35..40 => self.connect()?,
            40..43 => self.leave()?,
            43..55 => self.ping()?,
            55..58 => self.command("TOPIC #lobby :news")?,
            58..63 => self.ask_for_history()?,
            63..69 => self.redact()?,
            69..73 => self.mark()?,
            73..80 => self.say_once()?,
            80..87 => self.say_again()?,
            _ => self.say()?,
        }
        self.give_to_store();
        Ok(())
    }

    /// Time passes, or the clock is set, even to a time before the last message.
    fn set_clock(&mut self) {
        let milliseconds = Duration::from_millis(self.random.u64(0..5_000));
        self.now.running += milliseconds;
        self.now.unix = match self.random.bool() {
            true => self.now.unix + milliseconds,
            false => self.now.unix - milliseconds,
        };
    }

    fn connect(&mut self) -> Result<(), String> {
        if self.clients.len() >= PLACES as usize {
            return Ok(());
        }
        self.generation += 1;
        let id = ConnectionId::new(self.generation, self.generation);
        self.clients.insert(id, Client::default());
        // The ids are bounded for each host.
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, self.random.u8(1..4)));
        self.hub.connected(id, address, self.now, &mut self.outbox);
        self.carry_out()?;
        let account = self.random.usize(0..2 * ACCOUNTS.len());
        let account = Some(account).filter(|account| *account < ACCOUNTS.len());
        let certificate = account.map(|account| CertificateFingerprint([account as u8; 32]));
        self.hub.secured(id, certificate);
        self.clients.get_mut(&id).unwrap().account = account;
        if account.is_some() {
            for line in ["CAP REQ sasl", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +"] {
                self.receive(id, line)?;
            }
        }
        let capabilities = "echo-message message-tags server-time labeled-response batch \
                            draft/message-redaction draft/read-marker \
                            draft/event-playback draft/multiline \
                            chatroom.example/once";
        for line in [
            format!("CAP REQ :{capabilities}"),
            format!("NICK n{}", self.generation),
            "USER u 0 * :r".to_owned(),
            "CAP END".to_owned(),
        ] {
            self.receive(id, &line)?;
        }
        Ok(())
    }

    /// One of the users who have not quit.
    fn someone(&mut self) -> Option<ConnectionId> {
        let can_talk = |client: &Client| !client.has_quit && !client.waits;
        let here = self.clients.iter().filter(|(_, client)| can_talk(client));
        let here: Vec<_> = here.map(|(id, _)| *id).collect();
        self.random.choice(here)
    }

    fn leave(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        if self.random.bool() {
            self.clients.get_mut(&id).unwrap().has_quit = true;
            return self.receive(id, "QUIT");
        }
        // A lost connection sees nothing more.
        self.clients.remove(&id);
        let loss = DisconnectReason::Lost;
        self.hub.disconnected(id, loss, self.now, &mut self.outbox);
        self.carry_out()
    }

    fn say(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        self.said += 1;
        let number = self.said;
        let client = self.clients.get_mut(&id).unwrap();
        client.unanswered.insert(number);
        // To a room that is kept, and sometimes to users who are not.
        let target = match self.random.u8(0..10) {
            0 => format!("#lobby,n{}", self.generation),
            1 => format!("n{},#lobby,#missing", self.generation),
            _ => "#lobby".to_owned(),
        };
        if self.random.u8(0..8) > 0 {
            return self.receive(id, &format!("@label={number} PRIVMSG {target} :{number}"));
        }
        for line in [
            &format!("@label={number} BATCH +b draft/multiline #lobby"),
            &format!("@batch=b PRIVMSG #lobby :{number}"),
            &format!("@batch=b PRIVMSG #lobby :{number}"),
            "BATCH -b",
        ] {
            self.receive(id, line)?;
        }
        Ok(())
    }

    /// The same with an id. A whisper of guests is not stored, but its id is.
    fn say_once(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        self.said += 1;
        let number = self.said;
        let target = match self.random.u8(0..4) {
            0 => format!("n{}", self.generation),
            _ => "#lobby".to_owned(),
        };
        let newest = self.store.disk.keys().chain(self.store.once_only.keys());
        let newest = newest.max().map_or(0, |id| id.unix_milliseconds());
        let clock = u64::try_from(self.now.unix.as_millis()).unwrap();
        self.onces.push(OnceMessage {
            number,
            target: target.clone(),
            first_sent: clock.max(newest),
        });
        let client = self.clients.get_mut(&id).unwrap();
        client.unanswered.insert(number);
        self.receive(
            id,
            &format!(
                "@label={number};chatroom.example/once={number:016} PRIVMSG {target} :{number}"
            ),
        )
    }

    /// A client does not know whether such a message has arrived, and sends it again.
    fn say_again(&mut self) -> Result<(), String> {
        let recent = self.onces.len().saturating_sub(12);
        let Some(message) = self.random.choice(self.onces[recent..].to_vec()) else {
            return Ok(());
        };
        let Some(id) = self.someone() else {
            return Ok(());
        };
        self.said += 1;
        let label = self.said;
        self.clients.get_mut(&id).unwrap().unanswered.insert(label);
        self.resent.insert(label, message.number);
        let OnceMessage {
            number,
            target,
            first_sent,
        } = message;
        let line = format!(
            "@label={label};chatroom.example/once={number:016},{first_sent} PRIVMSG {target} :{number}"
        );
        let line = Line::Whole(line.as_bytes());
        self.hub.received(id, line, self.now, &mut self.outbox);
        if !self.outbox.has_stored() {
            self.repeated.insert(label);
        }
        self.carry_out()
    }

    fn command(&mut self, line: &str) -> Result<(), String> {
        match self.someone() {
            Some(id) => self.receive(id, line),
            None => Ok(()),
        }
    }

    /// A ping is answered at once, unless the lines of its sender wait: then it is answered after
    /// them.
    fn ping(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        self.said += 1;
        let number = self.said;
        let waits = self.gate.waiting_of(id) > 0;
        self.clients.get_mut(&id).unwrap().unanswered.insert(number);
        self.receive(id, &format!("@label={number} PING {number}"))?;
        let is_unanswered = self.clients[&id].unanswered.contains(&number);
        if is_unanswered != waits && self.sabotage.is_none() {
            return Err(format!(
                "a ping waits: {is_unanswered}, its sender's lines: {waits}"
            ));
        }
        Ok(())
    }

    fn receive(&mut self, id: ConnectionId, line: &str) -> Result<(), String> {
        let line = Line::Whole(line.as_bytes());
        self.hub.received(id, line, self.now, &mut self.outbox);
        self.carry_out()
    }

    /// The history ends with the line that the user has seen last: nothing is missing between it
    /// and what is seen later, and nothing is in both.
    fn ask_for_history(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        if !self.clients[&id].waits {
            self.clients.get_mut(&id).unwrap().waits = true;
            self.receive(id, "CHATHISTORY LATEST #lobby * 5")?;
        }
        Ok(())
    }

    /// Deletes a line that the user has seen, which may be that of another user.
    fn redact(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        let Some(line) = self.random.choice(self.clients[&id].seen.clone()) else {
            return Ok(());
        };
        self.said += 1;
        let number = self.said;
        let client = self.clients.get_mut(&id).unwrap();
        client.unanswered.insert(number);
        client.waits = true;
        let msgid = format!("{}-{line}", tag());
        self.receive(
            id,
            &format!("@label={number} REDACT #lobby {msgid} :a reason"),
        )
    }

    /// Moves a read marker, or asks for it.
    fn mark(&mut self) -> Result<(), String> {
        let Some(id) = self.someone() else {
            return Ok(());
        };
        self.said += 1;
        let number = self.said;
        self.clients.get_mut(&id).unwrap().unanswered.insert(number);
        let time = match self.random.u8(0..4) {
            0 => String::new(),
            _ => format!(
                " timestamp={MARKER_PREFIX}{:03}Z",
                self.random.u16(1..1_000)
            ),
        };
        self.receive(id, &format!("@label={number} MARKREAD #lobby{time}"))
    }

    /// The lines that a request asks for.
    fn read(&self, query: &HistoryQuery) -> Vec<HistoryLine> {
        let after = MessageId(query.after.0 + 1);
        let range = self.store.disk.range(after..query.before);
        let is_wanted = |line: &StoredLine| query.with_events || line.kind.is_message();
        let range = range.filter(|(_, line)| is_wanted(line));
        let count = query.count as usize;
        let found: Vec<_> = match query.wanted {
            HistoryWanted::First(_) => range.take(count).collect(),
            _ => {
                let mut last: Vec<_> = range.rev().take(count).collect();
                last.reverse();
                last
            }
        };
        let lines = found.into_iter().map(|(id, line)| HistoryLine {
            account: line.account.to_string(),
            id: *id,
            kind: line.kind,
            source: line.source.to_string(),
            tags: line.tags.to_string(),
            text: line.text.to_string(),
            once: None,
        });
        lines.collect()
    }

    /// Answers the requests for history that need not wait any longer.
    fn answer_history(&mut self) -> Result<(), String> {
        for task in std::mem::take(&mut self.outbox.tasks) {
            let Task::ReadHistory(query) = task else {
                return Err(format!("an unexpected task: {task:?}"));
            };
            let lines = self.read(&query);
            let is_redaction = matches!(query.wanted, HistoryWanted::First(_));
            let newest = lines.last().map(|line| line.id);
            let shown: Vec<_> = lines.iter().map(|line| line.id).collect();
            let page = HistoryPage::Lines(lines, false);
            let answer = Answer::HistoryRead {
                connection: query.connection,
                page,
            };
            let Some(client) = self.clients.get_mut(&query.connection) else {
                continue;
            };
            client.waits = false;
            if is_redaction {
                let mut before = std::mem::take(&mut self.outbox);
                before.tasks.clear();
                self.hub.answered(answer, self.now, &mut self.outbox);
                self.carry_out()?;
                self.outbox = before;
                continue;
            }
            if let Some(shown) = shown.iter().find(|id| client.redacted.contains(id)) {
                return Err(format!("{shown:?} was deleted and is in the history"));
            }
            let is_kept = |id: &&MessageId| self.store.disk.contains_key(id);
            let seen = client.seen.iter().rev().find(is_kept);
            if seen.is_some() && newest != seen.copied() {
                return Err(format!(
                    "the history ends with {newest:?}, and {seen:?} was seen"
                ));
            }
            let mut outbox = Outbox::default();
            self.hub.answered(answer, self.now, &mut outbox);
            if self.gate.hold(&mut outbox).is_some() {
                return Err("an answer of history waits".to_owned());
            }
            let begin = outbox.sends().next().map(|(_, line)| line.to_vec());
            let begin = String::from_utf8(begin.unwrap_or_default()).unwrap();
            if !begin.contains("BATCH +history chathistory #lobby") {
                return Err(format!("the history begins with {begin:?}"));
            }
        }
        Ok(())
    }

    /// Sends the output of a step, or holds it.
    fn carry_out(&mut self) -> Result<(), String> {
        if self.sabotage == Some(Sabotage::ReleaseBeforeCommit) {
            let lines = self.outbox.take_stored();
            if !lines.is_empty() {
                self.store.turns.push_back((0, lines));
            }
        }
        if self.sabotage == Some(Sabotage::ReadHistoryAtOnce) {
            self.answer_history()?;
        }
        if self.gate.hold(&mut self.outbox).is_none() {
            self.send()?;
            self.answer_history()?;
        }
        self.outbox.clear();
        Ok(())
    }

    fn give_to_store(&mut self) {
        if let Some(turn) = self.gate.next_turn(self.now.running) {
            self.store.turns.push_back(turn);
        }
    }

    /// The store commits some of the turns that it has, together.
    fn commit(&mut self) -> Result<(), String> {
        if self.store.is_refusing || self.store.turns.is_empty() {
            return Ok(());
        }
        let count = self.random.usize(1..=self.store.turns.len());
        let turn = self.write_to_disk(count)?;
        self.settle(&StoreOutcome::Stored(turn))
    }

    fn write_to_disk(&mut self, count: usize) -> Result<u64, String> {
        let mut last = 0;
        for (turn, records) in self.store.turns.drain(..count) {
            for record in records {
                let line = match record {
                    StoredRecord::Line(line) => line,
                    StoredRecord::Redaction(redaction) => {
                        if self.sabotage != Some(Sabotage::KeepRedacted)
                            && let Some(line) = self.store.disk.remove(&redaction.id)
                        {
                            let is_own = match &*line.account {
                                "" => line.source == redaction.source,
                                account => account == &*redaction.account,
                            };
                            if !is_own {
                                return Err(format!("a line of another user is deleted: {line:?}"));
                            }
                            self.store.redacted.insert(redaction.id, line);
                        }
                        continue;
                    }
                    StoredRecord::Marker(marker) => {
                        let key = (marker.account, marker.target);
                        let before = self.store.markers.insert(key, marker.time.unwrap());
                        if before > marker.time {
                            return Err(format!("a marker moves back from {before:?}"));
                        }
                        continue;
                    }
                    StoredRecord::Room(_) => return Err("no room is registered".to_owned()),
                    StoredRecord::Once(once) => {
                        self.store.once_only.insert(once.message, once);
                        continue;
                    }
                };
                let text = format!("{}-{}", tag(), line.id);
                self.store.by_text.insert(text, line.id);
                if let Some(before) = self.store.disk.insert(line.id, line) {
                    return Err(format!("the id {} is used twice", before.id));
                }
            }
            last = turn;
        }
        Ok(last)
    }

    /// The disk is full: nothing that waits gets stored, until there is room again.
    fn refuse(&mut self) -> Result<(), String> {
        let Some((turn, _)) = self.store.turns.back() else {
            return Ok(());
        };
        let turn = *turn;
        for (_, records) in self.store.turns.drain(..) {
            for record in records {
                if let StoredRecord::Line(line) = record
                    && !line.kind.is_message()
                {
                    self.store.dropped.insert(format!("{}-{}", tag(), line.id));
                }
            }
        }
        self.store.is_refusing = true;
        let error = SharedError::new("full");
        self.settle(&StoreOutcome::NotStored { turn, error })?;
        self.change_state(StoreState::Refusing)
    }

    fn recover(&mut self) -> Result<(), String> {
        if self.store.is_refusing && self.store.turns.is_empty() {
            self.store.is_refusing = false;
            self.change_state(StoreState::Ready)?;
        }
        Ok(())
    }

    fn change_state(&mut self, state: StoreState) -> Result<(), String> {
        self.hub.store_changed(state, self.now, &mut self.outbox);
        self.carry_out()
    }

    fn settle(&mut self, outcome: &StoreOutcome) -> Result<(), String> {
        self.gate.settle(outcome);
        while self.gate.release(&mut self.outbox).is_some() {
            if let Some(lost) = self.outbox.lost
                && self.sabotage != Some(Sabotage::KeepLostOnces)
            {
                self.hub.forget_once(lost);
            }
            let is_forgotten = self.sabotage == Some(Sabotage::DropHeldStep);
            if !is_forgotten || self.random.u8(0..20) > 0 {
                self.send()?;
                self.answer_history()?;
            }
            self.outbox.clear();
        }
        Ok(())
    }

    /// The server is killed: the store may have committed some of what it had, in its order, and
    /// everything else is gone.
    fn crash(&mut self) {
        let count = self.random.usize(0..=self.store.turns.len());
        // An id that is used twice would be found by the next commit as well.
        let _ = self.write_to_disk(count);
        self.store.turns.clear();
        self.store.is_refusing = false;
        // An id that is not stored can be given again when the clock is set back.
        self.store.dropped.clear();
        self.clients.clear();
        self.crashes += 1;
        self.start();
    }

    /// Hands each line to its client, which checks it.
    fn send(&mut self) -> Result<(), String> {
        for (to, bytes) in self.outbox.sends() {
            let Some(client) = self.clients.get_mut(&to) else {
                continue;
            };
            let line = str::from_utf8(bytes).unwrap().trim_end();
            let message = Message::parse(line).unwrap();
            client.is_welcome |= message.command == "001";
            let label = message
                .tags
                .get("label")
                .and_then(|label| label.parse().ok());
            let is_repeat = label.is_some_and(|label| self.repeated.contains(&label));
            if message.command == "PRIVMSG"
                && message.parameters[0] != "#lobby"
                && message.tags.get("chatroom.example/once").is_none()
                && let Ok(number) = message.parameters[1].parse()
            {
                *self.whispered.entry(number).or_default() += 1;
            }
            // The id of a message of several lines is that of its batch.
            let is_part = message.tags.get("batch") == Some("multiline");
            let begins_lines =
                message.command == "BATCH" && message.parameter(1) == Some("draft/multiline");
            let is_message = message.command == "PRIVMSG" && !is_part || begins_lines;
            let place = if begins_lines { 2 } else { 0 };
            let id = message.tags.get("msgid");
            let is_event = !is_message && id.is_some();
            if is_event && !self.with_events {
                return Err(format!("an event has an id and is not kept: {line}"));
            }
            let is_dropped = id.is_some_and(|id| self.store.dropped.contains(id));
            let is_in_lobby = is_message && message.parameters[place] == "#lobby";
            if is_in_lobby || is_event && !is_dropped {
                let id = self.store.by_text.get(id.unwrap());
                let id =
                    id.ok_or_else(|| format!("{to:?} sees a line that is not stored: {line}"))?;
                let stored = self.store.disk.get(id);
                let stored = stored.or_else(|| self.store.redacted.get(id)).unwrap();
                let is_same = match is_message {
                    _ if begins_lines => stored.text.contains('\n'),
                    true => stored.text.as_ref() == message.parameters[1],
                    false => line.ends_with(&*stored.text),
                };
                let is_same_kind = begins_lines || stored.kind.command() == message.command;
                if !(is_same && is_same_kind) {
                    return Err(format!("another text is stored than is seen: {line}"));
                }
                if !is_repeat {
                    client.seen.push(*id);
                }
            }
            if message.command == "MARKREAD"
                && let Some(account) = client.account
            {
                let time = message.parameters[1].strip_prefix("timestamp=");
                let time = time.map(|time| time.strip_prefix(MARKER_PREFIX).unwrap());
                let time = time.map_or(0, |time| time.trim_end_matches('Z').parse().unwrap());
                let marked = &mut self.marked[account];
                if time < *marked {
                    return Err(format!("a marker moves back: {line}, and was {marked}"));
                }
                let stored = self.store.markers.iter();
                let mut stored = stored.filter(|((one, _), _)| one.as_str() == ACCOUNTS[account]);
                // Another client may have asked for a marker that is not stored in the end.
                let stored = stored.next().map_or(0, |(_, time)| *time % 1_000);
                if stored >= time {
                    *marked = time;
                }
                if message.tags.get("label").is_none() {
                    self.marks += 1;
                }
            }
            if message.command == "REDACT" {
                let id = self.store.by_text[message.parameters[1]];
                let is_deleted = self.store.redacted.contains_key(&id);
                if !is_deleted && self.sabotage != Some(Sabotage::KeepRedacted) {
                    return Err(format!("a deletion is seen that is not stored: {line}"));
                }
                client.redacted.insert(id);
                self.redactions += 1;
            }
            if let Some(label) = label {
                if !client.unanswered.remove(&label) {
                    return Err(format!("a second answer to {label}: {line}"));
                }
                if client
                    .unanswered
                    .first()
                    .is_some_and(|first| *first < label)
                {
                    return Err(format!("an answer overtakes another: {line}"));
                }
            }
            // Answers of several lines have the text in one of them.
            if message.command == "PRIVMSG" && message.parameters[0] == "#lobby" {
                let nick = message.source.unwrap().nick().to_owned();
                if nick == format!("n{}", to.index()) {
                    self.acknowledged
                        .insert(message.parameters[1].parse().unwrap());
                }
            }
            if message.command == "FAIL"
                && let Some(label) = label
            {
                self.refused.insert(label);
                self.expired += usize::from(message.parameters[1] == "ONCE_EXPIRED");
                let number = self.resent.get(&label).map(u64::to_string);
                let mut stored = self.store.disk.values();
                let is_stored = stored.any(|line| Some(&*line.text) == number.as_deref());
                let may_be = match message.parameters[1] {
                    "ONCE_EXPIRED" => true,
                    // It can be the id of another account.
                    "ONCE_REUSED" => client.account.is_some(),
                    _ => false,
                };
                if is_stored && !may_be {
                    return Err(format!("a stored line is refused: {line}"));
                }
            }
        }
        Ok(())
    }

    /// Everything is committed; then all promises have to hold.
    fn finish(&mut self) -> Result<(), String> {
        self.store.is_refusing = false;
        while !self.store.turns.is_empty() {
            self.commit()?;
            // A deletion is decided when its line has been read.
            self.give_to_store();
        }
        let mut stored: BTreeMap<u64, usize> = BTreeMap::new();
        for line in self.store.disk.values().chain(self.store.redacted.values()) {
            if !line.kind.is_message() {
                continue;
            }
            let number = line.text.lines().next().unwrap().parse().unwrap();
            *stored.entry(number).or_default() += 1;
        }
        if let Some((number, _)) = stored.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{number} is stored twice"));
        }
        let of_onces = self.onces.iter().map(|one| one.number);
        let mut twice = of_onces.filter(|number| self.whispered.get(number) > Some(&1));
        if let Some(number) = twice.next() {
            return Err(format!("the whisper {number} was delivered twice"));
        }
        let resent: BTreeSet<u64> = self.resent.values().copied().collect();
        for number in &self.acknowledged {
            let count = stored.get(number).copied().unwrap_or_default();
            if count != 1 {
                return Err(format!(
                    "{number} was acknowledged and is stored {count} times"
                ));
            }
        }
        for number in &self.refused {
            // It may have been sent again since.
            if stored.contains_key(number) && !resent.contains(number) {
                return Err(format!("{number} was refused and is stored"));
            }
        }
        for (id, client) in &self.clients {
            if let Some(number) = client.unanswered.first() {
                return Err(format!("{id:?} has no answer to {number}"));
            }
            let (Some(first), Some(last)) = (client.seen.first(), client.seen.last()) else {
                continue;
            };
            let kept = self.store.disk.range(first..=last);
            let mut all: Vec<_> = kept
                .chain(self.store.redacted.range(first..=last))
                .map(|(id, _)| *id)
                .collect();
            all.sort();
            if client.seen != all {
                let missing = all.iter().find(|id| !client.seen.contains(id));
                let missing = missing.map(|id| &self.store.disk[id]);
                return Err(format!(
                    "{id:?} has not seen the room in its order, or not all of it: {missing:?}"
                ));
            }
        }
        Ok(())
    }
}

#[test]
fn what_is_acknowledged_or_seen_is_stored_once_and_in_one_order() {
    let seeds = std::env::var("SEEDS").map_or(1_000, |seeds| seeds.parse().unwrap());
    let next = AtomicU64::new(0);
    let counts: [AtomicUsize; 7] = Default::default();
    let run_some = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return;
            }
            let mut simulation = Simulation::new(seed, None);
            let result = simulation.run(300);
            assert_eq!(result, Ok(()), "seed {seed}");
            let found = [
                simulation.crashes,
                simulation.acknowledged.len(),
                simulation.refused.len(),
                simulation.redactions,
                simulation.marks,
                simulation.repeated.len(),
                simulation.expired,
            ];
            for (count, found) in counts.iter().zip(found) {
                count.fetch_add(found, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(run_some);
        }
    });
    let [
        crashes,
        acknowledged,
        refused,
        redactions,
        marks,
        repeated,
        expired,
    ] = counts.map(AtomicUsize::into_inner);
    // Otherwise the checks have checked nothing.
    assert!(crashes > 500, "{crashes} crashes");
    assert!(acknowledged > 10_000, "{acknowledged} lines");
    assert!(refused > 500, "{refused} refusals");
    assert!(redactions > 1_000, "{redactions} deletions");
    assert!(marks > 1_000, "{marks} markers");
    assert!(repeated > 5_000, "{repeated} repetitions");
    assert!(expired > 100, "{expired} expired");
}

/// A message is refused, the clock is set back, and the server is killed. Sent again, the message would
/// be stored with a time before that of its first attempt, and once more when its id is displaced.
#[test]
fn a_message_is_stored_once_when_the_clock_is_set_back_before_a_restart() {
    assert_eq!(Simulation::new(7_468, None).run(300), Ok(()));
}

#[test]
fn a_deliberate_fault_is_found() {
    for sabotage in [
        Sabotage::ReleaseBeforeCommit,
        Sabotage::DropHeldStep,
        Sabotage::ReadHistoryAtOnce,
        Sabotage::ReuseId,
        Sabotage::KeepRedacted,
        Sabotage::ForgetMarkers,
        Sabotage::ForgetOnces,
        Sabotage::KeepLostOnces,
    ] {
        let found = (0..200).find(|seed| Simulation::new(*seed, Some(sabotage)).run(300).is_err());
        println!("{sabotage:?}: seed {found:?}");
        assert!(found.is_some(), "{sabotage:?} was not found");
    }
}
