//! Selects the connection to read next. All addresses with unread input get equal shares of the
//! time, however many connections each of them has.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use slab::Slab;

/// The connections with unread input, by their address. The address that has used the least time so
/// far comes first; the connections of one address take turns.
#[derive(Debug, Default)]
pub(super) struct ReadyQueue {
    addresses: Slab<ReadyAddress>,
    /// It is never iterated.
    places: HashMap<IpAddr, usize>,
    /// The addresses with a ready connection, by the time they have used. Entries that no longer
    /// hold are dropped when they come first.
    order: BinaryHeap<Reverse<(Duration, usize)>>,
    /// The time that the last one had used before. An address that was silent starts from there: it
    /// cannot save up time.
    least: Duration,
    waiting: usize,
    /// The addresses that wait for [`ReadyQueue::release`].
    held: Vec<usize>,
}

/// An address with connections.
#[derive(Debug)]
struct ReadyAddress {
    address: IpAddr,
    connections: usize,
    ready: VecDeque<usize>,
    used: Duration,
    is_held: bool,
}

impl ReadyQueue {
    /// Adds a connection from an address, and returns the number of the address.
    pub(super) fn join(&mut self, address: IpAddr) -> usize {
        let addresses = &mut self.addresses;
        let place = *self.places.entry(address).or_insert_with(|| {
            addresses.insert(ReadyAddress {
                address,
                connections: 0,
                ready: VecDeque::new(),
                used: Duration::ZERO,
                is_held: false,
            })
        });
        if let Some(one) = addresses.get_mut(place) {
            one.connections += 1;
        }
        place
    }

    /// Removes a connection of this address.
    pub(super) fn leave(&mut self, place: usize) {
        let Some(one) = self.addresses.get_mut(place) else {
            return;
        };
        one.connections -= 1;
        if one.connections == 0 {
            self.waiting -= one.ready.len();
            self.places.remove(&one.address);
            self.addresses.remove(place);
        }
    }

    /// Adds a connection of this address that has unread input.
    pub(super) fn push(&mut self, place: usize, connection: usize) {
        let Some(one) = self.addresses.get_mut(place) else {
            return;
        };
        if one.ready.is_empty() {
            one.used = one.used.max(self.least);
            if !one.is_held {
                self.order.push(Reverse((one.used, place)));
            }
        }
        one.ready.push_back(connection);
        self.waiting += 1;
    }

    /// Removes the next connection, and returns its address and its index.
    pub(super) fn pop(&mut self) -> Option<(usize, usize)> {
        loop {
            let first = self.order.peek_mut()?;
            let Reverse((used, place)) = *first;
            let one = self.addresses.get_mut(place);
            let Some(one) = one.filter(|one| one.used == used && !one.is_held) else {
                PeekMut::pop(first);
                continue;
            };
            let next = one.ready.pop_front();
            if one.ready.is_empty() {
                PeekMut::pop(first);
            }
            if let Some(connection) = next {
                self.least = used;
                self.waiting -= 1;
                return Some((place, connection));
            }
        }
    }

    /// Whether more than one address may have a ready connection.
    pub(super) fn is_contested(&self) -> bool {
        self.order.len() > 1
    }

    /// Counts time that this address has used. It matters only while other addresses wait.
    pub(super) fn charge(&mut self, place: usize, time: Duration) {
        let Some(one) = self.addresses.get_mut(place) else {
            return;
        };
        if time.is_zero() {
            return;
        }
        one.used += time;
        if !one.is_held && !one.ready.is_empty() {
            self.order.push(Reverse((one.used, place)));
        }
    }

    /// Makes all connections of an address wait.
    pub(super) fn hold(&mut self, place: usize) {
        if let Some(one) = self.addresses.get_mut(place)
            && !mem::replace(&mut one.is_held, true)
        {
            self.held.push(place);
        }
    }

    /// Ends the waiting of all addresses.
    pub(super) fn release(&mut self) {
        for place in self.held.drain(..) {
            if let Some(one) = self.addresses.get_mut(place)
                && mem::take(&mut one.is_held)
                && !one.ready.is_empty()
            {
                self.order.push(Reverse((one.used, place)));
            }
        }
    }

    /// The number of waiting connections.
    pub(super) fn len(&self) -> usize {
        self.waiting
    }

    /// Releases the memory of addresses without connections.
    pub(super) fn shrink(&mut self) {
        self.addresses.shrink_to_fit();
        self.places.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn each_address_gets_the_same_share_however_many_connections_it_has() {
        let mut queue = ReadyQueue::default();
        let [crowd, alice] = [1, 2].map(|last| IpAddr::from([127, 0, 0, last]));
        let crowd = [(); 250].map(|()| queue.join(crowd))[0];
        let alice = queue.join(alice);
        for connection in 0..250 {
            queue.push(crowd, connection);
        }
        let mut served = Vec::new();
        for turn in 0..100 {
            let (place, connection) = queue.pop().unwrap();
            queue.charge(place, MILLISECOND);
            queue.push(place, connection);
            served.push(place);
            if turn == 50 {
                queue.push(alice, 250);
            }
        }
        let (before, after) = served.split_at(51);
        assert!(before.iter().all(|place| *place == crowd));
        // She comes next, but has not saved up the time before.
        assert_eq!(after.iter().filter(|place| **place == alice).count(), 25);
        assert!(after[..2].contains(&alice));
    }

    #[test]
    fn an_address_on_hold_waits_for_its_release_and_no_other_does() {
        let mut queue = ReadyQueue::default();
        let [one, other] = [1, 2].map(|last| queue.join([127, 0, 0, last].into()));
        queue.push(one, 1);
        queue.hold(one);
        queue.push(one, 2);
        queue.push(other, 3);
        assert_eq!(queue.pop(), Some((other, 3)));
        assert_eq!((queue.pop(), queue.len()), (None, 2));
        queue.release();
        assert_eq!(queue.pop(), Some((one, 1)));
        assert_eq!(queue.pop(), Some((one, 2)));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn the_connections_of_one_address_take_turns() {
        let mut queue = ReadyQueue::default();
        let place = queue.join([127, 0, 0, 1].into());
        for connection in [7, 8, 9] {
            queue.push(place, connection);
        }
        let turns = [(); 5].map(|()| {
            let (place, connection) = queue.pop().unwrap();
            queue.charge(place, MILLISECOND);
            queue.push(place, connection);
            connection
        });
        assert_eq!(turns, [7, 8, 9, 7, 8]);
        assert_eq!(queue.len(), 3);
    }

    #[test]
    fn an_address_without_connections_is_forgotten() {
        let mut queue = ReadyQueue::default();
        let [one, other] = [1, 1].map(|last| queue.join([127, 0, 0, last].into()));
        assert_eq!(one, other);
        queue.push(one, 3);
        queue.leave(one);
        assert_eq!(queue.len(), 1);
        queue.leave(other);
        assert_eq!((queue.len(), queue.pop()), (0, None));
        assert!(queue.places.is_empty() && queue.addresses.is_empty());
    }
}
