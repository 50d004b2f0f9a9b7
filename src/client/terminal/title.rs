//! The title of the terminal's window.
//!
//! The original title is pushed onto the terminal's stack of titles and popped from it at the end:
//! XTWINOPS 22 and 23 of xterm. Terminals without such a stack ignore both sequences.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// The title of the window. Clones share their state.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Title(Arc<Mutex<Option<String>>>);

impl Title {
    /// The sequence that sets this title, or restores the original one for `None`. Empty when the
    /// title does not change.
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

    /// The sequence that restores the original title while the program is suspended.
    pub(in crate::client) fn suspend(&self) -> &'static str {
        self.lock().as_ref().map_or("", |_| POP_TITLE)
    }

    /// The sequence that sets our title again after [`Title::suspend`].
    pub(in crate::client) fn resume(&self) -> String {
        let shown = self.lock();
        let sequence = shown
            .as_ref()
            .map(|title| format!("{PUSH_TITLE}{}", set_title(title)));
        sequence.unwrap_or_default()
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
    fn the_original_title_is_pushed_once_and_restored() {
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
