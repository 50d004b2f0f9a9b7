//! The configuration file of `chatroom`: the user's names, the servers by name, and the display.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::address::{Address, parse_address};
use super::hints::{self, KnownKeys};
use super::mechanism::LoginMechanism;
use super::validate::{self, ConfigMistake, ConfigProblem};
use crate::client::command::UserCommand;
use crate::client::command::settings::{DisplaySettings, Setting, SettingError};
use crate::common::config_file::{ConfigError, ConfigSource, OneOrMore, TomlHints, keys_of};

/// A commented file with every key, as `--generate config` prints it.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The contents of the file; [`EXAMPLE`] explains each key. Every key is optional.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The file that it was read from; `None` if there was none.
    #[serde(skip)]
    pub(in crate::client) file: Option<PathBuf>,
    /// The nick to ask for.
    pub nick: Option<String>,
    /// The server to connect to: a name in `servers`, or an address.
    pub server: Option<String>,
    /// The key bindings of the editor.
    #[serde(default)]
    pub keys: EditMode,
    /// Whether `chatroom ctl` can use a running session.
    #[serde(default)]
    pub control: bool,
    /// Whether to keep a log for `chatroom log`.
    #[serde(default)]
    pub log: bool,
    /// Whether to answer the CTCP requests of other programs; `None` if the file does not say.
    pub ctcp: Option<bool>,
    /// Nicks and masks of the users to ignore.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Words that alert the user like their nick.
    #[serde(default)]
    pub highlight: Vec<String>,
    /// The program that shows notifications, and its arguments. Empty: the terminal shows them.
    #[serde(default)]
    pub notify_command: Vec<String>,
    /// The user name to register with.
    pub user: Option<String>,
    /// The real name to register with.
    pub real_name: Option<String>,
    /// Nicks that the shell completes when no session is running.
    #[serde(default)]
    pub people: Vec<String>,
    /// Servers by name.
    #[serde(default)]
    pub servers: BTreeMap<String, ServerConfig>,
    /// The display settings: the defaults with the changes of the file.
    #[serde(skip)]
    pub display_settings: DisplaySettings,
    /// The display settings of `/set`, by name.
    #[serde(default)]
    look: BTreeMap<toml::Spanned<String>, toml::Spanned<LookValue>>,
    /// Short names for the beginning of a line: `j = "/join"`.
    #[serde(default)]
    alias: BTreeMap<String, toml::Spanned<String>>,
}

/// The key bindings of the editor.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum EditMode {
    /// The keys of Emacs: Ctrl-A, Ctrl-E and so on.
    #[default]
    Emacs,
    /// The keys of vi: Esc, then commands.
    Vi,
}

/// A display setting as it can be written in the file.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
enum LookValue {
    Switch(bool),
    Number(i64),
    Text(String),
}

/// A `[servers.NAME]` table.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServerConfig {
    /// Its address as on the command line, or several to be tried in turn.
    pub address: OneOrMore,
    /// Whether a session with a user connects to it at the start.
    #[serde(default)]
    pub connect: bool,
    /// The proxy to reach it through, or `none`.
    pub proxy: Option<String>,
    /// The fingerprint of its certificate, or several of them, as `sha256:` and 64 digits.
    pub fingerprint: Option<OneOrMore>,
    /// A file with the authorities that may sign its certificate, in PEM.
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate to show to the server, in PEM.
    pub client_certificate: Option<PathBuf>,
    /// The file with its key, unless that is in the same file.
    pub client_key: Option<PathBuf>,
    /// The nick to ask for on this server.
    pub nick: Option<String>,
    /// The user name to register with on this server.
    pub user: Option<String>,
    /// The real name to register with on this server.
    pub real_name: Option<String>,
    /// Nicks to try in turn when `nick` is in use.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// The rooms to join, each with its key after a space if it has one.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// A file with the server password on its first line.
    pub password_file: Option<PathBuf>,
    /// A shell command that prints the server password on its first line.
    pub password_command: Option<String>,
    /// The account to log in to.
    pub account: Option<String>,
    /// A file with the password of the account on its first line.
    pub account_password_file: Option<PathBuf>,
    /// A shell command that prints the password of the account on its first line.
    pub account_password_command: Option<String>,
    /// The only mechanism of SASL to use.
    pub mechanism: Option<LoginMechanism>,
    /// Whether to go on without the account when the login fails.
    #[serde(default)]
    pub account_optional: bool,
    /// Lines to run after each connection, before joining rooms, as if typed.
    #[serde(default, rename = "on-connect")]
    on_connect_lines: Vec<toml::Spanned<String>>,
    /// The commands that these lines are. Their texts can still have `$(COMMAND)` in them.
    #[serde(skip)]
    pub on_connect: Vec<UserCommand>,
}

