//! Checks the names, rooms, masks and lines in the configuration file before anything uses them: a
//! name must not become more than a name in a line to a server.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::address::{Address, AddressError, InvalidAddress, parse_address};
use super::hints::LookError;
use super::mechanism::LoginMechanism;
use super::proxy::{InvalidProxy, NO_PROXY, parse_proxy};
use super::trust::{InvalidFingerprint, parse_fingerprint};
use crate::client::command::alias::parse_with_aliases;
use crate::client::command::{
    CommandSpec, InvalidNick, ParseError, UserCommand, check_nick, has_room_prefix,
    nearest_command, parse_room,
};
use crate::common::config_file::{OneOrMore, TomlError};
use crate::common::suggest::nearest;
use crate::wire::mask;

/// The longest name of an account, in bytes: one of SASL has at most 255. RFC 4616, section 2.
const ACCOUNT_BYTES_MAX: usize = 255;
/// The longest real name, in bytes.
const REAL_NAME_BYTES_MAX: usize = 200;

/// The values to check, with their positions in the file. Other keys are ignored.
#[derive(Debug, Deserialize)]
struct CheckedConfig {
    nick: Option<Spanned<String>>,
    server: Option<Spanned<String>>,
    #[serde(rename = "real-name")]
    real_name: Option<Spanned<String>>,
    #[serde(default)]
    people: Vec<Spanned<String>>,
    #[serde(default)]
    highlight: Vec<Spanned<String>>,
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    servers: BTreeMap<String, CheckedServer>,
    #[serde(default)]
    alias: BTreeMap<String, Spanned<String>>,
}

#[derive(Debug, Deserialize)]
struct CheckedServer {
    address: Spanned<OneOrMore>,
    proxy: Option<Spanned<String>>,
    fingerprint: Option<Spanned<OneOrMore>>,
    nick: Option<Spanned<String>>,
    #[serde(rename = "real-name")]
    real_name: Option<Spanned<String>>,
    #[serde(default)]
    alternatives: Vec<Spanned<String>>,
    #[serde(default)]
    rooms: Vec<Spanned<String>>,
    #[serde(rename = "client-certificate")]
    client_certificate: Option<String>,
    #[serde(rename = "client-key")]
    client_key: Option<Spanned<String>>,
    account: Option<Spanned<String>>,
    #[serde(rename = "account-password-file")]
    account_password_file: Option<Spanned<String>>,
    #[serde(rename = "account-password-command")]
    account_password_command: Option<Spanned<String>>,
    mechanism: Option<Spanned<LoginMechanism>>,
    #[serde(rename = "account-optional")]
    account_optional: Option<Spanned<bool>>,
    #[serde(rename = "password-file")]
    password_file: Option<Spanned<String>>,
    #[serde(rename = "password-command")]
    password_command: Option<Spanned<String>>,
}

/// A mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigMistake {
    /// Its byte offset in the file.
    pub(super) at: usize,
    pub(super) problem: ConfigProblem,
}

