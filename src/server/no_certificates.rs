//! Certificates in a build without TLS: settings for encrypted connections are an error.

use std::convert::Infallible;
use std::path::PathBuf;

use crate::server::config::settings::Settings;
use crate::server::error::ServerError;

/// No certificates.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    pub(super) config: Option<Infallible>,
    pub(super) self_signed: Option<String>,
    pub(super) files: Vec<PathBuf>,
    pub(super) warnings: Vec<String>,
}

/// Refuses settings for encrypted connections.
pub(super) fn load(settings: &Settings) -> Result<Certificates, ServerError> {
    match settings.tls {
        Some(_) => Err(ServerError::NoTls),
        None => Ok(Certificates::default()),
    }
}
