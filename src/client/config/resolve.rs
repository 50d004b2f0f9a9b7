//! Resolves the server, the names and the credentials of a session from the command line, the
//! environment, the configuration and the user's answers.
//!
//! It asks nothing itself: [`resolve`] returns what is [`Missing`], and the caller asks and calls
//! again.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;

use super::address::{Address, InvalidAddress, ServerName, UrlTarget, parse_address, parse_server};
use super::credentials::{CredentialError, expand_commands, read_password, run_command};
use super::file::{Config, ServerConfig};
use super::options::ClientOptions;
use super::proxy::{InvalidProxy, ProxyAddress, proxy_for};
use super::trust::{IdentityFiles, Trust, parse_fingerprint};
use crate::client::command::{InvalidNick, JoinTarget, UserCommand, check_nick, parse_room};
use crate::client::event::NetworkName;
use crate::common::config_file::{OneOrMore, warning_if_others_can_read};
use crate::wire::sasl::Mechanism;

/// Input to the choice of a server, besides the command line and the configuration.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct ServerChoice {
    /// Whether a user can answer a question; a script gets the defaults.
    pub(in crate::client) can_ask: bool,
    /// The server that the command line, the configuration or `/connect` names.
    pub(in crate::client) named: Option<String>,
    /// All servers that the command line or the configuration names for this run.
    pub(in crate::client) all_named: Vec<String>,
    /// The name of the first network of this run. The options of the command line are about it.
    pub(in crate::client) home: Option<NetworkName>,
    /// The nick on that server.
    pub(in crate::client) home_nick: Option<String>,
    /// Whether a line is being typed meanwhile, so that no command may use the terminal.
    pub(in crate::client) is_typing: bool,
    /// The answer to [`Missing::Server`]; the default address names no server.
    pub(in crate::client) answered_server: Option<String>,
    /// The answer to [`Missing::Nick`].
    pub(in crate::client) answered_nick: Option<String>,
    /// The password that the user has typed for the server.
    pub(in crate::client) answered_password: Option<String>,
    /// The password that the user has typed for the account.
    pub(in crate::client) answered_account_password: Option<String>,
}

impl ServerChoice {
    /// Whether the server is one that the user has typed in answer to [`Missing::Server`].
    pub(in crate::client) fn can_answer_again(&self) -> bool {
        let default = Address::local().to_string();
        let typed = self.answered_server.as_ref();
        self.home.is_none() && typed.is_some_and(|typed| *typed != default)
    }
}

/// The result of [`resolve`].
pub(in crate::client) enum Resolution {
    /// Everything is known.
    Resolved(Box<ResolvedServer>),
    /// The user must answer this first.
    Missing(Missing),
}

/// The value that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum Missing {
    /// The server to connect to.
    Server {
        /// The address that an empty answer means.
        default: String,
    },
    /// The nick to ask for.
    Nick {
        /// The nick that an empty answer means.
        default: String,
    },
    /// The password of the account.
    AccountPassword {
        /// The account.
        account: String,
    },
}

/// The account to log in to.
#[derive(Clone)]
pub(in crate::client) struct ResolvedAccount {
    pub(in crate::client) name: String,
    /// `None` if the certificate of the user is enough.
    pub(in crate::client) password: Option<String>,
    /// The only mechanism to use.
    pub(in crate::client) mechanism: Option<Mechanism>,
    /// Whether to go on without the account when the login fails.
    pub(in crate::client) is_optional: bool,
}

