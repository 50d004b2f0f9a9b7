//! Connecting, and waiting between two connections.

use std::io;
use std::net::{self, ToSocketAddrs as _};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{Command, Front, Network};
use crate::client::config::address::Address;
use crate::common::io_error::os_error_text;

/// How long connecting to one address may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The name of the host leads nowhere.
    UnknownHost(io::Error),
    /// Nobody answers there.
    Unreachable(io::Error),
}

/// Connects, trying each address of the host in turn.
pub fn connect(address: &Address) -> Result<net::TcpStream, ConnectError> {
    let places = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(ConnectError::UnknownHost)?;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for place in places {
        match net::TcpStream::connect_timeout(&place, CONNECT_MAX) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(ConnectError::Unreachable(last))
}

impl<F: Front> Network<F> {
    /// Waits between two connections.
    pub(super) async fn pause(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Option<TcpStream> {
        let now = self.now();
        let wait = match self.reconnect_at {
            Some(at) => at.saturating_sub(now.elapsed),
            // Only a command can go on from here.
            None => Duration::from_secs(3600),
        };
        let command = tokio::select! {
            command = commands.recv() => Some(command),
            () = tokio::time::sleep(wait) => None,
        };
        let now = self.now();
        if let Some(command) = command {
            self.command(command, now);
            self.deliver(now);
            return None;
        }
        self.reconnect_at.take()?;
        self.connect_again(commands).await
    }

    /// Connects, while commands are taken as at any other time.
    async fn connect_again(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Option<TcpStream> {
        let Address { host, port, .. } = self.address.clone();
        let connecting = tokio::time::timeout(CONNECT_MAX, TcpStream::connect((host, port)));
        tokio::pin!(connecting);
        let connected = loop {
            let command = tokio::select! {
                connected = &mut connecting => break connected,
                command = commands.recv() => command,
            };
            let now = self.now();
            self.command(command, now);
            self.deliver(now);
            if self.ended {
                return None;
            }
        };
        match connected {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => self.disconnected(&os_error_text(&error)),
            Err(_) => self.disconnected("no answer"),
        }
        None
    }
}
