//! The read markers in the database of a store.

use rusqlite::{Connection, params};

use super::problem::problem;
use crate::server::error::StoreProblem;
use crate::server::hub::stored::StoredMarker;
use crate::wire::FoldedName;

/// Reads all markers.
pub(super) fn list(connection: &Connection) -> Result<Vec<StoredMarker>, StoreProblem> {
    let query = "SELECT account, target, time FROM marker";
    let mut statement = connection.prepare(query).map_err(problem)?;
    let rows = statement.query_map([], |row| {
        Ok(StoredMarker {
            account: FoldedName::of(&row.get::<_, String>(0)?),
            target: FoldedName::of(&row.get::<_, String>(1)?),
            time: Some(row.get::<_, i64>(2)?.cast_unsigned()),
        })
    });
    let rows = rows.map_err(problem)?;
    rows.collect::<rusqlite::Result<_>>().map_err(problem)
}

/// Writes a marker in the current transaction, or removes it. The account may be gone by now.
pub(super) fn write(connection: &Connection, marker: &StoredMarker) -> rusqlite::Result<()> {
    let (account, target) = (marker.account.as_str(), marker.target.as_str());
    let Some(time) = marker.time else {
        let delete = "DELETE FROM marker WHERE account = ?1 AND target = ?2";
        let mut delete = connection.prepare_cached(delete)?;
        delete.execute([account, target])?;
        return Ok(());
    };
    let insert = "INSERT INTO marker(account, target, time)
                  SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM account WHERE folded = ?1)
                  ON CONFLICT(account, target) DO UPDATE SET time = max(time, ?3)";
    let mut insert = connection.prepare_cached(insert)?;
    insert.execute(params![account, target, time.cast_signed()])?;
    Ok(())
}

/// Removes the markers of an account that is removed.
pub(super) fn remove_account(connection: &Connection, account: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM marker WHERE account = ?1", [account])?;
    Ok(())
}
