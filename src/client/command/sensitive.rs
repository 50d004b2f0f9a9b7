//! Recognizes lines that carry a password, which must not be written to a file.

use std::ops::Range;

use super::{CommandSpec, UserCommand, parse};
use crate::common::suggest::nearest;
use crate::wire::Message;

/// Whether a line carries a password: messages to the services of a network, `/oper`, and the keys
/// of rooms. Aliases in it must be expanded; `last_whisperer` is the recipient of a reply.
///
/// The line is judged by what it does, and if it is not a command, by what it seems to mean.
pub fn carries_password(line: &str, last_whisperer: Option<&str>) -> bool {
    line.split('\n').any(|line| match parse(line) {
        Ok(command) => command_carries_password(&command, last_whisperer),
        Err(_) => attempt_carries_password(line),
    })
}

/// The bytes of a line that are not shown while it is typed: all that follows the words which make it
/// a line with a password. `None` for other lines. Aliases in it must be expanded.
pub(in crate::client) fn secret_part(
    line: &str,
    last_whisperer: Option<&str>,
) -> Option<Range<usize>> {
    // A line with a mistake is not shown only if it is certain to have a password: otherwise the
    // mistake could not be seen.
    let is_hidden = |text: &str| match parse(text) {
        Ok(command) => command_carries_password(&command, last_whisperer),
        Err(_) => is_password_command(text) || names_service(text, 2),
    };
    let mut start = 0;
    for text in line.split('\n') {
        if is_hidden(text) {
            let shown = shown_words(text);
            let mut words = words_with_ends(text);
            // A word that is typed is shown until the next one begins.
            let end = words.nth(shown.saturating_sub(1))?;
            return Some(start + end..line.len());
        }
        start += text.len() + 1;
    }
    None
}

/// How many words of a line with a password are shown: the command, and whom or what it is about.
fn shown_words(line: &str) -> usize {
    let mut words = line.split_whitespace();
    let name = words.next().and_then(|word| word.strip_prefix('/'));
    let name = name.map(|name| CommandSpec::find(name).map_or(name, |command| command.name));
    match name {
        Some("msg" | "notice" | "join" | "ctcp") => 2,
        // The active room is changed if none is named.
        Some("mode") => match words.next() {
            Some(first) if first.starts_with(['+', '-']) => 2,
            _ => 3,
        },
        Some("raw") => {
            let request = words.next().unwrap_or_default().to_ascii_lowercase();
            match request.as_str() {
                "join" | "privmsg" | "notice" => 3,
                "mode" => 4,
                _ => 2,
            }
        }
        _ => 1,
    }
}

/// Where each word of a text ends.
fn words_with_ends(text: &str) -> impl Iterator<Item = usize> {
    let begin = text.as_ptr() as usize;
    text.split_whitespace()
        .map(move |word| word.as_ptr() as usize - begin + word.len())
}

/// Whether a message carries a password.
pub(in crate::client) fn message_carries_password(target: &str, text: &str) -> bool {
    // A single word is a question, such as "help".
    let has_arguments = text.split_whitespace().nth(1).is_some();
    has_arguments && target.split(',').any(is_service)
}

/// Whether a command carries a password; `last_whisperer` is the recipient of a reply.
pub(in crate::client) fn command_carries_password(
    command: &UserCommand,
    last_whisperer: Option<&str>,
) -> bool {
    match command {
        UserCommand::Message { target, text } | UserCommand::Notice { target, text } => {
            message_carries_password(target, text)
        }
        UserCommand::Reply { text } => {
            // Someone else may whisper while the reply is typed.
            last_whisperer.is_some_and(|nick| message_carries_password(nick, text))
                || proves_identity(text)
        }
        UserCommand::Ctcp { target, text, .. } => {
            text.is_some() && target.split(',').any(is_service)
        }
        UserCommand::Join { key, .. } => key.is_some(),
        UserCommand::Oper { .. } | UserCommand::Register { .. } => true,
        UserCommand::Mode { change, .. } => changes_key(change.split_whitespace()),
        UserCommand::Raw { line } => match Message::parse(line) {
            Ok(message) => request_carries_password(&message),
            Err(_) => attempt_carries_password(line),
        },
        _ => false,
    }
}

fn request_carries_password(message: &Message<'_>) -> bool {
    let command = message.command.to_ascii_lowercase();
    let parameters = || message.parameters.iter().copied();
    match command.as_str() {
        "pass" | "oper" | "authenticate" | "register" => true,
        "join" => parameters().nth(1).is_some(),
        "mode" => changes_key(parameters().skip(1)),
        "privmsg" | "notice" | "squery" | "cprivmsg" | "cnotice" => {
            let text = parameters().last().unwrap_or_default();
            parameters()
                .next()
                .is_some_and(|to| message_carries_password(to, text))
        }
        _ => is_service_shortcut(&command),
    }
}

/// Whether a text begins as one does that proves to a service who the user is.
fn proves_identity(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let command = words.next().unwrap_or_default().to_ascii_lowercase();
    let proves = ["identify", "sidentify", "ghost", "regain"].contains(&command.as_str());
    proves && words.next().is_some()
}

/// Whether a mode change sets or removes the key of a room: the letters, then their arguments.
fn changes_key<'a>(mut change: impl Iterator<Item = &'a str>) -> bool {
    change.next().is_some_and(|letters| letters.contains('k')) && change.next().is_some()
}

/// Whether a line that is not a command seems to be meant for a service, or as a command that takes a
/// password.
fn attempt_carries_password(line: &str) -> bool {
    is_password_command(line) || names_service(line, 1) || is_misspelled_password_command(line)
}

