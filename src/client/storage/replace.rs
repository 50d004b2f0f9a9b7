//! Replaces a file as a whole: whenever the program or the machine stops, the old content or the new
//! one is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::damaged::beside;

/// Whether the content must have reached the disk when the call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// The system writes it soon. A power failure can lose it.
    Soon,
    /// It is on the disk.
    OnDisk,
}

/// Where the new content of a file is written before it gets the name of the file. A session that is
/// killed leaves it there; the next one that replaces the file overwrites it.
pub(super) fn replacement_of(file: &Path) -> PathBuf {
    beside(file, ".new")
}

/// Replaces the content of the file, which only its owner can read. The caller has locked the file:
/// no other session writes it meanwhile.
///
/// # Errors
///
/// The old content stays when the new one cannot be written.
pub(super) fn replace_file(file: &Path, text: &str, durability: Durability) -> io::Result<()> {
    let new = replacement_of(file);
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    // With the length first, a part of the content is never mistaken for all of it: what a killed
    // session has not written are zeros.
    let written = out.set_len(text.len() as u64);
    let written = written.and_then(|()| out.write_all(text.as_bytes()));
    let written = written.and_then(|()| match durability {
        Durability::Soon => Ok(()),
        Durability::OnDisk => out.sync_all(),
    });
    let done = written.and_then(|()| fs::rename(&new, file));
    let done = done.and_then(|()| match (durability, file.parent()) {
        // The new name is on the disk when the folder is.
        (Durability::OnDisk, Some(folder)) if !folder.as_os_str().is_empty() => {
            File::open(folder)?.sync_all()
        }
        _ => Ok(()),
    });
    if done.is_err() {
        // A partly written file is useless, and takes space on a full disk.
        let _ = fs::remove_file(&new);
    }
    done
}
