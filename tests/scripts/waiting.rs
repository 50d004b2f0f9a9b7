//! Waiting for messages of others, and using a running session.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use portable_pty::CommandBuilder;

use super::fake::{Fake, answers};
use super::support::terminal::Terminal;
use super::support::{Finished, Program, chatroom, run, say};
use crate::common::{Client, PATIENCE, Server};

fn waiting(server: &Server, options: &[&str]) -> Program {
    let mut command = chatroom(&["--nick", "ci", &server.address.to_string()]);
    command.args(options);
    let mut program = Program::start(command);
    program.end_input();
    program
}

/// Waits until the client has joined and has noticed that it has no input.
fn settled(person: &mut Client) {
    person.expect(":ci!~ci@127.0.0.1 JOIN");
    // Its first PING is answered after everything that it sent before.
    person.send("WHOIS ci");
    person.expect(" 318 bob ci ");
}

#[test]
fn a_matching_message_is_printed_and_ends_the_program() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut ann = server.enter("ann");
    let options = ["-c", "@bob ready", "--wait-for", "^deploy [0-9]+$"];
    let from = ["--from", "Bob", "--room", "#lobby", "--timeout", "20s"];
    let program = waiting(&server, &[&options[..], &from].concat());
    bob.expect(" PRIVMSG bob :ready");
    say(&mut ann, "deploy 1");
    ann.fence();
    bob.send("PRIVMSG ci :deploy 2");
    say(&mut bob, "please deploy 3");
    say(&mut bob, "deploy 4");
    say(&mut bob, "deploy 5");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.out, "deploy 4\n");
}

#[test]
fn no_matching_message_in_time_is_75() {
    let server = Server::start(&[]);
    let options = ["--wait-for", "never", "--timeout", "200ms"];
    let finished = waiting(&server, &options).finish();
    assert_eq!(finished.status, Some(75), "{finished:?}");
    assert_eq!(finished.err, "chatroom: Gave up after 0.2 s.\n");
    assert_eq!(finished.out, "");
}

#[test]
fn the_timeout_also_ends_an_attempt_to_connect() {
    // A full queue of the system answers no connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let wait = Duration::from_millis(200);
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, wait) {
        queued.push(stream);
    }
    let address = address.to_string();
    let begun = Instant::now();
    let finished = run(
        chatroom(&["--nick", "ci", "--timeout", "300ms", &address]),
        "hello\n",
    );
    assert_eq!(finished.status, Some(75), "{finished:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn waiting_begins_at_once_also_with_an_idle_standard_input() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let address = server.address.to_string();
    let options = [
        "--nick",
        "ci",
        "--wait-for",
        "done",
        "--timeout",
        "20s",
        &address,
    ];
    let program = Program::start(chatroom(&options));
    bob.expect(":ci!");
    say(&mut bob, "all done");
    let out = program.out.all();
    assert_eq!(out, "all done\n");
    assert_eq!(program.finish().status, Some(0));
}

#[test]
fn lines_that_a_slow_server_has_not_confirmed_in_time_are_reported() {
    let server = Server::start(&[]);
    let input: String = (0..2_000).map(|number| format!("{number}\n")).collect();
    let address = server.address.to_string();
    let arguments = ["--nick", "ci", "--timeout", "1s", &address];
    let finished = run(chatroom(&arguments), input);
    assert_eq!(finished.status, Some(75), "{finished:?}");
    assert!(finished.err.contains("lines delivered: 1-"), "{finished:?}");
    assert!(finished.err.contains(" on.\n"), "{finished:?}");
}

#[test]
fn an_answer_is_the_next_whisper_of_the_user_who_was_asked() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut ann = server.enter("ann");
    let program = waiting(&server, &["ask", "@ann", "deploy?", "--timeout", "20s"]);
    ann.expect(" PRIVMSG ann :deploy?");
    bob.send("PRIVMSG ci :no");
    bob.fence();
    say(&mut ann, "let me see");
    ann.send("NICK anna");
    ann.send("PRIVMSG ci :yes\u{1b}[2J");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.out, "yes^[[2J\n");
}

#[test]
fn asking_an_absent_user_is_65_at_once_and_no_answer_is_75() {
    let server = Server::start(&[]);
    let finished = waiting(&server, &["ask", "@ann", "deploy?"]).finish();
    assert_eq!(finished.status, Some(65), "{finished:?}");
    // There is only one line, so it has no number.
    let words = "chatroom: There is no user ann";
    assert!(finished.err.starts_with(words), "{finished:?}");
    let _ann = server.enter("ann");
    let options = ["ask", "@ann", "deploy?", "--timeout", "200ms"];
    let finished = waiting(&server, &options).finish();
    assert_eq!(finished.status, Some(75), "{finished:?}");
}

