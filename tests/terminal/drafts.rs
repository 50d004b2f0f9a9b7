//! Unsent text is saved and offered at the next start.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::people::{Lines, PATIENCE, Scripted, host_on};
use super::screen::{CTRL_C, CTRL_Y, ENTER, PASTE_BEGINS, PASTE_ENDS, Start, Terminal};

const ALT_R: &str = "\x1br";

/// The line that offers a saved text.
fn offer(text: &str, more: &str) -> String {
    format!(": {text}  Ctrl-Y (or Alt-R) restores it{more}")
}

/// Alice types this in the lobby, and her program is killed.
fn killed_with_text(host: SocketAddr, text: &str) -> Terminal {
    let mut alice = Start::as_nick("alice", host).start();
    alice.is_in();
    alice.types(text);
    alice.settles_below(&format!("[#lobby] {text}"));
    alice.is_kept(text);
    alice.signals(Signal::SIGKILL);
    alice.wait();
    alice
}

#[test]
fn a_saved_text_is_not_part_of_the_line_until_the_user_asks_for_it() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let alice = killed_with_text(host.address(), "hup draft");
    let start = || {
        Start::as_nick("alice", host.address())
            .at_home_of(&alice)
            .sized(24, 160)
            .start()
    };
    for key in [CTRL_Y, ALT_R] {
        let mut again = start();
        again.is_in();
        again.shows(" for #lobby: hup draft  Ctrl-Y (or Alt-R) restores it");
        again.settles_below("[#lobby] ");
        again.types(&format!("/me waves{ENTER}"));
        bob.receives("ACTION waves");
        again.types(key);
        again.settles_below("[#lobby] hup draft");
        again.types(" goes on");
        again.is_kept("hup draft goes on");
        again.types("\x08\x08\x08\x08\x08\x08\x08\x08");
        again.settles_below("[#lobby] hup draft");
        again.signals(Signal::SIGTERM);
        again.ends_with(143);
    }
    let mut last = start();
    last.shows(&offer("hup draft", ""));
    last.types(&format!("{CTRL_Y}{ENTER}"));
    assert_eq!(bob.receives_from_alice(), "hup draft");
    // Then the key brings back what was deleted, as it always does.
    last.types("one two\x17\x15");
    last.settles_below("[#lobby] ");
    last.types(CTRL_Y);
    last.settles_below("[#lobby] one two");
    last.types("\x15/quit\r");
    last.ends_with(0);
    let mut over = start();
    over.is_in();
    over.types("/quit\r");
    over.ends_with(0);
    assert!(!over.look(|shown| shown.has("Ctrl-Y")));
}

#[test]
fn deleted_text_is_restored_before_a_saved_text() {
    let host = host_on(0);
    let alice = killed_with_text(host.address(), "from before");
    let start = Start::as_nick("alice", host.address())
        .at_home_of(&alice)
        .sized(24, 160);
    let mut again = start.start();
    again.shows(&offer("from before", ""));
    again.types("one two\x15");
    again.settles_below("[#lobby] ");
    again.types(CTRL_Y);
    again.settles_below("[#lobby] one two");
    again.types("\x15");
    again.settles_below("[#lobby] ");
    again.types(ALT_R);
    again.settles_below("[#lobby] from before");
    again.types(CTRL_C);
    again.types("/quit\r");
    again.ends_with(0);
}

