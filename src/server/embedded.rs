//! The server inside another program, in a thread of its own.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::server::auth::worker;
use crate::server::certificates;
use crate::server::config::settings::Settings;
use crate::server::error::ServerError;
use crate::server::net::{ListenSource, Origins, Reactor};
use crate::server::store;

/// A running server in a thread of its own. It handles no signals and starts no log; dropping it
/// stops it.
///
/// ```
/// use std::io::{BufRead, BufReader, Write};
/// use std::net::TcpStream;
///
/// use chatting_room::server::{EmbeddedServer, Settings};
///
/// // Port 0 lets the system choose a free port.
/// let mut settings = Settings::listening_on(([127, 0, 0, 1], 0).into());
/// settings.hub.network = "Example".to_owned();
/// let server = EmbeddedServer::start(&settings)?;
///
/// let mut stream = TcpStream::connect(server.address())?;
/// stream.write_all(b"NICK alice\r\nUSER alice 0 * :Alice\r\n")?;
/// let mut welcome = String::new();
/// BufReader::new(&stream).read_line(&mut welcome)?;
/// assert_eq!(welcome, ":chatroomd.local 001 alice :Welcome to Example, alice\r\n");
///
/// server.stop();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EmbeddedServer {
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    /// Closing it stops the server; `None` once that is done.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedServer {
    /// Starts a server. It listens when this returns.
    ///
    /// # Errors
    ///
    /// [`ServerError::CannotListen`] for an address that cannot be listened on,
    /// [`ServerError::Store`] for a store that cannot be opened, and
    /// [`ServerError::System`] when the system has no thread or no file descriptor left.
    pub fn start(settings: &Settings) -> Result<Self, ServerError> {
        let (stop, stopped) = UnixStream::pair()?;
        let certificates = certificates::load(settings)?;
        let hub = settings.hub.clone();
        let listen = ListenSource::at(settings.addresses(), &settings.unix_listen);
        let stored = settings.store.as_ref();
        let window = Duration::from_secs(settings.hub.limits.once_seconds.into());
        let stored = stored.map(|store| store::open(store, window));
        let stored = stored.transpose()?;
        let mut reactor = Reactor::new(listen, hub, stopped, worker::start)?;
        reactor.set_tls(certificates.config);
        if let Some(address) = settings.metrics {
            reactor.serve_metrics_at(address)?;
        }
        if let Some(websocket) = &settings.websocket {
            reactor.set_origins(Origins::new(&websocket.origins));
        }
        if let (Some(one), Some(mut store)) = (&settings.store, stored) {
            if let Some(socket) = store.administration.take() {
                reactor.administer_at(socket)?;
            }
            let contents = store.take_contents();
            reactor.store_in(one.folder.clone(), contents, |wake| store.start(wake))?;
        }
        let none = SocketAddr::from(([0, 0, 0, 0], 0));
        let addresses: Vec<_> = reactor.addresses().collect();
        let address = addresses.first().map_or(none, |(address, _)| *address);
        let tls_address = addresses.iter().find(|(_, kind)| kind.has_tls);
        let tls_address = tls_address.map(|(address, _)| *address);
        let serve = move || {
            // It fails only if waiting for events fails. The program around it then finds its
            // connection closed.
            let _ = reactor.run();
        };
        let thread = thread::Builder::new().name("server".to_owned());
        let thread = thread.spawn(serve)?;
        Ok(Self {
            address,
            tls_address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The first address it listens on, with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first address for encrypted connections, if there is one.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// Closes all connections with the reason "Server shutting down", and waits for the end of the
    /// thread.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The panic message of the thread is on standard error already.
            let _ = thread.join();
        }
    }
}
