//! The server as a program: options in, exit status out.

use std::convert::Infallible;
use std::process::ExitCode;

use chatting_room::common::cli;
use chatting_room::server::{self, ServerOptions};

fn main() -> ExitCode {
    let line = cli::begin::<ServerOptions>();
    let options = line.and_then(|line| line.into_options::<ServerOptions>(Ok::<_, Infallible>(())));
    let options = match options {
        Ok(options) => options,
        Err(status) => return status.into(),
    };
    match server::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            server::report(&error);
            error.exit_status().into()
        }
    }
}
