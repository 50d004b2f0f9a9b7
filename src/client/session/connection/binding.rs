//! Binds a connection to one network of a bouncer, before its registration ends.
//! <https://codeberg.org/emersion/soju/src/branch/master/doc/ext/bouncer-networks.md>

use super::link::Binding;
use super::server_capabilities::Capability;
use crate::client::session::{
    BindFailure, CloseReason, Phase, Session, SessionAction, SessionConfig, SessionOutput,
};
use crate::wire::Message;
use crate::wire::sasl::scram::derived_key;

impl Session {
    /// The session of one of the networks of this bouncer, with the same names and the same account.
    pub(in crate::client) fn for_upstream(&self, netid: &str) -> Self {
        let mut account = self.settings.account.clone();
        if let Some(account) = &mut account {
            account.nonce_key = derived_key(&account.nonce_key, netid);
        }
        Self::new(SessionConfig {
            account,
            upstream: Some(netid.to_owned()),
            // The bouncer is in the rooms of each network already.
            rooms: Vec::new(),
            last_seen: None,
            person: None,
            on_connect: Vec::new(),
            hosts: false,
            persistent: true,
            wait: None,
            ..self.settings.clone()
        })
    }

    /// Whether an answer to `BOUNCER BIND` is expected.
    pub(in crate::client::session) fn is_binding(&self) -> bool {
        self.link.binding == Binding::Sent && matches!(self.phase, Phase::Registering { .. })
    }

    /// Binds the connection if it is for a network of a bouncer. Returns whether the registration can
    /// go on: without the bond it would lead to another network.
    pub(super) fn bind_upstream(&mut self, output: &mut SessionOutput) -> bool {
        let Some(netid) = &self.settings.upstream else {
            return true;
        };
        if !self.link.capabilities.has(Capability::BouncerNetworks) {
            self.bind_failed(BindFailure::NotOffered, output);
            return false;
        }
        let line = format!("BOUNCER BIND {netid}");
        self.link.binding = Binding::Sent;
        self.send_line(line, output);
        true
    }

    /// Handles `FAIL BOUNCER` about `BOUNCER BIND`.
    pub(in crate::client::session) fn on_bind_failed(
        &mut self,
        code: &str,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        let text = message.parameters.last().copied().unwrap_or_default();
        let failure = match code {
            "ACCOUNT_REQUIRED" => BindFailure::AccountRequired,
            _ => BindFailure::Refused(text.to_owned()),
        };
        self.bind_failed(failure, output);
    }

    /// The server has completed the registration. Returns whether the connection is about the network
    /// that it is for.
    pub(super) fn is_bound(&mut self, output: &mut SessionOutput) -> bool {
        match (&self.settings.upstream, self.link.binding) {
            (None, _) | (_, Binding::Sent) => return true,
            (_, Binding::Failed) => {}
            // It has not waited for the end of the negotiation.
            (_, Binding::NotBegun) => self.bind_failed(BindFailure::NotOffered, output),
        }
        false
    }

    fn bind_failed(&mut self, failure: BindFailure, output: &mut SessionOutput) {
        self.link.binding = Binding::Failed;
        self.link.refusal = Some(CloseReason::NotBound(failure));
        output.actions.push(SessionAction::Close);
    }
}
