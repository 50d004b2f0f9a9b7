//! The users who left or changed their nick last.

use super::people::HostName;

/// A former user of a nick.
#[derive(Debug)]
pub(in crate::server::hub) struct WhowasEntry {
    pub(in crate::server::hub) nick: Box<str>,
    pub(in crate::server::hub) username: Box<str>,
    pub(in crate::server::hub) real_name: Box<str>,
    pub(in crate::server::hub) host: HostName,
    /// The host as other users saw it.
    pub(in crate::server::hub) shown_host: Box<str>,
    pub(in crate::server::hub) unix_seconds: u64,
}
