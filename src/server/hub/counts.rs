//! The counts of the hub, for the metrics and the status of the server.

use std::fmt;

use super::{Hub, Registered};

/// Numbers of the hub at the moment, and counts since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct HubCounts {
    pub(in crate::server) users: usize,
    /// Connections that have not registered yet.
    pub(in crate::server) unregistered: usize,
    pub(in crate::server) rooms: usize,
    /// `None` without a store.
    pub(in crate::server) accounts: Option<usize>,
    pub(in crate::server) operators: usize,
    /// How often each error was sent, by its numeric, or by `FAIL`.
    pub(in crate::server) rejections: Vec<(u16, u64)>,
    /// How many errors without a numeric were sent.
    pub(in crate::server) fails: u64,
}

/// A user for the status of the server.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct UserStatus<'h> {
    user: &'h Registered,
}

/// `nick account host rooms`, where `*` stands for no account.
impl fmt::Display for UserStatus<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Registered { nick, rooms, .. } = self.user;
        let (account, host) = (self.user.account_or_star(), self.user.host());
        write!(f, "{nick} {account} {host} {}", rooms.len())
    }
}

impl Hub {
    /// The numbers at the moment.
    pub(in crate::server) fn counts(&self) -> HubCounts {
        let rejections = self.rejections.borrow();
        let all = self.people.all().filter(|one| !one.is_administrator);
        let unregistered = all.filter(|one| one.registered().is_none());
        let of_numerics = rejections.iter().filter(|(number, _)| **number > 0);
        HubCounts {
            users: self.people.registered,
            unregistered: unregistered.count(),
            rooms: self.rooms.count(),
            accounts: self.accounts.as_ref().map(|accounts| accounts.count()),
            operators: self.people.operators,
            rejections: of_numerics
                .map(|(number, count)| (*number, *count))
                .collect(),
            fails: rejections.get(&0).copied().unwrap_or_default(),
        }
    }

    /// All users.
    pub(in crate::server) fn user_statuses(&self) -> impl Iterator<Item = UserStatus<'_>> {
        let all = self.people.all_registered();
        all.map(|(_, user)| UserStatus { user })
    }

    /// The nick of a connection.
    pub(in crate::server) fn nick_of(&self, id: super::ConnectionId) -> &str {
        self.people
            .get(id)
            .map_or("*", |person| person.nick_or_star())
    }

    /// Counts an error that is sent; 0 stands for `FAIL`.
    pub(super) fn count_rejection(&self, number: u16) {
        *self.rejections.borrow_mut().entry(number).or_default() += 1;
    }
}
