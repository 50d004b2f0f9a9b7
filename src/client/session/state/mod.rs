//! The state of the session: rooms, their members, and the ignore list.
//!
//! It must not know requests or events: it sends nothing and shows nothing. Only `session` imports
//! it.

pub(super) mod attention;
mod ctcp_answers;
mod departed;
pub(super) mod identity;
mod ignore_list;
mod member;
mod members;
mod people;
pub(super) mod rooms;
