//! Each limit: below, at and above it.

#![cfg(test)]

use std::net::Ipv4Addr;

use super::*;
use crate::server::hub::{HubSettings, HubTime, Outbox};
use crate::wire::Line;

fn alice() -> ConnectionId {
    ConnectionId::new(0, 0)
}

fn at(milliseconds: u64) -> HubTime {
    let running = Duration::from_millis(milliseconds);
    HubTime {
        running,
        unix: running,
    }
}

fn hub(limits: Limits) -> (Hub, Outbox) {
    let settings = HubSettings {
        limits,
        ..HubSettings::default()
    };
    let (mut hub, mut outbox) = (Hub::new(settings, at(0)), Outbox::default());
    hub.connected(alice(), Ipv4Addr::LOCALHOST.into(), at(0), &mut outbox);
    (hub, outbox)
}

/// Sends one line; returns until when the connection is paused, if it is.
fn say(hub: &mut Hub, outbox: &mut Outbox, now: u64) -> Option<Duration> {
    outbox.clear();
    hub.received(alice(), Line::Whole(b"PING x"), at(now), outbox);
    assert_eq!(outbox.sends().count(), 1, "it is answered even when paused");
    outbox.pauses.first().map(|(_, until)| *until)
}

fn three_at_once_and_ten_a_second() -> Limits {
    Limits {
        lines_burst: 3,
        lines_per_second: 10,
        ..Limits::default()
    }
}

#[test]
fn a_burst_is_taken_at_once_and_what_follows_waits_its_turn() {
    let (mut hub, mut outbox) = hub(three_at_once_and_ten_a_second());
    assert_eq!(say(&mut hub, &mut outbox, 1000), None);
    assert_eq!(say(&mut hub, &mut outbox, 1000), None);
    // The third is the last of the burst: the fourth waits for a tenth of a second.
    let wait = say(&mut hub, &mut outbox, 1000);
    assert_eq!(wait, Some(Duration::from_millis(1100)));
    let wait = say(&mut hub, &mut outbox, 1100);
    assert_eq!(wait, Some(Duration::from_millis(1200)));
    // After silence the whole burst is available again, and no more than that.
    for now in [9000, 9000] {
        assert_eq!(say(&mut hub, &mut outbox, now), None);
    }
    let wait = say(&mut hub, &mut outbox, 9000);
    assert_eq!(wait, Some(Duration::from_millis(9100)));
}

#[test]
fn a_client_that_keeps_to_the_rate_never_waits() {
    let (mut hub, mut outbox) = hub(three_at_once_and_ten_a_second());
    for now in (0..10_000).step_by(100) {
        assert_eq!(say(&mut hub, &mut outbox, now), None, "at {now}");
    }
}

#[test]
fn a_long_answer_costs_as_much_as_several_lines() {
    // The welcome is longer than two of these, and one line of the burst should be left.
    for (answer_bytes_per_line, waits) in [(512, true), (100_000, false)] {
        let (mut hub, mut outbox) = hub(Limits {
            answer_bytes_per_line,
            lines_burst: 4,
            ..three_at_once_and_ten_a_second()
        });
        for line in ["NICK alice", "USER alice 0 * :Alice"] {
            outbox.clear();
            hub.received(alice(), Line::Whole(line.as_bytes()), at(0), &mut outbox);
        }
        assert_eq!(!outbox.pauses.is_empty(), waits);
    }
}

#[test]
fn an_answer_counts_like_one_more_line_from_its_bound_on() {
    // The second line of a burst of two is handled at once if the first counted once.
    for (answer_bytes, waits) in [(511, false), (512, true)] {
        let (mut hub, mut outbox) = hub(Limits {
            answer_bytes_per_line: 512,
            lines_burst: 2,
            ..Limits::default()
        });
        let around = ":chatroomd.local PONG chatroomd.local :\r\n".len();
        let line = format!("PING :{}", "x".repeat(answer_bytes - around));
        hub.received(alice(), Line::Whole(line.as_bytes()), at(0), &mut outbox);
        let answer = outbox.sends().next().unwrap().1;
        assert_eq!(answer.len(), answer_bytes);
        assert_eq!(!outbox.pauses.is_empty(), waits, "{answer_bytes}");
    }
}

#[test]
fn a_scan_of_all_people_costs_more_than_a_lookup_of_one() {
    let (mut hub, mut outbox) = hub(Limits {
        lines_burst: 4,
        answer_bytes_per_line: 512,
        ..three_at_once_and_ten_a_second()
    });
    for index in 0..200 {
        let id = ConnectionId::new(index, 0);
        if index > 0 {
            hub.connected(id, Ipv4Addr::LOCALHOST.into(), at(0), &mut outbox);
        }
        for line in [format!("NICK n{index}"), "USER u 0 * :r".to_owned()] {
            hub.received(id, Line::Whole(line.as_bytes()), at(0), &mut outbox);
            outbox.clear();
        }
    }
    let mut wait = |line: &[u8], now| {
        outbox.clear();
        hub.received(alice(), Line::Whole(line), at(now), &mut outbox);
        let until = outbox.pauses.first().map(|(_, until)| *until);
        until.map_or(Duration::ZERO, |until| until - at(now).running)
    };
    assert_eq!(wait(b"WHO n7", 100_000), Duration::ZERO);
    // Each of the 200 users is a look and four masks that end at once: 200 * (30 + 4 * 12) ns, and a
    // line pays for 512 bytes of 2 ns. So it counts as 16 lines, of which the burst had three left.
    assert_eq!(wait(b"WHO absent*", 200_000), Duration::from_millis(1_300));
}

