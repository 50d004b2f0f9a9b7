//! The mode and the size of the terminal.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// Keeps a terminal from echoing keys and from waiting for whole lines, as long as it lives.
///
/// The editor does so only while it reads a line. Keys pressed between two lines would be echoed
/// by the terminal, and some of them eaten.
#[derive(Debug)]
pub(in crate::client) struct RawModeGuard {
    before: Termios,
    quiet: Termios,
}

impl RawModeGuard {
    /// Quiets the terminal that is standard input.
    pub(in crate::client) fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN);
        quiet.input_modes &= !InputModes::ICRNL;
        tcsetattr(io::stdin(), OptionalActions::Drain, &quiet)?;
        Ok(Self { before, quiet })
    }

    /// Suspends the program, with the terminal as it was found.
    pub(in crate::client) fn suspend(&self) {
        // A terminal that is gone is noticed by who reads from it next.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
        suspend();
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.quiet);
    }
}

/// Suspends the program, as Ctrl-Z does with any other: returns when it goes on. Without a shell
/// that could let it go on, nothing happens.
pub(in crate::client) fn suspend() {
    // Whoever was started together with this program stops with it.
    let sent = kill(Pid::from_raw(0), Signal::SIGTSTP);
    debug_assert!(sent.is_ok(), "the program may stop itself");
}

impl Drop for RawModeGuard {
    fn drop(&mut self) {
        // The terminal may be gone, and then there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// Whether this says that the terminal is gone, as when its window is closed.
pub(in crate::client) fn is_hangup(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::EIO | Errno::ENXIO))
}

/// Whether somebody reads single keys from the terminal, Ctrl-C among them.
pub(in crate::client) fn is_raw() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ISIG))
}

/// How wide the terminal is, in cells; 80 where nobody knows, as the editor takes it to be.
pub(in crate::client) fn columns() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        _ => 80,
    }
}

/// How many rows the terminal has; where nobody knows, as many as anybody could want.
pub(in crate::client) fn rows() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_row > 0 => size.ws_row,
        _ => u16::MAX,
    }
}
