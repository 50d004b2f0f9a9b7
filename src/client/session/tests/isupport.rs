//! Servers whose names are other than those of this one.

use super::*;
use crate::client::event::WhoEntry;

/// A session that is in the lobby with bob, on a server that says this of itself.
fn ready(tokens: &str) -> Played {
    let mut played = Played::new(false);
    played.connect();
    played.receive(&format!(
        ":s 005 alice {tokens} :are supported by this server"
    ));
    played.register("alice");
    played.take();
    played
}

fn is_there(played: &Played, nick: &str) -> bool {
    let people = played.session.members(None).unwrap();
    people.iter().any(|person| person == nick)
}

#[test]
fn a_person_is_one_in_every_spelling_that_the_server_takes_for_one() {
    let mut played = ready("CASEMAPPING=rfc1459");
    played.receive(":Al[e]!a@h JOIN #LOBBY");
    assert!(matches!(&played.events()[..], [Event::Joined { room, .. }] if room == "#lobby"));
    assert!(is_there(&played, "Al[e]"));
    played.type_line("@al{e} hi");
    played.take();
    played.receive(":s 401 alice AL[E} :No such nick");
    let refused = played.events().into_iter().find_map(|event| match event {
        Event::Refused { text, .. } => text,
        _ => None,
    });
    assert_eq!(refused.as_deref(), Some("hi"));
    played.type_line("/ignore aL[e}");
    played.take();
    played.receive(":al{e]!a@h PRIVMSG #lobby :unheard");
    assert!(played.events().is_empty());
    played.receive(":AL{E}!a@h QUIT :bye");
    assert!(!is_there(&played, "Al[e]"));
}

#[test]
fn a_room_is_one_in_every_spelling_too() {
    let mut played = ready("CASEMAPPING=strict-rfc1459 CHANTYPES=#");
    played.type_line("/join #a[b]");
    played.take();
    played.receive(":alice!~a@host JOIN #A{B}");
    played.receive(":s 353 alice = #a[b] :alice bob");
    played.receive(":s 366 alice #a{b] :End");
    let entered = played.events();
    assert!(
        matches!(&entered[..], [Event::Entered { room, others, .. }] if room == "#A{B}" && others.as_ref().is_some_and(|others| others.len() == 1))
    );
    assert_eq!(played.session.active_room(), Some("#A{B}"));
    // As the person who speaks has written it; it is shown as the room that it is.
    played.receive(":bob!b@h PRIVMSG #a[B] :hi");
    assert!(matches!(&played.events()[..], [Event::Said { room, .. }] if room == "#A{B}"));
    assert_eq!(played.session.unread().messages, 0);
    played.receive(":s KICK #a{b} ALICE :out");
    assert!(matches!(
        &played.events()[..],
        [Event::Kicked { own: true, .. }]
    ));
    assert_eq!(played.session.active_room(), None);
}

#[test]
fn what_is_known_is_found_again_when_the_server_changes_which_names_are_the_same() {
    let mut played = ready("CASEMAPPING=rfc1459");
    played.receive(":c[d]!c@h JOIN #lobby");
    played.receive(":s 005 alice CASEMAPPING=ascii :are supported by this server");
    played.take();
    assert!(is_there(&played, "c[d]"));
    played.receive(":c{d}!c@h QUIT :another one");
    assert!(is_there(&played, "c[d]"));
    played.receive(":C[D]!c@h QUIT :bye");
    assert!(!is_there(&played, "c[d]"));
    assert_eq!(played.session.active_room(), Some("#lobby"));
    // Another mapping with every line costs no more than that.
    for mapping in ["ascii", "rfc1459", "x"].iter().cycle().take(100) {
        played.receive(&format!(":s 005 alice CASEMAPPING={mapping} :x"));
    }
    assert!(is_there(&played, "bob"));
}

