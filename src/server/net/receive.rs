//! Reads lines from connections, a bounded amount in each iteration, and passes them to the hub.

use std::mem;
use std::time::Duration;

use tracing::debug;

use super::Reactor;
use super::connection::{Connection, ConnectionState, SocketRead};
use super::layers::LayerError;
use super::proxy_header::ProxyHeaderError;
use crate::server::hub::{CertificateFingerprint, ConnectionId, DisconnectReason};
use crate::wire::Line;

/// The most bytes that are read from one connection in one iteration.
pub(super) const READ_BYTES_PER_ITERATION: usize = 16 * 1024;
/// The most lines of one connection that are handled in one iteration.
const LINES_PER_ITERATION: usize = 64;
/// How long reading and writing each take in one iteration, at most, apart from the current line.
/// After that time the events of all connections are read again.
const ITERATION_TIME: Duration = Duration::from_millis(5);
/// The fan-out of all lines of one iteration, in bytes, after which the other lines wait for the
/// next one: copying it takes some milliseconds. With less, a connection gets fewer lines with each
/// write.
const FANOUT_BYTES_PER_ITERATION: usize = 16 * 1024 * 1024;
/// The same for the number of connections to write: each write takes some microseconds.
const WRITES_PER_ITERATION: usize = 1_000;
/// The bytes of lines for one recipient each, after which the other lines wait for the next iteration.
const SINGLE_LINE_BYTES_PER_ITERATION: usize = 128 * 1024;

/// With this many bytes queued, an address that causes another large fan-out waits until all
/// deferred writes are done.
const HELD_AT_BYTES: usize = 16 * 1024 * 1024;

/// The estimated time of a line apart from the work that the hub counts, in nanoseconds.
const LINE_NANOSECONDS: usize = 2_000;
/// The estimated work after which the clock is read: reading it for each line would cost as much as
/// a part of the line.
const UNMEASURED_NANOSECONDS: usize = 100_000;

/// The budget of one iteration for all connections.
#[derive(Debug, Default)]
pub(super) struct Iteration {
    ends_at: Duration,
    /// Whether its time was used up when the clock was read last.
    is_over: bool,
    /// The estimated time since then, in nanoseconds.
    unmeasured: usize,
    /// Bytes queued because of its lines.
    pub(super) fanout_bytes: usize,
}

impl Iteration {
    pub(super) fn starting_at(now: Duration) -> Self {
        Self {
            ends_at: now + ITERATION_TIME,
            ..Self::default()
        }
    }

    /// Starts the time of the next part of the iteration.
    pub(super) fn next_part(&mut self, now: Duration) {
        self.ends_at = now + ITERATION_TIME;
        self.is_over = false;
    }

    /// Whether its time is used up.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        self.is_over = now >= self.ends_at;
        self.unmeasured = 0;
        self.is_over
    }
}

/// The share of this iteration that one connection has used up.
#[derive(Debug, Default)]
pub(super) struct ReadBudget {
    /// The connection.
    pub(super) from: Option<ConnectionId>,
    lines: usize,
    /// Bytes queued for others because of its lines.
    pub(super) fanout_bytes: usize,
    /// Whether one of its lines had a large fan-out.
    pub(super) has_large_fanout: bool,
    /// Until when it is paused, because its lines add to the queue of a slow reader.
    resume_at: Option<Duration>,
}

impl ReadBudget {
    /// The budget of a connection that has used up nothing.
    pub(super) fn of(from: Option<ConnectionId>) -> Self {
        Self {
            from,
            ..Self::default()
        }
    }

    /// Until when the connection is paused.
    pub(super) fn resume_at(&self) -> Option<Duration> {
        self.resume_at
    }

    fn is_exhausted(&self) -> bool {
        self.lines >= LINES_PER_ITERATION || self.resume_at.is_some()
    }

    /// Pauses the connection until then at least.
    pub(super) fn pause_until(&mut self, at: Duration) {
        self.resume_at = self.resume_at.max(Some(at));
    }
}

