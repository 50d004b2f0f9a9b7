//! Passwords, from a file or from a command that the configuration names.

use std::path::Path;
use std::process::{self, Stdio};

use crate::client::app::error::Failure;
use crate::common::io_error::os_error_text;
use crate::wire::message::BODY_BYTES_MAX;

/// The first line of a file, without its ending.
pub(super) fn read_password(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::Unreadable {
        file: file.to_owned(),
        error,
    })?;
    password_in(&text, &file.display().to_string())
}

/// A line with what commands print in place of each `$(COMMAND)`.
pub(super) fn with_answers(line: &str) -> Result<String, Failure> {
    let mut whole = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("$(") {
        let Some(end) = end_of_command(behind) else {
            let words = format!("on-connect {line:?}: there is no ) to the $(");
            return Err(Failure::Usage(words));
        };
        let (command, behind) = behind.split_at(end);
        whole.push_str(before);
        whole.push_str(&printed_by(command, "on-connect")?);
        rest = behind.strip_prefix(')').unwrap_or(behind);
    }
    Ok(whole + rest)
}

/// Where the parenthesis is that closes one before the text.
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

/// What a command of the shell prints on its first line, for this key of the configuration.
pub(super) fn printed_by(command: &str, key: &str) -> Result<String, Failure> {
    let output = process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output();
    let failed = |why: String| Failure::Usage(format!("{key} {command:?} {why}"));
    match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            password_in(&text, &format!("{key} {command:?}"))
        }
        Ok(output) => Err(failed(format!("failed ({})", output.status))),
        Err(error) => Err(failed(format!("cannot be run: {}", os_error_text(&error)))),
    }
}

/// The first line of a text from `place`, as a password.
fn password_in(text: &str, place: &str) -> Result<String, Failure> {
    const BYTES_MAX: usize = BODY_BYTES_MAX - "PASS :\r\n".len();
    let line = text.lines().next().unwrap_or_default();
    if line.len() > BYTES_MAX {
        return Err(Failure::Usage(format!(
            "{place}: a password has at most {BYTES_MAX} bytes, and this one has {}",
            line.len()
        )));
    }
    if line.chars().any(char::is_control) {
        return Err(Failure::Usage(format!(
            "{place}: a password has no control characters in it"
        )));
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_answers_of_commands_in_it() {
        let line = |line: &str| with_answers(line).map_err(|error| error.to_string());
        for (written, meant) in [
            ("/msg x hi", "/msg x hi"),
            ("/msg x a $(echo b; echo c) d", "/msg x a b d"),
            ("$(echo $(echo x) y)$(echo z)", "x yz"),
            ("costs 5$ (or so)", "costs 5$ (or so)"),
        ] {
            assert_eq!(line(written).unwrap(), meant, "{written}");
        }
        let words = line("/msg x $(echo '(')").unwrap_err();
        assert!(words.contains("there is no ) to the $("), "{words}");
        let words = line("/msg x $(exit 3)").unwrap_err();
        assert!(words.contains("on-connect \"exit 3\" failed"), "{words}");
        let words = line("/msg x $(printf 'a\\rb')").unwrap_err();
        assert!(words.contains("no control characters"), "{words}");
    }
}
