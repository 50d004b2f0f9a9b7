//! What holds for the project as a whole: which part may know which, where each outside crate is
//! at home, and that what is made from something else is still equal to it.
//!
//! `UPDATE=1 cargo test --test tidy` rewrites the files that are made from the options.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chatting_room::client::command::commands;
use chatting_room::client::config::recipes::RECIPES;
use chatting_room::common::generate::Generated;
use clap::CommandFactory as _;

/// Outside crates, and the only files and folders that may name them. Changing a library is then
/// a change to few files.
const HOMES: &[(&str, &[&str])] = &[
    ("argon2", &["src/server/auth/password.rs"]),
    (
        "clap",
        &[
            "src/client/config/options.rs",
            "src/server/config/options.rs",
            "src/common/generate.rs",
            "src/common/cli.rs",
        ],
    ),
    ("clap_complete", &["src/common/generate.rs"]),
    ("clap_mangen", &["src/common/generate.rs"]),
    ("colored", &["src/client/screen/"]),
    ("etcetera", &["src/client/app/mod.rs"]),
    ("fastrand", &["src/client/network/"]),
    (
        "jiff",
        &[
            "src/client/json/",
            "src/client/log/",
            "src/client/config/options.rs",
            "src/client/screen/",
            "src/client/scroll/",
            "src/client/command/settings.rs",
            "src/client/app/mod.rs",
            "src/server/hub/time.rs",
        ],
    ),
    ("listenfd", &["src/server/systemd.rs"]),
    (
        "memchr",
        &["src/client/session/incoming/messages.rs", "src/wire/"],
    ),
    ("mio", &["src/server/net/mod.rs", "src/server/reactor/"]),
    // The terminal's mode and the bound on open files: what the standard library does not have.
    ("nix", &["src/client/terminal/mode.rs", "src/server/mod.rs"]),
    ("regex_lite", &["src/client/event/matcher.rs"]),
    ("nom", &["src/client/command/mod.rs", "src/wire/message.rs"]),
    (
        "rustix",
        &[
            "src/client/terminal/mode.rs",
            "src/common/config_file.rs",
            "src/server/auth/password.rs",
            "src/server/net/listener.rs",
        ],
    ),
    ("rustyline", &["src/client/editor/"]),
    (
        "serde",
        &[
            "src/client/config/file.rs",
            "src/client/config/",
            "src/client/json/",
            "src/common/config_file.rs",
            "src/server/config/file.rs",
        ],
    ),
    ("serde_json", &["src/client/json/"]),
    (
        "signal_hook",
        &[
            "src/client/interactive/",
            "src/client/mod.rs",
            "src/client/ui/plain.rs",
            "src/client/script/",
            "src/client/terminal/mode.rs",
            "src/client/config/resolve.rs",
            "src/common/cli.rs",
            "src/server/mod.rs",
            "src/server/auth/password.rs",
        ],
    ),
    ("slab", &["src/server/hub/", "src/server/reactor"]),
    (
        "strsim",
        &[
            "src/client/command/table/mod.rs",
            "src/common/config_file.rs",
        ],
    ),
    // The script's lines wait for the network in one of its channels.
    ("tokio", &["src/client/network/", "src/client/script/"]),
    (
        "toml",
        &[
            "src/client/config/file.rs",
            "src/client/config/",
            "src/common/config_file.rs",
            "src/server/config/file.rs",
        ],
    ),
    ("tracing", &["src/server/"]),
    ("tracing_subscriber", &["src/server/logging.rs"]),
    (
        "unicode_segmentation",
        &["src/client/editor/", "src/client/view/wrap.rs"],
    ),
    ("unicode_width", &["src/client/view/wrap.rs"]),
];

#[test]
fn the_wire_knows_neither_side_and_no_side_knows_the_other() {
    let mut mistakes = Vec::new();
    for (folder, others) in [
        ("src/wire/", ["client", "server"].as_slice()),
        ("src/client/", &["server"]),
        ("src/server/", &["client"]),
    ] {
        for source in sources("src").iter().filter(|source| source.is_in(folder)) {
            for (number, code) in source.code() {
                for other in others {
                    if names_module(code, other) {
                        mistakes.push(format!("{}:{number}: {}", source.name, code.trim()));
                    }
                }
                if code.contains("crate::{") {
                    let name = &source.name;
                    mistakes.push(format!("{name}:{number}: one `use` a part of the crate"));
                }
            }
        }
    }
    assert_none("paths that lead to where they should not", &mistakes);
}

