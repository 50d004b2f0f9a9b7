//! The frontend: what the driver requires of the part that shows a session.

use std::time::Duration;

use crate::client::command::LocalCommand;
use crate::client::event::Occurrence;
use crate::client::session::{Outcome, RefusedNick, Session};

/// Shows what happens. The methods must not block, except [`Frontend::ended`], which may finish what
/// is left to do.
pub(crate) trait Frontend: Send {
    /// Something happened.
    fn event(&mut self, occurrence: &Occurrence, session: &Session);
    /// The event that the script waited for has happened.
    fn found(&mut self, _: &Occurrence) {}
    /// The server sent this line, given here without its ending.
    fn line_received(&mut self, line: &[u8]);
    /// A step is done, and everything about the session can have changed. `elapsed` is the session
    /// time.
    fn session_changed(&mut self, session: &Session, elapsed: Duration);
    /// The session time at which the frontend has something more to show.
    fn next_deadline(&self) -> Option<Duration> {
        None
    }
    /// The session has processed a typed line.
    fn line_done(&mut self, session: &Session);
    /// A command was typed that concerns only the front end.
    fn run_local(&mut self, command: &LocalCommand);
    /// The server refuses a nick, and the user must choose another.
    fn ask_nick(&mut self, refused: RefusedNick);
    /// Whether so much output waits that the driver should stop reading.
    fn is_backlogged(&self) -> bool;
    /// The session has ended: this is the last call.
    fn ended(&mut self, outcome: Outcome);
}
