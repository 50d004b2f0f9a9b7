//! Conversations with the server, one per file in `tests/scenarios`, each run twice: against the
//! hub in memory, and against the real program over a socket.
//!
//! A file is read line by line:
//!
//! ```text
//! # a comment; the source of a rule
//! ! lobby #lobby        a setting, before all steps: lobby, password, motd, operator,
//!                       operator-with-hash, operator-may, operator-account,
//!                       account, accounts, invitation, or a limit
//! alice enters          connects and registers, and drops all lines received until then
//! alice connects        connects only; the first line sent does so too
//! alice > NICK alice    alice sends this line; \xNN, \r, \n, \0 and \\ are bytes, a{500} is a 500 times
//! alice >> NICK al      the same without a line ending
//! alice < 433 * ALICE : the next line for alice; * matches any text, within or between words;
//!                       a source is compared only when the file writes one
//! alice < nothing       alice has received nothing more
//! alice closed          the connection of alice has ended
//! alice leaves          alice's side closes the connection
//! ~ 30s                 time passes; such a file runs in memory only
//! ```
//!
//! `UPDATE=1 cargo test --test scenarios` rewrites each expected line in which only the text after the
//! last colon differs; read the difference before you commit it.
//!
//! Every line must be expected: at the end of a file no client may have lines left over, except
//! after `alice < ...`, which accepts all lines received so far.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;
mod memory;
mod program;
mod script;

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::memory::Memory;
use self::program::Program;
use self::script::{Scenario, Step, fits};

/// The server that a scenario runs against.
pub(crate) trait Backend {
    fn connect(&mut self, who: &str);
    fn send(&mut self, who: &str, bytes: &[u8]);
    /// The lines that a client has received and the scenario has not consumed.
    fn lines(&mut self, who: &str) -> &mut VecDeque<String>;
    fn is_closed(&mut self, who: &str) -> bool;
    fn leave(&mut self, who: &str);
    fn pass(&mut self, time: Duration);
    /// All clients so far.
    fn clients(&self) -> Vec<String>;
}

/// Runs a scenario to its end, or up to the first mismatch.
fn run(scenario: &Scenario, backend: &mut impl Backend) -> Result<(), String> {
    for (number, step) in &scenario.steps {
        run_step(step, backend).map_err(|wrong| format!("{}:{number}: {wrong}", scenario.name))?;
    }
    for who in backend.clients() {
        let left_over = backend.lines(&who);
        if !left_over.is_empty() {
            return Err(format!(
                "{}: unexpected lines for {who}: {left_over:#?}",
                scenario.name
            ));
        }
    }
    Ok(())
}

fn run_step(step: &Step, backend: &mut impl Backend) -> Result<(), String> {
    match step {
        Step::Connect(who) => backend.connect(who),
        Step::Enter(who) => {
            backend.connect(who);
            let lines = format!("NICK {who}\r\nUSER {who} 0 * :{who} itself\r\n");
            backend.send(who, lines.as_bytes());
            backend.lines(who).clear();
        }
        Step::Send(who, bytes) => {
            if !backend.clients().contains(who) {
                backend.connect(who);
            }
            backend.send(who, bytes);
        }
        Step::Expect(who, pattern) => match backend.lines(who).pop_front() {
            Some(line) if fits(pattern, &line) => {}
            other => return Err(format!("\nexpected {pattern:?}\nreceived {other:?}")),
        },
        Step::Nothing(who) => {
            let received = backend.lines(who);
            if !received.is_empty() {
                return Err(format!("{who} should have received nothing: {received:#?}"));
            }
        }
        Step::Anything(who) => backend.lines(who).clear(),
        Step::Closed(who) => {
            if !backend.is_closed(who) {
                return Err(format!("{who} is still connected"));
            }
        }
        Step::Leave(who) => backend.leave(who),
        Step::Pass(time) => backend.pass(*time),
    }
    Ok(())
}

fn scenarios_paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "irc"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn scenarios() -> Vec<Scenario> {
    let paths = scenarios_paths();
    paths.iter().map(|path| Scenario::read(path)).collect()
}

fn assert_all(results: impl Iterator<Item = Result<(), String>>) {
    let wrong: Vec<String> = results.filter_map(Result::err).collect();
    assert!(
        wrong.is_empty(),
        "{} failed:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_scenario_passes_in_memory() {
    if is_update() {
        return scenarios_paths().iter().for_each(|path| update(path));
    }
    let scenarios = scenarios();
    let run = |scenario| run(scenario, &mut Memory::new(scenario));
    assert_all(scenarios.iter().map(run));
}

fn is_update() -> bool {
    env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Runs a scenario repeatedly and rewrites one expected text each time, until it passes.
fn update(path: &Path) {
    let texts = fs::read_to_string(path).unwrap().lines().count();
    for _ in 0..=texts {
        let scenario = Scenario::read(path);
        let mut stage = Memory::new(&scenario);
        let wrong = scenario.steps.iter().find_map(|(number, step)| {
            let next = match step {
                Step::Expect(who, _) => stage.lines(who).front().cloned(),
                _ => None,
            };
            let wrong = run_step(step, &mut stage).err()?;
            let rewritten = match (step, next) {
                (Step::Expect(_, pattern), Some(line)) => with_text_of(pattern, &line),
                _ => None,
            };
            Some((*number, rewritten.ok_or(wrong)))
        });
        let Some((number, rewritten)) = wrong else {
            return;
        };
        let rewritten = rewritten.unwrap_or_else(|wrong| panic!("{path:?}:{number}: {wrong}"));
        let text = fs::read_to_string(path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = &mut lines[number - 1];
        let head = line.find(" < ").unwrap() + " < ".len();
        line.replace_range(head.., &rewritten);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    panic!("{path:?} does not pass after each line was rewritten");
}

/// The pattern with the text of this line after its last colon, if the rest of it fits.
fn with_text_of(pattern: &str, line: &str) -> Option<String> {
    let (head, _) = pattern.split_once(" :")?;
    let is_same = fits(&format!("{head} :*"), line);
    // The source of a line begins with a colon as well, after tags or at the start.
    let text = line.split_once(" :").filter(|_| !line.starts_with('@'))?.1;
    let is_plain = !text.contains(|c: char| c.is_control() || "\\{}".contains(c));
    (is_same && is_plain).then(|| format!("{head} :{text}"))
}

#[test]
fn an_update_changes_the_text_and_nothing_else() {
    let line = ":server 433 * ALICE :Nickname is in use";
    let new = Some("433 * ALICE :Nickname is in use".to_owned());
    assert_eq!(with_text_of("433 * ALICE :taken", line), new);
    assert_eq!(with_text_of("433 * BOB :taken", line), None);
    assert_eq!(with_text_of("433 * ALICE", line), None);
    assert_eq!(
        with_text_of("433 * ALICE :taken", ":s 433 * ALICE :a\\b"),
        None
    );
}

#[test]
fn every_scenario_passes_with_the_real_program() {
    if is_update() {
        return;
    }
    let scenarios = scenarios();
    let runnable = scenarios.iter().filter(|scenario| !scenario.moves_time());
    assert_all(runnable.map(|scenario| run(scenario, &mut Program::new(scenario))));
}
