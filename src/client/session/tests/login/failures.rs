//! Logins that cannot begin, are refused, or break the protocol.

use super::*;

#[test]
fn without_the_account_nothing_is_entered() {
    for lines in [
        &[":s CAP * LS :multi-prefix"][..],
        &[":s CAP * LS :saslx sasl-plain=PLAIN"],
        &[":s CAP * LS :sasl=GSSAPI,OAUTHBEARER"],
        &[":s CAP * LS :sasl=PLAIN", ":s CAP * NAK :sasl"],
        // Servers without capabilities, and one that does not wait.
        &[":s 421 * CAP :Unknown command", ":s 001 alice :Welcome"],
        &[":s 001 alice :Welcome"],
        &[":s CAP * LS :sasl=PLAIN", ":s 001 alice :Welcome"],
        // Replies that were not asked for prove nothing. A68.
        &[
            ":s 900 * *!*@* ann :You are now logged in as ann",
            ":s 903 * :SASL authentication successful",
            ":s 907 * :You have already authenticated",
            "AUTHENTICATE +",
            ":s 001 alice :Welcome",
        ],
    ] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        lines.iter().for_each(|line| played.receive(line));
        let done = played.take();
        let is_refused = matches!(
            &done.actions[..],
            [SessionAction::End(Outcome::Incomplete(
                Incomplete::NotLoggedIn { .. }
            ))]
        );
        assert!(is_refused, "{lines:?}: {:?}", done.actions);
        assert!(!done.lines.contains("JOIN"), "{lines:?}");
        played.receive(":s 422 alice :No message");
        assert_eq!(played.lines(), [""; 0], "{lines:?}");
    }
}

#[test]
fn refusals_and_broken_messages_end_the_login() {
    for number in [902, 904, 905, 906] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        offer(&mut played, "sasl=PLAIN");
        authenticate(&mut played, b"");
        played.take();
        played.receive(&format!(":s {number} * :No\u{1b}[2J way."));
        let failure = failure_of(&mut played).to_string();
        assert!(
            failure.ends_with("PLAIN for the account ann: No\u{1b}[2J way"),
            "{failure}"
        );
    }
    for message in ["=", "A", &"A".repeat(500), "AAAA"] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        offer(&mut played, "sasl=PLAIN");
        played.receive(&format!("AUTHENTICATE {message}"));
        assert_eq!(
            failure_of(&mut played),
            LoginFailure::Malformed,
            "{message}"
        );
    }
}

#[test]
fn a_login_that_cannot_begin_says_why_and_what_to_do() {
    let without_password = |account: &mut AccountLogin| account.password = None;
    let certificate = |account: &mut AccountLogin| {
        account.password = None;
        account.has_certificate = true;
    };
    let cases: [(Transport, ChangeAccount, &str, &str); 4] = [
        (
            Transport::Encrypted,
            without_password,
            "sasl",
            "there is nothing to log in with; set account-password-file, or client-certificate for \
             EXTERNAL",
        ),
        (
            Transport::Encrypted,
            certificate,
            "sasl=PLAIN",
            "the server offers PLAIN, and none of these can be used",
        ),
        (
            Transport::Loopback,
            certificate,
            "sasl=EXTERNAL",
            "EXTERNAL needs an encrypted connection, on which the certificate is shown; connect with \
             ircs://HOST",
        ),
        (
            Transport::Encrypted,
            certificate,
            "batch",
            "the server has no logins (SASL); to enter without the account, set account-optional = \
             true or remove account",
        ),
    ];
    for (transport, change, offered, words) in cases {
        let mut played = with_account(transport, change);
        played.receive(&format!(":s CAP * LS :{offered}"));
        let failure = failure_of(&mut played);
        let said = Incomplete::NotLoggedIn { failure }.to_string();
        assert_eq!(said, format!("Not logged in: {words}."));
    }
}
