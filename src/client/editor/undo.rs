//! What the line was before, for taking changes back. The editor forgets it when a reading begins
//! anew for another prompt; this does not.

use std::collections::VecDeque;

use super::line::Draft;

/// How many changes can be taken back.
const STEPS_MAX: usize = 1_000;
/// However long the line is, what is remembered of it takes no more memory than this.
const BYTES_MAX: usize = 256 * 1024;

/// The line as it was, change by change. A word that was typed is one change.
#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: VecDeque<Draft>,
    bytes: usize,
    now: Draft,
    /// The last change was a letter of a word.
    in_word: bool,
}

impl Undo {
    /// The line is this now.
    pub(super) fn record(&mut self, text: &str, position: usize) {
        if self.now.text == text {
            self.in_word &= self.now.position == position;
            self.now.position = position;
            return;
        }
        let is_letter = self.has_letter_more(text, position);
        let goes_on = is_letter && self.in_word;
        self.in_word = is_letter;
        let now = Draft {
            text: text.to_owned(),
            position,
        };
        let before = std::mem::replace(&mut self.now, now);
        if goes_on {
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

    /// Takes so many changes back, or as many as there are.
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

    /// Whether the line is the one before with a letter or a digit put in where the cursor was.
    fn has_letter_more(&self, text: &str, position: usize) -> bool {
        let start = self.now.position;
        let Some((before, behind)) = self.now.text.split_at_checked(start) else {
            return false;
        };
        let put_in = text
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(behind));
        put_in.is_some_and(|put_in| {
            let mut letters = put_in.chars();
            letters.next().is_some_and(char::is_alphanumeric)
                && letters.next().is_none()
                && position == start + put_in.len()
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
    fn words_that_were_typed_are_taken_back_one_by_one() {
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
    fn what_was_deleted_put_in_or_typed_elsewhere_is_a_change_of_its_own() {
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
