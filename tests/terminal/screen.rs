//! The real program in a pseudo-terminal, with an emulator that reads its output.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};
use rustix::fs::OFlags;
use rustix::io::ioctl_fionread;
use tempfile::TempDir;
use unicode_width::UnicodeWidthChar as _;

use super::people::PATIENCE;

/// The shortest pause that a user makes between a paste and a key: what arrives within 50 ms
/// belongs to the paste.
pub(crate) const KEY_PAUSE: Duration = Duration::from_millis(70);

/// More rows than any test draws.
const SCROLLBACK_ROWS: usize = 20_000;

pub(crate) const CTRL_A: &str = "\x01";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const CTRL_G: &str = "\x07";
pub(crate) const CTRL_Y: &str = "\x19";
pub(crate) const CTRL_R: &str = "\x12";
pub(crate) const ENTER: &str = "\r";
pub(crate) const CTRL_U: &str = "\x15";
pub(crate) const TAB: &str = "\t";
pub(crate) const SHIFT_TAB: &str = "\x1b[Z";
pub(crate) const LEFT: &str = "\x1b[D";
pub(crate) const PASTE_BEGINS: &str = "\x1b[200~";
pub(crate) const PASTE_ENDS: &str = "\x1b[201~";

/// The program to start, and its environment.
pub(crate) struct Start {
    rows: u16,
    columns: u16,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    script: String,
    configuration: &'static str,
    home: Arc<TempDir>,
}

