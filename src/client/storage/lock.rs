//! Locks that keep the sessions of a user from writing the same file at the same time. The lock of a
//! file is a file beside it, since the file itself is replaced as a whole.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::damaged::beside;

/// How long a session waits for another one, which has a lock for as long as it writes. A session that
/// is stopped just then may keep it for hours.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// The pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(5);

/// Locks this file; `None` while another session has it locked.
///
/// # Errors
///
/// The lock file cannot be made, or the file system has no locks.
pub(super) fn try_lock(file: &Path) -> io::Result<Option<File>> {
    try_lock_open(open_lock(file)?)
}

/// Locks this file, and waits for another session that has it locked.
///
/// # Errors
///
/// As for [`try_lock`], and when the other session keeps its lock.
pub(super) fn lock(file: &Path) -> io::Result<File> {
    wait_for_lock(|| open_lock(file))
}

/// Opens and locks a file itself, and waits for another program that has it locked, such as a session
/// of an earlier version. If the file was replaced meanwhile, the new one is opened.
///
/// # Errors
///
/// As for [`lock`], and when the file cannot be opened.
pub(super) fn lock_content(file: &Path, options: &OpenOptions) -> io::Result<File> {
    loop {
        let locked = wait_for_lock(|| options.open(file))?;
        let id = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        match fs::metadata(file) {
            Ok(current) if id(&current) == id(&locked.metadata()?) => return Ok(locked),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
}

fn wait_for_lock(open: impl Fn() -> io::Result<File>) -> io::Result<File> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(lock) = try_lock_open(open()?)? {
            return Ok(lock);
        }
        if waited >= WAIT_MAX {
            let words = "another session keeps it locked";
            return Err(io::Error::new(io::ErrorKind::TimedOut, words));
        }
        thread::sleep(RETRY_PAUSE);
        waited += RETRY_PAUSE;
    }
}

fn try_lock_open(lock: File) -> io::Result<Option<File>> {
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open_lock(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(beside(file, ".lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_and_one_that_is_never_released_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certificates");
        let held = lock(&file).unwrap();
        assert!(try_lock(&file).unwrap().is_none());
        assert_eq!(lock(&file).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let waiting = thread::spawn({
            let file = file.clone();
            move || lock(&file).map(|_| ())
        });
        drop(held);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn a_file_that_was_replaced_while_it_was_waited_for_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let [file, new] = ["history", "new"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::write(&new, "new").unwrap();
        let held = File::open(&file).unwrap();
        held.lock().unwrap();
        let mut options = OpenOptions::new();
        options.read(true);
        thread::scope(|scope| {
            let locking = scope.spawn(|| lock_content(&file, &options));
            fs::rename(&new, &file).unwrap();
            held.unlock().unwrap();
            let locked = locking.join().unwrap().unwrap();
            assert_eq!(io::read_to_string(locked).unwrap(), "new");
        });
    }

    #[test]
    fn a_lock_that_cannot_be_made_is_an_error_and_not_another_session() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("missing/draft");
        assert_eq!(try_lock(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
