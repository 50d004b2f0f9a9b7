//! From the options to a conversation, and from its end to an exit status.

pub(super) mod ctl;
pub(super) mod error;
pub(super) mod log;

use std::any::Any;
use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Instant;

use etcetera::BaseStrategy;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::client::config::address::Address;
use crate::client::config::file::Config;
use crate::client::config::options::{self, Action, ColorChoice, Document, Format, Options};
use crate::client::config::resolve::{Goal, Ways, Wishes, parse_address};
use crate::client::event::json;
use crate::client::session::Outcome;
use crate::client::storage::log::folder_of;
use crate::client::terminal::stderr;
use crate::client::ui::Seat;
use crate::client::ui::interactive::{Furniture, Terminal};
use crate::client::ui::plain::Plain;
use crate::client::ui::script::{self, Plan};
use crate::client::view::{Renderer, Verbosity};
use crate::client::{Ending, Place, control};
use crate::common::generate;
use error::Failure;

/// Hosts the room in this process, at this address, for as long as what it gives lives.
pub type Hosting = fn(SocketAddr) -> io::Result<Box<dyn Any>>;

/// Does all that the options ask for. `hosting` makes a server in this process when there is
/// none.
pub fn run(options: &Options, hosting: Hosting) -> Result<(), Failure> {
    let begun = Instant::now();
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
    let state = folders.as_ref().and_then(BaseStrategy::state_dir);
    // Where a system has no folder for what runs, as behind ssh on some, that of the state will do.
    let control = runtime.or(state).map(|at| control::folder(&at));
    if let Some(done) = ctl::through_session(options, &config, control.as_deref()) {
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
    let ways = Ways::of(&config);
    let (mut elsewhere, mut home, mut nick) = (None, None, None);
    // The server that `/connect` has left a moment ago.
    let mut left: Option<String> = None;
    // `/connect` ends one conversation and begins the next.
    loop {
        let goal = Goal {
            elsewhere: elsewhere.as_ref(),
            home: home.as_ref(),
            nick: nick.as_ref(),
        };
        let wishes = Wishes::weigh(goal, options, &config, seat.as_mut(), begun);
        let reached = wishes.and_then(|wishes| {
            let reach = |wishes: &Wishes| wishes.connect(seat.as_ref(), &ways, hosting);
            let reached = wishes.as_ref().map(reach).transpose()?;
            Ok(wishes.zip(reached))
        });
        let (wishes, (mut place, host)) = match (reached, left.take()) {
            (Ok(Some(reached)), _) => reached,
            (Ok(None), _) => {
                let signal = seat.and_then(|seat| seat.signal());
                return signal.map_or(Ok(()), |signal| Err(Failure::Signal(signal)));
            }
            // As when a command for its password fails, which may have asked for something on this
            // terminal and so could not be run before.
            (Err(failure), Some(left)) if !matches!(failure, Failure::Signal(_)) => {
                stderr::report(&format!("{failure}; you go back to {left}"));
                elsewhere = Some(left);
                continue;
            }
            (Err(failure), _) => return Err(failure),
        };
        let home = home.get_or_insert_with(|| wishes.address.clone());
        nick.get_or_insert_with(|| wishes.nick.clone());
        place.log = places.log_of(&place.address, &config);
        let session = wishes.session(options, &config, &plan);
        let look = Renderer::new(
            has_color(options.color) && (edits || !is_person),
            volume(options, is_person),
            time_zone(),
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
            Some(Outcome::SwitchServer { server }) => {
                let of_line = options.server.as_ref().or(config.server.as_ref());
                let first = || of_line.cloned().unwrap_or_else(|| home.to_string());
                left = Some(elsewhere.replace(server).unwrap_or_else(first));
            }
            _ => {
                let closed = seat.map_or(Ok(()), Seat::close);
                let closed = closed.map_err(Failure::Output);
                closed.or_else(Failure::unless_seen_enough)?;
                return finish(ending);
            }
        }
    }
}

/// Prints what was asked for instead of a conversation.
fn print_document(document: Document) -> io::Result<()> {
    match document {
        Document::Generated(generated) => generated.print::<Options>(),
        Document::Config => generate::print(crate::client::config::file::EXAMPLE.as_bytes()),
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
        &Timestamp::now().to_zoned(time_zone()),
    )
}

/// How things are shown that happened elsewhere or earlier.
pub(super) fn reading_look(options: &Options, config: &Config) -> Renderer {
    Renderer::new(
        has_color(options.color),
        volume(options, true),
        time_zone(),
        config.taste(),
    )
}

/// The time zone in which times are shown. That `TZ` names none that is known is reported once;
/// then times are in UTC.
fn time_zone() -> TimeZone {
    static REPORT: Once = Once::new();
    let unknown = |_| {
        if let Some(name) = std::env::var_os("TZ") {
            REPORT.call_once(|| {
                let words = "is no time zone that is known here; times are shown in UTC";
                stderr::report(&format!("TZ={} {words}", name.display()));
            });
        }
        TimeZone::UTC
    };
    TimeZone::try_system().unwrap_or_else(unknown)
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
        Some(folder_of(&logs, server))
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

fn volume(options: &Options, on_terminal: bool) -> Verbosity {
    match (options.quiet, options.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ if on_terminal => Verbosity::Normal,
        _ => Verbosity::Script,
    }
}

fn finish(ending: Ending) -> Result<(), Failure> {
    if let Some(signal) = ending.signal {
        return Err(Failure::Signal(signal));
    }
    match ending.outcome {
        // The one who asks to go elsewhere is taken there before this.
        Some(Outcome::Done | Outcome::SwitchServer { .. }) => Ok(()),
        Some(Outcome::Incomplete(shortfall)) => Err(shortfall.into()),
        None => Err(Failure::Internal),
    }
}
