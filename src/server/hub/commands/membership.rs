//! Membership of rooms, and their topics: JOIN, PART, NAMES, TOPIC.

use std::fmt;

use crate::server::hub::limits::truncate;
use crate::server::hub::registered_room::{RoomRank, Topic};
use crate::server::hub::replies::trailing;
use crate::server::hub::stored::{MessageId, StoredKind};
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, LineSpan, Modes, Registered, Rejection, Reply,
    Room, RoomMember, Truncated, Work,
};
use crate::wire::name::NameError;
use crate::wire::{FoldedName, RequestError, RoomName};

impl Hub {
    pub(super) fn join<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        keys: Option<&'a str>,
    ) -> CommandResult<'a> {
        // Keys are matched by position; a room that is named twice takes two of them.
        let key_of = |room: &str| {
            let at = rooms.split(',').position(|one| one == room)?;
            keys?.split(',').nth(at)
        };
        self.for_each(from, self.targets(rooms, "JOIN")?, |hub, room| {
            hub.join_one(from, room, key_of(room))
        })
    }

    pub(super) fn join_one<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        key: Option<&str>,
    ) -> CommandResult<'a> {
        let checked = self.parse_room_name(name)?;
        let user = self.people.registered(from)?;
        let room = self.rooms.by_name(name);
        if room.is_some_and(|room| user.membership(room.number).is_some()) {
            return Ok(());
        }
        if user.rooms.len() >= self.settings.limits.rooms_per_person as usize {
            return Err(Rejection::TooManyRooms(name));
        }
        if let Some(room) = room {
            let most = self.settings.limits.people_per_room;
            self.check_may_join(user, room, (name, key), most)?;
        }
        let found = room.map(|room| room.number);
        self.enter_room(from, &checked, found);
        Ok(())
    }

    /// Checks whether a user may join. An invitation overrides `+i`, `+l` and bans, but no key or
    /// server limit.
    fn check_may_join<'a>(
        &self,
        user: &Registered,
        room: &Room,
        (name, key): (&'a str, Option<&str>),
        most: u32,
    ) -> CommandResult<'a> {
        // A closed lobby would be closed for good: its only operators are those of the server.
        if self.is_lobby(room.name.as_str()) && user.modes.has('o') {
            return Ok(());
        }
        // A user with the rank of an operator cannot be kept out.
        if self.rank_in(user, room) == Some(RoomRank::Operator) {
            return match room.members.len() >= most as usize {
                true => Err(Rejection::RoomFull(name)),
                false => Ok(()),
            };
        }
        let is_asked = user.invitations.contains(&room.invitation());
        let is_full = |limit| room.members.len() >= limit as usize;
        // The cheap checks come before the masks.
        if room.key.as_deref().is_some_and(|right| key != Some(right)) {
            return Err(Rejection::WrongKey(name));
        }
        if is_full(most) || room.limit.is_some_and(is_full) && !is_asked {
            return Err(Rejection::RoomFull(name));
        }
        if is_asked {
            return Ok(());
        }
        if room.modes.has('R') && user.account.is_none() && self.accounts.is_some() {
            return Err(Rejection::NeedsAccount(name));
        }
        self.compare_user(user, |source| {
            if room.is_banned(source) {
                return Err(Rejection::Banned(name));
            }
            if room.modes.has('i') && !room.invited.matches(source) {
                return Err(Rejection::InviteOnly(name));
            }
            Ok(())
        })?;
        // Only those who may join are counted.
        match &room.throttle {
            Some(throttle) if !throttle.may_join(self.now.running) => {
                let seconds = throttle.joins.map_or(0, |(_, seconds)| seconds);
                Err(Rejection::JoinTooFast(name, seconds))
            }
            _ => Ok(()),
        }
    }

    fn parse_room_name<'a>(&self, room: &'a str) -> CommandResult<'a, RoomName> {
        // The name of the lobby may exceed the limit.
        let bytes_max = match self.is_lobby(room) {
            true => room.len(),
            false => self.settings.limits.room_name_bytes as usize,
        };
        RoomName::within(bytes_max, room).map_err(|why| match why {
            // A name without `#` cannot belong to a room.
            NameError::Start(_) => Rejection::NoSuchRoom(room),
            why => Rejection::InvalidRoomName(room, why),
        })
    }

    /// The lobby, if it has a member.
    pub(super) fn lobby(&self) -> Option<&Room> {
        self.rooms.by_name(self.settings.lobby.as_ref()?.as_str())
    }

    pub(super) fn is_lobby(&self, name: &str) -> bool {
        let lobby = self.settings.lobby.as_ref();
        lobby.is_some_and(|lobby| FoldedName::same(lobby.as_str(), name))
    }

    /// Adds a user to a room and announces it to the members. A room that was not found is created.
    fn enter_room(&mut self, id: ConnectionId, name: &RoomName, found: Option<u32>) {
        let is_lobby = self.is_lobby(name.as_str());
        let event = self.begin_event();
        // In the lobby all members may change the topic.
        let modes = Modes::of(if is_lobby { "n" } else { "nt" });
        let number = found.or_else(|| {
            let since = MessageId(self.messages);
            self.rooms.create(name, modes, self.now.unix, since)
        });
        let member = RoomMember {
            id,
            has: self.capabilities(id).of_member(),
            operator: found.is_none() && !is_lobby,
            voice: false,
        };
        if let Some(number) = number
            && self.rooms.enter(number, member, &mut self.people).is_some()
            && let Some(room) = self.rooms.get(number)
        {
            self.announce_join(id, room, event);
            self.send_topic(id, room);
            self.send_marker_on_join(id, &room.name);
            self.send_names(id, room);
            self.reply_about(id, Reply::EndOfNames, &room.name);
            self.replay_on_join(id, number);
        }
        if is_lobby && self.is_operator(id) {
            self.set_lobby_operator(id, true);
        } else if let Some(number) = found {
            self.grant_rank(id, number);
        }
    }

    fn announce_join(&self, id: ConnectionId, room: &Room, event: Option<MessageId>) {
        let Ok(user) = self.people.registered(id) else {
            return;
        };
        let (source, real_name, name) = (&user.source, &user.real_name, &room.name);
        let line = self.line(format_args!(":{source} JOIN {name}"));
        let mut fanout = self.event_fanout(Some(user), line, event);
        // IRCv3 extended-join.
        let account = user.account_or_star();
        let extended_line =
            || self.line(format_args!(":{source} JOIN {name} {account} :{real_name}"));
        let mut extended = None;
        for member in &room.members {
            let fanout = match member.capabilities().has(Capabilities::EXTENDED_JOIN) {
                true => extended
                    .get_or_insert_with(|| self.event_fanout(Some(user), extended_line(), event)),
                false => &mut fanout,
            };
            fanout.send(member.id, member.capabilities(), &mut self.outbox());
        }
        self.keep_event(room, event, StoredKind::Join, user, "");
        if user.away.is_some() {
            let line = self.away_line(user);
            self.broadcast_to_matching(room, &mut self.user_fanout(user, line), |member| {
                member.capabilities().has(Capabilities::AWAY_NOTIFY) && member.id != id
            });
        }
    }

    /// The `AWAY` line of a user. IRCv3 away-notify.
    pub(super) fn away_line(&self, Registered { source, away, .. }: &Registered) -> LineSpan {
        let message = trailing(away.as_deref());
        self.line(format_args!(":{source} AWAY{message}"))
    }

    pub(super) fn part<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        reason: Option<&str>,
    ) -> CommandResult<'a> {
        self.for_each(from, self.targets(rooms, "PART")?, |hub, room| {
            hub.part_one(from, room, reason)
        })
    }

    fn part_one<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        reason: Option<&str>,
    ) -> CommandResult<'a> {
        let event = self.begin_event();
        let (room, member) = self.joined_room(from, name)?;
        let user = self.people.registered(from)?;
        let (source, name) = (&user.source, &room.name);
        // A reason counts as a message to the room.
        let reason = reason.filter(|reason| {
            let refusal = self.send_refusal(user, Some(member), room, Some(reason));
            refusal.is_none()
        });
        let reason =
            trailing(reason.map(|reason| truncate(reason, self.settings.limits.reason_bytes)));
        let line = self.line(format_args!(":{source} PART {name}{reason}"));
        self.broadcast_to_room(room, self.event_fanout(Some(user), line, event));
        self.keep_event(room, event, StoredKind::Part, user, &reason.to_string());
        self.rooms.leave(room.number, from, &mut self.people);
        Ok(())
    }

    pub(super) fn names<'a>(
        &mut self,
        from: ConnectionId,
        rooms: Option<&'a str>,
    ) -> CommandResult<'a> {
        let asked = rooms.unwrap_or("*");
        for name in self.targets(asked, "NAMES")? {
            if let Ok(room) = self.visible_room(from, name) {
                self.send_names(from, room);
            }
            self.reply_about(from, Reply::EndOfNames, Truncated(name));
        }
        Ok(())
    }

    /// Sends the members of a room, without the final 366.
    fn send_names(&self, to: ConnectionId, room: &Room) {
        let capabilities = self.capabilities(to);
        let is_member = self.member(to, room).is_some();
        self.charge(Work::Listing, room.members.len());
        let names = room.members.iter().filter_map(|member| {
            let user = self.people.registered(member.id).ok()?;
            // Invisible users are listed for members only.
            let name = match capabilities.has(Capabilities::USERHOST_IN_NAMES) {
                true => &user.source,
                false => user.nick.as_str(),
            };
            let prefix = member.prefix(capabilities.has(Capabilities::MULTI_PREFIX));
            let shown = fmt::from_fn(move |f| {
                f.write_str(prefix)?;
                f.write_str(name)
            });
            (is_member || !user.modes.has('i')).then_some(shown)
        });
        let symbol = if room.modes.has('s') { '@' } else { '=' };
        let head = format_args!("{symbol} {} :", room.name);
        self.reply_list(to, Reply::NamReply, (head, ' '), names);
    }

    pub(super) fn topic<'a>(&mut self, from: ConnectionId, name: &'a str) -> CommandResult<'a> {
        let room = self.visible_room(from, name)?;
        if room.topic.is_none() {
            self.reply_about(from, Reply::NoTopic, &room.name);
        }
        self.send_topic(from, room);
        Ok(())
    }

    /// Sends the topic, if there is one.
    fn send_topic(&self, to: ConnectionId, room: &Room) {
        if let Some(Topic { text, setter, time }) = &room.topic {
            let (name, time) = (&room.name, time.as_secs());
            self.reply_with(to, Reply::Topic, format_args!("{name} :{text}"));
            let rest = format_args!("{name} {setter} {time}");
            self.reply_with(to, Reply::TopicWhoTime, rest);
        }
    }

    pub(super) fn set_topic<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        topic: &str,
    ) -> CommandResult<'a> {
        let event = self.begin_event();
        let (room, member) = self.joined_room(from, name)?;
        if room.modes.has('t') && !member.operator {
            return Err(Rejection::NotRoomOperator(name));
        }
        let user = self.people.registered(from)?;
        if let Some(why) = self.send_refusal(user, Some(member), room, Some(topic)) {
            return Err(Rejection::CannotSendToRoom(name, why));
        }
        let source = &user.source;
        let topic = truncate(topic, self.settings.limits.topic_bytes);
        let line = self.line(format_args!(":{source} TOPIC {} :{topic}", room.name));
        self.broadcast_to_room(room, self.event_fanout(Some(user), line, event));
        self.keep_event(room, event, StoredKind::Topic, user, &format!(" :{topic}"));
        let topic = (!topic.is_empty()).then(|| Topic {
            text: topic.into(),
            setter: source.clone(),
            time: self.now.unix,
        });
        let number = room.number;
        if let Some(room) = self.rooms.get_mut(number) {
            room.topic = topic;
        }
        self.keep_room(number, false);
        Ok(())
    }

    /// The membership of a user in a room, as the room keeps it.
    pub(super) fn member<'r>(&self, id: ConnectionId, room: &'r Room) -> Option<&'r RoomMember> {
        let user = self.people.registered(id).ok()?;
        self.charge(Work::Entry, user.rooms.len());
        room.member(user.membership(room.number)?)
    }

    /// The rooms of a user, each with the user's member entry.
    pub(in crate::server::hub) fn rooms_of(
        &self,
        user: &Registered,
    ) -> impl Iterator<Item = (&Room, &RoomMember)> {
        user.rooms.iter().filter_map(|membership| {
            let room = self.rooms.get(membership.room)?;
            Some((room, room.member(*membership)?))
        })
    }

    /// A room that the user must be in.
    pub(super) fn joined_room<'a>(
        &self,
        id: ConnectionId,
        name: &'a str,
    ) -> CommandResult<'a, (&Room, &RoomMember)> {
        let room = self.rooms.find(name)?;
        let member = self.member(id, room).ok_or(Rejection::NotInRoom(name))?;
        Ok((room, member))
    }

    /// A room that the user must be an operator of.
    pub(super) fn operated_room<'a>(
        &self,
        id: ConnectionId,
        name: &'a str,
    ) -> CommandResult<'a, &Room> {
        let (room, member) = self.joined_room(id, name)?;
        let is_operator = member.operator.then_some(room);
        is_operator.ok_or(Rejection::NotRoomOperator(name))
    }

    /// A room that the user must be able to see.
    pub(super) fn visible_room<'a>(
        &self,
        id: ConnectionId,
        name: &'a str,
    ) -> CommandResult<'a, &Room> {
        let room = self.rooms.find(name)?;
        let is_visible = self.is_visible(id, room);
        is_visible.then_some(room).ok_or(Rejection::NotInRoom(name))
    }

    /// A secret room is visible to its members only.
    pub(super) fn is_visible(&self, to: ConnectionId, room: &Room) -> bool {
        !room.modes.has('s') || self.member(to, room).is_some()
    }

    /// Runs `work` for each name. An error is sent to the client and does not stop the rest.
    pub(super) fn for_each<'a>(
        &mut self,
        from: ConnectionId,
        named: impl Iterator<Item = &'a str>,
        mut work: impl FnMut(&mut Self, &'a str) -> CommandResult<'a>,
    ) -> CommandResult<'a> {
        for name in named {
            if let Err(rejection) = work(self, name) {
                self.reject(from, rejection);
            }
        }
        Ok(())
    }

    /// The names in a comma-separated list, each once. A list with too many names is an error, so
    /// that no request is carried out in part.
    pub(super) fn targets<'a>(
        &self,
        list: &'a str,
        command: &'static str,
    ) -> CommandResult<'a, impl Iterator<Item = &'a str> + use<'a>> {
        let separators = list.bytes().filter(|byte| *byte == b',').count();
        self.charge(Work::Name, 4 * (separators + 1));
        let mut named = list.split(',').filter(|name| !name.is_empty());
        let is_first = true;
        let missing = RequestError::Missing { command, is_first };
        named.next().ok_or(missing)?;
        let most = self.settings.limits.targets as usize;
        // The first name is consumed above.
        if separators >= most
            && let Some(target) = named.nth(most.saturating_sub(1))
        {
            return Err(Rejection::TooManyTargets(target));
        }
        let is_repeated = move |at, name| {
            list.split(',')
                .take(at)
                .any(|one| FoldedName::same(one, name))
        };
        let numbered = list.split(',').enumerate();
        let once = numbered.filter(move |(at, name)| !name.is_empty() && !is_repeated(*at, name));
        Ok(once.map(|(_, name)| name))
    }
}