#[test]
fn each_outside_crate_stays_at_home() {
    let sources = sources("src");
    let mut mistakes = Vec::new();
    for (name, homes) in HOMES {
        for source in &sources {
            if homes.iter().any(|home| source.is_in(home)) {
                continue;
            }
            for (number, code) in source.code() {
                if names_crate(code, name) {
                    mistakes.push(format!("{}:{number}: {}", source.name, code.trim()));
                }
            }
        }
    }
    assert_none("crates far from home", &mistakes);
}

#[test]
fn each_dependency_has_a_home_and_each_home_a_dependency() {
    let manifest = read("Cargo.toml");
    let dependencies: BTreeSet<String> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_")))
        .collect();
    let homes: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut mistakes: Vec<String> = dependencies
        .difference(&homes)
        .map(|name| format!("{name} has no row in HOMES of {}", file!()))
        .collect();
    for name in homes.difference(&dependencies) {
        mistakes.push(format!("{name} is no longer a dependency"));
    }
    assert_none("what does not fit Cargo.toml", &mistakes);
}

#[test]
fn only_those_with_sockets_read_the_clock() {
    let mut mistakes = Vec::new();
    for source in sources("src") {
        // A paste is told from a person by the pauses.
        if source.is_in("src/client/editor/")
            || source.is_in("src/client/network/")
            || source.is_in("src/client/ui/script/tee.rs")
            // The time that a script has begins with the program.
            || source.is_in("src/client/app/mod.rs")
            || source.is_in("src/client/config/resolve.rs")
            || source.is_in("src/server/reactor")
        {
            continue;
        }
        for (number, code) in source.code() {
            if code.contains("Instant::now") || code.contains("SystemTime::now") {
                mistakes.push(format!("{}:{number}: {}", source.name, code.trim()));
            }
        }
    }
    assert_none("places that should be told the time", &mistakes);
}

#[test]
fn each_source_file_says_first_what_it_is_for() {
    let mistakes: Vec<String> = all_sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.name)
        .collect();
    assert_none("files that do not begin with `//!`", &mistakes);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let words = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!"));
    let mut mistakes = Vec::new();
    for source in all_sources() {
        for (number, line) in source.lines() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                mistakes.push(format!("{}:{number}: {}", source.name, line.trim()));
            }
        }
    }
    assert_none("things left for later", &mistakes);
}

#[test]
fn the_code_is_formatted() {
    let cargo = || Command::new(env!("CARGO"));
    let version = cargo().args(["fmt", "--version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        println!("skipped: rustfmt is not installed (rustup component add rustfmt)");
        return;
    }
    let output = cargo()
        .args(["fmt", "--check"])
        .current_dir(root())
        .output()
        .unwrap();
    let difference = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "run cargo fmt:\n{difference}");
}

#[test]
fn the_completions_are_what_the_options_say() {
    let mut mistakes = Vec::new();
    for program in programs() {
        let name = program.get_name().to_owned();
        for (generated, file) in [
            (Generated::CompleteBash, format!("{name}.bash")),
            (Generated::CompleteZsh, format!("_{name}")),
            (Generated::CompleteFish, format!("{name}.fish")),
            (Generated::CompleteElvish, format!("{name}.elv")),
            (Generated::CompletePowershell, format!("_{name}.ps1")),
        ] {
            let path = root().join("completions").join(&file);
            let wanted = String::from_utf8(generated.text(program.clone())).unwrap();
            if std::env::var_os("UPDATE").is_some() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, &wanted).unwrap();
            }
            if fs::read_to_string(&path).ok().as_ref() != Some(&wanted) {
                mistakes.push(format!("completions/{file}"));
            }
        }
    }
    assert_none(
        "files to be made again by UPDATE=1 cargo test --test tidy",
        &mistakes,
    );
}

#[test]
fn the_documents_name_each_command_and_each_option() {
    let mut missing = Vec::new();
    let client = read("docs/client.md");
    for slash in commands() {
        let command = format!("/{}", slash.name);
        if !names_word(&client, &command) {
            missing.push(format!("docs/client.md: {command}"));
        }
    }
    for (program, file) in programs().iter().zip(["docs/client.md", "docs/server.md"]) {
        let text = read(file);
        for option in program.get_arguments().filter_map(|a| a.get_long()) {
            let option = format!("--{option}");
            if !names_word(&text, &option) {
                missing.push(format!("{file}: {option}"));
            }
        }
    }
    assert_none("commands and options that are missing", &missing);
}

