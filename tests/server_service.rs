//! The server as a service: inherited sockets, and readiness notification.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use rustix::net::{AddressFamily, SocketType};

use self::common::{Client, PATIENCE};

/// The program with this socket passed by a service manager: as file 3, named in the environment.
/// It is killed when a test drops it.
struct Service(Child);

impl Service {
    fn start(listener: &TcpListener) -> Self {
        let mut command = Self::command(listener.try_clone().unwrap());
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }

    fn command(listener: impl Into<OwnedFd>) -> Command {
        let handed = listener.into();
        let hand_over = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" --quiet 3<&0 </dev/null";
        let mut command = Command::new("sh");
        command.args(["-c", hand_over, env!("CARGO_BIN_EXE_chatroomd")]);
        command.stdin(Stdio::from(handed));
        command
    }

    fn stop(mut self) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
        let status = self.0.wait().unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_restart_with_an_inherited_socket_refuses_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || Client::new(TcpStream::connect(address).unwrap());
    let first = Service::start(&listener);
    let mut alice = connect();
    alice.register("alice");
    first.stop();
    let last = alice.rest().pop().unwrap();
    assert_eq!(last, "ERROR :Closing Link: alice (Server shutting down)");
    // No server runs now, and new connections wait in the queue of the socket.
    let mut bob = connect();
    bob.send("NICK bob\r\nUSER bob 0 * :bob");
    let _second = Service::start(&listener);
    bob.expect(" 001 bob ");
}

#[test]
fn an_inherited_socket_can_be_one_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("irc.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut command = Service::command(listener);
    let service = Service(command.stdout(Stdio::null()).spawn().unwrap());
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
        .write_all(b"NICK alice\r\nUSER alice 0 * :Alice\r\n")
        .unwrap();
    let mut lines = BufReader::new(&stream).lines();
    assert!(lines.next().unwrap().unwrap().contains(" 001 alice "));
    service.stop();
    // The file is that of the service manager.
    assert!(path.exists());
}

#[test]
fn a_socket_that_does_not_listen_is_reported_at_the_start() {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    rustix::net::bind(&socket, &anywhere).unwrap();
    let socket = TcpListener::from(socket);
    let address = socket.local_addr().unwrap();
    let output = Service::command(socket).output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert_eq!(output.stdout, b"");
    let sentence =
        format!("chatroomd: Cannot listen on {address}: the inherited socket does not listen.\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), sentence);
}

#[test]
fn the_service_manager_is_notified_when_the_server_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let report = UnixDatagram::bind(&path).unwrap();
    report.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.env("NOTIFY_SOCKET", &path);
    let server = common::Server::start_with(command, &[]);
    let mut words = [0; 64];
    let count = report.recv(&mut words).unwrap();
    assert_eq!(&words[..count], b"READY=1");
    server.enter("alice");
}

#[test]
fn the_server_starts_without_a_service_manager_to_notify() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.env("NOTIFY_SOCKET", "/no/such/socket");
    command.stderr(Stdio::null());
    common::Server::start_with(command, &[]).enter("alice");
}

/// Writes the units of docs/server.md to a folder, with the path of the tested program.
fn units(folder: &Path) -> Vec<PathBuf> {
    let mut units: Vec<(PathBuf, String)> = Vec::new();
    let document = include_str!("../docs/server.md");
    for line in document
        .lines()
        .skip_while(|line| *line != "```ini")
        .skip(1)
    {
        if line == "```" {
            break;
        } else if let Some(path) = line.strip_prefix("# /etc/systemd/system/") {
            units.push((folder.join(path), String::new()));
        } else if let Some((_, text)) = units.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    let write = |(path, text): (PathBuf, String)| {
        let here = env!("CARGO_BIN_EXE_chatroomd");
        fs::write(&path, text.replace("/usr/local/bin/chatroomd", here)).unwrap();
        path
    };
    units.into_iter().map(write).collect()
}

#[test]
fn the_units_of_the_documents_are_valid_and_hardened() {
    let analyze = |arguments: &[&str], files: &[PathBuf]| {
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).args(files).output()
    };
    let help = analyze(&["--help"], &[]).map(|output| output.stdout);
    if !help.is_ok_and(|help| String::from_utf8_lossy(&help).contains("--offline")) {
        println!("skipped: there is no systemd-analyze, or an old one");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let units = units(folder.path());
    assert_eq!(units.len(), 2, "{units:?}");
    let verified = analyze(&["verify"], &units).unwrap();
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(String::from_utf8_lossy(&verified.stderr), "");
    // The exposure level of the service must be at most 2 of 10.
    let judge = ["security", "--offline=true", "--threshold=20"];
    let judged = analyze(&judge, &units[1..]).unwrap();
    assert!(judged.status.success(), "{judged:?}");
}

#[test]
fn running_as_root_causes_a_warning() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--quiet", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let mut one = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut one).unwrap();
    assert!(start.elapsed() < PATIENCE);
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        log.contains("running as root"),
        Uid::effective().is_root(),
        "{log}"
    );
}
