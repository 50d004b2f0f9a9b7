//! The server operators, and the `OPER` requests whose password is being checked.

use std::collections::BTreeMap;

use super::attempts::Attempts;
use crate::server::hub::ConnectionId;
use crate::server::hub::settings::{Gateway, Operator};
use crate::server::hub::state::people::HostName;
use crate::server::hub::task::ClearPassword;

/// The server operators and the attempts to become one.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Operators {
    /// The account in the configuration of each user who is an operator.
    pub(in crate::server::hub) accounts: BTreeMap<ConnectionId, Operator>,
    /// The connections whose password is being checked against a hash.
    pub(in crate::server::hub) checks: BTreeMap<ConnectionId, OperCheck>,
    pub(in crate::server::hub) attempts: Attempts,
    /// The connections of gateways whose password is being checked.
    pub(in crate::server::hub) gateway_checks: BTreeMap<ConnectionId, GatewayCheck>,
    /// Digests of the passwords that have matched these hashes.
    pub(in crate::server::hub) gateway_digests: BTreeMap<String, [u8; 32]>,
}

/// A `WEBIRC` request whose password is being checked.
#[derive(Debug)]
pub(in crate::server::hub) struct GatewayCheck {
    pub(in crate::server::hub) gateway: Gateway,
    /// The host of the user.
    pub(in crate::server::hub) host: HostName,
    /// Whether the user's connection to the gateway is encrypted.
    pub(in crate::server::hub) is_secure: bool,
    pub(in crate::server::hub) password: ClearPassword,
}

/// An `OPER` request whose password is being checked.
#[derive(Debug)]
pub(in crate::server::hub) struct OperCheck {
    /// The name that the user has given.
    pub(in crate::server::hub) name: String,
    /// The operator of that name, if its password is compared with a hash. Otherwise the request is
    /// refused after the check, whatever it finds.
    pub(in crate::server::hub) account: Option<Operator>,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

impl Operators {
    /// Forgets a connection that has ended.
    pub(in crate::server::hub) fn remove(&mut self, id: ConnectionId) {
        self.accounts.remove(&id);
        self.gateway_checks.remove(&id);
        self.attempts.forget(id);
    }
}