#[test]
fn without_limits_no_client_waits() {
    let limits = Limits {
        enabled: false,
        ..three_at_once_and_ten_a_second()
    };
    let (mut hub, mut outbox) = hub(limits);
    for _ in 0..1000 {
        assert_eq!(say(&mut hub, &mut outbox, 0), None);
    }
}

// A46.
#[test]
fn a_flooding_client_without_a_pong_in_time_is_disconnected() {
    for (alive_at, given_up_at) in [(100_000, 130_000), (110_000, 140_000)] {
        let (mut hub, mut outbox) = hub(Limits {
            flood_seconds: 30,
            ..three_at_once_and_ten_a_second()
        });
        for line in ["NICK alice", "USER alice 0 * :Alice", "PART #lobby"] {
            hub.received(alice(), Line::Whole(line.as_bytes()), at(0), &mut outbox);
        }
        outbox.clear();
        let mut received = String::new();
        // Two lines above the rate.
        for now in [100_000; 2].into_iter().chain((100_000..).step_by(100)) {
            let line: &[u8] = if now == alive_at {
                b"PONG x"
            } else {
                b"VERSION"
            };
            hub.received(alice(), Line::Whole(line), at(now), &mut outbox);
            for now in [now, now + 99] {
                hub.tick(at(now), &mut outbox);
                let gone = outbox.closes.contains(&alice());
                assert_eq!(gone, now >= given_up_at, "at {now}");
            }
            outbox
                .sends()
                .for_each(|(_, line)| received += str::from_utf8(line).unwrap());
            if !outbox.closes.is_empty() {
                break;
            }
            outbox.clear();
        }
        assert!(received.ends_with("ERROR :Closing Link: alice (Excess Flood)\r\n"));
        // A ping every two seconds.
        let asked = received.matches(" PING ").count() as u64;
        assert_eq!(asked, (given_up_at - 100_000) / 2_000, "{received}");
    }
}

#[test]
fn a_clock_on_the_wall_that_jumps_ends_and_delays_nothing() {
    let (mut hub, mut outbox) = hub(Limits::default());
    for line in [
        "NICK alice",
        "USER alice 0 * :Alice",
        "JOIN #x",
        "TOPIC #x :t",
    ] {
        hub.received(alice(), Line::Whole(line.as_bytes()), at(1000), &mut outbox);
    }
    let deadline = hub.next_deadline();
    for years in [0, 100, 1] {
        let unix = Duration::from_secs(years * 365 * 24 * 3600);
        let jumped = HubTime { unix, ..at(2000) };
        outbox.clear();
        hub.tick(jumped, &mut outbox);
        assert_eq!(outbox.sends().count(), 0);
        for line in ["LIST C<1,T>1", "WHOIS alice", "STATS u", "LUSERS"] {
            hub.received(alice(), Line::Whole(line.as_bytes()), jumped, &mut outbox);
        }
        assert_eq!(hub.next_deadline(), deadline);
        assert_eq!(outbox.closes, []);
    }
}

#[test]
fn a_text_is_cut_at_its_bound_and_at_a_character() {
    for (text, kept) in [
        ("abc", "abc"),
        ("abcd", "abcd"),
        ("abcde", "abcd"),
        ("abcé", "abc"),
    ] {
        assert_eq!(truncate(text, 4), kept);
    }
}

// A92.
#[test]
fn a_deadline_waits_for_the_input_that_is_not_read_yet() {
    let limits = Limits {
        ping_interval_seconds: 90,
        ping_timeout_seconds: 60,
        ..Limits::default()
    };
    for (answers, is_disconnected) in [(true, false), (false, true)] {
        let (mut hub, mut outbox) = hub(limits.clone());
        for line in ["NICK alice", "USER alice 0 * :Alice"] {
            hub.received(alice(), Line::Whole(line.as_bytes()), at(0), &mut outbox);
        }
        outbox.clear();
        hub.tick(at(90_000), &mut outbox);
        assert_eq!(outbox.sends().count(), 1, "a PING");
        let late = at(200_000);
        let asked = |id, deadline| {
            assert_eq!((id, deadline), (alice(), at(150_000).running));
            true
        };
        hub.tick_except(late, &mut outbox, asked);
        assert_eq!(outbox.closes, []);
        assert_eq!(hub.next_deadline(), Some(at(150_000).running));
        if answers {
            hub.received(alice(), Line::Whole(b"PONG x"), late, &mut outbox);
        }
        hub.tick_except(late, &mut outbox, |_, _| false);
        assert_eq!(!outbox.closes.is_empty(), is_disconnected);
    }
}
