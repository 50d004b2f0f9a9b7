//! Gets a connection: asks what is missing, connects, and hosts the room when no server is there.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGINT;

use super::error::ClientError;
use crate::client::config::file::Config;
use crate::client::config::options::ClientOptions;
use crate::client::config::resolve::{
    Missing, Resolution, ResolveError, ResolvedAccount, ResolvedServer, ServerChoice, resolve,
};
use crate::client::net::dial::{ConnectError, Dialer};
use crate::client::session::{AccountLogin, Incomplete, SessionConfig, Transport};
use crate::client::terminal::signals;
use crate::client::ui::Ui;
use crate::client::ui::questions;
use crate::client::ui::script::ScriptOptions;

/// Starts a server on this machine, at this address. It listens when the function returns.
pub type HostFn = fn(SocketAddr) -> io::Result<Box<dyn HostedRoom>>;

/// A server that this client has started. Dropping it leaves the server running for others.
pub trait HostedRoom {
    /// Stops the server, and returns when it has ended or after a moment.
    fn close(self: Box<Self>);
}

/// The dialer, the hosting function and the time limit of connections.
pub(super) struct Connector<'a> {
    pub(super) dialer: &'a Dialer,
    pub(super) host: HostFn,
    /// The start of the program, from which `limit` counts.
    pub(super) started: Instant,
    /// How long a script may take.
    pub(super) limit: Option<Duration>,
}

/// An open connection.
pub(super) struct OpenConnection {
    pub(super) stream: TcpStream,
    /// The hosted server, if this program hosts the room.
    pub(super) hosted: Option<Box<dyn HostedRoom>>,
}

/// Resolves the server, asking the user for what is missing. `None` when the user leaves instead of
/// answering.
pub(super) fn resolve_or_ask(
    choice: &mut ServerChoice,
    options: &ClientOptions,
    config: &Config,
    mut ui: Option<&mut Ui>,
) -> Result<Option<ResolvedServer>, ClientError> {
    let mut invalid = None;
    loop {
        let missing = match resolve(choice, options, config) {
            Ok(Resolution::Resolved(server)) => return Ok(Some(*server)),
            Ok(Resolution::Missing(missing)) => missing,
            // A mistake in an answer is asked about again.
            Err(ResolveError::Address(error))
                if choice.answered_server.as_ref() == Some(&error.text) =>
            {
                choice.answered_server = None;
                invalid = Some(error);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let Some(ui) = ui.as_mut() else {
            debug_assert!(false, "`can_ask` is set only where there is a user");
            return Err(ClientError::Internal);
        };
        let (question, answer) = match missing {
            Missing::Server { default } => {
                let question = questions::server(default, invalid.take().as_ref());
                (question, &mut choice.answered_server)
            }
            Missing::Nick { default } => (questions::nick(default), &mut choice.answered_nick),
            Missing::AccountPassword { account } => {
                let question = questions::account_password(&account, false);
                (question, &mut choice.answered_account_password)
            }
        };
        match ui.ask(question).map_err(ClientError::Output)? {
            Some(text) => *answer = Some(text),
            None => return Ok(None),
        }
    }
}

impl Connector<'_> {
    /// Connects to the server. When nothing listens there and no server was named, it hosts the room
    /// first.
    pub(super) fn connect(
        &self,
        server: &ResolvedServer,
        ui: Option<&Ui>,
    ) -> Result<OpenConnection, ClientError> {
        let not_hosted = |stream| OpenConnection {
            stream,
            hosted: None,
        };
        match self.connect_within(server, ui)? {
            Ok(stream) => return Ok(not_hosted(stream)),
            Err(error) if server.is_policy => return Err(error.only_encrypted().into()),
            Err(error) if server.may_host && error.is_refused() => {}
            Err(error) => return Err(error.into()),
        }
        let local = SocketAddr::from(([127, 0, 0, 1], server.address.port));
        // Hosting fails when another program has begun to host in the same moment; then it answers.
        let hosted = (self.host)(local);
        match (self.connect_within(server, ui)?, hosted) {
            (Ok(stream), hosted) => Ok(OpenConnection {
                stream,
                hosted: hosted.ok(),
            }),
            (Err(error), Ok(_)) => Err(error.into()),
            (Err(_), Err(error)) => Err(ClientError::CannotHost {
                address: server.address.clone(),
                error,
            }),
        }
    }

    /// Tries to connect, until Ctrl-C at a terminal or the time limit of a script.
    fn connect_within(
        &self,
        server: &ResolvedServer,
        ui: Option<&Ui>,
    ) -> Result<Result<TcpStream, ConnectError>, ClientError> {
        let (dialer, address) = (self.dialer.clone(), server.address.clone());
        let proxy = server.proxy.clone();
        let is_user = ui.is_some();
        let connect = move || dialer.connect(&address, proxy.as_ref(), is_user);
        match (ui, self.limit) {
            (Some(ui), _) => {
                let result = in_background(connect);
                ui.wait_for(&result).ok_or(ClientError::Signal(SIGINT))
            }
            (None, None) => Ok(connect()),
            (None, Some(limit)) => {
                let result = in_background(connect);
                let left = limit.saturating_sub(self.started.elapsed());
                let report = None;
                let result = result.recv_timeout(left);
                result.map_err(|_| ClientError::from(Incomplete::TimeIsUp { limit, report }))
            }
        }
    }
}

/// Does work in a thread of its own, and returns where its result comes.
fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (sender, result) = mpsc::channel();
    thread::spawn(move || {
        signals::block_editor_signals();
        // The receiver is gone when the user has left or the time is over.
        let _ = sender.send(work());
    });
    result
}

