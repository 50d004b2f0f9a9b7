//! The accounts of users: logging in and out, nicks that belong to accounts, and
//! changes of accounts.

use std::fmt;
use std::time::Duration;

use tracing::info;

use super::operators::AUDIT_TARGET;
use crate::common::sanitize::escape;
use crate::server::hub::account::{AccountChange, AccountChangeKind};
use crate::server::hub::error::{AccountFault, RoomFault};
use crate::server::hub::registered_room::RoomChange;
use crate::server::hub::state::accounts::{
    AccountOutcome, AccountStep, NewPassword, PendingAccount, PendingLogin, ReplyForm,
};
use crate::server::hub::state::markers::MarkerOwner;
use crate::server::hub::state::people::ConnectionStage;
use crate::server::hub::stored::StoreChange;
use crate::server::hub::task::Task;
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, Person, Rejection, Reply, Work,
};
use crate::wire::sasl::scram_server::StoredPassword;
use crate::wire::{FoldedName, Nick};

/// How long the user of a nick that becomes the name of an account has to log in.
const IDENTIFY_TIME: Duration = Duration::from_secs(30);

/// The reply to the administrator when a change is not on disk.
pub(super) const CANNOT_STORE: &str = "the change cannot be stored: the disk is full or fails";

impl Hub {
    /// Goes on with what has waited for a task.
    pub(in crate::server::hub) fn account_answered(
        &mut self,
        id: ConnectionId,
        outcome: AccountOutcome,
    ) {
        let accounts = self.accounts.as_deref_mut();
        let Some(PendingAccount { step, label }) =
            accounts.and_then(|accounts| accounts.pending.remove(&id))
        else {
            return;
        };
        let is_here = self.people.get(id).is_some();
        self.outbox().begin_responses();
        let is_done = matches!(outcome, AccountOutcome::Done(true));
        match (step, outcome) {
            (AccountStep::Change(StoreChange::Account(change), form), _) => {
                self.account_changed(id, &change, is_done, form);
            }
            (AccountStep::Change(StoreChange::Ban(change), form), _) => {
                self.bans_changed(id, &change, is_done, form);
            }
            (AccountStep::Change(StoreChange::Room(change), form), _) => {
                self.room_changed(id, change, is_done, form);
            }
            _ if !is_here => return,
            (AccountStep::Login(login), _) => self.finish_login(id, login, is_done),
            (AccountStep::Derive(new), AccountOutcome::Derived(password)) => {
                self.use_password(id, new, password);
            }
            (AccountStep::SendCode(name, form), _) => self.code_sent(id, &name, form, is_done),
            (AccountStep::Derive(_), AccountOutcome::Done(_)) => {}
        }
        let next = self
            .accounts
            .as_deref_mut()
            .and_then(|one| one.pending.get_mut(&id));
        match (label, next) {
            (label, Some(next)) => next.label = label,
            (Some(label), None) if is_here => {
                self.label_responses(self.labeled_before(id, &label));
            }
            (_, None) => {}
        }
    }

    /// The password of a login was checked.
    fn finish_login(&mut self, id: ConnectionId, login: PendingLogin, is_correct: bool) {
        let rejection = match is_correct {
            true => self.log_in(id, &login.account, login.form).err(),
            false => Some(self.login_failed(id)),
        };
        match (rejection, login.form, login.regained) {
            (None, _, None) => {}
            (None, _, Some((nick, keeps_nick))) => {
                if let Err(fault) = self.regain(id, &nick, keeps_nick) {
                    self.notice(id, format_args!("{fault}"));
                }
            }
            (Some(_), ReplyForm::Service, _) => {
                self.notice(id, format_args!("{}", AccountFault::WrongPassword));
            }
            (Some(_), ReplyForm::Pass, _) => self.reject(id, Rejection::WrongPassword),
            (Some(rejection), ..) => self.reject(id, rejection),
        }
    }

    /// A new password was derived.
    fn use_password(&mut self, id: ConnectionId, new: NewPassword, password: StoredPassword) {
        let (used, name, form) = match new {
            NewPassword::Register { name, email, form } => {
                let used = self.registration_derived(id, name.clone(), &email, password, form);
                (used, name, form)
            }
            NewPassword::Change(name) => {
                let kind = AccountChangeKind::Password(password);
                let form = ReplyForm::Service;
                (
                    self.change_account(id, name.clone(), kind, form),
                    name,
                    form,
                )
            }
        };
        if let Err(fault) = used {
            self.send_fault(id, form, fault, &name);
        }
    }

