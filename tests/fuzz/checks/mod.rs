//! What must hold for any bytes: one function a target. The fuzzer calls them with bytes of its
//! own making, and `tests/fuzzed.rs` with those that were worth keeping.

pub(crate) mod grammar;
pub(crate) mod hub;
pub(crate) mod kept;
pub(crate) mod safe;
pub(crate) mod session;
pub(crate) mod wire;
