//! Answers in many lines: `NAMES`, `WHO` and `WHOIS`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fields::parameters_from;
use super::queries::{DETAILED_PEOPLE_MAX, ROWS_MAX, WhoQuery, add_detail, add_row};
use crate::client::event::{Event, WhoEntry, WhoisInfo};
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::wire::{Message, Reply, Request};

/// How long the details of the users in a list may take.
const DETAILS_MAX: Duration = Duration::from_secs(10);

impl Session {
    pub(super) fn on_names_reply(&mut self, message: &Message<'_>) {
        let (Some(room), Some(nicks)) = (message.parameter(2), message.parameter(3)) else {
            return;
        };
        let nicks = nicks.split(' ').filter(|nick| !nick.is_empty());
        if let Some(list) = self.queries.names.get_mut(&self.rooms.naming.key(room)) {
            for nick in nicks.clone() {
                add_row(list, nick.to_owned(), ROWS_MAX);
            }
        }
        for nick in nicks {
            let nick = self.rooms.naming.without_prefix(nick);
            let nick = nick.split('!').next().unwrap_or_default();
            self.rooms.add(room, nick, None);
        }
    }

    pub(super) fn on_end_of_names(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let Some(name) = message.parameter(1) else {
            return;
        };
        if let Some(nicks) = self.queries.names.remove(&self.rooms.naming.key(name)) {
            output.events.push(Event::Names {
                room: self.rooms.name_of(name).to_owned(),
                nicks,
            });
        }
        let own = self.identity.nick.clone();
        let first = !self.rooms.iter().any(|room| room.has_all_members);
        let is_first_list = self.rooms.complete_members(name);
        let Some(room) = self.rooms.get(name).filter(|_| is_first_list) else {
            return;
        };
        let others = room
            .members()
            .filter(|person| !self.is_same(&person.nick, &own));
        output.events.push(Event::Entered {
            room: room.name.clone(),
            others: others.map(|person| person.nick.clone()).collect(),
            nick: own,
            first: first && !self.link.was_registered,
        });
    }

    /// Requests the list of users in a room, with WHOX if the server has it.
    pub(in crate::client::session) fn send_who(
        &mut self,
        room: &str,
        all: bool,
        output: &mut SessionOutput,
    ) {
        let token = self.queries.next_token();
        self.queries.who.push(WhoQuery {
            room: room.to_owned(),
            token: token.to_string(),
            people: Vec::new(),
            all: all || self.settings.script,
            awaiting_whois: BTreeSet::new(),
            until: None,
        });
        let fields = format!("%tcnfla,{token}");
        let fields = self.rooms.naming.has_whox.then_some(fields.as_str());
        self.send(&Request::Who { mask: room, fields }, output);
    }

    pub(super) fn on_who_reply(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let (Some(room), Some(nick), Some(flags)) = (
            message.parameter(1),
            message.parameter(5),
            message.parameter(6),
        ) else {
            return;
        };
        match self.queries.open_who_index(room, &self.rooms.naming) {
            Some(at) => self.add_who_entry(at, nick, flags, None),
            None => self.show_plain_reply(message, output),
        }
    }

    /// `354` with a token of the client. One without answers a request that was typed.
    pub(super) fn on_whox_reply(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let parameter = |index| message.parameter(index);
        let (Some(token), Some(nick), Some(flags)) = (parameter(1), parameter(3), parameter(4))
        else {
            return;
        };
        let place = self.queries.who_index_by_token(token);
        let (Some(at), Some(idle), Some(account)) = (place, parameter(5), parameter(6)) else {
            return self.show_plain_reply(message, output);
        };
        self.add_who_entry(at, nick, flags, Some((idle, account)));
    }

