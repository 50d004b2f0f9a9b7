//! A server that lies in a login, in any way: it ends with an error, and a proof is believed only of a
//! server that knows the password.
//!
//! The first byte selects the password of the client. The rest is lines of the server, as the
//! parameters of `AUTHENTICATE`; one that begins with `=` is a message that is cut into such parts.

use chatting_room::wire::sasl::scram::{ScramClient, ScramError, ScramVerifier, prepared};
use chatting_room::wire::sasl::scram_server::{ScramServer, StoredPassword};
use chatting_room::wire::sasl::{PartialMessage, parts};

/// The fewest iterations that the client accepts. More would make the search slow.
const ITERATIONS: u32 = 4_096;
const NONCE: &str = "nonce";
const PASSWORDS: [&str; 4] = ["sesame", "p\u{e4}ss w\u{f6}rd", "I\u{ad}X", "\u{1f600}"];

/// Any bytes, as the lines of a server.
pub(crate) fn check(bytes: &[u8]) {
    let Some((first, lines)) = bytes.split_first() else {
        return;
    };
    let password = PASSWORDS[usize::from(*first) % PASSWORDS.len()];
    let text = String::from_utf8_lossy(lines);
    let mut partial = PartialMessage::default();
    let mut verifier = None;
    for line in text.split('\n') {
        match line.strip_prefix('=') {
            Some(message) => {
                for part in parts(message.as_bytes()) {
                    receive(&mut partial, &part, password, &mut verifier);
                }
            }
            None => receive(&mut partial, line, password, &mut verifier),
        }
    }
    log_in(&text, password);
}

/// The client gets a part of a message, and answers what is whole.
fn receive(
    partial: &mut PartialMessage,
    part: &str,
    password: &str,
    verifier: &mut Option<ScramVerifier>,
) {
    let Ok(Some(message)) = partial.add(part) else {
        return;
    };
    let mut again = PartialMessage::default();
    let cut = parts(&message);
    let whole: Vec<_> = cut.iter().map(|part| again.add(part)).collect();
    assert_eq!(whole.last(), Some(&Ok(Some(message.clone()))));
    assert!(cut.iter().all(|part| part.len() <= 400), "{cut:?}");
    if let Some(verifier) = verifier {
        // Nothing here knows the password.
        assert!(
            verifier.verify(&message).is_err(),
            "{message:?} is no proof"
        );
    }
    let is_slow = || {
        let text = String::from_utf8_lossy(&message);
        let count = text.split(',').find_map(|field| field.strip_prefix("i="));
        count.and_then(|count| count.parse().ok()) > Some(ITERATIONS)
    };
    if is_slow() {
        return;
    }
    let (client, _) = ScramClient::begin("ann", NONCE);
    match client.answer(&message, password) {
        Ok((answer, proof)) => {
            let text = std::str::from_utf8(&message).expect("the answer is to a text");
            assert!(text.starts_with("r=nonce") && prepared(password).is_some());
            assert!(answer.starts_with("c=biws,r=nonce") && answer.contains(",p="));
            *verifier = Some(proof);
        }
        Err(error) => {
            let is_password = error == ScramError::Password;
            assert!(!is_password || prepared(password).is_none(), "{password:?}");
        }
    }
}

/// The client and a server with this password, which the first line must be.
fn log_in(text: &str, password: &str) {
    let of_server = text.split('\n').next().unwrap_or_default();
    let (client, first) = ScramClient::begin(of_server, NONCE);
    let stored = StoredPassword::derive(of_server, b"salt", ITERATIONS);
    let Ok((server, challenge)) = ScramServer::begin(first.as_bytes(), "x", stored) else {
        return;
    };
    let Ok((answer, verifier)) = client.answer(challenge.as_bytes(), password) else {
        return;
    };
    // A key is filled up with zeros. RFC 2104, section 2.
    let is_same = prepared(password).as_deref() == Some(of_server.trim_end_matches('\0'));
    match server.finish(answer.as_bytes()) {
        Ok(proof) => assert!(is_same && verifier.verify(proof.as_bytes()).is_ok()),
        Err(_) => assert!(!is_same, "{of_server:?} is refused"),
    }
}
