//! What the server said with a number: answers that come in many lines, and refusals.
//!
//! As in `heard`, what a line lacks makes it worth nothing, and no more than that.

use std::time::Duration;

use super::asked::{DETAILED_PEOPLE_MAX, Who};
use super::heard::words_behind;
use super::refusals::{is_about_change_of_nick, is_about_entry, is_about_nick, is_refusal};
use super::{Moment, Order, Outbox, Outcome, Phase, SETTLED, SPELLINGS_MAX, Session};
use crate::client::event::{Details, Event, Present, RoomSummary};
use crate::client::words;
use crate::wire::{Key, Message, Reply, Request};

impl Session {
    pub(super) fn numbered(
        &mut self,
        number: u16,
        message: &Message<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let Some(reply) = Reply::from_number(number) else {
            return self.other_number(number, message, outbox);
        };
        match reply {
            Reply::Welcome => self.welcomed(message, now, outbox),
            Reply::EndOfMotd | Reply::NoMotd => self.greeting_ended(outbox),
            // Whoever was in before has read it.
            Reply::Motd if self.was_in && !self.is_ready() => {}
            Reply::Motd => outbox.events.push(Event::ServerSaid {
                text: words_behind(message, 1),
            }),
            Reply::NamReply => self.names_came(message),
            Reply::EndOfNames => self.names_ended(message, outbox),
            Reply::NoTopic => topic_told(message, None, outbox),
            Reply::Topic => topic_told(message, message.parameter(2), outbox),
            // Who set a topic, and when, is not worth a line each time a room is entered.
            Reply::TopicWhoTime => {}
            Reply::WhoReply => self.who_came(message, outbox),
            Reply::EndOfWho => self.who_ended(message, now, outbox),
            Reply::WhoisUser | Reply::WhoisServer | Reply::WhoisIdle | Reply::WhoisChannels => {
                self.whois_came(reply, message);
            }
            Reply::EndOfWhois => self.whois_ended(message, outbox),
            Reply::ListStart => {}
            Reply::List => self.asked.list.push(RoomSummary {
                name: message.parameter(1).unwrap_or_default().to_owned(),
                people: message
                    .parameter(2)
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(0),
                topic: message.parameter(3).unwrap_or_default().to_owned(),
                ..RoomSummary::default()
            }),
            Reply::ListEnd => outbox.events.push(Event::Listed {
                rooms: std::mem::take(&mut self.asked.list),
            }),
            Reply::Away => self.away_told(message, outbox),
            Reply::NowAway => outbox.events.push(Event::OwnAway { away: true }),
            Reply::Unaway => {
                self.away = None;
                outbox.events.push(Event::OwnAway { away: false });
            }
            _ => self.other_number(number, message, outbox),
        }
    }

    fn welcomed(&mut self, message: &Message<'_>, now: Moment, outbox: &mut Outbox) {
        // It may cross a QUIT.
        if !matches!(self.phase, Phase::Registering { .. } | Phase::Asking) {
            return;
        }
        if let Some(nick) = message.parameter(0) {
            // Servers cut what is too long for them.
            if is_cut(nick, &self.nick) && self.nick == self.settings.nick {
                nick.clone_into(&mut self.settings.nick);
            }
            nick.clone_into(&mut self.nick);
        }
        self.farewell = None;
        self.server = message.source.map(|source| source.as_str().to_owned());
        // The server says how this person looks to others, often at the end of its welcome.
        if let Some(word) = message
            .parameters
            .last()
            .and_then(|text| text.split(' ').next_back())
            && word.contains('!')
        {
            self.learn_address(word);
        }
        if self.was_in {
            outbox.events.push(Event::ServerBack);
        }
        self.greeting_until = Some(now.elapsed + GREETING_MAX);
        self.phase = Phase::Welcomed {
            deadline: now.elapsed + super::REGISTRATION_MAX,
        };
    }

    /// Enters the rooms that were asked for, or those of before the connection was lost.
    pub(super) fn greeting_ended(&mut self, outbox: &mut Outbox) {
        let is_awaited = self.greeting_until.take().is_some();
        if !is_awaited || !matches!(self.phase, Phase::Welcomed { .. }) {
            return;
        }
        let rooms = if self.was_in {
            self.rooms.names()
        } else {
            let rooms = self.settings.rooms.clone();
            if let Some(room) = rooms.first() {
                self.rooms.want(room, None);
            }
            rooms
        };
        for room in &rooms {
            let keys = self.rooms.key_of(room).map(str::to_owned);
            let keys = keys.as_deref();
            self.send(&Request::Join { rooms: room, keys }, outbox);
        }
        self.send(&Request::Ping { token: SETTLED }, outbox);
    }

