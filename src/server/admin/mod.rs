//! The subcommands `chatroomd store`, `history`, `account`, `room`, `ban` and `status`. Those that read
//! a store may run beside its server; those that write need its lock, except for accounts, rooms and
//! bans, which the server changes itself.
//!
//! It must not know a running hub or a client. Only `daemon` imports it.

mod accounts;
mod bans;
mod import;
mod progress;
mod rooms;
mod status;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use super::config::options::{HistoryAction, StoreAction};
use super::error::{ServerError, StoreDamage, StoreProblem};
use super::hub::stored::{StoreTag, StoredKind};
use super::store::{self, ReadLine, StoreReader};
use crate::common::record::{Record, RecordKind};
use crate::wire::RoomName;

pub(super) use accounts::run_account;
pub(super) use bans::run_ban;
pub(super) use rooms::run_room;
pub(super) use status::run_status;

/// Runs `chatroomd store`.
pub(super) fn run_store(action: &StoreAction) -> Result<(), ServerError> {
    match action {
        StoreAction::Check { folder } => check(folder),
        StoreAction::Backup { folder, file } => {
            let exists = file.try_exists().map_err(StoreProblem::Backup);
            let exists = exists.and_then(|exists| match exists {
                true => Err(StoreProblem::Backup(ErrorKind::AlreadyExists.into())),
                false => Ok(()),
            });
            exists.map_err(|problem| ServerError::Store {
                folder: folder.clone(),
                problem,
            })?;
            StoreReader::open(folder)?.back_up(folder, file)
        }
        StoreAction::Compact { folder } => {
            // A folder that is missing is not created.
            StoreReader::open(folder)?;
            store::compact(folder)
        }
    }
}

/// Runs `chatroomd history`.
pub(super) fn run_history(action: &HistoryAction) -> Result<(), ServerError> {
    match action {
        HistoryAction::Export { folder, room } => export(folder, room.as_ref()),
        HistoryAction::Import { folder, file } => import::import(folder, file.as_deref()),
        HistoryAction::Prune { folder, keep_days } => {
            StoreReader::open(folder)?;
            store::prune(folder, *keep_days)
        }
    }
}

fn export(folder: &Path, room: Option<&RoomName>) -> Result<(), ServerError> {
    let reader = StoreReader::open(folder)?;
    let tag = reader.tag();
    let mut out = BufWriter::new(io::stdout().lock());
    let room = room.map(RoomName::key);
    let room = room.as_ref().map(|key| key.as_str());
    let written = reader.read_lines(folder, room, &mut |line| {
        // It has tags alone, for which a record has no place.
        if line.kind == StoredKind::Tagmsg {
            return Ok(());
        }
        out.write_all(record(tag, line).line().as_bytes())
    })?;
    match written.and_then(|()| out.flush()) {
        // The reader, such as `head`, has enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(ServerError::Output),
    }
}

fn check(folder: &Path) -> Result<(), ServerError> {
    let contents = StoreReader::open(folder)?.check(folder)?;
    let (messages, rooms) = (contents.messages, contents.rooms);
    let conversations = contents.conversations;
    let mut out = io::stdout().lock();
    for sentence in &contents.damage {
        writeln!(out, "{sentence}").map_err(ServerError::Output)?;
    }
    match contents.damage.is_empty() {
        true => {
            let mut places = match rooms {
                1 => "1 room".to_owned(),
                rooms => format!("{rooms} rooms"),
            };
            match conversations {
                0 => {}
                1 => places.push_str(" and 1 conversation"),
                more => places.push_str(&format!(" and {more} conversations")),
            }
            writeln!(out, "No damage: {messages} messages in {places}.")
                .map_err(ServerError::Output)
        }
        false => Err(ServerError::Store {
            folder: folder.to_owned(),
            problem: StoreProblem::Damaged(StoreDamage::Faults(contents.damage.len())),
        }),
    }
}

/// Prints lines to standard output.
fn print(mut lines: impl Iterator<Item = String>) -> Result<(), ServerError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = lines.try_for_each(|line| writeln!(out, "{line}"));
    match written.and_then(|()| out.flush()) {
        // The reader, such as `head`, has enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(ServerError::Output),
    }
}

/// A time in seconds of Unix time, as in a record.
fn date(unix_seconds: u64) -> String {
    Record::at(RecordKind::Message, 1_000 * unix_seconds).time
}

