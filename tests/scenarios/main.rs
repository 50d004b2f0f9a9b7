//! Conversations with the server, one a file in `tests/scenarios`, each played twice: against the
//! hub in memory, and against the real program over a socket.
//!
//! A file is read line by line:
//!
//! ```text
//! # a comment; where a rule comes from
//! ! lobby #lobby        a setting, before anything else: lobby, password, motd, operator,
//!                       operator-with-hash, or a limit
//! alice enters          connects and registers, and forgets what came until then
//! alice connects        connects only; saying something does it, too
//! alice > NICK alice    alice sends this line; \xNN, \r, \n, \0 and \\ are bytes, a{500} is 500 times a
//! alice >> NICK al      the same without a line ending
//! alice < 433 * ALICE : the next line for alice; * stands for anything, in parts or whole words;
//!                       a source is compared only when the file writes one
//! alice < nothing       nothing has come for alice but what was named before
//! alice closed          the connection of alice has ended
//! alice leaves          alice's side closes the connection
//! ~ 30s                 time passes; such a file is played in memory only
//! ```
//!
//! What is not named must not come: at the end of a file nobody may have lines left over, unless
//! they were passed over with `alice < ...`, which takes all that is there.

// A test may stop at what it does not expect.
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

/// Where a scenario is played.
pub(crate) trait Stage {
    fn connect(&mut self, who: &str);
    fn send(&mut self, who: &str, bytes: &[u8]);
    /// Everything that has come for somebody and was not taken yet, up to now.
    fn lines(&mut self, who: &str) -> &mut VecDeque<String>;
    fn is_closed(&mut self, who: &str) -> bool;
    fn leave(&mut self, who: &str);
    fn pass(&mut self, time: Duration);
    /// Who was ever here.
    fn everybody(&self) -> Vec<String>;
}

/// Plays it to its end, or up to the first line that is not as it should be.
fn play(scenario: &Scenario, stage: &mut impl Stage) -> Result<(), String> {
    for (number, step) in &scenario.steps {
        take(step, stage).map_err(|wrong| format!("{}:{number}: {wrong}", scenario.name))?;
    }
    for who in stage.everybody() {
        let left_over = stage.lines(&who);
        if !left_over.is_empty() {
            return Err(format!(
                "{}: left over for {who}: {left_over:#?}",
                scenario.name
            ));
        }
    }
    Ok(())
}

fn take(step: &Step, stage: &mut impl Stage) -> Result<(), String> {
    match step {
        Step::Connect(who) => stage.connect(who),
        Step::Enter(who) => {
            stage.connect(who);
            let lines = format!("NICK {who}\r\nUSER {who} 0 * :{who} itself\r\n");
            stage.send(who, lines.as_bytes());
            stage.lines(who).clear();
        }
        Step::Send(who, bytes) => {
            if !stage.everybody().contains(who) {
                stage.connect(who);
            }
            stage.send(who, bytes);
        }
        Step::Expect(who, pattern) => match stage.lines(who).pop_front() {
            Some(line) if fits(pattern, &line) => {}
            came => return Err(format!("\nexpected {pattern:?}\n    came {came:?}")),
        },
        Step::Nothing(who) => {
            let came = stage.lines(who);
            if !came.is_empty() {
                return Err(format!("{who} should have heard nothing: {came:#?}"));
            }
        }
        Step::Anything(who) => stage.lines(who).clear(),
        Step::Closed(who) => {
            if !stage.is_closed(who) {
                return Err(format!("{who} is still connected"));
            }
        }
        Step::Leave(who) => stage.leave(who),
        Step::Pass(time) => stage.pass(*time),
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
        "{} went wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_scenario_holds_in_memory() {
    let scenarios = scenarios();
    let play = |scenario| play(scenario, &mut Memory::new(scenario));
    assert_all(scenarios.iter().map(play));
}

#[test]
fn every_scenario_holds_for_the_real_program() {
    let scenarios = scenarios();
    let playable = scenarios.iter().filter(|scenario| !scenario.moves_time());
    assert_all(playable.map(|scenario| play(scenario, &mut Program::new(scenario))));
}
