//! The commands of the command line, and the options of each.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};

use super::values::{ColorChoice, Format, certificate_name, room_or_person, time};
use crate::client::config::since::Since;
use crate::client::config::trust::parse_fingerprint;
use crate::client::event::matcher::Pattern;

/// A subcommand in place of a chat.
#[derive(Debug, Clone, Subcommand)]
pub enum Action {
    /// Ask a person or a room, and print the answer
    ///
    /// The answer is the next whisper from this person, or the next message in this room.
    Ask(AskArgs),
    /// Send one message to a person or a room
    ///
    /// If a session with control = true is running, that session sends it, unless a server or an
    /// option of a connection is given, such as --nick.
    Msg(MessageArgs),
    /// Show the log (needs log = true)
    ///
    /// Lines look as they did when they were first shown; with --format json they are JSON objects.
    Log(LogArgs),
    /// Create a client certificate for logging in to services
    ///
    /// It is written with its key to ~/.config/chatroom/NAME.pem, for client-certificate in the
    /// configuration.
    Certificate {
        /// Its name, for example the network
        #[arg(value_parser = certificate_name)]
        name: String,

        /// The configuration file.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Use a running session that has control = true in its configuration
    Ctl {
        /// Which running session.
        #[command(flatten)]
        session: SessionArgs,

        /// The configuration file.
        #[command(flatten)]
        config: ConfigArgs,

        /// The request to the session.
        #[command(subcommand)]
        what: Control,
    },
}

/// The configuration file, for a command.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Read this configuration file instead of ~/.config/chatroom.toml
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
}

/// How a command prints.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// The form of the output when it is not a terminal [default: plain]
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<Format>,

    /// When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub(super) color: Option<ColorChoice>,
}

/// Which running session is used.
#[derive(Debug, Clone, Args)]
pub struct SessionArgs {
    /// Which session, if several are running: its server, or its number from ctl sessions
    /// [default: the one that started last]
    #[arg(long, value_name = "SERVER|NUMBER")]
    pub(super) session: Option<String>,

    /// Give up after this time, such as 30s or 5m, with exit status 75
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) timeout: Option<Duration>,
}

/// The arguments of `ask`.
#[derive(Debug, Clone, Args)]
pub struct AskArgs {
    #[command(flatten)]
    pub(in crate::client) message: MessageArgs,

    /// Accept an answer only from a user logged in to this account, whatever their nick
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::client) account: Option<String>,
}

/// The arguments of `ask` and `msg`.
#[derive(Debug, Clone, Args)]
pub struct MessageArgs {
    /// The person or the room
    #[arg(value_name = "@NICK|#ROOM")]
    pub(in crate::client) to: String,

    /// The message
    #[arg(value_name = "TEXT", required = true, num_args = 1..)]
    pub(in crate::client) text: Vec<String>,

    #[command(flatten)]
    pub(super) connection: ConnectionArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    #[command(flatten)]
    pub(super) config: ConfigArgs,
}

/// The options of `ask` and `msg` that are also those of `chatroom` without a command.
#[derive(Debug, Clone, Args)]
pub(super) struct ConnectionArgs {
    /// Your nick [default: your login name]
    #[arg(short, long, value_name = "NICK")]
    pub(super) nick: Option<String>,

    /// Join this room too; add the key after a space: '#room key'; can be given several times
    #[arg(short = 'j', long = "join", value_name = "#ROOM")]
    pub(super) rooms: Vec<String>,

    /// Read the server password from the first line of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) password_file: Option<PathBuf>,

    /// Give up after this time, such as 30s or 5m, with exit status 75
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) timeout: Option<Duration>,

    /// Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be
    /// given several times
    #[arg(long, value_name = "sha256:HEX", value_parser = parse_fingerprint)]
    pub(super) fingerprint: Vec<String>,

    /// Accept any certificate of the server, for this run: others could read and change everything
    #[arg(long, conflicts_with = "fingerprint")]
    pub(super) insecure: bool,
}

/// The arguments of `log`.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// The server whose log is shown, or - to read the JSON objects of a log from standard input
    /// [default: the server of the configuration]
    #[arg(value_name = "SERVER", value_hint = ValueHint::Hostname)]
    pub(in crate::client) server: Option<String>,

    /// Show only this room, or the whispers with this person
    #[arg(long, value_name = "#ROOM|@NICK", value_parser = room_or_person)]
    pub(in crate::client) room: Option<String>,

    /// Show only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24,
    /// "2026-11-24 14:00"
    #[arg(long, value_name = "TIME")]
    pub(in crate::client) since: Option<Since>,

    /// Show only lines that match this regular expression
    #[arg(long, value_name = "REGEX")]
    pub(in crate::client) grep: Option<Pattern>,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    #[command(flatten)]
    pub(super) config: ConfigArgs,
}

/// A request to a running session.
#[derive(Debug, Clone, Subcommand)]
pub enum Control {
    /// Process a line as if typed in the session
    Send {
        /// The line
        #[arg(required = true, num_args = 1..)]
        line: Vec<String>,

        /// Which running session.
        #[command(flatten)]
        session: SessionArgs,
    },
    /// List the nicks in a room
    Who {
        /// The room [default: the active room]
        room: Option<String>,

        /// Which running session.
        #[command(flatten)]
        session: SessionArgs,
    },
    /// List the rooms of the session
    Rooms {
        /// Which running session.
        #[command(flatten)]
        session: SessionArgs,
    },
    /// List the running sessions: their numbers, servers, nicks and active rooms
    Sessions,
    /// Print what happens in the session from now on
    Tail {
        /// Which running session.
        #[command(flatten)]
        session: SessionArgs,

        /// The output options.
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the names that begin with this, for completion in the shell
    #[command(hide = true)]
    Names {
        /// The beginning of the name
        #[arg(default_value = "")]
        start: String,

        /// Which running session.
        #[command(flatten)]
        session: SessionArgs,
    },
}

impl Control {
    pub(super) fn session_args(&self) -> Option<&SessionArgs> {
        match self {
            Self::Send { session, .. }
            | Self::Who { session, .. }
            | Self::Rooms { session }
            | Self::Tail { session, .. }
            | Self::Names { session, .. } => Some(session),
            Self::Sessions => None,
        }
    }
}
