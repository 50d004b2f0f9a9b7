//! Hints for mistakes in the configuration file: where a key belongs, and which table was meant.

use std::fmt;

use crate::client::command::settings::{SETTINGS, Setting, SettingError};
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

    /// The mistake of a setting in `[look]` that is not accepted.
    pub(super) fn explain_setting(&self, error: SettingError) -> LookError {
        match &error {
            SettingError::Unknown {
                name,
                nearest: None,
            } => LookError::Unknown {
                place: self.place_of(name),
                name: name.clone(),
            },
            _ => LookError::Invalid(error),
        }
    }
}

/// The hint for a table that is not accepted: probably `[server.NAME]`, where the file has one.
pub(super) fn unexpected_table(text: &str) -> Option<&'static str> {
    let hint = "the table of a server is [servers.NAME]";
    text.contains("[server.").then_some(hint)
}

/// Why a setting in `[look]` is not accepted. Its `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookError {
    /// No setting has a name like it. `place` is the hint for a key of another table.
    Unknown {
        name: String,
        place: Option<&'static str>,
    },
    /// The setting is misspelled, or it cannot have the value.
    Invalid(SettingError),
}

impl fmt::Display for LookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                name,
                place: Some(place),
            } => write!(f, "no setting {name}; {place}"),
            Self::Unknown { name, place: None } => {
                let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
                write!(
                    f,
                    "no setting {name}; the settings are {}",
                    names.join(", ")
                )
            }
            Self::Invalid(error) => f.write_str(&as_cause(&error.to_string())),
        }
    }
}
