//! Runs scenarios against the hub alone: no socket, and a simulated clock.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chatting_room::server::hub::account::{Account, SecretKey, StoredAccounts};
use chatting_room::server::hub::task::{Answer, Task};
use chatting_room::server::hub::{
    self, ConnectionId, Credential, DisconnectReason, Gateway, Hub, HubTime, IpNetwork, Limit,
    Operator, OperatorRight, OperatorRights, Outbox, Registration,
};
use chatting_room::wire::sasl::scram_server::StoredPassword;
use chatting_room::wire::{Lines, Nick, RoomName};

use crate::Backend;
use crate::script::Scenario;

/// The hub alone, with a simulated clock.
pub(crate) struct Memory {
    hub: Hub,
    outbox: Outbox,
    now: HubTime,
    people: BTreeMap<String, InMemory>,
}

struct InMemory {
    id: ConnectionId,
    lines: Lines,
    came: VecDeque<String>,
    open: bool,
}

impl Memory {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut settings = hub::HubSettings {
            lobby: None,
            name: "server.test".to_owned(),
            ..Default::default()
        };
        settings.limits.enabled = false;
        for (name, value) in &scenario.settings {
            match name.as_str() {
                "lobby" => settings.lobby = Some(RoomName::parse(value).unwrap()),
                "password" => settings.password = Some(value.clone()),
                "motd" => settings.motd.push(value.clone()),
                "account" | "invitation" => {}
                "accounts" => settings.registration = registration(value),
                "limits" => settings.limits.enabled = true,
                "operator-may" => {
                    let words: Vec<&str> = value.split(' ').collect();
                    let mut all = OperatorRight::ALL.iter();
                    let right = all.find(|right| right.word() == words[2]).unwrap();
                    settings.operators.push(Operator {
                        name: words[0].to_owned(),
                        credential: Credential::Plain(words[1].to_owned()),
                        may: OperatorRights::NONE.with(*right),
                    });
                }
                "gateway" => {
                    let (gateway, password) = value.split_once(' ').unwrap();
                    settings.gateways.push(Gateway {
                        name: gateway.to_owned(),
                        from: vec![IpNetwork::parse("127.0.0.0/8").unwrap()],
                        password_hash: hash_of(password),
                    });
                }
                "operator-account" => {
                    let (operator, account) = value.split_once(' ').unwrap();
                    settings.operators.push(Operator {
                        name: operator.to_owned(),
                        credential: Credential::Account(Nick::parse(account).unwrap()),
                        may: OperatorRights::ALL,
                    });
                }
                "operator" | "operator-with-hash" => {
                    let (operator, password) = value.split_once(' ').unwrap();
                    settings.operators.push(Operator {
                        name: operator.to_owned(),
                        credential: match name.as_str() {
                            "operator" => Credential::Plain(password.to_owned()),
                            _ => Credential::Hash(hash_of(password)),
                        },
                        may: OperatorRights::ALL,
                    });
                }
                name => {
                    let limit = Limit::ALL.iter().find(|limit| limit.key == name);
                    let limit = limit.unwrap_or_else(|| panic!("{}: {name}", scenario.name));
                    *(limit.field)(&mut settings.limits) = value.parse().unwrap();
                }
            }
        }
        let with_accounts = scenario.settings.iter();
        let accounts: Vec<Account> = with_accounts
            .filter(|(name, _)| name == "account")
            .map(|(_, value)| {
                let (name, password) = value.split_once(' ').unwrap();
                Account {
                    name: Nick::parse(name).unwrap(),
                    password: StoredPassword::derive(password, b"salt", 4_096),
                    created: 1_000_000_000,
                    certificates: Vec::new(),
                    nicks: Vec::new(),
                }
            })
            .collect();
        let now = HubTime {
            running: Duration::ZERO,
            unix: Duration::from_secs(1_000_000_000),
        };
        let mut hub = Hub::new(settings, now);
        hub.cloak_with(SecretKey([7; 32]));
        let mut settings = scenario.settings.iter();
        let mut invitations = Vec::new();
        for (name, value) in &scenario.settings {
            if name == "invitation" {
                let (name, code) = value.split_once(' ').unwrap();
                invitations.push((Nick::parse(name).unwrap(), code.to_owned()));
            }
        }
        if settings.any(|(name, _)| name.starts_with("account")) {
            hub.accounts_in(StoredAccounts {
                accounts,
                invitations,
                ..StoredAccounts::default()
            });
        }
        Self {
            hub,
            outbox: Outbox::default(),
            now,
            people: BTreeMap::new(),
        }
    }

    fn deliver(&mut self) {
        for (to, bytes) in self.outbox.sends() {
            let person = self.people.values_mut().find(|one| one.id == to).unwrap();
            let line = str::from_utf8(bytes).unwrap().strip_suffix("\r\n").unwrap();
            let body = match line.strip_prefix('@') {
                Some(tagged) => tagged.split_once(' ').unwrap().1,
                None => line,
            };
            assert!(body.len() <= 510, "too long: {line}");
            person.came.push_back(line.to_owned());
        }
        for id in self.outbox.closes.drain(..) {
            let person = self.people.values_mut().find(|one| one.id == id);
            person.unwrap().open = false;
        }
        let tasks = mem::take(&mut self.outbox.tasks);
        self.outbox.clear();
        self.hub.check().unwrap();
        for task in tasks {
            let answer = carry_out(task);
            self.hub.answered(answer, self.now, &mut self.outbox);
            self.deliver();
        }
    }
}

