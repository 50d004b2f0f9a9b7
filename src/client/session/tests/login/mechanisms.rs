//! The mechanism that a login uses, and the lines that each of them sends.

use super::*;
use crate::wire::sasl::Mechanism;
use crate::wire::sasl::scram::ScramError;
use crate::wire::sasl::scram_server::{ScramServer, StoredPassword, account_of};

#[test]
fn the_strongest_mechanism_that_both_sides_have_is_used() {
    let all = "sasl=PLAIN,EXTERNAL,SCRAM-SHA-256,SCRAM-SHA-512";
    let certificate = |account: &mut AccountLogin| account.has_certificate = true;
    let nothing = |_: &mut AccountLogin| {};
    let plain = |account: &mut AccountLogin| account.mechanism = Some(Mechanism::Plain);
    let all_cases: [(Transport, ChangeAccount, &str, &str); 8] = [
        (Transport::Encrypted, certificate, all, "EXTERNAL"),
        (Transport::Encrypted, certificate, "sasl=PLAIN", "PLAIN"),
        // The certificate is not shown on a connection without TLS.
        (Transport::Loopback, certificate, all, "SCRAM-SHA-256"),
        (Transport::Encrypted, nothing, all, "SCRAM-SHA-256"),
        (
            Transport::Encrypted,
            nothing,
            "multi-prefix sasl=plain",
            "PLAIN",
        ),
        (Transport::Encrypted, nothing, "batch sasl", "SCRAM-SHA-256"),
        (Transport::Encrypted, plain, all, "PLAIN"),
        (Transport::Loopback, nothing, "sasl=PLAIN", "PLAIN"),
    ];
    for (transport, change, offered, name) in all_cases {
        let mut played = with_account(transport, change);
        let begun = offer(&mut played, offered);
        assert_eq!(begun, format!("AUTHENTICATE {name}"), "{offered}");
    }
}

#[test]
fn plain_and_external_say_who_one_is_before_the_registration_ends() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    assert_eq!(offer(&mut played, "sasl=PLAIN"), "AUTHENTICATE PLAIN");
    authenticate(&mut played, b"");
    let lines = played.lines();
    assert_eq!(message_of(&lines), b"ann\0ann\0sesame");
    played.receive(":s 900 * *!*@* ann :You are now logged in as ann");
    assert_eq!(played.lines(), [""; 0]);
    played.receive(":s 903 * :SASL authentication successful");
    assert_eq!(played.lines(), ["CAP END"]);
    played.register("alice");
    assert!(played.session.is_ready());

    let mut played = with_account(Transport::Encrypted, |account| {
        account.has_certificate = true;
        account.password = None;
    });
    assert_eq!(
        offer(&mut played, "sasl=PLAIN,EXTERNAL"),
        "AUTHENTICATE EXTERNAL"
    );
    authenticate(&mut played, b"");
    assert_eq!(message_of(&played.lines()), b"ann");
    played.receive(":s 907 * :You have already authenticated");
    assert_eq!(played.lines(), ["CAP END"]);
}

#[test]
fn a_long_message_is_sent_in_parts_of_400_bytes() {
    for length in [1, 285, 286, 500] {
        let password = "p".repeat(length);
        let mut played = with_account(Transport::Encrypted, |account| {
            account.password = Some(password.clone());
        });
        offer(&mut played, "sasl=PLAIN");
        authenticate(&mut played, b"");
        let lines = played.lines();
        let limit = "AUTHENTICATE ".len() + 400;
        assert!(lines.iter().all(|line| line.len() <= limit), "{lines:?}");
        assert_eq!(
            message_of(&lines),
            format!("ann\0ann\0{password}").as_bytes()
        );
    }
}

#[test]
fn with_scram_both_sides_prove_that_they_know_the_password() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=SCRAM-SHA-256");
    let proof = scram(&mut played, "sesame").unwrap();
    authenticate(&mut played, proof.as_bytes());
    assert_eq!(played.lines(), ["AUTHENTICATE +"]);
    played.receive(":s 903 * :SASL authentication successful");
    assert_eq!(played.lines(), ["CAP END"]);

    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=SCRAM-SHA-256");
    assert!(scram(&mut played, "other").is_err());
    played.receive(":s 904 * :SASL authentication failed");
    let failure = failure_of(&mut played);
    assert!(failure.is_about_password());
    assert_eq!(
        failure.to_string(),
        "the server refused SCRAM-SHA-256 for the account ann: SASL authentication failed; if the \
         password is right, try mechanism = \"plain\""
    );
}

#[test]
fn a_server_that_does_not_know_the_password_is_left() {
    let wrong = "the server could not prove that it knows the password";
    // It invents a proof, sends none, or says that all is well at once.
    for lie in [
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        "",
        "903",
        "907",
    ] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        offer(&mut played, "sasl=SCRAM-SHA-256");
        let _ = scram(&mut played, "other");
        match lie {
            "903" | "907" => played.receive(&format!(":s {lie} * :You are logged in")),
            lie => authenticate(&mut played, lie.as_bytes()),
        }
        let failure = failure_of(&mut played).to_string();
        let expected = match lie {
            "" => "the server sent an invalid SCRAM message",
            _ => wrong,
        };
        assert_eq!(failure, expected, "{lie}");
    }
}