    fn names_came(&mut self, message: &Message<'_>) {
        let (Some(room), Some(nicks)) = (message.parameter(2), message.parameter(3)) else {
            return;
        };
        let nicks = nicks.split(' ').filter(|nick| !nick.is_empty());
        if let Some(list) = self.asked.names.get_mut(&Key::of(room)) {
            list.extend(nicks.clone().map(str::to_owned));
        }
        for nick in nicks {
            let nick = nick.trim_start_matches(RANKS);
            let nick = nick.split('!').next().unwrap_or_default();
            self.rooms.add(room, nick, None);
        }
    }

    fn names_ended(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let Some(name) = message.parameter(1) else {
            return;
        };
        if let Some(nicks) = self.asked.names.remove(&Key::of(name)) {
            outbox.events.push(Event::Names {
                room: name.to_owned(),
                nicks,
            });
        }
        let own = self.nick.clone();
        let first = !self.rooms.iter().any(|room| room.listed);
        let Some(room) = self.rooms.get_mut(name).filter(|room| !room.listed) else {
            return;
        };
        room.listed = true;
        let others = room
            .people()
            .filter(|person| Key::of(&person.nick) != Key::of(&own));
        outbox.events.push(Event::Entered {
            room: room.name.clone(),
            others: others.map(|person| person.nick.clone()).collect(),
            nick: own,
            first: first && !self.was_in,
        });
    }

    fn who_came(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let (Some(room), Some(nick), Some(flags)) = (
            message.parameter(1),
            message.parameter(5),
            message.parameter(6),
        ) else {
            return;
        };
        let own = self.is_own(nick);
        let Some(who) = self.asked.who_in(room) else {
            return self.answer_in_words(message, outbox);
        };
        let seen = self.rooms.get(&who.room).and_then(|room| room.person(nick));
        who.people.push(Present {
            nick: nick.to_owned(),
            rank: flags.chars().filter(|c| RANKS.contains(c)).collect(),
            away: flags.starts_with('G'),
            away_message: None,
            since: seen.and_then(|person| person.since),
            idle_seconds: None,
            own,
        });
    }

    /// The list is there. In a small room each person is asked about, since `WHO` does not tell
    /// how long they have been here.
    fn who_ended(&mut self, message: &Message<'_>, now: Moment, outbox: &mut Outbox) {
        let room = message.parameter(1).unwrap_or_default();
        let Some(mut who) = self.asked.take_who_in(room) else {
            return self.answer_in_words(message, outbox);
        };
        who.people.sort_by_key(|person| Key::of(&person.nick));
        if who.people.is_empty() || who.people.len() > DETAILED_PEOPLE_MAX {
            return show_who(who, outbox);
        }
        for person in &who.people {
            who.missing.insert(Key::of(&person.nick));
            self.send(&Request::Whois { nick: &person.nick }, outbox);
        }
        who.until = Some(now.elapsed + DETAILS_MAX);
        self.asked.who.push(who);
    }

    /// Shows the lists whose details have not come in time, as they are.
    pub(super) fn show_late_lists(&mut self, now: Moment, outbox: &mut Outbox) {
        for who in self.asked.take_late(now.elapsed) {
            show_who(who, outbox);
        }
    }

    fn whois_came(&mut self, reply: Reply, message: &Message<'_>) {
        let Some(nick) = message.parameter(1) else {
            return;
        };
        let details = self.asked.whois.entry(Key::of(nick)).or_default();
        nick.clone_into(&mut details.nick);
        let text = |index: usize| message.parameter(index).map(str::to_owned);
        match reply {
            Reply::WhoisUser => {
                let user = message.parameter(2).unwrap_or_default();
                let host = message.parameter(3).unwrap_or_default();
                details.address = format!("{user}@{host}");
                details.real_name = text(5).unwrap_or_default();
            }
            Reply::WhoisServer => details.server = text(2),
            Reply::WhoisIdle => {
                details.idle_seconds = message.parameter(2).and_then(|text| text.parse().ok());
                details.since = message.parameter(3).and_then(|text| text.parse().ok());
            }
            Reply::WhoisChannels => details.rooms = text(2),
            _ => details.more.push(words_behind(message, 2)),
        }
    }