impl Reactor {
    /// Reads from the connections that are ready, as long as there is time.
    pub(super) fn read_ready(&mut self) {
        // The time of an address matters only while others wait.
        let mut before = self.ready.is_contested().then(|| self.started.elapsed());
        for _ in 0..self.ready.len() {
            let Some((address, index)) = self.ready.pop() else {
                break;
            };
            self.read_from(index);
            if let Some(since) = &mut before {
                let now = self.started.elapsed();
                self.ready.charge(address, now.saturating_sub(*since));
                *since = now;
                self.iteration.is_over(now);
            }
            if self.budget.has_large_fanout && self.queues.queued_bytes() >= HELD_AT_BYTES {
                self.ready.hold(address);
            }
            if self.has_much_to_send() || self.is_time_up() {
                break;
            }
        }
    }

    /// Whether the time of the iteration is used up, as far as that is known without reading the
    /// clock for each line.
    fn is_time_up(&mut self) -> bool {
        match self.iteration.unmeasured < UNMEASURED_NANOSECONDS {
            true => self.iteration.is_over,
            false => self.iteration.is_over(self.started.elapsed()),
        }
    }

    pub(super) fn has_much_to_send(&self) -> bool {
        self.iteration.fanout_bytes >= FANOUT_BYTES_PER_ITERATION
            || self.unsent.len() >= WRITES_PER_ITERATION
            || self.has_many_single_lines()
    }

    /// Whether there are many lines for one recipient each. After more of them they would be copied,
    /// which saves writes only for lines with many recipients.
    fn has_many_single_lines(&self) -> bool {
        let bytes = self.outbox.len();
        bytes >= SINGLE_LINE_BYTES_PER_ITERATION && self.iteration.fanout_bytes < 2 * bytes
    }

    /// Whether the other lines of the current connection wait for the next iteration. The first line
    /// never does.
    fn is_share_used(&mut self) -> bool {
        self.budget.lines > 0
            && (self.budget.is_exhausted() || self.has_much_to_send() || self.is_time_up())
    }

    /// Reads from a connection within its budget.
    pub(super) fn read_from(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        if !mem::take(&mut connection.is_ready) {
            return;
        }
        connection.read_at = u32::try_from(self.now.running.as_secs()).unwrap_or(u32::MAX);
        let id = connection.id;
        let mut buffer = mem::take(&mut self.read_buffer);
        match connection.state {
            ConnectionState::Open => self.read_within_budget(index, &mut buffer),
            ConnectionState::Closing => self.discard_input(index, &mut buffer),
            // Its unhandled lines are dropped with it.
            ConnectionState::Paused if connection.is_reset => {
                self.connection_lost(id, DisconnectReason::Lost);
            }
            ConnectionState::Draining if connection.is_reset => self.close(index),
            ConnectionState::Paused | ConnectionState::Draining | ConnectionState::Closed => {}
        }
        self.read_buffer = buffer;
    }

    fn read_within_budget(&mut self, index: usize, buffer: &mut [u8]) {
        self.budget = ReadBudget::of(self.connections.get(index).map(|one| one.id));
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
        let mut plain = mem::take(&mut self.plain_buffer);
        match connection.read(buffer, &mut plain, &mut self.queues) {
            Ok(SocketRead::Unwrapped {
                is_secured,
                forwarded,
            }) => {
                if let Some(user) = forwarded {
                    let (address, is_secure) = (user.address, user.is_secure);
                    let (now, outbox) = (self.now, &mut self.outbox);
                    self.hub.forwarded(id, address, is_secure, now, outbox);
                    self.deliver();
                }
                if is_secured {
                    self.handshake_done(index);
                }
                self.counts.received_bytes += plain.len() as u64;
                self.process_bytes(index, &plain);
            }
            Ok(SocketRead::LayerFailed(error)) => {
                debug!("{error}");
                self.counts.failed_handshakes += u64::from(connection.is_in_handshake());
                let loss = match *error {
                    LayerError::ProxyHeader(ProxyHeaderError::Invalid) => {
                        DisconnectReason::BadProxyHeader
                    }
                    LayerError::ProxyHeader(ProxyHeaderError::Refused) => {
                        DisconnectReason::ProxyHeaderRefused
                    }
                    LayerError::Tls(_) | LayerError::WebSocket(_) => DisconnectReason::Closed,
                };
                if loss.is_local() {
                    connection.drop_layers(&mut self.queues);
                }
                self.connection_lost(id, loss);
            }
            Ok(SocketRead::Bytes(count)) => {
                self.counts.received_bytes += count as u64;
                self.process_bytes(index, buffer.get(..count).unwrap_or_default());
            }
            Ok(SocketRead::WouldBlock) => {}
            Ok(SocketRead::Eof) => self.connection_lost(id, DisconnectReason::Closed),
            Err(_) => self.connection_lost(id, DisconnectReason::Lost),
        }
        self.plain_buffer = plain;
        if self.connections.get(index).is_some_and(|one| one.readable) {
            self.mark_ready(index);
        }
    }

