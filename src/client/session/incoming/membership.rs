//! Handles joins, parts, quits, kicks and changes of nick; the user's own nick and address.

use super::fields::{is_truncated_nick, parameters_from};
use super::people::is_account;
use crate::client::event::Event;
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::wire::{Message, Request};

impl Session {
    pub(super) fn on_join(
        &mut self,
        message: &Message<'_>,
        room: &str,
        own: bool,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let Some(source) = message.source else { return };
        let account = self.joined_account(message);
        let nick = source.nick();
        if own {
            self.set_address(source.as_str());
            self.enter_room(room, output);
            self.note_joined(message, nick, account);
            return self.complete_confirmed(now, output);
        }
        self.rooms.add(room, nick, Some(now.unix_seconds));
        self.note_joined(message, nick, account.clone());
        output.events.push(Event::Joined {
            room: self.rooms.name_of(room).to_owned(),
            nick: nick.to_owned(),
            account,
        });
        self.warn_confusable(nick, output);
    }

    /// The account in a join, `*` for none. IRCv3 extended-join.
    fn joined_account(&self, message: &Message<'_>) -> Option<String> {
        let is_extended = self.link.capabilities.has_extended_join();
        let account = message.parameter(1).filter(|_| is_extended)?;
        is_account(account).then(|| account.to_owned())
    }

    /// Keeps what a join says of a user besides the nick.
    fn note_joined(&mut self, message: &Message<'_>, nick: &str, account: Option<String>) {
        let is_extended = self.link.capabilities.has_extended_join();
        let real_name = message.parameter(2).filter(|_| is_extended);
        let source = message.source.map_or("", |source| source.as_str());
        let address = source.split_once('!').map(|(_, address)| address);
        self.rooms.note_person(nick, |person| {
            person.address = address.map(str::to_owned);
            if is_extended {
                person.account = account;
                person.real_name = real_name.map(str::to_owned);
            }
        });
    }

    /// The user is in a room now. Its members follow, or are asked for when they are needed: while the
    /// room is the active one.
    fn enter_room(&mut self, room: &str, output: &mut SessionOutput) {
        let lists_members = self.link.capabilities.lists_members();
        self.rooms.enter(room, lists_members);
        self.request_members(output);
        let is_listed = |room: &str| {
            let room = self.rooms.get(room);
            room.is_none_or(|room| room.names_requested)
        };
        if !is_listed(room) {
            self.announce_room(room, None, output);
        }
    }

    /// Asks for the members of the active room, if the server does not list them by itself.
    pub(in crate::client::session) fn request_members(&mut self, output: &mut SessionOutput) {
        if let Some(room) = self.rooms.take_unlisted_room() {
            self.send(&Request::Names { rooms: Some(&room) }, output);
        }
    }

    pub(super) fn on_part(
        &mut self,
        message: &Message<'_>,
        room: &str,
        reason: Option<&str>,
        own: bool,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let reason = self.visible_reason(message, reason);
        let nick = message.source.map_or("", |source| source.nick());
        let room = self.rooms.name_of(room).to_owned();
        if own {
            self.rooms.leave(&room);
            output.events.push(Event::Departed { room });
            return self.complete_confirmed(now, output);
        }
        self.rooms.remove(&room, nick);
        output.events.push(Event::Left {
            room,
            nick: nick.to_owned(),
            reason,
        });
    }

    pub(super) fn on_quit(
        &mut self,
        message: &Message<'_>,
        reason: Option<&str>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let nick = message.source.map_or("", |source| source.nick());
        self.rooms.remove_everywhere(nick);
        let isupport = &self.rooms.isupport;
        let whisperer = self
            .attention
            .last_whisperer
            .take_if(|whisperer| isupport.is_same(whisperer, nick));
        self.attention.departed_whisperer = whisperer.or(self.attention.departed_whisperer.take());
        output.events.push(Event::Quit {
            nick: nick.to_owned(),
            reason: self.visible_reason(message, reason),
        });
        self.regain_from(nick, now, output);
    }

    pub(super) fn on_kick(
        &mut self,
        message: &Message<'_>,
        by: &str,
        room: &str,
        nick: &str,
        output: &mut SessionOutput,
    ) {
        let own = self.is_own(nick);
        let room = self.rooms.name_of(room).to_owned();
        if own {
            self.rooms.leave(&room);
        } else {
            self.rooms.remove(&room, nick);
        }
        output.events.push(Event::Kicked {
            room,
            nick: nick.to_owned(),
            by: by.to_owned(),
            reason: message.parameter(2).map(str::to_owned),
            own,
        });
    }

