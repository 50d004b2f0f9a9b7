//! Sends replies, errors and events to their recipients, each in the variant they asked for.

use std::cell::RefMut;
use std::fmt::{self, Write};
use std::mem;

use super::fanout::TagSet;
use super::outbox::LINE_BYTES_MAX;
use super::stored::MessageId;
use super::{
    Capabilities, ConnectionId, Fanout, Hub, LineSpan, Membership, Outbox, Person, Registered,
    Rejection, Reply, Room, RoomMember, Work,
};
use crate::wire::Nick;

impl Hub {
    /// The outbox of the current step.
    #[inline]
    pub(super) fn outbox(&self) -> RefMut<'_, Outbox> {
        self.outbox.borrow_mut()
    }

    /// Writes a line, without sending it.
    pub(super) fn line(&self, words: fmt::Arguments<'_>) -> LineSpan {
        self.outbox().line(words)
    }

    /// Sends the error for a rejected request. A wrong password also ends the connection.
    pub(super) fn reject(&mut self, from: ConnectionId, rejection: Rejection<'_>) {
        self.send_rejection(from, rejection);
        if matches!(rejection, Rejection::WrongPassword) {
            self.disconnect(from, "Password missing or incorrect");
        }
    }

    /// Sends the error without further effect.
    pub(super) fn send_rejection(&self, to: ConnectionId, rejection: Rejection<'_>) {
        match rejection.standard_reply() {
            _ if self.people.get(to).is_none() => {}
            Some((command, why)) => {
                self.count_rejection(0);
                self.send(to, self.fail_line(command, &why));
            }
            None => rejection.write_to(&|reply, rest| {
                self.count_rejection(reply.number());
                self.reply_with(to, reply, rest);
            }),
        }
    }

    /// Writes the `FAIL` of a rejection that has one, in the variant for this connection.
    pub(super) fn rejection_line(&self, to: ConnectionId, rejection: Rejection<'_>) -> LineSpan {
        let Some((command, why)) = rejection.standard_reply() else {
            debug_assert!(false, "{rejection:?} is a numeric");
            return LineSpan::EMPTY;
        };
        let mut fanout = self.fanout(self.fail_line(command, &why));
        fanout.variant(self.capabilities(to), &mut self.outbox())
    }

    fn fail_line(&self, command: &str, why: &str) -> LineSpan {
        self.line(format_args!(":{} FAIL {command} {why}", self.settings.name))
    }

    /// Prepares a line whose source is the server.
    pub(super) fn fanout(&self, line: LineSpan) -> Fanout<'static> {
        let tags = TagSet {
            time: self.now,
            ..TagSet::default()
        };
        Fanout::new(line, tags)
    }

    /// Prepares a line whose source is a user.
    pub(super) fn user_fanout<'u>(&self, user: &'u Registered, line: LineSpan) -> Fanout<'u> {
        let tags = TagSet {
            time: self.now,
            account: user.account.as_deref().map(Nick::as_str),
            is_bot: user.modes.has('B'),
            ..TagSet::default()
        };
        Fanout::new(line, tags)
    }

    /// Sends a line of the server to one connection.
    pub(super) fn send(&self, to: ConnectionId, line: LineSpan) {
        self.send_fanout(to, self.fanout(line));
    }

    /// Sends a line to one connection.
    pub(super) fn send_fanout(&self, to: ConnectionId, mut fanout: Fanout<'_>) {
        fanout.send(to, self.capabilities(to), &mut self.outbox());
    }

    /// Sends a line to all members of a room.
    pub(super) fn broadcast_to_room(&self, room: &Room, mut fanout: Fanout<'_>) {
        fanout.send_all(&room.members, &mut self.outbox());
    }

    /// Sends a line to all members of a room but one, if that one is a member.
    pub(super) fn broadcast_to_others(
        &self,
        room: &Room,
        except: Option<Membership>,
        fanout: &mut Fanout<'_>,
    ) {
        let place = except.map_or(room.members.len(), |one| one.position as usize);
        let (before, after) = room.members.split_at(place.min(room.members.len()));
        let outbox = &mut self.outbox();
        fanout.send_all(before, outbox);
        fanout.send_all(after.get(1..).unwrap_or_default(), outbox);
    }

    /// Sends a line to the matching members of a room.
    pub(super) fn broadcast_to_matching(
        &self,
        room: &Room,
        fanout: &mut Fanout<'_>,
        is_wanted: impl Fn(&RoomMember) -> bool,
    ) {
        self.charge(Work::Entry, room.members.len());
        let outbox = &mut self.outbox();
        for member in room.members.iter().filter(|member| is_wanted(member)) {
            fanout.send(member.id, member.capabilities(), outbox);
        }
    }

    pub(super) fn capabilities(&self, of: ConnectionId) -> Capabilities {
        let person = self.people.get(of);
        person.map_or(Capabilities::NONE, |person| person.capabilities)
    }

    pub(super) fn nick_or_star(&self, of: ConnectionId) -> &str {
        self.people.get(of).map_or("*", Person::nick_or_star)
    }

    /// Sends a numeric with the default text.
    pub(super) fn reply(&self, to: ConnectionId, reply: Reply) {
        self.reply_with(to, reply, format_args!(":{}", reply.words()));
    }

    /// Sends a numeric with parameters before the default text.
    pub(super) fn reply_about(&self, to: ConnectionId, reply: Reply, about: impl fmt::Display) {
        self.reply_with(to, reply, format_args!("{about} :{}", reply.words()));
    }

    /// Sends a numeric with everything after the nick.
    pub(super) fn reply_with(&self, to: ConnectionId, reply: Reply, rest: fmt::Arguments<'_>) {
        let (name, number, nick) = (&self.settings.name, reply.number(), self.nick_or_star(to));
        let line = self.line(format_args!(":{name} {number:03} {nick} {rest}"));
        self.send(to, line);
    }

    /// Sends a list of words as a numeric, with `head` before them and `separator` between them, in
    /// as many lines as needed. Sends nothing, and returns false, if there are no words.
    pub(super) fn reply_list(
        &self,
        to: ConnectionId,
        reply: Reply,
        (head, separator): (fmt::Arguments<'_>, char),
        words: impl Iterator<Item = impl fmt::Display>,
    ) -> bool {
        let (name, number, nick) = (&self.settings.name, reply.number(), self.nick_or_star(to));
        let head = format!(":{name} {number:03} {nick} {head}");
        in_lines(words, separator, LINE_BYTES_MAX - head.len(), |words| {
            let line = self.line(format_args!("{head}{words}"));
            self.send(to, line);
        })
    }

    /// Sends a line once to each user who shares a room with this one and has the `wanted`
    /// capabilities, but not to the user. If a capability is wanted, users who monitor this one get
    /// it too. IRCv3 extended-monitor. An event that is kept has an id.
    pub(super) fn broadcast_to_peers(
        &self,
        of: ConnectionId,
        wanted: Capabilities,
        line: LineSpan,
        event: Option<MessageId>,
    ) {
        let Ok(user) = self.people.registered(of) else {
            return;
        };
        let (outbox, mut fanout) = (
            &mut self.outbox(),
            self.event_fanout(Some(user), line, event),
        );
        let visited = &mut self.visited.borrow_mut();
        visited.begin(self.people.slots.len());
        let mut notify = |id: ConnectionId, has: Capabilities, wanted| {
            if id != of && has.has(wanted) && visited.first_visit(id) {
                fanout.send(id, has, outbox);
            }
        };
        for (room, _) in self.rooms_of(user) {
            self.charge(Work::Entry, room.members.len());
            for member in &room.members {
                notify(member.id, member.capabilities(), wanted);
            }
        }
        if wanted != Capabilities::NONE {
            for watcher in self.monitors.of(user.nick.as_str()) {
                self.charge(Work::Look, 1);
                let wanted = wanted.with(Capabilities::EXTENDED_MONITOR);
                notify(watcher, self.capabilities(watcher), wanted);
            }
        }
    }
}

