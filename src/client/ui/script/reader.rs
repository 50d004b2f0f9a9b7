//! Reads the lines of a script and hands them to the driver.

use std::io;
use std::thread;

use tokio::sync::mpsc;

use super::options::{ScriptOptions, ScriptSource};
use super::stdin::{self, TOO_LONG};
use super::tee::{self, SampledLine};
use crate::client::config::options::Input;
use crate::client::event::InputError;
use crate::client::event::json::{self, ScriptInput};
use crate::client::net::script_lines::ScriptLines;
use crate::wire::Line;

/// Reads all lines. With `follow` it never returns, which keeps the channel open. The error is one of
/// the output that `--tee` copies to.
pub(super) fn read(options: &ScriptOptions, driver: &mpsc::Sender<ScriptLines>) -> io::Result<()> {
    // Sending fails only when the session has ended; then no more lines are needed.
    match &options.source {
        ScriptSource::Lines(lines) => {
            let mut script = ScriptLines::starting_at(1);
            for line in lines {
                script.push_typed(line);
            }
            script.is_last = !options.follow;
            let _ = driver.blocking_send(script);
        }
        ScriptSource::Command(command) => {
            let mut script = ScriptLines::starting_at(1);
            script.push_command(command.clone());
            script.is_last = !options.follow;
            let _ = driver.blocking_send(script);
        }
        ScriptSource::Stdin(form) => read_stdin(*form, options.follow, driver),
        ScriptSource::Tee(limits) => {
            let copied = tee::copy_and_sample(*limits, |line, is_last| match is_last {
                true => driver.blocking_send(text_line(line)).is_ok(),
                false => driver.try_send(text_line(line)).is_ok(),
            });
            let mut end = ScriptLines::starting_at(1);
            end.is_last = true;
            let _ = driver.blocking_send(end);
            return copied;
        }
    }
    if options.follow {
        thread::park();
    }
    Ok(())
}

fn read_stdin(form: Input, follow: bool, driver: &mpsc::Sender<ScriptLines>) {
    let mut lines = stdin::lines();
    let mut next = 1;
    stdin::read_blocks(|block| {
        let mut bytes = stdin::complete(block, &lines);
        let mut script = ScriptLines::starting_at(next);
        while let Some(line) = lines.next_line(&mut bytes) {
            push_line(line, form, &mut script);
        }
        next = script.next_number();
        script.is_last = block.is_empty() && !follow;
        let is_needed = script.is_last || !script.is_empty();
        !is_needed || driver.blocking_send(script).is_ok()
    });
}

fn push_line(line: Line<'_>, form: Input, script: &mut ScriptLines) {
    let Line::Whole(bytes) = line else {
        return script.push_unreadable(TOO_LONG);
    };
    let Ok(text) = str::from_utf8(bytes) else {
        return script.push_unreadable(InputError::NotUtf8);
    };
    match form {
        Input::Typed => script.push_typed(text),
        Input::Text => script.push_text(text),
        Input::Json if text.trim().is_empty() => script.push_text(""),
        Input::Json => match json::parse_input(text) {
            Ok(ScriptInput::Typed(line)) => script.push_typed(&line),
            Ok(ScriptInput::Text(text)) => script.push_text(&text),
            Ok(ScriptInput::Command(command)) => script.push_command(command),
            Err(error) => script.push_unreadable(InputError::Object(error)),
        },
    }
}

/// A sampled line as lines of a script.
fn text_line(line: SampledLine) -> ScriptLines {
    let mut script = ScriptLines::starting_at(line.number);
    match line.text {
        Ok(text) => script.push_text(&text),
        Err(reason) => script.push_unreadable(reason),
    }
    script
}
