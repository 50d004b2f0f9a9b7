//! The client program: reads the options, runs, and returns an exit status.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use chatting_room::client::{ClientOptions, run};
use chatting_room::common::cli;
use chatting_room::server::{EmbeddedServer, ServerError, Settings};

fn main() -> ExitCode {
    let options: ClientOptions = match cli::begin() {
        Ok(options) => options,
        Err(status) => return status.into(),
    };
    match run(&options, host) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report().into(),
    }
}

/// Hosts the room in this process, for a client that has found no server.
fn host(address: SocketAddr) -> io::Result<Box<dyn Any>> {
    match EmbeddedServer::start(&Settings::listening_on(address)) {
        Ok(host) => Ok(Box::new(host)),
        Err(ServerError::CannotListen { error, .. }) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }
}
