//! Connections that others make for a user: WEBIRC of gateways, and the PROXY protocol. From then on
//! limits, bans and cloaks are about the address of the user.

use std::mem;
use std::net::IpAddr;

use tracing::{debug, warn};

use crate::common::sanitize::escape;
use crate::server::hub::limits::truncate;
use crate::server::hub::state::operators::GatewayCheck;
use crate::server::hub::state::people::HostName;
use crate::server::hub::task::{ClearPassword, Task};
use crate::server::hub::{CommandResult, ConnectionId, Gateway, Hub, HubTime, Outbox};

/// The option of `WEBIRC` for users whose connections to the gateway are encrypted.
const SECURE_OPTION: &str = "secure";

impl Hub {
    /// Whether connections of an address on a port begin with a header of the PROXY protocol.
    pub(in crate::server) fn expects_proxy_header(&self, address: IpAddr, port: u16) -> bool {
        let proxies = &self.settings.proxies;
        let has_port = proxies.ports.is_empty() || proxies.ports.contains(&port);
        has_port && proxies.from.iter().any(|network| network.has(address))
    }

    /// Whether gateways connect from an address.
    pub(in crate::server::hub) fn is_gateway(&self, host: HostName) -> bool {
        let mut gateways = self.settings.gateways.iter();
        gateways.any(|gateway| has_address(gateway, host))
    }

    /// A proxy has said where the user of its connection connects from; no address is that of the
    /// proxy itself. `is_secure` says that it has decrypted what the user sends.
    pub fn forwarded(
        &mut self,
        id: ConnectionId,
        address: Option<IpAddr>,
        is_secure: bool,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| {
            let Some(person) = hub.people.get_mut(id) else {
                return;
            };
            person.is_secure |= is_secure;
            let host = address.map_or(person.host, HostName::new);
            // A gateway may be at the other side of the proxy.
            let is_uncounted = hub.is_gateway(host);
            if hub.move_to(id, host, is_uncounted)
                && let Ok(pending) = hub.people.unregistered(id)
            {
                pending.is_uncounted = is_uncounted;
            }
        });
        (outbox.asker, outbox.is_free) = (Some(id), true);
    }

    /// Moves a connection to the host of its user, or closes it if users of that host are banned or
    /// too many. Returns whether it was moved.
    fn move_to(&mut self, id: ConnectionId, host: HostName, is_uncounted: bool) -> bool {
        let ban = self.ban_of_address(host);
        let ban = ban.map(|ban| format!("You are banned from this server: {}", ban.reason));
        let admitted = self.admit_at(id, host, !is_uncounted);
        if let Some(reason) = ban.or(admitted.err().map(|error| error.to_string())) {
            self.disconnect(id, &reason);
            return false;
        }
        self.outbox().moves.push((id, host.network()));
        true
    }

    /// Applies the limits of its address to a connection that could have been that of a gateway, and
    /// closes it if there are too many. Returns whether it stays.
    pub(super) fn count_address(&mut self, id: ConnectionId) -> bool {
        let host = self.people.get(id).map(|person| person.host);
        let (Some(host), Ok(pending)) = (host, self.people.unregistered(id)) else {
            return true;
        };
        !mem::take(&mut pending.is_uncounted) || self.move_to(id, host, false)
    }

    /// A gateway names the address of a user. Whatever is wrong with that ends the connection: its
    /// user would have the address of the gateway.
    pub(super) fn webirc(
        &mut self,
        from: ConnectionId,
        password: &str,
        name: &str,
        address: &str,
        options: Option<&str>,
    ) -> CommandResult<'static> {
        let pending = self.people.unregistered(from)?;
        let is_first =
            pending.nick.is_none() && pending.user.is_none() && pending.account.is_none();
        let is_uncounted = pending.is_uncounted;
        let Some(person) = self.people.get(from) else {
            return Ok(());
        };
        let (own_host, has_tls) = (person.host, person.is_secure);
        let mut gateways = self.settings.gateways.iter();
        let gateway =
            gateways.find(|gateway| gateway.name == name && has_address(gateway, own_host));
        let refusal = match (gateway, address.parse()) {
            _ if !is_first => "it must come before NICK, USER and a login",
            (Some(gateway), Ok(address)) if is_uncounted => {
                let has_option = options.unwrap_or_default().split(' ');
                let has_option = has_option.into_iter().any(|one| one == SECURE_OPTION);
                let check = GatewayCheck {
                    gateway: gateway.clone(),
                    host: HostName::new(address),
                    // Others can read a connection in clear from another machine.
                    is_secure: has_option && (has_tls || own_host.is_loopback()),
                    password: ClearPassword(password.to_owned()),
                };
                self.check_gateway(from, check);
                return Ok(());
            }
            (Some(_), Err(_)) => "expected the IP address of the user",
            _ => "this address is not that of a gateway with this name",
        };
        let name = escape(truncate(name, 40));
        debug!(host = %own_host, name, refusal, "WEBIRC refused");
        self.disconnect(from, &format!("WEBIRC refused: {refusal}"));
        Ok(())
    }

    /// Has the password of a gateway checked, unless it is known to be right: a gateway may connect
    /// for all its users at once.
    fn check_gateway(&mut self, from: ConnectionId, check: GatewayCheck) {
        let hash = check.gateway.password_hash.clone();
        let known = self.operators.gateway_digests.get(&hash);
        let digest = self.password_digest(&check.password);
        if known.is_some() && known == digest.as_ref() {
            self.gateway_checked(from, check, true);
            return;
        }
        let task = Task::CheckPassword {
            connection: from,
            password: check.password.0.clone(),
            hash,
        };
        self.outbox().tasks.push(task);
        self.operators.gateway_checks.insert(from, check);
    }

    /// Completes a `WEBIRC` whose password was checked.
    pub(in crate::server::hub) fn gateway_checked(
        &mut self,
        id: ConnectionId,
        check: GatewayCheck,
        is_correct: bool,
    ) {
        let Some(person) = self.people.get(id) else {
            return;
        };
        // The configuration may have been reloaded in the meantime.
        if !is_correct || !self.settings.gateways.contains(&check.gateway) {
            warn!(host = %person.host, name = check.gateway.name, "wrong password of a gateway");
            self.disconnect(id, "WEBIRC refused: wrong password");
            return;
        }
        if let Some(digest) = self.password_digest(&check.password) {
            let hash = check.gateway.password_hash;
            self.operators.gateway_digests.insert(hash, digest);
        }
        self.abort_exchange(id);
        if let Some(person) = self.people.get_mut(id) {
            person.is_secure = check.is_secure;
            // It is that of the gateway.
            person.certificate = None;
        }
        if self.move_to(id, check.host, false)
            && let Ok(pending) = self.people.unregistered(id)
        {
            pending.is_uncounted = false;
            debug!(host = %check.host, name = check.gateway.name, "connects through a gateway");
        }
    }

    /// A digest that shows nothing of a password without the secret of the server.
    fn password_digest(&self, password: &ClearPassword) -> Option<[u8; 32]> {
        let key = self.cloak_key.as_ref()?;
        Some(key.digest(&format!("password {}", password.0)))
    }
}

/// Whether a gateway connects from a host.
fn has_address(gateway: &Gateway, host: HostName) -> bool {
    let mut networks = gateway.from.iter();
    networks.any(|network| network.has(host.address()))
}
