//! Passwords of operators: how often they are checked, and what becomes of operators at a reload.

use std::net::Ipv4Addr;

use super::*;
use crate::server::hub::task::Answer;
use crate::server::hub::{DisconnectReason, HubTime, OperatorRights, Outbox};
use crate::wire::{Line, RoomName};

#[test]
fn a_wrong_password_pauses_its_sender_and_a_right_one_does_not() {
    let root = Operator {
        name: "root".to_owned(),
        credential: Credential::Plain("sesame".to_owned()),
        may: OperatorRights::ALL,
    };
    let settings = HubSettings {
        operators: vec![root],
        ..HubSettings::default()
    };
    let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
    let (mut hub, mut outbox) = (Hub::new(settings, now), Outbox::default());
    hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
    let mut say = |line: &str| {
        hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
        let pauses = mem::take(&mut outbox.pauses);
        pauses.first().map(|(_, until)| until.as_secs())
    };
    assert_eq!(say("NICK alice"), None);
    assert_eq!(say("USER a 0 * :a"), None);
    assert_eq!(say("OPER root Sesame"), Some(3));
    assert_eq!(say("OPER root sesame"), None);
}

/// A hub with users, all from one address or each from its own. Its passwords are checked at
/// once.
struct Guessing {
    hub: Hub,
    outbox: Outbox,
    hashes: u32,
}

impl Guessing {
    fn with(users: u32, is_one_address: bool) -> Self {
        let root = Operator {
            name: "root".to_owned(),
            credential: Credential::Hash("the hash".to_owned()),
            may: OperatorRights::ALL,
        };
        let settings = HubSettings {
            operators: vec![root],
            ..HubSettings::default()
        };
        let mut guessing = Self {
            hub: Hub::new(settings, HubTime::default()),
            outbox: Outbox::default(),
            hashes: 0,
        };
        for user in 0..users {
            let last = if is_one_address { 1 } else { user + 1 };
            let address = Ipv4Addr::from(0x7f00_0000 + last);
            let (id, now) = (ConnectionId::new(user, 0), HubTime::default());
            let outbox = &mut guessing.outbox;
            guessing.hub.connected(id, address.into(), now, outbox);
            guessing.say(user, 0, &format!("NICK n{user}"));
            guessing.say(user, 0, "USER u 0 * :r");
        }
        guessing
    }

    /// The first line of the answer.
    fn say(&mut self, user: u32, milliseconds: u64, line: &str) -> String {
        let (id, outbox) = (ConnectionId::new(user, 0), &mut self.outbox);
        let now = HubTime {
            running: Duration::from_millis(milliseconds),
            ..HubTime::default()
        };
        outbox.clear();
        self.hub
            .received(id, Line::Whole(line.as_bytes()), now, outbox);
        if let Some(Task::CheckPassword { password, .. }) = outbox.tasks.pop() {
            self.hashes += 1;
            let answer = Answer::PasswordChecked {
                connection: id,
                is_correct: password == "sesame",
            };
            self.hub.answered(answer, now, outbox);
        }
        let first = outbox.sends().next();
        first.map_or_else(String::new, |(_, line)| {
            String::from_utf8_lossy(line).trim_end().to_owned()
        })
    }
}

const WRONG: &str = "OPER root Sesame";
const RIGHT: &str = "OPER root sesame";

/// In how many seconds the answer says to try again.
fn told_to_wait(answer: &str) -> Option<u64> {
    let (_, end) = answer.split_once("was not checked. Try again in ")?;
    end.strip_suffix(" s")?.parse().ok()
}

// A100.
#[test]
fn an_operator_who_waits_as_told_succeeds_while_others_guess_from_the_same_address() {
    for comes_at in (10_000..12_000).step_by(130) {
        let mut guessing = Guessing::with(21, true);
        let mut next = Some((comes_at, 0));
        for now in (0..120_000).step_by(70) {
            // Twenty connections guess as fast as their lines are handled.
            guessing.say(1 + (now / 70 % 20) as u32, now, WRONG);
            let Some((at, tries)) = next.filter(|(at, _)| *at <= now) else {
                continue;
            };
            let answer = guessing.say(0, now.max(at), RIGHT);
            next = told_to_wait(&answer).map(|seconds| (now + seconds * 1000, tries + 1));
            if next.is_none() {
                assert!(answer.contains(" 381 "), "{answer}");
                assert!(tries <= 1 && now < comes_at + 25_000, "{tries} {now}");
                break;
            }
        }
        assert_eq!(next, None);
    }
}

