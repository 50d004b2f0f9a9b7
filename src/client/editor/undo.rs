//! The earlier versions of the line, for undo. The library forgets its own when a read restarts for a
//! new prompt.

use std::collections::VecDeque;

use super::line::Draft;

/// How many changes can be undone.
const STEPS_MAX: usize = 1_000;
/// The largest size of all versions together.
const BYTES_MAX: usize = 256 * 1024;

/// The versions of the line, one for each change. A typed word is one change.
#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: VecDeque<Draft>,
    bytes: usize,
    now: Draft,
    /// Whether the last change was a letter of a word.
    in_word: bool,
}

impl Undo {
    /// Records the current line.
    pub(super) fn record(&mut self, text: &str, position: usize) {
        if self.now.text == text {
            self.in_word &= self.now.position == position;
            self.now.position = position;
            return;
        }
        let is_letter = self.is_one_letter_more(text, position);
        let continues_word = is_letter && self.in_word;
        self.in_word = is_letter;
        let now = Draft {
            text: text.to_owned(),
            position,
        };
        let before = std::mem::replace(&mut self.now, now);
        if continues_word {
            return;
        }
        self.bytes += before.text.len();
        self.steps.push_back(before);
        while (self.steps.len() > STEPS_MAX || self.bytes > BYTES_MAX)
            && let Some(oldest) = self.steps.pop_front()
        {
            self.bytes -= oldest.text.len();
        }
    }

    /// Undoes `count` changes, or as many as there are, and returns the line.
    pub(super) fn undo(&mut self, count: u16) -> Draft {
        for _ in 0..count {
            let Some(before) = self.steps.pop_back() else {
                break;
            };
            self.bytes -= before.text.len();
            self.now = before;
            self.in_word = false;
        }
        self.now.clone()
    }

    /// Whether the line is the last one with one letter or digit inserted at the cursor.
    fn is_one_letter_more(&self, text: &str, position: usize) -> bool {
        let start = self.now.position;
        let Some((before, after)) = self.now.text.split_at_checked(start) else {
            return false;
        };
        let inserted = text
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        inserted.is_some_and(|inserted| {
            let mut letters = inserted.chars();
            letters.next().is_some_and(char::is_alphanumeric)
                && letters.next().is_none()
                && position == start + inserted.len()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(undo: &mut Undo, text: &str) {
        for (at, c) in text.char_indices() {
            undo.record(&text[..at + c.len_utf8()], at + c.len_utf8());
        }
    }

    fn back(undo: &mut Undo, count: u16) -> String {
        undo.undo(count).text
    }

    #[test]
    fn typed_words_are_undone_one_by_one() {
        let mut undo = Undo::default();
        typed(&mut undo, "naïve fox");
        assert_eq!(back(&mut undo, 1), "naïve ");
        assert_eq!(back(&mut undo, 1), "naïve");
        assert_eq!(back(&mut undo, 1), "");
        assert_eq!(back(&mut undo, 1), "");
        typed(&mut undo, "one two");
        assert_eq!(back(&mut undo, 2), "one");
    }

    #[test]
    fn deleted_pasted_and_separately_typed_text_are_changes_of_their_own() {
        let mut undo = Undo::default();
        typed(&mut undo, "abc");
        undo.record("abc", 0);
        undo.record("xabc", 1);
        undo.record("xyabc", 2);
        undo.record("", 0);
        assert_eq!(undo.undo(1).position, 2);
        assert_eq!(back(&mut undo, 1), "abc");
        undo.record("abc pasted", 10);
        assert_eq!(back(&mut undo, 1), "abc");
        assert_eq!(back(&mut undo, 9), "");
    }

    #[test]
    fn a_long_line_that_changes_much_takes_little_memory() {
        let mut undo = Undo::default();
        for number in 0..100 {
            let text = format!("{}{number}", "x".repeat(10_000));
            undo.record(&text, text.len());
        }
        assert!(undo.steps.len() > 20 && undo.bytes <= BYTES_MAX);
        let kept: usize = undo.steps.iter().map(|step| step.text.len()).sum();
        assert_eq!(kept, undo.bytes);
        assert!(back(&mut undo, 1).ends_with("x98"));
    }
}
