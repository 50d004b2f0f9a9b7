//! The tables of the hub: people, rooms, masks, modes, operators and accounts. Each table keeps its own indexes
//! consistent.
//!
//! They know no command and send nothing. Only the hub and its commands import this folder.

pub(super) mod accounts;
pub(super) mod attempts;
pub(super) mod masks;
pub(super) mod modes;
pub(super) mod operators;
pub(super) mod people;
pub(super) mod rooms;
