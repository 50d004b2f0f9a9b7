//! The prompt, history and Tab: the one folder that knows the line editor.
//!
//! The editor runs in the main thread. Others reach it by a [`EditorHandle`]: they can change the
//! prompt under what is being typed, and end it; what they and it share is on the `state`. What is
//! printed above the prompt goes through the printer, whose gate is opened and closed here. `helper`
//! is what the library asks while a line is typed, `keys` are the keys that do more here than
//! elsewhere, with a `search` of the `history` and a `paste` among them, `shown` knows what is on the
//! screen, in which `rows`, and `undo` what the line was before. An `inquiry` asks the terminal which
//! one it is.

mod drawn;
mod handle;
mod helper;
mod history;
mod key_bindings;
mod layout;
mod line;
mod paste;
mod pending_keys;
mod search;
mod state;
mod terminal_query;
mod undo;

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use rustyline::config::{BellStyle, Config};
use rustyline::error::ReadlineError;
use rustyline::history::History as _;
use rustyline::{
    Behavior, ColorMode, CompletionType, EditMode, Event, EventHandler, ExternalPrinter as _,
};

use crate::client::command::completion::CompletionNames;
use crate::client::config::file::Keys as KeySet;
use crate::client::session::LineAnalysis;
use crate::client::storage::drafts::DraftStore;
use crate::client::terminal::printer::Printer;
use crate::client::view::Prompt;
use drawn::{Drawn, write_to_terminal};
pub(in crate::client) use handle::EditorHandle;
use helper::Helper;
use history::SharedHistory;
use layout::CELLS;
use line::Draft;

/// How many lines of history are kept.
const HISTORY_LINES_MAX: usize = 10_000;
/// How long a lone Esc waits for the rest of a key's sequence.
const KEY_SEQUENCE_MS: u16 = 50;

/// What came of reading a line.
#[derive(Debug)]
pub(in crate::client) enum EditorRead {
    /// A line, or a pasted text of several lines.
    Line(String),
    /// Ctrl-C: what was typed is given up.
    Cancelled {
        /// Whether there was anything to give up.
        was_empty: bool,
    },
    /// Ctrl-D on an empty line, or the terminal is gone.
    Eof,
    /// [`EditorHandle::end`] was called.
    Ended,
    /// Ctrl-Z: the program is to be suspended. The next reading goes on with what was typed.
    Suspend,
}

/// The prompt that the editor is given. It asks for it when it has looked how wide the terminal
/// is.
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
    history_file: Option<PathBuf>,
    /// What the next line begins with.
    first: Draft,
    /// What an earlier run has left besides, and where that is kept meanwhile.
    saved: VecDeque<String>,
    drafts: Option<DraftStore>,
}

/// Who knows what is being talked about, to help with what is typed. Nothing may take long.
pub(in crate::client) trait InputAssist {
    /// The names to complete.
    fn names(&self) -> CompletionNames;
    /// What there is to say of a line; none when that cannot be known now.
    fn analyze(&self, line: &str) -> Option<LineAnalysis>;
    /// The line with colours, in the same cells.
    fn highlight(&self, line: &str, judgement: &LineAnalysis) -> String;
}

