//! Repairs the history file before the editor reads it: the editor would stop at the first damaged
//! line, and later write only the lines before it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use super::damaged::{keep_copy, read_lines};
use super::replace::{Durability, replace_file};
use crate::common::io_error::os_error_text;

/// Removes damaged lines from the file. Returns a message for the user if there were any.
///
/// # Errors
///
/// The error is a message for the user that the file cannot be used.
pub(in crate::client) fn repair(file: &Path) -> Result<Option<String>, String> {
    let at = file.display();
    let unusable = |error: io::Error| {
        let error = os_error_text(&error);
        format!("Cannot use the history in {at}: {error}.")
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(unusable)?;
    }
    let read = read_lines(file, |line| {
        let text = str::from_utf8(line).ok()?;
        // A power failure can leave zeros in a file.
        (!text.contains('\0')).then(|| text.to_owned())
    });
    let read = read.map_err(unusable)?;
    if read.damaged == 0 {
        // Check now whether the editor will be able to write the file.
        let opened = OpenOptions::new().append(true).open(file);
        return match opened {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(error)),
            _ => Ok(None),
        };
    }
    let copy = keep_copy(file).map_err(unusable)?;
    replace(file, &read.lines).map_err(unusable)?;
    let lines = match read.damaged {
        1 => "1 line of the history was damaged and is ignored".to_owned(),
        many => format!("{many} lines of the history were damaged and are ignored"),
    };
    Ok(Some(format!(
        "{lines}; the damaged file was copied to {}.",
        copy.display()
    )))
}

/// Replaces the content of the file atomically.
fn replace(file: &Path, lines: &[String]) -> io::Result<()> {
    let mut text = lines.join("\n");
    if !lines.is_empty() {
        text.push('\n');
    }
    replace_file(file, &text, Durability::Soon)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A95.
    #[test]
    fn damaged_lines_are_removed_and_the_damaged_file_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        assert_eq!(repair(&file), Ok(None));
        fs::write(&file, "#V2\none\ntwo\n").unwrap();
        assert_eq!(repair(&file), Ok(None));
        let damaged: &[u8] = b"#V2\none\nt\xffwo\nthr\0ee\nfour\nhalf a li";
        fs::write(&file, damaged).unwrap();
        let message = repair(&file).unwrap().unwrap();
        assert!(
            message.starts_with("3 lines of the history were damaged"),
            "{message}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\none\nfour\n");
        let copy = folder.path().join("history.damaged1");
        assert!(
            message.ends_with(&format!(" {}.", copy.display())),
            "{message}"
        );
        assert_eq!(fs::read(copy).unwrap(), damaged);
        assert_eq!(repair(&file), Ok(None));
    }

    // A95.
    #[test]
    fn a_history_that_cannot_be_used_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for path in ["", "file/history"] {
            let message = repair(&folder.path().join(path)).unwrap_err();
            assert!(
                message.starts_with("Cannot use the history in "),
                "{message}"
            );
        }
    }
}
