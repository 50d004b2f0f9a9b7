//! The handle through which the helper, the key bindings and other threads reach the editor.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::drawn::{Drawn, write_to_terminal};
use super::layout::Position;
use super::line::Draft;
use super::pending_keys::PendingKeys;
use super::state::{EditorState, Narrowed, ReadEnd, ReadState, Resume, ResumeAction, RoomKey};
use super::terminal_query::TerminalQuery;
use super::undo::Undo;
use crate::client::event::NetworkId;
use crate::client::storage::network_drafts::NetworkDrafts;
use crate::client::terminal::mode;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::reflow::Reflow;
use crate::client::terminal::signals::{self, Waker};
use crate::client::view::{Prompt, strip_styles, with_indents};

/// How long to wait before an editor that has not ended is woken again: the library misses a signal
/// that arrives just before it waits for a key.
const WAKE_AGAIN: Duration = Duration::from_millis(50);

/// The same where the user waits for it.
const WAKE_SOON: Duration = Duration::from_millis(3);

/// How long nothing is printed after a change of the width. It is likely to change again at once,
/// and tmux notifies programs up to a quarter of a second after it has wrapped its lines again. A
/// block printed meanwhile, above a draft of several rows, would overwrite lines above it.
const HOLD_AFTER_RESIZE: Duration = Duration::from_millis(300);

/// A handle to the editor. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub(in crate::client) struct EditorHandle {
    state: Arc<Mutex<EditorState>>,
    printer: Printer,
    waker: Waker,
}

impl EditorHandle {
    /// A handle for an editor in the calling thread.
    pub(super) fn new(printer: Printer, has_room_keys: bool) -> io::Result<Self> {
        let reflow = Reflow::from_environment();
        let state = EditorState {
            terminal_query: match reflow {
                Some(_) => TerminalQuery::Closed,
                None => TerminalQuery::Wanted,
            },
            reflow: reflow.unwrap_or_default(),
            has_room_keys,
            ..EditorState::default()
        };
        Ok(Self {
            state: Arc::new(Mutex::new(state)),
            printer,
            waker: Waker::for_this_thread()?,
        })
    }

    /// Sets the prompt. While a line is typed it is shown at once, or with `lines_follow` as soon as
    /// the lines that are about to be printed above it are drawn.
    ///
    /// The library draws those when it has not read half a key. When it is woken for the prompt, it
    /// loses an Esc that may be the beginning of a key.
    pub(in crate::client) fn set_prompt(&self, prompt: Prompt, lines_follow: bool) {
        let mut state = self.lock();
        if let Some(kept) = &mut state.kept {
            *kept = prompt;
            return;
        }
        let has_changed = state.wanted != prompt;
        state.wanted = prompt;
        if has_changed && !(lines_follow && self.printer.is_gated()) {
            self.wake_if_needed(&mut state);
        }
    }

