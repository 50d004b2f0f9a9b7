//! From a connection to a person and back: PASS, NICK, USER, CAP, PING, QUIT, SETNAME.

use std::collections::BTreeSet;
use std::fmt;

use tracing::info;

use crate::server::hub::limits::cut;
use crate::server::hub::state::people::{Stage, USER_BYTES_MAX};
use crate::server::hub::{Capabilities, ConnectionId, Done, Hub, Modes, Person, Present, Refusal};
use crate::wire::Nick;

impl Hub {
    pub(in crate::server::hub) fn pass(
        &mut self,
        from: ConnectionId,
        password: &str,
    ) -> Done<'static> {
        let right = self.settings.password.as_deref() == Some(password);
        self.people.entering(from)?.password_right = right;
        Ok(())
    }

    pub(in crate::server::hub) fn nick<'a>(
        &mut self,
        from: ConnectionId,
        wanted: &'a str,
    ) -> Done<'a> {
        let nick = Nick::within(self.settings.limits.nick_bytes as usize, wanted)
            .map_err(|why| Refusal::BadNick(wanted, why))?;
        let owner = self.people.owner_of(wanted);
        if owner.is_some_and(|owner| owner != from) {
            return Err(Refusal::NickInUse(wanted));
        }
        let before = self.people.get(from).and_then(Person::nick).cloned();
        if before.as_ref() == Some(&nick) {
            return Ok(());
        }
        self.count_nick(from, wanted)?;
        // Whoever is silenced keeps the nick: under another one the mask might not fit, and the new
        // nick might itself be what they want to say.
        let present = self.people.present(from);
        if present.is_ok_and(|present| self.is_silenced(present)) {
            return Err(Refusal::NickKept(wanted));
        }
        // Another spelling of the same nick is no news for those who watch it.
        let is_other = owner.is_none();
        if is_other {
            self.remember(from);
        }
        // The nick is put aside before anything else, so that a second newcomer cannot have it.
        if let Some(before) = &before {
            self.people.nicks.remove(&before.key());
        }
        self.people.nicks.insert(nick.key(), from);
        if let Ok(present) = self.people.present(from) {
            let line = self.line(format_args!(":{} NICK {nick}", present.source));
            self.post(from, line);
            self.tell_neighbours(from, Capabilities::NONE, line);
            let here = self.people.present;
            if let Some(from) = before {
                if is_other {
                    self.tell_gone(&from);
                }
                info!(%from, to = %nick, here, "has another nick");
            }
        }
        self.take_nick(from, nick);
        if is_other {
            self.tell_here(from);
        }
        self.register_if_complete(from)
    }

    /// Whether somebody may not talk in one of their rooms.
    fn is_silenced(&self, present: &Present) -> bool {
        let mut rooms = self.rooms_of(present);
        self.compare(&present.source, |source| {
            rooms.any(|(room, member)| !member.has_voice() && room.silences(source))
        })
    }

    fn take_nick(&mut self, id: ConnectionId, nick: Nick) {
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        match &mut person.stage {
            Stage::Entering(entering) => entering.nick = Some(nick),
            Stage::Present(present) => {
                present.source = format!("{nick}!{}@{}", present.user, person.host).into();
                present.nick = nick;
            }
        }
    }

    pub(in crate::server::hub) fn user(
        &mut self,
        from: ConnectionId,
        user: &str,
        real_name: &str,
    ) -> Done<'static> {
        let entering = self.people.entering(from)?;
        if entering.user.is_some() {
            return Err(Refusal::AlreadyRegistered);
        }
        let user = clean_user_name(user).ok_or(Refusal::InvalidUserName)?;
        let real_name = cut(real_name, self.settings.limits.real_name_bytes);
        entering.user = Some((user.into(), real_name.into()));
        self.register_if_complete(from)
    }

    pub(in crate::server::hub) fn cap<'a>(
        &mut self,
        from: ConnectionId,
        subcommand: &'a str,
        argument: Option<&str>,
    ) -> Done<'a> {
        let capitals = subcommand.to_ascii_uppercase();
        if let Ok(entering) = self.people.entering(from)
            && let "LS" | "REQ" | "END" = &*capitals
        {
            entering.negotiating = capitals != "END";
        }
        let has = self.capabilities(from);
        match &*capitals {
            "LS" => {
                // Whoever speaks this version is told of what is new without asking for it.
                let version = argument.and_then(|version| version.trim().parse().ok());
                if version >= Some(302) {
                    self.set_capabilities(from, has.with(Capabilities::CAP_NOTIFY));
                }
                self.answer_cap(from, "LS", Capabilities::all())
            }
            "LIST" => self.answer_cap(from, "LIST", has),
            "REQ" => {
                let asked = argument.unwrap_or_default();
                let after = has.after(asked);
                self.answer_cap(from, if after.is_some() { "ACK" } else { "NAK" }, asked)?;
                self.set_capabilities(from, after.unwrap_or(has));
                Ok(())
            }
            "END" => self.register_if_complete(from),
            _ => Err(Refusal::InvalidCapCommand(subcommand)),
        }
    }

    /// Gives the list back whole, or says that this cannot be: a part would be taken for another
    /// request.
    fn answer_cap(&self, to: ConnectionId, answer: &str, list: impl fmt::Display) -> Done<'static> {
        let (name, nick) = (&self.settings.name, self.nick_or_star(to));
        let words = format_args!(":{name} CAP {nick} {answer} :{list}");
        let line = self.outbox().whole_line(words);
        self.post(to, line.ok_or(Refusal::LineTooLong)?);
        Ok(())
    }

    /// What makes the kind of a recipient stands in each room they are in.
    fn set_capabilities(&mut self, id: ConnectionId, capabilities: Capabilities) {
        if let Some(person) = self.people.get_mut(id) {
            person.capabilities = capabilities;
        }
        let present = self.people.present(id);
        for membership in present.map_or(&[][..], |present| &present.rooms) {
            let room = self.rooms.get_mut(membership.room);
            if let Some(member) = room.and_then(|room| room.member_mut(*membership)) {
                member.capabilities = capabilities;
            }
        }
    }

    pub(in crate::server::hub) fn setname(
        &mut self,
        from: ConnectionId,
        real_name: &str,
    ) -> Done<'static> {
        if real_name.len() > self.settings.limits.real_name_bytes as usize {
            return Err(Refusal::RealNameTooLong);
        }
        let (wanted, has) = (Capabilities::SETNAME, self.capabilities(from));
        self.people.present_mut(from)?.real_name = real_name.into();
        let source = &self.people.present(from)?.source;
        let line = self.line(format_args!(":{source} SETNAME :{real_name}"));
        if has.has(wanted) {
            self.post(from, line);
        }
        self.tell_neighbours(from, wanted, line);
        Ok(())
    }

    pub(in crate::server::hub) fn ping(&self, from: ConnectionId, token: &str) {
        let name = &self.settings.name;
        let line = self.line(format_args!(":{name} PONG {name} :{token}"));
        self.post(from, line);
    }

    pub(in crate::server::hub) fn quit(&mut self, from: ConnectionId, reason: Option<&str>) {
        // The word in front tells what a person wrote from what the server says of a lost
        // connection.
        let bytes_max = self.settings.limits.reason_bytes;
        let told = reason.map(|reason| format!("Quit: {}", cut(reason, bytes_max)));
        self.expel(from, told.as_deref().unwrap_or("Quit"));
    }

    /// Lets somebody in once all that is needed is known.
    fn register_if_complete(&mut self, id: ConnectionId) -> Done<'static> {
        let Some(person) = self.people.get_mut(id) else {
            return Ok(());
        };
        let Stage::Entering(entering) = &person.stage else {
            return Ok(());
        };
        let (Some(nick), Some((user, real_name)), false) =
            (&entering.nick, &entering.user, entering.negotiating)
        else {
            return Ok(());
        };
        if self.settings.password.is_some() && !entering.password_right {
            return Err(Refusal::WrongPassword);
        }
        let (nick, user, real_name) = (nick.clone(), user.clone(), real_name.clone());
        let host = person.host.to_string();
        person.stage = Stage::Present(Present {
            source: format!("{nick}!{user}@{host}").into(),
            nick: nick.clone(),
            user,
            real_name,
            rooms: Vec::new(),
            invitations: Vec::new(),
            monitoring: BTreeSet::new(),
            modes: Modes::default(),
            away: None,
            signed_on: self.now.unix,
            spoke: self.now.running,
            nick_changes: (0, 0),
        });
        self.people.present += 1;
        let here = self.people.present;
        self.people.present_most = self.people.present_most.max(here);
        self.look_again(id, self.next_ping(self.now.running));
        self.welcome(id);
        info!(%nick, %host, here, "came");
        self.tell_here(id);
        if let Some(lobby) = self.settings.lobby.clone()
            && let Err(refusal) = self.join_one(id, lobby.as_str(), None)
        {
            self.refuse(id, refusal);
        }
        Ok(())
    }
}

