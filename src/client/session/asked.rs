//! Answers that come in many lines, collected until they are whole.

use std::collections::BTreeMap;

use crate::client::event::{Details, Present, RoomSummary};
use crate::wire::Key;

/// Up to so many people, `/who` asks about each of them for the details.
pub(super) const DETAILED_PEOPLE_MAX: usize = 8;

/// What has been asked of the server and not been answered yet.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// `/who`, one at a time.
    pub(super) who: Option<Who>,
    /// `/names` of these rooms, with what has come so far.
    pub(super) names: BTreeMap<Key, Vec<String>>,
    /// What has come so far of an answer to `WHOIS`.
    pub(super) whois: BTreeMap<Key, Details>,
    /// What has come so far of an answer to `/list`.
    pub(super) list: Vec<RoomSummary>,
    /// The wanted nick was asked for by the program: a refusal is no news.
    pub(super) regaining: bool,
    /// What each person who is away was last heard to have left behind.
    pub(super) away: BTreeMap<Key, String>,
}

/// An answer to `/who`.
#[derive(Debug)]
pub(super) struct Who {
    pub(super) room: String,
    pub(super) people: Vec<Present>,
    /// How many more people's details are to come.
    pub(super) details_missing: usize,
}

impl Who {
    /// Puts what `WHOIS` said to where it belongs.
    pub(super) fn add_details(&mut self, details: &Details) {
        let key = Key::of(&details.nick);
        let same = |person: &&mut Present| Key::of(&person.nick) == key;
        if let Some(person) = self.people.iter_mut().find(same) {
            person.since = details.since.or(person.since);
            person.idle_seconds = details.idle_seconds;
            person.away_message.clone_from(&details.away);
        }
    }
}
