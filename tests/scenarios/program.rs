//! Runs scenarios against the real program: one server per scenario, and sockets.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::Shutdown;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::script::Scenario;
use crate::{Backend, common};

/// The real program.
pub(crate) struct Program {
    server: common::Server,
    people: BTreeMap<String, OnSocket>,
    _config: tempfile::NamedTempFile,
    _store: tempfile::TempDir,
}

struct OnSocket {
    client: common::Client,
    came: VecDeque<String>,
    open: bool,
}

impl Program {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let (mut top, mut operators, mut limits) = (String::new(), String::new(), String::new());
        let (mut accounts, mut invitations) = (Vec::new(), Vec::new());
        let mut registration = String::new();
        let (mut lobby, mut enabled, mut motd) = ("false".to_owned(), false, Vec::new());
        for (name, value) in &scenario.settings {
            match name.as_str() {
                "lobby" => lobby = format!("{value:?}"),
                "motd" => motd.push(value.as_str()),
                "limits" => enabled = true,
                "accounts" => {
                    registration = format!("[accounts]\nregistration = {value:?}\n");
                }
                "invitation" => invitations.push(value.split_once(' ').unwrap()),
                "account" => accounts.push(value.split_once(' ').unwrap()),
                "operator-may" => {
                    let words: Vec<&str> = value.split(' ').collect();
                    let [name, password, right] = words[..] else {
                        panic!("{value}");
                    };
                    let lines = format!("password = {password:?}\nmay = [{right:?}]");
                    writeln!(operators, "[[operator]]\nname = {name:?}\n{lines}").unwrap();
                }
                "gateway" => {
                    let (gateway, password) = value.split_once(' ').unwrap();
                    let hash = hash_of(password);
                    let lines = format!("from = [\"127.0.0.0/8\"]\npassword-hash = {hash:?}");
                    writeln!(operators, "[[gateway]]\nname = {gateway:?}\n{lines}").unwrap();
                }
                "operator-account" => {
                    let (name, account) = value.split_once(' ').unwrap();
                    writeln!(
                        operators,
                        "[[operator]]\nname = {name:?}\naccount = {account:?}"
                    )
                    .unwrap();
                }
                "operator" | "operator-with-hash" => {
                    let (operator, password) = value.split_once(' ').unwrap();
                    let credential = match name.as_str() {
                        "operator" => format!("password = {password:?}"),
                        _ => format!("password-hash = {:?}", hash_of(password)),
                    };
                    writeln!(operators, "[[operator]]\nname = {operator:?}\n{credential}").unwrap();
                }
                "password" => writeln!(top, "password = {value:?}").unwrap(),
                limit => writeln!(limits, "{limit} = {value}").unwrap(),
            }
        }
        if !motd.is_empty() {
            writeln!(top, "motd = {:?}", motd.join("\n")).unwrap();
        }
        let text = format!(
            "{top}lobby = {lobby}\n{operators}{registration}[limits]\nenabled = {enabled}\n{limits}"
        );
        let config = tempfile::NamedTempFile::new().unwrap();
        fs::write(config.path(), text).unwrap();
        let config_path = config.path().to_str().unwrap();
        let store = tempfile::tempdir().unwrap();
        let folder = store.path().to_str().unwrap();
        let mut options = vec!["--config", config_path, "--name", "server.test"];
        if !(accounts.is_empty() && registration.is_empty()) {
            options.extend(["--store", folder]);
        }
        let server = common::Server::start(&options);
        for (name, password) in accounts {
            common::accounts::add(store.path(), name, password);
        }
        for (name, code) in invitations {
            common::accounts::invite(store.path(), name, code);
        }
        Self {
            server,
            people: BTreeMap::new(),
            _config: config,
            _store: store,
        }
    }

    /// Reads all that the server has sent to a client so far.
    fn catch_up(&mut self, who: &str) {
        let person = self.people.get_mut(who).unwrap();
        if !person.open {
            return;
        }
        person.client.send_quietly("PING :caught up");
        loop {
            match person.client.read_line() {
                Ok(Some(line)) if line.ends_with(":caught up") => return,
                Ok(Some(line)) => person.came.push_back(line),
                Ok(None) => break,
                Err(error) => panic!("{who}: {error}"),
            }
        }
        person.open = false;
    }
}

/// The output of `chatroomd hash-password` for a password.
fn hash_of(password: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = command.stdin.take().unwrap();
    stdin.write_all(password.as_bytes()).unwrap();
    drop(stdin);
    let output = command.wait_with_output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

impl Backend for Program {
    fn connect(&mut self, who: &str) {
        let person = OnSocket {
            client: self.server.connect(),
            came: VecDeque::new(),
            open: true,
        };
        self.people.insert(who.to_owned(), person);
        // So that the server accepts the connections in this order.
        self.catch_up(who);
    }

    /// The fence after the bytes makes certain that the server has handled them before the next
    /// step.
    fn send(&mut self, who: &str, bytes: &[u8]) {
        let person = self.people.get_mut(who).unwrap();
        if person.open {
            person.client.send_bytes(bytes);
        }
        if bytes.ends_with(b"\n") {
            self.catch_up(who);
        }
    }

    fn lines(&mut self, who: &str) -> &mut VecDeque<String> {
        self.catch_up(who);
        &mut self.people.get_mut(who).unwrap().came
    }

    fn is_closed(&mut self, who: &str) -> bool {
        self.catch_up(who);
        !self.people[who].open
    }

    fn leave(&mut self, who: &str) {
        let person = self.people.get_mut(who).unwrap();
        person.client.stream().shutdown(Shutdown::Write).unwrap();
        person.open = false;
        // The server closes its side when it has handled all input.
        let rest = person.client.rest();
        person.came.extend(rest);
    }

    fn pass(&mut self, _: Duration) {
        unreachable!("time cannot be moved on a socket");
    }

    fn clients(&self) -> Vec<String> {
        self.people.keys().cloned().collect()
    }
}
