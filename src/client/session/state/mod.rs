//! What the session knows: rooms, their members, and the ignore list.
//!
//! It sends nothing and shows nothing. Only the session imports it.

pub(super) mod attention;
pub(super) mod identity;
mod ignore_list;
mod member;
mod members;
mod people;
pub(super) mod rooms;
