//! Adds messages of other logs to a store that no server uses.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::database::{CommitError, Database, Imported};
use super::folder::{self, FolderLock};
use super::{reported, unix_milliseconds};
use crate::server::error::{ServerError, StoreProblem};
use crate::server::hub::buffers::{Buffer, Conversation, Participant, StoredRoom};
use crate::server::hub::stored::{MessageId, StoreTag, StoredKind, StoredLine};
use crate::wire::{FoldedName, Nick, RoomName};

/// The part after the nick in the source of a message whose user and host are not known.
const UNKNOWN_ADDRESS: &str = "imported@imported.invalid";

/// A message or an event of another log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct ImportedLine {
    pub(in crate::server) unix_milliseconds: u64,
    /// Its id on the wire, if the log has one.
    pub(in crate::server) msgid: Option<String>,
    pub(in crate::server) target: ImportTarget,
    pub(in crate::server) kind: StoredKind,
    /// The author.
    pub(in crate::server) nick: Nick,
    /// The account of the author.
    pub(in crate::server) account: Option<Nick>,
    /// The text in the form of the store.
    pub(in crate::server) text: String,
}

/// The recipient of an imported message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum ImportTarget {
    Room(RoomName),
    User(Nick),
}

/// A store that is open for an import. No server can use it meanwhile.
#[derive(Debug)]
pub(in crate::server) struct StoreImporter {
    folder: PathBuf,
    /// The registered rooms, and since when they have their messages.
    rooms: HashMap<FoldedName, MessageId>,
    accounts: BTreeSet<FoldedName>,
    /// The ids that this import has used in the current millisecond.
    used: BTreeSet<(String, MessageId)>,
    used_at: u64,
    now: u64,
    database: Database,
    _lock: FolderLock,
}

impl StoreImporter {
    /// Opens the store in this folder, and creates it if it is missing.
    pub(in crate::server) fn open(folder: &Path) -> Result<Self, ServerError> {
        let open = || {
            let lock = folder::lock(folder)?;
            let database = Database::open(folder)?;
            let rooms = database.rooms()?.into_iter();
            let accounts = database.accounts()?.accounts.into_iter();
            Ok(Self {
                folder: folder.to_owned(),
                rooms: rooms.map(|room| (room.name.key(), room.since)).collect(),
                accounts: accounts.map(|account| account.name.key()).collect(),
                used: BTreeSet::new(),
                used_at: 0,
                now: unix_milliseconds(SystemTime::now()),
                database,
                _lock: lock,
            })
        };
        open().map_err(|problem: StoreProblem| reported(folder)(problem))
    }

    /// Adds those of these that are not in the store, all or none, and returns how many they are.
    pub(in crate::server) fn store(&mut self, lines: &[ImportedLine]) -> Result<u64, ServerError> {
        let mut added = 0;
        let mut found = Vec::new();
        for line in lines {
            // Ids of a time to come would be in the way of those that the server gives.
            if line.unix_milliseconds > self.now {
                continue;
            }
            if let Some(stored) = self.stored(line) {
                let (first, last) = MessageId::range_at(line.unix_milliseconds);
                let id = line.msgid.as_deref().and_then(read_id);
                let id = id.filter(|id| (first..=last).contains(id));
                found.push((stored, id.unwrap_or(first), last));
            }
        }
        let Self { used, used_at, .. } = self;
        let imported = self.database.import(&found, |line, id, outcome| {
            if id.unix_milliseconds() != *used_at {
                used.clear();
                *used_at = id.unix_milliseconds();
            }
            let key = (line.buffer.key(), id);
            match outcome {
                // One that this import has met is another one with the same words.
                Imported::Same => used.insert(key),
                Imported::Added => {
                    added += 1;
                    used.insert(key)
                }
            }
        });
        let imported = imported.map_err(CommitError::into_problem);
        imported.map_err(reported(&self.folder))?;
        Ok(added)
    }

    fn stored(&self, line: &ImportedLine) -> Option<StoredLine> {
        let author = match &line.account {
            Some(account) => Participant::Account(account.clone()),
            None => Participant::Guest(line.nick.clone()),
        };
        let buffer = match &line.target {
            ImportTarget::Room(name) => Buffer::Room(StoredRoom {
                since: self.rooms.get(&name.key()).copied().unwrap_or_default(),
                name: name.clone(),
            }),
            ImportTarget::User(nick) => {
                let other = match self.accounts.contains(&nick.key()) {
                    true => Participant::Account(nick.clone()),
                    false => Participant::Guest(nick.clone()),
                };
                Buffer::Conversation(Conversation::between(author, other)?)
            }
        };
        Some(StoredLine {
            id: MessageId::default(),
            buffer,
            kind: line.kind,
            source: format!("{}!{UNKNOWN_ADDRESS}", line.nick).into(),
            account: line.account.as_ref().map_or("", Nick::as_str).into(),
            tags: "".into(),
            once: None,
            text: line.text.as_str().into(),
        })
    }
}

/// The id of a message of any store.
fn read_id(msgid: &str) -> Option<MessageId> {
    let (tag, _) = msgid.split_once('-')?;
    StoreTag::parse(tag)?.read_id(msgid)
}
