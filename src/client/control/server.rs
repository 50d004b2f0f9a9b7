//! The session's side of the control socket: listens, and passes each request to a handler.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::Duration;

use super::{ControlRequest, ERROR};
use crate::client::terminal::signals::block_editor_signals;

/// The longest request, in bytes.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// How many answers wait for a slow caller; a caller with more is disconnected.
const ANSWERS_WAITING: usize = 1_024;
/// How long a caller may take to write its request, and to read a line of the answer.
const CALLER_TIMEOUT: Duration = Duration::from_secs(10);

/// A control socket. It is removed when this is dropped.
pub(in crate::client) struct ControlServer {
    path: PathBuf,
}

impl ControlServer {
    /// Listens in `folder`, which only this user can enter. `handler` gets each request and where
    /// to send its answer; the answer ends when the sender is dropped.
    pub(in crate::client) fn start(
        folder: &Path,
        handler: impl Fn(ControlRequest, SyncSender<String>) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // The folder may exist with other permissions.
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let path = folder.join(format!("{}.socket", std::process::id()));
        // A killed process with this id may have left its socket.
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        let server = Self { path };
        fs::set_permissions(&server.path, Permissions::from_mode(0o600))?;
        // Not joined: it waits for callers as long as the program runs.
        thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                block_editor_signals();
                for caller in listener.incoming().flatten() {
                    let handler = handler.clone();
                    // Without a thread the caller finds the connection closed.
                    let _ = thread::Builder::new().spawn(move || {
                        block_editor_signals();
                        serve(caller, handler)
                    });
                }
            })?;
        Ok(server)
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        // It may already be gone.
        let _ = fs::remove_file(&self.path);
    }
}

/// Reads the request of a caller, and writes lines until the answer ends.
fn serve(
    caller: UnixStream,
    handler: impl Fn(ControlRequest, SyncSender<String>),
) -> io::Result<()> {
    caller.set_read_timeout(Some(CALLER_TIMEOUT))?;
    caller.set_write_timeout(Some(CALLER_TIMEOUT))?;
    let mut line = String::new();
    BufReader::new((&caller).take(REQUEST_BYTES_MAX)).read_line(&mut line)?;
    let Some(request) = line.strip_suffix('\n').and_then(ControlRequest::parse) else {
        return writeln!(&caller, "{ERROR}Unknown request.");
    };
    let (sender, answers) = mpsc::sync_channel(ANSWERS_WAITING);
    handler(request, sender);
    for lines in answers {
        let mut bytes = lines;
        bytes.push('\n');
        (&caller).write_all(bytes.as_bytes())?;
    }
    Ok(())
}
