//! The table of accounts, the exchanges of clients that log in, and what waits for the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use super::attempts::Attempts;
use crate::server::hub::CertificateFingerprint;
use crate::server::hub::ConnectionId;
use crate::server::hub::account::{
    Account, AccountChange, AccountChangeKind, AccountProblem, SecretKey, StoredAccounts,
};
use crate::server::hub::stored::StoreChange;
use crate::wire::sasl::scram::nonce;
use crate::wire::sasl::scram_server::{ScramServer, StoredPassword};
use crate::wire::sasl::{Mechanism, PartialMessage};
use crate::wire::{FoldedName, Nick, RoomName};

/// How many registrations wait for a code at once.
const REGISTRATIONS_MAX: usize = 1_000;
/// The length of the code that confirms the removal of an account.
const CONFIRMATION_BYTES: usize = 6;

/// All accounts, and what happens with them at the moment.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Accounts {
    /// By their folded names.
    by_name: BTreeMap<FoldedName, Account>,
    /// Never iterated, so its order cannot affect the output.
    by_certificate: HashMap<CertificateFingerprint, FoldedName>,
    /// The nicks of the accounts besides their names. Never iterated.
    by_nick: HashMap<FoldedName, FoldedName>,
    /// The connections that are logged in, by the folded name of the account.
    sessions: BTreeSet<(FoldedName, ConnectionId)>,
    secret: SecretKey,
    nonce_key: SecretKey,
    nonces: u64,
    /// The connections that are logging in.
    pub(in crate::server::hub) exchanges: BTreeMap<ConnectionId, SaslExchange>,
    /// The connections that wait for a task about an account.
    pub(in crate::server::hub) pending: BTreeMap<ConnectionId, PendingAccount>,
    pub(in crate::server::hub) attempts: Attempts,
    /// When these users have to have another nick, because theirs is the name of a new account.
    pub(in crate::server::hub) wearers: BTreeMap<ConnectionId, Duration>,
    /// The codes with which users can register names.
    invitations: BTreeMap<FoldedName, String>,
    /// The registrations that wait for a code.
    registrations: Vec<PendingRegistration>,
    /// Number of registrations from each address in the current hour. It is never iterated.
    recent_registrations: HashMap<IpAddr, u32>,
    hour: u64,
}

/// A registration that waits for a code.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingRegistration {
    pub(in crate::server::hub) connection: ConnectionId,
    pub(in crate::server::hub) name: Nick,
    pub(in crate::server::hub) password: StoredPassword,
    /// The code; `None` if it is that of an invitation, which only this connection can use then.
    pub(in crate::server::hub) code: Option<String>,
    /// Until when it waits.
    pub(in crate::server::hub) until: Duration,
}

/// A new password that is being derived.
#[derive(Debug)]
pub(in crate::server::hub) enum NewPassword {
    /// For a new account.
    Register {
        name: Nick,
        email: String,
        form: ReplyForm,
    },
    /// For this account, which has another one.
    Change(Nick),
}

/// The command that the client used, which determines the form of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) enum ReplyForm {
    /// `AUTHENTICATE`.
    Sasl,
    /// `PASS`.
    Pass,
    /// A request of the administrator.
    Administrator,
    /// `REGISTER`.
    Register,
    /// `VERIFY`.
    Verify,
    /// A message to NickServ.
    Service,
}

/// A login whose password is being checked.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingLogin {
    pub(in crate::server::hub) account: String,
    pub(in crate::server::hub) form: ReplyForm,
    /// The nick that is regained after it, and whether the user keeps the present one.
    pub(in crate::server::hub) regained: Option<(String, bool)>,
}

