//! The files of the project, read for the checks.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of code.
pub(crate) struct Source {
    /// Its path from the top of the project.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is_in(&self, place: &str) -> bool {
        self.name.starts_with(place)
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// Its lines without comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The text up to what is compiled for tests only. Test modules stand at the end of a file.
    pub(crate) fn program_text(&self) -> &str {
        let is_for_tests = |line: &str| {
            [
                "#[cfg(test)]",
                "#![cfg(test)]",
                "#![cfg(feature = \"for-tests\")]",
            ]
            .contains(&line)
        };
        let mut bytes = 0;
        for line in self.text.split_inclusive('\n') {
            if is_for_tests(line.trim_end()) {
                break;
            }
            bytes += line.len();
        }
        &self.text[..bytes]
    }

    /// Whether it stands in for another file, `NAME.rs` for `no_NAME.rs`, in a build without a feature.
    /// It has the same types with the same names, so it is never in one build with that file.
    pub(crate) fn is_stand_in(&self) -> bool {
        let file = self.name.rsplit('/').next().unwrap_or_default();
        file.starts_with("no_")
    }

    /// Whether all of it is compiled for tests only.
    pub(crate) fn is_test(&self) -> bool {
        self.name.ends_with("/tests.rs") || self.name.contains("/tests/")
    }
}

/// The files of `src` that are compiled together: with all features, and with none, in which a file
/// `no_NAME.rs` takes the place of `NAME.rs` or of the folder `NAME`.
pub(crate) fn builds(files: &[Source]) -> [Vec<&Source>; 2] {
    let compiled = || files.iter().filter(|source| !source.is_test());
    let replaced: Vec<[String; 2]> = compiled()
        .filter(|source| source.is_stand_in())
        .map(|source| {
            let place = source.name.replace("/no_", "/");
            let folder = format!("{}/", place.trim_end_matches(".rs"));
            [place, folder]
        })
        .collect();
    let is_replaced = |source: &Source| {
        let mut places = replaced.iter().flatten();
        places.any(|place| source.is_in(place))
    };
    [
        compiled().filter(|source| !source.is_stand_in()).collect(),
        compiled().filter(|source| !is_replaced(source)).collect(),
    ]
}

/// All Rust files: of the programs, of the tests and of the benchmarks.
pub(crate) fn all_sources() -> Vec<Source> {
    let mut all = sources("src");
    all.extend(sources("tests"));
    all.extend(sources("benches"));
    all
}

/// The Rust files in a folder and the folders in it, in the order of their names.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    // The list of files can change while other tests build.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source { name, text });
        }
    }
}

pub(crate) fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn assert_none(what: &str, mistakes: &[String]) {
    assert!(
        mistakes.is_empty(),
        "{what}:\n  {}\n",
        mistakes.join("\n  ")
    );
}

/// Whether `word` stands in the text, and not as a part of a longer word.
pub(crate) fn names_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let after = &text[at + word.len()..];
        !ends_in_word(&text[..at]) && !after.starts_with(is_of_word)
    })
}

pub(crate) fn ends_in_word(text: &str) -> bool {
    text.ends_with(is_of_word)
}

pub(crate) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}
