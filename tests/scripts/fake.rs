//! A server with one room in place of a real one: it accepts one client, answers, and reports each
//! line that it received. It can run as a separate program, to be killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::common::{PATIENCE, accept};
use crate::support::Program;

/// With these capabilities, lines need no PINGs after them.
pub(crate) const LABELS: &str = "batch labeled-response echo-message message-tags";

/// A server in a thread of the tests.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    lines: mpsc::Receiver<String>,
}

impl Fake {
    /// Replies as `answer` returns, and closes when it returns `None`.
    pub(crate) fn start(answer: impl FnMut(&str) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let stream = accept(&listener);
            // A test that has finished reads no more lines.
            serve(stream, answer, |line| drop(sender.send(line.to_owned())));
        });
        Self { address, lines }
    }

    /// A fake that replies like a real server.
    pub(crate) fn usual(capabilities: &'static str) -> Self {
        Self::start(answers(capabilities))
    }

    /// The next line received.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// All lines received until the end of the connection.
    pub(crate) fn all_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            lines.push(line);
        }
        lines
    }

    /// All messages to the room or to users, in order.
    pub(crate) fn said(&self) -> Vec<String> {
        let lines = self.all_lines();
        lines.iter().filter_map(|line| said(line)).collect()
    }
}

/// The text of a `PRIVMSG`.
pub(crate) fn said(line: &str) -> Option<String> {
    let (_, said) = without_tags(line).split_once("PRIVMSG ")?;
    Some(said.split_once(" :")?.1.to_owned())
}

fn without_tags(line: &str) -> &str {
    match line.starts_with('@') {
        true => line.split_once(' ').map_or("", |(_, rest)| rest),
        false => line,
    }
}

/// Reads lines and writes replies until either side ends.
pub(crate) fn serve(
    stream: TcpStream,
    mut answer: impl FnMut(&str) -> Option<String>,
    mut took: impl FnMut(&str),
) {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let mut answers = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if !line.ends_with('\n') => return,
            Ok(_) => {}
        }
        let whole = line.trim_end_matches(['\r', '\n']);
        took(whole);
        match answer(whole) {
            Some(answer) => answers.push_str(&answer),
            None => return,
        }
        // Replies to lines that arrived together are sent together, as a real server does.
        if !reader.buffer().contains(&b'\n') && !answers.is_empty() {
            if writer.write_all(answers.as_bytes()).is_err() {
                return;
            }
            answers.clear();
        }
    }
}

/// Accepts every client and every line except those for an absent nick (`nobody` and a number), and answers PINGs and labels.
pub(crate) fn answers(capabilities: &'static str) -> impl FnMut(&str) -> Option<String> + Send {
    let mut nick = String::new();
    move |line| {
        let label = line
            .strip_prefix("@label=")
            .and_then(|rest| rest.split_once(' '));
        let tag = label.map_or(String::new(), |(label, _)| format!("@label={label} "));
        let body = without_tags(line);
        let (command, rest) = body.split_once(' ').unwrap_or((body, ""));
        let target = rest.split(' ').next().unwrap();
        Some(match command {
            "CAP" if rest.starts_with("LS") && capabilities.is_empty() => {
                ":s 421 * CAP :Unknown command\r\n".to_owned()
            }
            "CAP" if rest.starts_with("LS") => format!(":s CAP * LS :{capabilities}\r\n"),
            "CAP" if rest.starts_with("REQ") => {
                format!(":s CAP * ACK {}\r\n", rest.split_once(' ').unwrap().1)
            }
            "NICK" => {
                rest.clone_into(&mut nick);
                String::new()
            }
            "USER" => format!(
                ":s 001 {nick} :Welcome\r\n:s 422 {nick} :No MOTD\r\n:{nick}!u@h JOIN #lobby\r\n\
                 :s 353 {nick} = #lobby :{nick} bob\r\n:s 366 {nick} #lobby :End\r\n"
            ),
            "JOIN" => format!(
                ":{nick}!u@h JOIN {target}\r\n:s 353 {nick} = {target} :{nick}\r\n\
                 :s 366 {nick} {target} :End\r\n"
            ),
            "PING" => format!("{tag}:s PONG s {rest}\r\n"),
            "PRIVMSG" if target.starts_with("nobody") => {
                format!("{tag}:s 401 {nick} {target} :No such nick\r\n")
            }
            "PRIVMSG" if !tag.is_empty() => format!("{tag}:{nick}!u@h {body}\r\n"),
            "QUIT" => return None,
            _ if !tag.is_empty() => format!("{tag}:s ACK\r\n"),
            _ => String::new(),
        })
    }
}

/// The same server in a separate process. It writes each line that it receives to its standard
/// output before it replies, so that a test that kills it has the received lines.
pub(crate) struct Recorder {
    program: Program,
    pub(crate) address: SocketAddr,
}

const RECORDER: &str = "CHATROOM_TEST_RECORDER";
const MARK: &str = "took ";

impl Recorder {
    pub(crate) fn start(capabilities: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(RECORDER, capabilities).stderr(Stdio::null());
        command.args(["fake::recorder", "--exact", "--nocapture", "--ignored"]);
        let program = Program::start(command);
        let out = program.out.wait_for("listening on ");
        let out = match out.split_once("listening on ").unwrap().1.contains('\n') {
            true => out,
            false => program.out.wait_for(" ready\n"),
        };
        let address = out.split_once("listening on ").unwrap().1;
        let address = address.split_once(' ').unwrap().0.parse().unwrap();
        Self { program, address }
    }

    /// Waits for `count` messages, kills the process, and returns all received lines.
    pub(crate) fn kill_after(self, count: usize) -> Vec<String> {
        self.program
            .out
            .wait_until(|out| out.lines().filter(|line| line.starts_with(MARK)).count() >= count);
        self.program.signal(nix::sys::signal::Signal::SIGKILL);
        let out = self.program.finish().out;
        // A write cut off by the kill is a whole line or none.
        let whole = out
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let taken = whole.filter_map(|line| line.trim_end().strip_prefix(MARK));
        taken.map(str::to_owned).collect()
    }
}

/// Not a test: the program that [`Recorder`] starts.
#[test]
#[ignore = "it is started by other tests"]
fn recorder() {
    let Ok(capabilities) = std::env::var(RECORDER) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("\nlistening on {} ready", listener.local_addr().unwrap());
    let stream = accept(&listener);
    serve(stream, answers(capabilities.leak()), |line| {
        if let Some(text) = said(line) {
            // One write per line, so that no line is cut by the kill.
            let line = format!("{MARK}{text}\n");
            let mut out = std::io::stdout().lock();
            out.write_all(line.as_bytes()).unwrap();
            out.flush().unwrap();
        }
    });
    // The process that started it ends it.
    let _ = std::io::stdin().read(&mut [0]);
}