/// The outcome of a task.
#[derive(Debug)]
pub(in crate::server::hub) enum AccountOutcome {
    /// It has succeeded or not.
    Done(bool),
    /// The verifier of a new password.
    Derived(StoredPassword),
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

/// A step that a connection waits for.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingAccount {
    pub(in crate::server::hub) step: AccountStep,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

/// The step that follows when a task about an account is done.
#[derive(Debug)]
pub(in crate::server::hub) enum AccountStep {
    /// The client logs in to this account, if the password is right.
    Login(PendingLogin),
    /// The new password is used.
    Derive(NewPassword),
    /// The client is to send the code for this account.
    SendCode(Nick, ReplyForm),
    /// The change takes effect.
    Change(StoreChange, ReplyForm),
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
        let invitations = stored.invitations.into_iter();
        table.invitations = invitations.map(|(name, code)| (name.key(), code)).collect();
        table
    }

    fn insert(&mut self, account: Account) {
        let key = account.name.key();
        for certificate in &account.certificates {
            self.by_certificate.insert(*certificate, key.clone());
        }
        for nick in &account.nicks {
            self.by_nick.insert(nick.key(), key.clone());
        }
        self.by_name.insert(key, account);
    }

    pub(in crate::server::hub) fn find(&self, name: &str) -> Option<&Account> {
        self.by_name.get(&*FoldedName::folded(name))
    }

    /// The account whose name or one of whose nicks this is.
    pub(in crate::server::hub) fn of_nick(&self, nick: &str) -> Option<&Account> {
        let folded = FoldedName::folded(nick);
        let account = self
            .by_nick
            .get(&*folded)
            .map_or(&*folded, FoldedName::as_str);
        self.by_name.get(account)
    }

    /// The connections that are logged in to an account, registered or not.
    pub(in crate::server::hub) fn sessions(
        &self,
        account: &FoldedName,
    ) -> impl Iterator<Item = ConnectionId> {
        let first = (account.clone(), ConnectionId::new(0, 0));
        let all = self.sessions.range(first..);
        let of_account = all.take_while(move |(name, _)| name == account);
        of_account.map(|(_, id)| *id)
    }

    /// How many connections are logged in.
    #[cfg(feature = "for-tests")]
    pub(in crate::server::hub) fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// A connection is logged in to another account now.
    pub(in crate::server::hub) fn set_session(
        &mut self,
        id: ConnectionId,
        before: Option<&Nick>,
        after: Option<&Nick>,
    ) {
        if let Some(before) = before {
            self.sessions.remove(&(before.key(), id));
        }
        if let Some(after) = after {
            self.sessions.insert((after.key(), id));
        }
    }

    pub(in crate::server::hub) fn count(&self) -> usize {
        self.by_name.len()
    }

    /// The account that this certificate can log in to.
    pub(in crate::server::hub) fn of_certificate(
        &self,
        certificate: &CertificateFingerprint,
    ) -> Option<&Account> {
        self.by_name.get(self.by_certificate.get(certificate)?)
    }

    /// The password verifier of this account, or a decoy if it does not exist.
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

