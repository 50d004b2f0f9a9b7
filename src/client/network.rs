//! Connecting, reading, writing, waiting: the only file of the client with sockets and a clock.
//!
//! It runs a session in a thread of its own. What a person or a script types comes as commands,
//! what there is to see goes to a [`Front`]; neither is ever waited for, so that a server's
//! question is answered at once whatever the terminal does.

use std::io;
use std::net::{self, ToSocketAddrs as _};
use std::sync::mpsc as blocking;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::Place;
use super::address::Address;
use super::completion::Names;
use super::control::pending::Pending;
use super::control::{self, Ask};
use super::event::Event;
use super::json::{Record, Stamp};
use super::log::LogKeeper;
use super::script::Batch;
use super::session::{Judgement, Moment, Order, Outbox, Outcome, Session};
use super::wishes::Ways;
use crate::wire::{Line, Lines};

/// How long connecting to one address may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// The longest line taken from a server: its tags and more than any server puts behind them.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A line that never ends is not waited for beyond this.
const ENDLESS_BYTES_MAX: usize = 16 * LINE_BYTES_MAX;
/// While so much waits for a server that does not take it, nothing more is heard of it.
const UNSENT_BYTES_MAX: usize = 1024 * 1024;
/// How often a front end that is full is asked whether it still is.
const FULL_PAUSE: Duration = Duration::from_millis(20);

/// Who shows what happens. Its methods must not wait for anything.
pub trait Front: Send {
    /// What is shown next has these marks of the server.
    fn stamp(&mut self, _: Stamp) {}
    /// What the session waited for has come.
    fn found(&mut self, _: &Event, _unix_seconds: i64) {}
    /// Something happened.
    fn show(&mut self, event: &Event, unix_seconds: i64, session: &Session);
    /// A line came from the server, without its ending.
    fn received(&mut self, line: &[u8]);
    /// A step is done, and everything about the session can have changed. `elapsed` is the time
    /// since the program began.
    fn changed(&mut self, session: &Session, elapsed: Duration);
    /// When there is something to show that is held back now.
    fn held_until(&self) -> Option<Duration> {
        None
    }
    /// A typed line has been dealt with.
    fn typed_done(&mut self, session: &Session);
    /// A line was typed that only concerns what is shown.
    fn local(&mut self, line: &str);
    /// The nick cannot be had, and another is needed.
    fn ask_nick(&mut self, nick: String, why: String);
    /// Whether so much waits to be shown that nothing more should be read for now.
    fn is_full(&self) -> bool;
    /// Nothing more will come.
    fn ended(&mut self, outcome: Outcome);
}

/// What the other threads ask of the session.
#[derive(Debug)]
pub enum Command {
    /// The person entered this.
    Typed {
        /// The line, or lines.
        text: String,
        /// The room that the prompt named.
        room: Option<String>,
    },
    /// The person's other nick.
    AnswerNick(String),
    /// Which names are there to complete?
    Names(blocking::Sender<Names>),
    /// What is there to say of this line while it is typed?
    Judge(String, blocking::Sender<Judgement>),
    /// The person is to know this about the log.
    LogTold(String),
    /// Another program asks this, and reads the lines of the answer.
    Control(Ask, blocking::SyncSender<String>),
    /// The server that was looked for is there, or the words say why nobody goes to it.
    Sought(String, Result<(), String>),
    /// Leave, with a reason for those who stay.
    Quit(Option<String>),
}

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The name of the host leads nowhere.
    UnknownHost(io::Error),
    /// Nobody answers there.
    Unreachable(io::Error),
}

