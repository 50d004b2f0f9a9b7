//! An incremental search in the history, one key at a time. It does not know the editor, so that
//! messages are printed between its keys as between any others.
//!
//! The keys are those of readline: typed text extends the query, Ctrl-R searches backward, Ctrl-S
//! forward, and Backspace undoes the last step.

use super::line::Draft;

/// A search in progress.
#[derive(Debug, Clone)]
pub(super) struct Search {
    /// The line at the start of the search, and its index in the history.
    before: HistoryEntry,
    /// The index at which the search starts. A line of the history that was changed counts as new.
    from: usize,
    query: String,
    /// The earlier steps, which Backspace returns to.
    steps: Vec<Step>,
    current: Step,
    direction: Direction,
    /// Whether it was started with a key of vi, so that Enter only ends it.
    pub(super) is_vi: bool,
}

/// A line and its index in the history; the number of lines if it is not from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HistoryEntry {
    pub(super) draft: Draft,
    pub(super) index: usize,
}

/// The direction of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To older lines.
    Back,
    /// To newer lines.
    Forward,
}

/// One step of a search.
#[derive(Debug, Clone, Copy)]
struct Step {
    query_bytes: usize,
    /// The last match: its index in the history, and where the query begins in it.
    found: Option<(usize, usize)>,
    failed: bool,
}

impl Search {
    /// Starts a search at this line.
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
            current: Step {
                query_bytes: 0,
                found: None,
                failed: false,
            },
            direction,
            is_vi: false,
        }
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// The line at the start of the search.
    pub(super) fn before(&self) -> &HistoryEntry {
        &self.before
    }

    /// Extends the query. The current match stays if it also contains the longer query.
    pub(super) fn extend(&mut self, text: &str, history: &[&str]) {
        self.save_step();
        self.query.push_str(text);
        self.current.query_bytes = self.query.len();
        let from = match (self.current.found, self.direction) {
            (Some((index, _)), _) => Some(index),
            (None, Direction::Back) => self.from.min(history.len()).checked_sub(1),
            (None, Direction::Forward) => Some(self.from),
        };
        self.find(from, None, history);
    }

    /// Moves to the next match. With an empty query, repeats the query of the last search.
    pub(super) fn next_match(&mut self, direction: Direction, last_query: &str, history: &[&str]) {
        self.direction = direction;
        if self.query.is_empty() {
            if !last_query.is_empty() {
                self.extend(last_query, history);
            }
            return;
        }
        self.save_step();
        let from = match (self.current.found, direction) {
            (Some((index, _)), Direction::Back) => index.checked_sub(1),
            (Some((index, _)), Direction::Forward) => Some(index + 1),
            (None, Direction::Back) => self.from.min(history.len()).checked_sub(1),
            (None, Direction::Forward) => Some(self.from),
        };
        let shown = self.current.found.and_then(|(index, _)| history.get(index));
        self.find(from, shown.copied(), history);
    }

    /// Undoes the last step.
    pub(super) fn step_back(&mut self) {
        if let Some(step) = self.steps.pop() {
            self.current = step;
            self.query.truncate(step.query_bytes);
        }
    }

    /// The line to show.
    pub(super) fn shown(&self, history: &[&str]) -> HistoryEntry {
        let found = self
            .current
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

    /// The hint after the line.
    pub(super) fn hint(&self) -> String {
        let forward = match self.direction {
            Direction::Back => "",
            Direction::Forward => " forward",
        };
        match (self.query.as_str(), self.current.failed) {
            ("", _) => format!("  (search{forward}: type part of a line)"),
            (query, true) => format!("  (search{forward}: {query}: no more matches)"),
            (query, false) => format!("  (search{forward}: {query})"),
        }
    }

    fn save_step(&mut self) {
        self.steps.push(self.current);
    }

    /// Searches from this index on for a line that contains the query. `unlike` is the shown line:
    /// an equal one would look as if nothing had happened.
    fn find(&mut self, from: Option<usize>, unlike: Option<&str>, history: &[&str]) {
        let matching = |index: usize| {
            let line = history.get(index)?;
            let position = line.find(&self.query)?;
            (Some(*line) != unlike).then_some((index, position))
        };
        let found = match (from, self.direction) {
            (None, _) => None,
            (Some(from), Direction::Back) => (0..=from).rev().find_map(matching),
            (Some(from), Direction::Forward) => (from..history.len()).find_map(matching),
        };
        self.current.failed = found.is_none();
        self.current.found = found.or(self.current.found);
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
        let draft = search.shown(&HISTORY).draft;
        (draft.text, draft.position)
    }

    #[test]
    fn typed_text_extends_the_query_and_backspace_shortens_it() {
        let mut search = begin();
        assert_eq!(shown(&search), ("a draft".to_owned(), 3));
        search.extend("a", &HISTORY);
        assert_eq!(shown(&search), ("gamma".to_owned(), 1));
        search.extend("l", &HISTORY);
        assert_eq!(shown(&search), ("alpha three".to_owned(), 0));
        search.extend("pha o", &HISTORY);
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
    fn the_next_match_is_an_older_or_newer_line_that_differs() {
        let mut search = begin();
        search.extend("alpha", &HISTORY);
        assert_eq!(search.shown(&HISTORY).index, 3);
        search.next_match(Direction::Back, "", &HISTORY);
        assert_eq!(search.shown(&HISTORY).index, 0);
        search.next_match(Direction::Back, "", &HISTORY);
        assert_eq!(search.shown(&HISTORY).index, 0);
        assert_eq!(search.hint(), "  (search: alpha: no more matches)");
        search.next_match(Direction::Forward, "", &HISTORY);
        assert_eq!(search.shown(&HISTORY).index, 2);
        assert_eq!(search.hint(), "  (search forward: alpha)");
    }

    #[test]
    fn without_a_match_the_previous_one_stays() {
        let mut search = begin();
        search.extend("beta", &HISTORY);
        search.extend("x", &HISTORY);
        assert_eq!(shown(&search), ("beta two".to_owned(), 0));
        assert_eq!(search.hint(), "  (search: betax: no more matches)");
        search.step_back();
        assert_eq!(search.hint(), "  (search: beta)");
    }

    #[test]
    fn the_key_pressed_twice_repeats_the_last_search() {
        let mut search = begin();
        search.next_match(Direction::Back, "beta", &HISTORY);
        assert_eq!(shown(&search), ("beta two".to_owned(), 0));
        let mut nothing = begin();
        nothing.next_match(Direction::Back, "", &[]);
        nothing.extend("a", &[]);
        assert_eq!(nothing.shown(&[]).draft.text, "a draft");
    }
}
