//! Handles the networks of a bouncer: each of them becomes a network of the user.
//! <https://codeberg.org/emersion/soju/src/branch/master/doc/ext/bouncer-networks.md>

use super::upstreams::{UPSTREAMS_MAX, UpstreamChange};
use crate::client::event::Event;
use crate::client::session::{Session, SessionAction, SessionOutput, UpstreamState};
use crate::common::sentence::end_sentence;
use crate::wire::Message;

impl Session {
    /// Handles `BOUNCER NETWORK`.
    pub(super) fn on_bouncer(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let subcommand = message.parameter(0).unwrap_or_default();
        let (Some(netid), Some(attributes)) = (message.parameter(1), message.parameter(2)) else {
            return;
        };
        if !subcommand.eq_ignore_ascii_case("NETWORK") || !self.lists_upstreams() {
            return;
        }
        let batch = message.tags.get("batch");
        let netid = netid.to_owned();
        match self.upstreams.apply(&netid, attributes, batch) {
            Some(UpstreamChange::Added(name, state)) => {
                let added = netid.clone();
                let actions = &mut output.actions;
                actions.push(SessionAction::AddUpstream { netid: added, name });
                actions.push(SessionAction::UpdateUpstream { netid, state });
            }
            Some(UpstreamChange::Updated(state)) => {
                let action = SessionAction::UpdateUpstream { netid, state };
                output.actions.push(action);
            }
            Some(UpstreamChange::Removed) => {
                output.actions.push(SessionAction::RemoveUpstream { netid });
            }
            Some(UpstreamChange::TooMany) => {
                let words = format!(
                    "The bouncer has more than {UPSTREAMS_MAX} networks: the others are left out."
                );
                // Once, not for each of them.
                if !std::mem::replace(&mut self.upstreams.is_too_many_reported, true) {
                    output.events.push(Event::Note { words });
                }
            }
            None => {}
        }
    }

    /// A batch begins or ends, which can be the list of all networks.
    pub(super) fn on_bouncer_batch(
        &mut self,
        reference: &str,
        kind: Option<&str>,
        output: &mut SessionOutput,
    ) {
        if !self.lists_upstreams() {
            return;
        }
        match (reference.split_at_checked(1), kind) {
            (Some(("+", reference)), Some("soju.im/bouncer-networks")) => {
                self.upstreams.begin_list(reference);
            }
            (Some(("-", reference)), _) => {
                for netid in self.upstreams.end_list(reference) {
                    output.actions.push(SessionAction::RemoveUpstream { netid });
                }
            }
            _ => {}
        }
    }

    /// Whether this is a connection to a bouncer itself, which lists its networks.
    pub(in crate::client::session) fn lists_upstreams(&self) -> bool {
        let is_bound =
            self.settings.upstream.is_some() || self.rooms.isupport.bouncer_netid.is_some();
        self.link.capabilities.has_upstreams() && !is_bound
    }

    /// The bouncer says this of its connection to the network of this session.
    pub(in crate::client) fn update_upstream(
        &mut self,
        state: UpstreamState,
        output: &mut SessionOutput,
    ) {
        if let Some(words) = state.news_after(self.upstream_state.as_ref()) {
            let words = end_sentence(words);
            output.events.push(Event::Note { words });
        }
        self.upstream_state = Some(state);
    }
}
