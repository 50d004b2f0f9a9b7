//! The fingerprint of a certificate.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// The SHA-256 of a certificate in DER: `sha256:` and 64 hexadecimal digits.
pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in fingerprint_bytes(certificate) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The SHA-256 of a certificate in DER.
pub(crate) fn fingerprint_bytes(certificate: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digest = digest(&SHA256, certificate);
    bytes
        .iter_mut()
        .zip(digest.as_ref())
        .for_each(|(to, from)| *to = *from);
    bytes
}
