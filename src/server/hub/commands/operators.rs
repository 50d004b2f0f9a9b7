//! What operators of the server can do: OPER itself, KILL, WALLOPS and REHASH.

use std::mem;
use std::time::Duration;

use tracing::{info, warn};

use crate::server::auth::password;
use crate::server::hub::limits::cut;
use crate::server::hub::settings::Secret;
use crate::server::hub::{
    ConnectionId, Done, Hub, Member, Moment, Outbox, Present, Refusal, Reply, Settings,
};
use crate::server::logging::harmless;

/// How long each wrong password keeps its sender waiting: guessing has to be slow.
const WRONG_PASSWORD_PAUSE: Duration = Duration::from_secs(3);
/// How long nobody can try a password after a wrong one was tried on a hash. That is work on purpose,
/// some 15 ms of it, and this one thread has everybody to serve: so however many connections guess
/// together, the others wait once a second at most, and not longer than is hardly felt. With each try
/// from an address it is twice as long for that address, so those who guess leave room for others.
const HASHES_APART: Duration = Duration::from_secs(1);
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
    ) -> Done<'static> {
        let (now, limits) = (self.now.running, &self.settings.limits);
        let (person, present) = self.people.person(from)?;
        let (nick, address) = (present.nick.clone(), person.host.network());
        if self.watch.oper_tries.len() >= ADDRESSES_MAX {
            self.watch.oper_tries.clear();
        }
        let tries = self.watch.oper_tries.entry(address).or_default();
        let apart = HASHES_APART * (1 << *tries);
        *tries = DOUBLINGS_MAX.min(*tries + 1);
        let next_apart = HASHES_APART * (1 << *tries);
        let hashed = self.watch.hashed.filter(|_| limits.enabled);
        if let Some(at) = hashed.filter(|at| now < *at + apart) {
            self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            return Err(Refusal::TriedTooSoon((at + next_apart - now).as_secs() + 1));
        }
        let mut operators = self.settings.operators.iter();
        let known = operators.find(|operator| operator.name == name);
        let name = harmless(cut(name, 40));
        let Some(operator) = known.filter(|operator| operator.secret.is(password)) else {
            if limits.enabled {
                self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            }
            if known.is_some_and(|operator| matches!(operator.secret, Secret::Hash(_))) {
                self.watch.hashed = Some(now);
            }
            warn!(%nick, name, "did not become an operator");
            return Err(Refusal::WrongOperator);
        };
        info!(%nick, name, "became an operator");
        self.watch.oper_tries.remove(&address);
        self.watch.operators.insert(from, operator.name.clone());
        self.reply(from, Reply::YoureOper);
        self.set_operator(from, true);
        Ok(())
    }

    /// Makes somebody an operator of the server, or an operator no longer.
    fn set_operator(&mut self, id: ConnectionId, on: bool) {
        if self.set_user_mode(id, 'o', on) {
            self.tell_user_modes(id, if on { "+o" } else { "-o" });
            self.set_lobby_operator(id, on);
        }
    }

    pub(super) fn is_operator(&self, id: ConnectionId) -> bool {
        self.operator(id).is_ok()
    }

    /// An operator of the server; everybody else is refused for not being one.
    fn operator(&self, id: ConnectionId) -> Done<'static, &Present> {
        let present = self.people.present(id)?;
        let is_one = present.modes.has('o');
        is_one.then_some(present).ok_or(Refusal::NotOperator)
    }

    pub(in crate::server::hub) fn kill<'a>(
        &mut self,
        from: ConnectionId,
        nick: &'a str,
        reason: Option<&str>,
    ) -> Done<'a> {
        let killer = self.operator(from)?;
        let (victim, present) = self.people.find(nick)?;
        let reason = reason.unwrap_or("No reason given");
        let reason = cut(reason, self.settings.limits.reason_bytes);
        let (source, nick, id) = (&killer.source, &present.nick, victim.id);
        let line = self.line(format_args!(":{source} KILL {nick} :{reason}"));
        self.post(id, line);
        let reason = format!("Killed by {}: {reason}", killer.nick);
        self.expel(id, &reason);
        Ok(())
    }

    pub(in crate::server::hub) fn wallops(
        &mut self,
        from: ConnectionId,
        text: &str,
    ) -> Done<'static> {
        let source = &self.operator(from)?.source;
        let words = format_args!(":{source} WALLOPS :{text}");
        let line = self.outbox().whole_line(words);
        let mut told = self.told(line.ok_or(Refusal::TooLongToRelay)?);
        for (person, _) in self.people.with_mode('w') {
            told.send(person.id, person.capabilities, &mut self.outbox());
        }
        Ok(())
    }

    /// Asks for the configuration to be read again; what comes of it is told by
    /// [`Hub::reconfigured`].
    pub(in crate::server::hub) fn rehash(&mut self, from: ConnectionId) -> Done<'static> {
        self.operator(from)?;
        self.reply_about(from, Reply::Rehashing, "configuration");
        self.outbox().wants_rehash = true;
        Ok(())
    }

    /// The configuration was read again: what it says holds from now on, or, when it is broken,
    /// what held before. Operators are told.
    pub fn reconfigured(
        &mut self,
        read: Result<Settings, String>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        self.step(now, outbox, |hub| hub.reconfigure(read));
    }

    fn reconfigure(&mut self, read: Result<Settings, String>) {
        let outcome = match read {
            Ok(settings) => {
                let before = mem::replace(&mut self.settings, settings);
                if before.lobby != self.settings.lobby {
                    self.make_it_the_lobby();
                }
                "The configuration was read again".to_owned()
            }
            Err(why) => format!("The configuration stays as it was: {why}"),
        };
        let name = &self.settings.name;
        for (person, present) in self.people.with_mode('o') {
            let words = format_args!(":{name} NOTICE {} :{outcome}", present.nick);
            self.post(person.id, self.line(words));
        }
        self.let_operators_go();
    }

    /// Those whom the configuration names no longer are operators no longer.
    fn let_operators_go(&mut self) {
        for (id, name) in mem::take(&mut self.watch.operators) {
            if self.settings.operators.iter().any(|one| one.name == name) {
                self.watch.operators.insert(id, name);
            } else {
                self.set_operator(id, false);
            }
        }
    }

    /// A room that was anybody's becomes the lobby: only operators of the server operate it.
    fn make_it_the_lobby(&mut self) {
        let members = self.lobby().map(|room| room.members.clone());
        for Member { id, .. } in members.unwrap_or_default() {
            self.set_lobby_operator(id, self.is_operator(id));
        }
    }
}

impl Secret {
    /// Whether this is the right password.
    fn is(&self, given: &str) -> bool {
        match self {
            Self::Clear(right) => right == given,
            Self::Hash(hash) => password::fits(given, hash),
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
            secret: Secret::Clear("sesame".to_owned()),
        };
        let settings = Settings {
            operators: vec![root],
            ..Settings::default()
        };
        let (now, alice) = (Moment::default(), ConnectionId::new(0, 0));
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
            secret: Secret::Hash(hash.to_owned()),
        };
        let settings = Settings {
            operators: vec![root],
            ..Settings::default()
        };
        let at = |milliseconds| Moment {
            running: Duration::from_millis(milliseconds),
            ..Moment::default()
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
