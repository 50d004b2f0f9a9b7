//! The state of the login to an account, and its mechanism.

use crate::client::session::{AccountLogin, LoginFailure, Transport};
use crate::wire::sasl::scram::{ScramClient, ScramError, ScramVerifier, prepared};
use crate::wire::sasl::{Mechanism, PartialMessage};

/// The login on this connection, and what is kept from the ones before.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Login {
    pub(super) state: LoginState,
    /// The mechanisms that the server offers, as far as it says so.
    pub(super) offered: Vec<String>,
    /// The mechanisms that were tried on this connection.
    pub(super) tried: Vec<Mechanism>,
    /// How many nonces were used, in the whole session.
    pub(super) nonces: u64,
}

/// The state of the login.
#[derive(Debug, Default)]
pub(super) enum LoginState {
    /// It has not begun.
    #[default]
    NotBegun,
    /// The capability is requested.
    Requested(Mechanism),
    /// The exchange is under way.
    Running {
        mechanism: Mechanism,
        step: ExchangeStep,
        incoming: PartialMessage,
    },
    /// The user is logged in.
    LoggedIn,
    /// The user is not logged in on this connection.
    Failed,
}

/// The last message of the client in an exchange.
#[derive(Debug)]
pub(super) enum ExchangeStep {
    /// The name of the mechanism.
    Mechanism,
    /// The first message of SCRAM.
    ScramFirst(ScramClient),
    /// The final message of SCRAM, which the server must answer with a proof.
    ScramFinal(ScramVerifier),
    /// All of it.
    Complete,
}

impl Login {
    /// A new connection begins.
    pub(super) fn reset(&mut self) {
        let nonces = self.nonces;
        *self = Self {
            nonces,
            ..Self::default()
        };
    }

    /// The same offer on the same connection, before any attempt.
    pub(super) fn again(self) -> Self {
        Self {
            state: LoginState::NotBegun,
            tried: Vec::new(),
            ..self
        }
    }

    /// Whether the registration must wait for it.
    pub(super) fn is_pending(&self) -> bool {
        matches!(
            self.state,
            LoginState::Requested(_) | LoginState::Running { .. }
        )
    }

    /// Keeps the mechanisms in a list of capabilities, if it names `sasl`. Returns whether it does.
    pub(super) fn learn_offer(&mut self, list: &str) -> bool {
        let mut words = list.split_ascii_whitespace();
        let Some(value) = words.find_map(|word| word.strip_prefix(SASL)) else {
            return false;
        };
        match value.strip_prefix('=') {
            Some(names) => self.offered = names_in(names),
            None if value.is_empty() => self.offered.clear(),
            // Another capability that begins with the same letters.
            None => return false,
        }
        true
    }

    /// The strongest mechanism that the user can use, the server offers, and has not been tried. A server
    /// that does not say which it offers may offer any.
    pub(super) fn choose_mechanism(
        &self,
        account: &AccountLogin,
        transport: Transport,
    ) -> Result<Mechanism, LoginFailure> {
        let is_offered = |mechanism: &Mechanism| {
            let mut names = self.offered.iter();
            self.offered.is_empty() || names.any(|name| Mechanism::find(name) == Some(*mechanism))
        };
        let password = account.password.as_deref();
        let can_use = |mechanism: &Mechanism| match mechanism {
            Mechanism::External => account.has_certificate && transport.has_tls(),
            Mechanism::ScramSha256 => password.and_then(prepared).is_some(),
            // The server prepares it. RFC 4616, section 2.
            Mechanism::Plain => password.is_some(),
        };
        let is_wanted = |one: &Mechanism| account.mechanism.is_none_or(|wanted| *one == wanted);
        let scram = Mechanism::ScramSha256;
        let is_unprepared =
            password.is_some() && is_wanted(&scram) && is_offered(&scram) && !can_use(&scram);
        let wanted = Mechanism::ALL
            .into_iter()
            .rev()
            .filter(is_wanted)
            .filter(|one| can_use(one) && is_offered(one) && !self.tried.contains(one));
        let wanted: Vec<Mechanism> = wanted.collect();
        // A certificate that cannot be shown here.
        let external = Mechanism::External;
        let has_unshown = account.has_certificate
            && !transport.has_tls()
            && is_wanted(&external)
            && is_offered(&external);
        let is_private = matches!(transport, Transport::Loopback | Transport::Encrypted);
        let is_safe = |one: &&Mechanism| **one != Mechanism::Plain || is_private;
        match (wanted.iter().find(is_safe), wanted.is_empty()) {
            (Some(mechanism), _) => Ok(*mechanism),
            (None, _) if is_unprepared => Err(LoginFailure::Scram(ScramError::Password)),
            (None, false) if transport.has_tls() => Err(LoginFailure::NotVerified),
            (None, false) => Err(LoginFailure::NotEncrypted),
            (None, true) if has_unshown => Err(LoginFailure::CertificateNotShown),
            (None, true) => Err(LoginFailure::NoMechanism(self.offered.clone())),
        }
    }
}

/// The name of the capability.
pub(super) const SASL: &str = "sasl";

pub(super) fn names_in(list: &str) -> Vec<String> {
    let names = list.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