/// Why a connection ends at once whose first words are those of another protocol: a browser can be
/// led to send lines of a stranger's choice behind its own, and a TLS client waits for an answer
/// that never comes.
pub(in crate::server::hub) fn other_protocol(line: &[u8]) -> Option<&'static str> {
    const TLS_HANDSHAKE: &[u8] = &[0x16];
    if line.starts_with(TLS_HANDSHAKE) {
        return Some("This port speaks IRC without TLS");
    }
    let space = line.iter().position(|byte| *byte == b' ');
    match space.and_then(|end| line.get(..end)) {
        Some(
            b"GET" | b"POST" | b"PUT" | b"HEAD" | b"OPTIONS" | b"CONNECT" | b"DELETE" | b"PATCH",
        ) => Some("This port speaks IRC, not HTTP"),
        _ => None,
    }
}

/// The user name as others see it: `~`, because nobody vouches for it, and of what was sent what
/// can never be taken for another part of `nick!user@host`. `None` when nothing is left.
fn clean_user_name(user: &str) -> Option<String> {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let clean: String = user.chars().filter(kept).take(USER_BYTES_MAX - 1).collect();
    (!clean.is_empty()).then(|| format!("~{clean}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_cannot_be_taken_for_another_part_of_a_source() {
        for (sent, seen) in [
            ("alice", Some("~alice")),
            ("a@b!c", Some("~abc")),
            ("x y", Some("~xy")),
            ("\u{1b}[2J", Some("~2J")),
            ("*?", None),
            ("😀😀", None),
        ] {
            assert_eq!(clean_user_name(sent).as_deref(), seen, "{sent:?}");
        }
        for (sent_bytes, seen_bytes) in [(18, 19), (19, 20), (20, 20), (100, 20)] {
            let seen = clean_user_name(&"u".repeat(sent_bytes)).unwrap();
            assert_eq!(seen.len(), seen_bytes);
        }
    }

    #[test]
    fn other_protocols_are_known_by_their_first_words() {
        for line in [
            b"GET / HTTP/1.1".as_slice(),
            b"POST /x HTTP/1.1",
            b"\x16\x03\x01\x02\x00\x01",
            b"\x16",
        ] {
            assert!(other_protocol(line).is_some());
        }
        for line in [b"NICK alice".as_slice(), b"POSTER", b"", b"\x03"] {
            assert!(other_protocol(line).is_none());
        }
    }
}
