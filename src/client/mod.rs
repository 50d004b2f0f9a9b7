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

mod app;
pub mod command;
pub mod config;
mod control;
mod editor;
pub mod event;
pub mod net;
pub mod session;
pub mod storage;
mod terminal;
mod ui;
pub mod view;

use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

pub use app::error::Failure;
pub use app::{Hosting, run};
use config::address::Address;
use config::resolve::Ways;
use session::Outcome;
pub use terminal::stderr::report;

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
