//! Each recipe of docs/scripts.md and the man page, run by bash as it is written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use chatting_room::client::config::recipes::RECIPES;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::support::{Finished, Program, is_installed, messages_from, say};
use crate::common::{Client, Server};

/// bash with a recipe, in its own folder and process group, so that all of it can be ended.
struct Kitchen {
    folder: tempfile::TempDir,
    server: Server,
}

impl Kitchen {
    fn new() -> Option<Self> {
        let programs = ["bash", "jq", "tail", "grep"];
        if !programs.iter().all(|program| is_installed(program)) {
            return None;
        }
        Some(Self {
            folder: tempfile::tempdir().unwrap(),
            server: Server::start(&[]),
        })
    }

    fn enter(&self, nick: &str) -> Client {
        self.server.enter(nick)
    }

    /// A program that the recipe finds in `PATH`.
    fn add_program(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Starts the recipe whose title begins with `title`.
    fn start_recipe(&self, title: &str) -> Program {
        let starts = RECIPES
            .iter()
            .find(|recipe| recipe.title.starts_with(title));
        let script = starts.unwrap().script;
        let programs = Path::new(env!("CARGO_BIN_EXE_chatroom")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let here = self.folder.path();
        let path = format!("{}:{}:{path}", here.display(), programs.display());
        let mut command = Command::new("bash");
        command.env_clear().env("PATH", path).env("HOME", here);
        command.env("CHATROOM_SERVER", self.server.address.to_string());
        command.current_dir(here).process_group(0);
        command.args(["-c", script]);
        Program::start(command)
    }
}

/// Ends a recipe that runs for ever.
fn stop(program: Program) -> Finished {
    let group = -i32::try_from(program.id()).unwrap();
    kill(Pid::from_raw(group), Signal::SIGTERM).unwrap();
    program.finish()
}

#[test]
fn a_build_is_announced_in_a_room() {
    let Some(kitchen) = Kitchen::new() else {
        return;
    };
    kitchen.add_program("make", "echo '/bin/cc -o a'; echo 'warning: b' >&2; seq 10");
    let mut bob = kitchen.enter("bob");
    bob.send("JOIN #builds");
    bob.fence();
    let finished = kitchen.start_recipe("Report the progress").finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let all = "/bin/cc -o a\nwarning: b\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
    assert_eq!(finished.out, all);
    assert_eq!(
        messages_from(&mut bob, "ci"),
        ["/bin/cc -o a", "warning: b", "1", "7 more lines", "9", "10"]
    );
}

#[test]
fn a_log_is_sent_line_by_line() {
    let Some(kitchen) = Kitchen::new() else {
        return;
    };
    let log = kitchen.folder.path().join("app.log");
    fs::write(&log, "/started\n").unwrap();
    let mut bob = kitchen.enter("bob");
    let program = kitchen.start_recipe("Send each new line of a log");
    bob.expect(" PRIVMSG #lobby :/started");
    fs::write(&log, "/started\n@bob is not whispered to\n").unwrap();
    bob.expect(" PRIVMSG #lobby :@bob is not whispered to");
    stop(program);
}

#[test]
fn a_bot_answers() {
    let Some(kitchen) = Kitchen::new() else {
        return;
    };
    let mut bob = kitchen.enter("bob");
    let program = kitchen.start_recipe("A bot in ten lines");
    bob.expect(":bot!~bot@127.0.0.1 JOIN");
    for text in ["hi", "/quit", "\"'$(x)"] {
        bob.send(&format!("PRIVMSG bot :{text}"));
        bob.expect(&format!(" PRIVMSG bob :you said: {text}"));
    }
    stop(program);
}

#[test]
fn a_deployment_waits_for_approval() {
    let Some(kitchen) = Kitchen::new() else {
        return;
    };
    kitchen.add_program("deploy", "echo deployed");
    let mut ann = kitchen.enter("ann");
    for (answer, expected) in [("yes", "deployed\n"), ("no", "not deployed\n")] {
        let program = kitchen.start_recipe("Ask for approval");
        ann.expect(" PRIVMSG ann :deploy 1.4? yes or no");
        ann.send(&format!("PRIVMSG deploy :{answer}"));
        let finished = program.finish();
        assert_eq!(finished.status, Some(0), "{finished:?}");
        assert_eq!(finished.out, expected);
        ann.expect(" QUIT ");
    }
}

#[test]
fn two_rooms_are_followed() {
    let Some(kitchen) = Kitchen::new() else {
        return;
    };
    let mut bob = kitchen.enter("bob");
    for room in ["#dev", "#ops"] {
        bob.send(&format!("JOIN {room}"));
    }
    bob.fence();
    let program = kitchen.start_recipe("Watch two rooms");
    bob.expect(":watch!~watch@127.0.0.1 JOIN #ops");
    bob.send("PRIVMSG #dev :nothing of interest");
    bob.send("PRIVMSG #dev :deploy 1");
    bob.send("PRIVMSG #ops :deploy 2");
    say(&mut bob, "deploy 3");
    let out = program.out.wait_for("deploy 3\n");
    let texts: Vec<&str> = out.lines().map(|line| &line[6..]).collect();
    assert_eq!(
        texts,
        [
            "#dev <bob> deploy 1",
            "#ops <bob> deploy 2",
            "#lobby <bob> deploy 3"
        ]
    );
    stop(program);
}
