//! What a key began and another key ends.

use super::paste::Paste;
use super::search::Search;

/// What was begun with a key and ends with another.
#[derive(Debug, Default)]
pub(super) struct PendingKeys {
    pub(super) search: Option<Search>,
    pub(super) paste: Option<Paste>,
    pub(super) prefix: Option<Prefix>,
    /// What was looked for last.
    pub(super) last_query: String,
}

/// A key that says what the next one is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prefix {
    /// Ctrl-V, Ctrl-Q: it is to be put in as it is.
    Quote,
    /// Ctrl-X: it is a command.
    Command,
    /// Ctrl-], Alt-Ctrl-]: the cursor goes to the next place where it stands, or the last.
    Find { back: bool },
}

impl PendingKeys {
    /// What stands behind the line meanwhile.
    pub(super) fn hint(&self) -> Option<String> {
        if self.paste.is_some() {
            return Some("  (a paste that has not ended; Ctrl-C drops it)".to_owned());
        }
        self.search.as_ref().map(Search::hint)
    }
}
