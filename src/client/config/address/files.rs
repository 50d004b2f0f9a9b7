//! The files and folders of a server, named after its address.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{Address, PORT, TLS_PORT};

/// The longest host name in a file name, in bytes: a file name has at most 255. No host name that
/// can be resolved is longer (RFC 1035, section 2.3.4: 255 octets with their length bytes).
const FILE_NAME_HOST_MAX: usize = 240;

/// The end of the name of a lock.
const LOCK: &str = ".lock";

impl Address {
    /// The name of this server's file or folder. It has no separators, so it stays in its parent
    /// folder.
    pub fn file_name(&self) -> String {
        self.file_name_of_port(self.port)
    }

    /// The path of this server's file or folder in `folder`. An address without a port once meant port
    /// 6667: files with that name are renamed, with those beside them, unless files with the new name
    /// exist. A plain connection to port 6667 leads to another server.
    pub fn file_in(&self, folder: &Path) -> PathBuf {
        let name = self.file_name();
        if let Some(former) = self.former_file_name() {
            move_entries(folder, &former, &name);
        }
        folder.join(name)
    }

    /// The name that [`Address::file_name`] had while an address without a port meant a plain
    /// connection to port 6667; `None` if it is the same.
    fn former_file_name(&self) -> Option<String> {
        (self.tls && self.port == TLS_PORT).then(|| self.file_name_of_port(PORT))
    }

    fn file_name_of_port(&self, port: u16) -> String {
        let keep = |c: char| match c {
            c if c.is_ascii_alphanumeric() || "-_.".contains(c) => c,
            _ => '_',
        };
        let host = self.host.to_ascii_lowercase();
        let host: String = host.chars().take(FILE_NAME_HOST_MAX).map(keep).collect();
        format!("at-{host}-{port}")
    }

    /// The address that [`Address::file_name`] was made from, as far as the name still has it.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (host, port) = name.strip_prefix("at-")?.rsplit_once('-')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
            tls: false,
        })
    }
}

/// Renames the files of a server in a folder, unless there are some of the new name. Those that a running
/// session has locked stay until a later start.
pub(in crate::client::config) fn move_entries(folder: &Path, former: &str, name: &str) {
    let of_name = entries_of(folder, name);
    if of_name.iter().any(|(_, rest)| !rest.ends_with(LOCK)) {
        return;
    }
    for (entry, rest) in entries_of(folder, former) {
        // Drafts of several sessions are in files such as `NAME~2`, each with a lock of its own.
        let number = rest.split('.').next().unwrap_or_default();
        let is_locked = |name: &str| is_locked(&folder.join(format!("{name}{number}{LOCK}")));
        if !is_locked(former) && !is_locked(name) {
            // A file that cannot be renamed stays with the other server.
            let _ = fs::rename(entry, folder.join(format!("{name}{rest}")));
        }
    }
}

/// Whether another process has locked this file.
fn is_locked(lock: &Path) -> bool {
    let locked = File::open(lock).map(|lock| lock.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}

/// The files of a server in a folder, and those beside them such as `NAME.lock`. Each is a path and
/// what follows the name.
fn entries_of(folder: &Path, name: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of_server = entries.filter_map(|entry| {
        let rest = entry.file_name().to_str()?.strip_prefix(name)?.to_owned();
        // Other entries belong to another port, or to a name that begins with this one.
        let is_own = rest.is_empty() || rest.starts_with(['~']);
        let is_beside = [LOCK, ".new", ".damaged"]
            .iter()
            .any(|suffix| rest.starts_with(suffix));
        (is_own || is_beside).then(|| (entry.path(), rest))
    });
    of_server.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_port_6667_are_renamed_once_and_never_shared() {
        let address = |port, tls| Address {
            host: "Chat.example".into(),
            port,
            tls,
        };
        let folder = tempfile::tempdir().unwrap();
        let file = |port, tls| address(port, tls).file_in(folder.path());
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        let [former, other] = ["at-chat.example-6667", "at-chat.example-6697"];
        assert!(file(6697, true).ends_with(other));
        for rest in ["", ".lock", "~2", "0"] {
            fs::write(folder.path().join(format!("{former}{rest}")), "").unwrap();
        }
        assert!(file(6697, false).ends_with(other));
        assert!(file(7000, true).ends_with("at-chat.example-7000"));
        assert_eq!(names().len(), 4);
        assert!(file(6697, true).ends_with(other));
        let [lock, second] = [format!("{other}.lock"), format!("{other}~2")];
        let renamed = [
            "at-chat.example-66670",
            other,
            lock.as_str(),
            second.as_str(),
        ];
        assert_eq!(names(), renamed);
        // The drafts are sent, and new ones wait for the other server.
        fs::remove_file(folder.path().join(other)).unwrap();
        fs::write(folder.path().join(former), "").unwrap();
        assert!(file(6697, true).ends_with(other));
        assert!(folder.path().join(former).exists());
    }
}
