//! The sockets, and nothing else: bytes in, lines to the hub, and what the hub says out again.
//!
//! One thread, one loop. Each turn waits for something to happen, takes a bounded share from each
//! connection that has something to say, and at its end writes once to each connection that has
//! something to hear. Nobody else reads the clock.

mod connection;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::unix;
use std::time::{Duration, Instant, SystemTime};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream, UnixStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use tracing::{info, warn};

use self::connection::{Connection, Got, Queue, Spare, State, Transport};
use super::hub::{ConnectionId, Hub, Loss, Moment, Outbox};
use super::{ServerError, Settings, log};
use crate::wire::Line;

/// What is read from one connection in one turn, at most.
const READ_BYTES_A_TURN: usize = 16 * 1024;
/// How many lines of one connection are taken in one turn, at most.
const LINES_A_TURN: usize = 64;
/// How many newcomers are let in by one listener in one turn, at most.
const ACCEPTS_A_TURN: usize = 64;
/// A connection that sends this much without ending a line is given up.
const ENDLESS_LINE_BYTES: usize = 16 * 1024;
/// How long a connection that is being closed may take to hear the last words.
const CLOSING_TIME: Duration = Duration::from_secs(1);
/// How long nobody is let in after letting somebody in has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);
const EVENTS_A_TURN: usize = 1024;

/// What one byte on this stream means: the server is to stop.
const STOP: Token = Token(usize::MAX);

fn listener_token(index: usize) -> Token {
    Token(usize::MAX - 1 - index)
}

struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    /// Somebody may be waiting to be let in.
    has_newcomers: bool,
}

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
    listeners: Vec<Listener>,
    /// Set while letting people in fails: when it is tried again.
    accept_again: Option<Duration>,
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
        let mut listeners = Vec::new();
        for (index, address) in settings.listen.iter().enumerate() {
            let listener = listen(*address, listener_token(index), &poll);
            listeners.push(listener.map_err(|error| ServerError::CannotListen {
                address: *address,
                error,
            })?);
        }
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
            listeners,
            accept_again: None,
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
        self.listeners.iter().map(|listener| listener.address)
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
        self.accept();
        for index in mem::take(&mut self.ready) {
            self.serve(index);
        }
        if self
            .hub
            .next_deadline()
            .is_some_and(|at| at <= self.now.running)
        {
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
        let may_accept = self.accept_again.is_none();
        let newcomers = may_accept && self.listeners.iter().any(|one| one.has_newcomers);
        if newcomers || !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let times = [
            self.hub.next_deadline(),
            self.timers.first().map(|(at, _)| *at),
            self.accept_again,
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
            let is_meant =
                |(index, _): &(usize, &mut Listener)| listener_token(*index) == event.token();
            if let Some((_, listener)) = self.listeners.iter_mut().enumerate().find(is_meant) {
                listener.has_newcomers = true;
            }
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
        self.listeners.clear();
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

    fn accept(&mut self) {
        if self.accept_again.is_some_and(|at| at > self.now.running) {
            return;
        }
        let was_failing = self.accept_again.take().is_some();
        for index in 0..self.listeners.len() {
            for _ in 0..ACCEPTS_A_TURN {
                let Some(listener) = self.listeners.get_mut(index) else {
                    break;
                };
                if !listener.has_newcomers {
                    break;
                }
                match listener.socket.accept() {
                    Ok((stream, peer)) => self.let_in(stream, peer.ip()),
                    Err(error) => match error.kind() {
                        ErrorKind::WouldBlock => listener.has_newcomers = false,
                        // This newcomer left before the door was open; the next may be waiting.
                        ErrorKind::ConnectionAborted
                        | ErrorKind::ConnectionReset
                        | ErrorKind::Interrupted => {}
                        _ => return self.accept_failed(&error, was_failing),
                    },
                }
            }
        }
    }

    /// Most often there are no file descriptors left: whoever leaves gives one back.
    fn accept_failed(&mut self, error: &io::Error, was_failing: bool) {
        self.accept_again = Some(self.now.running + ACCEPT_PAUSE);
        if !was_failing {
            warn!(%error, "nobody can be let in at the moment; trying again");
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

    /// Does everything the hub wants done, and goes on until it wants nothing more.
    fn deliver(&mut self) {
        loop {
            self.hand_out_lines();
            for at in 0..self.outbox.closes().len() {
                if let Some(id) = self.outbox.closes().get(at).copied() {
                    self.begin_closing(id);
                }
            }
            for at in 0..self.outbox.pauses().len() {
                if let Some((id, until)) = self.outbox.pauses().get(at).copied() {
                    self.pause(id, until);
                }
            }
            for event in self.outbox.events() {
                log::tell(event);
            }
            self.outbox.clear();
            let Some((id, loss)) = self.lost.pop() else {
                return;
            };
            self.tell_of_loss(id, loss);
        }
    }

    /// Puts each line behind what waits for its recipient already; it is written when the turn
    /// ends, together with all others.
    fn hand_out_lines(&mut self) {
        let bytes_max = self.hub.limits().send_queue_bytes as usize;
        for (to, bytes) in self.outbox.sends() {
            let Some(connection) = self.connections.get_mut(to.index()) else {
                continue;
            };
            if connection.id != to || matches!(connection.state, State::Closing | State::Gone) {
                continue;
            }
            if connection.queue == Queue::Open
                && connection.unsent_bytes() + bytes.len() > bytes_max
            {
                // Perhaps it only waits for the end of this turn.
                let written = connection.write(&mut self.spare);
                if written.is_err() {
                    connection.queue = Queue::Overfull;
                    self.lost.push((to, Loss::Broken));
                } else if connection.unsent_bytes() + bytes.len() > bytes_max {
                    connection.queue = Queue::Overfull;
                    self.lost.push((to, Loss::SendQueueFull));
                }
            }
            if connection.queue == Queue::Overfull {
                continue;
            }
            connection.push(bytes, &mut self.spare);
            if !connection.is_unsent {
                connection.is_unsent = true;
                self.unsent.push(to.index());
            }
        }
    }

    fn tell_of_loss(&mut self, id: ConnectionId, loss: Loss) {
        let Some(connection) = self.connections.get_mut(id.index()) else {
            return;
        };
        if connection.id != id || matches!(connection.state, State::Closing | State::Gone) {
            return;
        }
        connection.queue = Queue::LastWords;
        self.hub.disconnected(id, loss, &mut self.outbox);
        match loss {
            // It may have closed only its own direction and still listen for the answers.
            Loss::Closed => self.begin_closing(id),
            Loss::Broken => self.let_go(id.index()),
            // The hub says goodbye and closes it.
            Loss::SendQueueFull | Loss::EndlessLine => {}
        }
    }

    fn begin_closing(&mut self, id: ConnectionId) {
        let index = id.index();
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        if connection.id != id || matches!(connection.state, State::Closing | State::Gone) {
            return;
        }
        connection.state = State::Closing;
        connection.became_readable();
        if !connection.is_unsent {
            connection.is_unsent = true;
            self.unsent.push(index);
        }
        self.make_ready(index);
        self.wake_at(index, Some(self.now.running + CLOSING_TIME));
    }

    fn pause(&mut self, id: ConnectionId, until: Duration) {
        match self.connections.get_mut(id.index()) {
            Some(connection) if connection.id == id && connection.is_open() => {
                connection.state = State::Paused;
                self.wake_at(id.index(), Some(until));
            }
            _ => {}
        }
    }

    fn write(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        connection.is_unsent = false;
        if connection.state == State::Gone {
            return;
        }
        let written = connection.write(&mut self.spare);
        let (id, all_sent) = (connection.id, connection.unsent_bytes() == 0);
        if connection.state != State::Closing {
            if written.is_err() {
                self.lost.push((id, Loss::Broken));
            }
            return;
        }
        if all_sent {
            connection.shut_writing();
        }
        if written.is_err() || (all_sent && connection.has_ended) {
            self.let_go(index);
        }
    }

    /// Marks a connection as gone. Its place is kept until the turn is over, so that no event of
    /// this turn meets a newcomer.
    fn let_go(&mut self, index: usize) {
        self.wake_at(index, None);
        if let Some(connection) = self.connections.get_mut(index)
            && connection.state != State::Gone
        {
            connection.state = State::Gone;
            self.gone.push(index);
        }
    }
}

/// A TLS client speaks first, and what it says may have no line ending for ever: the hub gets it
/// as it came.
fn is_not_in_lines(first_bytes: &[u8]) -> bool {
    first_bytes.first() == Some(&0x16)
}

fn listen(address: SocketAddr, token: Token, poll: &Poll) -> io::Result<Listener> {
    let mut socket = TcpListener::bind(address)?;
    let address = socket.local_addr()?;
    poll.registry()
        .register(&mut socket, token, Interest::READABLE)?;
    Ok(Listener {
        socket,
        address,
        has_newcomers: false,
    })
}
