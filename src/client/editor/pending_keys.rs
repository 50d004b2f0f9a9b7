//! Keys that a later key ends: a search, a paste, or a command of two keys.

use super::paste::Paste;
use super::reports::Reports;
use super::search::Search;

/// The state between such keys. Messages are printed meanwhile.
#[derive(Debug, Default)]
pub(super) struct PendingKeys {
    pub(super) search: Option<Search>,
    pub(super) paste: Option<Paste>,
    /// Whether a paste has ended, and each key since then came too fast for a user.
    pub(super) paste_follows: bool,
    pub(super) prefix: Option<Prefix>,
    pub(super) reports: Reports,
    /// The query of the last search.
    pub(super) last_query: String,
}

/// The first of two keys that form a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prefix {
    /// Ctrl-V or Ctrl-Q: the next key is inserted as it is.
    Quote,
    /// Ctrl-X: the next key is a command.
    Command,
    /// Ctrl-] or Alt-Ctrl-]: the cursor moves to the next or the previous occurrence of the next
    /// key.
    Find { back: bool },
}

impl PendingKeys {
    /// The hint after the line meanwhile.
    pub(super) fn hint(&self) -> Option<String> {
        if self.paste.is_some() {
            return Some("  (paste not finished; Ctrl-C discards it)".to_owned());
        }
        self.search.as_ref().map(Search::hint)
    }
}
