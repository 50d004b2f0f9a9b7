//! Applies the session's actions, and forwards its events to the frontend, the log and `ctl tail`.

use std::thread;

use super::{Driver, DriverInput, Frontend};
use crate::client::event::{Event, MessageTags, Occurrence, json};
use crate::client::session::{SessionAction, SessionTime};
use crate::client::terminal::signals;

impl<F: Frontend> Driver<F> {
    /// Applies the effects of one step of the session.
    pub(super) fn apply(&mut self, now: SessionTime) {
        self.outbox.take_lines(&mut self.link.unsent);
        self.report_events(now.unix_seconds, &MessageTags::default(), now);
        for order in std::mem::take(&mut self.outbox.actions) {
            match order {
                SessionAction::Close => self.link.close_requested = true,
                SessionAction::Reconnect { after } => {
                    // Spreads out the clients that lost a server at the same moment.
                    let jitter = after.mul_f64(fastrand::f64() / 4.0);
                    self.reconnect_at = Some(now.elapsed + after + jitter);
                    self.session.plan_retry(self.reconnect_at);
                }
                SessionAction::Upgrade { port } => self.upgrade(port, now),
                SessionAction::KeepStsPolicy { duration_seconds } => {
                    self.keep_sts_policy(duration_seconds);
                }
                SessionAction::Probe { server } => self.probe_server(server),
                SessionAction::Local(command) => self.frontend.run_local(&command),
                SessionAction::AskNick(refused) => self.frontend.ask_nick(refused),
                SessionAction::End(outcome) => {
                    self.ended = true;
                    self.renew_sts_policy();
                    self.report_events(now.unix_seconds, &MessageTags::default(), now);
                    // Before the frontend learns of the end: then the program may exit.
                    if let Some(log) = &self.log {
                        log.finish();
                    }
                    self.frontend.session_changed(&self.session, now.elapsed);
                    self.frontend.ended(outcome);
                }
            }
        }
        self.session.note_written(self.outbox.written_bytes);
        self.frontend.session_changed(&self.session, now.elapsed);
    }

    /// Connects to another server in a thread of its own, since resolving and connecting block.
    fn probe_server(&self, server: String) {
        let (dialer, sender) = (self.dialer.clone(), self.sender.clone());
        thread::spawn(move || {
            signals::block_editor_signals();
            let result = dialer.probe(&server);
            // The session may have ended meanwhile.
            if let Some(sender) = sender.upgrade() {
                let _ = sender.send(DriverInput::ServerProbed { server, result });
            }
        });
    }

    /// Reports the session's events to the frontend, the log and `ctl tail`. `at` is their time in
    /// Unix seconds, and `tags` are those of the line that caused them.
    pub(super) fn report_events(&mut self, at: i64, tags: &MessageTags, now: SessionTime) {
        let mut events = std::mem::take(&mut self.outbox.events)
            .into_iter()
            .peekable();
        while let Some(event) = events.next() {
            self.pending.on_event(&event, events.peek());
            let tags = tags.clone();
            let occurrence = Occurrence { at, tags, event };
            if let Some(log) = &self.log {
                log.append(&occurrence, now.unix_seconds);
            }
            self.frontend.event(&occurrence, &self.session);
            if !self.tails.is_empty()
                && !matches!(occurrence.event, Event::Sent { .. })
                && let Some(record) = json::encode(&occurrence)
            {
                let line = record.line().trim_end().to_owned();
                // A caller that reads too slowly is dropped rather than given gaps.
                self.tails
                    .retain(|tail| tail.try_send(line.clone()).is_ok());
            }
        }
        if let Some(event) = self.outbox.found.take() {
            let tags = tags.clone();
            self.frontend.found(&Occurrence { at, tags, event });
        }
    }
}
