//! A program in a pseudo-terminal that is read as fast as possible.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use memchr::memmem;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::load::Load;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. It is killed when a benchmark drops it.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    wanted: Sender<Vec<u8>>,
    seen: Receiver<Instant>,
    /// Without this end open, the program would lose its terminal.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program with this home directory and an otherwise empty environment. `first` is the
    /// first text to look for.
    pub(crate) fn start(program: &str, arguments: &[&str], home: &Path, first: &str) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.cwd(home);
        let size = PtySize {
            rows: 50,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (wanted, wants) = channel();
        let (sees, seen) = channel();
        wanted.send(first.as_bytes().to_vec()).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            let mut needle: Vec<u8> = Vec::new();
            // The end of the previous output, as the text can arrive in two pieces.
            let mut kept = 0;
            // Reading a pseudo-terminal fails when its program ends.
            while let Ok(count) = reader.read(&mut buffer[kept..])
                && count > 0
            {
                let bytes = &buffer[..kept + count];
                if needle.is_empty() {
                    needle = wants.try_recv().unwrap_or_default();
                }
                if !needle.is_empty() && memmem::find(bytes, &needle).is_some() {
                    needle.clear();
                    if sees.send(Instant::now()).is_err() {
                        return;
                    }
                }
                let length = bytes.len();
                kept = needle.len().saturating_sub(1).min(length);
                buffer.copy_within(length - kept..length, 0);
            }
        });
        Self {
            child,
            keyboard: pair.master.take_writer().unwrap(),
            wanted,
            seen,
            _master: pair.master,
        }
    }

    /// Sets the text to look for in the output from here on.
    pub(crate) fn look_for(&self, text: &str) {
        self.wanted.send(text.as_bytes().to_vec()).unwrap();
    }

    /// The time at which it was shown.
    pub(crate) fn seen(&self) -> Instant {
        self.seen.recv_timeout(PATIENCE).unwrap()
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub(crate) fn load(&self) -> Load {
        Load::of(self.child.process_id().unwrap())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
