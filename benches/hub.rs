//! The hub in memory: the cost of a delivery in rooms of all sizes, and the influence of other
//! users on the cost of each operation.
//!
//! `cargo bench --bench hub`

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use chatting_room::server::hub::ConnectionId;

use support::Arguments;
use support::costly::{ALL, MEASURED_ATTACKERS, MEASURED_PEOPLE};
use support::load::Load;
use support::loaded_hub::{LoadedHub, NANOSECONDS_PER_DELIVERY, NANOSECONDS_PER_UNIT};
use support::report::{Figure, print};
use support::timing::{nanoseconds, quickest};

/// Members of each room in the large test.
const IN_A_ROOM: u32 = 10;

fn main() {
    let arguments = Arguments::read();
    let rounds = arguments.count(20);
    println!("the hub in memory, on one core, medians\n");
    for members in [10, 100, 1_000, 10_000] {
        if arguments.wants("deliveries") {
            deliveries(members, rounds);
        }
    }
    for people in [10_000, 100_000] {
        if arguments.wants("people") {
            many_rooms(people, rounds);
        }
    }
    if arguments.wants("costs") {
        costs();
    }
}

/// The time of the costliest lines, beside what their sender is charged. The ratio of the two and the
/// time that `costly` has written down are what `tests/charges.rs` relies on.
fn costs() {
    println!("the costliest lines, with {MEASURED_PEOPLE} people in the lobby\n");
    println!(
        "{:28} {:>9} {:>9} {:>9} {:>6}",
        "", "ns", "written", "charged", "ratio"
    );
    for row in ALL {
        let attackers = MEASURED_ATTACKERS.min(row.attackers);
        let (mut loaded, attackers) = LoadedHub::under_attack(MEASURED_PEOPLE, attackers, row);
        let lines: Vec<_> = (0..attackers.len()).map(row.lines).collect();
        let mut count = 0;
        let mut next = || {
            count += 1;
            let who = count / 2 % attackers.len();
            (attackers[who], &lines[who][count % lines[who].len()])
        };
        let time = quickest(|| {
            let (from, line) = next();
            loaded.say(from, line)
        });
        let (mut sends, mut charged) = (0, 0);
        loaded.charge();
        const LINES: usize = 40;
        for _ in 0..LINES {
            let (from, line) = next();
            let (units, count) = loaded.charged(from, line);
            charged += units * NANOSECONDS_PER_UNIT;
            sends += count;
        }
        let (charged, sends) = (charged / LINES, sends / LINES);
        println!(
            "{:28} {:>9} {:>9} {:>9} {:>6}",
            row.name,
            Figure(time),
            Figure(f64::from(row.nanoseconds)),
            Figure(charged as f64),
            Figure(charged as f64 / (time + (sends * NANOSECONDS_PER_DELIVERY) as f64)),
        );
    }
}

fn deliveries(members: u32, rounds: usize) {
    let mut loaded = LoadedHub::new(None);
    let speaker = loaded.enter(Some("#room"));
    for _ in 1..members {
        loaded.enter(Some("#room"));
    }
    let line = "PRIVMSG #room :what people say is about as long as this line, give or take.";
    let recipients = members as usize - 1;
    let time = nanoseconds(rounds, || assert_eq!(loaded.say(speaker, line), recipients));
    let each = time / recipients as f64;
    let measures = vec![
        ("ns per message".to_owned(), time),
        ("ns per delivery".to_owned(), each),
        ("deliveries a second".to_owned(), 1e9 / each),
    ];
    print(&format!("a room of {members}"), &measures);
}

/// Ten users in each room. The same few act, however many others there are, so only costs that grow
/// with the others make a difference.
fn many_rooms(people: u32, rounds: usize) {
    let load = Load::of(std::process::id());
    let before = load.resident_bytes();
    let mut loaded = LoadedHub::new(None);
    for at in 0..people {
        loaded.enter(Some(&format!("#room{}", at / IN_A_ROOM)));
    }
    let bytes = (load.resident_bytes() - before) / f64::from(people);
    let connection = loaded.enter(None);
    let mut turn = 0;
    let mut next = || {
        turn = (turn + 1) % 100;
        turn
    };
    let join = nanoseconds(rounds, || {
        let room = next();
        loaded.say(connection, &format!("JOIN #room{room}"))
            + loaded.say(connection, &format!("PART #room{room}"))
    });
    let nick = nanoseconds(rounds, || {
        let at = next() * IN_A_ROOM;
        let id = ConnectionId::new(at, 0);
        loaded.say(id, &format!("NICK other{at}")) + loaded.say(id, &format!("NICK p{at}"))
    });
    let talk = nanoseconds(rounds, || {
        let at = next();
        let id = ConnectionId::new(at * IN_A_ROOM, 0);
        loaded.say(id, &format!("PRIVMSG #room{at} :hello"))
    });
    let measures = vec![
        ("join and part: ns".to_owned(), join),
        ("nick there and back: ns".to_owned(), nick),
        ("message to 9 others: ns".to_owned(), talk),
        ("bytes per person".to_owned(), bytes),
    ];
    print(
        &format!("{people} people in rooms of {IN_A_ROOM}"),
        &measures,
    );
}
