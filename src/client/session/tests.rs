//! Whole conversations of a session, line by line, without a socket.

mod entering;
mod hostile;
mod leaving;
mod lists;
mod naming;
mod pasting;
mod scripts;
mod talk;

use super::*;
use crate::client::event::Manner;

/// A session and what it wants done, with a clock that is moved by hand.
struct Played {
    session: Session,
    now: Moment,
    outbox: Outbox,
}

impl Played {
    fn new(script: bool) -> Self {
        Self::with_rooms(script, &[])
    }

    fn with_rooms(script: bool, rooms: &[&str]) -> Self {
        let session = Session::new(Settings {
            nick: "alice".into(),
            alternatives: Vec::new(),
            user: Some("alice".into()),
            real_name: Some("Alice".into()),
            password: None,
            on_connect: Vec::new(),
            rooms: rooms.iter().map(|room| (*room).to_owned()).collect(),
            script,
            strict: false,
            wait: None,
            time_limit: None,
            log: false,
            ignore: Vec::new(),
            highlight: vec!["deploy".to_owned()],
            aliases: [("j".to_owned(), "/join".to_owned())].into(),
        });
        Self {
            session,
            now: Moment::default(),
            outbox: Outbox::default(),
        }
    }

    /// A session that is in the lobby with bob.
    fn ready(script: bool) -> Self {
        let mut played = Self::new(script);
        played.connect();
        played.let_in("alice");
        played.take();
        played
    }

    fn connect(&mut self) {
        self.session.connected(self.now, &mut self.outbox);
    }

    fn let_in(&mut self, nick: &str) {
        self.hear(&format!(":s 001 {nick} :Welcome {nick}!~a@host"));
        self.hear(&format!(":s 422 {nick} :no MOTD"));
        self.hear(&format!(":{nick}!~a@host JOIN #lobby"));
        self.hear(&format!(":s 353 {nick} = #lobby :{nick} @bob"));
        self.hear(&format!(":s 366 {nick} #lobby :End"));
        self.hear(":s PONG s chatroom-settled");
    }

    fn hear(&mut self, line: &str) {
        let now = self.now;
        self.session
            .received(line.as_bytes(), now, &mut self.outbox);
    }

    fn type_line(&mut self, line: &str) {
        let now = self.now;
        self.session.typed(line, now, &mut self.outbox);
    }

    fn wait(&mut self, seconds: u64) {
        self.now.elapsed += Duration::from_secs(seconds);
        let now = self.now;
        self.session.tick(now, &mut self.outbox);
    }

    fn lose(&mut self, why: &str) {
        let now = self.now;
        self.session.disconnected(why, now, &mut self.outbox);
    }

    /// What was wanted since the last time.
    fn take(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    fn lines(&mut self) -> Vec<String> {
        self.take().lines.lines().map(str::to_owned).collect()
    }

    /// The same without the questions behind what a person says.
    fn lines_but_fences(&mut self) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| !line.starts_with("PING :chatroom-line-"));
        lines
    }

    fn events(&mut self) -> Vec<Event> {
        self.take().events
    }
}

#[test]
fn registering_introduces_and_enters_the_lobby() {
    let mut played = Played::new(false);
    played.connect();
    assert_eq!(
        played.lines(),
        ["CAP LS 302", "NICK alice", "USER alice 0 * :Alice"]
    );
    played.let_in("alice");
    let done = played.take();
    assert_eq!(done.lines, "PING :chatroom-settled\r\n");
    assert_eq!(
        done.events,
        [Event::Entered {
            room: "#lobby".into(),
            nick: "alice".into(),
            others: vec!["bob".into()],
            first: true
        }]
    );
    assert!(played.session.is_ready());
    assert_eq!(played.session.active_room(), Some("#lobby"));
}

#[test]
fn text_goes_to_the_active_room_and_a_whisper_to_one_person() {
    let mut played = Played::ready(false);
    played.type_line("hello");
    played.type_line("@bob psst");
    played.type_line("/me waves");
    played.type_line("//slash");
    assert_eq!(
        played.lines_but_fences(),
        [
            "PRIVMSG #lobby :hello",
            "PRIVMSG bob :psst",
            "PRIVMSG #lobby :\x01ACTION waves\x01",
            "PRIVMSG #lobby :/slash"
        ]
    );
}

