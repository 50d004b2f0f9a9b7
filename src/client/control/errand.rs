//! What the command line asks of a running session.

use std::path::Path;

use super::{Ask, caller};
use crate::client::config::Config;
use crate::client::options::{Action, Control, Format, Options};
use crate::client::script;
use crate::client::start::{Failure, reading_look};

/// Does what a running session is to do; nothing when the options ask for something else.
pub(in crate::client) fn through_session(
    options: &Options,
    config: &Config,
    control: Option<&Path>,
) -> Option<Result<(), Failure>> {
    let session = || control.and_then(caller::find);
    let what = match options.action.as_ref()? {
        // A session knows best who is there; without one the configuration has some names.
        Action::Ctl {
            what: Control::Names { start },
        } => {
            let print = |line: &str| caller::print(line, None);
            let ask = Ask::Names(start.clone());
            let done = match session() {
                Some(session) => caller::ask(&session, &ask, None, print),
                None => config
                    .names_like(start)
                    .iter()
                    .try_for_each(|name| print(name).map_err(Failure::Output)),
            };
            return Some(done.or_else(|failure| failure.unless_seen_enough()));
        }
        Action::Ctl { what } => what,
        Action::Msg(message) if options.server.is_none() => {
            let session = session()?;
            return Some(
                script::line(message)
                    .and_then(|line| caller::ask(&session, &Ask::Send(line), None, |_| Ok(()))),
            );
        }
        Action::Msg(_) | Action::Ask(_) | Action::Log(_) => return None,
    };
    let ask = match what {
        Control::Send { line } => Ask::Send(line.join(" ")),
        Control::Who { room } => Ask::Who(room.clone()),
        Control::Rooms => Ask::Rooms,
        Control::Tail => Ask::Tail,
        Control::Names { start } => Ask::Names(start.clone()),
    };
    let Some(session) = session() else {
        return Some(Err(Failure::NoSession));
    };
    let look = reading_look(options, config);
    let look = Some(&look).filter(|_| options.format == Format::Plain);
    let print = |line: &str| caller::print(line, look);
    let done = caller::ask(&session, &ask, options.timeout, print);
    Some(done.or_else(|failure| failure.unless_seen_enough()))
}
