//! Commands, and what becomes of them.

use super::*;
use crate::client::event::RoomStanding;
use crate::client::event::Unread;

#[test]
fn rooms_count_what_is_unread_and_are_switched_by_name_and_number() {
    let mut played = Played::ready(false);
    played.type_line("/j #dev");
    assert_eq!(played.lines(), ["JOIN #dev"]);
    played.receive(":alice!~a@host JOIN #dev");
    played.receive(":bob!b@h PRIVMSG #lobby :hi");
    played.receive(":bob!b@h PRIVMSG #lobby :Alice: hi");
    played.receive(":bob!b@h PRIVMSG #lobby :malice");
    let unread = played.session.unread();
    assert_eq!((unread.messages, unread.mentions), (3, 1));
    // Numbers are in the order of entering.
    played.type_line("/room 1");
    assert_eq!(played.session.active_room(), Some("#lobby"));
    assert_eq!(played.session.unread(), Unread::default());
    played.type_line("/room dev");
    assert_eq!(played.session.active_room(), Some("#dev"));
    played.take();
    played.type_line("/room nowhere");
    assert!(matches!(
        &played.events()[..],
        [Event::InputRejected { .. }]
    ));
}

#[test]
fn reply_goes_to_the_last_who_whispered_and_ignored_people_are_not_heard() {
    let mut played = Played::ready(false);
    played.type_line("/r hello?");
    assert!(matches!(
        &played.events()[..],
        [Event::InputRejected { .. }]
    ));
    played.receive(":bob!b@h PRIVMSG alice :psst");
    played.take();
    played.type_line("/r yes");
    assert_eq!(played.lines(), ["PRIVMSG bob :yes"]);
    played.type_line("/ignore Bob");
    played.take();
    played.receive(":bob!b@h PRIVMSG alice :again");
    assert_eq!(played.events(), []);
    played.type_line("/unignore bob");
    played.take();
    played.receive(":bob!b@h PRIVMSG alice :again");
    assert_eq!(played.events().len(), 1);
}

#[test]
fn operators_commands_are_written_as_irc_wants_them() {
    let mut played = Played::ready(false);
    for (typed, sent) in [
        ("/kick bob out with you", "KICK #lobby bob :out with you"),
        ("/kick #dev bob", "KICK #dev bob"),
        ("/ban bob", "MODE #lobby +b bob!*@*"),
        ("/unban *!*@host", "MODE #lobby -b *!*@host"),
        ("/op bob carol", "MODE #lobby +oo bob carol"),
        ("/devoice #dev bob", "MODE #dev -v bob"),
        ("/mode", "MODE #lobby"),
        ("/mode +m", "MODE #lobby +m"),
        ("/mode alice +w", "MODE alice +w"),
        ("/invite bob", "INVITE bob #lobby"),
        ("/list >3", "LIST >3"),
        ("/notice bob hi", "NOTICE bob :hi"),
        ("/raw PING x", "PING x"),
        ("/topic", "TOPIC #lobby"),
        ("/topic lobby", "TOPIC #lobby"),
        ("/topic lobby rules", "TOPIC #lobby :lobby rules"),
        ("/topic #lobby two words", "TOPIC #lobby :two words"),
        ("/topic #dev one", "TOPIC #dev :one"),
        ("/topic -delete", "TOPIC #lobby :"),
        ("/quote PING x", "PING x"),
        ("/query bob hi", "PRIVMSG bob :hi"),
        ("/leave lobby see you", "PART #lobby :see you"),
        ("/part dev is closed", "PART #lobby :dev is closed"),
        ("/close", "PART #lobby"),
    ] {
        played.type_line(typed);
        assert_eq!(played.lines(), [sent], "{typed}");
    }
}

#[test]
fn answers_to_commands_are_shown_as_text_and_others_only_with_more_detail() {
    let mut played = Played::ready(false);
    played.receive(":s 341 alice carol #dev");
    played.receive(":s 324 alice #dev +kl x 5");
    played.receive(":s 329 alice #dev 1700000000");
    played.receive(":s 367 alice #dev *!*@evil bob 1700000000");
    played.receive(":s 368 alice #dev :End of channel ban list");
    played.receive(":s 221 alice +i");
    played.receive(":s 391 alice s :Tuesday");
    played.receive(":s 381 alice :You are now an IRC operator");
    let events = played.events();
    let said = events.iter().filter_map(|event| match event {
        Event::ServerSaid { text, .. } => Some(text.clone()),
        Event::Modes { target, modes, .. } => Some(format!("{target} is {modes}")),
        _ => None,
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "carol was invited to #dev.",
            "#dev is +kl x 5",
            "*!*@evil is banned from #dev, by bob.",
            "#dev has no bans.",
            "alice is +i",
            "s Tuesday",
            "You are now an IRC operator"
        ]
    );
    assert!(matches!(&events[2], Event::ServerNotice { .. }));
}

