//! Sockets and the clock: connects, reads, writes and waits for a session.
//!
//! A thread of its own runs the session with the [`Driver`]. Typed and scripted lines come in as
//! [`DriverInput`] and [`ScriptLines`], and a [`Frontend`] gets what happens; the driver waits for
//! neither, so a `PING` of the server is answered whatever the terminal does. This folder knows
//! nothing of prompts, colours and terminals. `ui` and `app` import it.

mod connection;
pub(super) mod dial;
mod effects;
mod frontend;
mod happy_eyeballs;
mod input;
mod reconnect;
mod remembered;
pub(super) mod script_lines;
mod secure;
mod setup;
mod socks;
mod sts;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;

use std::io;
use std::net;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::client::config::address::Address;
use crate::client::config::proxy::ProxyAddress;
use crate::client::config::trust::{IdentityFiles, Trust};
use crate::client::control::pending::Pending;
use crate::client::session::{CloseReason, Session, SessionOutput, SessionTime};
use crate::client::storage::log::LogWriter;
use crate::client::terminal::signals;
use connection::LinkState;
use dial::Dialer;
pub(super) use frontend::Frontend;
pub(super) use input::{DriverInput, InputReceiver, InputSender, input_channel};
pub(super) use remembered::RememberedSecurity;
use script_lines::ScriptLines;
pub(super) use setup::Established;
use tls::TlsClient;

/// Starts to run a session over an established connection, in a thread that ends after
/// [`Frontend::ended`]. `script` gives the lines of a script.
pub(super) fn start(
    established: Established,
    session: Session,
    frontend: impl Frontend + 'static,
    input: InputReceiver,
    script: Option<mpsc::Receiver<ScriptLines>>,
) -> io::Result<()> {
    let Established {
        stream,
        address,
        proxy,
        trust,
        identity,
        remembered,
        started,
        dialer,
        log,
    } = established;
    let InputReceiver { receiver, sender } = input;
    let start_log = |folder| {
        let sender = sender.clone();
        LogWriter::start(folder, move |status| {
            // After the end of the session there is no screen to show it on.
            if let Some(sender) = sender.upgrade() {
                let _ = sender.send(DriverInput::LogStatus(status));
            }
        })
    };
    let log = log.map(start_log).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || {
            signals::block_editor_signals();
            let driver = Driver {
                address,
                proxy,
                trust,
                identity,
                remembered,
                upgraded: false,
                sts_seconds: None,
                is_verified: false,
                tls: None,
                session,
                frontend,
                outbox: SessionOutput::default(),
                link: LinkState::default(),
                script_lines: ScriptLines::default(),
                tails: Vec::new(),
                pending: Pending::default(),
                log,
                started,
                dialer,
                sender,
                reconnect_at: None,
                ended: false,
            };
            runtime.block_on(driver.run(stream, receiver, script));
            // A name that is still being looked up delays nothing.
            runtime.shutdown_background();
        })?;
    Ok(())
}

/// Runs one session: over each of its connections, and between them.
struct Driver<F> {
    address: Address,
    /// Connections go through it, and never around it.
    proxy: Option<ProxyAddress>,
    trust: Trust,
    /// The certificate to show to the server.
    identity: Option<IdentityFiles>,
    remembered: RememberedSecurity,
    /// The address is that of an encrypted connection that the server has asked for.
    upgraded: bool,
    /// For how long the server asks for encryption, counted from the end of the connection.
    sts_seconds: Option<u64>,
    /// An authority or a configured fingerprint has verified the certificate of this connection. One
    /// that the user has accepted is not verified.
    is_verified: bool,
    /// Made for the first encrypted connection.
    tls: Option<TlsClient>,
    session: Session,
    frontend: F,
    outbox: SessionOutput,
    link: LinkState,
    /// Lines of the script that the session has not taken yet.
    script_lines: ScriptLines,
    /// The callers of `ctl tail`.
    tails: Vec<SyncSender<String>>,
    /// The callers of `ctl send` that wait for the delivery of their lines.
    pending: Pending,
    log: Option<LogWriter>,
    /// The start of the program: session times count from here.
    started: Instant,
    dialer: Dialer,
    /// Puts input into this driver's own queue; it does not keep the queue open.
    sender: mpsc::WeakUnboundedSender<DriverInput>,
    /// The session time of the next connection attempt.
    reconnect_at: Option<Duration>,
    /// The session has ended.
    ended: bool,
}

impl<F: Frontend> Driver<F> {
    async fn run(
        mut self,
        stream: net::TcpStream,
        mut input: mpsc::UnboundedReceiver<DriverInput>,
        mut script: Option<mpsc::Receiver<ScriptLines>>,
    ) {
        let mut stream = match TcpStream::from_std(stream) {
            Ok(stream) => Some(stream),
            Err(error) => {
                self.disconnected(CloseReason::Io(error.to_string()));
                None
            }
        };
        while !self.ended {
            stream = match stream.take() {
                Some(stream) => {
                    self.run_over(stream, &mut input, &mut script).await;
                    None
                }
                None => self.wait_to_reconnect(&mut input).await,
            };
        }
    }

    /// The connection has ended, or could not be made.
    fn disconnected(&mut self, reason: CloseReason) {
        let now = self.now();
        self.renew_sts_policy();
        self.link.lose();
        self.session.disconnected(reason, now, &mut self.outbox);
        self.apply(now);
        self.pending.on_disconnect();
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
