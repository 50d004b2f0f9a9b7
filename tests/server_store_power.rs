//! The real server with a store on a disk that loses everything that was not synced, as in a power
//! cut. `tests/support/power_cut.c` simulates it; without a C compiler there is no such test.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use self::common::Server;
use self::common::store::{Knowledge, export, kill_under_load};

/// Builds the library; `None` without a compiler.
fn library(folder: &Path) -> Option<String> {
    let library = folder.join("power_cut.so").to_str().unwrap().to_owned();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/power_cut.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", &library, source])
        .status();
    match built {
        Ok(status) => {
            assert!(status.success(), "the library cannot be built");
            Some(library)
        }
        Err(_) => {
            println!("skipped: cc is missing");
            None
        }
    }
}

#[test]
fn nothing_that_was_acknowledged_or_seen_is_lost_in_a_power_cut() {
    const CLIENTS: usize = 3;
    let rounds = std::env::var("ROUNDS").map_or(6, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = library(folder.path()) else {
        return;
    };
    let [disk, durable] = ["disk", "durable"].map(|name| folder.path().join(name));
    let mut random = fastrand::Rng::with_seed(90);
    let mut all: Vec<Knowledge> = Vec::new();
    for round in 0..rounds {
        fs::create_dir_all(&durable).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
        command
            .env("LD_PRELOAD", &library)
            .env("POWER_CUT_FROM", &disk)
            .env("POWER_CUT_TO", &durable);
        let options = ["--no-limits", "--store", disk.to_str().unwrap()];
        let server = Server::start_with(command, &options);
        let names = (0..CLIENTS).map(|number| format!("{round}-{number}"));
        all.extend(kill_under_load(&server, names, random.usize(1..400)));
        drop(server);
        // The machine starts again with what was synced.
        fs::remove_dir_all(&disk).unwrap();
        fs::create_dir(&disk).unwrap();
        for file in fs::read_dir(&durable).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), disk.join(file.file_name())).unwrap();
        }
    }
    let stored = export(&disk);
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &stored {
        *copies.entry(&line.text).or_default() += 1;
    }
    let mut acknowledged = 0;
    for Knowledge {
        acknowledged: own,
        seen,
    } in &all
    {
        acknowledged += own.len();
        for text in own.iter().chain(seen.iter().map(|(_, text)| text)) {
            assert_eq!(copies.get(text.as_str()), Some(&1), "{text}");
        }
    }
    assert!(acknowledged >= rounds, "{acknowledged}");
    println!("{acknowledged} acknowledged, {} stored", stored.len());
}
