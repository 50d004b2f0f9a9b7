//! The addresses at which the client reaches a server: Unix sockets, and several of one server.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::fs::{self, Permissions};
use std::io::{self, Read as _, Write as _, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use chatting_room::server::{EmbeddedServer, Settings};
use common::{Client, PATIENCE};
use nix::unistd::geteuid;
use support::home::Home;
use support::{Program, run};

const SEND: [&str; 4] = ["--nick", "ci", "-c", "hello"];

fn host() -> EmbeddedServer {
    let mut settings = Settings::listening_on(SocketAddr::from(([127, 0, 0, 1], 0)));
    settings.hub.limits.enabled = false;
    EmbeddedServer::start(&settings).unwrap()
}

/// The result of an operation that does not block, as soon as there is one.
fn in_time<T>(mut operation: impl FnMut() -> io::Result<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                assert!(Instant::now() < deadline, "nothing comes");
                thread::park_timeout(Duration::from_millis(1));
            }
            result => return result.unwrap(),
        }
    }
}

/// Accepts connections to a socket at this path, and connects each to the server.
fn serve_at(path: &Path, server: SocketAddr) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        while let Ok((mut client, _)) = listener.accept() {
            let mut server = TcpStream::connect(server).unwrap();
            let (mut from_server, mut to_client) =
                (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || {
                let _ = copy(&mut from_server, &mut to_client);
                let _ = to_client.shutdown(Shutdown::Both);
            });
            thread::spawn(move || {
                let _ = copy(&mut client, &mut server);
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
}

/// An address of this machine on which nothing listens.
fn closed_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Writes a configuration of a server with these addresses.
fn configure(home: &Home, addresses: &[String]) {
    let table = format!("server = \"home\"\n[servers.home]\naddress = {addresses:?}\n");
    home.write(".config/chatroom.toml", &table);
}

#[test]
fn the_addresses_of_a_server_are_tried_in_turn() {
    let host = host();
    let home = Home::new();
    let [first, second] = [closed_address(), closed_address()].map(|address| address.to_string());
    let open = host.address().to_string();
    configure(&home, &[first.clone(), second.clone(), open.clone()]);
    let finished = run(home.chatroom(&SEND), "");
    let words = format!(
        "chatroom: No server answers on {first}: connection refused. Trying {second}.\n\
         chatroom: No server answers on {second}: connection refused. Trying {open}.\n"
    );
    assert_eq!((finished.status, finished.err), (Some(0), words));
    configure(&home, &[first.clone(), second.clone()]);
    let finished = run(home.chatroom(&SEND), "");
    let words = format!(
        "chatroom: No server answers on {first}: connection refused. Trying {second}.\n\
         chatroom: No server answers on {second}: connection refused. Is chatroomd running there?\n"
    );
    assert_eq!((finished.status, finished.err), (Some(69), words));
}

#[test]
fn a_lost_server_is_looked_for_at_its_other_addresses() {
    let home = Home::new();
    let first = closed_address();
    let second = host();
    let mut bob = Client::new(TcpStream::connect(second.address()).unwrap());
    bob.register("bob");
    configure(&home, &[first.to_string(), second.address().to_string()]);
    let mut command = home.chatroom(&["--plain", "--nick", "alice"]);
    command.env("USER", "alice");
    let mut program = Program::start(command);
    let is_in = |times| move |text: &str| text.matches("You are alice in #lobby").count() == times;
    // A session that has not begun yet would end.
    program.give("hello\n");
    bob.expect("PRIVMSG #lobby :hello");
    // The server moves to its first address.
    let mut settings = Settings::listening_on(first);
    settings.hub.limits.enabled = false;
    drop(second);
    let moved = EmbeddedServer::start(&settings).unwrap();
    program.out.wait_until(is_in(2));
    program.give("/quit\n");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    drop(moved);
}

#[test]
fn a_server_that_does_not_admit_the_user_makes_place_for_the_next() {
    let home = Home::new();
    let real = host();
    let address = real.address();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(
        &home,
        &[address.to_string(), other.local_addr().unwrap().to_string()],
    );
    let mut bob = Client::new(TcpStream::connect(address).unwrap());
    bob.register("bob");
    let mut command = home.chatroom(&["--plain", "--nick", "alice"]);
    command.env("USER", "alice");
    let mut program = Program::start(command);
    program.give("hello\n");
    bob.expect("PRIVMSG #lobby :hello");
    drop(real);
    // This one accepts every connection, and sends each away.
    other.set_nonblocking(true).unwrap();
    let (mut client, _) = in_time(|| other.accept());
    let mut settings = Settings::listening_on(address);
    settings.hub.limits.enabled = false;
    let real = EmbeddedServer::start(&settings).unwrap();
    client.write_all(b"ERROR :Closing Link: full\r\n").unwrap();
    drop(client);
    let is_in = |times| move |text: &str| text.matches("You are alice in #lobby").count() == times;
    program.out.wait_until(is_in(2));
    program.give("/quit\n");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    drop(real);
}

#[test]
fn addresses_that_differ_in_who_can_read_along_are_a_mistake() {
    let home = Home::new();
    for (addresses, words) in [
        (
            &["chat.example", "irc://chat.example"][..],
            "must all be encrypted",
        ),
        (
            &["irc://chat.example", "127.0.0.1"],
            "must all be encrypted",
        ),
        (
            &["chat.example", "x y"],
            "\"x y\" is not a valid server address",
        ),
        (&[], "a server needs an address"),
    ] {
        let addresses: Vec<String> = addresses.iter().map(|text| (*text).to_owned()).collect();
        configure(&home, &addresses);
        let finished = run(home.chatroom(&SEND), "");
        assert_eq!(finished.status, Some(78), "{finished:?}");
        assert!(finished.err.contains(words), "{finished:?}");
        assert!(finished.err.contains(":3:11: "), "{finished:?}");
    }
}

#[test]
fn a_server_is_reached_at_a_unix_socket_as_on_this_machine() {
    let host = host();
    let home = Home::new();
    let path = home.path("ircd.sock");
    serve_at(&path, host.address());
    let address = format!("unix:{}", path.display());
    // Nothing of it is for a proxy, and nothing is said of encryption.
    let mut command = home.chatroom(&SEND);
    command
        .arg(&address)
        .env("ALL_PROXY", "socks5://127.0.0.1:1");
    let finished = run(command, "");
    assert_eq!((finished.status, finished.err.as_str()), (Some(0), ""));
    home.configure(&address, "");
    let finished = run(home.chatroom(&SEND), "");
    assert_eq!((finished.status, finished.err.as_str()), (Some(0), ""));
    // `/connect` leads there and away.
    let tcp = host.address().to_string();
    let mut command = home.chatroom(&["--plain", "--nick", "alice", &tcp]);
    command.env("USER", "alice");
    let mut program = Program::start(command);
    program.out.wait_for("You are alice in #lobby");
    program.give(format!("/connect unix:{}x\n", path.display()));
    program.out.wait_for("There is no socket unix:");
    program.give(format!("/connect {address}\n"));
    // The nick is in use, by the same user.
    program.out.wait_for("You are alice_ in #lobby");
    program.give("/quit\n");
    let finished = program.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
}

#[test]
fn a_password_may_go_to_a_socket_of_this_machine() {
    let home = Home::new();
    let path = home.path("sock");
    let listener = UnixListener::bind(&path).unwrap();
    home.write("password", "sesame\n");
    let lines = format!(
        "account = \"ann\"\naccount-password-file = {:?}",
        home.path("password")
    );
    home.configure(&format!("unix:{}", path.display()), &lines);
    let program = Program::start(home.chatroom(&SEND));
    listener.set_nonblocking(true).unwrap();
    let (mut stream, _) = in_time(|| listener.accept());
    stream.set_nonblocking(false).unwrap();
    let mut received = String::new();
    let mut said = 0;
    let mut buffer = [0; 1024];
    let answers = [
        ("CAP LS 302", ":s CAP * LS :sasl=PLAIN"),
        ("CAP REQ", ":s CAP * ACK :sasl"),
        ("AUTHENTICATE PLAIN", "AUTHENTICATE +"),
        ("AUTHENTICATE YW5uAGFubgBzZXNhbWU=", ":s 904 * :No"),
    ];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        received += std::str::from_utf8(&buffer[..count]).unwrap();
        if let Some((line, answer)) = answers.get(said)
            && received.contains(line)
        {
            stream
                .write_all(format!("{answer}\r\n").as_bytes())
                .unwrap();
            said += 1;
        }
        if count == 0 {
            break;
        }
    }
    assert_eq!(said, answers.len(), "{received}");
    assert_eq!(program.finish().status, Some(77));
}

#[test]
fn a_socket_that_cannot_be_used_is_reported_with_the_reason() {
    let home = Home::new();
    let path = home.path("sock");
    let address = format!("unix:{}", path.display());
    let sends = |home: &Home| {
        let mut command = home.chatroom(&SEND);
        command.arg(&address);
        let finished = run(command, "");
        (finished.status, finished.err)
    };
    let words = format!("chatroom: There is no socket {address}. Is its server running?\n");
    assert_eq!(sends(&home), (Some(69), words));
    // A server that has ended leaves its socket.
    drop(UnixListener::bind(&path).unwrap());
    let words =
        format!("chatroom: No server listens on {address}: connection refused. Start it again.\n");
    assert_eq!(sends(&home), (Some(69), words));
    // For the superuser every socket is open.
    if !geteuid().is_root() {
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        let (status, words) = sends(&home);
        assert_eq!(status, Some(69));
        assert!(words.contains("Cannot connect to unix:"), "{words}");
    }
    for (address, words) in [
        (
            "unix:sock",
            "use unix:/PATH, with the whole path of the socket",
        ),
        ("unix:/a\nb", "the path of a socket cannot contain '\\n'"),
    ] {
        let mut command = home.chatroom(&SEND);
        command.arg(address);
        let finished = run(command, "");
        assert_eq!(finished.status, Some(64), "{finished:?}");
        assert!(finished.err.contains(words), "{finished:?}");
    }
    home.configure("unix:/run/x", "proxy = \"socks5://127.0.0.1:1\"");
    let finished = run(home.chatroom(&SEND), "");
    assert_eq!(finished.status, Some(78), "{finished:?}");
    let words = "a proxy does not reach a Unix socket";
    assert!(finished.err.contains(words), "{finished:?}");
}
