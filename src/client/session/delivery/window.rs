//! How many lines of a script may be on their way at once.
//!
//! A server that keeps up is given more and more; one that answers late, because it is busy or
//! because it takes only so many lines a second, is given few. Servers throw out the person who lets
//! lines pile up with them, so the number grows by one for a whole window of good answers and is
//! halved for a late one. RFC 5681, 3.1, has the idea.

use std::time::Duration;

/// With so many lines it begins. Together with their fences they fit into what servers take at
/// once from a stranger.
const LINES_FIRST: usize = 4;
/// Even a slow server has something to do while an answer is on its way.
const LINES_MIN: usize = 2;
/// More than this brings nothing, and what is on its way is held in memory.
pub(super) const LINES_MAX: usize = 4_096;
/// An answer this late may mean that lines pile up with the server.
const LATE: Duration = Duration::from_millis(200);
/// And so many times later than the best.
const LATE_FACTOR: u32 = 8;

/// The window, and what is known about the server to choose it.
#[derive(Debug)]
pub(super) struct SendWindow {
    lines: usize,
    /// Answers in time since the window grew.
    in_time: usize,
    best: Option<Duration>,
    /// When the window shrank: what was sent before says nothing new about the server.
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
    /// How many lines may be on their way.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// A line that was sent at `sent_at` is answered. `full` says whether the window was used up:
    /// one that is not needed must not grow, or it would all be used at once some day.
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
        let mut pace = SendWindow::default();
        for _ in 0..100 {
            pace.answered(ms(10), ms(12), true);
        }
        assert!(pace.lines() > 10, "{}", pace.lines());
        for _ in 0..10_000_000 {
            pace.answered(ms(10), ms(12), true);
        }
        assert_eq!(pace.lines(), LINES_MAX);
    }

    #[test]
    fn a_window_that_is_not_used_up_stays_as_it_is() {
        let mut pace = SendWindow::default();
        for _ in 0..1_000 {
            pace.answered(ms(10), ms(12), false);
        }
        assert_eq!(pace.lines(), LINES_FIRST);
    }

    #[test]
    fn late_answers_halve_the_window_once_for_all_that_was_on_its_way() {
        let mut pace = SendWindow::default();
        for _ in 0..1_000 {
            pace.answered(ms(10), ms(12), true);
        }
        let before = pace.lines();
        pace.answered(ms(20), ms(1_000), true);
        assert_eq!(pace.lines(), before / 2);
        pace.answered(ms(30), ms(1_100), true);
        assert_eq!(pace.lines(), before / 2, "it was sent before that");
        for at in [1_000, 3_000, 5_000, 7_000, 9_000, 11_000] {
            pace.answered(ms(at), ms(at + 1_500), true);
        }
        assert_eq!(pace.lines(), LINES_MIN);
    }

    #[test]
    fn a_server_far_away_is_not_slow() {
        let mut pace = SendWindow::default();
        for _ in 0..100 {
            pace.answered(ms(0), ms(300), true);
        }
        assert!(pace.lines() > LINES_FIRST);
    }
}
