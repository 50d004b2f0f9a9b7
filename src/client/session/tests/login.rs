//! Logging in to an account: <https://ircv3.net/specs/extensions/sasl-3.1>

use super::*;
use crate::client::event::matcher::EventMatcher;
use crate::wire::sasl::scram_server::{ScramServer, StoredPassword, account_of};
use crate::wire::sasl::{Mechanism, PartialMessage, parts};

/// A session of an account with this password, connected in this way.
fn with_account(transport: Transport, change: impl FnOnce(&mut AccountLogin)) -> Played {
    let mut account = AccountLogin {
        name: "ann".into(),
        password: Some("sesame".into()),
        ..AccountLogin::default()
    };
    change(&mut account);
    let mut played = Played::with_rooms(true, &["#dev"]);
    played.session.settings.script = false;
    played.session.settings.transport = transport;
    played.session.settings.account = Some(account);
    played.connect();
    played.take();
    played
}

/// The server offers this, and enables what is requested. Returns the first line of the login.
fn offer(played: &mut Played, offered: &str) -> String {
    played.hear(&format!(":s CAP * LS :{offered}"));
    let requested = played.lines().pop().unwrap();
    let wanted = requested.strip_prefix("CAP REQ ").unwrap();
    let wanted = wanted.trim_start_matches(':');
    assert!(wanted.ends_with("sasl"), "{wanted}");
    played.hear(&format!(":s CAP * ACK :{wanted}"));
    let lines = played.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].clone()
}

/// The message of the client in these lines.
fn message_of(lines: &[String]) -> Vec<u8> {
    let mut partial = PartialMessage::default();
    let mut message = None;
    for line in lines {
        let part = line.strip_prefix("AUTHENTICATE ").unwrap();
        message = partial.add(part).unwrap();
    }
    message.unwrap()
}

fn authenticate(played: &mut Played, message: &[u8]) {
    for part in parts(message) {
        played.hear(&format!("AUTHENTICATE {part}"));
    }
}

/// Why the session has ended, without a word to the server but perhaps the end of the exchange.
fn failure_of(played: &mut Played) -> LoginFailure {
    let done = played.take();
    let said = ["", "AUTHENTICATE *\r\n"];
    assert!(said.contains(&done.lines.as_str()), "{}", done.lines);
    match &done.actions[..] {
        [SessionAction::End(Outcome::Incomplete(Incomplete::NotLoggedIn { failure }))] => {
            failure.clone()
        }
        other => panic!("{other:?}"),
    }
}

type ChangeAccount = fn(&mut AccountLogin);

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
fn a_password_is_never_sent_where_others_can_read_it() {
    let mut played = with_account(Transport::Plain, |_| {});
    played.hear(":s CAP * LS :sasl=PLAIN");
    let done = played.take();
    assert!(!done.lines.contains("AUTHENTICATE"), "{}", done.lines);
    let [SessionAction::End(Outcome::Incomplete(incomplete))] = &done.actions[..] else {
        panic!("{done:?}");
    };
    let words = "not logged in: PLAIN would send the password without encryption; connect with \
                 ircs://HOST";
    assert_eq!(incomplete.to_string(), words);
    // A proof of it can be.
    let mut played = with_account(Transport::Plain, |_| {});
    let begun = offer(&mut played, "sasl=PLAIN,SCRAM-SHA-256");
    assert_eq!(begun, "AUTHENTICATE SCRAM-SHA-256");
    // Also where the server says only later what it has.
    let mut played = with_account(Transport::Plain, |_| {});
    offer(&mut played, "sasl");
    played.hear(":s 908 * PLAIN :are available SASL mechanisms");
    played.hear(":s 904 * :SASL authentication failed");
    assert!(matches!(
        failure_of(&mut played),
        LoginFailure::Refused { .. }
    ));
}

