//! Other IRC clients in our room: irssi, sic, WeeChat, ii, and a bot made with the Python package
//! `irc`. They join, talk, whisper, change their nick, see others leave and are kicked, while
//! another user checks the lines on the wire.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use portable_pty::CommandBuilder;

use common::{Client, Server};
use support::terminal::Terminal;
use support::{Program, is_installed, say};

fn irssi(server: &Server, nick: &str, home: &tempfile::TempDir) -> Terminal {
    let mut command = CommandBuilder::new("irssi");
    command.env_clear();
    command.env("HOME", home.path());
    command.arg(format!("--home={}", home.path().display()));
    command.args(["-n", nick]);
    let mut irssi = Terminal::start(command);
    irssi.wait_for(&["[(status)]"]);
    // Unless set before it connects, it sends at most one line in two seconds after the first few.
    let port = server.address.port();
    irssi.type_keys("/set cmd_queue_speed 10msec\r");
    irssi.type_keys(&format!("/connect 127.0.0.1 {port}\r"));
    irssi
}

#[test]
fn irssi_joins_talks_whispers_and_quits() {
    if !is_installed("irssi") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_operator(&folder);
    let mut bob = server.enter("bob");
    bob.send("OPER root sesame");
    bob.expect(" MODE #lobby +o bob");
    let mut carol = server.enter("carol");
    let mut dave = server.enter("dave");
    let home = tempfile::tempdir().unwrap();
    let mut irina = irssi(&server, "irina", &home);
    bob.expect(":irina!");

    // The room is in its second window.
    irina.wait_for(&["[Act: 2"]);
    irina.type_keys("/window goto #lobby\r");
    irina.wait_for(&["has joined #lobby", "[Users #lobby]", "[#lobby]"]);
    say(&mut bob, "hello irina");
    irina.wait_for(&["<@bob> hello irina"]);
    irina.type_keys("hello from irssi: é漢😀\r");
    let said = bob.expect(" PRIVMSG ");
    assert!(said.starts_with(":irina!"), "{said}");
    assert!(
        said.ends_with(" PRIVMSG #lobby :hello from irssi: é漢😀"),
        "{said}"
    );

    bob.send("PRIVMSG irina :psst");
    irina.wait_for(&["Act: ", "3"]);
    irina.type_keys("/window goto bob\r");
    irina.wait_for(&["<bob> psst", "[bob]"]);
    irina.type_keys("psst yourself\r");
    let whisper = bob.expect(" PRIVMSG ");
    assert!(
        whisper.ends_with(" PRIVMSG bob :psst yourself"),
        "{whisper}"
    );

    // Server messages are in its first window.
    irina.type_keys("/window 1\r/nick Carol\r");
    irina.wait_for(&["Nick Carol is already in use"]);
    irina.type_keys("/nick irma\r");
    bob.expect(" NICK ");
    irina.type_keys("/window goto #lobby\r");
    dave.send("QUIT :off home");
    irina.wait_for(&["dave [~dave@127.0.0.1] has quit [Quit: off home]"]);
    bob.send("KICK #lobby irma :too loud");
    irina.wait_for(&["irma was kicked from #lobby by bob [too loud]"]);
    irina.type_keys("/join #lobby\r");
    bob.expect(" JOIN #lobby");
    irina.type_keys("/quit off home\r");
    let quit = bob.expect(" QUIT ");
    assert!(quit.starts_with(":irma!"), "{quit}");
    assert!(quit.contains("off home"), "{quit}");
    irina.wait_for_end();

    let received = carol.fence();
    assert!(received.iter().any(|line| line.ends_with(":hello irina")));
    assert!(
        !received.iter().any(|line| line.contains("psst")),
        "{received:?}"
    );
    let nicks = received.iter().filter(|line| line.contains(" NICK "));
    assert_eq!(nicks.count(), 1, "{received:?}");
}

