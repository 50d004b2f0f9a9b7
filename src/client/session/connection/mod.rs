//! From the first line of a connection to its last: registration, capabilities, disconnect and
//! reconnect.
//!
//! It must not know sockets. Only `session` imports it.

pub(super) mod capabilities;
mod disconnect;
pub(super) mod link;
mod login;
pub(super) mod pings;
pub(super) mod registration;
mod wake;