#[test]
fn output_comes_line_by_line_so_that_filters_need_not_wait() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let address = server.address;
    let mut command = Command::new("bash");
    command.args([
        "-c",
        "\"$CHATROOM\" --nick ci --follow </dev/null \"$1\" | head -1",
    ]);
    command.args(["bash", &address.to_string()]);
    command.env("CHATROOM", env!("CARGO_BIN_EXE_chatroom"));
    let program = Program::start(command);
    settled(&mut bob);
    say(&mut bob, "one");
    say(&mut bob, "two");
    let out = program.out.wait_for("\n");
    assert!(out.ends_with("#lobby <bob> one\n"), "{out}");
    // A writer notices a closed output only when it writes.
    let deadline = Instant::now() + PATIENCE;
    while !program.out.has_ended() {
        assert!(Instant::now() < deadline);
        say(&mut bob, "more");
        bob.fence();
    }
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.err, "");
}

/// A session that other programs can use, with its own folder for the socket.
struct Session {
    program: Program,
    runtime: tempfile::TempDir,
}

impl Session {
    fn start(server: &Server) -> Self {
        Self::at(&server.address.to_string())
    }

    fn at(address: &str) -> Self {
        let runtime = tempfile::tempdir().unwrap();
        let config = runtime.path().join("chatroom.toml");
        std::fs::write(&config, "control = true\n").unwrap();
        let options = [
            "--nick", "alice", "--format", "json", "--follow", "--config",
        ];
        let mut command = chatroom(&options);
        command.args([config.to_str().unwrap(), address]);
        command.env("XDG_RUNTIME_DIR", runtime.path());
        let mut program = Program::start(command);
        program.end_input();
        program.out.wait_for("\"own\":true");
        Self { program, runtime }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = chatroom(arguments);
        command.env("XDG_RUNTIME_DIR", self.runtime.path());
        command
    }

    fn ctl(&self, arguments: &[&str]) -> Finished {
        run(self.command(&[&["ctl"], arguments].concat()), "")
    }

    fn answer(&self, arguments: &[&str]) -> String {
        let finished = self.ctl(arguments);
        assert_eq!(finished.status, Some(0), "{finished:?}");
        finished.out
    }
}

#[test]
fn a_running_session_can_be_used_by_other_programs() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let session = Session::start(&server);
    assert_eq!(session.answer(&["rooms"]), "#lobby\n");
    assert_eq!(session.answer(&["who"]), "alice\nbob\n");
    assert_eq!(session.answer(&["who", "lobby"]), "alice\nbob\n");
    assert_eq!(session.answer(&["names", "@b"]), "@bob\n");
    assert_eq!(session.answer(&["names", "--", "#"]), "#lobby\n");
    assert_eq!(session.answer(&["send", "hello", "there"]), "");
    bob.expect(":alice!~alice@127.0.0.1 PRIVMSG #lobby :hello there");
    let sent = run(session.command(&["msg", "@bob", "psst"]), "");
    assert_eq!(sent.status, Some(0), "{sent:?}");
    bob.expect(":alice!~alice@127.0.0.1 PRIVMSG bob :psst");
    // A message with a nick of its own is not sent by the session.
    let config = session.runtime.path().join("other.toml");
    std::fs::write(&config, format!("server = \"{}\"\n", server.address)).unwrap();
    let config = config.to_str().unwrap();
    let own = ["msg", "--config", config, "--nick", "ci", "@bob", "own"];
    let own = run(session.command(&own), "");
    assert_eq!(own.status, Some(0), "{own:?}");
    bob.expect(":ci!~ci@127.0.0.1 PRIVMSG bob :own");
    let raw = session.ctl(&["tail", "--format", "raw"]);
    assert_eq!(raw.status, Some(64), "{raw:?}");
    let wrong = session.ctl(&["send", "/quti"]);
    assert_eq!(wrong.status, Some(65), "{wrong:?}");
    assert!(wrong.err.starts_with("chatroom: There is no command /quti"));
    let nowhere = session.ctl(&["who", "#nowhere"]);
    assert_eq!(nowhere.status, Some(65), "{nowhere:?}");
    let split = session.ctl(&["send", "a\nQUIT"]);
    assert_eq!(split.status, Some(64), "{split:?}");

    let tail = session.command(&["ctl", "tail", "--format", "json"]);
    let tail = Program::start(tail);
    let deadline = Instant::now() + PATIENCE;
    // The subscriber prints nothing at its start, so messages are sent until it prints one.
    while !tail.out.so_far().contains("\"text\":\"psst\"") {
        assert!(Instant::now() < deadline);
        bob.send("PRIVMSG alice :psst");
        bob.fence();
    }
    session.program.signal(Signal::SIGTERM);
    let finished = tail.finish();
    assert_eq!(finished.status, Some(69), "{finished:?}");
    session.program.finish();
    let folder = session.runtime.path().join("chatroom");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn only_the_same_user_can_reach_a_session() {
    let server = Server::start(&[]);
    let session = Session::start(&server);
    let folder = session.runtime.path().join("chatroom");
    let mode = |path: &std::path::Path| {
        let data = std::fs::metadata(path).unwrap();
        data.permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    let socket = std::fs::read_dir(&folder).unwrap().next().unwrap();
    assert_eq!(mode(&socket.unwrap().path()), 0o600);
}

#[test]
fn without_a_session_names_come_from_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("chatroom.toml");
    let text = "people = [\"alice\", \"bob\"]\n[servers.x]\naddress = \"x\"\nrooms = [\"#dev\"]\n";
    std::fs::write(&config, text).unwrap();
    let names = |start: &str| {
        let config = config.to_str().unwrap();
        let mut command = chatroom(&["--config", config, "ctl", "names", "--", start]);
        command.env("XDG_RUNTIME_DIR", folder.path());
        run(command, "").out
    };
    assert_eq!(names("@al"), "@alice\n");
    assert_eq!(names("#"), "#dev\n");
    assert_eq!(names(""), "@alice\n@bob\n#dev\n");
    let mut command = chatroom(&["ctl", "rooms"]);
    command.env("XDG_RUNTIME_DIR", folder.path());
    let finished = run(command, "");
    assert_eq!(finished.status, Some(69), "{finished:?}");
    assert!(finished.err.contains("control = true"), "{finished:?}");
}

