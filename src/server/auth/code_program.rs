//! Runs the program that sends the code for the registration of an account, such as by mail.

use std::io::{self, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tracing::warn;

use crate::server::hub::task::ClearPassword;

/// How many of them run at once.
const PROGRAMS_MAX: usize = 8;
/// The interval of the checks whether one has ended: the standard library cannot wait with a time
/// limit.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// The number of checks after which it is killed: it has 20 seconds.
const LOOKS_MAX: u32 = 1_000;

/// The running programs.
#[derive(Debug, Default)]
pub(super) struct CodePrograms(Arc<AtomicUsize>);

impl CodePrograms {
    /// Runs a program in a thread of its own, and reports whether it has succeeded.
    pub(super) fn run(
        &self,
        command: Vec<String>,
        input: ClearPassword,
        report: impl Fn(bool) + Send + Clone + 'static,
    ) {
        let running = Arc::clone(&self.0);
        if running.fetch_add(1, Ordering::Relaxed) >= PROGRAMS_MAX {
            running.fetch_sub(1, Ordering::Relaxed);
            warn!("too many programs that send codes are running");
            return report(false);
        }
        let reported = report.clone();
        let finished = Arc::clone(&running);
        let started = thread::Builder::new()
            .name("code".to_owned())
            .spawn(move || {
                let sent = send(&command, &input);
                if let Err(error) = &sent {
                    let program = command.first().map_or("", String::as_str);
                    warn!(program, %error, "a code for an account was not sent");
                }
                finished.fetch_sub(1, Ordering::Relaxed);
                reported(sent.is_ok());
            });
        if let Err(error) = started {
            warn!(%error, "cannot start a thread");
            running.fetch_sub(1, Ordering::Relaxed);
            report(false);
        }
    }
}

fn send(command: &[String], input: &ClearPassword) -> io::Result<()> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    // A program that reads nothing may have ended.
    let _ = child
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(input.0.as_bytes()));
    let ended = wait(&mut child);
    if ended.is_err() {
        // It may end just now.
        let _ = child.kill();
        let _ = child.wait();
    }
    ended
}

fn wait(child: &mut Child) -> io::Result<()> {
    for _ in 0..LOOKS_MAX {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(format!("it has ended with {status}"))),
            None => thread::sleep(LOOK_INTERVAL),
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}
