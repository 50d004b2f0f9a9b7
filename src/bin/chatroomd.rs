//! The server as a program: options in, exit status out.

use std::process::ExitCode;

use chatting_room::command_line;
use chatting_room::server::{self, Options};

fn main() -> ExitCode {
    let options = match command_line::read::<Options>() {
        Ok(options) => options,
        Err(status) => return status.into(),
    };
    match server::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            server::complain(&error);
            error.exit_status().into()
        }
    }
}
