//! Signals that end the program.

use signal_hook::consts::{SIGINT, SIGTERM};

/// The reason that `QUIT` gives to the other users when this signal ends the program.
pub(in crate::client) fn quit_reason(signal: i32) -> &'static str {
    match signal {
        SIGINT => "interrupted",
        SIGTERM => "terminated",
        _ => "hung up",
    }
}
