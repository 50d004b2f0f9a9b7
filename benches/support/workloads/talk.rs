//! Users who talk: in one room at full speed, in pairs, and by the clock.

use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};

use super::{Scale, TEXT, measure};
use crate::support::clients::{Clients, Received, Target, for_each_line, nick};
use crate::support::report::{Measures, Times};

const ROOM: &str = "#talk";
/// The number of speakers at full speed.
const SPEAKERS: usize = 4;
/// The number of lines that each of them sends at once.
const BLOCK: usize = 50;
/// The number of lines that the server always has to do, in the kernel's buffers or its own: enough
/// to keep it busy, and too few to measure the pacing of long queues.
const AHEAD: usize = 1_000;
/// Without a line for this long, the missing ones are lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Four users send at full speed to a room. Others are in other rooms, a hundred in each.
pub(super) fn fan_out(target: Target, scale: Scale, members: usize, others: usize) -> Measures {
    let mut clients = Clients::new(target);
    clients.enter(members, |_| Some(ROOM.to_owned()));
    clients.enter(others, |who| Some(format!("#other{}", who / 100)));
    clients.settle();
    let messages = scale.of(48_000);
    let own = messages / SPEAKERS;
    let block = format!("PRIVMSG {ROOM} :{TEXT}\r\n").repeat(BLOCK);
    let expected = messages * (members - 1);
    let (start, cpu) = (Instant::now(), target.load.cpu());
    let (mut said, mut received, mut last) = (0, 0, start);
    while received < expected && last.elapsed() < PATIENCE {
        while said < messages && said < received / (members - 1) + AHEAD {
            for speaker in 0..SPEAKERS {
                clients.people[speaker * (members / SPEAKERS)].say(block.as_bytes());
            }
            said += SPEAKERS * BLOCK;
        }
        clients.turn(Some(PATIENCE), |Received { person, bytes, .. }| {
            let lines = memchr_iter(b'\n', bytes).count();
            person.lines += lines;
            received += lines;
            last = Instant::now();
        });
    }
    let (time, cpu) = ((last - start).as_secs_f64(), target.load.cpu() - cpu);
    let is_whole = |who: usize| {
        let speaks = who.is_multiple_of(members / SPEAKERS);
        clients.people[who].lines == messages - if speaks { own } else { 0 }
    };
    let deliveries = received as f64;
    vec![
        measure("deliveries a second", deliveries / time),
        measure("CPU s per million deliveries", per_million(cpu, deliveries)),
        measure("peak resident MiB", target.load.peak_bytes() / MIB),
        measure("deliveries lost", expected as f64 - deliveries),
        measure(
            "people who missed or got too many",
            (0..members).filter(|who| !is_whole(*who)).count() as f64,
        ),
    ]
}

/// Each of a hundred pairs passes one line back and forth.
pub(super) fn ping_pong(target: Target, scale: Scale) -> Measures {
    const PAIRS: usize = 100;
    let mut clients = Clients::new(target);
    clients.enter(2 * PAIRS, |_| None);
    clients.settle();
    let line_for = |who: usize| format!("PRIVMSG {} :{TEXT}\r\n", nick(who ^ 1)).into_bytes();
    let lines: Vec<Vec<u8>> = (0..2 * PAIRS).map(line_for).collect();
    clients
        .people
        .iter()
        .for_each(|person| person.without_delay());
    let mut times = Times::with_capacity(4_000_000);
    let (start, cpu) = (Instant::now(), target.load.cpu());
    let mut asked = vec![start; PAIRS];
    for pair in 0..PAIRS {
        asked[pair] = Instant::now();
        clients.people[2 * pair].say(&lines[2 * pair]);
    }
    let (end, mut received) = (start + Duration::from_millis(scale.of(3_000) as u64), 0);
    while start.elapsed() < end - start {
        clients.turn(Some(PATIENCE), |Received { who, person, bytes }| {
            for_each_line(person, bytes, |person, line| {
                if memmem::find(line, b" PRIVMSG ").is_none() {
                    return;
                }
                received += 1;
                if who % 2 == 0 {
                    let now = Instant::now();
                    times.note(now - asked[who / 2]);
                    asked[who / 2] = now;
                }
                person.say(&lines[who]);
            });
        });
    }
    let (time, cpu) = (start.elapsed().as_secs_f64(), target.load.cpu() - cpu);
    let mut measures = vec![
        measure("round trips a second", times.count() as f64 / time),
        measure(
            "CPU µs per delivery",
            cpu.as_secs_f64() * 1e6 / f64::from(received),
        ),
    ];
    measures.extend(times.percentiles("round trip "));
    measures
}

/// Ten members send a hundred messages a second in turn. Each message is due at a fixed time, and
/// its latency counts from there however late it was sent.
pub(super) fn open_loop(target: Target, scale: Scale) -> Measures {
    const MEMBERS: usize = 500;
    const SPEAKERS: usize = 10;
    const INTERVAL: Duration = Duration::from_millis(10);
    let mut clients = Clients::new(target);
    clients.enter(MEMBERS, |_| Some(ROOM.to_owned()));
    clients.settle();
    clients
        .people
        .iter()
        .for_each(|person| person.without_delay());
    let messages = scale.of(600);
    let speaks = |who: usize| who.is_multiple_of(MEMBERS / SPEAKERS);
    let mut listeners = Times::with_capacity(messages * MEMBERS);
    let mut speakers = Times::with_capacity(messages * SPEAKERS);
    let cpu = target.load.cpu();
    let start = Instant::now() + INTERVAL;
    let due = |message: usize| start + INTERVAL * u32::try_from(message).unwrap();
    let (mut said, mut received, mut last) = (0, 0, start);
    let expected = messages * (MEMBERS - 1);
    while received < expected && last.elapsed() < PATIENCE {
        if said < messages && due(said) <= Instant::now() {
            let speaker = said % SPEAKERS * (MEMBERS / SPEAKERS);
            let line = format!("PRIVMSG {ROOM} :{TEXT} {said:09}\r\n");
            clients.people[speaker].say(line.as_bytes());
            said += 1;
        }
        // The kernel wakes a thread only to the millisecond.
        let left = due(said).saturating_duration_since(Instant::now());
        let patience = match said == messages {
            true => PATIENCE,
            false => left.saturating_sub(Duration::from_millis(2)),
        };
        clients.turn(Some(patience), |Received { who, person, bytes }| {
            let now = Instant::now();
            for_each_line(person, bytes, |_, line| {
                let times = if speaks(who) {
                    &mut speakers
                } else {
                    &mut listeners
                };
                times.note(now.saturating_duration_since(due(number_at_end(line))));
                received += 1;
            });
            last = now;
        });
    }
    let cpu = target.load.cpu() - cpu;
    let mut measures = listeners.percentiles("");
    measures.extend(speakers.percentiles("to those who also speak: "));
    measures.push(measure(
        "CPU s per million deliveries",
        per_million(cpu, received as f64),
    ));
    measures.push(measure("deliveries lost", (expected - received) as f64));
    measures
}

const MIB: f64 = 1024.0 * 1024.0;

fn per_million(cpu: Duration, deliveries: f64) -> f64 {
    cpu.as_secs_f64() * 1e6 / deliveries
}

/// The number at the end of a line.
fn number_at_end(line: &[u8]) -> usize {
    let line = line.trim_ascii_end();
    let digits = line.rsplit(|byte| *byte == b' ').next().unwrap();
    str::from_utf8(digits).unwrap().parse().unwrap()
}
