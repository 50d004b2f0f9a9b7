//! The fingerprint of a certificate.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// The SHA-256 of a certificate in DER: `sha256:` and 64 hexadecimal digits.
pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in digest(&SHA256, certificate).as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
