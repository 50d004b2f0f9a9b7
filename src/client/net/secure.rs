//! Opens a connection with or without TLS: the handshake comes first.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::LinkPhase;
use super::tls::{SecureStream, TlsClient, end_of_peer_certificate, fingerprint_of_peer};
use super::{Driver, Frontend};
use crate::client::event::{Event, utc_text};
use crate::client::session::{CloseReason, SessionTime, TlsFailure};

/// How long a handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(15);

impl<F: Frontend> Driver<F> {
    /// There is a connection: the session begins on it, after the handshake if the address asks for
    /// encryption.
    pub(super) fn connected(&mut self, at: usize, stream: TcpStream, now: SessionTime) {
        // With Nagle's algorithm each line would wait for the acknowledgment of the one before.
        let _ = stream.set_nodelay(true);
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        if !link.address.tls {
            return self.begin(at, LinkPhase::Plain(stream), now);
        }
        let client = match &link.tls {
            Some(client) => Ok(client.clone()),
            None => TlsClient::new(&link.trust, link.identity.as_ref()),
        };
        match client {
            Ok(client) => {
                link.tls = Some(client.clone());
                let host = link.address.host.clone();
                link.phase = LinkPhase::Securing(Box::pin(async move {
                    let secured = timeout(HANDSHAKE_MAX, client.secure(&host, stream)).await;
                    secured.unwrap_or(Err(TlsFailure::Timeout))
                }));
            }
            Err(failure) => self.disconnected(at, CloseReason::Tls(failure), now),
        }
    }

    /// The handshake has ended.
    pub(super) fn secured(
        &mut self,
        at: usize,
        secured: Result<Box<SecureStream>, TlsFailure>,
        now: SessionTime,
    ) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        link.phase = LinkPhase::Waiting;
        match secured {
            Ok(stream) => {
                let is_accepted = link.trust.accepted.as_ref().is_some_and(|accepted| {
                    fingerprint_of_peer(&stream).is_some_and(|found| accepted.accepts(&found))
                });
                link.is_verified = !link.trust.insecure && !is_accepted;
                if is_accepted {
                    self.report_expired(at, &stream, now);
                }
                self.begin(at, LinkPhase::Secure(stream), now);
            }
            Err(mut failure) => {
                if let TlsFailure::UnknownAuthority(facts) = &mut failure {
                    facts.server = link.address.to_string();
                }
                self.disconnected(at, CloseReason::Tls(failure), now);
            }
        }
    }

    /// Says that a certificate has expired that the user has accepted. The server still proves that it
    /// has the same key, so that is no reason to leave it.
    fn report_expired(&mut self, at: usize, stream: &SecureStream, now: SessionTime) {
        let end = end_of_peer_certificate(stream).filter(|end| *end < now.unix_seconds);
        let link = self.links.get(at);
        if let (Some(day), Some(link)) = (end.map(utc_text), link) {
            let day = day.split('T').next().unwrap_or_default();
            let words = format!(
                "The certificate of {} that you have accepted has expired on {day}. Its operator should \
                 renew it.",
                link.address
            );
            self.networks.say(link.id, Event::Note { words });
        }
    }

    /// The session begins on an open connection.
    fn begin(&mut self, at: usize, phase: LinkPhase, now: SessionTime) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        link.open(phase);
        if let Some(network) = self.networks.get_mut(link.id) {
            let (session, output) = (&mut network.session, &mut network.output);
            output.restart();
            session.connected(now, output);
        }
    }
}
