//! Scripts over a faulty connection: every line reported as delivered has arrived, once and in
//! order.

use std::time::Duration;

use super::support::proxy::{Proxy, Trouble};
use super::support::{Finished, chatroom, messages_from, run};
use super::truth::{DeliveryReport, has};
use crate::common::Server;

const LINES: usize = 200;

fn input() -> String {
    (1..=LINES).map(|number| format!("{number}\n")).collect()
}

fn script(proxy: &Proxy, nick: &str) -> Finished {
    let address = proxy.address.to_string();
    run(chatroom(&["--nick", nick, &address]), input())
}

fn assert_all_arrive(there: Trouble, back: Trouble) {
    let server = Server::start(&["--no-limits"]);
    let mut bob = server.enter("bob");
    let finished = script(&Proxy::start(server.address, there, back), "ci");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let received = messages_from(&mut bob, "ci");
    assert!(
        received.iter().map(String::as_str).eq(input().lines()),
        "{received:?}"
    );
}

/// A89: segments of one byte, and of up to a hundred.
#[test]
fn a_script_arrives_in_order_in_segments_of_any_size() {
    for piece_bytes in [1, 100] {
        let trouble = Trouble {
            piece_bytes,
            ..Trouble::default()
        };
        assert_all_arrive(trouble, trouble);
    }
}

/// A89: no data for five seconds, in either direction.
#[test]
fn a_stall_in_the_middle_of_a_line_neither_loses_nor_doubles_a_line() {
    let trouble = |after| Trouble {
        piece_bytes: 100,
        stall: Some((after, Duration::from_secs(5))),
        ..Trouble::default()
    };
    assert_all_arrive(trouble(1_003), trouble(2_017));
}

/// A89: the connection breaks at any byte, and the state of each line is reported correctly.
#[test]
fn after_a_cut_at_any_byte_each_line_is_reported_correctly() {
    let server = Server::start(&["--no-limits"]);
    let mut bob = server.enter("bob");
    let (mut in_the_middle, mut seed) = (0, 99_usize);
    for round in 0..40 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let cut = Trouble {
            piece_bytes: 60,
            cut: Some(1 + (seed >> 33) % 5_000),
            ..Trouble::default()
        };
        let (there, back) = match round % 2 {
            0 => (cut, Trouble::default()),
            _ => (Trouble::default(), cut),
        };
        let nick = format!("ci{round}");
        let finished = script(&Proxy::start(server.address, there, back), &nick);
        if !finished.err.contains("lines delivered") {
            assert_eq!(finished.status, Some(69), "{finished:?}");
            continue;
        }
        in_the_middle += 1;
        let report = DeliveryReport::read(&finished.err);
        // Data that the server has sent before the end of the connection comes before its end.
        let mut received: Vec<usize> = Vec::new();
        loop {
            let line = bob.line();
            let Some(event) = line.strip_prefix(&format!(":{nick}!")) else {
                continue;
            };
            if event.contains(" QUIT ") {
                break;
            }
            if let Some((_, text)) = event.split_once(" PRIVMSG #lobby :") {
                received.push(text.parse().unwrap());
            }
        }
        assert!(
            received.is_sorted_by(|one, next| one < next),
            "{received:?}"
        );
        for number in 1..=LINES {
            let was_received = received.contains(&number);
            let text = format!("line {number}, received {received:?}: {}", finished.err);
            assert!(was_received || !has(&report.delivered, number), "{text}");
            assert!(!was_received || !has(&report.unsent, number), "{text}");
        }
    }
    assert!(in_the_middle >= 15, "only {in_the_middle}");
}
