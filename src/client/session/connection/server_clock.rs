//! The clock of the server, which says when a message was sent first.

use std::time::Duration;

use crate::client::event::unix_milliseconds;
use crate::wire::Message;

/// The clock of the server, by the times of its lines.
#[derive(Debug, Default)]
pub(in crate::client::session) struct ServerClock {
    /// The time of a line in Unix milliseconds, and when it came.
    last: Option<(u64, Duration)>,
}

impl ServerClock {
    /// How old the last time may be before the next one is read.
    const INTERVAL: Duration = Duration::from_secs(1);

    /// The server has sent a line. Replayed history has earlier times, which change nothing.
    pub(in crate::client::session) fn learn(&mut self, message: &Message<'_>, elapsed: Duration) {
        let is_fresh = |(_, at): (u64, Duration)| elapsed < at + Self::INTERVAL;
        if self.last.is_some_and(is_fresh) {
            return;
        }
        let time = message.tags.get("time").and_then(unix_milliseconds);
        let time = time.and_then(|time| u64::try_from(time).ok());
        if let Some(time) = time.filter(|time| *time >= self.at(elapsed)) {
            self.last = Some((time, elapsed));
        }
    }

    /// Its time now, in Unix milliseconds, or an earlier one; 0 if it is not known.
    pub(in crate::client::session) fn at(&self, elapsed: Duration) -> u64 {
        let Some((time, at)) = self.last else {
            return 0;
        };
        let since = elapsed.saturating_sub(at).as_millis();
        time.saturating_add(u64::try_from(since).unwrap_or_default())
    }
}
