//! Schedules the password checks of each connection, so that guessing is slow, whatever others at
//! the same address do.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::server::hub::ConnectionId;

/// Minimum time between two checks for one address, and for one connection after its first wrong
/// password; each other wrong password of that connection doubles the latter. A check takes some
/// 15 ms of CPU time by design.
const INTERVAL: Duration = Duration::from_secs(1);
/// The same for all addresses together.
const INTERVAL_OF_ALL: Duration = Duration::from_millis(50);
/// Maximum number of doublings.
const DOUBLINGS_MAX: u32 = 6;
/// For how long a reserved time can be used after it has come.
const RESERVED_FOR: Duration = Duration::from_secs(60);
/// For how long an address is limited after a wrong password.
const SUSPECTED_FOR: Duration = Duration::from_secs(60);

/// The attempts of all connections, and the times that are reserved for checks.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Attempts {
    of: BTreeMap<ConnectionId, ConnectionAttempts>,
    reserved_by_address: BTreeMap<IpAddr, Schedule>,
    reserved: Schedule,
    /// Until when these addresses count as guessing.
    suspected: BTreeMap<IpAddr, Duration>,
}

/// The attempts of one connection.
#[derive(Debug)]
struct ConnectionAttempts {
    address: IpAddr,
    /// How many passwords were checked, up to a maximum.
    checked: u32,
    /// The time from which this connection may have the next one checked.
    next: Duration,
    /// The time from which the next one is checked, as announced to the user.
    reserved: Option<Duration>,
}

/// The times that are reserved for checks.
#[derive(Debug, Default)]
struct Schedule(BTreeSet<Duration>);

impl Schedule {
    /// The first time that is at least an interval away from all others.
    fn first_free(&self, from: Duration, interval: Duration) -> Duration {
        let mut free = from;
        for at in self.0.range(from.saturating_sub(interval)..) {
            if *at >= free + interval {
                break;
            }
            free = free.max(*at + interval);
        }
        free
    }

    fn forget_before(&mut self, time: Duration) {
        self.0 = self.0.split_off(&time);
    }
}

impl Attempts {
    /// Takes the right to a check, or returns from when on the next attempt of this connection has
    /// it. That time is reserved, whatever others do until then, and an attempt before it changes
    /// nothing: guessers cannot close `OPER` to an operator who waits as long as the server says.
    pub(in crate::server::hub) fn may_check(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        now: Duration,
    ) -> Result<(), Duration> {
        self.forget_before(now.saturating_sub(INTERVAL));
        let attempts = self.of.entry(id).or_insert(ConnectionAttempts {
            address,
            checked: 0,
            next: now,
            reserved: None,
        });
        let valid = attempts.reserved.filter(|at| now < *at + RESERVED_FOR);
        let at = valid.unwrap_or_else(|| {
            let of_address = self.reserved_by_address.entry(address).or_default();
            let mut at = now.max(attempts.next);
            loop {
                let free = of_address.first_free(at, INTERVAL);
                at = self.reserved.first_free(free, INTERVAL_OF_ALL);
                if at == free {
                    break;
                }
            }
            of_address.0.insert(at);
            self.reserved.0.insert(at);
            at
        });
        if at > now {
            attempts.reserved = Some(at);
            return Err(at);
        }
        attempts.reserved = None;
        attempts.next = now + INTERVAL * (1 << attempts.checked);
        attempts.checked = DOUBLINGS_MAX.min(attempts.checked + 1);
        Ok(())
    }

    fn forget_before(&mut self, time: Duration) {
        self.reserved.forget_before(time);
        self.reserved_by_address.retain(|_, schedule| {
            schedule.forget_before(time);
            !schedule.0.is_empty()
        });
    }

    /// Forgets the wrong passwords of a connection.
    pub(in crate::server::hub) fn forget(&mut self, id: ConnectionId) {
        let Some(ConnectionAttempts {
            address, reserved, ..
        }) = self.of.remove(&id)
        else {
            return;
        };
        // A time that is not used is free for others, so that connections which come and go cannot
        // reserve all times.
        if let Some(at) = reserved {
            self.reserved.0.remove(&at);
            if let Some(schedule) = self.reserved_by_address.get_mut(&address) {
                schedule.0.remove(&at);
            }
        }
    }