    /// Sets a question as the prompt. A prompt of [`EditorHandle::set_prompt`] is shown after
    /// [`EditorHandle::end_question`].
    pub(super) fn begin_question(&self, prompt: Prompt) {
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.wanted, prompt);
        state.kept.get_or_insert(before);
    }

    /// The question is answered, or no longer asked.
    pub(super) fn end_question(&self) {
        let mut state = self.lock();
        if let Some(kept) = state.kept.take() {
            state.wanted = kept;
        }
    }

    /// Makes the editor return, and waits until it has.
    ///
    /// In some states, such as after a repeat count, the library waits for keys only, and misses a
    /// signal that arrives just before. So the signal is sent until the editor has returned.
    pub(in crate::client) fn end(&self) {
        self.lock().ending = true;
        self.wait_until_away();
    }

    /// Makes the editor return, and waits until it has. It reads nothing until
    /// [`EditorHandle::resume`].
    pub(in crate::client) fn suspend(&self) {
        self.lock().suspending = true;
        self.wait_until_away();
    }

    /// Lets the editor read again after [`EditorHandle::suspend`].
    pub(in crate::client) fn resume(&self) {
        self.lock().suspending = false;
    }

    /// Whether the editor is suspended.
    pub(super) fn is_suspending(&self) -> bool {
        self.lock().suspending
    }

    /// Draws everything again. If `is_foreign`, other programs have written to the screen, and what
    /// was drawn stays there.
    pub(in crate::client) fn redraw(&self, is_foreign: bool) {
        let mut state = self.lock();
        if state.read_state == ReadState::Reading {
            state.redraw = Some(is_foreign);
            self.end_read_soon(&mut state);
        }
    }

    fn wait_until_away(&self) {
        let mut state = self.lock();
        self.wake_if_needed(&mut state);
        while state.read_state != ReadState::Away {
            drop(state);
            thread::sleep(WAKE_AGAIN);
            state = self.lock();
            match state.read_state {
                ReadState::Returning => self.waker.wake(),
                _ => self.wake_if_needed(&mut state),
            }
        }
    }

    /// Makes the editor usable for the next session after [`EditorHandle::end`].
    pub(in crate::client) fn reset(&self) {
        self.lock().ending = false;
    }

    /// Whether a read is in progress, so that [`EditorHandle::end`] takes effect at once.
    pub(in crate::client) fn is_reading(&self) -> bool {
        self.lock().read_state != ReadState::Away
    }

    /// Prints whole lines of the program above the prompt.
    pub(in crate::client) fn print_note(&self, lines: &str) {
        self.printer.push(match self.printer.is_gated() {
            true => with_indents(lines),
            false => lines.to_owned(),
        });
    }

    /// Whether Ctrl-C was pressed while no read was in progress.
    pub(in crate::client) fn take_interrupt(&self) -> bool {
        self.waker.take_caught()
    }

    /// Begins a read and returns its prompt; `None` after [`EditorHandle::end`].
    pub(super) fn begin_read(&self) -> Option<Prompt> {
        let mut state = self.lock();
        if state.ending || state.suspending {
            return None;
        }
        state.read_state = ReadState::Beginning;
        state.reads += 1;
        state.room_key = None;
        state.redraw = None;
        state.given = state.wanted.clone();
        state.cancelled = false;
        state.resume = None;
        state.draft = Draft::default();
        state.drawn = Drawn::default();
        state.narrowed = None;
        state.counting = false;
        state.key_pressed = false;
        state.is_last = false;
        state.in_history = false;
        state.recalled = None;
        state.vi_command = false;
        Some(state.given.clone())
    }

    /// The prompt at which the last line was typed.
    pub(in crate::client) fn prompt(&self) -> Prompt {
        self.lock().given.clone()
    }

    /// Sets where the lines that are typed on a network are kept.
    pub(in crate::client) fn set_history_file(&self, network: NetworkId, file: PathBuf) {
        self.lock().history_files.insert(network, file);
    }

    /// The file for the lines that are typed on a network.
    pub(super) fn history_file(&self, network: NetworkId) -> Option<PathBuf> {
        self.lock().history_files.get(&network).cloned()
    }

    /// Ends a read.
    pub(super) fn end_read(&self) -> ReadEnd {
        let mut state = self.lock();
        self.printer.close_gate();
        state.read_state = ReadState::Away;
        ReadEnd {
            ending: state.ending,
            suspending: state.suspending,
            is_foreign: state.redraw.take().unwrap_or_default(),
            cancelled: state.cancelled,
            resume: state.resume.take(),
            room_key: state.room_key.take(),
            draft: std::mem::take(&mut state.draft),
            drawn: std::mem::take(&mut state.drawn),
        }
    }

    /// Marks the read as about to return: nothing is printed from now on.
    pub(super) fn leaving_read(&self) {
        let mut state = self.lock();
        state.read_state = ReadState::Returning;
        self.printer.close_gate();
    }

    /// Called after the library has read the width of the terminal.
    pub(super) fn update_width(&self) {
        self.lock().columns = mode::columns();
    }

    /// Called when a key arrives. Returns the time since the last one was drawn, so that a slow
    /// drawing does not look like a pause of the user.
    pub(super) fn key_arrived(&self) -> Duration {
        let now = Instant::now();
        let last = self.lock().last_key.replace(now);
        last.map_or(Duration::MAX, |last| now.saturating_duration_since(last))
    }

    /// Called before a key takes effect. `vi_command` is whether it is a command of vi or begins
    /// one, and `is_tab` whether it continues a completion.
    ///
    /// The library does not draw a line that fits in a row again after a change of the width, and
    /// then does not call [`EditorHandle::update_width`]: so the width is updated here.
    pub(super) fn key_pressed(&self, vi_command: bool, is_tab: bool) {
        let mut state = self.lock();
        state.vi_command = vi_command;
        state.tab_repeats &= is_tab;
        let columns = mode::columns();
        if state.drawn.fits_in_row(columns) && state.drawn.fits_in_row(state.columns) {
            state.columns = columns;
        }
    }

    /// Called when the library draws the prompt: ours, or its own for a repeat count.
    pub(super) fn prompt_drawn<'p>(&self, prompt: &'p str, usual_prompt: bool) -> Cow<'p, str> {
        if let Some(clear) = self.clear_after_narrowing() {
            // The library has not written anything of this drawing yet. An error means that the
            // terminal is closed.
            let _ = write_to_terminal(&clear);
        }
        let mut state = self.lock();
        let columns = state.columns;
        state.drawn = Drawn {
            prompt: strip_styles(prompt),
            columns,
            ..Drawn::default()
        };
        let rows = state.break_rows(Cow::Borrowed(prompt), Position::START);
        let printed =
            !std::mem::take(&mut state.key_pressed) && state.read_state != ReadState::Beginning;
        if printed {
            self.printer.block_drawn();
        }
        state.draws_key = !printed;
        if !usual_prompt && state.has_room_keys {
            self.note_room_key(&mut state, prompt);
        }
        if state.read_state == ReadState::Returning {
            return rows;
        }
        state.read_state = ReadState::Reading;
        state.counting = !usual_prompt;
        self.wake_if_needed(&mut state);
        rows
    }

    /// Ends a read in which Alt and a digit were pressed. The library would wait for the next key,
    /// and print no message until then.
    fn note_room_key(&self, state: &mut EditorState, prompt: &str) {
        let is_first = state.room_key.is_none();
        state.room_key = RoomKey::from_prompt(prompt);
        if state.room_key.is_none() || !is_first {
            return;
        }
        self.end_read_soon(state);
    }

    /// Makes a read return from another thread, so that the caller can be in the middle of a drawing.
    /// The library misses a signal that arrives before it waits for a key.
    fn end_read_soon(&self, state: &mut EditorState) {
        state.read_state = ReadState::Returning;
        self.printer.close_gate();
        let (handle, read) = (self.clone(), state.reads);
        thread::spawn(move || {
            signals::block_editor_signals();
            loop {
                thread::sleep(WAKE_SOON);
                let state = handle.lock();
                if state.read_state == ReadState::Away || state.reads != read {
                    return;
                }
                handle.waker.wake();
            }
        });
    }

    /// Takes the room key that was pressed just before the current key.
    pub(super) fn take_room_key(&self) -> Option<RoomKey> {
        self.lock().room_key.take()
    }

    /// The sequence that clears the last drawing after a smaller width has changed its rows.
    fn clear_after_narrowing(&self) -> Option<String> {
        let mut state = self.lock();
        let (columns, before) = (state.columns, state.drawn.columns);
        if state.read_state == ReadState::Beginning {
            return None;
        }
        if columns == before {
            // A block was printed between the rows that may be left and this drawing.
            if !state.key_pressed {
                state.narrowed = None;
            }
            return None;
        }
        self.printer.hold(HOLD_AFTER_RESIZE);
        let is_unknown = state.reflow == Reflow::Nothing && state.terminal_query.is_asked();
        state.narrowed = (is_unknown && columns < before).then(|| Narrowed {
            drawn: state.drawn.clone(),
            columns,
        });
        (state.reflow != Reflow::Nothing && columns < before)
            .then(|| state.drawn.clear_after_narrowing(columns, state.reflow))
    }

    /// Asks the terminal for its name, unless it is known. It is called when the user types: then
    /// the program runs for longer than the answer takes, so that the shell does not receive it.
    pub(super) fn ask_terminal(&self) {
        // The lock is not held while a stopped terminal delays the write.
        let question = self.lock().terminal_query.question();
        if let Some(question) = question {
            let _ = write_to_terminal(question);
        }
    }

    /// Called when the terminal has sent a string: it can be the answer to the query.
    pub(super) fn terminal_answered(&self, introducer: char, text: &str) {
        let mut state = self.lock();
        let reflow = state.terminal_query.answer(introducer, text);
        let Some(reflow) = reflow.and_then(Reflow::of_terminal) else {
            return;
        };
        state.reflow = reflow;
        if let Some(Narrowed { drawn, columns }) = state.narrowed.take() {
            let rows = drawn.rows_left_above(columns, reflow);
            // Rows that have left the screen cannot be deleted.
            if state.drawn.end_row().saturating_add(rows) < mode::rows() {
                let delete = state.drawn.delete_around(rows);
                drop(state);
                // An error means that the terminal is closed.
                let _ = write_to_terminal(&delete);
            }
        }
    }

    /// Called when the library draws the line, which `highlighted` is with colors. Returns its rows.
    pub(super) fn line_drawn<'l>(
        &self,
        line: &str,
        position: usize,
        highlighted: Cow<'l, str>,
    ) -> Cow<'l, str> {
        let mut state = self.lock();
        line.clone_into(&mut state.drawn.line);
        state.drawn.position = position;
        if state.draws_key {
            state.last_key = Some(Instant::now());
        }
        if state.read_state == ReadState::Reading {
            self.update_gate(&state);
        }
        state.break_rows(highlighted, state.drawn.start_of_line())
    }

    /// How many cells are left in the last row of this line.
    pub(super) fn cells_after(&self, line: &str) -> usize {
        let state = self.lock();
        let start = Position::START.after(&strip_styles(&state.given.raw), state.columns);
        let end = start.after(line, state.columns);
        usize::from(state.columns.saturating_sub(end.column))
    }

    /// Called when the library draws the hint after the line. Returns its rows.
    pub(super) fn hint_drawn<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let mut state = self.lock();
        hint.clone_into(&mut state.drawn.hint);
        state.break_rows(Cow::Borrowed(hint), state.drawn.end_of_line())
    }

    /// Discards the line: Ctrl-C was pressed.
    pub(super) fn cancel(&self) {
        self.lock().cancelled = true;
        self.leaving_read();
    }

    /// Ends the read so that it restarts with this line after `action`.
    pub(super) fn restart_read(&self, draft: Draft, action: ResumeAction) {
        self.lock().resume = Some(Resume { draft, action });
        self.leaving_read();
    }

    /// Sets the texts of an earlier run that can be restored.
    pub(super) fn set_drafts(&self, drafts: Option<NetworkDrafts>) {
        self.lock().drafts = drafts;
    }

    /// Whether there is a text of an earlier run to restore.
    pub(super) fn has_offer(&self) -> bool {
        let drafts = self.lock().drafts.clone();
        drafts.is_some_and(|drafts| drafts.offered().is_some())
    }

    /// Records that a text was deleted which Ctrl-Y inserts again.
    pub(super) fn note_kill(&self) {
        self.lock().has_killed = true;
    }

    /// Whether Ctrl-Y has a deleted text to insert again.
    pub(super) fn has_killed(&self) -> bool {
        self.lock().has_killed
    }

    /// Records that Tab was pressed with Shift.
    pub(super) fn tab_back(&self) {
        self.lock().tab_back = true;
    }

    /// Whether the current Tab was pressed with Shift, and whether it continues from the last one.
    pub(super) fn take_tab(&self) -> (bool, bool) {
        let mut state = self.lock();
        let repeats = std::mem::replace(&mut state.tab_repeats, true);
        (std::mem::take(&mut state.tab_back), repeats)
    }

    /// Whether Tab was the last key.
    pub(super) fn tab_repeats(&self) -> bool {
        self.lock().tab_repeats
    }

    /// Calls `work` with the pending keys and the index of the line in the history that is shown.
    pub(super) fn with_pending_keys<T>(
        &self,
        work: impl FnOnce(&mut PendingKeys, usize) -> T,
    ) -> T {
        // `work` can take the lock itself.
        let (mut pending, index) = {
            let mut state = self.lock();
            (std::mem::take(&mut state.pending_keys), state.history_index)
        };
        let result = work(&mut pending, index);
        self.lock().pending_keys = pending;
        result
    }

    /// The hint after the line while keys are pending.
    pub(super) fn pending_hint(&self, index: usize, history_lines: usize) -> Option<String> {
        let mut state = self.lock();
        state.history_index = index;
        let in_history = index < history_lines;
        if in_history && !std::mem::replace(&mut state.in_history, in_history) {
            state.saved_draft = state.draft.text.clone();
        }
        state.in_history = in_history;
        state.pending_keys.hint()
    }

    /// The draft while an unchanged line of the history is shown in its place.
    pub(super) fn saved_draft(&self) -> Option<String> {
        let state = self.lock();
        if let Some(search) = &state.pending_keys.search {
            return Some(search.before().draft.text.clone());
        }
        let (_, line) = state.recalled.as_ref().filter(|_| state.in_history)?;
        (*line == state.draft.text).then(|| state.saved_draft.clone())
    }

    /// Whether the read ends only to restart.
    pub(super) fn is_restarting(&self) -> bool {
        self.lock().resume.is_some()
    }

    /// Called after each key with the line; `is_last` when the read is about to return.
    pub(super) fn line_changed(&self, text: &str, position: usize, is_last: bool) {
        let mut state = self.lock();
        state.key_pressed = true;
        state.is_last = is_last;
        if state.draft.text != text {
            text.clone_into(&mut state.draft.text);
        }
        state.draft.position = position;
        let index = state.history_index;
        if state.recalled.as_ref().is_none_or(|(at, _)| *at != index) {
            state.recalled = Some((index, text.to_owned()));
        }
        // A line that a search shows, and the last drawing of a read, are no changes by the user.
        if state.pending_keys.search.is_none() && !is_last {
            state.undo.record(text, position);
        }
    }

    /// Undoes `count` changes of the draft.
    pub(super) fn undo(&self, count: u16) -> Draft {
        self.lock().undo.undo(count)
    }

    /// Called when the line is accepted.
    pub(super) fn line_done(&self) {
        self.lock().undo = Undo::default();
    }

    /// Opens the gate of the printer, unless the draft and its hint fill the screen: a message above
    /// would not be visible, and would leave a copy of the draft in the scrollback.
    ///
    /// The gate changes only while the state is locked. Otherwise it could be opened here after
    /// another thread has closed it to wake the editor.
    fn update_gate(&self, state: &EditorState) {
        const HINT_ROWS: u16 = 1;
        match state.drawn.end_row() + HINT_ROWS < mode::rows() {
            true => self.printer.open_gate(),
            false => self.printer.close_gate(),
        }
    }

    fn wake_if_needed(&self, state: &mut EditorState) {
        // A restarted read would lose a repeat count, the mode of the vi keys, and the draft that a
        // line of the history replaces. A new prompt can wait until they end.
        let can_restart = !state.counting && !state.vi_command && !state.in_history;
        let for_prompt = state.given != state.wanted && can_restart;
        let must_end = state.ending || state.suspending || for_prompt;
        if state.read_state == ReadState::Reading && must_end {
            state.read_state = ReadState::Returning;
            self.printer.close_gate();
            self.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, EditorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
