//! A chat room over sockets: `chatroomd`, a slim server, and `chatroom`, a line-editing client.
//!
//! # The map
//!
//! - [`wire`] is what travels between the two: bytes as lines, lines as messages, messages as
//!   requests and replies, and which names are the same. It is IRC, so other clients and servers
//!   fit. It knows neither side.
//! - [`server`] is `chatroomd`. Its hub decides everything and does nothing: no sockets, no clock,
//!   no chance. Its reactor has the sockets and decides nothing.
//! - [`client`] is `chatroom`. Its session decides everything and does nothing; its network, its
//!   editor and its printer do, each in a thread of its own.
//! - [`program`] is how both programs begin, [`configuration`] is how they read a file of settings
//!   and tell a mistake in it, and [`generate`] prints man pages and completions for both.
//!
//! Arrows go one way: `wire` uses neither side, and the sides do not know each other. Only the
//! client's program, and the tests, bring them together.
//!
//! # Two walks
//!
//! *`@bob hi`, from alice's keyboard to bob's screen.* `client::editor` reads the line and hands
//! it to `client::network`; `client::input` makes it "say *hi* to bob"; `client::session` checks
//! that it fits in a line and writes `PRIVMSG bob :hi` with [`wire::request`]. The bytes reach the
//! server's reactor, [`wire::lines`] cuts one line, the hub reads it as a request, looks up bob
//! and puts one line and one address in its outbox; the reactor adds the line to what bob's
//! connection has waiting, and writes at the end of its turn. Bob's `network` and `session` make
//! it an event, `client::screen` makes that safe, coloured text, and `client::printer` has it
//! printed above what bob is typing.
//!
//! *A second bob is refused.* His `NICK Bob` reaches the hub in the same way, which finds the name
//! taken by another connection. The one place that answers sends the `433` of [`wire::reply`].
//! His session is still registering, so he is asked for another nick; a script ends with status
//! 77. Nobody in any room has heard of him.
//!
//! # What is absent on purpose
//!
//! - Locks and shared state in the server: one thread, one owner of everything.
//! - Talk between servers: a room lives in one place.
//! - Encryption and accounts: run it where the network is trusted, or behind a tunnel.
//! - Memory of what was said, on the server: who was not there has not heard it. The client keeps
//!   a log of what it has seen, where it is asked to.

pub mod client;
pub mod common;
pub mod server;
pub mod wire;
