//! A program in a pseudo-terminal, with an emulator that holds its screen.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::common::PATIENCE;

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();

/// A running program and its screen. The program is killed when a test drops it.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<(Mutex<Screen>, Condvar)>,
    /// Without this end open, the program would lose its terminal.
    _master: Box<dyn MasterPty + Send>,
}

struct Screen {
    parser: vt100::Parser,
    ended: bool,
}

impl Terminal {
    /// Starts a program with an empty environment except for `PATH`.
    pub(crate) fn start(mut command: CommandBuilder) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env("PATH", path);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        let size = PtySize {
            rows: ROWS.get(),
            cols: COLUMNS.get(),
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Screen {
            parser: vt100::Parser::new(ROWS, COLUMNS, 0),
            ended: false,
        };
        let screen = Arc::new((Mutex::new(screen), Condvar::new()));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                // Reading a pseudo-terminal fails when its program ends.
                let count = reader.read(&mut buffer).unwrap_or(0);
                // A test that failed meanwhile no longer needs the screen.
                let Ok(mut screen) = shown.0.lock() else {
                    return;
                };
                screen.parser.process(&buffer[..count]);
                screen.ended = count == 0;
                shown.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self {
            child,
            keyboard: pair.master.take_writer().unwrap(),
            screen,
            _master: pair.master,
        }
    }

    /// Presses keys.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until the screen shows all of these at the same time.
    pub(crate) fn wait_for(&self, parts: &[&str]) {
        let seen = self.wait(|text, ended| ended || parts.iter().all(|part| text.contains(part)));
        assert!(
            parts.iter().all(|part| seen.contains(part)),
            "the program ended without {parts:?}:\n{seen}"
        );
    }

    /// Waits for the end of the program.
    pub(crate) fn wait_for_end(&mut self) {
        self.wait(|_, ended| ended);
        self.child.wait().unwrap();
    }

    fn wait(&self, enough: impl Fn(&str, bool) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let (screen, changed) = &*self.screen;
        let mut screen = screen.lock().unwrap();
        loop {
            let text = screen.parser.screen().contents();
            if enough(&text, screen.ended) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "not in {PATIENCE:?}; the screen:\n{text}");
            screen = changed.wait_timeout(screen, left).unwrap().0;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
