//! Shows the log, or JSON records from standard input, as the events were shown when they happened.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};

use super::appearance::{replay_renderer, time_zone};
use super::error::ClientError;
use crate::client::config::address::{Address, parse_address};
use crate::client::config::file::Config;
use crate::client::config::network_key::NetworkKey;
use crate::client::config::options::{ClientOptions, Format, LogArgs};
use crate::client::config::since::Since;
use crate::client::event::json;
use crate::client::event::matcher::Pattern;
use crate::client::event::{Event, NetworkName};
use crate::client::session::Incomplete;
use crate::client::storage::log::files;
use crate::client::terminal::stderr;
use crate::client::view::Renderer;
use crate::client::view::scrollback::Scrollback;
use crate::common::record::{Record, RecordKind};
use crate::wire::{FoldedName, Line, Lines};

/// The longest record, in bytes.
const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// The part of the log to show.
#[derive(Debug)]
struct LogQuery<'q> {
    /// The network whose log it is; without one, standard input has the records.
    network: Option<NetworkKey>,
    /// Its name in records.
    name: NetworkName,
    /// A room, or a nick after an `@`.
    room: Option<String>,
    since: Option<&'q Since>,
    grep: Option<&'q Pattern>,
    format: Format,
}

/// Shows a part of the log on standard output. `logs` is the folder of all logs, `config_file` the
/// configuration file to name in a hint when logging is off.
pub(super) fn run(
    options: &ClientOptions,
    log: &LogArgs,
    config: &Config,
    config_file: Option<PathBuf>,
    logs: Option<&Path>,
) -> Result<(), ClientError> {
    if options.format() == Format::Raw {
        return Err(ClientError::NoProtocolLines("The log"));
    }
    let named = log.server.as_ref().or(options.servers().next());
    let named = named.or(config.server.as_ref()).map(String::as_str);
    let network = match named {
        Some("-") => None,
        Some(name) => Some(network_named(name, config, logs)?),
        None => Some(NetworkKey::new(None, &Address::local(), config)),
    };
    let query = LogQuery {
        name: network
            .as_ref()
            .map_or_else(NetworkName::default, NetworkKey::network_name),
        network,
        room: log.room.clone(),
        since: log.since.as_ref(),
        grep: log.grep.as_ref(),
        format: options.format(),
    };
    let config_file = config_file.filter(|_| !config.log);
    let renderer = replay_renderer(options, config);
    let shown = show(
        &query,
        logs,
        config_file,
        renderer,
        &Timestamp::now().to_zoned(time_zone()),
    );
    shown.or_else(ClientError::ignore_broken_pipe)
}

/// The network with this name, or at this address. One that is not in the configuration can be one of a
/// bouncer, if there is a log of that name.
fn network_named(
    name: &str,
    config: &Config,
    logs: Option<&Path>,
) -> Result<NetworkKey, ClientError> {
    let configured = config.address_of(name);
    let of_bouncer = NetworkKey::of_upstream(&NetworkName::from(name));
    let has_log = logs.is_some_and(|logs| files::folder_of(logs, &of_bouncer).is_dir());
    if configured.is_none() && has_log {
        return Ok(of_bouncer);
    }
    let address = parse_address(configured.map_or(name, String::as_str))?;
    Ok(NetworkKey::new(Some(name), &address, config))
}

fn show(
    query: &LogQuery<'_>,
    logs: Option<&Path>,
    config_file: Option<PathBuf>,
    renderer: Renderer,
    now: &Zoned,
) -> Result<(), ClientError> {
    let output = BufWriter::new(io::stdout().lock());
    let mut reader = LogReader::new(query, renderer, now, output);
    let Some(network) = &query.network else {
        reader.read(io::stdin().lock(), Path::new("standard input"))?;
        reader.finish()?;
        return match reader.invalid_lines {
            0 => Ok(()),
            _ => Err(Incomplete::LinesRefused.into()),
        };
    };
    let no_log = || ClientError::NoLog {
        server: network.shown(),
        others: logs.map(files::networks).unwrap_or_default(),
        config_file,
    };
    let first_day = reader.since.map(|since| {
        let day = since.to_zoned(now.time_zone().clone()).date();
        // Files are named by the local clock, records can have the time of the server's.
        day.yesterday().unwrap_or(day)
    });
    let Some(folder) = logs.map(|logs| files::folder_of(logs, network)) else {
        return Err(no_log());
    };
    let days = match files::files_from(&folder, first_day) {
        Ok(days) => days,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(no_log()),
        Err(error) => {
            return Err(ClientError::UnreadableLog {
                file: folder,
                error,
            });
        }
    };
    for day in days {
        match File::open(&day) {
            Ok(file) => reader.read(file, &day)?,
            Err(error) => return Err(ClientError::UnreadableLog { file: day, error }),
        }
    }
    reader.finish()
}

