//! Several networks together: which one a line is for, and what is seen of all of them.

use std::time::Duration;

use super::*;
use crate::client::event::Unread;
use crate::client::session::{CloseReason, ScriptLine, SessionAction, SessionConfig};

/// Networks with these names, on each of which alice is in the lobby with bob.
struct PlayedNetworks {
    networks: Networks,
    now: SessionTime,
}

impl PlayedNetworks {
    fn new(names: &[&str]) -> Self {
        Self::of(names, false)
    }

    fn of(names: &[&str], script: bool) -> Self {
        let mut played = Self {
            networks: Networks::default(),
            now: SessionTime::default(),
        };
        for name in names {
            let session = Session::new(SessionConfig {
                script,
                persistent: !script,
                user: Some("alice".into()),
                real_name: Some("Alice".into()),
                aliases: [("j".to_owned(), "/join".to_owned())].into(),
                ..SessionConfig::new("alice")
            });
            let address = format!("{name}.example:6667");
            let id = played
                .networks
                .add(NetworkName::from(*name), address, session);
            let now = played.now;
            let network = played.networks.get_mut(id).unwrap();
            network.session.connected(now, &mut network.output);
            for line in [
                ":s 001 alice :Welcome alice!~a@host",
                ":s 422 alice :no MOTD",
                ":alice!~a@host JOIN #lobby",
                ":s 353 alice = #lobby :alice @bob",
                ":s 366 alice #lobby :End",
                ":s PONG s chatroom-settled",
            ] {
                played.receive(name, line);
            }
        }
        played.take();
        played
    }

    fn receive(&mut self, name: &str, line: &str) {
        let id = self.id(name);
        let now = self.now;
        let network = self.networks.get_mut(id).unwrap();
        network
            .session
            .received(line.as_bytes(), now, &mut network.output);
        self.networks.share_room_numbers();
    }

    fn id(&self, name: &str) -> NetworkId {
        self.networks.find(name).unwrap().id
    }

    fn type_line(&mut self, line: &str) {
        let place = PromptPlace::default();
        self.networks.typed(&place, line, self.now);
    }

    /// Whether the line of a script was taken.
    fn script(&mut self, number: u64, line: &str) -> bool {
        let line = ScriptLine::Typed(line);
        self.networks.scripted(number, &line, self.now)
    }

    /// The lines sent to each network since the last time, without fences.
    fn take(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for network in self.networks.iter_mut() {
            let output = std::mem::take(&mut network.output);
            let sent = output.lines.lines();
            let sent = sent.filter(|line| !line.starts_with("PING :chatroom-line-"));
            lines.extend(sent.map(|line| format!("{}: {line}", network.name)));
        }
        lines
    }

    /// The same, and the servers answer the fences.
    fn take_answered(&mut self) -> Vec<String> {
        let now = self.now;
        for network in self.networks.iter_mut() {
            let sent = network.output.lines.clone();
            for token in sent.lines().filter_map(|line| line.strip_prefix("PING :")) {
                let answer = format!(":s PONG s :{token}");
                let (session, output) = (&mut network.session, &mut network.output);
                session.received(answer.as_bytes(), now, output);
            }
        }
        self.take()
    }

    /// The errors since the last time.
    fn errors(&mut self) -> Vec<String> {
        let mut errors = Vec::new();
        for network in self.networks.iter_mut() {
            for event in std::mem::take(&mut network.output.events) {
                if let Event::InputRejected { error, .. } = event {
                    errors.push(error.to_string());
                }
            }
        }
        errors
    }

    fn prompt(&self) -> String {
        let location = self.networks.prompt_location();
        location.unwrap_or_default().into_owned()
    }

    fn unread(&self) -> [u32; 2] {
        let Unread { messages, mentions } = self.networks.unread();
        [messages, mentions]
    }

    fn rooms(&self) -> Vec<String> {
        let rooms = self.networks.room_summaries().into_iter();
        rooms.map(|room| room.name).collect()
    }
}

