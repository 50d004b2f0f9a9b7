//! The name of a network in file names: of its log, history and drafts.

use std::path::{Path, PathBuf};

use super::address::{Address, move_entries};
use super::file::Config;
use crate::client::event::NetworkName;

/// The longest name of a network in a file name, in bytes: a file name has at most 255.
const NAME_BYTES_MAX: usize = 200;

/// A network as its files are named: by its name in the configuration, or else by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct NetworkKey {
    name: Option<String>,
    /// `None` for a network of a bouncer, which has no address of its own.
    address: Option<Address>,
}

impl NetworkKey {
    /// The key of a server that is named like this. An address in the configuration has the key of its
    /// table, so that the name and the address of a network lead to the same files.
    pub(in crate::client) fn new(named: Option<&str>, address: &Address, config: &Config) -> Self {
        let of_name = named.filter(|name| config.servers.contains_key(*name));
        Self {
            name: of_name
                .or_else(|| config.name_of(address))
                .map(str::to_owned),
            address: Some(address.clone()),
        }
    }

    /// The key of a network of a bouncer.
    pub(in crate::client) fn of_upstream(name: &NetworkName) -> Self {
        Self {
            name: Some(name.to_string()),
            address: None,
        }
    }

    /// The name of the network, as records have it.
    pub(in crate::client) fn network_name(&self) -> NetworkName {
        match (&self.name, &self.address) {
            (Some(name), _) => NetworkName::from(name.as_str()),
            (None, Some(address)) => address.network_name(),
            (None, None) => NetworkName::default(),
        }
    }

    /// The address of its server, or else its name.
    pub(in crate::client) fn shown(&self) -> String {
        let address = self.address.as_ref().map(ToString::to_string);
        address.unwrap_or_else(|| self.network_name().to_string())
    }

    /// The path of this network's file or folder in `folder`. Files that are still named by the
    /// address are renamed, with those beside them, unless there are some of the new name.
    pub(in crate::client) fn file_in(&self, folder: &Path) -> PathBuf {
        let by_address = self.address.as_ref().map(Address::file_name);
        match (&self.name, by_address) {
            (None, by_address) => folder.join(by_address.unwrap_or_default()),
            (Some(name), None) => folder.join(file_name(name)),
            (Some(name), Some(by_address)) => {
                let name = file_name(name);
                move_entries(folder, &by_address, &name);
                folder.join(name)
            }
        }
    }
}

/// The name of a file for a network. It has no separators, so it stays in its folder, and no two
/// networks have the same.
fn file_name(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_plain = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(fits);
    // `at-` begins the names that are made of addresses, and a dot those of hidden files.
    if is_plain && !name.starts_with(['.', '-']) && !name.starts_with("at-") {
        return name.to_owned();
    }
    let kept: String = name
        .chars()
        .filter(|c| fits(*c))
        .take(NAME_BYTES_MAX)
        .collect();
    // FNV-1a: short, and stable across releases of the standard library.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("_{hash:016x}-{kept}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn key(name: &str, at: &str) -> NetworkKey {
        NetworkKey {
            name: Some(name.to_owned()),
            address: Some(address(at)),
        }
    }

    #[test]
    fn the_name_of_a_file_stays_in_its_folder_and_belongs_to_one_network() {
        let names = [
            "libera", "Libera", "a b", "a_b", "..", ".", "", "-x", "at-h-1", "../x", "a/b",
            "\u{e9}",
        ];
        let long = "x".repeat(4_096);
        let folder = Path::new("/state/log");
        let files: BTreeSet<PathBuf> = names
            .iter()
            .copied()
            .chain([long.as_str()])
            .map(|name| folder.join(file_name(name)))
            .collect();
        assert_eq!(files.len(), names.len() + 1, "{files:?}");
        for file in files {
            assert_eq!(file.parent(), Some(folder), "{file:?}");
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(
                name.len() <= 255 && Address::of_file_name(name).is_none(),
                "{name}"
            );
        }
    }

    #[test]
    fn files_by_address_are_found_under_the_name_and_never_replace_others() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        for (name, text) in [
            ("at-h-6667", "typed"),
            ("at-h-6667.lock", ""),
            ("at-h-66671", "of another port"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let home = key("home", "h:6667");
        assert_eq!(home.file_in(folder.path()), folder.path().join("home"));
        assert_eq!(read("home").as_deref(), Some("typed"));
        assert!(read("home.lock").is_some() && read("at-h-6667").is_none());
        assert_eq!(read("at-h-66671").as_deref(), Some("of another port"));
        // Files that a session by address writes later stay its own.
        fs::write(folder.path().join("at-h-6667"), "later").unwrap();
        home.file_in(folder.path());
        assert_eq!(read("home").as_deref(), Some("typed"));
        assert_eq!(read("at-h-6667").as_deref(), Some("later"));
    }

    #[test]
    fn files_of_a_running_session_are_renamed_after_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        let lock = |name: &str| {
            let lock = fs::File::create(folder.path().join(name)).unwrap();
            lock.lock().unwrap();
            lock
        };
        for name in ["at-h-6667", "at-h-6667~2.new"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let running = lock("at-h-6667.lock");
        let home = key("home", "h:6667");
        home.file_in(folder.path());
        assert_eq!(read("at-h-6667").as_deref(), Some("at-h-6667"));
        assert_eq!(read("home~2.new").as_deref(), Some("at-h-6667~2.new"));
        fs::remove_file(folder.path().join("home~2.new")).unwrap();
        // Nor does anything get the name of the file that a session by the name writes.
        let by_name = lock("home.lock");
        running.unlock().unwrap();
        home.file_in(folder.path());
        assert_eq!(read("at-h-6667").as_deref(), Some("at-h-6667"));
        by_name.unlock().unwrap();
        home.file_in(folder.path());
        assert_eq!(read("home").as_deref(), Some("at-h-6667"));
    }

    #[test]
    fn a_name_and_its_address_lead_to_the_same_files() {
        let config: Config = toml::from_str("[servers.home]\naddress = \"h:6667\"").unwrap();
        let at = |named, text: &str| NetworkKey::new(named, &address(text), &config);
        assert_eq!(at(Some("home"), "h:6667"), at(None, "h:6667"));
        assert_eq!(at(Some("h:6667"), "h:6667").network_name().as_str(), "home");
        assert_eq!(at(None, "h:7000").network_name().as_str(), "h:7000");
        assert_eq!(at(None, "h").network_name().as_str(), "h");
    }
}
