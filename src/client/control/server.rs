//! The session's side: listens on a socket, and hands what is asked to the network's thread.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Ask, ERROR};
use crate::client::net::{Command, Commands};

/// The longest line that can be asked, in bytes.
const ASK_BYTES_MAX: u64 = 64 * 1024;
/// How many lines wait for a slow reader; one that lets more wait is left.
const LINES_WAITING: usize = 1_024;
/// How long it may take to write an ask, and to read an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket that is there as long as this is.
pub(in crate::client) struct Door {
    path: PathBuf,
}

impl Door {
    /// Listens in this folder, which only this person can enter.
    pub(in crate::client) fn open(folder: &Path, commands: Commands) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // It may have been there, with other rights.
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let path = folder.join(format!("{}.socket", std::process::id()));
        // Another process of this number has left it.
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        let door = Self { path };
        fs::set_permissions(&door.path, Permissions::from_mode(0o600))?;
        // Nobody joins this thread: it waits for callers as long as the program lives.
        thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                crate::client::terminal::signals::block_editor_signals();
                for caller in listener.incoming().flatten() {
                    let commands = commands.clone();
                    // Without a thread for it a caller finds the connection closed.
                    let _ = thread::Builder::new().spawn(move || {
                        crate::client::terminal::signals::block_editor_signals();
                        answer(caller, &commands)
                    });
                }
            })?;
        Ok(door)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // It may have been taken away already.
        let _ = fs::remove_file(&self.path);
    }
}

/// Reads what a caller asks, and writes lines until the answer ends.
fn answer(caller: UnixStream, commands: &Commands) -> io::Result<()> {
    caller.set_read_timeout(Some(PATIENCE))?;
    caller.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&caller).take(ASK_BYTES_MAX)).read_line(&mut line)?;
    let Some(ask) = line.strip_suffix('\n').and_then(Ask::read) else {
        return writeln!(&caller, "{ERROR}this is not understood");
    };
    let (lines, answered) = mpsc::sync_channel(LINES_WAITING);
    // When the network's thread is gone, nobody answers, and the caller hears nothing.
    let _ = commands.send(Command::Control(ask, lines));
    for lines in answered {
        let mut whole = lines;
        whole.push('\n');
        (&caller).write_all(whole.as_bytes())?;
    }
    Ok(())
}