/// The commands that take a password, here or in other programs.
const PASSWORD_COMMANDS: [&str; 6] = ["pass", "oper", "identify", "login", "auth", "register"];

/// Whether a line begins with a word that is close to a command that takes a password.
fn is_misspelled_password_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let name = words.next().and_then(|word| word.strip_prefix('/'));
    let near =
        name.and_then(|name| nearest(&name.to_ascii_lowercase(), PASSWORD_COMMANDS.into_iter()));
    near.is_some() && words.next().is_some()
}

/// Whether a line begins with a command that takes a password.
fn is_password_command(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let command = first.strip_prefix('/').map(str::to_ascii_lowercase);
    command.is_some_and(|name| {
        PASSWORD_COMMANDS.contains(&name.as_str()) || is_service_shortcut(&name)
    })
}

/// Whether a line of several words names a service by a name of at least `bytes_min` bytes.
fn names_service(line: &str, bytes_min: usize) -> bool {
    let mut names = line.split(|c: char| c.is_whitespace() || c == ',');
    line.split_whitespace().nth(1).is_some()
        && names
            .any(|name| name.len() >= bytes_min && is_service(name.trim_start_matches(['@', '/'])))
}

/// Whether a command with this name is short for a message to a service.
fn is_service_shortcut(name: &str) -> bool {
    ["ns", "cs", "as", "us", "ms", "hs", "os", "bs"].contains(&name) || is_service(name)
}

/// Whether a name is that of a service, not of a person.
pub(in crate::client) fn is_service(name: &str) -> bool {
    let nick = name.split(['@', '!']).next().unwrap_or(name);
    let nick = nick.trim_end_matches([':', ',']).to_ascii_lowercase();
    // Bouncers give their own services names that begin with a star.
    nick.ends_with("serv") || nick == "q" || nick == "x" || nick.starts_with('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_passwords_are_known() {
        for line in [
            "/msg NickServ identify hunter2",
            "/notice nickserv identify hunter2",
            "@nickserv IDENTIFY hunter2",
            " @NickServ: identify hunter2",
            "/msg NickServ@services.example identify hunter2",
            "/msg x@channels.undernet.org login user hunter2",
            "@Q auth user hunter2",
            "/msg *status jump hunter2",
            "/r identify hunter2",
            "/raw PASS x",
            "/raw oper root x",
            "/raw AUTHENTICATE abc",
            "/raw :x PRIVMSG NickServ :identify hunter2",
            "/raw PRIVMSG bob,NickServ :identify hunter2",
            "/raw NS identify hunter2",
            "/raw JOIN #a key",
            "/raw MODE #a +k key",
            "/oper root x",
            "/opr root x",
            "/Opper root x",
            "/regster hunter2",
            "/register hunter2",
            "/register a@b.example hunter2",
            "/raw REGISTER * * hunter2",
            "/ns identify hunter2",
            "/nickserv identify hunter2",
            "/join #a key",
            "/mode #a +k key",
            "/mode +k key",
            "/mode +lk 5 key",
            "/ctcp NickServ identify hunter2",
            "@NickServ,bob identify hunter2",
            "hello\n/msg NickServ identify hunter2",
        ] {
            assert!(carries_password(line, Some("NickServ")), "{line}");
        }
    }

    #[test]
    fn a_reply_with_a_password_is_secret_whatever_was_whispered_meanwhile() {
        assert!(carries_password("/r identify hunter2", Some("bob")));
        assert!(carries_password("/reply IDENTIFY alice hunter2", None));
        assert!(!carries_password("/r identify", Some("bob")));
    }

    #[test]
    fn what_follows_the_command_of_a_password_is_not_shown() {
        for (line, shown) in [
            ("/oper root x", "/oper"),
            ("/oper", "/oper"),
            ("/register a@b.example hunter2", "/register"),
            ("/msg NickServ identify hunter2", "/msg NickServ"),
            ("/query NickServ identify x", "/query NickServ"),
            ("@Q auth user hunter2", "@Q"),
            ("/ns identify hunter2", "/ns"),
            ("/r identify hunter2", "/r"),
            ("/join #a key", "/join #a"),
            ("/mode #a +k key", "/mode #a +k"),
            ("/mode +k key", "/mode +k"),
            ("/mode -k key", "/mode -k"),
            ("/mode +lk 5 key", "/mode +lk"),
            ("/ctcp NickServ identify hunter2", "/ctcp NickServ"),
            ("/raw PASS x", "/raw PASS"),
            ("/raw PRIVMSG NickServ :identify x", "/raw PRIVMSG NickServ"),
            ("hi\n/oper root x", "hi\n/oper"),
        ] {
            let part = secret_part(line, Some("NickServ"));
            assert_eq!(part, Some(shown.len()..line.len()), "{line}");
        }
        assert_eq!(secret_part("/msg bob identify x", None), None);
        assert_eq!(secret_part("hello", None), None);
        // The mistake must be seen.
        assert_eq!(secret_part("/opr root x", None), None);
        assert_eq!(secret_part("/history x", None), None);
    }

    #[test]
    fn other_lines_are_kept() {
        for line in [
            "hello",
            "nickserv identify",
            "/msg bob identify hunter2",
            "/msg NickServ help",
            "@bob id",
            "/r see you then",
            "/pas",
            "/join #a",
            "/mode #a +o bob",
            "/mode +o bob",
            "/ctcp NickServ VERSION",
            "/ctcp bob PING 12",
            "/raw PRIVMSG bob :observe this",
            "/topic the server is back",
            "one\ntwo words",
        ] {
            assert!(!carries_password(line, Some("bob")), "{line}");
        }
    }
}
