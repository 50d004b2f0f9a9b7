//! The command line of `chatroomd`.

pub(super) mod document;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing::Level;

use super::validate;
use crate::server::hub::ban::BanTarget;
use crate::server::hub::{CertificateFingerprint, Limit, Limits};
use crate::wire::{Nick, RoomName};
use document::ServerDocument;

/// The keys of the configuration file, except the limits.
const CONFIG_HELP: &str = include_str!("help/config.txt");
const EXAMPLES: &str = include_str!("help/examples.txt");
/// Each part is a section of the man page.
const MORE_HELP: &str = include_str!("help/more.txt");

/// A slim IRC server: a lobby that every user joins, and as many other rooms as users create.
///
/// Options not given are read from the environment (CHATROOMD_LISTEN etc.), then from the --config
/// file.
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
    /// Listen on this address, by default 127.0.0.1:6667; can be given several times; port 0
    /// selects a free port
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_LISTEN",
        value_delimiter = ',',
        value_parser = validate::listen_address
    )]
    pub(in crate::server) listen: Vec<SocketAddr>,

    /// Listen on this path, for programs of this machine; can be given several times
    #[arg(
        long,
        value_name = "PATH",
        env = "CHATROOMD_UNIX_LISTEN",
        value_delimiter = ','
    )]
    pub(in crate::server) unix_listen: Vec<PathBuf>,

    /// Listen on this address for connections with TLS; can be given several times
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_TLS_LISTEN",
        value_delimiter = ',',
        value_parser = validate::listen_address
    )]
    pub(in crate::server) tls_listen: Vec<SocketAddr>,

    /// Make a certificate at the first start, and print its fingerprint
    #[arg(long)]
    pub(in crate::server) tls_self_signed: bool,

    /// Listen on this address for WebSocket connections; can be given several times
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_WEBSOCKET_LISTEN",
        value_delimiter = ',',
        value_parser = validate::listen_address
    )]
    pub(in crate::server) websocket_listen: Vec<SocketAddr>,

    /// Listen on this address for WebSocket connections with TLS; can be given several times
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_WEBSOCKET_TLS_LISTEN",
        value_delimiter = ',',
        value_parser = validate::listen_address
    )]
    pub(in crate::server) websocket_tls_listen: Vec<SocketAddr>,

    /// Let web pages of this origin connect, or of every origin: *; can be given several times
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "CHATROOMD_WEBSOCKET_ORIGIN",
        value_delimiter = ',',
        value_parser = validate::origin
    )]
    pub(in crate::server) websocket_origin: Vec<String>,

    /// Serve metrics for Prometheus at this address, at /metrics
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHATROOMD_METRICS",
        value_parser = validate::listen_address
    )]
    pub metrics: Option<SocketAddr>,

    /// Name of the server, in the form of a host name
    #[arg(long, value_name = "SERVER.NAME", env = "CHATROOMD_NAME", value_parser = validate::server_name)]
    pub(in crate::server) name: Option<String>,

    /// Name of the network, one word
    #[arg(long, value_name = "NAME", env = "CHATROOMD_NETWORK", value_parser = validate::network_name)]
    pub(in crate::server) network: Option<String>,

    /// File with the message of the day
    #[arg(long, value_name = "FILE", env = "CHATROOMD_MOTD")]
    pub(in crate::server) motd: Option<PathBuf>,

    /// Room that every user joins at the start, by default #lobby
    #[arg(long, value_name = "ROOM", env = "CHATROOMD_LOBBY", value_parser = RoomName::parse)]
    pub(in crate::server) lobby: Option<RoomName>,

    /// Do not make users join a room at the start
    #[arg(long)]
    pub(in crate::server) no_lobby: bool,

    /// Store messages, accounts and registered rooms in this folder
    #[arg(long, value_name = "FOLDER", env = "CHATROOMD_STORE")]
    pub(in crate::server) store: Option<PathBuf>,

    /// Start although the newest stored message is more than a day ahead of the clock
    #[arg(long)]
    pub(in crate::server) accept_clock: bool,

    /// Disable flood control and the limits on connections, for benchmarks and tests
    #[arg(long)]
    pub(in crate::server) no_limits: bool,

    /// Read settings from a TOML file
    #[arg(long, value_name = "FILE", env = "CHATROOMD_CONFIG")]
    pub(in crate::server) config: Option<PathBuf>,

    /// Check the settings and exit
    #[arg(long)]
    pub(in crate::server) check_config: bool,

    /// Log connections as well
    #[arg(short, long, conflicts_with = "quiet")]
    pub(in crate::server) verbose: bool,

    /// Log only warnings and errors
    #[arg(short, long)]
    pub(in crate::server) quiet: bool,

    /// Format of the log on standard error
    #[arg(
        long,
        value_name = "FORMAT",
        env = "CHATROOMD_LOG_FORMAT",
        default_value = "text"
    )]
    pub(in crate::server) log_format: LogFormat,

    /// A task to run instead of the server.
    #[command(subcommand)]
    pub(in crate::server) action: Option<ServerAction>,

    /// Print the man page, the completions of a shell or an example of the configuration, and exit
    #[arg(long, value_name = "WHAT")]
    pub(in crate::server) generate: Option<ServerDocument>,
}

