//! Signals that end the program, and the one that wakes the editor.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Wakes the editor from another thread.
///
/// The editor returns from its wait when its thread gets SIGINT, whatever its state. Outside the
/// editor the signal is caught and does not end the program.
#[derive(Debug, Clone)]
pub(in crate::client) struct Waker {
    thread: Pthread,
    caught: Arc<AtomicBool>,
}

impl Waker {
    /// A waker for the calling thread, which must be the one that runs the editor.
    pub(in crate::client) fn for_this_thread() -> io::Result<Self> {
        let caught = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGINT, Arc::clone(&caught))?;
        Ok(Self {
            thread: pthread_self(),
            caught,
        })
    }

    /// Whether SIGINT arrived outside the editor since the last call.
    pub(in crate::client) fn take_caught(&self) -> bool {
        self.caught.swap(false, Ordering::Relaxed)
    }

    /// Interrupts the editor.
    pub(in crate::client) fn wake(&self) {
        let sent = pthread_kill(self.thread, Signal::SIGINT);
        debug_assert!(sent.is_ok(), "the main thread lives as long as the program");
    }
}

/// Blocks the signals that the editor waits for in the calling thread, so that the kernel always
/// delivers them to the main thread.
pub(in crate::client) fn block_editor_signals() {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGWINCH);
    let blocked = signals.thread_block();
    debug_assert!(blocked.is_ok(), "SIGINT and SIGWINCH can be blocked");
}

/// The signals that end the program.
#[derive(Debug)]
pub(in crate::client) struct Signals {
    received: Arc<AtomicI32>,
}

impl Signals {
    /// Watches for these signals in a thread of its own, and calls `received` for the first one. For a
    /// second one, unless it is SIGHUP, it calls `end`, which must end the program at once.
    pub(in crate::client) fn watch(
        signals: &[i32],
        received: impl Fn(i32) + Send + 'static,
        end: impl Fn(i32) + Send + 'static,
    ) -> io::Result<Self> {
        let mut coming = signal_hook::iterator::Signals::new(signals)?;
        let first = Arc::new(AtomicI32::new(0));
        let known = Arc::clone(&first);
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in coming.forever() {
                    let first =
                        known.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
                    match first {
                        Ok(_) => received(signal),
                        // Closing one window can send SIGHUP several times.
                        Err(_) if signal == SIGHUP => {}
                        Err(_) => end(signal),
                    }
                }
            })?;
        Ok(Self { received: first })
    }

    /// The first signal, if one arrived.
    pub(in crate::client) fn received(&self) -> Option<i32> {
        Some(self.received.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
    }
}

/// Ends the program as this signal does by default.
pub(in crate::client) fn end_by(signal: i32) {
    let ended = signal_hook::low_level::emulate_default_handler(signal);
    debug_assert!(
        ended.is_ok(),
        "the default action of each watched signal can be emulated"
    );
}

/// The reason that `QUIT` gives to the other users when this signal ends the program.
pub(in crate::client) fn quit_reason(signal: i32) -> &'static str {
    match signal {
        SIGINT => "interrupted",
        SIGTERM => "terminated",
        _ => "hung up",
    }
}
