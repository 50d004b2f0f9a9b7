//! The nicks of users who have left: a text can still pretend to quote them.

use std::collections::{BTreeSet, VecDeque};

use crate::wire::FoldedName;

/// How many nicks are kept; beyond that the oldest one is forgotten.
const NICKS_MAX: usize = 2_000;

/// The nicks that were in a room, and are gone or have changed.
#[derive(Debug, Default)]
pub(super) struct DepartedNicks {
    nicks: BTreeSet<FoldedName>,
    /// The same, oldest first.
    order: VecDeque<FoldedName>,
}

impl DepartedNicks {
    pub(super) fn add(&mut self, nick: FoldedName) {
        if !self.nicks.insert(nick.clone()) {
            return;
        }
        self.order.push_back(nick);
        if self.order.len() > NICKS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.nicks.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, nick: &str) -> bool {
        self.nicks.contains(nick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_nicks_are_forgotten() {
        let mut departed = DepartedNicks::default();
        for number in 0..NICKS_MAX + 5 {
            departed.add(FoldedName::of(&format!("X{number}")));
            departed.add(FoldedName::of("again"));
        }
        assert!(!departed.contains("x5"));
        assert!(departed.contains(&format!("x{NICKS_MAX}")));
        assert_eq!(departed.nicks.len(), departed.order.len());
    }
}
