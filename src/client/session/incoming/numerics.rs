//! Numerics: dispatches answers and refusals.
//!
//! A line that lacks a parameter is ignored, and nothing more.

use super::errors::is_refusal;
use super::fields::parameters_from;
use super::queries::{ROWS_MAX, add_detail, add_row};
use crate::client::event::{Event, RoomSummary, explain};
use crate::client::session::{Phase, Session, SessionOutput, SessionTime};
use crate::wire::{Message, Reply};

impl Session {
    pub(super) fn on_numeric(
        &mut self,
        number: u16,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if number == LOGGED_IN {
            self.logged_in(output);
        }
        if self.on_login_numeric(number, message, output)
            || self.on_ping_refused(number, message, now, output)
        {
            return;
        }
        if number == VISIBLE_HOST {
            return self.set_visible_host(message, output);
        }
        let Some(reply) = Reply::from_number(number) else {
            return self.on_other_numeric(number, message, output);
        };
        match reply {
            Reply::Isupport => self.rooms.apply_isupport(message),
            Reply::Welcome => self.on_welcome(message, now, output),
            Reply::EndOfMotd | Reply::NoMotd => self.motd_done(output),
            // The user has read it on the first connection.
            Reply::Motd if self.link.was_registered && !self.is_ready() => {}
            Reply::Motd => output.events.push(Event::ServerSaid {
                text: parameters_from(message, 1),
                asked: self.queries.plain_reply,
            }),
            Reply::ChannelModeIs | Reply::UserModeIs if self.is_ready() => {
                self.on_modes(reply, message, output);
            }
            Reply::NamReply => self.on_names_reply(message),
            Reply::EndOfNames => self.on_end_of_names(message, output),
            Reply::NoTopic => self.on_topic(message, None, output),
            Reply::Topic => self.on_topic(message, message.parameter(2), output),
            // The author and the time of a topic are not shown on each join.
            Reply::TopicWhoTime => {}
            Reply::WhoReply => self.on_who_reply(message, output),
            Reply::WhoxReply => self.on_whox_reply(message, output),
            Reply::EndOfWho => self.on_end_of_who(message, now, output),
            Reply::WhoisUser | Reply::WhoisServer | Reply::WhoisIdle | Reply::WhoisChannels => {
                self.on_whois_reply(reply, message);
            }
            Reply::EndOfWhois => self.on_end_of_whois(message, output),
            Reply::ListStart => {}
            Reply::List => {
                let people = message.parameter(2).and_then(|n| n.parse().ok());
                let room = RoomSummary {
                    name: message.parameter(1).unwrap_or_default().to_owned(),
                    people: people.unwrap_or(0),
                    topic: message.parameter(3).unwrap_or_default().to_owned(),
                    ..RoomSummary::default()
                };
                add_row(&mut self.queries.list, room, ROWS_MAX);
            }
            Reply::ListEnd => {
                let rooms = std::mem::take(&mut self.queries.list);
                rooms
                    .iter()
                    .for_each(|room| self.rooms.add_known_room(&room.name));
                output.events.push(Event::RoomList {
                    rooms,
                    all: self.queries.list_all || self.settings.script,
                });
            }
            Reply::Away => self.on_away(message, output),
            Reply::NowAway => output.events.push(Event::OwnAway { away: true }),
            Reply::Unaway => {
                self.identity.away = None;
                output.events.push(Event::OwnAway { away: false });
            }
            _ => self.on_other_numeric(number, message, output),
        }
    }

    fn on_other_numeric(&mut self, number: u16, message: &Message<'_>, output: &mut SessionOutput) {
        if !is_refusal(number) {
            // A row of a `WHOIS` answer that has no form of its own.
            if let Some(key) = message.parameter(1).map(|nick| self.key(nick))
                && let Some(details) = self.queries.whois.get_mut(&key)
            {
                if let (WHOIS_ACCOUNT, Some(account), Some(_)) =
                    (number, message.parameter(2), message.parameter(3))
                {
                    details.account = Some(account.to_owned());
                    return;
                }
                return add_detail(details, parameters_from(message, 2));
            }
            return self.show_plain_reply(message, output);
        }
        match self.phase {
            Phase::Registering { .. } => self.entry_refused(number, message, output),
            Phase::Ready { .. } | Phase::Welcomed { .. } => {
                self.on_error_numeric(number, message, output);
            }
            _ => {}
        }
    }

    fn on_topic(&mut self, message: &Message<'_>, topic: Option<&str>, output: &mut SessionOutput) {
        if let Some(room) = message.parameter(1) {
            self.rooms.set_topic(room, topic);
            output.events.push(Event::Topic {
                room: self.rooms.name_of(room).to_owned(),
                topic: topic.map(str::to_owned),
                asked: self.queries.topics.remove(&self.rooms.isupport.key(room)),
            });
        }
    }

    fn on_modes(&mut self, reply: Reply, message: &Message<'_>, output: &mut SessionOutput) {
        let own = reply == Reply::UserModeIs;
        let (target, after) = match own {
            true => (Some(self.identity.nick.clone()), 1),
            false => (message.parameter(1).map(str::to_owned), 2),
        };
        let target = target.as_deref();
        if let (false, Some(room)) = (own, target) {
            self.learn_key(room, message.parameters.get(2..).unwrap_or_default());
        }
        if let Some(target) = target {
            output.events.push(Event::Modes {
                target: self.rooms.name_of(target).to_owned(),
                modes: parameters_from(message, after),
                own,
                asked: self.queries.plain_reply,
            });
        }
    }

    /// Shows an answer that has no form of its own.
    pub(super) fn show_plain_reply(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let after = message.parameters.get(1..).unwrap_or_default();
        let number = message.number().unwrap_or_default();
        // These numerics answer a request, except those that follow each join.
        let answer = self.is_ready().then(|| explain::reply(number, after));
        output.events.push(match answer.flatten() {
            Some(text) => Event::ServerSaid {
                text,
                asked: self.queries.plain_reply,
            },
            None => Event::ServerNotice {
                text: parameters_from(message, 1),
            },
        });
    }
}

/// RPL_WHOISACCOUNT.
const WHOIS_ACCOUNT: u16 = 330;
/// RPL_LOGGEDIN.
const LOGGED_IN: u16 = 900;
/// RPL_VISIBLEHOST: the host that others see has changed.
const VISIBLE_HOST: u16 = 396;
