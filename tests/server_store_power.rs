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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;

use self::common::Server;
use self::common::store::{Knowledge, export, request_echoes, talk_until_the_end};

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
        let count = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let mut client = server.enter(&format!("n{number}"));
                request_echoes(&mut client);
                let (name, count) = (format!("{round}-{number}"), Arc::clone(&count));
                thread::spawn(move || talk_until_the_end(client, &name, &count))
            })
            .collect();
        let wanted = random.usize(1..400);
        let enough = |_: &Server| count.load(Ordering::Relaxed) >= wanted;
        server.until("enough lines are acknowledged", enough);
        server.signal(Signal::SIGKILL);
        all.extend(threads.into_iter().map(|one| one.join().unwrap()));
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
