//! Hints for mistakes in the configuration file: where a key belongs, and which table was meant.

use crate::client::command::settings::{SETTINGS, Setting, SettingError};
use crate::common::config_file::ConfigError;
use crate::common::sentence::as_cause;

/// The keys that the file accepts, by the kind of table.
pub(super) struct KnownKeys {
    /// Before the first section.
    pub(super) top_level: Vec<String>,
    /// In each `[servers.NAME]`.
    pub(super) server: Vec<String>,
}

impl KnownKeys {
    /// Where a key belongs that was found in the wrong place.
    pub(super) fn place_of(&self, key: &str) -> Option<&'static str> {
        if Setting::find(key).is_ok() {
            Some("it belongs in [look]")
        } else if self.top_level.iter().any(|known| known == key) {
            Some("it belongs at the top of the file, before any [section]")
        } else if self.server.iter().any(|known| known == key) {
            Some("it belongs in [servers.NAME]")
        } else if key == "insecure" {
            Some("it is only for one run: --insecure")
        } else {
            None
        }
    }

    /// The message for a setting in `[look]` that is not accepted.
    pub(super) fn explain_setting(&self, name: &str, error: &SettingError) -> String {
        match (error, self.place_of(name)) {
            (SettingError::Unknown { nearest: None, .. }, Some(place)) => {
                format!("no setting {name}; {place}")
            }
            (SettingError::Unknown { nearest: None, .. }, None) => {
                let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
                format!("no setting {name}; the settings are {}", names.join(", "))
            }
            _ => as_cause(&error.to_string()),
        }
    }
}

/// Adds a hint where the file has `[server.NAME]` instead of `[servers.NAME]`.
pub(super) fn explain_table(error: ConfigError, text: &str) -> ConfigError {
    match error {
        ConfigError::Wrong { file, place, words }
            if words.starts_with("found a table") && text.contains("[server.") =>
        {
            let words = format!("{words}; the table of a server is [servers.NAME]");
            ConfigError::Wrong { file, place, words }
        }
        error => error,
    }
}
