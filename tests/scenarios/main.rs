//! Conversations with the server, one per file in `tests/scenarios`, each run twice: against the
//! hub in memory, and against the real program over a socket.
//!
//! A file is read line by line:
//!
//! ```text
//! # a comment; the source of a rule
//! ! lobby #lobby        a setting, before all steps: lobby, password, motd, operator,
//!                       operator-with-hash, or a limit
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

fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "irc"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|path| Scenario::read(path)).collect()
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
    let scenarios = scenarios();
    let run = |scenario| run(scenario, &mut Memory::new(scenario));
    assert_all(scenarios.iter().map(run));
}

#[test]
fn every_scenario_passes_with_the_real_program() {
    let scenarios = scenarios();
    let runnable = scenarios.iter().filter(|scenario| !scenario.moves_time());
    assert_all(runnable.map(|scenario| run(scenario, &mut Program::new(scenario))));
}
