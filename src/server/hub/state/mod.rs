//! The tables of the hub: people, rooms, masks and modes. Each keeps its own indices equal.
//!
//! It knows no command and sends nothing; only the hub and its commands import it.

pub(super) mod masks;
pub(super) mod people;
pub(super) mod rooms;
