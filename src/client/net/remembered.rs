//! The remembered encryption of servers: accepted certificates, and hosts that ask for it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::config::address::Address;
use crate::client::config::trust::AcceptedCertificate;
use crate::client::event::NetworkName;
use crate::client::session::CertificateFacts;
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
    ) -> Result<Option<AcceptedCertificate>, RememberedFileError> {
        let accepted = self.certificates.of_server(network, server);
        accepted.map_err(|error| RememberedFileError::Read {
            file: owned(self.certificates.file()),
            error,
        })
    }

    /// The port for encrypted connections to this host, if it has asked for them.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(in crate::client) fn policy_port(
        &self,
        server: &Address,
    ) -> Result<Option<u16>, RememberedFileError> {
        if server.is_loopback() || !cfg!(feature = "tls") {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        let port = self.policies.port_of(&server.host, now);
        port.map_err(|error| RememberedFileError::Read {
            file: owned(self.policies.file()),
            error,
        })
    }

    /// Remembers a certificate that the user accepts for this server of a network.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(in crate::client) fn remember(
        &self,
        network: &NetworkName,
        facts: &CertificateFacts,
    ) -> Result<(), RememberedFileError> {
        let known = &self.certificates;
        let remembered = known.remember(network, &facts.server, &facts.fingerprint);
        remembered.map_err(|error| RememberedFileError::Remember {
            file: owned(known.file()),
            error,
        })
    }

    /// Keeps the policy of a host, or removes it if its duration is zero.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(in crate::client) fn set_policy(
        &self,
        server: &Address,
        duration_seconds: u64,
        unix_seconds: i64,
    ) -> Result<(), RememberedFileError> {
        let kept = self
            .policies
            .set(&server.host, server.port, duration_seconds, unix_seconds);
        kept.map_err(|error| RememberedFileError::Write {
            file: owned(self.policies.file()),
            error,
        })
    }
}

/// A file of remembered encryption cannot be used. Its `Display` is a sentence.
#[derive(Debug)]
pub(in crate::client) enum RememberedFileError {
    /// It cannot be read.
    Read { file: PathBuf, error: io::Error },
    /// It cannot be written.
    Write { file: PathBuf, error: io::Error },
    /// It cannot be written, so a certificate that the user accepts is not remembered.
    Remember { file: PathBuf, error: io::Error },
}

impl fmt::Display for RememberedFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failure, file, error) = match self {
            Self::Read { file, error } => ("Cannot read", file, error),
            Self::Write { file, error } => ("Cannot write", file, error),
            Self::Remember { file, error } => (
                "The certificate is trusted until the end of this run: cannot write",
                file,
                error,
            ),
        };
        write!(f, "{failure} {}: {}.", file.display(), os_error_text(error))
    }
}

impl Error for RememberedFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { error, .. } | Self::Write { error, .. } | Self::Remember { error, .. } => {
                Some(error)
            }
        }
    }
}

fn owned(file: Option<&Path>) -> PathBuf {
    file.map(Path::to_owned).unwrap_or_default()
}
