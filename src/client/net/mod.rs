//! Sockets and the clock: connects, reads, writes and waits for the sessions of all networks.
//!
//! A thread of its own runs all networks with the [`Driver`]. Typed and scripted lines come in as
//! [`DriverInput`] and [`ScriptLines`], and a [`Frontend`] gets what happens; the driver waits for
//! neither, so a `PING` of a server is answered whatever the terminal does. Nor does it wait for a
//! server: each network has a link of its own, and in one step the driver does what one of them, or
//! the user, has ready. It must not know prompts, colors and terminals. `ui` and `app` import
//! it.

mod added;
mod connection;
pub(super) mod dial;
mod effects;
mod frontend;
mod happy_eyeballs;
mod input;
mod last_seen;
mod questions;
mod receive;
mod reconnect;
mod remembered;
pub(super) mod script_lines;
mod secure;
mod setup;
mod socks;
mod sts;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
mod upstreams;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

use crate::client::session::{CloseReason, Networks, Outcome, SessionTime};
use crate::client::storage::log::LogWriter;
use crate::client::terminal::signals;
use connection::{LinkEvent, LinkPhase, NetworkLink};
use dial::Dialer;
pub(super) use frontend::{AddedNetwork, Frontend, NetworkQuestion, QuestionSubject, TRUSTED};
pub(super) use input::{DriverInput, InputReceiver, InputSender, input_channel};
use reconnect::COUNTDOWN_STEP;
pub(super) use remembered::RememberedSecurity;
use script_lines::ScriptLines;
pub(super) use setup::{
    DriverSetup, FilesOfNetwork, NetworkFiles, NetworkSetup, PrepareFailure, PrepareNetwork,
};
use upstreams::Upstream;

/// How often a backlogged frontend is checked.
const BACKLOG_CHECK: Duration = Duration::from_millis(20);
/// How often the sessions compare the clocks, which shows that the machine has slept.
const CLOCK_CHECK: Duration = Duration::from_secs(2);
/// How many bytes are read at once. Typed input waits at most for one such block.
const READ_BYTES: usize = 64 * 1024;

/// Starts to run these networks, in a thread that ends after [`Frontend::ended`]. `script` gives the
/// lines of a script.
pub(super) fn start(
    setup: DriverSetup,
    networks: Vec<NetworkSetup>,
    frontend: impl Frontend + 'static,
    input: InputReceiver,
    script: Option<mpsc::Receiver<ScriptLines>>,
) -> io::Result<()> {
    let DriverSetup {
        started,
        dialer,
        remembered,
        prepare,
        files_of,
    } = setup;
    let InputReceiver { receiver, sender } = input;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut driver = Driver {
        networks: Networks::default(),
        links: Vec::new(),
        frontend,
        script_lines: ScriptLines::default(),
        tails: Vec::new(),
        started,
        dialer,
        remembered,
        prepare,
        files_of,
        upstreams: Vec::new(),
        missing_passwords: BTreeMap::new(),
        sender,
        first_failure: None,
        closed_logs: Vec::new(),
        ended: false,
    };
    let mut streams = Vec::new();
    for mut network in networks {
        streams.push(network.stream.take());
        driver.add_network(network)?;
    }
    thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || {
            signals::block_editor_signals();
            runtime.block_on(driver.run(streams, receiver, script));
            // A name that is still being looked up delays nothing.
            runtime.shutdown_background();
        })?;
    Ok(())
}

/// Runs the sessions of all networks: over each of their connections, and between them.
struct Driver<F> {
    networks: Networks,
    /// The link of each network, in the same order.
    links: Vec<NetworkLink>,
    frontend: F,
    /// Lines of the script that no session has taken yet.
    script_lines: ScriptLines,
    /// The callers of `ctl tail`.
    tails: Vec<SyncSender<String>>,
    /// The start of the program: session times count from here.
    started: Instant,
    dialer: Dialer,
    remembered: RememberedSecurity,
    prepare: PrepareNetwork,
    files_of: FilesOfNetwork,
    /// The networks of bouncers.
    upstreams: Vec<Upstream>,
    /// The accounts whose password is missing, by the server as it was typed.
    missing_passwords: BTreeMap<String, String>,
    /// Puts input into this driver's own queue; it does not keep the queue open.
    sender: mpsc::WeakUnboundedSender<DriverInput>,
    /// The result of the first session that failed.
    first_failure: Option<Outcome>,
    /// The logs of the networks that have ended.
    closed_logs: Vec<LogWriter>,
    /// All sessions have ended.
    ended: bool,
}

/// Why the driver woke up.
enum Wakeup {
    Link(usize, LinkEvent),
    Input(Option<DriverInput>),
    Script(Option<ScriptLines>),
    Deadline,
}

