//! The command line of `chatroomd`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use tracing::Level;

use super::load;
use crate::common::generate::Generated;
use crate::server::hub::{Limit, Limits};
use crate::wire::RoomName;

/// What can stand in the file, in words, up to the limits.
const CONFIG_HELP: &str = include_str!("help/config.txt");
const EXAMPLES: &str = include_str!("help/examples.txt");
/// The man page has a section for each part of this.
const MORE_HELP: &str = include_str!("help/more.txt");

/// A slim IRC server: one room for everybody, and as many more as they like.
///
/// What is not said here is looked up in the environment (CHATROOMD_LISTEN and so on), then in the
/// file given with --config.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "chatroomd",
    version,
    after_help = EXAMPLES.trim_end(),
    after_long_help = format!("{EXAMPLES}\n{MORE_HELP}\n{}", config_help()),
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct ServerOptions {
    /// Where to listen, 127.0.0.1:6667 unless told otherwise; can be given several times; port 0
    /// picks one
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_LISTEN",
        value_delimiter = ','
    )]
    pub listen: Vec<SocketAddr>,

    /// What the server calls itself, a host name in form
    #[arg(long, value_name = "SERVER.NAME", env = "CHATROOMD_NAME", value_parser = load::server_name)]
    pub name: Option<String>,

    /// What the network is called, one word
    #[arg(long, value_name = "NAME", env = "CHATROOMD_NETWORK", value_parser = load::network_name)]
    pub network: Option<String>,

    /// A file with the message of the day
    #[arg(long, value_name = "FILE", env = "CHATROOMD_MOTD")]
    pub motd: Option<PathBuf>,

    /// The room in which everybody is from the start; #lobby unless told otherwise
    #[arg(long, value_name = "ROOM", env = "CHATROOMD_LOBBY", value_parser = RoomName::parse)]
    pub lobby: Option<RoomName>,

    /// Put nobody into a room unasked
    #[arg(long)]
    pub no_lobby: bool,

    /// No flood control, no bound on connections: for benchmarks and tests
    #[arg(long)]
    pub no_limits: bool,

    /// Read settings from a TOML file
    #[arg(long, value_name = "FILE", env = "CHATROOMD_CONFIG")]
    pub config: Option<PathBuf>,

    /// Say whether the settings are right, and do nothing else
    #[arg(long)]
    pub check_config: bool,

    /// Log connections, too
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Log only what goes wrong
    #[arg(short, long)]
    pub quiet: bool,

    /// How the log on standard error is written
    #[arg(
        long,
        value_name = "FORMAT",
        env = "CHATROOMD_LOG_FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// What to do instead of serving.
    #[command(subcommand)]
    pub action: Option<ServerAction>,

    /// Print the man page or a shell's completions, and do nothing else
    #[arg(long, value_name = "WHAT")]
    pub generate: Option<Generated>,
}

/// What the program can do beside serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ServerAction {
    /// Read a password from standard input, and print what can stand for it in the file
    HashPassword,
}

/// The forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text an event.
    Text,
    /// A JSON object an event, one a line.
    Json,
}

impl ServerOptions {
    /// How much is logged.
    pub(in crate::server) fn log_level(&self) -> Level {
        match (self.verbose, self.quiet) {
            (true, _) => Level::DEBUG,
            (_, true) => Level::WARN,
            _ => Level::INFO,
        }
    }
}

/// What can stand in the file, in words; `config` checks that no key is missing here.
pub(super) fn config_help() -> String {
    let usual = &mut Limits::default();
    let limits = Limit::ALL.iter().map(|limit| {
        let setting = format!("{} = {}", limit.key, (limit.field)(usual));
        format!("  {setting:<30} {}", limit.description)
            .trim_end()
            .to_owned()
    });
    let limits: Vec<_> = limits.collect();
    format!("{CONFIG_HELP}{}", limits.join("\n"))
}
