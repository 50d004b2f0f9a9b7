//! The worst round trip of two users on another address, while 250 connections of one address repeat
//! the costliest form of one command: the real server at its default limits, with 8,000 users in its
//! lobby.
//!
//! `cargo bench --bench abuse` takes ten minutes. With names it tries some of the commands only, and
//! with `CHATROOMD=FILE` another build of the server.

// A benchmark may stop at what it does not expect.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::env;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use memchr::memmem;
use mio::{Events, Interest, Poll, Token};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use support::Arguments;
use support::costly::{self, ALL, Costly, prepared_rooms};
use support::load::Load;
use support::report::Figure;
use support::server::pinned;

const PEOPLE: usize = 8_000;
/// How many of them have one address.
const OF_ONE_ADDRESS: usize = 200;
/// How many register at the same time.
const AT_A_TIME: usize = 200;
/// How long each attack lasts, and the rest before it, so that the attackers have their whole burst.
const ATTACK: Duration = Duration::from_secs(6);
const REST: Duration = Duration::from_secs(5);
/// The number of pairs: with the time between two whispers, none of them exceeds the rate limit.
const PAIRS: usize = 8;
const BETWEEN: Duration = Duration::from_millis(15);
/// After this time without an answer an attack has succeeded and ends.
const PATIENCE: Duration = Duration::from_secs(20);
/// The first argument of the process that is the clients.
const CLIENTS: &str = "--clients";

fn main() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    raised.expect("thousands of open files");
    let all: Vec<String> = env::args().collect();
    if let [_, first, address, people] = all.as_slice()
        && first == CLIENTS
    {
        return Clients::new(address.parse().unwrap()).obey(people.parse().unwrap());
    }
    let arguments = Arguments::read();
    let people = if arguments.quick { 1_000 } else { PEOPLE };
    let program = env::var("CHATROOMD").unwrap_or(env!("CARGO_BIN_EXE_chatroomd").to_owned());
    let (server, address) = start(&program);
    let load = Load::of(server.0.id());
    let entering = Instant::now();
    let mut puppets = Puppets::start(address, people);
    let mut pairs = Pairs::enter(address);
    println!(
        "{people} people came in {:.1} s, with {:.1} s of the server's CPU time\n",
        entering.elapsed().as_secs_f64(),
        load.cpu().as_secs_f64()
    );
    println!("the worst round trip of a pair elsewhere, and the server's CPU time in it\n");
    println!(
        "{:<28} {:>4} {:>9} {:>9} {:>9} {:>7}",
        "", "N", "worst ms", "p99 ms", "CPU ms", "CPU %"
    );
    for row in ALL.iter().filter(|row| arguments.wants(row.name)) {
        puppets.order(&format!("prepare {}", row.name));
        thread::sleep(REST);
        puppets.order("attack");
        let (start, cpu) = (Instant::now(), load.cpu());
        let mut trips = Vec::new();
        while start.elapsed() < ATTACK {
            let before = load.cpu();
            let time = pairs.whisper();
            trips.push((time, load.cpu() - before));
            if time >= PATIENCE {
                break;
            }
            thread::sleep(BETWEEN);
        }
        let share = (load.cpu() - cpu).as_secs_f64() / start.elapsed().as_secs_f64();
        puppets.order("leave");
        pairs.catch_up();
        until_idle(load);
        trips.sort();
        let (worst, computed) = trips[trips.len() - 1];
        let (p99, _) = trips[trips.len() * 99 / 100];
        println!(
            "{:<28} {:>4} {:>9} {:>9} {:>9} {:>7.0}",
            row.name,
            row.attackers,
            Figure(milliseconds(worst)),
            Figure(milliseconds(p99)),
            Figure(milliseconds(computed)),
            100.0 * share
        );
    }
}

