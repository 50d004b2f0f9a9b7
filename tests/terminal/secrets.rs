//! After a whole session, no password is in anything that the program writes: the screen, `-v`, the log,
//! the history, drafts, the output of `ctl tail`, JSON, and the list of processes.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::people::{Lines, Scripted};
use super::screen::Start;

/// Of the server, from a file.
const SERVER: &str = "hunter-server";
/// Of the account, from a command.
const ACCOUNT: &str = "hunter-account";
/// `PLAIN` of the account, in Base64.
const ACCOUNT_CODED: &str = "YW5uAGFubgBodW50ZXItYWNjb3VudA==";
/// Sent on connect, from a command.
const ON_CONNECT: &str = "hunter-connect";
/// Typed.
const OPER: &str = "hunter-oper";
const IDENTIFY: &str = "hunter-identify";
const ROOM_KEY: &str = "hunter-key";
const REGISTER: &str = "hunter-register";
/// Typed and never sent.
const DRAFT: &str = "hunter-draft";
/// After a misspelled command, which is shown so that the mistake can be seen.
const TYPO: &str = "hunter-typo";
/// Sent by another client of the same user.
const ECHOED: &str = "hunter-echoed";

const ALL: [&str; 11] = [
    SERVER,
    ACCOUNT,
    ACCOUNT_CODED,
    ON_CONNECT,
    OPER,
    IDENTIFY,
    ROOM_KEY,
    REGISTER,
    DRAFT,
    TYPO,
    ECHOED,
];

/// Alice's client, with each password in a file of its own.
fn prepare(server: &Scripted) -> Start {
    let configuration = format!(
        "server = \"home\"\nuser = \"a\"\nreal-name = \"a\"\nlog = true\ncontrol = true\n\
         [servers.home]\naddress = \"{}\"\npassword-file = \"secret.server\"\naccount = \"ann\"\n\
         account-password-command = \"cat secret.account\"\n\
         on-connect = [\"/msg NickServ identify $(cat secret.connect)\"]\n",
        server.address()
    );
    let start = Start::with(&["--nick", "alice", "-v"]).sized(24, 200);
    for (file, text) in [
        ("secret.server", SERVER),
        ("secret.account", ACCOUNT),
        ("secret.connect", ON_CONNECT),
        ("chatroom.toml", &configuration),
    ] {
        fs::write(start.home().join(file), format!("{text}\n")).unwrap();
    }
    start.configured(configuration.leak())
}

/// Lets alice log in and enter.
fn admits(lines: &mut Lines) {
    lines.receives("CAP LS 302");
    lines.sends(":s CAP * LS :sasl=PLAIN draft/account-registration");
    lines.receives("CAP REQ sasl");
    lines.sends(":s CAP * ACK :sasl");
    lines.receives("AUTHENTICATE PLAIN");
    lines.sends("AUTHENTICATE +");
    lines.receives(&format!("AUTHENTICATE {ACCOUNT_CODED}"));
    lines.sends(":s 900 alice alice!a@h ann :You are now logged in as ann");
    lines.sends(":s 903 alice :SASL authentication successful");
    lines.receives("CAP END");
    lines.sends(":s 001 alice :Welcome alice!a@h\r\n:s 422 alice :No greeting");
    lines.receives(&format!("PRIVMSG NickServ :identify {ON_CONNECT}"));
    lines.puts_alice_into("#lobby");
    lines.answers_a_question();
}

/// The files below a folder that hold one of the passwords.
fn files_with_secrets(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_source = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("secret."));
        if path.is_dir() {
            files_with_secrets(&path, found);
        } else if !is_source && let Ok(bytes) = fs::read(&path) {
            found.extend(secrets_in(&path.display().to_string(), &bytes));
        }
    }
}

/// Which of the passwords are in these bytes.
fn secrets_in(what: &str, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let found = ALL.into_iter().filter(|secret| text.contains(secret));
    found.map(|secret| format!("{secret} in {what}")).collect()
}

/// The command lines of all processes, as `ps` prints them.
fn processes() -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        // A process can end meanwhile.
        all.extend(fs::read(entry.path().join("cmdline")).unwrap_or_default());
        all.push(b'\n');
    }
    all
}

/// `chatroom` with the files in this folder.
fn chatroom(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroom"));
    command.args(arguments).env_clear();
    for variable in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
        command.env(variable, home);
    }
    command.current_dir(home);
    command.stdin(Stdio::null());
    command
}

