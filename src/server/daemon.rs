//! The program `chatroomd`: builds the parts of the server from the options, and runs them.
//!
//! The only file that knows all parts of the server. Only the facade imports it.

use std::env;
use std::fmt;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Uid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tracing::{error, info, warn};

use crate::common::sentence::as_cause;
use crate::server::admin;
use crate::server::auth::worker;
use crate::server::certificates;
use crate::server::config::load::load;
use crate::server::config::options::{ServerAction, ServerOptions};
use crate::server::config::settings::{LoadReport, StoreSettings, WebSocketSettings};
use crate::server::error::ServerError;
use crate::server::hash_password;
use crate::server::logging;
use crate::server::net::{self, ListenSource, Origins, Reactor, Reloaded};
use crate::server::store::{self, OpenStore};
use crate::server::systemd::{self, InheritedSocket};

/// Runs the program `chatroomd` with these options until a signal stops it.
///
/// It listens, logs to standard error and handles SIGTERM, SIGINT and SIGHUP for the whole process;
/// use [`EmbeddedServer`](crate::server::EmbeddedServer) for a server inside another program.
///
/// # Errors
///
/// Every error is known before the first connection is accepted, except that of the event loop.
pub fn run(options: &ServerOptions) -> Result<(), ServerError> {
    if let Some(document) = options.generate {
        return document.print().map_err(ServerError::Output);
    }
    match &options.action {
        Some(ServerAction::HashPassword) => return hash_password::run(),
        Some(ServerAction::Store(action)) => return admin::run_store(action),
        Some(ServerAction::History(action)) => return admin::run_history(action),
        Some(ServerAction::Account(action)) => return admin::run_account(action),
        Some(ServerAction::Room(action)) => return admin::run_room(action),
        Some(ServerAction::Ban(action)) => return admin::run_ban(action),
        Some(ServerAction::Status(options)) => return admin::run_status(options),
        None => {}
    }
    let (settings, mut loaded) = load(options, true)?;
    let certificates = certificates::load(&settings)?;
    loaded.warnings.extend(certificates.warnings);
    loaded.files.extend(certificates.files);
    if settings.store.is_some() && !store::IS_SUPPORTED {
        return Err(ServerError::NoStore);
    }
    if settings.websocket.is_some() && !net::HAS_WEBSOCKET {
        return Err(ServerError::NoWebSocket);
    }
    if options.check_config {
        return report_valid(&loaded);
    }
    let log = logging::start(
        options.log_format,
        options.log_level(),
        settings.audit_log.as_deref(),
    );
    let _log = log?;
    for warning in &loaded.warnings {
        warn!("{warning}");
    }
    raise_file_limit();
    let stop = signal_pipe(&[SIGTERM, SIGINT])?;
    let hangup = signal_pipe(&[SIGHUP])?;
    let inherited = systemd::inherited_sockets()?;
    let unix_listen = match inherited.is_empty() {
        true => settings.unix_listen.clone(),
        false => Vec::new(),
    };
    let listen = match inherited.is_empty() {
        true => ListenSource::at(settings.addresses(), &unix_listen),
        false => inherited
            .into_iter()
            .map(|(socket, name)| match socket {
                InheritedSocket::Tcp(socket) => ListenSource::inherited(socket, &name),
                InheritedSocket::Unix(socket) => ListenSource::InheritedUnix(socket),
            })
            .collect(),
    };
    let window = Duration::from_secs(settings.hub.limits.once_seconds.into());
    let stored = settings.store.map(|store| open_store(store, window));
    let stored = stored.transpose()?;
    let mut reactor = Reactor::new(listen, settings.hub, stop, worker::start)?;
    reactor.set_tls(certificates.config);
    reactor.set_origins(origins(settings.websocket.as_ref()));
    if let Some((folder, mut store)) = stored {
        if let Some(socket) = store.administration.take() {
            reactor.administer_at(socket)?;
        }
        let contents = store.take_contents();
        reactor.store_in(folder, contents, |wake| store.start(wake))?;
    }
    let reload_options = options.clone();
    reactor.reload_with(hangup, move || reload(&reload_options))?;
    for (address, kind) in reactor.addresses() {
        announce(format_args!("listening on {address}{kind}"));
        let (tls, websocket) = (kind.has_tls, kind.has_websocket);
        info!(%address, tls, websocket, "listening");
    }
    if let Some(address) = settings.metrics {
        let address = reactor.serve_metrics_at(address)?;
        announce(format_args!("metrics at http://{address}/metrics"));
        info!(%address, "metrics");
    }
    for path in &unix_listen {
        announce(format_args!("listening on {}", path.display()));
        info!(path = %path.display(), "listening");
    }
    if let Some(fingerprint) = certificates.self_signed {
        announce(format_args!("certificate {fingerprint}"));
    }
    if Uid::effective().is_root() {
        warn!("running as root is not needed; run as an unprivileged user");
    }
    if let Err(error) = systemd::notify_ready(env::var_os("NOTIFY_SOCKET")) {
        warn!(%error, "cannot notify the service manager");
    }
    reactor.run()?;
    info!("stopped");
    Ok(())
}

