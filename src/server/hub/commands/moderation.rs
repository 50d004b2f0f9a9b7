//! INVITE and KICK.

use crate::server::hub::limits::truncate;
use crate::server::hub::stored::StoredKind;
use crate::server::hub::{Capabilities, CommandResult, ConnectionId, Hub, Rejection, Reply};

/// Maximum number of invitations of a user; the oldest is dropped for a new one.
const INVITATIONS_MAX: usize = 50;

impl Hub {
    pub(super) fn invite<'a>(
        &mut self,
        from: ConnectionId,
        nick: Option<&'a str>,
        room: Option<&'a str>,
    ) -> CommandResult<'a> {
        let Some(nick) = nick else {
            return self.send_invitations(from);
        };
        let name = room.ok_or(Rejection::NotEnoughParameters("INVITE"))?;
        let (invited, user) = self.people.find(nick)?;
        let (room, host) = self.joined_room(from, name)?;
        if user.membership(room.number).is_some() {
            return Err(Rejection::TargetInRoom(nick, name));
        }
        if room.modes.has('i') && !host.operator {
            return Err(Rejection::NotRoomOperator(name));
        }
        let inviter = self.people.registered(from)?;
        let source = &inviter.source;
        let (nick, name) = (&user.nick, &room.name);
        self.reply_with(from, Reply::Inviting, format_args!("{nick} {name}"));
        self.send_away_reply(from, user);
        let line = self.line(format_args!(":{source} INVITE {nick} {name}"));
        let mut fanout = self.user_fanout(inviter, line);
        self.send_fanout(invited.id, fanout);
        // The inviter has the numeric already.
        self.broadcast_to_matching(room, &mut fanout, |member| {
            member.capabilities().has(Capabilities::INVITE_NOTIFY) && member.id != from
        });
        let (invited, invitation) = (invited.id, room.invitation());
        let invitations = &mut self.people.registered_mut(invited)?.invitations;
        invitations.retain(|one| *one != invitation);
        if invitations.len() >= INVITATIONS_MAX {
            invitations.remove(0);
        }
        invitations.push(invitation);
        Ok(())
    }

    fn send_invitations(&self, to: ConnectionId) -> CommandResult<'static> {
        for invitation in &self.people.registered(to)?.invitations {
            let room = self.rooms.get(invitation.room);
            if let Some(room) = room.filter(|room| room.invitation() == *invitation) {
                self.reply_with(to, Reply::InviteList, format_args!("{}", room.name));
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
    ) -> CommandResult<'a> {
        // One room for all of the nicks, or one for each of them. RFC 2812, 3.2.8.
        let rooms: Vec<_> = rooms.split(',').filter(|name| !name.is_empty()).collect();
        let room_of = |at| match *rooms {
            [room] => Some(room),
            _ => rooms.get(at).copied(),
        };
        room_of(0).ok_or(Rejection::NotEnoughParameters("KICK"))?;
        drop(self.targets(nicks, "KICK")?);
        let nicks = nicks.split(',').filter(|nick| !nick.is_empty());
        for (at, nick) in nicks.enumerate() {
            let Some(room) = room_of(at) else { break };
            if let Err(rejection) = self.kick_one(from, room, nick, reason) {
                self.reject(from, rejection);
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
    ) -> CommandResult<'a> {
        let event = self.begin_event();
        let kicker = self.people.registered(from)?;
        let room = self.operated_room(from, name)?;
        let (victim, user) = self.people.find(nick)?;
        if user.membership(room.number).is_none() {
            return Err(Rejection::TargetNotInRoom(nick, name));
        }
        let reason = reason.unwrap_or(kicker.nick.as_str());
        let reason = truncate(reason, self.settings.limits.reason_bytes);
        let (source, name, nick) = (&kicker.source, &room.name, &user.nick);
        let line = self.line(format_args!(":{source} KICK {name} {nick} :{reason}"));
        self.broadcast_to_room(room, self.event_fanout(Some(kicker), line, event));
        let text = format!(" {nick} :{reason}");
        self.keep_event(room, event, StoredKind::Kick, kicker, &text);
        let victim = victim.id;
        self.rooms.leave(room.number, victim, &mut self.people);
        Ok(())
    }
}
