//! The names of the mechanisms of SASL in the configuration file.

use serde::Deserialize;

use crate::wire::sasl::Mechanism;

/// How to log in to an account, as the configuration file names it.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LoginMechanism {
    /// With the certificate of the user.
    External,
    /// With a proof of the password.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// With the password itself.
    Plain,
}

impl From<LoginMechanism> for Mechanism {
    fn from(mechanism: LoginMechanism) -> Self {
        match mechanism {
            LoginMechanism::External => Self::External,
            LoginMechanism::ScramSha256 => Self::ScramSha256,
            LoginMechanism::Plain => Self::Plain,
        }
    }
}
