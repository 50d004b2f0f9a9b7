//! Converts between the fuzzer's files and the stored text: `keep pack FOLDER` and `keep unpack
//! FOLDER`, with the text on standard output and input.

use std::path::Path;
use std::{env, fs, io};

#[path = "checks/kept.rs"]
mod kept;

/// The limit per target, in bytes; the shortest inputs are stored.
const TEXT_BYTES_MAX: usize = 150 * 1024;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", folder] => pack(Path::new(folder)),
        ["unpack", folder] => unpack(Path::new(folder)),
        _ => Err(io::Error::other("keep pack|unpack FOLDER")),
    }
}

fn pack(folder: &Path) -> io::Result<()> {
    let mut lines = Vec::new();
    for file in fs::read_dir(folder)? {
        lines.push(kept::pack(&fs::read(file?.path())?));
    }
    lines.sort_by_key(|line| (line.len(), line.clone()));
    let mut bytes = 0;
    for line in lines {
        bytes += line.len() + 1;
        if bytes > TEXT_BYTES_MAX {
            break;
        }
        println!("{line}");
    }
    Ok(())
}

fn unpack(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, line) in io::stdin().lines().enumerate() {
        let bytes = kept::unpack(&line?);
        fs::write(folder.join(format!("kept-{number}")), bytes)?;
    }
    Ok(())
}