#[test]
fn a_session_in_a_terminal_can_be_used_too() {
    let server = Server::start(&[]);
    let runtime = tempfile::tempdir().unwrap();
    let config = runtime.path().join("chatroom.toml");
    std::fs::write(&config, "control = true\n").unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chatroom"));
    command.env_clear();
    command.env("HOME", runtime.path());
    command.env("XDG_RUNTIME_DIR", runtime.path());
    command.args(["--nick", "alice", "--config", config.to_str().unwrap()]);
    command.arg(server.address.to_string());
    let mut terminal = Terminal::start(command);
    terminal.wait_for(&["You are alice", "[#lobby]"]);
    let mut bob = server.enter("bob");
    let mut ctl = chatroom(&["ctl", "send", "@bob", "psst"]);
    ctl.env("XDG_RUNTIME_DIR", runtime.path());
    let finished = run(ctl, "");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    bob.expect(" PRIVMSG bob :psst");
    // The user at the terminal sees messages sent in their name.
    terminal.wait_for(&["From another program: @bob psst"]);
    terminal.type_keys("/quit\r");
    terminal.wait_for_end();
}

#[test]
fn a_caller_gets_the_delivery_report_of_its_line() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let session = Session::start(&server);
    for arguments in [["ctl", "send", "@nobody x"], ["msg", "@nobody", "x"]] {
        let refused = run(session.command(&arguments), "");
        assert_eq!(refused.status, Some(65), "{refused:?}");
        assert!(
            refused.err.starts_with("chatroom: There is no user nobody"),
            "{refused:?}"
        );
    }
    let long = "long ".repeat(200);
    assert_eq!(session.answer(&["send", &long]), "");
    bob.expect("PRIVMSG #lobby :long");
    // A refused message of another caller does not make the session's script fail.
    session.program.signal(Signal::SIGTERM);
    let finished = session.program.finish();
    assert_eq!(finished.status, Some(143), "{finished:?}");
    assert!(!finished.err.contains("line "), "{finished:?}");
}

#[test]
fn of_several_sessions_one_is_chosen_and_a_guess_is_reported() {
    let servers = [Server::start(&[]), Server::start(&[])];
    let first = Session::start(&servers[0]);
    let config = first.runtime.path().join("chatroom.toml");
    let mut command = first.command(&["--nick", "bob", "--follow", "-j", "#b", "--config"]);
    let address = servers[1].address.to_string();
    command.arg(&config).args([&address, "--format", "json"]);
    let mut second = Program::start(command);
    second.end_input();
    second.out.wait_for("#b");
    let listed = first.answer(&["sessions"]);
    let rows: Vec<&str> = listed.lines().collect();
    let (one, two) = (first.program.id(), second.id());
    let here = servers[0].address;
    assert_eq!(
        rows,
        [
            format!("{two} {address} bob #b"),
            format!("{one} {here} alice #lobby")
        ]
    );
    let guessed = first.ctl(&["rooms"]);
    assert_eq!(guessed.out, "#lobby\n#b\n");
    let report = format!(
        "chatroom: Several sessions are running; using {two} {address} bob #b. Choose another with --session.\n"
    );
    assert_eq!(guessed.err, report);
    for which in [here.to_string(), one.to_string()] {
        let chosen = first.ctl(&["rooms", "--session", &which]);
        assert_eq!((chosen.out.as_str(), chosen.err.as_str()), ("#lobby\n", ""));
    }
    let wrong = first.ctl(&["--session", "nowhere", "rooms"]);
    assert_eq!(wrong.status, Some(69), "{wrong:?}");
    assert!(wrong.err.contains("\"nowhere\""), "{wrong:?}");
}

