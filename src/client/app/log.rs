//! Shows the log, or what another program passes on in the same form, as it was shown when it
//! happened.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use jiff::{Timestamp, Zoned};

use super::error::Failure;
use crate::client::config::address::Address;
use crate::client::config::options::Format;
use crate::client::config::since::Since;
use crate::client::event::Event;
use crate::client::event::json::{Record, RecordKind};
use crate::client::event::matcher::Pattern;
use crate::client::session::Incomplete;
use crate::client::storage::log::files;
use crate::client::terminal::stderr;
use crate::client::view::Renderer;
use crate::client::view::scrollback::Scrollback;
use crate::wire::{FoldedName, Line, Lines};

/// No record is longer, in bytes.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// What is to be shown of a log.
#[derive(Debug)]
pub(in crate::client) struct Question<'q> {
    /// The server whose log it is; without one, standard input has the records.
    pub(in crate::client) server: Option<Address>,
    /// A room, or a person behind an `@`.
    pub(in crate::client) room: Option<&'q str>,
    pub(in crate::client) since: Option<&'q Since>,
    pub(in crate::client) grep: Option<&'q Pattern>,
    pub(in crate::client) format: Format,
    /// How to switch the log on, where it is off.
    pub(in crate::client) advice: Option<String>,
}

/// Shows what is asked for on standard output.
pub(in crate::client) fn show(
    question: &Question<'_>,
    logs: Option<&Path>,
    look: Renderer,
    now: &Zoned,
) -> Result<(), Failure> {
    let output = BufWriter::new(io::stdout().lock());
    let mut reader = Reader::new(question, look, now, output);
    let Some(server) = &question.server else {
        reader.read(io::stdin().lock(), Path::new("standard input"))?;
        reader.finish()?;
        return match reader.wrong {
            0 => Ok(()),
            _ => Err(Failure::Short(Incomplete::LinesRefused)),
        };
    };
    let first_day = reader.since.map(|since| {
        let day = since.to_zoned(now.time_zone().clone()).date();
        // The day of a file is that of this machine, that of a record may be the server's.
        day.yesterday().unwrap_or(day)
    });
    let folder = logs.map(|logs| files::folder_of(logs, server));
    let days = folder.map(|folder| files::files_from(&folder, first_day));
    let days = match days {
        Some(Ok(days)) => days,
        None => return Err(no_log(question, server, logs)),
        Some(Err(error)) if error.kind() == ErrorKind::NotFound => {
            return Err(no_log(question, server, logs));
        }
        Some(Err(error)) => {
            let file = logs.map(|logs| files::folder_of(logs, server));
            let file = file.unwrap_or_default();
            return Err(Failure::Unreadable { file, error });
        }
    };
    for day in days {
        match File::open(&day) {
            Ok(file) => reader.read(file, &day)?,
            Err(error) => return Err(Failure::Unreadable { file: day, error }),
        }
    }
    reader.finish()
}

/// There is nothing to show, and why.
fn no_log(question: &Question<'_>, server: &Address, logs: Option<&Path>) -> Failure {
    let mut words = format!("there is no log of {server}");
    let others = logs.map(files::servers).unwrap_or_default();
    if !others.is_empty() {
        words.push_str(&format!(", but of {}", others.join(", ")));
    }
    if let Some(advice) = &question.advice {
        words.push_str(&format!("; {advice}"));
    }
    Failure::NoLog(words)
}

/// Records on their way from a file to the output.
struct Reader<'q, W> {
    question: &'q Question<'q>,
    since: Option<Timestamp>,
    scroll: Scrollback,
    /// For what is searched: without colours and times.
    plain: Renderer,
    /// The room that needs not be named, since all is from there.
    room: Option<&'q str>,
    /// Those who were seen in the room that is asked for.
    seen: BTreeSet<FoldedName>,
    /// The second of the record before this one.
    moment: Option<i64>,
    /// How many lines are no records.
    wrong: usize,
    output: W,
}

impl<'q, W: Write> Reader<'q, W> {
    fn new(question: &'q Question<'q>, mut look: Renderer, now: &Zoned, output: W) -> Self {
        look.for_replay();
        let room = question.room.filter(|room| !room.starts_with('@'));
        Self {
            since: question.since.and_then(|since| since.moment(now)),
            plain: look.unstyled(),
            scroll: Scrollback::new(look, false),
            room,
            seen: BTreeSet::new(),
            moment: None,
            wrong: 0,
            question,
            output,
        }
    }

