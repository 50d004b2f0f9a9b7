//! Waits for the events of the sockets, the timers and the deadlines, and notes them. Reading and
//! writing follow later in the iteration.

use std::io::{self, ErrorKind};
use std::mem;
use std::time::Duration;

use mio::Events;
use mio::event::Event;

use super::connection::{Connection, ConnectionState};
use super::metrics_server::MetricsServer;
use super::{ANSWERS, RELOAD, Reactor, STOP, read_clocks};
use crate::server::hub::ConnectionId;

/// The most events that are taken from the system at once.
pub(super) const EVENTS_PER_ITERATION: usize = 256;

impl Reactor {
    /// Waits for events, and notes them.
    pub(super) fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let mut timeout = self.poll_timeout();
        // As many rounds as there can be events for the connections that are there now.
        for round in 0..3 + self.connections.len() / EVENTS_PER_ITERATION {
            // A signal ends a wait without the events that have come.
            let has_more = match self.poll.poll(events, timeout) {
                Ok(()) => events.iter().count() == EVENTS_PER_ITERATION,
                Err(error) if error.kind() == ErrorKind::Interrupted => true,
                Err(error) => return Err(error),
            };
            if round == 0 {
                self.now = read_clocks(self.started);
                if events.is_empty() {
                    self.queues.release_spare();
                }
            }
            events.iter().for_each(|event| self.on_event(event));
            // All events that have come are known before anything is done: no address has to wait for
            // those of another. Before a deadline, they are those that came until the clock was read:
            // this program may have stood still after the system had collected the first ones.
            if !has_more && (round > 0 || !self.is_deadline_due()) {
                break;
            }
            timeout = Some(Duration::ZERO);
        }
        Ok(())
    }

    /// How long to wait for events: zero while there is work left, none without a deadline.
    fn poll_timeout(&mut self) -> Option<Duration> {
        let now = self.started.elapsed();
        self.counts
            .iterations
            .observe(now.saturating_sub(self.now.running));
        let has_ready = self.ready.len() > 0 && !self.is_draining()
            || self.has_released()
            || !self.unsent.is_empty()
            || !self.unsent_later.is_empty()
            || !self.lost.is_empty();
        if self.listeners.has_pending() || has_ready {
            return Some(Duration::ZERO);
        }
        let mut next = self.hub.next_deadline();
        let others = [
            self.timers.first().map(|(at, _)| *at),
            self.listeners.retry_at(),
            self.handshakes.front().map(|(at, _)| *at),
            self.stop_at(),
            self.empty_until(),
            self.store_deadline(),
            self.metrics_server
                .as_ref()
                .and_then(MetricsServer::deadline),
        ];
        for at in others.into_iter().flatten() {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        Some(next?.saturating_sub(now))
    }

    /// Records an event. Reading and writing follow later in the iteration.
    fn on_event(&mut self, event: &Event) {
        if event.token() == STOP {
            return self.begin_shutdown();
        }
        if event.token() == RELOAD {
            return self.reload();
        }
        if event.token() == ANSWERS {
            return self.take_answers();
        }
        let Some(connection) = self.connections.get_mut(event.token().0) else {
            return self.on_other_event(event);
        };
        let index = event.token().0;
        if event.is_writable() {
            connection.writable = true;
            if connection.unsent_bytes() > 0 {
                // Thousands can become writable at once.
                connection.defer_write(&mut self.unsent_later);
            }
        }
        // The server has not closed its direction, so the client has reset the connection.
        connection.is_reset |= event.is_error() || event.is_write_closed();
        // A read reports an error as well.
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.readable = true;
            connection.read_closed |= event.is_read_closed() || event.is_error();
            self.mark_ready(index);
        }
    }

    /// Records an event of a listener, or handles one of what serves the metrics.
    fn on_other_event(&mut self, event: &Event) {
        let token = event.token();
        match self.metrics_server.take() {
            Some(mut server) if server.owns(token) => {
                server.on_event(token, self.now.running, self.poll.registry(), || {
                    self.metrics()
                });
                self.metrics_server = Some(server);
            }
            server => {
                self.metrics_server = server;
                self.listeners.mark_pending(token);
            }
        }
    }

    pub(super) fn mark_ready(&mut self, index: usize) {
        if let Some(connection) = self.connections.get_mut(index)
            && !mem::replace(&mut connection.is_ready, true)
        {
            self.ready.push(connection.address(), index);
        }
    }

    pub(super) fn is_deadline_due(&self) -> bool {
        let deadline = self.hub.next_deadline();
        deadline.is_some_and(|at| at <= self.now.running)
    }

    /// Lets the hub handle the deadlines that have come, except those of connections with unread
    /// input: after a standstill of this program that input can be the answer to a `PING`.
    pub(super) fn handle_deadlines(&mut self) {
        self.stop_timeouts_of_unread();
        let connections = &self.connections;
        let has_unread = |id: ConnectionId, deadline| {
            let connection = connections.get(id.index());
            let read_at = |one: &Connection| Duration::from_secs(one.read_at.into());
            connection.is_some_and(|one| one.is_ready && read_at(one) < deadline)
        };
        self.hub.tick_except(self.now, &mut self.outbox, has_unread);
        self.deliver();
    }

    pub(super) fn fire_timers(&mut self) {
        while let Some(&(at, index)) = self.timers.first() {
            if at > self.now.running {
                break;
            }
            self.timers.pop_first();
            let Some(connection) = self.connections.get_mut(index) else {
                continue;
            };
            connection.wake_at = None;
            match connection.state {
                ConnectionState::Paused if connection.is_held() => {}
                ConnectionState::Paused => {
                    connection.state = ConnectionState::Open;
                    self.mark_ready(index);
                }
                ConnectionState::Closing => self.close(index),
                ConnectionState::Open | ConnectionState::Draining | ConnectionState::Closed => {}
            }
        }
    }

    pub(super) fn set_timer(&mut self, index: usize, at: Option<Duration>) {
        if let Some(connection) = self.connections.get_mut(index) {
            if let Some(before) = mem::replace(&mut connection.wake_at, at) {
                self.timers.remove(&(before, index));
            }
            if let Some(at) = at {
                self.timers.insert((at, index));
            }
        }
    }
}
