//! Carries out what the hub puts into the outbox: sends lines, closes and pauses connections,
//! submits tasks.

use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use slab::Slab;

use super::connection::{Connection, ConnectionState, SendQueue};
use super::{CLOSING_MAX, CLOSING_TIME, Reactor};
use crate::server::hub::task::Task;
use crate::server::hub::{ConnectionId, DisconnectReason, LineSpan};

/// When a queue has reached this fraction of its limit, senders to it are throttled, and so is its
/// reader.
const PRESSURE_PART: usize = 4;
/// The rate at which all senders together may add to the queue of a slow reader, in bytes per
/// second. A client that reads as fast is never disconnected; one that does not read is within
/// seconds.
const READER_BYTES_PER_SECOND: usize = 128 * 1024;
/// The lines of a step with more recipients than this are written when there is time, after the
/// others.
const LARGE_FANOUT: usize = 1_000;
/// Capacity for scheduled writes that is kept.
const KEPT_WRITES_MAX: usize = 1_024;
/// How many of these writes are done before the clock is read again.
const WRITES_AT_A_TIME: usize = 16;
/// The fan-out that one sender may cause while too much is queued in total, in bytes per second.
const FANOUT_BYTES_PER_SECOND: usize = 1024 * 1024;

impl Reactor {
    /// Empties the outbox, and reports lost connections to the hub: at least one, and more as long as
    /// there is time, because each report can have a large fan-out.
    pub(super) fn deliver(&mut self) {
        for lost in 0.. {
            if self.store.is_none() || !self.hold_step() {
                self.send_step();
            }
            if self.outbox.has_effects() {
                self.pause_and_submit();
            }
            let wants_reload = self.outbox.wants_rehash;
            self.outbox.end_step();
            if self.outbox.is_full() {
                self.copy_lines_from_outbox();
            }
            if wants_reload {
                self.reload();
            }
            if self.lost.is_empty() || lost > 0 && self.iteration.is_over(self.started.elapsed()) {
                return;
            }
            if let Some((id, loss)) = self.lost.pop() {
                self.report_lost(id, loss);
            }
        }
    }

    /// Pauses connections, and submits tasks.
    fn pause_and_submit(&mut self) {
        self.counts.pauses += self.outbox.pauses.len() as u64;
        for (id, until) in mem::take(&mut self.outbox.pauses) {
            self.pause(id, until);
        }
        for (id, network) in mem::take(&mut self.outbox.moves) {
            self.move_to(id, network);
        }
        self.submit_tasks();
    }

    /// Gives a connection the share of time of another address.
    fn move_to(&mut self, id: ConnectionId, network: IpAddr) {
        let Some(connection) = known(&mut self.connections, id) else {
            return;
        };
        let before = connection.address();
        let after = self.ready.join(network);
        connection.set_address(after);
        if connection.is_ready {
            self.ready.push(after, id.index());
        }
        self.ready.leave(before);
    }

    /// Has the tasks of a step carried out, and reads nothing from their connections meanwhile.
    fn submit_tasks(&mut self) {
        for at in 0..self.outbox.tasks.len() {
            if let Some(id) = self.outbox.tasks.get(at).map(Task::connection) {
                self.hold(id);
            }
        }
        self.submit_held_tasks();
    }

    /// The same for a step that has waited for the store: its connections wait since then.
    pub(super) fn submit_held_tasks(&mut self) {
        for task in mem::take(&mut self.outbox.tasks) {
            match (task, &mut self.store) {
                (task @ Task::ReadHistory(_), Some(link)) => link.read(task),
                (Task::ChangeStore { connection, change }, Some(link)) => {
                    link.change(connection, change);
                }
                (
                    Task::ReportStatus {
                        connection,
                        with_users,
                    },
                    _,
                ) => {
                    self.status_requests.push((connection, with_users));
                }
                (task, _) => self.runner.submit(task),
            }
        }
    }

    /// Queues the lines of a step, and closes connections.
    #[inline]
    pub(super) fn send_step(&mut self) {
        self.queue_lines();
        self.enforce_queue_limits();
        if !self.outbox.closes.is_empty() {
            for id in mem::take(&mut self.outbox.closes) {
                self.begin_closing(id);
            }
        }
    }

