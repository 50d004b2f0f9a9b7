//! From when on the log is to be shown, as a person writes it.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp, Zoned};

/// A moment in the past, by the clock of whoever reads.
#[derive(Debug, Clone)]
pub struct Since(Form);

#[derive(Debug, Clone)]
enum Form {
    /// So long ago.
    Ago(Span),
    /// So many midnights ago, counting the one that began today as none.
    Midnight(i64),
    /// The last time it was this time of day.
    Time(Time),
    Date(Date),
    DateTime(DateTime),
    Moment(Timestamp),
}

/// The text cannot be a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceError;

impl fmt::Display for SinceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "write it like 30m, 2h, 3d, today, yesterday, 14:00, 2026-11-24 or \
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
            // A number alone could be minutes, hours or a year.
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => return Err(SinceError),
            _ => moment(text).or_else(|| ago(text)).ok_or(SinceError)?,
        };
        Ok(Self(form))
    }
}

fn moment(text: &str) -> Option<Form> {
    if let Ok(moment) = text.parse() {
        return Some(Form::Moment(moment));
    }
    // The library would also find a time of day in a date with one.
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
    /// The moment it means; nothing when that is no moment at all, so long ago is it.
    pub(in crate::client) fn moment(&self, now: &Zoned) -> Option<Timestamp> {
        let zone = now.time_zone();
        let at = |moment: DateTime| moment.to_zoned(zone.clone()).ok();
        let moment = match &self.0 {
            Form::Moment(moment) => return Some(*moment),
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
        let moment = since.moment(&now).unwrap();
        moment
            .to_zoned(now.time_zone().clone())
            .datetime()
            .to_string()
    }

    #[test]
    fn a_person_writes_times_in_many_ways() {
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
    fn what_is_no_time_is_told_with_examples() {
        for text in ["", "2", "2026", "soon", "0h", "2026-13-01", "25:00", "2x"] {
            let error = text.parse::<Since>().unwrap_err();
            assert!(error.to_string().contains("2h"), "{text}");
        }
    }
}
