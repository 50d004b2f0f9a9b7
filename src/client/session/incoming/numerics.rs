//! What the server said with a number: answers that come in many lines, and refusals.
//!
//! As in `heard`, what a line lacks makes it worth nothing, and no more than that.

use super::errors::is_refusal;
use super::messages::words_behind;
use super::queries::{ROWS_MAX, add_detail, add_row};
use crate::client::event::{Event, RoomSummary, explain};
use crate::client::session::outgoing::sent_commands::answered_by;
use crate::client::session::{Moment, Outbox, Phase, Session};
use crate::wire::{Message, Reply};

impl Session {
    pub(super) fn numbered(
        &mut self,
        number: u16,
        message: &Message<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        if let Some(command) = answered_by(number) {
            self.commands.done(command, None);
        }
        if number == LOGGED_IN {
            self.identified(outbox);
        }
        if number == VISIBLE_HOST {
            return self.host_shown(message, outbox);
        }
        let Some(reply) = Reply::from_number(number) else {
            return self.other_number(number, message, outbox);
        };
        match reply {
            Reply::Isupport => self.rooms.learn(message),
            Reply::Welcome => self.welcomed(message, now, outbox),
            Reply::EndOfMotd | Reply::NoMotd => self.greeting_ended(outbox),
            // Whoever was in before has read it.
            Reply::Motd if self.was_in && !self.is_ready() => {}
            Reply::Motd => outbox.events.push(Event::ServerSaid {
                text: words_behind(message, 1),
                asked: self.asked.in_words,
            }),
            Reply::ChannelModeIs | Reply::UserModeIs if self.is_ready() => {
                self.modes_told(reply, message, outbox);
            }
            Reply::NamReply => self.names_came(message),
            Reply::EndOfNames => self.names_ended(message, outbox),
            Reply::NoTopic => self.topic_told(message, None, outbox),
            Reply::Topic => self.topic_told(message, message.parameter(2), outbox),
            // Who set a topic, and when, is not worth a line each time a room is entered.
            Reply::TopicWhoTime => {}
            Reply::WhoReply => self.who_came(message, outbox),
            Reply::WhoxReply => self.whox_came(message, outbox),
            Reply::EndOfWho => self.who_ended(message, now, outbox),
            Reply::WhoisUser | Reply::WhoisServer | Reply::WhoisIdle | Reply::WhoisChannels => {
                self.whois_came(reply, message);
            }
            Reply::EndOfWhois => self.whois_ended(message, outbox),
            Reply::ListStart => {}
            Reply::List => {
                let people = message.parameter(2).and_then(|n| n.parse().ok());
                let room = RoomSummary {
                    name: message.parameter(1).unwrap_or_default().to_owned(),
                    people: people.unwrap_or(0),
                    topic: message.parameter(3).unwrap_or_default().to_owned(),
                    ..RoomSummary::default()
                };
                add_row(&mut self.asked.list, room, ROWS_MAX);
            }
            Reply::ListEnd => {
                let rooms = std::mem::take(&mut self.asked.list);
                rooms.iter().for_each(|room| self.rooms.hear_of(&room.name));
                outbox.events.push(Event::Listed { rooms });
            }
            Reply::Away => self.away_told(message, outbox),
            Reply::NowAway => outbox.events.push(Event::OwnAway { away: true }),
            Reply::Unaway => {
                self.away = None;
                outbox.events.push(Event::OwnAway { away: false });
            }
            _ => self.other_number(number, message, outbox),
        }
    }

    fn other_number(&mut self, number: u16, message: &Message<'_>, outbox: &mut Outbox) {
        if !is_refusal(number) {
            // More lines about somebody, which this program has no row for.
            if let Some(key) = message.parameter(1).map(|nick| self.key(nick))
                && let Some(details) = self.asked.whois.get_mut(&key)
            {
                return add_detail(details, words_behind(message, 2));
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

    fn topic_told(&mut self, message: &Message<'_>, topic: Option<&str>, outbox: &mut Outbox) {
        if let Some(room) = message.parameter(1) {
            outbox.events.push(Event::Topic {
                room: self.rooms.name_of(room).to_owned(),
                topic: topic.map(str::to_owned),
                asked: self.asked.topics.remove(&self.rooms.naming.key(room)),
            });
        }
    }

    fn modes_told(&self, reply: Reply, message: &Message<'_>, outbox: &mut Outbox) {
        let own = reply == Reply::UserModeIs;
        let (target, behind) = match own {
            true => (Some(self.nick.as_str()), 1),
            false => (message.parameter(1), 2),
        };
        if let Some(target) = target {
            outbox.events.push(Event::Modes {
                target: self.rooms.name_of(target).to_owned(),
                modes: words_behind(message, behind),
                own,
                asked: self.asked.in_words,
            });
        }
    }

    /// Shows an answer that has no form of its own.
    pub(super) fn answer_in_words(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let behind = message.parameters.get(1..).unwrap_or_default();
        let number = message.number().unwrap_or_default();
        // What comes now was asked for, but for what each room is told with.
        let answer = self.is_ready().then(|| explain::answer(number, behind));
        outbox.events.push(match answer.flatten() {
            Some(text) => Event::ServerSaid {
                text,
                asked: self.asked.in_words,
            },
            None => Event::ServerDetail {
                text: words_behind(message, 1),
            },
        });
    }
}

/// This person is logged in to an account.
const LOGGED_IN: u16 = 900;
/// Others see this person at another host now.
const VISIBLE_HOST: u16 = 396;

/// Whether a nick is what a server left of one that was too long for it.
pub(in crate::client::session) fn is_cut(nick: &str, wanted: &str) -> bool {
    let start = wanted.get(..nick.len());
    nick.len() < wanted.len() && start.is_some_and(|start| start.eq_ignore_ascii_case(nick))
}
