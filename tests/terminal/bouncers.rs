//! A bouncer with several networks: each is a network of the client, at one prompt. The bouncer is a
//! script that speaks soju.im/bouncer-networks.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

use chatting_room::wire::sasl::{parts, plain_message};

use super::people::{PATIENCE, host_on};
use super::screen::{Start, Terminal};

const CAPABILITIES: &str = "sasl=PLAIN batch message-tags server-time soju.im/bouncer-networks \
                            soju.im/bouncer-networks-notify";

/// A bouncer. A network is bound by its id, and its only room has its name.
#[derive(Clone)]
struct Bouncer {
    address: SocketAddr,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

#[derive(Default)]
struct Shared {
    capabilities: String,
    /// The ids of the networks, with their attributes.
    networks: Vec<(String, String)>,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    /// The id of the network that it is bound to.
    bound: Option<String>,
    lines: Vec<String>,
}

impl Bouncer {
    fn start(capabilities: &str, networks: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let networks = networks.iter().copied();
        let networks = networks.map(|(id, attributes)| (id.to_owned(), attributes.to_owned()));
        let shared = Shared {
            capabilities: capabilities.to_owned(),
            networks: networks.collect(),
            ..Shared::default()
        };
        let bouncer = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::new((Mutex::new(shared), Condvar::new())),
        };
        let of_thread = bouncer.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, bouncer) = (stream.unwrap(), of_thread.clone());
                thread::spawn(move || bouncer.serve(stream));
            }
        });
        bouncer
    }

    fn state(&self) -> MutexGuard<'_, Shared> {
        self.shared.0.lock().unwrap()
    }

    fn serve(&self, stream: TcpStream) {
        let at = {
            let mut state = self.state();
            state.connections.push(Connection {
                stream: stream.try_clone().unwrap(),
                bound: None,
                lines: Vec::new(),
            });
            state.connections.len() - 1
        };
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            let mut state = self.state();
            let answer = state.answer(at, &line);
            let connection = &mut state.connections[at];
            connection.lines.push(line);
            // The client may have gone.
            let _ = connection.stream.write_all(answer.as_bytes());
            drop(state);
            self.shared.1.notify_all();
        }
    }

    /// Sends a line on the last connection to this network, or to the bouncer itself.
    fn sends(&self, bound: Option<&str>, line: &str) {
        let mut state = self.state();
        let mut connections = state.connections.iter_mut().rev();
        let connection = connections.find(|one| one.bound.as_deref() == bound);
        let stream = &mut connection.unwrap().stream;
        stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    /// Waits for a line on any connection to this network, or to the bouncer itself.
    fn hears(&self, bound: Option<&str>, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            let of_network = state.connections.iter();
            let of_network = of_network.filter(|one| one.bound.as_deref() == bound);
            let mut lines = of_network.flat_map(|one| &one.lines);
            if lines.any(|line| line.contains(wanted)) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {wanted} to {bound:?}");
            state = self.shared.1.wait_timeout(state, left).unwrap().0;
        }
    }

    /// How many connections were made to this network.
    fn connections_to(&self, bound: &str) -> usize {
        let state = self.state();
        let connections = state.connections.iter();
        let of_network = connections.filter(|one| one.bound.as_deref() == Some(bound));
        of_network.count()
    }

    /// Closes all connections.
    fn drops_all(&self) {
        for connection in &self.state().connections {
            let _ = connection.stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Shared {
    fn answer(&mut self, at: usize, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let capabilities = &self.capabilities;
        match *words.as_slice() {
            ["CAP", "LS", ..] => format!(":b CAP * LS :{capabilities}\r\n"),
            ["CAP", "REQ", ..] => {
                let (_, wanted) = line.split_once("REQ ").unwrap();
                format!(":b CAP * ACK {wanted}\r\n")
            }
            ["CAP", "LIST"] => ":b CAP * LIST :\r\n".to_owned(),
            ["AUTHENTICATE", "PLAIN"] => "AUTHENTICATE +\r\n".to_owned(),
            ["AUTHENTICATE", _] => ":b 903 alice :Welcome\r\n".to_owned(),
            ["BOUNCER", "BIND", id] => {
                if self.networks.iter().all(|(known, _)| known != id) {
                    return format!("FAIL BOUNCER INVALID_NETID BIND {id} :Network not found\r\n");
                }
                self.connections[at].bound = Some(id.to_owned());
                String::new()
            }
            ["BOUNCER", "LISTNETWORKS"] => self.list(),
            ["CAP", "END"] => self.welcome(at),
            ["PING", token] => format!(":b PONG b {token}\r\n"),
            ["QUIT", ..] => {
                let _ = self.connections[at]
                    .stream
                    .shutdown(std::net::Shutdown::Write);
                String::new()
            }
            _ => String::new(),
        }
    }

    fn welcome(&self, at: usize) -> String {
        let bound = self.connections[at].bound.as_deref();
        let token = bound.map_or("BOUNCER_NETID=".to_owned(), |id| {
            format!("BOUNCER_NETID={id}")
        });
        let mut text = format!(
            ":b 001 alice :Welcome\r\n:b 005 alice {token} :are supported\r\n:b 422 alice :None\r\n"
        );
        match bound {
            Some(id) => text.push_str(&format!(
                ":alice!a@h JOIN #on-{id}\r\n:b 353 alice = #on-{id} :alice bob\r\n\
                 :b 366 alice #on-{id} :End\r\n"
            )),
            None if self.capabilities.contains("-notify") => text.push_str(&self.list()),
            None => {}
        }
        text
    }

    fn list(&self) -> String {
        let mut text = "BATCH +l soju.im/bouncer-networks\r\n".to_owned();
        for (id, attributes) in &self.networks {
            text.push_str(&format!("@batch=l BOUNCER NETWORK {id} {attributes}\r\n"));
        }
        text + "BATCH -l\r\n"
    }
}

/// A configuration with an account at a bouncer, and these lines more.
fn configuration(bouncer: &Bouncer, more: &str) -> &'static str {
    let text = format!(
        "nick = \"alice\"\nlog = true\nserver = \"soju\"\n[servers.soju]\naddress = \"{}\"\n\
         account = \"ann\"\naccount-password-command = \"echo secret\"\n{more}",
        bouncer.address
    );
    text.leak()
}

fn start(configuration: &'static str) -> Terminal {
    Start::with(&[])
        .configured(configuration)
        .sized(40, 120)
        .start()
}

const TWO: [(&str, &str); 2] = [
    ("1", "name=libera;state=connected;nickname=alice"),
    ("2", "name=My\\sHome;state=disconnected;error=no\\sroute"),
];

#[test]
fn each_network_of_a_bouncer_is_a_network_of_the_client() {
    let bouncer = Bouncer::start(CAPABILITIES, &TWO);
    let mut alice = start(configuration(&bouncer, ""));
    alice.shows("libera: You are alice in #on-1, with bob.");
    alice.shows("My-Home: The bouncer is not connected to this network: no route.");
    alice.shows("My-Home: You are alice in #on-2, with bob.");
    // The account is that of the bouncer, and each network has a connection of its own.
    for id in ["1", "2"] {
        let login = parts(&plain_message("ann", "secret"));
        bouncer.hears(Some(id), &format!("AUTHENTICATE {}", login[0]));
        assert_eq!(bouncer.connections_to(id), 1);
    }
    // The first one that was ready is the active one.
    alice.types("/room libera/#on-1\r");
    alice.prompts("[libera/#on-1]");
    alice.types("/msg My-Home/#on-2 over there\r");
    bouncer.hears(Some("2"), "PRIVMSG #on-2 :over there");
    bouncer.sends(Some("2"), ":bob!b@h PRIVMSG #on-2 :alice: hello");
    alice.shows("My-Home/#on-2 <bob> alice: hello");
    alice.types("/networks\r");
    alice.shows("the bouncer is not connected: no route");
    // Its state follows.
    bouncer.sends(None, "BOUNCER NETWORK 2 state=connected;error=");
    alice.shows("My-Home: The bouncer is connected to this network.");
    bouncer.sends(
        None,
        "BOUNCER NETWORK 1 state=disconnected;error=reset\\sby\\speer",
    );
    alice.shows("libera: The bouncer lost its connection to this network: reset by peer.");
    alice.types("/quit\r");
    alice.ends_with(0);
    // The log of each has its name.
    let log = |name: &str| -> String {
        let mut days = fs::read_dir(alice.home().join("chatroom/log").join(name)).unwrap();
        fs::read_to_string(days.next().unwrap().unwrap().path()).unwrap()
    };
    assert!(log("My-Home").contains("alice: hello"));
    assert!(log("My-Home").contains("\"network\":\"My-Home\""));
    assert!(!log("libera").contains("alice: hello"));
}

#[test]
fn networks_that_a_bouncer_adds_and_removes_come_and_go() {
    let bouncer = Bouncer::start(CAPABILITIES, &TWO[..1]);
    let mut alice = start(configuration(&bouncer, ""));
    alice.prompts("[libera/#on-1]");
    bouncer
        .state()
        .networks
        .push(("3".to_owned(), "name=oftc".to_owned()));
    bouncer.sends(None, "BOUNCER NETWORK 3 name=oftc;state=connecting");
    alice.shows("oftc: You are alice in #on-3, with bob.");
    // Text being typed for a network that is removed goes nowhere else.
    alice.types("half");
    bouncer.state().networks.remove(0);
    bouncer.sends(None, "BOUNCER NETWORK 1 *");
    alice.shows("libera: The bouncer does not have this network any more.");
    alice.shows("[libera gone] half");
    alice.types("\r");
    alice.shows("libera is gone: the bouncer does not have it any more.");
    // One that the user leaves stays left until it is asked for again.
    alice.types("/room oftc/#on-3\r");
    alice.prompts("[oftc/#on-3]");
    alice.types("/disconnect\r");
    alice.prompts(">");
    bouncer.sends(None, "BOUNCER NETWORK 3 state=connected");
    alice.types("/connect OFTC\r");
    alice.prompts("[oftc/#on-3]");
    assert_eq!(bouncer.connections_to("3"), 2);
    // Without the bouncer there is nothing left.
    alice.types("/disconnect soju\r");
    alice.shows("/quit leaves");
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn after_a_loss_the_networks_come_back_and_those_removed_meanwhile_do_not() {
    let bouncer = Bouncer::start(CAPABILITIES, &[TWO[0], ("3", "name=oftc;state=connected")]);
    let mut alice = start(configuration(&bouncer, ""));
    alice.shows("libera: You are alice in #on-1, with bob.");
    alice.shows("oftc: You are alice in #on-3, with bob.");
    // A server that is lost before all of the welcome is here has never been there.
    for id in ["1", "3"] {
        bouncer.hears(Some(id), "PING ");
        bouncer.sends(Some(id), &format!(":dave!d@h JOIN #on-{id}"));
    }
    alice.waits_until("both joins", |shown| {
        let is_join = |line: &&String| line.ends_with("dave joined");
        shown.lines().iter().filter(is_join).count() == 2
    });
    bouncer.state().networks.remove(1);
    bouncer.drops_all();
    alice.shows("soju: Connected again.");
    alice.shows("libera: Connected again.");
    alice.shows("oftc: The bouncer does not have this network any more.");
    alice.types("/networks\r");
    alice.shows("2 libera");
    alice.types("/quit\r");
    alice.ends_with(0);
    assert_eq!(bouncer.connections_to("1"), 2);
}

#[test]
fn a_name_that_the_configuration_has_gets_that_of_the_bouncer_before_it() {
    let bouncer = Bouncer::start(CAPABILITIES, &[TWO[0], ("4", "name=Libera")]);
    let home = host_on(0);
    let more = format!("[servers.libera]\naddress = \"{}\"\n", home.address());
    let mut alice = start(configuration(&bouncer, &more));
    alice.shows("soju-libera: You are alice in #on-1, with bob.");
    alice.shows("soju-Libera-4: You are alice in #on-4, with bob.");
    alice.types("/connect libera\r");
    alice.shows("libera: You are alice in #lobby");
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn a_bouncer_that_does_not_notify_is_asked_and_one_without_the_extension_is_not() {
    let asked = Bouncer::start("sasl=PLAIN batch soju.im/bouncer-networks", &TWO[..1]);
    let mut alice = start(configuration(&asked, ""));
    alice.shows("libera: You are alice in #on-1, with bob.");
    asked.hears(None, "BOUNCER LISTNETWORKS");
    alice.types("/quit\r");
    alice.ends_with(0);
    let other = Bouncer::start("sasl=PLAIN batch", &TWO);
    let mut alice = start(configuration(&other, ""));
    alice.shows("You are alice");
    other.sends(None, "BOUNCER NETWORK 1 name=libera;state=connected");
    other.sends(None, ":bob!b@h PRIVMSG alice :psst");
    alice.shows("*bob* whispers: psst");
    alice.types("/networks\r");
    alice.shows("1 soju");
    assert!(!alice.look(|shown| shown.has("libera")));
    alice.types("/quit\r");
    alice.ends_with(0);
    assert_eq!(other.state().connections.len(), 1);
}

#[test]
fn a_connection_that_is_not_bound_enters_no_other_network() {
    let bouncer = Bouncer::start(CAPABILITIES, &TWO[..1]);
    let mut alice = start(configuration(&bouncer, ""));
    alice.prompts("[libera/#on-1]");
    bouncer.sends(None, "BOUNCER NETWORK 7 name=lie");
    alice.shows(
        "lie: The bouncer does not connect to this network: Network not found. /reconnect tries again.",
    );
    alice.types("/quit\r");
    alice.ends_with(0);
    assert_eq!(bouncer.connections_to("7"), 0);
}
