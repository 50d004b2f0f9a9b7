//! The event loop: waits for the sockets, reads lines for the hub, and writes what the hub sends.
//!
//! One thread owns all sockets. Each iteration waits for events, reads a bounded amount from each
//! connection that is ready, and at its end writes once to each connection with unsent lines. It
//! reads the clock for the hub.
//!
//! It must not know the configuration or passwords. `daemon`, `embedded` and `hosted_room` import
//! it.

mod connection;
mod deliver;
mod events;
mod held;
mod layers;
#[cfg(feature = "for-tests")]
pub mod layers_in_memory;
mod listener;
mod metrics;
mod metrics_server;
mod proxy_header;
mod ready;
mod receive;
mod reload;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
#[cfg_attr(not(feature = "websocket"), path = "no_websocket.rs")]
mod websocket;

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::mem;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::unix;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;
use tracing::{info, warn};

use crate::server::error::ServerError;
use crate::server::hub::account::SecretKey;
use crate::server::hub::task::{Answer, TaskRunner, Wake};
use crate::server::hub::{
    ConnectionId, DisconnectReason, HostName, Hub, HubSettings, HubTime, Outbox,
};
use connection::{Connection, SendQueues};
use events::EVENTS_PER_ITERATION;
use held::StoreLink;
use layers::Layers;
use listener::{Accepted, Listeners};
pub(super) use listener::{ListenSource, ListenerKind};
use metrics::{Counts, kind_index};
use metrics_server::MetricsServer;
use proxy_header::ProxyHeader;
use ready::ReadyQueue;
use receive::{Iteration, READ_BYTES_PER_ITERATION, ReadBudget};
use reload::Reload;
pub(super) use reload::Reloaded;
pub(super) use tls::TlsConfig;
use tls::TlsSession;
use websocket::WebSocketSession;
pub(super) use websocket::{IS_SUPPORTED as HAS_WEBSOCKET, Origins};

/// How long a closing connection may take to receive its last lines.
const CLOSING_TIME: Duration = Duration::from_secs(1);
/// How many closing connections get that time: clients that are rejected again and again would
/// otherwise use up all file descriptors.
const CLOSING_MAX: usize = 256;
/// How long the handshakes of TLS and WebSocket may take together.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long a stopping server waits after everything is sent: lines of clients that arrive after
/// the close would cause a reset, which can destroy the last lines.
const STOPPING_TIME: Duration = Duration::from_millis(100);

/// A byte on the stop stream, or its end: the server stops.
const STOP: Token = Token(usize::MAX);
/// A byte on the reload stream: the settings are loaded again.
const RELOAD: Token = Token(usize::MAX - 1);
/// A task of the hub is done.
const ANSWERS: Token = Token(usize::MAX - 2);
/// The highest token of what serves the metrics.
const METRICS: usize = ANSWERS.0 - 1;

/// Starts what carries out the tasks of the hub. It calls the function for each answer.
pub(super) type StartRunner = fn(Wake) -> io::Result<Box<dyn TaskRunner>>;

