//! The command line of `chatroomd`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use tracing::Level;

use super::settings;
use crate::generate::Generated;
use crate::wire::RoomName;

/// A slim IRC server: one room for everybody, and as many more as they like.
///
/// What is not said here is looked up in the environment (CHATROOMD_LISTEN and so on), then in the
/// file given with --config.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "chatroomd",
    version,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{MORE_HELP}"),
    max_term_width = 100
)]
pub struct Options {
    /// Where to listen; can be given several times [default: 127.0.0.1:6667; port 0 picks one]
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_LISTEN",
        value_delimiter = ','
    )]
    pub listen: Vec<SocketAddr>,

    /// What the server calls itself, a host name in form
    #[arg(long, value_name = "SERVER.NAME", env = "CHATROOMD_NAME", value_parser = settings::server_name)]
    pub name: Option<String>,

    /// What the network is called, one word
    #[arg(long, value_name = "NAME", env = "CHATROOMD_NETWORK", value_parser = settings::network_name)]
    pub network: Option<String>,

    /// A file with the message of the day
    #[arg(long, value_name = "FILE", env = "CHATROOMD_MOTD")]
    pub motd: Option<PathBuf>,

    /// The room in which everybody is from the start [default: #lobby]
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

    /// Print the man page or a shell's completions, and do nothing else
    #[arg(long, value_name = "WHAT")]
    pub generate: Option<Generated>,
}

/// The forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text an event.
    Text,
    /// A JSON object an event, one a line.
    Json,
}

impl Options {
    /// What the command line and the environment say. When that is to be shown rather than run
    /// (help, or a mistake), it is shown, and the exit status comes back.
    pub fn read() -> Result<Self, u8> {
        Self::try_parse().map_err(|error| {
            // Nobody is left to be told when this cannot be shown either.
            let _ = error.print();
            if error.use_stderr() { 64 } else { 0 }
        })
    }

    /// How much is logged.
    pub(super) fn log_level(&self) -> Level {
        match (self.verbose, self.quiet) {
            (true, _) => Level::DEBUG,
            (_, true) => Level::WARN,
            _ => Level::INFO,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  chatroomd                        a room for the people on this machine
  chatroomd --listen 0.0.0.0:6667  a room for everybody who can reach this machine
  chatroomd --listen 127.0.0.1:0   on a port that is free; standard output says which";

/// The man page has a section for each part of this.
const MORE_HELP: &str = "\
Exit status:
  0   told to stop, by SIGTERM or SIGINT
  64  wrong options
  66  a file could not be read
  69  an address cannot be listened on
  71  the system refused something that any program can have
  74  writing the output failed
  78  wrong configuration

Files:
  FILE of --config  TOML, nothing of it needed: listen, name, network, motd or motd-file,
                    password or password-file, lobby, and a table [limits]";
