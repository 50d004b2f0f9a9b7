//! The terminal itself, beside what the editor does with it: its mode between two lines, and the
//! signals that wake the editor.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix::errno::Errno;
use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use signal_hook::consts::SIGHUP;

use super::stderr;

/// Keeps a terminal from echoing keys and from waiting for whole lines, as long as it lives.
///
/// The editor does so only while it reads a line. Keys pressed between two lines would be echoed
/// by the terminal, and some of them eaten.
#[derive(Debug)]
pub struct RawModeGuard {
    before: Termios,
    quiet: Termios,
}

impl RawModeGuard {
    /// Quiets the terminal that is standard input.
    pub fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN);
        quiet.input_modes &= !InputModes::ICRNL;
        tcsetattr(io::stdin(), OptionalActions::Drain, &quiet)?;
        Ok(Self { before, quiet })
    }

    /// Suspends the program, with the terminal as it was found.
    pub fn suspend(&self) {
        // A terminal that is gone is noticed by who reads from it next.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
        suspend();
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.quiet);
    }
}

/// Suspends the program, as Ctrl-Z does with any other: returns when it goes on. Without a shell
/// that could let it go on, nothing happens.
pub fn suspend() {
    // Whoever was started together with this program stops with it.
    let sent = kill(Pid::from_raw(0), Signal::SIGTSTP);
    debug_assert!(sent.is_ok(), "the program may stop itself");
}

impl Drop for RawModeGuard {
    fn drop(&mut self) {
        // The terminal may be gone, and then there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// Keeps the report of a panic back, as long as it lives: while the editor has the terminal, the
/// report would be written across its rows.
#[derive(Debug)]
pub struct DeferredPanicReport {
    report: Arc<Mutex<String>>,
}

impl DeferredPanicReport {
    /// From now on reports are kept.
    pub fn begin() -> Self {
        let report = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&report);
        panic::set_hook(Box::new(move |info| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_str(&format!("{info}\n"));
        }));
        Self { report }
    }
}

impl Drop for DeferredPanicReport {
    fn drop(&mut self) {
        drop(panic::take_hook());
        let report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.lines().for_each(stderr::report);
    }
}

/// Whether this says that the terminal is gone, as when its window is closed.
pub fn is_hangup(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::EIO | Errno::ENXIO))
}

/// Whether somebody reads single keys from the terminal, Ctrl-C among them.
pub fn is_raw() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ISIG))
}

/// How wide the terminal is, in cells; 80 where nobody knows, as the editor takes it to be.
pub fn columns() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_col > 0 => size.ws_col,
        _ => 80,
    }
}

/// How many rows the terminal has; where nobody knows, as many as anybody could want.
pub fn rows() -> u16 {
    match tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_row > 0 => size.ws_row,
        _ => u16::MAX,
    }
}

/// Which lines a terminal wraps anew when it becomes narrower. Those it does not wrap are cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reflow {
    /// None of them.
    #[default]
    Nothing,
    /// Those above the one with the cursor in it.
    AboveCursor,
    /// All of them.
    Everything,
}

/// What the terminal does about its lines, by the names that terminals leave in the environment.
/// None where these do not tell, as behind ssh: it may be a terminal that only says what others do.
pub fn reflow() -> Option<Reflow> {
    let has = |name: &str| std::env::var_os(name).is_some();
    let named = |variable: &str, names: &[&str]| {
        let value = std::env::var(variable).unwrap_or_default();
        names.iter().any(|name| value.starts_with(name))
    };
    let terminals = [
        "tmux",
        "alacritty",
        "foot",
        "xterm-kitty",
        "xterm-ghostty",
        "wezterm",
    ];
    let programs = ["tmux", "iTerm.app", "WezTerm", "ghostty", "vscode"];
    if has("TMUX") || named("TERM", &terminals) || named("TERM_PROGRAM", &programs) {
        Some(Reflow::Everything)
    } else if has("KONSOLE_VERSION") {
        Some(Reflow::AboveCursor)
    } else if has("VTE_VERSION") || has("WT_SESSION") {
        Some(Reflow::Everything)
    } else if !has("XTERM_VERSION") && named("TERM", &["xterm", "screen"]) {
        None
    } else {
        Some(Reflow::Nothing)
    }
}

/// The same for a terminal that gives this as its name and version, or as its number.
pub fn reflow_of(name: &str) -> Option<Reflow> {
    const EVERYTHING: [&str; 9] = [
        "tmux", "VTE", "7E565445", "kitty", "foot", "WezTerm", "iTerm2", "ghostty", "xterm.js",
    ];
    if name.starts_with("Konsole") {
        return Some(Reflow::AboveCursor);
    }
    let is_known = EVERYTHING.iter().any(|one| name.starts_with(one));
    is_known.then_some(Reflow::Everything)
}

/// Wakes the editor from another thread.
///
/// The editor returns from its wait when its thread gets SIGINT, in whatever state it is. Outside
/// the editor the signal is caught, and does not end the program.
#[derive(Debug, Clone)]
pub struct Waker {
    thread: Pthread,
    caught: Arc<AtomicBool>,
}

impl Waker {
    /// For the thread that calls this, which is the one that will run the editor.
    pub fn for_this_thread() -> io::Result<Self> {
        let caught = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&caught))?;
        Ok(Self {
            thread: pthread_self(),
            caught,
        })
    }

    /// Whether SIGINT came outside the editor since the last time.
    pub fn take_caught(&self) -> bool {
        self.caught.swap(false, Ordering::Relaxed)
    }

    /// Interrupts the editor.
    pub fn wake(&self) {
        let sent = pthread_kill(self.thread, Signal::SIGINT);
        debug_assert!(sent.is_ok(), "the main thread lives as long as the program");
    }
}

/// Blocks, in the thread that calls it, the signals that the editor waits for, so that they
/// always reach the main thread.
pub fn block_editor_signals() {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGWINCH);
    let blocked = signals.thread_block();
    debug_assert!(blocked.is_ok(), "these two can be blocked");
}

const RELAXED: Ordering = Ordering::Relaxed;

/// The signals that end the program.
#[derive(Debug)]
pub struct Signals {
    received: Arc<AtomicI32>,
}

impl Signals {
    /// Watches for these signals from a thread of its own, and calls `received` for the first
    /// that comes. The second ends the program as if nobody watched, but a second SIGHUP does not.
    pub fn watch(signals: &[i32], received: impl Fn(i32) + Send + 'static) -> io::Result<Self> {
        let mut coming = signal_hook::iterator::Signals::new(signals)?;
        let first = Arc::new(AtomicI32::new(0));
        let known = Arc::clone(&first);
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in coming.forever() {
                    let first = known.compare_exchange(0, signal, RELAXED, RELAXED);
                    match first {
                        Ok(_) => received(signal),
                        // One window that is closed can tell so several times.
                        Err(_) if signal == SIGHUP => {}
                        Err(_) => end_by(signal),
                    }
                }
            })?;
        Ok(Self { received: first })
    }

    /// The signal that came, if one did.
    pub fn received(&self) -> Option<i32> {
        Some(self.received.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
    }
}

/// Ends the program as this signal does when nobody watches for it.
pub fn end_by(signal: i32) {
    let ended = signal_hook::low_level::emulate_default_handler(signal);
    debug_assert!(ended.is_ok(), "each signal that is watched can be emulated");
}
