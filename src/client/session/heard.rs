//! What the server said: keeps the session's picture true, and tells the person.
//!
//! Nothing here trusts a line to have the parameters it should have: what is missing makes the
//! line worth nothing, and no more than that.

use super::asked::DETAILED_PEOPLE_MAX;
use super::{ALIVE, FENCE, Moment, Order, Outbox, Outcome, Phase, SETTLED, SPELLINGS_MAX, Session};
use crate::client::event::{Event, Manner, Present, RoomSummary};
use crate::client::input::is_room;
use crate::wire::{Key, Message, Reply, Request};

impl Session {
    pub(super) fn heard(&mut self, message: &Message<'_>, now: Moment, outbox: &mut Outbox) {
        if self.phase == Phase::Ended {
            return;
        }
        if let Some(number) = message.number() {
            return self.numbered(number, message, now, outbox);
        }
        let source = message.source.map_or("", |source| source.nick());
        let own = self.is_own(source);
        let first = message.parameter(0);
        let second = message.parameter(1);
        match (message.command, first, second) {
            ("PRIVMSG", Some(target), Some(text)) => {
                self.said(message, target, text, Manner::Text, outbox);
            }
            ("NOTICE", Some(target), Some(text)) => {
                self.said(message, target, text, Manner::Notice, outbox);
            }
            ("PING", token, _) => {
                let token = token.unwrap_or_default();
                self.send(&Request::Pong { token }, outbox);
            }
            ("PONG", _, _) => self.pong(message, now, outbox),
            ("CAP", ..) => self.negotiate(message, outbox),
            // It only says that a line was taken. IRCv3 labeled-response.
            ("ACK" | "BATCH", ..) => {}
            ("FAIL", Some(_), Some(_)) => {
                let words = message.parameters.last().copied().unwrap_or_default();
                self.refuse_input(words, outbox);
            }
            ("JOIN", Some(room), _) => self.joined(message, room, own, now, outbox),
            ("PART", Some(room), reason) => self.parted(source, room, reason, own, outbox),
            ("QUIT", reason, _) if !own => {
                self.rooms.remove_everywhere(source);
                outbox.events.push(Event::Quit {
                    nick: source.to_owned(),
                    reason: reason.map(str::to_owned),
                });
                self.regain_from(source, now, outbox);
            }
            ("NICK", Some(to), _) => self.renamed(source, to, own, now, outbox),
            ("KICK", Some(room), Some(nick)) => {
                self.kicked(message, source, room, nick, outbox);
            }
            ("TOPIC", Some(room), Some(topic)) => outbox.events.push(Event::TopicChanged {
                room: room.to_owned(),
                nick: source.to_owned(),
                topic: topic.to_owned(),
            }),
            ("MODE", Some(target), Some(_)) => outbox.events.push(Event::ModeChanged {
                target: target.to_owned(),
                by: source.to_owned(),
                change: words_behind(message, 1),
            }),
            ("INVITE", _, Some(room)) => outbox.events.push(Event::Invited {
                room: room.to_owned(),
                by: source.to_owned(),
            }),
            ("ERROR", Some(why), _) => self.farewell = Some(why.to_owned()),
            (command, ..)
                if matches!(self.phase, Phase::Registering { .. })
                    && !command.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
            {
                self.protocol_broken("what answers there does not speak IRC", outbox);
            }
            _ => outbox.events.push(Event::ServerDetail {
                text: format!("{} {}", message.command, words_behind(message, 0)),
            }),
        }
    }

    fn is_own(&self, nick: &str) -> bool {
        !nick.is_empty() && Key::of(nick) == Key::of(&self.nick)
    }

    fn said(
        &mut self,
        message: &Message<'_>,
        target: &str,
        text: &str,
        manner: Manner,
        outbox: &mut Outbox,
    ) {
        let source = message
            .source
            .filter(|source| source.as_str().contains('!'));
        let Some(nick) = source.map(|source| source.nick().to_owned()) else {
            let text = text.to_owned();
            let is_greeting = !matches!(self.phase, Phase::Ready { .. });
            outbox.events.push(match is_greeting {
                true => Event::ServerDetail { text },
                false => Event::ServerSaid { text },
            });
            return;
        };
        let (text, manner) = match ctcp(text) {
            None => (text, manner),
            Some(("ACTION", text)) => (text, Manner::Action),
            // Other programs' questions are not answered: an answer tells strangers about this
            // machine, and can be used to make it flood.
            Some((question, _)) => {
                let text = format!("{nick} asks this program: {question}");
                return outbox.events.push(Event::ServerDetail { text });
            }
        };
        if self.ignored.contains(&Key::of(&nick)) {
            return;
        }
        let own = self.is_own(&nick);
        if own && self.is_echo() {
            return;
        }
        self.rooms.spoke(&nick);
        let text = text.to_owned();
        let room = target.trim_start_matches(['@', '+', '%', '~']);
        outbox.events.push(if is_room(room) {
            let mention = !own && names_person(&text, &self.nick);
            if !own {
                self.rooms.count_unread(room, mention);
            }
            Event::Said {
                room: room.to_owned(),
                nick,
                text,
                manner,
                own,
                mention,
            }
        } else {
            if !own && manner != Manner::Notice {
                self.last_whisper = Some(nick.clone());
            }
            Event::Whispered {
                nick: if own { target.to_owned() } else { nick },
                text,
                manner,
                own,
            }
        });
    }

