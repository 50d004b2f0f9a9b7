//! Saves the line that is being typed, and the lines that wait for a connection, in a file, so that
//! they survive the end of the program.
//!
//! A thread of its own writes the file shortly after a change, so that no key waits for the disk.
//! Only its owner can read the file, and it is removed when it would be empty. Each running session
//! locks a file of its own: a line that is being typed in another terminal is not a saved draft.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a change waits for further changes before it is written.
const WRITE_DELAY: Duration = Duration::from_millis(200);
/// How many sessions with one server can save their drafts at the same time.
const FILES_MAX: u32 = 32;
/// Separates two drafts in a file. No line can contain it.
const SEPARATOR: char = '\0';

/// The file of one session. Clones share their state.
#[derive(Debug, Clone)]
pub struct DraftStore {
    file: Arc<PathBuf>,
    /// The lock file. While it is locked, `file` belongs to this session.
    lock: Arc<File>,
    shared: Arc<(Mutex<DraftState>, Condvar)>,
    /// Held while the file is written; `shared` is not, so that changes do not wait for the disk.
    writing: Arc<Mutex<()>>,
}

#[derive(Debug, Default)]
struct DraftState {
    /// Messages that were entered and are not sent yet.
    unsent: Vec<String>,
    /// The line that is being typed.
    text: String,
    /// Drafts of an earlier run that are not offered yet.
    later: Vec<String>,
    /// Whether the file is out of date.
    changed: bool,
    finished: bool,
}

impl DraftStore {
    /// Starts to save drafts in `file`, or in a file beside it while other sessions have that one
    /// locked. `None` when no file can be locked; then nothing is saved.
    ///
    /// # Errors
    ///
    /// Fails when the thread cannot be started.
    pub fn start(file: &Path) -> io::Result<Option<Self>> {
        if let Some(folder) = file.parent() {
            let _ = fs::create_dir_all(folder);
        }
        let Some((file, lock)) = claim_file(file) else {
            return Ok(None);
        };
        let store = Self {
            file: Arc::new(file),
            lock: Arc::new(lock),
            shared: Arc::default(),
            writing: Arc::default(),
        };
        let writer = store.clone();
        thread::Builder::new()
            .name("draft".to_owned())
            .spawn(move || {
                crate::client::terminal::signals::block_editor_signals();
                writer.write_changes();
            })?;
        Ok(Some(store))
    }

    /// Loads the drafts of an earlier run, in the order in which to offer them.
    pub fn load(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file.as_path()).unwrap_or_default();
        let drafts = text.split(SEPARATOR).filter(|draft| !draft.is_empty());
        drafts.map(str::to_owned).collect()
    }

    /// Sets the draft. It is written later, by the thread.
    pub fn set(&self, text: &str) {
        self.change(|state| {
            let has_changed = state.text != text;
            if has_changed {
                text.clone_into(&mut state.text);
            }
            has_changed
        });
    }

    /// Makes `text`, a draft of an earlier run, the current draft; those in `later` are still to be
    /// offered.
    pub fn offer(&self, text: &str, later: &[String]) {
        self.change(|state| {
            text.clone_into(&mut state.text);
            later.clone_into(&mut state.later);
            true
        });
    }

    /// Sets the messages that were entered and are not sent yet, as input lines.
    pub fn set_unsent(&self, lines: Vec<String>) {
        self.change(|state| {
            let has_changed = state.unsent != lines;
            state.unsent = lines;
            has_changed
        });
    }

    /// Whether there are messages that are not sent yet.
    pub fn has_unsent(&self) -> bool {
        !self.lock().unsent.is_empty()
    }

    fn change(&self, change: impl FnOnce(&mut DraftState) -> bool) {
        let mut state = self.lock();
        if !state.finished && change(&mut state) {
            state.changed = true;
            self.shared.1.notify_one();
        }
    }

    /// Writes the file now, if it is out of date.
    pub fn write_now(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let drafts = {
            let mut state = self.lock();
            std::mem::take(&mut state.changed).then(|| state.drafts())
        };
        if let Some(drafts) = drafts {
            // A draft that cannot be saved is no reason to interrupt the user.
            let _ = write(&self.file, &drafts);
        }
    }

    /// Writes the file and unlocks it for the next session.
    pub fn finish(&self) {
        self.write_now();
        self.lock().finished = true;
        self.shared.1.notify_one();
        // The end of the program unlocks it, too.
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
            // More keys will follow; one write is enough for all of them.
            thread::sleep(WRITE_DELAY);
            self.write_now();
        }
    }

    fn lock(&self) -> MutexGuard<'_, DraftState> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DraftState {
    /// The content of the file: all that is to be offered at the next start.
    fn drafts(&self) -> String {
        let drafts = self.unsent.iter().chain([&self.text]).chain(&self.later);
        let drafts: Vec<String> = drafts
            .filter(|draft| !draft.is_empty())
            // A paste can contain a separator; a line with one cannot be sent.
            .map(|draft| draft.replace(SEPARATOR, ""))
            .collect();
        drafts.join(&SEPARATOR.to_string())
    }
}

