//! Arbitrary bytes, cut anywhere: no panic, and the same replies whether they arrive whole or byte
//! by byte.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use chatting_room::common::shared_error::SharedError;
use chatting_room::server::hub::stored::{
    HistoryPage, MessageId, StoreInfo, StoreOutcome, StoreTag,
};
use chatting_room::server::hub::task::Answer;
use chatting_room::server::hub::{ConnectionId, Gate, Hub, HubSettings, HubTime, Outbox};
use chatting_room::wire::mask::matches;
use chatting_room::wire::{Line, Lines, Message, Request};
use proptest::prelude::*;

const SENDER: u32 = 0;
const LISTENER: u32 = 1;

/// The replies of the hub to a stream in these pieces, for the sender and for another member of the
/// same room. Each line is checked on the way.
fn answers<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    registered: bool,
    has_store: bool,
) -> Vec<(usize, Vec<u8>)> {
    let now = HubTime::default();
    let mut settings = HubSettings::default();
    settings.limits.enabled = false;
    let mut hub = Hub::new(settings, now);
    let mut outbox = Outbox::default();
    for (place, nick) in [(SENDER, "sender"), (LISTENER, "listener")] {
        let id = ConnectionId::new(place, place);
        hub.connected(id, IpAddr::V4(Ipv4Addr::LOCALHOST), now, &mut outbox);
        if registered || place == LISTENER {
            for line in [format!("NICK {nick}"), "USER u 0 * :r".to_owned()] {
                hub.received(id, Line::Whole(line.as_bytes()), now, &mut outbox);
            }
        }
    }
    outbox.clear();
    let mut gate = Gate::default();
    if has_store {
        hub.store_in(StoreInfo {
            tag: StoreTag::parse("test").unwrap(),
            last: MessageId::default(),
            keep_days: None,
        });
    }
    let from = ConnectionId::new(SENDER, SENDER);
    let mut lines = Lines::new(4606);
    let mut answers = Vec::new();
    for mut piece in pieces {
        while let Some(line) = lines.next_line(&mut piece) {
            hub.received(from, line, now, &mut outbox);
            check_lines(&outbox, &mut answers);
            let tasks = std::mem::take(&mut outbox.tasks);
            // The other ending of a step with lines to store: they cannot be stored.
            if gate.hold(&mut outbox).is_some() {
                let (turn, _) = gate.next_turn(now.running).unwrap();
                let error = SharedError::new("full");
                gate.settle(&StoreOutcome::NotStored { turn, error });
                assert_eq!(gate.release(&mut outbox), Some(Some(from)));
                check_lines(&outbox, &mut answers);
            }
            outbox.clear();
            for task in tasks {
                let connection = task.connection();
                let page = HistoryPage::Lines(Vec::new(), true);
                let answer = Answer::HistoryRead { connection, page };
                hub.answered(answer, now, &mut outbox);
                check_lines(&outbox, &mut answers);
                outbox.clear();
            }
            hub.check().unwrap();
        }
    }
    answers
}

/// Checks the form of all lines, and adds them.
fn check_lines(outbox: &Outbox, answers: &mut Vec<(usize, Vec<u8>)>) {
    for (to, bytes) in outbox.sends() {
        let tags_bytes = match bytes.first() {
            Some(b'@') => bytes.split(|byte| *byte == b' ').next().unwrap().len() + 1,
            _ => 0,
        };
        assert!(bytes.len() - tags_bytes <= 512, "a line too long");
        let text = bytes.strip_suffix(b"\r\n").expect("a line ending");
        assert!(
            !text.iter().any(|byte| b"\r\n\0".contains(byte)),
            "two lines in one"
        );
        let text = str::from_utf8(text).expect("UTF-8");
        Message::parse(text).expect("a message");
        answers.push((to.index(), bytes.to_vec()));
    }
}

