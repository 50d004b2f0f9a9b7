//! A bracketed paste in progress, one key at a time, so that a paste without an end does not block
//! the program.

use std::time::{Duration, Instant};

use rustyline::{KeyCode, KeyEvent, Modifiers};

/// Keys of a paste arrive without such a pause; later keys are pressed by the user.
const PAUSE: Duration = Duration::from_millis(300);

/// The received part of a paste.
#[derive(Debug)]
pub(super) struct Paste {
    text: String,
    /// Whether the last character was a carriage return, which a line feed may follow.
    returned: bool,
    last_key: Instant,
}

impl Paste {
    /// A paste that begins now.
    pub(super) fn begin(now: Instant) -> Self {
        Self {
            text: String::new(),
            returned: false,
            last_key: now,
        }
    }

    /// The pasted text.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Appends the character of a key. True when the key came after a pause.
    pub(super) fn push_key(&mut self, key: KeyEvent, now: Instant) -> bool {
        let paused = self.has_paused(now);
        self.last_key = now;
        let c = character(key);
        let returned = std::mem::replace(&mut self.returned, c == Some('\r'));
        match c {
            Some('\r') => self.text.push('\n'),
            Some('\n') if returned => {}
            Some(c) => self.text.push(c),
            None => {}
        }
        paused
    }

    /// Appends text that arrived with the last key.
    pub(super) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Removes text at the end, which was no part of the paste.
    pub(super) fn remove_end(&mut self, text: &str) {
        if let Some(rest) = self.text.strip_suffix(text) {
            self.text.truncate(rest.len());
        }
    }

    /// Whether a key that arrives now is pressed by the user.
    pub(super) fn has_paused(&self, now: Instant) -> bool {
        now.duration_since(self.last_key) > PAUSE
    }
}

/// The character that a key stands for, if any.
pub(super) fn character(key: KeyEvent) -> Option<char> {
    match key {
        KeyEvent(KeyCode::Char(c), Modifiers::NONE) => Some(c),
        KeyEvent(KeyCode::Enter, Modifiers::NONE) => Some('\r'),
        KeyEvent(KeyCode::Tab, Modifiers::NONE) => Some('\t'),
        KeyEvent(KeyCode::Esc, Modifiers::NONE) => Some('\x1b'),
        KeyEvent(KeyCode::Char(c @ '@'..='_'), Modifiers::CTRL) => {
            u8::try_from(c).ok().map(|byte| char::from(byte & 0x1f))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_the_text_that_was_pasted() {
        let now = Instant::now();
        let mut paste = Paste::begin(now);
        for c in "one\r\ntwo\rthree\tfour\n\u{2}é日\r".chars() {
            assert!(!paste.push_key(KeyEvent::from(c), now));
        }
        assert!(paste.push_key(KeyEvent(KeyCode::Left, Modifiers::NONE), now + 2 * PAUSE));
        assert_eq!(paste.into_text(), "one\ntwo\nthree\tfour\n\u{2}é日\n");
    }
}
