//! The two clocks of the server, and time as text: as a server-time tag, and as a date for users.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::stored::MessageId;

/// The current time on both clocks. Timeouts use the one that never jumps, users see the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct HubTime {
    /// Monotonic time since the start of the server.
    pub running: Duration,
    /// Unix time: time since the beginning of 1970.
    pub unix: Duration,
}

impl HubTime {
    /// The same with the Unix time of a message.
    pub(super) fn at_unix(self, id: MessageId) -> Self {
        Self {
            unix: Duration::from_millis(id.unix_milliseconds()),
            ..self
        }
    }
}

/// Date and time with milliseconds, in the format of IRCv3 server-time.
impl fmt::Display for HubTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = SignedDuration::try_from(self.unix).unwrap_or_default();
        let time = Timestamp::from_duration(since).unwrap_or_default();
        write!(f, "{time:.3}")
    }
}

/// Reads a time in the format of IRCv3 server-time, as Unix milliseconds.
pub(super) fn unix_milliseconds(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok()
}

/// Unix milliseconds in the format of IRCv3 server-time.
pub(super) fn milliseconds_as_tag(milliseconds: u64) -> HubTime {
    HubTime {
        unix: Duration::from_millis(milliseconds),
        ..HubTime::default()
    }
}

/// Unix time as a date in UTC, for users.
pub(super) fn seconds_as_date(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or("unknown".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_in_universal_time() {
        assert_eq!(seconds_as_date(1_000_000_000), "2001-09-09T01:46:40Z");
        assert_eq!(seconds_as_date(u64::MAX), "unknown");
    }

    #[test]
    fn a_tag_has_milliseconds_even_when_there_are_none() {
        for (milliseconds, text) in [
            (1_000_000_000_000, "2001-09-09T01:46:40.000Z"),
            (1_000_000_000_020, "2001-09-09T01:46:40.020Z"),
        ] {
            let moment = HubTime {
                unix: Duration::from_millis(milliseconds),
                ..HubTime::default()
            };
            assert_eq!(moment.to_string(), text);
        }
    }
}
