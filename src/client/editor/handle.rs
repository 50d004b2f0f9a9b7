//! The handle by which other threads reach the editor.

use std::borrow::Cow;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustyline::KeyEvent;

use super::drawn::{Shown, write_to_terminal};
use super::key_bindings::Begun;
use super::layout::Place;
use super::state::{Again, Desk, Draft, Stage, Stopped};
use super::terminal_query::{Heard, Inquiry};
use super::undo::Undo;
use crate::client::terminal::mode::{self, Reflow, Waker};
use crate::client::terminal::printer::Printer;
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
pub struct Remote {
    desk: Arc<Mutex<Desk>>,
    printer: Printer,
    waker: Waker,
}

impl Remote {
    /// For an editor in this thread.
    pub(super) fn new(printer: Printer) -> io::Result<Self> {
        let reflow = mode::reflow();
        let desk = Desk {
            inquiry: match reflow {
                Some(_) => Inquiry::Closed,
                None => Inquiry::Wanted,
            },
            reflow: reflow.unwrap_or_default(),
            ..Desk::default()
        };
        Ok(Self {
            desk: Arc::new(Mutex::new(desk)),
            printer,
            waker: Waker::for_this_thread()?,
        })
    }

    /// Shows another prompt, at once if a line is being typed, or as soon as the lines are drawn
    /// that are about to be printed above it.
    ///
    /// The editor draws them when no key is half read. Woken from here, it forgets an Esc that it
    /// has read and that may be the beginning of another key.
    pub fn set_prompt(&self, prompt: Prompt, lines_follow: bool) {
        let mut desk = self.lock();
        let is_other = desk.wanted != prompt;
        desk.wanted = prompt;
        if is_other && !(lines_follow && self.printer.is_gated()) {
            self.wake_if_needed(&mut desk);
        }
    }

    /// Makes the editor return, and waits until it has.
    ///
    /// In some states, as behind a count, the editor waits for keys only, and a signal that comes
    /// just before it waits is lost on it: so the signal is sent until the editor has returned.
    pub fn end(&self) {
        let mut desk = self.lock();
        desk.ending = true;
        self.wake_if_needed(&mut desk);
        while desk.stage != Stage::Away {
            drop(desk);
            thread::sleep(WAKE_AGAIN);
            desk = self.lock();
            match desk.stage {
                Stage::Returning => self.waker.wake(),
                _ => self.wake_if_needed(&mut desk),
            }
        }
    }

    /// A conversation is over: the editor can be used for the next one.
    pub fn rest(&self) {
        self.lock().ending = false;
    }

    /// Whether a line is being read, so that [`Remote::end`] will be noticed at once.
    pub fn is_reading(&self) -> bool {
        self.lock().stage != Stage::Away
    }

    /// Has this printed above the prompt.
    pub(super) fn tell(&self, words: &str) {
        self.printer.push(words.to_owned());
    }

    /// Whether Ctrl-C was pressed while no line was read.
    pub fn take_interrupt(&self) -> bool {
        self.waker.take_caught()
    }

    /// The prompt to begin with, or nothing when all is over.
    pub(super) fn begin(&self) -> Option<Prompt> {
        let mut desk = self.lock();
        if desk.ending {
            return None;
        }
        desk.stage = Stage::Beginning;
        desk.given = desk.wanted.clone();
        desk.given_up = false;
        desk.again = None;
        desk.draft = Draft::default();
        desk.shown = Shown::default();
        desk.counting = false;
        desk.key_pressed = false;
        desk.is_last = false;
        desk.in_history = false;
        desk.recalled = None;
        desk.vi_command = false;
        Some(desk.given.clone())
    }

    /// The room of the prompt behind which the last line was typed.
    pub fn room(&self) -> Option<String> {
        self.lock().given.room.clone()
    }

    pub(super) fn stop(&self) -> Stopped {
        let mut desk = self.lock();
        self.printer.close_gate();
        desk.stage = Stage::Away;
        Stopped {
            ending: desk.ending,
            given_up: desk.given_up,
            again: desk.again.take(),
            draft: std::mem::take(&mut desk.draft),
            shown: std::mem::take(&mut desk.shown),
        }
    }

