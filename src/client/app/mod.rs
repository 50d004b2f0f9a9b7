//! Runs the client: reads the options, starts a session, and returns the exit status.
//!
//! It wires the other folders together, and is the only one that knows all of them. It must not
//! know the protocol or draw anything. Only the facade `client` imports it.

mod appearance;
#[cfg_attr(not(feature = "tls"), path = "no_certificate.rs")]
mod certificate;
mod connect;
mod ctl;
pub(super) mod error;
mod log;
mod networks;
mod paths;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::client::config::address::{Address, PORT};
use crate::client::config::file::{self, Config};
use crate::client::config::mistyped_command::find_mistyped_command;
use crate::client::config::network_key::NetworkKey;
use crate::client::config::options::{Action, ClientOptions, Document};
use crate::client::config::proxy::proxy_for;
use crate::client::config::resolve::{ResolvedServer, ServerChoice};
use crate::client::event::NetworkName;
use crate::client::net::dial::{Dialer, is_host};
use crate::client::net::{
    DriverSetup, FilesOfNetwork, NetworkSetup, PrepareNetwork, RememberedSecurity,
};
use crate::client::session::{CertificateFacts, Outcome};
use crate::client::storage::known_certificates::KnownCertificates;
use crate::client::storage::sts_policies::StsPolicies;
use crate::client::terminal::stderr;
use crate::client::ui::script::{self, ScriptOptions};
use crate::client::ui::setup::{SessionEnd, UiContext};
use crate::client::ui::{Ui, questions};
use crate::common::generate;
use crate::common::record;
use appearance::{describe_certificate, report_warning, session_renderer};
use connect::{Connector, OpenConnection, resolve_or_ask};
pub use connect::{HostFn, HostedRoom};
use error::ClientError;
use networks::{Home, NetworkSetups};
use paths::Paths;

/// Does what the options say. `host` starts a server on this machine when none answers.
///
/// # Errors
///
/// Any error that ends the program early; each has an exit status.
pub fn run(options: &ClientOptions, host: HostFn) -> Result<(), ClientError> {
    let started = Instant::now();
    if let Some(document) = options.generate {
        return print_document(document).map_err(ClientError::Output);
    }
    let paths = Paths::find();
    let config = Config::load(options.config(), paths.config_file.as_deref())
        .map_err(ClientError::Config)?;
    if let Some(result) = ctl::run(options, &config, paths.control.as_deref()) {
        return result;
    }
    if let Some(Action::Log(log)) = &options.action {
        let config_file = options
            .config()
            .map(Path::to_owned)
            .or(paths.config_file.clone());
        return log::run(options, log, &config, config_file, paths.logs().as_deref());
    }
    if let Some(Action::Certificate { name, .. }) = &options.action {
        return certificate::run(name, paths.identities.as_deref());
    }
    check_servers(options, &config)?;
    if config.log && paths.state.is_none() {
        return Err(ClientError::NoStateFolder);
    }
    let script = ScriptOptions::of(options).map_err(ClientError::Message)?;
    let interactive = !options.is_scripted() && (options.plain || io::stdin().is_terminal());
    let remembered = RememberedSecurity {
        certificates: KnownCertificates::in_file(paths.certificates()),
        policies: StsPolicies::in_file(paths.sts_policies()),
    };
    let setups = NetworkSetups {
        options: options.clone(),
        dialer: Dialer::new(config.servers.keys().cloned().collect()),
        config,
        script,
        remembered,
        paths,
        interactive,
    };
    let client = Client {
        edits: interactive && !options.plain && can_edit(),
        setups: Arc::new(setups),
        host,
        started,
    };
    client.run()
}

/// Refuses servers that are probably a mistyped command and its arguments.
fn check_servers(options: &ClientOptions, config: &Config) -> Result<(), ClientError> {
    let Some(mistyped) = find_mistyped_command(options.servers(), config) else {
        return Ok(());
    };
    let address = Address {
        host: mistyped.word.clone(),
        port: PORT,
        tls: false,
    };
    // A proxy resolves host names itself, and may resolve names that this machine cannot.
    let has_proxy = !matches!(proxy_for(None, &address), Ok(None));
    match has_proxy || is_host(&address.host) {
        true => Ok(()),
        false => Err(ClientError::MistypedCommand(mistyped)),
    }
}