    fn whois_ended(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let Some(nick) = message.parameter(1) else {
            return;
        };
        let details = self.asked.whois.remove(&Key::of(nick));
        if !self.details_came(nick, details.as_ref(), outbox)
            && let Some(details) = details
        {
            outbox.events.push(Event::Whois {
                details: Box::new(details),
            });
        }
    }

    /// What is known of somebody in a list has come, if anything. Whether a list waited for it.
    fn details_came(&mut self, nick: &str, details: Option<&Details>, outbox: &mut Outbox) -> bool {
        let key = Key::of(nick);
        let mut lists = self.asked.who.iter_mut();
        let Some(at) = lists.position(|who| who.missing.remove(&key)) else {
            return false;
        };
        if let (Some(who), Some(details)) = (self.asked.who.get_mut(at), details) {
            who.add_details(details);
        }
        if self
            .asked
            .who
            .get(at)
            .is_some_and(|who| who.missing.is_empty())
        {
            show_who(self.asked.who.remove(at), outbox);
        }
        true
    }

    /// `301` stands in an answer to `WHOIS`, or answers a whisper.
    fn away_told(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let (Some(nick), Some(text)) = (message.parameter(1), message.parameter(2)) else {
            return;
        };
        let key = Key::of(nick);
        if let Some(details) = self.asked.whois.get_mut(&key) {
            details.away = Some(text.to_owned());
            return;
        }
        let known = self.asked.away.insert(key, text.to_owned());
        if known.as_deref() != Some(text) {
            outbox.events.push(Event::Away {
                nick: nick.to_owned(),
                message: text.to_owned(),
            });
        }
    }

    fn other_number(&mut self, number: u16, message: &Message<'_>, outbox: &mut Outbox) {
        if !is_refusal(number) {
            // More lines about somebody, which this program has no row for.
            if let Some(key) = message.parameter(1).map(Key::of)
                && let Some(details) = self.asked.whois.get_mut(&key)
            {
                details.more.push(words_behind(message, 2));
                return;
            }
            return self.answer_in_words(message, outbox);
        }
        match self.phase {
            Phase::Registering { .. } => self.entry_refused(number, message, outbox),
            Phase::Ready { .. } | Phase::Welcomed { .. } => {
                self.refused(number, message, outbox);
            }
            _ => {}
        }
    }

    /// Shows an answer that has no form of its own.
    fn answer_in_words(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let behind = message.parameters.get(1..).unwrap_or_default();
        let number = message.number().unwrap_or_default();
        // What comes now was asked for, but for what each room is told with.
        let answer = self.is_ready().then(|| words::answer(number, behind));
        outbox.events.push(match answer.flatten() {
            Some(text) => Event::ServerSaid { text },
            None => Event::ServerDetail {
                text: words_behind(message, 1),
            },
        });
    }

    /// A refusal before this person is in: another nick can help, nothing else.
    fn entry_refused(&mut self, number: u16, message: &Message<'_>, outbox: &mut Outbox) {
        let why = message.parameters.last().copied().unwrap_or_default();
        if !is_about_nick(number) {
            // A server that knows no capabilities says so in one of these ways.
            let is_no_news = [
                Reply::UnknownCommand,
                Reply::NotRegistered,
                Reply::InvalidCapCommand,
            ];
            if is_no_news.iter().any(|reply| reply.number() == number) {
                return;
            }
            let is_wrong_password = number == Reply::PasswdMismatch.number();
            let words = match is_wrong_password {
                true => "it wants another password; give it with --password-file",
                false => why,
            };
            // It may say no more than that before it closes, or before patience ends.
            self.farewell = Some(words.to_owned());
            if !is_about_entry(number) {
                return outbox.events.push(Event::ServerDetail {
                    text: words_behind(message, 1),
                });
            }
            if self.was_in {
                return outbox.orders.push(Order::Close);
            }
            self.phase = Phase::Ended;
            outbox.orders.push(Order::End(Outcome::EntryRefused {
                words: words.to_owned(),
            }));
            return;
        }
        let taken = number == Reply::NicknameInUse.number();
        let why = if taken { "it is taken" } else { why }.to_owned();
        let nick = self.nick.clone();
        if self.was_in {
            match self.other_spelling(number) {
                Some(another) => {
                    self.nick.clone_from(&another);
                    self.send_nick(&another, outbox);
                }
                None => outbox.orders.push(Order::Close),
            }
        } else if let Some(another) = self.settings.alternatives.get(self.alternatives) {
            let another = another.clone();
            self.alternatives += 1;
            self.nick.clone_from(&another);
            self.settings.nick.clone_from(&another);
            self.send_nick(&another, outbox);
        } else if self.settings.script {
            self.phase = Phase::Ended;
            let outcome = Outcome::NickRefused { nick, why };
            outbox.orders.push(Order::End(outcome));
        } else {
            self.phase = Phase::Asking;
            outbox.orders.push(Order::AskNick { nick, why });
        }
    }

