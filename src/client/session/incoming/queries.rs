//! Pending queries: answers in many lines, collected until they are complete.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::client::event::{RoomSummary, WhoEntry, WhoisInfo};
use crate::wire::FoldedName;
use crate::wire::isupport::Isupport;

/// How many users a list may have for `/who` to ask for the details of each.
pub(super) const DETAILED_PEOPLE_MAX: usize = 8;

// Bounds for lists that a server sends unasked or without an end. Rows beyond a bound are dropped; no
// user reads lists that long.
/// How many rooms or users a list may have.
pub(super) const ROWS_MAX: usize = 200_000;
/// How many `WHOIS` answers may be incomplete, and how many rows without a form of their own one
/// may have.
const WHOIS_MAX: usize = 64;
/// How many away messages are kept.
const AWAY_MAX: usize = 1_000;

/// The requests that are not answered yet. They live for a moment, so no key here is folded again
/// when the server changes its case mapping.
#[derive(Debug, Default)]
pub(in crate::client::session) struct PendingQueries {
    /// `/who` of these rooms.
    pub(super) who: Vec<WhoQuery>,
    /// The token of the last WHOX request.
    token: u16,
    /// `/names` of these rooms, with the nicks received so far.
    pub(in crate::client::session) names: BTreeMap<FoldedName, Vec<String>>,
    /// `/topic` of these rooms.
    pub(in crate::client::session) topics: BTreeSet<FoldedName>,
    /// A request was sent whose answer has no form of its own.
    pub(in crate::client::session) plain_reply: bool,
    /// The rows received so far of each answer to `WHOIS`.
    pub(in crate::client::session) whois: BTreeMap<FoldedName, WhoisInfo>,
    /// The rows received so far of an answer to `/list`.
    pub(super) list: Vec<RoomSummary>,
    /// Whether all of them are to be shown.
    pub(in crate::client::session) list_all: bool,
    /// The client itself has requested the wanted nick, so a refusal is not shown.
    pub(in crate::client::session) regaining: bool,
    /// The nick that the user requested last.
    pub(in crate::client::session) nick: Option<String>,
    /// The last away message of each user who is away.
    pub(in crate::client::session) away: BTreeMap<FoldedName, String>,
}

/// An answer to `/who`.
#[derive(Debug)]
pub(super) struct WhoQuery {
    pub(super) room: String,
    /// Whether, and how, the server puts details into the rows of the answer.
    pub(super) token: String,
    pub(super) people: Vec<WhoEntry>,
    /// Whether all of them are to be shown.
    pub(super) all: bool,
    /// The users whose details are missing.
    pub(super) awaiting_whois: BTreeSet<FoldedName>,
    /// When the list is shown without them; `None` until the list is complete.
    pub(super) until: Option<Duration>,
}

impl PendingQueries {
    /// A token for another WHOX request. Servers accept three digits.
    pub(super) fn next_token(&mut self) -> u16 {
        self.token = self.token % 999 + 1;
        self.token
    }

    /// The index of the list that was requested with this token.
    pub(super) fn who_index_by_token(&self, token: &str) -> Option<usize> {
        let mut lists = self.who.iter();
        lists.position(|who| who.until.is_none() && who.token == token)
    }

    /// Removes the incomplete list of this room.
    pub(super) fn take_open_who(&mut self, room: &str, isupport: &Isupport) -> Option<WhoQuery> {
        let at = self.open_who_index(room, isupport)?;
        Some(self.who.remove(at))
    }

    /// The index of the incomplete list of this room. Some servers name no room in their rows,
    /// which then belong to the list that was requested first.
    pub(super) fn open_who_index(&self, room: &str, isupport: &Isupport) -> Option<usize> {
        let open = |who: &WhoQuery| who.until.is_none();
        let of_room = |who: &WhoQuery| open(who) && isupport.is_same(&who.room, room);
        let exact = self.who.iter().position(of_room);
        exact.or_else(|| self.who.iter().position(open).filter(|_| room == "*"))
    }

    /// The rows received so far of the `WHOIS` answer about this user.
    pub(super) fn whois_entry(&mut self, key: FoldedName) -> &mut WhoisInfo {
        if self.whois.len() >= WHOIS_MAX && !self.whois.contains_key(&key) {
            self.whois.clear();
        }
        self.whois.entry(key).or_default()
    }

    /// Keeps the away message of a user, and returns the one before.
    pub(super) fn remember_away(&mut self, key: FoldedName, words: &str) -> Option<String> {
        if self.away.len() >= AWAY_MAX && !self.away.contains_key(&key) {
            self.away.clear();
        }
        self.away.insert(key, words.to_owned())
    }

    /// Whether a list waits for `WHOIS`, if this is the command.
    pub(super) fn awaits_whois(&self, command: Option<&str>) -> bool {
        command.is_some_and(|command| {
            let details = command.eq_ignore_ascii_case("WHOIS");
            self.who.iter().any(|who| who.until.is_some() && details)
        })
    }

    /// When the first incomplete list is shown as it is.
    pub(in crate::client::session) fn deadline(&self) -> Option<Duration> {
        self.who.iter().filter_map(|who| who.until).min()
    }

    /// Removes the lists whose details are overdue.
    pub(super) fn take_overdue(&mut self, elapsed: Duration) -> Vec<WhoQuery> {
        let late = |who: &mut WhoQuery| who.until.is_some_and(|until| until <= elapsed);
        self.who.extract_if(.., late).collect()
    }
}

/// Adds a row to an answer, unless it has too many.
pub(super) fn add_row<T>(rows: &mut Vec<T>, row: T, rows_max: usize) {
    if rows.len() < rows_max {
        rows.push(row);
    }
}

/// A row of `WHOIS` that has no form of its own.
pub(super) fn add_detail(details: &mut WhoisInfo, row: String) {
    add_row(&mut details.more, row, WHOIS_MAX);
}

impl WhoQuery {
    /// Puts the details of `WHOIS` into the list.
    pub(super) fn add_details(&mut self, details: &WhoisInfo, isupport: &Isupport) {
        let same = |person: &&mut WhoEntry| isupport.is_same(&person.nick, &details.nick);
        if let Some(person) = self.people.iter_mut().find(same) {
            person.since = details.since.or(person.since);
            person.idle_seconds = details.idle_seconds.or(person.idle_seconds);
            let away = details.away.clone();
            person.away_message = away.or(person.away_message.take());
            let account = details.account.clone();
            person.account = account.or(person.account.take());
        }
    }
}
