//! Who is a server operator, and when each connection may have a password checked against a hash.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::people::ConnectionId;
use crate::server::hub::settings::Operator;

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

/// The server operators and the attempts to become one.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Operators {
    /// The account in the configuration of each user who is an operator.
    pub(in crate::server::hub) accounts: BTreeMap<ConnectionId, Operator>,
    /// The connections whose password is being checked against a hash.
    pub(in crate::server::hub) checks: BTreeMap<ConnectionId, OperCheck>,
    attempts: BTreeMap<ConnectionId, OperAttempts>,
    reserved_by_address: BTreeMap<IpAddr, Schedule>,
    reserved: Schedule,
}

/// An `OPER` request whose password is being checked.
#[derive(Debug)]
pub(in crate::server::hub) struct OperCheck {
    pub(in crate::server::hub) account: Operator,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

/// The `OPER` attempts of one connection.
#[derive(Debug)]
struct OperAttempts {
    address: IpAddr,
    /// How many passwords were checked, up to a maximum.
    checked: u32,
    /// From when on this connection may have the next one checked.
    next: Duration,
    /// From when on the next one is checked, as the user was told.
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

impl Operators {
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
        let attempts = self.attempts.entry(id).or_insert(OperAttempts {
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
    pub(in crate::server::hub) fn forget_attempts(&mut self, id: ConnectionId) {
        let Some(OperAttempts {
            address, reserved, ..
        }) = self.attempts.remove(&id)
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

    /// Forgets a connection that has ended.
    pub(in crate::server::hub) fn remove(&mut self, id: ConnectionId) {
        self.accounts.remove(&id);
        self.forget_attempts(id);
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
        let mut operators = Operators::default();
        for number in 0..1_000 {
            let _ = operators.may_check(id(number), ADDRESS, seconds(10));
            operators.remove(id(number));
        }
        // Only the first one was checked.
        let operator = operators.may_check(id(1_000), ADDRESS, seconds(10));
        assert_eq!(operator, Err(seconds(11)));
        assert_eq!(operators.may_check(id(1_000), ADDRESS, seconds(11)), Ok(()));
    }

    #[test]
    fn a_reserved_time_stays_for_a_minute() {
        for (later, outcome) in [(0, Ok(())), (59, Ok(())), (60, Err(seconds(72)))] {
            let mut operators = Operators::default();
            assert_eq!(operators.may_check(id(0), ADDRESS, seconds(10)), Ok(()));
            let wait = operators.may_check(id(1), ADDRESS, seconds(10));
            assert_eq!(wait, Err(seconds(11)));
            // Another one at the same time as the second attempt.
            let other = operators.may_check(id(2), ADDRESS, seconds(11 + later));
            assert_eq!(other.is_ok(), later > 0);
            let second = operators.may_check(id(1), ADDRESS, seconds(11 + later));
            assert_eq!(second, outcome, "{later}");
        }
    }

    #[test]
    fn all_addresses_together_have_a_check_each_50_ms() {
        let mut operators = Operators::default();
        let mut last = seconds(10);
        for number in 0..100 {
            let address = IpAddr::from([127, 0, 1, number]);
            let at = operators.may_check(id(number.into()), address, seconds(10));
            let at = at.err().unwrap_or(seconds(10));
            assert!(number == 0 || at == last + INTERVAL_OF_ALL);
            last = at;
        }
        assert_eq!(operators.reserved.0.len(), 100);
        // Nothing is kept when the times are over.
        let _ = operators.may_check(id(200), ADDRESS, seconds(100));
        assert_eq!(operators.reserved_by_address.len(), 1);
        assert_eq!(operators.reserved.0.len(), 1);
    }
}