#[test]
fn irssi_chooses_another_nick_when_its_own_is_in_use() {
    if !is_installed("irssi") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let home = tempfile::tempdir().unwrap();
    let mut irssi = irssi(&server, "BOB", &home);
    let joined = bob.expect(" JOIN ");
    assert!(joined.starts_with(":BOB_!"), "{joined}");
    irssi.type_keys("/quit\r");
    bob.expect(" QUIT ");
    irssi.wait_for_end();
}

fn sic(server: &Server, nick: &str) -> Program {
    let mut command = Command::new("sic");
    let port = server.address.port().to_string();
    command.args(["-h", "127.0.0.1", "-p", &port, "-n", nick]);
    Program::start(command)
}

#[test]
fn sic_joins_talks_whispers_and_quits() {
    if !is_installed("sic") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut carol = server.enter("carol");
    let mut sally = sic(&server, "sally");
    bob.expect(":sally!");
    sally.out.wait_for("End of NAMES list");

    say(&mut bob, "hello sally");
    sally.out.wait_for("<bob> hello sally");
    // It reads one line at a time, however many there are, so each is waited for.
    sally.give(":m #lobby hello from sic\n");
    let said = bob.expect(" PRIVMSG ");
    assert!(said.starts_with(":sally!"), "{said}");
    assert!(said.ends_with(" PRIVMSG #lobby :hello from sic"), "{said}");

    bob.send("PRIVMSG sally :psst");
    sally.out.wait_for("<bob> psst");
    sally.give(":m bob psst yourself\n");
    let whisper = bob.expect(" PRIVMSG ");
    assert!(
        whisper.ends_with(" PRIVMSG bob :psst yourself"),
        "{whisper}"
    );

    // A line that is none of its own commands goes to the server unchanged.
    sally.give(":NICK Carol\n");
    sally.out.wait_for("433");
    sally.give(":QUIT :off home\n");
    let quit = bob.expect(" QUIT ");
    assert!(quit.starts_with(":sally!"), "{quit}");
    assert!(quit.contains("off home"), "{quit}");
    let out = sally.finish().out;
    assert!(out.contains("ERROR"), "{out}");

    let received = carol.fence();
    assert!(
        !received.iter().any(|line| line.contains("psst")),
        "{received:?}"
    );
    assert!(
        !received.iter().any(|line| line.contains(" NICK ")),
        "{received:?}"
    );
}

#[test]
fn sic_shows_that_its_nick_is_in_use_and_other_users_see_nothing() {
    if !is_installed("sic") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut sally = sic(&server, "Bob");
    sally.out.wait_for("433");
    say(&mut bob, "nobody else should hear this");
    assert_eq!(bob.fence(), [""; 0]);
    sally.end_input();
    let out = sally.finish().out;
    assert!(!out.contains("nobody else"), "{out}");
}

/// A client program, and the ways to control it.
trait Guest {
    /// Sends a message to the lobby; `bob` can instruct a program that obeys whispers.
    fn say(&mut self, bob: &mut Client, text: &str);
    /// Sends a whisper to bob.
    fn whisper(&mut self, bob: &mut Client, text: &str);
    fn take_nick(&mut self, bob: &mut Client, nick: &str);
    /// Waits until it has shown all of these.
    fn sees(&self, server: &Server, parts: &[&str]);
}

/// A server on which bob can become an operator.
fn server_with_operator(folder: &tempfile::TempDir) -> Server {
    let config = folder.path().join("chatroomd.toml");
    let text = "[[operator]]\nname = \"root\"\npassword = \"sesame\"\n[limits]\nenabled = false";
    fs::write(&config, text).unwrap();
    Server::start(&["--config", config.to_str().unwrap()])
}

