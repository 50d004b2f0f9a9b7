//! The line that is being typed, kept in a file so that it outlives the program, with the lines
//! that wait for a server that is away.
//!
//! A thread of its own writes it a moment after it has changed, so that no key waits for a disk.
//! The file can only be read by its owner, and is gone when there is nothing in it. Each running
//! session has a file of its own, held by a lock: what somebody is typing in another terminal is
//! no draft that was left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a change may wait for more changes before it is written.
const WRITE_DELAY: Duration = Duration::from_millis(200);
/// So many sessions with one server keep their drafts at the same time.
const FILES_MAX: u32 = 32;
/// Stands between two drafts in a file. No line can have it.
const SEPARATOR: char = '\0';

/// Where the draft is kept. Clones are the same place.
#[derive(Debug, Clone)]
pub struct DraftStore {
    file: Arc<PathBuf>,
    /// As long as it is locked, the file belongs to this session.
    lock: Arc<File>,
    shared: Arc<(Mutex<DraftState>, Condvar)>,
    /// Held while the file is written, so that nobody who changes something waits for a disk.
    writing: Arc<Mutex<()>>,
}

#[derive(Debug, Default)]
struct DraftState {
    /// What was said and has not been sent.
    unsent: Vec<String>,
    /// What is being typed.
    text: String,
    /// What an earlier run has left and what has not been offered yet.
    later: Vec<String>,
    changed: bool,
    finished: bool,
}

impl DraftStore {
    /// Starts to keep the draft in `file`, or beside it while other sessions have that. Nothing
    /// where there is no place for it, and that is all.
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

    /// What was kept by an earlier run: the drafts, in the order in which they are to be offered.
    pub fn load(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file.as_path()).unwrap_or_default();
        let drafts = text.split(SEPARATOR).filter(|draft| !draft.is_empty());
        drafts.map(str::to_owned).collect()
    }

    /// The draft is this now. Nothing is written before this returns.
    pub fn set(&self, text: &str) {
        self.change(|state| {
            let is_other = state.text != text;
            if is_other {
                text.clone_into(&mut state.text);
            }
            is_other
        });
    }

    /// The draft is now one of those that were kept by an earlier run, and these are offered later.
    pub fn offer(&self, text: &str, later: &[String]) {
        self.change(|state| {
            text.clone_into(&mut state.text);
            later.clone_into(&mut state.later);
            true
        });
    }

    /// These lines were said and have not been sent.
    pub fn set_unsent(&self, lines: Vec<String>) {
        self.change(|state| {
            let is_other = state.unsent != lines;
            state.unsent = lines;
            is_other
        });
    }

    /// Whether something was said that has not been sent.
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

    /// Writes the draft at once, if it has changed.
    pub fn write_now(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let drafts = {
            let mut state = self.lock();
            std::mem::take(&mut state.changed).then(|| state.drafts())
        };
        if let Some(drafts) = drafts {
            // A draft that cannot be kept is no reason to disturb a conversation.
            let _ = write(&self.file, &drafts);
        }
    }

    /// Writes the draft, and leaves it to whoever begins next.
    pub fn finish(&self) {
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
    fn drafts(&self) -> String {
        let drafts = self.unsent.iter().chain([&self.text]).chain(&self.later);
        let drafts: Vec<String> = drafts
            .filter(|draft| !draft.is_empty())
            // A paste may have brought one along, and no line with it can be sent.
            .map(|draft| draft.replace(SEPARATOR, ""))
            .collect();
        drafts.join(&SEPARATOR.to_string())
    }
}

/// A place that no running session has: one in which a draft was left, before an empty one.
fn claim_file(file: &Path) -> Option<(PathBuf, File)> {
    let places = || {
        (1..=FILES_MAX).map(|number| match number {
            1 => file.to_owned(),
            _ => beside(file, &format!("~{number}")),
        })
    };
    let left = places().filter(|place| place.exists());
    left.chain(places()).find_map(|place| {
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(beside(&place, ".lock"))
            .ok()?;
        lock.try_lock().ok()?;
        Some((place, lock))
    })
}

/// The file whose name has this at its end.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
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
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_draft_is_kept_for_its_owner_alone_and_gone_when_empty() {
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
    fn what_was_not_sent_is_kept_before_the_draft_and_what_is_offered_later_behind_it() {
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
    fn drafts_for_other_ports_never_meet() {
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
