//! 2,000 users in the lobby of the real server, ten of them talking: no user misses a line, and the
//! server's memory stays small.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use self::common::{PATIENCE, Server};

const PEOPLE: usize = 2_000;
const SPEAKERS: usize = 10;
const SECONDS: usize = 3;
const RESIDENT_BYTES_MAX: usize = 40 * 1024 * 1024;
/// Batch size of registrations: enough to keep both sides busy.
const AT_A_TIME: usize = 100;

/// A user who reads everything and stores only the numbers of the messages to the room.
struct Person {
    stream: TcpStream,
    /// Received bytes that do not yet end in a line ending.
    rest: Vec<u8>,
    has_asked: bool,
    is_in: bool,
    received: Vec<u8>,
}

struct FullServer {
    poll: Poll,
    people: Vec<Person>,
    buffer: Vec<u8>,
}

impl FullServer {
    fn add(&mut self, server: &Server) {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let token = Token(self.people.len());
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, token, both)
            .unwrap();
        self.people.push(Person {
            stream,
            rest: Vec::new(),
            has_asked: false,
            is_in: false,
            received: Vec::new(),
        });
    }

    /// Reads until `done` holds, or until the deadline.
    fn listen_until(&mut self, until: Instant, done: impl Fn(&[Person]) -> bool) {
        let mut events = Events::with_capacity(1024);
        while !done(&self.people) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match self.poll.poll(&mut events, Some(left)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result.unwrap(),
            }
            for event in &events {
                let number = event.token().0;
                let person = &mut self.people[number];
                if event.is_writable() && !person.has_asked {
                    person.has_asked = true;
                    let lines = format!("NICK p{number}\r\nUSER p 0 * :p\r\n");
                    let _ = person.stream.write(lines.as_bytes()).unwrap();
                }
                person.receive(&mut self.buffer).unwrap();
            }
        }
    }
}

impl Person {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.take(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        for line in &mut lines {
            self.rest.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                return;
            }
            let text = str::from_utf8(&self.rest).unwrap().trim_end();
            if let Some((_, number)) = text.split_once(" PRIVMSG #lobby :") {
                self.received.push(number.parse().unwrap());
            } else if text.contains(" 366 ") {
                self.is_in = true;
            }
            self.rest.clear();
        }
    }
}

#[test]
fn two_thousand_users_receive_every_line_of_ten_speakers() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    assert!(hard > 2_200, "this test needs more open files than {hard}");
    let server = Server::start(&["--no-limits"]);
    let mut full = FullServer {
        poll: Poll::new().unwrap(),
        people: Vec::new(),
        buffer: vec![0; 256 * 1024],
    };
    while full.people.len() < PEOPLE {
        for _ in 0..AT_A_TIME {
            full.add(&server);
        }
        let all_in = |people: &[Person]| people.iter().all(|person| person.is_in);
        full.listen_until(Instant::now() + PATIENCE, all_in);
        assert!(
            all_in(&full.people),
            "{} did not all come in",
            full.people.len()
        );
    }
    let mut turn_ends = Instant::now();
    for second in 0..SECONDS {
        for speaker in 0..SPEAKERS {
            let number = second * SPEAKERS + speaker;
            let line = format!("PRIVMSG #lobby :{number}\r\n");
            let stream = &mut full.people[speaker * (PEOPLE / SPEAKERS)].stream;
            assert_eq!(stream.write(line.as_bytes()).unwrap(), line.len());
        }
        turn_ends += Duration::from_secs(1);
        full.listen_until(turn_ends, |_| false);
    }
    // Each user receives all messages but their own.
    let owed = |number: usize| match number % (PEOPLE / SPEAKERS) {
        0 => SPEAKERS * SECONDS - SECONDS,
        _ => SPEAKERS * SECONDS,
    };
    let all_received = |people: &[Person]| {
        let mut people = people.iter().enumerate();
        people.all(|(number, person)| person.received.len() == owed(number))
    };
    full.listen_until(Instant::now() + PATIENCE, all_received);
    for (number, person) in full.people.iter_mut().enumerate() {
        assert_eq!(person.received.len(), owed(number), "p{number}");
        person.received.sort_unstable();
        person.received.dedup();
        assert_eq!(
            person.received.len(),
            owed(number),
            "p{number} received a line twice"
        );
    }
    let resident = server.resident_bytes();
    println!(
        "{PEOPLE} people: {resident} bytes resident, {:?} CPU",
        server.cpu_time()
    );
    assert!(resident < RESIDENT_BYTES_MAX, "{resident} bytes resident");
}
