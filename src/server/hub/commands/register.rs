//! Registration of accounts by their users: REGISTER and VERIFY. IRCv3 draft/account-registration.

use std::time::Duration;

use crate::server::hub::account::{AccountChangeKind, AccountProblem};
use crate::server::hub::error::AccountFault;
use crate::server::hub::settings::Registration;
use crate::server::hub::state::accounts::{
    AccountStep, NewPassword, PendingAccount, PendingRegistration, ReplyForm,
};
use crate::server::hub::state::people::ConnectionStage;
use crate::server::hub::task::{ClearPassword, Task};
use crate::server::hub::{CommandResult, ConnectionId, Hub, Person, Rejection, Work};
use crate::wire::Nick;
use crate::wire::sasl::scram_server::StoredPassword;

/// The shortest password, in bytes.
const PASSWORD_BYTES_MIN: usize = 8;
/// For how long a registration waits for its code.
const CODE_TIME: Duration = Duration::from_secs(60 * 60);
/// The reply to `REGISTER` when a code is needed.
const CODE_NEEDED: &str = "VERIFICATION_REQUIRED";

impl Hub {
    /// The value of the capability; `None` while users cannot register accounts.
    pub(super) fn registration_value(&self) -> Option<String> {
        let needs_address = match self.settings.registration {
            Registration::Closed => return None,
            Registration::Open | Registration::Code => false,
            Registration::Command(_) => true,
        };
        let mut value = "custom-account-name".to_owned();
        if self.settings.register_before_connect {
            value.insert_str(0, "before-connect,");
        }
        if needs_address {
            value.push_str(",email-required");
        }
        Some(value)
    }