#[test]
fn a_saved_text_is_sent_to_its_room_or_the_user_is_asked() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("/join #dev\r");
    alice.settles_below("[#dev] ");
    alice.types(&format!("{PASTE_BEGINS}one\ntwo{PASTE_ENDS}"));
    alice.shows("(2 messages");
    alice.is_kept("one\\ntwo");
    alice.signals(Signal::SIGKILL);
    alice.wait();
    let mut bob = Lines::enter(host.address(), "bob");
    bob.sends("JOIN #dev");
    let start = || {
        Start::as_nick("alice", host.address())
            .at_home_of(&alice)
            .sized(24, 160)
            .start()
    };
    let mut again = start();
    again.is_in();
    again.shows(" for #dev: one…  Ctrl-Y (or Alt-R) restores it");
    again.types(CTRL_Y);
    again.shows("The unsent text is for #dev, and you are not there");
    again.settles_below("[#lobby] ");
    again.types("/join #dev\r");
    again.settles_below("[#dev] ");
    again.types("/room #lobby\r");
    again.settles_below("[#lobby] ");
    again.types(CTRL_Y);
    again.shows("[#dev] one");
    again.shows("two  (2 messages to #dev: Enter sends, Esc discards)");
    again.is_kept("one\\ntwo");
    again.signals(Signal::SIGKILL);
    again.wait();
    // The user can also send it to another room.
    let mut last = start();
    last.shows(" for #dev: one…");
    last.types(CTRL_Y);
    last.shows("you are not there");
    last.types(CTRL_Y);
    last.shows("two  (2 messages to #lobby: Enter sends, Esc discards)");
    last.types(ENTER);
    assert_eq!(bob.receives_from_alice(), "one");
    last.types("/quit\r");
    last.ends_with(0);
}

#[test]
fn a_saved_text_is_offered_after_the_question_for_another_nick() {
    let host = host_on(0);
    let alice = killed_with_text(host.address(), "half a thought");
    let _other = Lines::enter(host.address(), "alice");
    let start = Start::as_nick("alice", host.address())
        .at_home_of(&alice)
        .sized(24, 160);
    let mut again = start.start();
    again.shows("The nick alice is in use. Choose another [alice_]: ");
    again.types(&format!("{CTRL_Y}ally"));
    again.shows("ally");
    again.types(ENTER);
    again.shows("You are ally in #lobby");
    again.shows(&offer("half a thought", ""));
    again.types(CTRL_Y);
    again.settles_below("[#lobby] half a thought");
    again.types(CTRL_C);
    again.types("/quit\r");
    again.ends_with(0);
}

#[test]
fn two_terminals_have_separate_drafts_and_each_nick_gets_its_own() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("of alice");
    alice.is_kept("of alice");
    let start = |nick: &str, alice: &Terminal| {
        Start::as_nick(nick, host.address())
            .at_home_of(alice)
            .sized(24, 160)
            .start()
    };
    let mut ally = start("ally", &alice);
    ally.shows("You are ally in #lobby");
    ally.settles_below("[#lobby] ");
    ally.types("of ally");
    ally.is_kept("of ally");
    ally.signals(Signal::SIGTERM);
    ally.ends_with(143);
    alice.signals(Signal::SIGTERM);
    alice.ends_with(143);
    for nick in ["ally", "alice"] {
        let mut again = start(nick, &alice);
        again.shows(&format!("You are {nick} in #lobby"));
        again.shows(&offer(&format!("of {nick}"), ""));
        again.types(CTRL_Y);
        again.settles_below(&format!("[#lobby] of {nick}"));
        again.types("\r/quit\r");
        again.ends_with(0);
    }
}

#[test]
fn the_text_of_a_program_that_is_killed_after_the_next_start_is_offered_then() {
    let (server, mut alice, _lines) = Scripted::with_alice(|start| start);
    alice.types("half a thought");
    alice.is_kept("half a thought");
    // It has its file until the system has removed it.
    alice.signals(Signal::SIGSTOP);
    let (mut again, _lines) = comes_back(&alice, &server);
    again.types("typed meanwhile");
    again.settles_below("[#lobby] typed meanwhile");
    assert!(!again.look(|shown| shown.has("Unsent text")));
    alice.signals(Signal::SIGKILL);
    alice.wait();
    again.shows(&offer("half a thought", ""));
    again.settles_below("[#lobby] typed meanwhile");
    again.is_kept("half a thought");
    again.types(CTRL_C);
    again.types(CTRL_Y);
    again.settles_below("[#lobby] half a thought");
}

