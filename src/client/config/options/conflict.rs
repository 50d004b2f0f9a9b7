//! Options that cannot be used together.

use std::fmt;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory as _};

use super::ClientOptions;

/// Whether an option before a command, which is named by its words, has an effect together with it.
/// The options that only the command has are after it, and clap refuses all others there.
fn has_effect(command: &str, id: &str) -> bool {
    let effective: &[&str] = match command {
        "ask" | "msg" => &[
            "server",
            "nick",
            "rooms",
            "password_file",
            "fingerprint",
            "insecure",
            "timeout",
            "format",
            "color",
            "quiet",
        ],
        "log" => &["server", "format", "color"],
        "ctl tail" => &["server", "session", "timeout", "format", "color"],
        "ctl send" | "ctl who" | "ctl rooms" | "ctl names" => &["server", "session", "timeout"],
        _ => &[],
    };
    let of_msg = command == "msg" && ["follow", "verbose"].contains(&id);
    // Each command reads the configuration, and reports what is wrong in it.
    effective.contains(&id) || of_msg || id == "config"
}

impl ClientOptions {
    /// Refuses options of the command line that do nothing together with its command, and those that
    /// exclude each other before and after it.
    pub fn check(matches: &ArgMatches) -> Result<(), OptionConflict> {
        let Some((command, of_command)) = matches.subcommand() else {
            return Ok(());
        };
        let is_given = |matches: &ArgMatches, id: &str| {
            matches.try_contains_id(id).is_ok_and(|has| has)
                && matches.value_source(id) == Some(ValueSource::CommandLine)
        };
        let path = match of_command.subcommand() {
            Some((part, _)) => format!("{command} {part}"),
            None => command.to_owned(),
        };
        let root = Self::command();
        let before = root.get_arguments().map(|argument| (matches, argument));
        // Options between `ctl` and its request; other commands have none in such a place.
        let ctl = root.find_subcommand(command);
        let ctl = ctl.filter(|_| of_command.subcommand().is_some());
        let ctl = ctl.into_iter().flat_map(Command::get_arguments);
        for (level, argument) in before.chain(ctl.map(|argument| (of_command, argument))) {
            let id = argument.get_id().as_str();
            if is_given(level, id) && !has_effect(&path, id) {
                return Err(OptionConflict::NoEffect {
                    option: argument.get_long().map(str::to_owned),
                    command: path,
                });
            }
        }
        let either = |id| is_given(matches, id) || is_given(of_command, id);
        match either("insecure") && either("fingerprint") {
            true => Err(OptionConflict::InsecureWithFingerprint),
            false => Ok(()),
        }
    }
}

/// Options that cannot be used together. Its `Display` is a sentence without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionConflict {
    /// The option does nothing with this command.
    NoEffect {
        /// Its name; `None` for an argument, which is a server.
        option: Option<String>,
        /// The command.
        command: String,
    },
    /// One certificate is expected, and any certificate is accepted.
    InsecureWithFingerprint,
}

impl fmt::Display for OptionConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEffect { option, command } => {
                match option {
                    Some(option) => write!(f, "--{option}")?,
                    None => f.write_str("a server")?,
                }
                write!(f, " does nothing with chatroom {command}")
            }
            Self::InsecureWithFingerprint => {
                f.write_str("--insecure cannot be used with --fingerprint")
            }
        }
    }
}

impl std::error::Error for OptionConflict {}
