//! One connection's socket, what has come in of an unfinished line, and what waits to go out.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;

use crate::server::hub::{ConnectionId, LineSpan, Outbox};
use crate::wire::Lines;
use crate::wire::message::{BODY_BYTES_MAX, CLIENT_TAGS_BYTES_MAX};

/// The longest line taken from a client, tags included and its ending not.
const LINE_BYTES_MAX: usize = CLIENT_TAGS_BYTES_MAX + BODY_BYTES_MAX - "\r\n".len();

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// Lines go in and out.
    Open,
    /// Nothing is read for a while; what comes waits in the kernel, and then at the sender.
    Paused,
    /// The hub has forgotten it. What waits is still sent, and what comes is dropped, so that the
    /// last words are not destroyed by a reset.
    Closing,
    /// The socket is of no use any more; the place is free at the end of the turn.
    Closed,
}

/// Whether more can be put behind what waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendQueue {
    Open,
    /// Too much waits: nothing more is taken.
    Overfull,
    /// The same, but why it ends is still to be said.
    FinalMessage,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) state: ConnectionState,
    pub(super) queue: SendQueue,
    pub(super) lines: Lines,
    /// Whether it has to hear the answers to what it asked before it can ask more.
    pub(super) must_drain: bool,
    /// Until when it has enough to hear, if it is behind.
    pub(super) busy_until: Duration,
    /// When the clock has something to do for it: end a pause, or the closing.
    pub(super) wake_at: Option<Duration>,
    /// Whether it is in the reactor's list of those to serve.
    pub(super) is_ready: bool,
    /// Whether it is in the reactor's list of those to write to.
    pub(super) write_scheduled: bool,
    /// Whether nothing has come from it yet.
    pub(super) awaits_first_read: bool,
    /// Whether the other side has said its last byte.
    pub(super) at_eof: bool,
    pub(super) readable: bool,
    /// The system says that the last byte is on its way or here: no other event will come for it.
    pub(super) read_closed: bool,
    /// Nobody is there any more.
    pub(super) is_reset: bool,
    pub(super) writable: bool,
    stream: TcpStream,
    /// What waits to be sent, if it cannot stay where it was written.
    buffer: Vec<u8>,
    /// How much at the beginning of `waiting` is sent already.
    sent_bytes: usize,
    /// What waits otherwise: lines of this turn that stand behind each other in the outbox.
    outbox_span: LineSpan,
}

/// What reading gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SocketRead {
    Bytes(usize),
    WouldBlock,
    Eof,
}

