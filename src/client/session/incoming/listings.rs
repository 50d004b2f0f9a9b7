//! Answers in many lines: `NAMES`, `WHO` and `WHOIS`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fields::parameters_from;
use super::people::is_account;
use super::queries::{DETAILED_PEOPLE_MAX, ROWS_MAX, WhoQuery, add_detail, add_row};
use crate::client::event::{Event, WhoEntry, WhoisInfo};
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::wire::{Message, Reply, Request};

/// One user in an answer to `WHO`.
struct WhoRow<'m> {
    nick: &'m str,
    flags: &'m str,
    /// Seconds, if the answer has them.
    idle: &'m str,
    /// `None` if the answer has none.
    account: Option<&'m str>,
    real_name: Option<&'m str>,
}

/// How long the details of the users in a list may take.
const DETAILS_MAX: Duration = Duration::from_secs(10);

impl Session {
    pub(super) fn on_names_reply(&mut self, message: &Message<'_>) {
        let (Some(room), Some(nicks)) = (message.parameter(2), message.parameter(3)) else {
            return;
        };
        let rows = nicks.split(' ').filter(|row| !row.is_empty());
        // IRCv3 userhost-in-names: the address follows the nick.
        let rows = rows.map(|row| match row.split_once('!') {
            Some((row, address)) => (row, Some(address)),
            None => (row, None),
        });
        if let Some(list) = self.queries.names.get_mut(&self.rooms.isupport.key(room)) {
            for (row, _) in rows.clone() {
                add_row(list, row.to_owned(), ROWS_MAX);
            }
        }
        for (row, address) in rows {
            let nick = self.rooms.isupport.without_prefix(row);
            let prefixes = row.strip_suffix(nick).unwrap_or_default();
            self.rooms.add(room, nick, None);
            self.rooms.set_prefixes(room, nick, prefixes);
            if let Some(address) = address {
                let address = Some(address.to_owned());
                self.rooms
                    .note_person(nick, |person| person.address = address);
            }
        }
    }

    pub(super) fn on_end_of_names(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let Some(name) = message.parameter(1) else {
            return;
        };
        if let Some(nicks) = self.queries.names.remove(&self.rooms.isupport.key(name)) {
            output.events.push(Event::Names {
                room: self.rooms.name_of(name).to_owned(),
                nicks,
            });
        }
        self.rooms.complete_members(name);
        let own = &self.identity.nick;
        let others = self.rooms.get(name).map(|room| {
            let others = room
                .members()
                .filter(|person| !self.is_same(&person.nick, own));
            others.map(|person| person.nick.clone()).collect()
        });
        if others.is_some() {
            self.announce_room(name, others, output);
        }
    }

    /// Says once that the user is in a room, and with whom if that is known.
    pub(super) fn announce_room(
        &mut self,
        name: &str,
        others: Option<Vec<String>>,
        output: &mut SessionOutput,
    ) {
        if self.rooms.announce(name) {
            let was_greeted = std::mem::replace(&mut self.link.was_greeted, true);
            output.events.push(Event::Entered {
                room: self.rooms.name_of(name).to_owned(),
                others,
                nick: self.identity.nick.clone(),
                first: !was_greeted && !self.link.was_registered,
            });
        }
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
        let fields = format!("%tcnflar,{token}");
        let fields = self.rooms.isupport.has_whox.then_some(fields.as_str());
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
        match self.queries.open_who_index(room, &self.rooms.isupport) {
            Some(at) => {
                // The number of servers on the way comes first.
                let real_name = message.parameter(7).and_then(|text| text.split_once(' '));
                let row = WhoRow {
                    nick,
                    flags,
                    idle: "",
                    account: None,
                    real_name: real_name.map(|(_, name)| name),
                };
                self.add_who_entry(at, &row);
            }
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
        let row = WhoRow {
            nick,
            flags,
            idle,
            account: Some(account),
            real_name: parameter(7),
        };
        self.add_who_entry(at, &row);
    }

    /// Adds a user to the list at this index.
    fn add_who_entry(&mut self, at: usize, row: &WhoRow<'_>) {
        let nick = row.nick;
        let own = self.is_own(nick);
        let isupport = &self.rooms.isupport;
        let Some(who) = self.queries.who.get_mut(at) else {
            return;
        };
        let rank = row.flags.chars().filter(|c| isupport.is_prefix(*c));
        let mut rank: String = rank.collect();
        let mut since = None;
        if let Some(member) = self.rooms.member(&who.room, nick) {
            since = member.since;
            // Without multi-prefix the answer has only the highest.
            if !rank.is_empty() && member.prefixes.starts_with(&rank) {
                rank.clone_from(&member.prefixes);
            }
        }
        let known = self.rooms.person(nick);
        let account = match row.account {
            Some(account) => is_account(account).then(|| account.to_owned()),
            None => known.and_then(|person| person.account.clone()),
        };
        let away = row.flags.starts_with('G');
        let away_message = known.and_then(|person| person.away.clone());
        let present = WhoEntry {
            nick: nick.to_owned(),
            rank,
            away,
            away_message: away_message.filter(|_| away),
            since,
            idle_seconds: row.idle.parse().ok(),
            account,
            real_name: row.real_name.map(str::to_owned),
            operator: row.flags.contains('*') && !isupport.is_prefix('*'),
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
        let Some(mut who) = self.queries.take_open_who(room, &self.rooms.isupport) else {
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
        let details = self.queries.whois_entry(self.rooms.isupport.key(nick));
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
        let mut details = self.queries.whois.remove(&self.rooms.isupport.key(nick));
        if let (Some(details), Some(known)) = (&mut details, self.rooms.person(nick)) {
            // Not every server says the account of a person here.
            details.account = details.account.take().or_else(|| known.account.clone());
        }
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
            who.add_details(details, &self.rooms.isupport);
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
