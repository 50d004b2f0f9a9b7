//! Properties that hold for any bytes: one function per target. The fuzzer calls them with its own
//! bytes, and `tests/fuzzed.rs` with the stored inputs.

pub(crate) mod grammar;
pub(crate) mod hub;
pub(crate) mod kept;
#[cfg(all(feature = "tls", feature = "websocket"))]
pub(crate) mod layers;
pub(crate) mod safe;
pub(crate) mod sasl;
pub(crate) mod session;
pub(crate) mod sts;
pub(crate) mod wire;
