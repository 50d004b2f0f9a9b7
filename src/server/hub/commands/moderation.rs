//! Who may come into a room and who has to leave it: INVITE and KICK.

use crate::server::hub::limits::cut;
use crate::server::hub::{Capabilities, ConnectionId, Done, Hub, Refusal, Reply};

/// How many invitations a person can have at a time; the oldest is forgotten for one more.
const INVITATIONS_MAX: usize = 50;

impl Hub {
    pub(in crate::server::hub) fn invite<'a>(
        &mut self,
        from: ConnectionId,
        nick: Option<&'a str>,
        room: Option<&'a str>,
    ) -> Done<'a> {
        let Some(nick) = nick else {
            return self.tell_invitations(from);
        };
        let name = room.ok_or(Refusal::NotEnoughParameters("INVITE"))?;
        let (guest, present) = self.people.find(nick)?;
        let (room, host) = self.own_room(from, name)?;
        if present.membership(room.number).is_some() {
            return Err(Refusal::OtherInRoom(nick, name));
        }
        if room.modes.has('i') && !host.operator {
            return Err(Refusal::NotRoomOperator(name));
        }
        let source = &self.people.present(from)?.source;
        let (nick, name) = (&present.nick, &room.name);
        self.reply_with(from, Reply::Inviting, format_args!("{nick} {name}"));
        self.tell_if_away(from, present);
        let line = self.line(format_args!(":{source} INVITE {nick} {name}"));
        self.post(guest.id, line);
        // The one who asked knows already.
        self.tell_those(room, &mut self.told(line), |member| {
            member.capabilities.has(Capabilities::INVITE_NOTIFY) && member.id != from
        });
        let (guest, invitation) = (guest.id, room.invitation());
        let invitations = &mut self.people.present_mut(guest)?.invitations;
        invitations.retain(|one| *one != invitation);
        if invitations.len() >= INVITATIONS_MAX {
            invitations.remove(0);
        }
        invitations.push(invitation);
        Ok(())
    }

    fn tell_invitations(&self, to: ConnectionId) -> Done<'static> {
        for invitation in &self.people.present(to)?.invitations {
            let room = self.rooms.get(invitation.room);
            if let Some(room) = room.filter(|room| room.invitation() == *invitation) {
                self.reply_with(to, Reply::InviteList, format_args!("{}", room.name));
            }
        }
        self.reply(to, Reply::EndOfInviteList);
        Ok(())
    }

    pub(in crate::server::hub) fn kick<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        nicks: &'a str,
        reason: Option<&str>,
    ) -> Done<'a> {
        // One room for all of the nicks, or one for each of them. RFC 2812, 3.2.8.
        let rooms: Vec<_> = rooms.split(',').filter(|name| !name.is_empty()).collect();
        let room_of = |at| match *rooms {
            [room] => Some(room),
            _ => rooms.get(at).copied(),
        };
        room_of(0).ok_or(Refusal::NotEnoughParameters("KICK"))?;
        drop(self.targets(nicks, "KICK")?);
        let nicks = nicks.split(',').filter(|nick| !nick.is_empty());
        for (at, nick) in nicks.enumerate() {
            let Some(room) = room_of(at) else { break };
            if let Err(refusal) = self.kick_one(from, room, nick, reason) {
                self.refuse(from, refusal);
            }
        }
        Ok(())
    }

    fn kick_one<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        nick: &'a str,
        reason: Option<&str>,
    ) -> Done<'a> {
        let kicker = self.people.present(from)?;
        let room = self.operated_room(from, name)?;
        let (victim, present) = self.people.find(nick)?;
        if present.membership(room.number).is_none() {
            return Err(Refusal::OtherNotInRoom(nick, name));
        }
        let reason = reason.unwrap_or(kicker.nick.as_str());
        let reason = cut(reason, self.settings.limits.reason_bytes);
        let (source, name, nick) = (&kicker.source, &room.name, &present.nick);
        let line = self.line(format_args!(":{source} KICK {name} {nick} :{reason}"));
        self.tell_room(room, line);
        let victim = victim.id;
        self.rooms.leave(room.number, victim, &mut self.people);
        Ok(())
    }
}