impl Start {
    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self {
            rows: 24,
            columns: 80,
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            environment: Vec::new(),
            script: "exec \"$0\" \"$@\"".to_owned(),
            configuration: "",
            home: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    pub(crate) fn as_nick(nick: &str, address: SocketAddr) -> Self {
        Self::with(&["--nick", nick, &address.to_string()])
    }

    pub(crate) fn sized(mut self, rows: u16, columns: u16) -> Self {
        (self.rows, self.columns) = (rows, columns);
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// With the vi keys.
    pub(crate) fn with_vi_keys(self) -> Self {
        self.configured("keys = \"vi\"\n")
    }

    /// With this configuration.
    pub(crate) fn configured(mut self, configuration: &'static str) -> Self {
        self.configuration = configuration;
        self
    }

    /// The home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Uses the files of another terminal.
    pub(crate) fn at_home_of(mut self, other: &Terminal) -> Self {
        self.home = Arc::clone(&other.home);
        self
    }

    /// Starts the program from this script, in which it is `"$0" "$@"`.
    pub(crate) fn through_script(mut self, script: &str) -> Self {
        script.clone_into(&mut self.script);
        self
    }

    /// Starts the program. Nothing has been read from it yet.
    pub(crate) fn start(self) -> Terminal {
        let size = size(self.rows, self.columns);
        let pair = native_pty_system().openpty(size).unwrap();
        let home = self.home;
        fs::write(home.path().join("chatroom.toml"), self.configuration).unwrap();
        let program = env!("CARGO_BIN_EXE_chatroom");
        let mut command = CommandBuilder::new("sh");
        command.arg("-c");
        command.arg(&self.script);
        command.arg(program);
        command.env_clear();
        for variable in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, home.path());
        }
        let plain = [
            ("TERM", "xterm-256color"),
            ("TZ", "UTC"),
            ("LANG", "C.UTF-8"),
            ("USER", "dora"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ];
        for (variable, value) in plain {
            command.env(variable, value);
        }
        for (variable, value) in &self.environment {
            command.env(variable, value);
        }
        command.cwd(home.path());
        command.args(&self.arguments);
        let (rows, columns) = (nonzero(self.rows), nonzero(self.columns));
        let display = Arc::new(Display {
            shown: Mutex::new(Shown {
                parser: vt100::Parser::new(rows, columns, SCROLLBACK_ROWS),
                bytes: Vec::new(),
                may_read: true,
                ends: false,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let modes_before = modes(&*pair.master);
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let reading = Arc::clone(&display);
        thread::spawn(move || reading.read(reader));
        Terminal {
            writer: Some(writer),
            child,
            master: Some(pair.master),
            slave: Some(pair.slave),
            display,
            modes_before,
            home,
        }
    }
}

/// A terminal with a running program.
pub(crate) struct Terminal {
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// Kept open, so that its modes can be read after the program has ended.
    slave: Option<Box<dyn SlavePty + Send>>,
    display: Arc<Display>,
    modes_before: String,
    home: Arc<TempDir>,
}

struct Display {
    shown: Mutex<Shown>,
    changed: Condvar,
}

/// The emulator, and all output so far.
pub(crate) struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    may_read: bool,
    /// The window is about to be closed.
    ends: bool,
    /// Nothing more will be read.
    closed: bool,
}

impl Display {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut reader: impl Read) {
        let mut buffer = [0; 4096];
        loop {
            let mut shown = self.lock();
            while !shown.may_read {
                shown = self.changed.wait(shown).unwrap();
            }
            drop(shown);
            let count = reader.read(&mut buffer).unwrap_or(0);
            let mut shown = self.lock();
            shown.parser.process(&buffer[..count]);
            shown.bytes.extend_from_slice(&buffer[..count]);
            shown.closed = count == 0 || shown.ends;
            self.changed.notify_all();
            if shown.closed {
                return;
            }
        }
    }
}

impl Shown {
    /// Everything that was ever drawn and not erased, as lines: rows that the terminal wrapped are
    /// one line, as are rows that the program has indented, and rows of the draft. The time before
    /// a message is removed.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        self.lines_and_last_row().0
    }

    /// Also returns the row of the screen in which the last line begins; it is negative when that
    /// has scrolled away.
    fn lines_and_last_row(&mut self) -> (Vec<String>, i64) {
        let mut rows = self.rows();
        while rows.last().is_some_and(|(row, _)| row.is_empty()) {
            rows.pop();
        }
        let screen = self.parser.screen();
        let above = i64::try_from(screen.scrollback_len()).unwrap();
        let columns = screen.size().1.get();
        let draft = rows
            .iter()
            .rposition(|(row, _)| row.starts_with(['[', '(']));
        for index in draft.unwrap_or(rows.len())..rows.len().saturating_sub(1) {
            let next = &rows[index + 1].0;
            rows[index].1 |= is_full(&rows[index].0, next, columns);
        }
        let mut lines: Vec<String> = Vec::new();
        let (mut goes_on, mut last_row) = (false, 0);
        for (index, (row, wrapped)) in rows.into_iter().enumerate() {
            match lines.last_mut() {
                Some(line) if goes_on => line.push_str(&row),
                Some(line) if row.starts_with("  ") && !line.starts_with('[') => {
                    line.push(' ');
                    line.push_str(row.trim_start());
                }
                _ => {
                    lines.push(row);
                    last_row = i64::try_from(index).unwrap() - above;
                }
            }
            goes_on = wrapped;
        }
        for line in &mut lines {
            *line = without_time(line.trim_end()).to_owned();
        }
        (lines, last_row)
    }

    /// Every row, also those that have scrolled away, and whether it continues in the next.
    fn rows(&mut self) -> Vec<(String, bool)> {
        let screen = self.parser.screen_mut();
        let (height, width) = screen.size();
        let mut rows = Vec::new();
        let mut offset = screen.scrollback_len();
        loop {
            screen.set_scrollback(offset);
            let wanted = if offset == 0 {
                usize::from(height.get())
            } else {
                offset.min(usize::from(height.get()))
            };
            for (index, row) in (0..height.get())
                .zip(screen.rows(0, width.get()))
                .take(wanted)
            {
                rows.push((row, screen.row_wrapped(index)));
            }
            if offset == 0 {
                return rows;
            }
            offset -= wanted;
        }
    }

    /// For each of the last rows that are not empty, whether the terminal has wrapped it.
    pub(crate) fn last_rows_wrapped(&mut self, count: usize) -> Vec<bool> {
        let mut rows = self.rows();
        rows.retain(|(row, _)| !row.is_empty());
        let rows = rows.split_off(rows.len().saturating_sub(count));
        rows.into_iter().map(|(_, wrapped)| wrapped).collect()
    }

    /// The number of rows, including those that have scrolled away and empty ones.
    fn rows_count(&self) -> usize {
        let screen = self.parser.screen();
        screen.scrollback_len() + usize::from(screen.size().0.get())
    }

    /// The rows of the current screen.
    pub(crate) fn screen_rows(&self) -> Vec<String> {
        let screen = self.parser.screen();
        screen.rows(0, screen.size().1.get()).collect()
    }

    /// Row and column.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        self.parser.screen().cursor_position()
    }

    /// The last rows that are not empty.
    pub(crate) fn last_rows(&mut self, count: usize) -> Vec<String> {
        let rows = self.rows().into_iter().map(|(row, _)| row);
        let mut rows: Vec<String> = rows.filter(|row| !row.is_empty()).collect();
        rows.split_off(rows.len().saturating_sub(count))
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.screen_rows().iter().any(|row| row.contains(text))
    }

    /// All that the program has written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How often the program has written these bytes.
    pub(crate) fn times_sent(&self, bytes: &[u8]) -> usize {
        self.bytes
            .windows(bytes.len())
            .filter(|window| *window == bytes)
            .count()
    }

    pub(crate) fn was_sent(&self, bytes: &[u8]) -> bool {
        self.bytes
            .windows(bytes.len())
            .any(|window| window == bytes)
    }

    pub(crate) fn takes_pastes(&self) -> bool {
        self.parser.screen().bracketed_paste()
    }

    fn describe(&mut self) -> String {
        let mut words = "everything drawn:\n".to_owned();
        let lines = self.lines();
        let skipped = lines.len().saturating_sub(60);
        if skipped > 0 {
            let _ = writeln!(words, "  … {skipped} lines");
        }
        for line in &lines[skipped..] {
            let _ = writeln!(words, "  {line}");
        }
        let (row, column) = self.cursor();
        let _ = writeln!(words, "the screen, cursor at row {row}, column {column}:");
        for row in self.screen_rows() {
            let _ = writeln!(words, "  |{row}");
        }
        let tail = self.bytes.len().saturating_sub(3000);
        let _ = writeln!(
            words,
            "the last bytes: {}",
            self.bytes[tail..].escape_ascii()
        );
        words
    }
}

impl Terminal {
    /// Presses keys, all at once.
    pub(crate) fn types(&mut self, keys: &str) {
        self.types_bytes(keys.as_bytes());
    }

