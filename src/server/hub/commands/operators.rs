//! Commands of server operators: OPER, KILL, WALLOPS and REHASH.

use std::mem;
use std::time::Duration;

use tracing::{info, warn};

use crate::common::sanitize::escape;
use crate::server::hub::limits::{OperCheck, truncate};
use crate::server::hub::settings::Credential;
use crate::server::hub::task::Task;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, HubSettings, Registered, Rejection, Reply, RoomMember,
};

/// Pause of a sender after each wrong password, so that guessing is slow.
const WRONG_PASSWORD_PAUSE: Duration = Duration::from_secs(3);
/// Minimum time after a failed check of a hash, for all connections together. A check takes some 15
/// ms of CPU time by design, and this bounds the load however many connections guess together. Each
/// attempt from an address doubles the time for that address, so that guessers leave attempts for
/// others.
const HASH_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum number of doublings.
const DOUBLINGS_MAX: u32 = 6;
/// Maximum number of addresses with a count of attempts.
const ADDRESSES_MAX: usize = 4096;

impl Hub {
    pub(super) fn oper(
        &mut self,
        from: ConnectionId,
        name: &str,
        password: &str,
    ) -> CommandResult<'static> {
        let (now, limits) = (self.now.running, &self.settings.limits);
        let address = self.people.person(from)?.0.host.network();
        if self.timers.oper_attempts.len() >= ADDRESSES_MAX {
            self.timers.oper_attempts.clear();
        }
        let tries = self.timers.oper_attempts.entry(address).or_default();
        let apart = HASH_INTERVAL * (1 << *tries);
        *tries = DOUBLINGS_MAX.min(*tries + 1);
        let next_apart = HASH_INTERVAL * (1 << *tries);
        let is_checking = !self.timers.oper_checks.is_empty() && limits.enabled
            || self.timers.oper_checks.contains_key(&from);
        // An unfinished check counts like a wrong password.
        let last_hash = match is_checking {
            true => Some(now),
            false => self.timers.last_hash.filter(|_| limits.enabled),
        };
        if let Some(at) = last_hash.filter(|at| now < *at + apart) {
            self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            return Err(Rejection::OperTooSoon(
                (at + next_apart - now).as_secs() + 1,
            ));
        }
        let mut operators = self.settings.operators.iter();
        match operators
            .find(|one| one.name == name)
            .map(|one| &one.credential)
        {
            Some(Credential::Hash(hash)) => {
                let task = Task::CheckPassword {
                    connection: from,
                    password: password.to_owned(),
                    hash: hash.clone(),
                };
                let (name, label) = (name.to_owned(), None);
                self.outbox().tasks.push(task);
                self.timers
                    .oper_checks
                    .insert(from, OperCheck { name, label });
                Ok(())
            }
            Some(Credential::Plain(correct)) => {
                let is_correct = correct == password;
                self.finish_oper(from, name, is_correct)
            }
            None => self.finish_oper(from, name, false),
        }
    }

    /// The check that the current line has started.
    pub(super) fn started_check(&mut self, from: ConnectionId) -> Option<&mut OperCheck> {
        let tasks = &self.outbox.get_mut().tasks;
        let is_started = tasks.iter().any(|task| task.connection() == from);
        let check = self.timers.oper_checks.get_mut(&from);
        check.filter(|_| is_started)
    }

    /// Completes an `OPER` whose password was checked outside the hub.
    pub(in crate::server::hub) fn password_checked(&mut self, id: ConnectionId, is_correct: bool) {
        let Some(OperCheck { name, label }) = self.timers.oper_checks.remove(&id) else {
            return;
        };
        if !is_correct {
            self.timers.last_hash = Some(self.now.running);
        }
        if self.people.get(id).is_none() {
            return;
        }
        // The configuration may have been reloaded in the meantime.
        let is_known = self.settings.operators.iter().any(|one| one.name == name);
        self.outbox().begin_responses();
        if let Err(rejection) = self.finish_oper(id, &name, is_correct && is_known) {
            self.reject(id, rejection);
        }
        if let Some(label) = label {
            self.label_responses(self.labelled_before(id, &label));
        }
    }

    fn finish_oper(
        &mut self,
        id: ConnectionId,
        name: &str,
        is_correct: bool,
    ) -> CommandResult<'static> {
        let (person, user) = self.people.person(id)?;
        let (nick, address) = (user.nick.clone(), person.host.network());
        let shown = escape(truncate(name, 40));
        if !is_correct {
            if self.settings.limits.enabled {
                let until = self.now.running + WRONG_PASSWORD_PAUSE;
                self.outbox().pause(id, until);
            }
            warn!(%nick, name = shown, "wrong operator password");
            return Err(Rejection::WrongOperPassword);
        }
        info!(%nick, name = shown, "became an operator");
        self.timers.oper_attempts.remove(&address);
        self.timers.operators.insert(id, name.to_owned());
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
    fn require_operator(&self, id: ConnectionId) -> CommandResult<'static, &Registered> {
        let user = self.people.registered(id)?;
        let is_one = user.modes.has('o');
        is_one.then_some(user).ok_or(Rejection::NotOperator)
    }

    pub(super) fn kill<'a>(
        &mut self,
        from: ConnectionId,
        nick: &'a str,
        reason: Option<&str>,
    ) -> CommandResult<'a> {
        let killer = self.require_operator(from)?;
        let (victim, user) = self.people.find(nick)?;
        let reason = reason.unwrap_or("No reason given");
        let reason = truncate(reason, self.settings.limits.reason_bytes);
        let (source, nick, id) = (&killer.source, &user.nick, victim.id);
        let line = self.line(format_args!(":{source} KILL {nick} :{reason}"));
        self.send(id, line);
        let reason = format!("Killed by {}: {reason}", killer.nick);
        self.disconnect(id, &reason);
        Ok(())
    }

    pub(super) fn wallops(&mut self, from: ConnectionId, text: &str) -> CommandResult<'static> {
        let source = &self.require_operator(from)?.source;
        let words = format_args!(":{source} WALLOPS :{text}");
        let line = self.outbox().line_if_fits(words);
        let mut fanout = self.fanout(line.ok_or(Rejection::TooLongToRelay)?);
        for (person, _) in self.people.with_mode('w') {
            fanout.send(person.id, person.capabilities, &mut self.outbox());
        }
        Ok(())
    }

    /// Requests a reload of the configuration; [`Hub::reconfigured`] reports the result.
    pub(super) fn rehash(&mut self, from: ConnectionId) -> CommandResult<'static> {
        self.require_operator(from)?;
        self.reply_about(from, Reply::Rehashing, "configuration");
        self.outbox().wants_rehash = true;
        Ok(())
    }

    /// Replaces the settings, if they could be read, and reports the result to the operators.
    pub(in crate::server::hub) fn reconfigure(&mut self, read: Result<HubSettings, String>) {
        let outcome = match read {
            Ok(settings) => {
                let before = mem::replace(&mut self.settings, settings);
                if before.lobby != self.settings.lobby {
                    self.sync_lobby_operators();
                }
                "The configuration was reloaded".to_owned()
            }
            Err(why) => format!("The configuration is unchanged: {why}"),
        };
        let name = &self.settings.name;
        for (person, user) in self.people.with_mode('o') {
            let words = format_args!(":{name} NOTICE {} :{outcome}", user.nick);
            self.send(person.id, self.line(words));
        }
        self.revoke_operators();
    }

    /// Removes operator status from users whose account is no longer configured.
    fn revoke_operators(&mut self) {
        for (id, name) in mem::take(&mut self.timers.operators) {
            if self.settings.operators.iter().any(|one| one.name == name) {
                self.timers.operators.insert(id, name);
            } else {
                self.set_operator(id, false);
            }
        }
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
mod tests {
    use std::array;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::server::hub::task::Answer;
    use crate::server::hub::{DisconnectReason, HubTime, Operator, Outbox};
    use crate::wire::Line;

    #[test]
    fn a_wrong_password_pauses_its_sender_and_a_right_one_does_not() {
        let root = Operator {
            name: "root".to_owned(),
            credential: Credential::Plain("sesame".to_owned()),
        };
        let settings = HubSettings {
            operators: vec![root],
            ..HubSettings::default()
        };
        let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
        let (mut hub, mut outbox) = (Hub::new(settings, now), Outbox::default());
        hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
        let mut say = |line: &str| {
            hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
            let pauses = mem::take(&mut outbox.pauses);
            pauses.first().map(|(_, until)| until.as_secs())
        };
        assert_eq!(say("NICK alice"), None);
        assert_eq!(say("USER a 0 * :a"), None);
        assert_eq!(say("OPER root Sesame"), Some(3));
        assert_eq!(say("OPER root sesame"), None);
    }

    #[test]
    fn hashes_are_checked_once_a_second_and_guessers_leave_attempts_for_others() {
        let root = Operator {
            name: "root".to_owned(),
            credential: Credential::Hash("the hash".to_owned()),
        };
        let settings = HubSettings {
            operators: vec![root],
            ..HubSettings::default()
        };
        let at = |milliseconds| HubTime {
            running: Duration::from_millis(milliseconds),
            ..HubTime::default()
        };
        let (mut hub, mut outbox) = (Hub::new(settings, at(0)), Outbox::default());
        let people: [_; 39] = array::from_fn(|index| ConnectionId::new(index as u32, 0));
        for (id, last) in people.into_iter().zip(1..) {
            let address = Ipv4Addr::new(127, 0, 0, last);
            hub.connected(id, address.into(), at(0), &mut outbox);
        }
        let mut say = |id: ConnectionId, milliseconds: u64, line: &str| {
            outbox.clear();
            hub.received(
                id,
                Line::Whole(line.as_bytes()),
                at(milliseconds),
                &mut outbox,
            );
            if let Some(Task::CheckPassword { password, .. }) = outbox.tasks.pop() {
                let answer = Answer::PasswordChecked {
                    connection: id,
                    is_correct: password == "sesame",
                };
                hub.answered(answer, at(milliseconds), &mut outbox);
            }
            let first = outbox.sends().next();
            first.map_or_else(String::new, |(_, line)| {
                String::from_utf8_lossy(line).into()
            })
        };
        let [alice, bob, carol, guessers @ ..] = people;
        for id in people {
            say(id, 0, &format!("NICK n{}", id.index()));
            say(id, 0, "USER u 0 * :r");
        }
        let (wrong, right) = ("OPER root Sesame", "OPER root sesame");
        let (incorrect, too_soon) = (":Password incorrect\r\n", "was not checked. Try again in ");
        assert!(say(alice, 0, wrong).ends_with(incorrect));
        assert!(say(bob, 999, right).contains(too_soon));
        // Each attempt doubles the time for the address, even one that was not checked.
        assert!(say(alice, 1_999, wrong).ends_with("Try again in 3 s\r\n"));
        assert!(say(bob, 2_000, right).contains(" 381 "));
        assert!(say(alice, 3_999, wrong).contains(too_soon));
        assert!(say(alice, 8_000, wrong).ends_with(incorrect));
        // Many addresses guess in turn.
        let mut hashes = 0;
        for round in 3..23 {
            for (guesser, place) in guessers.into_iter().zip(0..) {
                let answer = say(guesser, round * 3_000 + place * 83, wrong);
                hashes += u32::from(answer.ends_with(incorrect));
            }
        }
        assert!((3..15).contains(&hashes), "{hashes}");
        assert!(say(carol, 69_000, right).contains(" 381 "));
    }

    #[test]
    fn an_answer_is_applied_to_the_configuration_and_the_users_of_its_time() {
        let root = Operator {
            name: "root".to_owned(),
            credential: Credential::Hash("the hash".to_owned()),
        };
        let with_root = HubSettings {
            operators: vec![root],
            ..HubSettings::default()
        };
        let now = HubTime::default();
        for (loses_operator, leaves, answered) in [
            (false, false, Some(" 381 alice :")),
            (true, false, Some(" 464 alice :")),
            (false, true, None),
        ] {
            let (mut hub, mut outbox) = (Hub::new(with_root.clone(), now), Outbox::default());
            let alice = ConnectionId::new(0, 0);
            hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
            for line in ["NICK alice", "USER a 0 * :a", "OPER root sesame"] {
                hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
            }
            assert_eq!(outbox.tasks.len(), 1);
            if loses_operator {
                hub.reconfigured(Ok(HubSettings::default()), now, &mut outbox);
            }
            if leaves {
                hub.disconnected(alice, DisconnectReason::Closed, now, &mut outbox);
            }
            outbox.clear();
            let answer = Answer::PasswordChecked {
                connection: alice,
                is_correct: true,
            };
            // The second answer has no task.
            hub.answered(answer.clone(), now, &mut outbox);
            hub.answered(answer, now, &mut outbox);
            let sent = outbox.sends().next();
            let sent = sent.map(|(_, line)| str::from_utf8(line).unwrap());
            match answered {
                Some(part) => assert!(sent.unwrap().contains(part), "{sent:?}"),
                None => assert_eq!(sent, None),
            }
        }
    }
}
