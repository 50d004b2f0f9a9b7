//! The command line of `chatroom`.

use std::fmt;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::parser::ValueSource;
use clap::{
    ArgMatches, Args, Command, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint,
};
use jiff::SignedDuration;

use super::since::Since;
use super::trust::parse_fingerprint;
use crate::client::command::{has_room_prefix, parse_room};
use crate::client::event::matcher::Pattern;
use crate::common::generate::Generated;
use crate::common::record::KINDS;

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

    /// What to do instead of chatting.
    #[command(subcommand)]
    pub(in crate::client) action: Option<Action>,
}

/// The variable of the environment with the nick.
const NICK_VARIABLE: &str = "CHATROOM_NICK";

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

/// The names of the commands of the command line.
pub(in crate::client) fn command_names() -> Vec<String> {
    let command = ClientOptions::command();
    let commands = command.get_subcommands();
    commands.map(|one| one.get_name().to_owned()).collect()
}

/// What to do instead of chatting.
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

        /// What to do with it.
        #[command(subcommand)]
        what: Control,
    },
}

/// The configuration file, for a command.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Read this configuration file instead of ~/.config/chatroom.toml
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

/// How a command prints.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// The form of the output when it is not a terminal [default: plain]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// When to use colors; auto checks the terminal, NO_COLOR and CLICOLOR_FORCE [default: auto]
    #[arg(long, value_name = "WHEN")]
    color: Option<ColorChoice>,
}

/// Which running session is used.
#[derive(Debug, Clone, Args)]
pub struct SessionArgs {
    /// Which session, if several are running: its server, or its number from ctl sessions
    /// [default: the one that started last]
    #[arg(long, value_name = "SERVER|NUMBER")]
    session: Option<String>,

    /// Give up after this time, such as 30s or 5m, with exit status 75
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
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
    connection: ConnectionArgs,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

/// The options of `ask` and `msg` that are also those of `chatroom` without a command.
#[derive(Debug, Clone, Args)]
struct ConnectionArgs {
    /// Your nick [default: your login name]
    #[arg(short, long, value_name = "NICK")]
    nick: Option<String>,

    /// Join this room too; add the key after a space: '#room key'; can be given several times
    #[arg(short = 'j', long = "join", value_name = "#ROOM")]
    rooms: Vec<String>,

    /// Read the server password from the first line of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    password_file: Option<PathBuf>,

    /// Give up after this time, such as 30s or 5m, with exit status 75
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,

    /// Expect the certificate with this SHA-256 fingerprint from the server, for this run; can be
    /// given several times
    #[arg(long, value_name = "sha256:HEX", value_parser = parse_fingerprint)]
    fingerprint: Vec<String>,

    /// Accept any certificate of the server, for this run: others could read and change everything
    #[arg(long, conflicts_with = "fingerprint")]
    insecure: bool,
}

/// The arguments of `log`.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// The server whose log is shown, or - to read the JSON objects of a log from standard input
    /// [default: the server of the configuration]
    #[arg(value_name = "SERVER", value_hint = ValueHint::Hostname)]
    pub(in crate::client) server: Option<String>,

    /// Show only this room, or the whispers with this person
    #[arg(long, value_name = "#ROOM|@NICK")]
    pub(in crate::client) room: Option<String>,

    /// Show only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24,
    /// "2026-11-24 14:00"
    #[arg(long, value_name = "TIME")]
    pub(in crate::client) since: Option<Since>,

    /// Show only lines that match this regular expression
    #[arg(long, value_name = "REGEX")]
    pub(in crate::client) grep: Option<Pattern>,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

/// What to do with a running session.
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

        /// How it prints.
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
    fn session_args(&self) -> Option<&SessionArgs> {
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

    /// When to give up.
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
        // Those between `ctl` and what it is to do; other commands have none in such a place.
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

/// How to read the lines of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Input {
    /// As if typed: text, @NICK TEXT, /COMMAND.
    Typed,
    /// As text for the room, whatever they begin with.
    Text,
    /// As JSON objects with the keys to and text, or command; see --generate schema.
    Json,
}

/// Something to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A JSON Schema of `--format json` and `--input json`.
    Schema,
    /// A configuration file with every key explained.
    Config,
    /// A document that both programs can print.
    Generated(Generated),
}

const DOCUMENTS: &[Document] = &[
    Document::Generated(Generated::Man),
    Document::Generated(Generated::CompleteBash),
    Document::Generated(Generated::CompleteZsh),
    Document::Generated(Generated::CompleteFish),
    Document::Generated(Generated::CompleteElvish),
    Document::Generated(Generated::CompletePowershell),
    Document::Schema,
    Document::Config,
];

impl ValueEnum for Document {
    fn value_variants<'a>() -> &'a [Self] {
        DOCUMENTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Generated(generated) => generated.to_possible_value(),
            Self::Config => Some(
                PossibleValue::new("config").help("A configuration file with every key explained"),
            ),
            Self::Schema => Some(
                PossibleValue::new("schema").help("A JSON Schema of the JSON input and output"),
            ),
        }
    }
}

/// Parses `30s`, `5m` or `1h30m`; a number alone is in seconds.
fn time(text: &str) -> Result<Duration, InvalidTime> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let parsed: Result<SignedDuration, _> = text.parse();
    parsed
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| !time.is_zero())
        .ok_or(InvalidTime)
}

/// Checks that a server after the first one is not a command, which the parser takes for a server
/// there.
fn other_server(text: &str) -> Result<String, MisplacedCommand> {
    match command_names().iter().any(|name| name == text) {
        true => Err(MisplacedCommand),
        false => Ok(text.to_owned()),
    }
}

/// A command comes after several servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MisplacedCommand;

