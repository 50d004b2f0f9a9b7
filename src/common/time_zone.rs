//! The local time zone, found without reading the whole zone database.

use std::env;
use std::path::{Component, Path, PathBuf};

use jiff::tz::TimeZone;

/// Where the zone database is, unless `TZDIR` names another folder.
const DATABASE: &str = "/usr/share/zoneinfo";

/// The zone that `TZ` names, or else the one of this machine.
///
/// # Errors
///
/// Fails when `TZ` names no zone.
pub(crate) fn local_time_zone() -> Result<TimeZone, jiff::Error> {
    // The library lists all folders of the database before it looks up a name, which takes a third
    // of the time to connect. So the file is read here; the library gets whatever has no file.
    from_file().map_or_else(TimeZone::try_system, Ok)
}

fn from_file() -> Option<TimeZone> {
    let Some(name) = env::var_os("TZ") else {
        return read_zone("local", Path::new("/etc/localtime"));
    };
    let name = name.to_str()?;
    // POSIX allows a colon before a name (XBD, section 8.3).
    let name = name.strip_prefix(':').unwrap_or(name);
    let is_plain = |part| matches!(part, Component::Normal(_));
    if name.is_empty() || !Path::new(name).components().all(is_plain) {
        return None;
    }
    let database = env::var_os("TZDIR").map_or_else(|| PathBuf::from(DATABASE), PathBuf::from);
    read_zone(name, &database.join(name))
}

fn read_zone(name: &str, file: &Path) -> Option<TimeZone> {
    TimeZone::tzif(name, &std::fs::read(file).ok()?).ok()
}
