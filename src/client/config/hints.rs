//! What is wrong with a configuration of the client, where that takes more than to know what was
//! found: which place a key belongs to.

use super::file::{Config, Server};
use crate::client::command::settings::{SETTINGS, Setting, SettingError};
use crate::common::config_file::{ConfigError, keys_of};

/// What is wrong, where a table stands for a server as if there were one server only.
pub(super) fn about_tables(error: ConfigError, text: &str) -> ConfigError {
    match error {
        ConfigError::Wrong { file, place, words }
            if words.starts_with("found a table") && text.contains("[server.") =>
        {
            let words = format!("{words}; a server has its table in [servers.NAME]");
            ConfigError::Wrong { file, place, words }
        }
        error => error,
    }
}

/// What is wrong with a setting there is not.
pub(super) fn of_setting(name: &str, error: &SettingError) -> String {
    match (error, place_of_key(name)) {
        (SettingError::Unknown { nearest: None, .. }, Some(place)) => {
            format!("no setting {name}; {place}")
        }
        (SettingError::Unknown { nearest: None, .. }, None) => {
            let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
            format!("no setting {name}, expected one of {}", names.join(", "))
        }
        _ => error.to_string(),
    }
}

/// Where a key belongs that stands in another place.
pub(super) fn place_of_key(name: &str) -> Option<&'static str> {
    if Setting::find(name).is_ok() {
        Some("it belongs into [look]")
    } else if keys_of::<Config>().iter().any(|key| key == name) {
        Some("it belongs before the first [table]")
    } else if keys_of::<Server>().iter().any(|key| key == name) {
        Some("it belongs into [servers.NAME]")
    } else {
        None
    }
}
