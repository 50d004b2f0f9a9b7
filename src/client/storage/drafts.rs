//! Saves the line that is being typed, and the lines that wait for a connection, in a file, so that
//! they survive the end of the program.
//!
//! A thread of its own writes the file shortly after a change, so that no key waits for the disk.
//! Only its owner can read the file, and it is removed when it would be empty. The texts of an earlier
//! run with the same nick are offered, and become part of the typed line only when the user restores
//! them.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::damaged::{WholeLines, keep_copy};
use super::draft_file::{ClaimedFile, DraftFile};
use super::saved_draft::{DraftStage, SavedDraft};
use crate::client::event::UnsentText;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::signals;
use crate::common::io_error::os_error_text;

/// How long a change of the typed line waits for further changes before it is written.
const WRITE_DELAY: Duration = Duration::from_millis(200);
/// The pause after messages were written. The next ones are written at once after it: a message that
/// is sent is in no other place.
const UNSENT_PAUSE: Duration = Duration::from_millis(10);
/// How long after the start the texts of a session that ends meanwhile are still offered. A session
/// whose terminal was closed says goodbye to its server first, and one that was killed keeps its lock
/// until the system has removed it.
const RELEASE_WAIT: Duration = Duration::from_secs(20);
/// The pauses between two looks at the files of such sessions; each is twice the one before it.
const RELEASE_PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// The file of one session. Clones share their state.
#[derive(Debug, Clone)]
pub(crate) struct DraftStore {
    file: Arc<DraftFile>,
    /// The nick under which the drafts were typed.
    nick: Arc<str>,
    /// Prints the report when they cannot be saved.
    printer: Printer,
    shared: Arc<(Mutex<DraftState>, Condvar)>,
    /// Held while the file is written; `shared` is not, so that changes do not wait for the disk.
    writing: Arc<Mutex<()>>,
}

#[derive(Debug, Default)]
struct DraftState {
    /// Messages that were entered and are not sent yet, or not confirmed.
    unsent: Vec<SavedDraft>,
    /// The line that is being typed.
    typed: Option<SavedDraft>,
    /// The texts of an earlier run that are not restored yet, in order.
    offered: VecDeque<SavedDraft>,
    /// Whether the first of them was announced.
    announced: bool,
    /// The texts of other nicks, which stay in the file.
    of_others: Vec<SavedDraft>,
    /// Whether the file is out of date.
    changed: bool,
    /// Whether a message was entered or sent since then, so that the change is written at once.
    is_urgent: bool,
    /// Whether the last write failed, and was reported.
    failing: bool,
    finished: bool,
}

/// A text of an earlier run that is to be announced.
#[derive(Debug)]
pub(in crate::client) struct DraftOffer {
    /// The text.
    pub(in crate::client) draft: SavedDraft,
    /// How many more texts are offered.
    pub(in crate::client) more: usize,
    /// The time now, in Unix seconds.
    pub(in crate::client) now: i64,
}

impl DraftStore {
    /// Starts to save the drafts of `nick` in `file`, or in a file beside it while other sessions
    /// have that one locked. `None` when they cannot be saved, which is reported. `offer` is called
    /// when a session ends soon after the start and its texts can be offered, too.
    ///
    /// # Errors
    ///
    /// Fails when a thread cannot be started.
    pub(in crate::client) fn start(
        file: &Path,
        nick: &str,
        printer: Printer,
        offer: impl Fn() + Send + 'static,
    ) -> io::Result<Option<Self>> {
        let ClaimedFile { file, read, locked } = match DraftFile::claim(file, nick) {
            Ok(claimed) => claimed,
            Err(error) => {
                printer.push(unusable(file, &error));
                return Ok(None);
            }
        };
        let is_damaged = read.damaged > 0;
        if !keep_damaged(&file, &read, &printer) {
            return Ok(None);
        }
        let store = Self {
            file: Arc::new(file),
            nick: nick.into(),
            printer,
            shared: Arc::default(),
            writing: Arc::default(),
        };
        store.lock().add_offers(read, nick);
        store.lock().changed = is_damaged;
        let writer = store.clone();
        start_thread(move || writer.write_changes())?;
        if !locked.is_empty() {
            let watcher = store.clone();
            start_thread(move || {
                if watcher.adopt_released(locked) {
                    offer();
                }
            })?;
        }
        Ok(Some(store))
    }

