//! Logging in to an account: <https://ircv3.net/specs/extensions/sasl-3.1>

mod accounts;
mod failures;
mod mechanisms;
mod offers;

use super::*;
use crate::wire::sasl::{PartialMessage, parts};

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
    played.receive(&format!(":s CAP * LS :{offered}"));
    let requested = played.lines().pop().unwrap();
    let wanted = requested.strip_prefix("CAP REQ ").unwrap();
    let wanted = wanted.trim_start_matches(':');
    assert!(wanted.ends_with("sasl"), "{wanted}");
    played.receive(&format!(":s CAP * ACK :{wanted}"));
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
        played.receive(&format!("AUTHENTICATE {part}"));
    }
}

/// The failure that ended the session. Nothing was sent but perhaps the end of the exchange.
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

/// In: logged in with PLAIN.
fn logged_in() -> Played {
    let mut played = with_account(Transport::Encrypted, |_| {});
    log_in(&mut played);
    played
}

fn log_in(played: &mut Played) {
    offer(played, "sasl=PLAIN");
    authenticate(played, b"");
    played.receive(":s 903 * :SASL authentication successful");
    played.register("alice");
    played.take();
    assert!(played.session.is_ready());
}

type ChangeAccount = fn(&mut AccountLogin);

/// In, on a server that registers accounts.
fn with_registration(transport: Transport) -> Played {
    let mut played = Played::new(false);
    played.session.settings.transport = transport;
    played.connect();
    played.receive(":s CAP * LS :draft/account-registration=email-required,before-connect");
    played.register("alice");
    played.take();
    played
}