#[test]
fn a_line_names_its_network_before_the_target_or_goes_to_the_active_one() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    for (line, sent) in [
        ("hello", "home: PRIVMSG #lobby :hello"),
        ("/msg #dev hi", "home: PRIVMSG #dev :hi"),
        ("/msg libera/#rust hi", "libera: PRIVMSG #rust :hi"),
        ("/msg LIBERA/#rust hi", "libera: PRIVMSG #rust :hi"),
        ("@libera/bob  hi", "libera: PRIVMSG bob : hi"),
        ("/msg home/bob hi", "home: PRIVMSG bob :hi"),
        ("/notice libera/bob x", "libera: NOTICE bob :x"),
        ("/whois libera/bob", "libera: WHOIS bob"),
        ("/names libera/#rust", "libera: NAMES #rust"),
        ("/topic libera/#rust tea", "libera: TOPIC #rust :tea"),
        ("/kick libera/#rust eve", "libera: KICK #rust eve"),
        // It is text, and no target.
        ("libera/#rust hi", "home: PRIVMSG #lobby :libera/#rust hi"),
        ("//libera/#rust", "home: PRIVMSG #lobby :/libera/#rust"),
        ("/say libera/#rust", "home: PRIVMSG #lobby :libera/#rust"),
        ("/topic libera/new", "home: TOPIC #lobby :libera/new"),
        (
            "see http://libera/#a",
            "home: PRIVMSG #lobby :see http://libera/#a",
        ),
        // Names with a slash exist where bouncers or bridges make them.
        ("@bob/discord hi", "home: PRIVMSG bob/discord :hi"),
        ("/msg #a/#b hi", "home: PRIVMSG #a/#b :hi"),
    ] {
        played.type_line(line);
        assert_eq!(played.errors(), [""; 0], "{line}");
        assert_eq!(played.take_answered(), [sent], "{line}");
        assert_eq!(played.prompt(), "home/#lobby", "{line}");
    }
    for line in ["/msg frob/#rust hi", "@frob/#rust hi", "/join frob/#rust"] {
        played.type_line(line);
        let expected = "You have no network frob. /networks lists yours.";
        assert_eq!(played.errors(), [expected], "{line}");
        assert_eq!(played.take(), [""; 0], "{line}");
    }
}

#[test]
fn with_one_network_nothing_is_named_and_its_own_name_is_understood() {
    let mut played = PlayedNetworks::new(&["home"]);
    assert_eq!(played.prompt(), "#lobby");
    assert_eq!(played.rooms(), ["#lobby"]);
    played.type_line("/msg home/#dev hi");
    assert_eq!(played.take(), ["home: PRIVMSG #dev :hi"]);
    played.type_line("/disconnect");
    let networks = &played.networks;
    let first = networks.iter().next().unwrap();
    let leave = SessionAction::Disconnect { network: None };
    assert_eq!(first.output.actions, [leave]);
    assert_eq!(
        networks.to_leave(None, first.id),
        Err(InputError::OnlyNetwork)
    );
}

#[test]
fn a_line_goes_to_the_network_of_its_prompt_even_if_another_is_active_since() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    let place = PromptPlace {
        network: Some(played.id("home")),
        room: Some("#lobby".into()),
    };
    let libera = played.id("libera");
    played.networks.show(libera);
    assert_eq!(played.prompt(), "libera/#lobby");
    played.networks.typed(&place, "hello", played.now);
    assert_eq!(played.take(), ["home: PRIVMSG #lobby :hello"]);
}