    /// Counts a registration, and returns how many there were from this address in this hour.
    pub(in crate::server::hub) fn count_registration(&mut self, address: IpAddr, hour: u64) -> u32 {
        if self.hour != hour {
            self.hour = hour;
            self.recent_registrations.clear();
        }
        let count = self.recent_registrations.entry(address).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// Keeps a registration until its code comes. False if too many wait already.
    pub(in crate::server::hub) fn keep_registration(
        &mut self,
        registration: PendingRegistration,
        now: Duration,
    ) -> bool {
        self.registrations.retain(|one| one.until > now);
        let fits = self.registrations.len() < REGISTRATIONS_MAX;
        if fits {
            self.registrations.push(registration);
        }
        fits
    }

    /// Takes out the registration that this code completes.
    pub(in crate::server::hub) fn verified(
        &mut self,
        connection: ConnectionId,
        account: &str,
        code: &str,
        now: Duration,
    ) -> Option<(Nick, StoredPassword)> {
        let invitation = self.invitations.get(&*FoldedName::folded(account));
        let is_invited = invitation.is_some_and(|right| right == code);
        let fits = |one: &PendingRegistration| {
            let has_code = match &one.code {
                Some(right) => right == code,
                None => is_invited && one.connection == connection,
            };
            has_code && one.until > now && FoldedName::same(one.name.as_str(), account)
        };
        // Of several of one client, the last counts.
        let place = self.registrations.iter().rposition(fits)?;
        let registration = self.registrations.remove(place);
        Some((registration.name, registration.password))
    }

    /// How many registrations wait for a code.
    pub(in crate::server::hub) fn waiting_count(&self) -> usize {
        self.registrations.len()
    }

    /// The code that confirms the removal of an account.
    pub(in crate::server::hub) fn confirmation(&self, name: &str) -> Option<String> {
        let account = self.find(name)?;
        Some(self.confirmation_of("", account.created))
    }

    /// The code that confirms something about what this account has made at this time.
    pub(in crate::server::hub) fn confirmation_of(&self, account: &str, created: u64) -> String {
        let bytes = account.bytes().map(u64::from);
        let number = bytes.fold(created, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        let mut code = nonce(&self.secret.0, number);
        code.truncate(CONFIRMATION_BYTES);
        code
    }

    /// Forgets a connection that has ended. A change that it waits for is made nevertheless.
    pub(in crate::server::hub) fn remove(&mut self, id: ConnectionId) {
        self.exchanges.remove(&id);
        self.wearers.remove(&id);
        self.attempts.forget(id);
    }

    /// Whether a change can be made now.
    pub(in crate::server::hub) fn check(
        &self,
        change: &AccountChange,
    ) -> Result<(), AccountProblem> {
        let is_same = |step: &AccountStep| match step {
            AccountStep::Change(StoreChange::Account(other), _) => {
                FoldedName::same(other.name.as_str(), change.name.as_str())
                    || other.new_certificate().is_some()
                        && other.new_certificate() == change.new_certificate()
                    || other.new_nick().is_some()
                        && other.new_nick().map(Nick::key) == change.new_nick().map(Nick::key)
            }
            _ => false,
        };
        if self.pending.values().any(|pending| is_same(&pending.step)) {
            return Err(AccountProblem::Busy);
        }
        Account::changed(self.find(change.name.as_str()), change)?;
        if let Some(nick) = change.new_nick()
            && self.of_nick(nick.as_str()).is_some()
        {
            return Err(AccountProblem::NickInUse);
        }
        match change.new_certificate() {
            Some(one) if self.by_certificate.contains_key(one) => {
                Err(AccountProblem::CertificateInUse)
            }
            _ => Ok(()),
        }
    }

    /// Whether a change of this room waits for the store.
    pub(in crate::server::hub) fn is_room_busy(&self, name: &RoomName) -> bool {
        let is_it = |step: &AccountStep| match step {
            AccountStep::Change(StoreChange::Room(other), _) => other.name.key() == name.key(),
            _ => false,
        };
        self.pending.values().any(|pending| is_it(&pending.step))
    }

    /// Makes a change that was checked, and that is on disk.
    pub(in crate::server::hub) fn apply(&mut self, change: &AccountChange) {
        let key = change.name.key();
        let before = self.by_name.remove(&key);
        for certificate in before.iter().flat_map(|account| &account.certificates) {
            self.by_certificate.remove(certificate);
        }
        for nick in before.iter().flat_map(|account| &account.nicks) {
            self.by_nick.remove(&nick.key());
        }
        if let AccountChangeKind::Invite(code) = &change.kind {
            self.invitations.insert(key.clone(), code.clone());
        }
        match Account::changed(before.as_ref(), change) {
            Ok(Some(account)) => {
                self.invitations.remove(&key);
                self.insert(account);
            }
            Ok(None) => {}
            Err(problem) => debug_assert!(false, "{problem} after it was checked"),
        }
    }
}
