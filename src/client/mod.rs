//! The client: a line editor above which messages appear, and a citizen of pipelines.
//!
//! What a person types and what a server says meet in the `session`, which decides and does
//! nothing itself: `input` understands the one, `wire` the other. `network` runs the session,
//! `screen` makes its events safe, coloured text, `scroll` is what stands above the prompt, `printer`
//! brings it to the terminal, `editor` is the prompt, and `title` that of the window. `interactive`,
//! `plain` and `script` put these together for a terminal, for whole lines, and for a pipeline;
//! `json` is the form in which programs read and write, `log` what is kept of it, `wait` what a
//! script waits for, `control` how other programs use a running session. `options`, `config` and
//! `address` say where to go and as whom, `secrets` with which passwords, `wishes` brings them
//! together, and `failure` says why it came to nothing; `questions` are what a person is asked
//! before.

pub mod address;
pub mod command;
mod complaint;
pub mod config;
mod control;
pub mod draft;
pub mod editor;
pub mod event;
mod failure;
mod interactive;
pub mod log;
pub mod network;
pub mod options;
mod plain;
pub mod printer;
mod questions;
pub mod recipes;
pub mod screen;
mod script;
pub mod scroll;
mod seat;
mod secrets;
pub mod session;
mod start;
pub mod terminal;
mod title;
mod wishes;

use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use address::Address;
pub use complaint::tell;
pub use failure::Failure;
use session::Outcome;
use signal_hook::consts::{SIGINT, SIGTERM};
pub use start::{Hosting, run};
use wishes::Ways;

/// Where a conversation takes place: a connection, and the way to have it again.
struct Place {
    stream: TcpStream,
    address: Address,
    /// From when on its time is counted.
    begun: Instant,
    /// The ways to other servers.
    ways: Ways,
    /// The folder of the log, where one is kept.
    log: Option<PathBuf>,
}

/// How a conversation ended.
struct Ending {
    /// Nothing when the program itself failed.
    outcome: Option<Outcome>,
    /// The signal that ended it, if one did.
    signal: Option<i32>,
}

/// What those who stay are told when a signal ends the program.
fn reason_for(signal: i32) -> &'static str {
    match signal {
        SIGINT => "interrupted",
        SIGTERM => "terminated",
        _ => "hung up",
    }
}

/// Panics on purpose where a test asks for it by `CHATROOM_TEST_PANIC`, which names a thread and
/// what it has to do, and by the line "panic". What is not built for tests does not have it.
fn panic_if_asked(thread: &str, text: &str) {
    let is_asked = || std::env::var("CHATROOM_TEST_PANIC").is_ok_and(|asked| asked == thread);
    if cfg!(debug_assertions) && text == "panic" && is_asked() {
        panic!("asked to, in the {thread}");
    }
}