    /// The line is about to be handed over: nothing is printed from now on.
    pub(super) fn returning(&self) {
        let mut desk = self.lock();
        desk.stage = Stage::Returning;
        self.printer.close_gate();
    }

    /// The editor has looked how wide the terminal is.
    pub(super) fn measured(&self) {
        self.lock().columns = mode::columns();
    }

    /// A key is about to be obeyed. What fits in a row is not drawn anew for another width, and
    /// then the editor does not tell that it has looked.
    ///
    /// With `vi_command` it is one of the commands of vi, or begins them. Behind any other key than
    /// Tab, Tab begins anew.
    pub(super) fn key_comes(&self, vi_command: bool, is_tab: bool) {
        let mut desk = self.lock();
        desk.vi_command = vi_command;
        desk.tab_goes_on &= is_tab;
        let columns = mode::columns();
        if desk.shown.fits_in_row(columns) && desk.shown.fits_in_row(desk.columns) {
            desk.columns = columns;
        }
    }

    /// The editor draws itself, with its usual prompt or with that of a count.
    pub(super) fn drawn<'p>(&self, prompt: &'p str, usual_prompt: bool) -> Cow<'p, str> {
        if let Some(clear) = self.clear_narrowed() {
            // The editor has not written anything of this drawing yet. Without a terminal there is
            // nobody who could see what is left.
            let _ = write_to_terminal(&clear);
        }
        let mut desk = self.lock();
        let columns = desk.columns;
        desk.shown = Shown {
            prompt: strip_styles(prompt),
            columns,
            ..Shown::default()
        };
        let rows = desk.in_rows(Cow::Borrowed(prompt), Place::START);
        let printed = !std::mem::take(&mut desk.key_pressed) && desk.stage != Stage::Beginning;
        if printed {
            self.printer.block_drawn();
        }
        if desk.stage == Stage::Returning {
            return rows;
        }
        desk.stage = Stage::Reading;
        desk.counting = !usual_prompt;
        self.wake_if_needed(&mut desk);
        rows
    }

    /// What clears the rows of the last drawing where another width has changed them.
    fn clear_narrowed(&self) -> Option<String> {
        let desk = self.lock();
        let (columns, before) = (desk.columns, desk.shown.columns);
        if desk.stage == Stage::Beginning || columns == before {
            return None;
        }
        self.printer.hold(AFTER_OTHER_WIDTH);
        (desk.reflow != Reflow::Nothing && columns < before)
            .then(|| desk.shown.clear_narrowed(columns, desk.reflow))
    }

    /// Asks the terminal which one it is, unless that is known. Whoever types stays for longer than
    /// the answer takes, so it does not come to the shell.
    pub(super) fn ask_terminal(&self) {
        // Nobody waits for the lock while a terminal that is stopped does not take it.
        let question = self.lock().inquiry.question(Instant::now());
        if let Some(question) = question {
            let _ = write_to_terminal(question);
        }
    }

    /// Whether this key is no key, but a part of the terminal's answer.
    pub(super) fn is_answer(&self, key: KeyEvent) -> bool {
        let mut desk = self.lock();
        let heard = desk.inquiry.hear(key, Instant::now());
        if let Heard::Name(name) = &heard {
            desk.reflow = mode::reflow_of(name).unwrap_or(desk.reflow);
        }
        heard != Heard::Key
    }

    /// The editor draws this line behind its prompt, painted so.
    pub(super) fn line_shown<'l>(
        &self,
        line: &str,
        position: usize,
        painted: Cow<'l, str>,
    ) -> Cow<'l, str> {
        let mut desk = self.lock();
        line.clone_into(&mut desk.shown.line);
        desk.shown.position = position;
        if desk.stage == Stage::Reading {
            self.move_gate(&desk);
        }
        desk.in_rows(painted, desk.shown.start_of_line())
    }

    /// The editor draws this hint behind the line.
    pub(super) fn hint_shown<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let mut desk = self.lock();
        hint.clone_into(&mut desk.shown.hint);
        desk.in_rows(Cow::Borrowed(hint), desk.shown.end_of_line())
    }

    /// Ctrl-C was pressed.
    pub(super) fn give_up(&self) {
        self.lock().given_up = true;
        self.returning();
    }

    /// The line is to be read again from where it is, after the program was suspended if that is
    /// wanted.
    pub(super) fn begin_again(&self, draft: Draft, suspend: bool) {
        self.lock().again = Some(Again { draft, suspend });
        self.returning();
    }

    /// Tab is pressed, with Shift.
    pub(super) fn tab_back(&self) {
        self.lock().tab_back = true;
    }

    /// Whether the Tab that is obeyed was pressed with Shift, and whether it goes on from the last.
    pub(super) fn take_tab(&self) -> (bool, bool) {
        let mut desk = self.lock();
        let goes_on = std::mem::replace(&mut desk.tab_goes_on, true);
        (std::mem::take(&mut desk.tab_back), goes_on)
    }

    /// Whether Tab was the last key.
    pub(super) fn tab_goes_on(&self) -> bool {
        self.lock().tab_goes_on
    }

    /// Does something about what was begun with a key, knowing which line of the history is shown.
    pub(super) fn with_begun<T>(&self, work: impl FnOnce(&mut Begun, usize) -> T) -> T {
        // The work may take the lock itself.
        let (mut begun, index) = {
            let mut desk = self.lock();
            (std::mem::take(&mut desk.begun), desk.history_index)
        };
        let result = work(&mut begun, index);
        self.lock().begun = begun;
        result
    }

    /// What stands behind the line while something goes on that was begun with a key.
    pub(super) fn words_for_begun(&self, index: usize, history_lines: usize) -> Option<String> {
        let mut desk = self.lock();
        desk.history_index = index;
        let in_history = index < history_lines;
        if in_history && !std::mem::replace(&mut desk.in_history, in_history) {
            desk.put_aside = desk.draft.text.clone();
        }
        desk.in_history = in_history;
        desk.begun.words()
    }

    /// The draft, while another line is shown in its place. Whoever changes that has another draft.
    pub(super) fn draft_put_aside(&self) -> Option<String> {
        let desk = self.lock();
        if let Some(search) = &desk.begun.search {
            return Some(search.before().draft.text.clone());
        }
        let (_, line) = desk.recalled.as_ref().filter(|_| desk.in_history)?;
        (*line == desk.draft.text).then(|| desk.put_aside.clone())
    }

    /// Whether the line is handed over only to be read again.
    pub(super) fn goes_on(&self) -> bool {
        self.lock().again.is_some()
    }

    /// The line is this now; `is_last` when it is about to be handed over.
    pub(super) fn typed(&self, text: &str, position: usize, is_last: bool) {
        let mut desk = self.lock();
        desk.key_pressed = true;
        desk.is_last = is_last;
        if desk.draft.text != text {
            text.clone_into(&mut desk.draft.text);
        }
        desk.draft.position = position;
        let index = desk.history_index;
        if desk.recalled.as_ref().is_none_or(|(at, _)| *at != index) {
            desk.recalled = Some((index, text.to_owned()));
        }
        // What a search shows is not written by anybody yet, and what is drawn on the way out is
        // no change.
        if desk.begun.search.is_none() && !is_last {
            desk.undo.note(text, position);
        }
    }

    /// Takes so many changes of the draft back.
    pub(super) fn undo(&self, count: u16) -> Draft {
        self.lock().undo.back(count)
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
    fn move_gate(&self, desk: &Desk) {
        const WORDS_BEHIND: u16 = 1;
        match desk.shown.end_row() + WORDS_BEHIND < mode::rows() {
            true => self.printer.open_gate(),
            false => self.printer.close_gate(),
        }
    }

    fn wake_if_needed(&self, desk: &mut Desk) {
        // A reading that begins anew would forget a count, the mode that the keys of vi are in,
        // and the draft that was left for a line of the history. Another prompt can wait for their
        // end.
        let can_begin_anew = !desk.counting && !desk.vi_command && !desk.in_history;
        let for_prompt = desk.given != desk.wanted && can_begin_anew;
        if desk.stage == Stage::Reading && (desk.ending || for_prompt) {
            desk.stage = Stage::Returning;
            self.printer.close_gate();
            self.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