    pub(crate) fn types_bytes(&mut self, keys: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys).unwrap();
        writer.flush().unwrap();
    }

    /// Presses keys after the shortest pause that a user makes: what arrives earlier belongs to the
    /// key or the paste before it. The pause begins when the program has read what was typed before.
    pub(crate) fn types_later(&mut self, keys: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.unread_bytes() > 0 {
            assert!(Instant::now() < deadline, "the keys are not read");
            thread::park_timeout(Duration::from_millis(1));
        }
        thread::sleep(KEY_PAUSE);
        self.types(keys);
    }

    /// How many bytes of the keys the program has not read yet.
    fn unread_bytes(&self) -> u64 {
        let name = self.master.as_ref().and_then(|master| master.tty_name());
        let terminal = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(name.unwrap());
        ioctl_fionread(terminal.unwrap()).unwrap()
    }

    /// Waits until `holds` is true; `what` names it in the failure.
    pub(crate) fn waits_until(&self, what: &str, mut holds: impl FnMut(&mut Shown) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.display.lock();
        while !holds(&mut shown) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || shown.closed {
                let picture = shown.describe();
                drop(shown);
                panic!("the screen never came to be so: {what}\n{picture}");
            }
            shown = self.display.changed.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Presses this key now and then, as a user who waits may do, until `holds` is true.
    pub(crate) fn presses_until(
        &mut self,
        key: &str,
        what: &str,
        mut holds: impl FnMut(&mut Shown) -> bool,
    ) {
        const WHILE: Duration = Duration::from_millis(400);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let next = Instant::now() + WHILE;
            let mut shown = self.display.lock();
            loop {
                if holds(&mut shown) {
                    return;
                }
                let left = next.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                shown = self.display.changed.wait_timeout(shown, left).unwrap().0;
            }
            let picture = shown.describe();
            drop(shown);
            assert!(Instant::now() < deadline, "never: {what}\n{picture}");
            self.types(key);
        }
    }

