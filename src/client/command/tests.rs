//! The parsing of typed lines.

use super::*;

fn words(line: &str) -> String {
    parse(line).unwrap_err().to_string()
}

fn say(text: &str) -> Result<UserCommand, ParseError> {
    let text = text.to_owned();
    Ok(UserCommand::Say { text })
}

fn to(target: &str, text: &str) -> Result<UserCommand, ParseError> {
    let (target, text) = (target.to_owned(), text.to_owned());
    Ok(UserCommand::Message { target, text })
}

#[test]
fn text_is_sent_unchanged() {
    for text in ["hello", " indented", "a / b", "mail me at a@b", "1/2", ":)"] {
        assert_eq!(parse(text), say(text));
    }
    for nothing in ["", " ", "\t "] {
        assert_eq!(parse(nothing), Ok(UserCommand::Nothing));
    }
}

#[test]
fn a_doubled_first_character_is_text_with_one() {
    assert_eq!(parse("//etc/hosts"), say("/etc/hosts"));
    assert_eq!(parse("@@home"), say("@home"));
    assert_eq!(parse("///"), say("//"));
}

#[test]
fn an_at_sign_whispers() {
    assert_eq!(parse("@bob hi there"), to("bob", "hi there"));
    assert_eq!(parse("@bob  two spaces"), to("bob", " two spaces"));
    assert_eq!(parse("@bob: hi"), to("bob", "hi"));
    assert_eq!(parse(" @bob hi"), to("bob", "hi"));
    assert_eq!(words("@bob"), "Missing text for bob. Usage: @NICK TEXT");
    assert_eq!(
        words("@ home"),
        "Missing nick after @. @NICK TEXT whispers to NICK; @@ begins a message with @."
    );
    assert_eq!(
        words("@a,b x"),
        "\"a,b\" is not a valid nick. Usage: @NICK TEXT"
    );
    assert_eq!(parse("/msg @#dev psst"), to("@#dev", "psst"));
}

#[test]
fn a_message_becomes_a_line_that_sends_it() {
    for (target, text) in [
        ("bob", "hi"),
        ("bob", "  /indented"),
        ("#dev", "hi"),
        ("#dev", "  indented"),
        ("#dev:", "hi"),
        ("@#dev", "hi"),
        ("X@channels.example", "hi there"),
    ] {
        let line = message_line(target, text);
        assert_eq!(parse(&line), message(target, text), "{line:?}");
        assert_eq!(parse(&line), to(target, text), "{line:?}");
    }
    assert!(message("bob", "a\nb").is_err());
    assert!(message("b b", "a").is_err());
    assert!(message("bob", " ").is_err());
}

#[test]
fn commands_take_their_arguments_in_any_spacing_and_letter_case() {
    assert_eq!(
        parse("/nick  bob "),
        Ok(UserCommand::Nick { nick: "bob".into() })
    );
    assert_eq!(
        parse("/NICK bob"),
        Ok(UserCommand::Nick { nick: "bob".into() })
    );
    assert_eq!(
        parse("  /who"),
        Ok(UserCommand::Who {
            room: None,
            all: false
        })
    );
    assert_eq!(
        parse("/who dev"),
        Ok(UserCommand::Who {
            room: Some("#dev".into()),
            all: false
        })
    );
    assert_eq!(
        parse("/join #dev secret"),
        Ok(UserCommand::Join {
            room: "#dev".into(),
            key: Some("secret".into())
        })
    );
    assert_eq!(
        parse("/part #dev so long"),
        Ok(UserCommand::Part {
            room: Some("#dev".into()),
            reason: Some("so long".into())
        })
    );
    assert_eq!(
        parse("/part so long"),
        Ok(UserCommand::Part {
            room: None,
            reason: Some("so long".into())
        })
    );
    assert_eq!(
        parse("/topic"),
        Ok(UserCommand::Topic {
            room: None,
            topic: None
        })
    );
    assert_eq!(parse("/msg bob  hi"), to("bob", "hi"));
    assert_eq!(
        parse("/me waves"),
        Ok(UserCommand::Action {
            text: "waves".into()
        })
    );
    assert_eq!(
        parse("/help /nick"),
        Ok(UserCommand::Help {
            command: Some("nick".into())
        })
    );
    let quit = |reason: Option<&str>, keep| {
        let reason = reason.map(str::to_owned);
        Ok(UserCommand::Quit { reason, keep })
    };
    assert_eq!(parse("/quit"), quit(None, false));
    assert_eq!(parse("/quit --keep"), quit(None, true));
    assert_eq!(parse("/quit --keep see you"), quit(Some("see you"), true));
    assert_eq!(parse("/quit --keeper"), quit(Some("--keeper"), false));
    assert_eq!(parse("/quit see you"), quit(Some("see you"), false));
}

#[test]
fn wrong_input_explains_itself() {
    assert_eq!(
        words("/quti"),
        "There is no command /quti. Did you mean /quit?"
    );
    assert_eq!(
        words("/jo #a"),
        "There is no command /jo. Did you mean /join?"
    );
    assert_eq!(
        words("/frobnicate"),
        "There is no command /frobnicate. /help lists the commands."
    );
    assert_eq!(words("/nick"), "Missing nick. Usage: /nick NAME");
    assert_eq!(words("/nick a b"), "Too many arguments. Usage: /nick NAME");
    assert_eq!(
        words("/nick a!b"),
        "\"a!b\" is not a valid nick. Usage: /nick NAME"
    );
    assert_eq!(
        words("/join #a,#b"),
        "\"#a,#b\" is not a valid room name. Usage: /join #ROOM [KEY]"
    );
    assert_eq!(
        words("/msg bob"),
        "Missing text for bob. Usage: /msg NICK|#ROOM TEXT"
    );
    assert!(words("/").starts_with("Missing command after /."));
    assert!(words("/ quit").starts_with("Missing command after /."));
}

#[test]
fn no_line_of_input_becomes_two_on_the_wire() {
    for line in ["a\rQUIT", "@bob a\nQUIT", "/me a\0b"] {
        assert!(words(line).contains("cannot be sent"), "{line:?}");
    }
}

#[test]
fn texts_that_are_replaced_change_no_command() {
    let replace = |text: &str| Ok::<_, ()>(text.replace("$()", "/quit #x"));
    for line in [
        "/msg bob $()",
        "/notice bob $()",
        "/away $()",
        "/raw $()",
        "/oper bob $()",
        "/mode bob $()",
    ] {
        let command = parse(line).unwrap();
        let replaced = command.clone().try_map_texts(replace).unwrap();
        assert_ne!(replaced, command, "{line}");
        let kind = std::mem::discriminant(&command);
        assert_eq!(std::mem::discriminant(&replaced), kind, "{line}");
    }
}
