//! From the command line, the environment and the file to the settings of the server.
//!
//! It reads files and knows no socket. `daemon`, `embedded` and the administration import it.

pub(super) mod file;
pub(super) mod load;
pub(super) mod options;