    fn joined(
        &mut self,
        message: &Message<'_>,
        room: &str,
        own: bool,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let Some(source) = message.source else { return };
        if own {
            self.learn_address(source.as_str());
            self.rooms.enter(room);
            return;
        }
        let nick = source.nick();
        self.rooms.add(room, nick, Some(now.unix_seconds));
        outbox.events.push(Event::Joined {
            room: room.to_owned(),
            nick: nick.to_owned(),
        });
        self.warn_of_lookalike(nick, outbox);
    }

    /// Tells when somebody's nick can be taken for another one's.
    fn warn_of_lookalike(&self, nick: &str, outbox: &mut Outbox) {
        let own = self.nick.as_str();
        if let Some(other) = self.rooms.lookalike(nick, own) {
            outbox.events.push(Event::LooksLike {
                nick: nick.to_owned(),
                other,
            });
        }
    }

    /// Remembers what others see of this person, to know how long a line can be.
    fn learn_address(&mut self, source: &str) {
        self.address = source
            .split_once('!')
            .map(|(_, address)| address.to_owned());
    }

    fn parted(
        &mut self,
        nick: &str,
        room: &str,
        reason: Option<&str>,
        own: bool,
        outbox: &mut Outbox,
    ) {
        let room = room.to_owned();
        if own {
            self.rooms.leave(&room);
            return outbox.events.push(Event::Departed { room });
        }
        self.rooms.remove(&room, nick);
        outbox.events.push(Event::Left {
            room,
            nick: nick.to_owned(),
            reason: reason.map(str::to_owned),
        });
    }

    fn kicked(
        &mut self,
        message: &Message<'_>,
        by: &str,
        room: &str,
        nick: &str,
        outbox: &mut Outbox,
    ) {
        let own = self.is_own(nick);
        if own {
            self.rooms.leave(room);
        } else {
            self.rooms.remove(room, nick);
        }
        outbox.events.push(Event::Kicked {
            room: room.to_owned(),
            nick: nick.to_owned(),
            by: by.to_owned(),
            reason: message.parameter(2).map(str::to_owned),
            own,
        });
    }

    fn renamed(&mut self, from: &str, to: &str, own: bool, now: Moment, outbox: &mut Outbox) {
        self.rooms.rename(from, to);
        if own {
            to.clone_into(&mut self.nick);
            self.asked.regaining = false;
            // What was asked for by the person is what is wanted from now on.
            to.clone_into(&mut self.settings.nick);
            self.regain_at = None;
        }
        outbox.events.push(Event::Renamed {
            from: from.to_owned(),
            to: to.to_owned(),
            own,
        });
        if !own {
            self.warn_of_lookalike(to, outbox);
            self.regain_from(from, now, outbox);
        }
    }

    /// Somebody has given up a nick: it may be the one this person wants.
    fn regain_from(&mut self, nick: &str, now: Moment, outbox: &mut Outbox) {
        if self.is_ready() && Key::of(nick) == Key::of(&self.settings.nick) {
            self.regain(now, outbox);
        }
    }

    fn pong(&mut self, message: &Message<'_>, now: Moment, outbox: &mut Outbox) {
        let Some(token) = message.parameters.last() else {
            return;
        };
        if *token == SETTLED {
            self.settled(now, outbox);
        } else if let Some(number) = token.strip_prefix(FENCE).and_then(|n| n.parse().ok()) {
            self.answered(number, true, now, outbox);
        } else if *token != ALIVE {
            outbox.events.push(Event::ServerDetail {
                text: format!("PONG {token}"),
            });
        }
    }

