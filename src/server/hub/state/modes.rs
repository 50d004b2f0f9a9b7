//! The mode letters of a room or of a user.

use std::fmt::{self, Write};

/// A set of mode letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::server::hub) struct Modes(u64);

impl Modes {
    /// The letters in a text.
    pub(in crate::server::hub) fn of(letters: &str) -> Self {
        let mut modes = Self::default();
        for letter in letters.chars() {
            modes.set(letter, true);
        }
        modes
    }

    pub(in crate::server::hub) fn has(self, letter: char) -> bool {
        self.0 & bit(letter) != 0
    }

    /// Sets or removes a letter. Returns whether the set changed.
    pub(in crate::server::hub) fn set(&mut self, letter: char, on: bool) -> bool {
        let before = *self;
        if on {
            self.0 |= bit(letter);
        } else {
            self.0 &= !bit(letter);
        }
        *self != before
    }
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = ('A'..='z').filter(|letter| self.has(*letter));
        letters.try_for_each(|letter| f.write_char(letter))
    }
}

fn bit(letter: char) -> u64 {
    let place = u32::from(letter).checked_sub(u32::from('A'));
    place.and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_letters_is_shown_in_their_order() {
        let mut modes = Modes::of("tnC");
        assert_eq!(modes.to_string(), "Cnt");
        assert!(modes.set('n', false));
        assert!(!modes.set('n', false));
        assert!(!modes.set('é', true) && !modes.set('\u{1}', true));
        assert_eq!(modes.to_string(), "Ct");
    }
}
