//! The ignore list: users whose messages are not shown.

use std::collections::BTreeSet;

use crate::wire::isupport::Isupport;
use crate::wire::mask;

/// Masks `nick!user@host` in lower case.
#[derive(Debug, Default)]
pub(in crate::client::session) struct IgnoreList(BTreeSet<String>);

/// The rest of the mask of a nick alone.
const ANYWHERE: &str = "!*@*";

impl IgnoreList {
    /// Adds a nick or a mask; anything else is ignored.
    pub(in crate::client::session) fn add(&mut self, mask: &str) {
        self.0.extend(key(mask));
    }

    /// Removes a nick or a mask. Returns whether it was in the list.
    pub(in crate::client::session) fn remove(&mut self, mask: &str) -> bool {
        key(mask).is_some_and(|key| self.0.remove(&key))
    }

    /// Whether a mask matches this `nick!user@host`.
    pub(in crate::client::session) fn matches(&self, source: &str, isupport: &Isupport) -> bool {
        let source = isupport.casefold(source);
        let mut masks = self.0.iter();
        masks.any(|mask| mask::matches(&isupport.casefold(mask), &source))
    }

    /// Follows the nick change of a user who is ignored by nick alone.
    pub(in crate::client::session) fn rename(&mut self, from: &str, to: &str) {
        let is_nick = self
            .0
            .contains(&format!("{}{ANYWHERE}", from.to_ascii_lowercase()));
        if is_nick && self.remove(from) {
            self.add(to);
        }
    }

    /// All entries, as they are typed.
    pub(in crate::client::session) fn masks(&self) -> Vec<&str> {
        let names = self.0.iter();
        names
            .map(|mask| mask.strip_suffix(ANYWHERE).unwrap_or(mask))
            .collect()
    }
}

fn key(mask: &str) -> Option<String> {
    mask::normalize(mask).map(|mask| mask.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicks_and_masks_are_ignored_in_any_letter_case() {
        let mut ignored = IgnoreList::default();
        for mask in ["Bob", "*!*@*.Spam.example", "troll*"] {
            ignored.add(mask);
        }
        for source in ["bob!b@h", "BOB!x@y", "x!y@a.spam.example", "troll12!t@h"] {
            assert!(ignored.matches(source, &Isupport::default()), "{source}");
        }
        for source in ["bobby!b@h", "x!y@spam.example", "alice!a@h", "bob"] {
            assert!(!ignored.matches(source, &Isupport::default()), "{source}");
        }
        assert_eq!(ignored.masks(), ["*!*@*.spam.example", "bob", "troll*"]);
        assert!(ignored.remove("bOb") && !ignored.remove("bob"));
        assert!(ignored.remove("troll*!*@*"));
    }
}