/// The event loop and all that it owns.
pub(super) struct Reactor {
    poll: Poll,
    started: Instant,
    now: HubTime,
    hub: Hub,
    outbox: Outbox,
    runner: Box<dyn TaskRunner>,
    listeners: Listeners,
    /// The certificates for encrypted connections.
    tls: Option<TlsConfig>,
    /// The pages that may connect.
    origins: Origins,
    /// When the handshakes of these connections have to be complete.
    handshakes: VecDeque<(Duration, ConnectionId)>,
    stop: UnixStream,
    /// How the settings are loaded again, if they can be.
    reload: Option<Reload>,
    /// The server stops when it has had no connection for so long.
    empty_time_max: Option<Duration>,
    /// Since when there is no connection.
    empty_since: Option<Duration>,
    /// When the server began to stop.
    stopping_since: Option<Duration>,
    connections: Slab<Connection>,
    generation: u32,
    /// Connections to read.
    ready: ReadyQueue,
    /// Connections to write.
    unsent: Vec<usize>,
    /// Connections to write when there is time: they have only lines with a large fan-out to send.
    unsent_later: VecDeque<usize>,
    /// The budget of the current iteration.
    iteration: Iteration,
    /// Lost connections that are not yet reported to the hub.
    lost: Vec<(ConnectionId, DisconnectReason)>,
    /// The budget of the connection that is being read.
    budget: ReadBudget,
    /// Closed connections, whose slots are freed after the events of this iteration.
    closed: Vec<usize>,
    /// When the pause or the closing of a connection ends.
    timers: BTreeSet<(Duration, usize)>,
    read_buffer: Vec<u8>,
    /// Decrypted bytes of one read.
    plain_buffer: Vec<u8>,
    queues: SendQueues,
    counts: Counts,
    /// The HTTP server of the metrics, if it is configured.
    metrics_server: Option<MetricsServer>,
    /// The connections of the administrator that ask for the status, and whether for the users too.
    status_requests: Vec<(ConnectionId, bool)>,
    /// The store, if there is one, and what waits for it.
    store: Option<Box<StoreLink>>,
    /// Wakes this thread.
    waker: Arc<Waker>,
}

impl Reactor {
    /// Listens on all sockets, so that an error is known before anything runs. A byte on `stop`, or
    /// its end, stops the server.
    pub(super) fn new(
        listen: Vec<ListenSource>,
        settings: HubSettings,
        stop: unix::net::UnixStream,
        start_runner: StartRunner,
    ) -> Result<Self, ServerError> {
        let poll = Poll::new()?;
        stop.set_nonblocking(true)?;
        let mut stop = UnixStream::from_std(stop);
        let registry = poll.registry();
        registry.register(&mut stop, STOP, Interest::READABLE)?;
        let listeners = Listeners::open(listen, METRICS - MetricsServer::TOKENS, poll.registry())?;
        let waker = Arc::new(Waker::new(poll.registry(), ANSWERS)?);
        let runner = start_runner(wake_by(&waker))?;
        let started = Instant::now();
        let now = read_clocks(started);
        let mut hub = Hub::new(settings, now);
        // A store has a secret that stays.
        let mut secret = SecretKey::default();
        getrandom::fill(&mut secret.0).map_err(io::Error::other)?;
        hub.cloak_with(secret);
        Ok(Self {
            poll,
            started,
            now,
            hub,
            outbox: Outbox::default(),
            runner,
            listeners,
            tls: None,
            origins: Origins::default(),
            handshakes: VecDeque::new(),
            stop,
            reload: None,
            empty_time_max: None,
            empty_since: None,
            stopping_since: None,
            connections: Slab::new(),
            generation: 0,
            ready: ReadyQueue::default(),
            unsent: Vec::new(),
            unsent_later: VecDeque::new(),
            iteration: Iteration::default(),
            lost: Vec::new(),
            budget: ReadBudget::default(),
            closed: Vec::new(),
            timers: BTreeSet::new(),
            read_buffer: vec![0; READ_BYTES_PER_ITERATION],
            plain_buffer: Vec::new(),
            queues: SendQueues::default(),
            counts: Counts::default(),
            metrics_server: None,
            status_requests: Vec::new(),
            store: None,
            waker,
        })
    }

