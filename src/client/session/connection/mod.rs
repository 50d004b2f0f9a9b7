//! The lifetime of a connection: registration, capabilities, login, disconnect and reconnect.
//!
//! It must not know sockets. Only `session` imports it.

mod binding;
mod capabilities;
mod deferred_user;
mod disconnect;
pub(super) mod link;
mod login;
mod login_state;
pub(super) mod pending_pings;
mod pings;
pub(super) mod registration;
pub(super) mod server_capabilities;
mod server_clock;
mod wake;
mod wake_watch;
