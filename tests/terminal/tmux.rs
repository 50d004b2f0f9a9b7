//! The real program in tmux, which wraps its lines again when its width changes. It is driven in
//! control mode: tmux reports each output, so nothing here waits longer than necessary.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::people::{Lines, PATIENCE, host_on};
use super::screen::{KEY_PAUSE, is_full, place_of_end, without_time};
use chatting_room::server::EmbeddedServer;

const CONFIGURATION: &str = "\
    set -g history-limit 20000\n\
    set -g status off\n\
    set -g remain-on-exit on\n\
    set -g default-terminal tmux-256color\n\
    set -sg escape-time 0\n";

/// A separate tmux server with the program in it. Both are ended when a test drops it.
pub(crate) struct Tmux {
    client: Child,
    input: ChildStdin,
    updates: Receiver<PaneUpdate>,
    columns: u16,
    home: TempDir,
}

/// A message of tmux.
enum PaneUpdate {
    Answer(Vec<String>),
    /// The program has written something.
    Drawn,
}

/// The screen and its scrollback.
pub(crate) struct Picture {
    /// All lines; rows that tmux has wrapped are one. The time before them is removed.
    pub(crate) lines: Vec<String>,
    rows: Vec<String>,
    /// Row and column.
    cursor: (usize, u16),
}

/// Whether tmux is installed.
pub(crate) fn is_installed() -> bool {
    let found = Command::new("tmux")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if found.is_err() {
        println!("skipped: tmux is not installed");
    }
    found.is_ok()
}

/// A server, bob in the lobby, and alice in tmux.
pub(crate) struct Room {
    pub(crate) bob: Lines,
    pub(crate) alice: Tmux,
    pub(crate) host: Option<EmbeddedServer>,
}

impl Room {
    /// None without tmux.
    pub(crate) fn sized(columns: u16, rows: u16) -> Option<Self> {
        Self::configured("", columns, rows)
    }

    /// Like `sized`, with this configuration for alice.
    pub(crate) fn configured(configuration: &str, columns: u16, rows: u16) -> Option<Self> {
        Self::started("exec", configuration, columns, rows)
    }

    /// With nothing in the environment that names the terminal.
    pub(crate) fn over_ssh(columns: u16, rows: u16) -> Option<Self> {
        let command = "exec env -u TMUX -u TERM_PROGRAM TERM=xterm-256color";
        Self::started(command, "", columns, rows)
    }

    fn started(command: &str, configuration: &str, columns: u16, rows: u16) -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let host = host_on(0);
        let mut bob = Lines::enter(host.address(), "bob");
        let program = Tmux::program(host.address());
        let mut alice = Tmux::start(
            &format!("{command} {program}"),
            configuration,
            columns,
            rows,
        );
        alice.waits_until("alice is in the lobby", |seen| {
            seen.has("[#lobby]") && seen.has("You are alice")
        });
        bob.receives(":alice!");
        Some(Self {
            bob,
            alice,
            host: Some(host),
        })
    }
}

impl Tmux {
    /// The shell command line that starts the program as alice.
    pub(crate) fn program(address: SocketAddr) -> String {
        format!("{} --nick alice {address}", env!("CARGO_BIN_EXE_chatroom"))
    }

