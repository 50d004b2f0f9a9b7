//! The subcommand `chatroomd ban`.

use std::path::Path;
use std::time::Duration;

use super::{date, print};
use crate::server::config::options::BanAction;
use crate::server::error::ServerError;
use crate::server::hub::ban::{BanChange, ServerBan};
use crate::server::hub::stored::StoreChange;
use crate::server::store::{self, StoreReader};

/// The setter of bans that the administrator sets.
const SETTER: &str = "administrator";

/// Runs `chatroomd ban`.
pub(in crate::server) fn run_ban(action: &BanAction) -> Result<(), ServerError> {
    match action {
        BanAction::Add {
            folder,
            target,
            time,
            reason,
        } => {
            let now = Duration::from_secs(store::unix_seconds());
            let ban = ServerBan {
                target: target.clone(),
                setter: SETTER.into(),
                reason: reason.as_deref().unwrap_or("No reason given").into(),
                set: now,
                until: time.map(|time| now + time),
            };
            change(folder, BanChange::Add(ban))
        }
        BanAction::Remove { folder, target } => change(folder, BanChange::Remove(target.clone())),
        BanAction::List { folder } => {
            let bans = StoreReader::open(folder)?.bans(folder)?;
            let now = Duration::from_secs(store::unix_seconds());
            let bans = bans.iter().filter(|ban| ban.holds_at(now));
            print(bans.map(|ban| {
                let ServerBan {
                    target,
                    setter,
                    reason,
                    ..
                } = ban;
                let until = ban
                    .until
                    .map_or("-".to_owned(), |until| date(until.as_secs()));
                let set = date(ban.set.as_secs());
                format!("{target} {setter} {set} {until} {reason}")
            }))
        }
    }
}

fn change(folder: &Path, change: BanChange) -> Result<(), ServerError> {
    // A folder that is missing is not created.
    StoreReader::open(folder)?;
    store::change(folder, &StoreChange::Ban(change))
}
