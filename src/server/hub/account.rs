//! The port to the accounts: what the store keeps of them, how they change, and the requests of the
//! administrator.
//!
//! The hub has all accounts in memory. It decides on each change, a [`Task`](super::task::Task) has the
//! store write it, and only then it takes effect.

use std::fmt;

use super::CertificateFingerprint;
use crate::wire::Nick;
use crate::wire::sasl::scram_server::StoredPassword;

/// The most certificates of one account.
const CERTIFICATES_MAX: usize = 10;
/// The most nicks of one account besides its name.
const NICKS_MAX: usize = 4;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name, which is a nick that no other user can have.
    pub name: Nick,
    /// The verifier of its password.
    pub password: StoredPassword,
    /// When it was made, as seconds of Unix time.
    pub created: u64,
    /// The certificates that can log in to it.
    pub certificates: Vec<CertificateFingerprint>,
    /// The nicks besides its name that no other user can have.
    pub nicks: Vec<Nick>,
}

/// All accounts of a store, and what the hub needs to check passwords.
#[derive(Debug, Clone, Default)]
pub struct StoredAccounts {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The names that users can register with these codes.
    pub invitations: Vec<(Nick, String)>,
    /// A secret of the store, which makes accounts that do not exist look like others.
    pub secret: SecretKey,
    /// A secret that is new at each start, for nonces and salts.
    pub nonce_key: SecretKey,
}

/// Random bytes that clients must not know. They stay out of debug output.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// A change of an account, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountChange {
    /// The account.
    pub name: Nick,
    /// The change.
    pub kind: AccountChangeKind,
}

/// The kind of a change of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChangeKind {
    /// It is made, with this password, at this Unix time in seconds.
    Add(StoredPassword, u64),
    /// A user with this code can make it. It does not exist yet.
    Invite(String),
    /// It is removed.
    Remove,
    /// It gets this password.
    Password(StoredPassword),
    /// This certificate can log in to it from now on.
    AddCertificate(CertificateFingerprint),
    /// This certificate can no longer log in to it.
    RemoveCertificate(CertificateFingerprint),
    /// No other user can have this nick from now on.
    AddNick(Nick),
    /// Other users can have this nick again.
    RemoveNick(Nick),
}

/// Why an account cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountProblem {
    /// There is an account of this name.
    Exists,
    /// There is no such account.
    Missing,
    /// The account is just being changed by another.
    Busy,
    /// The certificate belongs to an account.
    CertificateInUse,
    /// The account does not have this certificate.
    NoSuchCertificate,
    /// The account has as many certificates as it can have.
    TooManyCertificates,
    /// The nick belongs to an account.
    NickInUse,
    /// The account does not have this nick.
    NoSuchNick,
    /// The account has as many nicks as it can have.
    TooManyNicks,
}

impl fmt::Display for AccountProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("there is an account of this name"),
            Self::Missing => f.write_str("there is no such account"),
            Self::Busy => f.write_str("the account is just being changed; try again"),
            Self::CertificateInUse => f.write_str("the certificate belongs to an account"),
            Self::NoSuchCertificate => f.write_str("the account does not have this certificate"),
            Self::NickInUse => f.write_str("the nick belongs to an account"),
            Self::NoSuchNick => f.write_str("the account does not have this nick"),
            Self::TooManyNicks => write!(f, "the account has {NICKS_MAX} more nicks; remove one"),
            Self::TooManyCertificates => {
                write!(
                    f,
                    "the account has {CERTIFICATES_MAX} certificates; remove one"
                )
            }
        }
    }
}

