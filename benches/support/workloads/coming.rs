//! Users who connect and disconnect: registering, joining and leaving rooms, quitting.

use std::thread;
use std::time::{Duration, Instant};

use super::{Scale, measure};
use crate::support::clients::{Clients, Received, Target, for_each_line, numeric};
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

/// `count` users connect, register, and send nothing more.
pub(super) fn register(target: Target, count: usize) -> Measures {
    let before = target.load.resident_bytes();
    let mut clients = Clients::new(target);
    let watch = Watch::start(target);
    clients.enter(count, |_| None);
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
    let mut clients = Clients::new(target);
    clients.enter(PEOPLE, |_| None);
    clients.settle();
    let watch = Watch::start(target);
    for line in [
        format!("JOIN {ROOMS}\r\n"),
        format!("PART {ROOMS}\r\nJOIN {ROOMS}\r\n"),
    ] {
        for person in &mut clients.people {
            person.say(line.as_bytes());
        }
        let mut missing = 5 * PEOPLE;
        receive_until(&mut clients, |clients| {
            let ends = names_ended(clients);
            missing -= ends;
            (missing == 0, ends > 0)
        });
    }
    quit(&mut clients);
    watch.measures()
}

/// 2,000 users in one room quit at the same moment.
pub(super) fn quit_at_once(target: Target, _scale: Scale) -> Measures {
    const PEOPLE: usize = 2_000;
    let mut clients = Clients::new(target);
    clients.enter(PEOPLE, |_| Some("#leaving".to_owned()));
    clients.settle();
    let watch = Watch::start(target);
    quit(&mut clients);
    watch.measures()
}

/// All users quit, and read up to the end of the connection.
fn quit(clients: &mut Clients) {
    for person in &mut clients.people {
        person.say(b"QUIT :that is all\r\n");
    }
    let mut before = 0;
    receive_until(clients, |clients| {
        clients.turn(Some(PATIENCE), |_| {});
        let ended = clients.people.iter().filter(|person| person.has_ended);
        let ended = ended.count();
        let moved = std::mem::replace(&mut before, ended) < ended;
        (ended == clients.people.len(), moved)
    });
}

/// The number of finished lists of names in one iteration.
fn names_ended(clients: &mut Clients) -> usize {
    let mut ends = 0;
    clients.turn(Some(PATIENCE), |Received { person, bytes, .. }| {
        for_each_line(person, bytes, |_, line| {
            ends += usize::from(numeric(line) == Some(b"366"));
        });
    });
    ends
}

/// Reads until it is finished; ends the benchmark when it makes no progress.
fn receive_until(clients: &mut Clients, mut listen: impl FnMut(&mut Clients) -> (bool, bool)) {
    let mut progress = Instant::now();
    loop {
        match listen(clients) {
            (true, _) => return,
            (false, true) => progress = Instant::now(),
            (false, false) => assert!(progress.elapsed() < PATIENCE, "nothing moves any more"),
        }
    }
}
