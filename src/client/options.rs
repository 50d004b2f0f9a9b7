//! The command line of `chatroom`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum, ValueHint};

use crate::generate::Generated;

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
    after_long_help = format!("{EXAMPLES}\n\n{MORE_HELP}"),
    max_term_width = 100
)]
pub struct Options {
    /// Where the room is: HOST, HOST:PORT, irc://HOST, or a name from the configuration
    /// [default: 127.0.0.1:6667]
    #[arg(value_name = "SERVER", env = "CHATROOM_SERVER", value_hint = ValueHint::Hostname)]
    pub server: Option<String>,

    /// The name others know you by [default: your login name]
    #[arg(short, long, value_name = "NICK", env = "CHATROOM_NICK")]
    pub nick: Option<String>,

    /// Enter this room as well; can be given several times
    #[arg(short = 'j', long = "join", value_name = "#ROOM")]
    pub rooms: Vec<String>,

    /// Read the password of the server from the first line of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,

    /// Never host the room in this process when no server is there
    #[arg(long)]
    pub no_host: bool,

    /// After the end of input go on printing what others say
    #[arg(short, long)]
    pub follow: bool,

    /// End a script at the first line that is refused
    #[arg(long)]
    pub strict: bool,

    /// How to print what arrives when standard output is not a terminal
    #[arg(long, value_name = "FORMAT", default_value = "plain")]
    pub format: Format,

    /// When to use colours; auto looks at the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,

    /// Read this configuration instead of the usual one
    #[arg(long, value_name = "FILE", env = "CHATROOM_CONFIG", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Show also what is of use to few, such as each line of the server's greeting
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Show only what people say, not who comes and goes
    #[arg(short, long)]
    pub quiet: bool,

    /// Print the man page or the completions of a shell, and do nothing else
    #[arg(long, value_name = "WHAT")]
    pub generate: Option<Generated>,
}

/// How to print what arrives when standard output is not a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the time, who, and what.
    Plain,
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
  chatroom --nick log --follow </dev/null    print what is said until interrupted";

/// The man page has a section for each part of this.
const MORE_HELP: &str = "\
Exit status:
  0    all was done
  64   wrong options
  65   a line of the script was refused; the others were sent
  66   a file could not be read
  68   unknown host
  69   the server could not be reached, or went away
  70   an error in this program
  74   writing the output failed
  77   refused entry: the nick is taken, or the password is wrong
  78   wrong configuration
  130  interrupted

Environment:
  NO_COLOR        no colours, when it is not empty
  CLICOLOR_FORCE  colours even into a pipe, when it is neither empty nor 0
  USER, LOGNAME   the nick, where nothing else says it
  TZ              the time zone of the times that are shown

Files:
  ~/.config/chatroom.toml          who one is, and servers by name: nick, server, and for
                                   each [servers.NAME] address, nick, rooms, password-file
  ~/.local/state/chatroom/history  what was typed, for the arrow keys and Ctrl-R";
