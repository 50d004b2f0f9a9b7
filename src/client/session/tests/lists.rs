//! Lists that were asked for, and refusals beside them.

use super::*;

fn people(events: &[Event]) -> Vec<(&str, Vec<&str>)> {
    let lists = events.iter().filter_map(|event| match event {
        Event::Who { room, people, .. } => Some((room.as_str(), people)),
        _ => None,
    });
    lists
        .map(|(room, people)| {
            let nicks = people.iter().map(|person| person.nick.as_str());
            (room, nicks.collect())
        })
        .collect()
}

fn receive_list(played: &mut Played, room: &str, nicks: &[&str]) {
    for nick in nicks {
        played.receive(&format!(":s 352 alice {room} u h s {nick} H :0 x"));
    }
    played.receive(&format!(":s 315 alice {room} :End"));
}

#[test]
fn only_a_person_of_the_list_can_be_missing_from_it_unsaid() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    receive_list(&mut played, "#lobby", &["alice", "bob"]);
    played.take();
    played.type_line("@absent psst");
    played.receive(":s 401 alice absent :No such nick");
    assert!(
        played.events().iter().any(
            |event| matches!(event, Event::Refused { text: Some(text), .. } if text == "psst")
        )
    );
    // One of them has left meanwhile.
    played.receive(":s 401 alice bob :No such nick");
    played.receive(":s 318 alice bob :End");
    played.receive(":s 318 alice alice :End");
    let events = played.events();
    assert_eq!(people(&events), [("#lobby", vec!["alice", "bob"])]);
    assert_eq!(events.len(), 1, "{events:?}");
    played.receive(":s 401 alice bob :No such nick");
    assert!(matches!(&played.events()[..], [Event::Refused { .. }]));
}

#[test]
fn details_that_do_not_come_are_not_waited_for() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    receive_list(&mut played, "#lobby", &["alice", "bob"]);
    played.take();
    assert!(played.session.next_deadline() <= Some(Duration::from_secs(10)));
    played.wait(10);
    assert_eq!(people(&played.events()), [("#lobby", vec!["alice", "bob"])]);

    played.type_line("/who");
    receive_list(&mut played, "#lobby", &["alice", "bob"]);
    played.receive(":s 263 alice WHOIS :Please wait a while and try again.");
    let events = played.events();
    assert_eq!(people(&events), [("#lobby", vec!["alice", "bob"])]);
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn two_lists_asked_for_at_once_are_two_lists() {
    let mut played = Played::ready(false);
    played.type_line("/who #q");
    played.type_line("/who");
    receive_list(&mut played, "#q", &["carol"]);
    receive_list(&mut played, "#lobby", &["bob"]);
    played.receive(":s 318 alice carol :End");
    played.receive(":s 318 alice bob :End");
    assert_eq!(
        people(&played.events()),
        [("#q", vec!["carol"]), ("#lobby", vec!["bob"])]
    );
    // A list that no `/who` has asked for is shown, too.
    receive_list(&mut played, "#raw", &["dave"]);
    let events = played.events();
    assert!(
        matches!(&events[0], Event::ServerSaid { text, .. } if text.contains("dave")),
        "{events:?}"
    );
}

#[test]
fn refusals_with_other_numbers_are_refusals() {
    for number in [263, 696, 697, 716, 742, 902, 904] {
        let mut played = Played::ready(true);
        let now = played.now;
        let line = ScriptLine::Typed("/mode +l abc");
        played.session.scripted(1, line, now, &mut played.output);
        played.receive(&format!(":s {number} alice #lobby l abc :No"));
        played.receive(":s PONG s chatroom-line-0");
        assert!(
            matches!(&played.events()[..], [Event::Refused { line: Some(1), .. }]),
            "{number}"
        );
    }
}

