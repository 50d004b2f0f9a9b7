//! How an answer, and news of somebody, reaches those it is for: each in the form they asked for.

use std::cell::RefMut;
use std::fmt::{self, Write};
use std::mem;

use super::fanout::TagSet;
use super::outbox::LINE_BYTES_MAX;
use super::{
    Capabilities, ConnectionId, Fanout, Hub, LineSpan, Membership, Outbox, Person, Rejection,
    Reply, Room, RoomMember, Work,
};

impl Hub {
    /// What the step at hand wants done.
    #[inline]
    pub(super) fn outbox(&self) -> RefMut<'_, Outbox> {
        self.outbox.borrow_mut()
    }

    /// Writes a line of this step.
    pub(super) fn line(&self, words: fmt::Arguments<'_>) -> LineSpan {
        self.outbox().line(words)
    }

    /// Answers a request that cannot be done.
    pub(super) fn reject(&mut self, from: ConnectionId, rejection: Rejection<'_>) {
        self.send_rejection(from, rejection);
        // Going on would be of no use.
        if matches!(rejection, Rejection::WrongPassword) {
            self.disconnect(from, "Password incorrect");
        }
    }

    /// The same in the middle of an answer, which no such refusal ends.
    pub(super) fn send_rejection(&self, to: ConnectionId, rejection: Rejection<'_>) {
        let name = &self.settings.name;
        match rejection.standard_reply() {
            _ if self.people.get(to).is_none() => {}
            Some((command, why)) => {
                self.send(to, self.line(format_args!(":{name} FAIL {command} {why}")));
            }
            None => rejection.write_to(&|reply, rest| self.reply_with(to, reply, rest)),
        }
    }

    /// A line of this step, to be sent to several people.
    pub(super) fn fanout(&self, line: LineSpan) -> Fanout<'static> {
        let tags = TagSet {
            time: self.now,
            ..TagSet::default()
        };
        Fanout::new(line, tags)
    }

    /// Sends a line to one person.
    pub(super) fn send(&self, to: ConnectionId, line: LineSpan) {
        let mut fanout = self.fanout(line);
        fanout.send(to, self.capabilities(to), &mut self.outbox());
    }

    /// Sends a line to everybody in a room.
    pub(super) fn broadcast_to_room(&self, room: &Room, line: LineSpan) {
        self.fanout(line)
            .send_all(&room.members, &mut self.outbox());
    }

    /// The same for all but one, if that one is in the room.
    pub(super) fn broadcast_to_others(
        &self,
        room: &Room,
        except: Option<Membership>,
        fanout: &mut Fanout<'_>,
    ) {
        let place = except.map_or(room.members.len(), |one| one.position as usize);
        let (before, behind) = room.members.split_at(place.min(room.members.len()));
        let outbox = &mut self.outbox();
        fanout.send_all(before, outbox);
        fanout.send_all(behind.get(1..).unwrap_or_default(), outbox);
    }

    /// The same for those members that fit.
    pub(super) fn broadcast_to_matching(
        &self,
        room: &Room,
        fanout: &mut Fanout<'_>,
        is_wanted: impl Fn(&RoomMember) -> bool,
    ) {
        self.charge(Work::Entry, room.members.len());
        let outbox = &mut self.outbox();
        for member in room.members.iter().filter(|member| is_wanted(member)) {
            fanout.send(member.id, member.capabilities, outbox);
        }
    }

    pub(super) fn capabilities(&self, of: ConnectionId) -> Capabilities {
        let person = self.people.get(of);
        person.map_or(Capabilities::NONE, |person| person.capabilities)
    }

    pub(super) fn nick_or_star(&self, of: ConnectionId) -> &str {
        self.people.get(of).map_or("*", Person::nick_or_star)
    }

    /// Sends a numbered reply that is nothing but the words of its row.
    pub(super) fn reply(&self, to: ConnectionId, reply: Reply) {
        self.reply_with(to, reply, format_args!(":{}", reply.words()));
    }

    /// The same with what it is about before the words.
    pub(super) fn reply_about(&self, to: ConnectionId, reply: Reply, about: impl fmt::Display) {
        self.reply_with(to, reply, format_args!("{about} :{}", reply.words()));
    }

    /// Sends a numbered reply with all that stands behind the nick.
    pub(super) fn reply_with(&self, to: ConnectionId, reply: Reply, rest: fmt::Arguments<'_>) {
        let (name, number, nick) = (&self.settings.name, reply.number(), self.nick_or_star(to));
        let line = self.line(format_args!(":{name} {number:03} {nick} {rest}"));
        self.send(to, line);
    }

    /// Sends words with a space or another character between them, behind `head`, in as many lines
    /// as they need; no line at all when there are none. Whether there were any.
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

    /// Tells each person who shares a room with this one, once each, and not themselves; of those
    /// only who has what is `wanted`. News that has to be wanted reaches those who watch this
    /// person, too. IRCv3 extended-monitor.
    pub(super) fn broadcast_to_peers(
        &self,
        of: ConnectionId,
        wanted: Capabilities,
        line: LineSpan,
    ) {
        let Ok(user) = self.people.registered(of) else {
            return;
        };
        let (outbox, mut fanout) = (&mut self.outbox(), self.fanout(line));
        let visited = &mut self.visited.borrow_mut();
        visited.begin(self.people.slots.len());
        let mut tell = |id: ConnectionId, has: Capabilities, wanted| {
            if id != of && has.has(wanted) && visited.first_visit(id) {
                fanout.send(id, has, outbox);
            }
        };
        for (room, _) in self.rooms_of(user) {
            self.charge(Work::Entry, room.members.len());
            for member in &room.members {
                tell(member.id, member.capabilities, wanted);
            }
        }
        if wanted != Capabilities::NONE {
            for watcher in self.monitors.of(user.nick.as_str()) {
                self.charge(Work::Look, 1);
                let wanted = wanted.with(Capabilities::EXTENDED_MONITOR);
                tell(watcher, self.capabilities(watcher), wanted);
            }
        }
    }
}

/// Who has been met while some news is sent: for each place of somebody, the number of the last
/// news. It is kept, since a list made anew for each would cost the more, the more are elsewhere.
#[derive(Debug, Default)]
pub(super) struct Visited {
    round: u32,
    slots: Vec<u32>,
}

impl Visited {
    /// Forgets whom the last news met.
    fn begin(&mut self, slots: usize) {
        self.slots.resize(slots, 0);
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.slots.fill(0);
            self.round = 1;
        }
    }

    /// Whether somebody was not met yet; they are from now on.
    fn first_visit(&mut self, id: ConnectionId) -> bool {
        let place = self.slots.get_mut(id.index());
        place.is_some_and(|last| mem::replace(last, self.round) != self.round)
    }
}

/// Words as the last parameter of a line, if there are any.
pub(super) fn trailing(words: Option<&str>) -> impl fmt::Display {
    fmt::from_fn(move |f| words.map_or(Ok(()), |words| write!(f, " :{words}")))
}

/// Puts words into as few lines of at most `bytes_max` bytes as they fit in, and hands on each;
/// whether there were any.
fn in_lines(
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
    fn each_news_meets_everybody_once_also_when_the_numbers_begin_again() {
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
                "nobody is there"
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
