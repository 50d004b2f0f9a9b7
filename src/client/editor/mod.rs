//! The line editor: the prompt, its keys, history and completion, over the library rustyline.
//!
//! It must not know the network or the session; what it has to know about the rooms and users comes
//! through [`InputAssist`]. It imports `view`, `storage`, `config`, `command`, `terminal` and `common`;
//! only `ui` imports it.
//!
//! The editor runs in the main thread. Other threads reach it through an [`EditorHandle`]: they can
//! change the prompt while a line is typed, and end the editor; `state` is what they share with it.
//! Text above the prompt goes through the printer, whose gate is opened and closed here. `helper` has
//! the callbacks of the library, and `key_bindings` the keys that differ from the library's: a
//! `search` of the `history`, a `paste`, and `undo`. `drawn` is what the editor has on the screen, and
//! `layout` how it breaks that into rows. `terminal_query` asks the terminal for its name, and
//! `reports` keeps what a terminal sends out of the line.

mod drawn;
mod handle;
mod helper;
mod history;
mod key_bindings;
mod layout;
mod line;
mod paste;
mod pending_keys;
mod reports;
mod search;
mod state;
mod terminal_query;
mod undo;
mod unknown_sequence;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use rustyline::config::{BellStyle, Config};
use rustyline::error::ReadlineError;
use rustyline::history::History as _;
use rustyline::{
    Behavior, ColorMode, CompletionType, EditMode, Event, EventHandler, ExternalPrinter as _,
};

use crate::client::command::analysis::LineAnalysis;
use crate::client::command::completion::CompletionNames;
use crate::client::config::file::EditMode as KeySet;
use crate::client::event::NetworkId;
use crate::client::storage::history::{HISTORY_LINES_MAX, append, repair};
use crate::client::storage::network_drafts::{NetworkDrafts, OfferedDraft};
use crate::client::storage::saved_draft::DraftStage;
use crate::client::terminal::mode;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::wrap::{with_indents, wrap_block};
use crate::client::view::Prompt;
use crate::common::sanitize::sanitize;
use drawn::{Drawn, write_to_terminal};
pub(in crate::client) use handle::EditorHandle;
use helper::{Expected, Helper};
use history::SharedHistory;
use layout::CELLS;
use line::Draft;
pub(in crate::client) use reports::{can_be_string, is_string};
use state::ResumeAction;

/// How long a lone Esc waits for the rest of a key's sequence.
const KEY_SEQUENCE_MS: u16 = 50;

/// The result of reading a line.
#[derive(Debug)]
pub(in crate::client) enum EditorRead {
    /// A line, or a pasted text of several lines.
    Line(String),
    /// Ctrl-C: the line is discarded.
    Cancelled {
        /// Whether the line was empty.
        was_empty: bool,
    },
    /// Ctrl-D on an empty line, or the terminal is closed.
    Eof,
    /// [`EditorHandle::end`] was called.
    Ended,
    /// The caller must suspend the program. The next read continues with the same line.
    Suspend {
        /// Ctrl-Z was pressed; otherwise [`EditorHandle::suspend`] was called.
        by_key: bool,
    },
}

/// The prompt for the library, which calls [`rustyline::Prompt::raw`] just after it has read the
/// width of the terminal.
struct MeasuredPrompt<'r> {
    prompt: Prompt,
    handle: &'r EditorHandle,
}

impl rustyline::Prompt for MeasuredPrompt<'_> {
    fn raw(&self) -> &str {
        self.handle.update_width();
        &self.prompt.raw
    }

    fn styled(&self) -> &str {
        &self.prompt.styled
    }
}

/// The line editor with its history.
pub(in crate::client) struct Editor {
    inner: rustyline::Editor<Helper, SharedHistory>,
    handle: EditorHandle,
    /// The network whose history is loaded, and its file if it can be used.
    history_of: Option<NetworkId>,
    history_file: Option<PathBuf>,
    /// The text with which the next read begins.
    first: Draft,
    drafts: Option<NetworkDrafts>,
    /// Whether the user was asked to confirm that a text of another room is restored in this one.
    asked_to_restore: bool,
}

/// A question that becomes the prompt.
#[derive(Debug, Clone, Copy)]
pub(in crate::client) struct EditorQuestion<'q> {
    pub(in crate::client) text: &'q str,
    /// The meaning of an empty answer.
    pub(in crate::client) default: &'q str,
    /// Whether the answer is drawn as dots.
    pub(in crate::client) is_hidden: bool,
}

/// Access to the session while a line is typed. Calls must be fast.
pub(in crate::client) trait InputAssist {
    /// The names to complete.
    fn names(&self) -> CompletionNames;
    /// The analysis of a line; `None` when it is not available now.
    fn analyze(&self, line: &str) -> Option<LineAnalysis>;
    /// Makes a room the active one, by its name or its number; false when the user is not in it.
    fn show_room(&self, room: &str) -> bool;
    /// The line with colors, in the same cells.
    fn highlight(&self, line: &str, analysis: &LineAnalysis) -> String;
}