    /// Sets the draft and the room in which it is typed. It is written later, by the thread.
    pub(in crate::client) fn set(&self, text: &str, room: Option<&str>) {
        self.change(|state| {
            let is_same = match &state.typed {
                Some(draft) => draft.text == text && draft.target.as_deref() == room,
                None => text.is_empty(),
            };
            if is_same {
                return false;
            }
            let typed = || self.draft(room, text, DraftStage::Typed);
            state.typed = (!text.is_empty()).then(typed);
            true
        });
    }

    /// Sets the messages that were entered and are not sent yet, or not confirmed.
    pub(in crate::client) fn set_unsent(&self, unsent: &[UnsentText]) {
        let draft = |unsent: &UnsentText| {
            let stage = match unsent.in_transit {
                true => DraftStage::InTransit,
                false => DraftStage::Entered,
            };
            self.draft(Some(&unsent.target), &unsent.text, stage)
        };
        let drafts: Vec<SavedDraft> = unsent.iter().map(draft).collect();
        self.change(|state| {
            let has_changed = !(drafts.is_empty() && state.unsent.is_empty());
            state.unsent = drafts;
            state.is_urgent |= has_changed;
            has_changed
        });
    }

    /// Whether there are messages that are not sent yet.
    pub(in crate::client) fn has_unsent(&self) -> bool {
        let is_unsent = |draft: &SavedDraft| draft.stage == DraftStage::Entered;
        self.lock().unsent.iter().any(is_unsent)
    }

    /// The text to announce now, if the first one was not announced yet.
    pub(in crate::client) fn next_offer(&self) -> Option<DraftOffer> {
        let mut state = self.lock();
        let more = state.offered.len().checked_sub(1)?;
        let draft = state.offered.front()?.clone();
        let now = unix_seconds();
        (!std::mem::replace(&mut state.announced, true)).then_some(DraftOffer { draft, more, now })
    }

    /// The text that [`DraftStore::restore`] will restore.
    pub(in crate::client) fn offered(&self) -> Option<SavedDraft> {
        self.lock().offered.front().cloned()
    }

    /// Makes the first offered text the current draft, in this room.
    pub(in crate::client) fn restore(&self, room: Option<&str>) -> Option<String> {
        let mut restored = None;
        self.change(|state| {
            state.announced = false;
            restored = state.offered.pop_front().map(|draft| draft.text);
            if let Some(text) = &restored {
                state.typed = Some(self.draft(room, text, DraftStage::Typed));
            }
            restored.is_some()
        });
        restored
    }

