//! A search in the history, a key at a time. It decides what is found and knows no editor, so that
//! nothing waits for it: messages are printed between two of its keys as between any others.
//!
//! The keys are those of readline: what is typed narrows, Ctrl-R goes further back, Ctrl-S forth
//! again, Backspace takes the last step back.

use super::line::Draft;

/// A search that goes on.
#[derive(Debug, Clone)]
pub(super) struct Search {
    /// The line when the search began, and its place in the history.
    before: HistoryEntry,
    /// Where it begins to look: a line that was taken from the history and changed is a new one.
    from: usize,
    query: String,
    /// Where the search has been, to go back to.
    steps: Vec<Step>,
    here: Step,
    direction: Direction,
    /// It was begun as vi begins it, and Enter only ends it.
    pub(super) is_of_vi: bool,
}

/// A line, and where it is in the history; behind the last one when it is not from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HistoryEntry {
    pub(super) draft: Draft,
    pub(super) index: usize,
}

/// Where to look next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To older lines.
    Back,
    /// To newer ones.
    Forth,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    query_bytes: usize,
    /// The line that was found last: its place, and where in it the query begins.
    found: Option<(usize, usize)>,
    failed: bool,
}

impl Search {
    /// A search that begins at this line.
    pub(super) fn begin(before: HistoryEntry, direction: Direction, history: &[&str]) -> Self {
        let is_unchanged = history.get(before.index) == Some(&before.draft.text.as_str());
        Self {
            from: if is_unchanged {
                before.index
            } else {
                history.len()
            },
            before,
            query: String::new(),
            steps: Vec::new(),
            here: Step {
                query_bytes: 0,
                found: None,
                failed: false,
            },
            direction,
            is_of_vi: false,
        }
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// The line as it was when the search began.
    pub(super) fn before(&self) -> &HistoryEntry {
        &self.before
    }

    /// More of what is looked for. A line that was found and has it too stays.
    pub(super) fn narrow(&mut self, text: &str, history: &[&str]) {
        self.remember();
        self.query.push_str(text);
        self.here.query_bytes = self.query.len();
        let from = match (self.here.found, self.direction) {
            (Some((index, _)), _) => Some(index),
            (None, Direction::Back) => self.from.min(history.len()).checked_sub(1),
            (None, Direction::Forth) => Some(self.from),
        };
        self.find(from, None, history);
    }

    /// Goes on to the next line that fits, or looks for what the last search looked for.
    pub(super) fn next_match(&mut self, direction: Direction, last_query: &str, history: &[&str]) {
        self.direction = direction;
        if self.query.is_empty() {
            if !last_query.is_empty() {
                self.narrow(last_query, history);
            }
            return;
        }
        self.remember();
        let from = match (self.here.found, direction) {
            (Some((index, _)), Direction::Back) => index.checked_sub(1),
            (Some((index, _)), Direction::Forth) => Some(index + 1),
            (None, Direction::Back) => self.from.min(history.len()).checked_sub(1),
            (None, Direction::Forth) => Some(self.from),
        };
        let shown = self.here.found.and_then(|(index, _)| history.get(index));
        self.find(from, shown.copied(), history);
    }

    /// Takes the last step back.
    pub(super) fn step_back(&mut self) {
        if let Some(step) = self.steps.pop() {
            self.here = step;
            self.query.truncate(step.query_bytes);
        }
    }

    /// The line to show now.
    pub(super) fn current(&self, history: &[&str]) -> HistoryEntry {
        let found = self
            .here
            .found
            .and_then(|(index, position)| Some((index, position, history.get(index)?)));
        match found {
            Some((index, position, line)) => HistoryEntry {
                draft: Draft {
                    text: (*line).to_owned(),
                    position,
                },
                index,
            },
            None => self.before.clone(),
        }
    }

    /// What stands behind the line.
    pub(super) fn hint(&self) -> String {
        let forth = match self.direction {
            Direction::Back => "",
            Direction::Forth => " forward",
        };
        match (self.query.as_str(), self.here.failed) {
            ("", _) => format!("  (search{forth}: type a part of a line)"),
            (query, true) => format!("  (search{forth}: {query}: no more)"),
            (query, false) => format!("  (search{forth}: {query})"),
        }
    }

    fn remember(&mut self) {
        self.steps.push(self.here);
    }

    /// Looks from this line on for one that has the query in it; `unlike` is the line that is
    /// shown, and another one like it would look as if nothing had happened.
    fn find(&mut self, from: Option<usize>, unlike: Option<&str>, history: &[&str]) {
        let fits = |index: usize| {
            let line = history.get(index)?;
            let position = line.find(&self.query)?;
            (Some(*line) != unlike).then_some((index, position))
        };
        let found = match (from, self.direction) {
            (None, _) => None,
            (Some(from), Direction::Back) => (0..=from).rev().find_map(fits),
            (Some(from), Direction::Forth) => (from..history.len()).find_map(fits),
        };
        self.here.failed = found.is_none();
        self.here.found = found.or(self.here.found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: [&str; 5] = [
        "alpha one",
        "beta two",
        "alpha three",
        "alpha three",
        "gamma",
    ];

    fn begin() -> Search {
        let draft = Draft {
            text: "a draft".to_owned(),
            position: 3,
        };
        let index = HISTORY.len();
        Search::begin(HistoryEntry { draft, index }, Direction::Back, &HISTORY)
    }

    fn shown(search: &Search) -> (String, usize) {
        let draft = search.current(&HISTORY).draft;
        (draft.text, draft.position)
    }

    #[test]
    fn what_is_typed_narrows_and_backspace_widens_again() {
        let mut search = begin();
        assert_eq!(shown(&search), ("a draft".to_owned(), 3));
        search.narrow("a", &HISTORY);
        assert_eq!(shown(&search), ("gamma".to_owned(), 1));
        search.narrow("l", &HISTORY);
        assert_eq!(shown(&search), ("alpha three".to_owned(), 0));
        search.narrow("pha o", &HISTORY);
        assert_eq!(shown(&search), ("alpha one".to_owned(), 0));
        search.step_back();
        assert_eq!(shown(&search), ("alpha three".to_owned(), 0));
        search.step_back();
        search.step_back();
        search.step_back();
        assert_eq!(shown(&search), ("a draft".to_owned(), 3));
        assert_eq!(search.query(), "");
    }

    #[test]
    fn going_on_finds_older_and_newer_lines_and_passes_over_repeated_ones() {
        let mut search = begin();
        search.narrow("alpha", &HISTORY);
        assert_eq!(search.current(&HISTORY).index, 3);
        search.next_match(Direction::Back, "", &HISTORY);
        assert_eq!(search.current(&HISTORY).index, 0);
        search.next_match(Direction::Back, "", &HISTORY);
        assert_eq!(search.current(&HISTORY).index, 0);
        assert_eq!(search.hint(), "  (search: alpha: no more)");
        search.next_match(Direction::Forth, "", &HISTORY);
        assert_eq!(search.current(&HISTORY).index, 2);
        assert_eq!(search.hint(), "  (search forward: alpha)");
    }

    #[test]
    fn what_is_not_there_leaves_what_was_found_before() {
        let mut search = begin();
        search.narrow("beta", &HISTORY);
        search.narrow("x", &HISTORY);
        assert_eq!(shown(&search), ("beta two".to_owned(), 0));
        assert_eq!(search.hint(), "  (search: betax: no more)");
        search.step_back();
        assert_eq!(search.hint(), "  (search: beta)");
    }

    #[test]
    fn the_key_pressed_twice_looks_for_the_same_again() {
        let mut search = begin();
        search.next_match(Direction::Back, "beta", &HISTORY);
        assert_eq!(shown(&search), ("beta two".to_owned(), 0));
        let mut nothing = begin();
        nothing.next_match(Direction::Back, "", &[]);
        nothing.narrow("a", &[]);
        assert_eq!(nothing.current(&[]).draft.text, "a draft");
    }
}
