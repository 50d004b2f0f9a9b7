//! The delivery of lines: those in flight, those confirmed, and the number that may be in flight.
//!
//! It must not know sockets: a line counts as delivered when the server has answered for it.
//! `session` and, through it, `net` import it.

mod confirmation;
mod finish;
pub(super) mod in_flight;
pub(super) mod once_request;
mod queue;
mod requests;
mod resend;
mod responses;
pub(super) mod script_line;
mod window;
