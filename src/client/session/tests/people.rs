//! Details of users besides their nicks: accounts, away messages, real names, ranks.

use super::*;
use crate::client::event::{PersonChange, WhoEntry};
use crate::client::session::connection::server_capabilities::Capability;

/// A session in the lobby with bob, on a server that offers this and accepts what is requested.
fn with_offer(offered: &str) -> Played {
    let mut played = Played::new(false);
    played.connect();
    accept(&mut played, offered);
    played.register("alice");
    played.take();
    played
}

/// Offers this, and enables what is requested. Returns the requested names.
fn accept(played: &mut Played, offered: &str) -> String {
    played.receive(&format!(":s CAP * LS :{offered}"));
    let lines = played.lines();
    let request = lines
        .iter()
        .find_map(|line| line.strip_prefix("CAP REQ "))
        .unwrap();
    let request = request.trim_start_matches(':').to_owned();
    played.receive(&format!(":s CAP * ACK :{request}"));
    request
}

/// The rows of `/who`, after this answer of the server.
fn who(played: &mut Played, rows: &[&str]) -> Vec<WhoEntry> {
    played.type_line("/who");
    rows.iter().for_each(|row| played.receive(row));
    played.receive(":s 315 alice #lobby :End");
    played.wait(10);
    let events = played.events();
    let list = events.into_iter().find_map(|event| match event {
        Event::Who { people, .. } => Some(people),
        _ => None,
    });
    list.unwrap()
}

