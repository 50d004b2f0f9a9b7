//! Reading the settings again while the server runs: when a signal says so, or an operator.

use std::io::{self, Read};
use std::os::unix;

use mio::Interest;
use mio::net::UnixStream;
use tracing::{error, info, warn};

use super::{RELOAD, Reactor};
use crate::server::config::load::Loaded;

/// The stream that says when settings are to be read again, and how that is done.
pub(super) type Reload = (UnixStream, Box<dyn Fn() -> Loaded + Send>);

impl Reactor {
    /// From now on the settings can be read again.
    pub(in crate::server) fn reload_with(
        &mut self,
        signal: unix::net::UnixStream,
        gather: impl Fn() -> Loaded + Send + 'static,
    ) -> io::Result<()> {
        signal.set_nonblocking(true)?;
        let mut signal = UnixStream::from_std(signal);
        let registry = self.poll.registry();
        registry.register(&mut signal, RELOAD, Interest::READABLE)?;
        self.reload = Some((signal, Box::new(gather)));
        Ok(())
    }

    /// Reads them again. A mistake in them is told, and changes nothing.
    pub(super) fn reload(&mut self) {
        let Some((signal, gather)) = &mut self.reload else {
            return;
        };
        // However many signals came, once is enough.
        let mut bytes = [0; 64];
        while matches!(signal.read(&mut bytes), Ok(count) if count > 0) {}
        let read = match gather() {
            Ok((settings, warnings)) => {
                for warning in warnings {
                    warn!("{warning}");
                }
                info!("the configuration was read again");
                Ok(settings.hub)
            }
            Err(error) => {
                error!("the configuration stays as it was: {error}");
                Err(error.to_string())
            }
        };
        self.hub.reconfigured(read, self.now, &mut self.outbox);
        self.deliver();
    }
}
