//! The cost of a line: all work that grows with the number of users and rooms is counted where it
//! is done, and charged to the sender of the line.
//!
//! No clock is read, so the same lines always cost the same. Each kind of work has its price in one
//! table; `cargo bench --bench hub -- costs` compares the charge of the costliest lines with the
//! time that they take.

use std::cell::Cell;

use super::state::masks::UserSubject;
use super::{Hub, Registered};
use crate::wire::Nick;
use crate::wire::mask::Subject;

/// A row is a kind of work and its price: the nanoseconds it takes on a small virtual machine.
macro_rules! prices {
    ($($(#[$doc:meta])* $name:ident = $nanoseconds:literal;)*) => {
        /// A kind of work.
        #[derive(Debug, Clone, Copy)]
        pub(super) enum Work {
            $($(#[$doc])* $name,)*
        }

        impl Work {
            /// The price, in nanoseconds.
            pub(super) fn price(self) -> usize {
                match self {
                    $(Self::$name => $nanoseconds,)*
                }
            }
        }
    };
}

prices! {
    /// A byte of a reply is written and sent.
    Byte = 2;
    /// A step along a mask.
    Step = 3;
    /// An entry of a list is passed over: a member, a room, a former user.
    Entry = 1;
    /// A user or a room is examined.
    Look = 30;
    /// A member of a room is listed by name.
    Listing = 20;
    /// One name or letter of several in a line is looked up.
    Name = 50;
    /// A nick is added to a MONITOR list, or removed.
    Watch = 150;
    /// A client tag is examined.
    Tag = 150;
    /// The id of a message is looked up and kept.
    OnceId = 1_000;
    /// A stored message is read. It takes less time, but of a disk that all share.
    HistoryRow = 4_000;
    /// A mask of a registered room is written, on a disk that all share.
    KeptMask = 2_000;
    /// A message of SCRAM is signed or checked.
    Signature = 4_000;
    /// A password is hashed, in another thread: as much as 25 lines. The whole time would make a client
    /// wait that only logs in and joins its rooms.
    Password = 400_000;
    /// A line gets one more recipient.
    Delivery = 25;
}

/// The work that the current line has caused, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Meter(Cell<usize>);

impl Meter {
    pub(super) fn add(&self, work: Work, count: usize) {
        self.0.set(self.0.get() + work.price() * count);
    }

    /// All of it so far.
    pub(super) fn sum(&self) -> usize {
        self.0.get()
    }

    /// Starts the count of the next line.
    pub(super) fn reset(&self) {
        self.0.set(0);
    }
}

impl Hub {
    /// The estimated time of the last step, in nanoseconds, without what each line costs.
    pub(in crate::server) fn step_nanoseconds(&self) -> usize {
        self.meter.sum()
    }

    /// Counts work for the current line.
    pub(super) fn charge(&self, work: Work, count: usize) {
        self.meter.add(work, count);
    }

    /// Compares the masks of rooms with a user, and charges the steps.
    pub(super) fn compare_user<T>(
        &self,
        user: &Registered,
        masks: impl FnOnce(&mut UserSubject<'_>) -> T,
    ) -> T {
        let account = user.account.as_deref().map(Nick::as_str);
        let mut subject = UserSubject::new(&user.source, account);
        let outcome = masks(&mut subject);
        self.charge(Work::Step, subject.steps());
        outcome
    }

    /// Compares masks with a text, and charges the steps.
    pub(super) fn compare<T>(&self, text: &str, masks: impl FnOnce(&mut Subject<'_>) -> T) -> T {
        let mut subject = Subject::new(text);
        let outcome = masks(&mut subject);
        self.charge(Work::Step, subject.steps());
        outcome
    }
}
