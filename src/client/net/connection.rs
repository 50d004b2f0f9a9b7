//! Runs a session over one socket until the connection ends.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::script_lines::ScriptLines;
use super::tls::is_identity_refused;
use super::{Driver, DriverInput, Frontend};
use crate::client::config::address::TLS_PORT;
use crate::client::event::MessageTags;
use crate::client::session::{CloseReason, ProtocolViolation, SessionTime, TlsFailure};
use crate::common::io_error::os_error_text;
use crate::wire::{Line, Lines};

/// The longest line accepted from a server, in bytes: its tags and more than any server sends after
/// them.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A server that sends so many bytes without a line ending is disconnected.
const ENDLESS_BYTES_MAX: usize = 16 * LINE_BYTES_MAX;
/// How many bytes may wait for the server before nothing more is read from it.
const UNSENT_BYTES_MAX: usize = 1024 * 1024;
/// How often a backlogged frontend is checked.
const BACKLOG_CHECK: Duration = Duration::from_millis(20);
/// How often the session compares the clocks, which shows that the machine has slept.
const CLOCK_CHECK: Duration = Duration::from_secs(2);

/// The first byte of a TLS alert, which such a server answers to plain text. RFC 8446, section 5.1.
const TLS_ALERT: u8 = 0x15;

/// The state of one connection.
#[derive(Debug, Default)]
pub(super) struct LinkState {
    /// Bytes for the server that the socket has not accepted yet.
    pub(super) unsent: Vec<u8>,
    /// The session asked to close the connection.
    pub(super) close_requested: bool,
    /// Written bytes may wait to be encrypted or sent by the TLS layer.
    must_flush: bool,
    /// The server has sent something.
    heard: bool,
    /// A write failed. What the server sent before that is still read.
    write_failed: bool,
    /// The session knows that the connection has ended.
    lost: bool,
}

impl LinkState {
    /// The connection has ended.
    pub(super) fn lose(&mut self) {
        self.close_requested = true;
        self.lost = true;
    }
}

/// Why the driver woke up.
enum Wakeup {
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Flushed(io::Result<()>),
    Input(Option<DriverInput>),
    Script(Option<ScriptLines>),
    Deadline,
}

/// Writes some of the bytes or, if there are none, makes the TLS layer send what it has.
async fn write_or_flush(writer: &mut (impl AsyncWrite + Unpin), unsent: &[u8]) -> Wakeup {
    match unsent.is_empty() {
        true => Wakeup::Flushed(writer.flush().await),
        false => Wakeup::Written(writer.write(unsent).await),
    }
}

