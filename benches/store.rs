//! Messages on disk: how many are acknowledged in a second, how late, and what a slow disk costs
//! those who do not wait for it.
//!
//! `cargo bench --bench store`, with `-- --quick` for a short run. The server and a bare log that
//! is synced in the same way run one after the other on the same disk, so the ratio of both counts.
//! The slow disk needs strace.

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How many connections talk, each in a room of its own.
const CONNECTIONS: usize = 10;
/// The text of each message, in bytes.
const TEXT_BYTES: usize = 56;

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let time = Duration::from_secs(if is_quick { 2 } else { 10 });
    println!("{CONNECTIONS} connections, {TEXT_BYTES} bytes of text, a sync for each commit\n");
    for in_flight in [10, 100] {
        let folder = tempfile::tempdir().unwrap();
        let bare = bare_log(folder.path(), in_flight, time);
        let server = Chatroomd::start(folder.path());
        let stored = server.talk(in_flight, None, time);
        drop(server);
        print(&format!("bare log, {in_flight} in flight"), &bare, time);
        print(&format!("chatroomd, {in_flight} in flight"), &stored, time);
        println!("ratio: {:.2}\n", stored.len() as f64 / bare.len() as f64);
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Chatroomd::start(folder.path());
    let steady = server.talk(CONNECTIONS, Some(1_000), time);
    print("chatroomd, 1,000 messages a second", &steady, time);
    if let Some(strace) = server.slow_disk() {
        let talker = thread::scope(|scope| {
            let talking = scope.spawn(|| server.talk(CONNECTIONS, None, time));
            print("PING beside commits of 200 ms", &server.ping(time), time);
            talking.join().unwrap()
        });
        print("messages beside it", &talker, time);
        drop(strace);
    }
}

/// Prints the rate and the latencies, which are sorted.
fn print(what: &str, latencies: &[Duration], time: Duration) {
    let at = |part: f64| {
        let place = (latencies.len() as f64 * part) as usize;
        let latency = latencies.get(place).copied().unwrap_or_default();
        latency.as_secs_f64() * 1_000.0
    };
    let rate = latencies.len() as f64 / time.as_secs_f64();
    println!(
        "{what:<40} {rate:>9.0}/s   p50 {:>8.3} ms   p99 {:>8.3} ms",
        at(0.5),
        at(0.99)
    );
}

/// A file to which all that waits is appended and synced, over and over.
fn bare_log(folder: &Path, in_flight: usize, time: Duration) -> Vec<Duration> {
    let mut file = File::create(folder.join("bare")).unwrap();
    let (give, take) = channel::<Instant>();
    let (done, finished) = channel::<Vec<Instant>>();
    let writer = thread::spawn(move || {
        let line = [b'x'; TEXT_BYTES + 40];
        while let Ok(first) = take.recv() {
            let mut batch = vec![first];
            batch.extend(take.try_iter());
            file.write_all(&line.repeat(batch.len())).unwrap();
            file.sync_all().unwrap();
            if done.send(batch).is_err() {
                return;
            }
        }
    });
    let start = Instant::now();
    for _ in 0..in_flight {
        give.send(start).unwrap();
    }
    let mut latencies = Vec::new();
    while start.elapsed() < time {
        for begun in finished.recv().unwrap() {
            latencies.push(begun.elapsed());
            give.send(Instant::now()).unwrap();
        }
    }
    drop((give, finished));
    writer.join().unwrap();
    latencies.sort();
    latencies
}

/// A server with a store in which all rooms are kept.
struct Chatroomd {
    child: Child,
    address: String,
}

impl Drop for Chatroomd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Chatroomd {
    fn start(folder: &Path) -> Self {
        let config = folder.join("config.toml");
        fs::write(
            &config,
            "lobby = false\n[store]\nfolder = \"kept\"\nrooms = \"all\"\n",
        )
        .unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args([
                "--quiet",
                "--no-limits",
                "--listen",
                "127.0.0.1:0",
                "--config",
            ])
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .trim_start_matches("listening on ")
            .to_owned();
        Self { child, address }
    }

    fn connect(&self, nick: &str) -> Connection {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut connection = Connection {
            stream,
            buffer: Vec::new(),
        };
        connection.send(&format!(
            "CAP REQ :echo-message\r\nNICK {nick}\r\nUSER u 0 * :r\r\nCAP END\r\nJOIN #{nick}\r\n"
        ));
        connection.lines_until(b" 366 ");
        connection
    }

