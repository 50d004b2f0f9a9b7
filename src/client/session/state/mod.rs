//! What the session knows: rooms, their members, and the ignore list.
//!
//! It sends nothing and shows nothing. Only the session imports it.

pub(super) mod ignore_list;
mod members;
pub(super) mod rooms;
