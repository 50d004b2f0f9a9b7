//! The reasons why a value of the command line or of the configuration file is not accepted.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::common::config_file::TomlError;
use crate::wire::name::NameError;

/// The port of IRC without TLS.
const USUAL_PORT: u16 = 6667;

/// Why a value is invalid. Its `Display` is the expectation that the value does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidValue {
    MissingPort(IpAddr),
    NotAnAddress,
    OverlappingAddresses([SocketAddr; 2]),
    EmptyPassword,
    UnsendablePassword,
    PasswordTooLong {
        bytes_max: usize,
    },
    ByteOrderMark,
    ControlCharacter,
    MotdTooLong,
    NotAServerName,
    NotANetworkName,
    NotAFingerprint,
    NotAnOrigin,
    NotABanTarget,
    NotABanTime,
    NotABanReason,
    NoAddress,
    /// A key, and the one that names a file for the same value.
    BothKeys,
    OperatorNameTwice,
    GatewayNameTwice,
    /// A proxy or a gateway without addresses.
    NoSource,
    NotANetwork,
    NotOneWord,
    NameTooLong,
    NotAPasswordHash,
    NotAnAccount(NameError),
    /// An operator with no credential, or with several.
    NotOneCredential,
    NotARight,
    UnpairedCertificates,
    /// A policy for a port that no listener has.
    NoTlsPort,
    NoFolder,
    /// A number above `max`; `zero` is the meaning of 0.
    NotACount {
        zero: &'static str,
        max: u32,
    },
    OutOfRange {
        min: u32,
        max: u32,
    },
    NotASwitch,
    NotAStoredRooms,
    NotALobby,
    NotARegistration,
    /// `verify-command` without the registration that runs it.
    UnusedCommand,
    /// The registration that runs a command, without the command.
    NoCommand,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingPort(address) => {
                let address = SocketAddr::new(*address, USUAL_PORT);
                return write!(f, "add a port, as in {address}");
            }
            Self::NotAnAddress => "expected an IP address with a port, such as 127.0.0.1:6667",
            Self::OverlappingAddresses([one, other]) if one == other => {
                return write!(f, "{one} is listed twice");
            }
            Self::OverlappingAddresses([one, other]) => {
                return write!(f, "{one} and {other} overlap; remove one of them");
            }
            Self::EmptyPassword => "expected a password that is not empty",
            Self::UnsendablePassword => {
                "expected a password without line endings and NUL, which no client can send"
            }
            Self::PasswordTooLong { bytes_max } => {
                return write!(
                    f,
                    "expected a password of at most {bytes_max} bytes, so that it fits in a line"
                );
            }
            Self::ByteOrderMark => "expected text without a byte order mark at the start",
            Self::ControlCharacter => "expected plain lines without control characters",
            Self::MotdTooLong => "expected lines of at most 400 bytes, and at most 16 KiB in total",
            Self::NotAServerName => "expected a host name with a dot in it, such as chat.example",
            Self::NotANetworkName => {
                "expected one word of at most 32 letters, digits, '-', '_' and '.'"
            }
            Self::NotABanTarget => "expected a mask, a:ACCOUNT, an address or a network",
            Self::NotABanTime => "expected a time, such as 10d, 1h30m or 90 for minutes",
            Self::NotABanReason => "expected a reason of at most 200 bytes on one line",
            Self::NotAFingerprint => "expected the 64 hexadecimal digits of a SHA-256",
            Self::NotAnOrigin => {
                "expected an origin without a path, such as https://chat.example, or *"
            }
            Self::NoAddress => "expected addresses with ports, such as [\"127.0.0.1:6667\"]",
            Self::BothKeys => "expected this key or the one without -file, not both",
            Self::OperatorNameTwice => "another operator has this name",
            Self::GatewayNameTwice => "another gateway has this name",
            Self::NoSource => "expected from = [\"192.0.2.7\"] with its addresses",
            Self::NotANetwork => "expected an address or a network, such as 192.0.2.0/24",
            Self::NotOneWord => "expected one word",
            Self::NameTooLong => "expected at most 100 bytes",
            Self::NotAPasswordHash => "expected a hash made by `chatroomd hash-password`",
            Self::NotAnAccount(error) => return write!(f, "expected a nick: {error}"),
            Self::NotOneCredential => {
                "expected one of password, password-hash, account and certificate"
            }
            Self::NotARight => "expected \"ban\", \"kill\", \"rehash\", \"rooms\" or \"wallops\"",
            Self::UnpairedCertificates => {
                "expected one certificate and one key, or as many of both"
            }
            Self::NoTlsPort => "expected listen in the same table, with the port for the policy",
            Self::NoFolder => "expected a folder",
            Self::NotACount { zero, max } => {
                return write!(f, "expected a number from 0 ({zero}) to {max}");
            }
            Self::OutOfRange { min, max } => {
                return write!(f, "expected a number from {min} to {max}");
            }
            Self::NotASwitch => "expected true or false",
            Self::NotAStoredRooms => "expected \"lobby\", \"registered\" or \"all\"",
            Self::NotALobby => "expected a room such as \"#lobby\", or false for none",
            Self::NotARegistration => "expected \"closed\", \"open\", \"code\" or \"command\"",
            Self::UnusedCommand => "expected registration = \"command\" in the same table",
            Self::NoCommand => "expected verify-command in the same table, with the program",
        })
    }
}

impl std::error::Error for InvalidValue {}

/// A mistake in the configuration file, or in one that it names. Its `Display` is the message.
#[derive(Debug)]
pub enum FileMistake {
    Toml(TomlError),
    /// A key with an invalid value.
    Value {
        key: String,
        value: InvalidValue,
    },
    /// A line of the message of the day.
    Motd(InvalidValue),
}

impl fmt::Display for FileMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(error) => error.fmt(f),
            Self::Value { key, value } => write!(f, "{key}: wrong value, {value}"),
            Self::Motd(value) => value.fmt(f),
        }
    }
}

impl From<TomlError> for FileMistake {
    fn from(error: TomlError) -> Self {
        Self::Toml(error)
    }
}
