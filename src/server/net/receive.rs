//! Taking in what people say, a bounded share a turn from each.

use std::mem;
use std::time::Duration;

use super::Reactor;
use super::connection::{Connection, Got, State};
use crate::server::hub::{ConnectionId, Loss};
use crate::wire::Line;

/// What is read from one connection in one turn, at most.
pub(super) const READ_BYTES_A_TURN: usize = 16 * 1024;
/// How many lines of one connection are taken in one turn, at most.
const LINES_A_TURN: usize = 64;
/// Once somebody's lines have brought others this much to hear, the rest of them waits for the next
/// turn, in bytes: whatever one does, the others lose no more than about a millisecond.
const CAUSED_BYTES_A_TURN: usize = 4 * 1024 * 1024;

/// What has been taken from one connection in one turn, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// Who said it.
    pub(super) from: Option<ConnectionId>,
    lines: usize,
    /// How much others are to hear because of it.
    pub(super) caused_bytes: usize,
    /// Set once somebody who is behind has more to hear because of it: until when no more is taken.
    again_at: Option<Duration>,
}

impl Share {
    fn is_used_up(&self) -> bool {
        self.lines >= LINES_A_TURN
            || self.caused_bytes >= CAUSED_BYTES_A_TURN
            || self.again_at.is_some()
    }

    /// Nothing more is taken before then.
    pub(super) fn wait_until(&mut self, at: Duration) {
        self.again_at = self.again_at.max(Some(at));
    }
}

impl Reactor {
    /// Gives a connection its share of the turn.
    pub(super) fn serve(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        connection.is_ready = false;
        let id = connection.id;
        let mut buffer = mem::take(&mut self.read_buffer);
        match connection.state {
            State::Open => self.take_share(index, &mut buffer),
            State::Closing => self.drop_what_comes(index, &mut buffer),
            // What it has said and nobody has heard yet goes with it.
            State::Paused if connection.is_broken => self.lose(id, Loss::Broken),
            State::Paused | State::Gone => {}
        }
        self.read_buffer = buffer;
    }

    fn take_share(&mut self, index: usize, buffer: &mut [u8]) {
        self.share = Share {
            from: self.connections.get(index).map(|connection| connection.id),
            ..Share::default()
        };
        // What was read before and had to wait comes before anything new.
        if self.take_lines(index, &[]) {
            self.take_fresh(index, buffer);
        }
        if let (Some(at), Some(connection)) = (self.share.again_at, self.connections.get(index)) {
            self.pause(connection.id, at);
        }
    }

    /// Reads once, and takes what came.
    fn take_fresh(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let id = connection.id;
        match connection.read(buffer) {
            Ok(Got::Bytes(count)) => {
                let fresh = buffer.get(..count).unwrap_or_default();
                if mem::take(&mut connection.is_fresh) && is_not_in_lines(fresh) {
                    let line = Line::Whole(fresh);
                    self.hub.received(id, line, self.now, &mut self.outbox);
                    self.deliver();
                } else {
                    self.take_lines(index, fresh);
                }
            }
            Ok(Got::Nothing) => {}
            Ok(Got::End) => self.lose(id, Loss::Closed),
            Err(_) => self.lose(id, Loss::Broken),
        }
        if self.connections.get(index).is_some_and(|one| one.readable) {
            self.make_ready(index);
        }
    }

    /// Hands whole lines to the hub, up to the share, and keeps the rest for later. False when
    /// nothing more is to be read from this connection in this turn.
    fn take_lines(&mut self, index: usize, mut fresh: &[u8]) -> bool {
        loop {
            self.let_hear(index);
            let Some(connection) = self.connections.get_mut(index) else {
                return false;
            };
            if !connection.is_open() || connection.hears_first || self.share.is_used_up() {
                connection.lines.hold(fresh);
                if connection.is_open() && !connection.hears_first {
                    self.make_ready(index);
                }
                return false;
            }
            let id = connection.id;
            let Some(line) = connection.lines.next_line(&mut fresh) else {
                if connection.lines.skipped_bytes() > self.hub.limits().receive_queue_bytes as usize
                {
                    self.lose(id, Loss::EndlessLine);
                    return false;
                }
                return true;
            };
            self.share.lines += 1;
            self.hub.received(id, line, self.now, &mut self.outbox);
            self.deliver();
        }
    }

    /// Whoever is behind with the answers to what they asked can ask no more until they have heard
    /// them.
    fn let_hear(&mut self, index: usize) {
        let behind_bytes = self.behind_bytes();
        let is_behind = |connection: &Connection| connection.unsent_bytes() > behind_bytes;
        if self.connections.get(index).is_some_and(is_behind) {
            // Perhaps it only waits for the end of this turn.
            self.write(index);
            if let Some(connection) = self.connections.get_mut(index) {
                connection.hears_first = is_behind(connection);
            }
        }
    }

    fn drop_what_comes(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        match connection.read(buffer) {
            Ok(Got::Bytes(_) | Got::Nothing) => {
                if connection.readable {
                    self.make_ready(index);
                }
            }
            // What the other side has not taken yet may still be on its way.
            Ok(Got::End) if connection.unsent_bytes() > 0 => {}
            Ok(Got::End) | Err(_) => self.let_go(index),
        }
    }
}

/// A TLS client speaks first, and what it says may have no line ending for ever: the hub gets it
/// as it came.
fn is_not_in_lines(first_bytes: &[u8]) -> bool {
    first_bytes.first() == Some(&0x16)
}