#[test]
fn rooms_are_numbered_across_networks_and_room_goes_to_each() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    for line in [":alice!~a@host JOIN #rust", ":s 366 alice #rust :End"] {
        played.receive("libera", line);
    }
    let rooms = ["home/#lobby", "libera/#lobby", "libera/#rust"];
    assert_eq!(played.rooms(), rooms);
    for (line, prompt) in [
        ("/room 3", "libera/#rust"),
        ("/room 1", "home/#lobby"),
        ("/room libera/#lobby", "libera/#lobby"),
        ("/room home", "home/#lobby"),
        ("/room rust", "libera/#rust"),
        // The network of the prompt comes first.
        ("/room #lobby", "libera/#lobby"),
    ] {
        played.type_line(line);
        assert_eq!(played.errors(), [""; 0], "{line}");
        assert_eq!(played.prompt(), prompt, "{line}");
        let hint = played.networks.analyze(line).hint;
        assert_eq!(hint, Some(format!("to {prompt}")), "{line}");
    }
    assert!(played.networks.show_room("home/#lobby"));
    assert_eq!(played.prompt(), "home/#lobby");
    assert!(!played.networks.show_room("libera/#nowhere"));
    for line in ["/room 4", "/room 0", "/room #nowhere"] {
        played.type_line(line);
        assert_eq!(played.errors().len(), 1, "{line}");
        assert_eq!(played.prompt(), "home/#lobby", "{line}");
    }
    // A room that is joined elsewhere becomes the active one there.
    played.type_line("/j libera/#new");
    assert_eq!(played.take(), ["libera: JOIN #new"]);
    played.receive("libera", ":alice!~a@host JOIN #new");
    assert_eq!(played.prompt(), "libera/#new");
}

#[test]
fn unread_messages_are_counted_over_all_networks() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    played.receive("home", ":bob!b@h PRIVMSG #lobby :seen");
    assert_eq!(played.unread(), [0, 0]);
    played.receive("libera", ":bob!b@h PRIVMSG #lobby :one");
    played.receive("libera", ":bob!b@h PRIVMSG #lobby :alice: two");
    assert_eq!(played.unread(), [2, 1]);
    assert_eq!(played.networks.highlight_count(), 0);
    played.type_line("/room");
    assert_eq!(
        (played.prompt().as_str(), played.unread()),
        ("libera/#lobby", [0, 0])
    );
    played.receive("home", ":bob!b@h PRIVMSG #lobby :three");
    assert_eq!(played.unread(), [1, 0]);
    // A whisper on any network is seen as soon as a line is entered anywhere.
    played.receive("home", ":bob!b@h PRIVMSG alice :psst");
    assert_eq!(played.networks.highlight_count(), 1);
    played.type_line("hm");
    assert_eq!(played.networks.highlight_count(), 0);
}

#[test]
fn a_reply_goes_to_the_network_of_the_last_whisper() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    played.type_line("/reply hi");
    assert_eq!(
        played.errors(),
        ["No one has whispered to you yet. @NICK TEXT whispers to NICK."]
    );
    for (second, network, nick) in [
        (1, "home", "carol"),
        (2, "libera", "bob"),
        (3, "home", "bob"),
    ] {
        played.now.elapsed = Duration::from_secs(second);
        played.receive(network, &format!(":{nick}!b@h PRIVMSG alice :psst"));
        let hint = played.networks.analyze("/reply hi").hint;
        assert_eq!(hint, Some(format!("to {network}/{nick}")));
        played.take();
        played.type_line("/reply hi");
        assert_eq!(
            played.take_answered(),
            [format!("{network}: PRIVMSG {nick} :hi")]
        );
        assert_eq!(played.prompt(), "home/#lobby");
    }
}

#[test]
fn tab_knows_the_names_of_all_networks() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    for line in [
        ":alice!~a@host JOIN #rust",
        ":s 353 alice = #rust :alice carol",
        ":s 366 alice #rust :End",
    ] {
        played.receive("libera", line);
    }
    let names = played.networks.names();
    assert_eq!(names.rooms, ["#lobby", "libera/#lobby", "libera/#rust"]);
    assert_eq!(names.networks, ["home", "libera"]);
    assert_eq!(names.nicks, ["bob"]);
    assert!(
        names.distant.contains(&"libera/carol".to_owned()),
        "{names:?}"
    );
    let of_shell = played.networks.names_starting_with("@lib");
    assert!(
        of_shell.contains(&"@libera/carol".to_owned()),
        "{of_shell:?}"
    );
}