#[test]
fn only_a_topic_that_was_asked_for_is_an_answer() {
    let mut played = Played::ready(false);
    let asked = |events: Vec<Event>| {
        let topics = events.into_iter().filter_map(|event| match event {
            Event::Topic { asked, .. } => Some(asked),
            _ => None,
        });
        topics.collect::<Vec<_>>()
    };
    played.type_line("/topic");
    played.type_line("/topic #dev");
    played.receive(":s 442 alice #dev :You are not there");
    played.receive(":s 332 alice #LOBBY :tea");
    played.receive(":s 332 alice #lobby :tea");
    played.receive(":s 331 alice #dev :none");
    assert_eq!(asked(played.events()), [true, false, false]);
}

#[test]
fn a_server_that_can_tell_more_of_each_person_is_asked_for_it() {
    let mut played = Played::ready(false);
    played.receive(":s 005 alice WHOX :are supported by this server");
    played.type_line("/who");
    played.type_line("/who #dev");
    assert_eq!(
        played.lines(),
        ["WHO #lobby %tcnflar,1", "WHO #dev %tcnflar,2"]
    );
    played.receive(":s 354 alice 2 #dev carol G*@ 4000 carola");
    played.receive(":s 354 alice 1 * bob H 0 0");
    played.receive(":s 354 alice 7 #lobby stray H 0 0");
    played.receive(":s 354 alice 2 #dev");
    let stray = played.events();
    assert!(matches!(&stray[..], [Event::ServerSaid { text, .. }] if text.contains("stray")));
    played.receive(":s 315 alice #dev :End");
    played.receive(":s 315 alice #lobby :End");
    assert_eq!(played.lines(), ["WHOIS carol", "WHOIS bob"]);
    played.receive(":s 317 alice carol 4001 1700000000 :idle");
    played.receive(":s 318 alice carol :End");
    played.wait(10);
    let lists: Vec<_> = played
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Who { people, .. } => people.into_iter().next(),
            _ => None,
        })
        .collect();
    let [carol, bob] = &lists[..] else {
        panic!("{lists:?}")
    };
    assert_eq!(carol.account.as_deref(), Some("carola"));
    assert!(carol.operator && carol.away && carol.rank == "@");
    assert_eq!(carol.idle_seconds, Some(4001));
    assert_eq!(carol.since, Some(1_700_000_000));
    assert!(bob.account.is_none() && !bob.operator && !bob.away);
}

#[test]
fn who_in_a_small_room_asks_about_each_person() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    assert_eq!(played.lines(), ["WHO #lobby"]);
    played.receive(":s 352 alice #lobby ~b h s bob G@ :0 Bob");
    played.receive(":s 352 alice #lobby ~a host s alice H :0 Alice");
    played.receive(":s 315 alice #lobby :End");
    assert_eq!(played.lines(), ["WHOIS alice", "WHOIS bob"]);
    played.receive(":s 311 alice alice ~a host * :Alice");
    played.receive(":s 317 alice alice 5 1000 :seconds idle, signon time");
    played.receive(":s 318 alice alice :End");
    played.receive(":s 311 alice bob ~b h * :Bob");
    played.receive(":s 301 alice bob :lunch");
    played.receive(":s 330 alice bob bobby :is logged in as");
    played.receive(":s 317 alice bob 90 900 :seconds idle, signon time");
    played.receive(":s 318 alice bob :End");
    let events = played.events();
    let [Event::Who { room, people, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(room, "#lobby");
    assert_eq!(people[0].nick, "alice");
    assert!(people[0].own && people[0].since == Some(1000));
    assert_eq!(people[1].rank, "@");
    assert_eq!(people[1].away_message.as_deref(), Some("lunch"));
    assert_eq!(people[1].account.as_deref(), Some("bobby"));
    assert_eq!(people[0].account, None);
    assert_eq!(people[1].idle_seconds, Some(90));
}

#[test]
fn whois_says_which_account_a_person_is_logged_in_to() {
    let mut played = Played::ready(false);
    played.type_line("/whois bob");
    played.receive(":s 311 alice bob ~b h * :Bob");
    played.receive(":s 330 alice bob bobby :is logged in as");
    played.receive(":s 671 alice bob :is using a secure connection");
    played.receive(":s 318 alice bob :End");
    let events = played.events();
    let [Event::Whois { details }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(details.account.as_deref(), Some("bobby"));
    assert_eq!(details.more, ["is using a secure connection"]);
}