/// Bytes that are enough like IRC to pass the first checks.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let words = prop_oneof![
        4 => prop::sample::select(vec![
            "NICK", "USER", "JOIN", "PART", "PRIVMSG", "NOTICE", "TOPIC", "NAMES", "LIST", "WHO",
            "WHOIS", "AWAY", "PING", "QUIT", "CAP", "REQ", "LS", "USERHOST", "PASS", "MOTD", "TIME",
            "MODE", "KICK", "INVITE", "OPER", "KILL", "WHOWAS", "HELP", "INFO", "MONITOR", "TAGMSG",
            "SETNAME", "ISON", "STATS", "LINKS", "WALLOPS", "REHASH", "CHATHISTORY",
            "REDACT", "MARKREAD", "BATCH", "+1", "-1", "draft/multiline", "@batch=1",
        ]).prop_map(|word| word.as_bytes().to_vec()),
        4 => prop::sample::select(vec![
            "#lobby", "#x", "#x,#y,,#x", "listener", "sender", "a!b@c", "*", "?*", ":", ":a b",
            "LATEST", "BETWEEN", "TARGETS", "timestamp=2026-11-28T00:00:00Z", "100",
            "msgid=test-0000000000001", "@a=b", "@label=1;+x=\\n", ":src", "0", "+ovbeI", "-kl+k", "%tcn,1", "C<1",
            "message-tags server-time echo-message", "batch labeled-response", "draft/multiline", "@#lobby", "é", "\u{202e}", "\u{1}", "\0", "\r",
        ]).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (0..600usize).prop_map(|count| vec![b'x'; count]),
    ];
    let gaps = prop::sample::select(vec![" ", " ", " ", "  ", " :", "\r\n", "\n", ""]);
    prop::collection::vec((words, gaps), 0..60).prop_map(|pieces| {
        let pieces = pieces.into_iter();
        pieces
            .flat_map(|(word, gap)| [word, gap.as_bytes().to_vec()].concat())
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_replies_do_not_depend_on_where_the_stream_is_cut(
        bytes in stream(),
        size in 1..700usize,
        registered in any::<bool>(),
        has_store in any::<bool>(),
    ) {
        let whole = answers(std::iter::once(bytes.as_slice()), registered, has_store);
        let in_pieces = answers(bytes.chunks(size), registered, has_store);
        prop_assert_eq!(&whole, &in_pieces);
        let byte_by_byte = answers(bytes.chunks(1), registered, has_store);
        prop_assert_eq!(&whole, &byte_by_byte);
    }

    #[test]
    fn arbitrary_bytes_cause_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        answers(bytes.chunks(512), true, true);
        answers(bytes.chunks(512), false, false);
    }

    #[test]
    fn any_text_is_a_message_or_an_error(text in "\\PC{0,600}") {
        if let Ok(message) = Message::parse(&text) {
            let _ = Request::read(&message);
            prop_assert!(!message.command.is_empty());
        }
    }
}

/// Both have the longest source of a user and the longest mask that fits in a line, so only their
/// content can make a difference.
#[test]
fn a_hostile_mask_takes_no_longer_than_any_other() {
    let text = "a".repeat(120);
    let time = |mask: &str| {
        let tries = (0..200).map(|_| {
            let start = Instant::now();
            assert!(!matches(mask, &text));
            start.elapsed()
        });
        tries.min().unwrap()
    };
    let harmless = format!("?{}", "x".repeat(399));
    // Each star can match all of the rest, and the match fails only at the very end.
    for costly in [
        format!("*{}b", "a".repeat(60)) + &"*".repeat(338),
        "*a".repeat(199) + "*b",
        "*?a".repeat(133) + "b",
    ] {
        assert_eq!(costly.len(), harmless.len());
        let (costly_time, harmless_time) = (time(&costly), time(&harmless));
        assert!(
            costly_time < harmless_time * 50,
            "{costly_time:?} for {costly}, {harmless_time:?} otherwise"
        );
    }
}
