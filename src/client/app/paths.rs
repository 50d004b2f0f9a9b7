//! The folders in which the client keeps its files.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::client::config::network_key::NetworkKey;
use crate::client::control;

/// The folders and files of this user, as far as the environment tells them.
pub(super) struct Paths {
    /// The configuration file, unless the command line names another.
    pub(super) config_file: Option<PathBuf>,
    /// The folder for the certificates of the user.
    pub(super) identities: Option<PathBuf>,
    /// The folder of the control sockets of all sessions.
    pub(super) control: Option<PathBuf>,
    /// The folder for history, drafts and logs.
    pub(super) state: Option<PathBuf>,
}

impl Paths {
    /// Reads the environment (XDG Base Directory Specification).
    pub(super) fn find() -> Self {
        let Ok(folders) = etcetera::choose_base_strategy() else {
            return Self {
                config_file: None,
                identities: None,
                control: None,
                state: None,
            };
        };
        // Some systems have no runtime folder in an ssh session; the state folder serves as well.
        let runtime = folders.runtime_dir().or_else(|| folders.state_dir());
        Self {
            config_file: Some(folders.config_dir().join("chatroom.toml")),
            identities: Some(folders.config_dir().join("chatroom")),
            control: runtime.map(|folder| control::folder(&folder)),
            state: folders.state_dir().map(|folder| folder.join("chatroom")),
        }
    }

    /// The folder of the logs of all servers.
    pub(super) fn logs(&self) -> Option<PathBuf> {
        Some(self.state.as_ref()?.join("log"))
    }

    /// The file with the certificates that the user has accepted.
    pub(super) fn certificates(&self) -> Option<PathBuf> {
        Some(self.state.as_ref()?.join("certificates"))
    }

    /// The file with the hosts that ask for encryption.
    pub(super) fn sts_policies(&self) -> Option<PathBuf> {
        Some(self.state.as_ref()?.join("sts"))
    }

    /// The file for one kind of state of a network: its `history` or its `draft`.
    pub(super) fn file_of_network(&self, kind: &str, network: &NetworkKey) -> Option<PathBuf> {
        let folder: &Path = self.state.as_ref()?;
        Some(network.file_in(&folder.join(kind)))
    }
}
