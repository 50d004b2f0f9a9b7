//! The handle by which other threads reach the editor.

use std::borrow::Cow;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustyline::KeyEvent;

use super::drawn::{Drawn, write_to_terminal};
use super::layout::Position;
use super::line::Draft;
use super::pending_keys::PendingKeys;
use super::state::{EditorState, ReadEnd, ReadState, Resume};
use super::terminal_query::{QueryByte, TerminalQuery};
use super::undo::Undo;
use crate::client::terminal::mode;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::reflow::Reflow;
use crate::client::terminal::signals::Waker;
use crate::client::view::{Prompt, strip_styles};

/// How soon an editor that should end and has not is woken again.
const WAKE_AGAIN: Duration = Duration::from_millis(50);

/// How long nothing is printed after the width has changed. It is likely to change again at once,
/// and tmux tells programs of that up to a quarter of a second after it has wrapped its lines: what
/// is printed meanwhile, above a draft of several rows, would take some of what stands there with
/// it.
const AFTER_OTHER_WIDTH: Duration = Duration::from_millis(300);

/// The handle by which other threads reach the editor.
#[derive(Debug, Clone)]
pub(in crate::client) struct EditorHandle {
    state: Arc<Mutex<EditorState>>,
    printer: Printer,
    waker: Waker,
}

impl EditorHandle {
    /// For an editor in this thread.
    pub(super) fn new(printer: Printer) -> io::Result<Self> {
        let reflow = Reflow::from_environment();
        let state = EditorState {
            terminal_query: match reflow {
                Some(_) => TerminalQuery::Closed,
                None => TerminalQuery::Wanted,
            },
            reflow: reflow.unwrap_or_default(),
            ..EditorState::default()
        };
        Ok(Self {
            state: Arc::new(Mutex::new(state)),
            printer,
            waker: Waker::for_this_thread()?,
        })
    }

    /// Shows another prompt, at once if a line is being typed, or as soon as the lines are drawn
    /// that are about to be printed above it.
    ///
    /// The editor draws them when no key is half read. Woken from here, it forgets an Esc that it
    /// has read and that may be the beginning of another key.
    pub(in crate::client) fn set_prompt(&self, prompt: Prompt, lines_follow: bool) {
        let mut state = self.lock();
        let is_other = state.wanted != prompt;
        state.wanted = prompt;
        if is_other && !(lines_follow && self.printer.is_gated()) {
            self.wake_if_needed(&mut state);
        }
    }

