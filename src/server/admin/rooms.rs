//! The subcommand `chatroomd room`.

use std::path::Path;

use super::{date, print};
use crate::server::config::options::RoomAction;
use crate::server::error::ServerError;
use crate::server::hub::registered_room::{RoomChange, RoomChangeKind};
use crate::server::hub::stored::StoreChange;
use crate::server::store::{self, StoreReader};
use crate::wire::RoomName;

/// Runs `chatroomd room`.
pub(in crate::server) fn run_room(action: &RoomAction) -> Result<(), ServerError> {
    match action {
        RoomAction::List { folder } => {
            let rooms = StoreReader::open(folder)?.rooms(folder)?;
            print(rooms.iter().map(|room| {
                let created = date(room.created.as_secs());
                let count = room.access.len();
                format!("{} {} {created} {count}", room.name, room.founder)
            }))
        }
        RoomAction::Drop { folder, room } => change(folder, room, RoomChangeKind::Drop),
        RoomAction::Founder {
            folder,
            room,
            account,
        } => change(folder, room, RoomChangeKind::Founder(account.clone())),
    }
}

fn change(folder: &Path, room: &RoomName, kind: RoomChangeKind) -> Result<(), ServerError> {
    // A folder that is missing is not created.
    StoreReader::open(folder)?;
    let name = room.clone();
    store::change(folder, &StoreChange::Room(RoomChange { name, kind }))
}
