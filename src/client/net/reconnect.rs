//! Waits between two connections (the backoff that the session asks for) and connects again.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{Driver, DriverInput, Frontend};

/// The wait when no reconnection is planned: only input ends it.
const NO_DEADLINE: Duration = Duration::from_secs(3600);
/// How often the frontend can show how long the wait still is.
const COUNTDOWN_STEP: Duration = Duration::from_secs(1);

impl<F: Frontend> Driver<F> {
    /// Waits for the time of the next attempt, and connects. `None` when there is no connection yet.
    pub(super) async fn wait_to_reconnect(
        &mut self,
        input: &mut mpsc::UnboundedReceiver<DriverInput>,
    ) -> Option<TcpStream> {
        let now = self.now();
        let wait = self
            .reconnect_at
            .map_or(NO_DEADLINE, |at| at.saturating_sub(now.elapsed));
        let input_in_time = tokio::select! {
            input = input.recv() => Some(input),
            () = tokio::time::sleep(wait.min(COUNTDOWN_STEP)) => None,
        };
        let now = self.now();
        if input_in_time.is_none() && wait > COUNTDOWN_STEP {
            self.frontend.session_changed(&self.session, now.elapsed);
            return None;
        }
        if let Some(input) = input_in_time {
            self.process_input(input, now);
            self.apply(now);
            return None;
        }
        self.reconnect_at.take()?;
        self.session.plan_retry(None);
        self.frontend.session_changed(&self.session, now.elapsed);
        self.reconnect(input).await
    }

    /// Connects, and processes input meanwhile.
    async fn reconnect(
        &mut self,
        input: &mut mpsc::UnboundedReceiver<DriverInput>,
    ) -> Option<TcpStream> {
        let (dialer, address) = (self.dialer.clone(), self.address.clone());
        let proxy = self.proxy.clone();
        let connecting = dialer.dial(&address, proxy.as_ref());
        tokio::pin!(connecting);
        let connected = loop {
            let input = tokio::select! {
                connected = &mut connecting => break connected,
                input = input.recv() => input,
            };
            let now = self.now();
            self.process_input(input, now);
            self.apply(now);
            if self.ended {
                return None;
            }
        };
        match connected {
            Ok(stream) => return Some(stream),
            Err(error) if self.upgraded => self.disconnected(error.only_encrypted().close_reason()),
            Err(error) => self.disconnected(error.close_reason()),
        }
        None
    }
}
