//! What it means that a user has an account: logging in and out, nicks that belong to accounts, and
//! changes of accounts.

use tracing::info;

use crate::server::hub::account::{AccountChange, AccountChangeKind};
use crate::server::hub::state::accounts::{AccountStep, PendingAccount};
use crate::server::hub::state::people::Stage;
use crate::server::hub::task::Task;
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, Person, Rejection, Reply, Work,
};
use crate::wire::{FoldedName, Nick};

impl Hub {
    /// Goes on with what has waited for a task: the password is right, or the change is on disk.
    pub(in crate::server::hub) fn account_answered(&mut self, id: ConnectionId, is_done: bool) {
        let accounts = self.accounts.as_deref_mut();
        let Some(PendingAccount { step, label }) =
            accounts.and_then(|accounts| accounts.pending.remove(&id))
        else {
            return;
        };
        self.outbox().begin_responses();
        let result = match step {
            AccountStep::Login(_) if self.people.get(id).is_none() => return,
            AccountStep::Login(account) if is_done => self.log_in(id, &account),
            AccountStep::Login(_) => Err(self.login_failed(id)),
            AccountStep::Change(change) => {
                self.account_changed(id, &change, is_done);
                Ok(())
            }
        };
        if let Err(rejection) = result {
            self.reject(id, rejection);
        }
        if let Some(label) = label.filter(|_| self.people.get(id).is_some()) {
            self.label_responses(self.labelled_before(id, &label));
        }
    }

    /// Logs a client in to an account whose password it has proved to know.
    pub(super) fn log_in(&mut self, id: ConnectionId, account: &str) -> CommandResult<'static> {
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
        if let Some(person) = self.people.get(id) {
            info!(account = %name, host = %person.host, "logged in");
            let mask = login_mask(person);
            let rest = format_args!("{mask} {name} :You are now logged in as {name}");
            self.reply_with(id, Reply::LoggedIn, rest);
        }
        self.reply(id, Reply::SaslSuccess);
        Ok(())
    }

    /// Sets the account of a client, and reports it to those who can see the user.
    fn set_account(&mut self, id: ConnectionId, account: Option<Nick>) {
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        let before = person.account().cloned();
        let is_same = before == account;
        let account = account.map(Box::new);
        match &mut person.stage {
            Stage::Unregistered(pending) => pending.account = account,
            Stage::Registered(user) => user.account = account,
        }
        if !is_same && let Ok(user) = self.people.registered(id) {
            let (source, account) = (&user.source, user.account_or_star());
            let line = self.line(format_args!(":{source} ACCOUNT {account}"));
            if self.capabilities(id).has(Capabilities::ACCOUNT_NOTIFY) {
                self.send_fanout(id, self.user_fanout(user, line));
            }
            self.broadcast_to_peers(id, Capabilities::ACCOUNT_NOTIFY, line);
        }
    }

    /// Logs a client out.
    pub(super) fn log_out(&mut self, id: ConnectionId) {
        self.set_account(id, None);
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
        let owner = accounts.and_then(|accounts| accounts.find(nick));
        let own = self.people.get(id).and_then(Person::account);
        let is_own = |owner: &Nick| own.is_some_and(|own| own.key() == owner.key());
        owner.is_some_and(|account| !is_own(&account.name))
    }

    /// Has the store write a change that can be made.
    fn start_change(&mut self, from: ConnectionId, change: AccountChange) {
        let task = Task::ChangeAccount {
            connection: from,
            change: change.clone(),
        };
        let pending = PendingAccount {
            step: AccountStep::Change(change),
            label: None,
        };
        if let Some(accounts) = &mut self.accounts {
            accounts.pending.insert(from, pending);
            self.outbox().tasks.push(task);
        }
    }

    /// Carries out a request of the administrator.
    pub(super) fn administer(&mut self, from: ConnectionId, line: &[u8]) {
        let change = str::from_utf8(line).ok().and_then(AccountChange::parse);
        let (Some(change), Some(accounts)) = (change, self.accounts.as_deref()) else {
            return self.send_outcome(from, Err("this server does not know the request"));
        };
        match accounts.check(&change) {
            Ok(()) => self.start_change(from, change),
            Err(problem) => self.send_outcome(from, Err(&problem.to_string())),
        }
    }

    /// Sends the administrator the outcome of a request.
    fn send_outcome(&self, to: ConnectionId, outcome: Result<(), &str>) {
        let line = match outcome {
            Ok(()) => self.line(format_args!("ok")),
            Err(reason) => self.line(format_args!("error {reason}")),
        };
        self.outbox().send(to, line);
    }

    /// A change is on disk, or could not be written.
    fn account_changed(&mut self, id: ConnectionId, change: &AccountChange, is_stored: bool) {
        if is_stored {
            if let Some(accounts) = &mut self.accounts {
                accounts.apply(change);
            }
            info!(account = %change.name, "account changed");
            if change.kind == AccountChangeKind::Remove {
                self.log_out_all(&change.name);
            }
        }
        let person = self.people.get(id);
        if person.is_some_and(|person| person.is_administrator) {
            let words = "the change cannot be stored: the disk is full or fails";
            self.send_outcome(id, is_stored.then_some(()).ok_or(words));
        }
    }

    /// Logs out all clients of an account that is no more.
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
        Stage::Registered(user) => user.source.to_string(),
        Stage::Unregistered(pending) => {
            let user = pending.user.as_ref().map_or("*", |(user, _)| user);
            format!("{}!{user}@{}", person.nick_or_star(), person.host)
        }
    }
}