/// A problem with a value of the file. Its `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigProblem {
    Toml(TomlError),
    Look(LookError),
    Nick(InvalidNick),
    Address(InvalidAddress),
    Fingerprint(String),
    Proxy(InvalidProxy),
    /// A proxy for the Unix socket of a server.
    ProxyToSocket,
    /// A list without an address.
    NoAddress,
    /// Some of the addresses of a server are encrypted, or on this machine, and others are not.
    MixedAddresses,
    /// `server` is neither a table of the file nor an address.
    UnknownServer {
        name: String,
        error: AddressError,
    },
    /// `server` is close to the name of a table of the file.
    MisspelledServer {
        name: String,
        nearest: String,
    },
    RealName(String),
    Highlight(String),
    Ignore(String),
    Room(String),
    AliasName(String),
    /// The expansion of an alias is neither a command nor a message.
    AliasExpansion(String),
    UnknownCommand {
        name: String,
        nearest: Option<&'static str>,
    },
    /// The command cannot run before the rooms are joined.
    NotOnConnect(String),
    OnConnect {
        line: String,
        error: ParseError,
    },
    TwoPasswords,
    /// The name of an account that no server could have.
    Account(String),
    /// Both ways to get the password of the account.
    TwoAccountPasswords,
    /// This key without `account`.
    NoAccount(&'static str),
    /// `mechanism = "external"` without `client-certificate`.
    NoCertificate,
    /// `client-key` without `client-certificate`.
    KeyAlone,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(error) => error.fmt(f),
            Self::Look(error) => error.fmt(f),
            Self::Nick(error) => error.fmt(f),
            Self::Address(error) => error.fmt(f),
            Self::Proxy(error) => write!(f, "{error}, or {NO_PROXY:?}"),
            Self::ProxyToSocket => {
                f.write_str("a proxy does not reach a Unix socket of this machine; remove proxy")
            }
            Self::NoAddress => f.write_str("a server needs an address"),
            Self::MixedAddresses => f.write_str(
                "the addresses of one server must all be encrypted, all plain, or all on this machine",
            ),
            Self::UnknownServer { name, error } => write!(
                f,
                "{name:?} is neither a server in this file nor a valid address: {error}"
            ),
            Self::MisspelledServer { name, nearest } => {
                write!(f, "there is no [servers.{name}]; did you mean {nearest:?}?")
            }
            Self::Fingerprint(text) => {
                write!(f, "{text:?} is not a fingerprint: {InvalidFingerprint}")
            }
            Self::RealName(name) => write!(
                f,
                "{name:?} is not a valid real name: use at most 200 bytes and no control characters"
            ),
            Self::Highlight(word) => write!(
                f,
                "{word:?} is not a word to highlight: use at least one character that is not a \
                 space"
            ),
            Self::Ignore(mask) => write!(f, "{mask:?} is neither a nick nor a mask"),
            Self::Room(room) => write!(
                f,
                "{room:?} is not a valid room name; rooms look like #room"
            ),
            Self::AliasName(name) => write!(
                f,
                "{name:?} is not a valid alias name: leave out spaces and /"
            ),
            Self::AliasExpansion(expansion) => {
                write!(f, "{expansion:?} is not a command: commands begin with a /")
            }
            Self::UnknownCommand {
                name,
                nearest: Some(nearest),
            } => write!(f, "no command /{name}; did you mean /{nearest}?"),
            Self::UnknownCommand {
                name,
                nearest: None,
            } => write!(f, "no command /{name}"),
            Self::NotOnConnect(line) => write!(
                f,
                "{line:?} cannot be used in on-connect; use /msg, /notice, /mode NICK, /nick, \
                 /away, /join or /raw"
            ),
            Self::OnConnect { line, error } => {
                write!(f, "{line:?} is not a valid command: {error}")
            }
            Self::TwoPasswords => {
                f.write_str("set either password-file or password-command, not both")
            }
            Self::Account(name) => write!(
                f,
                "{name:?} is not a valid account: use at most {ACCOUNT_BYTES_MAX} bytes, and no spaces \
                 or control characters"
            ),
            Self::TwoAccountPasswords => f.write_str(
                "set either account-password-file or account-password-command, not both",
            ),
            Self::NoAccount(key) => write!(f, "{key} needs account, the name to log in with"),
            Self::NoCertificate => f.write_str("the mechanism external needs client-certificate"),
            Self::KeyAlone => f.write_str("client-key needs client-certificate"),
        }
    }
}

impl From<TomlError> for ConfigProblem {
    fn from(error: TomlError) -> Self {
        Self::Toml(error)
    }
}

