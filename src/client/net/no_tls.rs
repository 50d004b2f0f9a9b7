//! The TLS layer of a build without TLS: no address asks for it, so no handshake is ever done.

use tokio::net::TcpStream;

use crate::client::config::trust::{IdentityFiles, Trust};
use crate::client::session::TlsFailure;
use crate::common::shared_error::SharedError;

/// The encrypted connection, which cannot be made.
pub(super) type SecureStream = TcpStream;

/// A client without handshakes.
#[derive(Clone)]
pub(super) struct TlsClient;

impl TlsClient {
    pub(super) fn new(_: &Trust, _: Option<&IdentityFiles>) -> Result<Self, TlsFailure> {
        Ok(Self)
    }

    pub(super) async fn secure(&self, _: &str, _: TcpStream) -> Result<SecureStream, TlsFailure> {
        Err(TlsFailure::Other(SharedError::new("this build has no TLS")))
    }
}

pub(super) fn fingerprint_of_peer(_: &SecureStream) -> Option<String> {
    None
}

pub(super) fn end_of_peer_certificate(_: &SecureStream) -> Option<i64> {
    None
}

pub(super) fn is_identity_refused(_: &std::io::Error) -> bool {
    false
}
