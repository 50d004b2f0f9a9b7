//! Runs the `notify-command` of the configuration for notifications.

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::editor::EditorHandle;
use crate::client::terminal::signals;
use crate::client::view::scrollback::Notification;
use crate::common::io_error::os_error_text;
use crate::common::sanitize::sanitize;

/// How many commands may run at the same time. Further notifications run none.
const RUNNING_MAX: usize = 4;
/// A command that runs longer is killed.
const RUN_CHECKS_MAX: u32 = 100;
/// How often it is checked whether a command has ended: the standard library cannot wait with a time
/// limit.
const RUN_CHECK: Duration = Duration::from_millis(100);

/// Runs the command, without a shell. It gets no input, and what it prints is ignored.
#[derive(Debug)]
pub(super) struct Notifier {
    command: Vec<String>,
    editor: EditorHandle,
    running: Arc<AtomicUsize>,
    /// Whether it was reported that the command cannot be run.
    reported: Arc<AtomicBool>,
}

impl Notifier {
    /// A notifier; `None` if there is no command.
    pub(super) fn new(command: Vec<String>, editor: EditorHandle) -> Option<Self> {
        (!command.is_empty()).then(|| Self {
            command,
            editor,
            running: Arc::default(),
            reported: Arc::default(),
        })
    }

    /// Runs the command for a notification.
    pub(super) fn notify(&self, notification: &Notification) {
        if self.running.fetch_add(1, Ordering::Relaxed) >= RUNNING_MAX {
            self.running.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let words: Vec<String> = self
            .command
            .iter()
            .map(|word| fill(word, notification))
            .collect();
        let (editor, running) = (self.editor.clone(), Arc::clone(&self.running));
        let reported = Arc::clone(&self.reported);
        thread::spawn(move || {
            signals::block_editor_signals();
            if let Err(error) = run(&words)
                && !reported.swap(true, Ordering::Relaxed)
            {
                let name = words.first().map(|name| sanitize(name)).unwrap_or_default();
                let error = os_error_text(&error);
                editor.print_note(&format!("notify-command: {name} cannot be run: {error}.\n"));
            }
            running.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// A word of the command with the values in place of `{nick}`, `{text}` and `{room}`. A word that a
/// message makes begin with `-` gets a space before it: it is no option.
fn fill(word: &str, notification: &Notification) -> String {
    let Notification { nick, text, room } = notification;
    // The room and the nick are put in first, since a text can contain placeholders.
    let filled = word
        .split("{text}")
        .map(|part| part.replace("{room}", room).replace("{nick}", nick))
        .collect::<Vec<_>>()
        .join(text);
    match filled.starts_with('-') && !word.starts_with('-') {
        true => format!(" {filled}"),
        false => filled,
    }
}

/// Runs a command to its end, or kills it.
fn run(words: &[String]) -> io::Result<()> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    for _ in 0..RUN_CHECKS_MAX {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(RUN_CHECK);
    }
    kill(&mut child)
}

fn kill(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_and_a_message_adds_no_option() {
        let notification = Notification {
            nick: "bob".to_owned(),
            text: "-x {nick} $(id)".to_owned(),
            room: "#dev".to_owned(),
        };
        let filled = |word| fill(word, &notification);
        assert_eq!(filled("notify-send"), "notify-send");
        assert_eq!(filled("--app={room}"), "--app=#dev");
        assert_eq!(filled("{nick}: {text}"), "bob: -x {nick} $(id)");
        assert_eq!(filled("{text}"), " -x {nick} $(id)");
    }
}
