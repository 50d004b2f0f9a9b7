//! Reads the lines of a script, in a thread that nobody waits for.
//!
//! The line editor is not for pipes: it obeys control characters and ends at the first byte that
//! is not UTF-8. So lines are cut here, by the same code that cuts them on the wire.

use std::io::{self, Read as _};
use std::thread;

use tokio::sync::mpsc;

use super::Batch;
use super::plan::{Plan, Source};
use super::tee::{self, Gathered};
use crate::client::config::options::Input;
use crate::client::event::json::{self, ScriptInput};
use crate::wire::{Line, Lines};

/// The longest line taken from standard input, in bytes. What is longer than a line of the wire
/// is sent in pieces, but a file without line endings is a mistake.
const LINE_BYTES_MAX: usize = 64 * 1024;

pub(super) const TOO_LONG: &str = "this line is longer than 64 KiB; it is not sent";
pub(super) const NOT_TEXT: &str = "this line is not UTF-8; it is not sent";

/// Reads all lines, and then ends, or never does when others are to be followed. The error is one
/// of the output that lines are passed on to.
pub(super) fn read(plan: &Plan, script: &mpsc::Sender<Batch>) -> io::Result<()> {
    // When nobody takes lines any more, the conversation has ended.
    match &plan.source {
        Source::Lines(lines) => {
            let mut batch = Batch::beginning_with(1);
            for line in lines {
                batch.push_typed(line);
            }
            batch.is_last = !plan.follow;
            let _ = script.blocking_send(batch);
        }
        Source::Stdin(form) => read_stdin(*form, plan.follow, script),
        Source::Tee(limits) => {
            let passed = tee::gather(*limits, |line, is_last| match is_last {
                true => script.blocking_send(said(line)).is_ok(),
                false => script.try_send(said(line)).is_ok(),
            });
            let mut end = Batch::beginning_with(1);
            end.is_last = true;
            let _ = script.blocking_send(end);
            return passed;
        }
    }
    if plan.follow {
        // The end is not told, so the conversation goes on. The channel must stay open for that.
        thread::park();
    }
    Ok(())
}

fn read_stdin(form: Input, follow: bool, script: &mpsc::Sender<Batch>) {
    let mut lines = Lines::new(LINE_BYTES_MAX);
    let mut next = 1;
    read_blocks(|block| {
        // The last line counts also when it has no ending.
        let mut fresh = match block {
            [] if lines.held_bytes() > 0 => b"\n",
            block => block,
        };
        let mut batch = Batch::beginning_with(next);
        while let Some(line) = lines.next_line(&mut fresh) {
            put(line, form, &mut batch);
        }
        next = batch.next_number();
        batch.is_last = block.is_empty() && !follow;
        let is_needed = batch.is_last || !batch.is_empty();
        !is_needed || script.blocking_send(batch).is_ok()
    });
}

/// Gives each block of standard input as it comes, and an empty one at its end, as long as it is
/// wanted.
pub(super) fn read_blocks(mut take: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    let mut input = io::stdin().lock();
    loop {
        let count = match input.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        let block = buffer.get(..count).unwrap_or_default();
        if !take(block) || count == 0 {
            return;
        }
    }
}

fn put(line: Line<'_>, form: Input, batch: &mut Batch) {
    let Line::Whole(bytes) = line else {
        return batch.push_unreadable(TOO_LONG.into());
    };
    let Ok(text) = str::from_utf8(bytes) else {
        return batch.push_unreadable(NOT_TEXT.into());
    };
    match form {
        Input::Typed => batch.push_typed(text),
        Input::Text => batch.push_said(text),
        Input::Json if text.trim().is_empty() => batch.push_said(""),
        Input::Json => match json::parse_input(text) {
            Ok(ScriptInput::Typed(line)) => batch.push_typed(&line),
            Ok(ScriptInput::Said(text)) => batch.push_said(&text),
            Err(why) => batch.push_unreadable(why.into()),
        },
    }
}

/// A line that was passed on, as a batch.
fn said(line: Gathered) -> Batch {
    let mut batch = Batch::beginning_with(line.number);
    match line.text {
        Ok(text) => batch.push_said(&text),
        Err(why) => batch.push_unreadable(why),
    }
    batch
}
