//! The tables of the hub: people, rooms, masks, modes, operators and accounts. Each table keeps its
//! own indexes consistent.
//!
//! They must not know a command, and send nothing. `hub` and, through it, `net` import it.

pub(super) mod accounts;
pub(super) mod attempts;
pub(super) mod bans;
pub(super) mod client_batch;
pub(super) mod markers;
pub(super) mod masks;
pub(super) mod modes;
pub(super) mod monitors;
pub(super) mod once;
pub(super) mod operators;
pub(super) mod pending_history;
pub(super) mod people;
pub(super) mod rooms;
pub(super) mod whowas;
