//! How an answer, and news of somebody, reaches those it is for: each in the form they asked for.

use std::cell::RefMut;
use std::fmt;

use super::Hub;
use super::capability::Capabilities;
use super::outbox::{Outbox, Reader, Written};
use super::people::{ConnectionId, Membership, Person};
use super::refusal::Refusal;
use super::room::{Member, Room};
use super::told::Told;
use crate::wire::Reply;

impl Hub {
    /// What the step at hand wants done.
    #[inline]
    pub(super) fn outbox(&self) -> RefMut<'_, Outbox> {
        self.outbox.borrow_mut()
    }

    /// Writes a line of this step.
    pub(super) fn line(&self, words: fmt::Arguments<'_>) -> Written {
        self.outbox().line(words)
    }

    /// Answers a request that cannot be done.
    pub(super) fn refuse(&mut self, from: ConnectionId, refusal: Refusal<'_>) {
        self.refuse_about(from, refusal);
        if let Some(reason) = refusal.ends_connection() {
            self.expel(from, reason);
        }
    }

    /// The same in the middle of an answer, which no such refusal ends.
    pub(super) fn refuse_about(&self, to: ConnectionId, refusal: Refusal<'_>) {
        if let Some(person) = self.people.get(to) {
            let (name, nick) = (&self.settings.name, person.nick_or_star());
            let line = refusal.line(name, nick, &mut self.outbox());
            self.post(to, line);
        }
    }

    /// A line of this step, to be told to several people.
    pub(super) fn told(&self, line: Written) -> Told<'static> {
        Told::new(line, self.now)
    }

    /// Sends a line to one person.
    pub(super) fn post(&self, to: ConnectionId, line: Written) {
        let mut told = self.told(line);
        told.send(to, self.capabilities(to), &mut self.outbox());
    }

    /// Sends a line to everybody in a room.
    pub(super) fn tell_room(&self, room: &Room, line: Written) {
        self.told(line).send_all(&room.members, &mut self.outbox());
    }

    /// The same for all but one, if that one is in the room.
    pub(super) fn tell_others(&self, room: &Room, except: Option<Membership>, told: &mut Told<'_>) {
        let place = except.map_or(room.members.len(), |one| one.position as usize);
        let (before, behind) = room.members.split_at(place.min(room.members.len()));
        let outbox = &mut self.outbox();
        told.send_all(before, outbox);
        told.send_all(behind.get(1..).unwrap_or_default(), outbox);
    }

    /// The same for those members that fit.
    pub(super) fn tell_those(
        &self,
        room: &Room,
        told: &mut Told<'_>,
        fits: impl Fn(&Member) -> bool,
    ) {
        let outbox = &mut self.outbox();
        for member in room.members.iter().filter(|member| fits(member)) {
            told.send(member.id, member.capabilities, outbox);
        }
    }

    pub(super) fn capabilities(&self, of: ConnectionId) -> Capabilities {
        let person = self.people.get(of);
        person.map_or(Capabilities::NONE, |person| person.capabilities)
    }

    pub(super) fn nick_or_star(&self, of: ConnectionId) -> &str {
        self.people.get(of).map_or("*", Person::nick_or_star)
    }

    pub(super) fn has_multi_prefix(&self, id: ConnectionId) -> bool {
        self.capabilities(id).has(Capabilities::MULTI_PREFIX)
    }

    /// Sends a numbered reply that is nothing but the words of its row.
    pub(super) fn reply(&self, to: ConnectionId, reply: Reply) {
        self.reply_about(to, reply, format_args!(":{}", reply.words()));
    }

    /// Sends a numbered reply with `rest` behind the nick, the words of the row included.
    pub(super) fn reply_about(&self, to: ConnectionId, reply: Reply, rest: fmt::Arguments<'_>) {
        let (name, number) = (&self.settings.name, reply.number());
        let nick = self.nick_or_star(to);
        let line = self.line(format_args!(":{name} {number:03} {nick} {rest}"));
        self.post(to, line);
    }

    /// Sends `words` with spaces between them, behind `head`, in as many lines as they need; no
    /// line at all when there are none.
    pub(super) fn reply_words(
        &self,
        to: ConnectionId,
        reply: Reply,
        head: fmt::Arguments<'_>,
        words: impl Iterator<Item = impl fmt::Display>,
    ) {
        self.reply_list(to, reply, (head, ' '), words);
    }

    /// The same, with any character between the words.
    pub(super) fn reply_list(
        &self,
        to: ConnectionId,
        reply: Reply,
        (head, separator): (fmt::Arguments<'_>, char),
        words: impl Iterator<Item = impl fmt::Display>,
    ) {
        let (name, number) = (&self.settings.name, reply.number());
        let nick = self.nick_or_star(to);
        let reader = Reader {
            id: to,
            has: self.capabilities(to),
            now: self.now,
            separator,
        };
        let outbox = &mut self.outbox();
        let mut list = outbox.list(format_args!(":{name} {number:03} {nick} {head}"), reader);
        for word in words {
            list.item(format_args!("{word}"));
        }
        list.end();
    }

    /// Tells each person who shares a room with this one, once each, and not themselves; of those
    /// only who has what is `wanted`. News that has to be wanted reaches those who watch this
    /// person, too. IRCv3 extended-monitor.
    pub(super) fn tell_neighbours(
        &mut self,
        of: ConnectionId,
        wanted: Capabilities,
        mut told: Told<'_>,
    ) {
        self.people.begin_round();
        self.people.mark(of);
        let Self {
            people,
            rooms,
            monitors,
            outbox,
            ..
        } = self;
        let outbox = outbox.get_mut();
        let count = people.present(of).map_or(0, |present| present.rooms.len());
        for at in 0..count {
            let room = people.present(of).ok().and_then(|one| one.rooms.get(at));
            let Some(room) = room.and_then(|membership| rooms.get(membership.room)) else {
                continue;
            };
            for member in &room.members {
                if member.capabilities.has(wanted) && people.mark(member.id) {
                    told.send(member.id, member.capabilities, outbox);
                }
            }
        }
        if wanted == Capabilities::NONE {
            return;
        }
        let Some(nick) = people.get(of).and_then(Person::nick).cloned() else {
            return;
        };
        let wanted = wanted.with(Capabilities::EXTENDED_MONITOR);
        for watcher in monitors.of(nick.as_str()) {
            let has = people.get(watcher).map(|person| person.capabilities);
            if let Some(has) = has.filter(|has| has.has(wanted))
                && people.mark(watcher)
            {
                told.send(watcher, has, outbox);
            }
        }
    }
}