#[test]
fn the_documents_and_the_man_page_have_each_recipe_as_it_is_tested() {
    let document = read("docs/scripts.md");
    let man = Generated::Man.text(programs()[0].clone());
    let man = String::from_utf8(man).unwrap();
    let mut missing = Vec::new();
    for recipe in RECIPES {
        let block = format!("{}:\n\n```bash\n{}\n```\n", recipe.title, recipe.script);
        if !document.contains(&block) {
            missing.push(format!("docs/scripts.md: {}", recipe.title));
        }
        for line in recipe.script.lines() {
            // As the page is written: what begins with a quote would be a request.
            let words = line.trim().replace('\\', "\\\\").replace('-', "\\-");
            let quotes = words.replace('\'', "\\*(Aq");
            if ![&words, &quotes].iter().any(|words| man.contains(*words)) {
                missing.push(format!("man page: {line}"));
            }
        }
    }
    assert_none("recipes that are missing", &missing);
}

#[test]
fn each_link_in_the_documents_leads_to_a_file_or_a_heading() {
    let mut mistakes = Vec::new();
    for file in documents() {
        let text = read(&file);
        for target in link_targets(&text) {
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = Path::new(&file).parent().unwrap();
            let place = match path {
                "" => PathBuf::from(&file),
                path => folder.join(path),
            };
            let there = root().join(&place);
            let has_heading = |heading: &str| {
                let text = fs::read_to_string(&there).unwrap_or_default();
                text.lines()
                    .any(|line| anchor(line) == Some(heading.to_owned()))
            };
            if !there.exists() || !heading.is_empty() && !has_heading(heading) {
                mistakes.push(format!("{file}: {target}"));
            }
        }
    }
    assert_none("links that lead nowhere", &mistakes);
}

/// The examples of configurations, read by the programs they are for.
#[test]
fn the_programs_accept_the_configurations_of_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |program: &str, arguments: &[&str], input: &str| {
        fs::write(at("input"), input).unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", folder.path());
        command.stdin(fs::File::open(at("input")).unwrap());
        command.output().unwrap()
    };
    let [client, server] = [
        env!("CARGO_BIN_EXE_chatroom"),
        env!("CARGO_BIN_EXE_chatroomd"),
    ];
    let file = at("configuration.toml");
    let path = file.to_str().unwrap();

    let hash = run(server, &["hash-password"], "secret\n").stdout;
    let hash = String::from_utf8(hash).unwrap();
    let example = code_blocks(&read("docs/server.md"), "toml").concat();
    let placeholder = "$argon2id$v=19$…";
    assert!(example.contains(placeholder), "{example}");
    fs::write(&file, example.replace(placeholder, hash.trim())).unwrap();
    fs::write(at("motd.txt"), "hello\n").unwrap();
    let checked = run(server, &["--check-config", "--config", path], "");
    assert!(checked.status.success(), "{checked:?}");

    fs::write(&file, code_blocks(&read("docs/client.md"), "toml").concat()).unwrap();
    let read = run(client, &["--config", path, "log"], "");
    // There is no log of the server that the configuration names. A mistake would be 78.
    assert_eq!(read.status.code(), Some(66), "{read:?}");
    let error = String::from_utf8_lossy(&read.stderr);
    assert!(error.contains("chat.example:6667"), "{error}");
}

/// The server is to stay slim: less than 6,000 lines are what it fits in. Blank lines, comments, and
/// what is built for tests only are not counted.
#[test]
fn the_server_stays_slim() {
    const LINES_MAX: usize = 5_999;
    let mut lines = 0;
    for source in sources("src") {
        if source.is_in("src/server/") || source.is_in("src/wire/") {
            let is_code = |line: &str| !line.trim().is_empty();
            let code = source.code().map(|(_, line)| line);
            let code = code.filter(|line| is_code(line));
            let is_for_tests = |line: &&str| {
                [
                    "#[cfg(test)]",
                    "#![cfg(test)]",
                    "#![cfg(feature = \"for-tests\")]",
                ]
                .contains(line)
            };
            lines += code.take_while(|line| !is_for_tests(line)).count();
        }
    }
    assert!(
        lines <= LINES_MAX,
        "{lines} lines in src/server and src/wire"
    );
}

