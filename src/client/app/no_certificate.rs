//! A build without TLS makes no certificates.

use std::path::Path;

use super::error::ClientError;

/// Fails: there is nothing to use a certificate for.
pub(super) fn run(_: &str, _: Option<&Path>) -> Result<(), ClientError> {
    Err(ClientError::NoTls)
}
