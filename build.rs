//! Links the functions that a start of chatroom executes side by side. The system maps the code of a
//! program in blocks of 64 KiB, so that a start which executes a little of each block has all of it in
//! memory. `packaging/start-order.py` makes the list of their names.
//!
//! An old list is not wrong: a name that no function has is ignored, and a function that is not in the
//! list is where it would be without one.

// Without its environment, a build script cannot go on.
#![allow(clippy::unwrap_used)]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

const NAMES: &str = "packaging/start-order.txt";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={NAMES}");
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());
    // A package can be without it.
    let (true, Ok(names)) = (is_usual_linker(), fs::read_to_string(folder.join(NAMES))) else {
        return;
    };
    let mut script = String::from("SECTIONS {\n.text.start : {\n");
    for name in names.lines().filter(|line| !line.starts_with('#')) {
        // Functions that are seldom called have a prefix.
        writeln!(script, "*(\".text.{name}\" \".text.unlikely.{name}\")").unwrap();
    }
    script.push_str("}\n}\nINSERT BEFORE .text;\n");
    let file = PathBuf::from(env::var("OUT_DIR").unwrap()).join("start-order.ld");
    fs::write(&file, script).unwrap();
    println!(
        "cargo::rustc-link-arg-bin=chatroom=-Wl,-T,{}",
        file.display()
    );
}

/// Whether this is a release build with the linker that Rust uses for this target if nothing else is
/// configured. Other linkers have other means, or none.
fn is_usual_linker() -> bool {
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|found| found == value);
    let is_empty = |variable: &str| env::var(variable).unwrap_or_default().is_empty();
    is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is_empty("RUSTC_LINKER")
        && is_empty("CARGO_ENCODED_RUSTFLAGS")
}