#[test]
fn plain_and_external_say_who_one_is_before_the_registration_ends() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    assert_eq!(offer(&mut played, "sasl=PLAIN"), "AUTHENTICATE PLAIN");
    authenticate(&mut played, b"");
    let lines = played.lines();
    assert_eq!(message_of(&lines), b"ann\0ann\0sesame");
    played.hear(":s 900 * *!*@* ann :You are now logged in as ann");
    assert_eq!(played.lines(), [""; 0]);
    played.hear(":s 903 * :SASL authentication successful");
    assert_eq!(played.lines(), ["CAP END"]);
    played.let_in("alice");
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
    played.hear(":s 907 * :You have already authenticated");
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

/// Plays SCRAM up to the final message of the server, which is returned.
fn scram(
    played: &mut Played,
    password_of_server: &str,
) -> Result<String, crate::wire::sasl::scram::ScramError> {
    authenticate(played, b"");
    let first = message_of(&played.lines());
    assert_eq!(account_of(&first).unwrap(), "ann");
    let stored = StoredPassword::derive(password_of_server, b"salt", 4_096);
    let (server, challenge) = ScramServer::begin(&first, "abc", stored).unwrap();
    authenticate(played, challenge.as_bytes());
    server.finish(&message_of(&played.lines()))
}

#[test]
fn with_scram_both_sides_prove_that_they_know_the_password() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=SCRAM-SHA-256");
    let proof = scram(&mut played, "sesame").unwrap();
    authenticate(&mut played, proof.as_bytes());
    assert_eq!(played.lines(), ["AUTHENTICATE +"]);
    played.hear(":s 903 * :SASL authentication successful");
    assert_eq!(played.lines(), ["CAP END"]);

    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=SCRAM-SHA-256");
    assert!(scram(&mut played, "other").is_err());
    played.hear(":s 904 * :SASL authentication failed");
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
            "903" | "907" => played.hear(&format!(":s {lie} * :You are logged in")),
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
        // What was not asked for proves nothing. A68.
        &[
            ":s 900 * *!*@* ann :You are now logged in as ann",
            ":s 903 * :SASL authentication successful",
            ":s 907 * :You have already authenticated",
            "AUTHENTICATE +",
            ":s 001 alice :Welcome",
        ],
    ] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        lines.iter().for_each(|line| played.hear(line));
        let done = played.take();
        let is_refused = matches!(
            &done.actions[..],
            [SessionAction::End(Outcome::Incomplete(
                Incomplete::NotLoggedIn { .. }
            ))]
        );
        assert!(is_refused, "{lines:?}: {:?}", done.actions);
        assert!(!done.lines.contains("JOIN"), "{lines:?}");
        played.hear(":s 422 alice :No message");
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
        played.hear(&format!(":s {number} * :No\u{1b}[2J way."));
        let failure = failure_of(&mut played).to_string();
        assert!(
            failure.ends_with("PLAIN for the account ann: No\u{1b}[2J way"),
            "{failure}"
        );
    }
    for message in ["=", "A", &"A".repeat(500), "AAAA"] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        offer(&mut played, "sasl=PLAIN");
        played.hear(&format!("AUTHENTICATE {message}"));
        assert_eq!(
            failure_of(&mut played),
            LoginFailure::Malformed,
            "{message}"
        );
    }
}

#[test]
fn another_mechanism_is_tried_only_if_the_server_does_not_know_the_first() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    assert_eq!(offer(&mut played, "sasl"), "AUTHENTICATE SCRAM-SHA-256");
    played.hear(":s 908 * PLAIN,EXTERNAL :are available SASL mechanisms");
    played.hear(":s 904 * :SASL authentication failed");
    assert_eq!(played.lines(), ["AUTHENTICATE PLAIN"]);
    authenticate(&mut played, b"");
    played.take();
    // And each of them once.
    played.hear(":s 908 * X :are available SASL mechanisms");
    played.hear(":s 904 * :SASL authentication failed");
    assert!(failure_of(&mut played).is_about_password());

    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=PLAIN,SCRAM-SHA-256");
    played.hear(":s 904 * :SASL authentication failed");
    assert!(failure_of(&mut played).is_about_password());
}

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
        lines.iter().for_each(|line| played.hear(line));
        let done = played.take();
        assert_eq!(done.actions, [], "{lines:?}");
        assert!(done.lines.ends_with(said), "{lines:?}: {}", done.lines);
        assert_eq!(done.lines.matches("CAP END").count(), 1, "{lines:?}");
        let is_said = |event: &Event| matches!(event, Event::Note { words } if words.starts_with("not logged in: "));
        assert_eq!(done.events.iter().filter(|event| is_said(event)).count(), 1);
        played.let_in("alice");
        assert!(played.session.is_ready(), "{lines:?}");
    }
    let mut played = with_account(Transport::Encrypted, optional);
    played.let_in("alice");
    assert!(played.session.is_ready());
}