impl Config {
    /// The names in the file that begin with `prefix`: each an `@nick` or a room.
    pub fn completions(&self, prefix: &str) -> Vec<String> {
        let nicks = self.people.iter().map(|nick| format!("@{nick}"));
        let rooms = self.servers.values().flat_map(|server| &server.rooms);
        // The key of a room follows its name.
        let rooms = rooms.filter_map(|room| room.split(' ').next());
        let names = nicks.chain(rooms.map(str::to_owned));
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    /// The first server with this address.
    pub(super) fn name_of(&self, address: &Address) -> Option<&str> {
        let servers = self.servers.iter();
        let mut names = servers.filter(|(_, server)| {
            let all = server.address.as_slice().iter();
            all.filter_map(|text| parse_address(text).ok())
                .any(|other| other == *address)
        });
        names.next().map(|(name, _)| name.as_str())
    }

    /// The servers to connect to at the start, besides others.
    pub(in crate::client) fn connected_at_start(&self) -> impl Iterator<Item = &String> {
        let servers = self.servers.iter();
        servers
            .filter(|(_, server)| server.connect)
            .map(|(name, _)| name)
    }

    /// The first address of the server with this name.
    pub fn address_of(&self, name: &str) -> Option<&String> {
        self.servers.get(name)?.address.as_slice().first()
    }

    /// Reads the file `named` on the command line, or the default file if it exists.
    pub fn load(
        named: Option<&Path>,
        default: Option<&Path>,
    ) -> Result<Self, ConfigError<ConfigProblem>> {
        let (file, must_exist) = match (named, default) {
            (Some(file), _) => (file, true),
            (None, Some(file)) => (file, false),
            (None, None) => return Ok(Self::default()),
        };
        match ConfigSource::read("configuration", file) {
            Ok(source) => Self::parse(&source).map(|config| config.read_from(file)),
            Err(ConfigError::Unreadable { error, .. })
                if error.kind() == io::ErrorKind::NotFound && !must_exist =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(error),
        }
    }

    /// The same, read from this file: the files that it names are relative to its folder.
    fn read_from(mut self, file: &Path) -> Self {
        let folder = file.parent().unwrap_or(Path::new(""));
        let home = std::env::var_os("HOME").map(PathBuf::from);
        for server in self.servers.values_mut() {
            for path in server.files() {
                *path = resolve_path(path, folder, home.as_deref());
            }
        }
        self.file = Some(file.to_owned());
        self
    }

    fn parse(source: &ConfigSource<'_>) -> Result<Self, ConfigError<ConfigProblem>> {
        let known = KnownKeys {
            top_level: keys_of::<Self>(),
            server: keys_of::<ServerConfig>(),
        };
        let mut config: Self = source.parse_with(TomlHints {
            place_of_key: &|key| known.place_of(key),
            unexpected_table: hints::unexpected_table(&source.text),
        })?;
        let mut mistakes = validate::mistakes(&source.text);
        let aliases = config.aliases();
        for server in config.servers.values_mut() {
            for line in &server.on_connect_lines {
                match validate::parse_on_connect(line.get_ref(), &aliases) {
                    Ok(command) => server.on_connect.push(command),
                    Err(problem) => mistakes.push(ConfigMistake {
                        at: line.span().start,
                        problem,
                    }),
                }
            }
        }
        if let Some(ConfigMistake { at, problem }) = mistakes.into_iter().min_by_key(|one| one.at) {
            return Err(source.wrong(Some(at), problem));
        }
        for (name, value) in &config.look {
            let display = &mut config.display_settings;
            set(name.get_ref(), value.get_ref(), display).map_err(|error| {
                let at = match &error {
                    SettingError::Unknown { .. } => name.span().start,
                    SettingError::Value { .. } => value.span().start,
                };
                source.wrong(Some(at), ConfigProblem::Look(known.explain_setting(error)))
            })?;
        }
        Ok(config)
    }

    /// Each short name, without its slash, and the beginning of a line that replaces it.
    pub fn aliases(&self) -> BTreeMap<String, String> {
        let aliases = self.alias.iter();
        aliases
            .map(|(name, long)| (name.clone(), long.get_ref().clone()))
            .collect()
    }
}

impl ServerConfig {
    /// The files that it names.
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let files = [
            &mut self.ca_file,
            &mut self.client_certificate,
            &mut self.client_key,
            &mut self.password_file,
            &mut self.account_password_file,
        ];
        files.into_iter().flatten()
    }
}

/// The path of a file that the configuration names: `~/` is the home directory, and what is not absolute
/// is in the folder of the configuration.
fn resolve_path(path: &Path, folder: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

/// Applies one setting of the file.
fn set(name: &str, value: &LookValue, display: &mut DisplaySettings) -> Result<(), SettingError> {
    let setting = Setting::find(name)?;
    let value = match value {
        LookValue::Switch(true) => "on".to_owned(),
        LookValue::Switch(false) => "off".to_owned(),
        LookValue::Number(number) if setting.takes_numbers() => number.to_string(),
        LookValue::Number(number) => return Err(setting.invalid_value(&number.to_string())),
        LookValue::Text(text) => text.clone(),
    };
    setting.set(display, &value)
}

#[cfg(test)]
mod tests;
