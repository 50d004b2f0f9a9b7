//! Entering and leaving rooms, who is in them, and what they are about: JOIN, PART, NAMES, TOPIC,
//! LIST.

use std::fmt;

use super::capability::Capabilities;
use super::limits::{REASON_BYTES_MAX, cut};
use super::outbox::{Outbox, Written};
use super::people::ConnectionId;
use super::refusal::{Echo, Refusal};
use super::room::{Member, Room, Topic};
use super::{Hub, Moment};
use crate::wire::name::NameError;
use crate::wire::{Key, Reply, RequestError, RoomName};

impl Hub {
    pub(super) fn join<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        for room in self.targets(rooms, "JOIN")? {
            if let Err(refusal) = self.join_one(from, room, outbox) {
                self.refuse(from, refusal, outbox);
            }
        }
        Ok(())
    }

    fn join_one<'a>(
        &mut self,
        from: ConnectionId,
        room: &'a str,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let name = self.parse_room_name(room)?;
        let present = self.people.present(from)?;
        let number = self.rooms.number_of(room);
        if number.is_some_and(|number| present.membership(number).is_some()) {
            return Ok(());
        }
        if present.rooms.len() >= self.settings.limits.rooms_per_person as usize {
            return Err(Refusal::TooManyRooms { room });
        }
        self.enter_room(from, &name, outbox);
        Ok(())
    }

    fn parse_room_name<'a>(&self, room: &'a str) -> Result<RoomName, Refusal<'a>> {
        let bytes_max = self.settings.limits.room_name_bytes as usize;
        let why = match RoomName::parse(room) {
            Ok(name) if room.len() <= bytes_max => return Ok(name),
            Ok(_) => NameError::TooLong { bytes_max },
            // Without the `#` it is no name of a room at all.
            Err(NameError::Start(_)) => return Err(Refusal::NoSuchRoom { room }),
            Err(why) => why,
        };
        Err(Refusal::BadRoomName { room, why })
    }

    /// Puts somebody who is not there yet into a room, and tells everybody in it.
    pub(super) fn enter_room(&mut self, id: ConnectionId, name: &RoomName, outbox: &mut Outbox) {
        let is_new = self.rooms.number_of(name.as_str()).is_none();
        let lobby = self.settings.lobby.as_ref().map(RoomName::key);
        let operator = is_new && lobby != Some(name.key());
        let Some(number) = self.rooms.enter(name, id, operator, &mut self.people) else {
            return;
        };
        let (Some(room), Ok(present)) = (self.rooms.get(number), self.people.present(id)) else {
            return;
        };
        let line = outbox.line(format_args!(":{} JOIN {}", present.source, room.name));
        send_to_members(room, None, line, outbox);
        if room.topic.is_some() {
            self.tell_topic(id, room, outbox);
        }
        self.tell_names(id, room, outbox);
        self.reply_about(
            id,
            Reply::EndOfNames,
            format_args!("{} :{}", room.name, Reply::EndOfNames.words()),
            outbox,
        );
    }

    pub(super) fn part<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        reason: Option<&str>,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        for room in self.targets(rooms, "PART")? {
            if let Err(refusal) = self.part_one(from, room, reason, outbox) {
                self.refuse(from, refusal, outbox);
            }
        }
        Ok(())
    }

    fn part_one<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        reason: Option<&str>,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let present = self.people.present(from)?;
        let (number, room) = self.rooms.find(name)?;
        if present.membership(number).is_none() {
            return Err(Refusal::NotInRoom { room: name });
        }
        let (source, name) = (&present.source, &room.name);
        let line = match reason {
            Some(reason) => {
                let reason = cut(reason, REASON_BYTES_MAX);
                outbox.line(format_args!(":{source} PART {name} :{reason}"))
            }
            None => outbox.line(format_args!(":{source} PART {name}")),
        };
        send_to_members(room, None, line, outbox);
        self.rooms.leave(number, from, &mut self.people);
        Ok(())
    }

    pub(super) fn names<'a>(
        &mut self,
        from: ConnectionId,
        rooms: Option<&'a str>,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let asked = rooms.unwrap_or("*");
        for name in self.targets(asked, "NAMES")? {
            if let Ok((_, room)) = self.rooms.find(name) {
                self.tell_names(from, room, outbox);
            }
        }
        let words = Reply::EndOfNames.words();
        self.reply_about(
            from,
            Reply::EndOfNames,
            format_args!("{} :{words}", Echo(asked)),
            outbox,
        );
        Ok(())
    }

    /// Who is in a room, without the line that ends it.
    fn tell_names(&self, to: ConnectionId, room: &Room, outbox: &mut Outbox) {
        let capabilities = self.people.get(to).map(|person| person.capabilities);
        let capabilities = capabilities.unwrap_or_default();
        let names = room.members.iter().map(|member| Name {
            hub: self,
            member: *member,
            capabilities,
        });
        let head = format_args!("= {} :", room.name);
        self.reply_list(to, Reply::NamReply, head, names, outbox);
    }

    pub(super) fn topic<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let (_, room) = self.rooms.find(name)?;
        if room.topic.is_some() {
            self.tell_topic(from, room, outbox);
        } else {
            let words = Reply::NoTopic.words();
            let rest = format_args!("{} :{words}", room.name);
            self.reply_about(from, Reply::NoTopic, rest, outbox);
        }
        Ok(())
    }

    fn tell_topic(&self, to: ConnectionId, room: &Room, outbox: &mut Outbox) {
        let (Some(topic), name) = (&room.topic, &room.name) else {
            return;
        };
        let rest = format_args!("{name} :{}", topic.text);
        self.reply_about(to, Reply::Topic, rest, outbox);
        let rest = format_args!("{name} {} {}", topic.setter, topic.time.as_secs());
        self.reply_about(to, Reply::TopicWhoTime, rest, outbox);
    }

    pub(super) fn set_topic<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        topic: &str,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let present = self.people.present(from)?;
        let (number, _) = self.rooms.find(name)?;
        if present.membership(number).is_none() {
            return Err(Refusal::NotInRoom { room: name });
        }
        let room = self.rooms.find_mut(name)?;
        let topic = cut(topic, self.settings.limits.topic_bytes as usize);
        room.topic = (!topic.is_empty()).then(|| Topic {
            text: topic.into(),
            setter: present.source.clone(),
            time: now.unix,
        });
        let (source, name) = (&present.source, &room.name);
        let line = outbox.line(format_args!(":{source} TOPIC {name} :{topic}"));
        send_to_members(room, None, line, outbox);
        Ok(())
    }

    pub(super) fn list<'a>(
        &mut self,
        from: ConnectionId,
        filter: Option<&'a str>,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let words = Reply::ListStart.words();
        let rest = format_args!("Channel :{words}");
        self.reply_about(from, Reply::ListStart, rest, outbox);
        match filter {
            None => {
                for room in self.rooms.all() {
                    self.tell_room(from, room, outbox);
                }
            }
            Some(names) => {
                for name in self.targets(names, "LIST")? {
                    if let Ok((_, room)) = self.rooms.find(name) {
                        self.tell_room(from, room, outbox);
                    }
                }
            }
        }
        self.reply(from, Reply::ListEnd, outbox);
        Ok(())
    }

    fn tell_room(&self, to: ConnectionId, room: &Room, outbox: &mut Outbox) {
        let topic = room.topic.as_ref().map_or("", |topic| &topic.text);
        let rest = format_args!("{} {} :{topic}", room.name, room.members.len());
        self.reply_about(to, Reply::List, rest, outbox);
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
                "PRIVMSG" | "NOTICE" => RequestError::NoRecipient { command }.into(),
                _ => RequestError::NotEnoughParameters { command }.into(),
            });
        }
        if let Some(target) = named().nth(self.settings.limits.targets as usize) {
            return Err(Refusal::TooManyTargets { target });
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

/// Sends a line to everybody in a room, or to everybody but one.
pub(super) fn send_to_members(
    room: &Room,
    except: Option<ConnectionId>,
    line: Written,
    outbox: &mut Outbox,
) {
    for member in &room.members {
        if Some(member.id) != except {
            outbox.send(member.id, line);
        }
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
        f.write_str(self.member.prefix())?;
        if self.capabilities.has(Capabilities::USERHOST_IN_NAMES) {
            f.write_str(&present.source)
        } else {
            f.write_str(present.nick.as_str())
        }
    }
}
