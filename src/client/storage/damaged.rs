//! Files of lines of which some may be damaged, by a crash or a full disk: the whole ones are read,
//! and the file as it was is kept beside the new one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many damaged files are kept beside one; then the last one is replaced.
const KEPT_MAX: u32 = 9;

/// What a file of lines has.
#[derive(Debug, Default)]
pub(super) struct WholeLines<T> {
    /// The lines that could be read, in order.
    pub(super) lines: Vec<T>,
    /// How many could not.
    pub(super) damaged: usize,
}

/// Reads each line with `decode`, which gives none for a damaged one. What stands behind the last
/// line ending is damaged, too: a line was not written to its end. A file that is not there has no
/// lines.
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

/// Copies a damaged file to a name beside it, and gives that.
pub(super) fn keep_copy(file: &Path) -> io::Result<PathBuf> {
    let name = |number| beside(file, &format!(".damaged{number}"));
    let free = (1..KEPT_MAX).map(name).find(|copy| !copy.exists());
    let copy = free.unwrap_or_else(|| name(KEPT_MAX));
    fs::copy(file, &copy)?;
    Ok(copy)
}

/// The file whose name has this at its end.
pub(super) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}