    /// Adds a user to the list at this index.
    fn add_who_entry(&mut self, at: usize, nick: &str, flags: &str, more: Option<(&str, &str)>) {
        let own = self.is_own(nick);
        let naming = &self.rooms.naming;
        let Some(who) = self.queries.who.get_mut(at) else {
            return;
        };
        let seen = self.rooms.member(&who.room, nick);
        let (idle, account) = more.unwrap_or_default();
        let present = WhoEntry {
            nick: nick.to_owned(),
            rank: flags.chars().filter(|c| naming.is_prefix(*c)).collect(),
            away: flags.starts_with('G'),
            away_message: None,
            since: seen.and_then(|person| person.since),
            idle_seconds: idle.parse().ok(),
            account: (!matches!(account, "" | "0" | "*")).then(|| account.to_owned()),
            operator: flags.contains('*') && !naming.is_prefix('*'),
            own,
        };
        add_row(&mut who.people, present, ROWS_MAX);
    }

    /// The list is complete. In a small room a `WHOIS` for each user follows, since `WHO` does not
    /// have the idle time.
    pub(super) fn on_end_of_who(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let room = message.parameter(1).unwrap_or_default();
        let Some(mut who) = self.queries.take_open_who(room, &self.rooms.naming) else {
            return self.show_plain_reply(message, output);
        };
        who.people.sort_by_key(|person| self.key(&person.nick));
        if who.people.is_empty() || who.people.len() > DETAILED_PEOPLE_MAX {
            return show_who(who, output);
        }
        for person in &who.people {
            who.awaiting_whois.insert(self.key(&person.nick));
            self.send(&Request::Whois { nick: &person.nick }, output);
        }
        who.until = Some(now.elapsed + DETAILS_MAX);
        self.queries.who.push(who);
    }

    /// Shows the lists whose details are overdue, as they are.
    pub(in crate::client::session) fn show_overdue_lists(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        for who in self.queries.take_overdue(now.elapsed) {
            show_who(who, output);
        }
    }

    /// Shows all lists as they are, since nothing more will come.
    pub(in crate::client::session) fn show_partial_lists(&mut self, output: &mut SessionOutput) {
        for who in std::mem::take(&mut self.queries.who) {
            show_who(who, output);
        }
    }

    pub(super) fn on_whois_reply(&mut self, reply: Reply, message: &Message<'_>) {
        let Some(nick) = message.parameter(1) else {
            return;
        };
        let details = self.queries.whois_entry(self.rooms.naming.key(nick));
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
            _ => add_detail(details, parameters_from(message, 2)),
        }
    }

    pub(super) fn on_end_of_whois(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let Some(nick) = message.parameter(1) else {
            return;
        };
        let details = self.queries.whois.remove(&self.rooms.naming.key(nick));
        if !self.on_whois(nick, details.as_ref(), output)
            && let Some(details) = details
        {
            output.events.push(Event::Whois {
                details: Box::new(details),
            });
        }
    }

    /// The details of a user in a list have come, if there are any. Returns whether a list waited
    /// for them.
    pub(super) fn on_whois(
        &mut self,
        nick: &str,
        details: Option<&WhoisInfo>,
        output: &mut SessionOutput,
    ) -> bool {
        let key = self.key(nick);
        let mut lists = self.queries.who.iter_mut();
        let Some(at) = lists.position(|who| who.awaiting_whois.remove(&key)) else {
            return false;
        };
        if let (Some(who), Some(details)) = (self.queries.who.get_mut(at), details) {
            who.add_details(details, &self.rooms.naming);
        }
        if self
            .queries
            .who
            .get(at)
            .is_some_and(|who| who.awaiting_whois.is_empty())
        {
            show_who(self.queries.who.remove(at), output);
        }
        true
    }

    /// `301` is part of an answer to `WHOIS`, or answers a whisper.
    pub(super) fn on_away(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let (Some(nick), Some(text)) = (message.parameter(1), message.parameter(2)) else {
            return;
        };
        let key = self.key(nick);
        if let Some(details) = self.queries.whois.get_mut(&key) {
            details.away = Some(text.to_owned());
            return;
        }
        let known = self.queries.remember_away(key, text);
        if known.as_deref() != Some(text) {
            output.events.push(Event::Away {
                nick: nick.to_owned(),
                message: text.to_owned(),
            });
        }
    }
}

fn show_who(who: WhoQuery, output: &mut SessionOutput) {
    output.events.push(Event::Who {
        room: who.room,
        people: who.people,
        all: who.all,
    });
}