    /// Makes the editor return, and waits until it has.
    ///
    /// In some states, as behind a count, the editor waits for keys only, and a signal that comes
    /// just before it waits is lost on it: so the signal is sent until the editor has returned.
    pub(in crate::client) fn end(&self) {
        let mut state = self.lock();
        state.ending = true;
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

    /// A conversation is over: the editor can be used for the next one.
    pub(in crate::client) fn reset(&self) {
        self.lock().ending = false;
    }

    /// Whether a line is being read, so that [`EditorHandle::end`] will be noticed at once.
    pub(in crate::client) fn is_reading(&self) -> bool {
        self.lock().read_state != ReadState::Away
    }

    /// Has this printed above the prompt.
    pub(super) fn print_note(&self, words: &str) {
        self.printer.push(words.to_owned());
    }

    /// Whether Ctrl-C was pressed while no line was read.
    pub(in crate::client) fn take_interrupt(&self) -> bool {
        self.waker.take_caught()
    }

    /// The prompt to begin with, or nothing when all is over.
    pub(super) fn begin_read(&self) -> Option<Prompt> {
        let mut state = self.lock();
        if state.ending {
            return None;
        }
        state.read_state = ReadState::Beginning;
        state.given = state.wanted.clone();
        state.cancelled = false;
        state.resume = None;
        state.draft = Draft::default();
        state.drawn = Drawn::default();
        state.counting = false;
        state.key_pressed = false;
        state.is_last = false;
        state.in_history = false;
        state.recalled = None;
        state.vi_command = false;
        Some(state.given.clone())
    }

    /// The room of the prompt behind which the last line was typed.
    pub(in crate::client) fn room(&self) -> Option<String> {
        self.lock().given.room.clone()
    }

    pub(super) fn end_read(&self) -> ReadEnd {
        let mut state = self.lock();
        self.printer.close_gate();
        state.read_state = ReadState::Away;
        ReadEnd {
            ending: state.ending,
            cancelled: state.cancelled,
            resume: state.resume.take(),
            draft: std::mem::take(&mut state.draft),
            drawn: std::mem::take(&mut state.drawn),
        }
    }

    /// The line is about to be handed over: nothing is printed from now on.
    pub(super) fn leaving_read(&self) {
        let mut state = self.lock();
        state.read_state = ReadState::Returning;
        self.printer.close_gate();
    }

    /// The editor has looked how wide the terminal is.
    pub(super) fn update_width(&self) {
        self.lock().columns = mode::columns();
    }

    /// A key is about to be obeyed. What fits in a row is not drawn anew for another width, and
    /// then the editor does not tell that it has looked.
    ///
    /// With `vi_command` it is one of the commands of vi, or begins them. Behind any other key than
    /// Tab, Tab begins anew.
    pub(super) fn key_pressed(&self, vi_command: bool, is_tab: bool) {
        let mut state = self.lock();
        state.vi_command = vi_command;
        state.tab_repeats &= is_tab;
        let columns = mode::columns();
        if state.drawn.fits_in_row(columns) && state.drawn.fits_in_row(state.columns) {
            state.columns = columns;
        }
    }

    /// The editor draws itself, with its usual prompt or with that of a count.
    pub(super) fn prompt_drawn<'p>(&self, prompt: &'p str, usual_prompt: bool) -> Cow<'p, str> {
        if let Some(clear) = self.clear_after_narrowing() {
            // The editor has not written anything of this drawing yet. Without a terminal there is
            // nobody who could see what is left.
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
        if state.read_state == ReadState::Returning {
            return rows;
        }
        state.read_state = ReadState::Reading;
        state.counting = !usual_prompt;
        self.wake_if_needed(&mut state);
        rows
    }

    /// What clears the rows of the last drawing where another width has changed them.
    fn clear_after_narrowing(&self) -> Option<String> {
        let state = self.lock();
        let (columns, before) = (state.columns, state.drawn.columns);
        if state.read_state == ReadState::Beginning || columns == before {
            return None;
        }
        self.printer.hold(AFTER_OTHER_WIDTH);
        (state.reflow != Reflow::Nothing && columns < before)
            .then(|| state.drawn.clear_after_narrowing(columns, state.reflow))
    }

    /// Asks the terminal which one it is, unless that is known. Whoever types stays for longer than
    /// the answer takes, so it does not come to the shell.
    pub(super) fn ask_terminal(&self) {
        // Nobody waits for the lock while a terminal that is stopped does not take it.
        let question = self.lock().terminal_query.question(Instant::now());
        if let Some(question) = question {
            let _ = write_to_terminal(question);
        }
    }

    /// Whether this key is no key, but a part of the terminal's answer.
    pub(super) fn take_answer_byte(&self, key: KeyEvent) -> bool {
        let mut state = self.lock();
        let heard = state.terminal_query.feed(key, Instant::now());
        if let QueryByte::Name(name) = &heard {
            state.reflow = Reflow::of_terminal(name).unwrap_or(state.reflow);
        }
        heard != QueryByte::Key
    }

