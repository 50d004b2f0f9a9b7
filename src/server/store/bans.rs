//! The bans of the server in the database of a store.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::problem::problem;
use crate::server::error::{StoreDamage, StoreProblem};
use crate::server::hub::ban::{BanChange, BanTarget, ServerBan};

/// Reads all bans, in the order in which they were set.
pub(super) fn list(connection: &Connection) -> Result<Vec<ServerBan>, StoreProblem> {
    let query = "SELECT target, setter, reason, time, until FROM ban ORDER BY time, folded";
    let mut statement = connection.prepare(query).map_err(problem)?;
    let seconds = |seconds: i64| Duration::from_secs(seconds.cast_unsigned());
    let rows = statement.query_map([], |row| {
        let target: String = row.get(0)?;
        let Some(parsed) = BanTarget::parse(&target) else {
            return Ok(Err(target));
        };
        Ok(Ok(ServerBan {
            target: parsed,
            setter: row.get::<_, String>(1)?.into(),
            reason: row.get::<_, String>(2)?.into(),
            set: seconds(row.get(3)?),
            until: row.get::<_, Option<i64>>(4)?.map(seconds),
        }))
    });
    let rows = rows.map_err(problem)?;
    rows.map(|row| {
        let unreadable = |target| StoreProblem::Damaged(StoreDamage::Ban(target));
        row.map_err(problem)?.map_err(unreadable)
    })
    .collect()
}

/// Writes a change that was checked, in the current transaction. Bans that have ended by then go.
pub(super) fn write(connection: &Connection, change: &BanChange) -> rusqlite::Result<()> {
    match change {
        BanChange::Add(ban) => {
            let now = ban.set.as_secs().cast_signed();
            connection.execute("DELETE FROM ban WHERE until < ?1", [now])?;
            let insert = "INSERT OR REPLACE INTO ban(folded, target, setter, reason, time, until)
                          VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
            let until = ban.until.map(|until| until.as_secs().cast_signed());
            let (key, target) = (ban.target.key(), ban.target.to_string());
            connection.execute(
                insert,
                params![key.as_str(), target, &*ban.setter, &*ban.reason, now, until],
            )?;
        }
        BanChange::Remove(target) => {
            let delete = "DELETE FROM ban WHERE folded = ?1";
            connection.execute(delete, [target.key().as_str()])?;
        }
    }
    Ok(())
}