impl Editor {
    /// An editor on the terminal, without a session.
    ///
    /// # Errors
    ///
    /// Fails when the signal that wakes the editor cannot be registered.
    pub(in crate::client) fn new(printer: Printer, keys: KeySet) -> io::Result<Self> {
        let handle = EditorHandle::new(printer, keys == KeySet::Emacs)?;
        unknown_sequence::watch();
        let config = config(keys)?;
        let history = SharedHistory::with_config(&config);
        let mut inner = rustyline::Editor::with_history(config, history.clone()).map_err(to_io)?;
        inner.set_helper(Some(Helper::new(handle.clone())));
        let keys = key_bindings::KeyBindings {
            handle: handle.clone(),
            shared_history: history,
        };
        inner.bind_sequence(Event::Any, EventHandler::Conditional(Box::new(keys)));
        Ok(Self {
            inner,
            handle,
            history_of: None,
            history_file: None,
            first: Draft::default(),
            drafts: None,
            asked_to_restore: false,
        })
    }

    /// Starts to read lines for the networks of a run. A key restores the texts of an earlier run in
    /// `drafts`.
    pub(in crate::client) fn start_session(
        &mut self,
        drafts: NetworkDrafts,
        assistant: impl InputAssist + 'static,
    ) -> io::Result<()> {
        self.inner.clear_history().map_err(to_io)?;
        self.history_of = None;
        self.history_file = None;
        let drafts = Some(drafts);
        self.drafts.clone_from(&drafts);
        self.asked_to_restore = false;
        self.handle.set_drafts(drafts.clone());
        if let Some(helper) = self.inner.helper_mut() {
            helper.start_session(Box::new(assistant), drafts);
        }
        Ok(())
    }

    /// The handle by which other threads reach this editor.
    pub(in crate::client) fn handle(&self) -> EditorHandle {
        self.handle.clone()
    }

