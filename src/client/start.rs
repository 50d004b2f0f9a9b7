//! From the options to a conversation, and from its end to an exit status.

use std::any::Any;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::Duration;

use etcetera::BaseStrategy;
use jiff::Zoned;
use jiff::tz::TimeZone;
use signal_hook::consts::SIGINT;

use super::address::{Address, AddressError};
use super::config::{Config, ConfigError, Server};
use super::control::{self, errand};
use super::interactive::{Furniture, Terminal};
use super::network::{self, ConnectError, plain_words};
use super::options::{self, Action, ColorChoice, Document, Format, Options};
use super::plain::Plain;
use super::screen::{Look, Volume};
use super::script::Plan;
use super::seat::Seat;
use super::session::{Outcome, Report, Session, Settings};
use super::{Ending, Place, input, json, log, script};
use crate::generate;

/// Hosts the room in this process, at this address, for as long as what it gives lives. The
/// error is in words.
pub type Hosting = fn(SocketAddr) -> Result<Box<dyn Any>, String>;

/// Why the program did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// The options ask for something that cannot be.
    Usage(String),
    /// Lines of the script were refused; each has been told already.
    LinesRefused,
    /// A file cannot be read.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The name of a host leads nowhere.
    UnknownHost {
        /// The host.
        host: String,
        /// Why.
        error: io::Error,
    },
    /// Nobody answers at the address.
    Unreachable {
        /// The address.
        address: Address,
        /// Why.
        error: io::Error,
    },
    /// The connection ended before all was done.
    ServerGone {
        /// Why.
        words: String,
        /// What became of the lines of the script, where there were any.
        report: Option<Report>,
    },
    /// The time that was given is over.
    TimeIsUp {
        /// How long that was.
        limit: Duration,
        /// What became of the lines of the script, where there were any.
        report: Option<Report>,
    },
    /// The server did what no server may do.
    ProtocolBroken {
        /// What it did.
        words: String,
        /// What became of the lines of the script, where there were any.
        report: Option<Report>,
    },
    /// No running session can be used by other programs.
    NoSession,
    /// None of them is the one that was named.
    NoSuchSession(String),
    /// There is no log to show; the words say what there is instead.
    NoLog(String),
    /// The program itself failed.
    Internal,
    /// The terminal or the pipe cannot be used.
    Output(io::Error),
    /// The nick cannot be had.
    NickRefused {
        /// The nick.
        nick: String,
        /// Why.
        why: String,
    },
    /// The server does not let this person in.
    EntryRefused {
        /// What it said.
        words: String,
    },
    /// The configuration is wrong.
    Config(ConfigError),
    /// A signal ended the program in good order.
    Signal(i32),
}