    /// Queues each line for its recipient. The lines of an iteration are written together at its
    /// end.
    #[inline(never)] // In its caller it would have too few registers.
    fn queue_lines(&mut self) {
        let backlog_bytes = self.backlog_bytes();
        let has_large_fanout = self.outbox.spans().len() > LARGE_FANOUT;
        self.budget.has_large_fanout |= has_large_fanout;
        let mut queued_bytes = 0;
        for place in 0..self.outbox.spans().len() {
            let Some(&(to, line)) = self.outbox.spans().get(place) else {
                break;
            };
            let Some(connection) = known(&mut self.connections, to) else {
                continue;
            };
            if connection.extend_span(line, backlog_bytes, &mut self.queues) {
                match has_large_fanout {
                    true => connection.defer_write(&mut self.unsent_later),
                    false => connection.schedule_write(&mut self.unsent),
                }
            } else if !self.queue_line(to, line, has_large_fanout) {
                continue;
            }
            queued_bytes += line.len();
        }
        self.counts.deliveries += self.outbox.spans().len() as u64;
        self.counts.queued_bytes += queued_bytes as u64;
        self.budget.fanout_bytes += queued_bytes;
        self.iteration.fanout_bytes += queued_bytes;
    }

    /// Queues a line for a connection whose unsent lines are in its buffer, or exceed the limit.
    /// Returns whether it was queued.
    #[cold]
    fn queue_line(&mut self, to: ConnectionId, line: LineSpan, has_large_fanout: bool) -> bool {
        let backlog_bytes = self.backlog_bytes();
        let Some(connection) = known(&mut self.connections, to) else {
            return false;
        };
        if connection.queue == SendQueue::Open
            && connection.unsent_bytes() + line.len() > backlog_bytes
        {
            // It may only wait for the end of this iteration.
            let written = connection.write(&self.outbox, &mut self.queues);
            let unsent = connection.unsent_bytes() + line.len();
            if unsent > backlog_bytes && self.budget.from != Some(to) {
                let time = duration_at_rate(line.len(), READER_BYTES_PER_SECOND);
                connection.busy_until = connection.busy_until.max(self.now.running) + time;
                self.budget.pause_until(connection.busy_until);
            }
            if written.is_err() {
                connection.queue = SendQueue::Overfull;
                self.lost.push((to, DisconnectReason::Lost));
            } else if unsent > self.hub.limits().send_queue_bytes as usize {
                connection.queue = SendQueue::Overfull;
                self.lost.push((to, DisconnectReason::SendQueueFull));
            }
        }
        if connection.queue == SendQueue::Overfull {
            return false;
        }
        connection.push(line, &self.outbox, &mut self.queues);
        match has_large_fanout {
            true => connection.defer_write(&mut self.unsent_later),
            false => connection.schedule_write(&mut self.unsent),
        }
        true
    }

    /// Enforces the limit on all queues together: first it throttles the sender, then it
    /// disconnects the most backlogged readers.
    fn enforce_queue_limits(&mut self) {
        let bytes_max = self.hub.limits().queues_bytes as usize;
        if self.queues.queued_bytes() <= bytes_max / PRESSURE_PART {
            return;
        }
        // Most of it may only wait for the end of this iteration.
        self.write_unsent();
        if self.queues.queued_bytes() > bytes_max / PRESSURE_PART {
            let caused_bytes = self.budget.fanout_bytes;
            let time = duration_at_rate(caused_bytes, FANOUT_BYTES_PER_SECOND);
            self.budget.pause_until(self.now.running + time);
        }
        while self.queues.queued_bytes() > bytes_max && self.write_one_later() {}
        while self.queues.queued_bytes() > bytes_max
            && let Some(connection) = most_backlogged(&mut self.connections)
        {
            connection.drop_unsent(&mut self.queues);
            connection.queue = SendQueue::Overfull;
            self.lost
                .push((connection.id, DisconnectReason::SendQueueFull));
        }
    }

    /// Copies all lines of this iteration to the buffers of their connections. While the lines fit
    /// in the processor's cache, this costs less than more writes.
    pub(super) fn copy_lines_from_outbox(&mut self) {
        for &index in self.unsent.iter().chain(&self.unsent_later) {
            if let Some(connection) = self.connections.get_mut(index) {
                connection.copy_from_outbox(&self.outbox, &mut self.queues);
            }
        }
        self.outbox.forget_lines();
    }

    /// Writes to all connections with something to send; to those with only a large fan-out, as long
    /// as there is time.
    pub(super) fn write_all_in_time(&mut self) {
        if !self.unsent_later.is_empty() || !self.lost.is_empty() {
            self.iteration.next_part(self.started.elapsed());
        }
        loop {
            self.write_unsent();
            while self.write_one_later() {
                if self.unsent_later.len().is_multiple_of(WRITES_AT_A_TIME)
                    && self.iteration.is_over(self.started.elapsed())
                {
                    break;
                }
            }
            // A write that fails makes the hub notify others.
            self.deliver();
            if self.unsent.is_empty() || self.iteration.is_over(self.started.elapsed()) {
                break;
            }
        }
        if self.unsent_later.is_empty() {
            self.ready.release();
        }
        self.copy_lines_from_outbox();
    }

