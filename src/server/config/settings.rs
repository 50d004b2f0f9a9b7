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
    /// The settings of encrypted connections, if there are any.
    pub tls: Option<TlsSettings>,
    /// The store of messages, if there is one.
    pub store: Option<StoreSettings>,
    /// Whether settings are configured that make sense only with a store.
    pub needs_store: bool,
    /// All settings but those of sockets.
    pub hub: HubSettings,
}

/// The settings of encrypted connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// The addresses to listen on; port 0 lets the system choose a port.
    pub listen: Vec<SocketAddr>,
    /// The certificates. The first is for clients that ask for no name, or for one that none has.
    pub certificates: Vec<CertificateFiles>,
    /// The folder of the certificate that the server makes for itself, if it does.
    pub self_signed: Option<PathBuf>,
}

/// The files of a certificate, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain of certificates, the server's own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Where messages are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The folder, which one server at a time can use. It is created if it is missing.
    pub folder: PathBuf,
    /// For how many days messages are kept; `None` for ever.
    pub keep_days: Option<u32>,
    /// Whether to start although the newest message is more than a day ahead of the clock.
    pub accept_clock: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self::listening_on(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))
    }
}

impl Settings {
    /// The addresses for encrypted connections.
    pub(in crate::server) fn tls_listen(&self) -> &[SocketAddr] {
        self.tls.as_ref().map_or(&[], |tls| &tls.listen)
    }

    /// The defaults, on this address.
    pub fn listening_on(address: SocketAddr) -> Self {
        Self {
            listen: vec![address],
            tls: None,
            store: None,
            needs_store: false,
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
