//! Reasons why an encrypted connection to a server failed.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use crate::common::shared_error::SharedError;

/// The facts in a certificate. They are not verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The address of the server that has shown it.
    pub server: String,
    /// Its fingerprint: `sha256:` and 64 hexadecimal digits.
    pub fingerprint: String,
    /// Some of the names of hosts that it is for. They can hold any characters.
    pub names: Vec<String>,
    /// Its validity period, in Unix seconds, if that could be read.
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
    /// There are no trusted authorities.
    NoAuthorities {
        /// The `ca-file`; `None` for the certificates of the system.
        file: Option<PathBuf>,
        /// Why it cannot be read; `None` if there is no certificate in it.
        error: Option<SharedError>,
    },
    /// The certificate of the user, or its key, cannot be used.
    Identity {
        /// The file of the one or the other.
        file: PathBuf,
        /// The cause; `None` if there is no certificate in it.
        error: Option<SharedError>,
    },
    /// The server has closed the connection during the handshake.
    ClosedByServer,
    /// The server wants a certificate of the user, or another one.
    IdentityRefused,
    /// Another error of the connection or of the protocol.
    Other(SharedError),
}

impl TlsFailure {
    /// Whether another attempt would end in the same way.
    pub(in crate::client) fn is_final(&self) -> bool {
        !matches!(self, Self::Timeout | Self::ClosedByServer | Self::Other(_))
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
            Self::NoAuthorities { file, error } => {
                f.write_str("the trusted authorities cannot be read: ")?;
                match (file.as_ref().map(|file| file.display()), error) {
                    (Some(file), Some(error)) => write!(f, "{file}: {error}"),
                    (Some(file), None) => write!(f, "{file} has no certificate in PEM format"),
                    (None, Some(error)) => error.fmt(f),
                    (None, None) => f.write_str("this system has none"),
                }
            }
            Self::Identity { file, error } => {
                write!(f, "client-certificate cannot be used: {}: ", file.display())?;
                match error {
                    Some(error) => error.fmt(f),
                    None => f.write_str("no certificate in PEM format"),
                }
            }
            Self::ClosedByServer => f.write_str("TLS failed: the server closed the connection"),
            Self::IdentityRefused => f.write_str(
                "it does not accept the certificate of this client; see client-certificate in the \
                 configuration",
            ),
            Self::Other(error) => write!(f, "TLS failed: {error}"),
        }
    }
}

impl Error for TlsFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoAuthorities { error, .. } | Self::Identity { error, .. } => {
                error.as_ref().map(|error| error as _)
            }
            Self::Other(error) => Some(error),
            _ => None,
        }
    }
}
