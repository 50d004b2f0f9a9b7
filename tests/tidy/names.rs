//! Each type has a name of its own in the whole crate, so that a search finds one thing.

use std::collections::BTreeMap;

use crate::sources::{Source, assert_none, builds, read, sources};

#[test]
fn no_two_types_have_one_name() {
    let files = sources("src");
    for files in builds(&files) {
        let types = types_in(&files);
        assert!(types.len() > 200, "{} types were found", types.len());
        let mistakes: Vec<String> = types
            .iter()
            .filter(|(_, places)| places.len() > 1)
            .map(|(name, places)| format!("{name}: {}", places.join(", ")))
            .collect();
        assert_none("types with one name", &mistakes);
    }
}

/// Each type that these files define, with its places.
fn types_in(files: &[&Source]) -> BTreeMap<String, Vec<String>> {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in files {
        for (index, line) in source.program_text().lines().enumerate() {
            if let Some(name) = defined_type(line) {
                let place = format!("{}:{}", source.name, index + 1);
                types.entry(name.to_owned()).or_default().push(place);
            }
        }
    }
    types
}

/// The words that a newcomer to the code searches for, and the file that each should lead to.
const TERMS: &[(&str, &str)] = &[
    ("backoff", "src/client/net/reconnect.rs"),
    ("control socket", "src/client/control/mod.rs"),
    ("event loop", "src/server/net/mod.rs"),
    ("fan-out", "src/server/hub/fanout.rs"),
    ("frontend", "src/client/net/frontend.rs"),
    ("in flight", "src/client/session/delivery/in_flight.rs"),
    ("rate limit", "src/server/hub/limits.rs"),
    ("sanitize", "src/common/sanitize.rs"),
    ("scrollback", "src/client/view/scrollback/mod.rs"),
];

#[test]
fn the_terms_of_the_field_lead_to_their_file() {
    let mut mistakes = Vec::new();
    for (term, file) in TERMS {
        // The head of a file is where a search result explains itself.
        let text = read(file);
        let head = text.lines().take_while(|line| line.starts_with("//!"));
        let head = head.map(|line| line.trim_start_matches("//!"));
        let head = head.collect::<String>().to_lowercase();
        if !head.contains(term) {
            mistakes.push(format!("{file} does not name \"{term}\" at its head"));
        }
    }
    assert_none("terms that a search does not find", &mistakes);
}

/// The type that this line defines. Associated types stand inside an `impl` and are indented.
fn defined_type(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) => match rest.strip_prefix('(') {
            Some(rest) => rest.split_once(") ")?.1,
            None => rest.trim_start(),
        },
        None => line,
    };
    let (kind, rest) = line.split_once(' ')?;
    let is_type = ["struct", "enum", "trait", "type", "union"].contains(&kind);
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    is_type.then(|| &rest[..end.unwrap_or(rest.len())])
}

#[test]
fn definitions_are_recognized() {
    assert_eq!(
        defined_type("pub(in crate::a) struct Name<'a> {"),
        Some("Name")
    );
    assert_eq!(defined_type("pub enum Name {"), Some("Name"));
    assert_eq!(defined_type("type Name = u8;"), Some("Name"));
    assert_eq!(defined_type("    type Output = u8;"), None);
    assert_eq!(defined_type("fn structure() {"), None);
}
