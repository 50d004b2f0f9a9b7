//! NickServ: the accounts for clients that know neither SASL nor `REGISTER`.

use super::services::verb_and_words;
use crate::server::hub::account::{AccountChangeKind, AccountProblem};
use crate::server::hub::error::AccountFault;
use crate::server::hub::state::accounts::{NewPassword, PendingLogin, ReplyForm};
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{CertificateFingerprint, ConnectionId, Hub, Person, Rejection};
use crate::wire::{FoldedName, Nick};

/// The reply to `HELP`.
const HELP: &[&str] = &[
    "REGISTER password [email] - register your nick as an account",
    "VERIFY account code - complete a registration",
    "IDENTIFY [account] password - log in",
    "LOGOUT - log out",
    "PASSWORD password - change your password",
    "CERT LIST, CERT ADD [fingerprint], CERT DEL fingerprint - certificates that log you in",
    "REGAIN nick [password], GHOST nick [password] - take your nick back, or only free it",
    "GROUP, UNGROUP [nick] - let your nick, too, belong to your account; end that",
    "INFO [account] - show an account",
    "DROP account - remove your account",
];

impl Hub {
    /// Carries out a request to NickServ.
    pub(super) fn serve_nick(
        &mut self,
        from: ConnectionId,
        text: &str,
    ) -> Result<(), AccountFault> {
        let (verb, words) = verb_and_words(text);
        match (&*verb, &*words) {
            ("HELP", _) => {
                for line in HELP {
                    self.notice(from, format_args!("{line}"));
                }
                Ok(())
            }
            ("REGISTER", [password]) => self.register_nick(from, password, "*"),
            ("REGISTER", [password, email]) => self.register_nick(from, password, email),
            ("VERIFY", [account, code]) => {
                self.begin_verification(from, account, code, ReplyForm::Service)
            }
            ("IDENTIFY" | "ID" | "LOGIN", [password]) => {
                let nick = self.nick_or_star(from).to_owned();
                self.identify(from, &nick, password, None)
            }
            ("IDENTIFY" | "ID" | "LOGIN", [account, password]) => {
                self.identify(from, account, password, None)
            }
            ("LOGOUT", []) => {
                self.own_account(from)?;
                self.log_out(from);
                Ok(())
            }
            ("PASSWORD" | "PASSWD", [password]) => self.change_password(from, password),
            ("SET", [what, password]) if what.eq_ignore_ascii_case("PASSWORD") => {
                self.change_password(from, password)
            }
            ("CERT", [what, rest @ ..]) => self.serve_certificates(from, what, rest),
            ("REGAIN" | "RECOVER" | "GHOST" | "RELEASE", [nick]) => {
                self.own_account(from)?;
                let keeps_nick = &*verb == "GHOST";
                self.regain(from, nick, keeps_nick)
            }
            ("REGAIN" | "RECOVER" | "GHOST" | "RELEASE", [nick, password]) => {
                let keeps_nick = &*verb == "GHOST";
                self.identify(from, nick, password, Some(((*nick).to_owned(), keeps_nick)))
            }
            ("GROUP", []) => {
                let nick = self.own_nick(from)?;
                self.change_own_account(from, AccountChangeKind::AddNick(nick))
            }
            ("UNGROUP", []) => {
                let nick = self.own_nick(from)?;
                self.change_own_account(from, AccountChangeKind::RemoveNick(nick))
            }
            ("UNGROUP", [nick]) => {
                let nick = Nick::parse(nick);
                let missing = AccountFault::Problem(AccountProblem::NoSuchNick);
                let nick = nick.map_err(|_| missing)?;
                self.change_own_account(from, AccountChangeKind::RemoveNick(nick))
            }
            ("INFO", []) => {
                let account = self.own_account(from)?;
                self.show_account(from, account.as_str())
            }
            ("INFO", [account]) => self.show_account(from, account),
            ("DROP", [account, code @ ..]) => {
                self.drop_account(from, account, code.first().copied())
            }
            _ => Err(AccountFault::UnknownRequest),
        }
    }

    fn own_nick(&self, from: ConnectionId) -> Result<Nick, AccountFault> {
        let nick = self.people.get(from).and_then(Person::nick);
        nick.cloned().ok_or(AccountFault::NoNick)
    }

    fn change_own_account(
        &mut self,
        from: ConnectionId,
        kind: AccountChangeKind,
    ) -> Result<(), AccountFault> {
        let name = self.own_account(from)?;
        self.change_account(from, name, kind, ReplyForm::Service)
    }

    /// The name of the account that a nick belongs to, or the nick itself.
    fn account_of_nick(&self, nick: &str) -> String {
        let accounts = self.accounts.as_deref();
        let account = accounts.and_then(|accounts| accounts.of_nick(nick));
        account.map_or_else(|| nick.to_owned(), |account| account.name.to_string())
    }

    fn register_nick(
        &mut self,
        from: ConnectionId,
        password: &str,
        email: &str,
    ) -> Result<(), AccountFault> {
        match self.registration_value() {
            Some(_) => self.begin_registration(from, "*", email, password, ReplyForm::Service),
            None => Err(AccountFault::Closed),
        }
    }

