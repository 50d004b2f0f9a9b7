//! The real client in a terminal: a pseudo-terminal, an emulator that reads the screen, and other
//! users who talk meanwhile.
//!
//! Each test asks for the screen as it is in the end: every message once and in order, the typed
//! line whole, the cursor in the right cell. Nothing here sleeps: `settles` waits until all that
//! was ever drawn is exactly what is expected, and a message that is on the screen is the sign
//! that those before it have been dealt with.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong here has found something"
)]

mod people;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/proxy.rs"]
mod proxy;
mod screen;
mod tmux;

mod accounts;
mod bouncers;
mod certificates;
mod drafts;
mod faults;
mod hostile;
mod keys;
mod leaving;
mod networks;
mod plain;
mod prompt;
mod reflow;
mod reports;
mod secrets;
mod starting;
mod stopping;
mod title;
mod typing;
mod wrapping;
