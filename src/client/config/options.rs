//! The command line of `chatroom`.

mod commands;
mod conflict;
mod help;
mod values;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{CommandFactory as _, Parser, ValueHint};

use super::trust::parse_fingerprint;
use crate::client::event::matcher::Pattern;
pub use commands::{Action, AskArgs, Control, LogArgs, MessageArgs};
use commands::{ConnectionArgs, OutputArgs, SessionArgs};
pub use conflict::OptionConflict;
use help::{EXAMPLES, more_help};
pub use values::{ColorChoice, Document, Format, Input};
use values::{other_server, room_name, time};

/// An IRC client for the terminal and for scripts.
///
/// In a terminal, messages appear above a prompt and never disturb what you type. In a pipeline,
/// each line of standard input is processed as if typed, and the program ends when the server has
/// accepted all of them.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "chatroom",
    version,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{}\n\n{}", more_help(), super::recipes::help()),
    max_term_width = 100
)]
pub struct ClientOptions {
    /// The server: HOST (encrypted), ircs://HOST:PORT, irc://HOST or HOST:PORT (plain), with /#ROOM after
    /// a URL, unix:/PATH, or a name from the configuration [default: 127.0.0.1:6667]
    #[arg(value_name = "SERVER", env = "CHATROOM_SERVER", value_hint = ValueHint::Hostname)]
    server: Option<String>,

    /// More servers, to connect to several networks at once
    #[arg(value_name = "SERVER", value_parser = other_server, value_hint = ValueHint::Hostname)]
    other_servers: Vec<String>,

    /// Your nick [default: your login name]
    #[arg(short, long, value_name = "NICK", env = NICK_VARIABLE)]
    nick: Option<String>,

    /// Join this room too; add the key after a space: '#room key'; can be given several times
    #[arg(short = 'j', long = "join", value_name = "#ROOM")]
    rooms: Vec<String>,

    /// Read the server password from the first line of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    password_file: Option<PathBuf>,

    /// Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be
    /// given several times
    #[arg(long, value_name = "sha256:HEX", value_parser = parse_fingerprint)]
    fingerprint: Vec<String>,

    /// Accept any certificate of the server, for this run: others could read and change everything
    #[arg(long, conflicts_with = "fingerprint")]
    insecure: bool,

    /// Never host the room on this machine when no server answers
    #[arg(long)]
    pub(in crate::client) no_host: bool,

    /// After the end of input, continue to print what others say
    #[arg(short, long)]
    pub(in crate::client) follow: bool,

    /// Send this line instead of standard input; can be given several times
    #[arg(short = 'c', long = "command", value_name = "LINE")]
    pub(in crate::client) commands: Vec<String>,

    /// How to read the lines of standard input
    #[arg(long, value_name = "FORM", default_value = "typed")]
    pub(in crate::client) input: Input,

    /// End a script at the first line that is refused
    #[arg(long)]
    pub(in crate::client) strict: bool,

    /// The form of the output when it is not a terminal
    #[arg(long, value_name = "FORMAT", default_value = "plain")]
    format: Format,

    /// End when a message matches this regular expression, and print it
    #[arg(long, value_name = "REGEX")]
    pub(in crate::client) wait_for: Option<Pattern>,

    /// With --wait-for, match only messages from this person
    #[arg(long, value_name = "NICK", requires = "wait_for")]
    pub(in crate::client) from: Option<String>,

    /// With --wait-for, match only messages from users who are logged in to this account, whatever
    /// their nick
    #[arg(long, value_name = "ACCOUNT", requires = "wait_for")]
    pub(in crate::client) from_account: Option<String>,

    /// With --wait-for, match only messages in this room
    #[arg(long, value_name = "#ROOM", requires = "wait_for", value_parser = room_name)]
    pub(in crate::client) room: Option<String>,

    /// Give up after this time, such as 30s or 5m, with exit status 75
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,

    /// When a script loses its connection, wait this long for the server and go on: each line is sent
    /// once, if the server has the capability chatroom.example/once
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::client) retry: Option<Duration>,

    /// Copy standard input to standard output, and send some of its lines as text
    #[arg(long, conflicts_with_all = ["commands", "input", "wait_for", "follow"])]
    pub(in crate::client) tee: bool,

    /// With --tee, send at most this many lines in an interval: the first and the last ones, and the
    /// number of lines between them
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "tee")]
    pub(in crate::client) max_lines: usize,

    /// With --tee, the length of the interval
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time, requires = "tee")]
    pub(in crate::client) interval: Duration,

    /// When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    /// Read this configuration file instead of ~/.config/chatroom.toml
    #[arg(long, value_name = "FILE", env = "CHATROOM_CONFIG", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,

    /// Print whole lines only, for screen readers, without escape sequences
    #[arg(long)]
    pub(in crate::client) plain: bool,

    /// Show more detail, such as each line of the server's greeting
    #[arg(short, long, conflicts_with = "quiet")]
    pub(in crate::client) verbose: bool,

    /// Show only what people say, not joins and quits
    #[arg(short, long)]
    pub(in crate::client) quiet: bool,

    /// Print the man page, the completions of a shell, or another document, and exit
    #[arg(long, value_name = "WHAT")]
    pub(in crate::client) generate: Option<Document>,

    /// The subcommand in place of a chat.
    #[command(subcommand)]
    pub(in crate::client) action: Option<Action>,
}

