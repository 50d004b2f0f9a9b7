//! Reloads the settings while the server runs, on SIGHUP or REHASH.

use std::io::{self, Read};
use std::os::unix;

use mio::Interest;
use mio::net::UnixStream;

use super::{Origins, RELOAD, Reactor, TlsConfig};
use crate::server::error::ServerError;
use crate::server::hub::HubSettings;

/// The settings that a running server can change.
pub(in crate::server) struct Reloaded {
    pub(in crate::server) hub: HubSettings,
    /// The certificates for new connections.
    pub(in crate::server) tls: Option<TlsConfig>,
    /// The pages that may connect from now on.
    pub(in crate::server) origins: Origins,
}

/// The stream that signals a reload, and the function that reads the settings.
pub(super) type Reload = (
    UnixStream,
    Box<dyn Fn() -> Result<Reloaded, ServerError> + Send>,
);

impl Reactor {
    /// Enables reloading.
    pub(in crate::server) fn reload_with(
        &mut self,
        signal: unix::net::UnixStream,
        load: impl Fn() -> Result<Reloaded, ServerError> + Send + 'static,
    ) -> io::Result<()> {
        signal.set_nonblocking(true)?;
        let mut signal = UnixStream::from_std(signal);
        let registry = self.poll.registry();
        registry.register(&mut signal, RELOAD, Interest::READABLE)?;
        self.reload = Some((signal, Box::new(load)));
        Ok(())
    }

    /// Reads the settings again. A mistake in them is reported, and changes nothing.
    pub(super) fn reload(&mut self) {
        let Some((signal, load)) = &mut self.reload else {
            return;
        };
        // Several signals need one reload.
        let mut bytes = [0; 64];
        while matches!(signal.read(&mut bytes), Ok(count) if count > 0) {}
        let read = load().map(|reloaded| {
            // A server that was started without certificates has no listener for them.
            if self.tls.is_some() {
                self.tls = reloaded.tls;
            }
            self.origins = reloaded.origins;
            reloaded.hub
        });
        let (now, outbox) = (self.now, &mut self.outbox);
        match read {
            Ok(settings) => self.hub.reconfigured(Ok(settings), now, outbox),
            Err(error) => self.hub.reconfigured(Err(&error), now, outbox),
        }
        self.deliver();
    }
}
