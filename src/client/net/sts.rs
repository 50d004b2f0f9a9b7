//! Strict Transport Security: connects again with encryption when the server asks for it, and keeps
//! what it asks for. <https://ircv3.net/specs/extensions/sts>

use super::{Driver, Frontend};
use crate::client::event::Event;
use crate::client::session::SessionTime;
use crate::common::io_error::os_error_text;

impl<F: Frontend> Driver<F> {
    /// Leaves this connection for an encrypted one to another port of the same host.
    pub(super) fn upgrade(&mut self, port: u16, now: SessionTime) {
        self.address = self.address.encrypted_on(port);
        self.upgraded = true;
        self.say(format!(
            "the server asks for an encrypted connection: connecting to {}",
            self.address
        ));
        // The policy of a server begins with the certificate that proves who it is.
        if std::mem::take(&mut self.trust.insecure) {
            let words = "--insecure is ignored: the certificate of a server that asks for an encrypted \
                         connection is checked";
            self.say(words.to_owned());
        }
        if self.trust.can_accept() {
            match self.remembered.accepted(&self.address) {
                Ok(accepted) => self.trust.accepted = accepted,
                Err(message) => self.say(message),
            }
        }
        // The session goes on: it has not lost its connection.
        self.tls = None;
        self.link.lose();
        self.reconnect_at = Some(now.elapsed);
    }

    /// Makes only encrypted connections to this host from now on, or no longer so.
    pub(super) fn keep_sts_policy(&mut self, duration_seconds: u64) {
        // Another certificate proves nothing about who asks.
        if !self.is_verified || !self.address.tls {
            return;
        }
        self.sts_seconds = (duration_seconds > 0).then_some(duration_seconds);
        self.write_sts_policy(duration_seconds);
    }

    /// The time of the policy counts from the end of the connection.
    pub(super) fn renew_sts_policy(&mut self) {
        if let Some(duration_seconds) = self.sts_seconds.take() {
            self.write_sts_policy(duration_seconds);
        }
    }

    fn write_sts_policy(&mut self, duration_seconds: u64) {
        let now = self.now().unix_seconds;
        let address = &self.address;
        let policies = &self.remembered.policies;
        let kept = policies.set(&address.host, address.port, duration_seconds, now);
        if let Err(error) = kept {
            let file = policies.file().map(|file| file.display().to_string());
            self.say(format!(
                "cannot write {}: {}",
                file.unwrap_or_default(),
                os_error_text(&error)
            ));
        }
    }

    fn say(&mut self, words: String) {
        self.outbox.events.push(Event::Note { words });
    }
}