/// Waits until the server is idle.
fn until_idle(load: Load) {
    let (step, start) = (Duration::from_millis(300), Instant::now());
    loop {
        let before = load.cpu();
        thread::sleep(step);
        if load.cpu() - before < step / 20 || start.elapsed() > 20 * step {
            return;
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A server that ends with the benchmark.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(program: &str) -> (Server, SocketAddr) {
    let mut server = pinned("0", program)
        .args(["--listen", "127.0.0.1:0", "--quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(server.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ");
    (Server(server), address.unwrap().parse().unwrap())
}

/// Connects from this address.
fn connect_from(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::V4(SocketAddrV4::new(from, 0))).unwrap();
    connect(&socket, &to).unwrap();
    TcpStream::from(socket)
}

/// The process with all other users. Its priority is lower, so that the pairs never wait for it.
struct Puppets {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Puppets {
    fn start(address: SocketAddr, people: usize) -> Self {
        let this_program = env::current_exe().unwrap();
        let mut process = Command::new("/usr/bin/nice");
        process.args(["-n", "5", "/usr/bin/taskset", "--cpu-list", "1"]);
        process
            .arg(this_program)
            .args([CLIENTS, &address.to_string(), &people.to_string()]);
        let mut process = process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut puppets = Self {
            process,
            orders,
            answers,
        };
        puppets.wait();
        puppets
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
        self.wait();
    }

    fn wait(&mut self) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n", "the clients has failed");
    }
}

impl Drop for Puppets {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// People on other addresses who whisper to each other, two and two.
struct Pairs {
    streams: Vec<TcpStream>,
    rest: Vec<Vec<u8>>,
    turn: usize,
}

impl Pairs {
    fn enter(address: SocketAddr) -> Self {
        let stream = |at: usize| {
            let mut stream = connect_from(Ipv4Addr::new(127, 0, 3, 1), address);
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let lines = format!("NICK w{at}\r\nUSER w 0 * :w\r\nPART #lobby\r\n");
            stream.write_all(lines.as_bytes()).unwrap();
            stream
        };
        let streams: Vec<TcpStream> = (0..2 * PAIRS).map(stream).collect();
        let rest = vec![Vec::new(); streams.len()];
        let mut pairs = Self {
            streams,
            rest,
            turn: 0,
        };
        for at in 0..2 * PAIRS {
            pairs.receive(at, b" PART #lobby");
        }
        pairs
    }

    /// There and back, of the next pair.
    fn whisper(&mut self) -> Duration {
        let (one, other) = (2 * self.turn, 2 * self.turn + 1);
        self.turn = (self.turn + 1) % PAIRS;
        let start = Instant::now();
        for (from, to) in [(one, other), (other, one)] {
            let line = format!("PRIVMSG w{to} :whisper\r\n");
            self.streams[from].write_all(line.as_bytes()).unwrap();
            if !self.receive(to, b":whisper\r\n") {
                break;
            }
        }
        start.elapsed()
    }

    /// Waits until no line is in transit.
    fn catch_up(&mut self) {
        for at in 0..self.streams.len() {
            self.streams[at].write_all(b"PING :caught up\r\n").unwrap();
            while !self.receive(at, b":caught up\r\n") {}
        }
    }

    /// Reads up to these words; false when they do not come in time.
    fn receive(&mut self, at: usize, part: &[u8]) -> bool {
        let rest = &mut self.rest[at];
        let mut buffer = [0; 64 * 1024];
        loop {
            if memmem::find(rest, b" PING :").is_some() {
                self.streams[at].write_all(b"PONG x\r\n").unwrap();
                rest.clear();
            }
            if memmem::find(rest, part).is_some() {
                rest.clear();
                return true;
            }
            match self.streams[at].read(&mut buffer) {
                Ok(0) => panic!("a user of a pair was disconnected"),
                Ok(count) => rest.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// One of the clients.
struct Connection {
    stream: mio::net::TcpStream,
    /// The bytes still to be written, and those repeated when they are out.
    unsent: Vec<u8>,
    repeated: Vec<u8>,
    at: usize,
    writable: bool,
    attacks: bool,
    /// How many lines with the awaited part have come; the end of the last part read.
    found: usize,
    tail: Vec<u8>,
}

struct Clients {
    address: SocketAddr,
    poll: Poll,
    events: Events,
    /// The first are connected from start to end; the attackers follow.
    connections: Vec<Option<Connection>>,
    people: usize,
    buffer: Vec<u8>,
    row: Option<&'static Costly>,
    attacks: u8,
}

impl Clients {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(1024),
            connections: Vec::new(),
            people: 0,
            buffer: vec![0; 256 * 1024],
            row: None,
            attacks: 0,
        }
    }

    /// Everybody enters; then orders are followed until there are no more.
    fn obey(mut self, people: usize) {
        self.enter(people, |at| {
            let address = Ipv4Addr::new(127, 0, 1, u8::try_from(at / OF_ONE_ADDRESS).unwrap());
            let lines =
                format!("NICK p{at:05}\r\nUSER idle 0 * :person number {at}\r\nNAMES #fence\r\n");
            (address, lines)
        });
        let rooms = prepared_rooms();
        let first = self.connections.len();
        self.enter(rooms.len(), |at| {
            let at = at - first;
            let lines = rooms[at].join("\r\n");
            let lines = format!(
                "NICK r{at:05}\r\nUSER r 0 * :r\r\nPART #lobby\r\n{lines}\r\nNAMES #fence\r\n"
            );
            (Ipv4Addr::new(127, 0, 4, 1), lines)
        });
        self.fence(first);
        self.people = self.connections.len();
        let orders = orders();
        println!("done");
        loop {
            match orders.try_recv() {
                Ok(order) => self.follow(&order),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
            self.turn(Duration::from_millis(2));
        }
    }

    fn follow(&mut self, order: &str) {
        if let Some(name) = order.strip_prefix("prepare ") {
            let row = ALL.iter().find(|row| row.name == name).unwrap();
            self.row = Some(row);
            self.attacks += 1;
            let address = Ipv4Addr::new(127, 0, 2, self.attacks);
            let people = self.people;
            self.enter(row.attackers, |at| {
                let at = at - people;
                let (nick, user, name) = (costly::nick(at, 0), "a".repeat(19), "a".repeat(120));
                (
                    address,
                    format!("NICK {nick}\r\nUSER {user} 0 * :{name}\r\nNAMES #fence\r\n"),
                )
            });
            for at in people..self.connections.len() {
                let lines = (row.prepare)(at - people);
                if !lines.is_empty() {
                    self.say(at, &format!("{}\r\n", lines.join("\r\n")));
                }
            }
            self.fence(people);
        } else if order == "attack" {
            let row = self.row.unwrap();
            for at in self.people..self.connections.len() {
                let lines = format!("{}\r\n", (row.lines)(at - self.people).join("\r\n"));
                let connection = self.connections[at].as_mut().unwrap();
                connection.repeated = lines.repeat(1 + 32 * 1024 / lines.len()).into_bytes();
                connection.attacks = true;
                connection.write();
            }
        } else {
            self.connections.truncate(self.people);
            let until = Instant::now() + Duration::from_secs(3);
            while Instant::now() < until {
                self.turn(Duration::from_millis(2));
            }
        }
        println!("done");
    }

    /// `count` more users enter, and get the names in the lobby.
    fn enter(&mut self, count: usize, who: impl Fn(usize) -> (Ipv4Addr, String)) {
        let first = self.connections.len();
        let (mut done, mut patience) = (0, Instant::now());
        while done < count {
            while self.connections.len() < first + count
                && self.connections.len() - first - done < AT_A_TIME
            {
                let (from, lines) = who(self.connections.len());
                self.connect(from, &lines);
            }
            self.turn(Duration::from_millis(100));
            let in_lobby = |connection: &&Option<Connection>| {
                connection.as_ref().is_some_and(|one| one.found > 0)
            };
            let now = self.connections[first..].iter().filter(in_lobby).count();
            if now > done {
                patience = Instant::now();
            }
            done = now;
            assert!(
                patience.elapsed() < Duration::from_secs(60),
                "{done} of {count} are in"
            );
        }
    }

    fn connect(&mut self, from: Ipv4Addr, lines: &str) {
        let stream = connect_from(from, self.address);
        stream.set_nonblocking(true).unwrap();
        let mut stream = mio::net::TcpStream::from_std(stream);
        let both = Interest::READABLE | Interest::WRITABLE;
        let token = Token(self.connections.len());
        self.poll
            .registry()
            .register(&mut stream, token, both)
            .unwrap();
        self.connections.push(Some(Connection {
            stream,
            unsent: lines.as_bytes().to_vec(),
            repeated: Vec::new(),
            at: 0,
            writable: false,
            attacks: false,
            found: 0,
            tail: Vec::new(),
        }));
    }

    fn say(&mut self, at: usize, lines: &str) {
        let connection = self.connections[at].as_mut().unwrap();
        connection.unsent.extend_from_slice(lines.as_bytes());
        connection.write();
    }

    /// Waits until all from `first` on have had an answer to what they said before.
    fn fence(&mut self, first: usize) {
        for at in first..self.connections.len() {
            self.connections[at].as_mut().unwrap().found = 0;
            self.say(at, "NAMES #fence\r\n");
        }
        let start = Instant::now();
        let is_behind =
            |connection: &Option<Connection>| connection.as_ref().is_some_and(|one| one.found == 0);
        while self.connections[first..].iter().any(is_behind) {
            self.turn(Duration::from_millis(100));
            assert!(
                start.elapsed() < Duration::from_secs(200),
                "they do not get ready"
            );
        }
    }

    fn turn(&mut self, patience: Duration) {
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            result => result.unwrap(),
        }
        for event in &self.events {
            let Some(Some(connection)) = self.connections.get_mut(event.token().0) else {
                continue;
            };
            if event.is_writable() {
                connection.writable = true;
                connection.write();
            }
            if event.is_readable() {
                connection.read(&mut self.buffer);
            }
        }
    }
}

impl Connection {
    fn write(&mut self) {
        while self.writable {
            let unsent = match self.unsent.get(self.at..) {
                Some(unsent) if !unsent.is_empty() => unsent,
                _ if self.repeated.is_empty() => return,
                _ => {
                    self.unsent.clone_from(&self.repeated);
                    self.at = 0;
                    continue;
                }
            };
            match self.stream.write(unsent) {
                Ok(count) => self.at += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) => {
                    assert!(self.attacks, "a user was disconnected: {error}");
                    return;
                }
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    assert!(self.attacks, "{}", String::from_utf8_lossy(&self.tail));
                    return;
                }
                Ok(count) => {
                    let bytes = &buffer[..count];
                    if memmem::find(bytes, b" PING :").is_some() && !self.attacks {
                        self.unsent.extend_from_slice(b"PONG x\r\n");
                        self.write();
                    }
                    if self.found == 0 {
                        self.tail.extend_from_slice(bytes);
                        self.found += memmem::find_iter(&self.tail, b" #fence :").count();
                        let kept = self.tail.len().saturating_sub(200);
                        self.tail.drain(..kept);
                    }
                    if count < buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    assert!(self.attacks, "a user was disconnected: {error}");
                    return;
                }
            }
        }
    }
}

/// The orders of the other process, a line each.
fn orders() -> Receiver<String> {
    let (sender, orders) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    orders
}