/// A server to connect to, with all that a session on it needs to know.
pub(in crate::client) struct ResolvedServer {
    /// Its name in the configuration, or one made of its address.
    pub(in crate::client) network: NetworkName,
    /// The address to connect to.
    pub(in crate::client) address: Address,
    /// The other addresses to try, in this order.
    pub(in crate::client) others: VecDeque<Address>,
    /// The address that was named: the host may have asked for encryption since.
    pub(in crate::client) named: Address,
    /// Whether the host has asked for encryption: then no exception is made for its certificate.
    pub(in crate::client) is_policy: bool,
    /// The proxy to reach it through.
    pub(in crate::client) proxy: Option<ProxyAddress>,
    /// Which certificates are trusted there.
    pub(in crate::client) trust: Trust,
    /// The certificate to show there.
    pub(in crate::client) identity: Option<IdentityFiles>,
    /// Whether this program may host the room when no server answers: no server was named.
    pub(in crate::client) may_host: bool,
    pub(in crate::client) nick: String,
    pub(in crate::client) user: Option<String>,
    pub(in crate::client) real_name: Option<String>,
    /// Nicks to try in turn when `nick` is in use.
    pub(in crate::client) alternatives: Vec<String>,
    /// The rooms to join.
    pub(in crate::client) rooms: Vec<JoinTarget>,
    /// The person that the URL of the server leads to.
    pub(in crate::client) person: Option<String>,
    pub(in crate::client) password: Option<String>,
    /// The account to log in to.
    pub(in crate::client) account: Option<ResolvedAccount>,
    /// Warnings for the user about the files with secrets.
    pub(in crate::client) warnings: Vec<String>,
    /// Lines to run after each connection, before joining the rooms.
    pub(in crate::client) on_connect: Vec<UserCommand>,
}

impl ResolvedServer {
    /// Turns to the next address. The ones before it follow the others.
    pub(in crate::client) fn take_next_address(&mut self) -> bool {
        let Some(next) = self.others.pop_front() else {
            return false;
        };
        let before = std::mem::replace(&mut self.address, next);
        self.others.push_back(before);
        // They belong to the previous address.
        self.trust.accepted = None;
        self.is_policy = false;
        true
    }
}

/// Why there is no server to connect to.
#[derive(Debug)]
pub enum ResolveError {
    /// The address of the server is not valid.
    Address(InvalidAddress),
    /// The nick is not valid.
    Nick(InvalidNick),
    /// The name of a room is not valid.
    Room(String),
    /// A password cannot be read.
    Credential(CredentialError),
    /// The proxy cannot be used.
    Proxy(InvalidProxy),
    /// The password of this account is missing, and a script cannot be asked.
    NoAccountPassword(String),
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Nick(error) => error.fmt(f),
            Self::Room(room) => write!(
                f,
                "{room:?} is not a valid room name. Rooms look like #room, or \"#room key\"."
            ),
            Self::Credential(error) => error.fmt(f),
            Self::Proxy(error) => error.fmt(f),
            Self::NoAccountPassword(account) => write!(
                f,
                "There is no password for the account {account}. Set account-password-file, \
                 account-password-command or client-certificate."
            ),
        }
    }
}

impl std::error::Error for ResolveError {}

impl From<InvalidAddress> for ResolveError {
    fn from(error: InvalidAddress) -> Self {
        Self::Address(error)
    }
}

impl From<InvalidProxy> for ResolveError {
    fn from(error: InvalidProxy) -> Self {
        Self::Proxy(error)
    }
}

impl From<CredentialError> for ResolveError {
    fn from(error: CredentialError) -> Self {
        Self::Credential(error)
    }
}

