//! Several networks in one script: where each line goes, and what becomes of it there.

use std::path::PathBuf;

use nix::sys::signal::Signal;

use crate::common::{Client, Server};
use crate::support::{Program, chatroom, messages_from, run, say};

/// Two servers by name, and a configuration that has them.
struct Pair {
    home: Server,
    libera: Server,
    folder: tempfile::TempDir,
}

impl Pair {
    fn start() -> Self {
        let [home, libera] = [Server::start(&[]), Server::start(&[])];
        let folder = tempfile::tempdir().unwrap();
        let pair = Self {
            home,
            libera,
            folder,
        };
        let text = format!(
            "[servers.home]\naddress = \"{}\"\n[servers.libera]\naddress = \"{}\"\n",
            pair.home.address, pair.libera.address
        );
        std::fs::write(pair.file(), text).unwrap();
        pair
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("chatroom.toml")
    }

    fn chatroom(&self, arguments: &[&str]) -> std::process::Command {
        let file = self.file();
        let mut all = vec!["--config", file.to_str().unwrap(), "--nick", "ci"];
        all.extend(arguments);
        chatroom(&all)
    }

    /// bob on both networks.
    fn bobs(&self) -> [Client; 2] {
        [self.home.enter("bob"), self.libera.enter("bob")]
    }
}

#[test]
fn each_line_goes_to_the_network_that_it_names_and_a_refusal_has_its_number() {
    let pair = Pair::start();
    let [mut home, mut libera] = pair.bobs();
    let lines = "one\n@libera/bob two\n/msg libera/#nowhere three\n/msg frob/#x four\n\
                 /join libera/#rust\nfive\n/room home\nsix\n";
    let done = run(pair.chatroom(&["home", "libera"]), lines);
    assert_eq!(done.status, Some(65), "{done:?}");
    assert_eq!(done.err.lines().count(), 2, "{done:?}");
    for words in [
        "chatroom: line 3: There is no room #nowhere",
        "chatroom: line 4: You have no network frob. /networks lists yours.",
    ] {
        assert!(done.err.contains(words), "{done:?}");
    }
    home.expect(" PRIVMSG #lobby :one");
    home.expect(" PRIVMSG #lobby :six");
    libera.expect(" PRIVMSG bob :two");
    // All of it was for the other network.
    let quit = home.expect(":ci!");
    assert!(quit.contains(" QUIT "), "{quit}");
}

#[test]
fn objects_name_their_network_in_both_directions() {
    let pair = Pair::start();
    let [mut home, mut libera] = pair.bobs();
    let arguments = ["--format", "json", "--input", "json", "home", "libera"];
    let mut program = Program::start(pair.chatroom(&arguments));
    for (bob, network) in [(&mut home, "home"), (&mut libera, "libera")] {
        bob.expect(":ci!");
        say(bob, "hello");
        let out = program.out.wait_until(|out| {
            let mut lines = out.lines();
            lines.any(|line| {
                line.contains("\"text\":\"hello\"")
                    && line.contains(&format!("\"network\":\"{network}\""))
            })
        });
        assert!(
            out.lines().all(|line| line.contains("\"network\":\"")),
            "{out}"
        );
    }
    program.give(
        "{\"to\":\"libera/bob\",\"text\":\"one\"}\n{\"to\":\"home/#lobby\",\"text\":\"two\"}\n",
    );
    program.give("{\"to\":\"libera/#lobby\",\"text\":\"three\"}\n");
    libera.expect(" PRIVMSG bob :one");
    home.expect(" PRIVMSG #lobby :two");
    libera.expect(" PRIVMSG #lobby :three");
    program.end_input();
    let finished = program.finish();
    assert_eq!((finished.status, finished.err.as_str()), (Some(0), ""));
}

#[test]
fn a_network_that_is_lost_is_reported_with_its_lines_and_the_other_goes_on() {
    let mut pair = Pair::start();
    let [mut home, mut libera] = pair.bobs();
    let mut program = Program::start(pair.chatroom(&["home", "libera"]));
    program.give("one\n@libera/bob two\n");
    home.expect(" PRIVMSG #lobby :one");
    libera.expect(" PRIVMSG bob :two");
    // The acknowledgement of the line comes before what is said after it.
    say(&mut libera, "heard");
    program.out.wait_for("heard");
    pair.libera.signal(Signal::SIGKILL);
    pair.libera.wait();
    let words = "chatroom: libera: The connection is lost: ";
    let err = program.err.wait_for(words);
    let report = err.lines().find(|line| line.starts_with(words)).unwrap();
    assert!(
        report.ends_with("; lines delivered: 2; unknown: none; not sent: from 3 on."),
        "{report}"
    );
    program.give("three\n@libera/bob four\n");
    home.expect(" PRIVMSG #lobby :three");
    let refused = "chatroom: line 4: Not sent: the connection to libera has ended.\n";
    program.err.wait_for(refused);
    program.end_input();
    let finished = program.finish();
    assert_eq!(finished.status, Some(69), "{finished:?}");
    assert_eq!(finished.err.matches(words).count(), 1, "{finished:?}");
}