#[test]
fn all_members_of_a_large_room_are_listed() {
    const PEOPLE: usize = 3_000;
    let fake = Fake::start(|line| {
        let names = |from: usize| {
            let names: Vec<String> = (from..from + 30).map(|at| format!("p{at}")).collect();
            format!(":s 353 alice = #lobby :{}\r\n", names.join(" "))
        };
        Some(match line.split(' ').next().unwrap() {
            "USER" => {
                let names: String = (0..PEOPLE).step_by(30).map(names).collect();
                format!(
                    ":s 001 alice :Welcome\r\n:s 422 alice :No\r\n:alice!u@h JOIN #lobby\r\n\
                     {names}:s 353 alice = #lobby :alice\r\n:s 366 alice #lobby :End\r\n"
                )
            }
            "PING" => format!(":s PONG s {}\r\n", line.split_once(' ').unwrap().1),
            _ => String::new(),
        })
    });
    let session = Session::at(&fake.address.to_string());
    let who = session.answer(&["who"]);
    assert_eq!(who.lines().count(), PEOPLE + 1);
}

#[test]
fn without_a_runtime_folder_a_session_is_still_found() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("chatroom.toml");
    std::fs::write(&config, "control = true\n").unwrap();
    let mut command = chatroom(&["--nick", "carol", "--follow", "--config"]);
    command.args([config.to_str().unwrap(), &server.address.to_string()]);
    command.env("XDG_STATE_HOME", state.path());
    let mut program = Program::start(command);
    program.end_input();
    bob.expect(":carol!");
    say(&mut bob, "hello");
    program.out.wait_for("hello");
    let mut rooms = chatroom(&["ctl", "rooms"]);
    rooms.env("XDG_STATE_HOME", state.path());
    assert_eq!(run(rooms, "").out, "#lobby\n");
}

#[test]
fn the_room_of_wait_for_is_joined() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    bob.send("JOIN #dev");
    bob.expect(" 366 bob #dev ");
    for room in ["#dev", "dev"] {
        let options = ["--wait-for", "done", "--room", room, "--timeout", "20s"];
        let program = waiting(&server, &options);
        bob.expect(":ci!~ci@127.0.0.1 JOIN #dev");
        bob.send("PRIVMSG #dev :done");
        let finished = program.finish();
        assert_eq!(finished.status, Some(0), "{finished:?}");
        assert_eq!(finished.out, "done\n");
        bob.expect(" QUIT ");
    }
}

/// A97.
#[test]
fn a_line_of_last_week_ends_no_waiting_and_is_marked() {
    let mut answer = answers("batch message-tags server-time");
    let fake = Fake::start(move |line| {
        let mut lines = answer(line)?;
        if line.starts_with("PING :chatroom-settled") {
            lines.push_str(
                ":s BATCH +1 chathistory #lobby\r\n\
                 @batch=1;time=2026-01-01T00:00:00.000Z :bob!b@h PRIVMSG #lobby :done old\r\n\
                 :s BATCH -1\r\n\
                 :bob!b@h PRIVMSG #lobby :done now\r\n",
            );
        }
        Some(lines)
    });
    let address = fake.address.to_string();
    let options = [
        "--nick",
        "ci",
        "--wait-for",
        "done",
        "--timeout",
        "20s",
        &address,
    ];
    let mut program = Program::start(chatroom(&options));
    program.end_input();
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.out, "done now\n");

    let mut answer = answers("batch message-tags server-time");
    let fake = Fake::start(move |line| {
        let mut lines = answer(line)?;
        if line.starts_with("PING :chatroom-settled") {
            lines.push_str("@time=2026-01-01T00:00:00.000Z :bob!b@h PRIVMSG #lobby :ci: old\r\n");
        }
        Some(lines)
    });
    let address = fake.address.to_string();
    let finished = run(
        chatroom(&["--nick", "ci", "--format", "json", &address]),
        "",
    );
    let line = finished.out.lines().find(|line| line.contains("ci: old"));
    let line = line.unwrap();
    assert!(line.contains("\"time\":\"2026-01-01T00:00:00"), "{line}");
    assert!(line.contains("\"replayed\":true"), "{line}");
    assert!(!line.contains("mention"), "{line}");
}
