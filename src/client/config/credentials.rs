//! Passwords from files and from the commands that the configuration names.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, ExitStatus, Stdio};

use crate::common::io_error::os_error_text;
use crate::wire::message::BODY_BYTES_MAX;

/// The longest password that fits in a `PASS` line, in bytes.
const PASSWORD_BYTES_MAX: usize = BODY_BYTES_MAX - "PASS :\r\n".len();

/// Why there is no password.
#[derive(Debug)]
pub enum CredentialError {
    /// The password file cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The I/O error.
        error: io::Error,
    },
    /// A text of `on-connect` has a `$(` without its `)`.
    UnclosedCommand {
        /// The text.
        text: String,
    },
    /// A command ended with an error.
    CommandFailed {
        /// The configuration key that names it.
        key: &'static str,
        /// The command.
        command: String,
        /// The exit status.
        status: ExitStatus,
    },
    /// A command cannot be run.
    CommandNotRun {
        /// The configuration key that names it.
        key: &'static str,
        /// The command.
        command: String,
        /// The I/O error.
        error: io::Error,
    },
    /// The password does not fit in a line of the protocol.
    TooLong {
        /// The file, or the key and its command.
        source: String,
        /// The length of the password, in bytes.
        bytes: usize,
    },
    /// No password was typed.
    Empty,
    /// The password contains a control character.
    ControlCharacter {
        /// The file, or the key and its command.
        source: String,
    },
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("The password is empty"),
            Self::Unreadable { file, error } => {
                write!(
                    f,
                    "Cannot read {}: {}",
                    file.display(),
                    os_error_text(error)
                )
            }
            Self::UnclosedCommand { text } => {
                write!(f, "on-connect {text:?}: the ) after $( is missing")
            }
            Self::CommandFailed {
                key,
                command,
                status,
            } => write!(f, "{key} {command:?} failed ({status})"),
            Self::CommandNotRun {
                key,
                command,
                error,
            } => write!(f, "{key} {command:?} cannot run: {}", os_error_text(error)),
            Self::TooLong { source, bytes } => write!(
                f,
                "{source}: the password has {bytes} bytes; at most {PASSWORD_BYTES_MAX} are allowed"
            ),
            Self::ControlCharacter { source } => {
                write!(f, "{source}: the password contains a control character")
            }
        }
    }
}

impl std::error::Error for CredentialError {}

/// The first line of a file, without its line ending.
pub(super) fn read_password(file: &Path) -> Result<String, CredentialError> {
    let text = std::fs::read_to_string(file).map_err(|error| CredentialError::Unreadable {
        file: file.to_owned(),
        error,
    })?;
    first_line(&text, || file.display().to_string())
}

/// A text of `on-connect` with each `$(COMMAND)` replaced by the first line that the command
/// prints. `is_typing` is as for [`run_command`].
pub(super) fn expand_commands(text: &str, is_typing: bool) -> Result<String, CredentialError> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        let Some(end) = end_of_command(after) else {
            let text = text.to_owned();
            return Err(CredentialError::UnclosedCommand { text });
        };
        let (command, after) = after.split_at(end);
        expanded.push_str(before);
        expanded.push_str(&run_command(command, "on-connect", is_typing)?);
        rest = after.strip_prefix(')').unwrap_or(after);
    }
    Ok(expanded + rest)
}

/// The index of the parenthesis that closes a `(` just before the text.
fn end_of_command(text: &str) -> Option<usize> {
    let mut open = 1;
    text.bytes().position(|byte| {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        open == 0
    })
}

/// The first line that a shell command prints. `key` is the configuration key that names it. With
/// `is_typing` the editor has the terminal, so the command may neither read nor write there.
pub(super) fn run_command(
    command: &str,
    key: &'static str,
    is_typing: bool,
) -> Result<String, CredentialError> {
    let terminal = || match is_typing {
        true => Stdio::null(),
        false => Stdio::inherit(),
    };
    let output = process::Command::new("sh")
        .args(["-c", command])
        .stdin(terminal())
        .stderr(terminal())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            first_line(&text, || format!("{key} {command:?}"))
        }
        Ok(output) => Err(CredentialError::CommandFailed {
            key,
            command: command.to_owned(),
            status: output.status,
        }),
        Err(error) => Err(CredentialError::CommandNotRun {
            key,
            command: command.to_owned(),
            error,
        }),
    }
}

/// A password that a user has typed, if the protocol can transport it.
pub(in crate::client) fn check_password(text: &str) -> Result<String, CredentialError> {
    match first_line(text, || "not usable".to_owned())? {
        password if password.is_empty() => Err(CredentialError::Empty),
        password => Ok(password),
    }
}

/// The first line of a text, if it can be a password. `source` says where the text is from.
fn first_line(text: &str, source: impl FnOnce() -> String) -> Result<String, CredentialError> {
    let line = text.lines().next().unwrap_or_default();
    if line.len() > PASSWORD_BYTES_MAX {
        let bytes = line.len();
        return Err(CredentialError::TooLong {
            source: source(),
            bytes,
        });
    }
    if line.chars().any(char::is_control) {
        return Err(CredentialError::ControlCharacter { source: source() });
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_in_a_line_is_replaced_by_what_it_prints() {
        let line = |line: &str| expand_commands(line, false).map_err(|error| error.to_string());
        for (written, expanded) in [
            ("/msg x hi", "/msg x hi"),
            ("/msg x a $(echo b; echo c) d", "/msg x a b d"),
            ("$(echo $(echo x) y)$(echo z)", "x yz"),
            ("costs 5$ (or so)", "costs 5$ (or so)"),
        ] {
            assert_eq!(line(written).unwrap(), expanded, "{written}");
        }
        let message = line("/msg x $(echo '(')").unwrap_err();
        assert!(message.contains("the ) after $( is missing"), "{message}");
        let message = line("/msg x $(exit 3)").unwrap_err();
        assert!(
            message.contains("on-connect \"exit 3\" failed"),
            "{message}"
        );
        let message = line("/msg x $(printf 'a\\rb')").unwrap_err();
        assert!(
            message.contains("contains a control character"),
            "{message}"
        );
    }
}
