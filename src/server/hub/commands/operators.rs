//! What operators of the server can do: OPER itself, KILL, WALLOPS and REHASH.

use std::mem;
use std::time::Duration;

use tracing::{info, warn};

use crate::common::sanitize::escape;
use crate::server::auth::password;
use crate::server::hub::limits::truncate;
use crate::server::hub::settings::Credential;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, HubSettings, HubTime, Outbox, Registered, Rejection, Reply,
    RoomMember,
};

/// How long each wrong password keeps its sender waiting: guessing has to be slow.
const WRONG_PASSWORD_PAUSE: Duration = Duration::from_secs(3);
/// How long nobody can try a password after a wrong one was tried on a hash. That is work on purpose,
/// some 15 ms of it, and this one thread has everybody to serve: so however many connections guess
/// together, the others wait once a second at most, and not longer than is hardly felt. With each try
/// from an address it is twice as long for that address, so those who guess leave room for others.
const HASH_INTERVAL: Duration = Duration::from_secs(1);
/// How often it becomes twice as long.
const DOUBLINGS_MAX: u32 = 6;
/// How many addresses are remembered for that.
const ADDRESSES_MAX: usize = 4096;

impl Hub {
    pub(in crate::server::hub) fn oper(
        &mut self,
        from: ConnectionId,
        name: &str,
        password: &str,
    ) -> CommandResult<'static> {
        let (now, limits) = (self.now.running, &self.settings.limits);
        let (person, user) = self.people.person(from)?;
        let (nick, address) = (user.nick.clone(), person.host.network());
        if self.timers.oper_attempts.len() >= ADDRESSES_MAX {
            self.timers.oper_attempts.clear();
        }
        let tries = self.timers.oper_attempts.entry(address).or_default();
        let apart = HASH_INTERVAL * (1 << *tries);
        *tries = DOUBLINGS_MAX.min(*tries + 1);
        let next_apart = HASH_INTERVAL * (1 << *tries);
        let hashed = self.timers.last_hash.filter(|_| limits.enabled);
        if let Some(at) = hashed.filter(|at| now < *at + apart) {
            self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            return Err(Rejection::OperTooSoon(
                (at + next_apart - now).as_secs() + 1,
            ));
        }
        let mut operators = self.settings.operators.iter();
        let known = operators.find(|operator| operator.name == name);
        let name = escape(truncate(name, 40));
        let Some(operator) = known.filter(|operator| operator.credential.is(password)) else {
            if limits.enabled {
                self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            }
            if known.is_some_and(|operator| matches!(operator.credential, Credential::Hash(_))) {
                self.timers.last_hash = Some(now);
            }
            warn!(%nick, name, "did not become an operator");
            return Err(Rejection::WrongOperPassword);
        };
        info!(%nick, name, "became an operator");
        self.timers.oper_attempts.remove(&address);
        self.timers.operators.insert(from, operator.name.clone());
        self.reply(from, Reply::YoureOper);
        self.set_operator(from, true);
        Ok(())
    }

    /// Makes somebody an operator of the server, or an operator no longer.
    fn set_operator(&mut self, id: ConnectionId, on: bool) {
        if self.set_user_mode(id, 'o', on) {
            self.send_user_modes(id, if on { "+o" } else { "-o" });
            self.set_lobby_operator(id, on);
        }
    }

    pub(super) fn is_operator(&self, id: ConnectionId) -> bool {
        self.require_operator(id).is_ok()
    }

    /// An operator of the server; everybody else is refused for not being one.
    fn require_operator(&self, id: ConnectionId) -> CommandResult<'static, &Registered> {
        let user = self.people.registered(id)?;
        let is_one = user.modes.has('o');
        is_one.then_some(user).ok_or(Rejection::NotOperator)
    }

    pub(in crate::server::hub) fn kill<'a>(
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

    pub(in crate::server::hub) fn wallops(
        &mut self,
        from: ConnectionId,
        text: &str,
    ) -> CommandResult<'static> {
        let source = &self.require_operator(from)?.source;
        let words = format_args!(":{source} WALLOPS :{text}");
        let line = self.outbox().line_if_fits(words);
        let mut fanout = self.fanout(line.ok_or(Rejection::TooLongToRelay)?);
        for (person, _) in self.people.with_mode('w') {
            fanout.send(person.id, person.capabilities, &mut self.outbox());
        }
        Ok(())
    }

    /// Asks for the configuration to be read again; what comes of it is reported by
    /// [`Hub::reconfigured`].
    pub(in crate::server::hub) fn rehash(&mut self, from: ConnectionId) -> CommandResult<'static> {
        self.require_operator(from)?;
        self.reply_about(from, Reply::Rehashing, "configuration");
        self.outbox().wants_rehash = true;
        Ok(())
    }

    /// The configuration was read again: what it says holds from now on, or, when it is broken,
    /// what held before. Operators are notified.
    pub fn reconfigured(
        &mut self,
        read: Result<HubSettings, String>,
        now: HubTime,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| hub.reconfigure(read));
    }

    fn reconfigure(&mut self, read: Result<HubSettings, String>) {
        let outcome = match read {
            Ok(settings) => {
                let before = mem::replace(&mut self.settings, settings);
                if before.lobby != self.settings.lobby {
                    self.sync_lobby_operators();
                }
                "The configuration was read again".to_owned()
            }
            Err(why) => format!("The configuration stays as it was: {why}"),
        };
        let name = &self.settings.name;
        for (person, user) in self.people.with_mode('o') {
            let words = format_args!(":{name} NOTICE {} :{outcome}", user.nick);
            self.send(person.id, self.line(words));
        }
        self.revoke_operators();
    }

    /// Those whom the configuration names no longer are operators no longer.
    fn revoke_operators(&mut self) {
        for (id, name) in mem::take(&mut self.timers.operators) {
            if self.settings.operators.iter().any(|one| one.name == name) {
                self.timers.operators.insert(id, name);
            } else {
                self.set_operator(id, false);
            }
        }
    }

    /// A room that was anybody's becomes the lobby: only operators of the server operate it.
    fn sync_lobby_operators(&mut self) {
        let members = self.lobby().map(|room| room.members.clone());
        for RoomMember { id, .. } in members.unwrap_or_default() {
            self.set_lobby_operator(id, self.is_operator(id));
        }
    }
}

