//! What a step of the session wants done is done here, and all who listen are told what happened.

use std::thread;

use super::{Command, Front, Network};
use crate::client::event::Event;
use crate::client::event::json::Record;
use crate::client::session::{SessionAction, SessionTime};
use crate::client::terminal::signals;

impl<F: Front> Network<F> {
    /// Does what the session wants done, and lets the front end know.
    pub(super) fn deliver(&mut self, now: SessionTime) {
        self.outbox.take_lines(&mut self.unsent);
        self.show(now.unix_seconds, now);
        for order in std::mem::take(&mut self.outbox.actions) {
            match order {
                SessionAction::Close => self.close_wanted = true,
                SessionAction::Reconnect { after } => {
                    // So that not everybody comes back in the same moment.
                    let jitter = after.mul_f64(fastrand::f64() / 4.0);
                    self.reconnect_at = Some(now.elapsed + after + jitter);
                }
                SessionAction::Seek { server } => self.seek(server),
                SessionAction::Local { line } => self.front.local(&line),
                SessionAction::AskNick { nick, why } => self.front.ask_nick(nick, why),
                SessionAction::End(outcome) => {
                    self.ended = true;
                    // The program may be over a moment later.
                    if let Some(log) = &self.log {
                        log.finish();
                    }
                    self.front.changed(&self.session, now.elapsed);
                    self.front.ended(outcome);
                }
            }
        }
        self.front.changed(&self.session, now.elapsed);
    }

    /// Looks for another server in a thread of its own: neither a name nor an address answers at
    /// once.
    fn seek(&self, server: String) {
        let (ways, sender) = (self.ways.clone(), self.sender.clone());
        thread::spawn(move || {
            signals::block_editor_signals();
            let found = ways.seek(&server);
            // Behind the end of the conversation nobody goes anywhere.
            if let Some(sender) = sender.upgrade() {
                let _ = sender.send(Command::Sought(server, found));
            }
        });
    }

    /// Shows and keeps what happened at that time, by the clock of the server where it tells.
    pub(super) fn show(&mut self, unix_seconds: i64, now: SessionTime) {
        let mut events = std::mem::take(&mut self.outbox.events)
            .into_iter()
            .peekable();
        while let Some(event) = events.next() {
            self.pending.hear(&event, events.peek());
            if let Some(log) = &self.log {
                log.append(&event, &self.stamp, unix_seconds, now.unix_seconds);
            }
            self.front.show(&event, unix_seconds, &self.session);
            if !self.tails.is_empty()
                && !matches!(event, Event::Sent { .. })
                && let Some(record) = Record::of(&event, unix_seconds, &self.stamp)
            {
                let line = record.line().trim_end().to_owned();
                // Who reads too slowly to hear all is not told a part.
                self.tails
                    .retain(|tail| tail.try_send(line.clone()).is_ok());
            }
        }
        if let Some(event) = self.outbox.found.take() {
            self.front.found(&event, unix_seconds);
        }
    }
}