#[test]
fn an_address_has_one_check_a_second_and_each_guesser_ever_fewer() {
    let mut guessing = Guessing::with(20, true);
    for now in (0..60_000).step_by(50) {
        guessing.say((now / 50 % 20) as u32, now, WRONG);
    }
    assert!((40..=60).contains(&guessing.hashes), "{}", guessing.hashes);
    // Alone, one has 1, 2, 4, 8 and 16 seconds to wait, and then 32.
    let mut guessing = Guessing::with(1, true);
    for now in (0..60_000).step_by(50) {
        guessing.say(0, now, WRONG);
    }
    assert_eq!(guessing.hashes, 6);
}

#[test]
fn those_who_guess_elsewhere_delay_an_operator_by_less_than_a_second_each() {
    let mut guessing = Guessing::with(40, false);
    for user in 1..40 {
        guessing.say(user, 5_000, WRONG);
    }
    let answer = guessing.say(0, 5_000, RIGHT);
    assert_eq!(told_to_wait(&answer), Some(2), "{answer}");
    assert!(guessing.say(0, 7_000, RIGHT).contains(" 381 "));
    // However many addresses guess, all of them together have 20 checks a second.
    for now in (10_000..20_000).step_by(10) {
        guessing.say(1 + (now / 10 % 39) as u32, now, WRONG);
    }
    assert!(guessing.hashes < 210, "{}", guessing.hashes);
}

#[test]
fn an_attempt_that_is_not_checked_does_not_lengthen_the_wait() {
    let mut guessing = Guessing::with(1, true);
    assert!(
        guessing
            .say(0, 1_000, WRONG)
            .ends_with(":Password missing or incorrect")
    );
    for (now, wait) in [(1_100, 1), (1_500, 1), (1_999, 1)] {
        let answer = guessing.say(0, now, WRONG);
        assert_eq!(told_to_wait(&answer), Some(wait), "{answer}");
    }
    assert!(guessing.say(0, 2_000, RIGHT).contains(" 381 "));
}

#[test]
fn an_operator_whose_password_changed_is_one_no_longer() {
    let account = |password: &str| Operator {
        name: "root".to_owned(),
        credential: Credential::Plain(password.to_owned()),
        may: OperatorRights::ALL,
    };
    let settings = |password| HubSettings {
        operators: vec![account(password)],
        ..HubSettings::default()
    };
    let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
    let (mut hub, mut outbox) = (Hub::new(settings("sesame"), now), Outbox::default());
    hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
    for line in ["NICK alice", "USER a 0 * :a", "OPER root sesame"] {
        hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
    }
    for (password, stays) in [("sesame", true), ("other", false)] {
        hub.reconfigured(Ok(settings(password)), now, &mut outbox);
        assert_eq!(hub.is_operator(alice), stays, "{password}");
    }
}

#[test]
fn a_room_that_becomes_the_lobby_keeps_no_user_out() {
    let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
    let lobby = |name| HubSettings {
        lobby: RoomName::parse(name).ok(),
        ..HubSettings::default()
    };
    let (mut hub, mut outbox) = (Hub::new(lobby("#lobby"), now), Outbox::default());
    hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
    for line in [
        "NICK alice",
        "USER a 0 * :a",
        "JOIN #x",
        "MODE #x +iklm key 3",
        "MODE #x +bbe a b c",
    ] {
        hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
    }
    outbox.clear();
    hub.reconfigured(Ok(lobby("#x")), now, &mut outbox);
    let sent: Vec<_> = outbox
        .sends()
        .map(|(_, line)| str::from_utf8(line).unwrap())
        .collect();
    let (name, modes) = ("chatroomd.local", "-klibb key a!*@* b!*@*");
    assert_eq!(
        sent,
        [
            &format!(":{name} MODE #x {modes}\r\n"),
            &format!(":{name} MODE #x -o alice\r\n")
        ]
    );
    outbox.clear();
    hub.received(alice, Line::Whole(b"MODE #x"), now, &mut outbox);
    let (_, line) = outbox.sends().next().unwrap();
    assert!(
        line.ends_with(b" 324 alice #x +mnt\r\n"),
        "{}",
        String::from_utf8_lossy(line)
    );
}