/// Resolves the server of a session. The command line and the environment take precedence over the
/// configuration, and that over the answers.
pub(in crate::client) fn resolve(
    choice: &ServerChoice,
    options: &ClientOptions,
    config: &Config,
) -> Result<Resolution, ResolveError> {
    let default = Address::local();
    let answered = choice.answered_server.as_ref();
    let named = choice
        .named
        .as_ref()
        .or(answered.filter(|answer| **answer != default.to_string()));
    if named.is_none() && answered.is_none() && choice.can_ask {
        let default = default.to_string();
        return Ok(Resolution::Missing(Missing::Server { default }));
    }
    let server = named.and_then(|name| config.servers.get(name));
    let of_server = server.map_or(&[][..], |server| server.address.as_slice());
    let text = of_server.first().or(named);
    let others = of_server.iter().skip(1).map(|text| parse_address(text));
    let others = others.collect::<Result<_, _>>()?;
    let (address, target) = match text {
        Some(text) => {
            let ServerName { address, target } = parse_server(text)?;
            (address, target)
        }
        None => (default, None),
    };
    // Only the server that the command line is about gets its nick, rooms and password.
    let network = match named.filter(|_| server.is_some()) {
        Some(name) => NetworkName::from(name.as_str()),
        None => address.network_name(),
    };
    let is_home = choice.home.as_ref().is_none_or(|home| *home == network);
    let nick = match find_nick(choice, options, config, server, is_home) {
        Some(nick) => nick.clone(),
        None if choice.can_ask => {
            let default = login_name();
            return Ok(Resolution::Missing(Missing::Nick { default }));
        }
        None => login_name(),
    };
    check_nick(&nick).map_err(ResolveError::Nick)?;
    let mut rooms = find_rooms(choice, options, server, is_home)?;
    let person = match target {
        Some(UrlTarget::Room(room)) => {
            rooms.insert(0, room);
            None
        }
        Some(UrlTarget::Person(nick)) => Some(nick),
        None => None,
    };
    let password = match &choice.answered_password {
        Some(password) => Some(password.clone()),
        None => find_password(choice, options, server, is_home)?,
    };
    let proxy = proxy_for(server.and_then(|server| server.proxy.as_deref()), &address)?;
    let identity = server.and_then(find_identity);
    let of_password = password_file(options, server, is_home)
        .and_then(|file| warning_if_others_can_read(file, "password"));
    let account = match server
        .map(|server| find_account(choice, server))
        .transpose()?
    {
        None | Some(None) => None,
        Some(Some(account)) if account.needs_password(identity.is_some()) => {
            let account = account.name;
            return match choice.can_ask {
                true => Ok(Resolution::Missing(Missing::AccountPassword { account })),
                false => Err(ResolveError::NoAccountPassword(account)),
            };
        }
        Some(account) => account,
    };
    let of_account = server.and_then(|server| server.account_password_file.as_deref());
    let of_account = of_account.and_then(|file| warning_if_others_can_read(file, "password"));
    let of_key = identity.as_ref();
    let of_key = of_key.and_then(|files| warning_if_others_can_read(&files.key, "key"));
    // A proxy from the environment is not in a file, so it needs no warning.
    let has_proxy_login = proxy.as_ref().is_some_and(|proxy| proxy.login.is_some());
    let config_file = config
        .file
        .as_deref()
        .filter(|_| has_proxy_login && server.is_some_and(|server| server.proxy.is_some()));
    let of_proxy =
        config_file.and_then(|file| warning_if_others_can_read(file, "password of the proxy"));
    let warnings = of_password.into_iter().chain(of_account).chain(of_key);
    let warnings = warnings.chain(of_proxy);
    let on_connect = server.map_or(&[][..], |server| &server.on_connect);
    let on_connect = on_connect
        .iter()
        .cloned()
        .map(|command| command.try_map_texts(|text| expand_commands(text, choice.is_typing)));
    let on_connect = on_connect.collect::<Result<_, _>>()?;
    let of_either = |of: fn(&ServerConfig) -> &Option<String>, default: &Option<String>| {
        let name = server.and_then(|server| of(server).as_ref());
        let name = name.or(default.as_ref());
        name.filter(|name| !name.is_empty()).cloned()
    };
    Ok(Resolution::Resolved(Box::new(ResolvedServer {
        network,
        trust: find_trust(options, server, is_home),
        identity,
        proxy,
        named: address.clone(),
        is_policy: false,
        address,
        others,
        may_host: named.is_none() && choice.can_ask && !options.no_host,
        nick,
        user: of_either(|server| &server.user, &config.user),
        real_name: of_either(|server| &server.real_name, &config.real_name),
        alternatives: server.map_or_else(Vec::new, |server| server.alternatives.clone()),
        rooms,
        person,
        password,
        account,
        warnings: warnings.collect(),
        on_connect,
    })))
}

/// The rooms to join, except that of a URL. A room of the command line can name its network.
fn find_rooms(
    choice: &ServerChoice,
    options: &ClientOptions,
    server: Option<&ServerConfig>,
    is_home: bool,
) -> Result<Vec<JoinTarget>, ResolveError> {
    let of_server = server.iter().flat_map(|server| &server.rooms);
    let of_options =
        options
            .rooms()
            .filter_map(|room| match split_network(room, &choice.all_named) {
                Some((network, room)) => (choice.named.as_deref() == Some(network)).then_some(room),
                None => is_home.then_some(room.as_str()),
            });
    let rooms = of_options
        .chain(of_server.map(String::as_str))
        .map(|room| parse_room(room).ok_or_else(|| ResolveError::Room(room.to_owned())));
    rooms.collect()
}

/// The network and the target of `libera/#rust`, if it is one of these.
pub(in crate::client) fn split_network<'t>(
    target: &'t str,
    networks: &[String],
) -> Option<(&'t str, &'t str)> {
    networks.iter().find_map(|network| {
        let rest = target.get(network.len()..)?.strip_prefix('/')?;
        let name = target.get(..network.len())?;
        (name == network && !rest.is_empty()).then_some((name, rest))
    })
}

