//! When a script ends for another reason than that all its lines are taken: what it waited for has
//! come, or its time is over.

use crate::client::event::Event;
use crate::client::session::{Moment, Outbox, Outcome, Session, Shortfall};

impl Session {
    /// Looks for what is waited for in the events from this one on.
    pub(in crate::client::session) fn look_for_awaited(
        &mut self,
        from: usize,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let Some(wait) = &mut self.settings.wait else {
            return;
        };
        // What was said before the question is no answer to it.
        let begun = !wait.answers || self.script.last > 0 || self.script.ended;
        let naming = &self.rooms.naming;
        for event in outbox.events.get(from..).unwrap_or_default() {
            wait.follow(event, naming);
            if begun && !self.script.found && wait.ends_with(event, naming) {
                self.script.found = true;
                self.script.ended = true;
                outbox.found = Some(event.clone());
            }
        }
        if self.script.found {
            self.leave_when_done(now, outbox);
        }
    }

    /// Whether the time that was given is over.
    pub(in crate::client::session) fn is_time_up(&self, now: Moment) -> bool {
        let limit = self.settings.time_limit;
        limit.is_some_and(|limit| now.elapsed >= limit) && !self.is_leaving()
    }

    /// Leaves, since the time is over.
    pub(in crate::client::session) fn give_up(&mut self, now: Moment, outbox: &mut Outbox) {
        let report = self.report(outbox);
        self.script.given_up = Some(report);
        self.quit(None, now, outbox);
    }

    /// How it has ended.
    pub(in crate::client::session) fn script_outcome(&mut self) -> Outcome {
        match (self.script.given_up.take(), self.settings.time_limit) {
            (Some(report), Some(limit)) => Shortfall::TimeIsUp { limit, report }.into(),
            _ if self.script.refused => Shortfall::LinesRefused.into(),
            _ => Outcome::Done,
        }
    }

    /// Says what is known of the lines when it is ended from outside in the middle of them.
    pub(in crate::client::session) fn tell_what_was_interrupted(&mut self, outbox: &mut Outbox) {
        if !self.script.interrupted || !self.has_open_lines() {
            return;
        }
        if let Some(report) = self.report(outbox) {
            let words = format!("interrupted; {report}");
            outbox.events.push(Event::Unsendable { words, line: None });
        }
    }
}
