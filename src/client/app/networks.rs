//! The setup of networks: from the names on the command line, in the configuration and after
//! `/connect` to a session for each.

use std::error::Error;
use std::net::TcpStream;

use super::connect::{session_config, transport_to};
use super::error::ClientError;
use super::paths::Paths;
use crate::client::config::file::Config;
use crate::client::config::network_key::NetworkKey;
use crate::client::config::options::{Action, ClientOptions};
use crate::client::config::resolve::{
    Missing, Resolution, ResolvedServer, ServerChoice, resolve, split_network,
};
use crate::client::event::NetworkName;
use crate::client::net::dial::Dialer;
use crate::client::net::{NetworkFiles, NetworkSetup, PrepareFailure, RememberedSecurity};
use crate::client::session::{Session, Transport};
use crate::client::storage::last_seen;
use crate::client::storage::log::folder_of;
use crate::client::ui::script::ScriptOptions;
use crate::common::shared_error::SharedError;

/// The input to the setup of the networks of a run.
pub(super) struct NetworkSetups {
    pub(super) options: ClientOptions,
    pub(super) config: Config,
    pub(super) paths: Paths,
    pub(super) script: ScriptOptions,
    pub(super) dialer: Dialer,
    /// The remembered encryption of servers.
    pub(super) remembered: RememberedSecurity,
    /// Whether a user types the lines.
    pub(super) interactive: bool,
}

/// The first network of a run, which the options of the command line are about.
pub(super) struct Home {
    pub(super) network: Option<NetworkName>,
    pub(super) nick: Option<String>,
}

impl NetworkSetups {
    /// The servers to connect to at the start: those of the command line, or else that of the
    /// configuration and, where a user types, those with `connect = true`.
    pub(super) fn names_at_start(&self) -> Vec<String> {
        let mut names: Vec<String> = self.options.servers().cloned().collect();
        if names.is_empty() {
            names.extend(self.network_of_message());
        }
        if names.is_empty() {
            names.extend(self.config.server.clone());
            let connected = self.config.connected_at_start();
            names.extend(connected.filter(|_| self.interactive).cloned());
        }
        let mut unique = Vec::new();
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        unique
    }

    /// The network of the configuration that the recipient of `msg` or `ask` names.
    fn network_of_message(&self) -> Option<String> {
        let message = match self.options.action.as_ref()? {
            Action::Ask(ask) => &ask.message,
            Action::Msg(message) => message,
            _ => return None,
        };
        let names: Vec<String> = self.config.servers.keys().cloned().collect();
        let target = message.to.strip_prefix('@').unwrap_or(&message.to);
        split_network(target, &names).map(|(network, _)| network.to_owned())
    }

    /// The files of a network.
    pub(super) fn files_of(&self, key: &NetworkKey) -> NetworkFiles {
        let logs = self.paths.logs().filter(|_| self.config.log);
        let seen = self.paths.file_of_network("seen", key);
        NetworkFiles {
            history: self.paths.file_of_network("history", key),
            // The user has not seen the lines that only a script has.
            seen: seen.filter(|_| self.interactive),
            drafts: self.paths.file_of_network("draft", key),
            log: logs.map(|logs| folder_of(&logs, key)),
        }
    }

    /// Everything for a network. `all_named` are the names of all networks at the start.
    pub(super) fn network(
        &self,
        mut server: ResolvedServer,
        stream: Option<TcpStream>,
        all_named: &[String],
        hosts: bool,
        persistent: bool,
    ) -> Result<NetworkSetup, ClientError> {
        let key = NetworkKey::new(Some(server.network.as_str()), &server.named, &self.config);
        let name = key.network_name();
        let files = self.files_of(&key);
        let (address, proxy) = (server.address.clone(), server.proxy.clone());
        let others = server.others.clone();
        let (trust, identity) = (server.trust.clone(), server.identity.clone());
        let may_accept = trust.can_accept() && !server.is_policy;
        let wait = self.script.wait_on(name.as_str(), all_named);
        let is_script = !self.interactive;
        server.network = name.clone();
        let config = &self.config;
        let mut session = session_config(server, &self.options, config, &self.script, is_script)?;
        session.wait = wait;
        session.hosts = hosts;
        session.last_seen = files.seen.as_deref().and_then(last_seen::read);
        session.persistent = persistent && self.interactive;
        Ok(NetworkSetup {
            name,
            stream,
            address,
            others,
            proxy,
            trust,
            may_accept,
            identity,
            files,
            notices: Vec::new(),
            session: Session::new(session),
        })
    }