    /// Reports that a request about an account is rejected, in the form in which it was made.
    pub(super) fn send_fault(
        &self,
        to: ConnectionId,
        form: ReplyForm,
        fault: AccountFault,
        name: &Nick,
    ) {
        let rejection = |command| Rejection::Account(command, name.as_str(), fault);
        match form {
            ReplyForm::Register => self.send_rejection(to, rejection("REGISTER")),
            ReplyForm::Verify => self.send_rejection(to, rejection("VERIFY")),
            ReplyForm::Service => self.notice(to, format_args!("{fault}")),
            ReplyForm::Administrator => self.send_outcome(to, Err(&fault)),
            ReplyForm::Sasl | ReplyForm::Pass => {
                self.send_rejection(to, Rejection::SaslFailed);
            }
        }
    }

    /// Reports how a registration goes, in the form in which it was asked for.
    pub(super) fn send_registration(
        &self,
        to: ConnectionId,
        form: ReplyForm,
        (state, words): (&str, &str),
        name: &Nick,
    ) {
        let server = &self.settings.name;
        let command = match form {
            ReplyForm::Register => "REGISTER",
            ReplyForm::Verify => "VERIFY",
            _ => return self.notice(to, format_args!("{words}")),
        };
        let words = format_args!(":{server} {command} {state} {name} :{words}");
        self.send(to, self.line(words));
    }

