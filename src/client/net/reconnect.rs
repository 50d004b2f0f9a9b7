//! Makes the connections of a network: the first one, and the others after the wait that the session
//! asks for (the backoff).

use std::time::Duration;

use tokio::net::TcpStream;

use super::connection::LinkPhase;
use super::{Driver, Frontend};
use crate::client::config::address::Address;
use crate::client::session::{CloseReason, SessionTime, Transport};

/// How often the frontend can show how long the wait still is.
pub(super) const COUNTDOWN_STEP: Duration = Duration::from_secs(1);

impl<F: Frontend> Driver<F> {
    /// Connects to the server of a network, at the first of its addresses that answers, beginning with
    /// the last one that did.
    pub(super) fn dial(&mut self, at: usize) {
        if let Some(link) = self.links.get_mut(at) {
            link.untried = link.others.len();
        }
        self.dial_address(at);
    }

    fn dial_address(&mut self, at: usize) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        link.reconnect_at = None;
        let dialer = self.dialer.clone();
        let (address, proxy): (Address, _) = (link.address.clone(), link.proxy.clone());
        link.phase = LinkPhase::Dialing(Box::pin(async move {
            dialer.dial(&address, proxy.as_ref()).await
        }));
        if let Some(network) = self.networks.get_mut(link.id) {
            network.session.plan_retry(None);
        }
    }

    /// Begins the attempts to connect that are due.
    pub(super) fn dial_when_due(&mut self, now: SessionTime) {
        for at in 0..self.links.len() {
            let link = self.links.get(at);
            let reconnect_at = link.and_then(|link| link.reconnect_at);
            let is_waiting = link.is_some_and(|link| matches!(link.phase, LinkPhase::Waiting));
            if is_waiting && reconnect_at.is_some_and(|at| at <= now.elapsed) {
                self.dial(at);
            }
        }
    }

    /// An attempt to connect has ended.
    pub(super) fn dialed(
        &mut self,
        at: usize,
        connected: Result<TcpStream, super::dial::ConnectError>,
        now: SessionTime,
    ) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        link.phase = LinkPhase::Waiting;
        let error = match connected {
            Ok(stream) => return self.connected(at, stream, now),
            Err(error) if link.upgraded => error.only_encrypted(),
            Err(error) => error,
        };
        let untried = link.untried.checked_sub(1);
        if let Some(left) = untried.filter(|_| !link.upgraded) {
            link.untried = left;
            self.take_next_address(at);
            return self.dial_address(at);
        }
        self.disconnected(at, error.into_close_reason(), now);
    }

    /// Turns to the next address of a server. One that has asked for encryption keeps its address.
    fn take_next_address(&mut self, at: usize) {
        let Some(link) = self.links.get_mut(at).filter(|link| !link.upgraded) else {
            return;
        };
        let Some(next) = link.others.pop_front() else {
            return;
        };
        let network = self.networks.name_of(link.id);
        let before = std::mem::replace(&mut link.address, next);
        link.others.push_back(before);
        // They are about the address before.
        link.tls = None;
        link.trust.accepted = None;
        let mut words = Vec::new();
        match self.remembered.policy_port(&link.address) {
            Ok(Some(port)) => {
                link.may_accept = false;
                link.trust.insecure = false;
                if !link.address.tls {
                    link.address = link.address.encrypted_on(port);
                    link.upgraded = true;
                }
            }
            Ok(None) => link.may_accept = link.trust.can_accept(),
            Err(error) => words.push(error.to_string()),
        }
        if link.address.tls && link.may_accept {
            match self.remembered.accepted(&network, &link.address) {
                Ok(accepted) => link.trust.accepted = accepted,
                Err(error) => words.push(error.to_string()),
            }
        }
        if let Some(network) = self.networks.get_mut(link.id) {
            network.address = link.address.to_string();
            if link.upgraded {
                network.session.set_transport(Transport::Encrypted);
            }
        }
        for words in words {
            self.say(at, words);
        }
    }

    /// The connection of a network has ended, or could not be made.
    pub(super) fn disconnected(&mut self, at: usize, reason: CloseReason, now: SessionTime) {
        self.renew_sts_policy(at);
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        // The server answers there, and cannot be used.
        let is_useless = match &reason {
            CloseReason::Tls(failure) => !failure.is_final(),
            _ => link.is_open(),
        };
        link.phase = LinkPhase::Waiting;
        link.close_requested = false;
        link.unsent.clear();
        link.pending.on_disconnect();
        if let Some(network) = self.networks.get_mut(link.id) {
            let (session, output) = (&mut network.session, &mut network.output);
            let was_ready = session.is_ready();
            session.disconnected(reason, now, output);
            if is_useless && !was_ready {
                self.take_next_address(at);
            }
        }
        self.offer_question(at);
    }
}
