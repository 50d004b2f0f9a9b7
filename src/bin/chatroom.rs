//! The client's program: reads the options, runs, gives an exit status.

use std::process::ExitCode;

use chatting_room::client::options::Options;
use chatting_room::client::run;
use clap::Parser as _;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            // Nothing can be done when even this cannot be written.
            let _ = error.print();
            // Help and version are no mistake.
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    match run(&options, |_| Err("hosting".into())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("chatroom: {failure}");
            }
            ExitCode::from(failure.status())
        }
    }
}
