//! The documents say what is true: options, commands, recipes, links, example configurations, and
//! the list of known ways to break such programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chatting_room::client::command::commands;
use chatting_room::client::config::recipes::RECIPES;
use chatting_room::common::generate::Generated;

use crate::programs;
use crate::sources::{
    Source, all_sources, assert_none, is_of_word, names_word, read, root, sources,
};

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
    let own = rcgen::generate_simple_self_signed(vec!["chat.example".to_owned()]).unwrap();
    fs::write(at("fullchain.pem"), own.cert.pem()).unwrap();
    fs::write(at("key.pem"), own.signing_key.serialize_pem()).unwrap();
    let checked = run(server, &["--check-config", "--config", path], "");
    assert!(checked.status.success(), "{checked:?}");

    fs::write(&file, code_blocks(&read("docs/client.md"), "toml").concat()).unwrap();
    let read = run(client, &["--config", path, "log"], "");
    // There is no log of the server that the configuration names. A mistake would be 78.
    assert_eq!(read.status.code(), Some(66), "{read:?}");
    let error = String::from_utf8_lossy(&read.stderr);
    assert!(error.contains("chat.example:6667"), "{error}");
}

/// `tests/hostile.md` is the numbered list of known ways to break such programs, and a test names
/// each row that it covers. Rows in `WAITING` have no test yet: they are about history that a client
/// requests, and about several servers. That list may only shrink.
#[test]
fn each_known_way_to_break_it_is_tried() {
    const ROWS: usize = 104;
    const WAITING: [usize; 2] = [73, 90];
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

/// A path in backticks is that of a file or folder: from the top, from `src`, or from the folder of a
/// program. A name that ends with `.rs` and has no folder is that of some file.
#[test]
fn each_path_in_the_documents_exists() {
    let mut files = BTreeSet::new();
    for folder in ["src", "tests", "benches"] {
        files.extend(sources(folder).into_iter().map(|source| source.name));
    }
    let exists = |path: &str| {
        let (folder, pattern) = path.rsplit_once('/').unwrap_or(("", path));
        let at = root().join(folder);
        match pattern.split_once('*') {
            None => root().join(path).exists() || root().join(format!("{path}.rs")).exists(),
            Some((start, end)) => fs::read_dir(at).is_ok_and(|entries| {
                let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
                let is_it = |name: &String| name.starts_with(start) && name.ends_with(end);
                names.filter(is_it).count() > 0
            }),
        }
    };
    let tops = [
        "src",
        "tests",
        "benches",
        "docs",
        "completions",
        ".ci",
        "wire",
        "common",
        "server",
        "client",
        "bin",
        "hub",
        "net",
    ];
    let mut mistakes = Vec::new();
    let mut checked = 0;
    for name in documents() {
        let text = read(&name);
        for (number, line) in text.lines().enumerate() {
            for code in line.split('`').skip(1).step_by(2) {
                let path = code.split(' ').next().unwrap_or_default();
                let is_found = match path.split_once('/') {
                    Some((top, _)) if tops.contains(&top) => {
                        let starts = ["", "src/", "src/server/", "src/client/"];
                        starts.iter().any(|start| exists(&format!("{start}{path}")))
                    }
                    None if path.ends_with(".rs") => {
                        let end = format!("/{path}");
                        files.iter().any(|file| file.ends_with(&end))
                    }
                    _ => continue,
                };
                checked += 1;
                if !is_found {
                    mistakes.push(format!("{name}:{}: {path}", number + 1));
                }
            }
        }
    }
    assert!(checked > 50, "{checked} paths were found");
    assert_none("paths of the documents that do not exist", &mistakes);
}

/// A reader of the repository has nothing but the repository.
#[test]
fn no_file_cites_a_path_outside_the_repository() {
    // Put together here, so that this file does not find itself.
    let outside = [format!("../{}", "shared"), format!("/{}/", "work")];
    let documents = documents().into_iter().map(|name| {
        let text = read(&name);
        Source { name, text }
    });
    let mut mistakes = Vec::new();
    for source in all_sources().into_iter().chain(documents) {
        for (number, line) in source.lines() {
            if outside.iter().any(|path| line.contains(path.as_str())) {
                mistakes.push(format!("{}:{number}: {}", source.name, line.trim()));
            }
        }
    }
    assert_none("paths outside the repository", &mistakes);
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

/// The anchor of this line if it is a heading.
fn anchor(line: &str) -> Option<String> {
    let title = line
        .starts_with('#')
        .then(|| line.trim_start_matches('#'))?;
    let title = title.trim().to_lowercase().replace(' ', "-");
    Some(title.replace(|c| !is_of_word(c), ""))
}
