//! Connections as they come: those that are admitted, and those that are refused with the reason.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tracing::debug;

use super::capabilities::Capabilities;
use super::state::people::{ConnectionStage, HostName, Person, Unregistered};
use super::{CertificateFingerprint, ConnectionId, Hub, HubTime, Outbox};

impl Hub {
    /// Accepts or refuses a new connection.
    pub fn connected(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| {
            let host = HostName::new(address);
            if let Some(ban) = hub.ban_of_address(host) {
                let reason = ban.reason.clone();
                let words = format_args!("ERROR :You are banned from this server: {reason}");
                let line = hub.line(words);
                hub.outbox().send(id, line);
                hub.outbox().closes.push(id);
                debug!(%host, "banned");
                return;
            }
            // The users of a gateway are counted for their own addresses.
            hub.admit_or_refuse(id, host, hub.is_gateway(host));
        });
        // No other client knows of it yet.
        (outbox.asker, outbox.is_free) = (Some(id), true);
    }

    /// Accepts or refuses a connection of a proxy. [`Hub::forwarded`] says where the user connects
    /// from, before any line.
    pub fn connected_by_proxy(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| {
            hub.admit_or_refuse(id, HostName::new(address), true);
        });
        (outbox.asker, outbox.is_free) = (Some(id), true);
    }

    fn admit_or_refuse(&mut self, id: ConnectionId, host: HostName, is_uncounted: bool) {
        match self.admit(host, !is_uncounted) {
            Ok(()) => {
                self.accept(id, host);
                if let Ok(pending) = self.people.unregistered(id) {
                    pending.is_uncounted = is_uncounted;
                }
            }
            Err(error) => {
                let line = self.line(format_args!("ERROR :{error}"));
                self.outbox().send(id, line);
                self.outbox().closes.push(id);
                debug!(%host, reason = %error, "not registered");
            }
        }
    }

    /// Accepts a connection of the administrator, whose lines are requests and no IRC.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn administrator_connected(&mut self, id: ConnectionId, now: HubTime, outbox: &mut Outbox) {
        self.step(now, outbox, |hub| {
            hub.accept(id, HostName::new(Ipv4Addr::LOCALHOST.into()));
            if let Some(person) = hub.people.get_mut(id) {
                person.is_administrator = true;
            }
        });
        (outbox.asker, outbox.is_free) = (Some(id), true);
    }

    fn accept(&mut self, id: ConnectionId, host: HostName) {
        let now = self.now.running;
        let seconds = self.settings.limits.registration_seconds;
        let person = Person {
            id,
            host,
            capabilities: Capabilities::NONE,
            last_heard: now,
            deadline: now + Duration::from_secs(seconds.into()),
            pinged: false,
            is_secure: false,
            certificate: None,
            is_administrator: false,
            has_cap_302: false,
            allowance_used: now,
            stage: ConnectionStage::Unregistered(Box::<Unregistered>::default()),
        };
        self.track(&person);
        self.people.insert(person);
        debug!(%host, "connected");
    }

    /// The TLS handshake of a connection is complete. The client has the key of this certificate.
    pub fn secured(&mut self, id: ConnectionId, certificate: Option<CertificateFingerprint>) {
        if let Some(person) = self.people.get_mut(id) {
            person.is_secure = true;
            person.certificate = certificate.map(Box::new);
        }
    }
}