    /// A function that prints a block of text above the prompt.
    pub(in crate::client) fn external_printer(
        &mut self,
    ) -> io::Result<impl FnMut(String) -> io::Result<()> + Send + 'static + use<>> {
        let mut printer = self.inner.create_external_printer().map_err(to_io)?;
        Ok(move |block| printer.print(block).map_err(to_io))
    }

    /// Reads a line. When the prompt changes meanwhile, the read restarts by itself with the same
    /// text and cursor.
    pub(in crate::client) fn read(&mut self) -> io::Result<EditorRead> {
        let first = std::mem::take(&mut self.first);
        let read = self.read_line(first)?;
        if let EditorRead::Line(line) = &read {
            self.add_to_history(line);
        }
        if !matches!(read, EditorRead::Suspend { .. }) {
            self.asked_to_restore = false;
        }
        Ok(read)
    }

    /// Restores a text of an earlier run: in the room it was typed in, if the user is there. In
    /// another room the user has to ask twice.
    fn restored(&mut self) -> Option<Draft> {
        let drafts = self.drafts.as_ref()?;
        let OfferedDraft {
            network,
            prefix,
            draft: offered,
        } = drafts.offered()?;
        let place = self.handle.prompt();
        let is_on_network = prefix.is_empty() || place.network == Some(network);
        let mut room = place.room;
        // A text that names its recipient can be entered in any room of its network.
        let wanted = offered
            .target
            .filter(|_| offered.stage == DraftStage::Typed);
        let is_here = match (&wanted, &room) {
            (None, _) => is_on_network,
            (Some(wanted), Some(room)) => is_on_network && room.eq_ignore_ascii_case(wanted),
            (Some(_), None) => false,
        };
        if !is_here {
            let assistant = self.inner.helper().and_then(Helper::assistant);
            let label = format!("{prefix}{}", wanted.as_deref().unwrap_or_default());
            if assistant.is_some_and(|assistant| assistant.show_room(&label)) {
                room = wanted;
            } else if !std::mem::replace(&mut self.asked_to_restore, true) {
                let wanted = sanitize(&label);
                self.handle.print_note(&format!(
                    "The unsent text is for {wanted}, and you are not there. /join {wanted} \
                     joins it, or press Ctrl-Y again to restore the text here.\n"
                ));
                return None;
            }
        }
        self.asked_to_restore = false;
        let text = drafts.restore(room.as_deref())?;
        Some(Draft {
            position: text.len(),
            text,
        })
    }

    /// Makes the room with this number the active one.
    fn show_room(&self, number: usize) {
        let helper = self.inner.helper().filter(|helper| helper.expects_line());
        let Some(assistant) = helper.and_then(Helper::assistant) else {
            return;
        };
        if !assistant.show_room(&number.to_string()) {
            self.handle.print_note(&format!(
                "You have no room {number}. /rooms lists your rooms.\n"
            ));
        }
    }

    /// Asks a question. It uses the same editor as for lines, so that no typed-ahead key is lost. The
    /// answer is not saved as a draft. `suspend` is called for [`EditorRead::Suspend`].
    pub(in crate::client) fn ask(
        &mut self,
        question: &EditorQuestion<'_>,
        suspend: &dyn Fn(bool),
    ) -> io::Result<EditorRead> {
        let first = std::mem::take(&mut self.first);
        self.expect(match question.is_hidden {
            true => Expected::Secret,
            false => Expected::Answer,
        });
        let answer = self.read_answer(question, suspend);
        self.handle.end_question();
        self.expect(Expected::Line);
        self.first = first;
        answer
    }

    /// Sets what the next read is for.
    fn expect(&mut self, expected: Expected) {
        let drafts = self.drafts.clone();
        self.handle
            .set_drafts(drafts.filter(|_| expected == Expected::Line));
        if let Some(helper) = self.inner.helper_mut() {
            helper.expect(expected);
        }
    }

    fn read_answer(
        &mut self,
        question: &EditorQuestion<'_>,
        suspend: &dyn Fn(bool),
    ) -> io::Result<EditorRead> {
        let raw = question_with_default(question.text, question.default);
        let raw = question_rows(&raw, mode::columns());
        let styled = raw.clone();
        let prompt = Prompt {
            raw,
            styled,
            ..Prompt::default()
        };
        self.handle.begin_question(prompt);
        let mut draft = Draft::default();
        loop {
            match self.read_line(draft)? {
                // A password can begin and end with spaces.
                EditorRead::Line(answer) if question.is_hidden => {
                    return Ok(EditorRead::Line(answer));
                }
                EditorRead::Line(answer) => {
                    let answer = answer_or_default(&answer, question.default);
                    return Ok(EditorRead::Line(answer));
                }
                EditorRead::Suspend { by_key } => {
                    suspend(by_key);
                    draft = std::mem::take(&mut self.first);
                }
                other => return Ok(other),
            }
        }
    }

    fn read_line(&mut self, mut draft: Draft) -> io::Result<EditorRead> {
        loop {
            let Some(prompt) = self.handle.begin_read() else {
                if self.handle.is_suspending() {
                    self.first = draft;
                    return Ok(EditorRead::Suspend { by_key: false });
                }
                return Ok(EditorRead::Ended);
            };
            if let Some(network) = prompt.network {
                self.load_history_of(network)?;
            }
            let prompt = MeasuredPrompt {
                prompt,
                handle: &self.handle,
            };
            let (left, right) = draft.text.split_at(draft.position);
            let read = self.inner.readline_with_initial(&prompt, (left, right));
            let end = self.handle.end_read();
            match read {
                Ok(line) if end.cancelled => {
                    let was_empty = line.is_empty();
                    return Ok(EditorRead::Cancelled { was_empty });
                }
                Ok(_) if let Some(resume) = end.resume => {
                    clear(&end.drawn)?;
                    draft = resume.draft;
                    match resume.action {
                        ResumeAction::Read => {}
                        ResumeAction::Suspend => {
                            self.first = draft;
                            return Ok(EditorRead::Suspend { by_key: true });
                        }
                        ResumeAction::Restore => draft = self.restored().unwrap_or(draft),
                        ResumeAction::ShowRoom(number) => self.show_room(number),
                    }
                }
                Ok(line) => {
                    if end.drawn.is_at_margin() {
                        // The library has begun a row for the cursor, and then one for what follows.
                        write_to_terminal("\x1b[A")?;
                    }
                    return Ok(EditorRead::Line(line));
                }
                Err(ReadlineError::Interrupted) if end.ending => {
                    if end.draft.text.is_empty() {
                        clear(&end.drawn)?;
                    }
                    return Ok(EditorRead::Ended);
                }
                // Woken for a new prompt. By now that can be the old one again, or a line was
                // entered at the same time and the signal has reached the next read.
                Err(ReadlineError::Interrupted) => {
                    match end.is_foreign {
                        // Back to the row in which the library has begun a new one.
                        true => clear_rows(1)?,
                        false => clear(&end.drawn)?,
                    }
                    draft = end.draft;
                    if end.suspending {
                        self.first = draft;
                        return Ok(EditorRead::Suspend { by_key: false });
                    }
                    if let Some(key) = end.room_key {
                        draft = key.typed_into(draft, None);
                        self.show_room(key.number);
                    }
                }
                // A signal while the library waited for a single key: continue with the same line.
                Err(ReadlineError::Signal(_)) => draft = end.draft,
                Err(ReadlineError::Eof) => return Ok(EditorRead::Eof),
                // A byte that is not UTF-8, such as that of a key with Meta in an old locale. Bytes
                // that the library read together with it are lost. A paste is still held, since its
                // end is unknown.
                Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    clear_from_cursor(&end.drawn)?;
                    self.handle.print_note(
                        "Ignored input that is not UTF-8, and the keys that arrived with it.\n",
                    );
                    draft = end.draft;
                }
                Err(error) => return Err(to_io(error)),
            }
        }
    }

    /// Makes the lines that were typed on a network the history, unless they are already. Without a
    /// file for them the history stays as it is.
    fn load_history_of(&mut self, network: NetworkId) -> io::Result<()> {
        if self.history_of == Some(network) {
            return Ok(());
        }
        let Some(file) = self.handle.history_file(network) else {
            return Ok(());
        };
        self.history_of = Some(network);
        self.inner.clear_history().map_err(to_io)?;
        // A history that cannot be used is reported once.
        self.history_file = match repair(&file) {
            Ok(message) => {
                message
                    .iter()
                    .for_each(|message| self.handle.print_note(&format!("{message}\n")));
                load_history(&mut self.inner, &file);
                Some(file)
            }
            Err(message) => {
                self.handle.print_note(&format!("{message}\n"));
                None
            }
        };
        Ok(())
    }

    /// Ends reading, even if the last read was interrupted by a panic.
    pub(in crate::client) fn stop(&self) {
        let _ = self.handle.end_read();
    }

    /// Clears the screen.
    pub(in crate::client) fn clear_screen(&mut self) -> io::Result<()> {
        self.inner.clear_screen().map_err(to_io)
    }

    /// Adds a line to the history in memory and to its file.
    fn add_to_history(&mut self, line: &str) {
        let secret = self
            .inner
            .helper()
            .and_then(|helper| helper.is_secret(line));
        // A line that could not be analyzed may contain a password.
        if secret != Some(false) {
            return;
        }
        let added = self.inner.add_history_entry(line).unwrap_or(false);
        if added && let Some(file) = &self.history_file {
            // A failure was reported when the session started.
            let repaired = append(file, line).ok().flatten();
            if let Some(message) = repaired {
                self.handle.print_note(&format!("{message}\n"));
            }
        }
    }
}

