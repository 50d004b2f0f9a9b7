//! The start of both programs: parsing the command line and the environment.

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::sync::Arc;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, Parser};
use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;

use super::suggest::nearest;

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
        let error = match mistyped_command(&command, &error) {
            Some(words) => command.error(ErrorKind::InvalidSubcommand, words),
            None => error,
        };
        // If printing fails too, there is nowhere left to report it.
        let _ = error.print();
        if error.use_stderr() { 64 } else { 0 }
    })
}

/// What to say of an option that only a command has, after a word that is probably its mistyped name.
fn mistyped_command(program: &Command, error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let name = option.strip_prefix("--")?;
    let has_option = |command: &&Command| {
        let mut options = command.get_arguments();
        options.any(|argument| argument.get_long() == Some(name))
    };
    let typed: Vec<String> = env::args_os()
        .skip(1)
        .filter_map(|word| word.into_string().ok())
        .collect();
    let mut typed = typed.iter().take_while(|word| *word != option);
    typed.find_map(|word| {
        let commands = program.get_subcommands().filter(has_option);
        let meant = nearest(word, commands.map(Command::get_name))?;
        let program = program.get_name();
        (meant != word)
            .then(|| format!("there is no command {word:?}. Did you mean {program} {meant}?"))
    })
}
