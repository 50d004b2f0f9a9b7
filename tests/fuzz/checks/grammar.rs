//! Every typed line is a command or an error, never both, and its message contains nothing that was
//! not typed.

use std::fmt::Write as _;

use chatting_room::client::command::completion::{CompletionNames, completions};
use chatting_room::client::command::settings::{DisplaySettings, SETTINGS};
use chatting_room::client::command::{self, CommandSpec, UserCommand, commands, nearest_command};
use chatting_room::client::config::address::Address;
use chatting_room::client::event::explain;
use chatting_room::client::event::json::{ScriptInput, parse_input};

/// Any bytes, typed.
pub(crate) fn check(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    check_intent(&line);
    check_completions(&line);
    let _ = command::carries_password(&line, Some("NickServ"));
    let _ = explain::error(
        u16::from(bytes.first().copied().unwrap_or(0)) * 4,
        &[line.to_string()],
        None,
    );
    if let Ok(address) = line.parse::<Address>() {
        let written = address.to_string();
        assert_eq!(written.parse(), Ok(address), "{line:?} is {written}");
        assert!(
            !written.contains(char::is_control),
            "{written:?} would be a line"
        );
    }
    match parse_input(&line) {
        Ok(ScriptInput::Typed(typed)) => check_intent(&typed),
        Ok(ScriptInput::Text(_) | ScriptInput::Command(_)) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for setting in SETTINGS {
        let mut taste = DisplaySettings::default();
        if setting.set(&mut taste, &line).is_ok() {
            let value = setting.value(&taste);
            let again = setting.set(&mut taste, &value);
            assert!(
                again.is_ok(),
                "{} does not take its own {value:?}",
                setting.name
            );
        }
    }
}

fn check_intent(line: &str) {
    let has_breaks = line.contains(['\r', '\n', '\0']);
    match command::parse(line) {
        Ok(intent) => {
            assert!(!has_breaks, "{line:?} would be several lines");
            check_text(line, &intent);
        }
        Err(problem) => {
            let mut words = String::new();
            // Writing to a string cannot fail.
            let _ = write!(words, "{problem}");
            assert!(!words.is_empty(), "{line:?} is refused without a word");
        }
    }
}

fn check_text(line: &str, intent: &UserCommand) {
    // Other spaces than these are ordinary text.
    let begun = line.trim_start_matches([' ', '\t']);
    match intent {
        UserCommand::Nothing => assert!(line.trim().is_empty(), "{line:?} is not nothing"),
        UserCommand::Say { text } => {
            let is_plain = !begun.starts_with(['/', '@']) || begun.starts_with("//");
            assert!(is_plain || begun.starts_with("@@"), "{line:?} is said");
            assert!(line.ends_with(text.as_str()) && !text.trim().is_empty());
        }
        UserCommand::Message { target, text } => {
            let is_word = |word: &str| !word.contains([' ', ',']) && !word.starts_with(':');
            assert!(
                !target.is_empty() && is_word(target),
                "{target:?} in {line:?}"
            );
            assert!(!text.trim().is_empty() && line.contains(text.as_str()));
        }
        _ => assert!(begun.starts_with('/') || begun.starts_with('@'), "{line:?}"),
    }
}

fn check_completions(line: &str) {
    let names = CompletionNames {
        nicks: vec!["bob".to_owned(), "Bert".to_owned()],
        rooms: vec!["#lobby".to_owned()],
        ..CompletionNames::default()
    };
    for position in (0..=line.len()).rev().take(12) {
        if !line.is_char_boundary(position) {
            continue;
        }
        let (start, offers) = completions(line, position, &names);
        assert!(start <= position && line.is_char_boundary(start));
        assert!(offers.len() <= commands().count() + SETTINGS.len() + 3);
    }
    if let Some(name) = line.strip_prefix('/') {
        let known = CommandSpec::find(name).is_some();
        assert!(
            !known || nearest_command(name).is_some(),
            "{name:?} is not near itself"
        );
    }
}
