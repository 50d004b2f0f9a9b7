//! The settings of a server: its addresses, the settings of its hub, and how they were loaded.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

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

/// What there is to report about settings that are valid.
#[derive(Debug, Default)]
pub(in crate::server) struct LoadReport {
    /// The files that were read.
    pub(in crate::server) files: Vec<PathBuf>,
    /// Values that are allowed but probably not meant.
    pub(in crate::server) warnings: Vec<String>,
}

impl LoadReport {
    /// Adds a warning, unless it is there.
    pub(super) fn warn(&mut self, warning: Option<String>) {
        let is_new = |warning: &String| !self.warnings.contains(warning);
        let new: Vec<String> = warning.into_iter().filter(is_new).collect();
        self.warnings.extend(new);
    }
}
