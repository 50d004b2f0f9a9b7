//! Scripts over a way on which things go wrong: what is said to have arrived has arrived, once and
//! in order.

use std::time::Duration;

use super::support::proxy::{Proxy, Trouble};
use super::support::{Finished, chatroom, heard_from, run};
use super::truth::{Told, has};
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
    let heard = heard_from(&mut bob, "ci");
    assert!(
        heard.iter().map(String::as_str).eq(input().lines()),
        "{heard:?}"
    );
}

/// A89: segments of one byte, and of up to a hundred.
#[test]
fn a_script_arrives_in_order_however_its_bytes_were_cut() {
    for piece_bytes in [1, 100] {
        let trouble = Trouble {
            piece_bytes,
            ..Trouble::default()
        };
        assert_all_arrive(trouble, trouble);
    }
}

/// A89: nothing comes for five seconds, in either direction.
#[test]
fn a_stall_in_the_middle_of_a_line_loses_and_doubles_nothing() {
    let trouble = |after| Trouble {
        piece_bytes: 100,
        stall: Some((after, Duration::from_secs(5))),
        ..Trouble::default()
    };
    assert_all_arrive(trouble(1_003), trouble(2_017));
}

/// A89: the connection breaks at any byte, and each line is told to be what it is.
#[test]
fn a_cut_at_any_byte_is_told_as_it_was() {
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
        let told = Told::read(&finished.err);
        // What the server has read before the end of the connection stands before its news.
        let mut heard: Vec<usize> = Vec::new();
        loop {
            let line = bob.line();
            let Some(news) = line.strip_prefix(&format!(":{nick}!")) else {
                continue;
            };
            if news.contains(" QUIT ") {
                break;
            }
            if let Some((_, text)) = news.split_once(" PRIVMSG #lobby :") {
                heard.push(text.parse().unwrap());
            }
        }
        assert!(heard.is_sorted_by(|one, next| one < next), "{heard:?}");
        for number in 1..=LINES {
            let was_heard = heard.contains(&number);
            let text = format!("line {number}, heard {heard:?}: {}", finished.err);
            assert!(was_heard || !has(&told.delivered, number), "{text}");
            assert!(!was_heard || !has(&told.unsent, number), "{text}");
        }
    }
    assert!(in_the_middle >= 15, "only {in_the_middle}");
}
