//! A chat room over sockets: `chatroomd`, a slim server, and `chatroom`, a line-editing client.

pub mod client;
pub mod generate;
pub mod server;
pub mod wire;
