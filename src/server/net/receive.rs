//! Taking in what people say, a bounded share a turn from each.

use std::mem;
use std::time::Duration;

use super::Reactor;
use super::connection::{Connection, ConnectionState, SocketRead};
use crate::server::hub::{ConnectionId, DisconnectReason};
use crate::wire::Line;

/// What is read from one connection in one turn, at most.
pub(super) const READ_BYTES_PER_ITERATION: usize = 16 * 1024;
/// How many lines of one connection are taken in one turn, at most.
const LINES_PER_ITERATION: usize = 64;
/// Once somebody's lines have brought others this much to hear, the rest of them waits for the next
/// turn, in bytes: whatever one does, the others lose no more than about a millisecond.
const FANOUT_BYTES_PER_ITERATION: usize = 4 * 1024 * 1024;

/// What has been taken from one connection in one turn, and what came of it.
#[derive(Debug, Default)]
pub(super) struct ReadBudget {
    /// Who said it.
    pub(super) from: Option<ConnectionId>,
    lines: usize,
    /// How much others are to hear because of it.
    pub(super) fanout_bytes: usize,
    /// Set once somebody who is behind has more to hear because of it: until when no more is taken.
    resume_at: Option<Duration>,
}

impl ReadBudget {
    fn is_exhausted(&self) -> bool {
        self.lines >= LINES_PER_ITERATION
            || self.fanout_bytes >= FANOUT_BYTES_PER_ITERATION
            || self.resume_at.is_some()
    }

    /// Nothing more is taken before then.
    pub(super) fn pause_until(&mut self, at: Duration) {
        self.resume_at = self.resume_at.max(Some(at));
    }
}

impl Reactor {
    /// Gives a connection its share of the turn.
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
            // What it has said and nobody has heard yet goes with it.
            ConnectionState::Paused if connection.is_reset => {
                self.connection_lost(id, DisconnectReason::Lost)
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
        // What was read before and had to wait comes before anything new.
        if self.process_lines(index, &[]) {
            self.read_socket(index, buffer);
        }
        if let (Some(at), Some(connection)) = (self.budget.resume_at, self.connections.get(index)) {
            self.pause(connection.id, at);
        }
    }

    /// Reads once, and takes what came.
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

    /// Hands whole lines to the hub, up to the share, and keeps the rest for later. False when
    /// nothing more is to be read from this connection in this turn.
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

    /// Whoever is behind with the answers to what they asked can ask no more until they have heard
    /// them.
    fn require_drain(&mut self, index: usize) {
        let behind_bytes = self.backlog_bytes();
        let is_behind = |connection: &Connection| connection.unsent_bytes() > behind_bytes;
        if self.connections.get(index).is_some_and(is_behind) {
            // Perhaps it only waits for the end of this turn.
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
            // What the other side has not taken yet may still be on its way.
            Ok(SocketRead::Eof) if connection.unsent_bytes() > 0 => {}
            Ok(SocketRead::Eof) | Err(_) => self.close(index),
        }
    }
}

/// A TLS client speaks first, and what it says may have no line ending for ever: the hub gets it
/// as it came.
fn is_tls_handshake(first_bytes: &[u8]) -> bool {
    first_bytes.first() == Some(&0x16)
}
