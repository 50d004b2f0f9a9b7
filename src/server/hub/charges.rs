//! What a line costs besides being read: all work that grows with who and what is here is counted
//! where it is done, and charged to the sender of the line.
//!
//! No clock is read for that, so the same lines are always charged the same. Each kind of work has
//! its price in one table, and `cargo bench --bench hub -- costs` compares what the costliest lines
//! are charged with the time that they take.

use std::cell::Cell;

use super::Hub;
use crate::wire::mask::Subject;

/// A row is a kind of work, and how many nanoseconds it takes on a usual machine.
macro_rules! prices {
    ($($(#[$doc:meta])* $name:ident = $nanoseconds:literal;)*) => {
        /// A kind of work.
        #[derive(Debug, Clone, Copy)]
        pub(super) enum Work {
            $($(#[$doc])* $name,)*
        }

        impl Work {
            /// How many nanoseconds it takes.
            pub(super) fn price(self) -> usize {
                match self {
                    $(Self::$name => $nanoseconds,)*
                }
            }
        }
    };
}

prices! {
    /// A byte of an answer is written, and sent.
    Byte = 2;
    /// A step along a mask.
    Step = 3;
    /// One of a list is passed over: of members, of rooms, of those who were here before.
    Entry = 1;
    /// A person or a room is looked at.
    Look = 30;
    /// One name or letter of several in a line is looked up.
    Name = 50;
    /// A nick is put on a list of those who are watched, or taken off.
    Watch = 150;
    /// A tag of a client is looked at.
    Tag = 200;
    /// A line is for one more recipient.
    Delivery = 25;
}

/// How much was done for the line at hand, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Meter(Cell<usize>);

impl Meter {
    pub(super) fn add(&self, work: Work, count: usize) {
        self.0.set(self.0.get() + work.price() * count);
    }

    /// All since the last time.
    pub(super) fn take(&self) -> usize {
        self.0.take()
    }
}

impl Hub {
    /// Counts work that is done for the line at hand.
    pub(super) fn charge(&self, work: Work, count: usize) {
        self.meter.add(work, count);
    }

    /// Compares masks with a text, and counts the steps that takes.
    pub(super) fn compare<T>(&self, text: &str, masks: impl FnOnce(&mut Subject<'_>) -> T) -> T {
        let mut subject = Subject::new(text);
        let outcome = masks(&mut subject);
        self.charge(Work::Step, subject.steps());
        outcome
    }
}
