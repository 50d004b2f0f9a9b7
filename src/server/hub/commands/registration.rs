//! Registration and the connection itself: PASS, NICK, USER, CAP, PING, QUIT, SETNAME.

use std::collections::BTreeSet;
use std::fmt;

use tracing::info;

use crate::server::hub::limits::truncate;
use crate::server::hub::outbox::LINE_BYTES_MAX;
use crate::server::hub::replies::in_lines;
use crate::server::hub::settings::REFUSED_PROXY_HEADER;
use crate::server::hub::state::accounts::{PendingLogin, ReplyForm};
use crate::server::hub::state::people::{ConnectionStage, USER_BYTES_MAX};
use crate::server::hub::stored::StoredKind;
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, Modes, Person, Registered, Rejection, Reply,
    Room, Work,
};
use crate::wire::Nick;

impl Hub {
    pub(super) fn pass(&mut self, from: ConnectionId, password: &str) -> CommandResult<'static> {
        let right = self.settings.password.as_deref() == Some(password);
        let pending = self.people.unregistered(from)?;
        // The password of the server and that of an account may come one after the other.
        let login = password.split_once(':').filter(|_| !right);
        if let Some((account, password)) = login.filter(|_| self.accounts.is_some()) {
            return self.log_in_with_pass(from, account, password);
        }
        pending.password_ok = right;
        self.reserve_nick(from);
        Ok(())
    }

    /// Logs in a client that knows neither SASL nor NickServ: `PASS account:password`.
    fn log_in_with_pass(
        &mut self,
        from: ConnectionId,
        account: &str,
        password: &str,
    ) -> CommandResult<'static> {
        if !self.may_send_password(from) {
            return Err(Rejection::PasswordInClear);
        }
        let login = PendingLogin {
            account: account.to_owned(),
            form: ReplyForm::Pass,
            regained: None,
        };
        self.check_login(from, login, password)
            .map_err(|rejection| match rejection {
                Rejection::LoginTooSoon(seconds) => Rejection::OperTooSoon(seconds),
                _ => Rejection::WrongPassword,
            })
    }

    /// Reports to all clients with cap-notify that accounts can be registered from now on, or no longer,
    /// or in another way. IRCv3 cap-notify.
    pub(super) fn announce_registration(&mut self, before: Option<&str>) {
        let now = self.registration_value();
        if self.accounts.is_none() || now.as_deref() == before {
            return;
        }
        self.charge(Work::Look, self.people.slots.len());
        let one = Capabilities::ACCOUNT_REGISTRATION;
        let (subcommand, ids) = match now {
            Some(_) => ("NEW", self.people.all()),
            None => ("DEL", self.people.all()),
        };
        let wants = |person: &&Person| person.capabilities.has(Capabilities::CAP_NOTIFY);
        let ids: Vec<_> = ids.filter(wants).map(|person| person.id).collect();
        for id in ids {
            let words = match now {
                Some(_) => self.capability_values(id, one, false),
                None => one.to_string(),
            };
            // One name and its value fit in a line.
            let _ = self.send_cap(id, subcommand, words);
        }
        if now.is_none() {
            let enabled = self
                .people
                .all()
                .filter(|person| person.capabilities.has(one));
            let ids: Vec<_> = enabled.map(|person| person.id).collect();
            for id in ids {
                self.set_capabilities(id, self.capabilities(id).without(one));
            }
        }
    }

    pub(super) fn nick<'a>(&mut self, from: ConnectionId, wanted: &'a str) -> CommandResult<'a> {
        let nick = Nick::within(self.settings.limits.nick_bytes as usize, wanted)
            .map_err(|why| Rejection::InvalidNick(wanted, why))?;
        if !self.count_address(from) {
            return Ok(());
        }
        let owner = self.people.owner_of(wanted);
        if owner.is_some_and(|owner| owner != from) || self.is_service(wanted) {
            if let Ok(pending) = self.people.unregistered(from) {
                pending.was_nick_refused = true;
            }
            return Err(Rejection::NickInUse(wanted));
        }
        let person = self.people.get(from);
        let before = person.and_then(Person::nick).cloned();
        if before.as_ref() == Some(&nick) {
            return Ok(());
        }
        // An unregistered client may still log in.
        if self.people.registered(from).is_ok() && self.is_reserved(from, wanted) {
            return Err(Rejection::NickReserved(wanted));
        }
        self.count_nick(from, wanted)?;
        // A muted user keeps the nick: the mask might not match another one, and the new nick might
        // itself be the message.
        let user = self.people.registered(from);
        if let Some(room) = user.ok().and_then(|user| self.silencing_room(user)) {
            let room = &room.name;
            self.reply_about(from, Reply::BanOnChan, format_args!("{wanted} {room}"));
            return Ok(());
        }
        // A change of case is no event for watchers of the nick.
        let is_other = owner.is_none();
        if is_other {
            self.record_whowas(from);
        }
        if let Some(before) = &before
            && self.people.owner_of(before.as_str()) == Some(from)
        {
            self.people.nicks.remove(&before.key());
        }
        if self.people.registered(from).is_ok() {
            self.people.nicks.insert(nick.key(), from);
        }
        let is_registered = self.people.registered(from).is_ok();
        let event = is_registered.then(|| self.begin_event()).flatten();
        if let Ok(user) = self.people.registered(from) {
            let line = self.line(format_args!(":{} NICK {nick}", user.source));
            self.send_fanout(from, self.event_fanout(Some(user), line, event));
            self.broadcast_to_peers(from, Capabilities::NONE, line, event);
            for (room, _) in self.rooms_of(user) {
                self.keep_event(room, event, StoredKind::Nick, user, &format!(" {nick}"));
            }
            let here = self.people.registered;
            if let Some(from) = before {
                if is_other {
                    self.notify_offline(&from);
                }
                info!(%from, to = %nick, here, "changed nick");
            }
        }
        self.set_nick(from, nick);
        self.reserve_nick(from);
        if is_other {
            self.notify_online(from);
        }
        if self.people.registered(from).is_ok() && self.disconnect_if_banned(from) {
            return Ok(());
        }
        self.register_if_complete(from)
    }

    /// The first room in which the user is muted.
    fn silencing_room(&self, user: &Registered) -> Option<&Room> {
        let mut rooms = self.rooms_of(user);
        let muting = self.compare_user(user, |source| {
            rooms.find(|(room, member)| !member.has_voice() && room.is_muted(source))
        });
        muting.map(|(room, _)| room)
    }

    /// Reserves the nick of an unregistered connection, so that no other one can take it. Without the
    /// password of the server nothing is reserved, and neither is the nick of an account without a
    /// login.
    fn reserve_nick(&mut self, id: ConnectionId) {
        let has_password = self.settings.password.is_some();
        let nick = self.people.get(id).and_then(Person::nick);
        let is_of_account = nick.is_some_and(|nick| self.is_reserved(id, nick.as_str()));
        if let Ok(pending) = self.people.unregistered(id)
            && let Some(nick) = &pending.nick
        {
            let key = nick.key();
            pending.has_reserved_nick = false;
            if !is_of_account
                && (pending.password_ok || !has_password)
                && self
                    .people
                    .owner_of(key.as_str())
                    .is_none_or(|owner| owner == id)
            {
                self.people.nicks.insert(key, id);
                if let Ok(pending) = self.people.unregistered(id) {
                    pending.has_reserved_nick = true;
                }
            }
        }
    }

    fn set_nick(&mut self, id: ConnectionId, nick: Nick) {
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        match &mut person.stage {
            ConnectionStage::Unregistered(pending) => {
                pending.nick = Some(nick);
                pending.was_nick_refused = false;
            }
            ConnectionStage::Registered(user) => {
                // The host stays as it is, whatever is configured by now.
                user.source = format!("{nick}!{}@{}", user.username, user.host()).into();
                user.nick = nick;
            }
        }
    }

    pub(super) fn user(
        &mut self,
        from: ConnectionId,
        user: &str,
        real_name: &str,
    ) -> CommandResult<'static> {
        if !self.count_address(from) {
            return Ok(());
        }
        let pending = self.people.unregistered(from)?;
        if pending.user.is_some() {
            return Err(Rejection::AlreadyRegistered);
        }
        let user = clean_user_name(user).ok_or(Rejection::InvalidUserName)?;
        let real_name = truncate(real_name, self.settings.limits.real_name_bytes);
        pending.user = Some((user.into(), real_name.into()));
        self.register_if_complete(from)
    }

    pub(super) fn cap<'a>(
        &mut self,
        from: ConnectionId,
        subcommand: &'a str,
        argument: Option<&str>,
    ) -> CommandResult<'a> {
        let capitals = subcommand.to_ascii_uppercase();
        if let Ok(pending) = self.people.unregistered(from)
            && let "LS" | "REQ" | "END" = &*capitals
        {
            pending.negotiating = capitals != "END";
        }
        let has = self.capabilities(from);
        match &*capitals {
            "LS" => {
                // CAP version 302 implies cap-notify.
                let version = argument.and_then(|version| version.trim().parse().ok());
                if version >= Some(302) {
                    self.set_capabilities(from, has.with(Capabilities::CAP_NOTIFY));
                    if let Some(person) = self.people.get_mut(from) {
                        person.has_cap_302 = true;
                    }
                }
                let all = self.offered_capabilities();
                let values = self.capability_values(from, all, true);
                self.send_cap_list(from, &values)
            }
            "LIST" => self.send_cap(from, "LIST", has),
            "REQ" => {
                let asked = argument.unwrap_or_default();
                let has_302 = self.people.get(from).is_some_and(|one| one.has_cap_302);
                let keeps = |after: &Capabilities| after.has(Capabilities::CAP_NOTIFY) || !has_302;
                let after = has.apply(asked).filter(keeps);
                let offered = self.offered_capabilities();
                let after = after.filter(|after| offered.has(*after));
                self.send_cap(from, if after.is_some() { "ACK" } else { "NAK" }, asked)?;
                self.set_capabilities(from, after.unwrap_or(has));
                Ok(())
            }
            "END" => self.register_if_complete(from),
            _ => Err(Rejection::InvalidCapCommand(subcommand)),
        }
    }

    /// The capabilities that clients can enable.
    fn offered_capabilities(&self) -> Capabilities {
        let mut offered = Capabilities::all();
        if self.store.is_none() {
            offered = offered.without(Capabilities::WITH_STORE);
        }
        if self.accounts.is_none() {
            offered = offered.without(Capabilities::SASL);
        }
        if self.registration_value().is_none() {
            offered = offered.without(Capabilities::ACCOUNT_REGISTRATION);
        }
        offered
    }

    /// The capabilities with their values for a client that knows those, and the policy for it.
    fn capability_values(
        &self,
        to: ConnectionId,
        offered: Capabilities,
        with_policy: bool,
    ) -> String {
        let has_302 = self.people.get(to).is_some_and(|one| one.has_cap_302);
        if !has_302 {
            return offered.to_string();
        }
        let with_values = offered.names().map(|(name, capability)| match capability {
            Capabilities::MULTILINE => format!("{name}={}", self.multiline_value()),
            Capabilities::SASL => format!("{name}={}", self.mechanisms(to)),
            Capabilities::ACCOUNT_REGISTRATION => {
                format!("{name}={}", self.registration_value().unwrap_or_default())
            }
            Capabilities::ONCE => {
                let seconds = self.settings.limits.once_seconds;
                format!("{name}=window={seconds},durable")
            }
            _ => name.to_owned(),
        });
        let all: Vec<_> = with_values
            .chain(self.sts_policy(to).filter(|_| with_policy))
            .collect();
        all.join(" ")
    }

    /// The capability `sts` for a client: where to connect with TLS or, on such a connection, how long
    /// to keep to that.
    fn sts_policy(&self, to: ConnectionId) -> Option<String> {
        let policy = self.settings.sts?;
        let person = self.people.get(to).filter(|person| person.has_cap_302)?;
        Some(match person.is_secure {
            false => format!("sts=port={}", policy.port),
            true => format!("sts=duration={}", policy.seconds),
        })
    }

    /// Sends the capabilities, in several lines to a client that knows that form. IRCv3 capability
    /// negotiation, "Multiline replies to CAP LS and CAP LIST".
    fn send_cap_list(&self, to: ConnectionId, values: &str) -> CommandResult<'static> {
        if !self.people.get(to).is_some_and(|one| one.has_cap_302) {
            return self.send_cap(to, "LS", values);
        }
        let head = format!(
            ":{} CAP {} LS * :",
            self.settings.name,
            self.nick_or_star(to)
        );
        let mut lines = Vec::new();
        let words = values.split(' ');
        in_lines(words, ' ', LINE_BYTES_MAX - head.len(), |line| {
            lines.push(line.to_owned());
        });
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.send(to, self.line(format_args!("{head}{line}")));
        }
        self.send_cap(to, "LS", last)
    }

    /// Sends the list as a whole or returns an error: a client would read a part of it as a
    /// different list.
    fn send_cap(
        &self,
        to: ConnectionId,
        answer: &str,
        list: impl fmt::Display,
    ) -> CommandResult<'static> {
        let (name, nick) = (&self.settings.name, self.nick_or_star(to));
        let words = format_args!(":{name} CAP {nick} {answer} :{list}");
        let line = self.outbox().line_if_fits(words);
        self.send(to, line.ok_or(Rejection::LineTooLong)?);
        Ok(())
    }

    /// Sets the capabilities of a connection, also in each room it is in.
    fn set_capabilities(&mut self, id: ConnectionId, capabilities: Capabilities) {
        if let Some(person) = self.people.get_mut(id) {
            person.capabilities = capabilities;
        }
        let user = self.people.registered(id);
        for membership in user.map_or(&[][..], |user| &user.rooms) {
            let room = self.rooms.get_mut(membership.room);
            if let Some(member) = room.and_then(|room| room.member_mut(*membership)) {
                member.has = capabilities.of_member();
            }
        }
    }

    pub(super) fn setname(
        &mut self,
        from: ConnectionId,
        real_name: Option<&str>,
    ) -> CommandResult<'static> {
        let real_name = real_name.ok_or(Rejection::NotEnoughParameters("SETNAME"))?;
        if real_name.is_empty() {
            return Err(Rejection::RealNameEmpty);
        }
        if real_name.len() > self.settings.limits.real_name_bytes as usize {
            return Err(Rejection::RealNameTooLong);
        }
        let (wanted, has) = (Capabilities::SETNAME, self.capabilities(from));
        self.people.registered_mut(from)?.real_name = real_name.into();
        let user = self.people.registered(from)?;
        let line = self.line(format_args!(":{} SETNAME :{real_name}", user.source));
        if has.has(wanted) {
            self.send_fanout(from, self.user_fanout(user, line));
        }
        self.broadcast_to_peers(from, wanted, line, None);
        Ok(())
    }

    pub(super) fn ping(&self, from: ConnectionId, token: &str) {
        let name = &self.settings.name;
        let line = self.line(format_args!(":{name} PONG {name} :{token}"));
        self.send(from, line);
    }

    pub(super) fn quit(&mut self, from: ConnectionId, reason: Option<&str>) {
        // The prefix distinguishes the user's text from the server's reason for a lost connection.
        let bytes_max = self.settings.limits.reason_bytes;
        let quit_reason = reason.map(|reason| format!("Quit: {}", truncate(reason, bytes_max)));
        self.disconnect(from, quit_reason.as_deref().unwrap_or("Quit"));
    }

    /// Completes registration once nick, user name, password and capabilities are settled.
    fn register_if_complete(&mut self, id: ConnectionId) -> CommandResult<'static> {
        let Some(person) = self.people.get_mut(id) else {
            return Ok(());
        };
        let ConnectionStage::Unregistered(pending) = &person.stage else {
            return Ok(());
        };
        let (Some(nick), Some((username, real_name)), false) =
            (&pending.nick, &pending.user, pending.negotiating)
        else {
            return Ok(());
        };
        if self.settings.password.is_some() && !pending.password_ok {
            return Err(Rejection::WrongPassword);
        }
        let (nick, username, real_name) = (nick.clone(), username.clone(), real_name.clone());
        if !pending.has_reserved_nick {
            self.reserve_nick(id);
        }
        if self.people.owner_of(nick.as_str()) != Some(id) {
            // It was taken before the password came, or it belongs to an account.
            self.people.unregistered(id)?.nick = None;
            let rejection = match self.people.owner_of(nick.as_str()) {
                Some(_) => Rejection::NickInUse(nick.as_str()),
                None => Rejection::NickReserved(nick.as_str()),
            };
            self.send_rejection(id, rejection);
            return Ok(());
        }
        self.abort_exchange(id);
        let account = self.people.unregistered(id)?.account.take();
        let Some(person) = self.people.get_mut(id) else {
            return Ok(());
        };
        let host = person.host;
        let shown_host = self.shown_host(host);
        let Some(person) = self.people.get_mut(id) else {
            return Ok(());
        };
        person.stage = ConnectionStage::Registered(Registered {
            account,
            source: format!("{nick}!{username}@{shown_host}").into(),
            nick: nick.clone(),
            username,
            real_name,
            rooms: Vec::new(),
            invitations: Vec::new(),
            monitoring: BTreeSet::new(),
            modes: Modes::default(),
            away: None,
            signed_on: self.now.unix,
            last_spoke: self.now.running,
            nick_changes: (0, 0),
        });
        self.people.registered += 1;
        let here = self.people.registered;
        self.people.registered_max = self.people.registered_max.max(here);
        self.reschedule(id, self.next_ping(self.now.running));
        if self.disconnect_if_banned(id) {
            return Ok(());
        }
        self.welcome(id);
        info!(%nick, %host, here, "joined");
        self.notify_online(id);
        if let Some(lobby) = self.settings.lobby.clone()
            && let Err(rejection) = self.join_one(id, lobby.as_str(), None)
        {
            self.reject(id, rejection);
        }
        Ok(())
    }
}

