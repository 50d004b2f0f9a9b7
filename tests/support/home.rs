//! A home folder for `chatroom`, with its configuration and what it keeps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::chatroom;

/// A home folder of its own.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `chatroom` in this home.
    pub(crate) fn chatroom(&self, arguments: &[&str]) -> Command {
        let mut command = chatroom(arguments);
        command.env("HOME", self.0.path());
        command
    }

    /// Writes a configuration whose server is at this address, with these lines in its table.
    pub(crate) fn configure(&self, address: &str, lines: &str) {
        let table =
            format!("server = \"home\"\n[servers.home]\naddress = \"{address}\"\n{lines}\n");
        self.write(".config/chatroom.toml", &table);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// The text of a file; empty if it is missing.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}