/// The variable of the environment with the nick.
const NICK_VARIABLE: &str = "CHATROOM_NICK";

/// The names of the commands of the command line.
pub(in crate::client) fn command_names() -> Vec<String> {
    let command = ClientOptions::command();
    let commands = command.get_subcommands();
    commands.map(|one| one.get_name().to_owned()).collect()
}

impl ClientOptions {
    /// The servers that are named.
    pub(in crate::client) fn servers(&self) -> impl Iterator<Item = &String> {
        self.server.iter().chain(&self.other_servers)
    }

    /// Your nick, if one is given, before the command or after it.
    pub(in crate::client) fn nick(&self) -> Option<&String> {
        let of_command = self.of_command().and_then(|args| args.nick.as_ref());
        of_command.or(self.nick.as_ref())
    }

    /// The rooms to join.
    pub(in crate::client) fn rooms(&self) -> impl Iterator<Item = &String> {
        let of_command = self.of_command().into_iter();
        self.rooms
            .iter()
            .chain(of_command.flat_map(|args| &args.rooms))
    }

    /// The file with the server password.
    pub(in crate::client) fn password_file(&self) -> Option<&Path> {
        let of_command = self
            .of_command()
            .and_then(|args| args.password_file.as_ref());
        of_command
            .or(self.password_file.as_ref())
            .map(PathBuf::as_path)
    }

    /// The form of the output.
    pub(in crate::client) fn format(&self) -> Format {
        let of_command = self.output_args().and_then(|args| args.format);
        of_command.unwrap_or(self.format)
    }

    /// When to use colors.
    pub(in crate::client) fn color(&self) -> ColorChoice {
        let of_command = self.output_args().and_then(|args| args.color);
        of_command.unwrap_or(self.color)
    }

    fn output_args(&self) -> Option<&OutputArgs> {
        match self.action.as_ref()? {
            Action::Ask(ask) => Some(&ask.message.output),
            Action::Msg(message) => Some(&message.output),
            Action::Log(log) => Some(&log.output),
            Action::Ctl {
                what: Control::Tail { output, .. },
                ..
            } => Some(output),
            Action::Ctl { .. } | Action::Certificate { .. } => None,
        }
    }

    /// The configuration file, if one is named.
    pub(in crate::client) fn config(&self) -> Option<&Path> {
        let of_command = self.action.as_ref().map(|action| match action {
            Action::Ask(ask) => &ask.message.config,
            Action::Msg(message) => &message.config,
            Action::Log(log) => &log.config,
            Action::Certificate { config, .. } | Action::Ctl { config, .. } => config,
        });
        let of_command = of_command.and_then(|args| args.config.as_deref());
        of_command.or(self.config.as_deref())
    }

    /// The running session that is named: its server or its number.
    pub(in crate::client) fn session(&self) -> Option<&str> {
        let given = self
            .session_args()
            .filter_map(|args| args.session.as_deref());
        { given }.next()
    }

    /// The options for a running session, after its command and before it.
    fn session_args(&self) -> impl Iterator<Item = &SessionArgs> {
        let both = match &self.action {
            Some(Action::Ctl { session, what, .. }) => [what.session_args(), Some(session)],
            _ => [None, None],
        };
        both.into_iter().flatten()
    }

    /// The time limit.
    pub(in crate::client) fn timeout(&self) -> Option<Duration> {
        let of_ctl = self.session_args().find_map(|args| args.timeout);
        let of_command = self.of_command().and_then(|args| args.timeout);
        of_ctl.or(of_command).or(self.timeout)
    }

    /// The fingerprints of the certificates to expect.
    pub(in crate::client) fn fingerprints(&self) -> &[String] {
        match self.of_command().map(|args| args.fingerprint.as_slice()) {
            None | Some([]) => &self.fingerprint,
            Some(of_command) => of_command,
        }
    }

    /// Whether any certificate is accepted.
    pub(in crate::client) fn is_insecure(&self) -> bool {
        self.insecure || self.of_command().is_some_and(|args| args.insecure)
    }

    /// Whether a message is for a connection of its own, and not for a running session.
    pub(in crate::client) fn wants_connection(&self) -> bool {
        let of_environment = std::env::var(NICK_VARIABLE).ok();
        let nick = self.nick();
        self.servers().next().is_some()
            || nick.is_some() && nick != of_environment.as_ref()
            || self.rooms().next().is_some()
            || self.password_file().is_some()
            || !self.fingerprints().is_empty()
            || self.is_insecure()
            || self.follow
    }

    fn of_command(&self) -> Option<&ConnectionArgs> {
        match &self.action {
            Some(Action::Ask(ask)) => Some(&ask.message.connection),
            Some(Action::Msg(message)) => Some(&message.connection),
            _ => None,
        }
    }

    /// Whether `--wait-for` waits and standard input is a terminal, which gives no lines then.
    pub(in crate::client) fn waits_on_terminal(&self) -> bool {
        self.wait_for.is_some() && std::io::stdin().is_terminal()
    }

    /// Whether no user types lines, even in a terminal.
    pub(in crate::client) fn is_scripted(&self) -> bool {
        self.action.is_some() || !self.commands.is_empty() || self.wait_for.is_some() || self.tee
    }
}

#[cfg(test)]
mod tests;
