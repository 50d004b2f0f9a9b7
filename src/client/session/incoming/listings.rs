//! Lists of people, and what is known about one of them: answers that come in many lines.

use std::collections::BTreeSet;
use std::time::Duration;

use super::messages::words_behind;
use super::queries::{DETAILED_PEOPLE_MAX, ROWS_MAX, Who, add_detail, add_row};
use crate::client::event::{Details, Event, Present};
use crate::client::session::{Moment, Outbox, Session};
use crate::wire::{Message, Reply, Request};

/// How long what is known of the people in a list may take to come.
const DETAILS_MAX: Duration = Duration::from_secs(10);

impl Session {
    pub(super) fn names_came(&mut self, message: &Message<'_>) {
        let (Some(room), Some(nicks)) = (message.parameter(2), message.parameter(3)) else {
            return;
        };
        let nicks = nicks.split(' ').filter(|nick| !nick.is_empty());
        if let Some(list) = self.asked.names.get_mut(&self.rooms.naming.key(room)) {
            for nick in nicks.clone() {
                add_row(list, nick.to_owned(), ROWS_MAX);
            }
        }
        for nick in nicks {
            let nick = self.rooms.naming.without_rank(nick);
            let nick = nick.split('!').next().unwrap_or_default();
            self.rooms.add(room, nick, None);
        }
    }

    pub(super) fn names_ended(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let Some(name) = message.parameter(1) else {
            return;
        };
        if let Some(nicks) = self.asked.names.remove(&self.rooms.naming.key(name)) {
            outbox.events.push(Event::Names {
                room: self.rooms.name_of(name).to_owned(),
                nicks,
            });
        }
        let own = self.nick.clone();
        let first = !self.rooms.iter().any(|room| room.listed);
        let is_first_list = self.rooms.list_ended(name);
        let Some(room) = self.rooms.get(name).filter(|_| is_first_list) else {
            return;
        };
        let others = room
            .people()
            .filter(|person| !self.is_same(&person.nick, &own));
        outbox.events.push(Event::Entered {
            room: room.name.clone(),
            others: others.map(|person| person.nick.clone()).collect(),
            nick: own,
            first: first && !self.was_in,
        });
    }

    /// Asks who is in a room, and for as much about each as one line can tell.
    pub(in crate::client::session) fn ask_who(&mut self, room: &str, outbox: &mut Outbox) {
        let token = self.asked.next_token();
        self.asked.who.push(Who {
            room: room.to_owned(),
            token: token.to_string(),
            people: Vec::new(),
            missing: BTreeSet::new(),
            until: None,
        });
        let fields = format!("%tcnfla,{token}");
        let fields = self.rooms.naming.has_whox.then_some(fields.as_str());
        self.send(&Request::Who { mask: room, fields }, outbox);
    }

    pub(super) fn who_came(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let (Some(room), Some(nick), Some(flags)) = (
            message.parameter(1),
            message.parameter(5),
            message.parameter(6),
        ) else {
            return;
        };
        match self.asked.place_of(room, &self.rooms.naming) {
            Some(at) => self.present(at, nick, flags, None),
            None => self.answer_in_words(message, outbox),
        }
    }

    /// The answer to a question with a token. What else has this number was asked by hand.
    pub(super) fn whox_came(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let parameter = |index| message.parameter(index);
        let (Some(token), Some(nick), Some(flags)) = (parameter(1), parameter(3), parameter(4))
        else {
            return;
        };
        let place = self.asked.place_of_token(token);
        let (Some(at), Some(idle), Some(account)) = (place, parameter(5), parameter(6)) else {
            return self.answer_in_words(message, outbox);
        };
        self.present(at, nick, flags, Some((idle, account)));
    }

