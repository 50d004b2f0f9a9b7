//! Stopping and continuing the program, by Ctrl-Z, by a signal from elsewhere, or by the shell.
//!
//! A thread waits for SIGTSTP and SIGCONT, which all other threads block. Before the program stops,
//! it gives the terminal back to the shell; when it continues, it takes the terminal again. SIGSTOP
//! gives no such time, and a shell then sets its own mode: that is mended when the program continues.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::unistd::Pid;
use rustix::process::getpgrp;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp,
    tcsetattr,
};

use super::mode;

/// How often a program in the background stops to wait for the terminal. A shell that does not
/// control jobs cannot continue it, and then the system ignores the stop.
const FOREGROUND_TRIES: usize = 100;

/// The part of the program that uses the terminal.
pub(in crate::client) trait TerminalUser: Send + 'static {
    /// Stops using the terminal. Returns when that is so.
    fn release(&self);
    /// Uses the terminal again after a stop.
    fn resume(&self);
    /// Draws everything again. The screen is unchanged unless `is_foreign`.
    fn redraw(&self, is_foreign: bool);
}

/// Stops and continues the program. Clones share their state.
#[derive(Debug, Clone)]
pub(in crate::client) struct JobControl {
    shared: Arc<JobState>,
}

#[derive(Debug)]
struct JobState {
    /// The mode of the terminal before this program has changed it.
    original: Termios,
    progress: Mutex<JobProgress>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct JobProgress {
    /// The mode of the terminal between two lines, while a [`RawModeGuard`] lives.
    raw: Option<Termios>,
    /// Whether the program is about to stop.
    stopping: bool,
    /// How often it has stopped and continued.
    stops: u64,
}

impl JobControl {
    /// Begins to watch for the signals, in a program that has the terminal. Must be called before
    /// any other thread starts.
    ///
    /// # Errors
    ///
    /// Fails when standard input is not a terminal.
    pub(in crate::client) fn begin() -> io::Result<Self> {
        wait_for_foreground()?;
        watched_signals().thread_block()?;
        Ok(Self {
            shared: Arc::new(JobState {
                original: tcgetattr(io::stdin())?,
                progress: Mutex::default(),
                changed: Condvar::new(),
            }),
        })
    }

    /// Starts the thread.
    pub(in crate::client) fn start(&self, user: impl TerminalUser) -> io::Result<()> {
        let job = self.clone();
        thread::Builder::new()
            .name("job control".to_owned())
            .spawn(move || {
                super::signals::block_editor_signals();
                job.watch(&user);
            })?;
        Ok(())
    }

    /// Turns off echo and line buffering of the terminal for as long as the guard lives.
    pub(in crate::client) fn raw_mode(&self) -> io::Result<RawModeGuard> {
        let mut raw = self.shared.original.clone();
        raw.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN);
        raw.input_modes &= !InputModes::ICRNL;
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        self.lock().raw = Some(raw);
        Ok(RawModeGuard { job: self.clone() })
    }

    /// From now on, while the guard of [`Self::raw_mode`] lives, Ctrl-C and the like are keys between
    /// two lines as well: as a signal each would discard the keys that have not been read yet.
    pub(in crate::client) fn take_signals_as_keys(&self) {
        if let Some(raw) = &mut self.lock().raw {
            raw.local_modes &= !LocalModes::ISIG;
            raw.special_codes[SpecialCodeIndex::VMIN] = mode::READ_BYTES_BETWEEN_LINES;
            set_mode(raw);
        }
    }

    /// Restores the mode of the terminal, for a program that ends without dropping its guard.
    pub(in crate::client) fn restore_mode(&self) {
        set_mode(&self.shared.original);
    }

    /// Stops the program, and returns when it continues: for Ctrl-Z, `by_key`, or because the thread
    /// has ended the editor for a signal. Without a shell that could continue it, nothing happens.
    pub(in crate::client) fn suspend(&self, by_key: bool) {
        let before = self.lock().stops;
        if by_key {
            // The other programs of the same pipeline stop, too.
            let sent = kill(Pid::from_raw(0), Signal::SIGTSTP);
            debug_assert!(sent.is_ok(), "a process can stop its own process group");
        }
        let is_waiting = |progress: &mut JobProgress| match by_key {
            true => progress.stops == before,
            false => progress.stopping,
        };
        let waited = self.shared.changed.wait_while(self.lock(), is_waiting);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn watch(&self, user: &impl TerminalUser) {
        loop {
            match watched_signals().wait() {
                Ok(Signal::SIGTSTP) => self.stop(user),
                Ok(Signal::SIGCONT) => self.mend(user),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Gives the terminal back, stops, and takes it again.
    fn stop(&self, user: &impl TerminalUser) {
        self.lock().stopping = true;
        user.release();
        let mode = tcgetattr(io::stdin());
        set_mode(&self.shared.original);
        // SIGCONT is delivered to this thread meanwhile, where it has no further effect.
        let signals = watched_signals();
        let stopped = signals
            .thread_unblock()
            .and_then(|()| raise(Signal::SIGTSTP))
            .and_then(|()| signals.thread_block());
        debug_assert!(stopped.is_ok(), "a process can stop itself");
        if let Ok(mode) = mode {
            set_mode(&mode);
        }
        user.resume();
        let mut progress = self.lock();
        progress.stopping = false;
        progress.stops += 1;
        self.shared.changed.notify_all();
    }

    /// Takes the terminal again after a stop that gave no time to give it back.
    fn mend(&self, user: &impl TerminalUser) {
        let is_foreign = !mode::is_raw();
        if is_foreign && let Some(raw) = &self.lock().raw {
            set_mode(raw);
        }
        user.redraw(is_foreign);
    }

    fn lock(&self) -> MutexGuard<'_, JobProgress> {
        let progress = self.shared.progress.lock();
        progress.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns off echo and line buffering of the terminal for as long as it lives.
///
/// The editor does this only while it reads a line. Without the guard the terminal would echo the
/// keys pressed between two lines, and lose some of them.
#[derive(Debug)]
pub(in crate::client) struct RawModeGuard {
    job: JobControl,
}

impl Drop for RawModeGuard {
    fn drop(&mut self) {
        self.job.lock().raw = None;
        set_mode(&self.job.shared.original);
    }
}

fn set_mode(mode: &Termios) {
    // If the terminal is closed, the next read notices it.
    let _ = tcsetattr(io::stdin(), OptionalActions::Drain, mode);
}

fn watched_signals() -> SigSet {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTSTP);
    signals.add(Signal::SIGCONT);
    signals
}

/// Stops until the program has the terminal, as a program that was started with `&` must: the mode
/// of the terminal is that of the shell until then.
fn wait_for_foreground() -> io::Result<()> {
    for _ in 0..FOREGROUND_TRIES {
        // Without a controlling terminal there is no background.
        if tcgetpgrp(io::stdin()).is_ok_and(|foreground| foreground != getpgrp()) {
            kill(Pid::from_raw(0), Signal::SIGTTIN)?;
        } else {
            break;
        }
    }
    Ok(())
}
