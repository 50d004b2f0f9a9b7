//! Prints text to the screen or a pipe in a thread of its own.
//!
//! Neither the network nor the editor waits for the terminal: text is pushed onto a bounded queue,
//! and the printer's thread joins the text that is ready into one block and hands it over.
//!
//! Above a prompt there is a gate. The editor accepts a block only while it reads keys, and prints
//! it after it has cleared its own rows. A block handed over at any other time would appear in the
//! middle of a row, or before an earlier block. So the gate is open only while the editor has drawn
//! its prompt and is not about to return, and each block waits until the previous one is drawn.

use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The largest block of several lines, in bytes. A block has at least one line. The editor handles
/// a key only between two blocks.
const BLOCK_BYTES_MAX: usize = 16 * 1024;
/// How much text may wait for a pipe before the client stops reading from the server, in bytes. Up
/// to here all is read and each `PING` answered, so that a reader such as `less` can pause for
/// hours in a busy room. Beyond it the server has to wait, and may close the connection.
const READ_AHEAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much text may wait above a prompt, in bytes. Beyond it the oldest lines are dropped.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A queue of text with a thread that prints it. Clones share the queue.
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
    /// Whole lines. Those before `taken` are no longer in the queue.
    waiting: String,
    taken: usize,
    /// Control sequences that take no space on the screen; they do not wait for the gate.
    controls: String,
    /// Lines dropped since the last block.
    skipped: usize,
    /// Whether the printer prints above a prompt.
    gated: bool,
    /// Whether the gate is open.
    open: bool,
    /// For how long to hand over no block.
    hold_for: Option<Duration>,
    /// A block that was handed over and is not drawn yet.
    in_flight: Option<String>,
    finished: bool,
}

impl Printer {
    /// Starts the thread of a printer above a prompt. `print` hands a block to the editor and must
    /// not block. `is_reading` returns whether the editor still reads keys: a signal from outside
    /// can stop it before it closes the gate.
    pub(in crate::client) fn start_gated(
        &self,
        print: impl FnMut(String) -> io::Result<()> + Send + 'static,
        is_reading: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        self.lock().gated = true;
        self.start(print, is_reading)
    }

    /// Starts the thread of a printer into a pipe or a file. When printing fails, the thread calls
    /// `failed` and ends with the error.
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

    /// Appends text, which must be whole lines, to the queue.
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

    /// Queues a control sequence that takes no space on the screen, such as one for the title.
    pub(in crate::client) fn push_control(&self, sequence: &str) {
        if !sequence.is_empty() {
            self.lock().controls.push_str(sequence);
            self.shared.changed.notify_all();
        }
    }

    /// Whether so much text waits that the caller should stop reading from the server.
    pub(in crate::client) fn is_backlogged(&self) -> bool {
        self.lock().unprinted().len() > READ_AHEAD_BYTES_MAX
    }

    /// Whether the printer prints above a prompt.
    pub(in crate::client) fn is_gated(&self) -> bool {
        self.lock().gated
    }

    /// Opens the gate: the editor has drawn its prompt and reads keys.
    pub(in crate::client) fn open_gate(&self) {
        self.lock().open = true;
        self.shared.changed.notify_all();
    }

    /// The editor has drawn itself below the block that was handed over.
    pub(in crate::client) fn block_drawn(&self) {
        self.lock().in_flight = None;
        self.shared.changed.notify_all();
    }

    /// Closes the gate: the editor is about to return, and blocks wait until it draws its prompt
    /// again.
    pub(in crate::client) fn close_gate(&self) {
        self.lock().open = false;
    }

    /// Hands over no block for this long, from now on.
    pub(in crate::client) fn hold(&self, duration: Duration) {
        self.lock().hold_for = Some(duration);
        self.shared.changed.notify_all();
    }

    /// Ends the thread and returns the text that was not printed, in order.
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

    /// Takes the control sequences that are not written yet.
    pub(in crate::client) fn take_controls(&self) -> String {
        std::mem::take(&mut self.lock().controls)
    }

    /// Waits until everything is printed, then ends the thread. Returns the error of a failed print.
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
                // The lock is held during the call, so that the gate cannot close in between. The
                // editor's own queue is empty at this point, so the call does not block.
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
        // A thread that panicked left the queue in a consistent state.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints a block to standard output and flushes it.
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

    /// Drops the oldest lines when too much text waits.
    fn drop_oldest(&mut self) {
        let excess = self.unprinted().len().saturating_sub(WAITING_BYTES_MAX);
        if excess > 0 {
            let bytes = line_end(self.unprinted(), excess);
            self.skipped += self.take(bytes).matches('\n').count();
        }
    }

    /// Takes as many waiting lines as fit in a block.
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

    /// Takes this many bytes, which are whole lines, from the front of the queue.
    fn take(&mut self, bytes: usize) -> String {
        let taken = self.unprinted().get(..bytes).unwrap_or_default().to_owned();
        self.taken += taken.len();
        // Moving the rest to the front costs no more than what was taken since the last move.
        if self.taken * 2 > self.waiting.len() {
            self.waiting.drain(..self.taken);
            self.waiting
                .shrink_to(4 * self.waiting.len().max(BLOCK_BYTES_MAX));
            self.taken = 0;
        }
        taken
    }
}

/// Where the line with the byte at `at` ends, including its line feed.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    match rest.iter().position(|byte| *byte == b'\n') {
        Some(distance) => at + distance + 1,
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A printer above a prompt, with the blocks that it hands over.
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
        // A key was pressed and the prompt drawn, but not below the block.
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
    fn a_block_drawn_after_the_gate_closed_counts_as_drawn() {
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
    fn the_oldest_lines_are_dropped_and_counted_when_too_much_waits() {
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
