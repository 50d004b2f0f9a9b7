//! The client.
pub mod event;
pub mod input;
pub mod safe;
pub mod screen;
pub mod session;
pub mod words;