/// The recipients that an event has reached: for each slot, the number of the last event. It is
/// kept between events, since a new list for each would cost time for every slot.
#[derive(Debug, Default)]
pub(super) struct Visited {
    round: u32,
    slots: Vec<u32>,
}

impl Visited {
    /// Begins a new event with no recipient reached.
    fn begin(&mut self, slots: usize) {
        self.slots.resize(slots, 0);
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.slots.fill(0);
            self.round = 1;
        }
    }

    /// Whether this connection was not reached yet; it counts as reached from now on.
    fn first_visit(&mut self, id: ConnectionId) -> bool {
        let place = self.slots.get_mut(id.index());
        place.is_some_and(|last| mem::replace(last, self.round) != self.round)
    }
}

/// The trailing parameter of a line, if there is one.
pub(super) fn trailing(words: Option<&str>) -> impl fmt::Display {
    fmt::from_fn(move |f| words.map_or(Ok(()), |words| write!(f, " :{words}")))
}

/// Packs words into as few lines of at most `bytes_max` bytes as possible, and passes each to
/// `take`. Returns whether there were any.
pub(super) fn in_lines(
    words: impl Iterator<Item = impl fmt::Display>,
    separator: char,
    bytes_max: usize,
    mut take: impl FnMut(&str),
) -> bool {
    let mut line = String::new();
    for word in words {
        let end = line.len();
        if end > 0 {
            line.push(separator);
        }
        // Writing to memory cannot fail.
        let _ = write!(line, "{word}");
        if line.len() > bytes_max && end > 0 {
            let next = line.split_off(end + separator.len_utf8());
            line.truncate(end);
            take(&line);
            line = next;
        }
    }
    if !line.is_empty() {
        take(&line);
    }
    !line.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_reaches_each_recipient_once_even_when_the_round_wraps() {
        let mut visited = Visited {
            round: u32::MAX - 2,
            ..Visited::default()
        };
        let places = [0, 1, 2].map(|place| ConnectionId::new(place, 0));
        for _ in 0..5 {
            visited.begin(places.len());
            for _ in 0..2 {
                visited.first_visit(places[1]);
            }
            assert_eq!(
                places.map(|id| visited.first_visit(id)),
                [true, false, true]
            );
            assert!(
                !visited.first_visit(ConnectionId::new(3, 0)),
                "no connection is there"
            );
        }
    }

    #[test]
    fn a_list_takes_as_many_lines_as_it_needs_and_loses_no_word() {
        for count in [0, 1, 2, 50, 51, 200] {
            let words: Vec<String> = (0..count).map(|at| format!("word{at:05}")).collect();
            let mut found = Vec::new();
            let mut lines = 0;
            in_lines(words.iter(), ' ', 509, |line| {
                assert!(line.len() <= 509, "{line}");
                found.extend(line.split(' ').map(str::to_owned));
                lines += 1;
            });
            assert_eq!(found, words);
            assert_eq!(lines, (count * 10_usize).div_ceil(510));
        }
    }
}
