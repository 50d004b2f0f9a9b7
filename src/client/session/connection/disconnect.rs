//! The end of a connection, wanted or not, and that of a session.

use std::time::Duration;

use crate::client::event::Event;
use crate::client::session::{Moment, Order, Outbox, Outcome, Phase, Session, Shortfall, cut};
use crate::wire::Request;
use crate::wire::message::BODY_BYTES_MAX;

/// How long a server may take to close after `QUIT`.
const QUIT_SECONDS_MAX: Duration = Duration::from_secs(1);
/// The waits between attempts to connect again grow from the first to the last.
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
const RECONNECT_LAST: Duration = Duration::from_secs(30);
/// A connection that held for so long was a good one: waits begin small again.
const GOOD_AFTER: Duration = Duration::from_secs(60);

impl Session {
    /// The connection has ended, or could not be made; `words` say why.
    pub fn disconnected(&mut self, words: &str, now: Moment, outbox: &mut Outbox) {
        let held = match self.phase {
            Phase::Leaving { .. } => return self.end(outbox),
            Phase::Ended => return,
            Phase::Ready { since } => now.elapsed.saturating_sub(since),
            _ => Duration::ZERO,
        };
        let why = self.farewell.take().unwrap_or_else(|| words.to_owned());
        let asking = self.phase == Phase::Asking;
        let still = !matches!(self.phase, Phase::Welcomed { .. } | Phase::Ready { .. });
        self.phase = Phase::Offline;
        if asking {
            // The question is still on the screen. Its answer connects again.
            return;
        }
        if self.settings.script || !self.was_in {
            self.phase = Phase::Ended;
            let report = self.report(outbox);
            let shortfall = match self.broken {
                true => Shortfall::ProtocolBroken { words: why, report },
                false => Shortfall::ServerGone { words: why, report },
            };
            outbox.orders.push(Order::End(shortfall.into()));
            return;
        }
        if held >= GOOD_AFTER {
            self.attempts = 0;
        }
        let after = (RECONNECT_FIRST * 2_u32.saturating_pow(self.attempts)).min(RECONNECT_LAST);
        outbox.events.push(Event::ServerLost {
            why,
            retry_seconds: Some(after.as_secs()),
            still,
        });
        self.lose_flights(outbox);
        self.attempts += 1;
        outbox.orders.push(Order::Reconnect { after });
    }

    /// Leaves, with a reason for those who stay.
    pub fn quit(&mut self, reason: Option<&str>, now: Moment, outbox: &mut Outbox) {
        if self.is_scripting() {
            // What stands before it in the script comes first.
            self.script.ended = true;
            self.script.farewell = reason.map(str::to_owned);
            return;
        }
        // Whoever ends it without a reason has seen enough, as the reader of the output may have.
        self.script.interrupted = reason.is_some();
        match self.phase {
            Phase::Offline | Phase::Ended => self.end(outbox),
            Phase::Leaving { .. } => {}
            _ => {
                let fitting = reason.map(|text| cut(text, BODY_BYTES_MAX / 2));
                self.send(&Request::Quit { reason: fitting }, outbox);
                self.phase = Phase::Leaving {
                    deadline: now.elapsed + QUIT_SECONDS_MAX,
                };
            }
        }
    }

    /// The script has no more lines: leaves as soon as the server has taken them all.
    pub fn input_ended(&mut self, now: Moment, outbox: &mut Outbox) {
        self.script.ended = true;
        self.leave_when_done(now, outbox);
    }

    pub(in crate::client::session) fn end(&mut self, outbox: &mut Outbox) {
        self.phase = Phase::Ended;
        self.greeting_until = None;
        match self.settings.script {
            true => self.tell_what_was_interrupted(outbox),
            false => self.tell_last_fates(outbox),
        }
        self.show_all_lists(outbox);
        let outcome = match self.elsewhere.take() {
            Some(server) => Outcome::Elsewhere { server },
            None if self.settings.script => self.script_outcome(),
            None => Outcome::Done,
        };
        outbox.orders.push(Order::End(outcome));
    }

    /// Leaves when the script is at its end and every line of it is answered.
    pub(in crate::client::session) fn leave_when_done(&mut self, now: Moment, outbox: &mut Outbox) {
        if self.script.ended && self.is_ready() && self.all_done() {
            let farewell = self.script.farewell.take();
            self.quit(farewell.as_deref(), now, outbox);
        }
    }
}
