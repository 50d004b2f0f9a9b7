//! The prompt, history and Tab: the one file that knows the line editor.
//!
//! The editor runs in the main thread. Others reach it by a [`Remote`]: they can change the
//! prompt under what is being typed, and end it. What is printed above the prompt goes through
//! the printer, whose gate is opened and closed here.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustyline::completion::Completer;
use rustyline::config::{BellStyle, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{DefaultHistory, History as _};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Behavior, Cmd, ColorMode, CompletionType, ConditionalEventHandler, Context, EditMode,
    EventContext, EventHandler, ExternalPrinter as _, GraphemeClusterMode, KeyCode, KeyEvent,
    Modifiers, Movement, RepeatCount,
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::completion::{Names, completions};
use super::config::Keys;
use super::draft::DraftKeeper;
use super::input::{self, Slash};
use super::printer::Printer;
use super::screen::Prompt;
use super::scroll::without_styles;
use super::session::Judgement;
use super::terminal::{self, Waker};

/// How many lines of history are kept.
const HISTORY_LINES_MAX: usize = 10_000;
/// How long a lone Esc waits for the rest of a key's sequence.
const KEY_SEQUENCE_MS: u16 = 50;

/// How soon an editor that should end and has not is woken again.
const WAKE_AGAIN: Duration = Duration::from_millis(50);

/// What came of reading a line.
#[derive(Debug)]
pub enum Entered {
    /// A line, or a pasted text of several lines.
    Line(String),
    /// Ctrl-C: what was typed is given up.
    Cleared {
        /// Whether there was anything to give up.
        was_empty: bool,
    },
    /// Ctrl-D on an empty line, or the terminal is gone.
    Leave,
    /// [`Remote::end`] was called.
    Ended,
}

impl rustyline::Prompt for Prompt {
    fn raw(&self) -> &str {
        &self.raw
    }

    fn styled(&self) -> &str {
        &self.styled
    }
}

/// The line editor with its history.
pub struct Editor {
    inner: rustyline::Editor<Helper, DefaultHistory>,
    remote: Remote,
    history_file: Option<PathBuf>,
    /// What the first line begins with.
    first: String,
}

/// Who knows what is being talked about, to help with what is typed. Nothing may take long.
pub trait Assistant {
    /// The names to complete.
    fn names(&self) -> Names;
    /// What there is to say of a line.
    fn judge(&self, line: &str) -> Judgement;
    /// The line with colours, in the same cells.
    fn paint(&self, line: &str, judgement: &Judgement) -> String;
}

impl Editor {
    /// An editor on the terminal that knows nobody yet.
    pub fn new(printer: Printer, keys: Keys) -> io::Result<Self> {
        let remote = Remote {
            desk: Arc::default(),
            reflows: terminal::reflows(),
            printer,
            waker: Waker::for_this_thread()?,
        };
        let mut inner = rustyline::Editor::with_config(config(keys)?).map_err(to_io)?;
        inner.set_helper(Some(Helper {
            remote: remote.clone(),
            assistant: None,
            cycle: Mutex::default(),
            judged: Mutex::default(),
            keeper: None,
        }));
        bind_keys(&mut inner, &remote);
        Ok(Self {
            inner,
            remote,
            history_file: None,
            first: String::new(),
        })
    }

    /// Begins a conversation, with the history of `history_file`, and with what an earlier run has
    /// left with the keeper of the draft as the first line.
    pub fn begin(
        &mut self,
        history_file: Option<PathBuf>,
        keeper: Option<DraftKeeper>,
        assistant: impl Assistant + 'static,
    ) -> io::Result<()> {
        self.inner.clear_history().map_err(to_io)?;
        if let Some(file) = &history_file {
            load_history(&mut self.inner, file);
        }
        self.history_file = history_file;
        self.first = keeper.as_ref().map(DraftKeeper::kept).unwrap_or_default();
        if let Some(helper) = self.inner.helper_mut() {
            helper.assistant = Some(Box::new(assistant));
            helper.keeper = keeper;
        }
        Ok(())
    }

    /// The handle by which other threads reach this editor.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// What prints a block of text above the prompt.
    pub fn external_printer(
        &mut self,
    ) -> io::Result<impl FnMut(String) -> io::Result<()> + Send + 'static + use<>> {
        let mut printer = self.inner.create_external_printer().map_err(to_io)?;
        Ok(move |block| printer.print(block).map_err(to_io))
    }

    /// Reads a line. It begins anew by itself, with the text and the cursor as they were, when
    /// the prompt is changed under it.
    pub fn read(&mut self) -> io::Result<Entered> {
        let text = std::mem::take(&mut self.first);
        let entered = self.read_unremembered(Draft {
            position: text.len(),
            text,
        })?;
        if let Entered::Line(line) = &entered {
            self.remember(line);
        }
        Ok(entered)
    }

    /// Asks a question; `default` is what an empty answer means. The prompt is the question from
    /// then on. It is the same editor as for lines, so that what is typed ahead is not lost.
    pub fn ask(&mut self, question: &str, default: &str) -> io::Result<Entered> {
        let raw = question_with_default(question, default);
        let styled = raw.clone();
        self.remote.set_prompt(Prompt { raw, styled });
        Ok(match self.read_unremembered(Draft::default())? {
            Entered::Line(answer) => Entered::Line(answer_or_default(&answer, default)),
            other => other,
        })
    }

    fn read_unremembered(&mut self, mut draft: Draft) -> io::Result<Entered> {
        loop {
            let Some(prompt) = self.remote.begin() else {
                return Ok(Entered::Ended);
            };
            let (left, right) = draft.text.split_at(draft.position);
            let read = self.inner.readline_with_initial(&prompt, (left, right));
            let stopped = self.remote.stop();
            match read {
                Ok(line) => return Ok(Entered::Line(line)),
                Err(ReadlineError::Interrupted) if stopped.ending => return Ok(Entered::Ended),
                Err(ReadlineError::Interrupted) if stopped.given_up => {
                    let was_empty = stopped.draft.text.is_empty();
                    return Ok(Entered::Cleared { was_empty });
                }
                // Woken for another prompt. By now that can be the old one again, or a line was
                // entered in the same moment and the signal has reached the next one.
                Err(ReadlineError::Interrupted) => {
                    // The cursor is in the row below what was shown.
                    let rows = stopped.shown.end_row() + 1;
                    write_to_terminal(&format!("\x1b[{rows}A\r\x1b[J"))?;
                    draft = stopped.draft;
                }
                // A signal while a single key was waited for: go on where it was.
                Err(ReadlineError::Signal(_)) => draft = stopped.draft,
                Err(ReadlineError::Eof) => return Ok(Entered::Leave),
                Err(error) => return Err(to_io(error)),
            }
        }
    }

    /// Takes everything off the screen.
    pub fn clear_screen(&mut self) -> io::Result<()> {
        self.inner.clear_screen().map_err(to_io)
    }

    /// Puts a line into the history, in memory and in the file.
    fn remember(&mut self, line: &str) {
        if input::is_secret(line) {
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

fn config(keys: Keys) -> io::Result<Config> {
    Ok(Config::builder()
        .max_history_size(HISTORY_LINES_MAX)
        .map_err(to_io)?
        .grapheme_cluster_mode(GraphemeClusterMode::from_env())
        .edit_mode(match keys {
            Keys::Emacs => EditMode::Emacs,
            Keys::Vi => EditMode::Vi,
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

fn bind_keys(editor: &mut rustyline::Editor<Helper, DefaultHistory>, remote: &Remote) {
    let leaving = |key| {
        let handler = LeavingKey {
            key,
            remote: remote.clone(),
        };
        EventHandler::Conditional(Box::new(handler))
    };
    editor.bind_sequence(KeyEvent::ctrl('C'), leaving('C'));
    editor.bind_sequence(KeyEvent::ctrl('D'), leaving('D'));
    let drop_paste = EventHandler::Conditional(Box::new(DropPaste));
    editor.bind_sequence(KeyEvent(KeyCode::Esc, Modifiers::NONE), drop_paste);
    // These wait for another key, and would keep messages from being printed until it comes.
    for key in ['V', 'X'] {
        editor.bind_sequence(KeyEvent::ctrl(key), Cmd::Noop);
    }
}

fn load_history(editor: &mut rustyline::Editor<Helper, DefaultHistory>, file: &Path) {
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

/// Writes to the terminal itself, wherever standard output goes.
fn write_to_terminal(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        return out.flush();
    }
    let mut terminal = OpenOptions::new().write(true).open("/dev/tty")?;
    terminal.write_all(text.as_bytes())
}

/// What the editor has on the screen, as it was drawn last.
#[derive(Debug, Clone, Default)]
struct Shown {
    prompt: String,
    line: String,
    /// Where the cursor is in the line, in bytes.
    position: usize,
    hint: String,
    /// How wide the terminal was.
    columns: u16,
}

impl Shown {
    /// How many rows the cursor is below the first row, when the terminal has wrapped them anew.
    fn cursor_row_reflowed(&self, columns: u16) -> u16 {
        let before = self.line.get(..self.position).unwrap_or_default();
        let (row, column) = end_of(&[&self.prompt, before], columns);
        // Behind a line that ended at the margin the editor has put a line feed of its own, which
        // no terminal takes out again.
        let at_end = self.position == self.line.len() && self.hint.is_empty();
        let (drawn_row, drawn_column) = end_of(&[&self.prompt, before], self.columns);
        let has_line_feed =
            at_end && drawn_row > 0 && drawn_column == 0 && !self.line.ends_with('\n');
        row + u16::from(has_line_feed && column > 0)
    }

    /// How many rows the last row is below the first, as it was drawn.
    fn end_row(&self) -> u16 {
        end_of(&[&self.prompt, &self.line, &self.hint], self.columns).0
    }

    /// What clears these rows in a terminal that has wrapped them anew: the cursor is where the
    /// first row began then.
    ///
    /// The editor is about to clear the rows as it drew them, which would take some of what stands
    /// above with it. It is made to do that on the other screen of the terminal; the drawing that
    /// follows begins with [`BACK_TO_SCREEN`].
    fn clear_reflowed(&self, columns: u16) -> String {
        let to_first = match self.cursor_row_reflowed(columns) {
            0 => String::new(),
            rows => format!("\x1b[{rows}A"),
        };
        format!("{to_first}\r\x1b[J{TO_OTHER_SCREEN}")
    }
}

/// Saves the cursor and shows an empty screen. xterm control sequences, "Private Modes", 1049.
const TO_OTHER_SCREEN: &str = "\x1b[?1049h";
/// Shows the usual screen again, with the cursor where it was.
const BACK_TO_SCREEN: &str = "\x1b[?1049l";

/// Where these texts end, as the editor lays them out: so many rows below their beginning, and in
/// this column.
fn end_of(texts: &[&str], columns: u16) -> (u16, u16) {
    const TAB_STOP: u16 = 8;
    let clusters = GraphemeClusterMode::from_env();
    let (mut row, mut column) = (0_u16, 0_u16);
    for text in texts {
        for cluster in text.graphemes(true) {
            let width = match cluster {
                "\n" => {
                    row = row.saturating_add(1);
                    column = 0;
                    continue;
                }
                "\t" => TAB_STOP - column % TAB_STOP,
                _ => clusters.width(cluster),
            };
            column = column.saturating_add(width);
            if column > columns {
                row = row.saturating_add(1);
                column = width;
            }
        }
        if column == columns {
            row = row.saturating_add(1);
            column = 0;
        }
    }
    (row, column)
}

/// What is typed and where the cursor is, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Draft {
    text: String,
    position: usize,
}

/// The handle by which other threads reach the editor.
#[derive(Debug, Clone)]
pub struct Remote {
    desk: Arc<Mutex<Desk>>,
    /// Whether the terminal wraps its lines anew when its width changes.
    reflows: bool,
    printer: Printer,
    waker: Waker,
}

/// What is on the screen, and what should be.
#[derive(Debug, Default)]
struct Desk {
    stage: Stage,
    /// The prompt that the editor was given, and the one it should have.
    given: Prompt,
    wanted: Prompt,
    ending: bool,
    /// Ctrl-C was pressed: the same error as that of a signal means another thing then.
    given_up: bool,
    draft: Draft,
    shown: Shown,
    /// The editor shows its own prompt now, that of a search for instance.
    searching: bool,
    /// The next drawing is the answer to a key, and not to a printed block.
    key_pressed: bool,
}

/// How far the editor is with a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
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

/// How the editor was stopped.
struct Stopped {
    ending: bool,
    given_up: bool,
    draft: Draft,
    shown: Shown,
}

impl Remote {
    /// Shows another prompt, at once if a line is being typed.
    pub fn set_prompt(&self, prompt: Prompt) {
        let mut desk = self.lock();
        desk.wanted = prompt;
        self.wake_if_needed(&mut desk);
    }

    /// Makes the editor return, and waits until it has.
    ///
    /// In the middle of a paste the editor waits for keys only, and a signal that comes just
    /// before it waits is lost on it: so the signal is sent until the editor has returned.
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

    /// Whether Ctrl-C was pressed while no line was read.
    pub fn take_interrupt(&self) -> bool {
        self.waker.take_caught()
    }

    /// The prompt to begin with, or nothing when all is over.
    fn begin(&self) -> Option<Prompt> {
        let mut desk = self.lock();
        if desk.ending {
            return None;
        }
        desk.stage = Stage::Beginning;
        desk.given = desk.wanted.clone();
        desk.given_up = false;
        desk.draft = Draft::default();
        desk.shown = Shown::default();
        desk.searching = false;
        desk.key_pressed = false;
        Some(desk.given.clone())
    }

    fn stop(&self) -> Stopped {
        let mut desk = self.lock();
        self.printer.close_gate();
        desk.stage = Stage::Away;
        Stopped {
            ending: desk.ending,
            given_up: desk.given_up,
            draft: std::mem::take(&mut desk.draft),
            shown: std::mem::take(&mut desk.shown),
        }
    }

    /// The line is about to be handed over: nothing is printed from now on.
    fn returning(&self) {
        let mut desk = self.lock();
        desk.stage = Stage::Returning;
        self.printer.close_gate();
    }

    /// The editor draws itself, with its usual prompt or with that of a search. True when it has
    /// to come back from the other screen for it.
    fn drawn(&self, prompt: &str, usual_prompt: bool) -> bool {
        let mut desk = self.lock();
        let columns = terminal::columns();
        let wrapped_anew =
            self.reflows && desk.stage != Stage::Beginning && columns != desk.shown.columns;
        // The editor has not written anything of this drawing yet.
        let cleared =
            wrapped_anew && write_to_terminal(&desk.shown.clear_reflowed(columns)).is_ok();
        desk.shown = Shown {
            prompt: without_styles(prompt),
            columns,
            ..Shown::default()
        };
        let printed = !std::mem::take(&mut desk.key_pressed) && desk.stage != Stage::Beginning;
        if printed {
            self.printer.printed();
        }
        if desk.stage == Stage::Returning {
            return cleared;
        }
        desk.stage = Stage::Reading;
        desk.searching = !usual_prompt;
        // The gate moves only while the desk is locked: otherwise it could be opened here after
        // another thread has closed it to wake the editor.
        self.printer.open_gate();
        self.wake_if_needed(&mut desk);
        cleared
    }

    fn typed(&self, text: &str, position: usize) {
        let mut desk = self.lock();
        desk.key_pressed = true;
        if desk.draft.text != text {
            text.clone_into(&mut desk.draft.text);
        }
        desk.draft.position = position;
    }

    fn wake_if_needed(&self, desk: &mut Desk) {
        // A search is not interrupted for a prompt: it ends with the next key but one, and what
        // is typed then is drawn below the right prompt.
        let for_prompt = desk.given != desk.wanted && !desk.searching;
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

/// A key that can end the reading of a line: the gate closes before it does.
struct LeavingKey {
    key: char,
    remote: Remote,
}

impl ConditionalEventHandler for LeavingKey {
    fn handle(
        &self,
        _: &rustyline::Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        if self.key == 'C' {
            self.remote.lock().given_up = true;
            self.remote.returning();
            return Some(Cmd::Interrupt);
        }
        if context.line().is_empty() {
            self.remote.returning();
            return Some(Cmd::EndOfFile);
        }
        None
    }
}

/// Esc drops a pasted text of several lines, and is itself otherwise.
struct DropPaste;

impl ConditionalEventHandler for DropPaste {
    fn handle(
        &self,
        _: &rustyline::Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        context
            .line()
            .contains('\n')
            .then_some(Cmd::Kill(Movement::WholeBuffer))
    }
}

/// What the editor asks while a line is typed.
struct Helper {
    remote: Remote,
    /// Nobody before a conversation begins.
    assistant: Option<Box<dyn Assistant>>,
    cycle: Mutex<Option<Cycle>>,
    /// What is known of the line as it was drawn last.
    judged: Mutex<Judgement>,
    keeper: Option<DraftKeeper>,
}

/// What Tab offered last, to go on from when it is pressed again.
#[derive(Debug)]
struct Cycle {
    /// The line as Tab left it.
    line: String,
    position: usize,
    start: usize,
    /// What can stand from `start` on; the last one is what was typed.
    offers: Vec<String>,
    index: usize,
}

impl rustyline::Helper for Helper {}

impl Completer for Helper {
    type Candidate = String;

    /// One candidate at a time: each Tab puts the next one in. A list to choose from would keep
    /// messages from being printed for as long as it is open.
    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let mut cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let again = cycle
            .take()
            .filter(|last| last.line == line && last.position == position);
        let mut next = if let Some(mut last) = again {
            last.index = (last.index + 1) % last.offers.len();
            last
        } else {
            let (start, mut offers) = completions(line, position, &self.names());
            if offers.is_empty() {
                return Ok((position, Vec::new()));
            }
            offers.push(line.get(start..position).unwrap_or_default().to_owned());
            Cycle {
                line: String::new(),
                position: 0,
                start,
                offers,
                index: 0,
            }
        };
        let offer = next.offers.get(next.index).cloned().unwrap_or_default();
        let (before, behind) = (line.get(..next.start), line.get(position..));
        next.line = [before, Some(&offer), behind]
            .map(Option::unwrap_or_default)
            .concat();
        next.position = next.start + offer.len();
        let start = next.start;
        *cycle = Some(next);
        Ok((start, vec![offer]))
    }
}

/// Words behind the line that are not part of it.
struct Aside(String);

impl Hint for Aside {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Helper {
    type Hint = Aside;

    /// What else Tab offers, or what a command takes.
    fn hint(&self, line: &str, position: usize, _: &Context<'_>) -> Option<Aside> {
        let judgement = match &self.assistant {
            Some(assistant) => assistant.judge(line),
            None => return None,
        };
        let aside = (position == line.len()).then(|| {
            let note = judgement.note.as_ref().map(|note| format!("  ({note})"));
            note.or_else(|| self.other_offers(line))
                .or_else(|| usage_of(line))
        });
        *self.judged.lock().unwrap_or_else(PoisonError::into_inner) = judgement;
        aside.flatten().map(Aside)
    }
}

impl Helper {
    fn names(&self) -> Names {
        match &self.assistant {
            Some(assistant) => assistant.names(),
            None => Names::default(),
        }
    }

    fn other_offers(&self, line: &str) -> Option<String> {
        /// So many other offers are named, and the rest counted.
        const NAMED_MAX: usize = 5;
        let cycle = self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let last = cycle.as_ref().filter(|last| last.line == line)?;
        let candidates = last.offers.len() - 1;
        let others: Vec<&str> = (1..=candidates)
            .map(|step| (last.index + step) % last.offers.len())
            .filter(|index| *index < candidates)
            .filter_map(|index| last.offers.get(index).map(|offer| offer.trim_end()))
            .collect();
        let named = others.get(..NAMED_MAX).unwrap_or(&others).join(" ");
        match others.len() {
            0 => None,
            count if count > NAMED_MAX => {
                Some(format!(" Tab: {named} and {} more", count - NAMED_MAX))
            }
            _ => Some(format!(" Tab: {named}")),
        }
    }
}

/// The arguments of a command that is typed and has none yet.
fn usage_of(line: &str) -> Option<String> {
    let name = line.strip_prefix('/')?;
    let slash = Slash::find(name.trim_end())?;
    let space = if name.ends_with(' ') { "" } else { " " };
    (!slash.usage.is_empty()).then(|| format!("{space}{}", slash.usage))
}

impl Highlighter for Helper {
    /// What a paste brought along is not obeyed by the terminal.
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let mut desk = self.remote.lock();
        line.clone_into(&mut desk.shown.line);
        desk.shown.position = position;
        drop(desk);
        let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
        if line.contains(obeyed) {
            return Cow::Owned(line.replace(obeyed, ""));
        }
        let judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.assistant {
            Some(assistant) => Cow::Owned(assistant.paint(line, &judged)),
            None => Cow::Borrowed(line),
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        usual: bool,
    ) -> Cow<'b, str> {
        if self.remote.drawn(prompt, usual) {
            Cow::Owned(format!("{BACK_TO_SCREEN}{prompt}"))
        } else {
            Cow::Borrowed(prompt)
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        hint.clone_into(&mut self.remote.lock().shown.hint);
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    /// Always true, so that whatever changes the line or moves the cursor draws the whole line:
    /// this is how the helper knows what is on the screen.
    fn highlight_char(&self, line: &str, position: usize, _: CmdKind) -> bool {
        self.remote.typed(line, position);
        if let Some(keeper) = &self.keeper {
            keeper.keep(if input::is_secret(line) { "" } else { line });
        }
        true
    }
}

impl Validator for Helper {
    /// Every line is fine; but this is the last that is heard of it before it is handed over.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.remote.returning();
        if let Some(keeper) = &self.keeper {
            keeper.keep("");
        }
        Ok(ValidationResult::Valid(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_the_editor_lays_them_out() {
        let rows = |texts: &[&str]| end_of(texts, 10).0;
        assert_eq!(rows(&["[#a] ", "abc"]), 0);
        assert_eq!(rows(&["[#a] ", "abcd"]), 0);
        assert_eq!(rows(&["[#a] ", "abcde"]), 1, "at the margin");
        assert_eq!(rows(&["[#a] ", "abcdef"]), 1);
        assert_eq!(rows(&["[#a] ", "日本"]), 0);
        assert_eq!(
            rows(&["[#a] ", "日本日"]),
            1,
            "a wide character does not fit"
        );
        assert_eq!(rows(&["", "one\ntwo\n"]), 2);
        assert_eq!(rows(&["", "a\tb\tc"]), 1);
    }

    #[test]
    fn rows_that_the_terminal_wrapped_anew_are_cleared_from_where_they_begin_now() {
        let shown = Shown {
            prompt: "[#a] ".to_owned(),
            line: "x".repeat(20),
            position: 10,
            hint: String::new(),
            columns: 10,
        };
        // The cursor was in the second of 3 rows. In 20 columns it is in the first of 2, in 5
        // columns in the fourth of 6.
        assert_eq!(shown.clear_reflowed(20), "\r\x1b[J\x1b[?1049h");
        assert_eq!(shown.clear_reflowed(5), "\x1b[3A\r\x1b[J\x1b[?1049h");
    }

    #[test]
    fn a_command_that_is_typed_shows_what_it_takes() {
        assert_eq!(usage_of("/nick").as_deref(), Some(" NAME"));
        assert_eq!(usage_of("/nick ").as_deref(), Some("NAME"));
        assert_eq!(usage_of("/nick a"), None);
        assert_eq!(usage_of("/nic"), None);
        assert_eq!(usage_of("nick"), None);
    }
}
