//! Which lines are in flight, which were confirmed, and how many may be in request at once.
//!
//! It knows no socket: a line counts as delivered when the server has answered for it. Only the
//! session imports it.

mod confirmation;
mod finish;
pub(super) mod in_flight;
mod queue;
pub(super) mod report;
mod responses;
mod window;
