//! Where the log of a server is: a folder with a file a day.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::client::config::address::Address;

/// How the name of each file ends.
const ENDING: &str = ".ndjson";

/// The day of a moment, where this person is.
pub(super) fn day_of(unix_seconds: i64, zone: &TimeZone) -> Date {
    let time = Timestamp::from_second(unix_seconds).unwrap_or_default();
    Zoned::new(time, zone.clone()).date()
}

/// The folder of a server in the folder of all logs.
pub(in crate::client) fn folder_of(logs: &Path, server: &Address) -> PathBuf {
    logs.join(server.file_name())
}

/// The file of a day.
pub(super) fn file_of(folder: &Path, day: Date) -> PathBuf {
    folder.join(format!("{day}{ENDING}"))
}

/// The files of all days from this one on, oldest first.
pub(in crate::client) fn files_from(folder: &Path, day: Option<Date>) -> io::Result<Vec<PathBuf>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let date = name.to_str().and_then(|name| name.strip_suffix(ENDING));
        days.extend(date.and_then(|date| date.parse::<Date>().ok()));
    }
    days.retain(|found| day.is_none_or(|day| *found >= day));
    days.sort();
    Ok(days.into_iter().map(|day| file_of(folder, day)).collect())
}

/// The servers that have a log, as their addresses.
pub(in crate::client) fn servers(logs: &Path) -> Vec<String> {
    let entries = fs::read_dir(logs).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Address::of_file_name(entry.file_name().to_str()?))
        .map(|server| server.to_string())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_day_begins_at_midnight_where_one_is() {
        let east = TimeZone::fixed(jiff::tz::offset(2));
        let day = |seconds, zone: &TimeZone| day_of(seconds, zone).to_string();
        assert_eq!(day(22 * 3_600 - 1, &east), "1970-01-01");
        assert_eq!(day(22 * 3_600, &east), "1970-01-02");
        assert_eq!(day(22 * 3_600, &TimeZone::UTC), "1970-01-01");
    }

    #[test]
    fn days_are_found_in_their_order_and_other_files_left_alone() {
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
    fn no_name_of_a_server_leads_out_of_the_folder_of_logs() {
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
            };
            let folder = folder_of(logs, &server);
            assert_eq!(folder.parent(), Some(logs), "{host:?}");
            let name = folder.file_name().unwrap().to_str().unwrap();
            assert!(name.len() <= 255, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
        }
    }
}
