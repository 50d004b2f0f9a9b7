//! Many users on one thread: their connections, their registration, and their reading.
//!
//! After registration, reading allocates nothing.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use memchr::{memchr, memmem};
use mio::{Events, Interest, Poll, Token};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::load::Load;
use super::socket::Socket;

/// Without any progress for this long, something is lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than the kernel delays an acknowledgement.
const REST: Duration = Duration::from_millis(250);
const READ_BYTES: usize = 256 * 1024;

/// The server under test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) has_tls: bool,
    pub(crate) load: Load,
    /// The maximum of connections in registration at once.
    pub(crate) at_a_time: usize,
}

/// One connection.
pub(crate) struct Person {
    socket: Socket,
    /// The beginning of an unfinished line.
    rest: Vec<u8>,
    unsent: Vec<u8>,
    sent: usize,
    writable: bool,
    /// The number of lines read since this was last set to 0.
    pub(crate) lines: usize,
    pub(crate) has_ended: bool,
}

/// The bytes that a connection has received.
pub(crate) struct Received<'a> {
    pub(crate) who: usize,
    pub(crate) person: &'a mut Person,
    pub(crate) bytes: &'a [u8],
}

pub(crate) struct Clients {
    pub(crate) target: Target,
    pub(crate) people: Vec<Person>,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
}

impl Clients {
    pub(crate) fn new(target: Target) -> Self {
        let raised = getrlimit(Resource::RLIMIT_NOFILE)
            .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
        if let Err(error) = raised {
            eprintln!("the number of open files stays as it was: {error}");
        }
        Self {
            target,
            people: Vec::new(),
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(4096),
            buffer: vec![0; READ_BYTES],
        }
    }

    /// Connects `count` more users, each of whom joins the room named for it, if any.
    pub(crate) fn enter(&mut self, count: usize, room: impl Fn(usize) -> Option<String>) {
        let wanted = self.people.len() + count;
        let mut coming = 0;
        let mut progress = Instant::now();
        let mut done = self.people.len();
        while done < wanted {
            while self.people.len() < wanted && coming < self.target.at_a_time {
                self.connect();
                coming += 1;
            }
            let before = done;
            self.turn(Some(PATIENCE), |received| {
                let Received { who, person, bytes } = received;
                for_each_line(person, bytes, |person, line| match numeric(line) {
                    // The end of the message of the day, or the reply that there is none.
                    Some(b"376" | b"422") => match room(who) {
                        Some(room) => person.say(format!("JOIN {room}\r\n").as_bytes()),
                        None => done += 1,
                    },
                    // The end of the names in the room.
                    Some(b"366") => done += 1,
                    _ => {}
                });
            });
            coming -= done - before;
            self.check(done > before, &mut progress);
        }
    }

    fn connect(&mut self) {
        let mut socket = Socket::connect(self.target.address, self.target.has_tls);
        let who = self.people.len();
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        let stream = &mut socket.stream;
        registry.register(stream, Token(who), both).unwrap();
        let mut person = Person {
            socket,
            rest: Vec::new(),
            unsent: Vec::new(),
            sent: 0,
            writable: false,
            lines: 0,
            has_ended: false,
        };
        person.say(format!("NICK {}\r\nUSER bench 0 * :bench\r\n", nick(who)).as_bytes());
        self.people.push(person);
    }

    /// Waits until each user has read everything, and is then idle for a while, as most users are:
    /// a kernel that was busy just now delays acknowledgements.
    pub(crate) fn settle(&mut self) {
        for person in &mut self.people {
            person.say(b"PING settled\r\n");
        }
        let mut missing = self.people.len();
        let mut progress = Instant::now();
        while missing > 0 {
            let before = missing;
            self.turn(Some(PATIENCE), |received| {
                for_each_line(received.person, received.bytes, |_, line| {
                    let is_answer = memmem::find(line, b" PONG ").is_some();
                    missing -= usize::from(is_answer);
                });
            });
            self.check(missing < before, &mut progress);
        }
        // The next part is measured without late acknowledgements of this one.
        thread::sleep(REST);
        self.people.iter_mut().for_each(|person| person.lines = 0);
    }

    /// Reads what is there, or arrives within this time.
    pub(crate) fn turn(&mut self, patience: Option<Duration>, mut hear: impl FnMut(Received<'_>)) {
        match self.poll.poll(&mut self.events, patience) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            result => result.unwrap(),
        }
        for event in &self.events {
            let who = event.token().0;
            let person = &mut self.people[who];
            if event.is_writable() {
                person.writable = true;
                person.write();
            }
            if event.is_readable() || event.is_read_closed() {
                loop {
                    let count = person.read(&mut self.buffer);
                    if count > 0 {
                        let bytes = &self.buffer[..count];
                        hear(Received { who, person, bytes });
                    }
                    if count == 0 || count < self.buffer.len() && person.socket.reads_all() {
                        break;
                    }
                }
                // A short read was the last one, unless the connection has ended.
                if event.is_read_closed() && !person.has_ended {
                    let count = person.read(&mut self.buffer);
                    let bytes = &self.buffer[..count];
                    hear(Received { who, person, bytes });
                }
            }
        }
    }

    /// Ends a benchmark that makes no progress.
    fn check(&self, moved: bool, progress: &mut Instant) {
        if moved {
            *progress = Instant::now();
        }
        let stuck = progress.elapsed() > PATIENCE;
        let gone = self.people.iter().filter(|person| person.has_ended).count();
        assert!(!stuck, "nothing happens any more; {gone} are gone");
    }
}

impl Person {
    /// Sends bytes at once, as far as the socket accepts them.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
        self.write();
    }

    /// The rest is sent in the iteration after the socket becomes writable again.
    fn write(&mut self) {
        self.has_ended |= self.writable && self.socket.flush().is_err();
        while self.writable && self.sent < self.unsent.len() {
            match self.socket.write(&self.unsent[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.has_ended = true;
                    return;
                }
            }
        }
        if self.sent == self.unsent.len() {
            self.unsent.clear();
            self.sent = 0;
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            let read: io::Result<usize> = self.socket.read(buffer);
            match read {
                Ok(count) => {
                    self.has_ended |= count == 0;
                    return count;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.has_ended |= error.kind() != ErrorKind::WouldBlock;
                    return 0;
                }
            }
        }
    }

    /// Disables Nagle's algorithm, as every interactive client does.
    pub(crate) fn without_delay(&self) {
        self.socket.stream.set_nodelay(true).unwrap();
    }
}

/// Splits received bytes into lines.
pub(crate) fn for_each_line(
    person: &mut Person,
    mut bytes: &[u8],
    mut take: impl FnMut(&mut Person, &[u8]),
) {
    while let Some(end) = memchr(b'\n', bytes) {
        let (line, after) = bytes.split_at(end + 1);
        bytes = after;
        person.lines += 1;
        if person.rest.is_empty() {
            take(person, line);
        } else {
            let mut whole = std::mem::take(&mut person.rest);
            whole.extend_from_slice(line);
            take(person, &whole);
            whole.clear();
            person.rest = whole;
        }
    }
    person.rest.extend_from_slice(bytes);
}

/// The numeric of a reply, after the name of the server.
pub(crate) fn numeric(line: &[u8]) -> Option<&[u8]> {
    let number = line.get(memchr(b' ', line)? + 1..)?.get(..4)?;
    let number = number.strip_suffix(b" ")?;
    number.iter().all(u8::is_ascii_digit).then_some(number)
}

pub(crate) fn nick(who: usize) -> String {
    format!("p{who:05}")
}