/// A message or an event in the form of `chatroom log`.
fn record(tag: StoreTag, line: ReadLine) -> Record {
    if !line.kind.is_message() {
        return event_record(tag, line);
    }
    let action = line.text.strip_prefix("\u{1}ACTION ");
    let (manner, text) = match (action, line.kind) {
        (Some(text), _) => (Some("action"), text.trim_end_matches('\u{1}')),
        (None, StoredKind::Notice) => (Some("notice"), line.text.as_str()),
        (None, _) => (None, line.text.as_str()),
    };
    let nick = line.source.split('!').next();
    let is_room = line.target.starts_with('#');
    let kind = if is_room {
        RecordKind::Message
    } else {
        RecordKind::Whisper
    };
    let mut record = Record::at(kind, line.id.unix_milliseconds());
    // A carriage return joins the parts of a long line.
    record.text = Some(text.replace('\r', ""));
    record.manner = manner.map(str::to_owned);
    record.nick = nick.map(str::to_owned);
    record.msgid = Some(format!("{tag}-{}", line.id));
    match is_room {
        true => record.room = Some(line.target),
        false => record.other = Some(line.target),
    }
    record.account = Some(line.account).filter(|account| !account.is_empty());
    record
}

/// An event of a room in the form of `chatroom log`.
fn event_record(tag: StoreTag, line: ReadLine) -> Record {
    let words = line.text.trim_start();
    let (first, rest) = match words.strip_prefix(':') {
        Some(text) => (None, Some(text)),
        None => {
            let (first, rest) = words.split_once(" :").unwrap_or((words, ""));
            (Some(first), Some(rest))
        }
    };
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let (kind, other, text) = match line.kind {
        StoredKind::Part => (RecordKind::Part, None, filled(rest)),
        StoredKind::Quit => (RecordKind::Quit, None, filled(rest)),
        StoredKind::Kick => (RecordKind::Kick, filled(first), filled(rest)),
        StoredKind::Nick => (RecordKind::Rename, filled(first), None),
        StoredKind::Mode => (RecordKind::Mode, None, filled(first)),
        StoredKind::Topic => (RecordKind::Topic, None, rest.map(str::to_owned)),
        _ => (RecordKind::Join, None, None),
    };
    let mut record = Record::at(kind, line.id.unix_milliseconds());
    (record.other, record.text, record.room) = (other, text, Some(line.target));
    record.nick = line.source.split('!').next().map(str::to_owned);
    record.msgid = Some(format!("{tag}-{}", line.id));
    record.account = Some(line.account).filter(|account| !account.is_empty());
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::stored::MessageId;

    #[test]
    fn a_message_becomes_the_record_that_the_log_of_a_client_has() {
        let line = |kind, text: &str| ReadLine {
            id: MessageId(1_000 << 20 | 7),
            target: "#Dev".to_owned(),
            kind,
            source: "alice!~a@host".to_owned(),
            account: "Alice".to_owned(),
            text: text.to_owned(),
        };
        let tag = StoreTag::parse("abcd").unwrap();
        for (kind, text, manner, shown) in [
            (StoredKind::Privmsg, "hi", None, "hi"),
            (StoredKind::Notice, "hi", Some("notice"), "hi"),
            (
                StoredKind::Privmsg,
                "\u{1}ACTION waves\u{1}",
                Some("action"),
                "waves",
            ),
        ] {
            let record = record(tag, line(kind, text));
            assert_eq!(record.text.as_deref(), Some(shown));
            assert_eq!(record.manner.as_deref(), manner);
            assert_eq!(record.nick.as_deref(), Some("alice"));
            assert_eq!(record.account.as_deref(), Some("Alice"));
            assert_eq!(record.room.as_deref(), Some("#Dev"));
            assert_eq!(record.time, "1970-01-01T00:00:01Z");
            assert_eq!(record.msgid.as_deref(), Some("abcd-0000000v80007"));
        }
        for (kind, words, expected) in [
            (StoredKind::Join, "", (RecordKind::Join, None, None)),
            (
                StoredKind::Part,
                " :bye",
                (RecordKind::Part, None, Some("bye")),
            ),
            (StoredKind::Part, "", (RecordKind::Part, None, None)),
            (
                StoredKind::Quit,
                " :a :b",
                (RecordKind::Quit, None, Some("a :b")),
            ),
            (
                StoredKind::Kick,
                " bob :too loud",
                (RecordKind::Kick, Some("bob"), Some("too loud")),
            ),
            (
                StoredKind::Nick,
                " al",
                (RecordKind::Rename, Some("al"), None),
            ),
            (
                StoredKind::Mode,
                " +kl * 5",
                (RecordKind::Mode, None, Some("+kl * 5")),
            ),
            (StoredKind::Topic, " :", (RecordKind::Topic, None, Some(""))),
        ] {
            let record = record(tag, line(kind, words));
            let found = (record.kind, record.other.as_deref(), record.text.as_deref());
            assert_eq!(found, expected, "{words}");
            assert_eq!(record.room.as_deref(), Some("#Dev"));
        }
    }
}