#[test]
fn masks_are_ignored_and_so_are_their_invitations() {
    let mut played = Played::ready(false);
    played.type_line("/ignore *!*@evil");
    played.take();
    played.receive(":bob!b@evil PRIVMSG #lobby :hi");
    played.receive(":bob!b@evil PRIVMSG alice :hi");
    played.receive(":bob!b@evil INVITE alice #trap");
    assert_eq!(played.events(), []);
    played.type_line("/r x");
    assert!(matches!(
        &played.events()[..],
        [Event::InputRejected { .. }]
    ));
    played.type_line("/unignore *!*@EVIL");
    played.take();
    played.receive(":bob!b@evil INVITE alice #trap");
    assert!(matches!(&played.events()[..], [Event::Invited { .. }]));
}

#[test]
fn a_refusal_is_reported_with_its_command() {
    let mut played = Played::ready(false);
    let refused = |played: &mut Played, line: &str| {
        played.receive(line);
        played.events().into_iter().find_map(|event| match event {
            Event::Refused { command, .. } => Some(command),
            _ => None,
        })
    };
    for (typed, answer) in [
        (
            "/topic #dev hello",
            ":s 442 alice #dev :You're not on that channel",
        ),
        (
            "/kick #dev bob",
            ":s 442 alice #dev :You're not on that channel",
        ),
        ("/invite carol", ":s 401 alice carol :No such nick"),
        ("/mode #dev +m", ":s 461 alice MODE :Not enough parameters"),
    ] {
        played.type_line(typed);
        let sent = played.lines_and_fences();
        let command = refused(&mut played, answer);
        assert_eq!(command, Some(Some(typed.to_owned())), "{answer}");
        played.answer_pings(&sent);
    }
    // A refusal of a confirmed command, or of one with a password, quotes no command.
    played.type_line("/topic hello");
    let sent = played.lines_and_fences();
    played.receive(":alice!a@h TOPIC #lobby :hello");
    played.answer_pings(&sent);
    assert_eq!(refused(&mut played, ":s 482 alice #lobby :no"), Some(None));
    played.type_line("/raw OPER root hunter2");
    assert_eq!(refused(&mut played, ":s 461 alice OPER :no"), Some(None));
}

#[test]
fn a_refusal_says_how_the_user_stands_to_the_room() {
    for is_script in [false, true] {
        for (line, refusal, standing) in [
            (
                "hello",
                ":s 404 alice #lobby :Cannot send",
                Some(RoomStanding::Member),
            ),
            (
                "/topic #zzz x",
                ":s 403 alice #zzz :No",
                Some(RoomStanding::NotMember),
            ),
            (
                "/part #zzz",
                ":s 403 alice #zzz :No",
                Some(RoomStanding::Leaving),
            ),
            (
                "/topic #zzz x",
                ":s 403 alice #zzz :No",
                Some(RoomStanding::NotMember),
            ),
            (
                "/topic !zzz x",
                ":s 403 alice !zzz :No",
                Some(RoomStanding::NotMember),
            ),
            ("@zzz x", ":s 401 alice zzz :No", None),
        ] {
            let mut played = Played::ready(is_script);
            played.receive(":s 005 alice CHANTYPES=#! :are supported by this server");
            match is_script {
                true => played.script(&[line]),
                false => played.type_line(line),
            }
            let sent = played.lines_and_fences();
            played.receive(refusal);
            played.answer_pings(&sent);
            let shown = played.events().into_iter().find_map(|event| match event {
                Event::Refused { room, .. } => Some(room),
                _ => None,
            });
            assert_eq!(shown, Some(standing), "{line}, script: {is_script}");
        }
    }
}

#[test]
fn an_operator_by_account_needs_no_password() {
    let mut played = Played::ready(false);
    for (typed, sent) in [
        ("/oper root", "OPER root"),
        ("/oper root hunter2", "OPER root :hunter2"),
        ("/oper root two words", "OPER root :two words"),
    ] {
        played.type_line(typed);
        assert_eq!(played.lines(), [sent]);
        played.take();
    }
}