/// Prints a generated document.
fn print_document(document: Document) -> io::Result<()> {
    match document {
        Document::Generated(generated) => generated.print::<ClientOptions>(),
        Document::Config => generate::print(file::EXAMPLE.as_bytes()),
        Document::Schema => generate::print(record::schema().as_bytes()),
    }
}

/// Whether the terminal can move its cursor, as the editor needs it to.
fn can_edit() -> bool {
    let terminal = std::env::var("TERM").unwrap_or_default();
    !["dumb", "cons25", "emacs"].contains(&terminal.to_ascii_lowercase().as_str())
}

/// All that one run of the client works with.
struct Client {
    setups: Arc<NetworkSetups>,
    /// Whether lines are typed in the editor.
    edits: bool,
    host: HostFn,
    started: Instant,
}

/// The facts that decide which question follows a session.
struct Attempt {
    /// The name of the network.
    network: NetworkName,
    /// It had a password for the server.
    has_password: bool,
    /// The user may accept an unknown certificate.
    can_accept: bool,
    /// The account that it logged in to.
    account: Option<String>,
}

impl Attempt {
    fn of(server: &ResolvedServer, config: &Config) -> Self {
        let key = NetworkKey::new(Some(server.network.as_str()), &server.named, config);
        Self {
            network: key.network_name(),
            has_password: server.password.is_some(),
            can_accept: server.trust.can_accept() && !server.is_policy,
            account: server.account.as_ref().map(|account| account.name.clone()),
        }
    }
}

impl Client {
    /// Runs the networks that are named, or the one that the user answers with.
    fn run(&self) -> Result<(), ClientError> {
        let NetworkSetups {
            config,
            interactive,
            ..
        } = &*self.setups;
        let ui = match interactive {
            true => Ui::open(self.edits, config.keys).map(Some),
            false => Ok(None),
        };
        let ui = ui.map_err(ClientError::Output)?;
        let all_named = self.setups.names_at_start();
        let choice = ServerChoice {
            can_ask: ui.is_some(),
            named: all_named.first().cloned(),
            all_named,
            ..ServerChoice::default()
        };
        match choice.all_named.len() {
            0 | 1 => self.run_single(choice, ui),
            _ => self.run_several(choice, ui),
        }
    }

