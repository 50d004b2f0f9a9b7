//! What the server sends: messages, numerics, errors, and answers that come in many lines.
//!
//! It decides nothing about what a user types. Only the session imports it.

pub(super) mod errors;
mod listings;
mod messages;
pub(super) mod numerics;
pub(super) mod queries;