#[test]
fn no_password_is_in_anything_that_a_whole_session_leaves() {
    let server = Scripted::listen();
    let mut alice = prepare(&server).start();
    let mut lines = server.accepts();
    admits(&mut lines);
    alice.is_in();
    let mut tail = chatroom(alice.home(), &["ctl", "tail"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut tail_output = BufReader::new(tail.stdout.take().unwrap());
    let mut found = secrets_in("ps", &processes());
    // Each command with a password, refused and not.
    alice.types(&format!("/oper root {OPER}\r"));
    assert!(lines.receives("OPER root ").ends_with(OPER));
    lines.sends(":s 464 alice :Password incorrect");
    lines.answers_a_question();
    alice.shows("assword");
    alice.types(&format!("/msg NickServ identify {IDENTIFY}\r"));
    lines.receives(&format!("PRIVMSG NickServ :identify {IDENTIFY}"));
    lines.sends(":s 401 alice NickServ :No such nick");
    lines.answers_a_question();
    alice.shows("NickServ");
    alice.types(&format!("/join #dev {ROOM_KEY}\r"));
    assert!(lines.receives("JOIN #dev ").ends_with(ROOM_KEY));
    lines.sends(":s 475 alice #dev :Cannot join channel (+k)");
    lines.answers_a_question();
    alice.types(&format!("/register {REGISTER}\r"));
    lines.receives(&format!("REGISTER * * :{REGISTER}"));
    lines.sends(":s FAIL REGISTER WEAK_PASSWORD alice :Choose a longer one");
    lines.answers_a_question();
    alice.shows("Choose a longer one");
    // A mistake in such a command, and the message of another client of the same user.
    alice.types(&format!("/opr root {TYPO}\r"));
    alice.shows("There is no command /opr");
    lines.sends(&format!(":alice!a@h PRIVMSG NickServ :identify {ECHOED}"));
    lines.bob_says("hello");
    alice.shows("<bob> hello");
    // Lost on the way, and kept for the next connection.
    alice.types(&format!("/msg NickServ identify {IDENTIFY}\r"));
    lines.receives(&format!("PRIVMSG NickServ :identify {IDENTIFY}"));
    drop(lines);
    alice.shows("offline");
    alice.types(&format!("/msg NickServ identify {IDENTIFY}\r"));
    alice.types(&format!("/oper root {DRAFT}"));
    let mut lines = server.accepts();
    admits(&mut lines);
    lines.bob_says("bye");
    alice.shows("<bob> bye");
    let on_screen = alice.look(|shown| secrets_in("the screen", shown.bytes()));
    let is_leak = |found: &String| !found.starts_with(TYPO);
    found.extend(on_screen.into_iter().filter(is_leak));
    // A killed session takes along what the tail has not read.
    let mut output = String::new();
    while !output.contains("bye") {
        let count = tail_output.read_line(&mut output).unwrap();
        assert!(count > 0, "the tail has ended: {output}");
    }
    // Neither a kill nor another start loses a draft, so it would be there.
    alice.signals(nix::sys::signal::Signal::SIGKILL);
    alice.wait();
    drop(lines);
    tail_output.read_to_string(&mut output).unwrap();
    tail.wait().unwrap();
    found.extend(secrets_in("ctl tail", output.as_bytes()));
    for format in ["plain", "json"] {
        let mut log = chatroom(alice.home(), &["log", "--format", format]);
        let log = log.output().unwrap();
        let text = [log.stdout, log.stderr].concat();
        let shown = String::from_utf8_lossy(&text);
        assert!(shown.contains("hello"), "{shown}");
        found.extend(secrets_in("chatroom log", &text));
    }
    files_with_secrets(alice.home(), &mut found);
    assert_eq!(found, [""; 0]);
}

#[test]
fn no_password_is_in_the_output_of_a_script() {
    for format in ["plain", "json"] {
        let server = Scripted::listen();
        let alice = prepare(&server);
        let script = format!(
            "/oper root {OPER}\n/msg NickServ identify {IDENTIFY}\n/join #dev {ROOM_KEY}\n\
             /register {REGISTER}\n/opr root {TYPO}\n"
        );
        fs::write(alice.home().join("secret.script"), script).unwrap();
        let mut command = chatroom(alice.home(), &["--nick", "alice", "-v", "--format", format]);
        let input = fs::File::open(alice.home().join("secret.script")).unwrap();
        let child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = child.spawn().unwrap();
        let mut lines = server.accepts();
        admits(&mut lines);
        let mut found = secrets_in("ps", &processes());
        for (line, refusal) in [
            ("OPER root ", ":s 464 alice :Password incorrect".to_owned()),
            (
                "PRIVMSG NickServ ",
                format!(":alice!a@h PRIVMSG NickServ :identify {ECHOED}"),
            ),
            (
                "JOIN #dev ",
                ":s 475 alice #dev :Cannot join channel (+k)".to_owned(),
            ),
            (
                "REGISTER ",
                ":s FAIL REGISTER WEAK_PASSWORD alice :No".to_owned(),
            ),
        ] {
            lines.receives(line);
            lines.sends(&refusal);
            lines.answers_a_question();
        }
        lines.receives("QUIT");
        drop(lines);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(65), "{output:?}");
        found.extend(secrets_in("standard output", &output.stdout));
        found.extend(secrets_in("standard error", &output.stderr));
        assert_eq!(found, [""; 0]);
    }
}