    pub(super) fn on_nick(
        &mut self,
        from: &str,
        to: &str,
        own: bool,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.rooms.rename(from, to);
        self.attention.ignore_list.rename(from, to);
        if let Some(nick) = &mut self.attention.last_whisperer
            && self.rooms.isupport.is_same(nick, from)
        {
            to.clone_into(nick);
        }
        if own {
            to.clone_into(&mut self.identity.nick);
            let isupport = &self.rooms.isupport;
            let is = |wanted: &str| isupport.is_same(wanted, to) || is_truncated_nick(to, wanted);
            let asked = self.queries.nick.take_if(|asked| is(asked));
            if asked.is_some() || is(&self.settings.nick) {
                // A nick that the user requested is the wanted one from now on.
                to.clone_into(&mut self.settings.nick);
            } else {
                self.identity.renamed_by_server = true;
            }
            self.queries.regaining = false;
            self.identity.regain_at = None;
        }
        output.events.push(Event::Renamed {
            from: from.to_owned(),
            to: to.to_owned(),
            own,
        });
        if !own {
            self.warn_confusable(to, output);
            self.regain_from(from, now, output);
        }
    }

    pub(super) fn on_mode(
        &mut self,
        message: &Message<'_>,
        target: &str,
        letters: &str,
        output: &mut SessionOutput,
    ) {
        let by = message.source.map_or("", |source| source.nick());
        output.events.push(Event::ModeChanged {
            target: self.target(self.rooms.name_of(target)),
            by: by.to_owned(),
            change: parameters_from(message, 1),
        });
        let change = message.parameters.get(1..).unwrap_or_default();
        self.learn_key(target, change);
        self.learn_ranks(target, change);
        // Servers without the numeric for a login set the mode +r.
        if self.is_own(target) && letters.starts_with('+') && letters.contains('r') {
            self.logged_in(output);
        }
    }

    /// The key of a room is needed to join it again. Some servers hide it in a `*`.
    pub(super) fn learn_key(&mut self, room: &str, change: &[&str]) {
        if self.rooms.get(room).is_none() {
            return;
        }
        for (sets, letter, argument) in self.rooms.isupport.mode_changes(change) {
            match (sets, letter, argument) {
                (true, 'k', Some(key)) if !key.bytes().all(|byte| byte == b'*') => {
                    self.rooms.keep_key(room, key);
                }
                (false, 'k', _) => self.rooms.forget_key(room),
                _ => {}
            }
        }
    }

    /// Keeps the ranks that members get and lose.
    fn learn_ranks(&mut self, room: &str, change: &[&str]) {
        for (sets, letter, nick) in self.rooms.isupport.mode_changes(change) {
            let prefix = self.rooms.isupport.prefix_of_mode(letter);
            if let (Some(prefix), Some(nick)) = (prefix, nick) {
                self.rooms.change_prefix(room, nick, prefix, sets);
            }
        }
    }

    /// The user is invited to a room, or another user is. IRCv3 invite-notify.
    pub(super) fn on_invite(
        &mut self,
        message: &Message<'_>,
        invited: Option<&str>,
        room: Option<&str>,
        output: &mut SessionOutput,
    ) {
        let source = message.source;
        if source.is_some_and(|source| self.is_ignored(source.as_str())) {
            return;
        }
        let Some(room) = room else {
            return self.on_unknown(message, output);
        };
        let by = source.map_or("", |source| source.nick());
        let other = invited.filter(|nick| !self.is_own(nick));
        // A numeric confirms the invitations of the user.
        if other.is_some() && self.is_own(by) {
            return;
        }
        self.rooms.add_known_room(room);
        output.events.push(Event::Invited {
            room: self.rooms.name_of(room).to_owned(),
            by: by.to_owned(),
            other: other.map(str::to_owned),
        });
    }

    /// The reason for leaving, unless the user is ignored.
    fn visible_reason(&self, message: &Message<'_>, reason: Option<&str>) -> Option<String> {
        let source = message.source.map_or("", |source| source.as_str());
        reason
            .filter(|_| !self.is_ignored(source))
            .map(str::to_owned)
    }

    /// Warns of a nick that can be confused with another one.
    fn warn_confusable(&self, nick: &str, output: &mut SessionOutput) {
        let own = self.identity.nick.as_str();
        if let Some(other) = self.rooms.confusable(nick, own) {
            output.events.push(Event::ConfusableNick {
                nick: nick.to_owned(),
                other,
            });
        }
    }

    /// Keeps the `user@host` that others see, which limits the length of a message.
    pub(in crate::client::session) fn set_address(&mut self, source: &str) {
        self.identity.address = source
            .split_once('!')
            .map(|(_, address)| address.to_owned());
    }

    /// `396 alice host :is now your displayed host`. Some servers send `user@host`.
    pub(super) fn set_visible_host(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let Some(host) = message.parameter(1) else {
            return;
        };
        let known = self
            .identity
            .address
            .as_deref()
            .unwrap_or(&self.identity.nick);
        let user = known.split('@').next().unwrap_or_default();
        self.identity.address = Some(match host.contains('@') {
            true => host.to_owned(),
            false => format!("{user}@{host}"),
        });
        output.events.push(Event::ServerNotice {
            text: parameters_from(message, 1),
        });
    }

    /// A nick is free again: it can be the one that the user wants.
    fn regain_from(&mut self, nick: &str, now: SessionTime, output: &mut SessionOutput) {
        if self.is_ready()
            && !self.identity.renamed_by_server
            && self.is_same(nick, &self.settings.nick)
        {
            self.regain(now, output);
        }
    }
}
