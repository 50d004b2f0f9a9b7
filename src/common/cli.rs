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

/// The command line and the environment, read and not yet made into options.
#[derive(Debug)]
pub struct CommandLine {
    command: Command,
    /// The arguments, with their sources: the command line or the environment.
    pub matches: ArgMatches,
}

/// Reads the command line and the environment; an empty variable counts as unset.
///
/// # Errors
///
/// For `--help`, `--version` or a mistake the text is printed, and the error is the exit status.
pub fn begin<Options: Parser>() -> Result<CommandLine, u8> {
    // Exceeding a file size limit then is a write error, like a full disk, and not a fatal signal.
    // If this fails, the program still works.
    let _ = flag::register(SIGXFSZ, Arc::default());
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let mut command = Options::command().mut_args(|argument| match argument.get_env() {
        Some(name) if is_empty(name) => argument.env(None),
        _ => argument,
    });
    match command.try_get_matches_from_mut(env::args_os()) {
        Ok(matches) => Ok(CommandLine { command, matches }),
        Err(error) => Err(print(&match mistyped_command(&command, &error) {
            Some(words) => command.error(ErrorKind::InvalidSubcommand, words),
            None => error,
        })),
    }
}

impl CommandLine {
    /// The options, unless `checked` has found some that cannot be used together. A conflict is a
    /// sentence without its end.
    ///
    /// # Errors
    ///
    /// The mistake is printed, and the error is the exit status.
    pub fn into_options<Options: Parser>(
        mut self,
        checked: Result<(), impl Display>,
    ) -> Result<Options, u8> {
        if let Err(conflict) = checked {
            let error = self.command.error(ErrorKind::ArgumentConflict, conflict);
            return Err(print(&error));
        }
        Options::from_arg_matches_mut(&mut self.matches).map_err(|error| print(&error))
    }
}

/// Prints what ends the program at once, and returns the exit status.
fn print(error: &clap::Error) -> u8 {
    // If printing fails too, there is nowhere left to report it.
    let _ = error.print();
    if error.use_stderr() { 64 } else { 0 }
}

/// The hint for an option that only a command has, after a word that is probably its mistyped name.
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
