//! The history of typed lines on disk. The editor reads it, and would stop at the first damaged line:
//! so the file is repaired before. It would also write a long file, or one that another session has
//! changed, from its beginning, and a kill in the middle would lose the rest: so lines are only
//! appended here.

use std::error::Error;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::damaged::{keep_copy, read_lines};
use super::lock::lock_content;
use super::replace::{Durability, replace_file};
use crate::common::io_error::os_error_text;

/// The largest number of lines in the history.
pub(in crate::client) const HISTORY_LINES_MAX: usize = 10_000;
/// With so many lines in the file, the oldest are removed at the next start.
const FILE_LINES_MAX: usize = 2 * HISTORY_LINES_MAX;
/// The first line of the file: line feeds and backslashes in the others are escaped.
const HEADER: &str = "#V2";

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

/// Appends a line to the file. If the line before it was not written whole, the file is repaired, which
/// is returned.
///
/// # Errors
///
/// The file cannot be written; what it has stays.
pub(in crate::client) fn append(
    file: &Path,
    line: &str,
) -> Result<Option<RepairedHistory>, UnusableHistory> {
    let appended = append_line(file, line);
    appended.map_err(|error| UnusableHistory {
        file: file.to_owned(),
        error,
    })
}

fn repair_file(file: &Path) -> io::Result<Option<RepairedHistory>> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // This is also the check whether lines can be appended later.
    match lock_content(file, OpenOptions::new().read(true).append(true)) {
        Ok(_lock) => repair_locked(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn repair_locked(file: &Path) -> io::Result<Option<RepairedHistory>> {
    let read = read_lines(file, |line| {
        let text = str::from_utf8(line).ok()?;
        // A power failure can leave zeros in a file.
        (!text.contains('\0')).then(|| text.to_owned())
    })?;
    let has_header = read.lines.first().is_some_and(|line| line == HEADER);
    let too_many = match read.lines.len() > FILE_LINES_MAX {
        true => read.lines.len() - HISTORY_LINES_MAX,
        false => 0,
    };
    if read.damaged == 0 && too_many == 0 {
        return Ok(None);
    }
    let copy = match read.damaged {
        0 => None,
        _ => Some(keep_copy(file)?),
    };
    let header = read.lines.first().filter(|_| has_header && too_many > 0);
    let lines = header.into_iter().chain(read.lines.iter().skip(too_many));
    replace(file, &lines.map(String::as_str).collect::<Vec<_>>())?;
    Ok(copy.map(|copy| RepairedHistory {
        lines: read.damaged,
        copy,
    }))
}

fn append_line(file: &Path, line: &str) -> io::Result<Option<RepairedHistory>> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let mut repaired = None;
    let mut out = lock_content(file, &options)?;
    if !ends_whole(&out)? {
        repaired = repair_locked(file)?;
        out = lock_content(file, &options)?;
    }
    let length = out.metadata()?.len();
    let mut text = match length {
        0 => format!("{HEADER}\n"),
        _ => String::new(),
    };
    text.push_str(&line.replace('\\', "\\\\").replace('\n', "\\n"));
    text.push('\n');
    let written = out.write_all(text.as_bytes());
    if written.is_err() {
        // Half a line would be one more damaged line.
        let _ = out.set_len(length);
    }
    written.map(|()| repaired)
}

/// Whether the file is empty or ends with a whole line.
fn ends_whole(file: &File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    Ok(last == [b'\n'])
}

/// Replaces the content of the file atomically.
fn replace(file: &Path, lines: &[&str]) -> io::Result<()> {
    let mut text = lines.join("\n");
    if !lines.is_empty() {
        text.push('\n');
    }
    replace_file(file, &text, Durability::Soon)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
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

    #[test]
    fn lines_are_appended_and_what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        append(&file, "one").unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // Another session has the same file.
        fs::write(&file, "#V2\none\nof another session\n").unwrap();
        let before = fs::metadata(&file).unwrap().ino();
        append(&file, "a \\ and\na second line").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().ino(), before);
        let expected = "#V2\none\nof another session\na \\\\ and\\na second line\n";
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    }

    // A95.
    #[test]
    fn a_line_that_was_not_written_whole_is_no_part_of_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        fs::write(&file, "#V2\none\nhalf a li").unwrap();
        let message = append(&file, "two").unwrap().unwrap().to_string();
        assert!(
            message.starts_with("1 line of the history was damaged"),
            "{message}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\none\ntwo\n");
    }

    #[test]
    fn the_oldest_lines_of_a_long_file_are_removed_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        let lines = |first: usize, last: usize| {
            let lines = (first..=last).map(|number| format!("{number}\n"));
            format!("{HEADER}\n{}", lines.collect::<String>())
        };
        let most = FILE_LINES_MAX - 1;
        fs::write(&file, lines(1, most)).unwrap();
        assert_eq!(repair(&file).unwrap(), None);
        assert_eq!(fs::read_to_string(&file).unwrap(), lines(1, most));
        append(&file, &(most + 1).to_string()).unwrap();
        assert_eq!(repair(&file).unwrap(), None);
        let kept = lines(most + 2 - HISTORY_LINES_MAX, most + 1);
        assert_eq!(fs::read_to_string(&file).unwrap(), kept);
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