#[test]
fn a_network_that_ends_by_itself_takes_no_line_along() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    let home = played.id("home");
    let place = PromptPlace {
        network: Some(home),
        room: Some("#lobby".into()),
    };
    played.networks.remove(home, NetworkEnd::Failed);
    assert_eq!(played.prompt(), "home gone");
    for place in [&place, &PromptPlace::default()] {
        played.networks.typed(place, "for home", played.now);
        let errors = played.errors();
        assert!(errors[0].starts_with("home is gone. "), "{errors:?}");
        assert!(errors[0].contains("/connect home"), "{errors:?}");
        assert_eq!(played.take(), [""; 0]);
    }
    played.type_line("/msg libera/bob hi");
    assert_eq!(played.take(), ["libera: PRIVMSG bob :hi"]);
    played.type_line("/room libera");
    assert_eq!(played.prompt(), "#lobby");
}

#[test]
fn a_network_that_the_user_leaves_gives_way_to_the_one_before() {
    let mut played = PlayedNetworks::new(&["home", "libera", "oftc"]);
    let [home, libera, oftc] = ["home", "libera", "oftc"].map(|name| played.id(name));
    let networks = &mut played.networks;
    networks.show(oftc);
    assert_eq!(networks.to_leave(None, oftc), Ok(oftc));
    assert_eq!(networks.to_leave(Some("Libera"), oftc), Ok(libera));
    let unknown = InputError::NoSuchNetwork("frob".into());
    assert_eq!(networks.to_leave(Some("frob"), oftc), Err(unknown));
    networks.show_another(&[oftc]);
    assert_eq!(networks.active().unwrap().id, libera);
    networks.remove(oftc, NetworkEnd::Left);
    networks.remove(libera, NetworkEnd::Left);
    assert_eq!(networks.active().unwrap().id, home);
    assert_eq!(played.prompt(), "#lobby");
}

#[test]
fn quit_leaves_all_networks_and_only_after_a_warning_a_hosted_room_with_others() {
    let mut played = PlayedNetworks::new(&["libera", "home"]);
    let home = played.id("home");
    let session = &mut played.networks.get_mut(home).unwrap().session;
    session.settings.hosts = true;
    played.type_line("/quit");
    assert!(played.errors()[0].starts_with("bob is here and the room closes with you"));
    assert_eq!(played.take(), [""; 0]);
    assert!(!played.networks.is_leaving());
    played.type_line("/quit");
    assert_eq!(played.take(), ["libera: QUIT", "home: QUIT"]);
    assert!(played.networks.is_leaving());
}

#[test]
fn each_line_of_a_script_is_reported_by_the_network_that_it_was_for() {
    let mut played = PlayedNetworks::of(&["home", "libera"], true);
    for (number, line) in [
        (1, "one"),
        (2, "/msg libera/#rust two"),
        (3, "/msg frob/#rust three"),
        (4, "@libera/bob four"),
    ] {
        assert!(played.script(number, line), "{line}");
    }
    assert_eq!(
        played.take(),
        [
            "home: PRIVMSG #lobby :one",
            "libera: PRIVMSG #rust :two",
            "libera: PRIVMSG bob :four",
        ]
    );
    let report = |played: &mut PlayedNetworks, name: &str| {
        let id = played.id(name);
        let network = played.networks.get_mut(id).unwrap();
        // All that was sent has left the client.
        network.output.written_bytes = u64::MAX;
        let report = network.session.report(&mut network.output);
        report.unwrap().to_string()
    };
    assert_eq!(
        report(&mut played, "home"),
        "lines delivered: none; unknown: 1; not sent: from 5 on"
    );
    assert_eq!(
        report(&mut played, "libera"),
        "lines delivered: none; unknown: 2, 4; not sent: from 5 on"
    );
    let errors = played.errors();
    assert_eq!(errors, ["You have no network frob. /networks lists yours."]);
}

