//! Translates an error of SQLite into a problem of the store.

use std::io;

use rusqlite::ErrorCode;

use crate::common::shared_error::SharedError;
use crate::server::error::{StoreDamage, StoreProblem};

/// An error while the database is opened or read.
pub(super) fn problem(error: rusqlite::Error) -> StoreProblem {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreProblem::Damaged(StoreDamage::Sqlite(SharedError::new(error)))
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreProblem::Folder(io::Error::other(error))
        }
        _ => StoreProblem::Sqlite(SharedError::new(error)),
    }
}
