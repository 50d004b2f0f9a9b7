//! Reads configuration files for both programs and reports mistakes in them with line, column and
//! a suggestion. The keys belong to the programs.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::ioctl_fionbio;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::suggest::nearest;

/// The longest file that is read, in bytes. A device would never end.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A value that is a text or a list of texts.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One text.
    One(String),
    /// Several texts.
    More(Vec<String>),
}

impl OneOrMore {
    /// All texts.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::More(list) => list,
        }
    }
}

/// A warning about a file with a secret that every user of this machine can read. `what` says what
/// the secret is.
pub(crate) fn warning_if_others_can_read(path: &Path, what: &str) -> Option<String> {
    const READABLE_BY_OTHERS: u32 = 0o004;
    let metadata = fs::metadata(path).ok()?;
    let is_readable = metadata.is_file() && metadata.mode() & READABLE_BY_OTHERS != 0;
    is_readable.then(|| {
        format!(
            "Every user of this machine can read the {what} in {0}. To prevent it: chmod o-r {0}",
            path.display()
        )
    })
}

/// Why a configuration file was not accepted. `M` is the mistakes that the program can find in it.
#[derive(Debug)]
pub enum ConfigError<M> {
    /// The file cannot be read.
    Unreadable {
        /// The purpose, as in "password file".
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The file contains a mistake.
    Wrong {
        /// The file.
        file: PathBuf,
        /// Line and column, counted from 1.
        place: Option<(usize, usize)>,
        /// The mistake.
        mistake: Box<M>,
    },
}

impl<M> ConfigError<M> {
    /// The exit status. sysexits(3).
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Unreadable { .. } => 66,
            Self::Wrong { .. } => 78,
        }
    }
}

impl<M: fmt::Display> fmt::Display for ConfigError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { what, file, error } => {
                write!(f, "Cannot read the {what} {}: ", file.display())?;
                match error.kind() {
                    io::ErrorKind::NotFound => f.write_str("no such file"),
                    io::ErrorKind::PermissionDenied => f.write_str("permission denied"),
                    io::ErrorKind::IsADirectory => f.write_str("it is a directory"),
                    io::ErrorKind::WouldBlock => {
                        f.write_str("reading it would block; expected a regular file")
                    }
                    _ => error.fmt(f),
                }
            }
            Self::Wrong {
                file,
                place,
                mistake,
            } => {
                write!(f, "{}", file.display())?;
                if let Some((line, column)) = place {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": {mistake}")
            }
        }
    }
}

impl<M: fmt::Debug + fmt::Display> Error for ConfigError<M> {}

/// A mistake that does not depend on the meaning of the keys. Its `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TomlError {
    /// The file is not valid UTF-8.
    NotUtf8,
    /// The key is in the table already.
    DuplicateKey(String),
    /// An unknown name, which `found` cites as in "unknown key `nik`", close to a known one.
    Misspelled { found: String, nearest: String },
    /// A key of another table, which `found` cites, and the hint where it belongs.
    Misplaced { found: String, hint: &'static str },
    /// An unknown key that is close to no known one.
    UnknownKey(String),
    /// Another mistake, described in the terms of the documentation, and a hint if there is one.
    Rejected {
        message: String,
        hint: Option<&'static str>,
    },
}

impl fmt::Display for TomlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("it is not valid UTF-8"),
            Self::DuplicateKey(key) => write!(f, "duplicate key `{key}`"),
            Self::Misspelled { found, nearest } => write!(f, "{found}; did you mean `{nearest}`?"),
            Self::Misplaced { found, hint } => write!(f, "{found} here; {hint}"),
            Self::UnknownKey(key) => write!(f, "unknown key `{key}`"),
            Self::Rejected {
                message,
                hint: None,
            } => f.write_str(message),
            Self::Rejected {
                message,
                hint: Some(hint),
            } => write!(f, "{message}; {hint}"),
        }
    }
}

impl Error for TomlError {}

/// Hints for mistakes that the program's tables explain.
#[derive(Clone, Copy)]
pub(crate) struct TomlHints<'h> {
    /// The table that a key belongs to, as a hint, if the program has such a key.
    pub(crate) place_of_key: &'h dyn Fn(&str) -> Option<&'static str>,
    /// The hint for a table in place of a value.
    pub(crate) unexpected_table: Option<&'static str>,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct ConfigSource<'p> {
    /// The path.
    pub path: &'p Path,
    /// All of it.
    pub text: String,
}

impl<'p> ConfigSource<'p> {
    /// Reads a file of at most 1 MiB. A pipe is waited for.
    pub(crate) fn read<M: From<TomlError>>(
        what: &'static str,
        path: &'p Path,
    ) -> Result<Self, ConfigError<M>> {
        Self::read_in_time(what, path, true)
    }