#[test]
fn rooms_have_the_signs_that_the_server_gives_them() {
    let mut played = ready("CHANTYPES=#&+! STATUSMSG=@");
    played.type_line("/join +quiet");
    played.type_line("/join !ABCDEsafe");
    assert_eq!(played.lines(), ["JOIN +quiet", "JOIN !ABCDEsafe"]);
    played.receive(":alice!~a@host JOIN +quiet");
    played.receive(":s 366 alice +quiet :End");
    played.take();
    played.receive(":bob!b@h PRIVMSG +quiet :hi");
    assert!(matches!(&played.events()[..], [Event::Said { room, .. }] if room == "+quiet"));
    played.type_line("/topic +quiet be quiet");
    played.type_line("/part +quiet");
    assert_eq!(played.lines(), ["TOPIC +quiet :be quiet", "PART +quiet"]);

    // Where there are no such rooms, the sign is a letter of the name.
    let mut played = ready("CHANTYPES=#");
    played.type_line("/join +quiet");
    assert_eq!(played.lines(), ["JOIN #+quiet"]);
    played.receive(":bob!b@h PRIVMSG &alice :hi");
    assert!(matches!(&played.events()[..], [Event::Whispered { .. }]));
}

#[test]
fn what_is_said_to_the_operators_of_a_room_is_said_in_that_room() {
    let mut played = ready("PREFIX=(Yov)*@+ STATUSMSG=@+");
    played.type_line("/join #a");
    played.receive(":alice!~a@host JOIN #a");
    played.receive(":s 366 alice #a :End");
    played.take();
    played.receive(":bob!b@h PRIVMSG @#Lobby :alice: psst");
    let received = played.events();
    assert!(
        matches!(&received[..], [Event::Said { room, mention: true, .. }] if room == "@#lobby"),
        "{received:?}"
    );
    let unread = played.session.unread();
    assert_eq!((unread.messages, unread.mentions), (1, 1));
    played.type_line("/msg @#lobby psst yourself");
    assert_eq!(played.lines(), ["PRIVMSG @#lobby :psst yourself"]);
}

#[test]
fn ranks_are_those_of_the_server() {
    let mut played = ready("PREFIX=(Yov)*@+");
    played.receive(":s 353 alice = #lobby :*carol @+dan ~erin +frank!f@h");
    assert!(
        ["carol", "dan", "frank"]
            .iter()
            .all(|nick| is_there(&played, nick))
    );
    assert!(!is_there(&played, "erin"), "~ is no rank here");
    played.type_line("/who");
    played.receive(":s 352 alice #lobby u h s carol G*@ :0 x");
    played.receive(":s 315 alice #lobby :End");
    played.wait(10);
    let people = played.events().into_iter().find_map(|event| match event {
        Event::Who { people, .. } => Some(people),
        _ => None,
    });
    let people: Vec<WhoEntry> = people.unwrap();
    assert_eq!(people[0].rank, "*@");
}

#[test]
fn what_cannot_be_true_of_a_server_does_no_harm() {
    let mut played = ready("CASEMAPPING= CHANTYPES=ab PREFIX=(o)b STATUSMSG=b NICKLEN=-1 = - -=");
    played.receive(":s 005");
    played.receive(":s 005 alice");
    played.receive(&format!(
        ":s 005 alice PREFIX=({0}){1} CHANTYPES={1} :x",
        "o".repeat(200),
        "@".repeat(200)
    ));
    assert!(is_there(&played, "bob"));
    played.receive(":bob!b@h PRIVMSG #lobby :hi");
    assert!(matches!(&played.events()[..], [Event::Said { room, .. }] if room == "#lobby"));
    played.receive(":bob!b@h PRIVMSG alice :hi");
    assert!(matches!(&played.events()[..], [Event::Whispered { .. }]));
}

#[test]
fn others_see_this_person_where_the_server_says() {
    let longest = |played: &Played| played.session.text_bytes_max("#lobby", 0);
    let mut played = ready("NETWORK=x");
    let short = longest(&played);
    let host = "h".repeat(100);
    for line in [
        format!(":s 396 alice {host} :is now your displayed host"),
        format!(":s 396 alice ~a@{host} :is now your displayed host"),
        format!(":alice!~a@host CHGHOST ~a {host}"),
    ] {
        played.receive(&line);
        let around = format!(":alice!~a@{host} PRIVMSG #lobby :\r\n").len();
        assert_eq!(longest(&played), 512 - around, "{line}");
        played.receive(":bob!b@h CHGHOST elsewhere entirely");
        played.receive(":alice!~a@host CHGHOST ~a host");
        assert_eq!(longest(&played), short, "{line}");
    }
    for broken in [
        ":s 396",
        ":s 396 alice",
        ":alice CHGHOST",
        ":alice CHGHOST x",
    ] {
        played.receive(broken);
    }
    assert_eq!(longest(&played), short);
}
