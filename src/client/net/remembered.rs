//! What is remembered about the encryption of servers: accepted certificates, and hosts that ask for
//! encryption.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::config::address::Address;
use crate::client::config::trust::AcceptedCertificate;
use crate::client::storage::known_certificates::KnownCertificates;
use crate::client::storage::sts_policies::StsPolicies;
use crate::common::io_error::os_error_text;

/// What is remembered about the encryption of servers.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct RememberedSecurity {
    /// The certificates that the user has accepted.
    pub(in crate::client) certificates: KnownCertificates,
    /// The hosts that ask for encryption.
    pub(in crate::client) policies: StsPolicies,
}

impl RememberedSecurity {
    /// The certificate that the user has accepted for this server.
    ///
    /// # Errors
    ///
    /// The message says which file cannot be read.
    pub(in crate::client) fn accepted(
        &self,
        server: &Address,
    ) -> Result<Option<AcceptedCertificate>, String> {
        let file = self.certificates.file();
        let fingerprint = self.certificates.fingerprint_of(server);
        let fingerprint = fingerprint.map_err(|error| unreadable(file, &error))?;
        Ok(fingerprint.map(|fingerprint| AcceptedCertificate {
            fingerprint,
            file: file.map(Path::to_owned),
        }))
    }

    /// The port for encrypted connections to this host, if it has asked for them.
    ///
    /// # Errors
    ///
    /// The message says which file cannot be read.
    pub(in crate::client) fn policy_port(&self, server: &Address) -> Result<Option<u16>, String> {
        if server.is_loopback() || !cfg!(feature = "tls") {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        let port = self.policies.port_of(&server.host, now);
        port.map_err(|error| unreadable(self.policies.file(), &error))
    }
}

fn unreadable(file: Option<&Path>, error: &io::Error) -> String {
    let file = file.unwrap_or_else(|| Path::new("")).display();
    format!("Cannot read {file}: {}.", os_error_text(error))
}
