//! The subcommand `chatroomd hash-password`: reads a password, prints its hash.

use std::io::{self, Write};

use crate::server::auth::password::hash;
use crate::server::error::ServerError;
use crate::server::password_input::read_password;

/// Reads a password from standard input and prints its hash.
pub(super) fn run() -> Result<(), ServerError> {
    let hash = read_password().and_then(|password| hash(&password));
    writeln!(io::stdout(), "{}", hash.map_err(ServerError::Password)?).map_err(ServerError::Output)
}