#[test]
fn wrong_input_sends_nothing() {
    let mut played = Played::ready(false);
    played.type_line("/quti");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert_eq!(
        done.events,
        [Event::Unsendable {
            words: "no command /quti; did you mean /quit?".into(),
            line: None
        }]
    );
}

#[test]
fn a_pasted_text_goes_out_line_by_line_to_one_place_and_is_never_a_command() {
    let mut played = Played::ready(false);
    played.type_line("one\n\n/quit\n@carol x\n");
    assert_eq!(
        played.lines_but_fences(),
        [
            "PRIVMSG #lobby :one",
            "PRIVMSG #lobby :/quit",
            "PRIVMSG #lobby :@carol x"
        ]
    );
    let mut played = Played::ready(false);
    played.type_line("@bob one\ntwo");
    assert_eq!(
        played.lines_but_fences(),
        ["PRIVMSG bob :one", "PRIVMSG bob :two"]
    );
    played.type_line("/nick x\ntwo");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert_eq!(done.events.len(), 1);
}

#[test]
fn a_long_text_is_split_between_words_and_every_piece_fits_as_relayed() {
    let mut played = Played::ready(false);
    let text = "wörd ".repeat(250);
    played.type_line(text.trim_end());
    let lines = played.lines_but_fences();
    assert!(lines.len() > 3);
    let mut joined = Vec::new();
    for line in &lines {
        let relayed = format!(":alice!~a@host {line}\r\n");
        assert!(relayed.len() <= 512, "{} bytes", relayed.len());
        joined.push(line.strip_prefix("PRIVMSG #lobby :").unwrap());
    }
    assert_eq!(joined.join(" "), text.trim_end());
}

// A78.
#[test]
fn a_text_without_spaces_is_split_between_characters() {
    let text = "日".repeat(400);
    let pieces = typed::split(&text, 400);
    assert!(pieces.iter().all(|piece| piece.len() <= 400));
    assert_eq!(pieces.concat(), text);
    assert_eq!(typed::split("", 10), [""]);
    assert_eq!(typed::split("1234567890", 10), ["1234567890"]);
    assert_eq!(typed::split("1234567890 1", 10), ["1234567890", "1"]);
}

#[test]
fn a_taken_nick_asks_again_and_ends_a_script() {
    let mut played = Played::new(false);
    played.connect();
    played.hear(":s 433 * alice :Nickname is already in use");
    let asked = Order::AskNick {
        nick: "alice".into(),
        why: "it is taken".into(),
    };
    assert_eq!(played.take().orders, [asked]);
    let now = played.now;
    played.session.answer_nick("carol", now, &mut played.outbox);
    assert_eq!(played.lines(), ["NICK carol"]);
    played.let_in("carol");
    assert_eq!(played.session.nick(), "carol");

    let mut played = Played::new(true);
    played.connect();
    played.hear(":s 433 * alice :Nickname is already in use");
    let refused = Outcome::NickRefused {
        nick: "alice".into(),
        why: "it is taken".into(),
    };
    assert_eq!(played.take().orders, [Order::End(refused)]);
}

#[test]
fn alternatives_are_tried_before_anybody_is_asked() {
    let mut played = Played::new(false);
    played.session.settings.alternatives = vec!["ali".into(), "al".into()];
    played.connect();
    played.take();
    for another in ["ali", "al"] {
        played.hear(":s 433 * alice :Nickname is already in use");
        assert_eq!(played.lines(), [format!("NICK {another}")]);
    }
    played.hear(":s 433 * al :Nickname is already in use");
    assert!(matches!(&played.take().orders[..], [Order::AskNick { nick, .. }] if nick == "al"));
}

