//! The steps of the hub that wait for the store: gives their lines to the store, sends them once
//! the store has reported the outcome, and keeps their number bounded.
//!
//! All of this happens only with a store.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tracing::{error, info, warn};

use super::connection::ConnectionState;
use super::deliver::known;
use super::receive::ReadBudget;
use super::{Reactor, wake_by};
use crate::server::error::{ServerError, StoreProblem};
use crate::server::hub::stored::{
    LineStore, StoreChange, StoreFailure, StoreOutcome, StoreState, StoredState,
};
use crate::server::hub::task::{Answer, StoreThreads, Task, TaskRunner, Wake};
use crate::server::hub::{ConnectionId, Gate, is_free_line};

/// How long a stopping server waits for the store.
const STORE_STOP_TIME: Duration = Duration::from_secs(5);

/// The store, and what waits for it.
pub(super) struct StoreLink {
    store: Box<dyn LineStore>,
    /// Reads what is stored.
    reader: Box<dyn TaskRunner>,
    gate: Gate,
    state: StoreState,
    /// The connections that are not read because too much waits.
    blocked: Vec<ConnectionId>,
    /// Until when a stopping server waits for the store.
    stop_at: Option<Duration>,
    folder: PathBuf,
    /// Why the store has failed.
    failure: Option<StoreFailure>,
}

impl StoreLink {
    /// Submits a request for stored messages.
    pub(super) fn read(&mut self, task: Task) {
        self.reader.submit(task);
    }

    /// Submits a change.
    pub(super) fn change(&mut self, connection: ConnectionId, change: StoreChange) {
        self.store.change(connection, change);
    }

    /// The next answer: stored messages that were read, or a change that is done.
    pub(super) fn next_answer(&mut self) -> Option<Answer> {
        let changed = self.store.next_changed();
        let changed = changed.map(|(connection, is_stored)| Answer::StoreChanged {
            connection,
            is_stored,
        });
        changed.or_else(|| self.reader.next_answer())
    }

    /// The error that ends the server, if there is one.
    pub(super) fn into_failure(self) -> Option<ServerError> {
        let folder = self.folder;
        self.failure.map(|failure| ServerError::Store {
            folder,
            problem: StoreProblem::Failed(failure),
        })
    }
}

impl Reactor {
    /// Keeps lines in the store of this folder from now on, and takes over its accounts and
    /// registered rooms. `start` starts its threads.
    pub(in crate::server) fn store_in(
        &mut self,
        folder: PathBuf,
        contents: StoredState,
        start: impl FnOnce(&dyn Fn() -> Wake) -> io::Result<StoreThreads>,
    ) -> io::Result<()> {
        self.hub.store_in(contents.info);
        // Cloaks are the same after a restart, so that bans of them hold.
        self.hub.cloak_with(contents.accounts.secret);
        self.hub.accounts_in(contents.accounts);
        self.hub.markers_in(contents.markers);
        self.hub.rooms_in(contents.rooms);
        self.hub.bans_in(contents.bans);
        self.hub.once_in(&contents.once);
        let (store, reader) = start(&|| wake_by(&self.waker))?;
        self.store = Some(Box::new(StoreLink {
            store,
            reader,
            gate: Gate::default(),
            state: StoreState::Ready,
            blocked: Vec::new(),
            stop_at: None,
            folder,
            failure: None,
        }));
        Ok(())
    }

    /// Holds the step in the outbox if it has to wait, and returns whether it does.
    pub(super) fn hold_step(&mut self) -> bool {
        let Some(link) = &mut self.store else {
            return false;
        };
        let asker = self.outbox.asker;
        let Some(held) = link.gate.hold(&mut self.outbox) else {
            return false;
        };
        let waiting = asker.map_or(0, |asker| link.gate.waiting_of(asker));
        let is_over = waiting >= self.hub.limits().held_lines as usize;
        for id in held.closed {
            self.drain(id);
        }
        for id in held.asking {
            self.hold(id);
        }
        if let Some(asker) = asker.filter(|_| is_over) {
            self.block(asker);
        }
        true
    }

