//! A stream gives the same lines wherever it is cut; and a request written as a line is read as the
//! same request.

use chatting_room::client::event::MessageTags;
use chatting_room::wire::message::{BODY_BYTES_MAX, PARAMETERS_MAX};
use chatting_room::wire::outgoing;
use chatting_room::wire::sasl::scram::ScramClient;
use chatting_room::wire::sasl::{PartialMessage, parts};
use chatting_room::wire::sts::Sts;
use chatting_room::wire::{FoldedName, Line, Lines, Message, Nick, Request, RoomName};

/// The first byte selects the maximal length of a line and where the stream is cut; the rest is the
/// stream.
pub(crate) fn check(bytes: &[u8]) {
    let Some((first, stream)) = bytes.split_first() else {
        return;
    };
    let line_bytes_max = match first % 4 {
        0 => 8,
        1 => 64,
        2 => 510,
        _ => 4606,
    };
    let size = usize::from(first / 4) + 2;
    let whole = lines(std::iter::once(stream), line_bytes_max);
    assert_eq!(
        whole,
        lines(stream.chunks(1), line_bytes_max),
        "byte by byte"
    );
    assert_eq!(
        whole,
        lines(stream.chunks(size), line_bytes_max),
        "by {size}"
    );
    assert_eq!(whole, held_lines(stream, size, line_bytes_max), "held back");
    for line in whole.into_iter().flatten() {
        check_line(&line);
    }
}

/// The lines of a stream in these pieces; `None` for a line that is too long.
fn lines<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    line_bytes_max: usize,
) -> Vec<Option<Vec<u8>>> {
    let mut lines = Lines::new(line_bytes_max);
    let mut found = Vec::new();
    for mut piece in pieces {
        while let Some(line) = lines.next_line(&mut piece) {
            found.push(kept(line));
        }
        assert!(piece.is_empty(), "something is left");
        assert!(lines.held_bytes() <= line_bytes_max + "\r\n".len());
    }
    found
}

/// Like `lines`, for a reader that reads one line of a piece and puts the rest back.
fn held_lines(stream: &[u8], size: usize, line_bytes_max: usize) -> Vec<Option<Vec<u8>>> {
    let mut lines = Lines::new(line_bytes_max);
    let mut found = Vec::new();
    for mut piece in stream.chunks(size) {
        found.extend(lines.next_line(&mut piece).map(kept));
        lines.hold(piece);
    }
    while let Some(line) = lines.next_line(&mut b"".as_slice()) {
        found.push(kept(line));
    }
    found
}

fn kept(line: Line<'_>) -> Option<Vec<u8>> {
    match line {
        Line::Whole(bytes) => Some(bytes.to_vec()),
        Line::TooLong => None,
    }
}

/// A part of a login is a message or none, and a message is cut into parts that give it again.
fn check_sasl(text: &str) {
    let mut partial = PartialMessage::default();
    for part in text.split(' ') {
        if let Ok(Some(message)) = partial.add(part) {
            let mut again = PartialMessage::default();
            let parts = parts(&message);
            let whole: Vec<_> = parts.iter().map(|part| again.add(part)).collect();
            assert_eq!(whole.last(), Some(&Ok(Some(message))));
        }
    }
    let (client, first) = ScramClient::begin(text, "nonce");
    assert!(!first.contains('\0') || text.contains('\0'));
    // The nonce is never the right one, so no key is derived.
    assert!(client.answer(text.as_bytes(), "").is_err() || text.contains("r=nonce"));
}

fn check_line(line: &[u8]) {
    // The client reads the time and the message ID of lines of every kind.
    let _ = MessageTags::of_line(line).unix_seconds();
    let text = String::from_utf8_lossy(line);
    assert_ne!(Sts::parse(&text).port, Some(0));
    check_sasl(&text);
    check_names(&text);
    if let Ok(message) = Message::from_client(line) {
        assert_eq!(
            Ok(message),
            Message::parse(&text),
            "two readings of {text:?}"
        );
    }
    let Ok(message) = Message::parse(&text) else {
        return;
    };
    check_message(&message);
    let Ok(request) = Request::read(&message) else {
        return;
    };
    let Ok(written) = outgoing::encode(&request) else {
        return;
    };
    assert!(written.len() <= BODY_BYTES_MAX, "{written:?} is too long");
    let end = written.find(['\r', '\n', '\0']);
    assert_eq!(
        end,
        Some(written.len() - 2),
        "{written:?} is no single line"
    );
    let again = Message::parse(written.trim_end_matches("\r\n")).expect("a message");
    let command = again.command;
    assert!(
        command.eq_ignore_ascii_case(message.command) || command == "HELP",
        "{written:?}"
    );
}

fn check_message(message: &Message<'_>) {
    assert!(!message.command.is_empty());
    assert!(message.parameters.len() <= PARAMETERS_MAX);
    let (last, middle) = match &*message.parameters {
        [middle @ .., last] => (Some(*last), middle),
        [] => (None, [].as_slice()),
    };
    for word in middle.iter().chain([&message.command]) {
        assert!(
            !word.is_empty() && !word.contains(' '),
            "{word:?} is no word"
        );
    }
    for text in middle.iter().copied().chain(last) {
        assert!(
            !text.contains(['\r', '\0']),
            "{text:?} has what no line may have"
        );
    }
    for (name, _) in message.tags.iter() {
        assert!(message.tags.get(name).is_some(), "{name:?} is lost");
    }
}

fn check_names(text: &str) {
    let key = FoldedName::of(text);
    assert_eq!(FoldedName::of(key.as_str()), key, "a key is its own key");
    for word in text.split(' ') {
        if let Ok(nick) = Nick::parse(word) {
            assert!(
                RoomName::parse(word).is_err(),
                "{word:?} is a nick and a room"
            );
            assert!(!nick.as_str().contains(['!', '@', ':', ',', '*', '.', '#']));
        }
        if let Ok(room) = RoomName::parse(word) {
            assert!(room.as_str().starts_with('#'));
            assert!(!room.as_str().contains([',', '\x07']));
        }
    }
}
