//! Points in time, in the two forms that people and programs are told.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::HubTime;

/// The time of day as IRCv3 server-time wants it.
impl fmt::Display for HubTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = SignedDuration::try_from(self.unix).unwrap_or_default();
        let time = Timestamp::from_duration(since).unwrap_or_default();
        write!(f, "{time:.3}")
    }
}

/// A point in Unix time as a date and time that people read.
pub(super) fn seconds_as_date(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or("at no time".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_date_is_told_in_universal_time() {
        assert_eq!(seconds_as_date(1_000_000_000), "2001-09-09T01:46:40Z");
        assert_eq!(seconds_as_date(u64::MAX), "at no time");
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
