//! `chatroomd history import`: reads messages in the form of `chatroom log` and of `history export`
//! into a store.
//!
//! Messages that are in the store already are not added again, so an import that was interrupted is repeated as a
//! whole.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::progress::ProgressReport;
use crate::common::record::{Record, RecordKind};
use crate::server::error::ServerError;
use crate::server::hub::stored::StoredKind;
use crate::server::store::{ImportTarget, ImportedLine, StoreImporter};
use crate::wire::{Nick, RoomName};

/// How many messages are written in one transaction.
const BATCH_LINES: usize = 1_000;
/// How many bad lines are reported one by one.
const REPORTED_MAX: u64 = 10;
/// The longest part of a message: a longer one is stored as parts that belong together.
const PART_BYTES_MAX: usize = 350;

/// Imports a file, or standard input.
pub(super) fn import(folder: &Path, file: Option<&Path>) -> Result<(), ServerError> {
    let failed = |error| ServerError::Input(file.map(Path::to_owned), error);
    let (mut input, bytes): (Box<dyn BufRead>, _) = match file {
        Some(path) => {
            let file = File::open(path).map_err(failed)?;
            let bytes = file.metadata().map(|file| file.len()).ok();
            (Box::new(BufReader::new(file)), bytes)
        }
        None => (Box::new(io::stdin().lock()), None),
    };
    let mut importer = StoreImporter::open(folder)?;
    let mut progress = ProgressReport::new(bytes);
    let (mut batch, mut line) = (Vec::new(), Vec::new());
    let (mut number, mut added, mut skipped) = (0_u64, 0, 0_u64);
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line).map_err(failed)?;
        if read > 0 {
            number += 1;
            let text = String::from_utf8_lossy(&line);
            match Record::read(text.trim_end()).map(|record| imported(&record)) {
                Some(Some(found)) => batch.push(found),
                // It is about something that a server does not store.
                Some(None) => skipped += 1,
                None if text.trim().is_empty() => {}
                None => {
                    skipped += 1;
                    if skipped <= REPORTED_MAX {
                        progress.report(&format!("Line {number} is not a record; it is skipped."));
                    }
                }
            }
        }
        if batch.len() >= BATCH_LINES || read == 0 {
            added += importer.store(&batch)?;
            batch.clear();
        }
        progress.advance(read as u64, added);
        if read == 0 {
            break;
        }
    }
    progress.finish();
    super::print(std::iter::once(format!(
        "{added} of {number} records were added; {skipped} are not messages or events of a room."
    )))
}

/// A record as it is stored; `None` if it is not.
fn imported(record: &Record) -> Option<ImportedLine> {
    let nick = record
        .nick
        .as_deref()
        .and_then(|nick| Nick::parse(nick).ok())?;
    let text = record.text.as_deref();
    let other = record.other.as_deref();
    let reason =
        |text: Option<&str>| text.map_or(String::new(), |text| format!(" :{}", plain(text)));
    let message = |text: &str| match record.manner.as_deref() {
        Some("action") => {
            let text = format!("\u{1}ACTION {}\u{1}", plain(text));
            (StoredKind::Privmsg, text)
        }
        Some("notice") => (StoredKind::Notice, in_parts(text)),
        _ => (StoredKind::Privmsg, in_parts(text)),
    };
    let (kind, text) = match record.kind {
        RecordKind::Message | RecordKind::Whisper => message(text?),
        RecordKind::Join => (StoredKind::Join, String::new()),
        RecordKind::Part => (StoredKind::Part, reason(text)),
        RecordKind::Quit => (StoredKind::Quit, reason(text)),
        RecordKind::Kick => {
            let victim = Nick::parse(other?).ok()?;
            (StoredKind::Kick, format!(" {victim}{}", reason(text)))
        }
        RecordKind::Rename => (StoredKind::Nick, format!(" {}", Nick::parse(other?).ok()?)),
        RecordKind::Topic => (StoredKind::Topic, reason(Some(text.unwrap_or_default()))),
        RecordKind::Mode => (StoredKind::Mode, format!(" {}", plain(text?))),
        _ => return None,
    };
    let target = match (record.kind, record.room.as_deref()) {
        // Of one's own whispers, a log of a client has the recipient alone.
        (RecordKind::Whisper, _) if record.own => return None,
        (RecordKind::Whisper, _) => ImportTarget::User(Nick::parse(other?).ok()?),
        (_, Some(room)) => ImportTarget::Room(RoomName::parse(room).ok()?),
        (_, None) => return None,
    };
    Some(ImportedLine {
        unix_milliseconds: record.unix_milliseconds()?,
        msgid: record.msgid.clone(),
        target,
        kind,
        nick,
        account: record
            .account
            .as_deref()
            .and_then(|name| Nick::parse(name).ok()),
        text,
    })
}

/// A text without characters that cannot be in a line.
fn plain(text: &str) -> String {
    let cut = text.floor_char_boundary(PART_BYTES_MAX);
    let text = text.get(..cut).unwrap_or_default();
    text.replace(['\r', '\n', '\0'], " ")
}

/// A text whose lines are parts that fit in a line, as in a message of several lines.
fn in_parts(text: &str) -> String {
    let mut parts = String::with_capacity(text.len());
    for (at, line) in text.replace(['\r', '\0'], "").split('\n').enumerate() {
        if at > 0 {
            parts.push('\n');
        }
        let mut rest = line;
        while rest.len() > PART_BYTES_MAX {
            let cut = rest.floor_char_boundary(PART_BYTES_MAX);
            let (part, after) = rest.split_at_checked(cut).unwrap_or((rest, ""));
            parts.push_str(part);
            parts.push('\r');
            rest = after;
        }
        parts.push_str(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_becomes_what_the_server_would_have_stored() {
        let read = |json: &str| imported(&Record::read(json).unwrap());
        let time = "\"time\":\"2026-11-28T12:00:00.250Z\"";
        let line = read(&format!(
            "{{\"kind\":\"kick\",{time},\"room\":\"#x\",\"nick\":\"al\",\"other\":\"bo\",\"text\":\"out\"}}"
        ))
        .unwrap();
        assert_eq!(
            (line.kind, line.text.as_str()),
            (StoredKind::Kick, " bo :out")
        );
        assert_eq!(line.unix_milliseconds % 1_000, 250);
        let long = "é".repeat(300);
        let line = read(&format!(
            "{{\"kind\":\"message\",{time},\"room\":\"#x\",\"nick\":\"al\",\"text\":\"{long}\\nb\"}}"
        ))
        .unwrap();
        assert_eq!(
            line.text,
            format!("{}\r{}\nb", "é".repeat(175), "é".repeat(125))
        );
        for json in [
            format!("{{\"kind\":\"lost\",{time}}}"),
            format!(
                "{{\"kind\":\"message\",{time},\"room\":\"no room\",\"nick\":\"al\",\"text\":\"x\"}}"
            ),
            format!(
                "{{\"kind\":\"message\",{time},\"room\":\"#x\",\"nick\":\"a b\",\"text\":\"x\"}}"
            ),
            format!("{{\"kind\":\"whisper\",{time},\"own\":true,\"nick\":\"al\",\"text\":\"x\"}}"),
        ] {
            assert_eq!(read(&json), None, "{json}");
        }
    }
}
