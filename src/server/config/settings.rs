//! The settings of a whole server: where it listens, and what its hub is like.

use std::net::{Ipv4Addr, SocketAddr};

use crate::server::hub::HubSettings;

/// The usual port of IRC without TLS.
const PORT: u16 = 6667;

/// What a server is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens; port 0 picks one.
    pub listen: Vec<SocketAddr>,
    /// All that does not concern sockets.
    pub hub: HubSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self::listening_on(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))
    }
}

impl Settings {
    /// What is usual, on this address.
    pub fn listening_on(address: SocketAddr) -> Self {
        Self {
            listen: vec![address],
            hub: HubSettings::default(),
        }
    }
}
