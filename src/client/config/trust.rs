//! The certificates of servers that are trusted, and the certificate of the user.

use std::fmt;
use std::path::PathBuf;

/// Which certificates of a server are trusted: those with the fingerprints if there are any, else
/// those that an authority has signed, and the one that the user has accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// Fingerprints as [`parse_fingerprint`] returns them.
    pub fingerprints: Vec<String>,
    /// A file with the authorities to use instead of those of the system.
    pub ca_file: Option<PathBuf>,
    /// Every certificate is accepted.
    pub insecure: bool,
    /// The certificate that the user has accepted before, although no authority has signed it.
    pub accepted: Option<AcceptedCertificate>,
}

impl Trust {
    /// Whether a certificate that no authority has signed can be trusted because the user accepts
    /// it: nothing says yet which certificates to trust.
    pub fn can_accept(&self) -> bool {
        self.fingerprints.is_empty() && self.ca_file.is_none() && !self.insecure
    }
}

/// The certificates that the user has accepted before for a server. Fingerprints are as
/// [`parse_fingerprint`] returns them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcceptedCertificate {
    /// The accepted certificate of this address; a server with another one has changed it.
    pub fingerprint: Option<String>,
    /// The accepted certificates of other addresses of the same network: it can have moved.
    pub of_network: Vec<String>,
    /// The file that remembers them.
    pub file: Option<PathBuf>,
}

impl AcceptedCertificate {
    /// Whether the user has accepted this one.
    pub fn accepts(&self, fingerprint: &str) -> bool {
        let mut all = self.fingerprint.iter().chain(&self.of_network);
        all.any(|one| one == fingerprint)
    }
}

/// The files of the certificate that the client shows to a server, in PEM format. They may be the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityFiles {
    /// The certificate, with those between it and an authority if there are any.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The text is not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidFingerprint;

impl fmt::Display for InvalidFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected sha256: and the 64 hexadecimal digits of a certificate")
    }
}

impl std::error::Error for InvalidFingerprint {}

/// Reads a fingerprint, with or without `sha256:`, colons between the digits, and capitals. The
/// result is `sha256:` and 64 small digits.
pub fn parse_fingerprint(text: &str) -> Result<String, InvalidFingerprint> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.strip_prefix("sha256:").unwrap_or(&text);
    let digits = digits.replace(':', "");
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_hex && digits.len() == 64 {
        true => Ok(format!("sha256:{digits}")),
        false => Err(InvalidFingerprint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_each_form_that_tools_print() {
        let digits = "ab".repeat(32);
        let expected = Ok(format!("sha256:{digits}"));
        let with_colons = ["AB"; 32].join(":");
        for text in [
            digits.clone(),
            format!("sha256:{digits}"),
            with_colons.clone(),
            format!(" SHA256:{with_colons}\n"),
        ] {
            assert_eq!(parse_fingerprint(&text), expected, "{text}");
        }
        for text in [
            "",
            "sha256:",
            &digits[1..],
            &format!("{digits}a"),
            &digits.replace('a', "g"),
        ] {
            assert_eq!(parse_fingerprint(text), Err(InvalidFingerprint), "{text}");
        }
    }
}
