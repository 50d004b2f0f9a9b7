//! Applies the actions of the sessions, and forwards their events to the frontend, the log and
//! `ctl tail`.

use super::connection::LinkPhase;
use super::{CloseReason, Driver, Frontend};
use crate::client::event::{Event, MessageTags, NetworkId, Occurrence, json};
use crate::client::session::{Incomplete, NetworkEnd, Outcome, SessionAction, SessionTime};

impl<F: Frontend> Driver<F> {
    /// Applies the effects of one step.
    pub(super) fn apply(&mut self, now: SessionTime) {
        loop {
            for at in 0..self.links.len() {
                self.apply_network(at, now);
                self.save_last_seen(at, false, now);
            }
            self.settle(now);
            // Effects of one network can concern another one.
            let mut networks = self.networks.iter();
            if self.ended || !networks.any(|network| network.output.is_waiting()) {
                break;
            }
        }
        self.networks.share_room_numbers();
        if !self.ended {
            self.frontend.networks_changed(&self.networks, now.elapsed);
        }
    }

    fn apply_network(&mut self, at: usize, now: SessionTime) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let id = link.id;
        let Some(network) = self.networks.get_mut(id) else {
            return;
        };
        network.output.take_lines(&mut link.unsent);
        self.report_events(at, now.unix_seconds, &MessageTags::default(), now);
        let Some(network) = self.networks.get_mut(id) else {
            return;
        };
        for action in std::mem::take(&mut network.output.actions) {
            self.act(at, id, action, now);
        }
        if let Some(network) = self.networks.get_mut(id) {
            let written = network.output.written_bytes;
            network.session.note_written(written);
        }
    }

    fn act(&mut self, at: usize, id: NetworkId, action: SessionAction, now: SessionTime) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        match action {
            SessionAction::Close => link.close_requested = true,
            SessionAction::Reconnect { after } => {
                // Spreads out the clients that lost a server at the same moment.
                let jitter = after.mul_f64(fastrand::f64() / 4.0);
                let reconnect_at = Some(now.elapsed + after + jitter);
                link.reconnect_at = reconnect_at;
                if let Some(network) = self.networks.get_mut(id) {
                    network.session.plan_retry(reconnect_at);
                }
            }
            SessionAction::Upgrade { port } => self.upgrade(at, port, now),
            SessionAction::KeepStsPolicy { duration_seconds } => {
                self.keep_sts_policy(at, duration_seconds);
            }
            SessionAction::Connect { server } => self.connect_to(id, server),
            SessionAction::Disconnect { network } => self.leave(id, network.as_deref(), now),
            SessionAction::ListNetworks => {
                let words = self.networks.summary(now.elapsed);
                self.networks.say(id, Event::Answer { words });
            }
            SessionAction::Local(command) => self.frontend.run_local(&command, id),
            SessionAction::AskNick(refused) => self.frontend.ask_nick(refused, id),
            SessionAction::AddUpstream { netid, name } => self.add_upstream(id, netid, &name),
            SessionAction::UpdateUpstream { netid, state } => {
                self.update_upstream(id, &netid, state);
            }
            SessionAction::RemoveUpstream { netid } => self.remove_upstream(id, &netid, now),
            SessionAction::End(outcome) => self.session_ended(at, outcome, now),
        }
    }

    /// A session has ended.
    fn session_ended(&mut self, at: usize, outcome: Outcome, now: SessionTime) {
        self.renew_sts_policy(at);
        self.save_last_seen(at, true, now);
        self.report_events(at, now.unix_seconds, &MessageTags::default(), now);
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        if let Some(log) = link.log.take() {
            // The disk delays no other network; the end of the last one waits for it.
            log.close();
            self.closed_logs.retain(|log| !log.is_done());
            self.closed_logs.push(log);
        }
        link.phase = LinkPhase::Waiting;
        link.reconnect_at = None;
        link.outcome = Some(outcome);
    }

    /// Closes the connections that are to be closed, and takes out the networks that have ended.
    fn settle(&mut self, now: SessionTime) {
        let mut has_ended = false;
        for at in 0..self.links.len() {
            let Some(link) = self.links.get_mut(at) else {
                continue;
            };
            has_ended |= link.outcome.is_some();
            if std::mem::take(&mut link.close_requested) && link.is_open() {
                self.disconnected(at, CloseReason::ClosedByServer, now);
            }
            self.show_when_ready(at);
        }
        if has_ended {
            self.remove_ended(now);
        }
    }

    /// Makes a network that `/connect` has added the active one, if the user has not switched
    /// networks since.
    fn show_when_ready(&mut self, at: usize) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let Some(before) = link.shown_instead_of else {
            return;
        };
        let network = self.networks.get(link.id);
        let is_ready = network.is_some_and(|network| {
            let session = &network.session;
            session.is_ready() && link.may_be_shown(session.active_room().is_some())
        });
        if is_ready {
            link.shown_instead_of = None;
            let active = self.networks.active().map(|network| network.id);
            if active.is_none_or(|active| active == before) {
                self.networks.show(link.id);
            }
        }
    }

    fn remove_ended(&mut self, now: SessionTime) {
        let is_last = self.links.iter().all(|link| link.outcome.is_some());
        let is_single = self.links.len() == 1 && self.first_failure.is_none();
        let is_script = self.networks.is_script();
        let mut at = 0;
        while let Some(link) = self.links.get_mut(at) {
            let Some(outcome) = link.outcome.clone() else {
                at += 1;
                continue;
            };
            let (id, is_removed) = (link.id, link.is_removed);
            if let Outcome::Incomplete(incomplete) = &outcome
                && !is_single
                && !link.is_reported
            {
                link.is_reported = true;
                let reported =
                    Outcome::Incomplete(Incomplete::Reported(Box::new(incomplete.clone())));
                self.first_failure.get_or_insert(reported);
                // Each refusal was reported.
                if !matches!(incomplete, Incomplete::LinesRefused) {
                    self.report_failure(at, incomplete, now);
                }
            }
            if is_last || is_script {
                at += 1;
                continue;
            }
            let end = match outcome {
                _ if is_removed => NetworkEnd::Removed,
                Outcome::Incomplete(_) => NetworkEnd::Failed,
                _ => NetworkEnd::Left,
            };
            self.links.remove(at);
            self.forget_upstreams_of(id);
            self.networks.remove(id, end);
            self.frontend.network_removed(id);
        }
        if is_last {
            self.end(now);
        }
    }

    /// Reports the events of a session to the frontend, the log and `ctl tail`. `time` is theirs in
    /// Unix seconds, and `tags` are those of the line that caused them.
    pub(super) fn report_events(
        &mut self,
        at: usize,
        time: i64,
        tags: &MessageTags,
        now: SessionTime,
    ) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let Some(network) = self.networks.get_mut(link.id) else {
            return;
        };
        let (id, name) = (network.id, network.name.clone());
        let events = std::mem::take(&mut network.output.events);
        let found = network.output.found.take();
        let occurrence = |event| Occurrence {
            network: name.clone(),
            at: time,
            tags: tags.clone(),
            event,
        };
        let mut events = events.into_iter().peekable();
        while let Some(event) = events.next() {
            link.pending.on_event(&event, events.peek());
            let occurrence = occurrence(event);
            if let Some(log) = &link.log {
                log.append(&occurrence, now.unix_seconds);
            }
            self.frontend.event(&occurrence, id, &self.networks);
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
        if let Some(event) = found {
            self.frontend.found(&occurrence(event));
            self.networks.stop_waiting(id, now);
        }
    }
}
