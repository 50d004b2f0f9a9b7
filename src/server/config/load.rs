//! Merges the settings: the command line takes precedence over the environment, the environment
//! over the file, and the file over the defaults.

use std::env;
use std::path::{Path, PathBuf};

use super::file;
use super::options::ServerOptions;
use super::settings::{LoadReport, Settings, StoreSettings};
use super::validate::{overlapping_addresses, read_motd};
use crate::server::error::ServerError;
use crate::server::hub::StoredRooms;

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
    if !options.unix_listen.is_empty() {
        settings.unix_listen.clone_from(&options.unix_listen);
    }
    settings.metrics = options.metrics.or(settings.metrics);
    if let Some(address) = settings.metrics.filter(|one| !one.ip().is_loopback()) {
        report.warnings.push(format!(
            "all who can reach {address} can read the metrics, without encryption"
        ));
    }
    if !options.tls_listen.is_empty() || options.tls_self_signed {
        let tls = settings.tls.get_or_insert_default();
        if !options.tls_listen.is_empty() {
            tls.listen.clone_from(&options.tls_listen);
        }
        if options.tls_self_signed && tls.self_signed.is_none() {
            tls.self_signed = Some(state_folder(options.config.as_deref())?);
        }
    }
    set_websocket(options, &mut settings);
    if let Some(folder) = &options.store {
        let of_file = settings.store.take();
        settings.store = Some(StoreSettings {
            folder: folder.clone(),
            keep_days: of_file.and_then(|store| store.keep_days),
            accept_clock: false,
        });
    }
    match &mut settings.store {
        Some(store) => store.accept_clock = options.accept_clock,
        None if options.accept_clock => {
            let words = "there is no store, so --accept-clock changes nothing; --store names one";
            report.warnings.push(words.to_owned());
        }
        None => {}
    }
    if settings.needs_store && settings.store.is_none() {
        return Err(ServerError::AccountsWithoutStore);
    }
    let keeps_lobby_only = settings.hub.stored_rooms == StoredRooms::Lobby;
    if settings.store.is_some() && settings.hub.lobby.is_none() && keeps_lobby_only {
        let words = "there is no lobby, so the messages of no room are stored; set rooms = \"registered\" or \"all\" in [store]";
        report.warnings.push(words.to_owned());
    }
    let has_secure_pages =
        (settings.websocket.as_ref()).is_some_and(|one| !one.tls_listen.is_empty());
    if has_secure_pages && settings.tls.is_none() {
        return Err(ServerError::NoCertificate);
    }
    if let Some(tls) = &settings.tls
        && tls.certificates.is_empty()
        && tls.self_signed.is_none()
    {
        return Err(ServerError::NoCertificate);
    }
    let listen: Vec<_> = settings.addresses().map(|(address, ..)| address).collect();
    if let Some([one, other]) = overlapping_addresses(&listen) {
        return Err(ServerError::OverlappingAddresses(one, other));
    }
    Ok((settings, report))
}

fn set_websocket(options: &ServerOptions, settings: &mut Settings) {
    let given = (&options.websocket_listen, &options.websocket_tls_listen);
    if given.0.is_empty() && given.1.is_empty() && options.websocket_origin.is_empty() {
        return;
    }
    let websocket = settings.websocket.get_or_insert_default();
    for (given, setting) in [
        (given.0, &mut websocket.listen),
        (given.1, &mut websocket.tls_listen),
    ] {
        if !given.is_empty() {
            setting.clone_from(given);
        }
    }
    if !options.websocket_origin.is_empty() {
        websocket.origins.clone_from(&options.websocket_origin);
    }
}

/// Where the certificate is kept that the server makes for itself: beside the configuration, else in
/// the state folder of the service or the user.
fn state_folder(config: Option<&Path>) -> Result<PathBuf, ServerError> {
    if let Some(folder) = config.and_then(Path::parent) {
        return Ok(folder.join("tls"));
    }
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    // Set by the service manager. systemd.exec(5).
    if let Some(folder) = variable("STATE_DIRECTORY") {
        return Ok(Path::new(&folder).join("tls"));
    }
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = || Some(Path::new(&variable("HOME")?).join(".local/state"));
    let state = state.or_else(home).ok_or(ServerError::NoFolder)?;
    Ok(state.join("chatroomd/tls"))
}
