//! The state that the editor shares with its handles: what is on the screen, what should be there,
//! and how far a read has come.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use super::drawn::Drawn;
use super::layout::{Position, break_rows};
use super::line::Draft;
use super::pending_keys::PendingKeys;
use super::terminal_query::TerminalQuery;
use super::undo::Undo;
use crate::client::event::NetworkId;
use crate::client::storage::network_drafts::NetworkDrafts;
use crate::client::terminal::reflow::Reflow;
use crate::client::view::Prompt;

/// The state of the editor.
#[derive(Debug, Default)]
pub(super) struct EditorState {
    pub(super) read_state: ReadState,
    /// The prompt of the current read, and the one that should be shown.
    pub(super) given: Prompt,
    pub(super) wanted: Prompt,
    /// The prompt to be shown after the question that is being asked.
    pub(super) kept: Option<Prompt>,
    /// Whether the editor must return.
    pub(super) ending: bool,
    /// Whether the program is about to stop, and reads nothing until it continues.
    pub(super) suspending: bool,
    /// Whether the read ends because everything must be drawn again, and if so whether the screen is
    /// no longer that of the editor.
    pub(super) redraw: Option<bool>,
    /// Whether Ctrl-C was pressed; the library returns the line as if it was accepted.
    pub(super) cancelled: bool,
    /// Set when the read ends only to restart with the same line.
    pub(super) resume: Option<Resume>,
    /// Survives a restarted read.
    pub(super) pending_keys: PendingKeys,
    /// Whether Tab was pressed with Shift.
    pub(super) tab_back: bool,
    /// Whether no other key was pressed since the last Tab.
    pub(super) tab_repeats: bool,
    /// The index of the line in the history that is shown.
    pub(super) history_index: usize,
    /// Whether a line of the history is shown.
    pub(super) in_history: bool,
    /// The draft that it replaces, and the line as it was recalled, with its index.
    pub(super) saved_draft: String,
    pub(super) recalled: Option<(usize, String)>,
    /// Whether keys are commands of vi.
    pub(super) vi_command: bool,
    /// The earlier versions of the draft. Survives a restarted read.
    pub(super) undo: Undo,
    pub(super) draft: Draft,
    pub(super) drawn: Drawn,
    /// The width of the terminal as the library knows it.
    pub(super) columns: u16,
    /// How the terminal treats its lines when it becomes narrower, as far as it is known.
    pub(super) reflow: Reflow,
    pub(super) terminal_query: TerminalQuery,
    /// Set while it is not known whether rows of an earlier drawing are above the current one,
    /// because the terminal became narrower before it answered.
    pub(super) narrowed: Option<Narrowed>,
    /// Whether the next drawing is the last one of this read, and stays on the screen.
    pub(super) is_last: bool,
    /// Whether Alt and a digit go to a room; with the keys of vi they do not.
    pub(super) has_room_keys: bool,
    /// Alt and a digit were pressed.
    pub(super) room_key: Option<RoomKey>,
    /// The number of reads so far.
    pub(super) reads: u64,
    /// Whether the library shows its own prompt, for example that of a repeat count.
    pub(super) counting: bool,
    /// Whether the next drawing follows a key, and not a printed block.
    pub(super) key_pressed: bool,
    /// Whether the current drawing follows a key.
    pub(super) draws_key: bool,
    /// When the last key arrived, or was drawn.
    pub(super) last_key: Option<Instant>,
    /// The texts of an earlier run that can be restored; `None` while a question is asked.
    pub(super) drafts: Option<NetworkDrafts>,
    /// Where the lines that are typed on each network are kept.
    pub(super) history_files: BTreeMap<NetworkId, PathBuf>,
    /// Whether a text was deleted that Ctrl-Y inserts again.
    pub(super) has_killed: bool,
}

/// A drawing that was on the screen when the terminal became narrower.
#[derive(Debug)]
pub(super) struct Narrowed {
    pub(super) drawn: Drawn,
    /// The width that the terminal has now.
    pub(super) columns: u16,
}

/// The state of a read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ReadState {
    /// Not reading.
    #[default]
    Away,
    /// About to read: the library would not notice a signal yet.
    Beginning,
    /// Reading.
    Reading,
    /// About to return: the next drawing stays on the screen.
    Returning,
}

/// Restarts a read.
#[derive(Debug)]
pub(super) struct Resume {
    pub(super) draft: Draft,
    /// The action before the restart.
    pub(super) action: ResumeAction,
}

/// An action before a read restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResumeAction {
    /// Nothing.
    Read,
    /// Suspend the program.
    Suspend,
    /// Replace the line by a text of an earlier run.
    Restore,
    /// Show the room with this number.
    ShowRoom(usize),
}

/// Alt and a digit, which the library takes for a repeat count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoomKey {
    /// The number of the room, from 1 to 10.
    pub(super) number: usize,
    /// Digits typed after it, which the library takes for a part of the count.
    digits: String,
}

impl RoomKey {
    const COUNT_PREFIX: &str = "(arg: ";

    /// Reads the prompt that the library shows for a repeat count.
    pub(super) fn from_prompt(prompt: &str) -> Option<Self> {
        let count = prompt.strip_prefix(Self::COUNT_PREFIX)?.split(')').next()?;
        let digits = count.get(1..).filter(|digits| !digits.contains('-'))?;
        let number = count.chars().next()?.to_digit(10)?;
        Some(Self {
            number: if number == 0 { 10 } else { number as usize },
            digits: digits.to_owned(),
        })
    }

    /// The draft with what was typed after the key.
    pub(super) fn typed_into(&self, mut draft: Draft, key: Option<char>) -> Draft {
        let typed: String = self.digits.chars().chain(key).collect();
        if draft.text.is_char_boundary(draft.position) {
            draft.text.insert_str(draft.position, &typed);
            draft.position += typed.len();
        }
        draft
    }
}

/// How a read ended.
pub(super) struct ReadEnd {
    pub(super) ending: bool,
    pub(super) suspending: bool,
    /// Whether the screen is no longer that of the editor.
    pub(super) is_foreign: bool,
    pub(super) cancelled: bool,
    pub(super) resume: Option<Resume>,
    pub(super) draft: Draft,
    pub(super) room_key: Option<RoomKey>,
    pub(super) drawn: Drawn,
}

impl EditorState {
    /// Breaks a text that begins at this position into rows. The last drawing of a read is left
    /// whole, so that the terminal can wrap it again and copy it as one line.
    pub(super) fn break_rows<'t>(&self, text: Cow<'t, str>, position: Position) -> Cow<'t, str> {
        match self.is_last {
            true => text,
            false => break_rows(text, position, self.columns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_key_is_read_from_the_prompt_of_a_count() {
        let draft = Draft {
            text: "ab".to_owned(),
            position: 1,
        };
        for (prompt, number, line) in [
            ("(arg: 2) ", 2, "axb"),
            ("(arg: 0) ", 10, "axb"),
            ("(arg: 123) ", 1, "a23xb"),
        ] {
            let key = RoomKey::from_prompt(prompt).unwrap();
            assert_eq!(key.number, number);
            let typed = key.typed_into(draft.clone(), Some('x'));
            assert_eq!(typed.text, line);
            assert_eq!(typed.position, line.len() - 1);
        }
        assert_eq!(RoomKey::from_prompt("(arg: -1) "), None);
        assert_eq!(RoomKey::from_prompt("[#lobby] "), None);
    }
}