#[test]
fn an_answer_is_applied_to_the_configuration_and_the_users_of_its_time() {
    let settings = |hash: &str| HubSettings {
        operators: vec![Operator {
            name: "root".to_owned(),
            credential: Credential::Hash(hash.to_owned()),
            may: OperatorRights::ALL,
        }],
        ..HubSettings::default()
    };
    let with_root = settings("the hash");
    let now = HubTime::default();
    for (reloaded, leaves, answered) in [
        (None, false, Some(" 381 alice :")),
        (Some(HubSettings::default()), false, Some(" 464 alice :")),
        (Some(settings("another hash")), false, Some(" 464 alice :")),
        (Some(settings("the hash")), false, Some(" 381 alice :")),
        (None, true, None),
    ] {
        let (mut hub, mut outbox) = (Hub::new(with_root.clone(), now), Outbox::default());
        let alice = ConnectionId::new(0, 0);
        hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
        for line in ["NICK alice", "USER a 0 * :a", "OPER root sesame"] {
            hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
        }
        assert_eq!(outbox.tasks.len(), 1);
        if let Some(settings) = reloaded {
            hub.reconfigured(Ok(settings), now, &mut outbox);
        }
        if leaves {
            hub.disconnected(alice, DisconnectReason::Closed, now, &mut outbox);
        }
        outbox.clear();
        let answer = Answer::PasswordChecked {
            connection: alice,
            is_correct: true,
        };
        // The second answer has no task.
        hub.answered(answer.clone(), now, &mut outbox);
        hub.answered(answer, now, &mut outbox);
        let sent = outbox.sends().next();
        let sent = sent.map(|(_, line)| str::from_utf8(line).unwrap());
        match answered {
            Some(part) => assert!(sent.unwrap().contains(part), "{sent:?}"),
            None => assert_eq!(sent, None),
        }
    }
}

#[test]
fn a_second_attempt_while_a_password_is_checked_is_too_soon() {
    // Without limits, too: the answer would count for the account of the second attempt.
    for enabled in [true, false] {
        let mut settings = HubSettings::default();
        settings.limits.enabled = enabled;
        settings.operators = ["root", "admin"]
            .map(|name| Operator {
                name: name.to_owned(),
                credential: Credential::Hash(format!("the hash of {name}")),
                may: OperatorRights::ALL,
            })
            .into();
        let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
        let (mut hub, mut outbox) = (Hub::new(settings, now), Outbox::default());
        hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
        for line in ["NICK alice", "USER a 0 * :a", "OPER root sesame"] {
            hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
        }
        outbox.clear();
        hub.received(alice, Line::Whole(b"OPER admin sesame"), now, &mut outbox);
        let (_, line) = outbox.sends().next().unwrap();
        let line = str::from_utf8(line).unwrap();
        assert!(line.contains("Try again in 1 s"), "{line}");
        assert!(outbox.tasks.is_empty());
        let answer = Answer::PasswordChecked {
            connection: alice,
            is_correct: true,
        };
        hub.answered(answer, now, &mut outbox);
        let account = hub.operators.accounts.get(&alice).map(|one| &one.name);
        assert_eq!(account.map(String::as_str), Some("root"));
    }
}

#[test]
fn a_refusal_does_not_reveal_which_operators_exist() {
    let operator = |name: &str, credential| Operator {
        name: name.to_owned(),
        credential,
        may: OperatorRights::ALL,
    };
    let mut settings = HubSettings::default();
    settings.limits.enabled = false;
    settings.operators = vec![
        operator("hashed", Credential::Hash("the hash".to_owned())),
        operator("plain", Credential::Plain("open".to_owned())),
        operator("known", Credential::Account(Nick::parse("dora").unwrap())),
    ];
    let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
    let (mut hub, mut outbox) = (Hub::new(settings, now), Outbox::default());
    hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
    for line in ["NICK alice", "USER a 0 * :a"] {
        hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
    }
    for password in ["", " wrong"] {
        for name in ["hashed", "plain", "known", "missing"] {
            outbox.clear();
            let line = format!("OPER {name}{password}");
            hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
            // All names take the time of a check, or none does.
            let tasks = mem::take(&mut outbox.tasks);
            assert_eq!(tasks.is_empty(), password.is_empty(), "{line}");
            for _ in tasks {
                // The result of the check of another name does not count.
                let answer = Answer::PasswordChecked {
                    connection: alice,
                    is_correct: name != "hashed",
                };
                hub.answered(answer, now, &mut outbox);
            }
            let (_, sent) = outbox.sends().next().unwrap();
            let sent = str::from_utf8(sent).unwrap();
            assert!(sent.contains(" 464 alice :"), "{line}: {sent}");
            assert!(hub.operators.accounts.is_empty(), "{line}");
        }
    }
}
