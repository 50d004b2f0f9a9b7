//! The table of read markers: of accounts, and of connections without an account.

use std::collections::BTreeMap;

use crate::server::hub::ConnectionId;
use crate::server::hub::stored::StoredMarker;
use crate::wire::FoldedName;

/// The user whose markers they are. Those of an account are kept in the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::server::hub) enum MarkerOwner {
    Account(FoldedName),
    Guest(ConnectionId),
}

/// A marker in one room or conversation.
#[derive(Debug, Clone, Copy)]
struct ReadMarker {
    /// Unix milliseconds.
    time: u64,
    /// Whether it was moved since all were written, so that the store may not have it.
    has_changed: bool,
}

/// All markers.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Markers {
    by_owner: BTreeMap<MarkerOwner, BTreeMap<FoldedName, ReadMarker>>,
}

impl Markers {
    /// Adds the markers of a store.
    pub(in crate::server::hub) fn extend(&mut self, stored: Vec<StoredMarker>) {
        for StoredMarker {
            account,
            target,
            time,
        } in stored
        {
            let of_owner = self.by_owner.entry(MarkerOwner::Account(account));
            let marker = ReadMarker {
                time: time.unwrap_or_default(),
                has_changed: false,
            };
            of_owner.or_default().insert(target, marker);
        }
    }

    /// The time of a marker, in Unix milliseconds.
    pub(in crate::server::hub) fn time(
        &self,
        owner: &MarkerOwner,
        target: &FoldedName,
    ) -> Option<u64> {
        let marker = self.by_owner.get(owner)?.get(target)?;
        Some(marker.time)
    }

    /// Moves a marker to a later time. If its owner has more than so many markers then, the oldest one
    /// is removed, and its target is returned.
    pub(in crate::server::hub) fn set(
        &mut self,
        owner: MarkerOwner,
        target: FoldedName,
        time: u64,
        most: usize,
    ) -> Option<FoldedName> {
        let of_owner = self.by_owner.entry(owner).or_default();
        let marker = ReadMarker {
            time,
            has_changed: true,
        };
        of_owner.insert(target.clone(), marker);
        if of_owner.len() <= most {
            return None;
        }
        let others = of_owner.iter().filter(|(one, _)| **one != target);
        let oldest = others.min_by_key(|(_, marker)| marker.time);
        let oldest = oldest.map(|(target, _)| target.clone())?;
        of_owner.remove(&oldest);
        Some(oldest)
    }

    /// Forgets the markers of an account that is removed, or of a connection that ends.
    pub(in crate::server::hub) fn remove(&mut self, owner: &MarkerOwner) {
        self.by_owner.remove(owner);
    }

    /// The markers of accounts that the store may not have.
    pub(in crate::server::hub) fn take_changed(&mut self) -> Vec<StoredMarker> {
        let mut changed = Vec::new();
        for (owner, markers) in &mut self.by_owner {
            let MarkerOwner::Account(account) = owner else {
                continue;
            };
            for (target, marker) in markers.iter_mut().filter(|(_, one)| one.has_changed) {
                marker.has_changed = false;
                changed.push(StoredMarker {
                    account: account.clone(),
                    target: target.clone(),
                    time: Some(marker.time),
                });
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_marker_gives_way_and_changed_ones_are_taken_once() {
        let mut markers = Markers::default();
        let owner = MarkerOwner::Account(FoldedName::of("alice"));
        let name = |name| FoldedName::of(name);
        for (target, time, removed) in [
            ("#a", 5, None),
            ("#b", 3, None),
            ("#b", 7, None),
            ("#c", 1, Some("#a")),
            ("#d", 9, Some("#c")),
        ] {
            let given_way = markers.set(owner.clone(), name(target), time, 2);
            assert_eq!(given_way, removed.map(name), "{target}");
        }
        assert_eq!(markers.time(&owner, &name("#b")), Some(7));
        assert_eq!(markers.time(&owner, &name("#c")), None);
        let guest = MarkerOwner::Guest(ConnectionId::new(0, 0));
        markers.set(guest, name("#b"), 1, 2);
        let taken = markers.take_changed();
        let times: Vec<_> = taken.iter().map(|marker| marker.time).collect();
        assert_eq!(times, [Some(7), Some(9)]);
        assert!(markers.take_changed().is_empty());
        markers.remove(&owner);
        assert_eq!(markers.time(&owner, &name("#b")), None);
    }
}
