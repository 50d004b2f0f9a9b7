//! The mode and the size of the terminal.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use rustix::termios::{LocalModes, SpecialCodeIndex, tcgetattr, tcgetwinsize};

/// Whether an error means that the terminal is closed, for example because its window is.
pub(in crate::client) fn is_hangup(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::EIO | Errno::ENXIO))
}

/// Whether the terminal is in raw mode, in which Ctrl-C arrives as a key.
pub(in crate::client) fn is_raw() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ISIG))
}

/// How many bytes a read waits for where the editor takes Ctrl-C as a key between two lines too. Nothing
/// is read there, and the editor sets 1 while it reads: so this tells the two modes apart.
pub(super) const READ_BYTES_BETWEEN_LINES: u8 = 2;

/// Whether the terminal is in the mode that the editor sets while it reads a line.
pub(in crate::client) fn is_editing() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| {
        let is_raw = !modes.local_modes.contains(LocalModes::ISIG);
        is_raw && modes.special_codes[SpecialCodeIndex::VMIN] != READ_BYTES_BETWEEN_LINES
    })
}

/// Whether the terminal shows what is typed.
pub(in crate::client) fn echoes() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ECHO))
}

/// The width of the terminal in cells; 80 where it is unknown, which is also the editor's default.
pub(in crate::client) fn columns() -> u16 {
    columns_of(&io::stdin()).unwrap_or(80)
}

/// The width of a terminal in cells; `None` if it is unknown, or the output is none.
pub(super) fn columns_of(output: &impl AsFd) -> Option<u16> {
    let size = tcgetwinsize(output).ok()?;
    Some(size.ws_col).filter(|columns| *columns > 0)
}

/// The height of the terminal in rows; [`u16::MAX`] where it is unknown.
pub(in crate::client) fn rows() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_row > 0 => size.ws_row,
        _ => u16::MAX,
    }
}
