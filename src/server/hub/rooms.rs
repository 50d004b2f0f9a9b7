//! Entering and leaving rooms, who is in them, and what they are about: JOIN, PART, NAMES, TOPIC.

use std::fmt;

use super::Hub;
use super::capability::Capabilities;
use super::limits::{REASON_BYTES_MAX, cut};
use super::outbox::Written;
use super::people::{ConnectionId, Invitation, Present};
use super::refusal::{Done, Echo, Refusal};
use super::room::{Founding, Member, Room, Topic};
use crate::wire::name::NameError;
use crate::wire::{Key, Reply, RequestError, RoomName};

impl Hub {
    pub(super) fn join<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        keys: Option<&'a str>,
    ) -> Done<'a> {
        // Keys go by position, so a room named twice takes up two of them.
        let key_of = |room: &str| {
            let at = rooms.split(',').position(|one| one == room)?;
            keys?.split(',').nth(at)
        };
        for room in self.targets(rooms, "JOIN")? {
            if let Err(refusal) = self.join_one(from, room, key_of(room)) {
                self.refuse(from, refusal);
            }
        }
        Ok(())
    }

    pub(super) fn join_one<'a>(
        &mut self,
        from: ConnectionId,
        room: &'a str,
        key: Option<&str>,
    ) -> Done<'a> {
        let name = self.parse_room_name(room)?;
        let present = self.people.present(from)?;
        let number = self.rooms.number_of(room);
        if number.is_some_and(|number| present.membership(number).is_some()) {
            return Ok(());
        }
        if present.rooms.len() >= self.settings.limits.rooms_per_person as usize {
            return Err(Refusal::TooManyRooms(room));
        }
        if let Some(number) = number {
            self.may_enter(present, number, room, key)?;
        }
        self.enter_room(from, &name);
        Ok(())
    }

    /// Whether the modes of a room let somebody in. Whoever was asked in passes those that only
    /// keep the room small.
    fn may_enter<'a>(
        &self,
        present: &Present,
        number: u32,
        name: &'a str,
        key: Option<&str>,
    ) -> Done<'a> {
        let (_, room) = self.rooms.find(name)?;
        let invitation = Invitation {
            room: number,
            serial: room.serial,
        };
        let is_asked = present.invitations.contains(&invitation);
        let is_full = |limit| room.members.len() >= limit as usize;
        if room.bans(&present.source) {
            return Err(Refusal::Banned(name));
        }
        if room.modes.has('i') && !is_asked && !room.invited.fit(&present.source) {
            return Err(Refusal::InviteOnly(name));
        }
        if room.key.as_deref().is_some_and(|right| key != Some(right)) {
            return Err(Refusal::WrongKey(name));
        }
        if room.limit.is_some_and(is_full) && !is_asked {
            return Err(Refusal::RoomFull(name));
        }
        Ok(())
    }

    fn parse_room_name<'a>(&self, room: &'a str) -> Result<RoomName, Refusal<'a>> {
        let bytes_max = self.settings.limits.room_name_bytes as usize;
        let why = match RoomName::parse(room) {
            Ok(name) if room.len() <= bytes_max => return Ok(name),
            Ok(_) => NameError::TooLong { bytes_max },
            // Without the `#` it is no name of a room at all.
            Err(NameError::Start(_)) => return Err(Refusal::NoSuchRoom(room)),
            Err(why) => why,
        };
        Err(Refusal::BadRoomName(room, why))
    }

    /// Puts somebody who is not there yet into a room, and tells everybody in it.
    fn enter_room(&mut self, id: ConnectionId, name: &RoomName) {
        let is_new = self.rooms.number_of(name.as_str()).is_none();
        let is_lobby = self.settings.lobby.as_ref().map(RoomName::key) == Some(name.key());
        let founding = Founding {
            operator: if is_lobby {
                self.is_operator(id)
            } else {
                is_new
            },
            // The lobby belongs to everybody, its topic too.
            modes: if is_lobby { "n" } else { "nt" },
            time: self.now.unix,
        };
        let number = self.rooms.enter(name, id, founding, &mut self.people);
        let Some(number) = number else { return };
        if let Ok(present) = self.people.present_mut(id) {
            present.invitations.retain(|one| one.room != number);
        }
        let Some(room) = self.rooms.get(number) else {
            return;
        };
        self.tell_of_entering(id, room);
        if room.topic.is_some() {
            self.tell_topic(id, room);
        }
        self.tell_names(id, room);
        self.reply_about(
            id,
            Reply::EndOfNames,
            format_args!("{} :{}", room.name, Reply::EndOfNames.words()),
        );
    }

    fn tell_of_entering(&self, id: ConnectionId, room: &Room) {
        let Ok(present) = self.people.present(id) else {
            return;
        };
        let (source, name) = (&present.source, &room.name);
        let mut told = self.told(self.line(format_args!(":{source} JOIN {name}")));
        // Nobody has an account, which is written as a star. IRCv3 extended-join.
        let real_name = &present.real_name;
        let mut extended = None;
        let away = present.away.as_ref();
        let away = away.and_then(|_| self.away_line(id));
        let mut away = away.map(|line| self.told(line));
        let extended_line = || self.line(format_args!(":{source} JOIN {name} * :{real_name}"));
        for Member {
            id: to,
            capabilities: has,
            ..
        } in room.members.iter().copied()
        {
            if has.has(Capabilities::EXTENDED_JOIN) {
                let extended = extended.get_or_insert_with(|| self.told(extended_line()));
                extended.send(to, has, &mut self.outbox());
            } else {
                told.send(to, has, &mut self.outbox());
            }
            if let Some(away) = away.as_mut().filter(|_| to != id)
                && has.has(Capabilities::AWAY_NOTIFY)
            {
                away.send(to, has, &mut self.outbox());
            }
        }
    }

    /// Whether somebody is away, as those who want to know are told. IRCv3 away-notify.
    pub(super) fn away_line(&self, id: ConnectionId) -> Option<Written> {
        let Present { source, away, .. } = self.people.present(id).ok()?;
        Some(match away {
            Some(message) => self.line(format_args!(":{source} AWAY :{message}")),
            None => self.line(format_args!(":{source} AWAY")),
        })
    }

    pub(super) fn part<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        reason: Option<&str>,
    ) -> Done<'a> {
        for room in self.targets(rooms, "PART")? {
            if let Err(refusal) = self.part_one(from, room, reason) {
                self.refuse(from, refusal);
            }
        }
        Ok(())
    }

    fn part_one<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        reason: Option<&str>,
    ) -> Done<'a> {
        let present = self.people.present(from)?;
        let (number, room) = self.rooms.find(name)?;
        if present.membership(number).is_none() {
            return Err(Refusal::NotInRoom(name));
        }
        let (source, name) = (&present.source, &room.name);
        let line = match reason {
            Some(reason) => {
                let reason = cut(reason, REASON_BYTES_MAX);
                self.line(format_args!(":{source} PART {name} :{reason}"))
            }
            None => self.line(format_args!(":{source} PART {name}")),
        };
        self.tell_room(room, line);
        self.rooms.leave(number, from, &mut self.people);
        Ok(())
    }

    pub(super) fn names<'a>(&mut self, from: ConnectionId, rooms: Option<&'a str>) -> Done<'a> {
        let asked = rooms.unwrap_or("*");
        for name in self.targets(asked, "NAMES")? {
            if let Ok((number, room)) = self.rooms.find(name)
                && (!room.modes.has('s') || self.membership(from, number).is_some())
            {
                self.tell_names(from, room);
            }
        }
        let words = Reply::EndOfNames.words();
        self.reply_about(
            from,
            Reply::EndOfNames,
            format_args!("{} :{words}", Echo(asked)),
        );
        Ok(())
    }

    /// Who is in a room, without the line that ends it.
    fn tell_names(&self, to: ConnectionId, room: &Room) {
        let capabilities = self.capabilities(to);
        let is_member = room.members.iter().any(|member| member.id == to);
        // Who is hidden is seen by those in the same room only.
        let is_seen = |member: &&Member| {
            let present = self.people.present(member.id);
            is_member || present.is_ok_and(|present| !present.modes.has('i'))
        };
        let names = room.members.iter().filter(is_seen).map(|member| Name {
            hub: self,
            member: *member,
            capabilities,
        });
        let symbol = if room.modes.has('s') { '@' } else { '=' };
        let head = format_args!("{symbol} {} :", room.name);
        self.reply_words(to, Reply::NamReply, head, names);
    }

    pub(super) fn topic<'a>(&mut self, from: ConnectionId, name: &'a str) -> Done<'a> {
        let (number, room) = self.rooms.find(name)?;
        if room.modes.has('s') && self.membership(from, number).is_none() {
            return Err(Refusal::NotInRoom(name));
        }
        if room.topic.is_some() {
            self.tell_topic(from, room);
        } else {
            let words = Reply::NoTopic.words();
            let rest = format_args!("{} :{words}", room.name);
            self.reply_about(from, Reply::NoTopic, rest);
        }
        Ok(())
    }

    fn tell_topic(&self, to: ConnectionId, room: &Room) {
        let (Some(topic), name) = (&room.topic, &room.name) else {
            return;
        };
        let rest = format_args!("{name} :{}", topic.text);
        self.reply_about(to, Reply::Topic, rest);
        let rest = format_args!("{name} {} {}", topic.setter, topic.time.as_secs());
        self.reply_about(to, Reply::TopicWhoTime, rest);
    }

    pub(super) fn set_topic<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        topic: &str,
    ) -> Done<'a> {
        let (number, room) = self.rooms.find(name)?;
        match self.membership(from, number) {
            None => return Err(Refusal::NotInRoom(name)),
            Some(member) if room.modes.has('t') && !member.operator => {
                return Err(Refusal::NotRoomOperator(name));
            }
            Some(_) => {}
        }
        let source = &self.people.present(from)?.source;
        let topic = cut(topic, self.settings.limits.topic_bytes as usize);
        let line = self.line(format_args!(":{source} TOPIC {} :{topic}", room.name));
        self.tell_room(room, line);
        let topic = (!topic.is_empty()).then(|| Topic {
            text: topic.into(),
            setter: source.clone(),
            time: self.now.unix,
        });
        if let Some(room) = self.rooms.get_mut(number) {
            room.topic = topic;
        }
        Ok(())
    }

    /// The names between the commas of `list`, each once. More than may be named are refused
    /// before anything is done, so that nothing is done in part.
    pub(super) fn targets<'a>(
        &self,
        list: &'a str,
        command: &'static str,
    ) -> Result<impl Iterator<Item = &'a str> + use<'a>, Refusal<'a>> {
        let named = || list.split(',').filter(|name| !name.is_empty());
        if named().next().is_none() {
            return Err(match command {
                "PRIVMSG" | "NOTICE" | "TAGMSG" => RequestError::NoRecipient { command }.into(),
                _ => RequestError::NotEnoughParameters { command }.into(),
            });
        }
        if let Some(target) = named().nth(self.settings.limits.targets as usize) {
            return Err(Refusal::TooManyTargets(target));
        }
        let is_first = move |at: usize, name: &str| {
            let key = Key::folded(name);
            !list.split(',').take(at).any(|one| Key::folded(one) == key)
        };
        let numbered = list.split(',').enumerate();
        Ok(numbered
            .filter(move |(at, name)| !name.is_empty() && is_first(*at, name))
            .map(|(_, name)| name))
    }
}

/// Somebody in a list of names, as whoever asked wants to see it.
struct Name<'h> {
    hub: &'h Hub,
    member: Member,
    capabilities: Capabilities,
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(present) = self.hub.people.present(self.member.id) else {
            return Ok(());
        };
        let all = self.capabilities.has(Capabilities::MULTI_PREFIX);
        f.write_str(self.member.prefix(all))?;
        if self.capabilities.has(Capabilities::USERHOST_IN_NAMES) {
            f.write_str(&present.source)
        } else {
            f.write_str(present.nick.as_str())
        }
    }
}
