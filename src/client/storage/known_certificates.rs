//! The certificates that the user has accepted, one for each server, in a file of lines such as
//! `ircs://chat.example:6697 sha256:0011… home`, with the name of the network at the end. A network that has
//! moved to another address is recognized by its certificate. Earlier versions wrote no name.
//!
//! A line that cannot be read is skipped: its server counts as unknown, and is asked about again.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lock::lock;
use super::replace::{Durability, replace_file};
use crate::client::config::address::Address;
use crate::client::config::trust::{AcceptedCertificate, parse_fingerprint};
use crate::client::event::NetworkName;

/// The certificates that the user has accepted. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct KnownCertificates {
    /// `None` without a folder for it: then they are known until the program ends.
    file: Option<PathBuf>,
    /// The certificates that were accepted in this run.
    accepted: Arc<Mutex<Vec<CertificateRecord>>>,
}

impl KnownCertificates {
    /// The certificates in this file, which need not exist.
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

    /// The certificates that are known of this server, the first of these addresses of the network. They
    /// are read from the file each time, because another session can have accepted one.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be read.
    pub(in crate::client) fn of_server(
        &self,
        network: &NetworkName,
        server: &Address,
    ) -> io::Result<Option<AcceptedCertificate>> {
        let text = match &self.file {
            Some(file) => read(file)?,
            None => String::new(),
        };
        let mut records: Vec<_> = text
            .lines()
            .filter_map(CertificateRecord::of_line)
            .collect();
        records.extend_from_slice(&self.accepted());
        let name = name_of(&server.to_string());
        // The last one, if a line was added by hand.
        let of_server = records.iter().rfind(|record| record.server == name);
        let of_network = records.iter().filter(|record| {
            let is_network = record.network.eq_ignore_ascii_case(network.as_str());
            is_network && !record.network.is_empty() && record.server != name
        });
        let accepted = AcceptedCertificate {
            fingerprint: of_server.map(|record| record.fingerprint.clone()),
            of_network: of_network
                .map(|record| record.fingerprint.clone())
                .collect(),
            file: self.file.clone(),
        };
        let is_none = accepted.fingerprint.is_none() && accepted.of_network.is_empty();
        Ok((!is_none).then_some(accepted))
    }

    /// Remembers the certificate of this server, an address as text, instead of the one before it.
    ///
    /// # Errors
    ///
    /// The certificate is known until the program ends, and the file could not be written.
    pub(in crate::client) fn remember(
        &self,
        network: &NetworkName,
        server: &str,
        fingerprint: &str,
    ) -> io::Result<()> {
        let name = name_of(server);
        let new = CertificateRecord {
            server: name.clone(),
            fingerprint: fingerprint.to_owned(),
            network: network.to_string(),
        };
        self.accepted().push(new.clone());
        let Some(file) = &self.file else {
            return Ok(());
        };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Another session can accept a certificate at the same moment.
        let _lock = lock(file)?;
        let mut text = String::new();
        for line in read(file)?.lines() {
            if CertificateRecord::of_line(line).is_none_or(|record| record.server != name) {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.push_str(&format!("{new}\n"));
        replace_file(file, &text, Durability::OnDisk)
    }

    fn accepted(&self) -> MutexGuard<'_, Vec<CertificateRecord>> {
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

fn name_of(server: &str) -> String {
    server.to_ascii_lowercase()
}

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CertificateRecord {
    /// Its address, in small letters.
    server: String,
    fingerprint: String,
    /// The name of its network; empty if it is not known.
    network: String,
}

impl CertificateRecord {
    /// Reads a line; `None` if it is damaged.
    fn of_line(line: &str) -> Option<Self> {
        let (server, rest) = line.split_once(' ')?;
        let (fingerprint, network) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Self {
            server: server.to_owned(),
            fingerprint: parse_fingerprint(fingerprint).ok()?,
            network: network.to_owned(),
        })
    }
}

impl fmt::Display for CertificateRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server,
            fingerprint,
            network,
        } = self;
        // No name can begin another line.
        let network: String = network.chars().filter(|c| !c.is_control()).collect();
        write!(f, "{server} {fingerprint} {network}")
    }
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

    /// The fingerprint that is known of a server, on any network.
    fn found_in(known: &KnownCertificates, server: &Address) -> Option<String> {
        let found = known.of_server(&NetworkName::from("other"), server);
        found.unwrap()?.fingerprint
    }

    #[test]
    fn a_network_that_has_moved_is_recognized_by_its_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certificates");
        fs::write(&file, format!("ircs://old:6697 {}\n", print_of("1"))).unwrap();
        let known = KnownCertificates::in_file(Some(file.clone()));
        let home = NetworkName::from("my home");
        let at = |host| known.of_server(&home, &server(host)).unwrap();
        // A line of an earlier version is found by its address.
        let of_old = at("old").unwrap();
        assert!(of_old.accepts(&print_of("1")) && !of_old.accepts(&print_of("2")));
        assert_eq!(at("new"), None);
        for (host, digit) in [("old", "1"), ("second", "2")] {
            let server = server(host).to_string();
            known.remember(&home, &server, &print_of(digit)).unwrap();
        }
        let moved = at("new").unwrap();
        assert_eq!(moved.fingerprint, None);
        assert!(moved.accepts(&print_of("1")) && moved.accepts(&print_of("2")));
        assert!(!moved.accepts(&print_of("3")));
        let other = NetworkName::from("other");
        assert_eq!(known.of_server(&other, &server("new")).unwrap(), None);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 2);
    }

    fn print_of(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    #[test]
    fn a_certificate_is_known_to_later_runs_and_only_the_owner_can_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/certificates");
        let known = KnownCertificates::in_file(Some(file.clone()));
        assert_eq!(found_in(&known, &server("h")), None);
        for (host, digit) in [("H", "1"), ("i", "2"), ("h", "3")] {
            let name = NetworkName::from("of a host");
            let server = server(host).to_string();
            known.remember(&name, &server, &print_of(digit)).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            format!(
                "ircs://i:6697 {} of a host\nircs://h:6697 {} of a host\n",
                print_of("2"),
                print_of("3")
            )
        );
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let later = KnownCertificates::in_file(Some(file));
        let found = |host| found_in(&later, &server(host));
        assert_eq!(found("h"), Some(print_of("3")));
        assert_eq!(found("i"), Some(print_of("2")));
        assert_eq!(found("j"), None);
        let other_port = Address {
            port: 6698,
            ..server("h")
        };
        assert_eq!(found_in(&later, &other_port), None);
    }

    #[test]
    fn a_damaged_line_costs_no_other_server_its_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certificates");
        let mut text = format!("ircs://h:6697 {}\n", print_of("1")).into_bytes();
        text.extend_from_slice(b"\xff\0\nircs://i:6697 sha256:12\nircs://j:6697");
        fs::write(&file, text).unwrap();
        let known = KnownCertificates::in_file(Some(file.clone()));
        let found = |host| found_in(&known, &server(host));
        assert_eq!(found("h"), Some(print_of("1")));
        assert_eq!(found("i"), None);
        assert_eq!(found("j"), None);
        known
            .remember(
                &NetworkName::from("home"),
                &server("j").to_string(),
                &print_of("2"),
            )
            .unwrap();
        let later = KnownCertificates::in_file(Some(file));
        let found = |host| found_in(&later, &server(host));
        assert_eq!(found("h"), Some(print_of("1")));
        assert_eq!(found("j"), Some(print_of("2")));
    }
}
