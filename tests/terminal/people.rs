//! The other users: plain connections that send and read lines, a server for them, and a server
//! that sends exactly what a test says.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chatting_room::server::hub::Limits;
use chatting_room::server::{EmbeddedServer, Settings};

use super::screen::{Start, Terminal};

/// The time limit of each step. It is long, as only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server, bob in the lobby, and alice at a terminal.
pub(crate) struct Room {
    pub(crate) bob: Lines,
    pub(crate) alice: Terminal,
    /// Dropped last: it waits for the others to disconnect.
    pub(crate) host: Option<EmbeddedServer>,
}

impl Room {
    pub(crate) fn open() -> Self {
        Self::sized(24, 80)
    }

    pub(crate) fn sized(rows: u16, columns: u16) -> Self {
        let host = host_on(0);
        let address = host.address();
        let bob = Lines::enter(address, "bob");
        let alice = Start::as_nick("alice", address)
            .sized(rows, columns)
            .start();
        alice.is_in();
        let mut room = Self {
            host: Some(host),
            bob,
            alice,
        };
        room.bob.receives(":alice!");
        room
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.host.as_ref().unwrap().address()
    }
}

/// A server without flood control; port 0 means any port.
pub(crate) fn host_on(port: u16) -> EmbeddedServer {
    host_with(port, |_| {})
}

/// Like `host_on`, with other limits.
pub(crate) fn host_with(port: u16, change: impl FnOnce(&mut Limits)) -> EmbeddedServer {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut settings = Settings::listening_on(address);
    settings.hub.limits.enabled = false;
    settings.hub.limits.send_queue_bytes = 64 * 1024 * 1024;
    change(&mut settings.hub.limits);
    EmbeddedServer::start(&settings).unwrap()
}

/// The server as a separate program, which is killed when a test drops it.
pub(crate) struct Killable {
    program: Child,
    pub(crate) address: SocketAddr,
}

impl Killable {
    pub(crate) fn start_at(address: SocketAddr) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args(["--quiet", "--listen", &address.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.split_whitespace().last().unwrap().parse().unwrap();
        Self { program, address }
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.program.kill().unwrap();
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A connection that reads and sends lines: of another user, or the server's end of alice's.
pub(crate) struct Lines {
    stream: BufReader<TcpStream>,
    received: VecDeque<String>,
}

impl Lines {
    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            received: VecDeque::new(),
        }
    }

    /// Connects to the lobby under this nick.
    pub(crate) fn enter(address: SocketAddr, nick: &str) -> Self {
        let mut lines = Self::over(TcpStream::connect(address).unwrap());
        lines.sends(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"));
        lines.receives(" 366 ");
        lines
    }

    /// Sends a line, or several with their endings between them.
    pub(crate) fn sends(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.stream.get_mut().write_all(line.as_bytes()).unwrap();
    }

    /// Sends a message to the lobby.
    pub(crate) fn says(&mut self, text: &str) {
        self.sends(&format!("PRIVMSG #lobby :{text}"));
    }

    /// Reads up to the next line that contains this text, and returns it.
    pub(crate) fn receives(&mut self, text: &str) -> String {
        loop {
            let line = self.next_line(text);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Like `receives`, and answers each PING meanwhile.
    pub(crate) fn stays_until(&mut self, text: &str) -> String {
        loop {
            let line = self.next_line(text);
            if line.contains(text) {
                return line;
            }
            if line.contains("PING ") {
                self.sends("PONG :here");
            }
        }
    }

    /// Alice's next message to the lobby.
    pub(crate) fn receives_from_alice(&mut self) -> String {
        let line = self.receives(" PRIVMSG #lobby :");
        assert!(line.starts_with(":alice!"), "{line}");
        let (_, text) = line.split_once(" PRIVMSG #lobby :").unwrap();
        text.to_owned()
    }

    /// Waits until the other side has closed.
    pub(crate) fn receives_the_end(&mut self) {
        let mut line = Vec::new();
        while matches!(self.stream.read_until(b'\n', &mut line), Ok(count) if count > 0) {}
    }

    /// Closes, and waits until the other side has noticed.
    pub(crate) fn hangs_up(mut self) {
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
        self.receives_the_end();
    }

    fn next_line(&mut self, wanted: &str) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line);
        let last: Vec<&String> = self.received.iter().collect();
        match read {
            Ok(count) if count > 0 => {}
            other => panic!("{wanted:?} was never received ({other:?}), but before: {last:#?}"),
        }
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        if self.received.len() == 30 {
            self.received.pop_front();
        }
        self.received.push_back(line.clone());
        line
    }
}

/// A server that does nothing on its own.
pub(crate) struct Scripted {
    listener: TcpListener,
}

impl Scripted {
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        // Otherwise a failing test would wait for ever.
        listener.set_nonblocking(true).unwrap();
        Self { listener }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// The next connection, before any line.
    pub(crate) fn accepts(&self) -> Lines {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    return Lines::over(stream);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(Instant::now() < deadline, "no client connects");
                    thread::park_timeout(Duration::from_millis(1));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Alice at a terminal, and the server's end of her connection. She is in the lobby with bob.
    pub(crate) fn with_alice(start: impl FnOnce(Start) -> Start) -> (Self, Terminal, Lines) {
        let server = Self::listen();
        let alice = start(Start::as_nick("alice", server.address())).start();
        let mut lines = server.accepts();
        lines.lets_alice_in();
        alice.is_in();
        (server, alice, lines)
    }

    /// Like `with_alice`, for a user named bob who is asked for another nick.
    pub(crate) fn with_a_question_for_a_nick() -> (Self, Terminal, Lines) {
        let server = Self::listen();
        let person = Start::as_nick("bob", server.address()).start();
        let mut lines = server.accepts();
        lines.receives("NICK ");
        lines.sends(":fake 433 * bob :Nickname is already in use");
        person.shows("Choose another [bob_]: ");
        (server, person, lines)
    }
}

/// The lines that a scripted server sends.
impl Lines {
    /// Answers a registration, puts alice into the lobby, and answers the PING that follows.
    pub(crate) fn lets_alice_in(&mut self) {
        self.receives("NICK ");
        self.welcomes_alice();
    }

    pub(crate) fn welcomes_alice(&mut self) {
        self.sends(":fake 001 alice :Welcome alice!a@h\r\n:fake 422 alice :No greeting");
        self.puts_alice_into("#lobby");
        self.answers_a_question();
    }

    /// Answers the next `PING`.
    pub(crate) fn answers_a_question(&mut self) {
        let ping = self.receives("PING ");
        let token = ping.trim_start_matches("PING ").trim_start_matches(':');
        self.sends(&format!(":fake PONG fake :{token}"));
    }

    pub(crate) fn puts_alice_into(&mut self, room: &str) {
        self.sends(&format!(
            ":alice!a@h JOIN {room}\r\n\
             :fake 353 alice = {room} :alice bob\r\n\
             :fake 366 alice {room} :End"
        ));
    }

    /// Bob sends a message to the lobby.
    pub(crate) fn bob_says(&mut self, text: &str) {
        self.sends(&format!(":bob!b@h PRIVMSG #lobby :{text}"));
    }

    /// Alice's next message to the lobby.
    pub(crate) fn takes_from_alice(&mut self) -> String {
        let line = self.receives("PRIVMSG #lobby :");
        line.trim_start_matches("PRIVMSG #lobby :").to_owned()
    }
}
