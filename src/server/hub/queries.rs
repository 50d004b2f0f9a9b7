//! Questions about people and about the server: WHO, WHOIS, USERHOST, MOTD, LUSERS, VERSION, TIME.

use std::fmt;

use super::mask;
use super::outbox::Outbox;
use super::people::{ConnectionId, Person, Present};
use super::refusal::{Echo, Refusal};
use super::registration::{VERSION, seconds_as_date};
use super::room::{Member, Room};
use super::{Hub, Moment};
use crate::wire::Reply;

impl Hub {
    pub(super) fn who(
        &mut self,
        from: ConnectionId,
        mask: &str,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        if let Ok((_, room)) = self.rooms.find(mask) {
            for member in &room.members {
                if let Some((person, present)) = self.person(member.id) {
                    self.tell_who(from, Some((room, *member)), person, present, outbox);
                }
            }
        } else if mask.contains(['*', '?']) || mask == "0" {
            // `0` is another way to ask about everybody. RFC 2812, 3.6.1.
            let mask = if mask == "0" { "*" } else { mask };
            for (person, present) in self.people.all_present() {
                if mask::fits(mask, present.nick.as_str()) {
                    self.tell_who(from, None, person, present, outbox);
                }
            }
        } else if let Some((person, present)) = self.people.called(mask) {
            self.tell_who(from, None, person, present, outbox);
        }
        let words = Reply::EndOfWho.words();
        let rest = format_args!("{} :{words}", Echo(mask));
        self.reply_about(from, Reply::EndOfWho, rest, outbox);
        Ok(())
    }

    fn person(&self, id: ConnectionId) -> Option<(&Person, &Present)> {
        let person = self.people.get(id)?;
        Some((person, person.present()?))
    }

    fn tell_who(
        &self,
        to: ConnectionId,
        place: Option<(&Room, Member)>,
        person: &Person,
        present: &Present,
        outbox: &mut Outbox,
    ) {
        let (room, prefix) = match place {
            Some((room, member)) => (room.name.as_str(), member.prefix()),
            None => ("*", ""),
        };
        let away = if present.away.is_some() { 'G' } else { 'H' };
        let (name, host) = (&self.settings.name, person.host);
        let Present {
            user,
            nick,
            real_name,
            ..
        } = present;
        let rest = format_args!("{room} {user} {host} {name} {nick} {away}{prefix} :0 {real_name}");
        self.reply_about(to, Reply::WhoReply, rest, outbox);
    }