impl Account {
    /// The account that a change makes of this one, or of none; `None` if the change removes it.
    pub fn changed(
        before: Option<&Self>,
        change: &AccountChange,
    ) -> Result<Option<Self>, AccountProblem> {
        let name = change.name.clone();
        let Some(before) = before else {
            return match &change.kind {
                AccountChangeKind::Add(password, created) => Ok(Some(Self {
                    name,
                    password: password.clone(),
                    created: *created,
                    certificates: Vec::new(),
                    nicks: Vec::new(),
                })),
                AccountChangeKind::Invite(_) => Ok(None),
                _ => Err(AccountProblem::Missing),
            };
        };
        let mut account = before.clone();
        match &change.kind {
            AccountChangeKind::Add(..) | AccountChangeKind::Invite(_) => {
                return Err(AccountProblem::Exists);
            }
            AccountChangeKind::Remove => return Ok(None),
            AccountChangeKind::Password(password) => account.password = password.clone(),
            AccountChangeKind::AddCertificate(certificate) => {
                if account.certificates.contains(certificate) {
                    return Err(AccountProblem::CertificateInUse);
                }
                if account.certificates.len() >= CERTIFICATES_MAX {
                    return Err(AccountProblem::TooManyCertificates);
                }
                account.certificates.push(*certificate);
            }
            AccountChangeKind::RemoveCertificate(certificate) => {
                let place = account
                    .certificates
                    .iter()
                    .position(|one| one == certificate);
                let place = place.ok_or(AccountProblem::NoSuchCertificate)?;
                account.certificates.remove(place);
            }
            AccountChangeKind::AddNick(nick) => {
                if account.has_nick(nick) {
                    return Err(AccountProblem::NickInUse);
                }
                if account.nicks.len() >= NICKS_MAX {
                    return Err(AccountProblem::TooManyNicks);
                }
                account.nicks.push(nick.clone());
            }
            AccountChangeKind::RemoveNick(nick) => {
                let place = account.nicks.iter().position(|one| one.key() == nick.key());
                let place = place.ok_or(AccountProblem::NoSuchNick)?;
                account.nicks.remove(place);
            }
        }
        Ok(Some(account))
    }

    /// Whether a nick is its name or one of its nicks.
    pub fn has_nick(&self, nick: &Nick) -> bool {
        let key = nick.key();
        self.name.key() == key || self.nicks.iter().any(|one| one.key() == key)
    }
}

impl AccountChangeKind {
    /// The word for it in the log and in a request of the administrator.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Add(..) => "add",
            Self::Invite(_) => "invite",
            Self::Remove => "remove",
            Self::Password(_) => "password",
            Self::AddCertificate(_) => "add-certificate",
            Self::RemoveCertificate(_) => "remove-certificate",
            Self::AddNick(_) => "add-nick",
            Self::RemoveNick(_) => "remove-nick",
        }
    }
}

impl AccountChange {
    /// The certificate that the account gets.
    pub fn new_certificate(&self) -> Option<&CertificateFingerprint> {
        match &self.kind {
            AccountChangeKind::AddCertificate(one) => Some(one),
            _ => None,
        }
    }

    /// The nick that only the users of the account can have afterwards, and not before.
    pub fn new_nick(&self) -> Option<&Nick> {
        match &self.kind {
            AccountChangeKind::Add(..) | AccountChangeKind::Invite(_) => Some(&self.name),
            AccountChangeKind::AddNick(nick) => Some(nick),
            _ => None,
        }
    }

    /// Reads a request of the administrator in its text form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix(REQUEST_PREFIX)?.split(' ');
        let (verb, name) = (words.next()?, words.next()?);
        let name = Nick::parse(name).ok()?;
        let mut parameter = || words.next();
        let mut password = || StoredPassword::parse(parameter()?);
        let kind = match verb {
            "add" => {
                let password = password()?;
                AccountChangeKind::Add(password, words.next()?.parse().ok()?)
            }
            "invite" => AccountChangeKind::Invite(words.next()?.to_owned()),
            "remove" => AccountChangeKind::Remove,
            "password" => AccountChangeKind::Password(password()?),
            "add-certificate" => {
                AccountChangeKind::AddCertificate(CertificateFingerprint::parse(words.next()?)?)
            }
            "remove-certificate" => {
                AccountChangeKind::RemoveCertificate(CertificateFingerprint::parse(words.next()?)?)
            }
            "add-nick" => AccountChangeKind::AddNick(Nick::parse(words.next()?).ok()?),
            "remove-nick" => AccountChangeKind::RemoveNick(Nick::parse(words.next()?).ok()?),
            _ => return None,
        };
        words.next().is_none().then_some(Self { name, kind })
    }
}

/// The prefix of the requests of the administrator.
const REQUEST_PREFIX: &str = "account ";

