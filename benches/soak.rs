//! The real server for a long time: 2,000 users who talk, connect and disconnect, beside clients
//! that never read, that flood, that send invalid lines, and whose connections break. Memory and
//! open files must be the same at the end as after all had connected.
//!
//! `cargo bench --bench soak -- 1200` takes 20 minutes; without a number of seconds it is a short
//! run.

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use support::load::Load;
use support::report::Times;

const SECONDS: u64 = 30;
const PEOPLE: usize = 2_000;
const DEAF: usize = 20;
const FLOODERS: usize = 20;
const NOISY: usize = 10;
/// The maximum of connections in registration at once.
const AT_A_TIME: usize = 100;
/// The interval of the whispers, and of the counts of open files at the end.
const TICK: Duration = Duration::from_millis(100);
/// The duration of the load before the first measurement of memory.
const WARM_UP: Duration = Duration::from_secs(20);
/// All clients come from one address, whose limits are raised for this.
const CONFIG: &str =
    "[limits]\nconnections-per-address = 1000000\nconnections-per-minute = 1000000\n";

/// The behavior of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Reads, and sends a message now and then.
    Person,
    /// Never reads.
    NeverReads,
    /// Sends as much as the server accepts.
    Flooder,
    /// Sends lines that are not IRC.
    Noisy,
}

struct Connection {
    kind: Kind,
    stream: TcpStream,
    greeted: bool,
    ended: bool,
}

struct Clients {
    address: SocketAddr,
    poll: Poll,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    came: u64,
    said: u64,
    random: fastrand::Rng,
}

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(SECONDS));
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    raised.expect("thousands of open files");
    let config = tempfile::NamedTempFile::new().unwrap();
    fs::write(config.path(), CONFIG).unwrap();
    let (mut server, address) = start(config.path().to_str().unwrap());
    let files = || open_files(server.id());
    let load = Load::of(server.id());
    let files_before = files();

    let mut clients = Clients::new(address);
    clients.enter();
    println!("{PEOPLE} people are in, with {} MB", megabytes(load));
    let over = Arc::new(AtomicBool::new(false));
    let healthy = thread::spawn({
        let over = Arc::clone(&over);
        move || whispers(address, &over)
    });
    clients.live(Instant::now() + WARM_UP);
    let before = load.resident_bytes();
    let (start, mut minute) = (Instant::now(), 0);
    while start.elapsed() < time {
        clients.live(Instant::now() + Duration::from_secs(60).min(time));
        minute += 1;
        println!("minute {minute}: {} MB, {} files", megabytes(load), files());
    }
    let after = load.resident_bytes();
    over.store(true, Ordering::Relaxed);
    let times = healthy.join().unwrap();
    println!("{} came, {} lines were said", clients.came, clients.said);
    println!("{} whispers between two healthy people", times.count());
    for (name, value) in times.percentiles("whisper ") {
        println!("  {name}: {value:.0}");
    }
    let change = (after / before - 1.0) * 100.0;
    println!(
        "memory: {:.1} MB before, {:.1} MB after, {change:+.1} %",
        before / 1e6,
        after / 1e6
    );
    drop(clients);
    let deadline = Instant::now() + Duration::from_secs(30);
    while files() != files_before && Instant::now() < deadline {
        thread::sleep(TICK);
    }
    println!("open files: {files_before} before, {} after", files());
    server.kill().unwrap();
    server.wait().unwrap();
}

fn start(config: &str) -> (Child, SocketAddr) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--listen", "127.0.0.1:0", "--quiet", "--config", config])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(server.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ");
    (server, address.unwrap().parse().unwrap())
}

fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

fn megabytes(load: Load) -> String {
    format!("{:.1}", load.resident_bytes() / 1e6)
}

