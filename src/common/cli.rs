//! The start of both programs: parsing the command line and the environment.

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{ArgMatches, Parser};
use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;

/// Parses the command line and the environment; an empty variable counts as unset. For `--help`,
/// `--version` or a mistake it prints the text and returns the exit status as the error.
///
/// `check` refuses options that cannot be used together; its error is a sentence without its end.
pub fn begin<Options: Parser, Conflict: Display>(
    check: fn(&ArgMatches) -> Result<(), Conflict>,
) -> Result<Options, u8> {
    // Exceeding a file size limit then is a write error, like a full disk, and not a fatal signal.
    // If this fails, the program still works.
    let _ = flag::register(SIGXFSZ, Arc::default());
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let mut command = Options::command().mut_args(|argument| match argument.get_env() {
        Some(name) if is_empty(name) => argument.env(None),
        _ => argument,
    });
    let matches = command.try_get_matches_from_mut(env::args_os());
    let options = matches.and_then(|mut matches| {
        let refused = |conflict| command.error(ErrorKind::ArgumentConflict, conflict);
        check(&matches).map_err(refused)?;
        Options::from_arg_matches_mut(&mut matches)
    });
    options.map_err(|error| {
        // If printing fails too, there is nowhere left to report it.
        let _ = error.print();
        if error.use_stderr() { 64 } else { 0 }
    })
}