impl Connection {
    pub(super) fn new(id: ConnectionId, stream: TcpStream) -> Self {
        Self {
            id,
            state: ConnectionState::Open,
            queue: SendQueue::Open,
            lines: Lines::new(LINE_BYTES_MAX),
            must_drain: false,
            busy_until: Duration::ZERO,
            wake_at: None,
            is_ready: false,
            write_scheduled: false,
            awaits_first_read: true,
            at_eof: false,
            readable: false,
            read_closed: false,
            is_reset: false,
            writable: true,
            stream,
            buffer: Vec::new(),
            sent_bytes: 0,
            outbox_span: LineSpan::EMPTY,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == ConnectionState::Open
    }

    /// Whether the hub has not forgotten it.
    pub(super) fn is_known(&self) -> bool {
        matches!(self.state, ConnectionState::Open | ConnectionState::Paused)
    }

    /// Puts it into the list of those to write to, unless it is there.
    pub(super) fn schedule_write(&mut self, unsent: &mut Vec<usize>) {
        if !mem::replace(&mut self.write_scheduled, true) {
            unsent.push(self.id.index());
        }
    }

    /// Reads once. A read that gives less than there was room for was the last one until the next
    /// event.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<SocketRead> {
        if !self.readable {
            return Ok(SocketRead::WouldBlock);
        }
        match self.stream.read(buffer) {
            Ok(0) => {
                self.readable = false;
                self.at_eof = true;
                Ok(SocketRead::Eof)
            }
            Ok(count) => {
                self.readable = count == buffer.len() || self.read_closed;
                Ok(SocketRead::Bytes(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(SocketRead::WouldBlock)
            }
            // It is still readable, so it is tried again in the next turn.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(SocketRead::WouldBlock),
            Err(error) => Err(error),
        }
    }

    /// Puts a line of this turn behind what waits to be sent. As long as each line stands right
    /// behind the one before, they stay in the outbox: in a busy room all hear the same, and nothing
    /// is copied.
    pub(super) fn push(&mut self, line: LineSpan, outbox: &Outbox, queues: &mut SendQueues) {
        queues.queued_bytes += line.len();
        if self.buffer.is_empty() {
            if let Some(longer) = self.outbox_span.join(line) {
                self.outbox_span = longer;
                return;
            }
            self.copy_from_outbox(outbox, queues);
        }
        self.buffer.extend_from_slice(outbox.bytes(line));
    }

    pub(super) fn unsent_bytes(&self) -> usize {
        self.buffer.len() - self.sent_bytes + self.outbox_span.len()
    }

    /// Takes what waits in the outbox into memory of its own.
    pub(super) fn copy_from_outbox(&mut self, outbox: &Outbox, queues: &mut SendQueues) {
        let fresh = mem::replace(&mut self.outbox_span, LineSpan::EMPTY);
        if fresh.len() > 0 {
            self.buffer = queues.take();
            self.buffer.extend_from_slice(outbox.bytes(fresh));
        }
    }

    /// Sends what waits, as far as the socket takes it. Nothing of it is in the outbox any more after
    /// that.
    pub(super) fn write(&mut self, outbox: &Outbox, queues: &mut SendQueues) -> io::Result<()> {
        let before = self.unsent_bytes();
        let written = self.write_out(outbox);
        queues.queued_bytes -= before - self.unsent_bytes();
        if self.outbox_span.len() > 0 {
            self.copy_from_outbox(outbox, queues);
        } else if self.sent_bytes == self.buffer.len() {
            queues.give_back(mem::take(&mut self.buffer));
            self.sent_bytes = 0;
        } else if self.sent_bytes > self.buffer.len() / 2 {
            // Moving the rest to the front costs less than what has been sent since the last time.
            self.buffer.drain(..self.sent_bytes);
            self.sent_bytes = 0;
        }
        written
    }

    /// Does not try a socket that is known to be full.
    fn write_out(&mut self, outbox: &Outbox) -> io::Result<()> {
        while self.writable && self.unsent_bytes() > 0 {
            let is_kept = !self.buffer.is_empty();
            let unsent = match is_kept {
                true => self.buffer.get(self.sent_bytes..).unwrap_or_default(),
                false => outbox.bytes(self.outbox_span),
            };
            match self.stream.write(unsent) {
                Ok(count) => {
                    self.writable = count == unsent.len();
                    match is_kept {
                        true => self.sent_bytes += count,
                        false => self.outbox_span = self.outbox_span.skip(count),
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Forgets what waits behind the line that may be out in part: only last words can follow it.
    pub(super) fn drop_unsent(&mut self, queues: &mut SendQueues) {
        let unsent = self.buffer.get(self.sent_bytes..).unwrap_or_default();
        let first_line = unsent.split_inclusive(|byte| *byte == b'\n').next();
        let kept = first_line.unwrap_or_default().to_vec();
        queues.queued_bytes -= unsent.len() - kept.len();
        self.buffer = kept;
        self.sent_bytes = 0;
    }

    /// Tells the other side that nothing more comes.
    pub(super) fn shutdown_write(&self) {
        // When that fails the connection is broken already, and reading will tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

/// What all queues have in common: how much waits in them, and the buffers that are empty at the
/// moment, kept for whoever has something to hear next.
#[derive(Debug, Default)]
pub(super) struct SendQueues {
    queued_bytes: usize,
    spare: Vec<Vec<u8>>,
    spare_bytes: usize,
}

/// How much memory is kept in empty buffers while there is traffic.
const SPARE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl SendQueues {
    /// How much waits to be sent to all connections together.
    pub(super) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// A connection is gone, and with it what waited there.
    pub(super) fn remove(&mut self, connection: &Connection) {
        self.queued_bytes -= connection.unsent_bytes();
    }

    fn take(&mut self) -> Vec<u8> {
        let buffer = self.spare.pop().unwrap_or_default();
        self.spare_bytes -= buffer.capacity();
        buffer
    }

    fn give_back(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() > 0 && self.spare_bytes + buffer.capacity() <= SPARE_BYTES_MAX {
            buffer.clear();
            self.spare_bytes += buffer.capacity();
            self.spare.push(buffer);
        }
    }

    /// Gives the memory of the empty buffers back.
    pub(super) fn release_spare(&mut self) {
        self.spare = Vec::new();
        self.spare_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_buffers_are_used_again_and_kept_only_up_to_their_bound() {
        let mut queues = SendQueues::default();
        let buffer = vec![1; SPARE_BYTES_MAX];
        queues.give_back(buffer);
        queues.give_back(vec![1; 1]);
        assert_eq!(queues.spare.len(), 1, "one byte more is not kept");
        let buffer = queues.take();
        assert_eq!((buffer.len(), buffer.capacity()), (0, SPARE_BYTES_MAX));
        assert_eq!(queues.take().capacity(), 0);
        assert_eq!(queues.spare_bytes, 0);
    }
}