/// Plays SCRAM up to the final message of the server, which is returned.
fn scram(played: &mut Played, password_of_server: &str) -> Result<String, ScramError> {
    authenticate(played, b"");
    let first = message_of(&played.lines());
    assert_eq!(account_of(&first).unwrap(), "ann");
    let stored = StoredPassword::derive(password_of_server, b"salt", 4_096);
    let (server, challenge) = ScramServer::begin(&first, "abc", stored).unwrap();
    authenticate(played, challenge.as_bytes());
    server.finish(&message_of(&played.lines()))
}

#[test]
fn another_mechanism_is_tried_only_if_the_server_does_not_know_the_first() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    assert_eq!(offer(&mut played, "sasl"), "AUTHENTICATE SCRAM-SHA-256");
    played.receive(":s 908 * PLAIN,EXTERNAL :are available SASL mechanisms");
    played.receive(":s 904 * :SASL authentication failed");
    assert_eq!(played.lines(), ["AUTHENTICATE PLAIN"]);
    authenticate(&mut played, b"");
    played.take();
    // And each of them once.
    played.receive(":s 908 * X :are available SASL mechanisms");
    played.receive(":s 904 * :SASL authentication failed");
    assert!(failure_of(&mut played).is_about_password());

    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=PLAIN,SCRAM-SHA-256");
    played.receive(":s 904 * :SASL authentication failed");
    assert!(failure_of(&mut played).is_about_password());
}

#[test]
fn a_password_is_never_sent_where_others_can_read_it() {
    let mut played = with_account(Transport::Plain, |_| {});
    played.receive(":s CAP * LS :sasl=PLAIN");
    let done = played.take();
    assert!(!done.lines.contains("AUTHENTICATE"), "{}", done.lines);
    let [SessionAction::End(Outcome::Incomplete(incomplete))] = &done.actions[..] else {
        panic!("{done:?}");
    };
    let words = "Not logged in: PLAIN would send the password without encryption; connect with \
                 ircs://HOST.";
    assert_eq!(incomplete.to_string(), words);
    // A proof of it can be.
    let mut played = with_account(Transport::Plain, |_| {});
    let begun = offer(&mut played, "sasl=PLAIN,SCRAM-SHA-256");
    assert_eq!(begun, "AUTHENTICATE SCRAM-SHA-256");
    // Also where the server says only later what it has.
    let mut played = with_account(Transport::Plain, |_| {});
    offer(&mut played, "sasl");
    played.receive(":s 908 * PLAIN :are available SASL mechanisms");
    played.receive(":s 904 * :SASL authentication failed");
    assert!(matches!(
        failure_of(&mut played),
        LoginFailure::Refused { .. }
    ));
}

#[test]
fn a_password_is_not_sent_to_a_server_whose_certificate_is_not_checked() {
    let mut played = with_account(Transport::Unverified, |_| {});
    played.receive(":s CAP * LS :sasl=PLAIN");
    let failure = failure_of(&mut played);
    assert_eq!(
        failure.to_string(),
        "with --insecure, PLAIN could send the password to another server; connect with \
         --fingerprint"
    );
    let mut played = with_account(Transport::Unverified, |_| {});
    let begun = offer(&mut played, "sasl=PLAIN,SCRAM-SHA-256");
    assert_eq!(begun, "AUTHENTICATE SCRAM-SHA-256");
    let mut played = with_registration(Transport::Unverified);
    played.type_line("/register hunter2");
    assert_eq!(
        played.rejections(),
        [
            "With --insecure, the password could be sent to another server. Connect with \
             --fingerprint first."
        ]
    );
}

#[test]
fn secrets_are_in_no_debug_output() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=SCRAM-SHA-256");
    authenticate(&mut played, b"");
    let shown = format!("{:?}", played.session);
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn a_password_that_scram_does_not_allow_is_sent_by_plain_where_that_is_safe() {
    let emoji = |account: &mut AccountLogin| account.password = Some("\u{1f600}".into());
    let mut played = with_account(Transport::Encrypted, emoji);
    let begun = offer(&mut played, "sasl=PLAIN,SCRAM-SHA-256");
    assert_eq!(begun, "AUTHENTICATE PLAIN");
    for (transport, offered) in [
        (Transport::Plain, "sasl=PLAIN,SCRAM-SHA-256"),
        (Transport::Encrypted, "sasl=SCRAM-SHA-256"),
    ] {
        let mut played = with_account(transport, emoji);
        played.receive(&format!(":s CAP * LS :{offered}"));
        let done = played.take();
        assert!(!done.lines.contains("AUTHENTICATE"), "{}", done.lines);
        let [
            SessionAction::End(Outcome::Incomplete(Incomplete::NotLoggedIn { failure })),
            ..,
        ] = &done.actions[..]
        else {
            panic!("{done:?}");
        };
        assert!(failure.is_about_password());
        let words = failure.to_string();
        assert!(
            words.starts_with("the password has characters that SCRAM does not allow"),
            "{words}"
        );
    }
}
