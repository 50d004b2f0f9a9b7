//! The sockets, and nothing else: bytes in, lines to the hub, and what the hub says out again.
//!
//! One thread, one loop. Each turn waits for something to happen, takes a bounded share from each
//! connection that has something to say, and at its end writes once to each connection that has
//! something to hear. Nobody else reads the clock.

mod connection;
mod delivery;
mod door;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::unix;
use std::time::{Duration, Instant, SystemTime};

use mio::event::Event;
use mio::net::{TcpStream, UnixStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use tracing::{info, warn};

use self::connection::{Connection, Got, Spare, State, Transport};
use self::door::Door;
use super::hub::{ConnectionId, Hub, Loss, Moment, Outbox};
use super::{ServerError, Settings};
use crate::wire::Line;

/// What is read from one connection in one turn, at most.
const READ_BYTES_A_TURN: usize = 16 * 1024;
/// How many lines of one connection are taken in one turn, at most.
const LINES_A_TURN: usize = 64;
/// A connection that sends this much without ending a line is given up.
const ENDLESS_LINE_BYTES: usize = 16 * 1024;
/// How long a connection that is being closed may take to hear the last words.
const CLOSING_TIME: Duration = Duration::from_secs(1);
const EVENTS_A_TURN: usize = 1024;

/// What one byte on this stream means: the server is to stop.
const STOP: Token = Token(usize::MAX);

/// Both clocks, read together.
struct Clock {
    start: Instant,
}

impl Clock {
    fn now(&self) -> Moment {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Moment {
            running: self.start.elapsed(),
            unix: unix.unwrap_or_default(),
        }
    }
}

/// The loop and all it owns.
pub(super) struct Reactor {
    poll: Poll,
    clock: Clock,
    now: Moment,
    hub: Hub,
    outbox: Outbox,
    door: Door,
    /// Those just let in, on their way to a place.
    newcomers: Vec<(TcpStream, IpAddr)>,
    stop: UnixStream,
    /// Set once the server is to stop: when it does, at the latest.
    stop_at: Option<Duration>,
    connections: Slab<Connection>,
    generation: u32,
    /// Who has something to say, or may have.
    ready: Vec<usize>,
    /// Who has something to hear that has not been written yet.
    unsent: Vec<usize>,
    /// Who is lost, and the hub does not know yet.
    lost: Vec<(ConnectionId, Loss)>,
    /// Whose place is free once no event of this turn can be for them any more.
    gone: Vec<usize>,
    /// Whose pause or closing ends when.
    timers: BTreeSet<(Duration, usize)>,
    read_buffer: Vec<u8>,
    spare: Spare,
}

impl Reactor {
    /// Listens on all addresses at once, so that a mistake is known before anything runs. It stops
    /// when a byte comes over `stop`, or when that is closed.
    pub(super) fn new(
        settings: &Settings,
        stop: unix::net::UnixStream,
    ) -> Result<Self, ServerError> {
        let poll = Poll::new().map_err(ServerError::System)?;
        stop.set_nonblocking(true).map_err(ServerError::System)?;
        let mut stop = UnixStream::from_std(stop);
        let registry = poll.registry();
        registry
            .register(&mut stop, STOP, Interest::READABLE)
            .map_err(ServerError::System)?;
        let door = Door::open(&settings.listen, STOP.0 - 1, poll.registry())?;
        let clock = Clock {
            start: Instant::now(),
        };
        let now = clock.now();
        Ok(Self {
            poll,
            clock,
            now,
            hub: Hub::new(settings.hub.clone(), now),
            outbox: Outbox::default(),
            door,
            newcomers: Vec::new(),
            stop,
            stop_at: None,
            connections: Slab::new(),
            generation: 0,
            ready: Vec::new(),
            unsent: Vec::new(),
            lost: Vec::new(),
            gone: Vec::new(),
            timers: BTreeSet::new(),
            read_buffer: vec![0; READ_BYTES_A_TURN],
            spare: Spare::default(),
        })
    }

    /// Where it listens, with the ports that were picked.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.door.addresses()
    }

    /// Serves until it is told to stop.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_A_TURN);
        while !self.has_stopped() {
            match self.poll.poll(&mut events, self.patience()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            self.now = self.clock.now();
            self.turn(&events);
        }
        Ok(())
    }

    fn turn(&mut self, events: &Events) {
        if events.is_empty() {
            self.spare.let_go();
        }
        for event in events {
            self.note(event);
        }
        self.end_pauses();
        let mut newcomers = mem::take(&mut self.newcomers);
        self.door.let_in(self.now.running, &mut newcomers);
        for (stream, address) in newcomers.drain(..) {
            self.let_in(stream, address);
        }
        self.newcomers = newcomers;
        for index in mem::take(&mut self.ready) {
            self.serve(index);
        }
        let deadline = self.hub.next_deadline();
        if deadline.is_some_and(|at| at <= self.now.running) {
            self.hub.tick(self.now, &mut self.outbox);
            self.deliver();
        }
        while !self.unsent.is_empty() {
            for index in mem::take(&mut self.unsent) {
                self.write(index);
            }
            // A connection found broken while writing is news for others.
            self.deliver();
        }
        for index in mem::take(&mut self.gone) {
            let mut connection = self.connections.remove(index);
            connection.deregister(self.poll.registry());
        }
    }

    /// How long nothing needs to be done if nothing happens; no time at all while there is work
    /// left over.
    fn patience(&self) -> Option<Duration> {
        if self.door.has_newcomers() || !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let times = [
            self.hub.next_deadline(),
            self.timers.first().map(|(at, _)| *at),
            self.door.again_at(),
            self.stop_at,
        ];
        let next = times.into_iter().flatten().min()?;
        Some(next.saturating_sub(self.clock.start.elapsed()))
    }

    fn has_stopped(&self) -> bool {
        self.stop_at
            .is_some_and(|at| at <= self.now.running || self.connections.is_empty())
    }

    /// Takes down what an event says; what it leads to comes later in the turn.
    fn note(&mut self, event: &Event) {
        if event.token() == STOP {
            return self.begin_to_stop();
        }
        let Some(connection) = self.connections.get_mut(event.token().0) else {
            self.door.note(event.token());
            return;
        };
        let index = event.token().0;
        if event.is_writable() {
            connection.became_writable();
            if connection.unsent_bytes() > 0 && !connection.is_unsent {
                connection.is_unsent = true;
                self.unsent.push(index);
            }
        }
        // An error is found by reading, too.
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.became_readable();
            if event.is_read_closed() || event.is_error() {
                connection.will_end();
            }
            self.make_ready(index);
        }
    }

    fn make_ready(&mut self, index: usize) {
        if let Some(connection) = self.connections.get_mut(index)
            && !connection.is_ready
        {
            connection.is_ready = true;
            self.ready.push(index);
        }
    }

    fn begin_to_stop(&mut self) {
        if self.stop_at.is_some() {
            return;
        }
        info!(here = self.hub.here(), "stopping");
        // Once is enough, and a closed stream would be an event again and again.
        let _ = self.poll.registry().deregister(&mut self.stop);
        self.door.close();
        self.stop_at = Some(self.now.running + CLOSING_TIME);
        self.hub.stop(&mut self.outbox);
        self.deliver();
    }

    fn end_pauses(&mut self) {
        while let Some(&(at, index)) = self.timers.first() {
            if at > self.now.running {
                break;
            }
            self.timers.pop_first();
            let Some(connection) = self.connections.get_mut(index) else {
                continue;
            };
            connection.wake_at = None;
            match connection.state {
                State::Paused => {
                    connection.state = State::Open;
                    self.make_ready(index);
                }
                State::Closing => self.let_go(index),
                State::Open | State::Gone => {}
            }
        }
    }

    fn wake_at(&mut self, index: usize, at: Option<Duration>) {
        if let Some(connection) = self.connections.get_mut(index) {
            if let Some(before) = mem::replace(&mut connection.wake_at, at) {
                self.timers.remove(&(before, index));
            }
            if let Some(at) = at {
                self.timers.insert((at, index));
            }
        }
    }

    fn let_in(&mut self, stream: TcpStream, address: IpAddr) {
        // Without this a short line would wait for the acknowledgement of the one before it.
        let _ = stream.set_nodelay(true);
        let entry = self.connections.vacant_entry();
        let index = entry.key();
        let Ok(place) = u32::try_from(index) else {
            return;
        };
        let id = ConnectionId::new(place, self.generation);
        let mut connection = Connection::new(id, Transport::Plain(stream));
        let registry = self.poll.registry();
        if let Err(error) = connection.register(registry, Token(index)) {
            warn!(%error, "a connection cannot be watched, so it is closed");
            return;
        }
        self.generation = self.generation.wrapping_add(1);
        entry.insert(connection);
        self.hub.connected(id, address, self.now, &mut self.outbox);
        self.deliver();
    }

    /// Gives a connection its share of the turn.
    fn serve(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        connection.is_ready = false;
        let mut buffer = mem::take(&mut self.read_buffer);
        match connection.state {
            State::Open => self.take_share(index, &mut buffer),
            State::Closing => self.drop_what_comes(index, &mut buffer),
            State::Paused | State::Gone => {}
        }
        self.read_buffer = buffer;
    }

    fn take_share(&mut self, index: usize, buffer: &mut [u8]) {
        let mut share = LINES_A_TURN;
        // What was read before and had to wait comes before anything new.
        if !self.take_lines(index, &[], &mut share) {
            return;
        }
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let id = connection.id;
        match connection.read(buffer) {
            Ok(Got::Bytes(count)) => {
                let fresh = buffer.get(..count).unwrap_or_default();
                if mem::take(&mut connection.is_fresh) && is_not_in_lines(fresh) {
                    self.hub
                        .received(id, Line::Whole(fresh), self.now, &mut self.outbox);
                    return self.deliver();
                }
                self.take_lines(index, fresh, &mut share);
            }
            Ok(Got::Nothing) => {}
            Ok(Got::End) => self.lose(id, Loss::Closed),
            Err(_) => self.lose(id, Loss::Broken),
        }
        if self
            .connections
            .get(index)
            .is_some_and(Connection::may_read)
        {
            self.make_ready(index);
        }
    }

    /// Hands whole lines to the hub, up to the share, and keeps the rest for later. False when
    /// nothing more is to be read from this connection in this turn.
    fn take_lines(&mut self, index: usize, mut fresh: &[u8], share: &mut usize) -> bool {
        loop {
            let Some(connection) = self.connections.get_mut(index) else {
                return false;
            };
            if !connection.is_open() || *share == 0 {
                connection.lines.hold(fresh);
                if connection.is_open() {
                    self.make_ready(index);
                }
                return false;
            }
            let id = connection.id;
            let Some(line) = connection.lines.next_line(&mut fresh) else {
                if connection.lines.skipped_bytes() > ENDLESS_LINE_BYTES {
                    self.lose(id, Loss::EndlessLine);
                    return false;
                }
                return true;
            };
            *share -= 1;
            self.hub.received(id, line, self.now, &mut self.outbox);
            self.deliver();
        }
    }

    fn drop_what_comes(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        match connection.read(buffer) {
            Ok(Got::Bytes(_) | Got::Nothing) => {
                if connection.may_read() {
                    self.make_ready(index);
                }
            }
            // What the other side has not taken yet may still be on its way.
            Ok(Got::End) if connection.unsent_bytes() > 0 => {}
            Ok(Got::End) | Err(_) => self.let_go(index),
        }
    }

    fn lose(&mut self, id: ConnectionId, loss: Loss) {
        self.lost.push((id, loss));
        self.deliver();
    }
}

/// A TLS client speaks first, and what it says may have no line ending for ever: the hub gets it
/// as it came.
fn is_not_in_lines(first_bytes: &[u8]) -> bool {
    first_bytes.first() == Some(&0x16)
}