/// All steps of a visit, from registration to a kick.
fn visit<G: Guest>(start: impl FnOnce(&Server, &Path) -> G) {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_operator(&folder);
    let mut bob = server.enter("bob");
    bob.send("OPER root sesame");
    bob.expect(" MODE #lobby +o bob");
    let mut carol = server.enter("carol");
    let mut guest = start(&server, folder.path());
    let joined = bob.expect(":guest!");
    assert!(joined.ends_with(" JOIN #lobby"), "{joined}");

    guest.sees(&server, &["guest"]);
    say(&mut bob, "hello guest");
    guest.sees(&server, &["bob", "hello guest"]);
    guest.say(&mut bob, "hello bob: é漢😀");
    let said = bob.expect(" PRIVMSG #lobby ");
    assert!(said.starts_with(":guest!"), "{said}");
    assert!(said.ends_with(" :hello bob: é漢😀"), "{said}");

    bob.send("PRIVMSG guest :psst");
    guest.sees(&server, &["psst"]);
    guest.whisper(&mut bob, "psst yourself");
    let whisper = bob.expect(" PRIVMSG bob ");
    assert!(whisper.starts_with(":guest!"), "{whisper}");
    assert!(whisper.ends_with(" :psst yourself"), "{whisper}");

    guest.take_nick(&mut bob, "connection");
    let renamed = bob.expect(" NICK ");
    assert!(renamed.starts_with(":guest!"), "{renamed}");
    assert!(renamed.trim_end().ends_with("connection"), "{renamed}");

    let received = carol.fence();
    assert!(
        !received.iter().any(|line| line.contains("psst")),
        "{received:?}"
    );
    carol.send("QUIT :off home");
    guest.sees(&server, &["carol", "off home"]);
    bob.send("KICK #lobby connection :too loud");
    bob.expect(" KICK #lobby connection ");
    guest.sees(&server, &["too loud"]);
    bob.send("NAMES #lobby");
    let names = bob.expect(" 353 ");
    assert!(names.ends_with(" :@bob"), "{names}");
}

/// The text of all files in a folder and its subfolders, without pipes.
fn written_in(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
            text += &written_in(&entry.path());
        } else if kind.is_ok_and(|kind| kind.is_file()) {
            text += &fs::read_to_string(entry.path()).unwrap_or_default();
        }
    }
    text
}

/// A client that writes its output to files and reads commands from pipes.
struct InFiles {
    _program: Program,
    folder: PathBuf,
}

impl InFiles {
    fn sees(&self, server: &Server, parts: &[&str]) {
        server.until(&format!("{parts:?} in {:?}", self.folder), |_| {
            let text = written_in(&self.folder);
            parts.iter().all(|part| text.contains(part))
        });
    }
}

struct WeeChat(InFiles);

impl WeeChat {
    fn start(server: &Server, folder: &Path) -> Self {
        let folder = folder.join("weechat");
        fs::create_dir(&folder).unwrap();
        let port = server.address.port();
        let mut command = Command::new("weechat-headless");
        command.env("HOME", &folder).env("XDG_RUNTIME_DIR", &folder);
        command.env("LANG", "C.UTF-8").arg("-d").arg(&folder);
        for order in [
            "/set logger.file.flush_delay 0",
            "/set irc.server_default.anti_flood_prio_high 0",
            "/set irc.server_default.anti_flood_prio_low 0",
            &format!("/server add room 127.0.0.1/{port}"),
            // The name of this option depends on the version.
            "/set irc.server.room.ssl off",
            "/set irc.server.room.tls off",
            "/set irc.server.room.nicks guest",
            "/connect room",
        ] {
            command.args(["-r", order]);
        }
        Self(InFiles {
            _program: Program::start(command),
            folder,
        })
    }

    fn order(&self, server_or_room: &str, text: &str) {
        let is_pipe = |name: &str| name.starts_with("weechat_fifo_");
        let mut entries = fs::read_dir(&self.0.folder).unwrap().flatten();
        let pipe = entries.find(|entry| is_pipe(&entry.file_name().to_string_lossy()));
        let line = format!("irc.{server_or_room} *{text}\n");
        fs::write(pipe.unwrap().path(), line).unwrap();
    }
}

impl Guest for WeeChat {
    fn say(&mut self, _: &mut Client, text: &str) {
        self.order("room.#lobby", text);
    }

