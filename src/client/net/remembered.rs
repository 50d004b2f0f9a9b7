//! The remembered encryption of servers: accepted certificates, and hosts that ask for it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::config::address::Address;
use crate::client::config::trust::AcceptedCertificate;
use crate::client::event::NetworkName;
use crate::client::storage::known_certificates::KnownCertificates;
use crate::client::storage::sts_policies::StsPolicies;
use crate::common::io_error::os_error_text;

/// The remembered encryption of servers.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct RememberedSecurity {
    /// The certificates that the user has accepted.
    pub(in crate::client) certificates: KnownCertificates,
    /// The hosts that ask for encryption.
    pub(in crate::client) policies: StsPolicies,
}

impl RememberedSecurity {
    /// The certificates that the user has accepted for this server of a network.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(in crate::client) fn accepted(
        &self,
        network: &NetworkName,
        server: &Address,
    ) -> Result<Option<AcceptedCertificate>, UnreadableFile> {
        let accepted = self.certificates.of_server(network, server);
        accepted.map_err(|error| UnreadableFile::new(self.certificates.file(), error))
    }

    /// The port for encrypted connections to this host, if it has asked for them.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(in crate::client) fn policy_port(
        &self,
        server: &Address,
    ) -> Result<Option<u16>, UnreadableFile> {
        if server.is_loopback() || !cfg!(feature = "tls") {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        let port = self.policies.port_of(&server.host, now);
        port.map_err(|error| UnreadableFile::new(self.policies.file(), error))
    }
}

/// A file of what is remembered cannot be read.
#[derive(Debug)]
pub(in crate::client) struct UnreadableFile {
    file: PathBuf,
    error: io::Error,
}

impl UnreadableFile {
    fn new(file: Option<&Path>, error: io::Error) -> Self {
        let file = file.map(Path::to_owned).unwrap_or_default();
        Self { file, error }
    }
}

impl fmt::Display for UnreadableFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, error } = self;
        write!(
            f,
            "Cannot read {}: {}.",
            file.display(),
            os_error_text(error)
        )
    }
}

impl Error for UnreadableFile {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
