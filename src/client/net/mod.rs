//! Connecting, reading, writing, waiting: the only part of the client with sockets and a clock.
//!
//! It runs a session in a thread of its own. What a person or a script types comes as commands,
//! what there is to see goes to a [`Front`]; neither is ever waited for, so that a server's
//! question is answered at once whatever the terminal does.

mod effects;
mod frontend;
mod input;
mod reconnect;
pub(super) mod script_lines;

use std::io;
use std::net;
use std::sync::mpsc as blocking;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::client::Place;
use crate::client::config::address::Address;
use crate::client::config::resolve::Ways;
use crate::client::control::pending::Pending;
use crate::client::event::json::MessageTags;
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::client::storage::log::LogWriter;
use crate::client::terminal::signals;
use crate::client::ui::script::Batch;
use crate::common::io_error::os_error_text;
use crate::wire::{Line, Lines};
pub use frontend::Front;
pub use input::{Command, Commands, Inbox, commands};
pub use reconnect::{ConnectError, connect};

/// The longest line taken from a server: its tags and more than any server puts behind them.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A line that never ends is not waited for beyond this.
const ENDLESS_BYTES_MAX: usize = 16 * LINE_BYTES_MAX;
/// While so much waits for a server that does not take it, nothing more is heard of it.
const UNSENT_BYTES_MAX: usize = 1024 * 1024;
/// How often a front end that is full is asked whether it still is.
const FULL_PAUSE: Duration = Duration::from_millis(20);

/// Starts a conversation over a connection that is there, in a thread that ends behind
/// [`Front::ended`]. `script` are the lines of standard input when it is not a terminal.
pub(super) fn start(
    place: Place,
    session: Session,
    front: impl Front + 'static,
    inbox: Inbox,
    script: Option<mpsc::Receiver<Batch>>,
) -> io::Result<()> {
    let Place {
        stream,
        address,
        begun,
        ways,
        log,
    } = place;
    let Inbox {
        receiver: commands,
        sender,
    } = inbox;
    let keep_log = |folder| {
        let sender = sender.clone();
        LogWriter::start(folder, move |words| {
            // Behind the end of the conversation there is nobody to tell.
            if let Some(sender) = sender.upgrade() {
                let _ = sender.send(Command::LogTold(words));
            }
        })
    };
    let log = log.map(keep_log).transpose()?;
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || {
            signals::block_editor_signals();
            let network = Network {
                address,
                session,
                front,
                outbox: SessionOutput::default(),
                unsent: Vec::new(),
                batch: Batch::default(),
                tails: Vec::new(),
                pending: Pending::default(),
                log,
                stamp: MessageTags::default(),
                write_failed: false,
                begun,
                ways,
                sender: sender.clone(),
                reconnect_at: None,
                close_wanted: false,
                lost: false,
                ended: false,
            };
            runtime.block_on(network.run(stream, commands, script));
        })?;
    Ok(())
}

struct Network<F> {
    address: Address,
    session: Session,
    front: F,
    outbox: SessionOutput,
    /// Bytes for the server that its socket has not taken yet.
    unsent: Vec<u8>,
    /// Lines of a script that the session has not asked for yet.
    batch: Batch,
    /// Other programs that want to know all that happens.
    tails: Vec<blocking::SyncSender<String>>,
    /// Other programs that wait for the fate of what they had said.
    pending: Pending,
    /// Where all that happens is kept.
    log: Option<LogWriter>,
    /// What the server said beside the line at hand.
    stamp: MessageTags,
    /// Nothing more can be written. What the server said before that is still read.
    write_failed: bool,
    begun: Instant,
    /// How other servers are found.
    ways: Ways,
    /// A way for commands to come here, which does not keep the conversation going.
    sender: mpsc::WeakUnboundedSender<Command>,
    reconnect_at: Option<Duration>,
    close_wanted: bool,
    /// The session knows that the connection has ended.
    lost: bool,
    ended: bool,
}

/// What woke the conversation.
enum Woken {
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Command(Option<Command>),
    Script(Option<Batch>),
    Time,
}

impl<F: Front> Network<F> {
    async fn run(
        mut self,
        stream: net::TcpStream,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut script: Option<mpsc::Receiver<Batch>>,
    ) {
        let mut stream = match TcpStream::from_std(stream) {
            Ok(stream) => Some(stream),
            Err(error) => {
                self.disconnected(&error.to_string());
                None
            }
        };
        while !self.ended {
            let next = match stream.take() {
                Some(stream) => self.converse(stream, &mut commands, &mut script).await,
                None => self.pause(&mut commands).await,
            };
            stream = next;
        }
    }

