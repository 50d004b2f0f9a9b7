//! What each request of a client does. [`Hub::act`](super::Hub) hands it to one handler.
//!
//! A handler changes the state and returns an error instead of answering with it. Only the hub
//! imports this folder.

mod help;
mod list;
mod membership;
pub(super) mod messages;
mod moderation;
pub(super) mod monitor;
mod operators;
mod queries;
pub(super) mod registration;
mod room_modes;
pub(super) mod user_modes;
mod welcome;
mod who;
pub(super) mod whowas;
