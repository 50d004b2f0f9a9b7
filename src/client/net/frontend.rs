//! What a network needs of those who show what happens.

use std::time::Duration;

use crate::client::event::Event;
use crate::client::event::json::MessageTags;
use crate::client::session::{Outcome, Session};

/// Who shows what happens. Its methods must not wait for anything but the end, for which there may
/// be something to be brought in order.
pub trait Front: Send {
    /// What is shown next has these marks of the server.
    fn stamp(&mut self, _: MessageTags) {}
    /// What the session waited for has come.
    fn found(&mut self, _: &Event, _unix_seconds: i64) {}
    /// Something happened.
    fn show(&mut self, event: &Event, unix_seconds: i64, session: &Session);
    /// A line came from the server, without its ending.
    fn received(&mut self, line: &[u8]);
    /// A step is done, and everything about the session can have changed. `elapsed` is the time
    /// since the program began.
    fn changed(&mut self, session: &Session, elapsed: Duration);
    /// When there is something to show that is held back now.
    fn held_until(&self) -> Option<Duration> {
        None
    }
    /// A typed line has been dealt with.
    fn typed_done(&mut self, session: &Session);
    /// A line was typed that only concerns what is shown.
    fn local(&mut self, line: &str);
    /// The nick cannot be had, and another is needed.
    fn ask_nick(&mut self, nick: String, why: String);
    /// Whether so much waits to be shown that nothing more should be read for now.
    fn is_full(&self) -> bool;
    /// Nothing more will come.
    fn ended(&mut self, outcome: Outcome);
}
