//! The networks of a bouncer: each is a network of its own here, with a connection that the bouncer
//! binds to it.

use super::connection::NetworkLink;
use super::{Driver, Frontend, NetworkSetup};
use crate::client::event::{Event, InputError, NetworkId, NetworkName};
use crate::client::session::{SessionTime, UpstreamState};
use crate::common::shared_error::SharedError;

/// The longest name of such a network, in characters.
const NAME_CHARS_MAX: usize = 40;

/// A network that a bouncer lists.
pub(super) struct Upstream {
    /// The network of the bouncer itself.
    bouncer: NetworkId,
    /// Its id there.
    netid: String,
    /// Its name here.
    name: NetworkName,
    /// Its network here; `None` after the user has left it.
    network: Option<NetworkId>,
    /// Its state, as the bouncer reports it.
    state: UpstreamState,
}

impl<F: Frontend> Driver<F> {
    /// A bouncer has a network that was not known: connects to it.
    pub(super) fn add_upstream(&mut self, bouncer: NetworkId, netid: String, name: &str) {
        let Some(of_bouncer) = self.networks.get(bouncer) else {
            return;
        };
        let name = self.name_upstream(&of_bouncer.name.clone(), &netid, name);
        self.upstreams.push(Upstream {
            bouncer,
            netid,
            name,
            network: None,
            state: UpstreamState::default(),
        });
        self.connect_upstream(self.upstreams.len() - 1, bouncer);
    }

    /// The name of a network of a bouncer: its name there, or with that of the bouncer before it if the
    /// configuration or another network has that name.
    fn name_upstream(&self, bouncer: &NetworkName, netid: &str, name: &str) -> NetworkName {
        let name = match typeable(name) {
            name if name.is_empty() => netid.to_owned(),
            name => name,
        };
        let configured = self.dialer.names();
        let is_taken = |name: &String| {
            let is_it = |other: &str| other.eq_ignore_ascii_case(name);
            self.networks.find(name).is_some()
                || configured.iter().any(|other| is_it(other))
                || self.upstreams.iter().any(|one| is_it(one.name.as_str()))
        };
        let with_bouncer = format!("{bouncer}-{name}");
        let with_id = format!("{with_bouncer}-{netid}");
        let mut names = [name, with_bouncer].into_iter();
        let free = names.find(|name| !is_taken(name));
        NetworkName::from(free.unwrap_or(with_id).as_str())
    }

    /// Connects to a network of a bouncer. It becomes the active network when it has a room, if
    /// `shown_instead_of` still is.
    fn connect_upstream(&mut self, at: usize, shown_instead_of: NetworkId) {
        let Some(upstream) = self.upstreams.get(at) else {
            return;
        };
        let id = upstream.bouncer;
        let link = self.links.iter().find(|link| link.id == id);
        let (Some(link), Some(bouncer)) = (link, self.networks.get(id)) else {
            return;
        };
        let (upgraded, tls) = (link.upgraded, link.tls.clone());
        let setup = NetworkSetup {
            name: upstream.name.clone(),
            stream: None,
            address: link.address.clone(),
            others: link.others.clone(),
            proxy: link.proxy.clone(),
            trust: link.trust.clone(),
            may_accept: link.may_accept,
            identity: link.identity.clone(),
            files: (self.files_of.0)(&upstream.name),
            notices: Vec::new(),
            session: bouncer.session.for_upstream(&upstream.netid),
        };
        let state = upstream.state.clone();
        match self.add_network(setup) {
            Ok(added) => {
                let mut network = None;
                if let Some(link) = self.links.get_mut(added) {
                    link.upgraded = upgraded;
                    link.tls = tls;
                    link.shown_instead_of = Some(shown_instead_of);
                    link.is_upstream = true;
                    network = Some(link.id);
                }
                if let Some(upstream) = self.upstreams.get_mut(at) {
                    upstream.network = network;
                    upstream.state = UpstreamState::default();
                }
                self.begin_upstream(at, added, state);
            }
            Err(error) => {
                let error = InputError::NotAdded(SharedError::new(error));
                self.networks.reject(id, error);
            }
        }
    }

