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
    /// The paths to listen on, for programs of this machine.
    pub unix_listen: Vec<PathBuf>,
    /// The address where a program can read the metrics, if there is one.
    pub metrics: Option<SocketAddr>,
    /// The settings of encrypted connections, if there are any.
    pub tls: Option<TlsSettings>,
    /// The settings of WebSocket connections, if there are any.
    pub websocket: Option<WebSocketSettings>,
    /// The store of messages, if there is one.
    pub store: Option<StoreSettings>,
    /// The file in which the actions of operators are recorded, if there is one.
    pub audit_log: Option<PathBuf>,
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

/// The settings of WebSocket connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebSocketSettings {
    /// The addresses to listen on; port 0 lets the system choose a port.
    pub listen: Vec<SocketAddr>,
    /// The addresses for encrypted connections. They have the certificates of [`TlsSettings`].
    pub tls_listen: Vec<SocketAddr>,
    /// The pages that may connect, by their origins, such as `https://chat.example`; `*` is every page.
    /// RFC 6454.
    pub origins: Vec<String>,
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
    /// All addresses to listen on, each with whether it is for TLS and for WebSocket.
    pub(in crate::server) fn addresses(&self) -> impl Iterator<Item = (SocketAddr, bool, bool)> {
        let tls = self.tls.iter().flat_map(|tls| &tls.listen);
        let websocket = self.websocket.iter().flat_map(|one| &one.listen);
        let both = self.websocket.iter().flat_map(|one| &one.tls_listen);
        (self.listen.iter().map(|address| (*address, false, false)))
            .chain(tls.map(|address| (*address, true, false)))
            .chain(websocket.map(|address| (*address, false, true)))
            .chain(both.map(|address| (*address, true, true)))
    }

    /// The defaults, on this address.
    pub fn listening_on(address: SocketAddr) -> Self {
        Self {
            listen: vec![address],
            unix_listen: Vec::new(),
            metrics: None,
            tls: None,
            websocket: None,
            store: None,
            audit_log: None,
            needs_store: false,
            hub: HubSettings::default(),
        }
    }
}

/// The report about settings that are valid.
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
