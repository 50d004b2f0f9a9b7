//! The start of the part of the log to show, as the user writes it: `2h`, `yesterday`, `14:00`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp, Zoned};

/// A time in the past, relative to the clock of the reader.
#[derive(Debug, Clone)]
pub(in crate::client) struct Since(Form);

#[derive(Debug, Clone)]
enum Form {
    /// This long ago.
    Ago(Span),
    /// This many midnights ago; 0 is the one that began today.
    Midnight(i64),
    /// The last time that it was this time of day.
    Time(Time),
    /// The beginning of a day.
    Date(Date),
    /// A date and a time of day.
    DateTime(DateTime),
    /// A time with its time zone.
    Timestamp(Timestamp),
}

/// A text is not a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct SinceError;

impl fmt::Display for SinceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected a time such as 30m, 2h, 3d, today, yesterday, 14:00, 2026-11-24 or \
             \"2026-11-24 14:00\"",
        )
    }
}

impl std::error::Error for SinceError {}

impl FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Self, SinceError> {
        let text = text.trim();
        let form = match text.to_ascii_lowercase().as_str() {
            "today" => Form::Midnight(0),
            "yesterday" => Form::Midnight(1),
            // A number alone can be minutes, hours or a year.
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => return Err(SinceError),
            _ => moment(text).or_else(|| ago(text)).ok_or(SinceError)?,
        };
        Ok(Self(form))
    }
}

fn moment(text: &str) -> Option<Form> {
    if let Ok(timestamp) = text.parse() {
        return Some(Form::Timestamp(timestamp));
    }
    // The library also reads a date with a time as a time alone.
    match (text.contains('-'), text.contains(':')) {
        (true, true) => text.parse().ok().map(Form::DateTime),
        (true, false) => text.parse().ok().map(Form::Date),
        (false, true) => text.parse().ok().map(Form::Time),
        (false, false) => None,
    }
}

fn ago(text: &str) -> Option<Form> {
    let span: Span = text.parse().ok()?;
    (!span.is_zero()).then(|| Form::Ago(span.abs()))
}

impl Since {
    /// The time it means; `None` when that is before the first possible time.
    pub(in crate::client) fn resolve(&self, now: &Zoned) -> Option<Timestamp> {
        let zone = now.time_zone();
        let at = |moment: DateTime| moment.to_zoned(zone.clone()).ok();
        let moment = match &self.0 {
            Form::Timestamp(timestamp) => return Some(*timestamp),
            Form::Ago(span) => now.checked_sub(*span).ok()?,
            Form::Midnight(days) => {
                let day = now.date().checked_sub(Span::new().days(*days)).ok()?;
                at(day.at(0, 0, 0, 0))?
            }
            Form::Time(time) => {
                let today = at(now.date().to_datetime(*time))?;
                match today <= *now {
                    true => today,
                    false => at(now.date().yesterday().ok()?.to_datetime(*time))?,
                }
            }
            Form::Date(date) => at(date.at(0, 0, 0, 0))?,
            Form::DateTime(moment) => at(*moment)?,
        };
        Some(moment.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> String {
        let now: Zoned = "2026-11-24T10:30:00+01:00[+01:00]".parse().unwrap();
        let since: Since = text.parse().unwrap();
        let moment = since.resolve(&now).unwrap();
        moment
            .to_zoned(now.time_zone().clone())
            .datetime()
            .to_string()
    }

    #[test]
    fn times_are_read_in_every_usual_form() {
        for (text, expected) in [
            ("2h", "2026-11-24T08:30:00"),
            ("30m", "2026-11-24T10:00:00"),
            ("1h30m", "2026-11-24T09:00:00"),
            ("2h ago", "2026-11-24T08:30:00"),
            ("3d", "2026-11-21T10:30:00"),
            ("2 weeks", "2026-11-10T10:30:00"),
            ("today", "2026-11-24T00:00:00"),
            ("Yesterday", "2026-11-23T00:00:00"),
            ("09:15", "2026-11-24T09:15:00"),
            ("23:00", "2026-11-23T23:00:00"),
            ("2026-11-20", "2026-11-20T00:00:00"),
            ("2026-11-20 14:00", "2026-11-20T14:00:00"),
            ("2026-11-20T14:00:05", "2026-11-20T14:00:05"),
            ("2026-11-20T14:00:00Z", "2026-11-20T15:00:00"),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_time_is_reported_with_examples() {
        for text in ["", "2", "2026", "soon", "0h", "2026-13-01", "25:00", "2x"] {
            let error = text.parse::<Since>().unwrap_err();
            assert!(error.to_string().contains("2h"), "{text}");
        }
    }
}
