//! The command line of `chatroom`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use jiff::SignedDuration;

use super::since::Since;
use crate::client::event::json::KINDS;
use crate::client::event::matcher::Pattern;
use crate::common::generate::Generated;

/// Chat in a room with the people on a server, from a terminal or a script.
///
/// In a terminal it is a prompt: what others say appears above it, and what you are typing stays
/// as it is. In a pipeline each line of standard input is taken like a typed one, and the program
/// ends when the server has taken them all.
#[derive(Debug, Parser)]
#[command(
    name = "chatroom",
    version,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{}\n\n{}", more_help(), super::recipes::help()),
    max_term_width = 100
)]
pub struct Options {
    /// Where the room is: HOST, HOST:PORT, irc://HOST, or a name from the configuration
    /// [default: 127.0.0.1:6667]
    #[arg(value_name = "SERVER", env = "CHATROOM_SERVER", value_hint = ValueHint::Hostname)]
    pub server: Option<String>,

    /// The name others know you by [default: your login name]
    #[arg(short, long, global = true, value_name = "NICK", env = "CHATROOM_NICK")]
    pub nick: Option<String>,

    /// Enter this room as well, with its key behind a space; can be given several times
    #[arg(short = 'j', long = "join", global = true, value_name = "#ROOM")]
    pub rooms: Vec<String>,

    /// Read the password of the server from the first line of this file
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,

    /// Never host the room in this process when no server is there
    #[arg(long)]
    pub no_host: bool,

    /// After the end of input go on printing what others say
    #[arg(short, long)]
    pub follow: bool,

    /// Take this line instead of standard input; can be given several times
    #[arg(short = 'c', long = "command", value_name = "LINE")]
    pub commands: Vec<String>,

    /// How to understand the lines of standard input
    #[arg(long, value_name = "FORM", default_value = "typed")]
    pub input: Input,

    /// End a script at the first line that is refused
    #[arg(long)]
    pub strict: bool,

    /// How to print what arrives when standard output is not a terminal
    #[arg(long, global = true, value_name = "FORMAT", default_value = "plain")]
    pub format: Format,

    /// End when somebody says what matches this regular expression, and print it
    #[arg(long, value_name = "REGEX")]
    pub wait_for: Option<Pattern>,

    /// Wait only for what this person says
    #[arg(long, value_name = "NICK", requires = "wait_for")]
    pub from: Option<String>,

    /// Wait only for what is said in this room
    #[arg(long, value_name = "#ROOM", requires = "wait_for")]
    pub room: Option<String>,

    /// Give up after this time, such as 30s or 5m, with exit status 75
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,

    /// Pass standard input on to standard output while sending some of its lines as text
    #[arg(long, conflicts_with_all = ["commands", "input", "wait_for", "follow"])]
    pub tee: bool,

    /// With --tee, send at most so many lines in an interval, the first and the last ones, and how
    /// many more there were
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "tee")]
    pub max_lines: usize,

    /// With --tee, the time for which lines are counted
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time, requires = "tee")]
    pub interval: Duration,

    /// When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,

    /// Read this configuration instead of the usual one
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CHATROOM_CONFIG",
        value_hint = ValueHint::FilePath
    )]
    pub config: Option<PathBuf>,

    /// Whole lines only: nothing is drawn twice and no escape sequence is written, as screen readers
    /// need it
    #[arg(long)]
    pub plain: bool,

    /// Show also what is of use to few, such as each line of the server's greeting
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Show only what people say, not who comes and goes
    #[arg(short, long)]
    pub quiet: bool,

    /// Print the man page or the completions of a shell, and do nothing else
    #[arg(long, value_name = "WHAT")]
    pub generate: Option<Document>,

    /// What to do instead of talking.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// Something to do instead of talking.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Ask a person, and print the answer
    ///
    /// The answer is what this person whispers next, or, when a room is asked, what is said there
    /// next.
    Ask(Message),
    /// Say one thing to a person or in a room
    ///
    /// A running session says it, where there is one and no server is named.
    Msg(Message),
    /// Show what was seen, where the configuration has log = true
    ///
    /// The lines are those that were shown when it happened, and with --format json the objects.
    Log(Log),
    /// Use a running session that has control = true in its configuration
    Ctl {
        /// Which one, where several are running: its server, or its number as ctl sessions lists
        /// it [default: the one that was started last]
        #[arg(long, global = true, value_name = "SERVER|NUMBER")]
        session: Option<String>,
        /// What to do with it.
        #[command(subcommand)]
        what: Control,
    },
}

/// To whom, and what.
#[derive(Debug, Args)]
pub struct Message {
    /// A person or a room
    #[arg(value_name = "@NICK|#ROOM")]
    pub to: String,

    /// What to say
    #[arg(value_name = "TEXT", required = true, num_args = 1..)]
    pub text: Vec<String>,
}

/// Which part of the log.
#[derive(Debug, Args)]
pub struct Log {
    /// Whose log: a server as for talking [default: the usual one]; - reads the objects of
    /// --format json from standard input
    #[arg(value_name = "SERVER", value_hint = ValueHint::Hostname)]
    pub server: Option<String>,

    /// Only what happened in this room, or what was whispered with this person
    #[arg(long, value_name = "#ROOM|@NICK")]
    pub room: Option<String>,

    /// Only what happened since then: 30m, 2h, today, yesterday, 14:00, 2026-11-24,
    /// "2026-11-24 14:00"
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,

