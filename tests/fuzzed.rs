//! The fuzzers' properties without a fuzzer: for the stored inputs, and for random steps.
//! `tests/fuzz/run.sh` searches for more inputs.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "fuzz/checks/mod.rs"]
mod checks;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;

#[cfg(all(feature = "tls", feature = "websocket"))]
use self::checks::layers;
use self::checks::{grammar, hub, kept, safe, sasl, session, sts, wire};

/// Passes each stored input of a target to its check.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/kept");
    let text = fs::read_to_string(folder.join(format!("{target}.txt"))).unwrap();
    for (number, line) in (1..).zip(text.lines()) {
        let bytes = kept::unpack(line);
        assert_eq!(kept::pack(&bytes), line, "{target}.txt:{number}");
        let checked = std::panic::catch_unwind(|| check(&bytes));
        assert!(checked.is_ok(), "{target}.txt:{number}: {line}");
    }
    assert!(
        text.lines().count() >= 30,
        "too few inputs are stored for {target}"
    );
}

#[test]
fn stored_streams_are_split_into_the_same_lines_in_any_pieces() {
    replay("wire", wire::check);
}

#[test]
fn stored_steps_leave_the_hub_consistent() {
    replay("hub", hub::check);
}

#[test]
fn stored_lines_have_one_meaning() {
    replay("grammar", grammar::check);
}

#[test]
fn stored_conversations_leave_the_session_consistent() {
    replay("session", session::check);
}

#[test]
fn stored_texts_become_harmless() {
    replay("safe", safe::check);
}

#[test]
fn stored_logins_believe_no_server_that_does_not_know_the_password() {
    replay("sasl", sasl::check);
}

#[test]
fn stored_policies_are_read_as_the_specification_says() {
    replay("sts", sts::check);
}

#[cfg(all(feature = "tls", feature = "websocket"))]
#[test]
fn stored_bytes_of_clients_have_one_meaning_in_any_pieces() {
    replay("layers", layers::check);
}

/// Steps made of these beginnings and words, one per line.
fn steps(
    beginnings: &'static [&'static str],
    words: &'static [&'static str],
) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        9 => select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    let step = (select(beginnings), prop::collection::vec(word, 0..5));
    let step = step.prop_map(|(beginning, words)| {
        let mut step = beginning.as_bytes().to_vec();
        for word in words {
            step.extend(word);
            step.push(b' ');
        }
        step
    });
    prop::collection::vec(step, 0..60).prop_map(|steps| steps.join(b"\n".as_slice()))
}