/// How the session logs in to the account.
///
/// # Errors
///
/// The system has no randomness.
fn account_login(
    account: ResolvedAccount,
    has_certificate: bool,
) -> Result<AccountLogin, ClientError> {
    let mut nonce_key = [0; 32];
    getrandom::fill(&mut nonce_key).map_err(|_| ClientError::Internal)?;
    Ok(AccountLogin {
        name: account.name,
        password: account.password,
        mechanism: account.mechanism,
        has_certificate,
        is_optional: account.is_optional,
        nonce_key,
    })
}

/// The security of the transport to this server. Through a proxy it is never loopback: the address
/// is that of a host as the proxy sees it.
pub(super) fn transport_to(server: &ResolvedServer) -> Transport {
    let stays_here = server.address.is_loopback() && server.proxy.is_none();
    match (server.address.tls, stays_here) {
        (true, false) if server.trust.insecure => Transport::Unverified,
        (true, _) => Transport::Encrypted,
        (false, true) => Transport::Loopback,
        (false, false) => Transport::Plain,
    }
}

/// The configuration of a session on this server.
pub(super) fn session_config(
    server: ResolvedServer,
    options: &ClientOptions,
    config: &Config,
    script: &ScriptOptions,
    is_script: bool,
) -> Result<SessionConfig, ClientError> {
    let has_certificate = server.identity.is_some();
    let transport = transport_to(&server);
    let account = server.account;
    let account = account.map(|account| account_login(account, has_certificate));
    let account = account.transpose()?;
    let mut once_key = [0; 12];
    getrandom::fill(&mut once_key).map_err(|_| ClientError::Internal)?;
    Ok(SessionConfig {
        account,
        transport,
        user: server.user,
        real_name: server.real_name,
        upstream: None,
        last_seen: None,
        on_connect: server.on_connect,
        nick: server.nick,
        alternatives: server.alternatives,
        password: server.password,
        rooms: server.rooms,
        person: server.person,
        hosts: false,
        script: is_script,
        persistent: false,
        strict: script.strict,
        wait: None,
        once_key,
        retry: options.retry,
        time_limit: options.timeout(),
        log: config.log,
        ctcp: config.ctcp.unwrap_or(true),
        ignore: config.ignore.clone(),
        highlight: config.highlight.clone(),
        aliases: config.aliases(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};
    use std::net::TcpListener;

    use super::*;
    use crate::client::config::address::Address;
    use crate::client::config::proxy::ProxyAddress;
    use crate::client::config::trust::Trust;

    fn server_at(address: &Address) -> ResolvedServer {
        ResolvedServer {
            network: address.network_name(),
            address: address.clone(),
            others: VecDeque::new(),
            named: address.clone(),
            is_policy: false,
            proxy: None,
            trust: Trust::default(),
            identity: None,
            may_host: true,
            nick: "alice".into(),
            user: None,
            real_name: None,
            alternatives: Vec::new(),
            rooms: Vec::new(),
            person: None,
            password: None,
            account: None,
            warnings: Vec::new(),
            on_connect: Vec::new(),
        }
    }

    #[test]
    fn a_connection_stays_on_this_machine_only_without_a_proxy() {
        let proxy = || ProxyAddress {
            host: "bastion".into(),
            port: 1080,
            login: None,
        };
        for (host, tls, is_proxied, insecure, expected) in [
            ("127.0.0.1", false, false, false, Transport::Loopback),
            ("127.0.0.1", false, true, false, Transport::Plain),
            ("irc.localhost", false, false, false, Transport::Loopback),
            ("irc.localhost", false, true, false, Transport::Plain),
            ("chat.example", false, false, false, Transport::Plain),
            ("chat.example", true, false, false, Transport::Encrypted),
            ("chat.example", true, false, true, Transport::Unverified),
            ("::1", true, false, true, Transport::Encrypted),
            ("::1", true, true, true, Transport::Unverified),
        ] {
            let mut server = server_at(&Address {
                host: host.into(),
                port: 6667,
                tls,
            });
            server.proxy = is_proxied.then(proxy);
            server.trust.insecure = insecure;
            let found = transport_to(&server);
            assert_eq!(found, expected, "{host} {tls} {is_proxied} {insecure}");
        }
    }

    #[test]
    fn a_client_that_cannot_host_joins_the_one_that_began_to_at_the_same_time() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let server = server_at(&address.to_string().parse().unwrap());
        let dialer = Dialer::new(BTreeSet::new());
        let connector = |host| Connector {
            dialer: &dialer,
            host,
            started: Instant::now(),
            limit: None,
        };
        let no_other: HostFn = |_| Err(io::ErrorKind::AddrInUse.into());
        let error = connector(no_other).connect(&server, None).err().unwrap();
        assert!(matches!(error, ClientError::CannotHost { .. }), "{error}");
        let other_listens: HostFn = |address| {
            // It listens as long as the test runs, as the other program would.
            std::mem::forget(TcpListener::bind(address).unwrap());
            Err(io::ErrorKind::AddrInUse.into())
        };
        let connection = connector(other_listens).connect(&server, None);
        assert!(connection.ok().unwrap().hosted.is_none());
    }
}