fn question_with_default(question: &str, default: &str) -> String {
    if default.is_empty() {
        format!("{question}: ")
    } else {
        format!("{question} [{default}]: ")
    }
}

/// A question that ends with a space, broken between words into rows.
fn question_rows(question: &str, columns: u16) -> String {
    let marked = with_indents(question.trim_end());
    // The space takes the last column.
    let rows = wrap_block(&marked, columns.saturating_sub(1));
    format!("{rows} ")
}

fn answer_or_default(answer: &str, default: &str) -> String {
    match answer.trim() {
        "" => default.to_owned(),
        answer => answer.to_owned(),
    }
}

fn config(keys: KeySet) -> io::Result<Config> {
    Ok(Config::builder()
        .max_history_size(HISTORY_LINES_MAX)
        .map_err(to_io)?
        .history_ignore_space(true)
        .grapheme_cluster_mode(CELLS)
        .edit_mode(match keys {
            KeySet::Emacs => EditMode::Emacs,
            KeySet::Vi => EditMode::Vi,
        })
        .completion_type(CompletionType::List)
        .keyseq_timeout(Some(KEY_SEQUENCE_MS))
        .bell_style(BellStyle::None)
        // The helper decides whether there are colors. The library must always call it, because
        // the helper learns from that what is on the screen.
        .color_mode(ColorMode::Forced)
        .behavior(if io::stdout().is_terminal() {
            Behavior::Stdio
        } else {
            Behavior::PreferTerm
        })
        .build())
}

/// Clears what was drawn; the cursor is in the row below it.
fn clear(drawn: &Drawn) -> io::Result<()> {
    clear_rows(drawn.end_row() + 1)
}

/// Clears what was drawn; the cursor is one row below its drawn position.
fn clear_from_cursor(drawn: &Drawn) -> io::Result<()> {
    clear_rows(drawn.cursor().row + 1)
}

/// Clears this many rows above the cursor, and all below them.
fn clear_rows(rows: u16) -> io::Result<()> {
    write_to_terminal(&format!("\x1b[{rows}A\r\x1b[J"))
}

fn load_history(editor: &mut rustyline::Editor<Helper, SharedHistory>, file: &Path) {
    let _ = editor.load_history(file);
    debug_assert!(editor.history().len() <= HISTORY_LINES_MAX);
}

fn to_io(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        ReadlineError::Errno(errno) => errno.into(),
        other => io::Error::other(other),
    }
}