/// The reason to close a connection whose first line belongs to another protocol. A web page can
/// make a browser send lines of its choice after an HTTP header, and a TLS client waits for a reply
/// that never comes.
pub(super) fn other_protocol(line: &[u8]) -> Option<&'static str> {
    const TLS_HANDSHAKE: &[u8] = &[0x16];
    if line.starts_with(TLS_HANDSHAKE) {
        return Some("This port does not support TLS");
    }
    // The signature of version 2 of the PROXY protocol has a line with NUL alone.
    if line == [0] {
        return Some(REFUSED_PROXY_HEADER);
    }
    let space = line.iter().position(|byte| *byte == b' ');
    match space.and_then(|end| line.get(..end)) {
        Some(b"PROXY") => Some(REFUSED_PROXY_HEADER),
        Some(
            b"GET" | b"POST" | b"PUT" | b"HEAD" | b"OPTIONS" | b"CONNECT" | b"DELETE" | b"PATCH",
        ) => Some("This port speaks IRC, not HTTP"),
        _ => None,
    }
}

/// The user name as others see it: `~`, because it is not verified, and the characters that cannot
/// be mistaken for another part of `nick!user@host`. `None` if none are left.
fn clean_user_name(user: &str) -> Option<String> {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let clean: String = user.chars().filter(kept).take(USER_BYTES_MAX - 1).collect();
    (!clean.is_empty()).then(|| format!("~{clean}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_cannot_be_mistaken_for_another_part_of_a_source() {
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
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2",
            b"\0",
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
