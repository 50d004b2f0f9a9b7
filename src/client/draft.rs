//! The line that is being typed, kept in a file so that it outlives the program.
//!
//! A thread of its own writes it a moment after it has changed, so that no key waits for a disk.
//! The file can only be read by its owner, and is gone when there is nothing in it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a change may wait for more changes before it is written.
const REST: Duration = Duration::from_millis(200);

/// Where the draft is kept. Clones are the same place.
#[derive(Debug, Clone)]
pub struct DraftKeeper {
    file: Arc<PathBuf>,
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    text: String,
    changed: bool,
}

impl DraftKeeper {
    /// Starts to keep the draft in `file`.
    pub fn start(file: PathBuf) -> io::Result<Self> {
        if let Some(folder) = file.parent() {
            // Without a folder nothing can be kept, and that is all.
            let _ = fs::create_dir_all(folder);
        }
        let keeper = Self {
            file: Arc::new(file),
            shared: Arc::default(),
        };
        let writer = keeper.clone();
        thread::Builder::new()
            .name("draft".to_owned())
            .spawn(move || {
                super::terminal::leave_signals_to_main_thread();
                writer.write_changes();
            })?;
        Ok(keeper)
    }

    /// What was kept by an earlier run.
    pub fn kept(&self) -> String {
        fs::read_to_string(self.file.as_path()).unwrap_or_default()
    }

    /// The draft is this now. Nothing is written before this returns.
    pub fn keep(&self, text: &str) {
        let mut state = self.lock();
        if state.text != text {
            text.clone_into(&mut state.text);
            state.changed = true;
            self.shared.1.notify_one();
        }
    }

    /// Writes the draft at once, if it has changed.
    pub fn write_now(&self) {
        let mut state = self.lock();
        if std::mem::take(&mut state.changed) {
            // A draft that cannot be kept is no reason to disturb a conversation.
            let _ = write(&self.file, &state.text);
        }
    }

    fn write_changes(&self) {
        loop {
            let mut state = self.lock();
            while !state.changed {
                state = self
                    .shared
                    .1
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            // More keys follow a key: one write is enough for all of them.
            thread::sleep(REST);
            self.write_now();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts `text` in place of what the file has, all of it or nothing.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let new = file.with_extension("new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    out.write_all(text.as_bytes())?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_draft_is_kept_for_its_owner_alone_and_gone_when_empty() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("draft");
        let keeper = DraftKeeper::start(file.clone()).unwrap();
        assert_eq!(keeper.kept(), "");
        keeper.keep("half a thought");
        keeper.write_now();
        assert_eq!(keeper.kept(), "half a thought");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        keeper.keep("");
        keeper.write_now();
        assert!(!file.exists());
    }
}
