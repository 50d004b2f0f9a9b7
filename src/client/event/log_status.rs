//! The status of the log: it fails, or is written again.

use std::fmt;
use std::path::PathBuf;

use crate::common::shared_error::SharedError;

/// A change in whether the log is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogStatus {
    /// The log can no longer be written.
    Failed {
        /// Its folder.
        folder: PathBuf,
        /// The cause.
        error: SharedError,
    },
    /// The log is written again.
    Resumed {
        /// How many lines are missing in it.
        dropped: usize,
    },
}

impl fmt::Display for LogStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { folder, error } => {
                write!(f, "Cannot write the log in {}: {error}.", folder.display())
            }
            Self::Resumed { dropped: 0 } => f.write_str("Logging resumed."),
            Self::Resumed { dropped } => write!(f, "Logging resumed; {dropped} lines are missing."),
        }
    }
}
