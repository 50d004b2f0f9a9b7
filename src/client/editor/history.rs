//! The history of typed lines, shared by the library and the search.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::Result;
use rustyline::config::Config;
use rustyline::history::{DefaultHistory, History, SearchDirection, SearchResult};

use super::search::HistoryEntry;

/// The history. Clones share their lines.
///
/// The library shows another line only through its own history commands. So a line to show is
/// injected here, and the command that searches for a prefix then finds it.
#[derive(Clone)]
pub(super) struct SharedHistory {
    lines: Arc<Mutex<DefaultHistory>>,
    injected: Arc<Mutex<Option<HistoryEntry>>>,
}

impl SharedHistory {
    pub(super) fn with_config(config: &Config) -> Self {
        Self {
            lines: Arc::new(Mutex::new(DefaultHistory::with_config(config))),
            injected: Arc::default(),
        }
    }

    /// Calls `inspect` with all lines, the oldest first.
    pub(super) fn with_lines<T>(&self, inspect: impl FnOnce(&[&str]) -> T) -> T {
        let lines = self.lock();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        inspect(&lines)
    }

    /// Makes this entry the result of the next search for a prefix.
    pub(super) fn inject(&self, entry: HistoryEntry) {
        *self.injected.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }

    fn lock(&self) -> MutexGuard<'_, DefaultHistory> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A result that does not borrow from the locked history.
fn owned(result: Option<SearchResult<'_>>) -> Option<SearchResult<'static>> {
    result.map(|found| SearchResult {
        entry: Cow::Owned(found.entry.into_owned()),
        idx: found.idx,
        pos: found.pos,
    })
}

impl History for SharedHistory {
    fn starts_with(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> Result<Option<SearchResult<'_>>> {
        let injected = self
            .injected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(entry) = injected {
            return Ok(Some(SearchResult {
                entry: Cow::Owned(entry.draft.text),
                idx: entry.index,
                pos: entry.draft.position,
            }));
        }
        Ok(owned(self.lock().starts_with(term, start, direction)?))
    }

    fn get(&self, index: usize, direction: SearchDirection) -> Result<Option<SearchResult<'_>>> {
        Ok(owned(self.lock().get(index, direction)?))
    }

    fn search(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> Result<Option<SearchResult<'_>>> {
        Ok(owned(self.lock().search(term, start, direction)?))
    }

    fn add(&mut self, line: &str) -> Result<bool> {
        self.lock().add(line)
    }

    fn add_owned(&mut self, line: String) -> Result<bool> {
        self.lock().add_owned(line)
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn set_max_len(&mut self, len: usize) -> Result<()> {
        self.lock().set_max_len(len)
    }

    fn ignore_dups(&mut self, yes: bool) -> Result<()> {
        self.lock().ignore_dups(yes)
    }

    fn ignore_space(&mut self, yes: bool) {
        self.lock().ignore_space(yes);
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        self.lock().save(path)
    }

    fn append(&mut self, path: &Path) -> Result<()> {
        self.lock().append(path)
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        self.lock().load(path)
    }

    fn clear(&mut self) -> Result<()> {
        self.lock().clear()
    }
}
