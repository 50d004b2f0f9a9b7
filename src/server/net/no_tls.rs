//! The TLS layer of a build without TLS: there are no settings for it, so no session ever exists.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};

/// The certificates and settings for new connections, of which there are none.
pub(in crate::server) type TlsConfig = Infallible;

/// A TLS connection, which cannot be made.
#[derive(Debug)]
pub(super) enum TlsSession {}

/// Why a TLS connection ends.
#[derive(Debug)]
pub(super) enum TlsError {}

impl fmt::Display for TlsError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl TlsSession {
    pub(super) fn new(config: &TlsConfig) -> Option<Self> {
        match *config {}
    }

    pub(super) fn is_established(&self) -> bool {
        match *self {}
    }

    pub(super) fn client_fingerprint(&self) -> Option<[u8; 32]> {
        match *self {}
    }

    pub(super) fn is_peer_closed(&self) -> bool {
        match *self {}
    }

    pub(super) fn can_send(&self) -> bool {
        match *self {}
    }

    pub(super) fn unsent_bytes(&self) -> usize {
        match *self {}
    }

    pub(super) fn receive(&mut self, _: &mut [u8], _: &mut Vec<u8>) -> Result<(), TlsError> {
        match *self {}
    }

    pub(super) fn seal(&mut self, _: &[u8], _: &mut Vec<u8>) -> io::Result<(usize, usize)> {
        match *self {}
    }

    pub(super) fn keep(&mut self, _: &[u8]) {
        match *self {}
    }

    pub(super) fn close(&mut self) {
        match *self {}
    }

    pub(super) fn flush(&mut self, _: &mut impl Write) -> io::Result<bool> {
        match *self {}
    }
}