    /// Only lines that match this regular expression
    #[arg(long, value_name = "REGEX")]
    pub grep: Option<Pattern>,
}

/// What to do with a running session.
#[derive(Debug, Subcommand)]
pub enum Control {
    /// Take a line as if it were typed there
    Send {
        /// The line
        #[arg(required = true, num_args = 1..)]
        line: Vec<String>,
    },
    /// List who is in a room
    Who {
        /// The active room when none is named
        room: Option<String>,
    },
    /// List the rooms it is in
    Rooms,
    /// List the sessions that are running: their numbers, servers, nicks and active rooms
    Sessions,
    /// Print what happens there from now on
    Tail,
    /// List the names that begin with this, for the completion of shells
    #[command(hide = true)]
    Names {
        /// The beginning
        #[arg(default_value = "")]
        start: String,
    },
}

impl Options {
    /// Whether something is waited for and standard input has nothing to say: it is a terminal.
    pub fn waits_on_terminal(&self) -> bool {
        self.wait_for.is_some() && std::io::stdin().is_terminal()
    }

    /// Whether there is nobody to type, even in a terminal.
    pub fn is_scripted(&self) -> bool {
        self.action.is_some() || !self.commands.is_empty() || self.wait_for.is_some() || self.tee
    }
}

/// How to understand the lines of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Input {
    /// As if they were typed: text, @NICK TEXT, /COMMAND.
    Typed,
    /// All of them are text for the room, whatever they begin with.
    Text,
    /// JSON objects with the keys to and text, or command; --generate schema tells all.
    Json,
}

/// Something to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The form of --format json and --input json.
    Schema,
    /// A configuration in which everything is explained.
    Config,
    /// What both programs can print.
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
            Self::Config => {
                Some(PossibleValue::new("config").help("A configuration with everything explained"))
            }
            Self::Schema => Some(
                PossibleValue::new("schema").help("What is read and printed as JSON, as a schema"),
            ),
        }
    }
}

/// `30s`, `5m`, `1h30m`; a number alone is seconds.
fn time(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let parsed: Result<SignedDuration, _> = text.parse();
    parsed
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "write it like 30s, 5m or 1h30m".to_owned())
}

/// How to print what arrives when standard output is not a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the time, who, and what.
    Plain,
    /// For programs: an object a line.
    Json,
    /// The lines of the server as they are.
    Raw,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// When a person is looking and does not mind.
    Auto,
    /// Even into a pipe.
    Always,
    /// Not at all.
    Never,
}

const EXAMPLES: &str = "\
Examples:
  chatroom                                   join the room on this machine, or host it
  chatroom chat.example --nick alice         join the room on another machine
  make 2>&1 | tail -1 | chatroom --nick ci   tell the room how a build went
  chatroom --nick log --follow </dev/null    print what is said until interrupted
  chatroom --nick ci -c '@bob done'          whisper from a script
  chatroom ask @ann 'deploy?' --timeout 5m   print what ann answers";

/// The man page has a section for each part of this.
fn more_help() -> String {
    let (first, second) = KINDS.split_at(KINDS.len() / 2);
    let indent = " ".repeat("  the kinds      ".len());
    let kinds = format!("{},\n{indent}{}", first.join(", "), second.join(", "));
    MORE_HELP.replace("KINDS", &kinds)
}

const MORE_HELP: &str = r##"Exit status:
  0    all was done
  64   wrong options
  65   a line of the script was refused; the others were sent
  66   a file could not be read
  68   unknown host
  69   the server could not be reached, or went away
  70   an error in this program
  74   writing the output failed
  75   gave up: the time of --timeout is over
  76   the server broke the protocol
  77   refused entry: the nick is taken, or the password is wrong
  78   wrong configuration
  130  interrupted

JSON:
  --format json  an object a line: kind and time (RFC 3339, UTC) always; room, nick, other, text,
                 manner (action, notice), people, rooms, details, own, mention, msgid where they
                 belong to it
  the kinds      KINDS
  the log        the same, and also what this person says, with fate: delivered, refused,
                 unknown when the server was lost before it said which, or unsent
  chatroom log - shows such lines of standard input as they were shown when it happened
  --input json   an object a line: {"to":"#room or nick","text":"..."}, {"text":"..."} for the
                 room one talks in, {"command":"/join #room"}; a wrong one is refused by its number
  --generate schema  prints both forms as a JSON Schema

What is known when a server is lost:
  lines delivered  the server has taken them
  unknown          they were on their way
  not sent         they never left this program

Environment:
  NO_COLOR        no colours, when it is not empty
  CLICOLOR_FORCE  colours even into a pipe, when it is neither empty nor 0
  USER, LOGNAME   the nick, where nothing else says it
  TZ              the time zone of the times that are shown

Files:
  $XDG_RUNTIME_DIR/chatroom/       where chatroom ctl finds running sessions with control = true;
                                   without that variable, ~/.local/state/chatroom/
  ~/.config/chatroom.toml          who one is, and servers by name: nick, server, and for
                                   each [servers.NAME] address, nick, rooms, password-file
  ~/.local/state/chatroom/history  what was typed, for the arrow keys and Ctrl-R: a file for each
                                   server
  ~/.local/state/chatroom/draft    what was typed and not sent: a file for each session
  ~/.local/state/chatroom/log      what was seen, with log = true: a folder for each server, in it
                                   a file for each day, one object a line"##;