    /// Runs one network to its end, and again after each question that its server leads to.
    fn run_single(&self, mut choice: ServerChoice, mut ui: Option<Ui>) -> Result<(), ClientError> {
        let mut said_plain = None;
        loop {
            let (server, connection) = match self.connect(&mut choice, ui.as_mut()) {
                Ok(Some(connected)) => connected,
                Ok(None) => return left_at_question(ui),
                // The user has typed a server that cannot be reached, and can correct it.
                Err(error @ ClientError::Connect(_)) if choice.can_answer_again() => {
                    stderr::report(&error.to_string());
                    choice.answered_server = None;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(notice) = self.setups.plain_notice(&server)
                && said_plain.as_ref() != Some(&server.address)
            {
                stderr::report(&notice);
                said_plain = Some(server.address.clone());
            }
            choice.home.get_or_insert_with(|| server.network.clone());
            choice.home_nick.get_or_insert_with(|| server.nick.clone());
            let attempt = Attempt::of(&server, &self.setups.config);
            let mut end = self.run_connected(server, connection, &choice, ui.as_mut())?;
            if let Some(ui) = ui.as_mut()
                && self.asks_after(&attempt, &mut choice, &mut end, ui)?
            {
                continue;
            }
            return finish(ui, end);
        }
    }

    /// Runs several networks to their end. Each connects by itself, so that none waits for another.
    fn run_several(&self, mut choice: ServerChoice, mut ui: Option<Ui>) -> Result<(), ClientError> {
        let mut networks: Vec<NetworkSetup> = Vec::new();
        for name in choice.all_named.clone() {
            choice.named = Some(name);
            choice.answered_account_password = None;
            let NetworkSetups {
                options, config, ..
            } = &*self.setups;
            let server = resolve_or_ask(&mut choice, options, config, ui.as_mut())?;
            let Some(mut server) = server else {
                return left_at_question(ui);
            };
            let mut notices = self.setups.apply_remembered(&mut server);
            notices.append(&mut server.warnings);
            notices.extend(self.setups.plain_notice(&server));
            notices.iter().for_each(|notice| stderr::report(notice));
            self.warn_if_insecure(&server);
            choice.home.get_or_insert_with(|| server.network.clone());
            choice.home_nick.get_or_insert_with(|| server.nick.clone());
            let setup = self
                .setups
                .network(server, None, &choice.all_named, false, true)?;
            if networks.iter().all(|other| other.name != setup.name) {
                networks.push(setup);
            }
        }
        let context = self.ui_context(String::new());
        let end = self.run_sessions(networks, &choice, ui.as_mut(), context)?;
        finish(ui, end)
    }

    /// Asks the user for what the session lacked, if an answer can help. Returns whether there is an
    /// answer, with which the next attempt is made.
    fn asks_after(
        &self,
        attempt: &Attempt,
        choice: &mut ServerChoice,
        end: &mut SessionEnd,
        ui: &mut Ui,
    ) -> Result<bool, ClientError> {
        let is_answered = if end.wants_password() {
            let question = questions::password(attempt.has_password);
            choice.answered_password = ui.ask(question).map_err(ClientError::Output)?;
            choice.answered_password.is_some()
        } else if let (true, Some(account)) = (end.wants_account_password(), &attempt.account) {
            let question = questions::account_password(account, true);
            choice.answered_account_password = ui.ask(question).map_err(ClientError::Output)?;
            choice.answered_account_password.is_some()
        } else if let (true, Some(facts)) = (attempt.can_accept, end.unknown_certificate()) {
            self.asks_to_accept(&attempt.network, facts, ui)?
        } else {
            return Ok(false);
        };
        if !is_answered {
            end.signal = ui.signal();
        }
        Ok(is_answered)
    }

    /// A connection to the chosen server. `None` when the user leaves instead of answering a
    /// question.
    fn connect(
        &self,
        choice: &mut ServerChoice,
        mut ui: Option<&mut Ui>,
    ) -> Result<Option<(ResolvedServer, OpenConnection)>, ClientError> {
        let NetworkSetups {
            options,
            config,
            dialer,
            ..
        } = &*self.setups;
        let connector = Connector {
            dialer,
            host: self.host,
            started: self.started,
            limit: options.timeout(),
        };
        let server = resolve_or_ask(choice, options, config, ui.as_deref_mut())?;
        let Some(mut server) = server else {
            return Ok(None);
        };
        let notices = self.setups.apply_remembered(&mut server);
        notices.iter().for_each(|notice| stderr::report(notice));
        self.warn_if_insecure(&server);
        server
            .warnings
            .iter()
            .for_each(|warning| stderr::report(warning));
        let mut untried = server.others.len();
        let connection = loop {
            match connector.connect(&server, ui.as_deref()) {
                Err(ClientError::Connect(error)) if untried > 0 && server.take_next_address() => {
                    untried -= 1;
                    stderr::report(&error.followed_by(&server.address));
                    let notices = self.setups.apply_remembered(&mut server);
                    notices.iter().for_each(|notice| stderr::report(notice));
                }
                connection => break connection?,
            }
        };
        Ok(Some((server, connection)))
    }

    fn warn_if_insecure(&self, server: &ResolvedServer) {
        if server.trust.insecure && server.address.tls {
            let words =
                "Any certificate is accepted (--insecure): others can read and change everything.";
            report_warning(words, &self.setups.options, &self.setups.config);
        }
    }

    /// Shows a certificate that no authority has signed, and asks whether to trust it. One that the
    /// user accepts is remembered.
    fn asks_to_accept(
        &self,
        network: &NetworkName,
        facts: &CertificateFacts,
        ui: &mut Ui,
    ) -> Result<bool, ClientError> {
        describe_certificate(facts);
        let answer = ui.ask(questions::certificate());
        if answer.map_err(ClientError::Output)?.as_deref() != Some(questions::YES) {
            return Ok(false);
        }
        if let Err(error) = self.setups.remembered.remember(network, facts) {
            stderr::report(&error.to_string());
        }
        Ok(true)
    }

    /// Runs the session of one network to its end.
    fn run_connected(
        &self,
        server: ResolvedServer,
        connection: OpenConnection,
        choice: &ServerChoice,
        ui: Option<&mut Ui>,
    ) -> Result<SessionEnd, ClientError> {
        let OpenConnection { stream, hosted } = connection;
        let greeting = match &hosted {
            Some(_) => format!(
                "No server on {}, so the room is hosted here. It stays while others are in it.\n",
                server.named
            ),
            None => String::new(),
        };
        let setup = self.setups.network(
            server,
            Some(stream),
            &choice.all_named,
            hosted.is_some(),
            false,
        )?;
        let context = self.ui_context(greeting);
        let end = self.run_sessions(vec![setup], choice, ui, context);
        // Otherwise the server stays while others are there.
        let closes = |end: &SessionEnd| end.outcome == Some(Outcome::CloseRoom);
        if let Some(room) = hosted
            && end.as_ref().is_ok_and(closes)
        {
            room.close();
        }
        end
    }

    fn run_sessions(
        &self,
        networks: Vec<NetworkSetup>,
        choice: &ServerChoice,
        ui: Option<&mut Ui>,
        context: UiContext,
    ) -> Result<SessionEnd, ClientError> {
        let setups = Arc::clone(&self.setups);
        let home = Home {
            network: choice.home.clone(),
            nick: choice.home_nick.clone(),
        };
        let driver = DriverSetup {
            started: self.started,
            dialer: setups.dialer.clone(),
            remembered: setups.remembered.clone(),
            prepare: PrepareNetwork(Arc::new(move |server, password| {
                setups.prepare(server, password, &home)
            })),
            files_of: self.files_of(),
        };
        let NetworkSetups {
            options,
            config,
            script,
            interactive,
            ..
        } = &*self.setups;
        let renderer = session_renderer(options, config, self.edits, *interactive);
        let end = match ui {
            Some(ui) => ui.run_sessions(driver, networks, renderer, context),
            None => {
                let control = context.control;
                script::run(
                    driver,
                    networks,
                    renderer,
                    script.clone(),
                    control.as_deref(),
                )
            }
        };
        end.map_err(ClientError::Output)
    }

    /// Finds the files of the networks of a bouncer.
    fn files_of(&self) -> FilesOfNetwork {
        let setups = Arc::clone(&self.setups);
        FilesOfNetwork(Arc::new(move |name| {
            setups.files_of(&NetworkKey::of_upstream(name))
        }))
    }

    fn ui_context(&self, greeting: String) -> UiContext {
        let NetworkSetups {
            options,
            config,
            paths,
            ..
        } = &*self.setups;
        UiContext {
            format: options.format(),
            control: paths.control.clone().filter(|_| config.control),
            notify_command: config.notify_command.clone(),
            greeting,
        }
    }
}

/// The user has left instead of answering a question.
fn left_at_question(ui: Option<Ui>) -> Result<(), ClientError> {
    let signal = ui.and_then(|ui| ui.signal());
    signal.map_or(Ok(()), |signal| Err(ClientError::Signal(signal)))
}

/// Waits until everything is printed.
fn finish(ui: Option<Ui>, end: SessionEnd) -> Result<(), ClientError> {
    let closed = ui.map_or(Ok(()), Ui::close);
    let closed = closed.map_err(ClientError::Output);
    closed.or_else(ClientError::ignore_broken_pipe)?;
    exit_result(end)
}

/// The exit status of the program after its last session.
fn exit_result(end: SessionEnd) -> Result<(), ClientError> {
    if let Some(signal) = end.signal {
        return Err(ClientError::Signal(signal));
    }
    match end.outcome {
        Some(Outcome::Done | Outcome::CloseRoom) => Ok(()),
        Some(Outcome::Incomplete(incomplete)) => Err(incomplete.into()),
        None => Err(ClientError::Internal),
    }
}
