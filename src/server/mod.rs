//! `chatroomd`: a slim IRC server in one thread with one event loop.
//!
//! This is the facade: [`run`] is the whole program, [`EmbeddedServer`] the same server inside
//! another program, and [`hub`] the deterministic core, which can be driven in memory. It must not
//! know how anything is done; `bin` and embedders use it.

#[cfg_attr(not(feature = "store"), path = "no_admin.rs")]
mod admin;
mod auth;
#[cfg_attr(not(feature = "tls"), path = "no_certificates.rs")]
mod certificates;
mod config;
mod daemon;
mod embedded;
mod error;
mod hash_password;
mod hosted_room;
pub mod hub;
mod logging;
#[cfg(not(feature = "for-tests"))]
mod net;
#[cfg(feature = "for-tests")]
pub mod net;
mod password_input;
#[cfg_attr(not(feature = "store"), path = "no_store.rs")]
mod store;
mod systemd;

pub use config::options::ServerOptions;
pub use config::settings::{
    CertificateFiles, Settings, StoreSettings, TlsSettings, WebSocketSettings,
};
pub use daemon::{report, run};
pub use embedded::EmbeddedServer;
pub use error::{CertificateProblem, ServerError, StoreDamage, StoreProblem};
pub use hosted_room::{STOP_LINE, host_room};