impl Failure {
    /// The exit status, after sysexits(3).
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::LinesRefused => 65,
            Self::Unreadable { .. }
            | Self::NoLog(_)
            | Self::Config(ConfigError::Unreadable { .. }) => 66,
            Self::UnknownHost { .. } => 68,
            Self::Unreachable { .. }
            | Self::ServerGone { .. }
            | Self::NoSession
            | Self::NoSuchSession(_) => 69,
            Self::Internal => 70,
            Self::Output(_) => 74,
            Self::TimeIsUp { .. } => 75,
            Self::ProtocolBroken { .. } => 76,
            Self::NickRefused { .. } | Self::EntryRefused { .. } => 77,
            Self::Config(ConfigError::Wrong { .. }) => 78,
            // As a shell tells that a signal ended a program.
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    /// Nothing, when it is only that the reader of the output has seen enough.
    pub(super) fn unless_seen_enough(self) -> Result<(), Self> {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Err(other),
        }
    }

    /// Whether there is still something to say about it.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::LinesRefused | Self::Signal(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(words) | Self::NoLog(words) => f.write_str(words),
            Self::LinesRefused => f.write_str("some lines were refused"),
            Self::Unreadable { file, error } => {
                write!(f, "cannot read {}: {}", file.display(), plain_words(error))
            }
            Self::UnknownHost { host, error } => {
                // The system's words begin with what it was doing.
                let words = plain_words(error);
                let why = words.rsplit(": ").next().unwrap_or_default();
                write!(f, "unknown host {host} ({why})")
            }
            Self::Unreachable { address, error } => write!(
                f,
                "no server answers on {address} ({}); is chatroomd running there?",
                plain_words(error)
            ),
            Self::ServerGone { words, report } => {
                write!(f, "the server is gone: {}", super::safe::safe(words))?;
                report
                    .as_ref()
                    .map_or(Ok(()), |report| write!(f, "; {report}"))
            }
            Self::TimeIsUp { limit, report } => {
                write!(f, "gave up after {} s", limit.as_secs_f64())?;
                let open = report.as_ref().filter(|report| !report.is_complete());
                open.map_or(Ok(()), |report| write!(f, "; {report}"))
            }
            Self::ProtocolBroken { words, report } => {
                write!(f, "the server broke the protocol: {words}")?;
                report
                    .as_ref()
                    .map_or(Ok(()), |report| write!(f, "; {report}"))
            }
            Self::NoSession => {
                f.write_str("no session is running that has control = true in its configuration")
            }
            Self::NoSuchSession(which) => write!(
                f,
                "no session is running that is {which:?}; chatroom ctl sessions lists them"
            ),
            Self::Internal => f.write_str("internal error; please report it"),
            Self::Output(error) => {
                write!(f, "cannot write what arrives: {}", plain_words(error))
            }
            Self::NickRefused { nick, why } => write!(
                f,
                "{nick} cannot be had as a nick: {}; choose another with --nick",
                super::safe::safe(why)
            ),
            Self::EntryRefused { words } => {
                write!(f, "the server refuses entry: {}", super::safe::safe(words))
            }
            Self::Config(error) => error.fmt(f),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Does all that the options ask for. `hosting` makes a server in this process when there is
/// none.
pub fn run(options: &Options, hosting: Hosting) -> Result<(), Failure> {
    if let Some(document) = options.generate {
        return print_document(document).map_err(Failure::Output);
    }
    let folders = etcetera::choose_base_strategy().ok();
    let usual_config = folders
        .as_ref()
        .map(|at| at.config_dir().join("chatroom.toml"));
    let config = Config::load(options.config.as_deref(), usual_config.as_deref())
        .map_err(Failure::Config)?;
    let runtime = folders.as_ref().and_then(BaseStrategy::runtime_dir);
    let control = runtime.map(|at| control::folder(&at));
    if let Some(done) = errand::through_session(options, &config, control.as_deref()) {
        return done;
    }
    let places = Places {
        state: folders.and_then(|at| Some(at.state_dir()?.join("chatroom"))),
        control: control.filter(|_| config.control),
    };
    if let Some(Action::Log(log)) = &options.action {
        let file = options.config.clone().or(usual_config);
        let done = show_log(options, log, &config, file, places.logs().as_deref());
        return done.or_else(Failure::unless_seen_enough);
    }
    if config.log && places.state.is_none() {
        let words = "log = true needs a place for the log: set HOME or XDG_STATE_HOME";
        return Err(Failure::Usage(words.to_owned()));
    }
    let plan = Plan::of(options)?;
    let is_person = !options.is_scripted() && (options.plain || io::stdin().is_terminal());
    let edits = is_person && !options.plain && can_edit();
    let mut seat = take_seat(is_person, edits, &config).map_err(Failure::Output)?;
    let mut goal = options.server.clone();
    // `/connect` ends one conversation and begins the next.
    loop {
        let wishes = Wishes::weigh(goal.as_ref(), options, &config, seat.as_mut())?;
        let Some(wishes) = wishes else {
            let signal = seat.and_then(|seat| seat.signal());
            return signal.map_or(Ok(()), |signal| Err(Failure::Signal(signal)));
        };
        let (mut place, host) = wishes.connect(seat.as_ref(), hosting)?;
        place.log = places.log_of(&place.address, &config);
        let session = wishes.session(options, &config, &plan);
        let look = Look::new(
            has_color(options.color) && (edits || !is_person),
            volume(options, is_person),
            TimeZone::system(),
            config.taste(),
        );
        let ending = match &mut seat {
            Some(seat) => {
                let furniture = places.furniture(&place, host.is_some(), options);
                seat.converse(place, session, look, furniture)
            }
            None => {
                let control = places.control.as_deref();
                script::run(place, session, look, plan.clone(), control)
            }
        };
        drop(host);
        let ending = ending.map_err(Failure::Output)?;
        match ending.outcome {
            Some(Outcome::Elsewhere { server }) => goal = Some(server),
            _ => return finish(ending),
        }
    }
}

