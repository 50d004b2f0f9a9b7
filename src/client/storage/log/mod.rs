//! The log: all that was seen, in files that only their owner can read.
//!
//! Each server has a folder, and each day a file in it, with one [`Record`] a line: the form of
//! `--format json`. `keeper` writes, in a thread of its own; `files` finds what was written, `since`
//! is from when on, and `reader` shows it as `chatroom log` does.

pub(in crate::client) mod files;
mod writer;

pub(in crate::client) use files::folder_of;
pub use writer::LogWriter;

use crate::client::event::Event;
use crate::client::event::json::{MessageTags, Record};
use crate::client::view::Renderer;

/// What the log keeps of an event: all that came from others or went to them. What this program
/// says by itself, as its help, is not worth keeping, and passwords must not be kept.
fn record_of(
    event: &Event,
    unix_seconds: i64,
    stamp: &MessageTags,
    renderer: &Renderer,
) -> Option<Record> {
    match event {
        _ if event.is_secret() => None,
        Event::Note { .. } | Event::Answer { .. } => None,
        Event::LogStatus { .. } | Event::Rooms { .. } => None,
        Event::ServerNotice { .. } | Event::ServerLost { still: true, .. } => None,
        _ => Record::of(event, unix_seconds, stamp).or_else(|| {
            // An answer that no program has asked for yet is kept as it was shown.
            let lines = renderer.lines(event, unix_seconds, None);
            let words = lines.trim_end();
            (!words.is_empty()).then(|| Record::note(words, unix_seconds))
        }),
    }
}
