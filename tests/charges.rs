//! Each line is charged for about as much as it costs, so that no address can keep the server busy
//! with lines that count for little.
//!
//! Nothing is timed here. `benches/support/costly.rs` has the costliest form of each command with the
//! time that it was measured to take, and `cargo bench --bench hub -- costs` measures that again.

// A test may stop at what it does not expect.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../benches/support/costly.rs"]
mod costly;
#[allow(dead_code)] // The benchmarks use the rest.
#[path = "../benches/support/loaded_hub.rs"]
mod loaded_hub;

use self::costly::{ALL, Costly, MEASURED_ATTACKERS, MEASURED_PEOPLE, nick};
use self::loaded_hub::{LoadedHub, NANOSECONDS_PER_DELIVERY, NANOSECONDS_PER_UNIT};

/// Below this cost each line counts as one.
const LEAST_NANOSECONDS: usize = 8_000;
/// How many lines of a row are tried, an even number.
const LINES: usize = 10;

/// The average charge and cost of the lines of a row, in nanoseconds.
fn charge_and_cost(row: &Costly) -> (usize, usize) {
    let attackers = MEASURED_ATTACKERS.min(row.attackers);
    let (mut loaded, attackers) = LoadedHub::under_attack(MEASURED_PEOPLE, attackers, row);
    loaded.charge();
    let (mut charge, mut recipients) = (0, 0);
    for count in 0..LINES {
        let who = count / 2 % attackers.len();
        let lines = (row.lines)(who);
        let (units, count) = loaded.charged(attackers[who], &lines[count % lines.len()]);
        charge += units * NANOSECONDS_PER_UNIT;
        recipients += count;
    }
    let in_net = recipients * NANOSECONDS_PER_DELIVERY / LINES;
    (charge / LINES, row.nanoseconds as usize + in_net)
}

// A91.
#[test]
fn each_line_is_charged_within_a_factor_of_two_of_what_it_costs() {
    let mut wrong = Vec::new();
    for row in ALL {
        let (charge, cost) = charge_and_cost(row);
        let is_right = match cost < LEAST_NANOSECONDS {
            true => charge <= 2 * LEAST_NANOSECONDS,
            false => (cost / 2..=2 * cost).contains(&charge),
        };
        if !is_right {
            wrong.push(format!(
                "{}: {charge} ns are charged for {cost} ns",
                row.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The charge for the row of this name with `people` people in the lobby.
fn charge_among(people: usize, name: &str) -> usize {
    let row = ALL.iter().find(|row| row.name == name).unwrap();
    let (mut loaded, attackers) = LoadedHub::under_attack(people, 2, row);
    loaded.charge();
    let lines = (row.lines)(1);
    loaded.charged(attackers[1], &lines[0]).0
}

// A91.
#[test]
fn work_that_grows_with_the_number_of_users_is_charged_more() {
    for name in [
        "WHO: 16 wildcards",
        "PRIVMSG to the lobby",
        "TAGMSG",
        "NAMES",
        "INVITE",
        "AWAY: in 49 rooms",
    ] {
        let (few, many) = (charge_among(20, name), charge_among(820, name));
        assert!(many > few, "{name}: {few}, then {many}");
    }
}

#[test]
fn the_rows_are_what_they_say() {
    let longest = nick(999, 9);
    assert_eq!(longest.len(), 30);
    for row in ALL {
        assert!(row.nanoseconds > 0, "{} was not measured", row.name);
        for line in (row.lines)(249) {
            let body = line.split_once(' ').filter(|_| line.starts_with('@'));
            let body = body.map_or(line.as_str(), |(_, body)| body);
            assert!(body.len() <= 510, "{}: {} bytes", row.name, body.len());
        }
    }
}
