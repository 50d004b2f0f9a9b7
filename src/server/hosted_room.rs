//! The server that a client starts as a process of its own, when no server is listening.
//!
//! The client starts its own executable again with a hidden option. This process reports its
//! address, or why it cannot listen, on standard output, and then serves until it receives the stop
//! line, or until a while after the last person has left. Neither a stopped nor a killed client
//! ends it.

use std::io::{self, BufRead as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use crate::server::auth::worker;
use crate::server::config::settings::Settings;
use crate::server::error::ServerError;
use crate::server::net::{ListenSource, Reactor};

/// How long the room stays after the last connection has closed.
const EMPTY_TIME: Duration = Duration::from_secs(60);

/// The line on standard input that ends the server. The end of the input does not.
pub const STOP_LINE: &str = "stop";

/// Serves a room until it is stopped or a while after the last user, in a session of its own, so that neither the
/// signals nor the end of the client's terminal reach it.
///
/// Standard output gets one line: the address it listens on, or `error NUMBER`, with the system's
/// number of the error (0 without one).
///
/// # Errors
///
/// The same error as on standard output, or one of waiting for events.
pub fn host_room(address: SocketAddr) -> Result<(), ServerError> {
    // It fails only in a process that leads a group already, which no terminal can reach either.
    let _ = nix::unistd::setsid();
    let (stop, stopped) = UnixStream::pair()?;
    let mut reactor = match room_at(address, stopped) {
        Ok(reactor) => reactor,
        Err(error) => {
            let number = match &error {
                ServerError::CannotListen { error, .. } => error.raw_os_error(),
                _ => None,
            };
            report(&format!("error {}", number.unwrap_or_default()));
            return Err(error);
        }
    };
    reactor.stop_when_empty_for(EMPTY_TIME);
    for signal in [SIGTERM, SIGINT] {
        pipe::register(signal, stop.try_clone()?)?;
    }
    if let Some((address, _)) = reactor.addresses().next() {
        report(&address.to_string());
    }
    thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            wait_for_stop(&stop);
            // Its end would stop the server, which outlives the client.
            std::mem::forget(stop);
        })?;
    reactor.run()
}

fn room_at(address: SocketAddr, stop: UnixStream) -> Result<Reactor, ServerError> {
    let settings = Settings::listening_on(address);
    let listen = ListenSource::at(settings.addresses(), &[]);
    Reactor::new(listen, settings.hub, stop, worker::start)
}

/// The client reads the line at once, or is gone and does not need it.
fn report(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Stops the server at the stop line.
fn wait_for_stop(mut stop: &UnixStream) {
    let lines = io::stdin().lock().lines();
    if lines.map_while(Result::ok).any(|line| line == STOP_LINE) {
        // It fails when the server has ended already.
        let _ = stop.write_all(b"x");
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::sync::mpsc::{self, RecvTimeoutError};

    use super::*;

    #[test]
    fn a_room_ends_a_while_after_the_last_connection_and_not_before() {
        let (_stop, stopped) = UnixStream::pair().unwrap();
        let mut reactor = room_at(([127, 0, 0, 1], 0).into(), stopped).unwrap();
        reactor.stop_when_empty_for(Duration::from_millis(300));
        let (address, _) = reactor.addresses().next().unwrap();
        let person = TcpStream::connect(address).unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(reactor.run().is_ok()));
        let wait = |milliseconds| end.recv_timeout(Duration::from_millis(milliseconds));
        assert_eq!(wait(900), Err(RecvTimeoutError::Timeout));
        drop(person);
        assert_eq!(wait(100), Err(RecvTimeoutError::Timeout));
        assert_eq!(wait(10_000), Ok(true));
    }
}