    /// Reads nothing more from a connection that the hub has removed.
    fn drain(&mut self, id: ConnectionId) {
        if let Some(connection) = known(&mut self.connections, id) {
            connection.state = ConnectionState::Draining;
            let is_reset = connection.is_reset;
            self.set_timer(id.index(), None);
            if is_reset {
                self.close(id.index());
            }
        }
    }

    /// Reads nothing from a connection until less waits for the store.
    fn block(&mut self, id: ConnectionId) {
        if let Some(connection) = known(&mut self.connections, id)
            && connection.state != ConnectionState::Draining
            && !connection.awaits_store
        {
            connection.state = ConnectionState::Paused;
            connection.awaits_store = true;
            if let Some(link) = &mut self.store {
                link.blocked.push(id);
            }
        }
    }

    /// While too much waits for the store, only requests that do not wait for it are read. Returns
    /// whether the connection has to wait with its next line; then `fresh` is kept for it.
    pub(super) fn wait_for_store(&mut self, index: usize, fresh: &mut &[u8]) -> bool {
        let bytes_max = self.hub.limits().held_bytes as usize;
        let (Some(link), Some(connection)) = (&self.store, self.connections.get_mut(index)) else {
            return false;
        };
        if link.gate.held_bytes() <= bytes_max {
            return false;
        }
        let id = connection.id;
        connection.lines.hold(fresh);
        *fresh = &[];
        let next = connection.lines.peek();
        let waits = next.is_some_and(|line| !is_free_line(line));
        if waits {
            self.block(id);
        }
        waits
    }

    /// Gives the lines of this iteration to the store.
    pub(super) fn submit_lines(&mut self) {
        if let Some(link) = &mut self.store
            && let Some((turn, lines)) = link.gate.next_turn(self.now.running)
        {
            link.store.submit(turn, lines);
        }
    }

    /// Takes the outcomes, and sends the steps that have waited for them, as long as there is time.
    pub(super) fn take_outcomes(&mut self) {
        while let Some(link) = &mut self.store
            && let Some(outcome) = link.store.next_outcome()
        {
            if let Some(since) = link.gate.waiting_since() {
                let time = self.now.running.saturating_sub(since);
                self.counts.commits.observe(time);
            }
            link.gate.settle(&outcome);
            match outcome {
                StoreOutcome::Stored(_) if link.state == StoreState::Stalled => {
                    self.set_store_state(StoreState::Ready);
                }
                StoreOutcome::Stored(_) => {}
                StoreOutcome::NotStored { error, .. } => {
                    warn!(reason = %error, "messages were not stored");
                    self.set_store_state(StoreState::Refusing);
                }
                StoreOutcome::Available => self.set_store_state(StoreState::Ready),
                StoreOutcome::Failed(failure) => return self.fail_store(failure),
            }
        }
        self.release_steps();
        if self.stall_at().is_some_and(|at| at <= self.now.running) {
            self.set_store_state(StoreState::Stalled);
        }
        self.end_draining();
    }

    fn set_store_state(&mut self, state: StoreState) {
        let Some(link) = &mut self.store else {
            return;
        };
        if link.state == state {
            return;
        }
        link.state = state;
        link.gate.set_stalled(state == StoreState::Stalled);
        match state {
            StoreState::Ready => info!("messages can be stored again"),
            StoreState::Refusing => warn!("messages are refused until they can be stored"),
            StoreState::Stalled => warn!("the disk does not answer; messages are refused"),
        }
        self.hub.store_changed(state, self.now, &mut self.outbox);
        self.deliver();
    }

    /// Sends the steps whose outcome is known.
    fn release_steps(&mut self) {
        let mut is_any = false;
        while let Some(link) = &mut self.store
            && let Some(asker) = link.gate.release(&mut self.outbox)
        {
            is_any = true;
            if let Some(lost) = self.outbox.lost {
                self.hub.forget_once(lost);
            }
            self.budget = ReadBudget::of(asker);
            self.send_step();
            self.submit_held_tasks();
            self.outbox.end_step();
            if self.outbox.is_full() {
                self.copy_lines_from_outbox();
            }
            if let (Some(asker), Some(at)) = (asker, self.budget.resume_at()) {
                self.pause(asker, at);
            }
            if self.has_much_to_send() || self.iteration.is_over(self.started.elapsed()) {
                break;
            }
        }
        if is_any {
            self.unblock();
        }
    }