#[test]
fn a_question_that_outlasts_the_servers_patience_connects_again() {
    let mut played = Played::new(false);
    played.connect();
    played.hear(":s 433 * alice :Nickname is already in use");
    played.lose("closed");
    assert_eq!(played.take().orders.len(), 1, "only the question");
    let now = played.now;
    played.session.answer_nick("carol", now, &mut played.outbox);
    let after = Duration::ZERO;
    assert_eq!(played.take().orders, [Order::Reconnect { after }]);
    played.connect();
    assert_eq!(played.lines()[1], "NICK carol");
}

// A70.
#[test]
fn a_lost_server_is_tried_again_with_growing_waits_and_rooms_and_nick_are_taken_back() {
    let mut played = Played::ready(false);
    played.type_line("/join #dev");
    played.hear(":alice!~a@host JOIN #dev");
    played.hear(":s 353 alice = #dev :alice");
    played.hear(":s 366 alice #dev :End");
    played.take();
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        played.lose("connection reset");
        let after = Duration::from_secs(seconds);
        assert_eq!(played.take().orders, [Order::Reconnect { after }]);
    }
    played.connect();
    played.take();
    // The lost connection still holds the nick.
    played.hear(":s 433 * alice :in use");
    assert_eq!(played.lines(), ["NICK alice_"]);
    played.hear(":s 001 alice_ :Welcome");
    played.hear(":s 422 alice_ :no MOTD");
    assert_eq!(
        played.lines(),
        ["JOIN #lobby", "JOIN #dev", "PING :chatroom-settled"]
    );
    for room in ["#lobby", "#dev"] {
        played.hear(&format!(":alice_!~a@host JOIN {room}"));
        played.hear(&format!(":s 353 alice_ = {room} :alice_ alice"));
        played.hear(&format!(":s 366 alice_ {room} :End"));
    }
    played.hear(":s PONG s chatroom-settled");
    let regaining = ["NICK alice", "PING :chatroom-nick"];
    assert_eq!(played.lines(), regaining);
    assert_eq!(played.session.active_room(), Some("#dev"));
    // Still taken: that is no news. Free a moment later: taken at once.
    played.hear(":s 433 alice_ alice :in use");
    assert_eq!(played.events(), []);
    played.hear(":alice!~a@host QUIT :Ping timeout");
    assert_eq!(played.lines(), regaining);
    played.hear(":alice_!~a@host NICK alice");
    assert_eq!(played.session.nick(), "alice");
    assert_eq!(played.session.regain_at, None);
}

#[test]
fn what_is_typed_while_the_server_is_gone_goes_out_once_in_order_and_where_it_was_typed() {
    let mut played = Played::ready(false);
    played.lose("connection reset");
    played.take();
    played.type_line("one");
    played.type_line("@bob two");
    played.type_line("/nick other");
    let events = played.events();
    assert!(matches!(events[1], Event::Unsendable { .. }));
    played.connect();
    played.take();
    played.let_in("alice");
    assert_eq!(
        played.lines_but_fences(),
        [
            "JOIN #lobby",
            "PING :chatroom-settled",
            "PRIVMSG #lobby :one",
            "PRIVMSG bob :two"
        ]
    );
}

// A71.
#[test]
fn silence_is_asked_about_and_then_taken_for_death() {
    let mut played = Played::ready(false);
    assert_eq!(
        played.session.next_deadline(),
        Some(Duration::from_secs(30))
    );
    played.wait(30);
    assert_eq!(played.lines(), ["PING :chatroom-alive"]);
    played.wait(29);
    assert_eq!(played.take().orders, []);
    played.wait(1);
    assert_eq!(played.take().orders, [Order::Close]);
}

#[test]
fn a_ping_is_answered_with_its_token() {
    let mut played = Played::ready(false);
    played.hear("PING :a b");
    assert_eq!(played.lines(), ["PONG :a b"]);
}

#[test]
fn quitting_waits_for_the_server_but_not_for_ever() {
    let mut played = Played::ready(false);
    played.type_line("/quit see you");
    assert_eq!(played.lines(), ["QUIT :see you"]);
    played.lose("closed");
    assert_eq!(played.take().orders, [Order::End(Outcome::Done)]);

    let mut played = Played::ready(false);
    played.type_line("/quit");
    assert_eq!(played.lines(), ["QUIT"]);
    played.wait(1);
    assert_eq!(played.take().orders, [Order::End(Outcome::Done)]);
}

