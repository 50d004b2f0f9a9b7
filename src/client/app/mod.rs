//! The program of the client: from the options to a session, and from its end to an exit status.
//!
//! It wires the other folders together, and is the only one that knows all of them. It has no
//! protocol and draws nothing. Only the facade of the client imports it.

mod appearance;
#[cfg_attr(not(feature = "tls"), path = "no_certificate.rs")]
mod certificate;
mod connect;
mod ctl;
pub(super) mod error;
mod log;
mod paths;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::client::config::address::Address;
use crate::client::config::file::{self, Config};
use crate::client::config::options::{Action, ClientOptions, Document};
use crate::client::config::resolve::{ResolvedServer, ServerChoice};
use crate::client::net::dial::Dialer;
use crate::client::net::{Established, RememberedSecurity};
use crate::client::session::{CertificateFacts, Outcome, Session, Transport};
use crate::client::storage::known_certificates::KnownCertificates;
use crate::client::storage::log::folder_of;
use crate::client::storage::sts_policies::StsPolicies;
use crate::client::terminal::stderr;
use crate::client::ui::script::{self, ScriptOptions};
use crate::client::ui::setup::{SessionEnd, UiContext};
use crate::client::ui::{Ui, questions};
use crate::common::generate;
use crate::common::io_error::os_error_text;
use crate::common::record;
use appearance::{describe_certificate, report_warning, session_renderer};
use connect::{Connector, OpenConnection, resolve_or_ask, session_config, transport_to};
pub use connect::{HostFn, HostedRoom};
use error::ClientError;
use paths::Paths;

/// Does what the options say. `host` starts a server on this machine when none answers.
pub fn run(options: &ClientOptions, host: HostFn) -> Result<(), ClientError> {
    let started = Instant::now();
    if let Some(document) = options.generate {
        return print_document(document).map_err(ClientError::Output);
    }
    let paths = Paths::find();
    let config = Config::load(options.config.as_deref(), paths.config_file.as_deref())
        .map_err(ClientError::Config)?;
    if let Some(result) = ctl::run(options, &config, paths.control.as_deref()) {
        return result;
    }
    if let Some(Action::Log(log)) = &options.action {
        let config_file = options.config.clone().or(paths.config_file.clone());
        return log::run(options, log, &config, config_file, paths.logs().as_deref());
    }
    if let Some(Action::Certificate { name }) = &options.action {
        return certificate::run(name, paths.identities.as_deref());
    }
    if config.log && paths.state.is_none() {
        return Err(ClientError::NoStateFolder);
    }
    let script = ScriptOptions::of(options).map_err(ClientError::Message)?;
    let interactive = !options.is_scripted() && (options.plain || io::stdin().is_terminal());
    let remembered = RememberedSecurity {
        certificates: KnownCertificates::in_file(paths.certificates()),
        policies: StsPolicies::in_file(paths.sts_policies()),
    };
    let client = Client {
        options,
        edits: interactive && !options.plain && can_edit(),
        interactive,
        script,
        dialer: Dialer::new(config.routes(), remembered.clone()),
        config,
        remembered,
        paths,
        host,
        started,
        said_plain: RefCell::default(),
    };
    client.run()
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
struct Client<'a> {
    options: &'a ClientOptions,
    config: Config,
    paths: Paths,
    script: ScriptOptions,
    /// Whether a user types the lines.
    interactive: bool,
    /// Whether they are typed in the editor.
    edits: bool,
    dialer: Dialer,
    host: HostFn,
    started: Instant,
    /// What is remembered about the encryption of servers.
    remembered: RememberedSecurity,
    /// The addresses of which the user knows that they are not encrypted.
    said_plain: RefCell<BTreeSet<String>>,
}

/// What decides which question follows a session.
struct Attempt {
    /// It had a password for the server.
    has_password: bool,
    /// The user may accept an unknown certificate.
    can_accept: bool,
    /// The account that it logged in to.
    account: Option<String>,
}

impl Attempt {
    fn of(server: &ResolvedServer) -> Self {
        Self {
            has_password: server.password.is_some(),
            can_accept: server.trust.can_accept() && !server.is_policy,
            account: server.account.as_ref().map(|account| account.name.clone()),
        }
    }
}