/// The text form of a request of the administrator.
impl fmt::Display for AccountChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let word = self.kind.word();
        write!(f, "{REQUEST_PREFIX}{word} {name}")?;
        match &self.kind {
            AccountChangeKind::Add(password, created) => write!(f, " {password} {created}"),
            AccountChangeKind::Invite(code) => write!(f, " {code}"),
            AccountChangeKind::Remove => Ok(()),
            AccountChangeKind::Password(password) => write!(f, " {password}"),
            AccountChangeKind::AddCertificate(one) | AccountChangeKind::RemoveCertificate(one) => {
                write!(f, " {one}")
            }
            AccountChangeKind::AddNick(nick) | AccountChangeKind::RemoveNick(nick) => {
                write!(f, " {nick}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: AccountChangeKind) -> AccountChange {
        let name = Nick::parse("Alice").unwrap();
        AccountChange { name, kind }
    }

    fn password() -> StoredPassword {
        StoredPassword::derive("sesame", b"salt", 4_096)
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let certificate = CertificateFingerprint([7; 32]);
        for kind in [
            AccountChangeKind::Add(password(), 1_000_000_000),
            AccountChangeKind::Invite("code".to_owned()),
            AccountChangeKind::Remove,
            AccountChangeKind::Password(password()),
            AccountChangeKind::AddCertificate(certificate),
            AccountChangeKind::RemoveCertificate(certificate),
            AccountChangeKind::AddNick(Nick::parse("Alice[2]").unwrap()),
            AccountChangeKind::RemoveNick(Nick::parse("Alice[2]").unwrap()),
        ] {
            let request = change(kind);
            let text = request.to_string();
            assert!(text.len() <= 510, "{text}");
            assert_eq!(AccountChange::parse(&text), Some(request), "{text}");
            assert_eq!(AccountChange::parse(&format!("{text} x")), None);
        }
        for text in [
            "",
            "account",
            "account add",
            "account remove",
            "account remove 9",
            "account x a",
        ] {
            assert_eq!(AccountChange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_account_changes_only_as_it_can() {
        let add = change(AccountChangeKind::Add(password(), 5));
        let account = Account::changed(None, &add).unwrap();
        let account = account.as_ref();
        assert_eq!(Account::changed(account, &add), Err(AccountProblem::Exists));
        let remove = change(AccountChangeKind::Remove);
        assert_eq!(
            Account::changed(None, &remove),
            Err(AccountProblem::Missing)
        );
        assert_eq!(Account::changed(account, &remove), Ok(None));
        let mut account = account.unwrap().clone();
        for number in 0..=CERTIFICATES_MAX {
            let fingerprint = CertificateFingerprint([u8::try_from(number).unwrap(); 32]);
            let add = change(AccountChangeKind::AddCertificate(fingerprint));
            let changed = Account::changed(Some(&account), &add);
            match number {
                CERTIFICATES_MAX => assert_eq!(changed, Err(AccountProblem::TooManyCertificates)),
                _ => account = changed.unwrap().unwrap(),
            }
        }
        let first = CertificateFingerprint([0; 32]);
        let remove = change(AccountChangeKind::RemoveCertificate(first));
        let account = Account::changed(Some(&account), &remove).unwrap().unwrap();
        assert_eq!(account.certificates.len(), CERTIFICATES_MAX - 1);
        let again = Account::changed(Some(&account), &remove);
        assert_eq!(again, Err(AccountProblem::NoSuchCertificate));
    }

    #[test]
    fn an_account_has_its_name_and_four_more_nicks() {
        let nick = |name: &str| Nick::parse(name).unwrap();
        let add = change(AccountChangeKind::Add(password(), 5));
        let mut account = Account::changed(None, &add).unwrap().unwrap();
        let add = |name| change(AccountChangeKind::AddNick(nick(name)));
        for name in ["b", "c", "d", "e"] {
            account = Account::changed(Some(&account), &add(name))
                .unwrap()
                .unwrap();
        }
        for (name, problem) in [
            ("f", AccountProblem::TooManyNicks),
            ("B", AccountProblem::NickInUse),
            ("ALICE", AccountProblem::NickInUse),
        ] {
            assert_eq!(
                Account::changed(Some(&account), &add(name)),
                Err(problem),
                "{name}"
            );
        }
        let remove = |name| change(AccountChangeKind::RemoveNick(nick(name)));
        let fewer = Account::changed(Some(&account), &remove("B"))
            .unwrap()
            .unwrap();
        assert_eq!(fewer.nicks.len(), 3);
        for name in ["b", "alice"] {
            let again = Account::changed(Some(&fewer), &remove(name));
            assert_eq!(again, Err(AccountProblem::NoSuchNick), "{name}");
        }
    }
}
