//! The rules for the project as a whole: which part may import which, where each outside crate is
//! at home, how large each part may become, and that generated files and documents are up to date.
//!
//! `UPDATE=1 cargo test --test tidy` rewrites the files that are made from the options.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod documents;
mod errors;
mod homes;
mod imports;
mod language;
mod names;
mod paths;
mod sizes;
mod sources;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use chatting_room::common::generate::Generated;
use clap::CommandFactory as _;

use sources::{all_sources, assert_none, root};

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

/// The library wraps a longer line, and the rest of it then begins in the first column of a table.
#[test]
fn no_line_of_the_help_is_longer_than_100_columns() {
    const COLUMNS_MAX: usize = 100;
    let mut mistakes = Vec::new();
    for mut program in programs() {
        program.build();
        let mut commands = vec![&mut program];
        while let Some(command) = commands.pop() {
            let shown = [command.render_help(), command.render_long_help()];
            let written = [command.get_after_help(), command.get_after_long_help()];
            let written = written.into_iter().flatten().map(ToString::to_string);
            let texts: Vec<String> = shown
                .iter()
                .map(ToString::to_string)
                .chain(written)
                .collect();
            let lines: BTreeSet<&str> = texts.iter().flat_map(|text| text.lines()).collect();
            let name = command.get_bin_name().unwrap_or_default();
            for line in lines {
                let line = line.trim_end();
                let columns = line.chars().count();
                if columns > COLUMNS_MAX {
                    mistakes.push(format!("{name} --help: {columns} columns: {line}"));
                }
            }
            commands.extend(command.get_subcommands_mut());
        }
    }
    assert_none("lines of the help that are too long", &mistakes);
}

fn programs() -> [clap::Command; 2] {
    [
        chatting_room::client::config::options::ClientOptions::command(),
        chatting_room::server::ServerOptions::command(),
    ]
}
