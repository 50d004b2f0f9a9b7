//! The certificates that the user has accepted, one for each server, in a file of lines such as
//! `ircs://chat.example:6697 sha256:0011…`.
//!
//! A line that cannot be read is skipped: its server counts as unknown, and is asked about again.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::damaged::beside;
use super::replace::{Durability, replace_file};
use crate::client::config::address::Address;
use crate::client::config::trust::parse_fingerprint;

/// The certificates that the user has accepted. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct KnownCertificates {
    /// `None` without a folder for it: then they are known until the program ends.
    file: Option<PathBuf>,
    /// Those that were accepted in this run, by server.
    accepted: Arc<Mutex<BTreeMap<String, String>>>,
}

impl KnownCertificates {
    /// Those in this file, which need not exist.
    pub(in crate::client) fn in_file(file: Option<PathBuf>) -> Self {
        Self {
            file,
            accepted: Arc::default(),
        }
    }

    /// The file.
    pub(in crate::client) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The fingerprint of the certificate of this server, if it is known. It is read from the file
    /// each time, because another session can have accepted one.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be read.
    pub(in crate::client) fn fingerprint_of(&self, server: &Address) -> io::Result<Option<String>> {
        let name = name_of(&server.to_string());
        if let Some(accepted) = self.accepted().get(&name) {
            return Ok(Some(accepted.clone()));
        }
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let text = read(file)?;
        // The last one, if a line was added by hand.
        let of_server = text.lines().filter_map(record).rfind(|(of, _)| *of == name);
        Ok(of_server.map(|(_, fingerprint)| fingerprint))
    }

    /// Remembers the certificate of this server, an address as text, instead of the one before it.
    ///
    /// # Errors
    ///
    /// The certificate is known until the program ends, and the file could not be written.
    pub(in crate::client) fn remember(&self, server: &str, fingerprint: &str) -> io::Result<()> {
        let name = name_of(server);
        self.accepted().insert(name.clone(), fingerprint.to_owned());
        let Some(file) = &self.file else {
            return Ok(());
        };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Another session can accept a certificate at the same moment.
        let lock = open_lock(file)?;
        lock.lock()?;
        let mut text = String::new();
        for line in read(file)?.lines() {
            if record(line).is_none_or(|(of, _)| of != name) {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.push_str(&format!("{name} {fingerprint}\n"));
        replace_file(file, &text, Durability::OnDisk)
    }

    fn accepted(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of the file; bytes that are not UTF-8 are replaced. A missing file has no text.
pub(super) fn read(file: &Path) -> io::Result<String> {
    match fs::read(file) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

pub(super) fn open_lock(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(beside(file, ".lock"))
}

fn name_of(server: &str) -> String {
    server.to_ascii_lowercase()
}

/// The server and the fingerprint of a line; `None` for a line that is damaged.
fn record(line: &str) -> Option<(String, String)> {
    let (server, fingerprint) = line.split_once(' ')?;
    let fingerprint = parse_fingerprint(fingerprint).ok()?;
    Some((server.to_owned(), fingerprint))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn server(host: &str) -> Address {
        Address {
            host: host.to_owned(),
            port: 6697,
            tls: true,
        }
    }

    fn print_of(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    #[test]
    fn a_certificate_is_known_to_later_runs_and_only_the_owner_can_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/certificates");
        let known = KnownCertificates::in_file(Some(file.clone()));
        assert_eq!(known.fingerprint_of(&server("h")).unwrap(), None);
        known
            .remember(&server("H").to_string(), &print_of("1"))
            .unwrap();
        known
            .remember(&server("i").to_string(), &print_of("2"))
            .unwrap();
        known
            .remember(&server("h").to_string(), &print_of("3"))
            .unwrap();
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            format!(
                "ircs://i:6697 {}\nircs://h:6697 {}\n",
                print_of("2"),
                print_of("3")
            )
        );
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let later = KnownCertificates::in_file(Some(file));
        let found = |host| later.fingerprint_of(&server(host)).unwrap();
        assert_eq!(found("h"), Some(print_of("3")));
        assert_eq!(found("i"), Some(print_of("2")));
        assert_eq!(found("j"), None);
        let other_port = Address {
            port: 6698,
            ..server("h")
        };
        assert_eq!(later.fingerprint_of(&other_port).unwrap(), None);
    }

    #[test]
    fn a_damaged_line_costs_no_other_server_its_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certificates");
        let mut text = format!("ircs://h:6697 {}\n", print_of("1")).into_bytes();
        text.extend_from_slice(b"\xff\0\nircs://i:6697 sha256:12\nircs://j:6697");
        fs::write(&file, text).unwrap();
        let known = KnownCertificates::in_file(Some(file.clone()));
        let found = |host| known.fingerprint_of(&server(host)).unwrap();
        assert_eq!(found("h"), Some(print_of("1")));
        assert_eq!(found("i"), None);
        assert_eq!(found("j"), None);
        known
            .remember(&server("j").to_string(), &print_of("2"))
            .unwrap();
        let later = KnownCertificates::in_file(Some(file));
        let found = |host| later.fingerprint_of(&server(host)).unwrap();
        assert_eq!(found("h"), Some(print_of("1")));
        assert_eq!(found("j"), Some(print_of("2")));
    }
}
