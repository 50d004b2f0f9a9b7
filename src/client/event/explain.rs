//! Explains numerics of the server in plain sentences: what happened, then what to do.

use std::borrow::Cow;

use super::RoomStanding;
use crate::client::command::secret_part;
use crate::common::sanitize::{sanitize, sanitize_name};
use crate::common::sentence::as_cause;
use crate::wire::Reply;

/// The sentences for an error numeric, with the typed command it is about if that is known.
pub fn error_with_command(
    number: u16,
    parameters: &[String],
    room: Option<RoomStanding>,
    command: Option<&str>,
) -> String {
    let why = error(number, parameters, room);
    match command {
        Some(command) if !is_about_join(number) => {
            format!("{why} Not done: {}", sanitize(&without_secret(command)))
        }
        _ => why,
    }
}

/// Whether the sentence for a numeric says by itself that a room was not joined.
fn is_about_join(number: u16) -> bool {
    matches!(
        Reply::from_number(number),
        Some(
            Reply::ChannelIsFull
                | Reply::InviteOnlyChan
                | Reply::BannedFromChan
                | Reply::BadChannelKey
                | Reply::TooManyChannels
        )
    )
}

/// The command without its password, if it carries one.
fn without_secret(command: &str) -> Cow<'_, str> {
    let shown = secret_part(command, None).and_then(|part| command.get(..part.start));
    shown.map_or(Cow::Borrowed(command), |shown| {
        Cow::Owned(format!("{} …", shown.trim_end()))
    })
}

/// Whether a server's text for 433 says only that another user has the nick.
pub fn says_in_use(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.is_empty()
        || ["in use", "already used", "taken"]
            .iter()
            .any(|words| text.contains(words))
}

/// The sentences for an error numeric. `parameters` are those after the user's own nick; the last one
/// is the server's text, which is used if there is no better one. `room` is for a first parameter
/// that names a room.
pub fn error(number: u16, parameters: &[String], room: Option<RoomStanding>) -> String {
    let about = parameters
        .first()
        .map(|text| sanitize_name(text))
        .unwrap_or_default();
    let said = parameters.last().map(|text| sanitize(text));
    let said = said.as_deref().unwrap_or_default().trim_end_matches('.');
    match Reply::from_number(number) {
        Some(Reply::NicknameInUse) if parameters.len() < 2 || says_in_use(said) => {
            format!("The nick {about} is in use. Choose another with /nick NAME.")
        }
        Some(Reply::NicknameInUse) => {
            let said = as_cause(said);
            format!("The nick {about} is not available: {said}. Choose another with /nick NAME.")
        }
        Some(Reply::ErroneousNickname) => format!(
            "\"{about}\" is not a valid nick on this server: {said}. Use letters, digits, - and _, \
             and begin with a letter."
        ),
        // To leave a room, it is no use to join it.
        Some(Reply::NoSuchNick | Reply::NoSuchChannel | Reply::NotOnChannel)
            if room == Some(RoomStanding::Leaving) =>
        {
            format!("You are not in {about}. /rooms lists your rooms.")
        }
        Some(Reply::NoSuchNick) if room.is_none() => {
            format!("There is no user {about}. /names lists who is here.")
        }
        Some(Reply::NoSuchNick | Reply::NoSuchChannel) => {
            format!("There is no room {about}. /join {about} creates it.")
        }
        Some(Reply::CannotSendToChan) => cannot_send(&about, said, room),
        Some(Reply::NotOnChannel) => format!("You are not in {about}. /join {about} joins it."),
        Some(Reply::ChannelIsFull) => {
            format!("Cannot join {about}: it is full (+l). Try again later.")
        }
        Some(Reply::InviteOnlyChan) => format!(
            "Cannot join {about}: it is invite-only (+i). Ask an operator of the room to invite you."
        ),
        Some(Reply::BannedFromChan) => format!(
            "Cannot join {about}: you are banned (+b). Ask an operator of the room to lift the ban."
        ),
        Some(Reply::BadChannelKey) => format!(
            "Cannot join {about}: the key is missing or wrong (+k). /join {about} KEY joins it with a \
             key."
        ),
        Some(Reply::TooManyChannels) => {
            format!("Cannot join {about}: you are in too many rooms. /part leaves one.")
        }
        Some(Reply::ChanOpPrivsNeeded) => {
            format!("Only an operator of {about} may do that: {said}.")
        }
        Some(Reply::BadChanMask) => format!("\"{about}\" is not a valid room name: {said}."),
        Some(Reply::InputTooLong) => "The line is too long. Send it as two lines.".to_owned(),
        Some(Reply::PasswdMismatch) => "Password missing or incorrect.".to_owned(),
        Some(Reply::UnknownCommand) => {
            format!("The server does not know the command {about}. /help lists those of chatroom.")
        }
        _ => refused(parameters, said),
    }
}

/// A message that a room does not accept. Servers name the mode that is the reason in their text.
fn cannot_send(room: &str, said: &str, standing: Option<RoomStanding>) -> String {
    let has = |mode: &str| said.contains(mode);
    if has("+m") {
        format!(
            "Cannot send to {room}: it is moderated (+m) and you have no voice. Ask an operator of the \
             room for voice."
        )
    } else if has("+b") {
        format!(
            "Cannot send to {room}: you are banned or muted there (+b). Ask an operator of the room to \
             lift that."
        )
    } else if has("+n") || standing == Some(RoomStanding::NotMember) {
        format!("Cannot send to {room}: you are not in it. /join {room} joins it.")
    } else if has("+C") {
        format!("Cannot send to {room}: CTCP is not allowed there (+C). Send it as text.")
    } else {
        format!("Cannot send to {room}: the server does not allow it ({said}).")
    }
}

