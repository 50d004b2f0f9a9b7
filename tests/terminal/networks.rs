//! Several networks at one prompt: what is typed stays, whatever happens on any of them.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use super::people::{Killable, Lines, Scripted, host_on};
use super::screen::{CTRL_C, CTRL_Y, ENTER, Start, Terminal};
use super::tmux::{self, Tmux};

/// A configuration with two networks, both connected at the start.
fn networks(home: SocketAddr, libera: SocketAddr) -> &'static str {
    let text = format!(
        "nick = \"alice\"\n[servers.home]\naddress = \"{home}\"\nconnect = true\n\
         [servers.libera]\naddress = \"{libera}\"\nconnect = true\n"
    );
    text.leak()
}

fn start(configuration: &'static str) -> Terminal {
    let alice = Start::with(&[])
        .configured(configuration)
        .sized(30, 120)
        .start();
    for network in ["home", "libera"] {
        alice.shows(&format!("{network}: You are alice in #lobby"));
    }
    alice.prompts("[home/#lobby]");
    alice
}

impl Terminal {
    /// Waits until the last line is this.
    pub(super) fn prompts(&self, line: &str) {
        self.waits_until(line, |shown| {
            shown.lines().last().is_some_and(|last| last == line)
        });
    }
}

#[test]
fn the_prompt_the_rooms_and_the_unread_messages_are_those_of_all_networks() {
    let [home, libera] = [host_on(0), host_on(0)];
    let mut alice = start(networks(home.address(), libera.address()));
    let mut bob = Lines::enter(libera.address(), "bob");
    bob.says("one");
    alice.shows("libera/#lobby <bob> one");
    alice.prompts("[home/#lobby +1]");
    bob.sends("PRIVMSG alice :psst");
    alice.shows("libera *bob* whispers: psst");
    bob.says("alice: two");
    alice.prompts("[home/#lobby +2 @1]");
    // The draft stays when another network becomes the active one.
    alice.types("half");
    alice.prompts("[home/#lobby +2 @1] half");
    alice.types("\x1b2");
    alice.prompts("[libera/#lobby] half");
    bob.says("three");
    alice.shows("libera/#lobby <bob> three");
    // It is clear now which room is the active one, so lines leave it out.
    bob.says("four");
    alice.waits_until("a line without its room", |shown| {
        let lines = shown.lines();
        lines.iter().any(|line| line == "<bob> four")
    });
    alice.types(&format!(" a line{ENTER}"));
    bob.receives(" PRIVMSG #lobby :half a line");
    alice.types("/rooms\r");
    alice.shows("1 home/#lobby");
    alice.shows("2 libera/#lobby");
    alice.types("/msg hom\t");
    alice.prompts("[libera/#lobby] /msg home/#lobby TEXT");
    alice.types("hi\r");
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn a_draft_survives_while_another_network_is_lost_and_comes_back() {
    let home = host_on(0);
    let mut bob = Lines::enter(home.address(), "bob");
    let libera = Killable::start_at(([127, 0, 0, 1], 0).into());
    let address = libera.address;
    let mut alice = start(networks(home.address(), address));
    // A server that is lost before all of the welcome is here has never been there.
    let _dave = Lines::enter(address, "dave");
    alice.shows("dave joined");
    alice.types("half a draft");
    libera.kill();
    alice.shows("libera: Connection lost");
    bob.says("one");
    alice.shows("<bob> one");
    alice.types("\x1b2");
    alice.waits_until("offline", |shown| {
        let lines = shown.lines();
        let last = lines.last().unwrap();
        last.starts_with("(offline") && last.ends_with("[libera/#lobby] half a draft")
    });
    // Lines typed for it wait; the other network is as before.
    alice.types(ENTER);
    alice.types("\x1b1");
    alice.types("still here");
    bob.says("two");
    alice.shows("<bob> two");
    let _again = Killable::start_at(address);
    alice.shows("libera: Connected again.");
    alice.prompts("[home/#lobby] still here");
    alice.types(ENTER);
    bob.receives(" PRIVMSG #lobby :still here");
    let mut carol = Lines::enter(address, "carol");
    alice.types("/msg libera/#lobby after\r");
    carol.receives(" PRIVMSG #lobby :after");
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn a_draft_in_tmux_survives_while_another_network_is_lost_and_comes_back() {
    if !tmux::is_installed() {
        return;
    }
    let home = host_on(0);
    let mut bob = Lines::enter(home.address(), "bob");
    let libera = Killable::start_at(([127, 0, 0, 1], 0).into());
    let address = libera.address;
    let configuration = networks(home.address(), address);
    let program = format!("exec {}", env!("CARGO_BIN_EXE_chatroom"));
    let mut alice = Tmux::start(&program, configuration, 60, 20);
    let prompts = |alice: &mut Tmux, line: &str| {
        alice.waits_until(line, |seen| {
            seen.lines.last().is_some_and(|last| last == line)
        });
    };
    alice.waits_until("both networks", |seen| {
        let is_in = |network: &str| seen.has(&format!("{network}: You are alice in #lobby"));
        is_in("home") && is_in("libera")
    });
    prompts(&mut alice, "[home/#lobby]");
    let _dave = Lines::enter(address, "dave");
    alice.shows("dave joined");
    // Longer than a row.
    let draft = "a draft that is long enough for a second row of the terminal";
    alice.types(draft);
    prompts(&mut alice, &format!("[home/#lobby] {draft}"));
    libera.kill();
    alice.waits_until("the loss", |seen| seen.has("libera: Connection lost"));
    for text in ["one", "two", "three"] {
        bob.says(text);
        alice.waits_until(text, |seen| seen.has(&format!("<bob> {text}")));
    }
    let _again = Killable::start_at(address);
    alice.waits_until("the return", |seen| seen.has("libera: Connected again."));
    prompts(&mut alice, &format!("[home/#lobby] {draft}"));
    alice.types(" and more\r");
    bob.receives(&format!(" PRIVMSG #lobby :{draft} and more"));
}

#[test]
fn each_network_has_its_own_history_and_drafts_and_finds_those_by_address() {
    let [home, libera] = [host_on(0), host_on(0)];
    let configuration = networks(home.address(), libera.address());
    // A run of an earlier version, which named files by the address.
    let mut before = Start::as_nick("alice", libera.address()).start();
    before.is_in();
    before.types("/topic\r");
    before.shows("has no topic");
    before.types("draft for libera");
    before.is_kept("draft for libera");
    before.signals(Signal::SIGKILL);
    before.wait();
    let state = before.home().join("chatroom");
    let by_address = format!("at-127.0.0.1-{}", libera.address().port());
    assert!(state.join("history").join(&by_address).exists());

    let mut alice = Start::with(&[])
        .configured(configuration)
        .at_home_of(&before)
        .sized(30, 120)
        .start();
    alice.shows("for libera/#lobby: draft for libera  Ctrl-Y (or Alt-R) restores it");
    alice.shows("libera: You are alice in #lobby");
    alice.prompts("[home/#lobby]");
    for name in ["history", "draft"] {
        let names = fs::read_dir(state.join(name)).unwrap().flatten();
        let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        assert!(names.iter().any(|file| file == "libera"), "{names:?}");
        assert!(!names.iter().any(|file| *file == *by_address), "{names:?}");
    }
    alice.types(&format!("/names{ENTER}"));
    alice.shows("#lobby: alice");
    alice.prompts("[home/#lobby]");
    alice.types("\x1b[A");
    alice.prompts("[home/#lobby] /names [#ROOM]");
    alice.types(CTRL_C);
    // It returns to its room, on its network.
    alice.types(CTRL_Y);
    alice.prompts("[libera/#lobby] draft for libera");
    alice.types(CTRL_C);
    alice.prompts("[libera/#lobby]");
    alice.types("\x1b[A");
    alice.prompts("[libera/#lobby] /topic [#ROOM] [TEXT|-delete]");
    alice.types(CTRL_C);
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn the_log_of_a_network_that_ends_first_is_complete_when_the_program_ends() {
    const LINES: usize = 1_000;
    let [home, libera] = [Scripted::listen(), Scripted::listen()];
    let configuration = networks(home.address(), libera.address());
    let configuration = format!("log = true\n{configuration}").leak();
    let start = Start::with(&[]).configured(configuration).sized(30, 120);
    // The log of the first network is a pipe, which takes some of the lines only.
    let folder = start.home().join("chatroom/log/home");
    fs::create_dir_all(&folder).unwrap();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let mut pipes = Vec::new();
    // The day may be over soon.
    for day in [today.date(), today.date().tomorrow().unwrap()] {
        let path = folder.join(format!("{day}.ndjson"));
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, &path, FileType::Fifo, mode, 0).unwrap();
        let mut options = fs::OpenOptions::new();
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        let pipe = options.read(true).custom_flags(nonblocking).open(path);
        pipes.push(pipe.unwrap());
    }
    let mut alice = start.start();
    let [mut home, libera] = [home, libera].map(|server| {
        let mut lines = server.accepts();
        lines.lets_alice_in();
        lines
    });
    alice.shows("home: You are alice in #lobby");
    alice.shows("libera: You are alice in #lobby");
    let text = "x".repeat(300);
    for number in 0..LINES {
        home.bob_says(&format!("{number} {text}"));
    }
    alice.shows(&format!("<bob> {} x", LINES - 1));
    alice.types("/quit\r");
    for mut lines in [home, libera] {
        lines.receives("QUIT");
        lines.hangs_up();
    }
    // They are read slowly: a program that does not wait has ended before.
    let mut logged = Vec::new();
    while alice.is_running() {
        thread::park_timeout(Duration::from_millis(20));
        for pipe in &mut pipes {
            let mut piece = [0; 64 * 1024];
            // Nothing to read is an error here.
            let count = pipe.read(&mut piece).unwrap_or(0);
            logged.extend_from_slice(&piece[..count]);
        }
    }
    for pipe in &mut pipes {
        pipe.read_to_end(&mut logged).unwrap();
    }
    let logged = String::from_utf8(logged).unwrap();
    let said = logged.lines().filter(|line| line.contains(&text));
    assert_eq!(said.count(), LINES);
    alice.ends_with(0);
}

#[test]
fn a_network_that_is_down_at_the_start_delays_nothing() {
    let home = host_on(0);
    // No one listens there.
    let down = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = down.local_addr().unwrap();
    drop(down);
    let mut alice = Start::with(&["libera", "home"])
        .configured(networks(home.address(), address))
        .sized(30, 120)
        .start();
    alice.shows("libera: Still not connected: connection refused");
    alice.shows("home: You are alice in #lobby");
    alice.types("/room home\r");
    alice.prompts("[home/#lobby]");
    let mut bob = Lines::enter(home.address(), "bob");
    alice.types("hello\r");
    bob.receives(" PRIVMSG #lobby :hello");
    alice.types("/networks\r");
    alice.shows("1 libera");
    alice.shows("* 2 home");
    alice.types("/disconnect libera\r");
    alice.prompts("[#lobby]");
    alice.types("/disconnect\r");
    alice.shows("This is your only network");
    alice.types("/quit\r");
    alice.ends_with(0);
}
