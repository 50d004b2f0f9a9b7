//! The log: the messages and events of each server, in files that only their owner can read.
//!
//! Each server has a folder with one file a day and one [`Record`] a line, as `--format json`
//! prints them. `writer` writes the files in a thread of its own, and `files` finds them. It must
//! not know the session or the network. `net` and `app` import it.

pub(in crate::client) mod files;
mod writer;

pub(in crate::client) use files::folder_of;
pub(crate) use writer::LogWriter;

use crate::client::event::{Event, Occurrence, json};
use crate::client::view::Renderer;
use crate::common::record::Record;

/// The record of an event in the log. `None` for notes and answers of this program, such as its
/// help, and for passwords, which must not be logged.
fn record_of(occurrence: &Occurrence, renderer: &Renderer) -> Option<Record> {
    let Occurrence {
        network, at, event, ..
    } = occurrence;
    match event {
        _ if event.is_secret() => None,
        Event::Note { .. } | Event::Answer { .. } => None,
        Event::LogStatus(_) | Event::Rooms { .. } => None,
        Event::ServerNotice { .. } | Event::PersonChanged { .. } => None,
        Event::ServerLost { still: true, .. } => None,
        _ => json::encode(occurrence).or_else(|| {
            // An event without a record of its own is logged as the text that was shown.
            let lines = renderer.lines(event, *at, None);
            let words = lines.trim_end();
            (!words.is_empty()).then(|| Record {
                network: network.as_str().to_owned(),
                ..Record::note(words, *at)
            })
        }),
    }
}
