//! The line that is being typed, kept in a file so that it outlives the program, with the lines
//! that wait for the server.
//!
//! A thread of its own writes it a moment after it has changed, so that no key waits for a disk.
//! The file can only be read by its owner, and is gone when there is nothing in it. Each running
//! session has a file of its own, held by a lock: what is typed in another terminal is no draft
//! that was left. What an earlier run with the same nick has left is offered; it is no part of
//! what is typed until the user asks for it.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::damaged::{WholeLines, beside, keep_copy, read_lines};
use super::saved_draft::SavedDraft;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::signals;
use crate::common::io_error::os_error_text;

/// How long a change may wait for more changes before it is written.
const WRITE_DELAY: Duration = Duration::from_millis(200);
/// So many sessions with one server keep their drafts at the same time.
const FILES_MAX: u32 = 32;

/// Where the draft is kept. Clones are the same place.
#[derive(Debug, Clone)]
pub struct DraftStore {
    file: Arc<PathBuf>,
    /// As long as it is locked, the file belongs to this session.
    lock: Arc<File>,
    /// Whose drafts these are.
    nick: Arc<str>,
    /// Where it is reported that they cannot be kept.
    printer: Printer,
    shared: Arc<(Mutex<DraftState>, Condvar)>,
    /// Held while the file is written, so that no change waits for a disk.
    writing: Arc<Mutex<()>>,
}

#[derive(Debug, Default)]
struct DraftState {
    /// What was sent and has not left this program.
    unsent: Vec<SavedDraft>,
    /// What is being typed.
    typed: Option<SavedDraft>,
    /// What an earlier run has left and what has not been restored, in order.
    offered: VecDeque<SavedDraft>,
    /// The first of these was announced.
    announced: bool,
    /// What was left under other nicks, and stays in the file.
    of_others: Vec<SavedDraft>,
    changed: bool,
    /// That it cannot be written was reported.
    failing: bool,
    finished: bool,
}

/// A text from an earlier run, to be announced.
#[derive(Debug)]
pub(in crate::client) struct DraftOffer {
    /// The text.
    pub(in crate::client) draft: SavedDraft,
    /// How many more there are.
    pub(in crate::client) more: usize,
    /// The time now, in Unix seconds.
    pub(in crate::client) now: i64,
}

impl DraftStore {
    /// Starts to keep the drafts of `nick` in `file`, or beside it while other sessions have that.
    /// None where they cannot be kept, which is reported.
    pub(in crate::client) fn start(
        file: &Path,
        nick: &str,
        printer: Printer,
    ) -> io::Result<Option<Self>> {
        let (file, lock, read) = match claim_file(file, nick) {
            Ok(claimed) => claimed,
            Err(error) => {
                printer.push(unusable(file, &error));
                return Ok(None);
            }
        };
        let is_damaged = read.damaged > 0;
        if is_damaged {
            match keep_copy(&file) {
                Ok(copy) => printer.push(damaged(read.damaged, &copy)),
                Err(error) => {
                    printer.push(unusable(&file, &error));
                    return Ok(None);
                }
            }
        }
        let is_own = |draft: &SavedDraft| draft.nick.eq_ignore_ascii_case(nick);
        let (own, of_others) = read.lines.into_iter().partition::<Vec<_>, _>(is_own);
        let state = DraftState {
            offered: own.into(),
            of_others,
            changed: is_damaged,
            ..DraftState::default()
        };
        let store = Self {
            file: Arc::new(file),
            lock: Arc::new(lock),
            nick: nick.into(),
            printer,
            shared: Arc::new((Mutex::new(state), Condvar::new())),
            writing: Arc::default(),
        };
        let writer = store.clone();
        thread::Builder::new()
            .name("draft".to_owned())
            .spawn(move || {
                signals::block_editor_signals();
                writer.write_changes();
            })?;
        Ok(Some(store))
    }

    /// The draft is this now, typed in this room. Nothing is written before this returns.
    pub(in crate::client) fn set(&self, text: &str, room: Option<&str>) {
        self.change(|state| {
            let is_same = match &state.typed {
                Some(draft) => draft.text == text && draft.target.as_deref() == room,
                None => text.is_empty(),
            };
            if is_same {
                return false;
            }
            let typed = || self.draft(room, text, false);
            state.typed = (!text.is_empty()).then(typed);
            true
        });
    }

    /// These were sent, to these recipients, and have not left this program.
    pub(in crate::client) fn set_unsent(&self, unsent: Vec<(String, String)>) {
        let drafts: Vec<SavedDraft> = unsent
            .iter()
            .map(|(target, text)| self.draft(Some(target), text, true))
            .collect();
        self.change(|state| {
            let is_other = !(drafts.is_empty() && state.unsent.is_empty());
            state.unsent = drafts;
            is_other
        });
    }

    /// Whether something was sent that has not left this program.
    pub(in crate::client) fn has_unsent(&self) -> bool {
        !self.lock().unsent.is_empty()
    }