impl<F: Frontend> Driver<F> {
    async fn run(
        mut self,
        streams: Vec<Option<std::net::TcpStream>>,
        mut input: mpsc::UnboundedReceiver<DriverInput>,
        mut script: Option<mpsc::Receiver<ScriptLines>>,
    ) {
        let now = self.now();
        for (at, stream) in streams.into_iter().enumerate() {
            self.begin_with(at, stream, now);
        }
        self.apply(now);
        let mut buffer = vec![0; READ_BYTES];
        // The link that is polled first, so that none waits for another one.
        let mut first = 0;
        while !self.ended {
            self.feed_script(&mut script);
            if self.ended {
                break;
            }
            // Keys come first: the editor waits for the answer before it draws them.
            let wakeup = match input.try_recv() {
                Ok(input) => Wakeup::Input(Some(input)),
                Err(_) => {
                    let wakeup = self.next_wakeup(&mut input, &mut script, &mut buffer, first);
                    wakeup.await
                }
            };
            let now = self.now();
            match wakeup {
                Wakeup::Link(at, event) => {
                    first = at + 1;
                    self.link_event(at, event, &buffer, now);
                }
                Wakeup::Input(input) => self.process_input(input, now),
                Wakeup::Script(Some(lines)) => self.script_lines = lines,
                Wakeup::Script(None) => self.script_ended(&mut script),
                Wakeup::Deadline => self.tick(now),
            }
            self.apply(now);
        }
    }

    /// Waits for the next thing to do.
    async fn next_wakeup(
        &mut self,
        input: &mut mpsc::UnboundedReceiver<DriverInput>,
        script: &mut Option<mpsc::Receiver<ScriptLines>>,
        buffer: &mut [u8],
        first: usize,
    ) -> Wakeup {
        let is_backlogged = self.frontend.is_backlogged();
        if is_backlogged {
            // Nothing is read now, so silence does not mean that a server is gone.
            let now = self.now();
            for network in self.networks.iter_mut() {
                network.session.pause_timeout(now);
            }
        }
        let deadline = self.deadline(is_backlogged);
        let takes_script =
            script.is_some() && self.script_lines.is_exhausted() && self.networks.wants_input();
        let links = &mut self.links;
        tokio::select! {
            (at, event) = poll_fn(|context| {
                poll_links(links, first, !is_backlogged, buffer, context)
            }) => Wakeup::Link(at, event),
            input = input.recv() => Wakeup::Input(input),
            lines = next_script_lines(script), if takes_script => Wakeup::Script(lines),
            () = tokio::time::sleep_until(deadline.into()) => Wakeup::Deadline,
        }
    }

    /// The time of [`Driver::deadline`] has come.
    fn tick(&mut self, now: SessionTime) {
        for network in self.networks.iter_mut() {
            network.session.tick(now, &mut network.output);
        }
        self.dial_when_due(now);
    }

    /// When to wake up if nothing else happens.
    fn deadline(&self, is_backlogged: bool) -> Instant {
        let mut next = Instant::now() + CLOCK_CHECK;
        let mut at_latest = |at: Option<Duration>| {
            if let Some(at) = at {
                next = next.min(self.started + at);
            }
        };
        at_latest(self.frontend.next_deadline());
        for network in self.networks.iter() {
            at_latest(network.session.next_deadline());
        }
        let elapsed = self.started.elapsed();
        for link in &self.links {
            let is_waiting = matches!(link.phase, LinkPhase::Waiting);
            let attempt = link.reconnect_at.filter(|_| is_waiting);
            at_latest(attempt.map(|at| at.min(elapsed + COUNTDOWN_STEP)));
        }
        if is_backlogged {
            next = next.min(Instant::now() + BACKLOG_CHECK);
        }
        next
    }

    /// Gives the sessions as many lines of the script as they accept now.
    fn feed_script(&mut self, script: &mut Option<mpsc::Receiver<ScriptLines>>) {
        if script.is_none() {
            return;
        }
        if self.first_failure.is_some() && self.networks.is_strict() {
            // A line was refused on another network.
            return self.script_ended(script);
        }
        let now = self.now();
        while let Some((number, line)) = self.script_lines.first_line()
            && self.networks.scripted(number, &line, now)
        {
            self.script_lines.take_line();
        }
        if self.script_lines.is_over() {
            self.script_ended(script);
        }
        self.apply(now);
    }

    fn script_ended(&mut self, script: &mut Option<mpsc::Receiver<ScriptLines>>) {
        *script = None;
        self.networks.input_ended(self.now());
    }

    fn now(&self) -> SessionTime {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        SessionTime {
            elapsed: self.started.elapsed(),
            unix_seconds: wall.map_or(0, |since| {
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
            }),
        }
    }
}

/// Waits until one of the links has something, beginning with the link `first`.
fn poll_links(
    links: &mut [NetworkLink],
    first: usize,
    may_read: bool,
    buffer: &mut [u8],
    context: &mut Context<'_>,
) -> Poll<(usize, LinkEvent)> {
    let count = links.len();
    for step in 0..count {
        let at = (first + step) % count;
        if let Some(link) = links.get_mut(at)
            && let Poll::Ready(event) = link.poll(context, may_read, buffer)
        {
            return Poll::Ready((at, event));
        }
    }
    Poll::Pending
}

async fn next_script_lines(
    script: &mut Option<mpsc::Receiver<ScriptLines>>,
) -> Option<ScriptLines> {
    match script {
        Some(script) => script.recv().await,
        None => None,
    }
}