    /// Notes a wrong password from an address: for a while its connections need the right to a check.
    pub(in crate::server::hub) fn suspect(&mut self, address: IpAddr, now: Duration) {
        self.suspected.retain(|_, until| *until > now);
        self.suspected.insert(address, now + SUSPECTED_FOR);
    }

    /// The same as [`Attempts::may_check`], for checks that are limited only after a wrong password.
    pub(in crate::server::hub) fn may_try(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        now: Duration,
    ) -> Result<(), Duration> {
        match self.suspected.get(&address) {
            Some(until) if *until > now => self.may_check(id, address, now),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn id(number: u32) -> ConnectionId {
        ConnectionId::new(number, 0)
    }

    // A100.
    #[test]
    fn connections_that_come_and_go_do_not_use_up_the_time_of_others() {
        let mut attempts = Attempts::default();
        for number in 0..1_000 {
            let _ = attempts.may_check(id(number), ADDRESS, seconds(10));
            attempts.forget(id(number));
        }
        // Only the first one was checked.
        let operator = attempts.may_check(id(1_000), ADDRESS, seconds(10));
        assert_eq!(operator, Err(seconds(11)));
        assert_eq!(attempts.may_check(id(1_000), ADDRESS, seconds(11)), Ok(()));
    }

    #[test]
    fn a_reserved_time_stays_for_a_minute() {
        for (later, outcome) in [(0, Ok(())), (59, Ok(())), (60, Err(seconds(72)))] {
            let mut attempts = Attempts::default();
            assert_eq!(attempts.may_check(id(0), ADDRESS, seconds(10)), Ok(()));
            let wait = attempts.may_check(id(1), ADDRESS, seconds(10));
            assert_eq!(wait, Err(seconds(11)));
            // Another one at the same time as the second attempt.
            let other = attempts.may_check(id(2), ADDRESS, seconds(11 + later));
            assert_eq!(other.is_ok(), later > 0);
            let second = attempts.may_check(id(1), ADDRESS, seconds(11 + later));
            assert_eq!(second, outcome, "{later}");
        }
    }

    #[test]
    fn only_an_address_with_a_wrong_password_is_limited_and_for_a_minute() {
        let mut attempts = Attempts::default();
        let other = IpAddr::from([127, 0, 0, 2]);
        for number in 0..100 {
            assert_eq!(attempts.may_try(id(number), ADDRESS, seconds(10)), Ok(()));
        }
        attempts.suspect(ADDRESS, seconds(10));
        assert_eq!(attempts.may_try(id(0), ADDRESS, seconds(10)), Ok(()));
        let wait = attempts.may_try(id(1), ADDRESS, seconds(10));
        assert_eq!(wait, Err(seconds(11)));
        assert_eq!(attempts.may_try(id(2), other, seconds(10)), Ok(()));
        assert_eq!(attempts.may_try(id(3), ADDRESS, seconds(70)), Ok(()));
        assert_eq!(attempts.may_try(id(4), ADDRESS, seconds(70)), Ok(()));
    }

    #[test]
    fn all_addresses_together_have_a_check_each_50_ms() {
        let mut attempts = Attempts::default();
        let mut last = seconds(10);
        for number in 0..100 {
            let address = IpAddr::from([127, 0, 1, number]);
            let at = attempts.may_check(id(number.into()), address, seconds(10));
            let at = at.err().unwrap_or(seconds(10));
            assert!(number == 0 || at == last + INTERVAL_OF_ALL);
            last = at;
        }
        assert_eq!(attempts.reserved.0.len(), 100);
        // Nothing is kept when the times are over.
        let _ = attempts.may_check(id(200), ADDRESS, seconds(100));
        assert_eq!(attempts.reserved_by_address.len(), 1);
        assert_eq!(attempts.reserved.0.len(), 1);
    }
}