    pub(super) fn register<'a>(
        &mut self,
        from: ConnectionId,
        account: &'a str,
        email: &'a str,
        password: &'a str,
    ) -> CommandResult<'a> {
        if self.accounts.is_none() {
            return Err(Rejection::UnknownCommand("REGISTER"));
        }
        let fault = |fault| Rejection::Account("REGISTER", account, fault);
        if self.registration_value().is_none() {
            return Err(fault(AccountFault::Closed));
        }
        if !self.settings.register_before_connect && self.people.registered(from).is_err() {
            return Err(fault(AccountFault::NotJoined));
        }
        self.begin_registration(from, account, email, password, ReplyForm::Register)
            .map_err(fault)
    }

    /// Checks a registration, and has its password hashed.
    pub(super) fn begin_registration(
        &mut self,
        from: ConnectionId,
        account: &str,
        email: &str,
        password: &str,
        form: ReplyForm,
    ) -> Result<(), AccountFault> {
        let person = self.people.get(from).ok_or(AccountFault::Unavailable)?;
        if person.account().is_some() {
            return Err(AccountFault::LoggedIn);
        }
        if !self.may_send_password(from) {
            return Err(AccountFault::InClear);
        }
        let name = match account {
            "*" => match (&person.stage, person.nick()) {
                (_, Some(nick)) => nick.clone(),
                (ConnectionStage::Unregistered(one), None) if one.was_nick_refused => {
                    return Err(AccountFault::NickInUse);
                }
                (_, None) => return Err(AccountFault::NoNick),
            },
            name => {
                let bytes_max = self.settings.limits.nick_bytes as usize;
                Nick::within(bytes_max, name).map_err(|_| AccountFault::BadName)?
            }
        };
        let owner = self.people.owner_of(name.as_str());
        if owner.is_some_and(|owner| owner != from) || self.is_service(name.as_str()) {
            return Err(AccountFault::NickInUse);
        }
        self.check_new_password(password)?;
        if matches!(self.settings.registration, Registration::Command(_)) && !is_address(email) {
            return Err(AccountFault::BadEmail);
        }
        let accounts = self.accounts.as_deref();
        if accounts.is_none_or(|accounts| accounts.of_nick(name.as_str()).is_some()) {
            return Err(AccountFault::Problem(AccountProblem::Exists));
        }
        self.count_registration(from)?;
        let email = email.to_owned();
        let new = NewPassword::Register { name, email, form };
        self.derive_password(from, password, new);
        Ok(())
    }

    pub(super) fn check_new_password(&self, password: &str) -> Result<(), AccountFault> {
        match password.len() {
            bytes if bytes < PASSWORD_BYTES_MIN => Err(AccountFault::WeakPassword),
            bytes if bytes > self.settings.limits.password_bytes as usize => Err(
                AccountFault::LongPassword(self.settings.limits.password_bytes),
            ),
            _ => Ok(()),
        }
    }

    /// Counts a registration against the limit of its address.
    fn count_registration(&mut self, from: ConnectionId) -> Result<(), AccountFault> {
        let limits = &self.settings.limits;
        let (is_limited, most) = (limits.enabled, limits.registrations_per_hour);
        let hour = self.now.running.as_secs() / 3_600;
        let address = self.people.get(from).map(|person| person.host.network());
        let (Some(accounts), Some(address)) = (&mut self.accounts, address) else {
            return Err(AccountFault::Unavailable);
        };
        match accounts.count_registration(address, hour) {
            count if is_limited && count > most => Err(AccountFault::TooMany),
            _ => Ok(()),
        }
    }

    /// Has a new password hashed.
    pub(super) fn derive_password(&mut self, from: ConnectionId, password: &str, new: NewPassword) {
        self.charge(Work::Password, 1);
        let address = self.people.get(from).map(|person| person.host.network());
        let (Some(accounts), Some(address)) = (&mut self.accounts, address) else {
            return;
        };
        let task = Task::DerivePassword {
            connection: from,
            address,
            password: ClearPassword(password.to_owned()),
            salt: accounts.nonce(),
        };
        let step = AccountStep::Derive(new);
        accounts
            .pending
            .insert(from, PendingAccount { step, label: None });
        self.outbox().tasks.push(task);
    }

    /// Goes on with a registration whose password is hashed.
    pub(super) fn registration_derived(
        &mut self,
        from: ConnectionId,
        name: Nick,
        email: &str,
        password: StoredPassword,
        form: ReplyForm,
    ) -> Result<(), AccountFault> {
        if matches!(self.settings.registration, Registration::Open) {
            let kind = AccountChangeKind::Add(password, self.now.unix.as_secs());
            return self.change_account(from, name, kind, form);
        }
        let until = self.now.running + CODE_TIME;
        let command = match &self.settings.registration {
            Registration::Command(command) => Some(command.clone()),
            _ => None,
        };
        let Some(accounts) = &mut self.accounts else {
            return Err(AccountFault::Unavailable);
        };
        let code = command.is_some().then(|| accounts.nonce());
        let registration = PendingRegistration {
            connection: from,
            name: name.clone(),
            password,
            code: code.clone(),
            until,
        };
        if !accounts.keep_registration(registration, self.now.running) {
            return Err(AccountFault::Unavailable);
        }
        let (Some(command), Some(code)) = (command, code) else {
            let words = "Send VERIFY with the code of your invitation";
            self.send_registration(from, form, (CODE_NEEDED, words), &name);
            return Ok(());
        };
        let input = ClearPassword(format!("{name}\n{email}\n{code}\n"));
        let step = AccountStep::SendCode(name, form);
        accounts
            .pending
            .insert(from, PendingAccount { step, label: None });
        self.outbox().tasks.push(Task::SendCode {
            connection: from,
            command,
            input,
        });
        Ok(())
    }

    /// The program that sends codes has ended.
    pub(super) fn code_sent(
        &mut self,
        id: ConnectionId,
        name: &Nick,
        form: ReplyForm,
        is_sent: bool,
    ) {
        match is_sent {
            true => {
                let words = "Send VERIFY with the code that was sent to you";
                self.send_registration(id, form, (CODE_NEEDED, words), name);
            }
            false => self.send_fault(id, form, AccountFault::Unavailable, name),
        }
    }

    pub(super) fn verify<'a>(
        &mut self,
        from: ConnectionId,
        account: &'a str,
        code: &str,
    ) -> CommandResult<'a> {
        if self.accounts.is_none() {
            return Err(Rejection::UnknownCommand("VERIFY"));
        }
        let fault = |fault| Rejection::Account("VERIFY", account, fault);
        self.begin_verification(from, account, code, ReplyForm::Verify)
            .map_err(fault)
    }

    pub(super) fn begin_verification(
        &mut self,
        from: ConnectionId,
        account: &str,
        code: &str,
        form: ReplyForm,
    ) -> Result<(), AccountFault> {
        if self.people.get(from).and_then(Person::account).is_some() {
            return Err(AccountFault::LoggedIn);
        }
        self.may_try_login(from)
            .map_err(|_| AccountFault::TooMany)?;
        let accounts = self.accounts.as_deref_mut();
        let accounts = accounts.ok_or(AccountFault::Unavailable)?;
        let waiting = accounts.waiting_count();
        let Some((name, password)) = accounts.verified(from, account, code, self.now.running)
        else {
            self.login_failed(from);
            return Err(AccountFault::BadCode);
        };
        self.charge(Work::Entry, waiting);
        let kind = AccountChangeKind::Add(password, self.now.unix.as_secs());
        self.change_account(from, name, kind, form)
    }
}

/// Whether a text can be an address for mail; whether it is one, only a mail to it can show.
fn is_address(text: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !c.is_control();
    let parts = text.split_once('@');
    let is_whole = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    is_whole && text.chars().all(fits) && !text.starts_with('-')
}
