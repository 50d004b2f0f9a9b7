//! Handles the events of the links: lines for the sessions, bytes that are written, and their ends.

use std::io::ErrorKind;

use super::connection::{LINE_BYTES_MAX, LinkEvent};
use super::tls::is_identity_refused;
use super::{CloseReason, Driver, Frontend};
use crate::client::config::address::TLS_PORT;
use crate::client::event::MessageTags;
use crate::client::session::{ProtocolViolation, SessionTime, TlsFailure};
use crate::common::shared_error::SharedError;
use crate::wire::{Line, Lines};

/// A server that sends this many bytes without a line ending is disconnected.
const ENDLESS_BYTES_MAX: usize = 16 * LINE_BYTES_MAX;

/// The first byte of a TLS alert, which such a server answers to plain text. RFC 8446, section 5.1.
const TLS_ALERT: u8 = 0x15;

impl<F: Frontend> Driver<F> {
    /// Something happened on a link. `buffer` begins with the bytes that were read.
    pub(super) fn link_event(
        &mut self,
        at: usize,
        event: LinkEvent,
        buffer: &[u8],
        now: SessionTime,
    ) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        match event {
            LinkEvent::Dialed(connected) => self.dialed(at, connected, now),
            LinkEvent::Secured(secured) => self.secured(at, secured, now),
            LinkEvent::Read(Ok(0)) => self.read_ended(at, CloseReason::ClosedByServer, now),
            LinkEvent::Read(Ok(count)) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                // It is taken out while the events of its lines are reported.
                let mut lines = std::mem::replace(&mut link.lines, Lines::new(0));
                self.received(at, bytes, &mut lines, now);
                if let Some(link) = self.links.get_mut(at) {
                    link.lines = lines;
                }
            }
            // Many servers, and every killed one, end without the announcement that TLS has for it. A
            // cut is not mistaken for an end: the session knows which lines were answered.
            LinkEvent::Read(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                self.read_ended(at, CloseReason::ClosedByServer, now);
            }
            LinkEvent::Read(Err(error)) if is_identity_refused(&error) => {
                let failure = TlsFailure::IdentityRefused;
                self.disconnected(at, CloseReason::Tls(failure), now);
            }
            LinkEvent::Read(Err(error)) => {
                self.read_ended(at, CloseReason::Io(SharedError::new(error)), now);
            }
            // The end of the stream, or a read error, gives the reason.
            LinkEvent::Written(Err(_)) | LinkEvent::Flushed(Err(_)) => link.write_failed = true,
            LinkEvent::Flushed(Ok(())) => link.must_flush = false,
            LinkEvent::Written(Ok(count)) => {
                link.must_flush = link.address.tls;
                drop(link.unsent.drain(..count));
                if let Some(network) = self.networks.get_mut(link.id) {
                    network.output.written_bytes += count as u64;
                }
            }
        }
    }

    /// The server will send nothing more. One for encrypted connections often closes a plain one
    /// without a word.
    fn read_ended(&mut self, at: usize, reason: CloseReason, now: SessionTime) {
        let expects_tls = self.links.get(at).is_some_and(|link| {
            !link.has_received && !link.address.tls && link.address.port == TLS_PORT
        });
        let reason = match expects_tls {
            true => CloseReason::Protocol(ProtocolViolation::Encrypted),
            false => reason,
        };
        self.disconnected(at, reason, now);
    }

    fn received(&mut self, at: usize, mut bytes: &[u8], lines: &mut Lines, now: SessionTime) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let id = link.id;
        let is_first = !std::mem::replace(&mut link.has_received, true);
        if is_first && bytes.first() == Some(&TLS_ALERT) {
            return self.violated(at, ProtocolViolation::Encrypted);
        }
        while let Some(line) = lines.next_line(&mut bytes) {
            // No server sends a line that is too long.
            if let Line::Whole(line) = line
                && let Some(network) = self.networks.get_mut(id)
            {
                self.frontend.line_received(line);
                let mut tags = MessageTags::of_line(line);
                let time = tags.unix_seconds().unwrap_or(now.unix_seconds);
                let (session, output) = (&mut network.session, &mut network.output);
                session.received(line, now, output);
                tags.replayed = session.is_replay();
                // Before the next line, which can change what the session says about this one.
                self.report_events(at, time, &tags, now);
            }
        }
        if lines.skipped_bytes() > ENDLESS_BYTES_MAX {
            self.violated(at, ProtocolViolation::EndlessLine);
        }
    }

    fn violated(&mut self, at: usize, violation: ProtocolViolation) {
        let Some(link) = self.links.get(at) else {
            return;
        };
        if let Some(network) = self.networks.get_mut(link.id) {
            let (session, output) = (&mut network.session, &mut network.output);
            session.protocol_error(violation, output);
        }
    }
}
