//! The time, which the session gets as an argument: it reads no clock.

use std::time::Duration;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionTime {
    /// The time since a fixed moment in the past; it never goes back.
    pub elapsed: Duration,
    /// The wall clock, in Unix seconds.
    pub unix_seconds: i64,
}