#[test]
fn a_saved_text_is_offered_when_its_server_is_added_to_a_session() {
    let [host, other] = [host_on(0), host_on(0)];
    let alice = killed_with_text(other.address(), "half a thought");
    let start = Start::as_nick("alice", host.address());
    let mut again = start.at_home_of(&alice).sized(24, 160).start();
    again.is_in();
    assert!(!again.look(|shown| shown.has("Unsent text")));
    let network = other.address().to_string();
    again.types(&format!("/connect {network}\r"));
    // Nothing more has to be entered for that.
    again.shows(&offer("half a thought", ""));
    again.shows(&format!("{network}: You are alice in #lobby"));
    again.types(CTRL_Y);
    again.settles_below(&format!("[{network}/#lobby] half a thought"));
    again.types(CTRL_C);
    again.types("/quit\r");
    again.ends_with(0);
}

#[test]
fn a_draft_survives_browsing_the_history() {
    const UP: &str = "\x1b[A";
    let host = host_on(0);
    for (keys, kept) in [
        ("", "my precious draft"),
        (", changed", "old line, changed"),
    ] {
        let mut alice = Start::as_nick("alice", host.address()).start();
        alice.is_in();
        alice.types("old line\r");
        alice.types("my precious draft");
        alice.settles_below("[#lobby] my precious draft");
        alice.types(UP);
        alice.types(keys);
        alice.settles_below(&format!("[#lobby] old line{keys}"));
        alice.signals(Signal::SIGTERM);
        alice.ends_with(143);
        let start = Start::as_nick("alice", host.address())
            .at_home_of(&alice)
            .sized(24, 160);
        let mut again = start.start();
        again.shows(&offer(kept, ""));
        again.types(CTRL_Y);
        again.settles_below(&format!("[#lobby] {kept}"));
        again.types("\x15/quit\r");
        again.ends_with(0);
    }
}

#[test]
fn unsent_lines_are_offered_at_the_next_start_before_the_draft() {
    let host = host_on(0);
    let address = host.address();
    let mut alice = Start::as_nick("alice", address).start();
    alice.is_in();
    drop(host);
    alice.shows("Connection lost");
    alice.types("one\rtwo\r/msg NickServ identify hunter2\r@bob three\rhalf a thought");
    alice.shows("half a thought");
    alice.signals(Signal::SIGTERM);
    alice.shows("Unsent text is saved. The next run offers to restore it.");
    alice.ends_with(143);
    assert!(!everything_in(alice.home()).contains("hunter2"));
    let _host = host_on(address.port());
    let mut bob = Lines::enter(address, "bob");
    let start = || {
        Start::as_nick("alice", address)
            .at_home_of(&alice)
            .sized(24, 160)
            .start()
    };
    let mut again = start();
    again.shows("You are alice in #lobby");
    again.shows(" for #lobby: /msg #lobby one…");
    again.shows("(2 more after it)");
    again.types(CTRL_Y);
    again.shows("two  (2 messages to #lobby: Enter sends, Esc discards)");
    again.types(ENTER);
    for text in ["one", "two"] {
        assert_eq!(bob.receives_from_alice(), text);
    }
    // It ends once more, in the middle.
    again.shows(" for bob: @bob three");
    again.types(CTRL_Y);
    again.settles_below("[#lobby] @bob three");
    again.signals(Signal::SIGTERM);
    again.ends_with(143);
    let mut last = start();
    last.shows(&offer("@bob three", " (1 more after it)"));
    last.types(CTRL_Y);
    last.settles_below("[#lobby] @bob three");
    last.types(ENTER);
    bob.receives("PRIVMSG bob :three");
    last.shows(&offer("half a thought", ""));
    last.types(CTRL_Y);
    last.settles_below("[#lobby] half a thought");
    last.types("\x15/quit\r");
    last.ends_with(0);
    let mut over = start();
    over.settles_below("[#lobby] ");
    over.types("/quit\r");
    over.ends_with(0);
    assert!(!over.look(|shown| shown.has("Ctrl-Y")));
}

