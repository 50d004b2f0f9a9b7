//! What was typed before, for the editor and for the search at the same time.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::Result;
use rustyline::config::Config;
use rustyline::history::{DefaultHistory, History, SearchDirection, SearchResult};

use super::search::HistoryEntry;

/// The history. Clones are the same one.
///
/// The editor can be made to take a line from its history only by commands of its own. The one
/// that looks for a line with the same beginning gets whatever was put in its way before.
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

    /// Looks at all the lines, the oldest first.
    pub(super) fn with_lines<T>(&self, inspect: impl FnOnce(&[&str]) -> T) -> T {
        let lines = self.lock();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        inspect(&lines)
    }

    /// The next line that is looked for by its beginning is this one.
    pub(super) fn inject(&self, place: HistoryEntry) {
        *self.injected.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    fn lock(&self) -> MutexGuard<'_, DefaultHistory> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        if let Some(place) = injected {
            return Ok(Some(SearchResult {
                entry: Cow::Owned(place.draft.text),
                idx: place.index,
                pos: place.draft.position,
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
