//! `chatroomd`: a slim IRC server. One thread, one loop, many people.
//!
//! `options` is the command line and `config` the file, which together make the [`Settings`];
//! `reactor` moves bytes, [`hub`] decides, and `log` says what has happened. [`run`] is the whole
//! program; [`EmbeddedServer`] is the same server inside another one.

mod auth;
mod config;
mod embedded;
pub mod hub;
mod logging;
mod net;
mod systemd;

use auth::password;
use config::file;
use config::load;
use std::env;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Uid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tracing::{info, warn};

use crate::common::config_file::ConfigError;
use net::Reactor;

pub use config::options::{LogFormat, ServerAction, ServerOptions};
pub use embedded::EmbeddedServer;
pub use file::load::Settings;

/// Runs the program until it is told to stop.
pub fn run(options: &ServerOptions) -> Result<(), ServerError> {
    if let Some(generated) = options.generate {
        return generated
            .print::<ServerOptions>()
            .map_err(ServerError::Output);
    }
    if let Some(ServerAction::HashPassword) = options.action {
        return password::print_hash();
    }
    let (settings, warnings) = load::load(options, true)?;
    if options.check_config {
        for warning in &warnings {
            complain(format_args!("warning: {warning}"));
        }
        return Ok(());
    }
    let log = logging::start(options.log_format, options.log_level());
    let _log = log?;
    for warning in &warnings {
        warn!("{warning}");
    }
    allow_many_files();
    let stop = signal_pipe(&[SIGTERM, SIGINT])?;
    let hangup = signal_pipe(&[SIGHUP])?;
    let inherited = systemd::inherited_sockets()?;
    let mut reactor = Reactor::new(&settings, inherited, stop)?;
    let options = options.clone();
    reactor.reload_with(hangup, move || load::load(&options, false))?;
    for address in reactor.addresses() {
        announce(address);
        info!(%address, "listening");
    }
    if Uid::effective().is_root() {
        warn!("running as root, which nothing here needs: start it as somebody who owns nothing");
    }
    if let Err(error) = systemd::notify_ready(env::var_os("NOTIFY_SOCKET")) {
        warn!(%error, "the service manager was not told that the server is ready");
    }
    reactor.run()?;
    info!("stopped");
    Ok(())
}

/// Tells whoever started it what is wrong. When nobody can be told, that changes nothing.
pub fn complain(words: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "chatroomd: {words}");
}

/// A stream with a byte in it for each time one of these signals came.
fn signal_pipe(signals: &[i32]) -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    for signal in signals {
        signal_hook::low_level::pipe::register(*signal, writer.try_clone()?)?;
    }
    Ok(reader)
}

/// Tells whoever started it where it listens, most of all when the port was picked.
fn announce(address: SocketAddr) {
    let mut out = io::stdout().lock();
    // Nobody may be reading; the server is there all the same.
    let _ = writeln!(out, "listening on {address}").and_then(|()| out.flush());
}

/// Each connection is an open file, and the usual bound on them is far below what the server can
/// carry; up to the hard one a process may raise it itself.
fn allow_many_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        warn!(%error, "the number of open files stays as it was");
    }
}

/// Why the server cannot start, or cannot go on.
#[derive(Debug)]
pub enum ServerError {
    /// The configuration, or another file it needs, is not there or not right.
    Config(ConfigError),
    /// An address cannot be listened on.
    CannotListen {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Standard output cannot be written.
    Output(io::Error),
    /// There is no password to hash.
    Password(io::Error),
    /// The system refuses something that any program can have.
    System(io::Error),
}

impl ServerError {
    /// The exit status that says the same. sysexits(3).
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::CannotListen { .. } => 69,
            Self::Output(_) => 74,
            Self::Password(_) => 66,
            Self::System(_) => 71,
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::CannotListen { address, error } => {
                write!(f, "cannot listen on {address}: ")?;
                match error.kind() {
                    io::ErrorKind::AddrInUse => f.write_str(
                        "the address is in use; \
                         stop the other program or choose another with --listen",
                    ),
                    io::ErrorKind::AddrNotAvailable => {
                        f.write_str("this machine does not have that address")
                    }
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("ports below 1024 are reserved; choose another with --listen")
                    }
                    _ => error.fmt(f),
                }
            }
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::Password(error) => write!(f, "no password was hashed: {error}"),
            Self::System(error) => write!(f, "the system refuses: {error}"),
        }
    }
}

impl std::error::Error for ServerError {}

impl From<ConfigError> for ServerError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// What cannot fail for want of a file or an address fails for want of something that any program
/// can have.
impl From<io::Error> for ServerError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