    /// Waits until a row of the screen contains this text.
    pub(crate) fn shows(&self, text: &str) {
        self.waits_until(&format!("{text:?} is shown"), |shown| shown.has(text));
    }

    /// Waits until alice has joined the lobby and can type.
    pub(crate) fn is_in(&self) {
        self.waits_until("alice is in the lobby", |shown| {
            shown.has("You are alice in #lobby") && shown.has("[#lobby]")
        });
    }

    /// Waits until everything ever drawn is exactly these lines, after the line of the join. The
    /// cursor is in the last one, after `before_cursor`.
    pub(crate) fn settles(&self, expected: &[&str], before_cursor: &str) {
        let expected: Vec<String> = expected.iter().map(|line| line.trim_end().into()).collect();
        let tail = &expected[expected.len().saturating_sub(40)..];
        let what = format!(
            "{} lines that end\n  {}\nand the cursor after {before_cursor:?}",
            expected.len(),
            tail.join("\n  ")
        );
        self.waits_until(&what, |shown| {
            let columns = shown.parser.screen().size().1.get();
            let (below, column) = place_of_end(before_cursor, columns);
            // Reading all the lines takes long when there are many.
            if shown.cursor().1 != column || shown.rows_count() < expected.len() {
                return false;
            }
            let (lines, row) = shown.lines_and_last_row();
            let entered = lines.iter().position(|line| line.starts_with("You are "));
            let after = entered.map_or(0, |at| at + 1);
            let cursor = shown.cursor();
            lines.get(after..) == Some(&expected)
                && (i64::from(cursor.0), cursor.1) == (row + below, column)
        });
    }

    /// Waits until these are the last rows. The time before them is removed.
    pub(crate) fn ends_in_rows(&self, expected: &[&str]) {
        self.waits_until(&format!("the rows\n  {}", expected.join("\n  ")), |shown| {
            let rows = shown.last_rows(expected.len());
            let rows = rows.iter().map(|row| without_time(row).trim_end());
            rows.eq(expected.iter().copied())
        });
    }

    /// Waits until the last line is this one, whole, with the cursor at its end.
    pub(crate) fn settles_below(&self, line: &str) {
        self.settles_below_with(line, line);
    }

    /// The same with the cursor after `before_cursor`.
    pub(crate) fn settles_below_with(&self, line: &str, before_cursor: &str) {
        self.waits_until(&format!("{line:?} is the last line"), |shown| {
            let columns = shown.parser.screen().size().1.get();
            let (lines, row) = shown.lines_and_last_row();
            let (below, column) = place_of_end(before_cursor, columns);
            let cursor = shown.cursor();
            lines.last().is_some_and(|last| last == line.trim_end())
                && (i64::from(cursor.0), cursor.1) == (row + below, column)
        });
    }

