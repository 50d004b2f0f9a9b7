//! The nick: taken, asked for again, and like another.

use super::*;
use crate::client::event::explain;
use crate::common::sentence::begin_sentence;

#[test]
fn a_taken_nick_asks_again_and_ends_a_script() {
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s 433 * alice :Nickname is already in use");
    let asked = SessionAction::AskNick(RefusedNick {
        nick: "alice".into(),
        reason: NickRefusal::InUse,
        is_repeated: false,
    });
    assert_eq!(played.take().actions, [asked]);
    let now = played.now;
    played.session.answer_nick("carol", now, &mut played.output);
    assert_eq!(played.lines(), ["NICK carol"]);
    played.register("carol");
    assert_eq!(played.session.nick(), "carol");

    let mut played = Played::new(true);
    played.connect();
    played.receive(":s 433 * alice :Nickname is already in use");
    let refused = Incomplete::NickRefused {
        nick: "alice".into(),
        reason: NickRefusal::InUse,
    };
    assert_eq!(played.take().actions, [SessionAction::End(refused.into())]);
}

#[test]
fn alternatives_are_tried_before_anybody_is_asked() {
    let mut played = Played::new(false);
    played.session.settings.alternatives = vec!["ali".into(), "al".into()];
    played.connect();
    played.take();
    for another in ["ali", "al"] {
        played.receive(":s 433 * alice :Nickname is already in use");
        assert_eq!(played.lines(), [format!("NICK {another}")]);
    }
    played.receive(":s 433 * al :Nickname is already in use");
    assert!(
        matches!(&played.take().actions[..], [SessionAction::AskNick(refused)] if refused.nick == "al")
    );
}

#[test]
fn a_question_that_outlasts_the_servers_patience_connects_again() {
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s 433 * alice :Nickname is already in use");
    played.lose("closed");
    assert_eq!(played.take().actions.len(), 1, "only the question");
    let now = played.now;
    played.session.answer_nick("carol", now, &mut played.output);
    let after = Duration::ZERO;
    assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
    played.connect();
    assert_eq!(played.lines()[1], "NICK carol");
}

#[test]
fn a_nick_that_looks_like_another_is_pointed_out() {
    let mut played = Played::ready(false);
    played.receive(":b0b!x@h JOIN #lobby");
    played.receive(":carol!x@h JOIN #lobby");
    played.receive(":carol!x@h NICK a1ice");
    let events = played.events();
    let alike: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::ConfusableNick { nick, other } => Some((nick.as_str(), other.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(alike, [("b0b", "bob"), ("a1ice", "alice")]);
}

/// As ergo does for an account, and bouncers do.
#[test]
fn a_nick_that_the_server_has_chosen_is_not_changed_back() {
    for script in [false, true] {
        let mut played = Played::new(script);
        played.connect();
        played.take();
        played.register("ann");
        let lines = played.lines();
        assert!(
            !lines.iter().any(|line| line.starts_with("NICK")),
            "{lines:?}"
        );
        assert_eq!(played.session.nick(), "ann");
        assert!(played.session.is_ready());
        let deadline = played.session.next_deadline();
        assert_eq!(deadline, Some(Duration::from_secs(30)));
    }
}

#[test]
fn a_nick_that_cannot_be_regained_is_no_refusal_of_what_the_user_does() {
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s 433 * alice :Nickname is already in use");
    let now = played.now;
    played
        .session
        .answer_nick("alice_", now, &mut played.output);
    played.session.settings.nick = "alice".into();
    played.register("alice_");
    let lines = played.lines();
    assert!(lines.iter().any(|line| line == "NICK alice"), "{lines:?}");
    played.take();
    played.receive(
        ":s FAIL NICK NICKNAME_RESERVED alice :Nickname is reserved by a different account",
    );
    assert_eq!(played.events(), []);
    // One that the user has requested is reported.
    played.type_line("/nick bob");
    played
        .receive(":s FAIL NICK NICKNAME_RESERVED bob :Nickname is reserved by a different account");
    assert_eq!(played.events().len(), 1);
}

#[test]
fn a_failure_during_the_registration_answers_no_typed_line() {
    let mut played = Played::new(false);
    played.session.settings.alternatives = vec!["alicia".to_owned()];
    played.connect();
    let text = "Nickname is reserved by a different account";
    played.receive(&format!(":s 433 * alice :{text}"));
    played.receive(&format!(":s FAIL NICK NICKNAME_RESERVED alice :{text}"));
    let words = format!("{text}.");
    assert_eq!(played.events(), [Event::Note { words }]);
    played.register("alicia");
    played.take();
    played.receive(&format!(":s FAIL NICK NICKNAME_RESERVED bob :{text}"));
    assert!(
        matches!(&played.events()[..], [Event::InputRejected { .. }]),
        "one of the registered user answers a line"
    );
}

#[test]
fn the_words_of_a_server_are_shown_unless_the_nick_is_only_in_use() {
    for (text, in_use) in [
        ("Nickname is already in use", true),
        ("Nickname is already in use.", true),
        ("That nick is taken", true),
        ("", true),
        ("Nickname is reserved by a different account", false),
        (
            "This nick belongs to an account. Log in to it, or choose another",
            false,
        ),
    ] {
        let mut played = Played::new(false);
        played.connect();
        played.receive(&format!(":s 433 * alice :{text}"));
        let actions = played.take().actions;
        let [SessionAction::AskNick(RefusedNick { reason, .. })] = &actions[..] else {
            panic!("{actions:?}");
        };
        let expected = match in_use {
            true => "the nick alice is in use".to_owned(),
            false => {
                let (first, rest) = text.split_at(1);
                let first = first.to_lowercase();
                format!("the nick alice is not available: {first}{rest}")
            }
        };
        assert_eq!(reason.about("alice"), expected);
        // The same for /nick.
        let parameters = ["alice".to_owned(), text.to_owned()];
        let words = explain::error(433, &parameters, None);
        let choose = "Choose another with /nick NAME.";
        assert_eq!(words, format!("{}. {choose}", begin_sentence(&expected)));
    }
    let missing = explain::error(433, &["alice".to_owned()], None);
    assert!(
        missing.starts_with("The nick alice is in use."),
        "{missing}"
    );
}
