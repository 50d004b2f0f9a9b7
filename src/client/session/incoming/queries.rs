//! Answers that come in many lines, collected until they are whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::client::event::{RoomSummary, WhoEntry, WhoisInfo};
use crate::wire::FoldedName;
use crate::wire::isupport::Isupport;

/// Up to so many people, `/who` asks about each of them for the details.
pub(super) const DETAILED_PEOPLE_MAX: usize = 8;

// What a server says of its own accord, or without an end, takes no more memory than this. No one
// reads lists that long, and what is beyond is left out of them.
/// Rooms or people in a list.
pub(super) const ROWS_MAX: usize = 200_000;
/// People whose `WHOIS` is not whole, and rows of one that have no form of their own.
const WHOIS_MAX: usize = 64;
/// People of whom it is known what they have left after.
const AWAY_MAX: usize = 1_000;

/// What has been asked of the server and not been answered yet. It lives for a moment, so nothing
/// here is put under another key when the server changes which names are the same.
#[derive(Debug, Default)]
pub(in crate::client::session) struct PendingQueries {
    /// `/who` of these rooms.
    pub(super) who: Vec<WhoQuery>,
    /// The last token a list was asked for with.
    token: u16,
    /// `/names` of these rooms, with what has come so far.
    pub(in crate::client::session) names: BTreeMap<FoldedName, Vec<String>>,
    /// What these rooms are about.
    pub(in crate::client::session) topics: BTreeSet<FoldedName>,
    /// Something was asked whose answer has no form of its own.
    pub(in crate::client::session) plain_reply: bool,
    /// What has come so far of an answer to `WHOIS`.
    pub(in crate::client::session) whois: BTreeMap<FoldedName, WhoisInfo>,
    /// What has come so far of an answer to `/list`.
    pub(super) list: Vec<RoomSummary>,
    /// The wanted nick was asked for by the program: a refusal is no news.
    pub(in crate::client::session) regaining: bool,
    /// The nick the user asked for last.
    pub(in crate::client::session) nick: Option<String>,
    /// What each person who is away was last heard to have left after.
    pub(in crate::client::session) away: BTreeMap<FoldedName, String>,
}

/// An answer to `/who`.
#[derive(Debug)]
pub(super) struct WhoQuery {
    pub(super) room: String,
    /// What stands in the lines of the answer where the server puts it there.
    pub(super) token: String,
    pub(super) people: Vec<WhoEntry>,
    /// Those whose details are to come.
    pub(super) awaiting_whois: BTreeSet<FoldedName>,
    /// When that is not waited for any more; none until the list is whole.
    pub(super) until: Option<Duration>,
}

impl PendingQueries {
    /// A token for another list. Servers take three digits.
    pub(super) fn next_token(&mut self) -> u16 {
        self.token = self.token % 999 + 1;
        self.token
    }

    /// Where the list is that was asked for with this token.
    pub(super) fn who_index_by_token(&self, token: &str) -> Option<usize> {
        let mut lists = self.who.iter();
        lists.position(|who| who.until.is_none() && who.token == token)
    }

    /// The list of this room that is not whole yet, to be kept no longer.
    pub(super) fn take_open_who(&mut self, room: &str, naming: &Isupport) -> Option<WhoQuery> {
        let at = self.open_who_index(room, naming)?;
        Some(self.who.remove(at))
    }

    /// Where the list of this room is that is not whole yet. Some servers name no room in their
    /// lines, which then belong to the list that was asked for first.
    pub(super) fn open_who_index(&self, room: &str, naming: &Isupport) -> Option<usize> {
        let open = |who: &WhoQuery| who.until.is_none();
        let of_room = |who: &WhoQuery| open(who) && naming.is_same(&who.room, room);
        let exact = self.who.iter().position(of_room);
        exact.or_else(|| self.who.iter().position(open).filter(|_| room == "*"))
    }

    /// What has come so far of the answer to `WHOIS` about the user.
    pub(super) fn whois_entry(&mut self, key: FoldedName) -> &mut WhoisInfo {
        if self.whois.len() >= WHOIS_MAX && !self.whois.contains_key(&key) {
            self.whois.clear();
        }
        self.whois.entry(key).or_default()
    }

    /// Keeps what someone who is away has left after. What it was before.
    pub(super) fn remember_away(&mut self, key: FoldedName, words: &str) -> Option<String> {
        if self.away.len() >= AWAY_MAX && !self.away.contains_key(&key) {
            self.away.clear();
        }
        self.away.insert(key, words.to_owned())
    }

    /// Whether this command was sent for a list.
    pub(super) fn awaits_whois(&self, command: Option<&str>) -> bool {
        command.is_some_and(|command| {
            let details = command.eq_ignore_ascii_case("WHOIS");
            self.who.iter().any(|who| who.until.is_some() && details)
        })
    }

    /// When the details that are missing are not waited for any more.
    pub(in crate::client::session) fn deadline(&self) -> Option<Duration> {
        self.who.iter().filter_map(|who| who.until).min()
    }

    /// The lists whose details have not come in time.
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
    /// Puts what `WHOIS` said to where it belongs.
    pub(super) fn add_details(&mut self, details: &WhoisInfo, naming: &Isupport) {
        let same = |person: &&mut WhoEntry| naming.is_same(&person.nick, &details.nick);
        if let Some(person) = self.people.iter_mut().find(same) {
            person.since = details.since.or(person.since);
            person.idle_seconds = details.idle_seconds.or(person.idle_seconds);
            person.away_message.clone_from(&details.away);
        }
    }
}
