//! The questions at the start, and hosting the room.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::people::{Lines, Scripted, host_on};
use super::screen::{CTRL_C, CTRL_D, ENTER, Start};
use chatting_room::server::{EmbeddedServer, Settings};

#[test]
fn server_and_nick_are_asked_for_with_defaults_in_brackets() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let mut dora = Start::with(&[]).start();
    dora.shows("Server [127.0.0.1:6667]: ");
    dora.types(&format!("{}\r", host.address()));
    dora.shows("Nick [dora]: ");
    dora.types(ENTER);
    dora.shows("You are dora in #lobby, with bob.");
    bob.receives(":dora!");
    dora.types("hello\r");
    bob.receives("PRIVMSG #lobby :hello");
    dora.types(CTRL_D);
    bob.receives(" QUIT ");
    dora.ends_with(0);
}

#[test]
fn another_nick_is_asked_for_until_one_is_free() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let _other = Lines::enter(host.address(), "bob_");
    let mut another = Start::as_nick("BOB", host.address()).start();
    another.shows("The nick BOB is in use. Choose another [BOB_]: ");
    another.types(ENTER);
    // Another proposal would have the same fate.
    another.shows("The nick BOB_ is in use. Choose another: ");
    another.types(ENTER);
    another.shows("is not a valid nick");
    another.types("ro\r");
    another.shows("You are ro in #lobby, with");
    another.types("hello\r");
    let said = bob.receives("PRIVMSG #lobby :hello");
    assert!(said.starts_with(":ro!"), "{said}");
    another.types(CTRL_D);
    another.ends_with(0);
}

#[test]
fn a_required_password_is_asked_for_and_not_shown() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut settings = Settings::listening_on(address);
    settings.hub.limits.enabled = false;
    settings.hub.password = Some(" correct horse".to_owned());
    let host = EmbeddedServer::start(&settings).unwrap();
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.shows("The server requires a password. Password: ");
    alice.types("wrong\r");
    alice.shows("The server requires a password. Password: •••••");
    alice.shows("The server refused the password. Password: ");
    alice.types(" correct horse\r");
    alice.shows("You are alice in #lobby");
    alice.types("hello\r\x1b[A\x1b[A");
    alice.settles_below("[#lobby] hello");
    alice.look(|shown| {
        for secret in ["wrong", "correct", "horse"] {
            assert!(!shown.was_sent(secret.as_bytes()), "{secret}");
        }
    });
    let mut another = Start::as_nick("another", host.address()).start();
    another.shows("The server requires a password. Password: ");
    another.signals(Signal::SIGTERM);
    assert_eq!(another.wait().exit_code(), 143);
    let mut third = Start::as_nick("third", host.address()).start();
    third.shows("The server requires a password. Password: ");
    third.types(CTRL_D);
    third.ends_with(77);
}

#[test]
fn ctrl_d_at_a_question_quits_with_status_0() {
    let host = host_on(0);
    let _bob = Lines::enter(host.address(), "bob");
    let mut dora = Start::with(&[]).start();
    dora.shows("Server [127.0.0.1:6667]: ");
    dora.types(CTRL_D);
    dora.ends_with(0);
    let mut another = Start::as_nick("bob", host.address()).start();
    another.shows("Choose another [bob_]: ");
    another.types(CTRL_D);
    another.ends_with(0);
}

#[test]
fn lines_typed_ahead_of_the_question_for_another_nick_are_all_used() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let mut another = Start::as_nick("bob", host.address()).start();
    another.shows("Choose another [bob_]: ");
    another.types("ro\rone\rtwo\r");
    bob.receives("PRIVMSG #lobby :one");
    bob.receives("PRIVMSG #lobby :two");
}

#[test]
fn a_registration_timeout_at_the_question_for_a_nick_leads_to_a_reconnect() {
    let (server, mut alice, mut lines) = Scripted::with_a_question_for_a_nick();
    lines.sends("ERROR :too slow");
    lines.hangs_up();
    alice.types("alice\r");
    let mut lines = server.accepts();
    lines.receives("NICK alice");
    lines.welcomes_alice();
    alice.is_in();
    lines.bob_says("hi");
    alice.settles(&["<bob> hi", "[#lobby]"], "[#lobby] ");
}

