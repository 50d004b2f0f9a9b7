//! The files of drafts of one network: each running session locks one of its own, so that a line that
//! is being typed in another terminal is not taken for a saved draft.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::damaged::{WholeLines, beside, read_lines};
use super::lock::try_lock;
use super::replace::{Durability, replace_file, replacement_of};
use super::saved_draft::SavedDraft;

/// How many sessions with one server can save their drafts at the same time.
const FILES_MAX: u32 = 32;

/// A file of drafts that this session has locked.
#[derive(Debug)]
pub(super) struct DraftFile {
    path: PathBuf,
    /// While it is locked, the file belongs to this session.
    lock: File,
}

/// The file of a session, as it was when the session started.
pub(super) struct ClaimedFile {
    /// The file.
    pub(super) file: DraftFile,
    /// Its content.
    pub(super) read: WholeLines<SavedDraft>,
    /// The files that other sessions had locked meanwhile, unless this one already has texts of the nick. A
    /// session that was killed or is about to end keeps its lock until the system has removed it.
    pub(super) locked: Vec<PathBuf>,
}

impl DraftFile {
    /// Locks a file that no running session has, and reads it: one that is damaged or has texts of
    /// this nick if there is one, otherwise a new one, otherwise one with texts of other nicks.
    ///
    /// # Errors
    ///
    /// A file cannot be locked or read, or all are in use.
    pub(super) fn claim(file: &Path, nick: &str) -> io::Result<ClaimedFile> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let files = || {
            (1..=FILES_MAX).map(|number| match number {
                1 => file.to_owned(),
                _ => beside(file, &format!("~{number}")),
            })
        };
        let mut locked = Vec::new();
        for candidate in files().filter(|file| is_used(file)) {
            match Self::open(&candidate)? {
                Some((file, read)) if has_texts_of(nick, &read) => {
                    let locked = Vec::new();
                    return Ok(ClaimedFile { file, read, locked });
                }
                Some(_) => {}
                None => locked.push(candidate),
            }
        }
        let new = files().filter(|file| !is_used(file));
        for candidate in new.chain(files()) {
            match Self::open(&candidate)? {
                Some((file, read)) => return Ok(ClaimedFile { file, read, locked }),
                None => locked.push(candidate),
            }
        }
        Err(io::Error::other("too many sessions use this file"))
    }

    /// The first of these files that is no longer locked and has texts of this nick. Those that are
    /// no longer locked are removed from the list.
    pub(super) fn claim_released(
        locked: &mut Vec<PathBuf>,
        nick: &str,
    ) -> Option<(Self, WholeLines<SavedDraft>)> {
        let mut found = None;
        locked.retain(|candidate| {
            if found.is_none() {
                // A file that cannot be read is reported at the next start.
                let opened = Self::open(candidate).unwrap_or_default();
                let is_locked = opened.is_none();
                found = opened.filter(|(_, read)| has_texts_of(nick, read));
                return is_locked;
            }
            true
        });
        found
    }

    /// Locks a file and reads it; `None` while another session has it locked.
    fn open(file: &Path) -> io::Result<Option<(Self, WholeLines<SavedDraft>)>> {
        let Some(lock) = try_lock(file)? else {
            return Ok(None);
        };
        let path = file.to_owned();
        let read = read_finished(file)?;
        Ok(Some((Self { path, lock }, read)))
    }

    /// The path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the content of the file atomically; removes the file if `text` is empty.
    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        replace_file(&self.path, text, Durability::Soon)
    }

    /// Leaves the file to the next session.
    pub(super) fn unlock(&self) {
        // The end of the program unlocks it, too.
        let _ = self.lock.unlock();
    }
}

impl Drop for DraftFile {
    /// A child process that is about to run another program can have the open lock, too, so that closing
    /// it here is not enough.
    fn drop(&mut self) {
        self.unlock();
    }
}

fn is_used(file: &Path) -> bool {
    file.exists() || replacement_of(file).exists()
}

fn has_texts_of(nick: &str, read: &WholeLines<SavedDraft>) -> bool {
    let mut lines = read.lines.iter();
    read.damaged > 0 || lines.any(|draft| draft.nick.eq_ignore_ascii_case(nick))
}

/// Reads a file that this session has locked. A session that was killed while it replaced the file
/// has left the new content beside it: this is used if it is whole, or if there is no other.
fn read_finished(file: &Path) -> io::Result<WholeLines<SavedDraft>> {
    let new = replacement_of(file);
    let begun = read_lines(&new, SavedDraft::decode)?;
    if !begun.lines.is_empty() && (begun.damaged == 0 || !file.exists()) {
        fs::rename(&new, file)?;
        return Ok(begun);
    }
    // Usually there is none.
    let _ = fs::remove_file(new);
    read_lines(file, SavedDraft::decode)
}
