//! The folder of a store, its lock: one server writes to it, and the socket of that server for the
//! requests of the administrator.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::server::error::StoreProblem;

/// The file of the database.
pub(super) const DATABASE: &str = "history.db";

/// The socket for the requests of the administrator.
pub(super) const SOCKET: &str = "admin.sock";
/// How long a server may take to answer such a request.
const ANSWER_TIME: Duration = Duration::from_secs(20);

/// The lock on a folder, which ends with this value.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
    socket: PathBuf,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // There is no answer at this socket any longer. If it stays, the next server replaces it.
        let _ = fs::remove_file(&self.socket);
    }
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
        Ok(()) => Ok(FolderLock {
            _file: file,
            socket: folder.join(SOCKET),
        }),
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

/// Listens for the requests of the administrator, in a folder whose lock is held.
pub(super) fn listen(folder: &Path) -> io::Result<UnixListener> {
    // Under its name it is never open to others.
    let (path, new) = (folder.join(SOCKET), folder.join("admin.sock.new"));
    for stale in [&path, &new] {
        match fs::remove_file(stale) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let listener = UnixListener::bind(&new)?;
    fs::set_permissions(&new, Permissions::from_mode(0o600))?;
    fs::rename(&new, &path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Has the server that uses the folder carry out a request, and returns the lines before its `ok`.
pub(super) fn ask_server(folder: &Path, request: &str) -> Result<Vec<String>, StoreProblem> {
    let ask = || {
        let mut stream = UnixStream::connect(folder.join(SOCKET))?;
        stream.set_read_timeout(Some(ANSWER_TIME))?;
        stream.write_all(format!("{request}\r\n").as_bytes())?;
        Ok(BufReader::new(stream))
    };
    let reader = ask().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => StoreProblem::NoServer,
        _ => StoreProblem::NoAnswer(error),
    })?;
    let mut lines = Vec::new();
    for line in reader.lines() {
        let line = line.map_err(StoreProblem::NoAnswer)?;
        match line.trim_end() {
            "ok" => return Ok(lines),
            line => match line.strip_prefix("error ") {
                Some(reason) => return Err(StoreProblem::RefusedByServer(reason.to_owned())),
                None => lines.push(line.to_owned()),
            },
        }
    }
    let error = io::ErrorKind::UnexpectedEof.into();
    Err(StoreProblem::NoAnswer(error))
}
