//! Makes the connections of a network: the first one, and the others after the wait that the session
//! asks for (the backoff).

use std::time::Duration;

use tokio::net::TcpStream;

use super::connection::LinkPhase;
use super::{Driver, Frontend};
use crate::client::config::address::Address;
use crate::client::session::{CloseReason, SessionTime};

/// How often the frontend can show how long the wait still is.
pub(super) const COUNTDOWN_STEP: Duration = Duration::from_secs(1);

impl<F: Frontend> Driver<F> {
    /// Connects to the server of a network.
    pub(super) fn dial(&mut self, at: usize) {
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
        match connected {
            Ok(stream) => self.connected(at, stream, now),
            Err(error) => {
                let error = match link.upgraded {
                    true => error.only_encrypted(),
                    false => error,
                };
                self.disconnected(at, error.close_reason(), now);
            }
        }
    }

    /// The connection of a network has ended, or could not be made.
    pub(super) fn disconnected(&mut self, at: usize, reason: CloseReason, now: SessionTime) {
        self.renew_sts_policy(at);
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        link.phase = LinkPhase::Waiting;
        link.close_requested = false;
        link.unsent.clear();
        link.pending.on_disconnect();
        if let Some(network) = self.networks.get_mut(link.id) {
            let (session, output) = (&mut network.session, &mut network.output);
            session.disconnected(reason, now, output);
        }
        self.offer_question(at);
    }
}
