//! The command line of `chatroomd`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use tracing::Level;

use super::settings;
use crate::generate::Generated;
use crate::wire::RoomName;

/// What can stand in the file, in words; `config` checks that no key is missing here.
pub(super) const CONFIG_HELP: &str = "\
The file given with --config (TOML; all of it can be left out):
  listen = [\"127.0.0.1:6667\"]    where to listen
  name = \"chat.example\"          what the server calls itself
  network = \"Example\"            what the network is called
  motd = \"text\"                  the message of the day, or
  motd-file = \"motd.txt\"         a file with it, beside this one
  password = \"text\"              what people have to give, or
  password-file = \"password\"     a file with it, beside this one
  lobby = \"#lobby\"               the room everybody is in; false for none
  [[operator]]                   who can become an operator; one of these for each
  name = \"root\"                  what they say with OPER
  password-hash = \"$argon2id…\"   as `chatroomd hash-password` prints it, or
  password = \"text\"              the password itself
  [limits]
  enabled = true                 false: no flood control, any number of connections
  connections = 10000            in all
  connections-per-address = 256  from one IPv4 address or IPv6 network of 64 bits
  registration-seconds = 30      to give a nick and a user name
  ping-interval-seconds = 90     of silence before somebody is asked for a sign of life
  ping-timeout-seconds = 60      to give one
  lines-per-second = 10          taken from a connection in the long run
  lines-burst = 40               taken at once before that
  send-queue-bytes = 1048576     waiting for a reader before the reader is given up
  rooms-per-person = 50
  targets = 10                   rooms or people in one request
  nick-bytes = 30
  room-name-bytes = 50
  topic-bytes = 300
  away-bytes = 200";

/// A slim IRC server: one room for everybody, and as many more as they like.
///
/// What is not said here is looked up in the environment (CHATROOMD_LISTEN and so on), then in the
/// file given with --config.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "chatroomd",
    version,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{MORE_HELP}\n\n{CONFIG_HELP}"),
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Options {
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
    #[arg(long, value_name = "SERVER.NAME", env = "CHATROOMD_NAME", value_parser = settings::server_name)]
    pub name: Option<String>,

    /// What the network is called, one word
    #[arg(long, value_name = "NAME", env = "CHATROOMD_NETWORK", value_parser = settings::network_name)]
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
    pub action: Option<Action>,

    /// Print the man page or a shell's completions, and do nothing else
    #[arg(long, value_name = "WHAT")]
    pub generate: Option<Generated>,
}

/// What the program can do beside serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Action {
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
  chatroomd --listen 127.0.0.1:0   on a port that is free; standard output says which
  chatroomd hash-password          what can stand for an operator's password in the file

SIGHUP, or REHASH from an operator, has the file read again; a mistake in it changes nothing.
Addresses stay as they are.";

/// The man page has a section for each part of this.
const MORE_HELP: &str = "\
Exit status:
  0   told to stop, by SIGTERM or SIGINT
  64  wrong options
  66  a file could not be read
  69  an address cannot be listened on
  71  the system refused something that any program can have
  74  writing the output failed
  78  wrong configuration";