    /// Handles bytes that are lines, unless they come first and begin a handshake of TLS.
    fn process_bytes(&mut self, index: usize, fresh: &[u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let is_first = !fresh.is_empty() && mem::take(&mut connection.awaits_first_read);
        if is_first && is_tls_handshake(fresh) {
            let line = Line::Whole(fresh);
            let id = connection.id;
            self.hub.received(id, line, self.now, &mut self.outbox);
            self.deliver();
        } else {
            self.process_lines(index, fresh);
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
            let can_go_on = connection.is_open() && !connection.must_drain;
            if can_go_on && fresh.is_empty() && connection.lines.is_empty() {
                return true;
            }
            if !can_go_on || self.is_share_used() {
                let Some(connection) = self.connections.get_mut(index) else {
                    return false;
                };
                connection.lines.hold(fresh);
                if can_go_on {
                    self.mark_ready(index);
                }
                return false;
            }
            if self.store.is_some() && self.wait_for_store(index, &mut fresh) {
                return false;
            }
            let Some(connection) = self.connections.get_mut(index) else {
                return false;
            };
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
            self.counts.lines += 1;
            self.hub.received(id, line, self.now, &mut self.outbox);
            self.iteration.unmeasured += LINE_NANOSECONDS + self.hub.step_nanoseconds();
            self.deliver();
        }
    }

    /// A connection that does not read its responses is not read until it has.
    fn require_drain(&mut self, index: usize) {
        let backlog_bytes = self.backlog_bytes();
        let has_backlog = |connection: &Connection| connection.unsent_bytes() > backlog_bytes;
        if self.connections.get(index).is_some_and(has_backlog) {
            // It may only wait for the end of this iteration.
            self.write(index);
            if let Some(connection) = self.connections.get_mut(index) {
                connection.must_drain = has_backlog(connection);
            }
        }
    }

    fn discard_input(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let mut plain = mem::take(&mut self.plain_buffer);
        let read = connection.read(buffer, &mut plain, &mut self.queues);
        self.plain_buffer = plain;
        match read {
            // The client may still receive the unsent bytes.
            Ok(SocketRead::Eof) if connection.unsent_bytes() > 0 => {}
            Ok(SocketRead::Eof) | Err(_) => self.close(index),
            Ok(_) => {
                if connection.readable {
                    self.mark_ready(index);
                }
            }
        }
    }

    /// The TLS handshake of a connection is complete.
    fn handshake_done(&mut self, index: usize) {
        if let Some(connection) = self.connections.get(index) {
            let certificate = connection.client_fingerprint();
            let certificate = certificate.map(CertificateFingerprint);
            self.hub.secured(connection.id, certificate);
        }
    }

    /// Ends the connections whose handshake takes too long.
    pub(super) fn end_late_handshakes(&mut self) {
        while let Some((at, id)) = self.handshakes.front().copied()
            && at <= self.now.running
        {
            self.handshakes.pop_front();
            let connection = self.connections.get_mut(id.index());
            let late =
                connection.filter(|one| one.id == id && one.is_known() && one.is_in_handshake());
            if let Some(connection) = late {
                debug!("the handshake took too long");
                self.counts.failed_handshakes += 1;
                let loss = match connection.awaits_proxy_header() {
                    true => {
                        connection.drop_layers(&mut self.queues);
                        DisconnectReason::NoProxyHeader
                    }
                    false => DisconnectReason::Closed,
                };
                self.connection_lost(id, loss);
            }
        }
    }
}

/// Whether these are the first bytes of a TLS client. They may never contain a line ending, so the
/// hub gets them as one line.
fn is_tls_handshake(first_bytes: &[u8]) -> bool {
    first_bytes.first() == Some(&0x16)
}