    /// Everything for the network that `/connect` names, with a connection to it. The user can have
    /// given the password of the account.
    pub(super) fn prepare(
        &self,
        name: &str,
        answered_account_password: Option<String>,
        home: &Home,
    ) -> Result<NetworkSetup, PrepareFailure> {
        let choice = ServerChoice {
            // Without a nick of its own the network gets that of the first one.
            can_ask: home.nick.is_some(),
            answered_account_password,
            named: Some(name.to_owned()),
            home: home.network.clone(),
            home_nick: home.nick.clone(),
            is_typing: true,
            ..ServerChoice::default()
        };
        let resolved = resolve(&choice, &self.options, &self.config);
        let mut server = match resolved.map_err(failed)? {
            Resolution::Resolved(server) => *server,
            Resolution::Missing(Missing::AccountPassword { account }) => {
                return Err(PrepareFailure::NeedsAccountPassword(account));
            }
            Resolution::Missing(_) => return Err(failed(ClientError::Internal)),
        };
        let mut notices = self.apply_remembered(&mut server);
        notices.append(&mut server.warnings);
        // The session has already said that it connects.
        let mut untried = server.others.len();
        let stream = loop {
            let (address, proxy) = (&server.address, server.proxy.as_ref());
            match self.dialer.connect(address, proxy, false) {
                Ok(stream) => break stream,
                Err(error) if untried > 0 && server.take_next_address() => {
                    untried -= 1;
                    notices.push(error.followed_by(&server.address));
                    notices.extend(self.apply_remembered(&mut server));
                }
                Err(error) if server.is_policy => return Err(failed(error.only_encrypted())),
                Err(error) => return Err(failed(error)),
            }
        };
        notices.extend(self.plain_notice(&server));
        let setup = self.network(server, Some(stream), &[], false, true);
        let mut setup = setup.map_err(failed)?;
        setup.notices = notices;
        Ok(setup)
    }

    /// Connects with encryption where the host has asked for that, then without an exception for the
    /// certificate, and trusts the certificate that the user has accepted elsewhere. Returns what is
    /// to be reported, such as a file that cannot be read.
    pub(super) fn apply_remembered(&self, server: &mut ResolvedServer) -> Vec<String> {
        let mut notices = Vec::new();
        match self.remembered.policy_port(&server.address) {
            Ok(Some(port)) => {
                server.is_policy = true;
                if !server.address.tls {
                    server.address = server.address.encrypted_on(port);
                }
                if std::mem::take(&mut server.trust.insecure) {
                    let host = &server.address.host;
                    notices.push(format!(
                        "--insecure is ignored: {host} has asked for encrypted connections only, \
                         with a certificate that is checked."
                    ));
                }
            }
            Ok(None) => {}
            Err(error) => notices.push(error.to_string()),
        }
        if server.address.tls && server.trust.can_accept() && !server.is_policy {
            let key = NetworkKey::new(Some(server.network.as_str()), &server.named, &self.config);
            let name = key.network_name();
            match self.remembered.accepted(&name, &server.address) {
                Ok(accepted) => server.trust.accepted = accepted,
                Err(error) => notices.push(error.to_string()),
            }
        }
        notices
    }

    /// The notice that a connection to another machine is not encrypted.
    pub(super) fn plain_notice(&self, server: &ResolvedServer) -> Option<String> {
        let is_plain = transport_to(server) == Transport::Plain && !self.options.quiet;
        let address = &server.address;
        is_plain.then(|| {
            format!(
                "Not encrypted: others on the way can read and change what is sent to {address}. \
                 ircs://HOST encrypts it."
            )
        })
    }
}

fn failed(error: impl Error + Send + Sync + 'static) -> PrepareFailure {
    PrepareFailure::Failed(SharedError::new(error))
}