/// `tests/hostile.md` is the numbered list of known ways to break such programs, and a test names
/// each row that it covers. Rows in `WAITING` have no test yet: those about TLS, history and several
/// servers, and the newest ones. That list may only shrink.
#[test]
fn each_known_way_to_break_it_is_tried() {
    const ROWS: usize = 102;
    const WAITING: [usize; 19] = [
        55, 56, 73, 77, 87, 88, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102,
    ];
    let list = read("tests/hostile.md");
    let rows: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| A")?.split(' ').next())
        .collect();
    let numbers: Vec<String> = (1..=ROWS).map(|row| format!("{row:02}")).collect();
    assert_eq!(rows, numbers, "the rows of tests/hostile.md");

    let mut tests = String::new();
    for folder in ["src", "tests"] {
        sources(folder).iter().for_each(|one| tests += &one.text);
    }
    for scenario in fs::read_dir(root().join("tests/scenarios")).unwrap() {
        tests += &fs::read_to_string(scenario.unwrap().path()).unwrap();
    }
    let words: BTreeSet<&str> = tests.split(|c: char| !c.is_alphanumeric()).collect();
    let mut mistakes = Vec::new();
    for row in 1..=ROWS {
        let name = format!("A{row:02}");
        match (words.contains(name.as_str()), WAITING.contains(&row)) {
            (false, false) => mistakes.push(format!("{name} has no test")),
            (true, true) => mistakes.push(format!("{name} has a test and is still in WAITING")),
            _ => {}
        }
    }
    assert_none("rows of tests/hostile.md", &mistakes);
}

fn programs() -> [clap::Command; 2] {
    [
        chatting_room::client::config::options::Options::command(),
        chatting_room::server::Options::command(),
    ]
}

/// The documents: the Markdown files at the top, in `docs` and in `tests`.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs/", "tests/"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    found.sort();
    found
}

/// The blocks of code in a document that are in this language.
fn code_blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let mut blocks = text.split(start.as_str()).skip(1);
    std::iter::from_fn(|| Some(blocks.next()?.split_once("```")?.0)).collect()
}

/// The targets of the links in Markdown: `[text](target)`.
fn link_targets(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("](").map(|(at, start)| at + start.len());
    starts.filter_map(|at| text[at..].split_once(')').map(|(target, _)| target))
}

/// What a link to this line is called when it is a heading.
fn anchor(line: &str) -> Option<String> {
    let title = line
        .starts_with('#')
        .then(|| line.trim_start_matches('#'))?;
    let title = title.trim().to_lowercase().replace(' ', "-");
    Some(title.replace(|c| !is_of_word(c), ""))
}

/// Whether a path in this code begins with the module `name` of the crate.
fn names_module(code: &str, name: &str) -> bool {
    ["crate::", "chatting_room::", "super::"]
        .iter()
        .any(|start| names_word(code, &format!("{start}{name}")))
}

/// Whether a path in this code begins with the crate `name`.
fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    let mut starts = code.match_indices(&path).map(|(at, _)| &code[..at]);
    let is_first = |before: &str| !before.ends_with(':') && !ends_in_word(before);
    starts.any(is_first) || code.trim() == format!("use {name};")
}

/// Whether `word` stands in the text, and not as a part of a longer word.
fn names_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let behind = &text[at + word.len()..];
        !ends_in_word(&text[..at]) && !behind.starts_with(is_of_word)
    })
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(is_of_word)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

/// A file of code.
struct Source {
    /// Its path from the top of the project.
    name: String,
    text: String,
}

impl Source {
    fn is_in(&self, place: &str) -> bool {
        self.name.starts_with(place)
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// Its lines without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn all_sources() -> Vec<Source> {
    let mut all = sources("src");
    all.extend(sources("tests"));
    all.extend(sources("benches"));
    all
}

/// The Rust files in a folder and the folders in it, in the order of their names.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    // Not each folder is there at each time.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source { name, text });
        }
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn assert_none(what: &str, mistakes: &[String]) {
    assert!(
        mistakes.is_empty(),
        "{what}:\n  {}\n",
        mistakes.join("\n  ")
    );
}