impl fmt::Display for MisplacedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only one server can come before a command")
    }
}

impl std::error::Error for MisplacedCommand {}

/// Checks the name of a room, in which the `#` can be left out, and before which its network can stand.
fn room_name(text: &str) -> Result<String, InvalidRoomName> {
    let room = match text.split_once('/') {
        Some((network, room)) if !has_room_prefix(network) => room,
        _ => text,
    };
    let is_room = parse_room(room).is_some();
    is_room.then(|| text.to_owned()).ok_or(InvalidRoomName)
}

/// The text of an option is not the name of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InvalidRoomName;

impl fmt::Display for InvalidRoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rooms look like #room; with --from NICK, messages of a person match")
    }
}

impl std::error::Error for InvalidRoomName {}

/// Checks that the name of a certificate can be the name of a file.
fn certificate_name(text: &str) -> Result<String, InvalidCertificateName> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = text.len() <= 64 && !text.starts_with(['.', '-']) && text.chars().all(fits);
    match is_name && !text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err(InvalidCertificateName),
    }
}

/// The text cannot be the name of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InvalidCertificateName;

impl fmt::Display for InvalidCertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use at most 64 letters, digits, hyphens, underscores and dots")
    }
}

impl std::error::Error for InvalidCertificateName {}

/// The text of an option is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a time such as 30s, 5m or 1h30m")
    }
}

impl std::error::Error for InvalidTime {}

/// The form of the output when it is not a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people: the time, the nick and the message.
    Plain,
    /// One JSON object a line, for programs.
    Json,
    /// The lines of the server, unchanged.
    Raw,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// In a terminal, unless the environment says otherwise.
    Auto,
    /// Always, also in a pipe.
    Always,
    /// Never.
    Never,
}

const EXAMPLES: &str = "\
Examples:
  chatroom                                   join the room on this machine, or host it
  chatroom chat.example --nick alice         join the room on another machine
  make 2>&1 | tail -1 | chatroom --nick ci   send the result of a build
  chatroom --nick log --follow </dev/null    print what others say until Ctrl-C
  chatroom --nick ci -c '@bob done'          whisper to bob from a script
  chatroom ask @ann 'deploy?' --timeout 5m   ask ann, and print the answer";

/// The man page has a section for each part of this.
fn more_help() -> String {
    let (first, second) = KINDS.split_at(KINDS.len() / 2);
    let indent = " ".repeat("  the kinds      ".len());
    let kinds = format!("{},\n{indent}{}", first.join(", "), second.join(", "));
    MORE_HELP.replace("KINDS", &kinds)
}

const MORE_HELP: &str = r##"Exit status:
  0    all lines were delivered
  64   wrong options
  65   the server refused a line; the others were sent
  66   a file could not be read
  68   unknown host
  69   the server could not be reached, or the connection was lost
  70   an error in chatroom itself
  73   a certificate could not be written, or exists already
  74   writing the output failed
  75   --timeout expired
  76   the server broke the protocol, or its certificate is not trusted
  77   not admitted: the nick is in use, a password is wrong, the login to the account failed,
       or a room is closed
  78   wrong configuration
  129, 130, 143  ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM

JSON:
  --format json  one object a line: always with kind, time (RFC 3339, UTC) and network (its name in the
                 configuration, or its host), and where they apply with room, nick, account, other, text, manner (action, notice), people, rooms, details, own,
                 mention, msgid, replayed (history from before you connected)
  the kinds      KINDS
  the log        the same, with your own lines and their fate: delivered, refused, unknown if the
                 connection was lost before the server accepted the line, or unsent
  chatroom log - shows such lines from standard input as they were shown when they happened
  --input json   one object a line: {"to":"#room or nick","text":"..."} ("home/#room" where several
                 networks are named), {"text":"..."} for the
                 active room, {"command":"/join #room"}; a line that is not valid is reported with
                 its number
  --generate schema  prints both forms as a JSON Schema

Delivery report, when the connection is lost:
  lines delivered  the server has accepted them
  unknown          they were in transit, and may or may not have arrived
  not sent         they never left chatroom

Environment:
  NO_COLOR        no colors, if it is not empty
  CLICOLOR_FORCE  colors also in a pipe, if it is neither empty nor 0
  ALL_PROXY       the SOCKS5 proxy for connections to other machines: socks5://HOST:PORT
  USER, LOGNAME   the nick, if nothing else sets it
  TZ              the time zone of displayed times

Files:
  $XDG_RUNTIME_DIR/chatroom/       the control sockets of the sessions with control = true, for
                                   chatroom ctl; without that variable, ~/.local/state/chatroom/
  ~/.config/chatroom/              the certificates of chatroom certificate
  ~/.config/chatroom.toml          the configuration: nick, server, and for each [servers.NAME]
                                   address, nick, rooms, account, password-file. With connect = true
                                   a session at a terminal connects to it besides others; a script
                                   connects to those that it names, or to server. The files that it
                                   names are relative to its folder
  ~/.local/state/chatroom/certificates  the certificates that you have accepted: one line for each
                                   server; a server whose line is removed is asked about again, and
                                   one of the same network at another address is recognized by it
  ~/.local/state/chatroom/sts      the hosts that have asked for encrypted connections (STS): host,
                                   port and end in Unix seconds in each line
  ~/.local/state/chatroom/history  typed lines, for the arrow keys and Ctrl-R: one file for each
                                   network, named like its table in the configuration or its address
  ~/.local/state/chatroom/seen     when the last line of each network was seen, for ZNC's playback
  ~/.local/state/chatroom/draft    unsent text: one file for each network and session
  ~/.local/state/chatroom/log      the log, with log = true: one folder for each network, with one
                                   file for each day and one JSON object a line"##;

#[cfg(test)]
mod tests;
