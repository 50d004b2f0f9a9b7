//! Reading the settings again while the server runs: when a signal says so, or an operator.

use std::io::Read;
use std::os::unix;

use mio::Interest;
use mio::net::UnixStream;
use tracing::{error, info, warn};

use super::{RELOAD, Reactor};
use crate::server::{ServerError, Settings};

/// What was read, and the warnings that came with it.
type Gathered = Result<(Settings, Vec<String>), ServerError>;

/// Where settings come from, and the stream that says when to read them again.
pub(in crate::server) struct Reload {
    signal: UnixStream,
    gather: Box<dyn Fn() -> Gathered + Send>,
}

impl Reload {
    pub(in crate::server) fn new(
        signal: unix::net::UnixStream,
        gather: impl Fn() -> Gathered + Send + 'static,
    ) -> Result<Self, ServerError> {
        signal.set_nonblocking(true)?;
        Ok(Self {
            signal: UnixStream::from_std(signal),
            gather: Box::new(gather),
        })
    }
}

impl Reactor {
    /// From now on the settings can be read again.
    pub(in crate::server) fn reload_with(&mut self, mut reload: Reload) -> Result<(), ServerError> {
        let registry = self.poll.registry();
        registry.register(&mut reload.signal, RELOAD, Interest::READABLE)?;
        self.reload = Some(reload);
        Ok(())
    }

    /// Reads them again. A mistake in them is told, and changes nothing.
    pub(super) fn reload(&mut self) {
        let Some(reload) = &mut self.reload else {
            return;
        };
        // However many signals came, once is enough.
        let mut bytes = [0; 64];
        while matches!(reload.signal.read(&mut bytes), Ok(count) if count > 0) {}
        let read = match (reload.gather)() {
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
