//! Holds the output of steps until the store has their lines, so that no client sees a line that
//! is not on disk, and no sender gets an acknowledgement for it.
//!
//! A step with lines to store waits. While anything waits, each later step waits after it, so all
//! clients see one order. The exception is the response to a request that affects only its sender,
//! such as `PING`: it is sent at once, unless an earlier step of the same sender waits.
//!
//! It is deterministic, as the hub is: `net` passes each step, the time and the outcomes of the
//! store.

use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;
use std::time::Duration;

use super::outbox::{HeldStep, OnceStep};
use super::stored::{MessageId, StoreOutcome, StoredRecord};
use super::task::Task;
use super::{ConnectionId, Outbox};

/// The steps that wait for the store.
#[derive(Debug, Default)]
pub struct Gate {
    /// The waiting steps in order, each with the turn that it waits for.
    steps: VecDeque<(u64, HeldStep)>,
    held_bytes: usize,
    /// How many of these steps each connection has caused. It is never iterated.
    waiting: HashMap<ConnectionId, usize>,
    /// The records that the store does not have yet.
    fresh: Vec<StoredRecord>,
    /// The last turn that the store got.
    turn: u64,
    /// When the store got the turns without an outcome.
    submitted: VecDeque<(u64, Duration)>,
    /// The turns with an outcome, and whether their lines are stored.
    settled: VecDeque<(u64, bool)>,
    /// The messages that were not stored and that later steps may repeat the response to.
    lost: HashSet<MessageId>,
    /// Whether responses to one sender alone are sent at once.
    is_stalled: bool,
}

/// The connections from which no more lines may be read while a step waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldConnections {
    /// The step closes them.
    pub closed: Vec<ConnectionId>,
    /// They have asked for stored messages.
    pub asking: Vec<ConnectionId>,
}

impl Gate {
    /// Takes the step out of the outbox if it has to wait. Its pauses stay there, and its tasks
    /// except those that read stored messages. Returns the connections from which no more lines may
    /// be read.
    pub fn hold(&mut self, outbox: &mut Outbox) -> Option<HeldConnections> {
        if !self.must_wait(outbox) {
            return None;
        }
        self.fresh.append(&mut outbox.take_stored());
        let step = outbox.take_step();
        let turn = self.turn + u64::from(!self.fresh.is_empty());
        self.held_bytes += step.bytes();
        if let Some(asker) = step.asker {
            *self.waiting.entry(asker).or_default() += 1;
        }
        let held = HeldConnections {
            closed: step.closes.clone(),
            asking: step.queries.iter().map(Task::connection).collect(),
        };
        self.steps.push_back((turn, step));
        Some(held)
    }

    fn must_wait(&self, outbox: &Outbox) -> bool {
        if outbox.has_stored() {
            return true;
        }
        let is_empty = outbox.spans().is_empty() && outbox.closes.is_empty() && !outbox.has_query();
        if self.steps.is_empty() || is_empty {
            return false;
        }
        // The message that it is about may wait, under another connection.
        if outbox.is_repeat() {
            return true;
        }
        let Some(asker) = outbox.asker else {
            return !outbox.is_free;
        };
        if self.waiting.contains_key(&asker) {
            return true;
        }
        let is_for_asker = || outbox.spans().iter().all(|(to, _)| *to == asker);
        let is_answer = || outbox.closes.is_empty() && !outbox.has_query() && is_for_asker();
        let may_go = outbox.is_free || self.is_stalled && is_answer();
        !may_go
    }

    /// The records that the store does not have yet, as its next turn.
    pub fn next_turn(&mut self, now: Duration) -> Option<(u64, Vec<StoredRecord>)> {
        if self.fresh.is_empty() {
            return None;
        }
        self.turn += 1;
        self.submitted.push_back((self.turn, now));
        Some((self.turn, mem::take(&mut self.fresh)))
    }

    /// Records an outcome. Only those of turns have an effect.
    pub fn settle(&mut self, outcome: &StoreOutcome) {
        let (turn, is_stored) = match outcome {
            StoreOutcome::Stored(turn) => (*turn, true),
            StoreOutcome::NotStored { turn, .. } => (*turn, false),
            StoreOutcome::Available | StoreOutcome::Failed(_) => return,
        };
        self.settled.push_back((turn, is_stored));
        while self.submitted.pop_front_if(|(at, _)| *at <= turn).is_some() {}
    }

    /// Whether the next step can be sent.
    pub fn has_released(&self) -> bool {
        let next = self.steps.front().map(|(turn, _)| *turn);
        let until = self.settled.back().map_or(0, |(turn, _)| *turn);
        next.is_some_and(|turn| turn <= until)
    }

    /// Puts the next step that can be sent into the outbox, and returns the connection that has
    /// caused it, if one has. If its lines are not stored, it is the other ending of the step.
    pub fn release(&mut self, outbox: &mut Outbox) -> Option<Option<ConnectionId>> {
        if !self.has_released() {
            return None;
        }
        let (turn, step) = self.steps.pop_front()?;
        while self.settled.len() > 1 && self.settled.pop_front_if(|(at, _)| *at < turn).is_some() {}
        let is_stored = self
            .settled
            .front()
            .is_some_and(|(_, is_stored)| *is_stored);
        let is_stored = match step.once {
            // The turn of that message is an earlier one, whose outcome may be another.
            Some(OnceStep::Repeat(message)) => !self.lost.contains(&message),
            Some(OnceStep::First(message)) if !is_stored => {
                self.lost.insert(message);
                outbox.lost = Some(message);
                false
            }
            _ => is_stored,
        };
        if self.steps.is_empty() {
            self.lost.clear();
        }
        self.held_bytes -= step.bytes();
        let asker = step.asker;
        if let Some(asker) = asker
            && let Some(count) = self.waiting.get_mut(&asker)
        {
            *count -= 1;
            if *count == 0 {
                self.waiting.remove(&asker);
            }
        }
        outbox.put_step(step, is_stored);
        Some(asker)
    }

    /// Whether no step waits.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The bytes of all waiting steps.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// How many steps of a connection wait.
    pub fn waiting_of(&self, id: ConnectionId) -> usize {
        self.waiting.get(&id).copied().unwrap_or_default()
    }

    /// Since when the store owes an outcome.
    pub fn waiting_since(&self) -> Option<Duration> {
        self.submitted.front().map(|(_, at)| *at)
    }

    /// Sets whether the store has stalled: then responses to one sender alone are sent at once.
    pub fn set_stalled(&mut self, is_stalled: bool) {
        self.is_stalled = is_stalled;
    }

    /// Drops all waiting steps: the server ends.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