impl Editor {
    /// An editor on the terminal that knows nobody yet.
    pub(in crate::client) fn new(printer: Printer, keys: KeySet) -> io::Result<Self> {
        let handle = EditorHandle::new(printer)?;
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
            history_file: None,
            first: Draft::default(),
            saved: VecDeque::new(),
            drafts: None,
        })
    }

    /// Begins a conversation, with the history of `history_file`, and with what an earlier run has
    /// left with the keeper of the draft as the first lines.
    pub(in crate::client) fn begin(
        &mut self,
        history_file: Option<PathBuf>,
        drafts: Option<DraftStore>,
        assistant: impl InputAssist + 'static,
    ) -> io::Result<()> {
        self.inner.clear_history().map_err(to_io)?;
        if let Some(file) = &history_file {
            load_history(&mut self.inner, file);
        }
        self.history_file = history_file;
        let saved = drafts.as_ref().map(DraftStore::load).unwrap_or_default();
        self.saved = saved.into();
        self.drafts.clone_from(&drafts);
        self.offer_next();
        if let Some(helper) = self.inner.helper_mut() {
            helper.begin(Box::new(assistant), drafts);
        }
        Ok(())
    }

    /// The handle by which other threads reach this editor.
    pub(in crate::client) fn handle(&self) -> EditorHandle {
        self.handle.clone()
    }

    /// What prints a block of text above the prompt.
    pub(in crate::client) fn external_printer(
        &mut self,
    ) -> io::Result<impl FnMut(String) -> io::Result<()> + Send + 'static + use<>> {
        let mut printer = self.inner.create_external_printer().map_err(to_io)?;
        Ok(move |block| printer.print(block).map_err(to_io))
    }

    /// Reads a line. It begins anew by itself, with the text and the cursor as they were, when
    /// the prompt is changed under it.
    pub(in crate::client) fn read(&mut self) -> io::Result<EditorRead> {
        let first = std::mem::take(&mut self.first);
        let entered = self.read_line(first)?;
        if let EditorRead::Line(line) = &entered {
            self.add_to_history(line);
        }
        if matches!(entered, EditorRead::Line(_) | EditorRead::Cancelled { .. }) {
            self.offer_next();
        }
        Ok(entered)
    }

    /// The next line begins with what an earlier run has left, if there is more of it.
    fn offer_next(&mut self) {
        self.first = Draft::default();
        if let Some(text) = self.saved.pop_front() {
            if let Some(drafts) = &self.drafts {
                drafts.offer(&text, self.saved.make_contiguous());
            }
            self.first = Draft {
                position: text.len(),
                text,
            };
        }
    }

    /// Asks a question; `default` is what an empty answer means. The prompt is the question from
    /// then on. It is the same editor as for lines, so that what is typed ahead is not lost. An
    /// answer is no draft: what is kept for the first line stays there. `suspend` is how the program
    /// is suspended meanwhile.
    pub(in crate::client) fn ask(
        &mut self,
        question: &str,
        default: &str,
        suspend: &dyn Fn(),
    ) -> io::Result<EditorRead> {
        let first = std::mem::take(&mut self.first);
        self.expect_line(false);
        let entered = self.answer(question, default, suspend);
        self.expect_line(true);
        self.first = first;
        entered
    }

    fn expect_line(&mut self, is_line: bool) {
        if let Some(helper) = self.inner.helper_mut() {
            helper.expect_line(is_line);
        }
    }

    fn answer(
        &mut self,
        question: &str,
        default: &str,
        suspend: &dyn Fn(),
    ) -> io::Result<EditorRead> {
        let raw = question_with_default(question, default);
        let styled = raw.clone();
        let prompt = Prompt {
            raw,
            styled,
            room: None,
        };
        self.handle.set_prompt(prompt, false);
        let mut draft = Draft::default();
        loop {
            match self.read_line(draft)? {
                EditorRead::Line(answer) => {
                    return Ok(EditorRead::Line(answer_or_default(&answer, default)));
                }
                EditorRead::Suspend => {
                    suspend();
                    draft = std::mem::take(&mut self.first);
                }
                other => return Ok(other),
            }
        }
    }

    fn read_line(&mut self, mut draft: Draft) -> io::Result<EditorRead> {
        loop {
            let Some(prompt) = self.handle.begin_read() else {
                return Ok(EditorRead::Ended);
            };
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
                    if resume.suspend {
                        self.first = draft;
                        return Ok(EditorRead::Suspend);
                    }
                }
                Ok(line) => return Ok(EditorRead::Line(line)),
                Err(ReadlineError::Interrupted) if end.ending => {
                    if end.draft.text.is_empty() {
                        clear(&end.drawn)?;
                    }
                    return Ok(EditorRead::Ended);
                }
                // Woken for another prompt. By now that can be the old one again, or a line was
                // entered in the same moment and the signal has reached the next one.
                Err(ReadlineError::Interrupted) => {
                    clear(&end.drawn)?;
                    draft = end.draft;
                }
                // A signal while a single key was waited for: go on where it was.
                Err(ReadlineError::Signal(_)) => draft = end.draft,
                Err(ReadlineError::Eof) => return Ok(EditorRead::Eof),
                // A byte that is no part of a character, as of a key with Meta in an old locale.
                // What was read together with it is lost; a paste goes on to be held, for nobody
                // knows where it ends.
                Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    clear_from_cursor(&end.drawn)?;
                    let words = "a key that is not UTF-8 was left out, with what came behind it\n";
                    self.handle.print_note(words);
                    draft = end.draft;
                }
                Err(error) => return Err(to_io(error)),
            }
        }
    }

    /// Nothing is read any more, however the last reading ended.
    pub(in crate::client) fn abandon(&self) {
        let _ = self.handle.end_read();
    }

    /// Takes everything off the screen.
    pub(in crate::client) fn clear_screen(&mut self) -> io::Result<()> {
        self.inner.clear_screen().map_err(to_io)
    }

    /// Puts a line into the history, in memory and in the file.
    fn add_to_history(&mut self, line: &str) {
        let secret = self
            .inner
            .helper()
            .and_then(|helper| helper.is_secret(line));
        // A line of which nothing is known may be one with a password.
        if secret != Some(false) {
            return;
        }
        let added = self.inner.add_history_entry(line).unwrap_or(false);
        if added && let Some(file) = &self.history_file {
            // A history that cannot be written is no reason to disturb a conversation.
            let _ = self.inner.append_history(file);
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
        .grapheme_cluster_mode(CELLS)
        .edit_mode(match keys {
            KeySet::Emacs => EditMode::Emacs,
            KeySet::Vi => EditMode::Vi,
        })
        .completion_type(CompletionType::List)
        .keyseq_timeout(Some(KEY_SEQUENCE_MS))
        .bell_style(BellStyle::None)
        // Whether there are colours is decided elsewhere. The editor must always ask the helper,
        // which learns by it what is on the screen.
        .color_mode(ColorMode::Forced)
        .behavior(if io::stdout().is_terminal() {
            Behavior::Stdio
        } else {
            Behavior::PreferTerm
        })
        .build())
}

/// Clears what was shown; the cursor is in the row below it.
fn clear(shown: &Drawn) -> io::Result<()> {
    let rows = shown.end_row() + 1;
    write_to_terminal(&format!("\x1b[{rows}A\r\x1b[J"))
}

/// Clears what was shown; the cursor is in the row below the one in which it was.
fn clear_from_cursor(shown: &Drawn) -> io::Result<()> {
    let rows = shown.cursor().row + 1;
    write_to_terminal(&format!("\x1b[{rows}A\r\x1b[J"))
}

fn load_history(editor: &mut rustyline::Editor<Helper, SharedHistory>, file: &Path) {
    if let Some(folder) = file.parent() {
        // Without a folder there is no history, and that is all.
        let _ = std::fs::create_dir_all(folder);
    }
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
