//! Reading a file of settings, for both programs: what is in it is theirs, and here is how a mistake
//! in it is told, with its place and what was probably meant.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::ioctl_fionbio;
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
                    io::ErrorKind::WouldBlock => {
                        f.write_str("it would have to be waited for; expected a regular file")
                    }
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
pub struct ConfigSource<'p> {
    /// Which file.
    pub path: &'p Path,
    /// All of it.
    pub text: String,
}

impl<'p> ConfigSource<'p> {
    /// Reads a file of modest size, and waits for somebody who writes it into a pipe.
    pub fn read(what: &'static str, path: &'p Path) -> Result<Self, ConfigError> {
        Self::read_in_time(what, path, true)
    }

    /// The same, and only waits for somebody where others need not wait for that.
    pub fn read_in_time(
        what: &'static str,
        path: &'p Path,
        may_wait: bool,
    ) -> Result<Self, ConfigError> {
        let bytes = read(path, may_wait).map_err(|error| ConfigError::Unreadable {
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
        self.parse_with(|_| None)
    }

    /// What it says. `place_of_key` tells where a key belongs that stands in another place.
    pub fn parse_with<T: DeserializeOwned>(
        &self,
        place_of_key: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            self.wrong(at, words_for(&error, &self.text, place_of_key))
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

fn read(path: &Path, may_wait: bool) -> io::Result<Vec<u8>> {
    // Opening a pipe would otherwise wait until somebody else opens it, too.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let is_pipe = file.metadata()?.file_type().is_fifo();
    ioctl_fionbio(&file, !may_wait)?;
    let mut bytes = Vec::new();
    let mut limited = file.take(FILE_BYTES_MAX + 1);
    limited.read_to_end(&mut bytes)?;
    match limited.limit() {
        0 => Err(io::Error::other("it is longer than 1 MiB")),
        _ if is_pipe && bytes.is_empty() => {
            let words = "it is a pipe with nothing in it; expected a regular file";
            Err(io::Error::other(words))
        }
        _ => Ok(bytes),
    }
}

/// What the library says in its own words, and what a person is told instead.
const WORDS: &[(&str, &str)] = &[
    ("unknown field", "unknown key"),
    ("unknown variant", "unknown value"),
    ("missing field", "missing key"),
    (
        "string values must be quoted, expected literal string",
        "a text must stand in quotes",
    ),
    ("wanted string or table", "expected a text in quotes"),
    (
        "data did not match any variant of untagged enum LookValue",
        "expected a text in quotes, a number, true or false",
    ),
    ("expected struct Server", "expected a table [servers.NAME]"),
    ("expected path string", "expected a text in quotes"),
    ("expected a string", "expected a text in quotes"),
    ("expected a boolean", "expected true or false"),
    ("expected a sequence", "expected a list in [ ]"),
    ("expected a map", "expected a table"),
    ("invalid type: string", "found the text"),
    ("invalid type: integer", "found the number"),
    ("invalid type: floating point", "found the number"),
    ("invalid type: boolean", "found"),
    ("invalid type: sequence", "found a list"),
    ("invalid type: map", "found a table"),
];

/// What is wrong, in one line; where a name is not known, with the one that was meant, or else with
/// the place it belongs to, or with those there are.
fn words_for(
    error: &toml::de::Error,
    text: &str,
    place_of_key: impl Fn(&str) -> Option<&'static str>,
) -> String {
    let mut words = error.message().replace('\n', " ");
    for (of_library, of_person) in WORDS {
        words = words.replace(of_library, of_person);
    }
    if words == "duplicate key" {
        let key = error.span().and_then(|span| text.get(span));
        return format!("`{}` is there already", key.unwrap_or_default());
    }
    // The library puts names between such quotes: the one that was found, then those there are.
    let mut names = words.split('`').skip(1).step_by(2);
    let Some(found) = names.next().filter(|_| words.starts_with("unknown ")) else {
        return words;
    };
    let unknown = words.split(", expected").next().unwrap_or(&words);
    match nearest(found, names) {
        Some(name) => format!("{unknown}; did you mean `{name}`?"),
        None => match place_of_key(found) {
            Some(place) => format!("{unknown} here; {place}"),
            None => words,
        },
    }
}

/// What is wrong with a key of which there is no other than the known ones.
pub fn unknown_key<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> String {
    match nearest(key, known) {
        Some(meant) => format!("unknown key `{key}`; did you mean `{meant}`?"),
        None => format!("unknown key `{key}`"),
    }
}

/// The name that is closest to this one, if one is close.
pub fn nearest<'n>(found: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near = names.map(|name| (strsim::osa_distance(name, found), name));
    let near = near.filter(|(distance, name)| *distance <= 2 && *distance < name.len());
    near.min().map(|(_, name)| name)
}

/// The keys of a table, as its reader names them when it finds one that it does not know.
pub fn keys_of<Table: DeserializeOwned>() -> Vec<String> {
    let error = toml::from_str::<Table>("\"?\" = 1").err();
    let words = error.map(|error| error.message().to_owned());
    let words = words.unwrap_or_default();
    let names = words.split('`').skip(1).step_by(2).skip(1);
    names.map(str::to_owned).collect()
}

/// Line and column of a byte, both from 1 on.
fn place_of(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}
