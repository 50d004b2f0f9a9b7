//! The completions in real shells: each file is loaded in its shell, and Tab is pressed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use portable_pty::CommandBuilder;

use support::terminal::Terminal;
use support::{is_installed, run};

/// A typed text, and the screen after Tab.
const CASES: &[(&str, &[&str])] = &[
    ("chatroom --no-h", &["chatroom --no-host"]),
    ("chatroom --pass", &["chatroom --password-file"]),
    ("chatroom --color a", &["always", "auto"]),
    ("chatroom --color n", &["chatroom --color never"]),
    (
        "chatroom --config Cargo.t",
        &["chatroom --config Cargo.toml"],
    ),
    ("chatroom --generate complete-z", &["complete-zsh"]),
    ("chatroom msg @al", &["chatroom msg @alice"]),
    ("chatroom --no-host ask @b", &["ask @bob"]),
    ("chatroom ctl ro", &["chatroom ctl rooms"]),
    ("chatroomd --no-lo", &["chatroomd --no-lobby"]),
    ("chatroomd --log-format j", &["chatroomd --log-format json"]),
    ("chatroomd --check", &["chatroomd --check-config"]),
];

const PROMPT: &str = "ready> ";

fn press_tab(start: impl Fn() -> CommandBuilder) {
    for (typed, shown) in CASES {
        let mut shell = Terminal::start(start());
        shell.wait_for(&[PROMPT]);
        shell.type_keys(&format!("{typed}\t"));
        shell.wait_for(shown);
    }
}

/// Gives `chatroom` a configuration with some names.
fn configure_names(command: &mut CommandBuilder, home: &Path) {
    let config = home.join("chatroom.toml");
    let text = "people = [\"alice\", \"bob\"]\n[servers.x]\naddress = \"x\"\nrooms = [\"#dev\"]\n";
    fs::write(&config, text).unwrap();
    command.env("CHATROOM_CONFIG", config);
}

fn path_with_programs() -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_chatroom")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", programs.display())
}

fn completions() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    folder.to_str().unwrap().to_owned()
}

#[test]
fn tab_completes_in_bash() {
    if !is_installed("bash") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let settings = home.path().join("bashrc");
    let text = format!(
        "PS1='{PROMPT}'; PATH='{path}'\n\
         bind 'set show-all-if-ambiguous on'\n\
         bind 'set enable-bracketed-paste off'\n\
         . '{folder}/chatroom.bash'\n\
         . '{folder}/chatroomd.bash'\n",
        path = path_with_programs(),
        folder = completions()
    );
    fs::write(&settings, text).unwrap();
    press_tab(|| {
        let mut command = CommandBuilder::new("bash");
        command.env_clear();
        command.env("HOME", home.path());
        configure_names(&mut command, home.path());
        command.args(["--noprofile", "--rcfile"]);
        command.arg(&settings);
        command.arg("-i");
        command
    });
}

#[test]
fn tab_completes_in_zsh() {
    if !is_installed("zsh") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "PROMPT='{PROMPT}'; PATH='{path}'\n\
         fpath=('{folder}' $fpath)\n\
         autoload -Uz compinit\n\
         compinit -u\n",
        path = path_with_programs(),
        folder = completions()
    );
    fs::write(home.path().join(".zshrc"), text).unwrap();
    press_tab(|| {
        let mut command = CommandBuilder::new("zsh");
        command.env_clear();
        command.env("HOME", home.path());
        command.env("ZDOTDIR", home.path());
        configure_names(&mut command, home.path());
        // Without this machine's own settings.
        command.args(["-d", "-i"]);
        command
    });
}

#[test]
fn tab_completes_in_elvish() {
    if !is_installed("elvish") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let settings = home.path().join("rc.elv");
    let text = format!(
        "set E:PATH = '{path}'\n\
         set edit:prompt = {{ put '{PROMPT}' }}\n\
         set edit:rprompt = {{ }}\n\
         eval (slurp < '{folder}/chatroom.elv')\n\
         eval (slurp < '{folder}/chatroomd.elv')\n",
        path = path_with_programs(),
        folder = completions()
    );
    fs::write(&settings, text).unwrap();
    press_tab(|| {
        let mut command = CommandBuilder::new("elvish");
        command.env_clear();
        command.env("HOME", home.path());
        // The directory of its daemon, which must not be the one of the user who runs the test.
        command.env("XDG_RUNTIME_DIR", home.path());
        configure_names(&mut command, home.path());
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.arg("-rc");
        command.arg(&settings);
        command
    });
}

/// fish shows completions in grey before Tab is pressed, so they are requested from it instead.
#[test]
fn tab_completes_in_fish() {
    if !is_installed("fish") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    for (typed, shown) in CASES {
        let mut command = Command::new("fish");
        command.env_clear().env("HOME", home.path());
        command.env("PATH", path_with_programs());
        let config = home.path().join("chatroom.toml");
        fs::write(&config, "people = [\"alice\", \"bob\"]\n").unwrap();
        command.env("CHATROOM_CONFIG", config);
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        let folder = completions();
        let script = format!(
            "source '{folder}/chatroom.fish'; source '{folder}/chatroomd.fish'; \
             complete --do-complete '{typed}'"
        );
        command.args(["--no-config", "--command", &script]);
        let finished = run(command, "");
        assert_eq!(finished.status, Some(0), "{finished:?}");
        for part in *shown {
            // One word per line, followed by its description.
            let word = part.rsplit(' ').next().unwrap();
            let is_offered = |line: &str| line.split('\t').next() == Some(word);
            assert!(
                finished.out.lines().any(is_offered),
                "{typed}: {word}: {finished:?}"
            );
        }
    }
}
