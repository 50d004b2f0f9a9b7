//! Reads lines from connections, a bounded amount in each iteration, and passes them to the hub.

use std::mem;
use std::time::Duration;

use super::Reactor;
use super::connection::{Connection, ConnectionState, SocketRead};
use crate::server::hub::{ConnectionId, DisconnectReason};
use crate::wire::Line;

/// The most bytes that are read from one connection in one iteration.
pub(super) const READ_BYTES_PER_ITERATION: usize = 16 * 1024;
/// The most lines of one connection that are handled in one iteration.
const LINES_PER_ITERATION: usize = 64;
/// The fan-out of one connection, in bytes, after which its other lines wait for the next
/// iteration: one client delays the others by about a millisecond at most.
const FANOUT_BYTES_PER_ITERATION: usize = 4 * 1024 * 1024;

/// What one connection has used up in this iteration.
#[derive(Debug, Default)]
pub(super) struct ReadBudget {
    /// The connection.
    pub(super) from: Option<ConnectionId>,
    lines: usize,
    /// Bytes queued for others because of its lines.
    pub(super) fanout_bytes: usize,
    /// Until when it is paused, because its lines add to the queue of a slow reader.
    resume_at: Option<Duration>,
}

impl ReadBudget {
    fn is_exhausted(&self) -> bool {
        self.lines >= LINES_PER_ITERATION
            || self.fanout_bytes >= FANOUT_BYTES_PER_ITERATION
            || self.resume_at.is_some()
    }

    /// Pauses the connection until then at least.
    pub(super) fn pause_until(&mut self, at: Duration) {
        self.resume_at = self.resume_at.max(Some(at));
    }
}

impl Reactor {
    /// Reads from a connection within its budget.
    pub(super) fn read_from(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        connection.is_ready = false;
        let id = connection.id;
        let mut buffer = mem::take(&mut self.read_buffer);
        match connection.state {
            ConnectionState::Open => self.read_within_budget(index, &mut buffer),
            ConnectionState::Closing => self.discard_input(index, &mut buffer),
            // Its unhandled lines are dropped with it.
            ConnectionState::Paused if connection.is_reset => {
                self.connection_lost(id, DisconnectReason::Lost);
            }
            ConnectionState::Paused | ConnectionState::Closed => {}
        }
        self.read_buffer = buffer;
    }

    fn read_within_budget(&mut self, index: usize, buffer: &mut [u8]) {
        self.budget = ReadBudget {
            from: self.connections.get(index).map(|connection| connection.id),
            ..ReadBudget::default()
        };
        // Lines that were read before come first.
        if self.process_lines(index, &[]) {
            self.read_socket(index, buffer);
        }
        if let (Some(at), Some(connection)) = (self.budget.resume_at, self.connections.get(index)) {
            self.pause(connection.id, at);
        }
    }

    /// Reads once, and handles the lines.
    fn read_socket(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let id = connection.id;
        match connection.read(buffer) {
            Ok(SocketRead::Bytes(count)) => {
                let fresh = buffer.get(..count).unwrap_or_default();
                if mem::take(&mut connection.awaits_first_read) && is_tls_handshake(fresh) {
                    let line = Line::Whole(fresh);
                    self.hub.received(id, line, self.now, &mut self.outbox);
                    self.deliver();
                } else {
                    self.process_lines(index, fresh);
                }
            }
            Ok(SocketRead::WouldBlock) => {}
            Ok(SocketRead::Eof) => self.connection_lost(id, DisconnectReason::Closed),
            Err(_) => self.connection_lost(id, DisconnectReason::Lost),
        }
        if self.connections.get(index).is_some_and(|one| one.readable) {
            self.mark_ready(index);
        }
    }

    /// Passes whole lines to the hub, within the budget, and keeps the rest. Returns whether this
    /// connection may be read further in this iteration.
    fn process_lines(&mut self, index: usize, mut fresh: &[u8]) -> bool {
        loop {
            self.require_drain(index);
            let Some(connection) = self.connections.get_mut(index) else {
                return false;
            };
            if !connection.is_open() || connection.must_drain || self.budget.is_exhausted() {
                connection.lines.hold(fresh);
                if connection.is_open() && !connection.must_drain {
                    self.mark_ready(index);
                }
                return false;
            }
            let id = connection.id;
            let Some(line) = connection.lines.next_line(&mut fresh) else {
                if connection.lines.skipped_bytes() > self.hub.limits().receive_queue_bytes as usize
                {
                    self.connection_lost(id, DisconnectReason::LineTooLong);
                    return false;
                }
                return true;
            };
            self.budget.lines += 1;
            self.hub.received(id, line, self.now, &mut self.outbox);
            self.deliver();
        }
    }

    /// A connection that does not read its responses is not read until it has.
    fn require_drain(&mut self, index: usize) {
        let behind_bytes = self.backlog_bytes();
        let is_behind = |connection: &Connection| connection.unsent_bytes() > behind_bytes;
        if self.connections.get(index).is_some_and(is_behind) {
            // It may only wait for the end of this iteration.
            self.write(index);
            if let Some(connection) = self.connections.get_mut(index) {
                connection.must_drain = is_behind(connection);
            }
        }
    }

    fn discard_input(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        match connection.read(buffer) {
            Ok(SocketRead::Bytes(_) | SocketRead::WouldBlock) => {
                if connection.readable {
                    self.mark_ready(index);
                }
            }
            // The client may still receive the unsent bytes.
            Ok(SocketRead::Eof) if connection.unsent_bytes() > 0 => {}
            Ok(SocketRead::Eof) | Err(_) => self.close(index),
        }
    }
}

/// Whether these are the first bytes of a TLS client. They may never contain a line ending, so the
/// hub gets them as one line.
fn is_tls_handshake(first_bytes: &[u8]) -> bool {
    first_bytes.first() == Some(&0x16)
}
