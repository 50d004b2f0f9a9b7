//! The layers of a connection without its socket, for tests and for fuzzing.

use std::net::IpAddr;

use super::layers::Layers;
use super::proxy_header::ProxyHeader;
use super::tls::TlsSession;
use super::websocket::WebSocketSession;
use super::{Origins, TlsConfig};

/// The server's side of a connection.
#[derive(Debug)]
pub struct LayersInMemory {
    layers: Option<Box<Layers>>,
    has_failed: bool,
    /// The address in the header of a proxy.
    pub forwarded: Option<IpAddr>,
}

impl LayersInMemory {
    /// The side of a listener with these layers.
    pub fn new(is_behind_proxy: bool, tls: Option<&TlsConfig>, has_websocket: bool) -> Self {
        let origins = Origins::new(&["*".to_owned()]);
        let websocket = has_websocket.then(|| WebSocketSession::new(origins));
        let header = is_behind_proxy.then(ProxyHeader::default);
        Self {
            layers: Layers::new(header, tls.and_then(TlsSession::new), websocket.flatten()),
            has_failed: false,
            forwarded: None,
        }
    }

    /// Takes bytes of the client. Appends its lines to `lines`, and the bytes to send in answer to
    /// `sent`. Returns whether the connection goes on.
    pub fn receive(&mut self, bytes: &[u8], lines: &mut Vec<u8>, sent: &mut Vec<u8>) -> bool {
        if self.has_failed {
            return false;
        }
        let Some(layers) = &mut self.layers else {
            lines.extend_from_slice(bytes);
            return true;
        };
        self.has_failed = layers.receive(&mut bytes.to_vec(), lines).is_err();
        // Writing to memory cannot fail.
        let _ = layers.flush(sent, &mut Vec::new());
        if let Some(user) = layers.take_forwarded() {
            self.forwarded = user.address;
        }
        if layers.are_done() {
            self.layers = None;
        }
        !self.has_failed
    }

    /// Sends lines, which wait while a handshake is not complete. Returns how many bytes were taken.
    pub fn send(&mut self, lines: &[u8], sent: &mut Vec<u8>) -> usize {
        match &mut self.layers {
            None => {
                sent.extend_from_slice(lines);
                lines.len()
            }
            Some(layers) if layers.can_send() && !self.has_failed => {
                let result = layers.send(lines, sent, &mut Vec::new());
                result.map_or(0, |(taken, _)| taken)
            }
            Some(_) => 0,
        }
    }
}