/// In: logged in with PLAIN.
fn logged_in() -> Played {
    let mut played = with_account(Transport::Encrypted, |_| {});
    log_in(&mut played);
    played
}

fn log_in(played: &mut Played) {
    offer(played, "sasl=PLAIN");
    authenticate(played, b"");
    played.hear(":s 903 * :SASL authentication successful");
    played.let_in("alice");
    played.take();
    assert!(played.session.is_ready());
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
    played.hear(":s 904 * :SASL authentication failed");
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
            if words.starts_with("not logged in: the server refused PLAIN for the account ann")
                && words.ends_with("; /reconnect tries again")),
        "{:?}",
        done.events
    );
}

#[test]
fn a_password_is_not_sent_to_a_server_whose_certificate_is_not_checked() {
    let mut played = with_account(Transport::Unverified, |_| {});
    played.hear(":s CAP * LS :sasl=PLAIN");
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
            "with --insecure, the password could be sent to another server; connect with \
          --fingerprint first"
        ]
    );
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
        played.hear(&format!(":s CAP * LS :{offered}"));
        let failure = failure_of(&mut played);
        let said = Incomplete::NotLoggedIn { failure }.to_string();
        assert_eq!(said, format!("not logged in: {words}"));
    }
}

#[test]
fn a_refusal_of_other_capabilities_is_no_refusal_of_the_login() {
    for refused in [true, false] {
        let mut played = with_account(Transport::Encrypted, |_| {});
        played.hear(":s CAP * LS :server-time sasl=PLAIN");
        assert_eq!(played.lines(), ["CAP REQ server-time", "CAP REQ sasl"]);
        let answer = if refused { "NAK" } else { "ACK" };
        played.hear(&format!(":s CAP * {answer} :server-time"));
        assert_eq!(played.lines(), [""; 0]);
        played.hear(":s CAP * ACK :sasl");
        assert_eq!(played.lines(), ["AUTHENTICATE PLAIN"]);
    }
    let mut played = with_account(Transport::Encrypted, |_| {});
    played.hear(":s CAP * LS :server-time sasl=PLAIN");
    played.take();
    played.hear(":s CAP * ACK :server-time");
    played.hear(":s CAP * NAK :sasl");
    assert_eq!(failure_of(&mut played), LoginFailure::NotOffered);
}

#[test]
fn the_login_is_repeated_when_the_services_come_back() {
    let mut played = logged_in();
    played.hear(":s CAP alice DEL :sasl");
    played.hear(":s CAP alice NEW :sasl=PLAIN,EXTERNAL");
    assert_eq!(played.lines(), ["CAP REQ sasl"]);
    played.hear(":s CAP alice ACK :sasl");
    assert_eq!(played.lines(), ["AUTHENTICATE PLAIN"]);
    authenticate(&mut played, b"");
    assert_eq!(message_of(&played.lines()), b"ann\0ann\0sesame");
    played.hear(":s 904 alice :SASL authentication failed");
    // The user stays, and it is reported.
    let done = played.take();
    assert_eq!((done.lines.as_str(), done.actions), ("", Vec::new()));
    assert!(matches!(&done.events[..], [Event::Note { words }]
        if words.starts_with("not logged in: ")));
    assert!(played.session.is_ready());
    played.hear(":s CAP alice NEW :sasl=GSSAPI");
    assert_eq!(played.lines(), [""; 0]);
}

#[test]
fn secrets_are_in_no_debug_output() {
    let mut played = with_account(Transport::Encrypted, |_| {});
    offer(&mut played, "sasl=SCRAM-SHA-256");
    authenticate(&mut played, b"");
    let shown = format!("{:?}", played.session);
    assert!(!shown.contains("sesame"), "{shown}");
}

