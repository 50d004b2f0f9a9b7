//! Errors are types that carry the facts; their text is made where they are shown.

use regex::Regex;

use crate::sources::{assert_none, sources};

/// Results whose error is a text.
const TEXTS: &str = r"\bResult<.*, *(String|&('\w+ )?str)>";

#[test]
fn no_error_is_a_text() {
    let text = Regex::new(TEXTS).unwrap();
    let mut mistakes = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        for (index, line) in source.program_text().lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment && text.is_match(line) {
                mistakes.push(format!("{}:{}: {}", source.name, index + 1, line.trim()));
            }
        }
    }
    assert_none("results whose error is a text", &mistakes);
}

#[test]
fn an_error_that_is_a_text_is_found() {
    let text = Regex::new(TEXTS).unwrap();
    for found in [
        "fn f() -> Result<(), String> {",
        "f: Result<Vec<u8>, &'static str>,",
        "fn f(outcome: Result<(), &str>) {",
    ] {
        assert!(text.is_match(found), "{found}");
    }
    for good in [
        "fn f() -> Result<String, Problem> {",
        "fn f() -> CommandResult<'a, &'a str> {",
        "fn f() -> IResult<&str, &str> {",
    ] {
        assert!(!text.is_match(good), "{good}");
    }
}