    /// All that the server does by itself at the beginning is done.
    fn settled(&mut self, now: Moment, outbox: &mut Outbox) {
        if !matches!(self.phase, Phase::Welcomed { .. }) {
            return;
        }
        self.phase = Phase::Ready { since: now.elapsed };
        if self.was_in {
            outbox.events.push(Event::ServerBack);
        }
        self.was_in = true;
        if let Some(room) = self.room_refused() {
            // What a script has to say must not be said in another room instead.
            let words = format!("{room} could not be entered");
            self.phase = Phase::Ended;
            let outcome = Outcome::EntryRefused { words };
            return outbox.orders.push(Order::End(outcome));
        }
        if Key::of(&self.nick) != Key::of(&self.settings.nick) {
            self.regain(now, outbox);
        }
        self.send_waiting(outbox);
        self.leave_when_done(now, outbox);
    }

    /// A room that a script asked for and is not in.
    fn room_refused(&self) -> Option<&str> {
        let is_missing = |room: &&String| self.rooms.get(room).is_none();
        let missing = self.settings.rooms.iter().find(is_missing);
        missing.filter(|_| self.settings.script).map(String::as_str)
    }

    fn numbered(&mut self, number: u16, message: &Message<'_>, now: Moment, outbox: &mut Outbox) {
        let Some(reply) = Reply::from_number(number) else {
            return self.other_number(number, message, outbox);
        };
        match reply {
            Reply::Welcome => self.welcomed(message, now),
            Reply::EndOfMotd | Reply::NoMotd => self.greeting_ended(outbox),
            Reply::Motd => outbox.events.push(Event::ServerSaid {
                text: words_behind(message, 1),
            }),
            Reply::NamReply => self.names_came(message),
            Reply::EndOfNames => self.names_ended(message, outbox),
            Reply::NoTopic => topic_told(message, None, outbox),
            Reply::Topic => topic_told(message, message.parameter(2), outbox),
            // Who set a topic, and when, is not worth a line each time a room is entered.
            Reply::TopicWhoTime => {}
            Reply::WhoReply => self.who_came(message),
            Reply::EndOfWho => self.who_ended(outbox),
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
            Reply::Unaway => outbox.events.push(Event::OwnAway { away: false }),
            _ => self.other_number(number, message, outbox),
        }
    }

    fn welcomed(&mut self, message: &Message<'_>, now: Moment) {
        if let Some(nick) = message.parameter(0) {
            nick.clone_into(&mut self.nick);
        }
        // The server says how this person looks to others, often at the end of its welcome.
        if let Some(word) = message
            .parameters
            .last()
            .and_then(|text| text.split(' ').next_back())
            && word.contains('!')
        {
            self.learn_address(word);
        }
        self.phase = Phase::Welcomed {
            deadline: now.elapsed + super::REGISTRATION_MAX,
        };
    }