/// A script that waits for a whisper of the account ann, on a server that offers this.
fn waiting_for_ann(offered: &str) -> Played {
    let mut played = Played::new(true);
    played.session.settings.wait = Some(EventMatcher {
        account: Some("ann".into()),
        whispered: true,
        ..EventMatcher::default()
    });
    played.connect();
    played.hear(&format!(":s CAP * LS :{offered}"));
    played.hear(&format!(":s CAP * ACK :{offered}"));
    played.let_in("alice");
    played
}

#[test]
fn an_account_that_a_script_waits_for_is_believed_from_its_tag_only() {
    let mut played = waiting_for_ann("account-tag");
    for line in [
        ":ann!a@h PRIVMSG alice :yes",
        "@account=mallory :ann!a@h PRIVMSG alice :yes",
        "@+account=ann :ann!a@h PRIVMSG alice :yes",
        "@account= :ann!a@h PRIVMSG alice :yes",
        "@account=ann :ann!a@h PRIVMSG #lobby :yes",
    ] {
        played.hear(line);
        assert_eq!(played.take().found, None, "{line}");
    }
    played.hear("@account=Ann :anything!a@h PRIVMSG alice :go");
    let found = played.take().found;
    assert!(matches!(&found, Some(Event::Whispered { text, .. }) if text == "go"));
}

#[test]
fn a_script_does_not_wait_for_an_account_where_none_is_ever_named() {
    let mut played = waiting_for_ann("batch");
    let done = played.take();
    let outcome = Outcome::Incomplete(Incomplete::AccountsUnknown);
    assert_eq!(done.actions, [SessionAction::End(outcome)]);
}

/// In, on a server that registers accounts.
fn with_registration(transport: Transport) -> Played {
    let mut played = Played::new(false);
    played.session.settings.transport = transport;
    played.connect();
    played.hear(":s CAP * LS :draft/account-registration=email-required,before-connect");
    played.let_in("alice");
    played.take();
    played
}

#[test]
fn an_account_is_registered_and_verified_and_its_password_kept_out() {
    let mut played = with_registration(Transport::Encrypted);
    played.type_line("/verify 123");
    assert_eq!(
        played.rejections(),
        ["no account waits for a code; use /verify ACCOUNT CODE"]
    );
    played.type_line("/register a@b.example hunter2 and more");
    assert_eq!(played.lines(), ["REGISTER * a@b.example :hunter2 and more"]);
    played.hear(":s REGISTER VERIFICATION_REQUIRED alice :Look into your mail");
    let said = |text: &str| {
        let text = text.to_owned();
        [Event::ServerSaid { text, asked: true }]
    };
    assert_eq!(
        played.events(),
        said("the account alice waits for /verify CODE: Look into your mail")
    );
    played.type_line("/verify 123");
    assert_eq!(played.lines(), ["VERIFY alice :123"]);
    played.hear(":s VERIFY SUCCESS alice :Done");
    assert_eq!(
        played.events(),
        said("the account alice is registered: Done")
    );
    played.type_line("/verify bob 4");
    assert_eq!(played.lines(), ["VERIFY bob :4"]);
    // What is lost on the way is reported without the password.
    played.type_line("/register hunter2");
    assert_eq!(played.lines(), ["REGISTER * * :hunter2"]);
    played.hear(":s FAIL REGISTER WEAK_PASSWORD alice :Too short");
    played.type_line("/register hunter2");
    played.lose("gone");
    let shown = format!("{:?}", played.events());
    assert!(
        shown.contains("Too short") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn a_password_is_not_registered_where_others_can_read_it_or_in_vain() {
    let mut played = with_registration(Transport::Plain);
    played.type_line("/register hunter2");
    let words = "the password would be sent without encryption; connect with ircs://HOST first";
    assert_eq!(played.rejections(), [words]);
    let mut played = Played::ready(false);
    played.type_line("/register hunter2");
    let words = "this server does not register accounts by itself; try /msg NickServ help register";
    assert_eq!(played.rejections(), [words]);
}
