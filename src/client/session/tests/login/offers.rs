//! Logins that are offered, refused, withdrawn and offered again, and logins that are optional.

use super::*;

#[test]
fn an_optional_account_is_done_without() {
    let optional = |account: &mut AccountLogin| account.is_optional = true;
    for (lines, said) in [
        (&[":s CAP * LS :"][..], "CAP END\r\n"),
        (
            &[
                ":s CAP * LS :sasl=PLAIN",
                ":s CAP * ACK :sasl",
                "AUTHENTICATE +",
                ":s 904 * :No",
            ],
            "CAP END\r\n",
        ),
        (
            &[":s CAP * LS :sasl=PLAIN", ":s CAP * NAK :sasl"],
            "CAP END\r\n",
        ),
        (
            &[":s CAP * LS :chghost sasl=GSSAPI", ":s CAP * ACK :chghost"],
            "CAP END\r\n",
        ),
    ] {
        let mut played = with_account(Transport::Encrypted, optional);
        lines.iter().for_each(|line| played.receive(line));
        let done = played.take();
        assert_eq!(done.actions, [], "{lines:?}");
        assert!(done.lines.ends_with(said), "{lines:?}: {}", done.lines);
        assert_eq!(done.lines.matches("CAP END").count(), 1, "{lines:?}");
        let is_said = |event: &Event| matches!(event, Event::Note { words } if words.starts_with("Not logged in: "));
        assert_eq!(done.events.iter().filter(|event| is_said(event)).count(), 1);
        played.register("alice");
        assert!(played.session.is_ready(), "{lines:?}");
    }
    let mut played = with_account(Transport::Encrypted, optional);
    played.register("alice");
    assert!(played.session.is_ready());
}

#[test]
fn a_refusal_of_other_capabilities_is_no_refusal_of_the_login() {
    for refused in [true, false] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        played.receive(":s CAP * LS :server-time sasl=PLAIN");
        assert_eq!(played.lines(), ["CAP REQ server-time", "CAP REQ sasl"]);
        let answer = if refused { "NAK" } else { "ACK" };
        played.receive(&format!(":s CAP * {answer} :server-time"));
        assert_eq!(played.lines(), [""; 0]);
        played.receive(":s CAP * ACK :sasl");
        assert_eq!(played.lines(), ["AUTHENTICATE PLAIN"]);
    }
    let mut played = with_account(Transport::Encrypted, |_| {});
    played.receive(":s CAP * LS :server-time sasl=PLAIN");
    played.take();
    played.receive(":s CAP * ACK :server-time");
    played.receive(":s CAP * NAK :sasl");
    assert_eq!(failure_of(&mut played), LoginFailure::NotOffered);
}

#[test]
fn a_reconnection_logs_in_again_and_enters_nothing_without() {
    let mut played = logged_in();
    played.lose("gone");
    played.connect();
    played.take();
    log_in(&mut played);
    played.lose("gone");
    played.connect();
    played.take();
    offer(&mut played, "sasl=PLAIN");
    authenticate(&mut played, b"");
    played.take();
    played.receive(":s 904 * :SASL authentication failed");
    let done = played.take();
    assert_eq!(
        (done.lines.as_str(), done.actions),
        ("", vec![SessionAction::Close])
    );
    played.lose("closed");
    let done = played.take();
    assert_eq!(done.actions, [], "no attempt follows");
    assert!(
        matches!(&done.events[..], [Event::Note { words }]
            if words.starts_with("Not logged in: the server refused PLAIN for the account ann")
                && words.ends_with(". /reconnect tries again.")),
        "{:?}",
        done.events
    );
}

#[test]
fn the_login_is_repeated_when_the_services_come_back() {
    let mut played = logged_in();
    played.receive(":s CAP alice DEL :sasl");
    played.receive(":s CAP alice NEW :sasl=PLAIN,EXTERNAL");
    assert_eq!(played.lines(), ["CAP REQ sasl"]);
    played.receive(":s CAP alice ACK :sasl");
    assert_eq!(played.lines(), ["AUTHENTICATE PLAIN"]);
    authenticate(&mut played, b"");
    assert_eq!(message_of(&played.lines()), b"ann\0ann\0sesame");
    played.receive(":s 904 alice :SASL authentication failed");
    // The user stays, and it is reported.
    let done = played.take();
    assert_eq!((done.lines.as_str(), done.actions), ("", Vec::new()));
    assert!(matches!(&done.events[..], [Event::Note { words }]
        if words.starts_with("Not logged in: ")));
    assert!(played.session.is_ready());
    played.receive(":s CAP alice NEW :sasl=GSSAPI");
    assert_eq!(played.lines(), [""; 0]);
}
