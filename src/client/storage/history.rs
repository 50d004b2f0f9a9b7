//! Mends the file of the history before the editor reads it, which would stop at the first damaged
//! line and then write only what it has read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::damaged::{beside, keep_copy, read_lines};
use crate::common::io_error::os_error_text;

/// Takes damaged lines out of the file. Gives what the user is to know about it: that lines were
/// left out, or that the file cannot be used, which is an error.
pub(in crate::client) fn mend(file: &Path) -> Result<Option<String>, String> {
    let at = file.display();
    let unusable = |error: io::Error| {
        let error = os_error_text(&error);
        format!("the history in {at} cannot be used: {error}")
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(unusable)?;
    }
    let read = read_lines(file, |line| {
        let text = str::from_utf8(line).ok()?;
        // A file system that loses its power can leave zeros.
        (!text.contains('\0')).then(|| text.to_owned())
    });
    let read = read.map_err(unusable)?;
    if read.damaged == 0 {
        // Whether the editor will be able to write it is known now.
        let opened = OpenOptions::new().append(true).open(file);
        return match opened {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(error)),
            _ => Ok(None),
        };
    }
    let copy = keep_copy(file).map_err(unusable)?;
    replace(file, &read.lines).map_err(unusable)?;
    let lines = match read.damaged {
        1 => "one line of the history was damaged and is left out".to_owned(),
        many => format!("{many} lines of the history were damaged and are left out"),
    };
    Ok(Some(format!(
        "{lines}; the file as it was is {}",
        copy.display()
    )))
}

fn replace(file: &Path, lines: &[String]) -> io::Result<()> {
    let new = beside(file, &format!(".{}.new", std::process::id()));
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    let mut text = lines.join("\n");
    if !lines.is_empty() {
        text.push('\n');
    }
    let written = out.write_all(text.as_bytes());
    let done = written.and_then(|()| fs::rename(&new, file));
    if done.is_err() {
        // On a full disk it is of no use, and in the way.
        let _ = fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    // A95.
    #[test]
    fn damaged_lines_are_left_out_and_the_file_as_it_was_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        assert_eq!(mend(&file), Ok(None));
        fs::write(&file, "#V2\none\ntwo\n").unwrap();
        assert_eq!(mend(&file), Ok(None));
        let damaged: &[u8] = b"#V2\none\nt\xffwo\nthr\0ee\nfour\nhalf a li";
        fs::write(&file, damaged).unwrap();
        let words = mend(&file).unwrap().unwrap();
        assert!(
            words.starts_with("3 lines of the history were damaged"),
            "{words}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\none\nfour\n");
        let copy = folder.path().join("history.damaged1");
        assert!(words.ends_with(&copy.display().to_string()), "{words}");
        assert_eq!(fs::read(copy).unwrap(), damaged);
        assert_eq!(mend(&file), Ok(None));
    }

    // A95.
    #[test]
    fn a_history_that_cannot_be_used_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for path in ["", "file/history"] {
            let words = mend(&folder.path().join(path)).unwrap_err();
            assert!(words.contains("cannot be used: "), "{words}");
        }
    }
}
