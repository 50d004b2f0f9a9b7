//! One connection's socket, what has come in of an unfinished line, and what waits to go out.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;

use crate::server::hub::{ConnectionId, Outbox, Written};
use crate::wire::Lines;
use crate::wire::message::{BODY_BYTES_MAX, CLIENT_TAGS_BYTES_MAX};

/// The longest line taken from a client, tags included and its ending not.
const LINE_BYTES_MAX: usize = CLIENT_TAGS_BYTES_MAX + BODY_BYTES_MAX - "\r\n".len();

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Lines go in and out.
    Open,
    /// Nothing is read for a while; what comes waits in the kernel, and then at the sender.
    Paused,
    /// The hub has forgotten it. What waits is still sent, and what comes is dropped, so that the
    /// last words are not destroyed by a reset.
    Closing,
    /// The socket is of no use any more; the place is free at the end of the turn.
    Gone,
}

/// Whether more can be put behind what waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    Open,
    /// Too much waits: nothing more is taken.
    Overfull,
    /// The same, but why it ends is still to be said.
    LastWords,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) state: State,
    pub(super) queue: Queue,
    pub(super) lines: Lines,
    /// Whether it has to hear the answers to what it asked before it can ask more.
    pub(super) hears_first: bool,
    /// Until when it has enough to hear, if it is behind.
    pub(super) busy_until: Duration,
    /// When the clock has something to do for it: end a pause, or the closing.
    pub(super) wake_at: Option<Duration>,
    /// Whether it is in the reactor's list of those to serve.
    pub(super) is_ready: bool,
    /// Whether it is in the reactor's list of those to write to.
    pub(super) is_unsent: bool,
    /// Whether nothing has come from it yet.
    pub(super) is_fresh: bool,
    /// Whether the other side has said its last byte.
    pub(super) has_ended: bool,
    pub(super) readable: bool,
    /// The system says that the last byte is on its way or here: no other event will come for it.
    pub(super) end_is_near: bool,
    /// Nobody is there any more.
    pub(super) is_broken: bool,
    pub(super) writable: bool,
    stream: TcpStream,
    /// What waits to be sent, if it cannot stay where it was written.
    waiting: Vec<u8>,
    /// How much at the beginning of `waiting` is sent already.
    sent: usize,
    /// What waits otherwise: lines of this turn that stand behind each other in the outbox.
    fresh: Written,
}

/// What reading gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Got {
    Bytes(usize),
    Nothing,
    End,
}

