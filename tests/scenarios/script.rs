//! The language of the scenarios: parses a file into steps, and matches lines against patterns.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// A step of a scenario.
#[derive(Debug)]
pub(crate) enum Step {
    Enter(String),
    Connect(String),
    Send(String, Vec<u8>),
    Expect(String, String),
    Nothing(String),
    Anything(String),
    Closed(String),
    Leave(String),
    Pass(Duration),
}

#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) settings: Vec<(String, String)>,
    /// Each with its line number in the file.
    pub(crate) steps: Vec<(usize, Step)>,
}

impl Scenario {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut scenario = Self {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            settings: Vec::new(),
            steps: Vec::new(),
        };
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(setting) = line.strip_prefix("! ") {
                let (name, value) = setting.split_once(' ').unwrap_or((setting, ""));
                scenario
                    .settings
                    .push((name.to_owned(), value.trim().to_owned()));
                continue;
            }
            let step = read_step(line).unwrap_or_else(|| panic!("{path:?}:{number}: {line}"));
            scenario.steps.push((number, step));
        }
        scenario
    }

    pub(crate) fn moves_time(&self) -> bool {
        self.steps
            .iter()
            .any(|(_, step)| matches!(step, Step::Pass(_)))
    }
}

fn read_step(line: &str) -> Option<Step> {
    if let Some(seconds) = line.strip_prefix("~ ") {
        let seconds = seconds.trim().strip_suffix('s')?.parse().ok()?;
        return Some(Step::Pass(Duration::from_secs(seconds)));
    }
    let (who, what) = line.split_once(char::is_whitespace)?;
    let (who, what) = (who.to_owned(), what.trim_start());
    Some(match what.trim_end() {
        "enters" => Step::Enter(who),
        "connects" => Step::Connect(who),
        "closed" => Step::Closed(who),
        "leaves" => Step::Leave(who),
        "< nothing" => Step::Nothing(who),
        "< ..." => Step::Anything(who),
        _ => {
            if let Some(text) = what.strip_prefix(">> ") {
                Step::Send(who, bytes_of(text))
            } else if let Some(text) = what.strip_prefix('>') {
                let mut bytes = bytes_of(text.strip_prefix(' ').unwrap_or(text));
                bytes.extend(b"\r\n");
                Step::Send(who, bytes)
            } else {
                let expected = what.strip_prefix("< ")?.to_owned();
                Step::Expect(who, String::from_utf8(bytes_of(&expected)).ok()?)
            }
        }
    })
}

/// The bytes that a text of a scenario stands for.
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let mut encoded = [0; 4];
        let mut unit = c.encode_utf8(&mut encoded).as_bytes().to_vec();
        if c == '\\' {
            let code = rest.chars().next().expect("a character after a backslash");
            rest = &rest[1..];
            unit = match code {
                'r' => vec![b'\r'],
                'n' => vec![b'\n'],
                '0' => vec![0],
                'x' => {
                    let byte = u8::from_str_radix(&rest[..2], 16).unwrap();
                    rest = &rest[2..];
                    vec![byte]
                }
                other => vec![other as u8],
            };
        }
        let repeated = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        if let Some((count, after)) = repeated
            && let Ok(count) = count.parse::<usize>()
        {
            rest = after;
            bytes.extend(unit.repeat(count));
        } else {
            bytes.extend(unit);
        }
    }
    bytes
}

/// Whether a line matches the pattern.
pub(crate) fn fits(pattern: &str, line: &str) -> bool {
    let line = match line.split_once(' ') {
        Some((source, rest)) if source.starts_with(':') && !pattern.starts_with(':') => rest,
        _ => line,
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[test]
fn a_pattern_is_as_strict_as_it_looks() {
    assert!(fits(
        "433 * ALICE :*",
        ":server 433 * ALICE :Nickname is already in use"
    ));
    assert!(fits(":a!*@* JOIN #x", ":a!b@c JOIN #x"));
    assert!(fits("PING :*", "PING :x"));
    assert!(!fits("JOIN #x", ":a!b@c JOIN #xy"));
    assert!(!fits(":b!*@* JOIN #x", ":a!b@c JOIN #x"));
    assert!(!fits("433 * BOB :*", ":server 433 * ALICE :x"));
    assert!(!fits("a*b*c", ":s axbxd"));
}

#[test]
fn escapes_and_repeats_stand_for_bytes() {
    assert_eq!(bytes_of("a{3}b"), b"aaab");
    assert_eq!(bytes_of("\\xff{2}\\r\\0\\\\"), b"\xff\xff\r\0\\");
    assert_eq!(bytes_of("é{2}{x}"), "éé{x}".as_bytes());
}
