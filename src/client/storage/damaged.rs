//! Reads files of lines some of which may be damaged by a crash or a full disk: the whole lines are
//! used, and a copy of the damaged file is kept beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many copies of damaged files are kept; then the last one is replaced.
const COPIES_MAX: u32 = 9;

/// The content of a file of lines.
#[derive(Debug, Default)]
pub(super) struct WholeLines<T> {
    /// The lines that could be read, in order.
    pub(super) lines: Vec<T>,
    /// The number of damaged lines.
    pub(super) damaged: usize,
}

/// Reads each line with `decode`, which returns `None` for a damaged one. Text after the last line
/// ending counts as damaged, because the line is not complete. A missing file has no lines.
pub(super) fn read_lines<T>(
    file: &Path,
    decode: impl Fn(&[u8]) -> Option<T>,
) -> io::Result<WholeLines<T>> {
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        bytes => bytes?,
    };
    let mut read = WholeLines {
        lines: Vec::new(),
        damaged: 0,
    };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n").and_then(&decode) {
            Some(line) => read.lines.push(line),
            None => read.damaged += 1,
        }
    }
    Ok(read)
}

/// Copies a damaged file to a new name beside it, and returns that name.
pub(super) fn keep_copy(file: &Path) -> io::Result<PathBuf> {
    let name = |number| beside(file, &format!(".damaged{number}"));
    let unused = (1..COPIES_MAX).map(name).find(|copy| !copy.exists());
    let copy = unused.unwrap_or_else(|| name(COPIES_MAX));
    fs::copy(file, &copy)?;
    Ok(copy)
}

/// The file with this suffix added to its name.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
