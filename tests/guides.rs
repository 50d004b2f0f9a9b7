//! Each guide of docs/ is run as it is written: all its blocks, in their order, by one bash in an empty
//! folder.
//!
//! - a `sh` block is run, and a `toml` block is written to `chatroomd.toml`;
//! - each line of a `text` block occurs in the output of the block before it;
//! - each port of the page is replaced by a free one. Nothing else is changed.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(all(feature = "store", feature = "tls"))]

mod common;
mod support;

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use support::{Program, is_installed};

/// The ports of the pages.
const PORTS: [&str; 3] = ["6667", "6697", "9667"];

/// A block of a page.
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut parts = page.split("\n```");
    parts.next();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (language, text) = block.split_once('\n').unwrap();
        blocks.push(Block {
            language: language.to_owned(),
            text: text.to_owned(),
        });
    }
    blocks
}

/// The page with free ports.
fn with_free_ports(page: &str) -> String {
    // All are held until each has one, so that no two are the same.
    let listeners = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = listeners.each_ref().map(|one| one.local_addr().unwrap());
    let replace = |page: String, (from, to): (&str, u16)| page.replace(from, &to.to_string());
    PORTS
        .into_iter()
        .zip(ports.map(|one| one.port()))
        .fold(page.to_owned(), replace)
}

/// A line between the outputs of the blocks.
fn mark(number: usize) -> String {
    format!("== the end of block {number} ==")
}

/// Runs the blocks, and returns the output of each.
fn run(folder: &Path, blocks: &[Block]) -> Vec<String> {
    let mut script = String::from("set -e\n");
    for (block, number) in blocks.iter().zip(0..) {
        let text = &block.text;
        match &*block.language {
            "sh" => writeln!(script, "{text}").unwrap(),
            "toml" => writeln!(script, "cat > chatroomd.toml <<'END'\n{text}\nEND").unwrap(),
            "text" => {}
            other => panic!("{other}"),
        }
        writeln!(script, "echo; echo '{}'", mark(number)).unwrap();
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_chatroom")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("bash");
    command
        .env_clear()
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("HOME", folder)
        .env("TZ", "UTC")
        .current_dir(folder)
        .process_group(0)
        .args(["-c", &script]);
    let program = Program::start(command);
    let group = Pid::from_raw(i32::try_from(program.id()).unwrap());
    let last = mark(blocks.len() - 1);
    let out = program.out.wait_long(2, |text| text.contains(&last));
    let error = program.err.so_far();
    // The server of the page runs until here.
    killpg(group, Signal::SIGKILL).unwrap();
    let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    assert!(out.contains(&last), "{out}\n{error}\n{log}");
    let mut rest = &*out;
    let mut outputs = Vec::new();
    for number in 0..blocks.len() {
        let (output, after) = rest.split_once(&mark(number)).unwrap();
        outputs.push(output.to_owned());
        rest = after;
    }
    outputs
}

fn check(name: &str) {
    let programs = ["bash", "curl", "grep", "sed"];
    if !programs.iter().all(|program| is_installed(program)) {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    let page = with_free_ports(&fs::read_to_string(path).unwrap());
    let blocks = blocks(&page);
    let folder = tempfile::tempdir().unwrap();
    let outputs = run(folder.path(), &blocks);
    let mut checked = 0;
    for (block, number) in blocks.iter().zip(0..) {
        if block.language == "text" {
            for line in block.text.lines() {
                let output = &outputs[number - 1];
                assert!(
                    output.contains(line),
                    "{name}: {line:?} is not in {output:?}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 5, "{name}: {checked} lines");
}

#[test]
fn the_guide_for_a_company_works_as_it_is_written() {
    check("company.md");
}

#[test]
fn the_guide_for_a_community_works_as_it_is_written() {
    check("community.md");
}