    fn whisper(&mut self, _: &mut Client, text: &str) {
        self.order("room.#lobby", &format!("/msg bob {text}"));
    }

    fn take_nick(&mut self, _: &mut Client, nick: &str) {
        self.order("room.#lobby", &format!("/nick {nick}"));
    }

    fn sees(&self, server: &Server, parts: &[&str]) {
        self.0.sees(server, parts);
    }
}

#[test]
fn weechat_visits() {
    if is_installed("weechat-headless") {
        visit(WeeChat::start);
    }
}

struct Ii(InFiles);

impl Ii {
    fn start(server: &Server, folder: &Path) -> Self {
        let folder = folder.join("ii");
        fs::create_dir(&folder).unwrap();
        let mut command = Command::new("ii");
        let port = server.address.port().to_string();
        command.args(["-s", "127.0.0.1", "-p", &port, "-n", "guest", "-i"]);
        command.arg(&folder);
        Self(InFiles {
            _program: Program::start(command),
            folder,
        })
    }

    fn order(&self, place: &str, text: &str) {
        let pipe = self.0.folder.join("127.0.0.1").join(place).join("in");
        fs::write(pipe, format!("{text}\n")).unwrap();
    }
}

impl Guest for Ii {
    fn say(&mut self, _: &mut Client, text: &str) {
        self.order("#lobby", text);
    }

    fn whisper(&mut self, _: &mut Client, text: &str) {
        self.order("bob", text);
    }

    fn take_nick(&mut self, _: &mut Client, nick: &str) {
        self.order("", &format!("/n {nick}"));
    }

    fn sees(&self, server: &Server, parts: &[&str]) {
        self.0.sees(server, parts);
    }
}

#[test]
fn ii_visits() {
    if is_installed("ii") {
        visit(Ii::start);
    }
}

struct Sic(Program);

impl Guest for Sic {
    fn say(&mut self, _: &mut Client, text: &str) {
        self.0.give(format!(":m #lobby {text}\n"));
    }

    fn whisper(&mut self, _: &mut Client, text: &str) {
        self.0.give(format!(":m bob {text}\n"));
    }

    fn take_nick(&mut self, _: &mut Client, nick: &str) {
        self.0.give(format!(":NICK {nick}\n"));
    }

    fn sees(&self, _: &Server, parts: &[&str]) {
        parts
            .iter()
            .for_each(|part| drop(self.0.out.wait_for(part)));
    }
}

#[test]
fn sic_visits() {
    if is_installed("sic") {
        visit(|server, _| Sic(sic(server, "guest")));
    }
}

struct Bot(Program);

impl Guest for Bot {
    fn say(&mut self, bob: &mut Client, text: &str) {
        bob.send(&format!("PRIVMSG guest :say {text}"));
    }

    fn whisper(&mut self, bob: &mut Client, text: &str) {
        bob.send(&format!("PRIVMSG guest :whisper {text}"));
    }

    fn take_nick(&mut self, bob: &mut Client, nick: &str) {
        bob.send(&format!("PRIVMSG guest :nick {nick}"));
    }

    fn sees(&self, _: &Server, parts: &[&str]) {
        parts
            .iter()
            .for_each(|part| drop(self.0.out.wait_for(part)));
    }
}

/// A Python that has the package `irc`, if any.
fn python_with_irc() -> Option<&'static str> {
    let has_it = |python: &&str| {
        let mut command = Command::new(python);
        let output = command.args(["-c", "import irc.client"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has_it);
    if found.is_none() {
        println!("skipped: there is no Python with the package irc");
    }
    found
}

#[test]
fn a_bot_made_with_python_visits() {
    let Some(python) = python_with_irc() else {
        return;
    };
    visit(|server, _| {
        let mut command = Command::new(python);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/bot.py");
        let port = server.address.port().to_string();
        command.arg(script).args([port.as_str(), "guest"]);
        command.env("PYTHONIOENCODING", "utf-8");
        Bot(Program::start(command))
    });
}