fn origins(settings: Option<&WebSocketSettings>) -> Origins {
    Origins::new(settings.map_or(&[], |settings| &settings.origins))
}

/// Opens the store before the server listens, so that an error ends the start.
fn open_store(
    settings: StoreSettings,
    once_window: Duration,
) -> Result<(PathBuf, OpenStore), ServerError> {
    let store = store::open(&settings, once_window)?;
    if let Some(warning) = &store.warning {
        warn!("{warning}");
    }
    info!(folder = %settings.folder.display(), "messages are stored");
    Ok((settings.folder, store))
}

/// Prints the outcome of `--check-config` for valid settings: warnings, and the files that were read.
fn report_valid(loaded: &LoadReport) -> Result<(), ServerError> {
    for warning in &loaded.warnings {
        report(format_args!("warning: {warning}"));
    }
    let files = loaded.files.iter().map(|file| file.display().to_string());
    let read = match loaded.files.is_empty() {
        true => String::new(),
        false => format!(": read {}", files.collect::<Vec<_>>().join(", ")),
    };
    writeln!(io::stdout(), "The configuration is valid{read}.").map_err(ServerError::Output)
}

/// Reads the configuration again while the server runs.
fn reload(options: &ServerOptions) -> Result<Reloaded, ServerError> {
    let loaded = load(options, false).and_then(|(settings, report)| {
        let certificates = certificates::load(&settings)?;
        Ok((settings, report, certificates))
    });
    let (settings, report, certificates) = loaded.inspect_err(|error| {
        let cause = as_cause(&error.to_string());
        error!("the configuration is unchanged: {cause}");
    })?;
    for warning in report.warnings.iter().chain(&certificates.warnings) {
        warn!("{warning}");
    }
    info!("the configuration was reloaded");
    Ok(Reloaded {
        hub: settings.hub,
        tls: certificates.config,
        origins: origins(settings.websocket.as_ref()),
    })
}

/// Prints a message to standard error, after the name of the program. An error of that is ignored:
/// there is no other place to report it.
pub fn report(message: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "chatroomd: {message}");
}

/// A stream that receives one byte for each of these signals.
fn signal_pipe(signals: &[i32]) -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    for signal in signals {
        signal_hook::low_level::pipe::register(*signal, writer.try_clone()?)?;
    }
    Ok(reader)
}

/// Prints a line about the start, such as where the server listens: with port 0 only the system knows
/// the port.
fn announce(line: impl fmt::Display) {
    let mut out = io::stdout().lock();
    // A closed standard output does not stop the server.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Raises the soft limit on open files to the hard limit: each connection is one open file, and the
/// usual soft limit is far below what the server can carry.
fn raise_file_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        warn!(%error, "cannot raise the limit on open files");
    }
}
