//! The settings of a server: its addresses, and the settings of its hub.

use std::net::{Ipv4Addr, SocketAddr};

use crate::server::hub::HubSettings;

/// The usual port of IRC without TLS.
const PORT: u16 = 6667;

/// The settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The addresses to listen on; port 0 lets the system choose a port.
    pub listen: Vec<SocketAddr>,
    /// All settings but those of sockets.
    pub hub: HubSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self::listening_on(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))
    }
}

impl Settings {
    /// The defaults, on this address.
    pub fn listening_on(address: SocketAddr) -> Self {
        Self {
            listen: vec![address],
            hub: HubSettings::default(),
        }
    }
}
