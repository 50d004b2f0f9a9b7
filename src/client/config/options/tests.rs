//! Tests of the command line: each option with each command.

use std::collections::BTreeSet;

use clap::Command;

use super::*;

/// The commands, the options before them that have an effect, and those after them. For a command of
/// `ctl`, those after `ctl` are `session` and `timeout`, too.
const EFFECTIVE: &[(&str, &[&str], &[&str])] = &[
    (
        "msg bob hi",
        &[
            "server",
            "nick",
            "join",
            "password-file",
            "fingerprint",
            "insecure",
            "timeout",
            "format",
            "color",
            "config",
            "quiet",
            "verbose",
            "follow",
        ],
        &[
            "nick",
            "join",
            "password-file",
            "fingerprint",
            "insecure",
            "timeout",
            "format",
            "color",
            "config",
        ],
    ),
    (
        "ask bob hi",
        &[
            "server",
            "nick",
            "join",
            "password-file",
            "fingerprint",
            "insecure",
            "timeout",
            "format",
            "color",
            "config",
            "quiet",
        ],
        &[
            "nick",
            "join",
            "password-file",
            "fingerprint",
            "insecure",
            "timeout",
            "format",
            "color",
            "config",
            "account",
        ],
    ),
    (
        "log",
        &["server", "format", "color", "config"],
        &["room", "since", "grep", "format", "color", "config"],
    ),
    ("certificate name", &["config"], &["config"]),
    (
        "ctl send hi",
        &["server", "timeout", "config"],
        &["session", "timeout", "config"],
    ),
    (
        "ctl who",
        &["server", "timeout", "config"],
        &["session", "timeout", "config"],
    ),
    (
        "ctl rooms",
        &["server", "timeout", "config"],
        &["session", "timeout", "config"],
    ),
    ("ctl sessions", &["config"], &["config"]),
    (
        "ctl tail",
        &["server", "timeout", "format", "color", "config"],
        &["session", "timeout", "format", "color", "config"],
    ),
    (
        "ctl names",
        &["server", "timeout", "config"],
        &["session", "timeout", "config"],
    ),
];

/// An option of a command line as it is typed.
fn typed(argument: &clap::Arg) -> Vec<String> {
    let Some(name) = argument.get_long() else {
        return vec!["chat.example".to_owned()];
    };
    let mut words = vec![format!("--{name}")];
    if argument.get_action().takes_values() {
        let value = match name {
            "fingerprint" => format!("sha256:{}", "0".repeat(64)),
            "timeout" | "interval" => "5s".to_owned(),
            "since" => "today".to_owned(),
            "max-lines" => "3".to_owned(),
            "format" => "json".to_owned(),
            "color" => "never".to_owned(),
            "input" => "text".to_owned(),
            "generate" => "man".to_owned(),
            "join" | "room" => "#a".to_owned(),
            _ => "x".to_owned(),
        };
        words.push(value);
    }
    words
}

/// Whether a command line is accepted.
fn is_accepted(words: &[&[String]]) -> bool {
    let program = ["chatroom".to_owned()];
    let words = program.iter().chain(words.iter().copied().flatten());
    let matches = ClientOptions::command().try_get_matches_from(words);
    matches.is_ok_and(|matches| ClientOptions::check(&matches).is_ok())
}

fn words_of(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn name_of(argument: &clap::Arg) -> String {
    let name = argument.get_long();
    name.map_or_else(|| argument.get_id().to_string(), str::to_owned)
}

#[test]
fn each_option_that_does_nothing_with_a_command_is_refused_before_and_after_it() {
    let root = ClientOptions::command();
    let mut all: Vec<&clap::Arg> = root.get_arguments().collect();
    all.retain(|argument| argument.get_id() != "other_servers");
    let of_commands = root.get_subcommands().flat_map(|command| {
        let of_parts = command.get_subcommands().flat_map(Command::get_arguments);
        command.get_arguments().chain(of_parts)
    });
    let mut after: Vec<&clap::Arg> = all.iter().copied().chain(of_commands).collect();
    after.retain(|argument| argument.get_long().is_some());
    for (command, effective_before, effective_after) in EFFECTIVE {
        let words = words_of(command);
        let accepted = |places: &[&clap::Arg], is_before: bool| -> BTreeSet<String> {
            let is_one = |argument: &&&clap::Arg| {
                let option = typed(argument);
                match is_before {
                    true => is_accepted(&[&option, &words]),
                    false => is_accepted(&[&words, &option]),
                }
            };
            let found = places.iter().filter(is_one);
            found.map(|argument| name_of(argument)).collect()
        };
        let expected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let expected: [BTreeSet<String>; 2] =
            [expected(effective_before), expected(effective_after)];
        assert_eq!(accepted(&all, true), expected[0], "before {command}");
        assert_eq!(accepted(&after, false), expected[1], "after {command}");
        // Help and completions list what is accepted.
        let mut listed = &root;
        for word in words.iter().take(2) {
            listed = listed.find_subcommand(word).unwrap_or(listed);
        }
        let of_group = root.find_subcommand(&words[0]).unwrap();
        let globals = of_group.get_arguments().filter(|one| one.is_global_set());
        let listed = listed.get_arguments().chain(globals);
        let listed = listed.filter_map(|argument| argument.get_long().map(str::to_owned));
        assert_eq!(listed.collect::<BTreeSet<_>>(), expected[1], "{command}");
    }
    let is_tried = |command: &&Command| {
        let name = command.get_name();
        EFFECTIVE
            .iter()
            .any(|(tried, ..)| tried.split(' ').any(|word| word == name))
    };
    let ctl = root.find_subcommand("ctl").unwrap();
    let mut untried = root.get_subcommands().chain(ctl.get_subcommands());
    assert!(untried.all(|command| is_tried(&command)));
    for option in [["--session", "2"], ["--timeout", "5s"]] {
        let between = |part: &str| {
            let [ctl, option] = [words_of("ctl"), option.map(str::to_owned).to_vec()];
            is_accepted(&[&ctl, &option, &words_of(part)])
        };
        assert!(between("tail") && between("send hi"), "{option:?}");
        assert!(!between("sessions"), "{option:?}");
    }
}

#[test]
fn the_room_of_a_log_can_be_named_without_its_prefix() {
    for (typed, room) in [("a", "#a"), ("#a", "#a"), ("&a", "&a"), ("@bob", "@bob")] {
        let options = ClientOptions::try_parse_from(["chatroom", "log", "--room", typed]).unwrap();
        match options.action {
            Some(Action::Log(log)) => assert_eq!(log.room.as_deref(), Some(room)),
            other => panic!("{other:?}"),
        }
    }
}