    pub(super) fn whois<'a>(
        &mut self,
        from: ConnectionId,
        nick: &'a str,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        match self.people.called(nick) {
            Some((person, present)) => self.tell_whois(from, person, present, now, outbox),
            None => self.refuse(from, Refusal::NoSuchNick { nick }, outbox),
        }
        let words = Reply::EndOfWhois.words();
        let rest = format_args!("{} :{words}", Echo(nick));
        self.reply_about(from, Reply::EndOfWhois, rest, outbox);
        Ok(())
    }

    fn tell_whois(
        &self,
        to: ConnectionId,
        person: &Person,
        present: &Present,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let (nick, host) = (&present.nick, person.host);
        let rest = format_args!("{nick} {} {host} * :{}", present.user, present.real_name);
        self.reply_about(to, Reply::WhoisUser, rest, outbox);
        let rooms = present.rooms.iter().filter_map(|membership| {
            let room = self.rooms.get(membership.room)?;
            let member = room.members.get(membership.position as usize)?;
            Some(RoomOfPerson { room, member })
        });
        let head = format_args!("{nick} :");
        self.reply_list(to, Reply::WhoisChannels, head, rooms, outbox);
        let rest = format_args!("{nick} {} :{VERSION}", self.settings.name);
        self.reply_about(to, Reply::WhoisServer, rest, outbox);
        if let Some(message) = &present.away {
            let rest = format_args!("{nick} :{message}");
            self.reply_about(to, Reply::Away, rest, outbox);
        }
        let idle = now.running.saturating_sub(present.spoke).as_secs();
        let (signed_on, words) = (present.signed_on.as_secs(), Reply::WhoisIdle.words());
        let rest = format_args!("{nick} {idle} {signed_on} :{words}");
        self.reply_about(to, Reply::WhoisIdle, rest, outbox);
    }

    pub(super) fn userhost(
        &mut self,
        from: ConnectionId,
        nicks: &[Option<&str>],
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        let found = nicks.iter().flatten().filter_map(|nick| {
            let (person, present) = self.people.called(nick)?;
            let away = if present.away.is_some() { '-' } else { '+' };
            let (nick, user, host) = (&present.nick, &present.user, person.host);
            Some(format!("{nick}={away}{user}@{host}"))
        });
        let mut found = found.peekable();
        if found.peek().is_none() {
            self.reply_about(from, Reply::Userhost, format_args!(":"), outbox);
        } else {
            self.reply_list(from, Reply::Userhost, format_args!(":"), found, outbox);
        }
        Ok(())
    }

    pub(super) fn motd(
        &mut self,
        from: ConnectionId,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        self.tell_motd(from, outbox);
        Ok(())
    }

    pub(super) fn tell_motd(&self, to: ConnectionId, outbox: &mut Outbox) {
        let (name, motd) = (&self.settings.name, &self.settings.motd);
        if motd.is_empty() {
            return self.reply(to, Reply::NoMotd, outbox);
        }
        let start = format_args!(":- {name} message of the day -");
        self.reply_about(to, Reply::MotdStart, start, outbox);
        for line in motd {
            self.reply_about(to, Reply::Motd, format_args!(":{line}"), outbox);
        }
        self.reply(to, Reply::EndOfMotd, outbox);
    }

    pub(super) fn lusers(
        &mut self,
        from: ConnectionId,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        self.tell_lusers(from, outbox);
        Ok(())
    }

    /// How many are here. Nobody is invisible and there is one server; everybody is its own.
    pub(super) fn tell_lusers(&self, to: ConnectionId, outbox: &mut Outbox) {
        let here = self.people.present;
        let most = self.people.present_most;
        let mut say = |reply: Reply, rest: fmt::Arguments<'_>| {
            self.reply_about(to, reply, rest, outbox);
        };
        say(
            Reply::LuserClient,
            format_args!(":There are {here} users and 0 invisible on 1 servers"),
        );
        for (reply, count) in [
            (Reply::LuserOp, 0),
            (Reply::LuserUnknown, self.people.connected - here),
            (Reply::LuserChannels, self.rooms.slab.len()),
        ] {
            say(reply, format_args!("{count} :{}", reply.words()));
        }
        say(
            Reply::LuserMe,
            format_args!(":I have {here} clients and 0 servers"),
        );
        for (reply, whose) in [(Reply::LocalUsers, "local"), (Reply::GlobalUsers, "global")] {
            say(
                reply,
                format_args!("{here} {most} :Current {whose} users {here}, max {most}"),
            );
        }
    }

    pub(super) fn version(
        &mut self,
        from: ConnectionId,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        let rest = format_args!("{VERSION} {} :a slim chat room", self.settings.name);
        self.reply_about(from, Reply::Version, rest, outbox);
        Ok(())
    }

    pub(super) fn time(
        &mut self,
        from: ConnectionId,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        let date = seconds_as_date(now.unix.as_secs());
        let rest = format_args!("{} :{date}", self.settings.name);
        self.reply_about(from, Reply::Time, rest, outbox);
        Ok(())
    }
}

/// One of the rooms somebody is in, with what they are there.
struct RoomOfPerson<'h> {
    room: &'h Room,
    member: &'h Member,
}

impl fmt::Display for RoomOfPerson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.member.prefix(), self.room.name)
    }
}