    /// Talks over one connection until it ends.
    async fn converse(
        &mut self,
        mut stream: TcpStream,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        script: &mut Option<mpsc::Receiver<Batch>>,
    ) -> Option<TcpStream> {
        // Without this, a line waits for the answer to the one before.
        let _ = stream.set_nodelay(true);
        let (mut reader, mut writer) = stream.split();
        let mut lines = Lines::new(LINE_BYTES_MAX);
        let mut buffer = vec![0; 64 * 1024];
        self.unsent.clear();
        self.outbox.restart();
        self.close_wanted = false;
        self.lost = false;
        self.write_failed = false;
        let now = self.now();
        self.session.connected(now, &mut self.outbox);
        self.deliver(now);
        while !self.close_wanted && !self.ended {
            let is_full = self.front.is_full();
            if is_full {
                // Nothing is read, so silence says nothing about the server.
                self.session.pause_timeout(self.now());
            }
            let deadline = self.deadline(is_full);
            self.feed(script);
            let takes_script = script.is_some() && self.session.wants_input();
            // Whoever takes no answers is asked nothing more, and is dead before long.
            let takes_answers = self.write_failed || self.unsent.len() < UNSENT_BYTES_MAX;
            let can_write = !self.unsent.is_empty() && !self.write_failed;
            let woken = tokio::select! {
                read = reader.read(&mut buffer), if !is_full && takes_answers => Woken::Read(read),
                written = writer.write(&self.unsent), if can_write => {
                    Woken::Written(written)
                }
                command = commands.recv() => Woken::Command(command),
                line = next_scripted(script), if takes_script => Woken::Script(line),
                () = tokio::time::sleep_until(deadline.into()) => Woken::Time,
            };
            let now = self.now();
            match woken {
                Woken::Read(Ok(0)) => self.disconnected("the server closed the connection"),
                Woken::Read(Ok(count)) => {
                    let fresh = buffer.get(..count).unwrap_or_default();
                    self.received(fresh, &mut lines, now);
                }
                Woken::Read(Err(error)) => self.disconnected(&os_error_text(&error)),
                // The end of what can be read tells the rest.
                Woken::Written(Err(_)) => self.write_failed = true,
                Woken::Written(Ok(count)) => {
                    self.outbox.written_bytes += count as u64;
                    drop(self.unsent.drain(..count));
                }
                Woken::Command(command) => self.command(command, now),
                Woken::Script(Some(batch)) => self.batch = batch,
                Woken::Script(None) => self.script_over(script),
                Woken::Time => self.session.tick(now, &mut self.outbox),
            }
            self.deliver(now);
        }
        if !self.ended && !self.lost {
            self.disconnected("closed");
        }
        None
    }

    fn received(&mut self, mut fresh: &[u8], lines: &mut Lines, now: SessionTime) {
        while let Some(line) = lines.next_line(&mut fresh) {
            // A line that is too long for any server is not worth showing.
            if let Line::Whole(line) = line {
                self.front.received(line);
                let stamp = MessageTags::of_line(line);
                let unix_seconds = stamp.unix_seconds().unwrap_or(now.unix_seconds);
                self.session.received(line, now, &mut self.outbox);
                self.front.stamp(stamp.clone());
                self.stamp = stamp;
                // At once, so that each line is shown as things are then, and not as they are
                // behind all the lines that came with it.
                self.show(unix_seconds, now);
                self.front.stamp(MessageTags::default());
                self.stamp = MessageTags::default();
            }
        }
        if lines.skipped_bytes() > ENDLESS_BYTES_MAX {
            let words = "it sent a line without an end";
            self.session.protocol_error(words, &mut self.outbox);
        }
    }

    /// Gives the session as many lines of the script as it wants now.
    fn feed(&mut self, script: &mut Option<mpsc::Receiver<Batch>>) {
        let now = self.now();
        while self.session.wants_input()
            && let Some((number, line)) = self.batch.next_line()
        {
            self.session.scripted(number, line, now, &mut self.outbox);
        }
        if script.is_some() && self.batch.is_over() {
            self.script_over(script);
        }
        self.deliver(now);
    }

    fn script_over(&mut self, script: &mut Option<mpsc::Receiver<Batch>>) {
        *script = None;
        let now = self.now();
        self.session.input_ended(now, &mut self.outbox);
    }

    fn disconnected(&mut self, words: &str) {
        let now = self.now();
        self.close_wanted = true;
        self.lost = true;
        self.session.disconnected(words, now, &mut self.outbox);
        self.deliver(now);
        self.pending.lost();
    }

    /// When to go on if nothing happens.
    fn deadline(&self, is_full: bool) -> Instant {
        let deadlines = [self.session.next_deadline(), self.front.held_until()];
        let next = deadlines.into_iter().flatten().min();
        let next = next.map_or(Instant::now() + Duration::from_secs(3600), |at| {
            self.begun + at
        });
        if is_full {
            next.min(Instant::now() + FULL_PAUSE)
        } else {
            next
        }
    }

    fn now(&self) -> SessionTime {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        SessionTime {
            elapsed: self.begun.elapsed(),
            unix_seconds: wall.map_or(0, |since| {
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
            }),
        }
    }
}

async fn next_scripted(script: &mut Option<mpsc::Receiver<Batch>>) -> Option<Batch> {
    match script {
        Some(script) => script.recv().await,
        None => None,
    }
}
