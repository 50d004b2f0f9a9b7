//! Servers that ask for encrypted connections: STS, <https://ircv3.net/specs/extensions/sts>.

use super::*;

/// A session with a password, connected in this way.
fn connected(transport: Transport) -> Played {
    let mut played = Played::new(false);
    played.session.settings.transport = transport;
    played.session.settings.password = Some("sesame".into());
    played.connect();
    played
}

fn upgrade(port: u16) -> SessionAction {
    SessionAction::Upgrade { port }
}

#[cfg(feature = "tls")]
#[test]
fn a_server_that_asks_for_encryption_gets_neither_name_nor_password_before() {
    let mut played = connected(Transport::Plain);
    assert_eq!(played.lines(), ["CAP LS 302"]);
    played.receive(":s NOTICE * :*** Looking up your hostname");
    played.receive(":s CAP * LS * :multi-prefix sts=port=6697,duration=100");
    assert_eq!(played.lines(), [""; 0]);
    played.receive(":s CAP * LS :batch");
    let done = played.take();
    assert_eq!(
        (done.lines.as_str(), done.actions),
        ("", vec![upgrade(6697)])
    );
    // Over the encrypted connection everything is said, and nothing asks for encryption again.
    played.connect();
    assert_eq!(
        played.lines(),
        [
            "PASS :sesame",
            "CAP LS 302",
            "NICK alice",
            "USER alice 0 * :Alice"
        ]
    );
    played.receive(":s CAP * LS :sts=duration=100,port=6698");
    let duration_seconds = 100;
    let policy = SessionAction::KeepStsPolicy { duration_seconds };
    assert_eq!(played.take().actions, [policy]);
    played.register("alice");
    assert!(played.session.is_ready());
    // And after a reconnect, too.
    played.lose("gone");
    played.take();
    played.connect();
    assert!(played.take().lines.starts_with("PASS :sesame\r\n"));
}

#[test]
fn a_plain_server_that_does_not_ask_for_encryption_is_entered_as_usual() {
    for answer in [
        ":s CAP * LS :multi-prefix",
        ":s CAP * LS :sts",
        ":s CAP * LS :sts=duration=100",
        ":s CAP * LS :sts=port=0",
        ":s CAP * LS :xsts=port=6697 sts-port=6697",
        ":s 421 * CAP :Unknown command",
        ":s 451 * :You have not registered",
    ] {
        let mut played = connected(Transport::Plain);
        assert_eq!(played.lines(), ["CAP LS 302"], "{answer}");
        played.receive(answer);
        let done = played.take();
        assert_eq!(done.actions, [], "{answer}");
        let expected = "PASS :sesame\r\nNICK alice\r\nUSER alice 0 * :Alice\r\n";
        assert!(done.lines.starts_with(expected), "{answer}: {}", done.lines);
        played.register("alice");
        assert!(played.session.is_ready(), "{answer}");
    }
}

#[test]
fn a_plain_server_that_does_not_answer_gets_the_names_and_never_a_password() {
    let mut played = Played::new(false);
    played.session.settings.transport = Transport::Plain;
    played.connect();
    played.take();
    assert_eq!(played.session.next_deadline(), Some(Duration::from_secs(1)));
    played.wait(1);
    assert_eq!(played.lines(), ["NICK alice", "USER alice 0 * :Alice"]);
    // With a password, the time for the registration passes.
    let mut played = connected(Transport::Plain);
    played.take();
    played.wait(2);
    let words = "Connected; the password waits for an answer to CAP LS.".to_owned();
    let waited = played.take();
    assert_eq!(
        (waited.lines.as_str(), waited.events),
        ("", vec![Event::Note { words }])
    );
    played.receive("PING :cookie");
    assert_eq!(played.lines(), ["PONG :cookie"]);
    played.wait(58);
    let done = played.take();
    assert_eq!(
        (done.lines.as_str(), done.actions),
        ("", vec![SessionAction::Close])
    );
    let reason = &played.session.link.close_reason;
    assert_eq!(reason, &Some(CloseReason::PasswordWithheld));
}

#[test]
fn a_nick_that_may_change_is_settled_before_the_user_name_on_a_plain_connection_too() {
    let mut played = Played::new(false);
    played.session.settings.transport = Transport::Plain;
    played.session.settings.real_name = None;
    played.connect();
    assert_eq!(played.lines(), ["CAP LS 302"]);
    played.receive(":s CAP * LS :batch");
    assert_eq!(played.lines(), ["NICK alice", "CAP LIST"]);
    played.receive(":s CAP * LIST :");
    assert_eq!(played.lines(), ["USER alice 0 * :alice", "CAP END"]);
}

#[test]
fn nothing_on_this_machine_needs_encryption() {
    let mut played = connected(Transport::Loopback);
    assert!(played.take().lines.contains("NICK alice"));
    played.receive(":s CAP * LS :sts=port=6697,duration=5");
    assert_eq!(played.take().actions, []);
}

#[test]
fn a_policy_changes_also_later_and_only_over_an_encrypted_connection() {
    for (transport, expected) in [
        (
            Transport::Encrypted,
            vec![SessionAction::KeepStsPolicy {
                duration_seconds: 0,
            }],
        ),
        (Transport::Plain, Vec::new()),
    ] {
        let mut played = connected(transport);
        played.receive(":s CAP * LS :batch");
        played.register("alice");
        played.take();
        played.receive(":s CAP alice NEW :sts=duration=0,port=1");
        assert_eq!(played.take().actions, expected);
        played.receive(":s CAP alice DEL :sts");
        assert_eq!(played.take().actions, []);
    }
}

// A77.
#[test]
fn an_invitation_to_starttls_is_no_reason_to_change_the_connection() {
    for transport in [Transport::Plain, Transport::Encrypted] {
        let mut played = connected(transport);
        played.take();
        played.receive(":s 670 * :STARTTLS successful, proceed with TLS handshake");
        let done = played.take();
        assert_eq!((done.lines.as_str(), done.actions), ("", Vec::new()));
    }
}
