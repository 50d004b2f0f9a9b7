//! Explains numerics of the server in plain sentences: what happened, then what to do.

use std::borrow::Cow;

use crate::client::command::{has_room_prefix, secret_part};
use crate::common::sanitize::{sanitize, sanitize_name};
use crate::wire::Reply;

/// The sentence for an error numeric, with the typed command it is about if that is known.
pub fn error_with_command(number: u16, parameters: &[String], command: Option<&str>) -> String {
    let is_no_member = matches!(
        Reply::from_number(number),
        Some(Reply::NoSuchNick | Reply::NoSuchChannel | Reply::NotOnChannel)
    );
    let leaves = |command: &str| {
        let name = command.split(' ').next().unwrap_or_default();
        matches!(name, "/part" | "/leave" | "/close")
    };
    let why = match parameters.first() {
        // To leave a room, it is no use to join it.
        Some(room) if is_no_member && command.is_some_and(leaves) => {
            format!("you are not in {}.", sanitize_name(room))
        }
        _ => error(number, parameters),
    };
    match command {
        Some(command) => format!("{why} Not done: {}", sanitize(&without_secret(command))),
        None => why,
    }
}

/// The command without its password, if it carries one.
fn without_secret(command: &str) -> Cow<'_, str> {
    let shown = secret_part(command, None).and_then(|part| command.get(..part.start));
    shown.map_or(Cow::Borrowed(command), |shown| {
        Cow::Owned(format!("{} …", shown.trim_end()))
    })
}

/// The sentence for an error numeric. `parameters` are those after the user's own nick; the last one
/// is the server's text, which is used if there is no better one.
pub fn error(number: u16, parameters: &[String]) -> String {
    let about = parameters
        .first()
        .map(|text| sanitize_name(text))
        .unwrap_or_default();
    let said = parameters
        .last()
        .map(|text| sanitize(text))
        .unwrap_or_default();
    match Reply::from_number(number) {
        Some(Reply::NicknameInUse) => {
            format!("the nick {about} is in use. Choose another with /nick NAME.")
        }
        Some(Reply::ErroneousNickname) => format!(
            "{about} is not a valid nick here ({said}). Use letters, digits, - and _, and begin with a \
             letter."
        ),
        Some(Reply::NoSuchNick) if has_room_prefix(&about) => {
            format!("there is no room {about}. /join {about} creates it.")
        }
        Some(Reply::NoSuchNick) => {
            format!("there is no user {about}. /names lists who is here.")
        }
        Some(Reply::NoSuchChannel) => {
            format!("there is no room {about}. /join {about} creates it.")
        }
        Some(Reply::CannotSendToChan) => {
            format!("you cannot send to {about} ({said}). Join it first with /join {about}.")
        }
        Some(Reply::NotOnChannel) => format!("you are not in {about}. /join {about} joins it."),
        Some(Reply::ChanOpPrivsNeeded) => {
            format!("only an operator of {about} may do that ({said}).")
        }
        Some(Reply::BadChanMask) => format!("{about} is not a valid room name ({said})."),
        Some(Reply::InputTooLong) => "the line is too long. Send it as two lines.".to_owned(),
        Some(Reply::PasswdMismatch) => "the password is wrong.".to_owned(),
        Some(Reply::UnknownCommand) => format!("the server does not know {about}."),
        _ => {
            let words: Vec<String> = parameters.iter().map(|text| sanitize(text)).collect();
            format!("the server refused: {}", words.join(" "))
        }
    }
}

/// The sentence for an answer that has no event of its own, not sanitized; `None` for an answer that
/// no command asks for. `parameters` are those after the user's own nick.
pub fn answer(number: u16, parameters: &[&str]) -> Option<String> {
    Some(match (Reply::from_number(number), parameters) {
        // Servers send it with the modes of a room.
        (Some(Reply::CreationTime), _) => return None,
        (Some(Reply::Inviting), [nick, room, ..]) => format!("{nick} was invited to {room}"),
        (Some(Reply::BanList), [room, mask, by @ ..]) => {
            let by = by.first().map(|by| format!(", by {by}"));
            format!("{mask} is banned from {room}{}", by.unwrap_or_default())
        }
        (Some(Reply::EndOfBanList), [room, ..]) => format!("{room} has no bans"),
        _ if parameters.is_empty() => return None,
        _ => parameters.join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(number: u16, parameters: &[&str]) -> String {
        let parameters: Vec<String> = parameters.iter().map(|text| (*text).to_owned()).collect();
        error(number, &parameters)
    }

    #[test]
    fn a_refusal_says_what_happened_and_what_to_do() {
        assert_eq!(
            words(433, &["bob", "Nickname is already in use"]),
            "the nick bob is in use. Choose another with /nick NAME."
        );
        assert_eq!(
            words(401, &["bob", "No such nick/channel"]),
            "there is no user bob. /names lists who is here."
        );
        assert_eq!(
            words(442, &["#a", "x"]),
            "you are not in #a. /join #a joins it."
        );
    }

    #[test]
    fn a_room_that_cannot_be_left_is_not_offered() {
        let parameters = ["#nope".to_owned(), "No such channel".to_owned()];
        assert_eq!(
            error_with_command(403, &parameters, Some("/part #nope")),
            "you are not in #nope. Not done: /part #nope"
        );
        let text = error_with_command(403, &parameters, Some("/topic #nope x"));
        assert!(text.contains("/join #nope"), "{text}");
    }

    #[test]
    fn an_unknown_or_broken_refusal_is_shown_as_it_is() {
        assert_eq!(
            words(499, &["#a", "no \x1b[2J way"]),
            "the server refused: #a no ^[[2J way"
        );
        for number in 400..600 {
            for count in 0..4 {
                let parameters = vec!["x".to_owned(); count];
                assert!(!error(number, &parameters).is_empty());
            }
        }
    }
}
