//! What typed lines mean.

use super::*;

fn words(line: &str) -> String {
    parse(line).unwrap_err().to_string()
}

#[test]
fn text_is_said_as_it_is() {
    for text in ["hello", " indented", "a / b", "mail me at a@b", "1/2", ":)"] {
        assert_eq!(parse(text), Ok(UserCommand::Say { text }));
    }
    for nothing in ["", " ", "\t "] {
        assert_eq!(parse(nothing), Ok(UserCommand::Nothing));
    }
}

#[test]
fn a_doubled_first_character_is_text_with_one() {
    assert_eq!(
        parse("//etc/hosts"),
        Ok(UserCommand::Say { text: "/etc/hosts" })
    );
    assert_eq!(parse("@@home"), Ok(UserCommand::Say { text: "@home" }));
    assert_eq!(parse("///"), Ok(UserCommand::Say { text: "//" }));
}

#[test]
fn an_at_sign_whispers() {
    let tell = |target, text| Ok(UserCommand::Tell { target, text });
    assert_eq!(parse("@bob hi there"), tell("bob", "hi there"));
    assert_eq!(parse("@bob  two spaces"), tell("bob", " two spaces"));
    assert_eq!(parse("@bob: hi"), tell("bob", "hi"));
    assert_eq!(parse(" @bob hi"), tell("bob", "hi"));
    assert_eq!(words("@bob"), "there is no text for bob: @NICK TEXT");
    assert_eq!(
        words("@ home"),
        "a nick is missing behind @: @NICK TEXT whispers, @@ begins text with an @"
    );
    assert_eq!(words("@a,b x"), "\"a,b\" cannot be a nick: @NICK TEXT");
    assert_eq!(parse("/msg @#dev psst"), tell("@#dev", "psst"));
}

#[test]
fn commands_take_their_arguments_in_any_spacing_and_letter_case() {
    assert_eq!(parse("/nick  bob "), Ok(UserCommand::Nick { nick: "bob" }));
    assert_eq!(parse("/NICK bob"), Ok(UserCommand::Nick { nick: "bob" }));
    assert_eq!(parse("  /who"), Ok(UserCommand::Who { room: None }));
    assert_eq!(
        parse("/who dev"),
        Ok(UserCommand::Who {
            room: Some("#dev".into())
        })
    );
    assert_eq!(
        parse("/join #dev secret"),
        Ok(UserCommand::Join {
            room: "#dev".into(),
            key: Some("secret")
        })
    );
    assert_eq!(
        parse("/part #dev so long"),
        Ok(UserCommand::Part {
            room: Some("#dev".into()),
            reason: Some("so long")
        })
    );
    assert_eq!(
        parse("/part so long"),
        Ok(UserCommand::Part {
            room: None,
            reason: Some("so long")
        })
    );
    assert_eq!(
        parse("/topic"),
        Ok(UserCommand::Topic {
            room: None,
            topic: None
        })
    );
    assert_eq!(
        parse("/msg bob  hi"),
        Ok(UserCommand::Tell {
            target: "bob",
            text: "hi"
        })
    );
    assert_eq!(parse("/me waves"), Ok(UserCommand::Act { text: "waves" }));
    assert_eq!(
        parse("/help /nick"),
        Ok(UserCommand::Help {
            command: Some("nick")
        })
    );
    assert_eq!(parse("/quit"), Ok(UserCommand::Quit { reason: None }));
    assert_eq!(
        parse("/quit see you"),
        Ok(UserCommand::Quit {
            reason: Some("see you")
        })
    );
}

#[test]
fn wrong_input_explains_itself() {
    assert_eq!(words("/quti"), "no command /quti; did you mean /quit?");
    assert_eq!(words("/jo #a"), "no command /jo; did you mean /join?");
    assert_eq!(
        words("/frobnicate"),
        "no command /frobnicate; /help lists them"
    );
    assert_eq!(words("/nick"), "the new name is missing: /nick NAME");
    assert_eq!(words("/nick a b"), "\"b\" is too much: /nick NAME");
    assert_eq!(words("/nick a!b"), "\"a!b\" cannot be a nick: /nick NAME");
    assert_eq!(
        words("/join #a,#b"),
        "\"#a,#b\" cannot be a room: /join #ROOM [KEY]"
    );
    assert_eq!(
        words("/msg bob"),
        "there is no text for bob: /msg NICK|#ROOM TEXT"
    );
    assert!(words("/").starts_with("a command's name is missing"));
    assert!(words("/ quit").starts_with("a command's name is missing"));
}

#[test]
fn no_line_of_input_can_become_two_on_the_wire() {
    for line in ["a\rQUIT", "@bob a\nQUIT", "/me a\0b"] {
        assert!(words(line).contains("cannot be sent in a line"), "{line:?}");
    }
}
