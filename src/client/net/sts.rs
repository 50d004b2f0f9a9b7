//! Strict Transport Security: connects again with encryption when the server asks for it, and keeps
//! what it asks for. <https://ircv3.net/specs/extensions/sts>

use super::connection::LinkPhase;
use super::{Driver, Frontend};
use crate::client::event::Event;
use crate::client::session::SessionTime;

impl<F: Frontend> Driver<F> {
    /// Leaves this connection for an encrypted one to another port of the same host.
    pub(super) fn upgrade(&mut self, at: usize, port: u16, now: SessionTime) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let network = self.networks.name_of(link.id);
        let mut words = Vec::new();
        link.address = link.address.encrypted_on(port);
        link.upgraded = true;
        words.push(format!(
            "The server asks for an encrypted connection: connecting to {}.",
            link.address
        ));
        // The policy of a server begins with the certificate that proves who it is.
        if std::mem::take(&mut link.trust.insecure) {
            let ignored = "--insecure is ignored: the certificate of a server that asks for an encrypted \
                 connection is checked.";
            words.push(ignored.to_owned());
        }
        if link.trust.can_accept() {
            match self.remembered.accepted(&network, &link.address) {
                Ok(accepted) => link.trust.accepted = accepted,
                Err(error) => words.push(error.to_string()),
            }
        }
        // The session goes on: it has not lost its connection.
        link.tls = None;
        link.phase = LinkPhase::Waiting;
        link.close_requested = false;
        link.reconnect_at = Some(now.elapsed);
        if let Some(network) = self.networks.get_mut(link.id) {
            network.address = link.address.to_string();
        }
        for words in words {
            self.say(at, words);
        }
    }

    /// Makes only encrypted connections to this host from now on, or no longer so.
    pub(super) fn keep_sts_policy(&mut self, at: usize, duration_seconds: u64) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        // Another certificate proves nothing about who asks.
        if !link.is_verified || !link.address.tls {
            return;
        }
        link.sts_seconds = (duration_seconds > 0).then_some(duration_seconds);
        self.write_sts_policy(at, duration_seconds);
    }

    /// The time of the policy counts from the end of the connection.
    pub(super) fn renew_sts_policy(&mut self, at: usize) {
        let link = self.links.get_mut(at);
        if let Some(duration_seconds) = link.and_then(|link| link.sts_seconds.take()) {
            self.write_sts_policy(at, duration_seconds);
        }
    }

    fn write_sts_policy(&mut self, at: usize, duration_seconds: u64) {
        let now = self.now().unix_seconds;
        let Some(link) = self.links.get(at) else {
            return;
        };
        let kept = self
            .remembered
            .set_policy(&link.address, duration_seconds, now);
        if let Err(error) = kept {
            self.say(at, error.to_string());
        }
    }

    pub(super) fn say(&mut self, at: usize, words: String) {
        if let Some(link) = self.links.get(at) {
            self.networks.say(link.id, Event::Note { words });
        }
    }
}