#[test]
fn a_script_waits_for_the_network_of_its_line_and_for_no_other() {
    let mut played = PlayedNetworks::of(&["home", "libera"], true);
    // Whether the room is joined must be known before text goes there.
    assert!(played.script(1, "/join libera/#rust"));
    assert_eq!(played.take(), ["libera: JOIN #rust"]);
    assert!(!played.script(2, "text"));
    assert!(played.script(2, "/msg home/bob hi"));
    assert_eq!(played.take(), ["home: PRIVMSG bob :hi"]);
    for line in [
        ":alice!~a@host JOIN #rust",
        ":s 366 alice #rust :End",
        ":s PONG s :chatroom-line-0",
        ":s PONG s :chatroom-line-1",
    ] {
        played.receive("libera", line);
    }
    assert!(played.script(3, "text"));
    assert_eq!(played.take(), ["libera: PRIVMSG #rust :text"]);
}

#[test]
fn a_room_keeps_its_number_whatever_other_rooms_and_networks_do() {
    let mut played = PlayedNetworks::new(&["home", "libera"]);
    let numbered = |played: &PlayedNetworks| {
        let rooms = played.networks.room_summaries().into_iter();
        let rooms = rooms.map(|room| format!("{} {}", room.number, room.name));
        rooms.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(numbered(&played), "1 home/#lobby, 2 libera/#lobby");
    // A room of the first network comes after those that are there.
    played.receive("home", ":alice!~a@host JOIN #dev");
    played.receive("libera", ":alice!~a@host JOIN #rust");
    assert_eq!(
        numbered(&played),
        "1 home/#lobby, 2 libera/#lobby, 3 home/#dev, 4 libera/#rust"
    );
    // One that leaves gives its number to the next one that comes, and to no other.
    played.receive("libera", ":alice!~a@host PART #lobby");
    assert_eq!(
        numbered(&played),
        "1 home/#lobby, 3 home/#dev, 4 libera/#rust"
    );
    played.type_line("/room 4");
    assert_eq!(played.prompt(), "libera/#rust");
    assert!(!played.networks.show_room("2"));
    assert!(played.networks.show_room("3"));
    assert_eq!(played.prompt(), "home/#dev");
    played.receive("libera", ":alice!~a@host JOIN #go");
    assert_eq!(
        numbered(&played),
        "1 home/#lobby, 2 libera/#go, 3 home/#dev, 4 libera/#rust"
    );
    // The first rooms of a network do not depend on when it is connected.
    let rooms = ["#a", "#b"].map(|room| crate::client::command::parse_room(room).unwrap());
    let oftc = Session::new(SessionConfig {
        rooms: rooms.into(),
        ..SessionConfig::new("alice")
    });
    let name = NetworkName::from("oftc");
    played.networks.add(name, "oftc:6667".into(), oftc);
    played.receive("home", ":alice!~a@host JOIN #late");
    let late = numbered(&played);
    assert!(late.ends_with(", 7 home/#late"), "{late}");
    played.receive("home", ":alice!~a@host PART #late");
    // A lost connection changes nothing.
    let (id, now) = (played.id("home"), played.now);
    let home = played.networks.get_mut(id).unwrap();
    let reason = CloseReason::ClosedByServer;
    home.session.disconnected(reason, now, &mut home.output);
    home.session.connected(now, &mut home.output);
    for line in [":s 001 alice :Welcome", ":s 422 alice :no MOTD"] {
        played.receive("home", line);
    }
    played.receive("home", ":alice!~a@host JOIN #dev");
    played.receive("home", ":alice!~a@host JOIN #lobby");
    assert!(numbered(&played).starts_with("1 home/#lobby, 2 libera/#go, 3 home/#dev"));
}

#[test]
fn a_pasted_text_that_begins_with_a_command_is_refused_as_with_one_network() {
    for names in [&["home"][..], &["home", "libera"]] {
        for text in ["/quit bye\nhello", "/rooms\nhello", "/room #lobby\nhello"] {
            let mut played = PlayedNetworks::new(names);
            played.type_line(text);
            let errors = played.errors();
            let wanted = [InputError::CommandInPaste.to_string()];
            assert_eq!(errors, wanted, "{text:?}");
            assert_eq!(played.take(), Vec::<String>::new(), "{text:?}");
        }
    }
}