#[test]
fn a_nick_that_looks_like_another_is_pointed_out() {
    let mut played = Played::ready(false);
    played.hear(":b0b!x@h JOIN #lobby");
    played.hear(":carol!x@h JOIN #lobby");
    played.hear(":carol!x@h NICK a1ice");
    let events = played.events();
    let alike: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::LooksLike { nick, other } => Some((nick.as_str(), other.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(alike, [("b0b", "bob"), ("a1ice", "alice")]);
}

#[test]
fn rooms_count_what_is_unread_and_are_switched_by_name_and_number() {
    let mut played = Played::ready(false);
    played.type_line("/j #dev");
    assert_eq!(played.lines(), ["JOIN #dev"]);
    played.hear(":alice!~a@host JOIN #dev");
    played.hear(":bob!b@h PRIVMSG #lobby :hi");
    played.hear(":bob!b@h PRIVMSG #lobby :Alice: hi");
    played.hear(":bob!b@h PRIVMSG #lobby :malice");
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
    assert!(matches!(&played.events()[..], [Event::Unsendable { .. }]));
}

#[test]
fn reply_goes_to_the_last_who_whispered_and_ignored_people_are_not_heard() {
    let mut played = Played::ready(false);
    played.type_line("/r hello?");
    assert!(matches!(&played.events()[..], [Event::Unsendable { .. }]));
    played.hear(":bob!b@h PRIVMSG alice :psst");
    played.take();
    played.type_line("/r yes");
    assert_eq!(played.lines_but_fences(), ["PRIVMSG bob :yes"]);
    played.type_line("/ignore Bob");
    played.take();
    played.hear(":bob!b@h PRIVMSG alice :again");
    assert_eq!(played.events(), []);
    played.type_line("/unignore bob");
    played.take();
    played.hear(":bob!b@h PRIVMSG alice :again");
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
        assert_eq!(played.lines_but_fences(), [sent], "{typed}");
    }
}

#[test]
fn a_line_is_judged_while_it_is_typed() {
    let played = Played::ready(false);
    let judge = |line: &str| played.session.judge(line);
    let part = |line: &str| judge(line).parts.first().cloned();
    assert_eq!(part("/who"), Some((0..4, Part::Command)));
    assert_eq!(part("/j #a"), Some((0..2, Part::Command)), "an alias");
    assert_eq!(part("/wh"), None, "may become something");
    assert_eq!(part("/wh x"), Some((0..3, Part::Refused)));
    assert_eq!(part("@bob hi"), Some((0..4, Part::Nick)));
    assert_eq!(part("bob: hi"), Some((0..3, Part::Nick)));
    assert_eq!(part("zoe: hi"), None);
    assert_eq!(part("ask bob, please"), Some((4..7, Part::Nick)));
    assert_eq!(
        judge("/msg bob hi").parts,
        [(0..4, Part::Command), (5..8, Part::Nick)]
    );
    assert_eq!(judge("hi").note, None);
    let note = |line: &str| judge(line).note.unwrap();
    assert_eq!(
        note("a\nb\n"),
        "2 messages to #lobby: Enter sends, Esc drops"
    );
    assert_eq!(
        note("@bob a\nb"),
        "2 messages to bob: Enter sends, Esc drops"
    );
    assert_eq!(note(&"word ".repeat(150)), "goes out in 2 lines");
}

#[test]
fn what_would_be_refused_is_marked_once_it_cannot_become_right() {
    let played = Played::ready(false);
    let refused = |line: &str| {
        let parts = played.session.judge(line).parts;
        let refused = parts.into_iter().find(|(_, part)| *part == Part::Refused);
        refused.map(|(range, _)| line[range].to_owned())
    };
    for (line, word) in [
        ("/frob", "/frob"),
        ("/nick #x", "#x"),
        ("/nick a b", "b"),
        ("/join a,b", "a,b"),
        ("@a,b hi", "a,b"),
        ("/op bob c,d", "c,d"),
        ("/history x", "x"),
        ("/room 9", "9"),
        ("/room #zzz", "#zzz"),
        ("/set frob", "frob"),
        ("/set bell loud", "loud"),
        ("/help frob", "frob"),
        ("/rooms now", "now"),
    ] {
        assert_eq!(refused(line).as_deref(), Some(word), "{line}");
    }
    for line in [
        "/",
        "/hist",
        "/join #",
        "/kick",
        "/msg",
        "/set be",
        "/set bell m",
        "/room lo",
        "/room 1",
        "/help w",
        "/help j",
        "/j #a",
        "//frob",
        "hi @a,b",
    ] {
        assert_eq!(refused(line), None, "{line}");
    }
}

#[test]
fn a_line_says_where_it_would_go_before_it_is_entered() {
    let mut played = Played::ready(false);
    let note = |played: &Played, line: &str| played.session.judge(line).note;
    assert_eq!(note(&played, "/room 1").as_deref(), Some("to #lobby"));
    assert_eq!(note(&played, "/room 2"), None);
    assert_eq!(note(&played, "/j").as_deref(), Some("/join"));
    assert_eq!(
        note(&played, "/r ").as_deref(),
        Some("nobody has whispered to you yet")
    );
    played.type_line("/part");
    played.hear(":alice!a@h PART #lobby");
    assert_eq!(note(&played, "hi").as_deref(), Some("you are in no room"));
}

#[test]
fn one_server_is_left_only_when_the_other_was_found() {
    let mut played = Played::ready(false);
    played.type_line("/connect other.example");
    let server = "other.example".to_owned();
    let sought = |server| [Order::Seek { server }];
    assert_eq!(played.take().orders, sought(server.clone()));
    let mut outbox = Outbox::default();
    let not_found = Err("unknown host other.example".to_owned());
    let session = &mut played.session;
    session.sought(server.clone(), not_found, Moment::default(), &mut outbox);
    let [Event::Unsendable { words, .. }] = &outbox.events[..] else {
        panic!("{outbox:?}");
    };
    assert_eq!(words, "unknown host other.example; you stay here");
    assert!(session.is_ready() && outbox.lines.is_empty());
    session.sought(server.clone(), Ok(()), Moment::default(), &mut outbox);
    assert_eq!(outbox.lines, "QUIT :gone to another server\r\n");
    played.lose("closed");
    assert_eq!(
        played.take().orders,
        [Order::End(Outcome::Elsewhere { server })]
    );
}

#[test]
fn who_in_a_small_room_asks_about_each_person() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    assert_eq!(played.lines(), ["WHO #lobby"]);
    played.hear(":s 352 alice #lobby ~b h s bob G@ :0 Bob");
    played.hear(":s 352 alice #lobby ~a host s alice H :0 Alice");
    played.hear(":s 315 alice #lobby :End");
    assert_eq!(played.lines(), ["WHOIS alice", "WHOIS bob"]);
    played.hear(":s 311 alice alice ~a host * :Alice");
    played.hear(":s 317 alice alice 5 1000 :seconds idle, signon time");
    played.hear(":s 318 alice alice :End");
    played.hear(":s 311 alice bob ~b h * :Bob");
    played.hear(":s 301 alice bob :lunch");
    played.hear(":s 317 alice bob 90 900 :seconds idle, signon time");
    played.hear(":s 318 alice bob :End");
    let events = played.events();
    let [Event::Who { room, people }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(room, "#lobby");
    assert_eq!(people[0].nick, "alice");
    assert!(people[0].own && people[0].since == Some(1000));
    assert_eq!(people[1].rank, "@");
    assert_eq!(people[1].away_message.as_deref(), Some("lunch"));
    assert_eq!(people[1].idle_seconds, Some(90));
}

#[test]
fn whispers_and_talk_are_told_apart_and_a_server_is_nobody() {
    let mut played = Played::ready(false);
    played.hear(":bob!b@h PRIVMSG alice :psst");
    played.hear(":bob!b@h PRIVMSG #lobby :\x01ACTION waves\x01");
    played.hear(":bob!b@h NOTICE #lobby :beep");
    played.hear(":s NOTICE alice :maintenance at noon");
    let events = played.events();
    assert!(matches!(&events[0], Event::Whispered { nick, own: false, .. } if nick == "bob"));
    assert!(
        matches!(&events[1], Event::Said { manner: Manner::Action, text, .. } if text == "waves")
    );
    assert!(matches!(
        &events[2],
        Event::Said {
            manner: Manner::Notice,
            ..
        }
    ));
    assert!(matches!(&events[3], Event::ServerSaid { .. }));
}

// A75.
#[test]
fn questions_between_programs_get_no_answer() {
    let mut played = Played::ready(false);
    for text in [
        "\x01VERSION\x01",
        "\x01",
        "\x01DCC SEND ../../x 1 2 3\x01",
        "\x01PING",
    ] {
        played.hear(&format!(":bob!b@h PRIVMSG alice :{text}"));
        assert_eq!(played.lines(), [""; 0], "{text:?}");
    }
}

#[test]
fn who_spoke_last_is_completed_first() {
    let mut played = Played::ready(false);
    for nick in ["carol", "dan"] {
        played.hear(&format!(":{nick}!x@h JOIN #lobby"));
    }
    played.hear(":carol!x@h PRIVMSG #lobby :hi");
    let Names { nicks, rooms, .. } = played.session.names();
    assert_eq!(nicks, ["carol", "bob", "dan"]);
    assert_eq!(rooms, ["#lobby"]);
    played.hear(":dan!x@h NICK zoe");
    played.hear(":bob!x@h QUIT :bye");
    assert_eq!(played.session.names().nicks, ["carol", "zoe"]);
}

#[test]
fn who_spoke_last_in_a_room_is_first_there_and_who_whispered_everywhere() {
    let mut played = Played::ready(false);
    played.hear(":alice!a@h JOIN #dev");
    for nick in ["bob", "carol", "dan"] {
        played.hear(&format!(":{nick}!x@h JOIN #dev"));
        played.hear(&format!(":{nick}!x@h JOIN #lobby"));
    }
    played.hear(":carol!x@h PRIVMSG #dev :hi");
    played.hear(":dan!x@h PRIVMSG #lobby :hi");
    assert_eq!(played.session.names().nicks, ["dan", "bob", "carol"]);
    played.type_line("/room #dev");
    assert_eq!(played.session.names().nicks, ["carol", "bob", "dan"]);
    played.hear(":bob!x@h PRIVMSG alice :psst");
    assert_eq!(played.session.names().nicks, ["bob", "carol", "dan"]);
    played.type_line("/room #lobby");
    assert_eq!(played.session.names().nicks, ["bob", "dan", "carol"]);
}

#[test]
fn rooms_one_has_heard_of_are_offered_until_one_is_in() {
    let mut played = Played::with_rooms(false, &["#ops key"]);
    assert_eq!(played.session.names().other_rooms, ["#ops"]);
    played = Played::ready(false);
    played.hear(":bob!b@h INVITE alice #dev");
    played.hear(":s 322 alice #big 12 :all of us");
    played.hear(":s 323 alice :End");
    assert_eq!(played.session.names().other_rooms, ["#big", "#dev"]);
    played.hear(":alice!a@h JOIN #dev");
    assert_eq!(played.session.names().other_rooms, ["#big"]);
    played.hear(":alice!a@h PART #dev");
    assert_eq!(played.session.names().other_rooms, ["#big", "#dev"]);
}

// A64.
#[test]
fn no_line_of_a_server_can_make_it_panic() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    played.type_line("/names");
    for prefix in ["", ":s ", ":bob!b@h ", ":alice!~a@host "] {
        for command in (0..1000).map(|number| format!("{number:03}")).chain(
            [
                "JOIN",
                "PART",
                "QUIT",
                "NICK",
                "KICK",
                "MODE",
                "TOPIC",
                "INVITE",
                "ERROR",
                "PRIVMSG",
                "NOTICE",
                "PING",
                "PONG",
                "CAP",
                "AUTHENTICATE",
                "FROB",
            ]
            .map(str::to_owned),
        ) {
            for parameters in [
                "",
                " a",
                " alice #lobby",
                " alice #lobby x",
                " * * * * * * * *",
            ] {
                played.hear(&format!("{prefix}{command}{parameters}"));
                played.take();
            }
        }
    }
}