/// The mistakes in the file, in any order. `on-connect` is not among them: see [`parse_on_connect`].
pub(super) fn mistakes(text: &str) -> Vec<ConfigMistake> {
    let Ok(config) = toml::from_str::<CheckedConfig>(text) else {
        return Vec::new();
    };
    let mut mistakes = Vec::new();
    if let Some(server) = &config.server {
        let problem = check_server_choice(server.get_ref(), &config.servers).err();
        mistakes.extend(mistake_at(server, problem));
    }
    for word in &config.highlight {
        let is_blank = word.get_ref().trim().is_empty();
        let problem = is_blank.then(|| ConfigProblem::Highlight(word.get_ref().clone()));
        mistakes.extend(mistake_at(word, problem));
    }
    for (name, expansion) in &config.alias {
        let problem = check_alias(name, expansion.get_ref()).err();
        mistakes.extend(mistake_at(expansion, problem));
    }
    for mask in &config.ignore {
        let is_mask = mask::normalize(mask.get_ref()).is_some();
        let problem = (!is_mask).then(|| ConfigProblem::Ignore(mask.get_ref().clone()));
        mistakes.extend(mistake_at(mask, problem));
    }
    for nick in config.nick.iter().chain(&config.people) {
        mistakes.extend(check_nick_at(nick));
    }
    mistakes.extend(config.real_name.as_ref().and_then(check_real_name));
    for server in config.servers.values() {
        check_server(server, &mut mistakes);
    }
    mistakes
}

/// Checks one `[servers.NAME]` table.
fn check_server(server: &CheckedServer, mistakes: &mut Vec<ConfigMistake>) {
    let addresses = check_addresses(server.address.get_ref().as_slice());
    let is_socket = |address: &Address| address.socket_path().is_some();
    let is_socket = addresses
        .as_ref()
        .is_ok_and(|all| all.iter().any(is_socket));
    let at = server.address.span().start;
    mistakes.extend(addresses.err().map(|problem| ConfigMistake { at, problem }));
    if let Some(proxy) = &server.proxy {
        let problem = match parse_proxy(proxy.get_ref()) {
            Err(error) => Some(ConfigProblem::Proxy(error)),
            Ok(Some(_)) if is_socket => Some(ConfigProblem::ProxyToSocket),
            Ok(_) => None,
        };
        mistakes.extend(mistake_at(proxy, problem));
    }
    if let Some(list) = &server.fingerprint {
        let texts = list.get_ref().as_slice();
        let wrong = texts.iter().find(|text| parse_fingerprint(text).is_err());
        let problem = wrong.map(|text| ConfigProblem::Fingerprint(text.clone()));
        let at = list.span().start;
        mistakes.extend(problem.map(|problem| ConfigMistake { at, problem }));
    }
    for nick in server.nick.iter().chain(&server.alternatives) {
        mistakes.extend(check_nick_at(nick));
    }
    mistakes.extend(server.real_name.as_ref().and_then(check_real_name));
    for room in &server.rooms {
        let is_room = parse_room(room.get_ref()).is_some();
        let problem = (!is_room).then(|| ConfigProblem::Room(room.get_ref().clone()));
        mistakes.extend(mistake_at(room, problem));
    }
    if let (None, Some(key)) = (&server.client_certificate, &server.client_key) {
        mistakes.extend(mistake_at(key, Some(ConfigProblem::KeyAlone)));
    }
    check_account(server, mistakes);
    if let (Some(file), Some(command)) = (&server.password_file, &server.password_command) {
        mistakes.push(ConfigMistake {
            at: file.span().start.max(command.span().start),
            problem: ConfigProblem::TwoPasswords,
        });
    }
}

/// Reads the addresses of a server. All must have the same transport: TLS or not, loopback or not.
fn check_addresses(texts: &[String]) -> Result<Vec<Address>, ConfigProblem> {
    let addresses = texts.iter().map(|text| parse_address(text));
    let addresses: Vec<Address> = addresses
        .collect::<Result<_, _>>()
        .map_err(ConfigProblem::Address)?;
    let kind = |address: &Address| (address.tls, address.is_loopback());
    match addresses.split_first() {
        None => Err(ConfigProblem::NoAddress),
        Some((first, others)) if others.iter().any(|other| kind(other) != kind(first)) => {
            Err(ConfigProblem::MixedAddresses)
        }
        Some(_) => Ok(addresses),
    }
}

