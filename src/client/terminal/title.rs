//! The title of the window: ours while there is one to show, and else the one that was found.
//!
//! Terminals keep a stack of titles, and give the last one back when they are asked to; those that
//! do not know it ignore the question. XTWINOPS 22 and 23 of xterm.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// The title of the window. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Title(Arc<Mutex<Option<String>>>);

impl Title {
    /// What gives the window this title, or without one its own; nothing when it has it already.
    pub(in crate::client) fn change(&self, wanted: Option<String>) -> String {
        let mut shown = self.lock();
        if *shown == wanted {
            return String::new();
        }
        let sequence = match (&*shown, &wanted) {
            (None, Some(title)) => format!("{PUSH_TITLE}{}", set_title(title)),
            (_, Some(title)) => set_title(title),
            (_, None) => POP_TITLE.to_owned(),
        };
        *shown = wanted;
        sequence
    }

    /// What gives the window its own title while the program is suspended.
    pub(in crate::client) fn suspend(&self) -> &'static str {
        self.lock().as_ref().map_or("", |_| POP_TITLE)
    }

    /// What gives the window our title again.
    pub(in crate::client) fn resume(&self) -> String {
        let shown = self.lock();
        let again = shown
            .as_ref()
            .map(|title| format!("{PUSH_TITLE}{}", set_title(title)));
        again.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_title(title: &str) -> String {
    format!("\x1b]2;{title}\x07")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_that_was_found_is_kept_once_and_given_back() {
        let title = Title::default();
        let ours = |text: &str| Some(text.to_owned());
        assert_eq!(title.change(None), "");
        assert_eq!(title.resume(), "");
        assert_eq!(title.change(ours("#a")), "\x1b[22;0t\x1b]2;#a\x07");
        assert_eq!(title.change(ours("#a")), "");
        assert_eq!(title.change(ours("(1) #a")), "\x1b]2;(1) #a\x07");
        assert_eq!(title.suspend(), "\x1b[23;0t");
        assert_eq!(title.resume(), "\x1b[22;0t\x1b]2;(1) #a\x07");
        assert_eq!(title.change(None), "\x1b[23;0t");
        assert_eq!(title.suspend(), "");
    }
}