    /// The addresses it listens on, with the ports that the system chose, and what for.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (SocketAddr, ListenerKind)> {
        self.listeners.addresses()
    }

    /// Serves the metrics at this address, and returns it with the port that the system chose.
    pub(super) fn serve_metrics_at(
        &mut self,
        address: SocketAddr,
    ) -> Result<SocketAddr, ServerError> {
        let server = MetricsServer::open(address, METRICS, self.poll.registry())?;
        let bound = server.address();
        self.metrics_server = Some(server);
        Ok(bound.unwrap_or(address))
    }

    /// Takes the requests of the administrator at this socket.
    pub(super) fn administer_at(&mut self, socket: unix::net::UnixListener) -> io::Result<()> {
        let registry = self.poll.registry();
        self.listeners.add_administration(socket, registry)
    }

    /// Sets the certificates for encrypted connections. Those that are open keep theirs.
    pub(super) fn set_tls(&mut self, tls: Option<TlsConfig>) {
        self.tls = tls;
    }

    /// Sets the pages that may connect.
    pub(super) fn set_origins(&mut self, origins: Origins) {
        self.origins = origins;
    }

    /// Makes the server stop when it has had no connection for `time`.
    pub(super) fn stop_when_empty_for(&mut self, time: Duration) {
        self.empty_time_max = Some(time);
        self.empty_since = Some(self.now.running);
    }

    /// Runs until it is stopped.
    ///
    /// # Errors
    ///
    /// An error of waiting for events, or the failure of the store.
    pub(super) fn run(mut self) -> Result<(), ServerError> {
        let mut events = Events::with_capacity(EVENTS_PER_ITERATION);
        while !self.is_stopped() {
            self.wait(&mut events)?;
            self.run_iteration();
        }
        match self.store.and_then(|store| store.into_failure()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn run_iteration(&mut self) {
        self.iteration = Iteration::starting_at(self.now.running);
        self.fire_timers();
        if !self.lost.is_empty() {
            self.deliver();
        }
        if self.store.is_some() {
            self.take_outcomes();
        }
        if self.listeners.has_pending() || self.listeners.retry_at().is_some() {
            self.accept_pending();
        }
        self.end_late_handshakes();
        if let Some(server) = &mut self.metrics_server {
            server.close_late(self.now.running);
        }
        if !self.is_draining() {
            self.read_ready();
        }
        if self.is_deadline_due() {
            self.handle_deadlines();
        }
        if self.store.is_some() {
            self.submit_lines();
        }
        if !self.status_requests.is_empty() {
            self.report_status();
        }
        self.write_all_in_time();
        if !self.closed.is_empty() {
            self.free_slots();
        }
        self.stop_when_empty();
    }

    /// Begins to stop when there was no connection for too long.
    fn stop_when_empty(&mut self) {
        let now = self.now.running;
        let is_empty = self.connections.is_empty();
        self.empty_since = is_empty.then(|| self.empty_since.unwrap_or(now));
        if self.empty_until().is_some_and(|until| until <= now) {
            self.begin_shutdown();
        }
    }

    /// When an empty server stops.
    fn empty_until(&self) -> Option<Duration> {
        Some(self.empty_since? + self.empty_time_max?)
    }

    /// Frees the slots of closed connections, and releases memory when most connections are gone.
    fn free_slots(&mut self) {
        for index in mem::take(&mut self.closed) {
            // Dropping the socket ends its registration, too.
            let connection = self.connections.remove(index);
            self.queues.remove(&connection);
            self.ready.leave(connection.address());
        }
        if self.connections.len() < self.connections.capacity() / 4 {
            self.connections.shrink_to_fit();
            self.queues.release_spare();
            self.ready.shrink();
            self.hub.shrink();
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop_at()
            .is_some_and(|at| at <= self.now.running || self.connections.is_empty())
    }

    /// When a stopping server ends: shortly after the last lines are sent, or a little later when a
    /// client does not read them.
    fn stop_at(&self) -> Option<Duration> {
        let since = self.stopping_since?;
        let mut connections = self.connections.iter();
        let unsent = connections.any(|(_, connection)| connection.unsent_bytes() > 0);
        Some(since + if unsent { CLOSING_TIME } else { STOPPING_TIME })
    }

    fn begin_shutdown(&mut self) {
        if self.stopping_since.is_some() || self.is_draining() {
            return;
        }
        info!(here = self.hub.registered_count(), "stopping");
        // A closed stream would be an event again and again.
        let _ = self.poll.registry().deregister(&mut self.stop);
        self.listeners.close();
        if !self.begin_draining() {
            self.announce_shutdown(None);
        }
    }

    /// Closes all connections, with another reason than usual if there is one.
    fn announce_shutdown(&mut self, reason: Option<&str>) {
        self.stopping_since = Some(self.now.running);
        match reason {
            None => self.hub.stop(&mut self.outbox),
            Some(reason) => self.hub.stop_because(reason, &mut self.outbox),
        }
        self.deliver();
    }

    fn next_answer(&mut self) -> Option<Answer> {
        let answer = self.runner.next_answer();
        let link = self.store.as_mut();
        answer.or_else(|| link.and_then(|link| link.next_answer()))
    }

    /// Passes the available answers to the hub, and reads from their connections again.
    fn take_answers(&mut self) {
        while let Some(answer) = self.next_answer() {
            let id = answer.connection();
            self.hub.answered(answer, self.now, &mut self.outbox);
            self.deliver();
            self.release(id);
        }
    }

    /// Accepts the connections that wait, a bounded number of them.
    #[cold]
    fn accept_pending(&mut self) {
        for accepted in self.listeners.accept(self.now.running) {
            self.accept(accepted);
        }
    }

    fn accept(&mut self, accepted: Accepted) {
        let Accepted {
            mut stream,
            address,
            kind,
            port,
            is_administrator,
        } = accepted;
        let is_proxy = port.is_some_and(|port| self.hub.expects_proxy_header(address, port));
        let tls = self.tls.as_ref().filter(|_| kind.has_tls);
        let tls = tls.and_then(TlsSession::new);
        let websocket = kind.has_websocket.then(|| self.origins.clone());
        let websocket = websocket.and_then(WebSocketSession::new);
        if kind.has_tls && tls.is_none() || kind.has_websocket && websocket.is_none() {
            return;
        }
        let proxy_header = is_proxy.then(ProxyHeader::default);
        let layers = Layers::new(proxy_header, tls, websocket);
        if !is_administrator && let Some(count) = self.counts.accepted.get_mut(kind_index(kind)) {
            *count += 1;
        }
        // Otherwise a short line would wait for the acknowledgement of the one before it.
        let _ = stream.set_nodelay(true);
        let entry = self.connections.vacant_entry();
        let index = entry.key();
        let Ok(place) = u32::try_from(index) else {
            return;
        };
        let id = ConnectionId::new(place, self.generation);
        // Registered once for both directions; later events are remembered.
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut stream, Token(index), both) {
            warn!(%error, "cannot watch a connection for events; closing it");
            return;
        }
        self.generation = self.generation.wrapping_add(1);
        // No user shares the time of the administrator.
        let network = match is_administrator {
            true => IpAddr::from(Ipv6Addr::UNSPECIFIED),
            false => HostName::new(address).network(),
        };
        if layers.is_some() {
            let until = self.now.running + HANDSHAKE_TIME;
            self.handshakes.push_back((until, id));
        }
        let group = self.ready.join(network);
        entry.insert(Connection::new(id, stream, layers, group));
        match is_administrator {
            true => {
                self.hub
                    .administrator_connected(id, self.now, &mut self.outbox);
            }
            false if is_proxy => {
                self.hub
                    .connected_by_proxy(id, address, self.now, &mut self.outbox);
            }
            false => self.hub.connected(id, address, self.now, &mut self.outbox),
        }
        self.deliver();
    }

    fn connection_lost(&mut self, id: ConnectionId, loss: DisconnectReason) {
        self.lost.push((id, loss));
        self.deliver();
    }
}

/// A function that wakes the event loop.
fn wake_by(waker: &Arc<Waker>) -> Wake {
    let waker = Arc::clone(waker);
    Box::new(move || {
        // It fails only when the event loop has ended.
        let _ = waker.wake();
    })
}

/// Reads both clocks.
fn read_clocks(started: Instant) -> HubTime {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    HubTime {
        running: started.elapsed(),
        unix: unix.unwrap_or_default(),
    }
}
