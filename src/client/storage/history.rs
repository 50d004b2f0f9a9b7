//! Repairs the history file before the editor reads it: the editor would stop at the first damaged
//! line, and later write only the lines before it.

use std::error::Error;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::damaged::{keep_copy, read_lines};
use super::lock::wait_for_lock;
use super::replace::{Durability, replace_file};
use crate::common::io_error::os_error_text;

/// Damaged lines were removed from the history.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) struct RepairedHistory {
    /// The number of these lines.
    lines: usize,
    /// The copy of the damaged file.
    copy: PathBuf,
}

impl fmt::Display for RepairedHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines {
            1 => f.write_str("1 line of the history was damaged and is ignored")?,
            many => write!(
                f,
                "{many} lines of the history were damaged and are ignored"
            )?,
        }
        write!(
            f,
            "; the damaged file was copied to {}.",
            self.copy.display()
        )
    }
}

/// The history file cannot be used.
#[derive(Debug)]
pub(in crate::client) struct UnusableHistory {
    file: PathBuf,
    error: io::Error,
}

impl fmt::Display for UnusableHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, error) = (self.file.display(), os_error_text(&self.error));
        write!(f, "Cannot use the history in {file}: {error}.")
    }
}

impl Error for UnusableHistory {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// Removes damaged lines from the file. Returns how many, if there were any.
///
/// # Errors
///
/// The file cannot be read or written.
pub(in crate::client) fn repair(file: &Path) -> Result<Option<RepairedHistory>, UnusableHistory> {
    let repaired = repair_file(file);
    repaired.map_err(|error| UnusableHistory {
        file: file.to_owned(),
        error,
    })
}

fn repair_file(file: &Path) -> io::Result<Option<RepairedHistory>> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // The editor of another session locks the file while it writes it, and cuts it to do so. The
    // check is also whether the editor of this one will be able to write it.
    let open = || OpenOptions::new().read(true).append(true).open(file);
    let _lock = match wait_for_lock(open) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?,
    };
    let read = read_lines(file, |line| {
        let text = str::from_utf8(line).ok()?;
        // A power failure can leave zeros in a file.
        (!text.contains('\0')).then(|| text.to_owned())
    })?;
    if read.damaged == 0 {
        return Ok(None);
    }
    let copy = keep_copy(file)?;
    replace(file, &read.lines)?;
    Ok(Some(RepairedHistory {
        lines: read.damaged,
        copy,
    }))
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
    use std::io::Write as _;
    use std::thread;
    use std::time::Duration;

    use super::*;

    // A95.
    #[test]
    fn damaged_lines_are_removed_and_the_damaged_file_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        assert_eq!(repair(&file).unwrap(), None);
        fs::write(&file, "#V2\none\ntwo\n").unwrap();
        assert_eq!(repair(&file).unwrap(), None);
        let damaged: &[u8] = b"#V2\none\nt\xffwo\nthr\0ee\nfour\nhalf a li";
        fs::write(&file, damaged).unwrap();
        let message = repair(&file).unwrap().unwrap().to_string();
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
        assert_eq!(repair(&file).unwrap(), None);
    }

    #[test]
    fn a_history_that_another_session_is_writing_is_not_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        // The editor has locked the file and cut it, and writes it again.
        fs::write(&file, "#V2\none\ntw").unwrap();
        let mut writing = OpenOptions::new().append(true).open(&file).unwrap();
        writing.lock().unwrap();
        let repaired = thread::scope(|scope| {
            let repairing = scope.spawn(|| repair(&file));
            // The other thread reads nothing before the lock is free.
            thread::sleep(Duration::from_millis(20));
            writing.write_all(b"o\n").unwrap();
            writing.unlock().unwrap();
            repairing.join().unwrap()
        });
        assert_eq!(repaired.unwrap(), None);
        assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\none\ntwo\n");
    }

    // A95.
    #[test]
    fn a_history_that_cannot_be_used_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for path in ["", "file/history"] {
            let message = repair(&folder.path().join(path)).unwrap_err().to_string();
            assert!(
                message.starts_with("Cannot use the history in "),
                "{message}"
            );
        }
    }
}