#[test]
fn a_killed_client_offers_the_lines_queued_for_a_slow_server() {
    /// The number of lines that are sent before the first reply.
    const WINDOW: usize = 4;
    let written = |from: usize, to: usize| {
        let lines: Vec<String> = (from..to).map(|number| format!("line {number}.")).collect();
        format!("/msg #lobby {}", lines.join("\\n"))
    };
    let (server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    let texts: Vec<String> = (0..60).map(|number| format!("line {number}.")).collect();
    alice.types(&format!("{PASTE_BEGINS}{}{PASTE_ENDS}", texts.join("\n")));
    alice.shows("(60 messages to #lobby: Enter sends, Esc discards)");
    alice.types_later(ENTER);
    // The server answers no PING, so most of it stays unsent.
    let sent = WINDOW;
    lines.receives(&format!("line {}.", sent - 1));
    // The sent lines may have arrived.
    alice.is_kept(&format!("in-transit\t{}\n", written(0, sent)));
    alice.is_kept(&format!("addressed\t{}\n", written(sent, 60)));
    alice.signals(Signal::SIGKILL);
    alice.wait();
    let waiting = 60 - sent;
    let (mut again, mut lines) = comes_back(&alice, &server);
    again.shows(" for #lobby that may have been sent: /msg #lobby line 0.…");
    again.types(CTRL_Y);
    again.shows(&format!(
        "({sent} messages to #lobby: Enter sends, Esc discards)"
    ));
    again.types("\x1b");
    again.settles_below("[#lobby] ");
    again.types(ENTER);
    again.shows(&format!(" for #lobby: /msg #lobby line {sent}.…"));
    again.types(CTRL_Y);
    again.shows(&format!(
        "({waiting} messages to #lobby: Enter sends, Esc discards)"
    ));
    again.types(ENTER);
    lines.receives(&format!("PRIVMSG #lobby :line {sent}."));
}

#[test]
fn a_killed_client_offers_the_line_that_the_server_has_not_confirmed() {
    let (server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("on its way\r");
    lines.receives("PRIVMSG #lobby :on its way");
    alice.is_kept("in-transit\t/msg #lobby on its way");
    alice.signals(Signal::SIGKILL);
    alice.wait();
    drop(lines);
    let (mut again, mut lines) = comes_back(&alice, &server);
    again.shows(
        " for #lobby that may have been sent: /msg #lobby on its way  Ctrl-Y (or Alt-R) restores it",
    );
    // It is not sent by itself, and what is confirmed is not offered.
    again.types("another\r");
    assert!(lines.receives("PRIVMSG").contains("another"));
    lines.answers_a_question();
    again.types(CTRL_Y);
    again.settles_below("[#lobby] /msg #lobby on its way");
    again.types("\x15/quit\r");
    lines.receives("QUIT");
    lines.hangs_up();
    again.ends_with(0);
    assert_eq!(everything_in(&alice.home().join("chatroom/draft")), "");
}

// A95.
#[test]
fn damaged_files_are_reported_and_their_valid_parts_are_used() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("first line\rsecond line\rhalf a thought");
    alice.is_kept("half a thought");
    alice.signals(Signal::SIGTERM);
    alice.wait();
    let damage = |folder: &str, text: &str| {
        let folder = alice.home().join("chatroom").join(folder);
        let mut files = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let file = files.find(|file| file.extension().is_none_or(|end| end != "lock"));
        let file = file.unwrap();
        let mut bytes = fs::read(&file).unwrap();
        let at = bytes
            .windows(text.len())
            .position(|part| part == text.as_bytes());
        bytes[at.unwrap()] = 0xff;
        fs::write(file, bytes).unwrap();
    };
    damage("draft", "half");
    damage("history", "first");
    let start = Start::as_nick("alice", host.address())
        .at_home_of(&alice)
        .sized(24, 160);
    let mut again = start.sized(24, 250).start();
    again.is_in();
    again.shows("1 unsent text was damaged and is ignored; the damaged file was copied to ");
    again
        .shows("1 line of the history was damaged and is ignored; the damaged file was copied to ");
    again.types("\x1b[A");
    again.settles_below("[#lobby] second line");
    again.types("\x15/quit\r");
    again.ends_with(0);
    let history = everything_in(&alice.home().join("chatroom/history"));
    assert!(history.contains("\nsecond line\n"), "{history}");
    assert!(history.contains("\u{fffd}irst line"), "{history}");
}

// A program that is killed while it writes a file again loses what it has not written yet.
#[test]
fn a_line_is_appended_to_a_long_history_that_another_session_has_changed() {
    let server = Scripted::listen();
    let address = server.address();
    let start = Start::as_nick("alice", address);
    let folder = start.home().join("chatroom/history");
    let file = folder.join(format!("at-127.0.0.1-{}", address.port()));
    let before: String = (0..10_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    fs::create_dir_all(&folder).unwrap();
    fs::write(&file, format!("#V2\n{before}")).unwrap();
    let mut alice = start.start();
    let mut lines = server.accepts();
    lines.lets_alice_in();
    alice.is_in();
    fs::write(&file, format!("#V2\n{before}of another session\n")).unwrap();
    alice.types("one\r");
    assert_eq!(lines.takes_from_alice(), "one");
    alice.types("\x1b[A\x1b[A");
    alice.settles_below("[#lobby] line 9999");
    let after = fs::read_to_string(&file).unwrap();
    assert!(after == format!("#V2\n{before}of another session\none\n"));
}

#[test]
fn passwords_are_written_to_no_file() {
    let start = |start: Start| start.configured("log = true\n[alias]\nns = \"/msg NickServ\"\n");
    let (_server, mut alice, mut lines) = Scripted::with_alice(start);
    lines.sends(":NickServ!s@services NOTICE alice :this nick is registered");
    lines.sends(":bot!b@host NOTICE alice :welcome");
    alice.shows("welcome");
    let secrets = [
        "/ns identify hunter2",
        "@NickServ: identify hunter2",
        "/r identify hunter2",
        "/raw PRIVMSG NickServ :identify hunter2",
        "/msg Q@cserve.example auth me hunter2",
    ];
    for line in secrets {
        alice.types(&format!("{line}\r"));
        lines.receives("hunter2");
        if !line.starts_with("/raw") {
            lines.answers_a_question();
        }
    }
    alice.types("@bob good day\r");
    lines.receives("good day");
    lines.answers_a_question();
    alice.types(" between us\r");
    lines.receives("between us");
    lines.answers_a_question();
    alice.types("/join #den hunter2\r");
    lines.receives("hunter2");
    alice.types("/ns identify hunter2");
    alice.settles_below("[#lobby] /ns •••••••• •••••••");
    alice.signals(Signal::SIGHUP);
    lines.hangs_up();
    alice.ends_with(129);
    let written = everything_in(alice.home());
    assert!(written.contains("good day"), "{written}");
    // A line that begins with a space is in the log and not in the history.
    let history = everything_in(&alice.home().join("chatroom/history"));
    assert!(history.contains("good day"), "{history}");
    assert!(!history.contains("between us"), "{history}");
    assert!(!written.contains("hunter2"), "{written}");
}

/// Starts the program again after `alice`, with the same files.
fn comes_back(alice: &Terminal, server: &Scripted) -> (Terminal, Lines) {
    let start = Start::as_nick("alice", server.address());
    let again = start.at_home_of(alice).sized(24, 160).start();
    let mut lines = server.accepts();
    lines.lets_alice_in();
    again.is_in();
    (again, lines)
}

impl Terminal {
    /// Waits until a text is in the files of drafts, also if the program is killed now.
    pub(super) fn is_kept(&self, text: &str) {
        let folder = self.home().join("chatroom/draft");
        // A file that is still being written has the name of a file with `.new` at its end.
        let is_complete = |path: &Path| path.extension().is_none_or(|end| end != "new");
        let deadline = Instant::now() + PATIENCE;
        while !text_in(&folder, &is_complete).contains(text) {
            assert!(Instant::now() < deadline, "{text:?} is not kept");
            // The file changes without a sign of it on the screen.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The content of all files in a folder.
fn everything_in(folder: &Path) -> String {
    text_in(folder, &|_| true)
}

/// The content of those files in a folder that `is_wanted`.
fn text_in(folder: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.push_str(&text_in(&path, is_wanted)),
            // A new file gets its name only when it is complete, so one can vanish meanwhile.
            false if is_wanted(&path) => {
                let bytes = fs::read(&path).unwrap_or_default();
                all.push_str(&String::from_utf8_lossy(&bytes));
            }
            false => {}
        }
    }
    all
}
