//! Runs `chatroom ctl`, and `chatroom msg` through a running session.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::appearance::replay_renderer;
use super::error::ClientError;
use crate::client::config::address::parse_address;
use crate::client::config::file::Config;
use crate::client::config::options::{Action, ClientOptions, Control, Format};
use crate::client::control::ControlRequest;
use crate::client::control::client::{RunningSession, SessionLocation, request, running_sessions};
use crate::client::event::json;
use crate::client::terminal::stderr;
use crate::client::ui::script;
use crate::client::view::Renderer;
use crate::common::record::Record;
use crate::common::sanitize::sanitize;

/// Does what the options request of a running session. `None` when they request something else.
/// `sockets` is the folder of the control sockets.
pub(super) fn run(
    options: &ClientOptions,
    config: &Config,
    sockets: Option<&Path>,
) -> Option<Result<(), ClientError>> {
    let sessions = || sockets.map(running_sessions).unwrap_or_default();
    let server = options.servers().next().map(String::as_str);
    let result = match options.action.as_ref()? {
        Action::Ctl {
            what: Control::Names { start, .. },
            ..
        } => {
            let which = options.session().or(server);
            names(start, which, &sessions, config, options.timeout())
        }
        Action::Ctl {
            what: Control::Sessions,
            ..
        } => list(&sessions()),
        Action::Ctl { what, .. } => {
            let which = options.session().or(server);
            choose(sessions(), which, config, true)
                .and_then(|(session, network)| send(&session, network, what, options, config))
        }
        Action::Msg(message) if !options.wants_connection() => {
            let (session, _) = choose(sessions(), None, config, true).ok()?;
            script::message_line(message)
                .map_err(ClientError::Message)
                .and_then(|line| {
                    let line = ControlRequest::Send(line);
                    Ok(request(&session, &line, options.timeout(), |_| Ok(()))?)
                })
        }
        _ => return None,
    };
    Some(result.or_else(ClientError::ignore_broken_pipe))
}

/// Prints the names that begin with `prefix`: those that a session knows, or without one those of
/// the configuration.
fn names(
    prefix: &str,
    which: Option<&str>,
    sessions: &dyn Fn() -> Vec<RunningSession>,
    config: &Config,
    limit: Option<Duration>,
) -> Result<(), ClientError> {
    let print = |line: &str| print(line, None);
    match choose(sessions(), which, config, false) {
        Ok((session, _)) => {
            let names = ControlRequest::Names(prefix.to_owned());
            Ok(request(&session, &names, limit, print)?)
        }
        Err(_) => config
            .completions(prefix)
            .iter()
            .try_for_each(|name| print(name).map_err(ClientError::Output)),
    }
}

fn send(
    session: &UnixStream,
    network: Option<String>,
    what: &Control,
    options: &ClientOptions,
    config: &Config,
) -> Result<(), ClientError> {
    let control_request = match what {
        Control::Send { line, .. } => match network {
            Some(network) => ControlRequest::SendOn(network, line.join(" ")),
            None => ControlRequest::Send(line.join(" ")),
        },
        Control::Who { room, .. } => ControlRequest::Who(room.clone()),
        Control::Rooms { .. } => ControlRequest::Rooms,
        Control::Sessions => ControlRequest::Where,
        Control::Tail { .. } => ControlRequest::Tail,
        Control::Names { start, .. } => ControlRequest::Names(start.clone()),
    };
    if options.format() == Format::Raw {
        return Err(ClientError::NoProtocolLines("A running session"));
    }
    let renderer = replay_renderer(options, config);
    let renderer = Some(&renderer).filter(|_| options.format() == Format::Plain);
    let print = |line: &str| print(line, renderer);
    Ok(request(
        session,
        &control_request,
        options.timeout(),
        print,
    )?)
}

/// The session that `which` names by its number or one of its servers, or else the one that started
/// last; with it the network that was named. With `report`, the choice among several is reported.
fn choose(
    sessions: Vec<RunningSession>,
    which: Option<&str>,
    config: &Config,
    report: bool,
) -> Result<(UnixStream, Option<String>), ClientError> {
    let several = sessions.len() > 1;
    let mut sessions = sessions.into_iter();
    let Some(which) = which else {
        let newest = sessions.next().ok_or(ClientError::NoSession)?;
        if several && report {
            let locations = newest.locations().into_iter();
            let location = { locations }.next().map(|location| location.to_string());
            let location = location.unwrap_or_default();
            stderr::report(&format!(
                "Several sessions are running; using {} {location}. Choose another with --session.",
                newest.number
            ));
        }
        return Ok((newest.stream, None));
    };
    let number: Option<u32> = which.parse().ok();
    let address = config.address_of(which).map_or(which, String::as_str);
    let address = parse_address(address).ok();
    let address = address.map(|address| address.to_string());
    let is_meant = |location: &SessionLocation| {
        location.network == which || address.as_ref() == Some(&location.address)
    };
    let chosen = sessions.find_map(|session| {
        let network = match number {
            Some(number) => (session.number == number).then_some(None),
            None => {
                let locations = session.locations().into_iter();
                let meant = { locations }.find(is_meant);
                meant.map(|location| Some(location.network))
            }
        };
        Some((session.stream, network?))
    });
    chosen.ok_or_else(|| ClientError::NoSuchSession(which.to_owned()))
}

fn list(sessions: &[RunningSession]) -> Result<(), ClientError> {
    if sessions.is_empty() {
        return Err(ClientError::NoSession);
    }
    for session in sessions {
        let mut locations = session.locations();
        // In the order of their addresses, whichever is active.
        locations.sort_by(|one, other| one.address.cmp(&other.address));
        if locations.is_empty() {
            print(&session.number.to_string(), None).map_err(ClientError::Output)?;
        }
        for location in locations {
            let row = format!("{} {location}", session.number);
            print(&row, None).map_err(ClientError::Output)?;
        }
    }
    Ok(())
}

/// Prints a line of an answer; a JSON record is rendered where a renderer is given.
fn print(line: &str, renderer: Option<&Renderer>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let lines = match (renderer, Record::read(line)) {
        (Some(look), Some(record)) => {
            look.lines(&json::decode(&record), record.unix_seconds(), None)
        }
        _ => format!("{}\n", sanitize(line)),
    };
    out.write_all(lines.as_bytes())?;
    out.flush()
}