/// Locks a file that no running session has: one with a saved draft if there is one, otherwise a
/// new one.
fn claim_file(file: &Path) -> Option<(PathBuf, File)> {
    let files = || {
        (1..=FILES_MAX).map(|number| match number {
            1 => file.to_owned(),
            _ => beside(file, &format!("~{number}")),
        })
    };
    let saved = files().filter(|file| file.exists());
    saved.chain(files()).find_map(|file| {
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(beside(&file, ".lock"))
            .ok()?;
        lock.try_lock().ok()?;
        Some((file, lock))
    })
}

/// The file with this suffix added to its name.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Replaces the content of the file atomically; removes the file if `text` is empty.
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
        // A partly written file is useless, and takes space on a full disk.
        let _ = fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_owner_can_read_a_draft_and_an_empty_one_has_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("draft");
        let store = DraftStore::start(&file).unwrap().unwrap();
        assert_eq!(store.load(), [""; 0]);
        store.set("half a thought");
        store.write_now();
        assert_eq!(store.load(), ["half a thought"]);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        store.set("");
        store.write_now();
        assert!(!file.exists());
    }

    #[test]
    fn sessions_at_the_same_time_have_drafts_of_their_own_and_each_is_offered_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("127.0.0.1");
        let start = || DraftStore::start(&file).unwrap().unwrap();
        let (one, two) = (start(), start());
        one.set("one");
        two.set("two");
        one.write_now();
        assert_eq!(start().load(), [""; 0]);
        one.finish();
        two.finish();
        two.set("never");
        let (again, too) = (start(), start());
        assert_eq!([again.load(), too.load()], [["one"], ["two"]]);
        assert_eq!(start().load(), [""; 0]);
    }

    #[test]
    fn unsent_lines_are_saved_before_the_draft_and_later_offers_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("draft");
        let store = DraftStore::start(&file).unwrap().unwrap();
        store.offer("two", &["three\nlines".into(), "four".into()]);
        store.set("two\0!");
        store.set_unsent(vec!["@bob zero".into(), "/msg #a one".into()]);
        assert!(store.has_unsent());
        store.write_now();
        assert_eq!(
            store.load(),
            ["@bob zero", "/msg #a one", "two!", "three\nlines", "four"]
        );
        store.set_unsent(Vec::new());
        store.offer("four", &[]);
        store.write_now();
        assert_eq!(store.load(), ["four"]);
        store.set("");
        store.write_now();
        assert!(!file.exists());
    }

    #[test]
    fn drafts_for_different_ports_are_in_different_files() {
        let folder = tempfile::tempdir().unwrap();
        let stores = ["h.1", "h.2"].map(|name| {
            let file = folder.path().join(name);
            let store = DraftStore::start(&file).unwrap().unwrap();
            store.set(name);
            store.write_now();
            store
        });
        assert_eq!(stores.map(|store| store.load()), [["h.1"], ["h.2"]]);
    }
}
