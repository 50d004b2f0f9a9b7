//! Runs a connection with or without TLS: the handshake comes first.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::script_lines::ScriptLines;
use super::tls::{SecureStream, TlsClient, end_of_peer_certificate, fingerprint_of_peer};
use super::{Driver, DriverInput, Frontend};
use crate::client::event::{Event, utc_text};
use crate::client::session::{CloseReason, TlsFailure};

/// How long a handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(15);

impl<F: Frontend> Driver<F> {
    /// Runs the session over one connection until it ends, after the handshake if the address asks
    /// for encryption.
    pub(super) async fn run_over(
        &mut self,
        mut stream: TcpStream,
        input: &mut mpsc::UnboundedReceiver<DriverInput>,
        script: &mut Option<mpsc::Receiver<ScriptLines>>,
    ) {
        // With Nagle's algorithm each line would wait for the acknowledgment of the one before.
        let _ = stream.set_nodelay(true);
        if !self.address.tls {
            let (reader, writer) = stream.split();
            return self.run_connection(reader, writer, input, script).await;
        }
        match self.secure(stream, input).await {
            Ok(Some(stream)) => {
                let accepted = self.trust.accepted.as_ref().map(|one| &one.fingerprint);
                let is_accepted =
                    accepted.is_some() && fingerprint_of_peer(&stream).as_ref() == accepted;
                self.is_verified = !self.trust.insecure && !is_accepted;
                if is_accepted {
                    self.report_expired(&stream);
                }
                let (reader, writer) = tokio::io::split(stream);
                self.run_connection(reader, writer, input, script).await;
            }
            Ok(None) => {}
            Err(mut failure) => {
                if let TlsFailure::UnknownAuthority(facts) = &mut failure {
                    facts.server = self.address.to_string();
                }
                self.disconnected(CloseReason::Tls(failure));
            }
        }
    }

    /// Says that a certificate has expired that the user has accepted. The server still proves that it
    /// has the same key, so that is no reason to leave it.
    fn report_expired(&mut self, stream: &SecureStream) {
        let now = self.now();
        let end = end_of_peer_certificate(stream).filter(|end| *end < now.unix_seconds);
        if let Some(day) = end.map(utc_text) {
            let day = day.split('T').next().unwrap_or_default();
            let words = format!(
                "the certificate of {} that you have accepted has expired on {day}; its operator should \
                 renew it",
                self.address
            );
            self.outbox.events.push(Event::Note { words });
            self.apply(now);
        }
    }

    /// Does the handshake, and processes input and the time limit meanwhile. `None` when the session has ended.
    async fn secure(
        &mut self,
        stream: TcpStream,
        input: &mut mpsc::UnboundedReceiver<DriverInput>,
    ) -> Result<Option<SecureStream>, TlsFailure> {
        // It is taken out while the session is used.
        let client = match self.tls.take() {
            Some(client) => client,
            None => TlsClient::new(&self.trust, self.identity.as_ref())?,
        };
        let host = self.address.host.clone();
        let result = {
            let handshake = timeout(HANDSHAKE_MAX, client.secure(&host, stream));
            tokio::pin!(handshake);
            loop {
                let limit = self.session.next_deadline();
                let left = limit.map(|at| at.saturating_sub(self.now().elapsed));
                let left = left.unwrap_or(HANDSHAKE_MAX);
                let input = tokio::select! {
                    result = &mut handshake => break Some(result),
                    input = input.recv() => Some(input),
                    () = sleep(left) => None,
                };
                let now = self.now();
                match input {
                    Some(input) => self.process_input(input, now),
                    None => self.session.tick(now, &mut self.outbox),
                }
                self.apply(now);
                if self.ended {
                    break None;
                }
            }
        };
        self.tls = Some(client);
        match result {
            None => Ok(None),
            Some(Ok(secured)) => secured.map(Some),
            Some(Err(_)) => Err(TlsFailure::Timeout),
        }
    }
}
