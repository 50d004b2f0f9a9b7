//! Merges the settings: the command line takes precedence over the environment, the environment
//! over the file, and the file over the defaults.

use super::file;
use super::options::ServerOptions;
use super::settings::{LoadReport, Settings};
use super::validate::{overlapping_addresses, read_motd};
use crate::server::error::ServerError;

/// The settings, and how they were loaded.
pub(in crate::server) type Loaded = Result<(Settings, LoadReport), ServerError>;

/// Loads the settings. Without `may_wait` a file that would block is an error: a running server must not wait.
pub(in crate::server) fn load(options: &ServerOptions, may_wait: bool) -> Loaded {
    let mut settings = Settings::default();
    let mut report = LoadReport::default();
    if let Some(path) = &options.config {
        file::read(path, may_wait, &mut settings, &mut report)?;
    }
    let hub = &mut settings.hub;
    hub.name = options.name.clone().unwrap_or(hub.name.clone());
    hub.network = options.network.clone().unwrap_or(hub.network.clone());
    if let Some(path) = &options.motd {
        hub.motd = read_motd(path, may_wait)?;
        report.files.push(path.clone());
    }
    hub.lobby = options.lobby.clone().or(hub.lobby.take());
    if options.no_lobby {
        hub.lobby = None;
    }
    hub.limits.enabled &= !options.no_limits;
    if !options.listen.is_empty() {
        settings.listen.clone_from(&options.listen);
    }
    if let Some([one, other]) = overlapping_addresses(&settings.listen) {
        return Err(ServerError::OverlappingAddresses(one, other));
    }
    Ok((settings, report))
}