impl Client<'_> {
    /// Runs a session to its end, and after each `/connect` the next one.
    fn run(&self) -> Result<(), ClientError> {
        let ui = match self.interactive {
            true => Ui::open(self.edits, self.config.keys).map(Some),
            false => Ok(None),
        };
        let mut ui = ui.map_err(ClientError::Output)?;
        let mut choice = ServerChoice {
            can_ask: ui.is_some(),
            ..ServerChoice::default()
        };
        // The server that `/connect` has just left.
        let mut left: Option<String> = None;
        loop {
            let connected = self.connect(&mut choice, ui.as_mut());
            let came_from = left.take();
            let (server, connection) = match (connected, came_from.clone()) {
                (Ok(Some(connected)), _) => connected,
                // The user has left a question about the other server.
                (Ok(None), Some(left)) if ui.as_ref().and_then(Ui::signal).is_none() => {
                    choice.switch_to(left);
                    continue;
                }
                (Ok(None), _) => {
                    let signal = ui.and_then(|ui| ui.signal());
                    return signal.map_or(Ok(()), |signal| Err(ClientError::Signal(signal)));
                }
                // A failed password command, for example: it may use the terminal, so it cannot run
                // before the session ends.
                (Err(error), Some(left)) if !matches!(error, ClientError::Signal(_)) => {
                    stderr::report(&format!("{error}; returning to {left}"));
                    choice.switch_to(left);
                    continue;
                }
                // The user has typed a server that cannot be reached, and can correct it.
                (Err(error @ ClientError::Connect(_)), _) if choice.can_answer_again() => {
                    stderr::report(&error.to_string());
                    choice.answered_server = None;
                    continue;
                }
                (Err(error), _) => return Err(error),
            };
            let home = choice.home.get_or_insert_with(|| server.named.clone());
            let home = home.to_string();
            choice.home_nick.get_or_insert_with(|| server.nick.clone());
            let attempt = Attempt::of(&server);
            let mut end = self.run_session(server, connection, ui.as_mut())?;
            if let Some(ui) = ui.as_mut()
                && self.asks_after(&attempt, &mut choice, &mut end, ui)?
            {
                left = came_from;
                continue;
            }
            if let (Some(Outcome::Incomplete(why)), Some(left), None) =
                (&end.outcome, came_from, end.signal)
            {
                stderr::report(&format!("{why}; returning to {left}"));
                choice.switch_to(left);
                continue;
            }
            let Some(Outcome::SwitchServer { server }) = end.outcome else {
                let closed = ui.map_or(Ok(()), Ui::close);
                let closed = closed.map_err(ClientError::Output);
                closed.or_else(ClientError::ignore_broken_pipe)?;
                return exit_result(end);
            };
            let named = self.options.server.as_ref().or(self.config.server.as_ref());
            let first = || named.cloned().unwrap_or(home);
            left = Some(choice.switched_to.clone().unwrap_or_else(first));
            choice.switch_to(server);
        }
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
            self.asks_to_accept(facts, ui)?
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
        let connector = Connector {
            dialer: &self.dialer,
            host: self.host,
            started: self.started,
            limit: self.options.timeout(),
        };
        let server = resolve_or_ask(choice, self.options, &self.config, ui.as_deref_mut())?;
        let Some(mut server) = server else {
            return Ok(None);
        };
        self.apply_remembered(&mut server);
        if server.trust.insecure && server.address.tls {
            let words =
                "any certificate is accepted (--insecure): others can read and change everything";
            report_warning(words, self.options, &self.config);
        }
        server
            .warnings
            .iter()
            .for_each(|warning| stderr::report(warning));
        let connection = connector.connect(&server, ui.as_deref())?;
        self.report_plain_connection(&server);
        Ok(Some((server, connection)))
    }

    /// Connects with encryption where the host has asked for that, then without an exception for the
    /// certificate, and trusts the certificate that the user has accepted elsewhere. A file that cannot
    /// be read is reported.
    fn apply_remembered(&self, server: &mut ResolvedServer) {
        match self.remembered.policy_port(&server.named) {
            Ok(Some(port)) => {
                server.is_policy = true;
                if !server.named.tls {
                    server.address = server.named.encrypted_on(port);
                }
                if std::mem::take(&mut server.trust.insecure) {
                    let host = &server.named.host;
                    stderr::report(&format!(
                        "--insecure is ignored: {host} has asked for encrypted connections only, with a \
                         certificate that is checked"
                    ));
                }
            }
            Ok(None) => {}
            Err(message) => stderr::report(&message),
        }
        if server.address.tls && server.trust.can_accept() && !server.is_policy {
            match self.remembered.accepted(&server.address) {
                Ok(accepted) => server.trust.accepted = accepted,
                Err(message) => stderr::report(&message),
            }
        }
    }

    /// Shows a certificate that no authority has signed, and asks whether to trust it. One that the
    /// user accepts is remembered.
    fn asks_to_accept(&self, facts: &CertificateFacts, ui: &mut Ui) -> Result<bool, ClientError> {
        describe_certificate(facts);
        let answer = ui.ask(questions::certificate());
        if answer.map_err(ClientError::Output)?.as_deref() != Some(questions::YES) {
            return Ok(false);
        }
        let known = &self.remembered.certificates;
        if let Err(error) = known.remember(&facts.server, &facts.fingerprint) {
            let file = known.file().unwrap_or_else(|| Path::new("")).display();
            let error = os_error_text(&error);
            stderr::report(&format!(
                "the certificate is trusted until the end of this run: cannot write {file}: {error}"
            ));
        }
        Ok(true)
    }

    /// Says that a connection to another machine is not encrypted, once for each address.
    fn report_plain_connection(&self, server: &ResolvedServer) {
        let address = &server.address;
        if transport_to(server) == Transport::Plain
            && !self.options.quiet
            && self.said_plain.borrow_mut().insert(address.to_string())
        {
            stderr::report(&format!(
                "not encrypted: others on the way can read and change what is sent to {address}; \
                 ircs://HOST encrypts it"
            ));
        }
    }

    /// Runs one session to its end.
    fn run_session(
        &self,
        server: ResolvedServer,
        connection: OpenConnection,
        ui: Option<&mut Ui>,
    ) -> Result<SessionEnd, ClientError> {
        let OpenConnection { stream, hosted } = connection;
        let (address, named) = (server.address.clone(), server.named.clone());
        let logs = self.paths.logs().filter(|_| self.config.log);
        let established = Established {
            stream,
            log: logs.map(|logs| folder_of(&logs, &named)),
            address,
            proxy: server.proxy.clone(),
            trust: server.trust.clone(),
            identity: server.identity.clone(),
            remembered: self.remembered.clone(),
            started: self.started,
            dialer: self.dialer.clone(),
        };
        let control = self.paths.control.clone().filter(|_| self.config.control);
        let mut session = session_config(
            server,
            self.options,
            &self.config,
            &self.script,
            ui.is_none(),
        )?;
        session.hosts = hosted.is_some();
        let session = Session::new(session);
        let renderer = session_renderer(self.options, &self.config, self.edits, self.interactive);
        let end = match ui {
            Some(ui) => {
                let context = self.ui_context(&named, control, hosted.is_some());
                ui.run_session(established, session, renderer, context)
            }
            None => {
                let script = self.script.clone();
                script::run(established, session, renderer, script, control.as_deref())
            }
        };
        // Otherwise the server stays while others are there.
        let closes = |end: &SessionEnd| end.outcome == Some(Outcome::CloseRoom);
        if let Some(room) = hosted
            && end.as_ref().is_ok_and(closes)
        {
            room.close();
        }
        end.map_err(ClientError::Output)
    }

    fn ui_context(&self, address: &Address, control: Option<PathBuf>, hosts: bool) -> UiContext {
        UiContext {
            format: self.options.format,
            history_file: self.paths.file_of_server("history", address),
            draft_file: self.paths.file_of_server("draft", address),
            control,
            notify_command: self.config.notify_command.clone(),
            greeting: match hosts {
                true => format!(
                    "no server on {address}, so the room is hosted here (it stays while others are \
                     in it)\n"
                ),
                false => String::new(),
            },
        }
    }
}

/// The exit status of the program after its last session.
fn exit_result(end: SessionEnd) -> Result<(), ClientError> {
    if let Some(signal) = end.signal {
        return Err(ClientError::Signal(signal));
    }
    match end.outcome {
        Some(Outcome::Done | Outcome::CloseRoom | Outcome::SwitchServer { .. }) => Ok(()),
        Some(Outcome::Incomplete(incomplete)) => Err(incomplete.into()),
        None => Err(ClientError::Internal),
    }
}