/// Reads records, and writes those that the query selects.
struct LogReader<'q, W> {
    query: &'q LogQuery<'q>,
    since: Option<Timestamp>,
    scroll: Scrollback,
    /// Renders the text to search: without colors and times.
    plain: Renderer,
    /// The room that lines need not name, since all are from there.
    room: Option<&'q str>,
    /// The users that were seen in the room of the query.
    seen: BTreeSet<FoldedName>,
    /// The time of the previous record, in Unix seconds.
    previous_second: Option<i64>,
    /// How many lines are not records.
    invalid_lines: usize,
    /// The last messages that have an id: several sessions can log the same ones.
    shown: RecentIds,
    output: W,
}

impl<'q, W: Write> LogReader<'q, W> {
    fn new(query: &'q LogQuery<'q>, mut look: Renderer, now: &Zoned, output: W) -> Self {
        look.for_replay();
        let room = query.room.as_deref();
        let room = room.filter(|room| !room.starts_with('@'));
        Self {
            since: query.since.and_then(|since| since.resolve(now)),
            plain: look.unstyled(),
            scroll: Scrollback::new(look, false),
            room,
            seen: BTreeSet::new(),
            previous_second: None,
            invalid_lines: 0,
            shown: RecentIds::default(),
            query,
            output,
        }
    }