/// Prints what was asked for instead of a conversation.
fn print_document(document: Document) -> io::Result<()> {
    match document {
        Document::Generated(generated) => generated.print::<Options>(),
        Document::Config => generate::print(super::config::EXAMPLE.as_bytes()),
        Document::Schema => generate::print(json::schema().as_bytes()),
    }
}

/// Shows a part of the log instead of a conversation. `file` is where the configuration is.
fn show_log(
    options: &Options,
    asked: &options::Log,
    config: &Config,
    file: Option<PathBuf>,
    logs: Option<&Path>,
) -> Result<(), Failure> {
    if options.format == Format::Raw {
        let words = "the log has no lines of the wire; --format is plain or json for it";
        return Err(Failure::Usage(words.to_owned()));
    }
    let named = asked.server.as_ref().or(options.server.as_ref());
    let server = match named.or(config.server.as_ref()) {
        Some(stream) if stream == "-" => None,
        Some(name) => Some(parse_address(config.address_of(name).unwrap_or(name))?),
        None => Some(Address::local()),
    };
    let room = asked
        .room
        .as_ref()
        .map(|room| match room.starts_with(['#', '&', '@']) {
            true => room.clone(),
            false => format!("#{room}"),
        });
    let advice = file
        .filter(|_| !config.log)
        .map(|file| format!("put log = true into {} to keep one", file.display()));
    let question = log::Question {
        server,
        room: room.as_deref(),
        since: asked.since.as_ref(),
        grep: asked.grep.as_ref(),
        format: options.format,
        advice,
    };
    log::show(
        &question,
        logs,
        reading_look(options, config),
        &Zoned::now(),
    )
}

/// How things are shown that happened elsewhere or earlier.
pub(super) fn reading_look(options: &Options, config: &Config) -> Look {
    Look::new(
        has_color(options.color),
        volume(options, true),
        TimeZone::system(),
        config.taste(),
    )
}

/// Where the person sits; nowhere when the lines come from a script.
fn take_seat(is_person: bool, edits: bool, config: &Config) -> io::Result<Option<Seat>> {
    Ok(match (is_person, edits) {
        (true, true) => Some(Seat::Editor(Box::new(Terminal::open(config.keys)?))),
        (true, false) => Some(Seat::Plain(Plain::open()?)),
        (false, _) => None,
    })
}

/// Where things are kept beside the configuration.
struct Places {
    state: Option<PathBuf>,
    control: Option<PathBuf>,
}

impl Places {
    /// Where the logs of all servers are.
    fn logs(&self) -> Option<PathBuf> {
        Some(self.state.as_ref()?.join("log"))
    }

    /// The folder of the log of a server, where one is to be kept.
    fn log_of(&self, server: &Address, config: &Config) -> Option<PathBuf> {
        let logs = self.logs().filter(|_| config.log)?;
        Some(log::folder_of(&logs, server))
    }

    /// Where the conversation of a person keeps what it keeps, and how it begins.
    fn furniture(&self, place: &Place, hosted: bool, options: &Options) -> Furniture {
        let file = |kind: &str| {
            let folder = self.state.as_ref()?.join(kind);
            Some(folder.join(place.address.file_name()))
        };
        Furniture {
            format: options.format,
            history_file: file("history"),
            draft_file: file("draft"),
            control: self.control.clone(),
            greeting: match hosted {
                true => format!(
                    "no server on {}, so this one hosts the room (it closes when you leave)\n",
                    place.address
                ),
                false => String::new(),
            },
        }
    }
}

/// Where to go and as whom, with nothing left open.
struct Wishes {
    address: Address,
    /// Whether the lines come from a script, and nobody can be asked.
    script: bool,
    /// Nobody named a server, so this one may be hosted.
    may_host: bool,
    nick: String,
    alternatives: Vec<String>,
    rooms: Vec<String>,
    password: Option<String>,
}

