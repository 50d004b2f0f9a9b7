//! What the driver needs to run a session.

use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use super::dial::Dialer;
use super::remembered::RememberedSecurity;
use crate::client::config::address::Address;
use crate::client::config::proxy::ProxyAddress;
use crate::client::config::trust::{IdentityFiles, Trust};

/// An established connection, and what is needed to connect again.
pub(in crate::client) struct Established {
    /// The first connection.
    pub(in crate::client) stream: TcpStream,
    /// The address to connect to again.
    pub(in crate::client) address: Address,
    /// The proxy to connect through.
    pub(in crate::client) proxy: Option<ProxyAddress>,
    /// Which certificates are trusted there.
    pub(in crate::client) trust: Trust,
    /// The certificate to show there.
    pub(in crate::client) identity: Option<IdentityFiles>,
    /// What is remembered about the encryption of servers.
    pub(in crate::client) remembered: RememberedSecurity,
    /// The start of the program: session times count from here.
    pub(in crate::client) started: Instant,
    /// Connects to other servers for `/connect`.
    pub(in crate::client) dialer: Dialer,
    /// The folder of the log, if one is kept.
    pub(in crate::client) log: Option<PathBuf>,
}