    /// Writes to all scheduled connections.
    fn write_unsent(&mut self) {
        let mut unsent = mem::take(&mut self.unsent);
        for index in unsent.drain(..) {
            self.write(index);
        }
        // The memory is kept for the next writes, but large buffers are freed.
        if self.unsent.is_empty() && unsent.capacity() <= KEPT_WRITES_MAX {
            self.unsent = unsent;
        }
    }

    /// Writes to the next deferred connection; false when there is none.
    fn write_one_later(&mut self) -> bool {
        let next = self.unsent_later.pop_front();
        if let Some(index) = next {
            self.write(index);
        }
        next.is_some()
    }

    fn report_lost(&mut self, id: ConnectionId, loss: DisconnectReason) {
        let Some(connection) = known(&mut self.connections, id) else {
            return;
        };
        connection.queue = SendQueue::FinalMessage;
        self.hub.disconnected(id, loss, self.now, &mut self.outbox);
        match loss {
            // The client may have closed only its own direction and still read responses.
            DisconnectReason::Closed => self.outbox.closes.push(id),
            DisconnectReason::Lost => self.close(id.index()),
            // The hub sends an ERROR and closes it.
            _ => {}
        }
    }

    fn begin_closing(&mut self, id: ConnectionId) {
        let Some(connection) = known(&mut self.connections, id) else {
            return;
        };
        connection.state = ConnectionState::Closing;
        connection.readable = true;
        connection.schedule_write(&mut self.unsent);
        self.mark_ready(id.index());
        let time = match self.connections.len() > self.hub.connection_count() + CLOSING_MAX {
            true => Duration::ZERO,
            false => CLOSING_TIME,
        };
        self.set_timer(id.index(), Some(self.now.running + time));
    }

    /// Reads nothing from a connection until then; the longer of two pauses holds.
    pub(super) fn pause(&mut self, id: ConnectionId, until: Duration) {
        if let Some(connection) = known(&mut self.connections, id)
            && connection.state != ConnectionState::Draining
        {
            connection.state = ConnectionState::Paused;
            if connection.is_reset {
                self.lost.push((id, DisconnectReason::Lost));
            }
            let until = connection.wake_at.max(Some(until));
            self.set_timer(id.index(), until);
        }
    }

    /// Reads nothing from a connection until the answers to its tasks.
    pub(super) fn hold(&mut self, id: ConnectionId) {
        if let Some(connection) = known(&mut self.connections, id)
            && connection.state != ConnectionState::Draining
        {
            connection.state = ConnectionState::Paused;
            connection.unanswered += 1;
            if connection.is_reset {
                self.lost.push((id, DisconnectReason::Lost));
            }
        }
    }

    /// A task of a connection is answered: reads from it again, unless it is paused for another reason.
    pub(super) fn release(&mut self, id: ConnectionId) {
        if let Some(connection) = known(&mut self.connections, id)
            && let Some(unanswered) = connection.unanswered.checked_sub(1)
        {
            connection.unanswered = unanswered;
            self.resume(id);
        }
    }

    /// Reads from a paused connection again, if nothing makes it wait any longer.
    pub(super) fn resume(&mut self, id: ConnectionId) {
        if let Some(connection) = known(&mut self.connections, id)
            && connection.state == ConnectionState::Paused
            && !connection.is_held()
            && connection.wake_at.is_none()
        {
            connection.state = ConnectionState::Open;
            self.mark_ready(id.index());
        }
    }

    /// The unsent bytes from which on a reader counts as slow.
    pub(super) fn backlog_bytes(&self) -> usize {
        self.hub.limits().send_queue_bytes as usize / PRESSURE_PART
    }

    pub(super) fn write(&mut self, index: usize) {
        let backlog_bytes = self.backlog_bytes();
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        connection.write_scheduled = false;
        connection.write_deferred = false;
        if connection.state == ConnectionState::Closed {
            return;
        }
        let written = connection.write(&self.outbox, &mut self.queues);
        let (id, all_sent) = (connection.id, connection.unsent_bytes() == 0);
        if connection.state != ConnectionState::Closing {
            if written.is_err() {
                self.lost.push((id, DisconnectReason::Lost));
            } else if connection.must_drain && connection.unsent_bytes() <= backlog_bytes {
                connection.must_drain = false;
                self.mark_ready(index);
            }
            return;
        }
        if all_sent {
            connection.shutdown_write(&mut self.queues);
        }
        if written.is_err() || (all_sent && connection.at_eof) {
            self.close(index);
        }
    }

