//! The configuration file: its keys, and how they become settings.

#[cfg(test)]
mod tests;
mod trusted;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Spanned, Value};

use super::settings::{
    CertificateFiles, LoadReport, Settings, StoreSettings, TlsSettings, WebSocketSettings,
};
use super::validate;
use crate::common::config_file::{
    ConfigError, ConfigSource, OneOrMore, unknown_key, warning_if_others_can_read,
};
use crate::server::error::invalid_value::{FileMistake, InvalidValue};
use crate::server::hub::{
    Credential, Limit, Limits, Operator, Registration, StoredRooms, StsPolicy,
};
use crate::wire::RoomName;
use trusted::{GatewayTable, OperatorTable, ProxyTable};

type Text = Spanned<String>;

/// The longest time for which messages are kept, besides for ever: a hundred years.
const KEEP_DAYS_MAX: u32 = 36_500;

/// The most messages that a client gets when it joins a room.
const HISTORY_MAX: u32 = 1_000;

/// All keys. The help explains them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ConfigFile {
    listen: Option<Spanned<Vec<Text>>>,
    #[serde(default)]
    unix_listen: Vec<Text>,
    metrics: Option<Text>,
    name: Option<Text>,
    network: Option<Text>,
    motd: Option<Text>,
    motd_file: Option<Text>,
    password: Option<Text>,
    password_file: Option<Text>,
    lobby: Option<Spanned<Value>>,
    audit_log: Option<Text>,
    cloak: Option<bool>,
    #[serde(default)]
    operator: Vec<Spanned<OperatorTable>>,
    proxy: Option<Spanned<ProxyTable>>,
    #[serde(default)]
    gateway: Vec<Spanned<GatewayTable>>,
    tls: Option<TlsTable>,
    websocket: Option<WebSocketTable>,
    store: Option<Spanned<StoreTable>>,
    accounts: Option<AccountsTable>,
    #[serde(default)]
    limits: BTreeMap<Text, Spanned<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TlsTable {
    #[serde(default)]
    listen: Vec<Text>,
    certificate: Option<Spanned<OneOrMore>>,
    key: Option<Spanned<OneOrMore>>,
    #[serde(default)]
    self_signed: bool,
    sts: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WebSocketTable {
    #[serde(default)]
    listen: Vec<Text>,
    #[serde(default)]
    tls_listen: Vec<Text>,
    #[serde(default)]
    origins: Vec<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct StoreTable {
    folder: Option<Text>,
    rooms: Option<Text>,
    whispers: Option<bool>,
    events: Option<bool>,
    keep_days: Option<Spanned<Value>>,
    history_on_join: Option<Spanned<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AccountsTable {
    registration: Option<Text>,
    verify_command: Option<Spanned<OneOrMore>>,
    register_before_connect: Option<bool>,
    plain_without_tls: Option<bool>,
    reserve_nicks: Option<bool>,
}

/// Reads the file into the settings. Settings without a key in the file are unchanged.
pub(super) fn read(
    path: &Path,
    may_wait: bool,
    settings: &mut Settings,
    report: &mut LoadReport,
) -> Result<(), ConfigError<FileMistake>> {
    let reader = ConfigReader(ConfigSource::read_in_time("configuration", path, may_wait)?);
    let file: ConfigFile = reader.0.parse()?;
    report.files.push(path.to_owned());
    let hub = &mut settings.hub;
    if let Some(list) = &file.listen {
        settings.listen = reader.addresses("listen", list.get_ref())?;
        if settings.listen.is_empty() {
            return Err(reader.wrong("listen", list, InvalidValue::NoAddress));
        }
        if let Some(both) = validate::overlapping_addresses(&settings.listen) {
            let expected = InvalidValue::OverlappingAddresses(both);
            return Err(reader.wrong("listen", list, expected));
        }
    }
    let paths = file.unix_listen.iter().map(|path| reader.beside(path));
    settings.unix_listen = paths.collect();
    if let Some(address) = &file.metrics {
        let read = validate::listen_address(address.get_ref());
        let read = read.map_err(|expected| reader.wrong("metrics", address, expected))?;
        settings.metrics = Some(read);
    }
    settings.audit_log = file.audit_log.as_ref().map(|path| reader.beside(path));
    if let Some(name) = &file.name {
        let checked = validate::server_name(name.get_ref());
        hub.name = checked.map_err(|expected| reader.wrong("name", name, expected))?;
    }
    if let Some(name) = &file.network {
        let checked = validate::network_name(name.get_ref());
        hub.network = checked.map_err(|expected| reader.wrong("network", name, expected))?;
    }
    match (&file.motd, &file.motd_file) {
        (Some(_), Some(name)) => return Err(reader.twice("motd-file", name)),
        (Some(text), None) => {
            let lines = validate::motd_lines(text.get_ref());
            hub.motd = lines.map_err(|(_, expected)| reader.wrong("motd", text, expected))?;
        }
        (None, Some(name)) => {
            let path = reader.beside(name);
            hub.motd = validate::read_motd(&path, may_wait)?;
            report.files.push(path);
        }
        (None, None) => {}
    }
    match (&file.password, &file.password_file) {
        (Some(_), Some(name)) => return Err(reader.twice("password-file", name)),
        (Some(text), None) => {
            hub.password = Some(reader.password("password", text, text.get_ref(), "PASS :")?);
            report.warn(warning_if_others_can_read(path, "password"));
        }
        (None, Some(name)) => {
            let path = reader.beside(name);
            let secret = ConfigSource::read_in_time("password", &path, may_wait)?;
            let secret = secret.text.trim_end();
            hub.password = Some(reader.password("password-file", name, secret, "PASS :")?);
            report.warn(warning_if_others_can_read(&path, "password"));
            report.files.push(path);
        }
        (None, None) => {}
    }
    hub.cloak = file.cloak.unwrap_or(hub.cloak);
    if let Some(value) = &file.lobby {
        hub.lobby = reader.lobby(value)?;
    }
    if let Some(table) = &file.tls {
        reader.tls(table, settings)?;
    }
    if let Some(table) = &file.websocket {
        settings.websocket = Some(reader.websocket(table)?);
    }
    if let Some(table) = &file.store {
        reader.store(table, settings)?;
    }
    let hub = &mut settings.hub;
    if let Some(table) = &file.accounts {
        settings.needs_store = true;
        hub.registration = reader.registration(table)?;
        let before_connect = table.register_before_connect;
        hub.register_before_connect = before_connect.unwrap_or(hub.register_before_connect);
        hub.plain_without_tls = table.plain_without_tls.unwrap_or(hub.plain_without_tls);
        hub.reserve_nicks = table.reserve_nicks.unwrap_or(hub.reserve_nicks);
    }
    let operators = file.operator.iter().map(|table| reader.operator(table));
    hub.operators = operators.collect::<Result<_, _>>()?;
    let is_by_account = |one: &Operator| matches!(one.credential, Credential::Account(_));
    settings.needs_store |= hub.operators.iter().any(is_by_account);
    reader.check_names(
        file.operator.iter().map(|one| &one.get_ref().name),
        InvalidValue::OperatorNameTwice,
    )?;
    if let Some(table) = &file.proxy {
        let ProxyTable { from, ports } = table.get_ref();
        hub.proxies.from = reader.networks("proxy", table, from)?;
        hub.proxies.ports.clone_from(ports);
    }
    let gateways = file.gateway.iter().map(|table| reader.gateway(table));
    hub.gateways = gateways.collect::<Result<_, _>>()?;
    reader.check_names(
        file.gateway.iter().map(|one| &one.get_ref().name),
        InvalidValue::GatewayNameTwice,
    )?;
    let is_clear = |operator: &Operator| matches!(operator.credential, Credential::Plain(_));
    if hub.operators.iter().any(is_clear) {
        report.warn(warning_if_others_can_read(path, "password"));
    }
    reader.limits(&file.limits, &mut hub.limits)
}

/// The file that is being read.
struct ConfigReader<'p>(ConfigSource<'p>);

impl ConfigReader<'_> {
    fn wrong<T>(
        &self,
        key: &str,
        at: &Spanned<T>,
        value: InvalidValue,
    ) -> ConfigError<FileMistake> {
        let key = key.to_owned();
        self.0
            .wrong(Some(at.span().start), FileMistake::Value { key, value })
    }

    /// Two keys set the same value, and which of them holds would not be obvious.
    fn twice<T>(&self, key: &str, value: &Spanned<T>) -> ConfigError<FileMistake> {
        self.wrong(key, value, InvalidValue::BothKeys)
    }

    /// The path of a file that this one names: relative to the folder of this one.
    fn beside(&self, name: &Text) -> PathBuf {
        let folder = self.0.path.parent().unwrap_or(Path::new(""));
        folder.join(name.get_ref())
    }

    /// Checks a password that clients send after this part of a line.
    fn password(
        &self,
        key: &str,
        value: &Text,
        password: &str,
        before: &str,
    ) -> Result<String, ConfigError<FileMistake>> {
        let checked = validate::password(password, before.len());
        checked.map_err(|expected| self.wrong(key, value, expected))
    }

    fn tls(
        &self,
        table: &TlsTable,
        settings: &mut Settings,
    ) -> Result<(), ConfigError<FileMistake>> {
        let listen = self.addresses("listen", &table.listen)?;
        let folder = self.0.path.parent().unwrap_or(Path::new(""));
        let lists = [&table.certificate, &table.key].map(|files| {
            let files = files
                .as_ref()
                .map_or(&[][..], |files| files.get_ref().as_slice());
            files.iter().map(|name| folder.join(name))
        });
        let [certificates, keys] = lists;
        if certificates.len() != keys.len()
            && let Some(value) = table.certificate.as_ref().or(table.key.as_ref())
        {
            let expected = InvalidValue::UnpairedCertificates;
            return Err(self.wrong("certificate", value, expected));
        }
        let pairs = certificates.zip(keys);
        let port = listen.first().map(SocketAddr::port);
        if let Some(seconds) = &table.sts {
            let Some(port) = port else {
                return Err(self.wrong("sts", seconds, InvalidValue::NoTlsPort));
            };
            let seconds = *seconds.get_ref();
            settings.hub.sts = Some(StsPolicy { port, seconds });
        }
        settings.tls = Some(TlsSettings {
            listen,
            certificates: pairs
                .map(|(certificate, key)| CertificateFiles { certificate, key })
                .collect(),
            self_signed: table.self_signed.then(|| folder.join("tls")),
        });
        Ok(())
    }

    fn websocket(
        &self,
        table: &WebSocketTable,
    ) -> Result<WebSocketSettings, ConfigError<FileMistake>> {
        let origin = |one: &Text| {
            let origin = validate::origin(one.get_ref());
            origin.map_err(|expected| self.wrong("origins", one, expected))
        };
        Ok(WebSocketSettings {
            listen: self.addresses("listen", &table.listen)?,
            tls_listen: self.addresses("tls-listen", &table.tls_listen)?,
            origins: table.origins.iter().map(origin).collect::<Result<_, _>>()?,
        })
    }

    fn addresses(
        &self,
        key: &str,
        list: &[Text],
    ) -> Result<Vec<SocketAddr>, ConfigError<FileMistake>> {
        let address = |one: &Text| {
            let address = validate::listen_address(one.get_ref());
            address.map_err(|expected| self.wrong(key, one, expected))
        };
        list.iter().map(address).collect()
    }

    fn store(
        &self,
        table: &Spanned<StoreTable>,
        settings: &mut Settings,
    ) -> Result<(), ConfigError<FileMistake>> {
        let StoreTable {
            folder,
            rooms,
            whispers,
            events,
            keep_days,
            history_on_join,
        } = table.get_ref();
        let Some(folder) = folder.as_ref().filter(|name| !name.get_ref().is_empty()) else {
            return Err(self.wrong("store", table, InvalidValue::NoFolder));
        };
        let number = |key, value: &Option<Spanned<Value>>, max: u32, zero: &'static str| {
            let Some(value) = value else {
                return Ok(0);
            };
            let number = value.get_ref().as_integer().map(u32::try_from);
            let number = number.and_then(Result::ok).filter(|number| *number <= max);
            number.ok_or_else(|| self.wrong(key, value, InvalidValue::NotACount { zero, max }))
        };
        let days = number("keep-days", keep_days, KEEP_DAYS_MAX, "for ever")?;
        let lines = number("history-on-join", history_on_join, HISTORY_MAX, "none")?;
        settings.hub.history_on_join = lines;
        settings.hub.stores_whispers = whispers.unwrap_or(true);
        settings.hub.stores_events = events.unwrap_or(false);
        settings.store = Some(StoreSettings {
            folder: self.beside(folder),
            keep_days: (days > 0).then_some(days),
            accept_clock: false,
        });
        if let Some(rooms) = rooms {
            settings.hub.stored_rooms = match rooms.get_ref().as_str() {
                "lobby" => StoredRooms::Lobby,
                "registered" => StoredRooms::Registered,
                "all" => StoredRooms::All,
                _ => {
                    return Err(self.wrong("rooms", rooms, InvalidValue::NotAStoredRooms));
                }
            };
        }
        Ok(())
    }

    fn registration(
        &self,
        table: &AccountsTable,
    ) -> Result<Registration, ConfigError<FileMistake>> {
        let command = table.verify_command.as_ref();
        let Some(word) = &table.registration else {
            return match command {
                Some(value) => {
                    Err(self.wrong("verify-command", value, InvalidValue::UnusedCommand))
                }
                None => Ok(Registration::Closed),
            };
        };
        match (word.get_ref().as_str(), command) {
            ("closed", None) => Ok(Registration::Closed),
            ("open", None) => Ok(Registration::Open),
            ("code", None) => Ok(Registration::Code),
            ("command", Some(value)) if !value.get_ref().as_slice().is_empty() => {
                let words = value.get_ref().as_slice().iter();
                Ok(Registration::Command(
                    words.map(ToString::to_string).collect(),
                ))
            }
            ("command", _) => Err(self.wrong("registration", word, InvalidValue::NoCommand)),
            ("closed" | "open" | "code", Some(value)) => {
                Err(self.wrong("verify-command", value, InvalidValue::UnusedCommand))
            }
            _ => Err(self.wrong("registration", word, InvalidValue::NotARegistration)),
        }
    }

    fn lobby(&self, value: &Spanned<Value>) -> Result<Option<RoomName>, ConfigError<FileMistake>> {
        let name = match value.get_ref() {
            Value::Boolean(false) => return Ok(None),
            Value::String(name) => RoomName::parse(name).ok(),
            _ => None,
        };
        name.map(Some)
            .ok_or_else(|| self.wrong("lobby", value, InvalidValue::NotALobby))
    }

    fn limits(
        &self,
        table: &BTreeMap<Text, Spanned<Value>>,
        limits: &mut Limits,
    ) -> Result<(), ConfigError<FileMistake>> {
        for (name, value) in table {
            let key: &str = name.get_ref();
            if key == "enabled" {
                let enabled = value.get_ref().as_bool();
                let wrong = || self.wrong(key, value, InvalidValue::NotASwitch);
                limits.enabled = enabled.ok_or_else(wrong)?;
                continue;
            }
            let Some(limit) = Limit::ALL.iter().find(|limit| limit.key == key) else {
                let known = Limit::ALL.iter().map(|limit| limit.key);
                let mistake = unknown_key(key, known.chain(["enabled"]));
                return Err(self.0.wrong(Some(name.span().start), mistake));
            };
            let Limit { min, max, .. } = *limit;
            let number = value.get_ref().as_integer().map(u32::try_from);
            let number = number.and_then(Result::ok);
            let number = number.filter(|number| (min..=max).contains(number));
            let expected = InvalidValue::OutOfRange { min, max };
            *(limit.field)(limits) = number.ok_or_else(|| self.wrong(key, value, expected))?;
        }
        Ok(())
    }
}