#[test]
fn a_strict_script_ends_everywhere_at_the_first_refusal() {
    let pair = Pair::start();
    let [mut home, mut libera] = pair.bobs();
    let lines = "one\n/msg libera/#nowhere two\nthree\n@libera/bob four\n";
    let done = run(pair.chatroom(&["--strict", "home", "libera"]), lines);
    assert_eq!(done.status, Some(65), "{done:?}");
    home.expect(" PRIVMSG #lobby :one");
    let next = home.expect(":ci!");
    assert!(next.contains(" QUIT "), "{next}");
    let received = libera.expect(" QUIT ");
    assert!(received.starts_with(":ci!"), "{received}");
    assert_eq!(libera.fence().len(), 0);
}

#[test]
fn a_message_finds_its_network_and_an_answer_counts_only_there() {
    let pair = Pair::start();
    let [mut home, mut libera] = pair.bobs();
    let done = run(pair.chatroom(&["msg", "libera/#lobby", "built"]), "");
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    libera.expect(" PRIVMSG #lobby :built");
    let arguments = [
        "home",
        "libera",
        "--join",
        "libera/#rust",
        "--wait-for",
        "^go$",
        "--room",
        "libera/#rust",
    ];
    let mut program = Program::start(pair.chatroom(&arguments));
    program.end_input();
    home.expect(":ci!");
    say(&mut home, "go");
    libera.send("JOIN #rust");
    libera.expect(" 366 ");
    libera.send("NAMES #rust");
    while !libera.expect(" 353 ").contains("ci") {
        libera.send("NAMES #rust");
    }
    assert_eq!(program.out.so_far(), "");
    libera.send("PRIVMSG #rust :go");
    let finished = program.finish();
    assert_eq!((finished.status, finished.out.as_str()), (Some(0), "go\n"));
}

#[test]
fn a_command_comes_after_one_server_only() {
    let pair = Pair::start();
    let done = run(pair.chatroom(&["home", "libera", "msg", "@bob", "hi"]), "");
    assert_eq!(done.status, Some(64), "{done:?}");
    let words = "only one server can come before a command";
    assert!(done.err.contains(words), "{done:?}");
}

#[test]
fn a_script_connects_only_to_the_networks_that_it_names_or_to_the_usual_one() {
    let pair = Pair::start();
    let [mut home, mut libera] = pair.bobs();
    let text = std::fs::read_to_string(pair.file()).unwrap();
    let text = text.replace("[servers.libera]\n", "[servers.libera]\nconnect = true\n");
    std::fs::write(pair.file(), format!("server = \"home\"\n{text}")).unwrap();
    for arguments in [
        &["-c", "one"][..],
        &["home", "-c", "two"],
        &["libera", "-c", "three"],
    ] {
        assert_eq!(run(pair.chatroom(arguments), "").status, Some(0));
    }
    assert_eq!(messages_from(&mut home, "ci"), ["one", "two"]);
    assert_eq!(messages_from(&mut libera, "ci"), ["three"]);
}

#[test]
fn two_networks_at_one_address_are_two_and_the_options_are_about_the_first() {
    let pair = Pair::start();
    let mut bob = pair.home.enter("bob");
    let mut text = std::fs::read_to_string(pair.file()).unwrap();
    let address = pair.home.address;
    text.push_str(&format!(
        "[servers.twin]\naddress = \"{address}\"\nnick = \"twin\"\n"
    ));
    std::fs::write(pair.file(), text).unwrap();
    let done = run(
        pair.chatroom(&["home", "twin", "--join", "#x"]),
        "/msg bob one\n/msg twin/bob two\n/msg twin/#x three\n",
    );
    // The third is refused: only the first network has joined the room.
    assert_eq!(done.status, Some(65), "{done:?}");
    let lines = bob.fence();
    let said = |nick: &str, text: &str| {
        let start = format!(":{nick}!");
        let is_it = |line: &&String| line.starts_with(&start) && line.ends_with(text);
        lines.iter().filter(is_it).count()
    };
    assert_eq!(
        (said("ci", ":one"), said("twin", ":two")),
        (1, 1),
        "{lines:?}"
    );
}