/// Checks the keys about the account of the user.
fn check_account(server: &CheckedServer, mistakes: &mut Vec<ConfigMistake>) {
    let mut add = |at: usize, problem| mistakes.push(ConfigMistake { at, problem });
    let file = server.account_password_file.as_ref();
    let command = server.account_password_command.as_ref();
    let mechanism = server.mechanism.as_ref();
    match &server.account {
        Some(account) => {
            let name = account.get_ref();
            let fits = |c: char| !c.is_control() && !c.is_whitespace();
            let is_name = !name.is_empty() && name.len() <= ACCOUNT_BYTES_MAX;
            if !is_name || !name.chars().all(fits) {
                add(account.span().start, ConfigProblem::Account(name.clone()));
            }
        }
        None => {
            let optional = server.account_optional.as_ref();
            for (key, at) in [
                ("account-password-file", file.map(|value| value.span())),
                (
                    "account-password-command",
                    command.map(|value| value.span()),
                ),
                ("mechanism", mechanism.map(|value| value.span())),
                ("account-optional", optional.map(|value| value.span())),
            ] {
                if let Some(at) = at {
                    add(at.start, ConfigProblem::NoAccount(key));
                }
            }
        }
    }
    if let (Some(file), Some(command)) = (file, command) {
        let at = file.span().start.max(command.span().start);
        add(at, ConfigProblem::TwoAccountPasswords);
    }
    if let (Some(mechanism), None) = (mechanism, &server.client_certificate)
        && *mechanism.get_ref() == LoginMechanism::External
    {
        add(mechanism.span().start, ConfigProblem::NoCertificate);
    }
}

fn mistake_at(value: &Spanned<String>, problem: Option<ConfigProblem>) -> Option<ConfigMistake> {
    let at = value.span().start;
    problem.map(|problem| ConfigMistake { at, problem })
}

fn check_nick_at(nick: &Spanned<String>) -> Option<ConfigMistake> {
    let problem = check_nick(nick.get_ref()).err();
    mistake_at(nick, problem.map(ConfigProblem::Nick))
}

fn check_real_name(name: &Spanned<String>) -> Option<ConfigMistake> {
    let text = name.get_ref();
    let is_valid = !text.chars().any(char::is_control) && text.len() <= REAL_NAME_BYTES_MAX;
    let problem = (!is_valid).then(|| ConfigProblem::RealName(text.clone()));
    mistake_at(name, problem)
}

/// Checks that `server` is one of `servers` or an address. A misspelled name is reported and never
/// looked up as a host.
fn check_server_choice(
    name: &str,
    servers: &BTreeMap<String, CheckedServer>,
) -> Result<(), ConfigProblem> {
    if servers.contains_key(name) {
        return Ok(());
    }
    let is_name = !name.contains(['.', ':']);
    let near = nearest(name, servers.keys().map(String::as_str)).filter(|_| is_name);
    let name = name.to_owned();
    if let Some(near) = near {
        let nearest = near.to_owned();
        return Err(ConfigProblem::MisspelledServer { name, nearest });
    }
    match name.parse::<Address>() {
        Ok(_) => Ok(()),
        Err(error) => Err(ConfigProblem::UnknownServer { name, error }),
    }
}

/// Checks that an alias can be typed and stands for the beginning of a command or a message.
fn check_alias(name: &str, expansion: &str) -> Result<(), ConfigProblem> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '/') {
        return Err(ConfigProblem::AliasName(name.to_owned()));
    }
    if expansion.starts_with('@') || has_room_prefix(expansion) || expansion.starts_with("//") {
        return Ok(());
    }
    let Some(command) = expansion.strip_prefix('/') else {
        return Err(ConfigProblem::AliasExpansion(expansion.to_owned()));
    };
    let name = command.split(' ').next().unwrap_or_default();
    match CommandSpec::find(name) {
        Some(_) => Ok(()),
        None => Err(ConfigProblem::UnknownCommand {
            name: name.to_owned(),
            nearest: nearest_command(name),
        }),
    }
}

/// Parses a line of `on-connect`, a command that can run before the rooms are joined.
pub(super) fn parse_on_connect(
    line: &str,
    aliases: &BTreeMap<String, String>,
) -> Result<UserCommand, ConfigProblem> {
    let command = parse_with_aliases(line, aliases);
    let line = line.to_owned();
    match command {
        Ok(command) if command.is_allowed_on_connect() => Ok(command),
        Ok(_) => Err(ConfigProblem::NotOnConnect(line)),
        Err(error) => Err(ConfigProblem::OnConnect { line, error }),
    }
}