const STEPS: &[&str] = &[
    "0JOIN ",
    "1JOIN ",
    "2NICK ",
    "2USER ",
    "3NICK ",
    "3USER ",
    "0PART ",
    "1PRIVMSG ",
    "0NOTICE ",
    "0MODE ",
    "1MODE ",
    "0KICK ",
    "1INVITE ",
    "0TOPIC ",
    "1AWAY ",
    "0NICK ",
    "1CAP REQ ",
    "2CAP REQ ",
    "1@label=1 WHO ",
    "0@+x=y TAGMSG ",
    "0OPER root sesame ",
    "1OPER hashed sesame ",
    "!1",
    "!0",
    "0KILL ",
    "1MONITOR ",
    "0LIST ",
    "1NAMES ",
    "2QUIT ",
    "~1",
    "~2b",
    "~3q",
    "+40",
    "+95",
    "=2",
    "=1",
    "=!",
    "0SETNAME ",
    "1WHOIS ",
    "3PING ",
    "0WHOWAS ",
    "5NICK ",
    "5USER ",
    "6NICK ",
    "0REHASH ",
    "0AUTHENTICATE ",
    "3AUTHENTICATE ",
    "6AUTHENTICATE ",
    "0NS ",
    "1NS ",
    "1PRIVMSG NickServ ",
    "1REGISTER ",
    "3REGISTER ",
    "1VERIFY ",
    "3CAP END",
    "4WEBIRC ",
    "6WEBIRC ",
    "4NICK ",
    "4USER ",
];
const NAMES: &[&str] = &[
    "#x",
    "#X",
    "#lobby",
    "#x,#y",
    "alice",
    "bob",
    "Bob",
    "carol",
    ":a text",
    "+o",
    "-o+v",
    "+b",
    "*!*@*",
    "+k",
    "+s",
    "+i",
    "+l",
    "2",
    "+m",
    "-n",
    "u 0 * :r",
    "message-tags",
    "echo-message",
    "labeled-response",
    "batch",
    "extended-join",
    "setname",
    "invite-notify",
    "server-time",
    "+",
    "%tcnuhraf,7",
    "S",
    "C",
    "@#x",
    "+#x",
    ",",
    ":",
    "0",
    "account-notify",
    "account-tag",
    "PLAIN",
    "SCRAM-SHA-256",
    "EXTERNAL",
    "AGRvcmEAc2VzYW1l",
    "biwsbj1kb3JhLHI9eA==",
    "*",
    "dora",
    "~a:dora",
    "IDENTIFY dora sesame",
    "REGISTER sesame-sesame",
    "* * :sesame-sesame",
    "al * :sesame-sesame",
    "al code",
    "LOGOUT",
    "REGAIN dora",
    "GHOST dora sesame",
    "CERT ADD",
    "PASSWORD sesame-sesame",
    "DROP dora",
    "sesame web x 192.0.2.7",
    "sesame web x ::1 :secure",
    "192.0.2.7",
    "GROUP",
    "UNGROUP",
];
const EXCHANGES: &[&str] = &[
    "<:s 001 alice ",
    "<:s 005 alice ",
    "<:s 353 alice = #lobby :",
    "<:s 366 alice ",
    "<:s 433 * alice ",
    "<:s 401 alice ",
    "<:s 404 alice ",
    "<:s PONG s ",
    "<:alice!a@h JOIN ",
    "<:bob!b@h JOIN ",
    "<:bob!b@h PART ",
    "<:alice!a@h PART ",
    "<:bob!b@h PRIVMSG ",
    "<:s NOTICE ",
    "<:bob!b@h NICK ",
    "<:alice!a@h NICK ",
    "<:bob!b@h KICK ",
    "<:bob!b@h QUIT ",
    "<:s CAP * LS ",
    "<:s CAP alice ACK ",
    "<@batch=1 :s ",
    "<BATCH +1 ",
    "<BATCH -1 ",
    "<PING ",
    "<:s 352 alice ",
    "<:s 315 alice ",
    "<:s 324 alice ",
    "<:s 354 alice 1 ",
    "<:s 396 alice ",
    "<:s 477 alice ",
    "<:s 900 alice ",
    "<AUTHENTICATE ",
    "<:s 903 alice ",
    "<:s 904 alice ",
    "<:s 908 alice ",
    "<:s CAP alice NEW ",
    "<:bob!b@h CHGHOST ",
    "<ERROR ",
    ">",
    ">/join ",
    ">/part ",
    ">/msg ",
    ">@bob ",
    ">/nick ",
    ">/who ",
    ">/raw ",
    ">/me ",
    ">/topic ",
    ">/mode ",
    ">/rooms",
    "s",
    "u",
    "s@bob ",
    "s/join ",
    "+31",
    "+61",
    "x",
    "c",
    "a",
    "e",
    "q",
];
const THINGS: &[&str] = &[
    "#lobby",
    "#dev",
    "#x",
    "alice",
    "bob",
    "@bob",
    "+alice",
    ":a text",
    "chatroom-line-1",
    "chatroom-line-2",
    "chatroom-settled",
    "chatroom-alive",
    "labeled-response",
    "message-tags",
    "echo-message batch",
    "sasl",
    "sasl=PLAIN,SCRAM-SHA-256",
    "sts=port=6697",
    "sts=duration=9",
    "+",
    "PLAIN",
    "cj1hLHM9YixpPTQwOTY=",
    "PREFIX=(ov)@+",
    "NICKLEN=9",
    "CASEMAPPING=ascii",
    "CASEMAPPING=rfc1459",
    "CHANTYPES=#+",
    "STATUSMSG=@",
    "WHOX",
    "@#x",
    "#x[",
    "#X{",
    "bob[",
    "Bob{",
    ":a.b c.d",
    "\x0b",
    "\x1b[2J",
    "\u{202e}",
    "\x01ACTION",
    "\x01",
    "*",
    ":",
    "@x=y",
    "401",
    "hello",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_steps_in_any_order_leave_the_hub_consistent(all in steps(STEPS, NAMES)) {
        hub::check(&all);
    }

    #[test]
    fn any_exchange_in_any_order_leaves_the_session_consistent(
        kind in any::<u8>(),
        exchange in steps(EXCHANGES, THINGS),
    ) {
        session::check(&[&[kind], exchange.as_slice()].concat());
    }

    #[cfg(all(feature = "tls", feature = "websocket"))]
    #[test]
    fn any_bytes_of_clients_have_one_meaning_in_any_pieces(
        kind in 0..32_u8,
        cut in any::<u8>(),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        layers::check(&[&[kind, cut], bytes.as_slice()].concat());
    }

    #[test]
    fn packed_bytes_are_the_same_when_unpacked(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert_eq!(kept::unpack(&kept::pack(&bytes)), bytes);
    }
}