/// The nick to ask for, if anything says it. On another server than the first the configuration of
/// that server takes precedence over the command line.
fn find_nick<'a>(
    choice: &'a ServerChoice,
    options: &'a ClientOptions,
    config: &'a Config,
    server: Option<&'a ServerConfig>,
    is_home: bool,
) -> Option<&'a String> {
    let of_options = options.nick();
    let of_server = server.and_then(|server| server.nick.as_ref());
    let nick = match is_home {
        true => of_options.or(of_server),
        false => of_server.or(of_options),
    };
    nick.or(config.nick.as_ref())
        .or(choice.home_nick.as_ref())
        .or(choice.answered_nick.as_ref())
}

fn password_file<'f>(
    options: &'f ClientOptions,
    server: Option<&'f ServerConfig>,
    is_home: bool,
) -> Option<&'f Path> {
    let of_options = options.password_file().filter(|_| is_home);
    of_options.or_else(|| server.and_then(|server| server.password_file.as_deref()))
}

/// Which certificates are trusted. The command line takes precedence.
fn find_trust(options: &ClientOptions, server: Option<&ServerConfig>, is_home: bool) -> Trust {
    let of_server = server.and_then(|server| server.fingerprint.as_ref());
    let of_server = of_server.map_or(&[][..], OneOrMore::as_slice);
    let fingerprints = match is_home && !options.fingerprints().is_empty() {
        true => options.fingerprints().to_vec(),
        // The file was checked when it was read.
        false => of_server
            .iter()
            .filter_map(|text| parse_fingerprint(text).ok())
            .collect(),
    };
    let insecure = options.is_insecure() && is_home;
    Trust {
        fingerprints: if insecure { Vec::new() } else { fingerprints },
        ca_file: server.and_then(|server| server.ca_file.clone()),
        insecure,
        accepted: None,
    }
}

impl ResolvedAccount {
    /// Whether only a password can log in, and there is none.
    fn needs_password(&self, has_certificate: bool) -> bool {
        let by_certificate = match self.mechanism {
            None | Some(Mechanism::External) => has_certificate,
            Some(_) => false,
        };
        self.password.is_none() && !by_certificate
    }
}

/// The account of a server, if it has one. A typed password takes precedence.
fn find_account(
    choice: &ServerChoice,
    server: &ServerConfig,
) -> Result<Option<ResolvedAccount>, CredentialError> {
    let Some(name) = server.account.clone() else {
        return Ok(None);
    };
    let file = server.account_password_file.as_deref();
    let command = server.account_password_command.as_deref();
    let password = match (&choice.answered_account_password, file, command) {
        (Some(password), ..) => Some(password.clone()),
        (None, Some(file), _) => Some(read_password(file)?),
        (None, None, Some(command)) => {
            let key = "account-password-command";
            Some(run_command(command, key, choice.is_typing)?)
        }
        (None, None, None) => None,
    };
    Ok(Some(ResolvedAccount {
        name,
        password,
        mechanism: server.mechanism.map(Mechanism::from),
        is_optional: server.account_optional,
    }))
}

/// The certificate to show to a server of the configuration.
fn find_identity(server: &ServerConfig) -> Option<IdentityFiles> {
    let certificate = server.client_certificate.clone()?;
    let key = server.client_key.clone();
    Some(IdentityFiles {
        key: key.unwrap_or_else(|| certificate.clone()),
        certificate,
    })
}

fn find_password(
    choice: &ServerChoice,
    options: &ClientOptions,
    server: Option<&ServerConfig>,
    is_home: bool,
) -> Result<Option<String>, CredentialError> {
    let command = server.and_then(|server| server.password_command.as_ref());
    match (password_file(options, server, is_home), command) {
        (Some(file), _) => read_password(file).map(Some),
        (None, Some(command)) => {
            run_command(command, "password-command", choice.is_typing).map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// The login name without the characters that a nick cannot contain.
fn login_name() -> String {
    let name = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|variable| std::env::var(variable).ok())
        .unwrap_or_default();
    let usable: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .skip_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    if usable.is_empty() {
        "guest".to_owned()
    } else {
        usable
    }
}