    /// Logs a client in to an account whose password it has proved to know.
    pub(super) fn log_in(
        &mut self,
        id: ConnectionId,
        account: &str,
        form: ReplyForm,
    ) -> CommandResult<'static> {
        let accounts = self.accounts.as_deref_mut();
        let Some(accounts) = accounts else {
            return Err(Rejection::SaslFailed);
        };
        // It may have been removed since the password was checked.
        let Some(name) = accounts.find(account).map(|account| account.name.clone()) else {
            return Err(Rejection::SaslFailed);
        };
        accounts.attempts.forget(id);
        self.set_account(id, Some(name.clone()));
        self.grant_ranks(id);
        if let Some(person) = self.people.get(id) {
            info!(account = %name, host = %person.host, "logged in");
            let mask = login_mask(person);
            let rest = format_args!("{mask} {name} :You are now logged in as {name}");
            self.reply_with(id, Reply::LoggedIn, rest);
        }
        if self.disconnect_if_banned(id) {
            return Ok(());
        }
        match form {
            ReplyForm::Sasl => self.reply(id, Reply::SaslSuccess),
            ReplyForm::Service => self.notice(id, format_args!("You are now logged in as {name}.")),
            _ => {}
        }
        Ok(())
    }

    /// Sets the account of a client, and reports it to those who can see the user.
    fn set_account(&mut self, id: ConnectionId, account: Option<Nick>) {
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        let before = person.account().cloned();
        let is_same = before == account;
        if let Some(accounts) = &mut self.accounts {
            accounts.set_session(id, before.as_ref(), account.as_ref());
        }
        let account = account.map(Box::new);
        match &mut person.stage {
            ConnectionStage::Unregistered(pending) => pending.account = account,
            ConnectionStage::Registered(user) => user.account = account,
        }
        if !is_same {
            self.forget_markers(id);
        }
        if !is_same && let Ok(user) = self.people.registered(id) {
            let (source, account) = (&user.source, user.account_or_star());
            let line = self.line(format_args!(":{source} ACCOUNT {account}"));
            self.broadcast_to_peers(id, Capabilities::ACCOUNT_NOTIFY, line, None);
        }
    }

    /// Logs a client out.
    pub(super) fn log_out(&mut self, id: ConnectionId) {
        self.set_account(id, None);
        self.revoke_operator_of_account(id);
        if let Some(person) = self.people.get(id) {
            let mask = login_mask(person);
            self.reply_about(id, Reply::LoggedOut, mask);
        }
    }

    /// Whether a nick belongs to an account other than the client's.
    pub(super) fn is_reserved(&self, id: ConnectionId, nick: &str) -> bool {
        let accounts = self
            .accounts
            .as_deref()
            .filter(|_| self.settings.reserve_nicks);
        let owner = accounts.and_then(|accounts| accounts.of_nick(nick));
        let own = self.people.get(id).and_then(Person::account);
        let is_own = |owner: &Nick| own.is_some_and(|own| own.key() == owner.key());
        owner.is_some_and(|account| !is_own(&account.name))
    }

    /// Gives the user of a nick that has become one of an account some time to log in.
    fn warn_wearer(&mut self, name: &Nick) {
        let owner = self.people.owner_of(name.as_str());
        let Some(id) = owner.filter(|id| self.is_reserved(*id, name.as_str())) else {
            return;
        };
        let at = self.now.running + IDENTIFY_TIME;
        if self.people.registered(id).is_ok()
            && let Some(accounts) = &mut self.accounts
        {
            accounts.wearers.insert(id, at);
            let seconds = IDENTIFY_TIME.as_secs();
            self.notice(
                id,
                format_args!(
                    "{name} belongs to an account now. Log in to it within {seconds} s, or choose another nick"
                ),
            );
            let next = self.people.get(id).map_or(at, |person| person.deadline);
            self.reschedule(id, at.min(next));
        }
    }

    /// The deadline for this user to log in or to change the nick.
    pub(in crate::server::hub) fn reserved_nick_deadline(
        &self,
        id: ConnectionId,
    ) -> Option<Duration> {
        self.accounts.as_deref()?.wearers.get(&id).copied()
    }

    /// Gives a user another nick whose time to log in is over.
    pub(in crate::server::hub) fn free_reserved_nick(&mut self, id: ConnectionId) {
        let now = self.now.running;
        if self.reserved_nick_deadline(id).is_none_or(|at| at > now) {
            return;
        }
        if let Some(accounts) = &mut self.accounts {
            accounts.wearers.remove(&id);
        }
        let nick = self.nick_or_star(id).to_owned();
        if !self.is_reserved(id, &nick) {
            return;
        }
        let guests = (1_u32..).map(|number| format!("guest-{number}"));
        let free = guests.into_iter().find(|guest| {
            self.charge(Work::Name, 1);
            self.people.owner_of(guest).is_none() && !self.is_reserved(id, guest)
        });
        // A limit, or a room in which the user is muted, can keep the nick from changing.
        let is_changed = free.is_some_and(|guest| {
            self.nick(id, &guest).is_ok() && self.people.owner_of(&nick) != Some(id)
        });
        if !is_changed {
            self.disconnect(id, "This nick belongs to an account");
        }
    }

    /// Asks the store to write a change of an account, if it can be made.
    pub(super) fn change_account(
        &mut self,
        from: ConnectionId,
        name: Nick,
        kind: AccountChangeKind,
        form: ReplyForm,
    ) -> Result<(), AccountFault> {
        let change = AccountChange { name, kind };
        let accounts = self.accounts.as_deref().ok_or(AccountFault::Unavailable)?;
        self.charge(Work::Entry, accounts.pending.len());
        accounts.check(&change).map_err(AccountFault::Problem)?;
        self.start_change(from, StoreChange::Account(change), form);
        Ok(())
    }

    /// Asks the store to write a change that was checked.
    pub(super) fn start_change(
        &mut self,
        from: ConnectionId,
        change: StoreChange,
        form: ReplyForm,
    ) {
        let task = Task::ChangeStore {
            connection: from,
            change: change.clone(),
        };
        let step = AccountStep::Change(change, form);
        if let Some(accounts) = &mut self.accounts {
            accounts
                .pending
                .insert(from, PendingAccount { step, label: None });
            self.outbox().tasks.push(task);
        }
    }

    /// Whether this connection is that of the administrator, which never registers.
    pub(in crate::server) fn is_administrator(&self, id: ConnectionId) -> bool {
        let person = self.people.get(id);
        person.is_some_and(|person| person.is_administrator)
    }

    /// Carries out a request of the administrator.
    pub(super) fn administer(&mut self, from: ConnectionId, line: &[u8]) {
        if let Some(with_users) = match line {
            b"status" => Some(false),
            b"status users" => Some(true),
            _ => None,
        } {
            return self.outbox().tasks.push(Task::ReportStatus {
                connection: from,
                with_users,
            });
        }
        let form = ReplyForm::Administrator;
        let refused = match str::from_utf8(line).ok().and_then(StoreChange::parse) {
            None => return self.send_outcome(from, Err(&"this server does not know the request")),
            Some(StoreChange::Account(AccountChange { name, kind })) => {
                match self.change_account(from, name, kind, form) {
                    Ok(()) => return,
                    Err(AccountFault::Problem(problem)) => {
                        return self.send_outcome(from, Err(&problem));
                    }
                    Err(fault) => fault.to_string(),
                }
            }
            Some(StoreChange::Ban(change)) => match self.change_bans(from, change, form) {
                Ok(()) => return,
                Err(problem) => problem.to_string(),
            },
            Some(StoreChange::Room(RoomChange { name, kind })) => {
                match self.change_room(from, name, kind, form) {
                    Ok(()) => return,
                    Err(RoomFault::Problem(problem)) => {
                        return self.send_outcome(from, Err(&problem));
                    }
                    Err(fault) => fault.to_string(),
                }
            }
        };
        self.send_outcome(from, Err(&refused));
    }

    /// Records what the administrator does, for the audit log.
    pub(super) fn audit_administrator(&self, action: &str, object: &str) {
        let object = escape(object);
        info!(target: AUDIT_TARGET, operator = "administrator", action, object);
    }

    /// Sends the administrator the outcome of a request.
    pub(super) fn send_outcome(&self, to: ConnectionId, outcome: Result<(), &dyn fmt::Display>) {
        let line = match outcome {
            Ok(()) => self.line(format_args!("ok")),
            Err(reason) => self.line(format_args!("error {reason}")),
        };
        self.outbox().send(to, line);
    }

    /// A change is on disk, or could not be written.
    fn account_changed(
        &mut self,
        id: ConnectionId,
        change: &AccountChange,
        is_stored: bool,
        form: ReplyForm,
    ) {
        let name = &change.name;
        if is_stored {
            if let Some(accounts) = &mut self.accounts {
                accounts.apply(change);
            }
            if form == ReplyForm::Administrator {
                self.audit_administrator(change.kind.word(), name.as_str());
            }
            info!(account = %name, change = change.kind.word(), "account changed");
            match &change.kind {
                AccountChangeKind::Remove => {
                    if let Some(markers) = &mut self.markers {
                        markers.remove(&MarkerOwner::Account(name.key()));
                    }
                    self.log_out_all(name);
                    self.remove_from_rooms(name);
                }
                // The user who has registered it is logged in below.
                AccountChangeKind::Add(..) if self.people.owner_of(name.as_str()) != Some(id) => {
                    self.warn_wearer(name);
                }
                AccountChangeKind::AddNick(nick) => self.warn_wearer(nick),
                _ => {}
            }
        }
        if self.people.get(id).is_none() {
            return;
        }
        match (form, is_stored) {
            (ReplyForm::Administrator, true) => self.send_outcome(id, Ok(())),
            (ReplyForm::Administrator, false) => self.send_outcome(id, Err(&CANNOT_STORE)),
            (_, false) => self.send_fault(id, form, AccountFault::Unavailable, name),
            (_, true) if matches!(change.kind, AccountChangeKind::Add(..)) => {
                let words = format!("The account {name} is registered");
                self.send_registration(id, form, ("SUCCESS", &words), name);
                // It exists, so this cannot fail.
                let _ = self.log_in(id, name.as_str(), ReplyForm::Register);
            }
            (_, true) => self.notice(id, format_args!("The account {name} was changed.")),
        }
    }

    /// Logs out all clients of a removed account.
    fn log_out_all(&mut self, name: &Nick) {
        self.charge(Work::Entry, self.people.slots.len());
        let is_it = |own: &Nick| FoldedName::same(own.as_str(), name.as_str());
        let has_it = |person: &&Person| person.account().is_some_and(is_it);
        let ids: Vec<_> = self.people.all().filter(has_it).map(|one| one.id).collect();
        for id in ids {
            self.log_out(id);
        }
    }
}

/// `nick!user@host` of a client, as far as it is known. IRCv3 SASL, "Numerics".
fn login_mask(person: &Person) -> String {
    match &person.stage {
        ConnectionStage::Registered(user) => user.source.to_string(),
        ConnectionStage::Unregistered(pending) => {
            let user = pending.user.as_ref().map_or("*", |(user, _)| user);
            format!("{}!{user}@{}", person.nick_or_star(), person.host)
        }
    }
}