    fn identify(
        &mut self,
        from: ConnectionId,
        account: &str,
        password: &str,
        regained: Option<(String, bool)>,
    ) -> Result<(), AccountFault> {
        if !self.may_send_password(from) {
            return Err(AccountFault::InClear);
        }
        let login = PendingLogin {
            account: self.account_of_nick(account),
            form: ReplyForm::Service,
            regained,
        };
        self.check_login(from, login, password)
            .map_err(|rejection| match rejection {
                Rejection::LoginTooSoon(seconds) => AccountFault::TooSoon(seconds),
                _ => AccountFault::WrongPassword,
            })
    }

    /// The account of the user; without a login a request is refused.
    fn own_account(&self, from: ConnectionId) -> Result<Nick, AccountFault> {
        let account = self.people.get(from).and_then(Person::account);
        account.cloned().ok_or(AccountFault::NotLoggedIn)
    }

    fn change_password(&mut self, from: ConnectionId, password: &str) -> Result<(), AccountFault> {
        let name = self.own_account(from)?;
        if !self.may_send_password(from) {
            return Err(AccountFault::InClear);
        }
        self.check_new_password(password)?;
        self.derive_password(from, password, NewPassword::Change(name));
        Ok(())
    }

    fn serve_certificates(
        &mut self,
        from: ConnectionId,
        what: &str,
        rest: &[&str],
    ) -> Result<(), AccountFault> {
        let name = self.own_account(from)?;
        let own = self
            .people
            .get(from)
            .and_then(|person| person.certificate.as_deref());
        let given = rest.first().map(|text| CertificateFingerprint::parse(text));
        let kind = match (&*what.to_ascii_uppercase(), given) {
            ("LIST", None) => {
                let account = self
                    .accounts
                    .as_deref()
                    .and_then(|all| all.find(name.as_str()));
                let certificates = account.map_or(&[][..], |account| &account.certificates);
                for certificate in certificates {
                    self.notice(from, format_args!("{certificate}"));
                }
                let count = certificates.len();
                self.notice(from, format_args!("{name} has {count} certificates."));
                return Ok(());
            }
            (_, Some(None)) => return Err(AccountFault::BadFingerprint),
            ("ADD", None) => {
                let own = own.copied().ok_or(AccountFault::NoCertificate)?;
                AccountChangeKind::AddCertificate(own)
            }
            ("ADD", Some(Some(one))) => AccountChangeKind::AddCertificate(one),
            ("DEL" | "REMOVE", Some(Some(one))) => AccountChangeKind::RemoveCertificate(one),
            _ => return Err(AccountFault::UnknownRequest),
        };
        self.change_account(from, name, kind, ReplyForm::Service)
    }

    /// Disconnects the user of a nick that belongs to the account of this one, who then gets it.
    pub(super) fn regain(
        &mut self,
        from: ConnectionId,
        nick: &str,
        keeps_nick: bool,
    ) -> Result<(), AccountFault> {
        let account = self.own_account(from)?;
        if !FoldedName::same(account.as_str(), &self.account_of_nick(nick)) {
            return Err(AccountFault::NotYourNick);
        }
        match self.people.owner_of(nick) {
            Some(owner) if owner == from => return Err(AccountFault::OwnNick),
            Some(owner) => {
                let by = self.nick_or_star(from).to_owned();
                self.disconnect(owner, &format!("{nick} was regained by {by}"));
                self.notice(from, format_args!("The user of {nick} was disconnected."));
            }
            None if keeps_nick => return Err(AccountFault::NoUserWithNick),
            None => {}
        }
        if !keeps_nick && let Err(rejection) = self.nick(from, nick) {
            self.send_rejection(from, rejection);
        }
        Ok(())
    }

    fn show_account(&self, from: ConnectionId, name: &str) -> Result<(), AccountFault> {
        let accounts = self.accounts.as_deref();
        let account = accounts.and_then(|accounts| accounts.find(name));
        let account = account.ok_or(AccountFault::Problem(AccountProblem::Missing))?;
        let since = seconds_as_date(account.created);
        self.notice(
            from,
            format_args!("{} was registered at {since}.", account.name),
        );
        let own = self.people.get(from).and_then(Person::account);
        let is_own = own.is_some_and(|own| own.key() == account.name.key());
        if !account.nicks.is_empty() && (is_own || self.is_operator(from)) {
            let nicks: Vec<&str> = account.nicks.iter().map(Nick::as_str).collect();
            self.notice(from, format_args!("More nicks: {}", nicks.join(" ")));
        }
        Ok(())
    }

    /// Removes the account of the user, who has to confirm that.
    fn drop_account(
        &mut self,
        from: ConnectionId,
        account: &str,
        code: Option<&str>,
    ) -> Result<(), AccountFault> {
        let name = self.own_account(from)?;
        if !FoldedName::same(name.as_str(), account) {
            return Err(AccountFault::NotYourNick);
        }
        let accounts = self.accounts.as_deref();
        let right = accounts.and_then(|accounts| accounts.confirmation(account));
        let right = right.ok_or(AccountFault::Problem(AccountProblem::Missing))?;
        match code {
            None => {
                let text = format_args!("To remove {name} for good, send: DROP {name} {right}");
                self.notice(from, text);
                Ok(())
            }
            Some(code) if code == right => {
                let kind = AccountChangeKind::Remove;
                self.change_account(from, name, kind, ReplyForm::Service)
            }
            Some(_) => Err(AccountFault::BadCode),
        }
    }
}
