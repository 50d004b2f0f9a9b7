//! How an answer, and news of somebody, reaches those it is for: each in the form they asked for.

use std::fmt;

use super::Hub;
use super::capability::Capabilities;
use super::outbox::{Outbox, Reader, Written};
use super::people::{ConnectionId, Person};
use super::refusal::Refusal;
use super::told::Told;
use crate::wire::Reply;

impl Hub {
    /// Answers a request that cannot be done.
    pub(super) fn refuse(&mut self, from: ConnectionId, refusal: Refusal<'_>, outbox: &mut Outbox) {
        self.refuse_about(from, refusal, outbox);
        if let Some(reason) = refusal.ends_connection() {
            self.expel(from, reason, outbox);
        }
    }

    /// The same in the middle of an answer, which no such refusal ends.
    pub(super) fn refuse_about(&self, to: ConnectionId, refusal: Refusal<'_>, outbox: &mut Outbox) {
        if let Some(person) = self.people.get(to) {
            let line = refusal.line(&self.settings.name, person.nick_or_star(), outbox);
            self.post(to, line, outbox);
        }
    }

    /// A line of this step, to be told to several people.
    pub(super) fn told(&self, line: Written) -> Told<'static> {
        Told::new(line, self.now)
    }

    /// Sends a line to one person.
    pub(super) fn post(&self, to: ConnectionId, line: Written, outbox: &mut Outbox) {
        self.told(line).send(to, self.capabilities(to), outbox);
    }

    pub(super) fn capabilities(&self, of: ConnectionId) -> Capabilities {
        let person = self.people.get(of);
        person.map_or(Capabilities::NONE, |person| person.capabilities)
    }

    pub(super) fn has_multi_prefix(&self, id: ConnectionId) -> bool {
        self.capabilities(id).has(Capabilities::MULTI_PREFIX)
    }

    /// Sends a numbered reply that is nothing but the words of its row.
    pub(super) fn reply(&self, to: ConnectionId, reply: Reply, outbox: &mut Outbox) {
        self.reply_about(to, reply, format_args!(":{}", reply.words()), outbox);
    }

    /// Sends a numbered reply with `rest` behind the nick, the words of the row included.
    pub(super) fn reply_about(
        &self,
        to: ConnectionId,
        reply: Reply,
        rest: fmt::Arguments<'_>,
        outbox: &mut Outbox,
    ) {
        let (name, number) = (&self.settings.name, reply.number());
        let nick = self.people.get(to).map_or("*", Person::nick_or_star);
        let line = outbox.line(format_args!(":{name} {number:03} {nick} {rest}"));
        self.post(to, line, outbox);
    }

    /// Sends `words` with spaces between them, behind `head`, in as many lines as they need; no
    /// line at all when there are none.
    pub(super) fn reply_words(
        &self,
        to: ConnectionId,
        reply: Reply,
        head: fmt::Arguments<'_>,
        words: impl Iterator<Item = impl fmt::Display>,
        outbox: &mut Outbox,
    ) {
        self.reply_list(to, reply, (head, ' '), words, outbox);
    }

    /// The same, with any character between the words.
    pub(super) fn reply_list(
        &self,
        to: ConnectionId,
        reply: Reply,
        (head, separator): (fmt::Arguments<'_>, char),
        words: impl Iterator<Item = impl fmt::Display>,
        outbox: &mut Outbox,
    ) {
        let (name, number) = (&self.settings.name, reply.number());
        let nick = self.people.get(to).map_or("*", Person::nick_or_star);
        let reader = Reader {
            id: to,
            has: self.capabilities(to),
            now: self.now,
            separator,
        };
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
        outbox: &mut Outbox,
    ) {
        self.people.begin_round();
        self.people.mark(of);
        let Self {
            people,
            rooms,
            monitors,
            ..
        } = self;
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
