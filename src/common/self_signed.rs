//! Makes keys, and certificates that they sign themselves.

use std::time::{Duration, SystemTime};

use super::fingerprint::fingerprint;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long a certificate is valid: ten years.
const VALIDITY: Duration = Duration::from_secs(3_652 * 24 * 3_600);

/// A key and its certificate.
#[derive(Debug)]
pub(crate) struct SelfSigned {
    /// The certificate in PEM format.
    pub(crate) certificate: String,
    /// The private key in PEM format.
    pub(crate) key: String,
    /// The fingerprint of the certificate: `sha256:` and 64 hexadecimal digits.
    pub(crate) fingerprint: String,
    /// When the certificate expires.
    pub(crate) expires: SystemTime,
}

/// Makes a key and a certificate for this name, which is valid for ten years.
///
/// # Errors
///
/// The name cannot be in a certificate, or the system has no randomness.
pub(crate) fn make(name: &str, now: SystemTime) -> Result<SelfSigned, rcgen::Error> {
    let key = rcgen::KeyPair::generate()?;
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    let expires = now + VALIDITY;
    // A clock that is late accepts it too.
    parameters.not_before = (now - DAY).into();
    parameters.not_after = expires.into();
    let certificate = parameters.self_signed(&key)?;
    Ok(SelfSigned {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        fingerprint: fingerprint(certificate.der()),
        expires,
    })
}
