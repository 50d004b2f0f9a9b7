//! The table of the bans of the server.

use std::net::IpAddr;
use std::time::Duration;

use super::masks::UserSubject;
use crate::server::hub::ban::{BanChange, BanTarget, ServerBan};
use crate::wire::{FoldedName, Nick};

/// All bans, in the order in which they were set. Those that have ended are ignored, and are removed
/// when the next one is set.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Bans(Vec<ServerBan>);

impl Bans {
    pub(in crate::server::hub) fn new(bans: Vec<ServerBan>) -> Self {
        Self(bans)
    }

    pub(in crate::server::hub) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::server::hub) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bans that hold at this Unix time.
    pub(in crate::server::hub) fn at(&self, now: Duration) -> impl Iterator<Item = &ServerBan> {
        self.0.iter().filter(move |ban| ban.holds_at(now))
    }

    pub(in crate::server::hub) fn find(&self, target: &BanTarget) -> Option<&ServerBan> {
        let key = target.key();
        self.0.iter().find(|ban| ban.target.key() == key)
    }

    /// Makes a change, at this Unix time.
    pub(in crate::server::hub) fn apply(&mut self, change: &BanChange, now: Duration) {
        let key = change.target().key();
        self.0
            .retain(|ban| ban.holds_at(now) && ban.target.key() != key);
        if let BanChange::Add(ban) = change {
            self.0.push(ban.clone());
        }
    }
}

/// Whether a ban is about a user.
pub(in crate::server::hub) fn is_about(
    target: &BanTarget,
    source: &mut UserSubject<'_>,
    address: IpAddr,
    account: Option<&Nick>,
) -> bool {
    match target {
        BanTarget::Mask(mask) => source.matches_source(mask),
        BanTarget::Network(_) => target.has_address(address),
        BanTarget::Account(name) => {
            account.is_some_and(|own| FoldedName::same(own.as_str(), name.as_str()))
        }
    }
}
