//! Reads standard input in blocks and lines.
//!
//! The editor cannot read a pipe: it obeys control characters and stops at the first byte that is
//! not UTF-8. So lines are cut here, by the same code that cuts them on the wire.

use std::io::{self, Read as _};

use crate::client::event::InputError;
use crate::wire::Lines;

/// The longest line accepted from standard input, in bytes. A longer one is reported: a file without
/// line endings is a mistake.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// How much is read at once, in bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// The error for a line longer than the limit.
pub(super) const TOO_LONG: InputError = InputError::LineTooLong {
    bytes_max: LINE_BYTES_MAX,
};

/// Cuts standard input into lines.
pub(super) fn lines() -> Lines {
    Lines::new(LINE_BYTES_MAX)
}

/// The bytes to cut after `block` was read: at the end of input, the ending that the last line
/// lacks.
pub(super) fn complete<'b>(block: &'b [u8], lines: &Lines) -> &'b [u8] {
    match block {
        [] if lines.held_bytes() > 0 => b"\n",
        block => block,
    }
}

/// Gives each block of standard input to `take` as it arrives, and an empty one at the end, until
/// `take` returns false.
pub(super) fn read_blocks(mut take: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; BLOCK_BYTES];
    let mut input = io::stdin().lock();
    loop {
        let count = match input.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        let block = buffer.get(..count).unwrap_or_default();
        if !take(block) || count == 0 {
            return;
        }
    }
}
