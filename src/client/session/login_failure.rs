//! Reasons why the login to an account failed.

use std::fmt;

use crate::wire::sasl::Mechanism;
use crate::wire::sasl::scram::ScramError;

/// Why the user is not logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginFailure {
    /// The server has no SASL.
    NotOffered,
    /// The server offers none of the mechanisms that could be used. These are the offered ones.
    NoMechanism(Vec<String>),
    /// Only the certificate of the user could be used, and the connection is not encrypted.
    CertificateNotShown,
    /// Only the password itself could be sent, and the connection is not encrypted.
    NotEncrypted,
    /// Only the password itself could be sent, and the certificate of the server is not checked.
    NotVerified,
    /// The server refuses the login, with this text. It may hold control characters.
    Refused {
        /// The account.
        account: String,
        /// The mechanism.
        mechanism: Mechanism,
        /// The text of the server.
        text: String,
    },
    /// The server does not follow the mechanism, or does not know the password.
    Scram(ScramError),
    /// The server sent something that belongs to no login.
    Malformed,
    /// The server has completed the registration before the login.
    Overtaken,
}

impl LoginFailure {
    /// Advice for a user who must be logged in: nothing, or words to append.
    pub(super) fn way_in(&self) -> &'static str {
        match self {
            Self::NotOffered => {
                "; to enter without the account, set account-optional = true or remove account"
            }
            _ => "",
        }
    }

    /// The account whose login the server has refused; empty if it has refused none.
    pub(in crate::client) fn account(&self) -> &str {
        match self {
            Self::Refused { account, .. } => account,
            _ => "",
        }
    }

    /// Whether another password could help.
    pub(in crate::client) fn is_about_password(&self) -> bool {
        match self {
            Self::Refused { mechanism, .. } => *mechanism != Mechanism::External,
            Self::Scram(error) => *error == ScramError::Password,
            _ => false,
        }
    }
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered => f.write_str("the server has no logins (SASL)"),
            Self::NoMechanism(offered) if offered.is_empty() => f.write_str(
                "there is nothing to log in with; set account-password-file, or client-certificate for \
                 EXTERNAL",
            ),
            Self::CertificateNotShown => f.write_str(
                "EXTERNAL needs an encrypted connection, on which the certificate is shown; connect \
                 with ircs://HOST",
            ),
            Self::NoMechanism(offered) => write!(
                f,
                "the server offers {}, and none of these can be used",
                offered.join(", ")
            ),
            Self::NotEncrypted => f.write_str(
                "PLAIN would send the password without encryption; connect with ircs://HOST",
            ),
            Self::NotVerified => f.write_str(
                "with --insecure, PLAIN could send the password to another server; connect with \
                 --fingerprint",
            ),
            Self::Refused {
                account,
                mechanism,
                text,
            } => {
                let name = mechanism.name();
                write!(f, "the server refused {name} for the account {account}: ")?;
                f.write_str(text.trim_end_matches('.'))?;
                match mechanism {
                    // Some servers keep old passwords in a form that only PLAIN can use.
                    Mechanism::ScramSha256 => {
                        f.write_str("; if the password is right, try mechanism = \"plain\"")
                    }
                    Mechanism::External => {
                        f.write_str("; is the certificate registered with the account?")
                    }
                    Mechanism::Plain => Ok(()),
                }
            }
            Self::Scram(error) => error.fmt(f),
            Self::Malformed => f.write_str("the server sent an invalid AUTHENTICATE message"),
            Self::Overtaken => f.write_str("the server did not wait for the login"),
        }
    }
}

impl std::error::Error for LoginFailure {}
