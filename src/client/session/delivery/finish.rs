//! The end of a script that does not come from its last line: the awaited event, the time limit, or
//! a signal.

use crate::client::event::{
    DeliveryReport, DeliveryStatus, Event, InputError, MessageTags, Ranges,
};
use crate::client::session::{Incomplete, Outcome, Session, SessionOutput, SessionTime};

impl Session {
    /// Looks for the awaited event among the events from index `from` on.
    pub(in crate::client::session) fn check_wait(
        &mut self,
        from: usize,
        account: Option<&str>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let Some(wait) = &mut self.settings.wait else {
            return;
        };
        // A message before the first line of the script does not answer it.
        let begun = !wait.answers || self.delivery.last > 0 || self.delivery.ended;
        let isupport = &self.rooms.isupport;
        for event in output.events.get(from..).unwrap_or_default() {
            wait.track_rename(event, isupport);
            if begun && !self.delivery.matched && wait.matches(event, account, isupport) {
                self.delivery.matched = true;
                self.delivery.ended = true;
                output.found = Some(event.clone());
            }
        }
        if self.delivery.matched {
            self.quit_when_done(now, output);
        }
    }

    /// Another network has what the script waits for: nothing is waited for here.
    pub(in crate::client::session) fn stop_waiting(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.delivery.matched = true;
        self.delivery.ended = true;
        self.quit_when_done(now, output);
    }

    /// Whether the time limit has passed.
    pub(in crate::client::session) fn is_time_up(&self, now: SessionTime) -> bool {
        let limit = self.settings.time_limit;
        limit.is_some_and(|limit| now.elapsed >= limit) && !self.is_leaving()
    }

    /// Leaves because the time limit has passed.
    pub(in crate::client::session) fn time_out(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let report = self.report(output);
        self.delivery.timed_out = Some(report);
        self.quit(None, now, output);
    }

    /// The outcome of a script.
    pub(in crate::client::session) fn script_outcome(&mut self) -> Outcome {
        match (self.delivery.timed_out.take(), self.settings.time_limit) {
            (Some(report), Some(limit)) => Incomplete::TimeIsUp { limit, report }.into(),
            _ if self.delivery.refused => Incomplete::LinesRefused.into(),
            _ => Outcome::Done,
        }
    }

    /// Reports what is known of the lines after a signal has ended the script between them.
    pub(in crate::client::session) fn report_interrupted(&mut self, output: &mut SessionOutput) {
        if !self.delivery.interrupted || !self.has_open_lines() {
            return;
        }
        if let Some(report) = self.report(output) {
            let error = InputError::Interrupted(report);
            let line = None;
            output.events.push(Event::InputRejected { error, line });
        }
    }

    /// The final report on all lines; also reports refusals that were not reported yet. `None` if
    /// the script had no lines.
    pub(in crate::client::session) fn report(
        &mut self,
        output: &mut SessionOutput,
    ) -> Option<DeliveryReport> {
        let mut unknown = Ranges::default();
        let mut unsent = Ranges::default();
        self.give_up_resending();
        for mut flight in self.delivery.take_requests() {
            let has_left = flight.is_repeat() || flight.start_offset < output.written_bytes;
            let status = match (flight.pending_answers, has_left) {
                (0, _) => DeliveryStatus::Delivered,
                (_, true) => DeliveryStatus::Unknown,
                (_, false) => DeliveryStatus::Unsent,
            };
            self.report_request(&mut flight, status, output);
            let Some(line) = flight.line else { continue };
            let delivery = &mut self.delivery;
            if !flight.refusals.is_empty() {
                delivery.report_refusals(&mut flight, output);
            }
            let is_known = delivery.refused_lines.ends_with(line)
                || unknown.ends_with(line)
                || unsent.ends_with(line);
            if is_known || flight.pending_answers == 0 {
                continue;
            }
            // The requests of this line before this one were accepted.
            match has_left || flight.is_continuation {
                true => unknown.add(line),
                false => unsent.add(line),
            }
        }
        for piece in std::mem::take(&mut self.delivery.queued) {
            if let (Some(number), Some(message)) = (piece.number, piece.message) {
                self.report_delivery(
                    number,
                    message,
                    DeliveryStatus::Unsent,
                    MessageTags::default(),
                    output,
                );
            }
            let delivery = &self.delivery;
            let Some(line) = piece.line else { continue };
            // The state of a line of which a part was accepted is unknown.
            let known = [&delivery.refused_lines, &unknown, &unsent];
            if !known.iter().any(|known| known.ends_with(line)) {
                unknown.add(line);
            }
        }
        let delivery = &self.delivery;
        let known = [&delivery.refused_lines, &unknown, &unsent];
        let of_others = &delivery.foreign_lines;
        let delivered = Ranges::all_but(delivery.last, &[&known[..], &[of_others]].concat());
        let is_over = delivery.ended && !delivery.stopped;
        (delivery.last > 0).then(|| DeliveryReport {
            delivered,
            unknown,
            unsent,
            unsent_from: (!is_over).then_some(delivery.last + 1),
        })
    }
}
