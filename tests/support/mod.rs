//! Helpers for the tests of the client program and of other programs: their output and their
//! screens are waited for with a deadline.

#![allow(dead_code)] // Each test binary uses a part of it.

pub(crate) mod home;
pub(crate) mod proxy;
pub(crate) mod recorder;
pub(crate) mod socks;
pub(crate) mod terminal;
#[cfg(feature = "tls")]
pub(crate) mod tls_peer;

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::{Client, PATIENCE};

/// Sends a message to the lobby.
pub(crate) fn say(person: &mut Client, text: &str) {
    person.send(&format!("PRIVMSG #lobby :{text}"));
}

/// The messages of `nick` that this client has received so far, in order.
pub(crate) fn messages_from(person: &mut Client, nick: &str) -> Vec<String> {
    let start = format!(":{nick}!");
    let lines = person.fence();
    let said = lines.iter().filter_map(|line| {
        let (_, said) = line.strip_prefix(&start)?.split_once(" PRIVMSG ")?;
        Some(said.split_once(" :")?.1.to_owned())
    });
    said.collect()
}

/// `chatroom` with a clean environment and no user configuration.
pub(crate) fn chatroom(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroom"));
    command.env_clear().env("HOME", "/nonexistent");
    command.env("TZ", "UTC").args(arguments);
    command
}

/// A running program. It is killed when a test drops it.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    pub(crate) out: Output,
    pub(crate) err: Output,
}

/// The exit status and the output of a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        Self::start_with_output(command)
    }

    /// Like [`Program::start`], for a command whose output is already redirected.
    pub(crate) fn start_with_output(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The command's copies of the pipes must not keep them open.
        drop(command);
        let out = match child.stdout.take() {
            Some(stream) => Output::of(stream),
            None => Output::of(std::io::empty()),
        };
        let err = Output::of(child.stderr.take().unwrap());
        let input = child.stdin.take();
        Self {
            child,
            input,
            out,
            err,
        }
    }

    /// Writes bytes to standard input, which stays open.
    pub(crate) fn give(&mut self, bytes: impl AsRef<[u8]>) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes.as_ref()).unwrap();
        input.flush().unwrap();
    }

    /// Like `give`, for a program that may have ended.
    pub(crate) fn try_give(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.input.as_mut().unwrap().write_all(bytes.as_ref())
    }

    /// Closes standard input.
    pub(crate) fn end_input(&mut self) {
        drop(self.input.take());
    }

    /// The peak memory so far, in bytes.
    pub(crate) fn most_memory_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<usize>().unwrap() * 1024
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// Waits for the end of the program and leaves its standard input as it is.
    pub(crate) fn finish(mut self) -> Finished {
        let out = self.out.all();
        let err = self.err.all();
        // The outputs are closed, so the program has nothing left to do.
        let status: ExitStatus = self.child.wait().unwrap();
        Finished {
            status: status.code(),
            out,
            err,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The output of a program on one stream so far.
pub(crate) struct Output {
    shared: Arc<(Mutex<Written>, Condvar)>,
}

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    ended: bool,
}

impl Output {
    pub(crate) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let shared = Arc::new((Mutex::new(Written::default()), Condvar::new()));
        let written = Arc::clone(&shared);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                // Reading a pseudo-terminal fails when its program ends.
                let count = stream.read(&mut buffer).unwrap_or(0);
                // A test that failed meanwhile no longer needs the rest.
                let Ok(mut state) = written.0.lock() else {
                    return;
                };
                state.bytes.extend_from_slice(&buffer[..count]);
                state.ended = count == 0;
                written.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { shared }
    }

    /// Waits until the output contains `part`, and returns all output so far.
    pub(crate) fn wait_for(&self, part: &str) -> String {
        let text = self.wait(|text, ended| ended || text.contains(part));
        assert!(text.contains(part), "{part:?} did not come: {text:?}");
        text
    }

    /// Whether the stream has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.0.lock().unwrap().ended
    }

    /// All output so far.
    pub(crate) fn so_far(&self) -> String {
        self.wait(|_, _| true)
    }

    /// Waits until `enough` holds for the output so far, and returns it.
    pub(crate) fn wait_until(&self, enough: impl Fn(&str) -> bool) -> String {
        self.wait(|text, ended| ended || enough(text))
    }

    /// Like `wait_until`, with a longer time limit.
    pub(crate) fn wait_long(&self, minutes: u64, enough: impl Fn(&str) -> bool) -> String {
        let patience = Duration::from_secs(minutes * 60);
        self.wait_within(patience, |text, ended| ended || enough(text))
    }

    /// Waits for the end of the stream, and returns all of it.
    pub(crate) fn all(&self) -> String {
        self.wait(|_, ended| ended)
    }

    fn wait(&self, enough: impl Fn(&str, bool) -> bool) -> String {
        self.wait_within(PATIENCE, enough)
    }

    fn wait_within(&self, patience: Duration, enough: impl Fn(&str, bool) -> bool) -> String {
        let deadline = Instant::now() + patience;
        let (written, changed) = &*self.shared;
        let mut state = written.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&state.bytes);
            if enough(&text, state.ended) {
                return text.into_owned();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "not in {patience:?}; so far: {text:?}");
            drop(text);
            state = changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

/// Runs a program with this input until it ends.
pub(crate) fn run(command: Command, input: impl AsRef<[u8]>) -> Finished {
    let mut program = Program::start(command);
    let input = input.as_ref();
    // A program that has already ended reads nothing.
    if let Some(stream) = &mut program.input {
        let _ = stream.write_all(input);
    }
    program.end_input();
    program.finish()
}

/// Whether this program is installed.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}