/// Tasks other than running the server.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum ServerAction {
    /// Read a password from standard input and print its hash for the configuration file
    HashPassword,
    /// Check, copy or compact a store of messages
    #[command(subcommand)]
    Store(StoreAction),
    /// Print or delete stored messages
    #[command(subcommand)]
    History(HistoryAction),
    /// Create, change, remove or list accounts; the server may be running
    #[command(subcommand)]
    Account(AccountAction),
    /// List, drop or transfer registered rooms; the server may be running
    #[command(subcommand)]
    Room(RoomAction),
    /// Add, remove or list server bans; the server may be running
    #[command(subcommand)]
    Ban(BanAction),
    /// Print the status of the server that uses a store: connections, traffic, queues, memory
    Status(StatusOptions),
}

/// The options of `chatroomd status`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(in crate::server) struct StatusOptions {
    /// Folder of the store that the running server uses
    pub folder: PathBuf,
    /// List the users, too: nick, account, host and the number of rooms
    #[arg(long)]
    pub users: bool,
    /// Print it again each second, with the traffic of the last minute
    #[arg(long)]
    pub watch: bool,
}

/// Tasks for a store of messages.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum StoreAction {
    /// Read all of the store and report damage; the server may be running
    Check {
        /// Folder of the store
        folder: PathBuf,
    },
    /// Copy the messages to a new file, which can take the place of history.db; the server may be
    /// running
    Backup {
        /// Folder of the store
        folder: PathBuf,
        /// The new file
        file: PathBuf,
    },
    /// Free the disk space of deleted messages; the server must not be running
    Compact {
        /// Folder of the store
        folder: PathBuf,
    },
}

/// Tasks for stored messages.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum HistoryAction {
    /// Print the messages room by room, one JSON object on a line, as `chatroom log --format json`;
    /// the server may be running
    Export {
        /// Folder of the store
        folder: PathBuf,
        /// Only the messages of this room
        #[arg(long, value_name = "ROOM", value_parser = RoomName::parse)]
        room: Option<RoomName>,
    },
    /// Add messages of a log in the form of `history export` and `chatroom log --format json`; the server
    /// must not be running
    Import {
        /// Folder of the store
        folder: PathBuf,
        /// The log; standard input without one
        file: Option<PathBuf>,
    },
    /// Delete old messages; the server must not be running
    Prune {
        /// Folder of the store
        folder: PathBuf,
        /// Keep messages of the last DAYS days
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        keep_days: u32,
    },
}

