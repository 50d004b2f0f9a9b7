//! Why there is no encrypted connection to a server.

use std::fmt;
use std::path::PathBuf;

/// What a certificate says of itself. It is not verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The address of the server that has shown it.
    pub server: String,
    /// Its fingerprint: `sha256:` and 64 hexadecimal digits.
    pub fingerprint: String,
    /// Some of the names of hosts that it is for. They can hold any characters.
    pub names: Vec<String>,
    /// From when to when it is valid, in Unix seconds, if that could be read.
    pub validity: Option<[i64; 2]>,
}

/// Why there is no encrypted connection. Fingerprints are `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFailure {
    /// The certificate is not one of those that are expected.
    WrongFingerprint {
        /// The expected fingerprints.
        expected: Vec<String>,
        /// The fingerprint of the certificate.
        found: String,
    },
    /// No known authority has signed the certificate.
    UnknownAuthority(CertificateFacts),
    /// No known authority has signed the certificate, and the user has accepted another one.
    Changed {
        /// The fingerprint of the certificate that the user has accepted.
        accepted: String,
        /// The file that remembers it.
        file: Option<PathBuf>,
        /// The fingerprint of the certificate.
        found: String,
    },
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate is for other names than this one.
    WrongName(String),
    /// Client and server have no version of the protocol in common.
    OldProtocol,
    /// The server does not speak TLS on this port.
    NotTls,
    /// The handshake was not completed in time.
    Timeout,
    /// The certificates of the system or of `ca-file` cannot be read; this is why.
    NoAuthorities(String),
    /// The certificate of the user cannot be used: the file, and why.
    Identity(String),
    /// The server wants a certificate of the user, or another one.
    IdentityRefused,
    /// Another error of the protocol, in the words of the library.
    Other(String),
}

impl TlsFailure {
    /// Whether another attempt would end in the same way.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Timeout | Self::Other(_))
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongFingerprint { expected, found } => write!(
                f,
                "its certificate has the fingerprint {found}, and {} is expected",
                expected.join(" or ")
            ),
            Self::UnknownAuthority(CertificateFacts { fingerprint, .. }) => write!(
                f,
                "no known authority has signed its certificate; if {fingerprint} is the right one, \
                 give it with --fingerprint"
            ),
            Self::Changed {
                accepted,
                file,
                found,
            } => {
                write!(
                    f,
                    "its certificate has changed: it is {found}, and you have accepted {accepted}. \
                     Others may be reading the connection. If the server has a new certificate, "
                )?;
                match file {
                    Some(file) => {
                        let file = file.display();
                        write!(f, "remove its line from {file} and connect again")
                    }
                    None => f.write_str("start chatroom again"),
                }
            }
            Self::Expired => f.write_str("its certificate has expired"),
            Self::NotYetValid => {
                f.write_str("its certificate is not valid yet; check the date of this machine")
            }
            Self::WrongName(name) => write!(f, "its certificate is not for the name {name}"),
            Self::OldProtocol => {
                f.write_str("it does not speak TLS 1.2 or 1.3, and older versions are not secure")
            }
            Self::NotTls => f.write_str(
                "it does not speak TLS on this port; for a connection without encryption use \
                 irc://HOST:PORT",
            ),
            Self::Timeout => f.write_str("the TLS handshake took too long"),
            Self::NoAuthorities(why) => write!(f, "the trusted authorities cannot be read: {why}"),
            Self::Identity(why) => write!(f, "client-certificate cannot be used: {why}"),
            Self::IdentityRefused => f.write_str(
                "it does not accept the certificate of this client; see client-certificate in the \
                 configuration",
            ),
            Self::Other(words) => write!(f, "TLS failed: {words}"),
        }
    }
}

impl std::error::Error for TlsFailure {}
