//! The WebSocket layer of a build without it: no listener has it, so no session ever exists.

use std::fmt;
use std::io;

/// Whether a build has WebSocket listeners.
pub(in crate::server) const IS_SUPPORTED: bool = false;

/// The pages that may connect, of which there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Origins(());

impl Origins {
    pub(in crate::server) fn new(_: &[String]) -> Self {
        Self(())
    }
}

/// Why a WebSocket connection ends.
#[derive(Debug)]
pub(super) enum WebSocketError {}

impl fmt::Display for WebSocketError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// A WebSocket connection, which cannot be made.
#[derive(Debug)]
pub(super) enum WebSocketSession {}

impl WebSocketSession {
    pub(super) fn new(_: Origins) -> Option<Self> {
        None
    }

    pub(super) fn is_open(&self) -> bool {
        match *self {}
    }

    pub(super) fn is_in_handshake(&self) -> bool {
        match *self {}
    }

    pub(super) fn is_peer_closed(&self) -> bool {
        match *self {}
    }

    pub(super) fn receive(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<(), WebSocketError> {
        match *self {}
    }

    pub(super) fn frame(&mut self, _: &[u8]) -> usize {
        match *self {}
    }

    pub(super) fn take_unsent(
        &mut self,
        _: impl FnOnce(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn unsent_bytes(&self) -> usize {
        match *self {}
    }

    pub(super) fn close(&mut self) {
        match *self {}
    }
}