    /// The editor draws this line behind its prompt, painted so.
    pub(super) fn line_drawn<'l>(
        &self,
        line: &str,
        position: usize,
        painted: Cow<'l, str>,
    ) -> Cow<'l, str> {
        let mut state = self.lock();
        line.clone_into(&mut state.drawn.line);
        state.drawn.position = position;
        if state.read_state == ReadState::Reading {
            self.update_gate(&state);
        }
        state.break_rows(painted, state.drawn.start_of_line())
    }

    /// The editor draws this hint behind the line.
    pub(super) fn hint_drawn<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let mut state = self.lock();
        hint.clone_into(&mut state.drawn.hint);
        state.break_rows(Cow::Borrowed(hint), state.drawn.end_of_line())
    }

    /// Ctrl-C was pressed.
    pub(super) fn cancel(&self) {
        self.lock().cancelled = true;
        self.leaving_read();
    }

    /// The line is to be read again from where it is, after the program was suspended if that is
    /// wanted.
    pub(super) fn restart_read(&self, draft: Draft, suspend: bool) {
        self.lock().resume = Some(Resume { draft, suspend });
        self.leaving_read();
    }

    /// Tab is pressed, with Shift.
    pub(super) fn tab_back(&self) {
        self.lock().tab_back = true;
    }

    /// Whether the Tab that is obeyed was pressed with Shift, and whether it goes on from the last.
    pub(super) fn take_tab(&self) -> (bool, bool) {
        let mut state = self.lock();
        let is_restarting = std::mem::replace(&mut state.tab_repeats, true);
        (std::mem::take(&mut state.tab_back), is_restarting)
    }

    /// Whether Tab was the last key.
    pub(super) fn tab_repeats(&self) -> bool {
        self.lock().tab_repeats
    }

    /// Does something about what was begun with a key, knowing which line of the history is shown.
    pub(super) fn with_pending_keys<T>(
        &self,
        work: impl FnOnce(&mut PendingKeys, usize) -> T,
    ) -> T {
        // The work may take the lock itself.
        let (mut begun, index) = {
            let mut state = self.lock();
            (std::mem::take(&mut state.pending_keys), state.history_index)
        };
        let result = work(&mut begun, index);
        self.lock().pending_keys = begun;
        result
    }

    /// What stands behind the line while something goes on that was begun with a key.
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

    /// The draft, while another line is shown in its place. Whoever changes that has another draft.
    pub(super) fn saved_draft(&self) -> Option<String> {
        let state = self.lock();
        if let Some(search) = &state.pending_keys.search {
            return Some(search.before().draft.text.clone());
        }
        let (_, line) = state.recalled.as_ref().filter(|_| state.in_history)?;
        (*line == state.draft.text).then(|| state.saved_draft.clone())
    }

    /// Whether the line is handed over only to be read again.
    pub(super) fn is_restarting(&self) -> bool {
        self.lock().resume.is_some()
    }

    /// The line is this now; `is_last` when it is about to be handed over.
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
        // What a search shows is not written by anybody yet, and what is drawn on the way out is
        // no change.
        if state.pending_keys.search.is_none() && !is_last {
            state.undo.record(text, position);
        }
    }

    /// Takes so many changes of the draft back.
    pub(super) fn undo(&self, count: u16) -> Draft {
        self.lock().undo.undo(count)
    }

    /// The line is handed over for good.
    pub(super) fn line_done(&self) {
        self.lock().undo = Undo::default();
    }

    /// Lets messages through, unless the draft and the words behind it fill the screen: nobody
    /// would see a message above, and each would leave a copy of the draft behind.
    ///
    /// The gate moves only while the desk is locked: otherwise it could be opened here after
    /// another thread has closed it to wake the editor.
    fn update_gate(&self, state: &EditorState) {
        const WORDS_BEHIND: u16 = 1;
        match state.drawn.end_row() + WORDS_BEHIND < mode::rows() {
            true => self.printer.open_gate(),
            false => self.printer.close_gate(),
        }
    }

    fn wake_if_needed(&self, state: &mut EditorState) {
        // A reading that begins anew would forget a count, the mode that the keys of vi are in,
        // and the draft that was left for a line of the history. Another prompt can wait for their
        // end.
        let can_begin_anew = !state.counting && !state.vi_command && !state.in_history;
        let for_prompt = state.given != state.wanted && can_begin_anew;
        if state.read_state == ReadState::Reading && (state.ending || for_prompt) {
            state.read_state = ReadState::Returning;
            self.printer.close_gate();
            self.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, EditorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
