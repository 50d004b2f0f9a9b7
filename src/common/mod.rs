//! What both programs share besides IRC: the start of a program, configuration files, generated
//! documents, the sanitizing of text from the network, and I/O errors as text.
//!
//! It knows neither program. Both sides import it; it imports `wire` only.

pub mod cli;
pub mod config_file;
pub mod generate;
pub mod io_error;
pub mod sanitize;
pub mod test_hooks;