#[test]
fn a_person_and_a_room_have_names_whatever_a_server_says() {
    let mut played = Played::ready(false);
    for line in [
        ":@bob!b@h JOIN #lobby",
        ":alice!~a@host JOIN :",
        ":bob!b@h NICK :",
        ":s 353 alice = #lobby :@ +  @+",
    ] {
        played.hear(line);
    }
    let Names { nicks, rooms, .. } = played.session.names();
    assert_eq!(nicks, ["bob"]);
    assert_eq!(rooms, ["#lobby"]);
}

#[test]
fn what_was_asked_is_answered_in_words_and_what_was_not_is_left_to_the_curious() {
    let mut played = Played::ready(false);
    played.hear(":s 341 alice carol #dev");
    played.hear(":s 324 alice #dev +kl x 5");
    played.hear(":s 329 alice #dev 1700000000");
    played.hear(":s 367 alice #dev *!*@evil bob 1700000000");
    played.hear(":s 368 alice #dev :End of channel ban list");
    played.hear(":s 221 alice +i");
    played.hear(":s 391 alice s :Tuesday");
    played.hear(":s 381 alice :You are now an IRC operator");
    let events = played.events();
    let said = events.iter().filter_map(|event| match event {
        Event::ServerSaid { text, .. } => Some(text.clone()),
        Event::Modes { target, modes, .. } => Some(format!("{target} is {modes}")),
        _ => None,
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "carol was asked into #dev",
            "#dev is +kl x 5",
            "*!*@evil is kept out of #dev, by bob",
            "that is all who is kept out of #dev",
            "alice is +i",
            "s Tuesday",
            "You are now an IRC operator"
        ]
    );
    assert!(matches!(&events[2], Event::ServerDetail { .. }));
}

