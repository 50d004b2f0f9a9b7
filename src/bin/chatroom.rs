//! The client program: reads the options, runs, and returns an exit status.

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use chatting_room::client::{ClientOptions, HostedRoom, run};
use chatting_room::common::cli;
use chatting_room::server::{STOP_LINE, host_room};

/// The argument, followed by an address, with which the client starts itself to host the room. It is
/// no option, since no user needs it.
const HOST_ROOM: &str = "--host-room";
/// How often the client checks whether a hosted server has stopped, and how many times: the standard
/// library cannot wait with a time limit.
const STOP_CHECK: Duration = Duration::from_millis(5);
const STOP_CHECKS: usize = 400;

fn main() -> ExitCode {
    if let Some(address) = hosted_address() {
        // The client that has started this process reports the error.
        return host_room(address).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let options = cli::begin::<ClientOptions>().and_then(|line| {
        let checked = ClientOptions::check(&line.matches);
        line.into_options::<ClientOptions>(checked)
    });
    let options = match options {
        Ok(options) => options,
        Err(status) => return status.into(),
    };
    match run(&options, host) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report().into(),
    }
}

/// Where to host the room, if this process is to do that.
fn hosted_address() -> Option<SocketAddr> {
    let mut arguments = env::args_os().skip(1);
    let is_host = arguments.next()? == HOST_ROOM;
    let address = arguments.next().filter(|_| is_host)?;
    address.to_str()?.parse().ok()
}

/// Hosts the room in another process, which outlives this one.
fn host(address: SocketAddr) -> io::Result<Box<dyn HostedRoom>> {
    let mut server = Command::new(env::current_exe()?)
        .args([HOST_ROOM, &address.to_string()])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    if let Some(output) = server.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    match line.trim_end().strip_prefix("error ").map(str::parse) {
        Some(Ok(number)) if number > 0 => Err(io::Error::from_raw_os_error(number)),
        Some(_) => Err(io::Error::other("the server could not start")),
        None if line.is_empty() => Err(io::Error::other("the server has ended at once")),
        None => Ok(Box::new(HostProcess(server))),
    }
}

/// A server in a process of its own.
struct HostProcess(Child);

impl HostedRoom for HostProcess {
    fn close(mut self: Box<Self>) {
        if let Some(mut input) = self.0.stdin.take() {
            // A server that has ended already cannot be stopped.
            let _ = writeln!(input, "{STOP_LINE}");
        }
        for _ in 0..STOP_CHECKS {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(STOP_CHECK);
        }
    }
}
