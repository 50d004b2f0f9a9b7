//! The networks of a bouncer, as it lists them.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::session::upstream_state::{UpstreamState, UpstreamStatus};
use crate::wire::message::{Tags, unescaped};

/// How many networks a bouncer can have, as a bound against a broken one.
pub(in crate::client::session) const UPSTREAMS_MAX: usize = 50;
/// How many networks it can add in one run, those that it has removed again included.
const ADDED_MAX: usize = 500;
/// Longer ids are ignored, in bytes.
const NETID_BYTES_MAX: usize = 64;
/// The longest error of a network, in characters.
const ERROR_CHARS_MAX: usize = 300;

/// The networks of a bouncer.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Upstreams {
    networks: BTreeMap<String, UpstreamState>,
    /// The batch that lists all of them, while it is open: its reference and the ids in it.
    listing: Option<(String, BTreeSet<String>)>,
    added: usize,
    /// The user knows that there are too many.
    pub(in crate::client::session) is_too_many_reported: bool,
}

/// The change by a line about a network.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client::session) enum UpstreamChange {
    /// The network is new; its name at the bouncer and its state.
    Added(String, UpstreamState),
    /// It has another state.
    Updated(UpstreamState),
    /// It is gone.
    Removed,
    /// There are more networks than a bouncer can have.
    TooMany,
}

impl Upstreams {
    /// Applies the attributes of a network, or `*` for its removal. An attribute that is not there has
    /// not changed, and one without a value is gone.
    pub(in crate::client::session) fn apply(
        &mut self,
        netid: &str,
        attributes: &str,
        batch: Option<&str>,
    ) -> Option<UpstreamChange> {
        if netid.len() > NETID_BYTES_MAX {
            return None;
        }
        if attributes == "*" {
            return self.networks.remove(netid).map(|_| UpstreamChange::Removed);
        }
        if let (Some((reference, listed)), Some(batch)) = (&mut self.listing, batch)
            && reference.as_str() == batch
            && listed.len() < UPSTREAMS_MAX
        {
            listed.insert(netid.to_owned());
        }
        let attributes = Tags::of_text(attributes);
        if let Some(state) = self.networks.get_mut(netid) {
            let before = state.clone();
            update(state, attributes);
            return (*state != before).then(|| UpstreamChange::Updated(state.clone()));
        }
        if self.networks.len() >= UPSTREAMS_MAX || self.added >= ADDED_MAX {
            return Some(UpstreamChange::TooMany);
        }
        self.added += 1;
        let mut state = UpstreamState::default();
        update(&mut state, attributes);
        self.networks.insert(netid.to_owned(), state.clone());
        let name = attributes.get("name").map(unescaped);
        let host = || attributes.get("host").map(unescaped);
        let name = name.or_else(host).unwrap_or_default().into_owned();
        Some(UpstreamChange::Added(name, state))
    }

    /// A batch that lists all networks begins.
    pub(in crate::client::session) fn begin_list(&mut self, reference: &str) {
        self.listing = Some((reference.to_owned(), BTreeSet::new()));
    }

    /// A batch ends. If it was the list, the networks that are not in it are gone: returns their ids.
    pub(in crate::client::session) fn end_list(&mut self, reference: &str) -> Vec<String> {
        let is_list = |listing: &mut (String, _)| listing.0 == reference;
        let Some((_, listed)) = self.listing.take_if(is_list) else {
            return Vec::new();
        };
        let networks = std::mem::take(&mut self.networks).into_iter();
        let (kept, gone): (_, BTreeMap<_, _>) =
            networks.partition(|(netid, _)| listed.contains(netid));
        self.networks = kept;
        gone.into_keys().collect()
    }
}

fn update(state: &mut UpstreamState, attributes: Tags<'_>) {
    match attributes.get("state") {
        Some("connected") => state.status = UpstreamStatus::Connected,
        Some("connecting") => state.status = UpstreamStatus::Connecting,
        Some("disconnected") => state.status = UpstreamStatus::Disconnected,
        _ => {}
    }
    if let Some(error) = attributes.get("error") {
        let error = unescaped(error);
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        state.error = (!error.is_empty()).then_some(error);
    }
}