impl Clients {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            poll: Poll::new().unwrap(),
            connections: Vec::new(),
            buffer: vec![0; 256 * 1024],
            came: 0,
            said: 0,
            random: fastrand::Rng::with_seed(7),
        }
    }

    /// Connects all clients.
    fn enter(&mut self) {
        let kinds = [
            (Kind::Person, PEOPLE),
            (Kind::NeverReads, DEAF),
            (Kind::Flooder, FLOODERS),
            (Kind::Noisy, NOISY),
        ];
        let all = kinds.map(|(kind, count)| vec![kind; count]).concat();
        for some in all.chunks(AT_A_TIME) {
            let from = self.connections.len();
            for kind in some {
                let connection = self.connect(*kind, self.connections.len());
                self.connections.push(connection);
            }
            let is_in = |one: &Connection| one.kind != Kind::Person || one.greeted;
            while !self.connections[from..].iter().all(is_in) {
                self.listen(TICK);
            }
        }
    }

    fn connect(&mut self, kind: Kind, place: usize) -> Connection {
        self.came += 1;
        let mut stream = TcpStream::connect(self.address).unwrap();
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        registry.register(&mut stream, Token(place), both).unwrap();
        Connection {
            kind,
            stream,
            greeted: false,
            ended: false,
        }
    }

    /// Runs the load until the deadline.
    fn live(&mut self, until: Instant) {
        let mut next = Instant::now();
        let mut tick = 0_u64;
        while Instant::now() < until {
            self.listen(next.saturating_duration_since(Instant::now()));
            if Instant::now() < next {
                continue;
            }
            next = Instant::now() + TICK;
            tick += 1;
            let speaker = self.random.usize(..PEOPLE);
            let text = format!("PRIVMSG #lobby :{tick} is what one user says\r\n");
            self.said += u64::from(
                self.connections[speaker]
                    .stream
                    .write(text.as_bytes())
                    .is_ok(),
            );
            if tick.is_multiple_of(2) {
                let leaver = self.random.usize(..PEOPLE);
                self.leave(leaver);
            }
            for place in PEOPLE..self.connections.len() {
                self.misbehave(place, tick);
            }
        }
    }

    /// A client leaves in one of the possible ways, and another connects in its place.
    fn leave(&mut self, place: usize) {
        let connection = &mut self.connections[place];
        match self.random.u8(..3) {
            0 => drop(connection.stream.write(b"QUIT :see you\r\n")),
            // Closing with unread data makes the system send a reset.
            1 => drop(connection.stream.write(b"PING unread\r\n")),
            _ => {}
        }
        let kind = connection.kind;
        self.connections[place] = self.connect(kind, place);
    }

    fn misbehave(&mut self, place: usize, tick: u64) {
        let seed = self.random.u64(..);
        let connection = &mut self.connections[place];
        match connection.kind {
            Kind::Flooder => {
                let lines = "PRIVMSG #nowhere :as fast as it goes\r\n".repeat(100);
                let written = connection.stream.write(lines.as_bytes());
                self.said += written.map_or(0, |count| count as u64 / 40);
            }
            Kind::Noisy => {
                let noise: Vec<u8> = seed.to_le_bytes().repeat(20);
                // It ignores all replies.
                let _ = connection.stream.write(&noise);
            }
            Kind::NeverReads | Kind::Person => {}
        }
        let is_time = connection.kind == Kind::NeverReads && tick.is_multiple_of(600);
        if connection.ended || is_time {
            self.leave(place);
        }
    }

    /// Reads for at most this time.
    fn listen(&mut self, time: Duration) {
        let mut events = Events::with_capacity(4096);
        self.poll.poll(&mut events, Some(time)).unwrap();
        for event in &events {
            let place = event.token().0;
            let Some(connection) = self.connections.get_mut(place) else {
                continue;
            };
            if event.is_writable() && !connection.greeted {
                connection.greeted = true;
                let greeting = format!("NICK p{place}\r\nUSER soak 0 * :soak\r\n");
                connection.ended |= connection.stream.write_all(greeting.as_bytes()).is_err();
            }
            if connection.kind == Kind::NeverReads {
                connection.ended |= event.is_read_closed() && event.is_write_closed();
                continue;
            }
            while let Ok(count) = connection.stream.read(&mut self.buffer) {
                connection.ended |= count == 0;
                // Flooding clients also get PINGs, and answer none.
                if count == 0 || connection.kind != Kind::Person {
                    break;
                }
                let is_asked = memchr::memmem::find(&self.buffer[..count], b" PING ").is_some();
                if is_asked {
                    let _ = connection.stream.write(b"PONG :here\r\n");
                }
            }
        }
        for place in 0..PEOPLE.min(self.connections.len()) {
            if self.connections[place].ended {
                self.connections[place] = self.connect(Kind::Person, place);
            }
        }
    }
}

/// Two healthy users whisper to each other ten times a second.
fn whispers(address: SocketAddr, over: &AtomicBool) -> Times {
    let person = |nick: &str| {
        let stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let greeting = format!("NICK {nick}\r\nUSER healthy 0 * :healthy\r\nPART #lobby\r\n");
        writer.write_all(greeting.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        // Only connected users get whispers.
        while !line.contains(" PART #lobby") {
            line.clear();
            assert!(
                reader.read_line(&mut line).unwrap() > 0,
                "{nick} was not let in"
            );
        }
        (writer, reader)
    };
    let (mut alice, _alice_reads) = person("alice");
    let (mut bob, mut hears) = person("bob");
    let mut times = Times::with_capacity(100_000);
    let mut line = String::new();
    for number in 0_u64.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep(TICK);
        let start = Instant::now();
        let whisper = format!("PRIVMSG bob :whisper {number}.\r\n");
        alice.write_all(whisper.as_bytes()).unwrap();
        loop {
            line.clear();
            assert!(hears.read_line(&mut line).unwrap() > 0, "bob was put out");
            if line.starts_with("PING ") || line.contains(" PING ") {
                bob.write_all(b"PONG :here\r\n").unwrap();
            }
            if line.contains(&format!(":whisper {number}.")) {
                break;
            }
        }
        times.note(start.elapsed());
    }
    times
}