    /// All the lines drawn so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.display.lock().lines()
    }

    /// Reads the current screen.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut Shown) -> T) -> T {
        look(&mut self.display.lock())
    }

    /// The home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The content of a file that the script wrote.
    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    /// Waits until a program has written this to a file in the home directory.
    pub(crate) fn waits_until_written(&self, name: &str, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.file(name) != text {
            assert!(Instant::now() < deadline, "{:?}", self.file(name));
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    pub(crate) fn resizes(&self, rows: u16, columns: u16) {
        let mut shown = self.display.lock();
        let screen = shown.parser.screen_mut();
        screen.set_size(nonzero(rows), nonzero(columns));
        let master = self.master.as_ref().unwrap();
        master.resize(size(rows, columns)).unwrap();
    }

    /// Becomes narrower as a terminal does that wraps its rows again. The cursor is at the end of the
    /// last one.
    pub(crate) fn wraps_into(&self, columns: u16) {
        let mut shown = self.display.lock();
        let (rows, before) = shown.parser.screen().size();
        let text: Vec<String> = shown.parser.screen().rows(0, before.get()).collect();
        let text = text.join("\r\n");
        shown.parser = vt100::Parser::new(rows, nonzero(columns), SCROLLBACK_ROWS);
        shown.parser.process(text.trim_end().as_bytes());
        let master = self.master.as_ref().unwrap();
        master.resize(size(rows.get(), columns)).unwrap();
    }

    /// The terminal reads nothing more from the program.
    pub(crate) fn stops_reading(&self) {
        self.display.lock().may_read = false;
    }

    pub(crate) fn reads_again(&self) {
        self.display.lock().may_read = true;
        self.display.changed.notify_all();
    }

    pub(crate) fn signals(&self, signal: Signal) {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }

    /// The window is closed. The program must be echoing keys, which wakes the reader.
    pub(crate) fn vanishes(&mut self) {
        self.display.lock().ends = true;
        self.types("x");
        let mut shown = self.display.lock();
        while !shown.closed {
            shown = self.display.changed.wait(shown).unwrap();
        }
        drop(shown);
        self.slave = None;
        self.writer = None;
        self.master = None;
    }

    /// Waits until the program has ended and all its output is drawn. The terminal must have the
    /// modes that it had before.
    pub(crate) fn ends_with(&mut self, status: u32) {
        let ended = self.wait();
        let picture = self.display.lock().describe();
        assert_eq!(ended.exit_code(), status, "{ended}\n{picture}");
        assert_eq!(ended.signal(), None, "{picture}");
        let modes_after = self.master.as_deref().map(|master| modes(master));
        assert_eq!(modes_after, Some(self.modes_before.clone()), "{picture}");
        // Without any writer left, the reader ends.
        self.slave = None;
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.display.lock();
        while !shown.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the terminal is still open");
            shown = self.display.changed.wait_timeout(shown, left).unwrap().0;
        }
        assert!(
            !shown.takes_pastes(),
            "pastes are still bracketed\n{picture}"
        );
    }

    /// The terminal has the modes that it had before the program.
    pub(crate) fn has_its_modes(&self) {
        let modes_after = self.master.as_deref().map(|master| modes(master));
        assert_eq!(modes_after, Some(self.modes_before.clone()));
    }

    /// Whether the program has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end of the program, without a check of the terminal.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if Instant::now() > deadline {
                let picture = self.display.lock().describe();
                panic!("the program does not end\n{picture}");
            }
            // The system reports the end of a child only on request.
            thread::yield_now();
            thread::park_timeout(Duration::from_millis(2));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signals(Signal::SIGKILL);
            let _ = self.child.wait();
        }
        self.reads_again();
    }
}

impl Terminal {
    /// Whether Ctrl-C is a signal at this moment, not a key.
    pub(crate) fn makes_signals_of_keys(&self) -> bool {
        modes(self.master.as_deref().unwrap()).contains("ISIG")
    }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn size(rows: u16, columns: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// The cursor after `text`: the number of rows below its beginning, and the column.
pub(crate) fn place_of_end(text: &str, columns: u16) -> (i64, u16) {
    let (mut row, mut column) = (0, 0);
    for c in text.chars() {
        let width = u16::try_from(c.width().unwrap_or(0)).unwrap();
        if column + width > columns {
            (row, column) = (row + 1, 0);
        }
        column += width;
    }
    if column == columns {
        (row, column) = (row + 1, 0);
    }
    (row, column)
}

/// Whether a row of the draft continues in the next, rather than ends in a line feed.
pub(crate) fn is_full(row: &str, next: &str, columns: u16) -> bool {
    let width = |c: char| u16::try_from(c.width().unwrap_or(0)).unwrap();
    let cells: u16 = row.chars().map(width).sum();
    cells + next.chars().next().map_or(1, width) > columns
}

/// `12:01 <bob> hello` without the time, which differs each time.
pub(crate) fn without_time(line: &str) -> &str {
    let is_time = line.len() > 6
        && line
            .bytes()
            .zip(b"00:00 ")
            .take(6)
            .all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                like => byte == *like,
            });
    if is_time { &line[6..] } else { line }
}