    /// Somebody is in the list at this place.
    fn present(&mut self, at: usize, nick: &str, flags: &str, more: Option<(&str, &str)>) {
        let own = self.is_own(nick);
        let naming = &self.rooms.naming;
        let Some(who) = self.asked.who.get_mut(at) else {
            return;
        };
        let seen = self.rooms.person(&who.room, nick);
        let (idle, account) = more.unwrap_or_default();
        let present = Present {
            nick: nick.to_owned(),
            rank: flags.chars().filter(|c| naming.is_rank(*c)).collect(),
            away: flags.starts_with('G'),
            away_message: None,
            since: seen.and_then(|person| person.since),
            idle_seconds: idle.parse().ok(),
            account: (!matches!(account, "" | "0" | "*")).then(|| account.to_owned()),
            operator: flags.contains('*') && !naming.is_rank('*'),
            own,
        };
        add_row(&mut who.people, present, ROWS_MAX);
    }

    /// The list is there. In a small room each person is asked about, since `WHO` does not tell
    /// how long they have been here.
    pub(super) fn who_ended(&mut self, message: &Message<'_>, now: Moment, outbox: &mut Outbox) {
        let room = message.parameter(1).unwrap_or_default();
        let Some(mut who) = self.asked.take_who_in(room, &self.rooms.naming) else {
            return self.answer_in_words(message, outbox);
        };
        who.people.sort_by_key(|person| self.key(&person.nick));
        if who.people.is_empty() || who.people.len() > DETAILED_PEOPLE_MAX {
            return show_who(who, outbox);
        }
        for person in &who.people {
            who.missing.insert(self.key(&person.nick));
            self.send(&Request::Whois { nick: &person.nick }, outbox);
        }
        who.until = Some(now.elapsed + DETAILS_MAX);
        self.asked.who.push(who);
    }

    /// Shows the lists whose details have not come in time, as they are.
    pub(in crate::client::session) fn show_late_lists(&mut self, now: Moment, outbox: &mut Outbox) {
        for who in self.asked.take_late(now.elapsed) {
            show_who(who, outbox);
        }
    }

    /// Shows all lists as they are, since nothing more will come.
    pub(in crate::client::session) fn show_all_lists(&mut self, outbox: &mut Outbox) {
        for who in std::mem::take(&mut self.asked.who) {
            show_who(who, outbox);
        }
    }

    pub(super) fn whois_came(&mut self, reply: Reply, message: &Message<'_>) {
        let Some(nick) = message.parameter(1) else {
            return;
        };
        let details = self.asked.whois_of(self.rooms.naming.key(nick));
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
            _ => add_detail(details, words_behind(message, 2)),
        }
    }

    pub(super) fn whois_ended(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let Some(nick) = message.parameter(1) else {
            return;
        };
        let details = self.asked.whois.remove(&self.rooms.naming.key(nick));
        if !self.details_came(nick, details.as_ref(), outbox)
            && let Some(details) = details
        {
            outbox.events.push(Event::Whois {
                details: Box::new(details),
            });
        }
    }

    /// What is known of somebody in a list has come, if anything. Whether a list waited for it.
    pub(super) fn details_came(
        &mut self,
        nick: &str,
        details: Option<&Details>,
        outbox: &mut Outbox,
    ) -> bool {
        let key = self.key(nick);
        let mut lists = self.asked.who.iter_mut();
        let Some(at) = lists.position(|who| who.missing.remove(&key)) else {
            return false;
        };
        if let (Some(who), Some(details)) = (self.asked.who.get_mut(at), details) {
            who.add_details(details, &self.rooms.naming);
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
    pub(super) fn away_told(&mut self, message: &Message<'_>, outbox: &mut Outbox) {
        let (Some(nick), Some(text)) = (message.parameter(1), message.parameter(2)) else {
            return;
        };
        let key = self.key(nick);
        if let Some(details) = self.asked.whois.get_mut(&key) {
            details.away = Some(text.to_owned());
            return;
        }
        let known = self.asked.keep_away(key, text);
        if known.as_deref() != Some(text) {
            outbox.events.push(Event::Away {
                nick: nick.to_owned(),
                message: text.to_owned(),
            });
        }
    }
}

fn show_who(who: Who, outbox: &mut Outbox) {
    outbox.events.push(Event::Who {
        room: who.room,
        people: who.people,
    });
}
