//! Turns the command line, the environment and the configuration file into the settings of the
//! server.
//!
//! It reads files and must not know sockets. `admin`, `certificates`, `daemon`, `embedded`,
//! `hosted_room`, `logging`, `store` and the facade `server` import it.

pub(super) mod file;
pub(super) mod load;
pub(super) mod options;
pub(super) mod settings;
mod validate;