#[test]
fn masks_are_ignored_and_so_are_their_invitations() {
    let mut played = Played::ready(false);
    played.type_line("/ignore *!*@evil");
    played.take();
    played.hear(":bob!b@evil PRIVMSG #lobby :hi");
    played.hear(":bob!b@evil PRIVMSG alice :hi");
    played.hear(":bob!b@evil INVITE alice #trap");
    assert_eq!(played.events(), []);
    played.type_line("/r x");
    assert!(matches!(&played.events()[..], [Event::Unsendable { .. }]));
    played.type_line("/unignore *!*@EVIL");
    played.take();
    played.hear(":bob!b@evil INVITE alice #trap");
    assert!(matches!(&played.events()[..], [Event::Invited { .. }]));
}

#[test]
fn words_that_seem_to_be_from_somebody_else_are_pointed_out() {
    let mut played = Played::ready(false);
    let spaces = " ".repeat(60);
    for text in [
        "<bob> yes".to_owned(),
        "12:01 <@Bob> yes".to_owned(),
        format!("no{spaces}<bob> yes"),
        "[12:01:33] <alice> yes".to_owned(),
    ] {
        played.hear(&format!(":carol!c@h PRIVMSG #lobby :{text}"));
        let events = played.events();
        assert!(
            matches!(&events[..], [Event::Said { .. }, Event::Imitated { nick, .. }] if nick == "carol"),
            "{text}: {events:?}"
        );
    }
    for text in ["<dave> yes", "a < b and c > d", "x <bob> y", "<>", "<bob"] {
        played.hear(&format!(":carol!c@h PRIVMSG #lobby :{text}"));
        assert_eq!(played.events().len(), 1, "{text}");
    }
    played.hear(":bob!b@h PRIVMSG #lobby :<bob> yes");
    assert_eq!(played.events().len(), 1);
}
