//! The server as a program: options in, exit status out.

use std::process::ExitCode;

use chatting_room::common::cli;
use chatting_room::server::{self, ServerOptions};

fn main() -> ExitCode {
    let options = match cli::begin::<ServerOptions, std::convert::Infallible>(|_| Ok(())) {
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