    /// Starts a tmux that runs this command.
    pub(crate) fn start(command: &str, configuration: &str, columns: u16, rows: u16) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("chatroom-test-{}-{number}", std::process::id());
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join("tmux.conf");
        fs::write(&own, CONFIGURATION).unwrap();
        fs::write(home.path().join("chatroom.toml"), configuration).unwrap();
        let mut client = Command::new("tmux");
        client.args(["-u", "-L", &name, "-f"]).arg(own);
        client.args(["-C", "new-session", "-x", &columns.to_string()]);
        client.args(["-y", &rows.to_string(), command]);
        client.env_clear();
        for variable in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "TMUX_TMPDIR"] {
            client.env(variable, home.path());
        }
        client.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        client
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("SHELL", "/bin/sh");
        client.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = client.current_dir(home.path()).spawn().unwrap();
        let output = BufReader::new(client.stdout.take().unwrap());
        let (sender, updates) = mpsc::channel();
        thread::spawn(move || {
            let mut answer = None;
            for line in output.split(b'\n') {
                let Ok(line) = line else { return };
                let line = String::from_utf8_lossy(&line).into_owned();
                let said = match (&mut answer, line.split(' ').next()) {
                    (Some(_), Some("%end" | "%error")) => answer.take().map(PaneUpdate::Answer),
                    (Some(lines), _) => {
                        lines.push(line);
                        None
                    }
                    (None, Some("%begin")) => {
                        answer = Some(Vec::new());
                        None
                    }
                    (None, Some("%output")) => Some(PaneUpdate::Drawn),
                    _ => None,
                };
                if said.is_some_and(|said| sender.send(said).is_err()) {
                    return;
                }
            }
        });
        let mut tmux = Self {
            input: client.stdin.take().unwrap(),
            client,
            updates,
            columns,
            home,
        };
        // The answer to its start.
        tmux.answer();
        tmux
    }

    fn answer(&mut self) -> Vec<String> {
        loop {
            match self.updates.recv_timeout(PATIENCE).expect("tmux answers") {
                PaneUpdate::Answer(lines) => return lines,
                PaneUpdate::Drawn => {}
            }
        }
    }

    fn command(&mut self, command: &str) -> Vec<String> {
        writeln!(self.input, "{command}").unwrap();
        self.input.flush().unwrap();
        self.answer()
    }

    /// See `Terminal::types_later`.
    pub(crate) fn types_later(&mut self, keys: &str) {
        thread::sleep(KEY_PAUSE);
        self.types(keys);
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let is_ascii = first.is_ascii();
            let end = rest.find(|c: char| c.is_ascii() != is_ascii);
            let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
            let mut command = "send-keys ".to_owned();
            if is_ascii {
                command.push_str("-H");
                for byte in part.bytes() {
                    let _ = write!(command, " {byte:02x}");
                }
            } else {
                let _ = write!(command, "-l '{part}'");
            }
            self.command(&command);
            rest = after;
        }
    }

    pub(crate) fn resizes(&mut self, columns: u16, rows: u16) {
        self.columns = columns;
        self.command(&format!("resize-window -x {columns} -y {rows}"));
    }

    /// Like `resizes`, and waits until the program has drawn its line again. It is notified after
    /// the screen changes.
    pub(crate) fn resizes_and_is_drawn_again(&mut self, columns: u16, rows: u16) {
        while self.updates.try_recv().is_ok() {}
        self.resizes(columns, rows);
        loop {
            match self
                .updates
                .recv_timeout(PATIENCE)
                .expect("it is drawn again")
            {
                PaneUpdate::Drawn => return,
                PaneUpdate::Answer(_) => {}
            }
        }
    }

    /// Sends a signal to the program that was started first.
    pub(crate) fn signals(&mut self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Sends a signal to the process that has written its id to this file.
    pub(crate) fn signals_process_of(&self, file: &str, signal: Signal) {
        let id = fs::read_to_string(self.home.path().join(file)).unwrap();
        kill(Pid::from_raw(id.trim().parse().unwrap()), signal).unwrap();
    }

    fn pid(&mut self) -> Pid {
        let pid = self.command("display-message -p '#{pane_pid}'");
        Pid::from_raw(pid[0].parse().unwrap())
    }

    /// Ends the program with a signal, and waits until it is gone.
    pub(crate) fn ends_by(&mut self, signal: Signal) {
        let pid = self.pid();
        kill(pid, signal).unwrap();
        let deadline = Instant::now() + PATIENCE;
        // tmux may notice it later.
        let lives = || fs::read_to_string(format!("/proc/{pid}/stat"));
        while lives().is_ok_and(|state| !state.contains(") Z")) {
            assert!(Instant::now() < deadline, "it does not end");
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Starts another program in place of one that has ended.
    pub(crate) fn starts_again(&mut self, command: &str) {
        self.command("clear-history");
        self.command(&format!("respawn-pane -k '{command}'"));
    }

    /// Waits until the draft is in a file that only its owner can read.
    pub(crate) fn waits_for_draft(&mut self, text: &str) {
        let folder = self.home.path().join("chatroom").join("draft");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let files = fs::read_dir(&folder).into_iter().flatten().flatten();
            // A file that is just being written may not exist yet.
            let whole = files.filter(|file| !file.path().to_string_lossy().ends_with(".new"));
            for file in whole {
                let kept = fs::read_to_string(file.path()).unwrap_or_default();
                // The text is the last field of its line.
                if kept.ends_with(&format!("\t{text}\n")) {
                    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
                    return;
                }
            }
            assert!(Instant::now() < deadline, "{text:?} is not kept");
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    pub(crate) fn picture(&mut self) -> Picture {
        let lines = self.command("capture-pane -p -J -S -");
        let rows = self.command("capture-pane -p");
        let cursor = self.command("display-message -p '#{cursor_y} #{cursor_x}'");
        let (row, column) = cursor[0].split_once(' ').unwrap();
        let mut lines = self.lines_of(lines);
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        Picture {
            lines,
            rows,
            cursor: (row.parse().unwrap(), column.parse().unwrap()),
        }
    }

    /// The lines of tmux, with the rows of the draft as one.
    fn lines_of(&self, rows: Vec<String>) -> Vec<String> {
        let draft = rows.iter().rposition(|row| row.starts_with('['));
        let mut lines: Vec<String> = Vec::new();
        let mut goes_on = false;
        for (index, row) in rows.iter().enumerate() {
            match lines.last_mut() {
                Some(line) if goes_on => line.push_str(row),
                _ => lines.push(row.clone()),
            }
            goes_on = draft.is_some_and(|draft| index >= draft)
                && rows
                    .get(index + 1)
                    .is_some_and(|next| is_full(row, next, self.columns));
        }
        lines
            .iter()
            .map(|line| without_time(line.trim_end()).to_owned())
            .collect()
    }

    /// Waits until `holds` is true; `what` names it in the failure.
    pub(crate) fn waits_until(&mut self, what: &str, holds: impl Fn(&Picture) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The picture includes all output until now.
            while self.updates.try_recv().is_ok() {}
            let picture = self.picture();
            if holds(&picture) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let (row, column) = picture.cursor;
            assert!(
                !left.is_zero(),
                "never: {what}\nall lines:\n  {}\nthe cursor at row {row}, column {column} of\n  |{}",
                picture.lines.join("\n  "),
                picture.rows.join("\n  |"),
            );
            // Changes without output, such as a change of size, are checked again later.
            match self
                .updates
                .recv_timeout(left.min(Duration::from_millis(100)))
            {
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("tmux is gone"),
            }
        }
    }

    /// Waits until a line contains this text.
    pub(crate) fn shows(&mut self, text: &str) {
        self.waits_until(&format!("{text:?} is shown"), |seen| seen.has(text));
    }

    /// Waits until everything drawn after the line of the join is exactly this, with the cursor in
    /// the last line after `before_cursor`.
    pub(crate) fn settles(&mut self, expected: &[&str], before_cursor: &str) {
        let (below, column) = place_of_end(before_cursor, self.columns);
        let below = usize::try_from(below).unwrap();
        let last = *expected.last().unwrap();
        let start = last.split(' ').next().unwrap_or(last);
        let tail = expected.get(expected.len().saturating_sub(30)..).unwrap();
        let what = format!(
            "{} lines that end\n  {}\nand the cursor after {before_cursor:?}",
            expected.len(),
            tail.join("\n  ")
        );
        self.waits_until(&what, |seen| {
            let entered = seen
                .lines
                .iter()
                .position(|line| line.starts_with("You are "));
            let lines = seen.lines.iter().skip(entered.map_or(0, |at| at + 1));
            // In a narrow terminal that line has more rows.
            let lines = lines.skip_while(|line| !line.starts_with(['<', '[']));
            let lines = lines.map(String::as_str);
            let row = seen.rows.iter().rposition(|row| row.starts_with(start));
            lines.eq(expected.iter().copied())
                && row.map(|row| (row + below, column)) == Some(seen.cursor)
        });
    }
}

impl Picture {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = writeln!(self.input, "kill-server");
        let _ = self.input.flush();
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            // It closes when the tmux server has ended.
            if let Err(RecvTimeoutError::Disconnected) =
                self.updates.recv_timeout(Duration::from_millis(100))
            {
                break;
            }
        }
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}