    /// Reads again from the connections that have waited for the store long enough.
    fn unblock(&mut self) {
        let limits = self.hub.limits();
        let (bytes_max, lines_max) = (limits.held_bytes as usize, limits.held_lines as usize);
        let Some(link) = &mut self.store else {
            return;
        };
        if link.gate.held_bytes() > bytes_max {
            return;
        }
        let gate = &link.gate;
        let ready = link
            .blocked
            .extract_if(.., |id| gate.waiting_of(*id) < lines_max);
        for id in ready.collect::<Vec<_>>() {
            if let Some(connection) = known(&mut self.connections, id) {
                connection.awaits_store = false;
                self.hub.was_not_read(id, self.now);
                self.resume(id);
            }
        }
    }

    /// A client that is not read because of the store cannot answer a `PING`, so it has until later.
    pub(super) fn stop_timeouts_of_unread(&mut self) {
        if let Some(link) = &self.store {
            for id in &link.blocked {
                self.hub.was_not_read(*id, self.now);
            }
        }
    }

    /// Whether lines can be stored, and how many bytes wait for that.
    pub(super) fn store_status(&self) -> Option<(StoreState, usize)> {
        let link = self.store.as_ref()?;
        Some((link.state, link.gate.held_bytes()))
    }

    /// Whether steps can be sent now.
    pub(super) fn has_released(&self) -> bool {
        let link = self.store.as_ref();
        link.is_some_and(|link| link.gate.has_released())
    }

    /// The next time at which the store needs attention.
    pub(super) fn store_deadline(&self) -> Option<Duration> {
        let stop_at = self.store.as_ref().and_then(|link| link.stop_at);
        self.stall_at().into_iter().chain(stop_at).min()
    }

    /// When the disk counts as stalled.
    fn stall_at(&self) -> Option<Duration> {
        let link = self.store.as_ref()?;
        let seconds = self.hub.limits().stall_seconds;
        let since = link.gate.waiting_since()?;
        (link.state != StoreState::Stalled).then(|| since + Duration::from_secs(seconds.into()))
    }

    /// Begins to wait until the store has everything, before the server stops. Returns whether
    /// there is anything to wait for.
    pub(super) fn begin_draining(&mut self) -> bool {
        self.submit_lines();
        let Some(link) = self.store.as_mut().filter(|link| !link.gate.is_empty()) else {
            return false;
        };
        link.stop_at = Some(self.now.running + STORE_STOP_TIME);
        true
    }

    /// Whether the server waits for the store before it stops.
    pub(super) fn is_draining(&self) -> bool {
        let link = self.store.as_ref();
        link.is_some_and(|link| link.stop_at.is_some())
    }

    /// Stops the server once nothing waits, or when that takes too long: then the steps that wait
    /// are never sent, so nothing of them is acknowledged.
    fn end_draining(&mut self) {
        let now = self.now.running;
        if let Some(link) = &mut self.store
            && let Some(at) = link.stop_at
            && (link.gate.is_empty() || at <= now)
        {
            if !link.gate.is_empty() {
                warn!("the disk does not answer; unacknowledged messages may have been stored");
            }
            link.gate.clear();
            link.stop_at = None;
            self.announce_shutdown(None);
        }
    }

    /// Ends the server: it is not known which of the waiting lines are on disk.
    fn fail_store(&mut self, failure: StoreFailure) {
        error!(reason = %failure, "the store has failed");
        if let Some(link) = &mut self.store {
            link.gate.clear();
            link.stop_at = None;
            link.failure = Some(failure);
        }
        self.listeners.close();
        if self.stopping_since.is_none() {
            let _ = self.poll.registry().deregister(&mut self.stop);
            let words = "the store failed; unacknowledged messages may have been stored";
            self.announce_shutdown(Some(words));
        }
    }
}
