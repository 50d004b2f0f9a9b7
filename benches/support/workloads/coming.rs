//! Users who connect and disconnect: registering, joining and leaving rooms, quitting.

use std::thread;
use std::time::{Duration, Instant};

use super::{Scale, measure};
use crate::support::crowd::{Crowd, Heard, Target, for_each_line, numeric};
use crate::support::report::Measures;

const PATIENCE: Duration = Duration::from_secs(20);
/// The idle time before the memory of a server is measured.
const REST: Duration = Duration::from_millis(500);

/// A duration, and the CPU time of the server meanwhile.
struct Watch {
    target: Target,
    start: Instant,
    cpu: Duration,
}

impl Watch {
    fn start(target: Target) -> Self {
        Self {
            target,
            start: Instant::now(),
            cpu: target.load.cpu(),
        }
    }

    fn measures(&self) -> Measures {
        let cpu = self.target.load.cpu() - self.cpu;
        vec![
            measure("seconds", self.start.elapsed().as_secs_f64()),
            measure("CPU seconds", cpu.as_secs_f64()),
        ]
    }
}

/// So many users connect, register, and send nothing more.
pub(super) fn register(target: Target, count: usize) -> Measures {
    let before = target.load.resident_bytes();
    let mut crowd = Crowd::new(target);
    let watch = Watch::start(target);
    crowd.enter(count, |_| None);
    let mut measures = watch.measures();
    thread::sleep(REST);
    let after = target.load.resident_bytes();
    let seconds = measures[0].1;
    measures.extend([
        measure("registrations a second", count as f64 / seconds),
        measure("bytes per idle connection", (after - before) / count as f64),
        measure("peak resident MiB", target.load.peak_bytes() / 1_048_576.0),
    ]);
    measures
}

/// 500 users join five rooms each, leave them and join them again, and quit; each step begins when
/// the one before has finished.
pub(super) fn storm(target: Target, _scale: Scale) -> Measures {
    const PEOPLE: usize = 500;
    const ROOMS: &str = "#one,#two,#three,#four,#five";
    let mut crowd = Crowd::new(target);
    crowd.enter(PEOPLE, |_| None);
    crowd.settle();
    let watch = Watch::start(target);
    for line in [
        format!("JOIN {ROOMS}\r\n"),
        format!("PART {ROOMS}\r\nJOIN {ROOMS}\r\n"),
    ] {
        for person in &mut crowd.people {
            person.say(line.as_bytes());
        }
        let mut missing = 5 * PEOPLE;
        hear_until(&mut crowd, |crowd| {
            let ends = names_ended(crowd);
            missing -= ends;
            (missing == 0, ends > 0)
        });
    }
    quit(&mut crowd);
    watch.measures()
}

/// 2,000 users in one room quit at the same moment.
pub(super) fn quit_at_once(target: Target, _scale: Scale) -> Measures {
    const PEOPLE: usize = 2_000;
    let mut crowd = Crowd::new(target);
    crowd.enter(PEOPLE, |_| Some("#leaving".to_owned()));
    crowd.settle();
    let watch = Watch::start(target);
    quit(&mut crowd);
    watch.measures()
}

/// All users quit, and read up to the end of the connection.
fn quit(crowd: &mut Crowd) {
    for person in &mut crowd.people {
        person.say(b"QUIT :that is all\r\n");
    }
    let mut before = 0;
    hear_until(crowd, |crowd| {
        crowd.turn(Some(PATIENCE), |_| {});
        let ended = crowd.people.iter().filter(|person| person.has_ended);
        let ended = ended.count();
        let moved = std::mem::replace(&mut before, ended) < ended;
        (ended == crowd.people.len(), moved)
    });
}

/// The number of finished lists of names in one iteration.
fn names_ended(crowd: &mut Crowd) -> usize {
    let mut ends = 0;
    crowd.turn(Some(PATIENCE), |Heard { person, bytes, .. }| {
        for_each_line(person, bytes, |_, line| {
            ends += usize::from(numeric(line) == Some(b"366"));
        });
    });
    ends
}

/// Reads until it is finished; ends the benchmark when it makes no progress.
fn hear_until(crowd: &mut Crowd, mut listen: impl FnMut(&mut Crowd) -> (bool, bool)) {
    let mut progress = Instant::now();
    loop {
        match listen(crowd) {
            (true, _) => return,
            (false, true) => progress = Instant::now(),
            (false, false) => assert!(progress.elapsed() < PATIENCE, "nothing moves any more"),
        }
    }
}
