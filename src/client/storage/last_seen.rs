//! The time of the last line seen of a network, in a file of one number: Unix milliseconds.

use std::fs;
use std::io;
use std::path::Path;

use super::lock::lock;
use super::replace::{Durability, replace_file};

/// The time in this file, if there is one.
pub(in crate::client) fn read(file: &Path) -> Option<i64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Writes the time.
///
/// # Errors
///
/// The file could not be written; the time before stays.
pub(in crate::client) fn write(file: &Path, milliseconds: i64) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let _lock = lock(file)?;
    replace_file(file, &format!("{milliseconds}\n"), Durability::Soon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_was_written_and_a_damaged_file_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen/home");
        assert_eq!(read(&file), None);
        write(&file, 1_795_910_400_123).unwrap();
        write(&file, 1_795_910_400_124).unwrap();
        assert_eq!(read(&file), Some(1_795_910_400_124));
        fs::write(&file, "17959\0").unwrap();
        assert_eq!(read(&file), None);
    }
}
