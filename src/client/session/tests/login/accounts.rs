//! Accounts of others that a script believes, and the registration of an account.

use super::*;
use crate::client::event::matcher::EventMatcher;

/// A script that waits for a whisper of the account ann, on a server that offers this.
fn waiting_for_ann(offered: &str) -> Played {
    let mut played = Played::new(true);
    played.session.settings.wait = Some(EventMatcher {
        account: Some("ann".into()),
        whispered: true,
        ..EventMatcher::default()
    });
    played.connect();
    played.receive(&format!(":s CAP * LS :{offered}"));
    played.receive(&format!(":s CAP * ACK :{offered}"));
    played.register("alice");
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
        played.receive(line);
        assert_eq!(played.take().found, None, "{line}");
    }
    played.receive("@account=Ann :anything!a@h PRIVMSG alice :go");
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

#[test]
fn an_account_is_registered_and_verified_and_its_password_kept_out() {
    let mut played = with_registration(Transport::Encrypted);
    played.type_line("/verify 123");
    assert_eq!(
        played.rejections(),
        ["No account waits for a code. Use /verify ACCOUNT CODE."]
    );
    played.type_line("/register a@b.example hunter2 and more");
    assert_eq!(played.lines(), ["REGISTER * a@b.example :hunter2 and more"]);
    played.receive(":s REGISTER VERIFICATION_REQUIRED alice :Look into your mail.");
    let said = |text: &str| {
        let text = text.to_owned();
        [Event::ServerSaid { text, asked: true }]
    };
    assert_eq!(
        played.events(),
        said("The account alice waits for /verify CODE: Look into your mail.")
    );
    played.type_line("/verify 123");
    assert_eq!(played.lines(), ["VERIFY alice :123"]);
    played.receive(":s VERIFY SUCCESS alice :Done");
    assert_eq!(played.events(), said("The account alice is registered."));
    played.type_line("/verify bob 4");
    assert_eq!(played.lines(), ["VERIFY bob :4"]);
    // A registration that is lost on the way is reported without the password.
    played.type_line("/register hunter2");
    assert_eq!(played.lines(), ["REGISTER * * :hunter2"]);
    played.receive(":s FAIL REGISTER WEAK_PASSWORD alice :Too short");
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
    let words = "The password would be sent without encryption. Connect with ircs://HOST first.";
    assert_eq!(played.rejections(), [words]);
    let mut played = Played::ready(false);
    played.type_line("/register hunter2");
    let words =
        "This server does not register accounts by itself. Try /msg NickServ help register.";
    assert_eq!(played.rejections(), [words]);
}