impl Wishes {
    /// The command line and the environment before the configuration before an answer of the
    /// person; `None` when the person leaves instead of answering.
    fn weigh(
        goal: Option<&String>,
        options: &Options,
        config: &Config,
        mut seat: Option<&mut Seat>,
    ) -> Result<Option<Self>, Failure> {
        let named = goal.or(config.server.as_ref());
        let answered = match (named, &mut seat) {
            (None, Some(seat)) => {
                let default = Address::local().to_string();
                let Some(answer) = ask(seat, "Server", &default)? else {
                    return Ok(None);
                };
                Some(answer).filter(|answer| *answer != default)
            }
            _ => None,
        };
        let named = named.or(answered.as_ref());
        let server: Option<&Server> = named.and_then(|name| config.servers.get(name));
        let address = match (server, named) {
            (Some(server), _) => parse_address(&server.address)?,
            (None, Some(text)) => parse_address(text)?,
            (None, None) => Address::local(),
        };
        let may_host = named.is_none() && seat.is_some() && !options.no_host;
        let nick = options
            .nick
            .clone()
            .or_else(|| server.and_then(|server| server.nick.clone()))
            .or_else(|| config.nick.clone());
        let nick = match (nick, &mut seat) {
            (Some(nick), _) => nick,
            (None, Some(seat)) => match ask(seat, "Nick", &login_name())? {
                Some(nick) => nick,
                None => return Ok(None),
            },
            (None, None) => login_name(),
        };
        if !input::checked_nick_text(&nick) {
            return Err(Failure::Usage(format!(
                "{nick:?} cannot be a nick; use letters, digits, - and _, a letter first"
            )));
        }
        let of_server = server.iter().flat_map(|server| &server.rooms);
        let rooms = options.rooms.iter().chain(of_server).map(|room| {
            match input::parse(&format!("/join {room}")) {
                Ok(input::Intent::Join { room, key: None }) => Ok(room.into_owned()),
                _ => Err(Failure::Usage(format!(
                    "{room:?} cannot be a room; rooms look like #room"
                ))),
            }
        });
        let rooms = rooms.collect::<Result<_, _>>()?;
        let password_file = options
            .password_file
            .as_ref()
            .or_else(|| server.and_then(|server| server.password_file.as_ref()));
        let command = server.and_then(|server| server.password_command.as_ref());
        let password = match (password_file, command) {
            (Some(file), _) => Some(read_password(file)?),
            (None, Some(command)) => Some(ask_for_password(command)?),
            (None, None) => None,
        };
        let alternatives = server.map(|server| server.alternatives.clone());
        Ok(Some(Self {
            address,
            script: seat.is_none(),
            may_host,
            nick,
            alternatives: alternatives.unwrap_or_default(),
            rooms,
            password,
        }))
    }

    /// Connects; hosts the room first when nobody does and that is allowed.
    fn connect(
        &self,
        seat: Option<&Seat>,
        hosting: Hosting,
    ) -> Result<(Place, Option<Box<dyn Any>>), Failure> {
        let address = self.address.clone();
        let error = match self.reach(seat)? {
            Ok(stream) => return Ok((Place::new(stream, address), None)),
            Err(ConnectError::UnknownHost(error)) => {
                let host = address.host;
                return Err(Failure::UnknownHost { host, error });
            }
            Err(ConnectError::Unreachable(error)) => error,
        };
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        if !(refused && self.may_host) {
            return Err(Failure::Unreachable { address, error });
        }
        let here = SocketAddr::from(([127, 0, 0, 1], address.port));
        let host = hosting(here).map_err(Failure::Usage)?;
        match self.reach(seat)? {
            Ok(stream) => Ok((Place::new(stream, address), Some(host))),
            Err(ConnectError::UnknownHost(error) | ConnectError::Unreachable(error)) => {
                Err(Failure::Unreachable { address, error })
            }
        }
    }

    /// Tries to connect; on a terminal Ctrl-C ends that.
    fn reach(&self, seat: Option<&Seat>) -> Result<Result<TcpStream, ConnectError>, Failure> {
        let address = self.address.clone();
        match seat {
            None => Ok(network::connect(&address)),
            Some(seat) => seat
                .wait_for(move || network::connect(&address))
                .ok_or(Failure::Signal(SIGINT)),
        }
    }

