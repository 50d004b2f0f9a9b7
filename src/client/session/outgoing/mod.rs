//! What the user types: commands carried out, targets chosen, messages sent.
//!
//! It parses no text; `command` does. Only the session imports it.

pub(super) mod analyze;
mod execute;
mod help;
pub(super) mod send;
pub(super) mod sent_commands;
mod target;
mod unsent;