    /// What to be called on connecting again, when the wanted nick is refused with this number.
    fn other_spelling(&mut self, number: u16) -> Option<String> {
        if is_about_nick(number) && !matches!(number, 432 | 437) {
            // The person was in under this nick a moment ago: most likely it is the lost
            // connection that still holds it. It is asked for again once inside.
            self.spellings += 1;
            return (self.spellings <= SPELLINGS_MAX).then(|| format!("{}_", self.nick));
        }
        // No spelling of this one will do, so what was configured must.
        let alternatives = &self.settings.alternatives;
        let others = [&self.configured].into_iter().chain(alternatives);
        let mut others = others.enumerate().skip(self.alternatives);
        let key = Key::of(&self.settings.nick);
        let (at, another) = others.find(|(_, other)| Key::of(other) != key)?;
        self.alternatives = at + 1;
        Some(another.clone())
    }

    fn refused(&mut self, number: u16, message: &Message<'_>, outbox: &mut Outbox) {
        if self.asked.regaining && is_about_change_of_nick(number) {
            let about = message.parameter(1).map(Key::of);
            if !is_about_nick(number) || about == Some(Key::of(&self.settings.nick)) {
                self.asked.regaining = false;
                return;
            }
        }
        let about = message.parameter(1).map(Key::of);
        if number == Reply::NoSuchNick.number()
            && let Some(nick) = message.parameter(1)
            && self.details_came(nick, None, outbox)
        {
            // Somebody left between the list and the question about them.
            return;
        }
        if number == TRY_AGAIN && self.asked.is_asking_about(message.parameter(1)) {
            // The list is worth more than what is missing in it.
            for who in std::mem::take(&mut self.asked.who) {
                show_who(who, outbox);
            }
            return;
        }
        if let Some(room) = message.parameter(1) {
            let forward = message.parameter(2).filter(|_| number == FORWARDED);
            self.room_refused_with(room, forward);
        }
        if let Some(key) = &about {
            self.asked.whois.remove(key);
        }
        let event = Event::Refused {
            number,
            parameters: message
                .parameters
                .iter()
                .skip(1)
                .map(|text| (*text).to_owned())
                .collect(),
            line: None,
            text: None,
        };
        self.tell_refusal(event, outbox);
    }
}

/// What may stand before a nick in a list: what that person may do in the room.
const RANKS: [char; 6] = ['~', '&', '@', '%', '+', '!'];

/// The server is too busy for that just now.
const TRY_AGAIN: u16 = 263;
/// Another room was entered in place of the one that was asked for.
const FORWARDED: u16 = 470;
/// How long what is known of the people in a list may take to come.
const DETAILS_MAX: Duration = Duration::from_secs(10);
/// So long after the welcome a server that says nothing of its greeting's end has none.
const GREETING_MAX: Duration = Duration::from_secs(5);

/// Whether a nick is what a server left of one that was too long for it.
pub(super) fn is_cut(nick: &str, wanted: &str) -> bool {
    let start = wanted.get(..nick.len());
    nick.len() < wanted.len() && start.is_some_and(|start| Key::of(start) == Key::of(nick))
}

fn topic_told(message: &Message<'_>, topic: Option<&str>, outbox: &mut Outbox) {
    if let Some(room) = message.parameter(1) {
        outbox.events.push(Event::Topic {
            room: room.to_owned(),
            topic: topic.map(str::to_owned),
        });
    }
}

fn show_who(who: Who, outbox: &mut Outbox) {
    outbox.events.push(Event::Who {
        room: who.room,
        people: who.people,
    });
}