    fn draft(&self, target: Option<&str>, text: &str, stage: DraftStage) -> SavedDraft {
        SavedDraft {
            unix_seconds: unix_seconds(),
            nick: self.nick.to_string(),
            target: target.map(str::to_owned),
            stage,
            text: text.to_owned(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut DraftState) -> bool) {
        let mut state = self.lock();
        if !state.finished && change(&mut state) {
            state.changed = true;
            self.shared.1.notify_all();
        }
    }

    /// Writes the file now, if it is out of date.
    pub(in crate::client) fn write_now(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = {
            let mut state = self.lock();
            state.is_urgent = false;
            std::mem::take(&mut state.changed).then(|| state.lines())
        };
        let Some(lines) = lines else { return };
        let written = self.file.write(&lines);
        let was_failing = {
            let mut state = self.lock();
            let was_failing = state.failing;
            // A full disk still takes an empty file: that is no sign that it has room again.
            state.failing = written.is_err() || was_failing && lines.is_empty();
            was_failing
        };
        if let Err(error) = written
            && !was_failing
        {
            self.printer.push(unusable(self.file.path(), &error));
        }
    }

    /// Writes the file and unlocks it for the next session. Later changes are ignored: they would be
    /// written to a file that another session may have.
    pub(in crate::client) fn finish(&self) {
        self.lock().finished = true;
        self.shared.1.notify_all();
        self.write_now();
        self.file.unlock();
    }

    /// Waits for one of these files, which other sessions had locked when this one started. Returns
    /// whether there are more texts to offer.
    fn adopt_released(&self, mut locked: Vec<PathBuf>) -> bool {
        let [mut pause, longest] = RELEASE_PAUSES;
        let mut waited = Duration::ZERO;
        while waited < RELEASE_WAIT && !locked.is_empty() {
            let goes_on = |state: &mut DraftState| !state.finished;
            let state = self
                .shared
                .1
                .wait_timeout_while(self.lock(), pause, goes_on);
            if state.unwrap_or_else(PoisonError::into_inner).0.finished {
                return false;
            }
            if let Some((file, read)) = DraftFile::claim_released(&mut locked, &self.nick) {
                return self.adopt(&file, read);
            }
            waited += pause;
            pause = longest.min(pause * 2);
        }
        false
    }

    /// Moves the texts of another file, which this session has locked, to its own.
    fn adopt(&self, file: &DraftFile, read: WholeLines<SavedDraft>) -> bool {
        if !keep_damaged(file, &read, &self.printer) {
            return false;
        }
        let mut adopted = false;
        self.change(|state| {
            state.add_offers(read, &self.nick);
            adopted = true;
            true
        });
        self.write_now();
        // Otherwise they stay there for the next start.
        if adopted && !self.lock().failing {
            let _ = file.write("");
        }
        adopted
    }

    fn write_changes(&self) {
        loop {
            let mut state = self.lock();
            while !state.changed {
                if state.finished {
                    return;
                }
                state = self
                    .shared
                    .1
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            // More keys will follow; one write is enough for all of them.
            let waits = |state: &mut DraftState| !state.is_urgent && !state.finished;
            let waited = self.shared.1.wait_timeout_while(state, WRITE_DELAY, waits);
            let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let is_urgent = state.is_urgent;
            drop(state);
            self.write_now();
            if is_urgent {
                // It bounds how often a burst of messages writes the file.
                thread::sleep(UNSENT_PAUSE);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, DraftState> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DraftState {
    /// Adds the texts of an earlier run; those of other nicks are only kept.
    fn add_offers(&mut self, read: WholeLines<SavedDraft>, nick: &str) {
        let is_own = |draft: &SavedDraft| draft.nick.eq_ignore_ascii_case(nick);
        let (own, of_others) = read.lines.into_iter().partition::<Vec<_>, _>(is_own);
        self.offered.extend(own);
        self.of_others.extend(of_others);
    }

    /// The content of the file: all that is to be offered at the next start.
    fn lines(&self) -> String {
        let own = self.unsent.iter().chain(&self.typed).chain(&self.offered);
        own.chain(&self.of_others).map(SavedDraft::encode).collect()
    }
}

fn start_thread(run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name("draft".to_owned());
    thread.spawn(move || {
        signals::block_editor_signals();
        run();
    })?;
    Ok(())
}

/// Copies a file that is damaged, and reports it. Returns false if that is not possible; then the file
/// must stay as it is.
fn keep_damaged(file: &DraftFile, read: &WholeLines<SavedDraft>, printer: &Printer) -> bool {
    if read.damaged == 0 {
        return true;
    }
    let copy = keep_copy(file.path());
    printer.push(match &copy {
        Ok(copy) => damaged(read.damaged, copy),
        Err(error) => unusable(file.path(), error),
    });
    copy.is_ok()
}

fn unix_seconds() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs().cast_signed())
}

/// The report that drafts cannot be saved.
fn unusable(file: &Path, error: &io::Error) -> String {
    let (file, error) = (file.display(), os_error_text(error));
    format!("Cannot save drafts in {file}: {error}.\n")
}

/// The report that a file was damaged.
fn damaged(count: usize, copy: &Path) -> String {
    let texts = match count {
        1 => "1 unsent text was damaged and is ignored".to_owned(),
        many => format!("{many} unsent texts were damaged and are ignored"),
    };
    format!(
        "{texts}; the damaged file was copied to {}.\n",
        copy.display()
    )
}

#[cfg(test)]
mod tests;
