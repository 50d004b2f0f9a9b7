//! When a script ends for another reason than that all its lines are taken: what it waited for has
//! come, or its time is over.

use crate::client::event::Event;
use crate::client::session::{Incomplete, Outcome, Session, SessionOutput, SessionTime};

impl Session {
    /// Looks for what is waited for in the events from this one on.
    pub(in crate::client::session) fn check_wait(
        &mut self,
        from: usize,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        let Some(wait) = &mut self.settings.wait else {
            return;
        };
        // What was said before the question is no answer to it.
        let begun = !wait.answers || self.delivery.last > 0 || self.delivery.ended;
        let naming = &self.rooms.naming;
        for event in outbox.events.get(from..).unwrap_or_default() {
            wait.track_rename(event, naming);
            if begun && !self.delivery.matched && wait.matches(event, naming) {
                self.delivery.matched = true;
                self.delivery.ended = true;
                outbox.found = Some(event.clone());
            }
        }
        if self.delivery.matched {
            self.quit_when_done(now, outbox);
        }
    }

    /// Whether the time that was given is over.
    pub(in crate::client::session) fn is_time_up(&self, now: SessionTime) -> bool {
        let limit = self.settings.time_limit;
        limit.is_some_and(|limit| now.elapsed >= limit) && !self.is_leaving()
    }

    /// Leaves, since the time is over.
    pub(in crate::client::session) fn time_out(
        &mut self,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        let report = self.report(outbox);
        self.delivery.timed_out = Some(report);
        self.quit(None, now, outbox);
    }

    /// How it has ended.
    pub(in crate::client::session) fn script_outcome(&mut self) -> Outcome {
        match (self.delivery.timed_out.take(), self.settings.time_limit) {
            (Some(report), Some(limit)) => Incomplete::TimeIsUp { limit, report }.into(),
            _ if self.delivery.refused => Incomplete::LinesRefused.into(),
            _ => Outcome::Done,
        }
    }

    /// Says what is known of the lines when it is ended from outside in the middle of them.
    pub(in crate::client::session) fn report_interrupted(&mut self, outbox: &mut SessionOutput) {
        if !self.delivery.interrupted || !self.has_open_lines() {
            return;
        }
        if let Some(report) = self.report(outbox) {
            let words = format!("interrupted; {report}");
            outbox
                .events
                .push(Event::InputRejected { words, line: None });
        }
    }
}