    /// The same; a pipe is waited for only if `may_wait`.
    pub(crate) fn read_in_time<M: From<TomlError>>(
        what: &'static str,
        path: &'p Path,
        may_wait: bool,
    ) -> Result<Self, ConfigError<M>> {
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
                Self { path, text }.wrong(Some(end), TomlError::NotUtf8)
            })
    }

    /// Parses the file as TOML.
    pub(crate) fn parse<T: DeserializeOwned, M: From<TomlError>>(
        &self,
    ) -> Result<T, ConfigError<M>> {
        self.parse_with(TomlHints {
            place_of_key: &|_| None,
            unexpected_table: None,
        })
    }

    /// The same, with hints for mistakes.
    pub(crate) fn parse_with<T: DeserializeOwned, M: From<TomlError>>(
        &self,
        hints: TomlHints<'_>,
    ) -> Result<T, ConfigError<M>> {
        toml::from_str(&self.text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            self.wrong(at, explain(&error, &self.text, hints))
        })
    }

    /// A mistake at this byte.
    pub(crate) fn wrong<M>(&self, at: Option<usize>, mistake: impl Into<M>) -> ConfigError<M> {
        ConfigError::Wrong {
            file: self.path.to_owned(),
            place: at.map(|byte| place_of(&self.text, byte)),
            mistake: Box::new(mistake.into()),
        }
    }
}

fn read(path: &Path, may_wait: bool) -> io::Result<Vec<u8>> {
    // Without NONBLOCK, opening a pipe waits for a writer.
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
            let words = "it is an empty pipe; expected a regular file";
            Err(io::Error::other(words))
        }
        _ => Ok(bytes),
    }
}

/// Phrases of the TOML library, and the text that replaces each.
const WORDS: &[(&str, &str)] = &[
    ("unknown field", "unknown key"),
    ("unknown variant", "unknown value"),
    ("missing field", "missing key"),
    (
        "string values must be quoted, expected literal string",
        "text must be quoted",
    ),
    ("wanted string or table", "expected a text in quotes"),
    (
        "data did not match any variant of untagged enum LookValue",
        "expected a text in quotes, a number, true or false",
    ),
    (
        "data did not match any variant of untagged enum OneOrMore",
        "expected a text in quotes, or a list of them",
    ),
    (
        "expected struct ServerConfig",
        "expected a table [servers.NAME]",
    ),
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

/// The library's error in the terms of the documentation. For an unknown name it has the name that
/// was probably meant, else the table that the key belongs to, else the known names.
fn explain(error: &toml::de::Error, text: &str, hints: TomlHints<'_>) -> TomlError {
    let mut message = error.message().replace('\n', " ");
    for (theirs, ours) in WORDS {
        message = message.replace(theirs, ours);
    }
    if message == "duplicate key" {
        let key = error.span().and_then(|span| text.get(span));
        return TomlError::DuplicateKey(key.unwrap_or_default().to_owned());
    }
    // The library quotes names with backticks: first the one in the file, then the known ones.
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(name) = names.next().filter(|_| message.starts_with("unknown ")) else {
        let hint = hints.unexpected_table;
        let hint = hint.filter(|_| message.starts_with("found a table"));
        return TomlError::Rejected { message, hint };
    };
    let found = message.split(", expected").next().unwrap_or(&message);
    let found = found.to_owned();
    if let Some(nearest) = nearest(name, names) {
        let nearest = nearest.to_owned();
        TomlError::Misspelled { found, nearest }
    } else if let Some(hint) = (hints.place_of_key)(name) {
        TomlError::Misplaced { found, hint }
    } else {
        let hint = None;
        TomlError::Rejected { message, hint }
    }
}

/// The mistake of an unknown key.
pub(crate) fn unknown_key<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> TomlError {
    match nearest(key, known) {
        Some(nearest) => TomlError::Misspelled {
            found: format!("unknown key `{key}`"),
            nearest: nearest.to_owned(),
        },
        None => TomlError::UnknownKey(key.to_owned()),
    }
}

/// The keys of a table, read from the library's error about an unknown key.
pub(crate) fn keys_of<Table: DeserializeOwned>() -> Vec<String> {
    let error = toml::from_str::<Table>("\"?\" = 1").err();
    let words = error.map(|error| error.message().to_owned());
    let words = words.unwrap_or_default();
    let names = words.split('`').skip(1).step_by(2).skip(1);
    names.map(str::to_owned).collect()
}

/// Line and column of a byte, both counted from 1.
fn place_of(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}
