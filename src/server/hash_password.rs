//! The subcommand `chatroomd hash-password`: reads a password, prints its hash.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::server::auth::password::hash;
use crate::server::error::ServerError;

/// Reads a password from standard input and prints its hash.
pub(super) fn run() -> Result<(), ServerError> {
    let hash = read_password().and_then(|password| hash(&password));
    writeln!(io::stdout(), "{}", hash.map_err(ServerError::Password)?).map_err(ServerError::Output)
}

fn read_password() -> io::Result<String> {
    let stdin = io::stdin();
    let is_typed = stdin.is_terminal();
    if is_typed {
        let _ = write!(io::stderr(), "Password: ");
    }
    let password = {
        let _hidden = is_typed.then(EchoOff::begin).transpose()?;
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        line
    };
    if is_typed {
        let _ = writeln!(io::stderr());
    }
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(io::Error::other("standard input is empty"));
    }
    Ok(password.to_owned())
}

/// Turns off the echo of the terminal until it is dropped.
struct EchoOff {
    before: Termios,
}

impl EchoOff {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let restored = Self {
            before: before.clone(),
        };
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                drop(restored);
                let _ = emulate_default_handler(signal);
            }
        });
        let mut hidden = before.clone();
        hidden.local_modes &= !LocalModes::ECHO;
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self { before })
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}