impl<F: Frontend> Driver<F> {
    /// Runs the session over one connection until it ends.
    pub(super) async fn run_connection(
        &mut self,
        mut reader: impl AsyncRead + Unpin,
        mut writer: impl AsyncWrite + Unpin,
        input: &mut mpsc::UnboundedReceiver<DriverInput>,
        script: &mut Option<mpsc::Receiver<ScriptLines>>,
    ) {
        let mut lines = Lines::new(LINE_BYTES_MAX);
        let mut buffer = vec![0; 64 * 1024];
        self.outbox.restart();
        self.link = LinkState::default();
        let now = self.now();
        self.session.connected(now, &mut self.outbox);
        self.apply(now);
        while !self.link.close_requested && !self.ended {
            let is_backlogged = self.frontend.is_backlogged();
            if is_backlogged {
                // Nothing is read now, so silence does not mean that the server is gone.
                self.session.pause_timeout(self.now());
            }
            let deadline = self.deadline(is_backlogged);
            self.feed_script(script);
            let takes_script = script.is_some() && self.session.wants_input();
            // Stop reading while the server does not accept our replies; the ping timeout ends it.
            let can_reply = self.link.write_failed || self.link.unsent.len() < UNSENT_BYTES_MAX;
            let can_write = !self.link.unsent.is_empty() && !self.link.write_failed;
            let must_flush = self.link.must_flush && !can_write && !self.link.write_failed;
            let wakeup = tokio::select! {
                read = reader.read(&mut buffer), if !is_backlogged && can_reply => Wakeup::Read(read),
                written = write_or_flush(&mut writer, &self.link.unsent), if can_write || must_flush => {
                    written
                }
                input = input.recv() => Wakeup::Input(input),
                lines = next_script_lines(script), if takes_script => Wakeup::Script(lines),
                () = tokio::time::sleep_until(deadline.into()) => Wakeup::Deadline,
            };
            let now = self.now();
            match wakeup {
                Wakeup::Read(Ok(0)) => self.read_ended(CloseReason::ClosedByServer),
                Wakeup::Read(Ok(count)) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    self.received(bytes, &mut lines, now);
                }
                // Many servers, and every killed one, end without the announcement that TLS has for
                // it. A cut is not mistaken for an end: the session knows which lines were answered.
                Wakeup::Read(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.read_ended(CloseReason::ClosedByServer);
                }
                Wakeup::Read(Err(error)) if is_identity_refused(&error) => {
                    self.disconnected(CloseReason::Tls(TlsFailure::IdentityRefused));
                }
                Wakeup::Read(Err(error)) => {
                    self.read_ended(CloseReason::Io(os_error_text(&error)));
                }
                // The end of the stream, or a read error, gives the reason.
                Wakeup::Written(Err(_)) | Wakeup::Flushed(Err(_)) => self.link.write_failed = true,
                Wakeup::Flushed(Ok(())) => self.link.must_flush = false,
                Wakeup::Written(Ok(count)) => {
                    self.link.must_flush = self.address.tls;
                    self.outbox.written_bytes += count as u64;
                    drop(self.link.unsent.drain(..count));
                }
                Wakeup::Input(input) => self.process_input(input, now),
                Wakeup::Script(Some(lines)) => self.script_lines = lines,
                Wakeup::Script(None) => self.script_ended(script),
                Wakeup::Deadline => self.session.tick(now, &mut self.outbox),
            }
            self.apply(now);
        }
        if !self.ended && !self.link.lost {
            self.disconnected(CloseReason::ClosedByServer);
        }
    }

    /// The server will send nothing more. One for encrypted connections often closes a plain one
    /// without a word.
    fn read_ended(&mut self, reason: CloseReason) {
        let expects_tls = !self.link.heard && !self.address.tls && self.address.port == TLS_PORT;
        self.disconnected(match expects_tls {
            true => CloseReason::Protocol(ProtocolViolation::Encrypted),
            false => reason,
        });
    }

    fn received(&mut self, mut bytes: &[u8], lines: &mut Lines, now: SessionTime) {
        let is_first = !std::mem::replace(&mut self.link.heard, true);
        if is_first && bytes.first() == Some(&TLS_ALERT) {
            let violation = ProtocolViolation::Encrypted;
            return self.session.protocol_error(violation, &mut self.outbox);
        }
        while let Some(line) = lines.next_line(&mut bytes) {
            // No server sends a line that is too long.
            if let Line::Whole(line) = line {
                self.frontend.line_received(line);
                let mut tags = MessageTags::of_line(line);
                let at = tags.unix_seconds().unwrap_or(now.unix_seconds);
                self.session.received(line, now, &mut self.outbox);
                tags.replayed = self.session.is_replay();
                // Before the next line, which can change what the session says about this one.
                self.report_events(at, &tags, now);
            }
        }
        if lines.skipped_bytes() > ENDLESS_BYTES_MAX {
            let violation = ProtocolViolation::EndlessLine;
            self.session.protocol_error(violation, &mut self.outbox);
        }
    }

    /// Gives the session as many lines of the script as it accepts now.
    fn feed_script(&mut self, script: &mut Option<mpsc::Receiver<ScriptLines>>) {
        let now = self.now();
        while self.session.wants_input()
            && let Some((number, line)) = self.script_lines.next_line()
        {
            self.session.scripted(number, line, now, &mut self.outbox);
        }
        if script.is_some() && self.script_lines.is_over() {
            self.script_ended(script);
        }
        self.apply(now);
    }

    fn script_ended(&mut self, script: &mut Option<mpsc::Receiver<ScriptLines>>) {
        *script = None;
        let now = self.now();
        self.session.input_ended(now, &mut self.outbox);
    }

    /// When to wake up if nothing else happens.
    fn deadline(&self, is_backlogged: bool) -> Instant {
        let deadlines = [self.session.next_deadline(), self.frontend.next_deadline()];
        let next = deadlines.into_iter().flatten().min();
        let check = Instant::now() + CLOCK_CHECK;
        let next = next.map_or(check, |at| check.min(self.started + at));
        if is_backlogged {
            next.min(Instant::now() + BACKLOG_CHECK)
        } else {
            next
        }
    }
}

async fn next_script_lines(
    script: &mut Option<mpsc::Receiver<ScriptLines>>,
) -> Option<ScriptLines> {
    match script {
        Some(script) => script.recv().await,
        None => None,
    }
}