impl Connection {
    pub(super) fn new(id: ConnectionId, stream: TcpStream) -> Self {
        Self {
            id,
            state: State::Open,
            queue: Queue::Open,
            lines: Lines::new(LINE_BYTES_MAX),
            hears_first: false,
            busy_until: Duration::ZERO,
            wake_at: None,
            is_ready: false,
            is_unsent: false,
            is_fresh: true,
            has_ended: false,
            readable: false,
            end_is_near: false,
            is_broken: false,
            writable: true,
            stream,
            waiting: Vec::new(),
            sent: 0,
            fresh: Written::NOTHING,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether the hub has not forgotten it.
    pub(super) fn is_known(&self) -> bool {
        matches!(self.state, State::Open | State::Paused)
    }

    /// Puts it into the list of those to write to, unless it is there.
    pub(super) fn be_written_to(&mut self, unsent: &mut Vec<usize>) {
        if !mem::replace(&mut self.is_unsent, true) {
            unsent.push(self.id.index());
        }
    }

    /// Reads once. A read that gives less than there was room for was the last one until the next
    /// event.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        if !self.readable {
            return Ok(Got::Nothing);
        }
        match self.stream.read(buffer) {
            Ok(0) => {
                self.readable = false;
                self.has_ended = true;
                Ok(Got::End)
            }
            Ok(count) => {
                self.readable = count == buffer.len() || self.end_is_near;
                Ok(Got::Bytes(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(Got::Nothing)
            }
            // It is still readable, so it is tried again in the next turn.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Got::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Puts a line of this turn behind what waits to be sent. As long as each line stands right
    /// behind the one before, they stay in the outbox: in a busy room all hear the same, and nothing
    /// is copied.
    pub(super) fn push(&mut self, line: Written, outbox: &Outbox, queues: &mut Queues) {
        queues.waiting_bytes += line.len();
        if self.waiting.is_empty() {
            if let Some(longer) = self.fresh.and(line) {
                self.fresh = longer;
                return;
            }
            self.keep(outbox, queues);
        }
        self.waiting.extend_from_slice(outbox.bytes(line));
    }

    pub(super) fn unsent_bytes(&self) -> usize {
        self.waiting.len() - self.sent + self.fresh.len()
    }

    /// Takes what waits in the outbox into memory of its own.
    pub(super) fn keep(&mut self, outbox: &Outbox, queues: &mut Queues) {
        let fresh = mem::replace(&mut self.fresh, Written::NOTHING);
        if fresh.len() > 0 {
            self.waiting = queues.take();
            self.waiting.extend_from_slice(outbox.bytes(fresh));
        }
    }

    /// Sends what waits, as far as the socket takes it. Nothing of it is in the outbox any more after
    /// that.
    pub(super) fn write(&mut self, outbox: &Outbox, queues: &mut Queues) -> io::Result<()> {
        let before = self.unsent_bytes();
        let written = self.write_out(outbox);
        queues.waiting_bytes -= before - self.unsent_bytes();
        if self.fresh.len() > 0 {
            self.keep(outbox, queues);
        } else if self.sent == self.waiting.len() {
            queues.give_back(mem::take(&mut self.waiting));
            self.sent = 0;
        } else if self.sent > self.waiting.len() / 2 {
            // Moving the rest to the front costs less than what has been sent since the last time.
            self.waiting.drain(..self.sent);
            self.sent = 0;
        }
        written
    }

    /// Does not try a socket that is known to be full.
    fn write_out(&mut self, outbox: &Outbox) -> io::Result<()> {
        while self.writable && self.unsent_bytes() > 0 {
            let is_kept = !self.waiting.is_empty();
            let unsent = match is_kept {
                true => self.waiting.get(self.sent..).unwrap_or_default(),
                false => outbox.bytes(self.fresh),
            };
            match self.stream.write(unsent) {
                Ok(count) => {
                    self.writable = count == unsent.len();
                    match is_kept {
                        true => self.sent += count,
                        false => self.fresh = self.fresh.behind(count),
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
    pub(super) fn forget_unsent(&mut self, queues: &mut Queues) {
        let unsent = self.waiting.get(self.sent..).unwrap_or_default();
        let first_line = unsent.split_inclusive(|byte| *byte == b'\n').next();
        let kept = first_line.unwrap_or_default().to_vec();
        queues.waiting_bytes -= unsent.len() - kept.len();
        self.waiting = kept;
        self.sent = 0;
    }

    /// Tells the other side that nothing more comes.
    pub(super) fn shut_writing(&self) {
        // When that fails the connection is broken already, and reading will tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

/// What all queues have in common: how much waits in them, and the buffers that are empty at the
/// moment, kept for whoever has something to hear next.
#[derive(Debug, Default)]
pub(super) struct Queues {
    waiting_bytes: usize,
    spare: Vec<Vec<u8>>,
    spare_bytes: usize,
}

/// How much memory is kept in empty buffers while there is traffic.
const SPARE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Queues {
    /// How much waits to be sent to all connections together.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// A connection is gone, and with it what waited there.
    pub(super) fn forget(&mut self, connection: &Connection) {
        self.waiting_bytes -= connection.unsent_bytes();
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
    pub(super) fn let_go_of_spare(&mut self) {
        self.spare = Vec::new();
        self.spare_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_buffers_are_used_again_and_kept_only_up_to_their_bound() {
        let mut queues = Queues::default();
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