    /// The conversation to hold there.
    fn session(self, options: &Options, config: &Config, plan: &Plan) -> Session {
        Session::new(Settings {
            user: self.nick.clone(),
            real_name: self.nick.clone(),
            nick: self.nick,
            alternatives: self.alternatives,
            password: self.password,
            rooms: self.rooms,
            script: self.script,
            strict: plan.strict,
            wait: plan.wait.clone(),
            time_limit: options.timeout,
            log: config.log,
            aliases: config.alias.clone(),
        })
    }
}

fn ask(seat: &mut Seat, question: &str, default: &str) -> Result<Option<String>, Failure> {
    seat.ask(question, default).map_err(Failure::Output)
}

fn parse_address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|error: AddressError| {
        Failure::Usage(format!("{text:?} is no address of a server: {error}"))
    })
}

/// The first line of a file, without its ending.
fn read_password(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::Unreadable {
        file: file.to_owned(),
        error,
    })?;
    password_in(&text, &file.display().to_string())
}

/// What a command prints on its first line.
fn ask_for_password(command: &str) -> Result<String, Failure> {
    let output = process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output();
    let failed = |why: String| Failure::Usage(format!("password-command {command:?} {why}"));
    match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            password_in(&text, &format!("password-command {command:?}"))
        }
        Ok(output) => Err(failed(format!("failed ({})", output.status))),
        Err(error) => Err(failed(format!("cannot be run: {}", plain_words(&error)))),
    }
}

/// The first line of a text from `place`, as a password.
fn password_in(text: &str, place: &str) -> Result<String, Failure> {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().any(char::is_control) {
        return Err(Failure::Usage(format!(
            "{place}: a password has no control characters in it"
        )));
    }
    Ok(line.to_owned())
}

/// The name this person has on this machine, as far as it can be a nick.
fn login_name() -> String {
    let name = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|variable| std::env::var(variable).ok())
        .unwrap_or_default();
    let usable: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .skip_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    if usable.is_empty() {
        "guest".to_owned()
    } else {
        usable
    }
}

/// Whether the terminal can move its cursor.
fn can_edit() -> bool {
    let terminal = std::env::var("TERM").unwrap_or_default();
    !["dumb", "cons25", "emacs"].contains(&terminal.to_ascii_lowercase().as_str())
}

/// Whether to use colours. <https://no-color.org>, <https://bixense.com/clicolors>.
fn has_color(choice: ColorChoice) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_on = |name: &str| is_set(name) && std::env::var_os(name).is_some_and(|v| v != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_on("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => {
            io::stdout().is_terminal() && std::env::var_os("CLICOLOR").is_none_or(|v| v != "0")
        }
    }
}

fn volume(options: &Options, on_terminal: bool) -> Volume {
    match (options.quiet, options.verbose) {
        (true, _) => Volume::Quiet,
        (_, true) => Volume::Everything,
        _ if on_terminal => Volume::Normal,
        _ => Volume::Script,
    }
}

fn finish(ending: Ending) -> Result<(), Failure> {
    if let Some(signal) = ending.signal {
        return Err(Failure::Signal(signal));
    }
    match ending.outcome {
        // The one who asks to go elsewhere is taken there before this.
        Some(Outcome::Done | Outcome::Elsewhere { .. }) => Ok(()),
        Some(Outcome::LinesRefused) => Err(Failure::LinesRefused),
        Some(Outcome::NickRefused { nick, why }) => Err(Failure::NickRefused { nick, why }),
        Some(Outcome::EntryRefused { words }) => Err(Failure::EntryRefused { words }),
        Some(Outcome::ServerGone { words, report }) => Err(Failure::ServerGone { words, report }),
        Some(Outcome::TimeIsUp { limit, report }) => Err(Failure::TimeIsUp { limit, report }),
        Some(Outcome::ProtocolBroken { words, report }) => {
            Err(Failure::ProtocolBroken { words, report })
        }
        None => Err(Failure::Internal),
    }
}
