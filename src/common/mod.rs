//! What both programs share besides IRC: the start of a program, configuration files, generated
//! documents, and the sanitizing of text from the network.
//!
//! It knows neither program. Both sides import it; it imports `wire` only.

pub mod cli;
pub mod config_file;
pub mod generate;
pub mod sanitize;