/// A101. The one test that needs a fixed port: it is skipped where the port is in use.
#[test]
fn a_client_without_a_server_hosts_a_room_that_outlives_it_unless_forbidden() {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 6667));
    if TcpListener::bind(usual).is_err() || TcpStream::connect(usual).is_ok() {
        println!("left out: another program listens on {usual}");
        return;
    }
    let mut alone = Start::with(&["--nick", "dora", "--no-host"]).start();
    alone.shows("Server [127.0.0.1:6667]: ");
    alone.types(ENTER);
    alone.ends_with(69);
    let words = alone.lines().pop().unwrap();
    let expected = "chatroom: No server answers on 127.0.0.1";
    assert!(words.starts_with(expected), "{words}");
    let mut dora = Start::with(&["--nick", "dora"]).start();
    dora.types(ENTER);
    dora.shows("No server on 127.0.0.1:6667, so the room is hosted here. It stays");
    dora.shows("You are dora in #lobby, alone so far");
    let mut bob = Lines::enter(usual, "bob");
    bob.says("thanks");
    dora.shows("<bob> thanks");
    dora.types("welcome\r");
    bob.receives("PRIVMSG #lobby :welcome");
    // A stopped client does not stop the room.
    dora.signals(Signal::SIGSTOP);
    let mut carol = Lines::enter(usual, "carol");
    carol.says("still here?");
    bob.receives("PRIVMSG #lobby :still here?");
    dora.signals(Signal::SIGCONT);
    dora.shows("<carol> still here?");
    dora.types(CTRL_D);
    dora.shows("and 1 other are here and the room closes with you");
    dora.types("/quit\r");
    dora.ends_with(0);
    bob.receives_the_end();
    // The room is closed, so it can be hosted again. A killed client leaves it to the others.
    let mut dora = Start::with(&["--nick", "dora"]).start();
    dora.types(ENTER);
    dora.shows("You are dora in #lobby, alone so far");
    let server = Process::hosting_room_at(usual, dora.home());
    let mut bob = Lines::enter(usual, "bob");
    dora.signals(Signal::SIGKILL);
    bob.receives(":dora!");
    let mut carol = Lines::enter(usual, "carol");
    carol.says("still here?");
    bob.receives("PRIVMSG #lobby :still here?");
    server.end();
    bob.receives_the_end();
}

/// A server in a process of its own.
struct Process(Pid);

impl Process {
    /// The process that a client with this home directory has started to host the room. No process
    /// of anyone else has that directory in its environment.
    fn hosting_room_at(address: SocketAddr, home: &Path) -> Self {
        let wanted = format!("\0--host-room\0{address}\0");
        let variable = format!("HOME={}", home.display());
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let mut pids = processes.filter_map(|process| {
            let read = |file| fs::read(process.path().join(file));
            let is_host = String::from_utf8_lossy(&read("cmdline").ok()?).ends_with(&wanted);
            let environment = read("environ").ok()?;
            let mut variables = environment.split(|byte| *byte == 0);
            let is_own = variables.any(|one| one == variable.as_bytes());
            let pid = process.file_name().to_str()?.parse().ok()?;
            (is_host && is_own).then(|| Self(Pid::from_raw(pid)))
        });
        pids.next().unwrap()
    }

    fn end(self) {
        kill(self.0, Signal::SIGTERM).unwrap();
    }
}

#[test]
fn answers_and_lines_typed_ahead_of_the_questions_are_all_used() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let mut dora = Start::with(&[]).start();
    dora.types(&format!("{}\rdora\rone\rtwo\rthr", host.address()));
    bob.receives("PRIVMSG #lobby :one");
    bob.receives("PRIVMSG #lobby :two");
    dora.types("ee\r");
    bob.receives("PRIVMSG #lobby :three");
}

#[test]
fn an_invalid_nick_is_asked_for_again() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let mut dora = Start::with(&[&host.address().to_string()]).start();
    dora.shows("Nick [dora]: ");
    dora.types("a b c\r");
    dora.shows("\"a b c\" is not a valid nick: ");
    dora.types("ann\r");
    bob.receives(":ann!");
    let mut other = Start::as_nick("bob", host.address()).start();
    other.shows("Choose another [bob_]: ");
    other.types("x y\r");
    other.shows("\"x y\" is not a valid nick: ");
    other.types("xy\r");
    bob.receives(":xy!");
}

#[test]
fn a_silent_server_is_reported_and_ctrl_c_leaves() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut alice = Start::as_nick("alice", listener.local_addr().unwrap()).start();
    alice.shows("Connected; waiting for the server's greeting.");
    alice.types(CTRL_C);
    alice.ends_with(0);
}

#[test]
fn a_wrong_server_at_the_question_is_asked_for_again() {
    let host = host_on(0);
    let mut dora = Start::with(&["--nick", "dora"]).start();
    dora.shows("Server [127.0.0.1:6667]: ");
    dora.types("a b\r");
    dora.shows("\"a b\" is not a valid server address");
    dora.types("nosuchhost.invalid\r");
    dora.shows("Unknown host nosuchhost.invalid");
    dora.types(&format!("{}\r", host.address()));
    dora.shows("You are dora in #lobby");
}

#[test]
fn the_first_sentences_are_broken_between_words() {
    let host = host_on(0);
    let _bob = Lines::enter(host.address(), "bob");
    let mut dora = Start::with(&[]).sized(24, 40).start();
    dora.shows("Server [127.0.0.1:6667]: ");
    dora.types("127.0.0.1:1\r");
    dora.ends_in_rows(&["Server [127.0.0.1:6667]: 127.0.0.1:1", "Nick [dora]:"]);
    dora.types("bob\r");
    dora.ends_in_rows(&[
        "chatroom: No server answers on",
        "          127.0.0.1:1: connection",
        "          refused. Is chatroomd running",
        "          there?",
        "Server [127.0.0.1:6667]:",
    ]);
    dora.types(&format!("{}\r", host.address()));
    dora.ends_in_rows(&["The nick bob is in use. Choose another", "  [bob_]:"]);
    dora.types("ro\r");
    dora.shows("You are ro in #lobby, with bob.");
    dora.types(CTRL_D);
    dora.ends_with(0);
}