/// The sentence for any other refusal: the parameters, and after a colon the text of the server.
fn refused(parameters: &[String], said: &str) -> String {
    let about = parameters.split_last().map_or(&[][..], |(_, about)| about);
    let about: Vec<String> = about.iter().map(|text| sanitize_name(text)).collect();
    let about = match about.as_slice() {
        [] => "the request".to_owned(),
        about => about.join(" "),
    };
    match said {
        "" => format!("The server refused {about}."),
        said => format!("The server refused {about}: {said}."),
    }
}

/// The sentence for an answer that has no event of its own, not sanitized; `None` for an answer that
/// no command asks for. `parameters` are those after the user's own nick.
pub fn reply(number: u16, parameters: &[&str]) -> Option<String> {
    Some(match (Reply::from_number(number), parameters) {
        // Servers send it with the modes of a room.
        (Some(Reply::CreationTime), _) => return None,
        (Some(Reply::Inviting), [nick, room, ..]) => format!("{nick} was invited to {room}."),
        (Some(Reply::BanList), [room, mask, by @ ..]) => {
            let by = by.first().map(|by| format!(", by {by}"));
            format!("{mask} is banned from {room}{}.", by.unwrap_or_default())
        }
        (Some(Reply::LoggedIn), [_, account, ..]) => {
            format!("You are logged in to the account {account}.")
        }
        (Some(Reply::LoggedOut), _) => "You are logged out.".to_owned(),
        (Some(Reply::EndOfBanList), [room, ..]) => format!("{room} has no bans."),
        _ if parameters.is_empty() => return None,
        _ => parameters.join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parameters: &[&str]) -> Vec<String> {
        parameters.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_login_and_a_logout_are_one_sentence_each() {
        let mask = "ann!~ann@host";
        let login = reply(900, &[mask, "ann", "You are now logged in as ann"]);
        assert_eq!(login.unwrap(), "You are logged in to the account ann.");
        let logout = reply(901, &[mask, "You are now logged out"]);
        assert_eq!(logout.unwrap(), "You are logged out.");
    }

    fn words(number: u16, parameters: &[&str], room: Option<RoomStanding>) -> String {
        error(number, &texts(parameters), room)
    }

    #[test]
    fn a_refusal_says_what_happened_and_what_to_do() {
        let (member, outside) = (Some(RoomStanding::Member), Some(RoomStanding::NotMember));
        for (number, parameters, room, sentence) in [
            (
                433,
                &["bob", "Nickname is already in use"],
                None,
                "The nick bob is in use. Choose another with /nick NAME.",
            ),
            (
                401,
                &["bob", "No such nick/channel"],
                None,
                "There is no user bob. /names lists who is here.",
            ),
            // Only the session knows which names are rooms.
            (
                401,
                &["!ab", "No such nick/channel"],
                outside,
                "There is no room !ab. /join !ab creates it.",
            ),
            (
                442,
                &["#a", "x"],
                outside,
                "You are not in #a. /join #a joins it.",
            ),
            (
                404,
                &["#mod", "Cannot send to channel (+m): no voice"],
                member,
                "Cannot send to #mod: it is moderated (+m) and you have no voice. Ask an operator of \
                 the room for voice.",
            ),
            (
                404,
                &["#a", "Cannot send to channel (+b)"],
                member,
                "Cannot send to #a: you are banned or muted there (+b). Ask an operator of the room to \
                 lift that.",
            ),
            (
                404,
                &["#a", "Cannot send to channel"],
                outside,
                "Cannot send to #a: you are not in it. /join #a joins it.",
            ),
            (
                404,
                &["#a", "Cannot send to channel."],
                member,
                "Cannot send to #a: the server does not allow it (Cannot send to channel).",
            ),
            (
                473,
                &["#inv", "Cannot join channel (+i)"],
                outside,
                "Cannot join #inv: it is invite-only (+i). Ask an operator of the room to invite you.",
            ),
            (
                464,
                &["Password incorrect"],
                None,
                "Password missing or incorrect.",
            ),
            (
                461,
                &["MODE", "Not enough parameters"],
                None,
                "The server refused MODE: Not enough parameters.",
            ),
        ] as [(u16, &[&str], _, &str); 11]
        {
            assert_eq!(words(number, parameters, room), sentence);
        }
    }

    #[test]
    fn a_room_that_cannot_be_left_is_not_offered() {
        let parameters = texts(&["#nope", "No such channel"]);
        let leaving = Some(RoomStanding::Leaving);
        assert_eq!(
            error_with_command(403, &parameters, leaving, Some("/part #nope")),
            "You are not in #nope. /rooms lists your rooms. Not done: /part #nope"
        );
        let outside = Some(RoomStanding::NotMember);
        let text = error_with_command(403, &parameters, outside, Some("/topic #nope x"));
        assert!(text.contains("/join #nope"), "{text}");
    }

    #[test]
    fn a_refused_join_is_reported_once() {
        for number in [405, 471, 473, 474, 475] {
            let parameters = texts(&["#a", "Cannot join channel"]);
            let text = error_with_command(number, &parameters, None, Some("/join #a secret"));
            assert!(text.starts_with("Cannot join #a: "), "{text}");
            assert!(!text.contains("Not done"), "{text}");
        }
    }

    #[test]
    fn an_unknown_or_broken_refusal_is_shown_as_it_is() {
        assert_eq!(
            words(499, &["#a", "no \x1b[2J way"], None),
            "The server refused #a: no ^[[2J way."
        );
        assert_eq!(words(499, &[], None), "The server refused the request.");
        for number in 400..600 {
            for count in 0..4 {
                let parameters = vec!["x"; count];
                let text = words(number, &parameters, None);
                assert!(text.ends_with('.'), "{text}");
            }
        }
    }
}
