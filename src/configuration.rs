//! Reading a file of settings, for both programs: what is in it is theirs, and here is how a mistake
//! in it is told, with its place and what was probably meant.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// No such file is longer than this, in bytes; a device would never end.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why there are no settings from a file.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// What it is for.
        what: &'static str,
        /// Which file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file says something that cannot be.
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Where, from 1 on: line and column.
        place: Option<(usize, usize)>,
        /// What was found, and what was expected.
        words: String,
    },
}

impl ConfigError {
    /// The exit status that says the same. sysexits(3).
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Unreadable { .. } => 66,
            Self::Wrong { .. } => 78,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { what, file, error } => {
                write!(f, "cannot read the {what} {}: ", file.display())?;
                match error.kind() {
                    io::ErrorKind::NotFound => f.write_str("there is no such file"),
                    io::ErrorKind::PermissionDenied => f.write_str("it is not readable for you"),
                    io::ErrorKind::IsADirectory => f.write_str("it is a directory"),
                    _ => error.fmt(f),
                }
            }
            Self::Wrong { file, place, words } => {
                write!(f, "{}", file.display())?;
                if let Some((line, column)) = place {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": {words}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// A file that was read.
#[derive(Debug)]
pub struct Source<'p> {
    /// Which file.
    pub path: &'p Path,
    /// All of it.
    pub text: String,
}

impl<'p> Source<'p> {
    /// Reads a file of modest size.
    pub fn read(what: &'static str, path: &'p Path) -> Result<Self, ConfigError> {
        let bytes = read(path).map_err(|error| ConfigError::Unreadable {
            what,
            file: path.to_owned(),
            error,
        })?;
        String::from_utf8(bytes)
            .map(|text| Self { path, text })
            .map_err(|error| {
                let end = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Self { path, text }.wrong(Some(end), "this is not UTF-8".to_owned())
            })
    }

    /// What it says.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            self.wrong(at, with_suggestion(error.message()))
        })
    }

    /// A mistake at this byte.
    pub fn wrong(&self, at: Option<usize>, words: String) -> ConfigError {
        ConfigError::Wrong {
            file: self.path.to_owned(),
            place: at.map(|byte| place_of(&self.text, byte)),
            words,
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut limited = File::open(path)?.take(FILE_BYTES_MAX + 1);
    limited.read_to_end(&mut bytes)?;
    match limited.limit() {
        0 => Err(io::Error::other("it is longer than 1 MiB")),
        _ => Ok(bytes),
    }
}

/// What is wrong, in one line; where a name is not known, with the one that was meant, or else with
/// those there are.
fn with_suggestion(words: &str) -> String {
    let mut words = words.replace('\n', " ");
    for (of_library, of_person) in [
        ("unknown field", "unknown key"),
        ("missing field", "missing key"),
        ("unknown variant", "unknown value"),
        ("expected a string", "expected a text in quotes"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list in [ ]"),
    ] {
        words = words.replace(of_library, of_person);
    }
    // The library puts names between such quotes: the one that was found, then those there are.
    let mut names = words.split('`').skip(1).step_by(2);
    let found = names.next().filter(|_| words.starts_with("unknown "));
    let close = found.and_then(|found| nearest(found, names));
    match (close, words.split_once(", expected")) {
        (Some(name), Some((unknown, _))) => format!("{unknown}; did you mean `{name}`?"),
        _ => words,
    }
}

/// What is wrong with a key of which there is no other than the known ones.
pub fn unknown_key<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> String {
    match nearest(key, known) {
        Some(meant) => format!("unknown key `{key}`; did you mean `{meant}`?"),
        None => format!("unknown key `{key}`"),
    }
}

fn nearest<'k>(found: &str, names: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = names.map(|name| (strsim::osa_distance(name, found), name));
    let (_, name) = near.filter(|(distance, _)| *distance <= 2).min()?;
    Some(name)
}

/// Line and column of a byte, both from 1 on.
fn place_of(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}
