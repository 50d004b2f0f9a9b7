//! Commands of server operators: OPER, KILL, WALLOPS and REHASH.

use std::fmt;
use std::mem;
use std::time::Duration;

use tracing::{info, warn};

use super::user_modes::Changes;
use crate::common::sanitize::escape;
use crate::common::sentence::{as_cause, end_sentence};
use crate::server::hub::limits::truncate;
use crate::server::hub::settings::{Credential, Operator, OperatorRight};
use crate::server::hub::state::operators::OperCheck;
use crate::server::hub::state::rooms::RoomThrottle;
use crate::server::hub::stored::StoredKind;
use crate::server::hub::task::Task;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, HubSettings, Registered, Rejection, Reply, RoomMember,
};
use crate::wire::Nick;

/// The target of the events that belong in the audit log.
pub(super) const AUDIT_TARGET: &str = "audit";
/// Pause of a sender after each wrong password, so that guessing is slow.
pub(super) const WRONG_PASSWORD_PAUSE: Duration = Duration::from_secs(3);
impl Hub {
    pub(super) fn oper(
        &mut self,
        from: ConnectionId,
        name: &str,
        password: Option<&str>,
    ) -> CommandResult<'static> {
        let (person, user) = self.people.person(from)?;
        let own_account = user.account.as_deref().map(Nick::key);
        let certificate = person.certificate.as_deref().copied();
        let hash_of = |one: &Operator| match &one.credential {
            Credential::Hash(hash) => Some(hash.clone()),
            _ => None,
        };
        let any_hash = self.settings.operators.iter().find_map(hash_of);
        if any_hash.is_some() {
            self.may_check_hash(from)?;
        }
        let mut operators = self.settings.operators.iter();
        let named = operators.find(|one| one.name == name).cloned();
        let is_accepted = named.as_ref().is_some_and(|one| match &one.credential {
            Credential::Account(name) => own_account == Some(name.key()),
            Credential::Certificate(one) => certificate.as_ref() == Some(one),
            Credential::Plain(correct) => password == Some(correct.as_str()),
            Credential::Hash(_) => false,
        });
        let (Some(password), Some(any_hash), false) = (password, any_hash, is_accepted) else {
            return self.finish_oper(from, name, named.filter(|_| is_accepted));
        };
        // A name without a hash takes as long as one with a hash, and gets the same answer: neither
        // reveals which names exist.
        let hash = named.as_ref().and_then(hash_of);
        let account = named.filter(|_| hash.is_some());
        self.outbox().tasks.push(Task::CheckPassword {
            connection: from,
            password: password.to_owned(),
            hash: hash.unwrap_or(any_hash),
        });
        let check = OperCheck {
            name: name.to_owned(),
            account,
            label: None,
        };
        self.operators.checks.insert(from, check);
        Ok(())
    }

    /// Rejects an attempt that comes too early, and says when to try again.
    fn may_check_hash(&mut self, from: ConnectionId) -> CommandResult<'static> {
        let now = self.now.running;
        if self.operators.checks.contains_key(&from) {
            return Err(Rejection::OperTooSoon(1));
        }
        if !self.settings.limits.enabled {
            return Ok(());
        }
        let address = self.people.person(from)?.0.host.network();
        let allowed = self.operators.attempts.may_check(from, address, now);
        allowed.map_err(|at| {
            self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            Rejection::OperTooSoon((at - now).as_secs() + 1)
        })
    }

    /// Completes an `OPER` whose password was checked outside the hub.
    pub(in crate::server::hub) fn password_checked(&mut self, id: ConnectionId, is_correct: bool) {
        let Some(check) = self.operators.checks.remove(&id) else {
            return;
        };
        if self.people.get(id).is_none() {
            return;
        }
        // The configuration may have been reloaded in the meantime.
        let operators = &self.settings.operators;
        let account = check.account;
        let account = account.filter(|one| is_correct && operators.contains(one));
        self.outbox().begin_responses();
        if let Err(rejection) = self.finish_oper(id, &check.name, account) {
            self.reject(id, rejection);
        }
        if let Some(label) = check.label {
            self.label_responses(self.labeled_before(id, &label));
        }
    }

    fn finish_oper(
        &mut self,
        id: ConnectionId,
        name: &str,
        account: Option<Operator>,
    ) -> CommandResult<'static> {
        let (person, user) = self.people.person(id)?;
        let (nick, host) = (user.nick.clone(), person.host);
        let shown = escape(truncate(name, 40));
        let Some(account) = account else {
            if self.settings.limits.enabled {
                let until = self.now.running + WRONG_PASSWORD_PAUSE;
                self.outbox().pause(id, until);
            }
            warn!(%nick, %host, name = shown, "wrong operator password");
            return Err(Rejection::WrongOperPassword);
        };
        info!(%nick, %host, name = shown, "became an operator");
        self.operators.attempts.forget(id);
        self.operators.accounts.insert(id, account);
        self.audit(id, "oper", "", "");
        self.reply(id, Reply::YoureOper);
        self.set_operator(id, true);
        Ok(())
    }

    /// Grants or removes operator status.
    fn set_operator(&mut self, id: ConnectionId, on: bool) {
        if self.set_user_mode(id, 'o', on) {
            self.send_user_modes(id, if on { "+o" } else { "-o" });
            self.set_lobby_operator(id, on);
        }
    }

    pub(super) fn is_operator(&self, id: ConnectionId) -> bool {
        self.require_operator(id).is_ok()
    }

    /// The user, if it is a server operator; any other user is an error.
    pub(super) fn require_operator(&self, id: ConnectionId) -> CommandResult<'static, &Registered> {
        let user = self.people.registered(id)?;
        let is_one = user.modes.has('o');
        is_one.then_some(user).ok_or(Rejection::NotOperator)
    }

    /// The user, if it is a server operator with this right.
    pub(super) fn require_right(
        &self,
        id: ConnectionId,
        right: OperatorRight,
    ) -> CommandResult<'static, &Registered> {
        let user = self.require_operator(id)?;
        let operator = self.operators.accounts.get(&id);
        let has_it = operator.is_some_and(|operator| operator.may.has(right));
        has_it
            .then_some(user)
            .ok_or(Rejection::MissingRight(right.word()))
    }

    /// Whether a user is a server operator with this right.
    pub(super) fn has_right(&self, id: ConnectionId, right: OperatorRight) -> bool {
        self.require_right(id, right).is_ok()
    }

    /// Records what an operator does, for the audit log.
    pub(super) fn audit(&self, id: ConnectionId, action: &str, object: &str, reason: &str) {
        let operator = self.operators.accounts.get(&id);
        let operator = operator.map_or("", |operator| &operator.name);
        let host = self.people.get(id).map(|person| person.host.to_string());
        let (nick, host) = (self.nick_or_star(id), host.unwrap_or_default());
        let (object, reason) = (escape(object), escape(reason));
        info!(target: AUDIT_TARGET, operator, nick, host, action, object, reason);
    }

    /// Removes the rights that a login granted to a user who has logged out.
    pub(super) fn revoke_operator_of_account(&mut self, id: ConnectionId) {
        let operator = self.operators.accounts.get(&id);
        let is_by_account = |one: &Operator| matches!(one.credential, Credential::Account(_));
        if operator.is_some_and(is_by_account) {
            self.operators.accounts.remove(&id);
            self.set_operator(id, false);
        }
    }

    pub(super) fn kill<'a>(
        &mut self,
        from: ConnectionId,
        nick: &'a str,
        reason: Option<&str>,
    ) -> CommandResult<'a> {
        let killer = self.require_right(from, OperatorRight::Kill)?;
        let (victim, user) = self.people.find(nick)?;
        let reason = reason.unwrap_or("No reason given");
        let reason = truncate(reason, self.settings.limits.reason_bytes);
        let (source, nick, id) = (&killer.source, &user.nick, victim.id);
        let line = self.line(format_args!(":{source} KILL {nick} :{reason}"));
        self.send_fanout(id, self.user_fanout(killer, line));
        self.audit(from, "kill", user.nick.as_str(), reason);
        let reason = format!("Killed by {}: {reason}", killer.nick);
        self.disconnect(id, &reason);
        Ok(())
    }

    pub(super) fn wallops(&mut self, from: ConnectionId, text: &str) -> CommandResult<'static> {
        let user = self.require_right(from, OperatorRight::Wallops)?;
        self.audit(from, "wallops", "", text);
        let words = format_args!(":{} WALLOPS :{text}", user.source);
        let line = self.outbox().line_if_fits(words);
        let mut fanout = self.user_fanout(user, line.ok_or(Rejection::TooLongToRelay)?);
        for (person, _) in self.people.with_mode('w') {
            fanout.send(person.id, person.capabilities, &mut self.outbox());
        }
        Ok(())
    }

    /// Requests a reload of the configuration; [`Hub::reconfigured`] reports the result.
    pub(super) fn rehash(&mut self, from: ConnectionId) -> CommandResult<'static> {
        self.require_right(from, OperatorRight::Rehash)?;
        self.audit(from, "rehash", "", "");
        self.reply_about(from, Reply::Rehashing, "configuration");
        self.outbox().wants_rehash = true;
        Ok(())
    }

    /// Replaces the settings, if they could be read, and reports the result to the operators.
    pub(in crate::server::hub) fn reconfigure(
        &mut self,
        read: Result<HubSettings, &dyn fmt::Display>,
    ) {
        let outcome = match read {
            Ok(settings) => {
                let registration = self.registration_value();
                let before = mem::replace(&mut self.settings, settings);
                self.announce_registration(registration.as_deref());
                if before.lobby != self.settings.lobby {
                    self.open_lobby();
                    self.sync_lobby_operators();
                }
                "The configuration was reloaded.".to_owned()
            }
            Err(error) => {
                let cause = as_cause(&error.to_string());
                end_sentence(format!("The configuration is unchanged: {cause}"))
            }
        };
        self.notify_operators(&outcome);
        self.revoke_operators();
    }

    /// Sends a notice to all server operators.
    pub(in crate::server::hub) fn notify_operators(&self, text: &str) {
        let name = &self.settings.name;
        for (person, user) in self.people.with_mode('o') {
            let words = format_args!(":{name} NOTICE {} :{text}", user.nick);
            self.send(person.id, self.line(words));
        }
    }

    /// Removes operator status from users whose account is no longer configured, or has another
    /// password.
    fn revoke_operators(&mut self) {
        for (id, account) in mem::take(&mut self.operators.accounts) {
            let mut configured = self.settings.operators.iter();
            let same = configured
                .find(|one| one.name == account.name && one.credential == account.credential);
            // The rights may be others now.
            if let Some(same) = same.cloned() {
                self.operators.accounts.insert(id, same);
            } else {
                self.set_operator(id, false);
            }
        }
    }

    /// Takes from a new lobby what keeps users out: key, limit, invite-only and bans.
    pub(super) fn open_lobby(&mut self) -> Option<()> {
        let number = self.lobby()?.number;
        let room = self.rooms.get_mut(number)?;
        let mut lines = vec![Changes::default()];
        let mut remove = |letter, parameter: Option<&str>| {
            if lines.last().is_some_and(Changes::is_full) {
                lines.push(Changes::default());
            }
            if let Some(changes) = lines.last_mut() {
                changes.add(false, letter, parameter);
            }
        };
        if let Some(key) = room.key.take() {
            remove('k', Some(&key));
        }
        if room.limit.take().is_some() {
            remove('l', None);
        }
        for flag in ['i', 'R'] {
            if room.modes.set(flag, false) {
                remove(flag, None);
            }
        }
        if RoomThrottle::change(room, |throttle| throttle.joins.take().is_some()) {
            remove('j', None);
        }
        for ban in room.bans.0.drain(..) {
            remove('b', Some(&ban.mask));
        }
        for changes in lines.iter().filter(|changes| !changes.is_empty()) {
            let event = self.begin_event();
            let (server, room) = (&self.settings.name, self.rooms.get(number)?);
            let line = self.line(format_args!(":{server} MODE {} {changes}", room.name));
            self.broadcast_to_room(room, self.event_fanout(None, line, event));
            let text = format!(" {}", changes.without_key());
            self.keep_event_of(room, event, StoredKind::Mode, (server, "", ""), &text);
        }
        if lines.iter().any(|changes| !changes.is_empty()) {
            self.keep_room(number, true);
        }
        Some(())
    }

    /// Makes server operators the only room operators of a new lobby, which may have been an
    /// ordinary room.
    fn sync_lobby_operators(&mut self) {
        let members = self.lobby().map(|room| room.members.clone());
        for RoomMember { id, .. } in members.unwrap_or_default() {
            self.set_lobby_operator(id, self.is_operator(id));
        }
    }
}

#[cfg(test)]
mod tests;