    /// Shows the selected records of a file. `name` is the file to name in an error.
    fn read(&mut self, mut file: impl Read, name: &Path) -> Result<(), ClientError> {
        let mut lines = Lines::new(RECORD_BYTES_MAX);
        let mut buffer = vec![0; 64 * 1024];
        let mut number = 0;
        loop {
            let count = match file.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    let file = name.to_owned();
                    return Err(ClientError::UnreadableLog { file, error });
                }
            };
            let mut fresh = match count {
                0 => b"\n",
                _ => buffer.get(..count).unwrap_or_default(),
            };
            while let Some(line) = lines.next_line(&mut fresh) {
                number += 1;
                self.line(&line, number).map_err(ClientError::Output)?;
            }
            if self.is_stream() {
                // The next record can take a while to arrive.
                self.finish()?;
            }
            if count == 0 {
                break;
            }
        }
        if !self.is_stream() && self.invalid_lines > 0 {
            let lines = match std::mem::take(&mut self.invalid_lines) {
                1 => "one line is".to_owned(),
                many => format!("{many} lines are"),
            };
            let words = format!("{}: {lines} damaged and left out.", name.display());
            stderr::report(&words);
        }
        Ok(())
    }

    fn is_stream(&self) -> bool {
        self.query.network.is_none()
    }

    /// Shows one line, if it is a selected record.
    fn line(&mut self, line: &Line<'_>, number: u64) -> io::Result<()> {
        let text = match line {
            Line::Whole(bytes) => str::from_utf8(bytes).ok(),
            Line::TooLong => None,
        };
        if text.is_some_and(|text| text.trim().is_empty()) {
            return Ok(());
        }
        let Some(mut record) = text.and_then(Record::read) else {
            // In a file, a crash or a full disk leaves such lines.
            self.invalid_lines += 1;
            if self.is_stream() {
                stderr::report_line(number, "Skipped: not a valid record.");
            }
            return Ok(());
        };
        if !self.shown.insert(&record) {
            return Ok(());
        }
        if record.network.is_empty() {
            // Earlier versions wrote no network.
            self.query.name.as_str().clone_into(&mut record.network);
        }
        let event = json::decode(&record);
        // The room first: records outside the time also say which users are in it.
        let is_selected = self.is_in_room(&record) && self.is_in_time(&record);
        if !is_selected || !self.matches(&event, &record) {
            return Ok(());
        }
        match self.query.format {
            Format::Json => self.output.write_all(record.line().as_bytes()),
            Format::Plain | Format::Raw => self.show(&event, record.unix_seconds()),
        }
    }

    fn show(&mut self, event: &Event, unix_seconds: i64) -> io::Result<()> {
        let mut text = String::new();
        // Users that come or leave within one second share a line.
        if self.previous_second != Some(unix_seconds) {
            text.push_str(&self.scroll.flush(self.room));
        }
        text.push_str(&self.scroll.show(event, unix_seconds, self.room));
        if self.previous_second.is_none() {
            text.insert_str(0, &self.scroll.renderer().day_line(unix_seconds));
        }
        self.previous_second = Some(unix_seconds);
        self.output.write_all(text.as_bytes())
    }

    fn finish(&mut self) -> Result<(), ClientError> {
        let rest = self.scroll.flush(self.room);
        let written = self.output.write_all(rest.as_bytes());
        let flushed = written.and_then(|()| self.output.flush());
        flushed.map_err(ClientError::Output)
    }

    fn is_in_time(&self, record: &Record) -> bool {
        self.since
            .is_none_or(|since| record.unix_seconds() >= since.as_second())
    }

    fn matches(&self, event: &Event, record: &Record) -> bool {
        self.query.grep.is_none_or(|pattern| {
            let lines = self.plain.lines(event, record.unix_seconds(), self.room);
            lines.lines().any(|line| pattern.is_match(line))
        })
    }

    /// Whether it happened in the room, or with the user, of the query. A quit or a nick change names
    /// no room, and belongs to the rooms in which the user was seen.
    fn is_in_room(&mut self, record: &Record) -> bool {
        let Some(place) = self.query.room.as_deref() else {
            return true;
        };
        let nick = record.nick.as_deref().map(FoldedName::of);
        if matches!(record.kind, RecordKind::Lost | RecordKind::Back) {
            return true;
        }
        if let Some(user) = place.strip_prefix('@') {
            let is_of_user = matches!(
                record.kind,
                RecordKind::Whisper | RecordKind::Quit | RecordKind::Rename | RecordKind::Away
            );
            return is_of_user && nick == Some(FoldedName::of(user));
        }
        if matches!(record.kind, RecordKind::Quit | RecordKind::Rename) {
            let was_seen = nick.is_some_and(|nick| self.seen.remove(&nick));
            if was_seen && let Some(other) = &record.other {
                self.seen.insert(FoldedName::of(other));
            }
            return was_seen || record.own;
        }
        let is_here = record.room.as_ref().is_some_and(|room| {
            // A message to the operators of a room counts as said in the room.
            let names = [room, room.trim_start_matches(PREFIXES)];
            names
                .iter()
                .any(|room| FoldedName::of(room) == FoldedName::of(place))
        });
        if is_here {
            let people = record
                .people
                .iter()
                .map(|nick| FoldedName::of(nick.trim_start_matches(PREFIXES)));
            self.seen.extend(people.chain(nick));
        }
        is_here
    }
}

/// The prefixes that show a user's rank in a list of nicks.
const PREFIXES: [char; 6] = ['~', '&', '@', '%', '+', '!'];

/// The ids of the last messages that were shown: how each message is called, and what it was.
#[derive(Debug, Default)]
struct RecentIds {
    order: VecDeque<String>,
    known: BTreeSet<String>,
}

impl RecentIds {
    /// The number of the last messages that are known: two sessions write one message not further
    /// apart.
    const COUNT_MAX: usize = 10_000;

    /// Notes a record. False when it is there already, as another session has logged it. One line
    /// of a server can make several records, but of different kinds or rooms.
    fn insert(&mut self, record: &Record) -> bool {
        let room = record.room.as_deref().unwrap_or_default();
        let key = match &record.msgid {
            Some(id) => format!("{id} {:?} {room}", record.kind),
            None if is_known_by_time(record) => record.line(),
            None => return true,
        };
        if !self.known.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > Self::COUNT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

/// Whether a second record like this one is of the same event: it says nothing that could be said
/// twice, and its time is the server's, to the millisecond.
fn is_known_by_time(record: &Record) -> bool {
    let is_message = matches!(record.kind, RecordKind::Message | RecordKind::Whisper);
    !is_message && !record.own && record.time.contains('.')
}
