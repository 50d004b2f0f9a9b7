//! What the editor and those who reach it share: what is on the screen, what should be, and how far
//! a line has come.

use std::borrow::Cow;

use super::drawn::Drawn;
use super::layout::{Position, break_rows};
use super::line::Draft;
use super::pending_keys::PendingKeys;
use super::terminal_query::TerminalQuery;
use super::undo::Undo;
use crate::client::terminal::reflow::Reflow;
use crate::client::view::Prompt;

/// What is on the screen, and what should be.
#[derive(Debug, Default)]
pub(super) struct EditorState {
    pub(super) read_state: ReadState,
    /// The prompt that the editor was given, and the one it should have.
    pub(super) given: Prompt,
    pub(super) wanted: Prompt,
    pub(super) ending: bool,
    /// Ctrl-C was pressed: the same error as that of a signal means another thing then.
    pub(super) cancelled: bool,
    /// The line is handed over only to go on with it in a new reading.
    pub(super) resume: Option<Resume>,
    /// What was begun with a key. It outlives a reading that begins anew.
    pub(super) pending_keys: PendingKeys,
    /// Tab was pressed with Shift.
    pub(super) tab_back: bool,
    /// No other key was pressed behind Tab.
    pub(super) tab_repeats: bool,
    /// Which line of the history is shown.
    pub(super) history_index: usize,
    /// It is a line of the history that is shown.
    pub(super) in_history: bool,
    /// The draft in whose place that stands, and the line as it was recalled.
    pub(super) saved_draft: String,
    pub(super) recalled: Option<(usize, String)>,
    /// Keys are commands of vi.
    pub(super) vi_command: bool,
    /// What the draft was before. It outlives a reading that begins anew.
    pub(super) undo: Undo,
    pub(super) draft: Draft,
    pub(super) drawn: Drawn,
    /// How wide the editor believes the terminal to be.
    pub(super) columns: u16,
    /// What the terminal does about its lines when it becomes narrower, as far as is known.
    pub(super) reflow: Reflow,
    pub(super) terminal_query: TerminalQuery,
    /// What is drawn next stays on the screen, and the editor does not come back to it.
    pub(super) is_last: bool,
    /// The editor shows its own prompt now, that of a count for instance.
    pub(super) counting: bool,
    /// The next drawing is the answer to a key, and not to a printed block.
    pub(super) key_pressed: bool,
}

/// How far the editor is with a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ReadState {
    /// Not reading.
    #[default]
    Away,
    /// About to read: a signal would not be noticed yet.
    Beginning,
    /// Reading.
    Reading,
    /// About to return: what is drawn now stays on the screen.
    Returning,
}

/// A reading that ends only for another one.
#[derive(Debug)]
pub(super) struct Resume {
    pub(super) draft: Draft,
    /// The program is to be suspended first.
    pub(super) suspend: bool,
}

/// How the editor was stopped.
pub(super) struct ReadEnd {
    pub(super) ending: bool,
    pub(super) cancelled: bool,
    pub(super) resume: Option<Resume>,
    pub(super) draft: Draft,
    pub(super) drawn: Drawn,
}

impl EditorState {
    /// The rows of a text that begins at this place. What stays on the screen is left whole, so
    /// that it can be copied and is wrapped anew as messages are.
    pub(super) fn break_rows<'t>(&self, text: Cow<'t, str>, place: Position) -> Cow<'t, str> {
        match self.is_last {
            true => text,
            false => break_rows(text, place, self.columns),
        }
    }
}