    /// Marks a connection as closed. Its slot is freed after the iteration, so that no event of
    /// this iteration reaches a new connection.
    pub(super) fn close(&mut self, index: usize) {
        self.set_timer(index, None);
        if let Some(connection) = self.connections.get_mut(index)
            && connection.state != ConnectionState::Closed
        {
            connection.state = ConnectionState::Closed;
            self.closed.push(index);
        }
    }
}

fn duration_at_rate(bytes: usize, bytes_a_second: usize) -> Duration {
    Duration::from_secs(1).mul_f64(bytes as f64 / bytes_a_second as f64)
}

/// A connection for which lines can be queued.
pub(super) fn known(
    connections: &mut Slab<Connection>,
    id: ConnectionId,
) -> Option<&mut Connection> {
    let connection = connections.get_mut(id.index())?;
    (connection.id == id && connection.is_known()).then_some(connection)
}

/// The connection with most unsent bytes, of those that can still be disconnected.
fn most_backlogged(connections: &mut Slab<Connection>) -> Option<&mut Connection> {
    let all = connections.iter_mut().map(|(_, connection)| connection);
    let can_go = |one: &&mut Connection| one.queue == SendQueue::Open && one.is_known();
    all.filter(can_go).max_by_key(|one| one.unsent_bytes())
}

#[cfg(test)]
mod tests {
    use std::net;
    use std::os::unix::net::UnixStream;

    use mio::Events;

    use super::*;
    use crate::server::auth::worker;
    use crate::server::hub::{HubSettings, Limits, LineSpan, Outbox};
    use crate::server::net::ListenSource;

    /// A reactor with one connection, and its client, which reads nothing: the buffers of the
    /// system are full, and `waiting` bytes are queued.
    fn with_a_slow_reader(limits: Limits, waiting: usize) -> (Reactor, net::TcpStream) {
        let settings = HubSettings {
            limits,
            ..HubSettings::default()
        };
        let (_, stop) = UnixStream::pair().unwrap();
        let mut reactor = Reactor::new(
            ListenSource::at([("127.0.0.1:0".parse().unwrap(), false, false)], &[]),
            settings,
            stop,
            worker::start,
        )
        .unwrap();
        // The other end is closed, which would stop the reactor.
        let _ = reactor.poll.registry().deregister(&mut reactor.stop);
        let reader = net::TcpStream::connect(reactor.addresses().next().unwrap().0).unwrap();
        let mut events = Events::with_capacity(8);
        while reactor.connections.is_empty() {
            reactor.wait(&mut events).unwrap();
            reactor.run_iteration();
        }
        let (outbox, queues) = (&mut reactor.outbox, &mut reactor.queues);
        let (_, connection) = reactor.connections.iter_mut().next().unwrap();
        let mut push = |line_bytes| {
            let line = line_of(line_bytes, outbox);
            connection.push(line, outbox, queues);
            connection.write(outbox, queues).unwrap();
            connection.unsent_bytes()
        };
        while push(300) == 0 {}
        while push(200) < waiting - 400 {}
        let missing = waiting - push(2);
        assert_eq!(push(missing), waiting);
        (reactor, reader)
    }

    /// A line of `bytes` bytes, its ending included.
    fn line_of(bytes: usize, outbox: &mut Outbox) -> LineSpan {
        outbox.line(format_args!("{}", "x".repeat(bytes - "\r\n".len())))
    }

    #[test]
    fn a_reader_is_given_up_when_one_byte_more_would_wait_than_may() {
        const BOUND: u32 = 256 * 1024;
        let one = Limits {
            send_queue_bytes: BOUND,
            ..Limits::default()
        };
        let all = Limits {
            send_queue_bytes: 1 << 30,
            queues_bytes: BOUND,
            ..Limits::default()
        };
        for limits in [one, all] {
            for (line_bytes, stays) in [(99, true), (100, true), (101, false)] {
                let waiting = BOUND as usize - 100;
                let (mut reactor, _reader) = with_a_slow_reader(limits.clone(), waiting);
                let (_, connection) = reactor.connections.iter().next().unwrap();
                let id = connection.id;
                let line = line_of(line_bytes, &mut reactor.outbox);
                reactor.outbox.send(id, line);
                reactor.deliver();
                let (_, connection) = reactor.connections.iter().next().unwrap();
                assert_eq!(connection.is_open(), stays, "{line_bytes}: {limits:?}");
                if stays {
                    assert_eq!(connection.unsent_bytes(), waiting + line_bytes);
                }
            }
        }
    }
}
