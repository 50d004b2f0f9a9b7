//! The congestion window: how many lines of a script may be in flight.
//!
//! Servers close the connection of a client whose lines pile up, so the window grows by one line
//! for a whole window of timely answers and is halved for a late one: additive increase,
//! multiplicative decrease (RFC 5681, section 3.1).

use std::time::Duration;

/// The initial window. Together with their fences these lines fit into the burst that servers
/// accept.
const LINES_FIRST: usize = 4;
/// Keeps even a slow server busy while an answer is in flight.
const LINES_MIN: usize = 2;
/// A larger window brings nothing, and all lines in flight are held in memory.
pub(super) const LINES_MAX: usize = 4_096;
/// An answer this late can mean that lines pile up at the server.
const LATE: Duration = Duration::from_millis(200);
/// And only if it took this many times longer than the fastest answer.
const LATE_FACTOR: u32 = 8;

/// The window, and what is known of the server to choose it.
#[derive(Debug)]
pub(super) struct SendWindow {
    lines: usize,
    /// Timely answers since the window grew.
    in_time: usize,
    best: Option<Duration>,
    /// When the window shrank. Lines sent before that say nothing new about the server.
    shrank_at: Duration,
}

impl Default for SendWindow {
    fn default() -> Self {
        Self {
            lines: LINES_FIRST,
            in_time: 0,
            best: None,
            shrank_at: Duration::ZERO,
        }
    }
}

impl SendWindow {
    /// How many lines may be in flight.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// A line that was sent at `sent_at` is answered. `full` says whether the window was full: a
    /// window that is not needed must not grow, since a later burst would fill it at once.
    pub(super) fn answered(&mut self, sent_at: Duration, now: Duration, full: bool) {
        let took = now.saturating_sub(sent_at);
        let best = self.best.map_or(took, |best| best.min(took));
        self.best = Some(best);
        if took > LATE.max(best * LATE_FACTOR) {
            self.in_time = 0;
            if sent_at >= self.shrank_at {
                self.lines = (self.lines / 2).max(LINES_MIN);
                self.shrank_at = now;
            }
            return;
        }
        self.in_time += usize::from(full);
        if self.in_time >= self.lines {
            self.in_time = 0;
            self.lines = (self.lines + 1).min(LINES_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn the_window_grows_while_answers_come_in_time() {
        let mut window = SendWindow::default();
        for _ in 0..100 {
            window.answered(ms(10), ms(12), true);
        }
        assert!(window.lines() > 10, "{}", window.lines());
        for _ in 0..10_000_000 {
            window.answered(ms(10), ms(12), true);
        }
        assert_eq!(window.lines(), LINES_MAX);
    }

    #[test]
    fn a_window_that_is_not_used_up_stays_as_it_is() {
        let mut window = SendWindow::default();
        for _ in 0..1_000 {
            window.answered(ms(10), ms(12), false);
        }
        assert_eq!(window.lines(), LINES_FIRST);
    }

    #[test]
    fn late_answers_halve_the_window_once_for_all_that_was_on_its_way() {
        let mut window = SendWindow::default();
        for _ in 0..1_000 {
            window.answered(ms(10), ms(12), true);
        }
        let before = window.lines();
        window.answered(ms(20), ms(1_000), true);
        assert_eq!(window.lines(), before / 2);
        window.answered(ms(30), ms(1_100), true);
        assert_eq!(window.lines(), before / 2, "it was sent before that");
        for at in [1_000, 3_000, 5_000, 7_000, 9_000, 11_000] {
            window.answered(ms(at), ms(at + 1_500), true);
        }
        assert_eq!(window.lines(), LINES_MIN);
    }

    #[test]
    fn a_server_far_away_is_not_slow() {
        let mut window = SendWindow::default();
        for _ in 0..100 {
            window.answered(ms(0), ms(300), true);
        }
        assert!(window.lines() > LINES_FIRST);
    }
}