    fn begin_upstream(&mut self, at: usize, added: usize, state: UpstreamState) {
        if let Some(upstream) = self.upstreams.get_mut(at) {
            let (bouncer, netid) = (upstream.bouncer, upstream.netid.clone());
            if state != UpstreamState::default() {
                self.update_upstream(bouncer, &netid, state);
            }
        }
        self.dial(added);
    }

    /// Updates the state of a network that a bouncer lists.
    pub(super) fn update_upstream(
        &mut self,
        bouncer: NetworkId,
        netid: &str,
        state: UpstreamState,
    ) {
        let is_it = |one: &&mut Upstream| one.bouncer == bouncer && one.netid == netid;
        let Some(upstream) = self.upstreams.iter_mut().find(is_it) else {
            return;
        };
        upstream.state = state.clone();
        let network = upstream.network.and_then(|id| self.networks.get_mut(id));
        if let Some(network) = network {
            let (session, output) = (&mut network.session, &mut network.output);
            session.update_upstream(state, output);
        }
    }

    /// A bouncer does not have a network any more.
    pub(super) fn remove_upstream(&mut self, bouncer: NetworkId, netid: &str, now: SessionTime) {
        let is_it = |one: &Upstream| one.bouncer == bouncer && one.netid == netid;
        let Some(at) = self.upstreams.iter().position(is_it) else {
            return;
        };
        let upstream = self.upstreams.remove(at);
        let Some(id) = upstream.network else {
            return;
        };
        let words = "The bouncer does not have this network any more.".to_owned();
        self.networks.say(id, Event::Note { words });
        if let Some(link) = self.links.iter_mut().find(|link| link.id == id) {
            link.is_removed = true;
        }
        self.quit_network(id, now);
    }

    /// Connects again to a bouncer network that the user disconnected. Returns whether there is one
    /// of this name.
    pub(super) fn connect_upstream_again(&mut self, name: &str, typed_in: NetworkId) -> bool {
        let is_it =
            |one: &Upstream| one.network.is_none() && one.name.as_str().eq_ignore_ascii_case(name);
        let Some(at) = self.upstreams.iter().position(is_it) else {
            return false;
        };
        let words = format!("Connecting to {name} …");
        self.networks.say(typed_in, Event::Answer { words });
        self.connect_upstream(at, typed_in);
        true
    }

    /// A network has gone. Those of a bouncer stay until its session has ended, too.
    pub(super) fn forget_upstreams_of(&mut self, id: NetworkId) {
        for upstream in &mut self.upstreams {
            upstream.network = upstream.network.filter(|network| *network != id);
        }
        self.upstreams.retain(|upstream| upstream.bouncer != id);
    }

    /// The networks that go with this one: those of a bouncer.
    pub(super) fn with_upstreams(&self, id: NetworkId) -> Vec<NetworkId> {
        let of_bouncer = self.upstreams.iter();
        let of_bouncer = of_bouncer.filter(|upstream| upstream.bouncer == id);
        let others = of_bouncer.filter_map(|upstream| upstream.network);
        [id].into_iter().chain(others).collect()
    }

    /// Leaves a network.
    pub(super) fn quit_network(&mut self, id: NetworkId, now: SessionTime) {
        if let Some(network) = self.networks.get_mut(id) {
            network.session.quit(None, now, &mut network.output);
        }
    }
}

impl NetworkLink {
    /// Whether the network has something to show.
    pub(super) fn may_be_shown(&self, has_room: bool) -> bool {
        has_room || !self.is_upstream
    }
}

/// A name that can be typed before a slash and a room.
fn typeable(name: &str) -> String {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '/';
    let name: String = name
        .trim()
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(NAME_CHARS_MAX)
        .collect();
    // A name that begins with one of these would be a room, a person or an option.
    name.trim_start_matches(['#', '&', '+', '!', '@', '%', '~', '-', '*', '='])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_any_bouncer_can_choose_can_be_typed_before_a_room() {
        for (name, typed) in [
            ("libera", "libera"),
            ("My Awesome Network", "My-Awesome-Network"),
            (" a/b ", "a-b"),
            ("@#-x", "x"),
            ("\x1b[31mred\n", "[31mred"),
            ("", ""),
            ("##", ""),
        ] {
            assert_eq!(typeable(name), typed, "{name:?}");
        }
        assert_eq!(typeable(&"x".repeat(1_000)).len(), NAME_CHARS_MAX);
    }
}
