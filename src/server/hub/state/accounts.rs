//! The table of accounts, the exchanges of clients that log in, and what waits for the store.

use std::collections::{BTreeMap, HashMap};

use super::attempts::Attempts;
use super::people::ConnectionId;
use crate::server::hub::CertificateFingerprint;
use crate::server::hub::account::{
    Account, AccountChange, AccountProblem, SecretKey, StoredAccounts,
};
use crate::wire::FoldedName;
use crate::wire::sasl::scram::nonce;
use crate::wire::sasl::scram_server::{ScramServer, StoredPassword};
use crate::wire::sasl::{Mechanism, PartialMessage};

/// All accounts, and what happens with them at the moment.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Accounts {
    /// By their folded names.
    by_name: BTreeMap<FoldedName, Account>,
    /// Never iterated, so its order cannot affect the output.
    by_certificate: HashMap<CertificateFingerprint, FoldedName>,
    secret: SecretKey,
    nonce_key: SecretKey,
    nonces: u64,
    /// The connections that are logging in.
    pub(in crate::server::hub) exchanges: BTreeMap<ConnectionId, SaslExchange>,
    /// The connections that wait for a task about an account.
    pub(in crate::server::hub) pending: BTreeMap<ConnectionId, PendingAccount>,
    pub(in crate::server::hub) attempts: Attempts,
}

/// A login that has begun.
#[derive(Debug)]
pub(in crate::server::hub) struct SaslExchange {
    pub(in crate::server::hub) mechanism: Mechanism,
    pub(in crate::server::hub) partial: PartialMessage,
    pub(in crate::server::hub) scram: ScramStep,
}

/// How far an exchange with SCRAM is.
#[derive(Debug)]
pub(in crate::server::hub) enum ScramStep {
    /// The client has not sent its first message.
    First,
    /// The server has answered it for this account.
    Challenged(String, ScramServer),
    /// The client has proved that it knows the password of this account.
    Proved(String),
}

/// What a connection waits for.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingAccount {
    pub(in crate::server::hub) step: AccountStep,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

/// What happens when a task about an account is done.
#[derive(Debug)]
pub(in crate::server::hub) enum AccountStep {
    /// The client logs in to this account, if the password is right.
    Login(String),
    /// The change takes effect.
    Change(AccountChange),
}

impl Accounts {
    pub(in crate::server::hub) fn new(stored: StoredAccounts) -> Self {
        let mut table = Self {
            secret: stored.secret,
            nonce_key: stored.nonce_key,
            ..Self::default()
        };
        for account in stored.accounts {
            table.insert(account);
        }
        table
    }

    fn insert(&mut self, account: Account) {
        let key = account.name.key();
        for certificate in &account.certificates {
            self.by_certificate.insert(*certificate, key.clone());
        }
        self.by_name.insert(key, account);
    }

    pub(in crate::server::hub) fn find(&self, name: &str) -> Option<&Account> {
        self.by_name.get(&*FoldedName::folded(name))
    }

    /// The account that this certificate can log in to.
    pub(in crate::server::hub) fn of_certificate(
        &self,
        certificate: &CertificateFingerprint,
    ) -> Option<&Account> {
        self.by_name.get(self.by_certificate.get(certificate)?)
    }

    /// What is kept of the password of this account, or of one that does not exist.
    pub(in crate::server::hub) fn password(&self, name: &str) -> StoredPassword {
        let folded = FoldedName::folded(name);
        // It is made in any case, so that both take the same time.
        let decoy = StoredPassword::decoy(&self.secret.0, &folded);
        let account = self.by_name.get(&*folded);
        account.map_or(decoy, |account| account.password.clone())
    }

    /// A text that was never used before and cannot be guessed, for a nonce or a salt.
    pub(in crate::server::hub) fn nonce(&mut self) -> String {
        self.nonces += 1;
        nonce(&self.nonce_key.0, self.nonces)
    }

    /// Forgets a connection that has ended. A change that it waits for is made nevertheless.
    pub(in crate::server::hub) fn remove(&mut self, id: ConnectionId) {
        self.exchanges.remove(&id);
        self.attempts.forget(id);
    }

    /// Whether a change can be made now.
    pub(in crate::server::hub) fn check(
        &self,
        change: &AccountChange,
    ) -> Result<(), AccountProblem> {
        let is_same = |step: &AccountStep| match step {
            AccountStep::Change(other) => {
                FoldedName::same(other.name.as_str(), change.name.as_str())
                    || other.new_certificate().is_some()
                        && other.new_certificate() == change.new_certificate()
            }
            AccountStep::Login(_) => false,
        };
        if self.pending.values().any(|pending| is_same(&pending.step)) {
            return Err(AccountProblem::Busy);
        }
        Account::changed(self.find(change.name.as_str()), change)?;
        match change.new_certificate() {
            Some(one) if self.by_certificate.contains_key(one) => {
                Err(AccountProblem::CertificateInUse)
            }
            _ => Ok(()),
        }
    }

    /// Makes a change that was checked, and that is on disk.
    pub(in crate::server::hub) fn apply(&mut self, change: &AccountChange) {
        let key = change.name.key();
        let before = self.by_name.remove(&key);
        for certificate in before.iter().flat_map(|account| &account.certificates) {
            self.by_certificate.remove(certificate);
        }
        match Account::changed(before.as_ref(), change) {
            Ok(Some(account)) => self.insert(account),
            Ok(None) => {}
            Err(problem) => debug_assert!(false, "{problem} after it was checked"),
        }
    }
}