    /// Shows all that is asked for of a file.
    fn read(&mut self, mut file: impl Read, name: &Path) -> Result<(), Failure> {
        let mut lines = Lines::new(LINE_BYTES_MAX);
        let mut buffer = vec![0; 64 * 1024];
        let mut number = 0;
        loop {
            let count = match file.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    let file = name.to_owned();
                    return Err(Failure::Unreadable { file, error });
                }
            };
            let mut fresh = match count {
                0 => b"\n",
                _ => buffer.get(..count).unwrap_or_default(),
            };
            while let Some(line) = lines.next_line(&mut fresh) {
                number += 1;
                self.line(&line, number).map_err(Failure::Output)?;
            }
            if self.is_stream() {
                // The next one may be long in coming.
                self.finish()?;
            }
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn is_stream(&self) -> bool {
        self.question.server.is_none()
    }

    /// Shows one line, if it is a record that is asked for.
    fn line(&mut self, line: &Line<'_>, number: u64) -> io::Result<()> {
        let text = match line {
            Line::Whole(bytes) => str::from_utf8(bytes).ok(),
            Line::TooLong => None,
        };
        if text.is_some_and(|text| text.trim().is_empty()) {
            return Ok(());
        }
        let Some(record) = text.and_then(Record::read) else {
            // In a file it is what a crash or a full disk has left.
            if self.is_stream() {
                self.wrong += 1;
                stderr::report_line(number, "this is no record; it is left out");
            }
            return Ok(());
        };
        let event = record.event();
        // In this order, since who is in the room is known from what is not shown, too.
        let is_wanted = self.is_in_place(&record) && self.is_in_time(&record);
        if !is_wanted || !self.matches(&event, &record) {
            return Ok(());
        }
        match self.question.format {
            Format::Json => self.output.write_all(record.line().as_bytes()),
            Format::Plain | Format::Raw => self.show(&event, record.unix_seconds()),
        }
    }

    fn show(&mut self, event: &Event, unix_seconds: i64) -> io::Result<()> {
        let mut text = String::new();
        // Whoever came in one moment shares a line, and here a second is one.
        if self.moment != Some(unix_seconds) {
            text.push_str(&self.scroll.flush(self.room));
        }
        text.push_str(&self.scroll.show(event, unix_seconds, self.room));
        if self.moment.is_none() {
            text.insert_str(0, &self.scroll.renderer().day_line(unix_seconds));
        }
        self.moment = Some(unix_seconds);
        self.output.write_all(text.as_bytes())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let rest = self.scroll.flush(self.room);
        let written = self.output.write_all(rest.as_bytes());
        let flushed = written.and_then(|()| self.output.flush());
        flushed.map_err(Failure::Output)
    }

    fn is_in_time(&self, record: &Record) -> bool {
        self.since
            .is_none_or(|since| record.unix_seconds() >= since.as_second())
    }

    fn matches(&self, event: &Event, record: &Record) -> bool {
        self.question.grep.is_none_or(|pattern| {
            let lines = self.plain.lines(event, record.unix_seconds(), self.room);
            lines.lines().any(|line| pattern.is_match(line))
        })
    }

    /// Whether it happened where it was asked for. Who leaves the server or takes another nick is
    /// in no room, and belongs to those in which that person was seen.
    fn is_in_place(&mut self, record: &Record) -> bool {
        let Some(place) = self.question.room else {
            return true;
        };
        let nick = record.nick.as_deref().map(FoldedName::of);
        if matches!(record.kind, RecordKind::Lost | RecordKind::Back) {
            return true;
        }
        if let Some(person) = place.strip_prefix('@') {
            let is_theirs = matches!(
                record.kind,
                RecordKind::Whisper | RecordKind::Quit | RecordKind::Rename | RecordKind::Away
            );
            return is_theirs && nick == Some(FoldedName::of(person));
        }
        if matches!(record.kind, RecordKind::Quit | RecordKind::Rename) {
            let was_seen = nick.is_some_and(|nick| self.seen.remove(&nick));
            if was_seen && let Some(other) = &record.other {
                self.seen.insert(FoldedName::of(other));
            }
            return was_seen || record.own;
        }
        let is_here = record.room.as_ref().is_some_and(|room| {
            // What was said to the operators of a room was said there.
            let names = [room, room.trim_start_matches(RANKS)];
            names
                .iter()
                .any(|room| FoldedName::of(room) == FoldedName::of(place))
        });
        if is_here {
            let people = record
                .people
                .iter()
                .map(|nick| FoldedName::of(nick.trim_start_matches(RANKS)));
            self.seen.extend(people.chain(nick));
        }
        is_here
    }
}

/// What may stand before a nick in a list: what that person may do in the room.
const RANKS: [char; 6] = ['~', '&', '@', '%', '+', '!'];
