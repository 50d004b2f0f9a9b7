//! The configuration file of `chatroom`: who one is, and the servers one goes to, by name.

use super::hints;
use super::validate;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::client::command::settings::{DisplaySettings, Setting, SettingError};
use crate::common::config_file::{ConfigError, ConfigSource};

/// A file that says everything there is to say, as `--generate config` prints it.
pub const EXAMPLE: &str = include_str!("example.toml");

/// What the file can say; [`EXAMPLE`] explains it. Every part of it may be left out.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The nick to ask for.
    pub nick: Option<String>,
    /// The server to go to: one of `servers`, or an address.
    pub server: Option<String>,
    /// The keys of the editor: those of Emacs or those of vi.
    #[serde(default)]
    pub keys: Keys,
    /// Whether other programs of this person can use a running session: `chatroom ctl`.
    #[serde(default)]
    pub control: bool,
    /// Whether all that is seen is kept, for `chatroom log`.
    #[serde(default)]
    pub log: bool,
    /// Nicks and masks of those whose words are not shown.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Words that call this person as their nick does.
    #[serde(default)]
    pub highlight: Vec<String>,
    /// The user name to tell servers.
    pub user: Option<String>,
    /// The real name to tell servers.
    pub real_name: Option<String>,
    /// Nicks that the shell completes when no session is running.
    #[serde(default)]
    pub people: Vec<String>,
    /// Servers by name.
    #[serde(default)]
    pub servers: BTreeMap<String, Server>,
    /// How things are shown: the settings of `/set`, by name.
    #[serde(default)]
    look: BTreeMap<toml::Spanned<String>, toml::Spanned<LookValue>>,
    /// Short names for longer lines: `j = "/join"`.
    #[serde(default)]
    alias: BTreeMap<String, toml::Spanned<String>>,
}

/// The keys of the editor.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// Ctrl-A, Ctrl-E and so on.
    #[default]
    Emacs,
    /// Esc for commands.
    Vi,
}

/// A setting in the file, which may be written as what it is.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
enum LookValue {
    Switch(bool),
    Number(i64),
    Text(String),
}

/// One server.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Server {
    /// Where it is: as on the command line.
    pub address: String,
    /// The nick to ask for there.
    pub nick: Option<String>,
    /// The user name to tell this one.
    pub user: Option<String>,
    /// The real name to tell this one.
    pub real_name: Option<String>,
    /// Other nicks, to be tried in turn when that one is taken.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// The rooms to enter there.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// A file with the password of the server on its first line.
    pub password_file: Option<PathBuf>,
    /// A command of the shell that prints the password of the server on its first line.
    pub password_command: Option<String>,
    /// What is done on each connection before rooms are entered, as it would be typed.
    #[serde(default)]
    pub on_connect: Vec<String>,
}

impl Config {
    /// The names in it that begin like this: `@nick` or a room.
    pub fn names_like(&self, start: &str) -> Vec<String> {
        let nicks = self.people.iter().map(|nick| format!("@{nick}"));
        let rooms = self.servers.values().flat_map(|server| &server.rooms);
        // A key may stand behind the name.
        let rooms = rooms.filter_map(|room| room.split(' ').next());
        let names = nicks.chain(rooms.map(str::to_owned));
        names.filter(|name| name.starts_with(start)).collect()
    }

    /// The address of a server by its name here.
    pub fn address_of(&self, name: &str) -> Option<&String> {
        self.servers.get(name).map(|server| &server.address)
    }

    /// Reads `named`, or the usual file if there is one.
    pub fn load(named: Option<&Path>, usual: Option<&Path>) -> Result<Self, ConfigError> {
        let (file, must_exist) = match (named, usual) {
            (Some(file), _) => (file, true),
            (None, Some(file)) => (file, false),
            (None, None) => return Ok(Self::default()),
        };
        match ConfigSource::read("configuration", file) {
            Ok(source) => Self::parse(&source),
            Err(ConfigError::Unreadable { error, .. })
                if error.kind() == io::ErrorKind::NotFound && !must_exist =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(error),
        }
    }

    fn parse(source: &ConfigSource<'_>) -> Result<Self, ConfigError> {
        let config: Self = source
            .parse_with(hints::place_of_key)
            .map_err(|error| hints::about_tables(error, &source.text))?;
        if let Some((at, words)) = validate::first_mistake(&source.text) {
            return Err(source.wrong(Some(at), words));
        }
        let mut taste = DisplaySettings::default();
        for (name, value) in &config.look {
            set(name.get_ref(), value.get_ref(), &mut taste).map_err(|error| {
                let (at, words) = match &error {
                    SettingError::Unknown { name: other, .. } => {
                        (name.span().start, hints::of_setting(other, &error))
                    }
                    SettingError::Value { .. } => (value.span().start, error.to_string()),
                };
                source.wrong(Some(at), words)
            })?;
        }
        Ok(config)
    }

    /// Short names and what they stand for.
    pub fn aliases(&self) -> BTreeMap<String, String> {
        let aliases = self.alias.iter();
        aliases
            .map(|(name, long)| (name.clone(), long.get_ref().clone()))
            .collect()
    }

    /// How things are shown, as the file says.
    pub fn taste(&self) -> DisplaySettings {
        let mut taste = DisplaySettings::default();
        for (name, value) in &self.look {
            let set = set(name.get_ref(), value.get_ref(), &mut taste);
            debug_assert!(set.is_ok(), "the file was checked when it was read");
        }
        taste
    }
}

/// Makes a setting of the file.
fn set(name: &str, value: &LookValue, taste: &mut DisplaySettings) -> Result<(), SettingError> {
    let setting = Setting::find(name)?;
    let value = match value {
        LookValue::Switch(true) => "on".to_owned(),
        LookValue::Switch(false) => "off".to_owned(),
        LookValue::Number(number) if setting.takes_numbers() => number.to_string(),
        LookValue::Number(number) => return Err(setting.cannot_be(&number.to_string())),
        LookValue::Text(text) => text.clone(),
    };
    setting.set(taste, &value)
}

#[cfg(test)]
mod tests;
