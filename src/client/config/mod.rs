//! Resolves the server, nick and credentials from the command line, the environment and the
//! configuration file.
//!
//! It must not know the session or a socket, and asks no question. `storage`, `editor`, `net`,
//! `ui`, `app` and the facade `client` import it.

pub mod address;
pub(super) mod credentials;
pub mod file;
mod hints;
pub mod mechanism;
pub mod mistyped_command;
pub(super) mod network_key;
pub mod options;
pub mod proxy;
pub mod recipes;
pub(super) mod resolve;
pub(super) mod since;
pub mod trust;
pub(super) mod validate;
