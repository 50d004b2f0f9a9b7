//! The mode and the size of the terminal.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// Turns off echo and line buffering of the terminal for as long as it lives.
///
/// The editor does this only while it reads a line. Without the guard the terminal would echo the
/// keys pressed between two lines, and lose some of them.
#[derive(Debug)]
pub(in crate::client) struct RawModeGuard {
    original: Termios,
    raw: Termios,
}

impl RawModeGuard {
    /// Sets the mode of the terminal that is standard input.
    ///
    /// # Errors
    ///
    /// Fails when standard input is not a terminal.
    pub(in crate::client) fn new() -> io::Result<Self> {
        let original = tcgetattr(io::stdin())?;
        let mut raw = original.clone();
        raw.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN);
        raw.input_modes &= !InputModes::ICRNL;
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self { original, raw })
    }

    /// Suspends the program. Until it continues, the terminal has its original mode.
    pub(in crate::client) fn suspend(&self) {
        // A closed terminal is noticed at the next read.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.original);
        suspend();
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.raw);
    }
}

/// Suspends the program as Ctrl-Z does, and returns when it continues. Without a shell that could
/// continue it, nothing happens.
pub(in crate::client) fn suspend() {
    // The other programs of the same pipeline stop, too.
    let sent = kill(Pid::from_raw(0), Signal::SIGTSTP);
    debug_assert!(sent.is_ok(), "a process can stop its own process group");
}

impl Drop for RawModeGuard {
    fn drop(&mut self) {
        // If the terminal is closed, there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.original);
    }
}

/// Whether an error means that the terminal is closed, for example because its window is.
pub(in crate::client) fn is_hangup(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::EIO | Errno::ENXIO))
}

/// Whether the terminal is in raw mode, in which Ctrl-C arrives as a key.
pub(in crate::client) fn is_raw() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ISIG))
}

/// The width of the terminal in cells; 80 where it is unknown, which is also the editor's default.
pub(in crate::client) fn columns() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        _ => 80,
    }
}

/// The height of the terminal in rows; [`u16::MAX`] where it is unknown.
pub(in crate::client) fn rows() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_row > 0 => size.ws_row,
        _ => u16::MAX,
    }
}
