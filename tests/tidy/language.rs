//! Comments are plain English: they name the thing itself, in the words of the field.

use regex::Regex;

use crate::sources::{all_sources, assert_none};

/// A comment that begins with a riddle instead of the thing that it describes.
const RIDDLES: &str = r"^\s*//[/!]? (What|Who|Whose|Whom|Whoever|Whatever)\b";

/// The first line of a file that begins with a question instead of the subject of the file.
const RIDDLING_HEADS: &str = r"^//! (Why|Which|How|Where|Whether|When|That|From|Under)\b";

/// Words that have a plainer one: after, again, anyone, no one.
const ODD_WORDS: [&str; 5] = ["behind", "anew", "whoever", "somebody", "nobody"];

#[test]
fn comments_name_the_thing_itself_in_plain_words() {
    let riddle = Regex::new(RIDDLES).unwrap();
    let odd = Regex::new(&format!(r"(?i)^\s*//[^`]*\b({})\b", ODD_WORDS.join("|"))).unwrap();
    let mut mistakes = Vec::new();
    for source in all_sources() {
        for (number, line) in source.lines() {
            if riddle.is_match(line) || odd.is_match(line) {
                mistakes.push(format!("{}:{number}: {}", source.name, line.trim()));
            }
        }
    }
    assert_none("comments that are not in plain words", &mistakes);
}

#[test]
fn each_file_names_first_the_thing_that_it_is_about() {
    let riddle = Regex::new(RIDDLING_HEADS).unwrap();
    let heads = all_sources().into_iter().filter_map(|source| {
        let head = source.text.lines().next()?;
        riddle
            .is_match(head)
            .then(|| format!("{}: {head}", source.name))
    });
    let mistakes: Vec<String> = heads.collect();
    assert_none("files that begin with a question", &mistakes);
}

#[test]
fn a_riddle_is_recognized() {
    let riddle = Regex::new(RIDDLES).unwrap();
    assert!(riddle.is_match("    /// What was typed."));
    assert!(riddle.is_match("//! Who is here."));
    assert!(!riddle.is_match("/// The line as typed. It has what was typed."));
    assert!(!riddle.is_match("let text = \"// What\";"));
    let riddle = Regex::new(RIDDLING_HEADS).unwrap();
    assert!(riddle.is_match("//! Which lines carry a password."));
    assert!(!riddle.is_match("//! Recognizes lines that carry a password."));
    assert!(!riddle.is_match("//! Wherever."));
}
