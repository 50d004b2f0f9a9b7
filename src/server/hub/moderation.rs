//! Who may come into a room and who has to leave it: INVITE and KICK.

use super::Hub;
use super::capability::Capabilities;
use super::limits::{REASON_BYTES_MAX, cut};
use super::people::{ConnectionId, Invitation};
use super::refusal::{Done, Refusal};
use crate::wire::Reply;

/// How many invitations a person can have at a time; the oldest is forgotten for one more.
const INVITATIONS_MAX: usize = 50;

impl Hub {
    pub(super) fn invite<'a>(
        &mut self,
        from: ConnectionId,
        nick: Option<&'a str>,
        room: Option<&'a str>,
    ) -> Done<'a> {
        let Some(nick) = nick else {
            return self.tell_invitations(from);
        };
        let name = room.ok_or(Refusal::NotEnoughParameters("INVITE"))?;
        let (guest, _) = self.people.find(nick)?;
        let guest = guest.id;
        let (number, room) = self.rooms.find(name)?;
        let host = self.membership(from, number);
        let host = host.ok_or(Refusal::NotInRoom(name))?;
        if self.membership(guest, number).is_some() {
            return Err(Refusal::OtherInRoom(nick, name));
        }
        if room.modes.has('i') && !host.operator {
            return Err(Refusal::NotRoomOperator(name));
        }
        let invitation = Invitation {
            room: number,
            serial: room.serial,
        };
        let invitations = &mut self.people.present_mut(guest)?.invitations;
        invitations.retain(|one| *one != invitation);
        if invitations.len() >= INVITATIONS_MAX {
            invitations.remove(0);
        }
        invitations.push(invitation);
        self.tell_invitation(from, guest, number);
        Ok(())
    }

    fn tell_invitation(&self, from: ConnectionId, guest: ConnectionId, number: u32) {
        let (Ok(host), Ok(present)) = (self.people.present(from), self.people.present(guest))
        else {
            return;
        };
        let Some(room) = self.rooms.get(number) else {
            return;
        };
        let (source, nick, name) = (&host.source, &present.nick, &room.name);
        self.reply_about(from, Reply::Inviting, format_args!("{nick} {name}"));
        if let Some(message) = &present.away {
            let rest = format_args!("{nick} :{message}");
            self.reply_about(from, Reply::Away, rest);
        }
        let line = self.line(format_args!(":{source} INVITE {nick} {name}"));
        self.post(guest, line);
        // The one who asked knows already.
        self.tell_those(room, &mut self.told(line), |member| {
            member.capabilities.has(Capabilities::INVITE_NOTIFY) && member.id != from
        });
    }

    fn tell_invitations(&self, to: ConnectionId) -> Done<'static> {
        for invitation in &self.people.present(to)?.invitations {
            let room = self.rooms.get(invitation.room);
            if let Some(room) = room.filter(|room| room.serial == invitation.serial) {
                self.reply_about(to, Reply::InviteList, format_args!("{}", room.name));
            }
        }
        self.reply(to, Reply::EndOfInviteList);
        Ok(())
    }

    pub(super) fn kick<'a>(
        &mut self,
        from: ConnectionId,
        rooms: &'a str,
        nicks: &'a str,
        reason: Option<&str>,
    ) -> Done<'a> {
        // One room for all of the nicks, or one for each of them. RFC 2812, 3.2.8.
        let mut named = rooms.split(',').filter(|name| !name.is_empty());
        let missing = Refusal::NotEnoughParameters("KICK");
        let mut room = named.next().ok_or(missing)?;
        let one_room = named.clone().next().is_none();
        drop(self.targets(nicks, "KICK")?);
        let nicks = nicks.split(',').filter(|nick| !nick.is_empty());
        for (nick, at) in nicks.zip(0..) {
            if at > 0 && !one_room {
                let Some(next) = named.next() else { break };
                room = next;
            }
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
        let (number, room) = self.rooms.find(name)?;
        self.operators_of(number, name, from)?;
        let (victim, present) = self.people.find(nick)?;
        if present.membership(number).is_none() {
            return Err(Refusal::OtherNotInRoom(nick, name));
        }
        let reason = reason.unwrap_or(kicker.nick.as_str());
        let reason = cut(reason, REASON_BYTES_MAX);
        let (source, name, nick) = (&kicker.source, &room.name, &present.nick);
        let line = self.line(format_args!(":{source} KICK {name} {nick} :{reason}"));
        self.tell_room(room, line);
        let victim = victim.id;
        self.rooms.leave(number, victim, &mut self.people);
        Ok(())
    }
}