#[test]
fn each_capability_that_the_client_uses_is_requested_where_it_is_offered() {
    let all = "account-notify extended-join away-notify setname chghost multi-prefix invite-notify \
               userhost-in-names extended-monitor cap-notify no-implicit-names";
    let mut played = Played::new(false);
    played.connect();
    let requested = accept(&mut played, &format!("{all} draft/other sasl=PLAIN"));
    let sorted = |list: &str| {
        let mut names: Vec<String> = list.split(' ').map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(sorted(&requested), sorted(all));
    assert_eq!(played.lines(), ["CAP END"]);
    // One of several names of the same capability is enough.
    for offered in [
        "draft/no-implicit-names soju.im/no-implicit-names",
        "draft/no-implicit-names",
    ] {
        let mut played = Played::new(false);
        played.connect();
        assert_eq!(accept(&mut played, offered), "draft/no-implicit-names");
    }
    // A script, and the programs that use it, do not ask for members later.
    let mut played = Played::new(true);
    played.connect();
    assert_eq!(
        accept(&mut played, "no-implicit-names batch setname"),
        "setname"
    );
}

#[test]
fn one_refused_capability_costs_none_of_the_others() {
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s CAP * LS :away-notify setname server-time");
    assert_eq!(
        played.lines()[3],
        "CAP REQ :server-time away-notify setname"
    );
    played.receive(":s CAP * NAK :server-time away-notify setname");
    assert_eq!(
        played.lines(),
        [
            "CAP REQ server-time",
            "CAP REQ away-notify",
            "CAP REQ setname"
        ]
    );
    played.receive(":s CAP * ACK :server-time");
    played.receive(":s CAP * NAK :away-notify");
    assert_eq!(played.lines(), [""; 0]);
    played.receive(":s CAP * ACK :setname");
    assert_eq!(played.lines(), ["CAP END"]);
    let has = |one| played.session.link.capabilities.has(one);
    assert!(has(Capability::Setname) && !has(Capability::AwayNotify));
}

#[test]
fn what_the_server_offers_later_is_requested_then() {
    let mut played = with_offer("cap-notify");
    played.receive(":s CAP alice NEW :away-notify batch labeled-response echo-message other");
    // The ways to confirm lines do not change while some are in flight.
    assert_eq!(played.lines(), ["CAP REQ away-notify"]);
    played.receive(":s CAP alice ACK :away-notify");
    assert_eq!(played.lines(), [""; 0]);
    played.receive(":s CAP alice DEL :away-notify");
    played.receive(":s CAP alice NEW :away-notify");
    assert_eq!(played.lines(), ["CAP REQ away-notify"]);
    played.receive(":s CAP alice NAK :away-notify");
    assert_eq!(played.lines(), [""; 0]);
}

#[test]
fn accounts_real_names_and_away_messages_are_known_to_who_and_whois() {
    let mut played = with_offer("extended-join account-notify away-notify setname");
    played.receive(":carol!c@h JOIN #lobby carola :Carol C");
    played.receive(":dan!d@h JOIN #lobby * :Dan");
    let events = played.events();
    let accounts = events.iter().filter_map(|event| match event {
        Event::Joined { account, .. } => Some(account.as_deref()),
        _ => None,
    });
    assert_eq!(accounts.collect::<Vec<_>>(), [Some("carola"), None]);
    played.receive(":dan!d@h ACCOUNT dan2");
    played.receive(":carol!c@h AWAY :lunch");
    played.receive(":dan!d@h NICK dave");
    let rows = [
        ":s 352 alice #lobby c h s carol G :0 Carol C",
        ":s 352 alice #lobby d h s dave H :0 Dan",
        ":s 352 alice #lobby b h s bob H :0 ",
    ];
    let people = who(&mut played, &rows);
    let shown = people.iter().map(|one| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{} {} {} {}",
            one.nick,
            text(&one.account),
            text(&one.away_message),
            text(&one.real_name)
        )
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["bob   ", "carol carola lunch Carol C", "dave dan2  Dan"]
    );
    let account = |played: &mut Played, nick: &str| {
        played.type_line(&format!("/whois {nick}"));
        played.receive(&format!(":s 311 alice {nick} u h * :Name"));
        played.receive(&format!(":s 318 alice {nick} :End"));
        match &played.events()[..] {
            [Event::Whois { details }] => details.account.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(account(&mut played, "carol").as_deref(), Some("carola"));
    played.receive(":carol!c@h ACCOUNT *");
    played.take();
    assert_eq!(account(&mut played, "carol"), None);
    // A user who is in no common room any more may change unseen.
    played.receive(":dave!d@h QUIT :bye");
    played.receive(":dave!d@h JOIN #lobby");
    played.take();
    assert_eq!(account(&mut played, "dave"), None);
}

#[test]
fn a_change_of_one_person_is_no_line_in_a_room_and_none_of_ignored_people() {
    let mut played = with_offer("away-notify account-notify chghost setname");
    for line in [
        ":bob!b@h AWAY :lunch",
        ":bob!b@h AWAY",
        ":bob!b@h ACCOUNT bobby",
        ":bob!b@h CHGHOST b cloak",
        ":bob!b@h SETNAME :Bob",
    ] {
        played.receive(line);
    }
    let changes = [
        PersonChange::Away(Some("lunch".into())),
        PersonChange::Away(None),
        PersonChange::Account(Some("bobby".into())),
        PersonChange::Address("b@cloak".into()),
        PersonChange::RealName("Bob".into()),
    ];
    let changes = changes.map(|change| Event::PersonChanged {
        nick: "bob".into(),
        change,
    });
    assert_eq!(played.events(), changes);
    assert!(changes.iter().all(|event| event.room().is_none()));
    played.type_line("/ignore bob");
    played.take();
    played.receive(":bob!b@h AWAY :tea");
    assert_eq!(played.events(), []);
}

#[test]
fn an_away_message_is_said_again_to_someone_who_writes_after_the_return() {
    let mut played = with_offer("away-notify");
    let mut whisper = || {
        played.type_line("@bob hi");
        played.receive(":s 301 alice bob :lunch");
        let events = played.events();
        let said = events
            .iter()
            .filter(|event| matches!(event, Event::Away { .. }));
        let said = said.count();
        played.receive(":bob!b@h AWAY");
        played.take();
        played.receive(":bob!b@h AWAY :lunch");
        played.take();
        said
    };
    assert_eq!([whisper(), whisper()], [1, 1]);
}

#[test]
fn all_ranks_of_a_member_are_known_and_follow_the_modes() {
    let mut played = with_offer("multi-prefix userhost-in-names");
    played.receive(":s 005 alice PREFIX=(ov)@+ CHANMODES=b,k,l,imn :are supported");
    played.type_line("/names");
    played.receive(":s 353 alice = #lobby :@alice!a@h @+bob!b@h +carol!c@[::1] dan");
    played.receive(":s 366 alice #lobby :End");
    let names = Event::Names {
        room: "#lobby".into(),
        nicks: ["@alice", "@+bob", "+carol", "dan"]
            .map(str::to_owned)
            .into(),
    };
    assert_eq!(played.events(), [names]);
    let ranks = |played: &mut Played| {
        // As servers without the capability answer: the highest rank only.
        let people = who(
            played,
            &[
                ":s 352 alice #lobby b h s bob H@ :0 B",
                ":s 352 alice #lobby c h s carol H+ :0 C",
            ],
        );
        let ranks = people.into_iter().map(|one| one.rank);
        ranks.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ranks(&mut played), "@+ +");
    played.receive(":s MODE #lobby -v+k-o bob key carol");
    assert_eq!(ranks(&mut played), "@ +");
    played.receive(":s MODE #lobby +v bob");
    played.receive(":s MODE #lobby +vv bob eve");
    assert_eq!(ranks(&mut played), "@+ +");
    let address = |nick| played.session.rooms.person(nick)?.address.clone();
    assert_eq!(address("carol").as_deref(), Some("c@[::1]"));
    assert_eq!(address("dan"), None);
}

#[test]
fn an_invitation_of_another_person_is_none_of_the_user() {
    let mut played = with_offer("invite-notify");
    played.receive(":bob!b@h INVITE carol #lobby");
    played.receive(":bob!b@h INVITE ALICE #dev");
    played.receive(":alice!a@h INVITE carol #lobby");
    let invited = |room: &str, other: Option<&str>| Event::Invited {
        room: room.to_owned(),
        by: "bob".to_owned(),
        other: other.map(str::to_owned),
    };
    assert_eq!(
        played.events(),
        [invited("#lobby", Some("carol")), invited("#dev", None)]
    );
}

#[test]
fn without_implicit_names_the_members_of_the_active_room_only_are_asked_for() {
    let mut played = Played::new(false);
    played.connect();
    accept(&mut played, "no-implicit-names");
    played.receive(":s 001 alice :Welcome");
    played.receive(":s 422 alice :no MOTD");
    played.take();
    played.receive(":alice!~a@host JOIN #lobby");
    assert_eq!(played.lines(), ["NAMES #lobby"]);
    played.receive(":s 353 alice = #lobby :alice @bob");
    played.receive(":s 366 alice #lobby :End");
    let entered = |room: &str, others: Option<&str>| Event::Entered {
        room: room.to_owned(),
        nick: "alice".to_owned(),
        others: others.map(|nick| vec![nick.to_owned()]),
        first: room == "#lobby",
    };
    assert_eq!(played.events(), [entered("#lobby", Some("bob"))]);
    played.receive(":s PONG s chatroom-settled");
    // A room of the bouncer, or one that an operator has moved the user to.
    played.receive(":alice!~a@host JOIN #dev");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert_eq!(done.events, [entered("#dev", None)]);
    played.type_line("/rooms");
    let events = played.events();
    let counts = match &events[..] {
        [Event::Rooms { rooms }] => rooms.iter().map(|room| room.people).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(counts, [2, 0]);
    let error = played.session.members(Some("#dev")).unwrap_err();
    assert!(error.to_string().contains("until it is the active room"));
    // Its members are needed as soon as the user looks at it, and then asked for once.
    assert!(played.session.show_room("#dev"));
    assert_eq!(played.session.next_deadline(), Some(Duration::ZERO));
    played.wait(0);
    assert_eq!(played.lines(), ["NAMES #dev"]);
    played.wait(0);
    assert_eq!(played.lines(), [""; 0]);
    assert_ne!(played.session.next_deadline(), Some(Duration::ZERO));
    played.receive(":s 353 alice = #dev :alice carol");
    played.receive(":s 366 alice #dev :End");
    assert_eq!(played.events(), []);
    assert_eq!(played.session.names().nicks, ["carol", "bob"]);
    let members = played.session.members(Some("#dev")).unwrap();
    assert_eq!(members, ["alice", "carol"]);
    // After a reconnection nothing is asked for before the rooms are joined again.
    played.lose("gone");
    played.connect();
    played.take();
    played.wait(0);
    assert!(!played.lines().iter().any(|line| line.starts_with("NAMES")));
}
