//! Reads a password: from a terminal without showing it, or from standard input in a script.
//!
//! `hash_password` and `admin` import it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Reads a password, which is the first line of standard input unless that is a terminal.
pub(super) fn read_password() -> io::Result<String> {
    read_hidden("Password: ")
}

/// The same for a password that is new: at a terminal it is asked for twice.
#[cfg(feature = "store")]
pub(super) fn read_new_password() -> io::Result<String> {
    let password = read_password()?;
    if io::stdin().is_terminal() && read_hidden("Repeat the password: ")? != password {
        return Err(io::Error::other(
            "the two passwords differ; nothing was changed",
        ));
    }
    Ok(password)
}

fn read_hidden(prompt: &str) -> io::Result<String> {
    let stdin = io::stdin();
    let is_typed = stdin.is_terminal();
    if is_typed {
        let _ = write!(io::stderr(), "{prompt}");
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