/// Tasks for accounts.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum AccountAction {
    /// Create an account; the password is read from the terminal or standard input
    Add {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account; as a nick it is reserved for the user of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
    },
    /// Print the code with which a user can register this account (registration = "code")
    Invite {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
    },
    /// Change the password of an account; it is read from the terminal or standard input
    Password {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
    },
    /// Remove an account; its users are logged out
    Remove {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
    },
    /// Print the accounts, one on a line: name, time of creation, number of certificates
    List {
        /// Folder of the store
        folder: PathBuf,
    },
    /// Add, remove or list the certificates that can log in to an account
    #[command(subcommand)]
    Certificate(AccountCertificateAction),
    /// Add, remove or list the nicks of an account besides its name
    #[command(subcommand)]
    Nick(AccountNickAction),
}

/// Tasks for registered rooms.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum RoomAction {
    /// Print the registered rooms, one on a line: name, founder, time of creation, number of other
    /// accounts with a rank
    List {
        /// Folder of the store
        folder: PathBuf,
    },
    /// End the registration of a room; its members stay in it
    Drop {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the room
        #[arg(value_parser = RoomName::parse)]
        room: RoomName,
    },
    /// Transfer a room to another account
    Founder {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the room
        #[arg(value_parser = RoomName::parse)]
        room: RoomName,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        account: Nick,
    },
}

/// Tasks for bans.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum BanAction {
    /// Ban a mask, a:ACCOUNT, an address or a network, and disconnect the users that it matches
    Add {
        /// Folder of the store
        folder: PathBuf,
        /// Target of the ban, such as `spam*!*@*`, `a:bob` or 192.0.2.0/24
        #[arg(value_parser = validate::ban_target)]
        target: BanTarget,
        /// Duration, such as 10d, 1h30m or 90 (minutes) [default: no end]
        #[arg(long = "for", value_name = "TIME", value_parser = validate::ban_time)]
        time: Option<Duration>,
        /// Reason, shown to the banned users
        #[arg(long, value_name = "TEXT", value_parser = validate::ban_reason)]
        reason: Option<String>,
    },
    /// End a ban
    Remove {
        /// Folder of the store
        folder: PathBuf,
        /// Target of the ban
        #[arg(value_parser = validate::ban_target)]
        target: BanTarget,
    },
    /// Print the bans, one on a line: target, author, start, end or -, reason
    List {
        /// Folder of the store
        folder: PathBuf,
    },
}

/// Tasks for the nicks of an account.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum AccountNickAction {
    /// Add a nick to an account; another user who has it has 30 seconds to log in
    Add {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
        /// The nick
        #[arg(value_parser = Nick::parse)]
        nick: Nick,
    },
    /// Remove a nick from an account
    Remove {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
        /// The nick
        #[arg(value_parser = Nick::parse)]
        nick: Nick,
    },
    /// Print the nicks of an account besides its name, one on a line
    List {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
    },
}

/// Tasks for the certificates of an account.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::server) enum AccountCertificateAction {
    /// Add a certificate that can log in to an account
    Add {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
        /// SHA-256 of the certificate: 64 hexadecimal digits, also with colons or after `sha256:`
        #[arg(value_parser = validate::fingerprint)]
        fingerprint: CertificateFingerprint,
    },
    /// Remove a certificate that can log in to an account
    Remove {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
        /// SHA-256 of the certificate
        #[arg(value_parser = validate::fingerprint)]
        fingerprint: CertificateFingerprint,
    },
    /// Print the certificates of an account, one on a line
    List {
        /// Folder of the store
        folder: PathBuf,
        /// Name of the account
        #[arg(value_parser = Nick::parse)]
        name: Nick,
    },
}

/// Formats of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::server) enum LogFormat {
    /// One line of text for each event.
    Text,
    /// One JSON object on a line for each event.
    Json,
}

impl ServerOptions {
    /// The least severe level that is logged.
    pub(in crate::server) fn log_level(&self) -> Level {
        match (self.verbose, self.quiet) {
            (true, _) => Level::DEBUG,
            (_, true) => Level::WARN,
            _ => Level::INFO,
        }
    }
}

/// The keys of the configuration file with their defaults. A test in `file` checks that none is
/// missing.
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
