//! server
pub mod hub;