    /// Sends messages, `in_flight` at a time on all connections together or at a rate, and returns
    /// how long each acknowledgement took.
    fn talk(&self, in_flight: usize, per_second: Option<u64>, time: Duration) -> Vec<Duration> {
        thread::scope(|scope| {
            let talkers: Vec<_> = (0..CONNECTIONS)
                .map(|number| {
                    let connection = self.connect(&format!("t{number}"));
                    let window = in_flight / CONNECTIONS;
                    let pause = per_second
                        .map(|rate| Duration::from_secs(1) * CONNECTIONS as u32 / rate as u32);
                    let room = format!("#t{number}");
                    scope.spawn(move || connection.talk(&room, window, pause, time))
                })
                .collect();
            let all = talkers.into_iter().flat_map(|one| one.join().unwrap());
            let mut latencies: Vec<Duration> = all.collect();
            latencies.sort();
            latencies
        })
    }

    /// Sends a `PING` each millisecond, and returns how long each answer took.
    fn ping(&self, time: Duration) -> Vec<Duration> {
        let mut connection = self.connect("pinger");
        let mut latencies = Vec::new();
        let start = Instant::now();
        while start.elapsed() < time {
            let begun = Instant::now();
            connection.send("PING x\r\n");
            connection.lines_until(b" PONG ");
            latencies.push(begun.elapsed());
            thread::sleep(Duration::from_millis(1));
        }
        latencies.sort();
        latencies
    }

    /// Makes each sync take 200 ms, as long as the result exists. Only the thread that writes is
    /// traced, since that costs time at each system call.
    fn slow_disk(&self) -> Option<Strace> {
        let tasks = format!("/proc/{}/task", self.child.id());
        let is_store = |task: &fs::DirEntry| {
            fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "store\n")
        };
        let mut tasks = fs::read_dir(tasks).unwrap().flatten();
        let writer = tasks.find(is_store).unwrap();
        let strace = Command::new("strace")
            .args([
                "-qq",
                "-o",
                "/dev/null",
                "-p",
                writer.file_name().to_str().unwrap(),
            ])
            .args(["-e", "trace=fsync", "-e", "inject=fsync:delay_enter=200000"])
            .spawn();
        let Ok(strace) = strace else {
            println!("skipped: strace is missing");
            return None;
        };
        let status = writer.path().join("status");
        while fs::read_to_string(&status)
            .unwrap()
            .contains("TracerPid:\t0")
        {
            thread::yield_now();
        }
        Some(Strace(strace))
    }
}

struct Strace(Child);

impl Drop for Strace {
    fn drop(&mut self) {
        let pid = i32::try_from(self.0.id()).unwrap();
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(pid),
            nix::sys::signal::Signal::SIGTERM,
        );
        let _ = self.0.wait();
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads once, and returns how many of the lines contain `part`.
    fn count(&mut self, part: &[u8]) -> usize {
        let mut fresh = [0; 64 * 1024];
        let count = self.stream.read(&mut fresh).unwrap();
        assert!(count > 0, "the server has ended");
        self.buffer.extend_from_slice(&fresh[..count]);
        let end = self.buffer.iter().rposition(|byte| *byte == b'\n');
        let whole: Vec<u8> = self.buffer.drain(..end.map_or(0, |end| end + 1)).collect();
        let lines = whole.split(|byte| *byte == b'\n');
        lines
            .filter(|line| memchr::memmem::find(line, part).is_some())
            .count()
    }

    fn lines_until(&mut self, part: &[u8]) {
        while self.count(part) == 0 {}
    }

    fn talk(
        mut self,
        room: &str,
        window: usize,
        pause: Option<Duration>,
        time: Duration,
    ) -> Vec<Duration> {
        let line = format!("PRIVMSG {room} :{}\r\n", "x".repeat(TEXT_BYTES));
        let mut begun = VecDeque::new();
        let mut latencies = Vec::new();
        let start = Instant::now();
        let mut next = start;
        while start.elapsed() < time {
            let free = window - begun.len();
            self.stream.write_all(line.repeat(free).as_bytes()).unwrap();
            begun.extend(std::iter::repeat_n(Instant::now(), free));
            for _ in 0..self.count(b" PRIVMSG ") {
                latencies.push(begun.pop_front().unwrap().elapsed());
            }
            if let Some(pause) = pause {
                next += pause;
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        }
        latencies
    }
}
