//! Helpers for the tests of the server: a real server on its own port, and a small client that
//! waits for lines with a deadline instead of sleeping.

#![allow(dead_code)] // Each test binary uses a part of it.

pub(crate) mod accounts;
pub(crate) mod store;

use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The time limit of each step.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The next connection. Without a limit, a test whose client does not connect would wait for ever.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                assert!(Instant::now() < deadline, "no client connects");
                thread::park_timeout(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
    };
    stream.set_nonblocking(false).unwrap();
    stream
}

/// The server program on a free port. It is killed when a test drops it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_with(Command::new(env!("CARGO_BIN_EXE_chatroomd")), options)
    }

    /// A server with this configuration, which is written to a file in `folder`.
    pub(crate) fn start_in(folder: &Path, config: &str, options: &[&str]) -> Self {
        let file = folder.join("config.toml");
        fs::write(&file, config).unwrap();
        let named = ["--config", file.to_str().unwrap()];
        Self::start(&[&named[..], options].concat())
    }

    /// Like `start`, with a prepared command.
    pub(crate) fn start_with(mut command: Command, options: &[&str]) -> Self {
        let volume = (!options.contains(&"--verbose")).then_some("--quiet");
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .args(volume)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ");
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse();
        Self {
            child,
            address: address.unwrap(),
        }
    }

    /// A server that does not print its address, with a command that names the address itself.
    pub(crate) fn listening(command: &mut Command, address: SocketAddr) -> Self {
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let server = Self { child, address };
        // A client that connects often enough to a free port can connect to itself.
        let is_other = |stream: TcpStream| stream.local_addr().ok() != stream.peer_addr().ok();
        server.until("it listens", |_| {
            TcpStream::connect(address).is_ok_and(is_other)
        });
        server
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.pid());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    /// Waits for the end of the program.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not exit");
            thread::yield_now();
        }
    }

    /// Resident memory at the moment, in bytes.
    pub(crate) fn resident_bytes(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.unwrap().split_whitespace().nth(1).unwrap();
        number.parse::<usize>().unwrap() * 1024
    }

    /// The CPU time it has used so far.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        // A tick is a hundredth of a second on every Linux.
        Duration::from_millis(ticks * 10)
    }

    /// The number of open files.
    pub(crate) fn open_files(&self) -> usize {
        let list = fs::read_dir(format!("/proc/{}/fd", self.pid()));
        list.unwrap().count()
    }

    /// Waits until `holds` is true; `what` names it in the failure.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
            thread::yield_now();
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    /// A registered client that has read the welcome and the lobby's lines.
    pub(crate) fn enter(&self, nick: &str) -> Client {
        let mut client = self.connect();
        client.register(nick);
        client
    }

    /// The same with these capabilities, separated by spaces.
    pub(crate) fn enter_with(&self, nick: &str, capabilities: &str) -> Client {
        let mut client = self.enter(nick);
        client.send(&format!("CAP REQ :{capabilities}"));
        client.expect(" ACK ");
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection, line by line.
pub(crate) struct Client {
    stream: TcpStream,
    pending: Vec<u8>,
    fences: usize,
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            pending: Vec::new(),
            fences: 0,
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes());
    }

    /// Sends a line to a server that may have closed the connection already.
    pub(crate) fn send_quietly(&mut self, line: &str) {
        let _ = self.stream.write_all(format!("{line}\r\n").as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub(crate) fn register(&mut self, nick: &str) {
        self.send(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"));
        self.fence();
    }

    /// The next line without its ending; `None` at the end of the connection.
    pub(crate) fn read_line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let line = String::from_utf8(line).expect("all lines of the server are UTF-8");
                let line = line.strip_suffix("\r\n").expect("all lines end in CR LF");
                return Ok(Some(line.to_owned()));
            }
            let mut buffer = [0; 64 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next line, which must come.
    pub(crate) fn line(&mut self) -> String {
        let line = self.read_line().expect("a line in time");
        line.expect("a line before the end of the connection")
    }

    /// Reads up to the first line that contains `part`, and returns it.
    pub(crate) fn expect(&mut self, part: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(part) {
                return line;
            }
        }
    }

    /// All lines that the server has for this connection at the moment: those before the answer to
    /// a PING after all that was sent.
    pub(crate) fn fence(&mut self) -> Vec<String> {
        self.fences += 1;
        let token = format!("fence-{}", self.fences);
        self.send(&format!("PING {token}"));
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if line.contains(" PONG ") && line.ends_with(&token) {
                return lines;
            }
            lines.push(line);
        }
    }

    /// All lines up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.read_line().expect("the end in time") {
            lines.push(line);
        }
        lines
    }
}