/// Connects, trying each address of the host in turn.
pub fn connect(address: &Address) -> Result<net::TcpStream, ConnectError> {
    let places = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(ConnectError::UnknownHost)?;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for place in places {
        match net::TcpStream::connect_timeout(&place, CONNECT_MAX) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(ConnectError::Unreachable(last))
}

/// Where other threads put their commands.
pub type Commands = mpsc::UnboundedSender<Command>;

/// Where a conversation finds its commands.
pub struct Inbox {
    receiver: mpsc::UnboundedReceiver<Command>,
    /// A way to put some there, which does not keep the conversation going.
    sender: mpsc::WeakUnboundedSender<Command>,
}

/// A way for commands into a conversation.
pub fn commands() -> (Commands, Inbox) {
    let (commands, receiver) = mpsc::unbounded_channel();
    let sender = commands.downgrade();
    (commands, Inbox { receiver, sender })
}

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
        LogKeeper::start(folder, move |words| {
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
            super::terminal::leave_signals_to_main_thread();
            let network = Network {
                address,
                session,
                front,
                outbox: Outbox::default(),
                unsent: Vec::new(),
                batch: Batch::default(),
                tails: Vec::new(),
                pending: Pending::default(),
                log,
                stamp: Stamp::default(),
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
    outbox: Outbox,
    /// Bytes for the server that its socket has not taken yet.
    unsent: Vec<u8>,
    /// Lines of a script that the session has not asked for yet.
    batch: Batch,
    /// Other programs that want to know all that happens.
    tails: Vec<blocking::SyncSender<String>>,
    /// Other programs that wait for the fate of what they had said.
    pending: Pending,
    /// Where all that happens is kept.
    log: Option<LogKeeper>,
    /// What the server said beside the line at hand.
    stamp: Stamp,
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
                self.session.not_listening(self.now());
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
                Woken::Read(Err(error)) => self.disconnected(&plain_words(&error)),
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

    /// Waits between two connections.
    async fn pause(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Option<TcpStream> {
        let now = self.now();
        let wait = match self.reconnect_at {
            Some(at) => at.saturating_sub(now.elapsed),
            // Only a command can go on from here.
            None => Duration::from_secs(3600),
        };
        let command = tokio::select! {
            command = commands.recv() => Some(command),
            () = tokio::time::sleep(wait) => None,
        };
        let now = self.now();
        if let Some(command) = command {
            self.command(command, now);
            self.deliver(now);
            return None;
        }
        self.reconnect_at.take()?;
        self.connect_again(commands).await
    }

    /// Connects, while commands are taken as at any other time.
    async fn connect_again(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Option<TcpStream> {
        let Address { host, port, .. } = self.address.clone();
        let connecting = tokio::time::timeout(CONNECT_MAX, TcpStream::connect((host, port)));
        tokio::pin!(connecting);
        let connected = loop {
            let command = tokio::select! {
                connected = &mut connecting => break connected,
                command = commands.recv() => command,
            };
            let now = self.now();
            self.command(command, now);
            self.deliver(now);
            if self.ended {
                return None;
            }
        };
        match connected {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => self.disconnected(&plain_words(&error)),
            Err(_) => self.disconnected("no answer"),
        }
        None
    }

    fn received(&mut self, mut fresh: &[u8], lines: &mut Lines, now: Moment) {
        while let Some(line) = lines.next_line(&mut fresh) {
            // A line that is too long for any server is not worth showing.
            if let Line::Whole(line) = line {
                self.front.received(line);
                let stamp = Stamp::of_line(line);
                let unix_seconds = stamp.unix_seconds().unwrap_or(now.unix_seconds);
                self.session.received(line, now, &mut self.outbox);
                self.front.stamp(stamp.clone());
                self.stamp = stamp;
                // At once, so that each line is shown as things are then, and not as they are
                // behind all the lines that came with it.
                self.show(unix_seconds, now);
                self.front.stamp(Stamp::default());
                self.stamp = Stamp::default();
            }
        }
        if lines.skipped_bytes() > ENDLESS_BYTES_MAX {
            let words = "it sent a line without an end";
            self.session.protocol_broken(words, &mut self.outbox);
        }
    }

    fn command(&mut self, command: Option<Command>, now: Moment) {
        match command {
            Some(Command::Typed { text, room }) => {
                super::panic_if_asked("network", &text);
                let room = room.as_deref();
                self.session.typed_in(room, &text, now, &mut self.outbox);
                self.deliver(now);
                self.front.typed_done(&self.session);
            }
            Some(Command::AnswerNick(nick)) => {
                self.session.answer_nick(&nick, now, &mut self.outbox);
            }
            Some(Command::Names(answer)) => {
                let names = Names {
                    servers: self.ways.names(),
                    ..self.session.names()
                };
                // Nobody waits for it any more when this fails.
                let _ = answer.send(names);
            }
            Some(Command::Judge(line, answer)) => {
                super::panic_if_asked("network with a draft", &line);
                let _ = answer.send(self.session.judge(&line));
            }
            Some(Command::LogTold(words)) => self.outbox.events.push(Event::LogTold { words }),
            Some(Command::Control(ask, answer)) => self.control(ask, answer, now),
            Some(Command::Sought(server, found)) => {
                self.session.sought(server, found, now, &mut self.outbox);
            }
            Some(Command::Quit(reason)) => {
                self.session.quit(reason.as_deref(), now, &mut self.outbox);
            }
            // Everybody else is gone, so there is nobody to go on for.
            None => self.session.quit(None, now, &mut self.outbox),
        }
    }

    /// Answers another program. Whether it still listens is its own concern.
    fn control(&mut self, ask: Ask, answer: blocking::SyncSender<String>, now: Moment) {
        let lines = match ask {
            Ask::Send(line) => {
                let first = self.session.next_said();
                let taken = self.typed_from_outside(&line, now).map(|()| Vec::new());
                let said = first..self.session.next_said();
                if taken.is_ok() && !said.is_empty() {
                    return self.pending.wait(said, answer);
                }
                taken
            }
            Ask::Where => Ok([
                Some(self.address.to_string().as_str()),
                Some(self.session.nick()),
                self.session.active_room(),
            ]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect()),
            Ask::Who(room) => self.session.people(room.as_deref()),
            Ask::Rooms => Ok(self.session.names().rooms),
            Ask::Names(start) => Ok(self.session.names_like(&start)),
            Ask::Tail => {
                let _ = answer.try_send(control::OK.to_owned());
                return self.tails.push(answer);
            }
        };
        let lines = match lines {
            Ok(lines) => [vec![control::OK.to_owned()], lines].concat(),
            Err(words) => vec![format!("{}{words}", control::ERROR)],
        };
        // In one piece, however many lines it has: the caller may be slow to take them.
        let _ = answer.try_send(lines.join("\n"));
    }

    /// Takes a line of another program like a typed one, and lets the person here see it.
    fn typed_from_outside(&mut self, line: &str, now: Moment) -> Result<(), String> {
        let before = self.outbox.events.len();
        self.session.typed(line, now, &mut self.outbox);
        let events = self.outbox.events.get(before..).unwrap_or_default();
        let refusal = events.iter().find_map(|event| match event {
            Event::Unsendable { words, .. } => Some(words.clone()),
            _ => None,
        });
        if let Some(words) = refusal {
            self.outbox.events.truncate(before);
            return Err(words);
        }
        let words = format!("from another program: {}", super::safe::safe(line));
        self.outbox.events.insert(before, Event::Note { words });
        Ok(())
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
    }

    /// Does what the session wants done, and lets the front end know.
    fn deliver(&mut self, now: Moment) {
        self.outbox.take_lines(&mut self.unsent);
        self.show(now.unix_seconds, now);
        for order in std::mem::take(&mut self.outbox.orders) {
            match order {
                Order::Close => self.close_wanted = true,
                Order::Reconnect { after } => {
                    // So that not everybody comes back in the same moment.
                    let jitter = after.mul_f64(fastrand::f64() / 4.0);
                    self.reconnect_at = Some(now.elapsed + after + jitter);
                }
                Order::Seek { server } => self.seek(server),
                Order::Local { line } => self.front.local(&line),
                Order::AskNick { nick, why } => self.front.ask_nick(nick, why),
                Order::End(outcome) => {
                    self.ended = true;
                    // The program may be over a moment later.
                    if let Some(log) = &self.log {
                        log.finish();
                    }
                    self.front.ended(outcome);
                }
            }
        }
        self.front.changed(&self.session, now.elapsed);
    }

    /// Looks for another server in a thread of its own: neither a name nor an address answers at
    /// once.
    fn seek(&self, server: String) {
        let (ways, sender) = (self.ways.clone(), self.sender.clone());
        thread::spawn(move || {
            super::terminal::leave_signals_to_main_thread();
            let found = ways.seek(&server);
            // Behind the end of the conversation nobody goes anywhere.
            if let Some(sender) = sender.upgrade() {
                let _ = sender.send(Command::Sought(server, found));
            }
        });
    }

    /// Shows and keeps what happened at that time, by the clock of the server where it tells.
    fn show(&mut self, unix_seconds: i64, now: Moment) {
        let mut events = std::mem::take(&mut self.outbox.events)
            .into_iter()
            .peekable();
        while let Some(event) = events.next() {
            self.pending.hear(&event, events.peek());
            if let Some(log) = &self.log {
                log.keep(&event, &self.stamp, unix_seconds, now.unix_seconds);
            }
            self.front.show(&event, unix_seconds, &self.session);
            if !self.tails.is_empty()
                && !matches!(event, Event::Sent { .. })
                && let Some(record) = Record::of(&event, unix_seconds, &self.stamp)
            {
                let line = record.line().trim_end().to_owned();
                // Who reads too slowly to hear all is not told a part.
                self.tails
                    .retain(|tail| tail.try_send(line.clone()).is_ok());
            }
        }
        if let Some(event) = self.outbox.found.take() {
            self.front.found(&event, unix_seconds);
        }
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

    fn now(&self) -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment {
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

/// An error of the system in words, without its number.
pub fn plain_words(error: &io::Error) -> String {
    let words = error.to_string();
    let end = words.find(" (os error").unwrap_or(words.len());
    let words = words.get(..end).unwrap_or_default();
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => words.to_owned(),
    }
}
