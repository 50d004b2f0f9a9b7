//! What the command line asks of a running session.

use std::os::unix::net::UnixStream;
use std::path::Path;

use super::error::Failure;
use super::reading_look;
use crate::client::config::address::Address;
use crate::client::config::file::Config;
use crate::client::config::options::{Action, Control, Format, Options};
use crate::client::control::Ask;
use crate::client::control::client::{self, Running};
use crate::client::terminal::stderr;
use crate::client::ui::script;

/// Does what a running session is to do; nothing when the options ask for something else.
pub(in crate::client) fn through_session(
    options: &Options,
    config: &Config,
    control: Option<&Path>,
) -> Option<Result<(), Failure>> {
    let sessions = || control.map(client::running).unwrap_or_default();
    let named = options.server.as_deref();
    let done = match options.action.as_ref()? {
        // A session knows best who is there; without one the configuration has some names.
        Action::Ctl {
            what: Control::Names { start },
            session,
        } => {
            let print = |line: &str| client::print(line, None);
            let ask = Ask::Names(start.clone());
            match choose(sessions(), session.as_deref().or(named), config, false) {
                Ok(session) => client::ask(&session, &ask, None, print),
                Err(_) => config
                    .names_like(start)
                    .iter()
                    .try_for_each(|name| print(name).map_err(Failure::Output)),
            }
        }
        Action::Ctl {
            what: Control::Sessions,
            ..
        } => list(&sessions()),
        Action::Ctl { what, session } => {
            let which = session.as_deref().or(named);
            choose(sessions(), which, config, true)
                .and_then(|session| through(&session, what, options, config))
        }
        Action::Msg(message) if named.is_none() => {
            let session = choose(sessions(), None, config, true).ok()?;
            script::line(message)
                .and_then(|line| client::ask(&session, &Ask::Send(line), None, |_| Ok(())))
        }
        Action::Msg(_) | Action::Ask(_) | Action::Log(_) => return None,
    };
    Some(done.or_else(Failure::unless_seen_enough))
}

fn through(
    session: &UnixStream,
    what: &Control,
    options: &Options,
    config: &Config,
) -> Result<(), Failure> {
    let ask = match what {
        Control::Send { line } => Ask::Send(line.join(" ")),
        Control::Who { room } => Ask::Who(room.clone()),
        Control::Rooms => Ask::Rooms,
        Control::Sessions => Ask::Where,
        Control::Tail => Ask::Tail,
        Control::Names { start } => Ask::Names(start.clone()),
    };
    let look = reading_look(options, config);
    let look = Some(&look).filter(|_| options.format == Format::Plain);
    let print = |line: &str| client::print(line, look);
    client::ask(session, &ask, options.timeout, print)
}

/// The session that is meant: the one named, or the one that was started last. Where that was a
/// guess, it is told which one it was.
fn choose(
    sessions: Vec<Running>,
    which: Option<&str>,
    config: &Config,
    tell: bool,
) -> Result<UnixStream, Failure> {
    let several = sessions.len() > 1;
    let mut sessions = sessions.into_iter();
    let Some(which) = which else {
        let newest = sessions.next().ok_or(Failure::NoSession)?;
        if several && tell {
            let place = newest.place().join(" ");
            stderr::report(&format!(
                "several sessions are running, this is {} {place}; --session chooses",
                newest.number
            ));
        }
        return Ok(newest.stream);
    };
    let number: Option<u32> = which.parse().ok();
    let address: Option<Address> = config
        .address_of(which)
        .map_or(which, String::as_str)
        .parse()
        .ok();
    let address = address.map(|address| address.to_string());
    let is_meant = |session: &Running| match number {
        Some(number) => session.number == number,
        None => address.is_some() && session.place().first() == address.as_ref(),
    };
    sessions
        .find(is_meant)
        .map(|session| session.stream)
        .ok_or_else(|| Failure::NoSuchSession(which.to_owned()))
}

fn list(sessions: &[Running]) -> Result<(), Failure> {
    if sessions.is_empty() {
        return Err(Failure::NoSession);
    }
    for session in sessions {
        let row = format!("{} {}", session.number, session.place().join(" "));
        client::print(&row, None).map_err(Failure::Output)?;
    }
    Ok(())
}