    /// Enters the rooms that were asked for, or those of before the connection was lost.
    fn greeting_ended(&mut self, outbox: &mut Outbox) {
        if !matches!(self.phase, Phase::Welcomed { .. }) {
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

    fn who_came(&mut self, message: &Message<'_>) {
        let (Some(nick), Some(flags)) = (message.parameter(5), message.parameter(6)) else {
            return;
        };
        let own = self.is_own(nick);
        let Some(who) = &mut self.asked.who else {
            return;
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
    fn who_ended(&mut self, outbox: &mut Outbox) {
        let Some(mut who) = self.asked.who.take() else {
            return;
        };
        who.people.sort_by_key(|person| Key::of(&person.nick));
        if who.people.is_empty() || who.people.len() > DETAILED_PEOPLE_MAX {
            return show_who(who, outbox);
        }
        who.details_missing = who.people.len();
        for person in &who.people {
            self.send(&Request::Whois { nick: &person.nick }, outbox);
        }
        self.asked.who = Some(who);
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
        if let Some(mut who) = self.asked.who.take_if(|who| who.details_missing > 0) {
            if let Some(details) = details {
                who.add_details(&details);
            }
            who.details_missing -= 1;
            if who.details_missing == 0 {
                show_who(who, outbox);
            } else {
                self.asked.who = Some(who);
            }
        } else if let Some(details) = details {
            outbox.events.push(Event::Whois {
                details: Box::new(details),
            });
        }
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
        if !(400..600).contains(&number) {
            // More lines about somebody, which this program has no row for.
            if let Some(key) = message.parameter(1).map(Key::of)
                && let Some(details) = self.asked.whois.get_mut(&key)
            {
                details.more.push(words_behind(message, 2));
                return;
            }
            let text = words_behind(message, 1);
            return outbox.events.push(Event::ServerDetail { text });
        }
        match self.phase {
            Phase::Registering { .. } => self.entry_refused(number, message, outbox),
            Phase::Ready { .. } | Phase::Welcomed { .. } => {
                self.refused(number, message, outbox);
            }
            _ => {}
        }
    }

    /// A refusal before this person is in: another nick can help, nothing else.
    fn entry_refused(&mut self, number: u16, message: &Message<'_>, outbox: &mut Outbox) {
        let why = message.parameters.last().copied().unwrap_or_default();
        if !is_about_nick(number) {
            // A server that knows no capabilities says so in one of these ways, and lets people in.
            if [
                Reply::UnknownCommand,
                Reply::NotRegistered,
                Reply::InvalidCapCommand,
            ]
            .iter()
            .any(|reply| reply.number() == number)
            {
                return;
            }
            let words = if number == Reply::PasswdMismatch.number() {
                "it wants another password; give it with --password-file"
            } else {
                why
            };
            self.phase = Phase::Ended;
            outbox.orders.push(Order::End(Outcome::EntryRefused {
                words: words.to_owned(),
            }));
            return;
        }
        let taken = number == Reply::NicknameInUse.number();
        let why = if taken { "it is taken" } else { why }.to_owned();
        let nick = self.nick.clone();
        if self.was_in && self.spellings < SPELLINGS_MAX {
            // The person was in under this nick a moment ago: most likely it is the lost
            // connection that still holds it. It is asked for again once inside.
            self.spellings += 1;
            self.nick.push('_');
            let another = self.nick.clone();
            self.send_nick(&another, outbox);
        } else if self.was_in {
            outbox.orders.push(Order::Close);
        } else if !self.settings.alternatives.is_empty() {
            let another = self.settings.alternatives.remove(0);
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

    fn refused(&mut self, number: u16, message: &Message<'_>, outbox: &mut Outbox) {
        if self.asked.regaining && is_about_nick(number) {
            self.asked.regaining = false;
            return;
        }
        let about = message.parameter(1).map(Key::of);
        if number == Reply::NoSuchNick.number()
            && self
                .asked
                .who
                .as_ref()
                .is_some_and(|who| who.details_missing > 0)
        {
            // Somebody left between the list and the question about them.
            return;
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
            text: self.undelivered(number, about.as_ref()),
        };
        self.tell_refusal(event, outbox);
    }

    /// What was said last to whom a refusal is about: it stands where it was typed, and may have
    /// scrolled away by now.
    fn undelivered(&mut self, number: u16, about: Option<&Key>) -> Option<String> {
        let is_about_talk = matches!(number, 401 | 403 | 404 | 407 | 411..=417 | 477 | 531);
        let said = self.said.iter();
        let at = said
            .rev()
            .position(|(target, _)| Some(target) == about)
            .filter(|_| is_about_talk)?;
        let (_, text) = self.said.remove(self.said.len() - 1 - at)?;
        Some(text)
    }
}

/// What may stand before a nick in a list: what that person may do in the room.
const RANKS: [char; 6] = ['~', '&', '@', '%', '+', '!'];

/// Whether `nick` stands in `text` as a word of its own, in any letter case.
fn names_person(text: &str, nick: &str) -> bool {
    let part_of_nick = |c: char| c.is_alphanumeric() || "-[]\\`^{}|_".contains(c);
    let Some(first) = nick.bytes().next() else {
        return false;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text.as_bytes()).any(|at| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let here = text.get(at..at + nick.len());
        let behind = text
            .get(at + nick.len()..)
            .and_then(|rest| rest.chars().next());
        here.is_some_and(|here| here.eq_ignore_ascii_case(nick))
            && !before.is_some_and(part_of_nick)
            && !behind.is_some_and(part_of_nick)
    })
}

/// `433`, and the other numbers that say that a nick cannot be had.
fn is_about_nick(number: u16) -> bool {
    matches!(number, 431 | 432 | 433 | 436 | 437)
}

/// The command and the text of a message between programs. CTCP.
fn ctcp(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('\x01')?;
    let inner = inner.strip_suffix('\x01').unwrap_or(inner);
    Some(inner.split_once(' ').unwrap_or((inner, "")))
}

fn topic_told(message: &Message<'_>, topic: Option<&str>, outbox: &mut Outbox) {
    if let Some(room) = message.parameter(1) {
        outbox.events.push(Event::Topic {
            room: room.to_owned(),
            topic: topic.map(str::to_owned),
        });
    }
}

fn show_who(who: super::asked::Who, outbox: &mut Outbox) {
    outbox.events.push(Event::Who {
        room: who.room,
        people: who.people,
    });
}

/// The parameters from `index` on, as one text.
fn words_behind(message: &Message<'_>, index: usize) -> String {
    message
        .parameters
        .get(index..)
        .unwrap_or_default()
        .join(" ")
}
