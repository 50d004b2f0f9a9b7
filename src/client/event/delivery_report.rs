//! The delivery report of a script that ended early.

use std::fmt;

/// Line numbers, as ranges in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds a number that is not below the last one.
    pub(in crate::client) fn add(&mut self, number: u64) {
        match self.0.last_mut() {
            Some((_, last)) if *last + 1 >= number => *last = number.max(*last),
            _ => self.0.push((number, number)),
        }
    }

    /// Whether it ends with this number.
    pub(in crate::client) fn ends_with(&self, number: u64) -> bool {
        self.0.last().is_some_and(|(_, last)| *last == number)
    }

    /// Whether it holds no number.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds this number.
    pub fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        let range = after.checked_sub(1).and_then(|index| self.0.get(index));
        range.is_some_and(|(_, last)| *last >= number)
    }

    /// All numbers from 1 to `last` that are in none of these.
    pub(in crate::client) fn all_but(last: u64, others: &[&Self]) -> Self {
        let mut taken: Vec<(u64, u64)> = others.iter().flat_map(|one| one.0.clone()).collect();
        taken.sort_unstable();
        let mut rest = Vec::new();
        let mut next = 1;
        for (first, end) in taken {
            if first > next {
                rest.push((next, first - 1));
            }
            next = next.max(end + 1);
        }
        if next <= last {
            rest.push((next, last));
        }
        Self(rest)
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, (first, last)) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// The delivery status of each line when a script ends early. Refused lines are in none of the
/// ranges: each is reported by an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The server has accepted these lines.
    pub delivered: Ranges,
    /// These lines were in flight, and whether they arrived is not known.
    pub unknown: Ranges,
    /// These lines never left the client.
    pub unsent: Ranges,
    /// All lines from this one on were not started; `None` if there are none.
    pub unsent_from: Option<u64>,
}

impl DeliveryReport {
    /// Whether the server has accepted every line except the refused ones.
    pub fn is_complete(&self) -> bool {
        self.unknown.is_empty() && self.unsent.is_empty() && self.unsent_from.is_none()
    }
}

impl fmt::Display for DeliveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lines delivered: {}; ", self.delivered)?;
        write!(f, "unknown: {}; not sent: ", self.unknown)?;
        match self.unsent_from {
            None => self.unsent.fmt(f),
            Some(from) if self.unsent.is_empty() => write!(f, "from {from} on"),
            Some(from) => write!(f, "{}, and from {from} on", self.unsent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(numbers: &[u64]) -> Ranges {
        let mut ranges = Ranges::default();
        numbers.iter().for_each(|number| ranges.add(*number));
        ranges
    }

    #[test]
    fn numbers_are_shown_as_ranges() {
        assert_eq!(ranges(&[]).to_string(), "none");
        assert_eq!(ranges(&[1, 2, 2, 3, 5, 7, 8]).to_string(), "1-3, 5, 7-8");
        assert!(ranges(&[1, 2, 5]).contains(2));
        assert!(!ranges(&[1, 2, 5]).contains(3));
        assert!(!ranges(&[1, 2, 5]).contains(6));
    }

    #[test]
    fn the_rest_is_outside_all_ranges() {
        let rest = Ranges::all_but(10, &[&ranges(&[1, 4, 5]), &ranges(&[10])]);
        assert_eq!(rest.to_string(), "2-3, 6-9");
        assert_eq!(Ranges::all_but(3, &[]).to_string(), "1-3");
        assert_eq!(Ranges::all_but(0, &[]).to_string(), "none");
    }

    #[test]
    fn a_report_says_the_three_in_one_sentence() {
        let mut report = DeliveryReport {
            delivered: ranges(&[1, 2]),
            unknown: ranges(&[3]),
            unsent: ranges(&[4]),
            unsent_from: None,
        };
        let words = "lines delivered: 1-2; unknown: 3; not sent: ";
        assert_eq!(report.to_string(), format!("{words}4"));
        report.unsent_from = Some(5);
        assert_eq!(report.to_string(), format!("{words}4, and from 5 on"));
        report.unsent = Ranges::default();
        report.unsent_from = Some(4);
        assert_eq!(report.to_string(), format!("{words}from 4 on"));
    }
}
