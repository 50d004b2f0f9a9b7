//! How both programs begin.

use std::env;
use std::ffi::OsStr;
use std::sync::Arc;

use clap::Parser;
use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;

/// What the command line and the environment say together; a variable that is empty says nothing.
/// When that is to be shown rather than run (help, or a mistake), it is shown, and the exit status
/// comes back.
pub fn begin<Options: Parser>() -> Result<Options, u8> {
    // A limit on the size of files would end the program; now it is an error like a full disk.
    // When that cannot be had, the program works all the same.
    let _ = flag::register(SIGXFSZ, Arc::default());
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let command = Options::command().mut_args(|argument| match argument.get_env() {
        Some(name) if is_empty(name) => argument.env(None),
        _ => argument,
    });
    let matches = command.try_get_matches();
    let options = matches.and_then(|mut matches| Options::from_arg_matches_mut(&mut matches));
    options.map_err(|error| {
        // Nobody is left to be told when this cannot be shown either.
        let _ = error.print();
        if error.use_stderr() { 64 } else { 0 }
    })
}
