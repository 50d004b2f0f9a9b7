//! The server inside another program: the client that finds nobody listening opens the room itself.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use crate::server::net::Reactor;
use crate::server::{ServerError, Settings};

/// A server in a thread of its own. It takes no signals and logs nothing by itself: the program
/// around it does as it likes. Dropping it stops it.
#[derive(Debug)]
pub struct EmbeddedServer {
    address: SocketAddr,
    /// Closing it stops the server; `None` once that is done.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedServer {
    /// Listens at once, so that what is wrong is known here, and serves from then on.
    ///
    /// ```
    /// use chatting_room::server::{EmbeddedServer, Settings};
    ///
    /// let any_port = "127.0.0.1:0".parse().unwrap();
    /// let server = EmbeddedServer::start(&Settings::listening_on(any_port)).unwrap();
    /// assert_ne!(server.address().port(), 0);
    /// server.stop();
    /// ```
    pub fn start(settings: &Settings) -> Result<Self, ServerError> {
        let (stop, stopped) = UnixStream::pair()?;
        let reactor = Reactor::new(settings, Vec::new(), stopped)?;
        let none = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = reactor.addresses().next().unwrap_or(none);
        let serve = move || {
            // It ends early only when the system takes the sockets' events away; the program
            // around it then finds its connection closed.
            let _ = reactor.run();
        };
        let thread = thread::Builder::new().name("server".to_owned());
        let thread = thread.spawn(serve)?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells everybody that the server is shutting down, and waits until it has.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been told on standard error already.
            let _ = thread.join();
        }
    }
}