fn registration(word: &str) -> Registration {
    match word {
        "open" => Registration::Open,
        "code" => Registration::Code,
        "command" => Registration::Command(vec!["true".to_owned()]),
        word => panic!("accounts {word}"),
    }
}

/// The stand-in for a hash.
fn hash_of(password: &str) -> String {
    format!("the hash of {password}")
}

fn carry_out(task: Task) -> Answer {
    match task {
        Task::CheckPassword {
            connection,
            password,
            hash,
        } => Answer::PasswordChecked {
            connection,
            is_correct: hash == hash_of(&password),
        },
        Task::CheckLogin {
            connection,
            password,
            stored,
            ..
        } => Answer::LoginChecked {
            connection,
            is_correct: stored.is_password(&password.0),
        },
        Task::DerivePassword {
            connection,
            password,
            salt,
            ..
        } => Answer::PasswordDerived {
            connection,
            password: StoredPassword::derive(&password.0, salt.as_bytes(), 4_096),
        },
        Task::SendCode { connection, .. } => Answer::CodeSent {
            connection,
            is_sent: true,
        },
        Task::ChangeStore { connection, .. } => Answer::StoreChanged {
            connection,
            is_stored: true,
        },
        Task::ReadHistory(_) | Task::ReportStatus { .. } => {
            panic!("the hub of a scenario has no stored messages")
        }
    }
}

impl Backend for Memory {
    fn connect(&mut self, who: &str) {
        let number = u32::try_from(self.people.len()).unwrap();
        let id = ConnectionId::new(number, number);
        let person = InMemory {
            id,
            lines: Lines::new(4606),
            came: VecDeque::new(),
            open: true,
        };
        assert!(
            self.people.insert(who.to_owned(), person).is_none(),
            "{who} twice"
        );
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        self.hub.connected(id, address, self.now, &mut self.outbox);
        self.deliver();
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        let mut fresh = bytes;
        loop {
            let person = self.people.get_mut(who).unwrap();
            let Some(line) = person.lines.next_line(&mut fresh) else {
                return;
            };
            self.hub
                .received(person.id, line, self.now, &mut self.outbox);
            self.deliver();
        }
    }

    fn lines(&mut self, who: &str) -> &mut VecDeque<String> {
        &mut self.people.get_mut(who).unwrap().came
    }

    fn is_closed(&mut self, who: &str) -> bool {
        !self.people[who].open
    }

    fn leave(&mut self, who: &str) {
        let person = self.people.get_mut(who).unwrap();
        person.open = false;
        self.hub.disconnected(
            person.id,
            DisconnectReason::Closed,
            self.now,
            &mut self.outbox,
        );
        self.deliver();
    }

    /// Like the reactor: asks the hub for its next deadline, and calls `tick` then.
    fn pass(&mut self, time: Duration) {
        let until = self.now.running + time;
        while let Some(at) = self.hub.next_deadline().filter(|at| *at <= until) {
            self.move_to(at);
            self.hub.tick(self.now, &mut self.outbox);
            self.deliver();
        }
        self.move_to(until);
    }

    fn clients(&self) -> Vec<String> {
        self.people.keys().cloned().collect()
    }
}

impl Memory {
    fn move_to(&mut self, running: Duration) {
        self.now.unix += running - self.now.running;
        self.now.running = running;
    }
}