impl Credential {
    /// Whether this is the right password.
    fn is(&self, given: &str) -> bool {
        match self {
            Self::Plain(right) => right == given,
            Self::Hash(hash) => password::verify(given, hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::array;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::server::hub::Operator;
    use crate::wire::Line;

    #[test]
    fn a_wrong_password_has_to_be_waited_for_and_a_right_one_not() {
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
    fn hashes_are_tried_once_a_second_and_those_who_guess_leave_room_for_others() {
        // The least work there can be: the hash of `sesame`.
        let hash = "$argon2id$v=19$m=8,t=1,p=1$4P2sQ3ks/E2afGnd6uu8YA$rjB3RiCu31D2SAjpSdnJKdD32SXW56B8IdF66uucCNI";
        let root = Operator {
            name: "root".to_owned(),
            credential: Credential::Hash(hash.to_owned()),
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
        let (incorrect, too_soon) = (":Password incorrect\r\n", " was not tried; try again in ");
        assert!(say(alice, 0, wrong).ends_with(incorrect));
        assert!(say(bob, 999, right).contains(too_soon));
        // Each try needs twice as long without a hash as the one before it from there.
        assert!(say(alice, 1_999, wrong).ends_with("try again in 3 s\r\n"));
        assert!(say(bob, 2_000, right).contains(" 381 "));
        assert!(say(alice, 3_999, wrong).contains(too_soon));
        assert!(say(alice, 8_000, wrong).ends_with(incorrect));
        // However many guess, and however they take turns.
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
}
