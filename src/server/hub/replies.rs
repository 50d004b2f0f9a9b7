//! How an answer, and news of somebody, reaches those it is for: each in the form they asked for.

use std::cell::RefMut;
use std::fmt::{self, Write};
use std::mem;

use super::fanout::Tagged;
use super::outbox::LINE_BYTES_MAX;
use super::{
    Capabilities, ConnectionId, Hub, Member, Membership, Outbox, Person, Refusal, Reply, Room,
    Told, Work, Written,
};

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
        // Going on would be of no use.
        if matches!(refusal, Refusal::WrongPassword) {
            self.expel(from, "Password incorrect");
        }
    }

    /// The same in the middle of an answer, which no such refusal ends.
    pub(super) fn refuse_about(&self, to: ConnectionId, refusal: Refusal<'_>) {
        let name = &self.settings.name;
        match refusal.standard() {
            _ if self.people.get(to).is_none() => {}
            Some((command, why)) => {
                self.post(to, self.line(format_args!(":{name} FAIL {command} {why}")));
            }
            None => refusal.tell(&|reply, rest| self.reply_with(to, reply, rest)),
        }
    }

    /// A line of this step, to be told to several people.
    pub(super) fn told(&self, line: Written) -> Told<'static> {
        let tags = Tagged {
            time: self.now,
            ..Tagged::default()
        };
        Told::tagged(line, tags)
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
        self.charge(Work::Entry, room.members.len());
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
        self.post(to, line);
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
            self.post(to, line);
        })
    }

    /// Tells each person who shares a room with this one, once each, and not themselves; of those
    /// only who has what is `wanted`. News that has to be wanted reaches those who watch this
    /// person, too. IRCv3 extended-monitor.
    pub(super) fn tell_neighbours(&self, of: ConnectionId, wanted: Capabilities, line: Written) {
        let Ok(present) = self.people.present(of) else {
            return;
        };
        let (outbox, mut told) = (&mut self.outbox(), self.told(line));
        let met = &mut self.met.borrow_mut();
        met.begin(self.people.slots.len());
        let mut tell = |id: ConnectionId, has: Capabilities, wanted| {
            if id != of && has.has(wanted) && met.is_first(id) {
                told.send(id, has, outbox);
            }
        };
        for (room, _) in self.rooms_of(present) {
            self.charge(Work::Entry, room.members.len());
            for member in &room.members {
                tell(member.id, member.capabilities, wanted);
            }
        }
        if wanted != Capabilities::NONE {
            for watcher in self.monitors.of(present.nick.as_str()) {
                self.charge(Work::Look, 1);
                let wanted = wanted.with(Capabilities::EXTENDED_MONITOR);
                tell(watcher, self.capabilities(watcher), wanted);
            }
        }
    }
}

/// Who has been met while some news is told: for each place of somebody, the number of the last
/// news. It is kept, since a list made anew for each would cost the more, the more are elsewhere.
#[derive(Debug, Default)]
pub(super) struct Met {
    news: u32,
    places: Vec<u32>,
}

impl Met {
    /// Forgets whom the last news met.
    fn begin(&mut self, places: usize) {
        self.places.resize(places, 0);
        self.news = self.news.wrapping_add(1);
        if self.news == 0 {
            self.places.fill(0);
            self.news = 1;
        }
    }

    /// Whether somebody was not met yet; they are from now on.
    fn is_first(&mut self, id: ConnectionId) -> bool {
        let place = self.places.get_mut(id.index());
        place.is_some_and(|last| mem::replace(last, self.news) != self.news)
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
        let mut met = Met {
            news: u32::MAX - 2,
            ..Met::default()
        };
        let places = [0, 1, 2].map(|place| ConnectionId::new(place, 0));
        for _ in 0..5 {
            met.begin(places.len());
            for _ in 0..2 {
                met.is_first(places[1]);
            }
            assert_eq!(places.map(|id| met.is_first(id)), [true, false, true]);
            assert!(!met.is_first(ConnectionId::new(3, 0)), "nobody is there");
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
