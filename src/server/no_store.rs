//! The store in a build without SQLite: a configuration with a store is an error.

use std::io;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use super::config::settings::StoreSettings;
use super::error::ServerError;
use super::hub::stored::StoredState;
use super::hub::task::{StoreThreads, Wake};

/// An open store, which cannot be.
#[derive(Debug)]
pub(super) struct OpenStore {
    pub(super) administration: Option<UnixListener>,
    pub(super) warning: Option<String>,
    never: Never,
}

#[derive(Debug)]
enum Never {}

/// Whether this build can keep messages: it cannot.
pub(super) const IS_SUPPORTED: bool = false;

/// Refuses to keep messages.
pub(super) fn open(_: &StoreSettings, _: Duration) -> Result<OpenStore, ServerError> {
    Err(ServerError::NoStore)
}

impl OpenStore {
    pub(super) fn take_contents(&mut self) -> StoredState {
        match self.never {}
    }

    pub(super) fn start(self, _: &dyn Fn() -> Wake) -> io::Result<StoreThreads> {
        match self.never {}
    }
}
