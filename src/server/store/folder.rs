//! The folder of a store, and its lock: one server writes to it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::server::error::StoreProblem;

/// The file of the database.
pub(super) const DATABASE: &str = "history.db";

/// The lock on a folder, which ends with this value.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

/// Creates the folder if it is missing, readable for this user only, and locks it.
pub(super) fn lock(folder: &Path) -> Result<FolderLock, StoreProblem> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(StoreProblem::Folder)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(folder.join("lock"));
    let file = file.map_err(StoreProblem::Folder)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(StoreProblem::Locked),
        Err(TryLockError::Error(error)) => Err(StoreProblem::Folder(error)),
    }
}

/// Creates an empty file that only this user can read. SQLite gives the files beside a database the
/// same permissions.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map(|_| ())
}

/// Makes the names of new files in the folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), StoreProblem> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(StoreProblem::Folder)
}

/// The path of the database in this folder.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Whether the folder has a write-ahead log with lines, but not the database that it belongs to.
pub(super) fn has_orphaned_log(folder: &Path) -> bool {
    let log = fs::metadata(folder.join(format!("{DATABASE}-wal")));
    !database(folder).exists() && log.is_ok_and(|log| log.len() > 0)
}
