//! Turns the command line, the environment and the configuration file into the settings of the
//! server.
//!
//! It reads files and knows no socket. `daemon`, `embedded`, `logging` and the facade import it.

pub(super) mod file;
pub(super) mod load;
pub(super) mod options;
pub(super) mod settings;
mod validate;
