//! An IRC client for the terminal that never loses what you type, and a slim IRC server:
//! `chatroom` and `chatroomd`.
//!
//! # The map
//!
//! - [`wire`] is the IRC protocol, for both sides: bytes become lines, lines become messages,
//!   messages become requests and replies. It knows neither program.
//! - [`server`] is `chatroomd`. Its [hub](server::hub) is a deterministic state machine: no I/O, no
//!   clock, no randomness. The event loop in `server/net` moves bytes and reads the clock.
//! - [`client`] is `chatroom`. Its [session](client::session) is the deterministic core of one
//!   conversation; `client/net` drives it, `client/view` turns its events into text, and
//!   `client/editor` is the prompt.
//! - [`common`] is what both programs share besides IRC.
//!
//! Imports go one way: `wire` uses neither program, and the programs do not know each other. Only
//! `src/bin` and the tests bring them together. `ARCHITECTURE.md` has the tree, the table of allowed
//! imports and three walks through the code; `tests/tidy` checks the table.
//!
//! # For embedders
//!
//! [`server::EmbeddedServer`] runs a server inside another program. [`server::hub::Hub`] and
//! [`client::session::Session`] run in memory, without sockets; each has an example. Everything
//! else that is public serves the two programs. The feature `for-tests` makes more modules public,
//! and adds the invariant checks of the hub; neither program is built with it. `ARCHITECTURE.md`
//! lists the public surface.
//!
//! # Absent on purpose
//!
//! - Locks and shared state in the server: one thread owns everything.
//! - Links between servers: a room lives on one server.
//! - STARTTLS: a connection is encrypted from its first byte or not at all.
//! - Requests for history by the client: it shows what the server sends when it joins a room, and asks
//!   only a bouncer for what came while it was away. It can keep a log of what it has shown.

// The modules that are public for tests only have `pub` items.
#![cfg_attr(not(feature = "for-tests"), allow(unreachable_pub))]

pub mod client;
pub mod common;
pub mod server;
pub mod wire;
