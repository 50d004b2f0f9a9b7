//! The client's program: reads the options, runs, gives an exit status.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

pub(crate) use chatting_room::client::config::options::Options;
use chatting_room::client::{report, run};
use chatting_room::common::cli;
use chatting_room::server::{EmbeddedServer, ServerError, Settings};

fn main() -> ExitCode {
    let options: Options = match cli::begin() {
        Ok(options) => options,
        Err(status) => return status.into(),
    };
    match run(&options, host) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                report(&failure.to_string());
            }
            ExitCode::from(failure.status())
        }
    }
}

/// Hosts the room in this process, for a client that found nobody there.
fn host(address: SocketAddr) -> io::Result<Box<dyn Any>> {
    match EmbeddedServer::start(&Settings::listening_on(address)) {
        Ok(host) => Ok(Box::new(host)),
        Err(ServerError::CannotListen { error, .. }) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }
}
