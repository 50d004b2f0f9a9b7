//! The paths of the log: a folder for each server, with one file a day.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::client::config::address::Address;
use crate::client::config::network_key::NetworkKey;

/// The suffix of each file's name.
const SUFFIX: &str = ".ndjson";

/// The local date of a time in Unix seconds.
pub(super) fn day_of(unix_seconds: i64, zone: &TimeZone) -> Date {
    let time = Timestamp::from_second(unix_seconds).unwrap_or_default();
    Zoned::new(time, zone.clone()).date()
}

/// The folder for the log of a network, in the folder of all logs.
pub(in crate::client) fn folder_of(logs: &Path, network: &NetworkKey) -> PathBuf {
    network.file_in(logs)
}

/// The file of one day.
pub(super) fn file_of(folder: &Path, day: Date) -> PathBuf {
    folder.join(format!("{day}{SUFFIX}"))
}

/// The files of all days, or of those from `day` on; the oldest first.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub(in crate::client) fn files_from(folder: &Path, day: Option<Date>) -> io::Result<Vec<PathBuf>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let date = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        days.extend(date.and_then(|date| date.parse::<Date>().ok()));
    }
    days.retain(|found| day.is_none_or(|day| *found >= day));
    days.sort();
    Ok(days.into_iter().map(|day| file_of(folder, day)).collect())
}

/// The names of all networks that have a log, or the addresses of those without a name, sorted.
pub(in crate::client) fn networks(logs: &Path) -> Vec<String> {
    let entries = fs::read_dir(logs).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_owned();
            let address = Address::of_file_name(&name);
            Some(address.map_or(name, |address| address.to_string()))
        })
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_day_begins_at_local_midnight() {
        let east = TimeZone::fixed(jiff::tz::offset(2));
        let day = |seconds, zone: &TimeZone| day_of(seconds, zone).to_string();
        assert_eq!(day(22 * 3_600 - 1, &east), "1970-01-01");
        assert_eq!(day(22 * 3_600, &east), "1970-01-02");
        assert_eq!(day(22 * 3_600, &TimeZone::UTC), "1970-01-01");
    }

    #[test]
    fn days_are_found_in_order_and_other_files_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "2026-11-24.ndjson",
            "2026-02-03.ndjson",
            "2026-11-25.ndjson.bak",
            "notes",
            "2026-13-01.ndjson",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |day: Option<&str>| -> Vec<String> {
            let day = day.map(|day| day.parse().unwrap());
            let files = files_from(folder.path(), day).unwrap();
            let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
            files.iter().map(name).collect()
        };
        assert_eq!(names(None), ["2026-02-03.ndjson", "2026-11-24.ndjson"]);
        assert_eq!(names(Some("2026-11-24")), ["2026-11-24.ndjson"]);
        assert!(names(Some("2026-11-26")).is_empty());
    }

    #[test]
    fn no_server_name_leads_outside_the_folder_of_logs() {
        let logs = Path::new("/state/log");
        let longest = "x".repeat(4_096);
        for host in [
            "../../etc/x",
            "..",
            ".",
            "a/b",
            "con",
            "",
            "a\\b",
            "x\0y",
            &longest,
        ] {
            let server = Address {
                host: host.to_owned(),
                port: 6667,
                tls: false,
            };
            let folder = server.file_in(logs);
            assert_eq!(folder.parent(), Some(logs), "{host:?}");
            let name = folder.file_name().unwrap().to_str().unwrap();
            assert!(name.len() <= 255, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
        }
    }
}