    /// The text that is to be announced now, if there is one that was not.
    pub(in crate::client) fn next_offer(&self) -> Option<DraftOffer> {
        let mut state = self.lock();
        let more = state.offered.len().checked_sub(1)?;
        let draft = state.offered.front()?.clone();
        let now = unix_seconds();
        (!std::mem::replace(&mut state.announced, true)).then_some(DraftOffer { draft, more, now })
    }

    /// The text that is restored next.
    pub(in crate::client) fn offered(&self) -> Option<SavedDraft> {
        self.lock().offered.front().cloned()
    }

    /// The first text that is offered becomes what is typed, in this room.
    pub(in crate::client) fn restore(&self, room: Option<&str>) -> Option<String> {
        let mut restored = None;
        self.change(|state| {
            state.announced = false;
            restored = state.offered.pop_front().map(|draft| draft.text);
            if let Some(text) = &restored {
                state.typed = Some(self.draft(room, text, false));
            }
            restored.is_some()
        });
        restored
    }

    fn draft(&self, target: Option<&str>, text: &str, is_addressed: bool) -> SavedDraft {
        SavedDraft {
            unix_seconds: unix_seconds(),
            nick: self.nick.to_string(),
            target: target.map(str::to_owned),
            is_addressed,
            text: text.to_owned(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut DraftState) -> bool) {
        let mut state = self.lock();
        if !state.finished && change(&mut state) {
            state.changed = true;
            self.shared.1.notify_one();
        }
    }

    /// Writes the draft at once, if it has changed.
    pub(in crate::client) fn write_now(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = {
            let mut state = self.lock();
            std::mem::take(&mut state.changed).then(|| state.lines())
        };
        let Some(lines) = lines else { return };
        let written = write(&self.file, &lines);
        let failing = written.is_err();
        let was_failing = std::mem::replace(&mut self.lock().failing, failing);
        if let Err(error) = written
            && !was_failing
        {
            self.printer.push(unusable(&self.file, &error));
        }
    }

    /// Writes the draft, and leaves it to the next session.
    pub(in crate::client) fn finish(&self) {
        self.write_now();
        self.lock().finished = true;
        self.shared.1.notify_one();
        // The end of the program does it as well.
        let _ = self.lock.unlock();
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
            drop(state);
            // More keys follow a key: one write is enough for all of them.
            thread::sleep(WRITE_DELAY);
            self.write_now();
        }
    }

    fn lock(&self) -> MutexGuard<'_, DraftState> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DraftState {
    /// All that is to be offered at the next start, as it stands in the file.
    fn lines(&self) -> String {
        let own = self.unsent.iter().chain(&self.typed).chain(&self.offered);
        own.chain(&self.of_others).map(SavedDraft::encode).collect()
    }
}

fn unix_seconds() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs().cast_signed())
}

fn unusable(file: &Path, error: &io::Error) -> String {
    let (file, error) = (file.display(), os_error_text(error));
    format!("what you type cannot be kept in {file}: {error}\n")
}

fn damaged(count: usize, copy: &Path) -> String {
    let texts = match count {
        1 => "one unsent text was damaged and is left out".to_owned(),
        many => format!("{many} unsent texts were damaged and are left out"),
    };
    format!("{texts}; the file as it was is {}\n", copy.display())
}

/// A place that no running session has, and what was left in it: one where something was left by
/// this nick or is damaged, before an empty one, before one of others.
fn claim_file(file: &Path, nick: &str) -> io::Result<(PathBuf, File, WholeLines<SavedDraft>)> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let places = || {
        (1..=FILES_MAX).map(|number| match number {
            1 => file.to_owned(),
            _ => beside(file, &format!("~{number}")),
        })
    };
    let is_wanted = |read: &WholeLines<SavedDraft>| {
        let mut lines = read.lines.iter();
        read.damaged > 0 || lines.any(|draft| draft.nick.eq_ignore_ascii_case(nick))
    };
    for place in places().filter(|place| place.exists()) {
        if let Some(lock) = lock_place(&place)? {
            let read = read_lines(&place, SavedDraft::decode)?;
            if is_wanted(&read) {
                return Ok((place, lock, read));
            }
        }
    }
    let free = places().filter(|place| !place.exists());
    for place in free.chain(places()) {
        if let Some(lock) = lock_place(&place)? {
            let read = read_lines(&place, SavedDraft::decode)?;
            return Ok((place, lock, read));
        }
    }
    Err(io::Error::other("too many sessions keep theirs there"))
}

/// The lock of a place; none while another session has it.
fn lock_place(place: &Path) -> io::Result<Option<File>> {
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(beside(place, ".lock"))?;
    Ok(lock.try_lock().is_ok().then_some(lock))
}

/// Puts `text` in place of what the file has, all of it or nothing.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let new = beside(file, &format!(".{}.new", std::process::id()));
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    let written = out.write_all(text.as_bytes());
    let done = written.and_then(|()| fs::rename(&new, file));
    if done.is_err() {
        // On a full disk it is of no use, and in the way.
        let _ = fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests;
