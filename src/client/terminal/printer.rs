//! Text on its way to the screen or the pipe, in a thread of its own.
//!
//! Neither the network nor the editor ever waits for the terminal: text is pushed onto a bounded
//! queue, and the printer's thread joins what is ready into one block and hands it on.
//!
//! Above a prompt there is a gate. The editor takes a block only while it reads keys, and prints
//! it the moment it has cleared its own rows. Handing it one at any other time would put text in
//! the middle of a row, or before text that was handed over earlier. So the gate is open only
//! while the editor has drawn its prompt and is not about to return, and the next block waits
//! until the one before has been drawn.

use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A block is at least one line, and no more than so many bytes if there are several: a key is
/// answered only between two blocks.
const BLOCK_BYTES_MAX: usize = 16 * 1024;
/// Into a pipe, what waits up to this costs the server nothing: all is read and each `PING`
/// answered, so that a reader such as `less` can rest for hours in a room where people talk.
/// Beyond it the server is made to wait, and decides itself for how long it does.
const READ_AHEAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Above a prompt, what waits beyond this gives way to newer text.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A queue of text with a thread that prints it. Clones are the same printer.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Printer {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<PrintQueue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct PrintQueue {
    /// Whole lines; those before `taken` are on their way already.
    waiting: String,
    taken: usize,
    /// Sequences that are not printed but obeyed; they need not wait for the gate.
    controls: String,
    /// Lines that gave way since the last block.
    skipped: usize,
    gated: bool,
    open: bool,
    /// For so long no block is handed over.
    hold_for: Option<Duration>,
    /// A block that was handed over and has not been drawn yet.
    in_flight: Option<String>,
    finished: bool,
}

impl Printer {
    /// Starts the thread of a printer above a prompt. `print` hands a block to the editor; it
    /// must not wait. `is_reading` says whether the editor still reads keys: a signal from elsewhere
    /// makes it stop before it can close the gate.
    pub(in crate::client) fn start_gated(
        &self,
        print: impl FnMut(String) -> io::Result<()> + Send + 'static,
        is_reading: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        self.lock().gated = true;
        self.start(print, is_reading)
    }

    /// Starts the thread of a printer into a pipe or a file. When printing fails, the thread ends
    /// with the error, after `failed` was called.
    pub(in crate::client) fn start_plain(
        &self,
        mut print: impl FnMut(String) -> io::Result<()> + Send + 'static,
        failed: impl Fn(&io::Error) + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        self.start(move |block| print(block).inspect_err(&failed), || true)
    }

    fn start(
        &self,
        mut print: impl FnMut(String) -> io::Result<()> + Send + 'static,
        is_reading: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        let printer = self.clone();
        thread::Builder::new()
            .name("printer".to_owned())
            .spawn(move || {
                super::signals::block_editor_signals();
                printer.run(&mut print, is_reading)
            })
    }

    /// Puts text, whole lines of it, behind what waits.
    pub(in crate::client) fn push(&self, text: String) {
        if text.is_empty() {
            return;
        }
        debug_assert!(
            text.ends_with('\n'),
            "a part of a line would be overwritten"
        );
        let mut state = self.lock();
        state.waiting.push_str(&text);
        if state.gated {
            state.drop_oldest();
        }
        self.shared.changed.notify_all();
    }

    /// Has a sequence written that takes no room on the screen, such as one for the title.
    pub(in crate::client) fn push_control(&self, sequence: &str) {
        if !sequence.is_empty() {
            self.lock().controls.push_str(sequence);
            self.shared.changed.notify_all();
        }
    }

    /// Whether so much waits that no more should be asked for.
    pub(in crate::client) fn is_backlogged(&self) -> bool {
        self.lock().unprinted().len() > READ_AHEAD_BYTES_MAX
    }

    /// Whether it prints above a prompt.
    pub(in crate::client) fn is_gated(&self) -> bool {
        self.lock().gated
    }

    /// The editor has drawn its prompt and reads keys.
    pub(in crate::client) fn open_gate(&self) {
        self.lock().open = true;
        self.shared.changed.notify_all();
    }

    /// The editor has drawn itself behind the block that was handed over.
    pub(in crate::client) fn block_drawn(&self) {
        self.lock().in_flight = None;
        self.shared.changed.notify_all();
    }

    /// The editor is about to return: blocks wait until it has drawn its prompt again.
    pub(in crate::client) fn close_gate(&self) {
        self.lock().open = false;
    }

    /// Hands no block over for so long, from now on.
    pub(in crate::client) fn hold(&self, duration: Duration) {
        self.lock().hold_for = Some(duration);
        self.shared.changed.notify_all();
    }

    /// Ends the thread and gives what was not printed, in order.
    pub(in crate::client) fn finish(&self) -> String {
        let mut state = self.lock();
        state.finished = true;
        self.shared.changed.notify_all();
        let mut rest = state.in_flight.take().unwrap_or_default();
        while state.has_more() {
            rest.push_str(&state.next_block());
        }
        rest
    }

    /// The sequences that were not written yet.
    pub(in crate::client) fn take_controls(&self) -> String {
        std::mem::take(&mut self.lock().controls)
    }

    /// Waits until everything is printed, then ends the thread.
    pub(in crate::client) fn drain(&self, thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
        let mut state = self.lock();
        while state.has_more() && !thread.is_finished() {
            let timeout = Duration::from_millis(50);
            state = match self.shared.changed.wait_timeout(state, timeout) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        state.finished = true;
        self.shared.changed.notify_all();
        drop(state);
        thread.join().unwrap_or(Ok(()))
    }

    fn run(
        &self,
        print: &mut impl FnMut(String) -> io::Result<()>,
        is_reading: impl Fn() -> bool,
    ) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            if state.finished {
                return Ok(());
            }
            if !state.controls.is_empty() {
                let controls = std::mem::take(&mut state.controls);
                drop(state);
                print_to_stdout(controls)?;
                state = self.lock();
                continue;
            }
            if let Some(duration) = state.hold_for.take() {
                let holding = |state: &mut PrintQueue| !state.finished && state.hold_for.is_none();
                let waited = self
                    .shared
                    .changed
                    .wait_timeout_while(state, duration, holding);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            if !state.may_print() {
                state = self
                    .shared
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if state.gated && !is_reading() {
                state.open = false;
                continue;
            }
            let block = state.next_block();
            if state.gated {
                // The lock is held while the block is handed over, so that the gate cannot close
                // in between; the editor's own queue is empty then, and does not wait.
                state.in_flight = Some(block.clone());
                print(block)?;
            } else {
                drop(state);
                print(block)?;
                state = self.lock();
            }
            self.shared.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, PrintQueue> {
        // A thread that panicked has left the queue as it was between two steps.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints a block to standard output, all of it at once.
pub(in crate::client) fn print_to_stdout(block: String) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(block.as_bytes())?;
    out.flush()
}

impl PrintQueue {
    fn may_print(&self) -> bool {
        let may = !self.gated || (self.open && self.in_flight.is_none());
        may && self.has_more()
    }

    fn has_more(&self) -> bool {
        self.skipped > 0 || !self.unprinted().is_empty()
    }

    fn unprinted(&self) -> &str {
        self.waiting.get(self.taken..).unwrap_or_default()
    }

    /// Lets the oldest lines give way when too much waits.
    fn drop_oldest(&mut self) {
        let excess = self.unprinted().len().saturating_sub(WAITING_BYTES_MAX);
        if excess > 0 {
            let bytes = line_end(self.unprinted(), excess);
            self.skipped += self.take(bytes).matches('\n').count();
        }
    }

    /// As many of the lines that wait as a block can have.
    fn next_block(&mut self) -> String {
        let mut block = String::new();
        if self.skipped > 0 {
            block = format!("… {} lines skipped\n", std::mem::take(&mut self.skipped));
        }
        let rest = self.unprinted();
        let bytes = if rest.len() <= BLOCK_BYTES_MAX {
            rest.len()
        } else {
            let fitting = rest.as_bytes().get(..BLOCK_BYTES_MAX).unwrap_or_default();
            match fitting.iter().rposition(|byte| *byte == b'\n') {
                Some(at) => at + 1,
                None => line_end(rest, BLOCK_BYTES_MAX),
            }
        };
        block.push_str(&self.take(bytes));
        block
    }

    /// Takes so many bytes, which are whole lines, from the front of what waits.
    fn take(&mut self, bytes: usize) -> String {
        let taken = self.unprinted().get(..bytes).unwrap_or_default().to_owned();
        self.taken += taken.len();
        // Moving the rest to the front costs no more than what has been taken since.
        if self.taken * 2 > self.waiting.len() {
            self.waiting.drain(..self.taken);
            self.waiting
                .shrink_to(4 * self.waiting.len().max(BLOCK_BYTES_MAX));
            self.taken = 0;
        }
        taken
    }
}

/// Where the line ends that the byte at `at` is part of: behind its line feed.
fn line_end(text: &str, at: usize) -> usize {
    let behind = text.as_bytes().get(at..).unwrap_or_default();
    match behind.iter().position(|byte| *byte == b'\n') {
        Some(distance) => at + distance + 1,
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A printer above a prompt, and the blocks that it hands over.
    fn gated() -> (Printer, mpsc::Receiver<String>, JoinHandle<io::Result<()>>) {
        let printer = Printer::default();
        let (sender, receiver) = mpsc::channel();
        let print = move |block| {
            sender.send(block).unwrap();
            Ok(())
        };
        let thread = printer.start_gated(print, || true).unwrap();
        (printer, receiver, thread)
    }

    #[test]
    fn nothing_is_handed_over_while_the_gate_is_closed_or_a_block_is_not_drawn() {
        let (printer, receiver, thread) = gated();
        printer.push("one\n".into());
        printer.push("two\n".into());
        assert!(receiver.try_recv().is_err());
        printer.open_gate();
        assert_eq!(receiver.recv().unwrap(), "one\ntwo\n");
        printer.push("three\n".into());
        // A key was pressed and the prompt drawn, but not behind the block.
        printer.open_gate();
        assert!(receiver.try_recv().is_err());
        printer.block_drawn();
        assert_eq!(receiver.recv().unwrap(), "three\n");
        printer.close_gate();
        printer.push("four\n".into());
        assert_eq!(printer.finish(), "three\nfour\n");
        thread.join().unwrap().unwrap();
    }

    #[test]
    fn a_block_drawn_behind_a_closed_gate_is_not_waited_for_again() {
        let (printer, receiver, thread) = gated();
        printer.open_gate();
        printer.push("one\n".into());
        assert_eq!(receiver.recv().unwrap(), "one\n");
        printer.close_gate();
        printer.block_drawn();
        printer.push("two\n".into());
        assert!(receiver.try_recv().is_err());
        printer.open_gate();
        assert_eq!(receiver.recv().unwrap(), "two\n");
        printer.block_drawn();
        assert_eq!(printer.finish(), "");
        thread.join().unwrap().unwrap();
    }

    #[test]
    fn text_that_waits_too_long_gives_way_and_is_counted() {
        let printer = Printer::default();
        printer.lock().gated = true;
        let line = format!("{}\n", "x".repeat(1023));
        for _ in 0..4096 + 10 {
            printer.push(line.clone());
        }
        let rest = printer.finish();
        assert!(rest.starts_with("… 10 lines skipped\n"));
        assert_eq!(rest.matches('x').count(), 4096 * 1023);
    }

    #[test]
    fn a_pipe_gets_everything_in_order_before_the_end() {
        let printer = Printer::default();
        let (sender, receiver) = mpsc::channel();
        let print = move |block| {
            sender.send(block).unwrap();
            Ok(())
        };
        let thread = printer.start_plain(print, |_| ()).unwrap();
        for number in 0..1000 {
            printer.push(format!("{number}\n"));
        }
        printer.drain(thread).unwrap();
        let printed: String = receiver.try_iter().collect();
        let expected: String = (0..1000).map(|number| format!("{number}\n")).collect();
        assert_eq!(printed, expected);
    }

    #[test]
    fn a_failed_print_ends_the_thread_with_the_error() {
        let printer = Printer::default();
        let (sender, receiver) = mpsc::channel();
        let print = |_| Err(io::ErrorKind::BrokenPipe.into());
        let failed = move |error: &io::Error| sender.send(error.kind()).unwrap();
        let thread = printer.start_plain(print, failed).unwrap();
        printer.push("x\n".into());
        assert_eq!(receiver.recv().unwrap(), io::ErrorKind::BrokenPipe);
        assert!(printer.drain(thread).is_err());
    }
}
